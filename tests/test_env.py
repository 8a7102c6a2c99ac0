"""The environment: what each setting takes, and that what it does not take stops the start."""

import re
import runpy
import stat
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import connection

from tests.lanes import SETTINGS

ROOT = Path(__file__).resolve().parent.parent
PUBLIC = {"SITE_URL": "https://films.example.org", "ALLOWED_HOSTS": "films.example.org"}
LONG_KEY = "k" * 50


@pytest.fixture
def read(monkeypatch, tmp_path):
    """read(NAME="value", …) -> the values of forum/env.py under these settings alone."""

    def read_now(**settings):
        for name in SETTINGS:
            monkeypatch.delenv(name, raising=False)
        for name, value in {"DATA_DIR": str(tmp_path / "data"), **settings}.items():
            monkeypatch.setenv(name, value)
        return runpy.run_path(str(ROOT / "forum" / "env.py"))

    return read_now


def test_without_any_setting_it_is_a_private_demo_on_loopback(read):
    values = read()
    assert (values["HOST"], values["PORT"]) == ("127.0.0.1", 8000)
    assert values["DATABASE"]["ENGINE"].endswith("sqlite3")
    assert values["DATABASE"]["NAME"].endswith("/data/foyer.sqlite3")
    assert values["CACHE"]["BACKEND"].endswith("LocMemCache")
    assert (values["PUBLIC"], values["DEMO"], values["DEBUG"]) == (False, True, False)
    assert (values["RATE_LIMITS"], values["GUESTS"]) == (True, "open")
    assert (values["SITE_NAME"], values["TIME_ZONE"], values["LANGUAGE"]) == ("Foyer", "UTC", "en")
    assert values["WEB_CONCURRENCY"] == 1
    assert values["PROOF_OF_WORK"] is False


def test_an_empty_value_is_no_value(read):
    names = [name for name in SETTINGS if name not in {"DATA_DIR", "PYTEST_ADDOPTS"}]
    assert read(**dict.fromkeys(names, ""))["PORT"] == 8000


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("HOST", "http://films.example.org"),
        ("HOST", "films example"),
        ("PORT", "0"),
        ("PORT", "65536"),
        ("PORT", "http"),
        ("PORT", "-1"),
        ("PORT", "٨٠٠٠"),
        ("DATABASE_URL", "mysql://root@localhost/foyer"),
        ("DATABASE_URL", "postgresql//localhost"),
        ("DATABASE_URL", "nonsense"),
        ("CACHE_URL", "memcached://localhost"),
        ("CACHE_URL", "localhost:6379"),
        ("ALLOWED_HOSTS", "https://films.example.org"),
        ("ALLOWED_HOSTS", "films.example.org:443"),
        ("CSRF_TRUSTED_ORIGINS", "films.example.org"),
        ("DEBUG", "maybe"),
        ("SITE_URL", "films.example.org"),
        ("SITE_URL", "ftp://films.example.org"),
        ("SITE_URL", "https://films.example.org/talk"),
        ("SITE_URL", "https://films.example.org:port"),
        ("SITE_URL", "https://[broken"),
        ("EMAIL_URL", "carrier-pigeon://roof"),
        ("GUESTS", "sometimes"),
        ("DEMO", "2"),
        ("RATE_LIMITS", "slow"),
        ("PROOF_OF_WORK", "a little"),
        ("ALARM_EMAIL", "ruth@example.org, ines"),
        ("ALARM_WEBHOOK", "hooks.example.org/x"),
        ("ALARM_WEBHOOK", "http://hooks.example.org/x"),
        ("ALARM_WEBHOOK", "https://name:word@hooks.example.org/x"),
        ("ALARM_WEBHOOK", "https://[broken"),
        ("ALARM_BACKLOG_HOURS", "0"),
        ("ALARM_BRANCH_COMMENTS", "1"),
        ("EMBED_HOSTS", "https://tube.example.org"),
        ("TIME_ZONE", "Europe/Foyer"),
        ("TIME_ZONE", "../etc/passwd"),
        ("LANGUAGE", "e n"),
        ("TRUSTED_PROXIES", "front.example.org"),
        ("TRUSTED_PROXIES", "10.0.0.0/99"),
        ("WEB_CONCURRENCY", "0"),
        ("WEB_CONCURRENCY", "many"),
    ],
)
def test_a_malformed_value_stops_the_start_and_is_named(read, name, value):
    with pytest.raises(ImproperlyConfigured, match=f"^{name}: "):
        read(**{name: value})


