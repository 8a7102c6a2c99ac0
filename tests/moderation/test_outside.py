"""A check that somebody else makes: what is asked, what is believed, and what becomes of silence."""

import hashlib
import hmac
import http.server
import json
import socket
import threading
import time
from dataclasses import replace

import pytest

from forum.discussions import checks
from forum.moderation import outside, webhook
from tests.moderation.test_checks import GUEST, STAFF

KEY = "k" * 40


class Other(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.asked.append((dict(self.headers), body))
        time.sleep(self.server.waits)
        self.send_response(self.server.status)
        self.send_header("Location", "http://127.0.0.1:1/")
        self.end_headers()
        self.wfile.write(self.server.says)

    def log_message(self, *args):
        pass


@pytest.fixture
def other(settings):
    """The other side, on loopback: what it was asked, what it says, how long it waits."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Other)
    server.asked, server.status, server.waits = [], 200, 0
    server.says = b'{"outcome": "hold", "code": "toxic"}'
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    settings.OUTSIDE_CHECK = f"http://127.0.0.1:{server.server_port}/check"
    settings.OUTSIDE_CHECK_KEY, settings.OUTSIDE_CHECK_FAILS = KEY, "pass"
    settings.COMMENT_CHECKS = ["forum.moderation.outside.outside"]
    settings.COMMENT_FACTS = {"outside": "forum.moderation.outside.of_draft"}
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


def asked(draft=GUEST):
    return checks.run(checks.gather(draft))


def test_it_is_off_as_shipped(settings):
    assert not settings.OUTSIDE_CHECK
    assert "outside" not in checks.names()
    assert "outside" not in settings.COMMENT_FACTS


def test_what_it_says_is_done_and_its_code_kept(other):
    judgement = asked()
    assert (judgement.outcome, judgement.code) == ("hold", "outside")
    assert judgement.results == (("outside", "hold", "toxic"),)
    other.says = b'{"outcome": "public"}'
    assert asked().results == (("outside", "public", "outside"),)
    other.says = b'{"outcome": "spam"}'
    assert (asked().outcome, asked().words) == ("spam", "")


def test_it_is_told_the_text_and_the_name_and_nothing_that_finds_anybody(other):
    asked(replace(GUEST, network_key="abc", topic_id=77))
    headers, body = other.asked[0]
    assert json.loads(body) == {
        "body": GUEST.body, "name": "Sunniva", "is_member": False, "is_reply": False,
        "is_edit": False,
    }  # fmt: skip
    signed = f"{headers['X-Foyer-Timestamp']}.".encode() + body
    expected = hmac.new(KEY.encode(), signed, hashlib.sha256).hexdigest()
    assert headers["X-Foyer-Signature"] == f"sha256={expected}"


@pytest.mark.parametrize(
    ("status", "says"),
    [
        (500, b"{}"),
        (302, b'{"outcome": "public"}'),
        (200, b""),
        (200, b"not json"),
        (200, b"[]"),
        (200, b'{"outcome": "refuse"}'),
        (200, b'{"outcome": "hold", "code": "<script>"}'),
        (200, b'{"outcome": "hold", "code": 3}'),
        (200, b" " * webhook.MOST_BYTES + b'{"outcome": "public"}'),
    ],
)
@pytest.mark.parametrize("fails", ["pass", "hold"])
def test_an_answer_that_is_none_was_not_run_and_passes_or_is_held_as_written(
    other, settings, status, says, fails
):
    other.status, other.says, settings.OUTSIDE_CHECK_FAILS = status, says, fails
    judgement = asked()
    assert judgement.outcome == {"pass": "public", "hold": "hold"}[fails]
    assert judgement.results == (("outside", "not-run", "outside"),)


def test_who_posts_waits_so_long_and_no_longer(other, monkeypatch):
    monkeypatch.setattr(outside, "ASKED_S", 0.2)
    other.waits = 1.5
    began = time.monotonic()
    assert asked().results[0].outcome == "not-run"
    assert time.monotonic() - began < 1


def test_only_so_many_questions_are_under_way(other, monkeypatch):
    monkeypatch.setattr(outside, "_free", threading.BoundedSemaphore(1))
    assert outside._free.acquire(blocking=False)
    assert asked().results[0].outcome == "not-run"
    assert other.asked == []
    outside._free.release()
    assert asked().results[0].outcome == "hold"


@pytest.mark.parametrize(
    "address", ["10.0.0.7", "127.0.0.1", "169.254.169.254", "::1", "224.0.0.1"]
)
def test_a_name_that_leads_inside_is_asked_nothing(other, settings, monkeypatch, address):
    settings.OUTSIDE_CHECK = "https://hooks.example.org/check"
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 443))]
    monkeypatch.setattr(webhook.socket, "getaddrinfo", lambda *given, **more: found)
    monkeypatch.setattr(webhook.socket, "socket", lambda *given: pytest.fail("a connection"))
    assert asked().results[0].outcome == "not-run"


def test_staff_are_not_asked_about(other):
    assert asked(STAFF).outcome == "public"
    assert other.asked == []
