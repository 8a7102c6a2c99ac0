"""Static files with hashed names, compressed when they are collected."""

from collections.abc import Iterator
from typing import Any

from django.conf import settings
from whitenoise.storage import CompressedManifestStaticFilesStorage


class Storage(CompressedManifestStaticFilesStorage):
    # `import "./x.js"` inside a module is rewritten to the hashed name too.
    support_js_module_import_aggregation = True

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._urls: dict[str, str] = {}

    def url(self, name: str | None, force: bool = False) -> str:
        """Return the hashed address; found once, as names change with a start alone."""
        if settings.DEBUG or force or name is None:
            return super().url(name, force)
        found = self._urls.get(name)
        if found is None:
            found = self._urls[name] = super().url(name)
        return found

    def post_process(self, paths: dict[str, Any], *args: Any, **options: Any) -> Iterator[Any]:
        # No page uses htmx's extensions; a comment in one reads like an import of a missing file.
        used = {name: at for name, at in paths.items() if not name.startswith("django_htmx/ext/")}
        yield from super().post_process(used, *args, **options)
