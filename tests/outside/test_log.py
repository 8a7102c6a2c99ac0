"""What the log says of a request, and what it never says."""

import io
import ipaddress
import json
import logging
from unittest import mock

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import IntegrityError, OperationalError
from django.test import Client
from django.urls import reverse

from forum import logs
from forum.present import ID

LOOPBACK = [ipaddress.ip_network("127.0.0.0/8")]


@pytest.fixture
def log():
    """The log as a site with LOG_FORMAT=json writes it; log() -> the objects so far."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logs.Json())
    names = [logging.getLogger(name) for name in ("forum.requests", "django.request")]
    before = [logger.level for logger in names]
    names[0].setLevel(logging.INFO)
    logging.getLogger().addHandler(handler)

    def read():
        return [json.loads(line) for line in stream.getvalue().splitlines()]

    read.text = stream.getvalue
    yield read
    logging.getLogger().removeHandler(handler)
    for logger, level in zip(names, before, strict=True):
        logger.setLevel(level)


@pytest.mark.django_db
def test_a_request_is_one_line_with_id_page_status_time_and_queries(client, topic, log):
    answer = client.get(reverse("topic", args=[topic.pk]), {"from": "a-friend"})
    (line,) = log()
    assert line["request"] == answer.headers["X-Request-ID"]
    assert ID.fullmatch(line["request"])
    assert {name: line[name] for name in ("page", "method", "status", "level")} == {
        "page": "topic", "method": "GET", "status": 200, "level": "info",
    }  # fmt: skip
    assert line["ms"] >= 0
    assert line["queries"] >= 1
    facts = {"page", "method", "status", "ms", "queries"}
    assert set(line) == {"at", "level", "name", "says", "request"} | facts


@pytest.mark.django_db
def test_the_log_has_no_address_name_path_or_query_of_anybody(topic, staff, log):
    client = Client(
        raise_request_exception=False, REMOTE_ADDR="203.0.113.77", HTTP_USER_AGENT="Agent-Ann"
    )
    client.force_login(staff)
    client.get("/films/a-film-of-ann/?q=secret-words")
    client.post(reverse("login"), {"login": "Ann", "password": "ann-password"})
    client.post(reverse("comment_new", args=[topic.pk]), {"name": "Ann", "body": "Ann's words"})
    with mock.patch("forum.discussions.services.post_comment", side_effect=KeyError("Ann's key")):
        client.post(reverse("comment_new", args=[topic.pk]), {"name": "Ann", "body": "More."})
    assert len(log()) >= 5
    for word in ("203.0.113", "Ann", "ann", "secret", staff.username, "/films/"):
        assert word not in log.text(), word


@pytest.mark.django_db
def test_a_fault_is_logged_with_where_it_was_and_the_page_tells_its_number(topic, log):
    client = Client(raise_request_exception=False)
    with mock.patch("forum.discussions.services.post_comment", side_effect=KeyError("x")):
        answer = client.post(reverse("comment_new", args=[topic.pk]), {"name": "Ann", "body": "x"})
    assert answer.status_code == 500
    number = answer.headers["X-Request-ID"]
    assert f"<code>{number}</code>" in answer.content.decode()
    fault = next(line for line in log() if "traceback" in line)
    assert fault["request"] == number
    assert fault["says"] == "Internal Server Error: comment_new"
    assert fault["traceback"][-1] == "KeyError"
    assert any("forum/discussions/writing.py" in frame for frame in fault["traceback"])


@pytest.mark.django_db
def test_a_database_that_is_away_tells_the_number_too(topic):
    client = Client(raise_request_exception=False)
    with mock.patch(
        "forum.discussions.services.post_comment", side_effect=OperationalError("gone")
    ):
        answer = client.post(reverse("comment_new", args=[topic.pk]), {"name": "Ann", "body": "x"})
    assert answer.status_code == 503
    assert answer.headers["X-Request-ID"] in answer.content.decode()


@pytest.mark.django_db
def test_other_pages_of_what_went_wrong_tell_no_number(client):
    assert b"<code>" not in client.get("/nobody/is/here/").content


@pytest.mark.parametrize(
    ("trusted", "given", "is_taken"),
    [
        (LOOPBACK, "abc-123.DEF_9", True),
        ([], "abc-123.DEF_9", False),
        (LOOPBACK, "a" * 65, False),
        (LOOPBACK, 'x"} {"level": "error', False),
        (LOOPBACK, "x\x85forged", False),
        (LOOPBACK, "", False),
    ],
)
def test_an_id_is_taken_over_from_a_trusted_front_server_alone(
    client, settings, trusted, given, is_taken
):
    settings.TRUSTED_PROXIES = trusted
    answer = client.get("/healthz", headers={"X-Request-ID": given})
    assert (answer.headers["X-Request-ID"] == given) == is_taken
    assert ID.fullmatch(answer.headers["X-Request-ID"])


def test_requests_have_different_ids(client):
    assert len({client.get("/healthz").headers["X-Request-ID"] for _time in range(50)}) == 50


def written(formatter, words, *args, error=None):
    info = (type(error), error, error.__traceback__) if error else None
    record = logging.LogRecord("forum.test", logging.WARNING, "f.py", 1, words, args, info)
    return formatter.format(record)


@pytest.mark.parametrize("formatter", [logs.Line(), logs.Json()])
@pytest.mark.parametrize(
    "end", ["\n", "\r\n", "\x0b", "\x0c", "\x1b[2J", "\x85", "\u2028", "\u2029"]
)
def test_nobody_forges_a_line(formatter, end):
    line = written(formatter, "the cache said: %s", f"no{end}2026-01-01 00:00:00 ERROR forged")
    assert len(line.splitlines()) == 1
    assert "\x1b" not in line
    error = ImproperlyConfigured(f"words{end}forged")
    told = written(formatter, "failed", error=error)
    assert not any(each.startswith("forged") for each in told.splitlines())


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (IntegrityError("Key (username)=(Ann) exists"), "django.db.utils.IntegrityError"),
        (ValueError("Ann"), "ValueError"),
        (FileNotFoundError(2, "No such file", "/home/ann"), "FileNotFoundError: No such file"),
        (OperationalError("no connection\nDETAIL: Ann"), "django.db.utils.OperationalError: no connection"),
        (TypeError("unexpected argument"), "TypeError: unexpected argument"),
    ],
)  # fmt: skip
def test_words_of_an_exception_are_told_where_they_are_about_program_or_machine(error, words):
    assert logs.told(error) == words


def test_what_led_to_an_exception_stands_before_it():
    try:
        try:
            raise ValueError("inner")
        except ValueError as inner:
            raise TypeError("outer") from inner
    except TypeError as error:
        lines = written(logs.Line(), "failed", error=error).splitlines()
    assert [line for line in lines if not line.startswith("  ")][1:] == [
        "ValueError",
        "TypeError: outer",
    ]


def test_what_gunicorn_says_of_a_bad_request_has_no_address():
    words = "Invalid request from ip=203.0.113.7: Invalid HTTP request line: 'x'"
    record = logging.LogRecord("gunicorn.error", logging.WARNING, "f.py", 1, words, (), None)
    assert json.loads(logs.Json().format(record))["says"] == "Invalid request"


def test_static_files_are_not_weighed_down_by_an_id(client):
    assert "X-Request-ID" not in client.get("/static/css/nothing.css").headers
    assert "X-Request-ID" in client.get("/nothing/").headers
