"""Static files with hashed names, compressed when they are collected."""

from django.contrib.staticfiles.apps import StaticFilesConfig
from whitenoise.storage import CompressedManifestStaticFilesStorage


class Config(StaticFilesConfig):
    # Extensions of htmx that no page uses; a comment in one reads like an import of nothing.
    ignore_patterns = (*StaticFilesConfig.ignore_patterns, "django_htmx/ext/*")


class Storage(CompressedManifestStaticFilesStorage):
    # `import "./x.js"` inside a module is rewritten to the hashed name too.
    support_js_module_import_aggregation = True
