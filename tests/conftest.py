"""What every test may use."""

import pytest


@pytest.fixture(autouse=True)
def _plain_surroundings(settings, tmp_path):
    """No manifest of static files, no limits, a media folder of the test's own."""
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
    settings.RATE_LIMITS_ON = False
    settings.MEDIA_ROOT = tmp_path / "media"