@pytest.mark.parametrize("name", ["DEBUG", "DEMO", "PROOF_OF_WORK", "RATE_LIMITS"])
@pytest.mark.parametrize(
    ("value", "meaning"), [("1", True), ("Yes", True), ("on", True), ("0", False), ("OFF", False)]
)
def test_a_switch_is_read_in_the_usual_words(read, name, value, meaning):
    assert read(**{name: value})[name] is meaning


@pytest.mark.parametrize(
    "given",
    [
        PUBLIC,
        {**PUBLIC, "SITE_URL": "http://films.example.org"},
        {**PUBLIC, "SITE_URL": "http://localhost:8000"},
        {**PUBLIC, "ALLOWED_HOSTS": "localhost"},
        {**PUBLIC, "HOST": "0.0.0.0"},
        {"SITE_URL": "http://localhost", "ALLOWED_HOSTS": "localhost", "HOST": "::"},
        {"SITE_URL": "http://localhost", "ALLOWED_HOSTS": "localhost", "TRUSTED_PROXIES": "::1"},
    ],
)
def test_a_site_that_others_reach_is_public_and_has_no_demo_unless_asked(read, given):
    values = read(**given)
    assert (values["PUBLIC"], values["DEMO"]) == (True, False)
    assert read(**given, DEMO="on")["DEMO"] is True


@pytest.mark.parametrize(
    "given",
    [
        {"HOST": "localhost"},
        {"HOST": "::1"},
        {"HOST": "127.0.0.9"},
        {"SITE_URL": "http://foyer.localhost:8000", "ALLOWED_HOSTS": "foyer.localhost,[::1]"},
        {"EMBED_HOSTS": "tube.example.org", "CSRF_TRUSTED_ORIGINS": "https://films.example.org"},
    ],
)
def test_a_site_on_loopback_alone_is_private(read, given):
    values = read(**given)
    assert (values["PUBLIC"], values["DEMO"]) == (False, True)
    assert read(**given, DEMO="off")["DEMO"] is False


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("DEBUG", {**PUBLIC, "DEBUG": "on"}),
        ("RATE_LIMITS", {**PUBLIC, "RATE_LIMITS": "off"}),
        ("ALLOWED_HOSTS", {"SITE_URL": "https://films.example.org"}),
        ("ALLOWED_HOSTS", {"HOST": "0.0.0.0"}),
        ("ALLOWED_HOSTS", {"TRUSTED_PROXIES": "10.0.0.1"}),
        ("SITE_URL", {"ALLOWED_HOSTS": "films.example.org"}),
        ("SECRET_KEY", {**PUBLIC, "DATABASE_URL": "postgresql://localhost/foyer"}),
        ("SECRET_KEY", {**PUBLIC, "SECRET_KEY": "short"}),
    ],
)
def test_what_a_public_site_lacks_or_may_not_do_stops_the_start_and_is_named(read, name, given):
    with pytest.raises(ImproperlyConfigured, match=f"^{name}: "):
        read(**given)


def test_a_private_machine_may_debug_and_measure(read):
    values = read(DEBUG="on", RATE_LIMITS="off", DATABASE_URL="postgresql://localhost/foyer")
    assert (values["DEBUG"], values["RATE_LIMITS"]) == (True, False)


def test_more_processes_need_a_shared_cache(read):
    with pytest.raises(ImproperlyConfigured, match=r"^CACHE_URL: .*WEB_CONCURRENCY"):
        read(WEB_CONCURRENCY="2")
    values = read(WEB_CONCURRENCY="2", CACHE_URL="redis://127.0.0.1:6379/1")
    assert values["WEB_CONCURRENCY"] == 2
    assert values["CACHE"]["BACKEND"].endswith("RedisCache")


def test_the_secret_is_made_once_and_read_by_its_owner_alone(read, tmp_path):
    first = read()["SECRET_KEY"]
    path = tmp_path / "data" / "secret"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert path.read_text() == first
    assert len(first) >= 50
    assert read()["SECRET_KEY"] == first


def test_a_given_secret_is_taken_and_none_is_made(read, tmp_path):
    assert read(SECRET_KEY=LONG_KEY)["SECRET_KEY"] == LONG_KEY
    assert not (tmp_path / "data").exists()


def test_an_emptied_secret_is_not_taken_for_one(read, tmp_path):
    read()
    (tmp_path / "data" / "secret").write_text("\n")
    with pytest.raises(ImproperlyConfigured, match=r"^SECRET_KEY: "):
        read()


def test_a_folder_that_cannot_be_written_is_named(read, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ImproperlyConfigured, match=r"^DATA_DIR: .*cannot be written"):
        read(DATA_DIR=str(tmp_path / "file" / "data"))


