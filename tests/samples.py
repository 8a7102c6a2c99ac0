"""Files that others wrote, tried too where they lie in shared/samples beside the checkout."""

import json
from typing import Any

from django.conf import settings

PLACE = "shared/samples"


def sample(name: str) -> list[Any]:
    """Return what the JSON file `name` under shared/samples lists; [] where the folder is not there."""
    folders = (parent / PLACE for parent in settings.BASE_DIR.parents)
    found = next((folder / name for folder in folders if (folder / name).is_file()), None)
    return json.loads(found.read_text()) if found else []
