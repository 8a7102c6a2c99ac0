"""Run one function of a module inside the site: `python -m tests.bench.inside MODULE NAME SCALE`."""

import importlib
import json
import os
import sys

import django


def main(module: str, name: str, scale: str) -> None:
    """Print the figures as JSON."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "forum.settings")
    django.setup()
    print(json.dumps(getattr(importlib.import_module(module), name)(int(scale))))


main(*sys.argv[1:])