def test_a_relative_path_starts_at_the_checkout(read, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    values = read(DATA_DIR="elsewhere", SECRET_KEY=LONG_KEY, DATABASE_URL="sqlite:///kept.sqlite3")
    assert values["DATA_DIR"] == ROOT / "elsewhere"
    assert values["DATABASE"]["NAME"] == str(ROOT / "kept.sqlite3")


def test_a_front_server_on_this_machine_is_trusted_where_the_address_is_https(read):
    trusted = read(**PUBLIC)["TRUSTED_PROXIES"]
    assert [str(network) for network in trusted] == ["127.0.0.0/8", "::1/128"]
    assert read(**{**PUBLIC, "SITE_URL": "http://films.example.org"})["TRUSTED_PROXIES"] == []


def test_a_database_address_is_read_whole(read):
    database = read(DATABASE_URL="postgresql://ann:p%40ss@db.example.org:5433/foyer")["DATABASE"]
    assert database["ENGINE"] == "django.db.backends.postgresql"
    assert (database["USER"], database["PASSWORD"]) == ("ann", "p@ss")
    assert (database["HOST"], database["PORT"], database["NAME"]) == (
        "db.example.org",
        5433,
        "foyer",
    )


@pytest.mark.parametrize(
    "token", ["short", "has spaces in it all", "x" * 201, "ключ-ключ-ключ-ключ"]
)
def test_a_token_that_is_short_or_odd_is_refused(read, token):
    with pytest.raises(ImproperlyConfigured, match=r"^METRICS_TOKEN: "):
        read(METRICS_TOKEN=token)


def test_what_is_told_to_the_outside_is_off_until_asked_for(read):
    values = read()
    assert (values["METRICS_TOKEN"], values["LOG_FORMAT"], values["WORKER_BESIDE"]) == (
        "",
        "line",
        True,
    )
    told = read(METRICS_TOKEN="0123456789abcdef", LOG_FORMAT="JSON", WORKER_BESIDE="off")
    assert told["METRICS_TOKEN"] == "0123456789abcdef"
    assert (told["LOG_FORMAT"], told["WORKER_BESIDE"]) == ("json", False)
    with pytest.raises(ImproperlyConfigured, match=r"^LOG_FORMAT: "):
        read(LOG_FORMAT="xml")


def test_alarms_go_nowhere_until_told_and_a_webhook_needs_a_long_key(read):
    values = read()
    assert (values["ALARM_EMAIL"], values["ALARM_WEBHOOK"]) == ([], "")
    assert (values["ALARM_BACKLOG_HOURS"], values["ALARM_BRANCH_COMMENTS"]) == (24, 60)
    hook = "https://hooks.example.org/x?room=7"
    with pytest.raises(ImproperlyConfigured, match=r"^ALARM_WEBHOOK_KEY: 32 to 200"):
        read(ALARM_WEBHOOK=hook, ALARM_WEBHOOK_KEY="short")
    values = read(ALARM_WEBHOOK=hook, ALARM_WEBHOOK_KEY=LONG_KEY, ALARM_EMAIL="a@b.org, c@d.org")
    assert (values["ALARM_WEBHOOK"], values["ALARM_WEBHOOK_KEY"]) == (hook, LONG_KEY)
    assert values["ALARM_EMAIL"] == ["a@b.org", "c@d.org"]
    near = read(ALARM_WEBHOOK="http://127.0.0.1:9000/x", ALARM_WEBHOOK_KEY=LONG_KEY)
    assert near["ALARM_WEBHOOK"] == "http://127.0.0.1:9000/x"


def test_the_table_of_the_readme_has_every_setting_and_no_other():
    rows = re.findall(r"^\| (`[A-Z_`, ]+`) \|", (ROOT / "README.md").read_text(), re.MULTILINE)
    told = {name for row in rows for name in re.findall(r"\w+", row)}
    assert told == {name for name in SETTINGS if not name.startswith(("DJANGO_", "PYTEST_"))}


@pytest.mark.django_db
def test_a_busy_database_is_waited_for_as_long_as_written():
    """SQLite 20 seconds, PostgreSQL 4: then the answer is 503 with the words.

    Of the 4, 2 are for one's turn to ask and 2 for the pool to give a connection (decision 0110).
    """
    options = connection.settings_dict["OPTIONS"]
    waits = options["timeout"] if connection.vendor == "sqlite" else 2 * options["pool"]["timeout"]
    assert waits == {"sqlite": 20, "postgresql": 4}[connection.vendor]
