"""What every test may use."""

import time
from importlib import import_module
from types import SimpleNamespace

import pytest
from django.apps import apps
from django.conf import settings as site_settings
from django.contrib.auth.models import Group
from django.db import connection
from django.test import TransactionTestCase

from forum.accounts import limits
from forum.discussions import services
from tests.discussions.people import person

_DATABASE_FIXTURES = {"db", "transactional_db", "django_db_serialized_rollback", "live_server"}


@pytest.hookimpl(tryfirst=True)  # before -m chooses
def pytest_collection_modifyitems(items):
    """Mark what touches the database, so that ./run test runs it on PostgreSQL too."""
    for item in items:
        if (
            item.get_closest_marker("django_db")
            or item.get_closest_marker("postgresql")  # with a database of its own, say
            or _DATABASE_FIXTURES & set(getattr(item, "fixturenames", ()))
            or issubclass(getattr(item, "cls", None) or object, TransactionTestCase)
        ):
            item.add_marker("database")


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings, tmp_path_factory):
    """SQLite in a file, as sites have it: threads and browsers meet there on connections of their own."""
    database = site_settings.DATABASES["default"]
    if database["ENGINE"].endswith("sqlite3"):
        path = tmp_path_factory.mktemp("database") / "test.sqlite3"
        database.setdefault("TEST", {})["NAME"] = str(path)


@pytest.fixture(scope="session")
def _static_folder() -> None:
    site_settings.STATIC_ROOT.mkdir(
        parents=True, exist_ok=True
    )  # missed by the server at its start


@pytest.fixture(scope="session")
def live_server(_static_folder, live_server):
    return live_server


@pytest.fixture(autouse=True)
def _no_window_of_a_limit_ends(monkeypatch):
    """Let a day, and each hour and minute with it, begin with the test: what is counted stays counted."""
    begin = time.time() % 86_400
    monkeypatch.setattr(limits, "time", SimpleNamespace(time=lambda: time.time() - begin))


@pytest.fixture(autouse=True)
def _plain_surroundings(settings, tmp_path):
    """Static files as they lie there, quick passwords, no limits, a media folder of the test's own."""
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
    settings.WHITENOISE_AUTOREFRESH = settings.WHITENOISE_USE_FINDERS = True
    settings.RATE_LIMITS_ON = False
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # quick, not safe
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture(autouse=True)
def _groups(request, _django_db_helper):
    """Put the groups back where a test with transactions of its own has emptied every table."""
    is_ours = request.node.get_closest_marker("django_db") or (
        _DATABASE_FIXTURES & set(request.fixturenames)
    )
    if is_ours:
        put_groups_back()


def put_groups_back():
    if not Group.objects.exists():
        for name in ("0002_groups", "0007_rights_to_rules"):
            make = import_module(f"forum.moderation.migrations.{name}").make
            make(apps, SimpleNamespace(connection=connection))


@pytest.fixture
def no_checks(settings):
    """Posts go through whatever they say: the test is about what comes after."""
    settings.COMMENT_CHECKS = []


@pytest.fixture
def astrid(db):
    return person("Astrid")


@pytest.fixture
def bruno(db):
    return person("Bruno")


@pytest.fixture
def topic(db):
    return services.open_topic(title="The last row", by=None)
