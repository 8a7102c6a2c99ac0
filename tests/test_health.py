"""/healthz and /readyz: what they say, and to whom they give the blame."""

import pytest
from django.core.cache import cache
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder


def test_healthz_answers_without_asking_the_database(client):
    answer = client.get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"ok": True})
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.cache
@pytest.mark.django_db
def test_readyz_is_ready_when_database_cache_and_migrations_are(client):
    answer = client.get("/readyz")
    assert answer.status_code == 200
    assert answer.json()["parts"] == {"database": "ok", "migrations": "ok", "cache": "ok"}


@pytest.mark.django_db
def test_readyz_names_migrations_that_are_still_to_run(client):
    MigrationRecorder(connection).migration_qs.filter(app="films").delete()
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["parts"]["migrations"].endswith("to run")


@pytest.mark.django_db
def test_readyz_names_a_cache_that_is_away(client, monkeypatch):
    def away(*args, **kwargs):
        raise ConnectionError

    monkeypatch.setattr(cache, "set", away, raising=False)
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["parts"] == {
        "database": "ok",
        "migrations": "ok",
        "cache": "away (ConnectionError)",
    }


@pytest.mark.django_db
def test_readyz_names_a_database_that_is_away(client, monkeypatch):
    def away(*args, **kwargs):
        raise ConnectionError

    monkeypatch.setattr(connection, "cursor", away)
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["parts"]["database"] == "away (ConnectionError)"
    assert answer.json()["parts"]["migrations"] == "unknown"


@pytest.mark.django_db
def test_neither_sets_a_cookie(client):
    for address in ("/healthz", "/readyz"):
        assert not client.get(address).cookies
