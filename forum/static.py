"""Static files with hashed names, compressed when they are collected."""

from whitenoise.storage import CompressedManifestStaticFilesStorage


class Storage(CompressedManifestStaticFilesStorage):
    # `import "./x.js"` inside a module is rewritten to the hashed name too.
    support_js_module_import_aggregation = True
