"""What cannot wait: told once, by mail and by a signed post that goes nowhere but where it should."""

import hashlib
import hmac
import json
import socket
import threading
from contextlib import contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from django.core import mail
from django.utils import timezone

from forum.discussions.models import Appeal, Comment, Event
from forum.moderation import alarms, webhook
from forum.moderation.models import Alarm
from forum.worker.models import Letter
from forum.worker.work import GiveUp
from tests.discussions.growing import grow, threads
from tests.worker.conftest import mails, work  # noqa: F401

KEY = "k" * 40
HOUR = timedelta(hours=1)


@contextmanager
def listening(status=200, headers=()):
    """Take posts on loopback; yield the address and what came."""
    came = []

    class Taker(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            came.append((self.path, dict(self.headers), body))
            self.send_response(status)
            for name, value in headers:
                self.send_header(name, value)
            self.end_headers()

        def log_message(self, *_words):
            pass

    server = HTTPServer(("127.0.0.1", 0), Taker)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/hook?room=7", came
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def old(say, settings):
    """The oldest of the queue has waited for 25 hours; 24 are the limit."""
    settings.ALARM_BACKLOG_HOURS = 24
    comment = say("Secret words.", name="Torvald", state="held")
    Comment.objects.filter(pk=comment.pk).update(state_at=timezone.now() - 25 * HOUR)
    return comment


# -------------------------------------------------------------------------------------------- what sets off


@pytest.mark.django_db
def test_an_old_queue_is_told_once_until_it_has_ended(old):
    assert [alarms.look() for _minute in range(3)] == [1, 0, 0]
    alarm = Alarm.objects.get()
    assert (alarm.kind, alarm.size, alarm.ended_at) == ("backlog", 1, None)
    Comment.objects.filter(pk=old.pk).update(state_at=timezone.now() - 13 * HOUR)
    assert alarms.look() == 0
    assert Alarm.objects.on().exists()  # not below half of it yet
    Comment.objects.filter(pk=old.pk).update(state_at=timezone.now() - 11 * HOUR)
    assert alarms.look() == 0
    assert not Alarm.objects.on().exists()
    Comment.objects.filter(pk=old.pk).update(state_at=timezone.now() - 25 * HOUR)
    assert alarms.look() == 1


@pytest.mark.django_db
def test_an_appeal_that_waits_is_part_of_the_queue(say, settings):
    settings.ALARM_BACKLOG_HOURS = 24
    comment = say()
    event = Event.objects.filter(comment_id=comment.pk).latest("pk")
    at = timezone.now() - 30 * HOUR
    Appeal.objects.create(comment=comment, event=event, words="Why?", created_at=at)
    assert alarms.look() == 1


@pytest.mark.django_db
def test_a_young_queue_is_told_to_nobody_however_urgent(say):
    comment = say(state="held")
    Comment.objects.filter(pk=comment.pk).update(due_at=timezone.now() - 25 * HOUR)  # by reports
    assert alarms.look() == 0


@pytest.mark.django_db
def test_a_branch_that_grows_quickly_is_told_once(topic, settings):
    settings.ALARM_BRANCH_COMMENTS = 20
    grow(topic, threads(20, 19))
    assert alarms.look() == 0  # years ago
    Comment.objects.update(created_at=timezone.now() - HOUR / 2)
    assert [alarms.look(), alarms.look()] == [1, 0]
    alarm = Alarm.objects.get()
    assert (alarm.kind, alarm.size) == ("branch", 20)
    assert Comment.objects.filter(thread_id=alarm.thread_id).count() == 20
    Comment.objects.update(created_at=timezone.now() - 2 * HOUR)
    alarms.look()
    assert not Alarm.objects.on().exists()


@pytest.mark.django_db
def test_the_worker_looks_once_a_minute(old, monkeypatch, django_assert_num_queries):
    clock = [1000.0]
    monkeypatch.setattr(alarms.time, "monotonic", lambda: clock[0])
    monkeypatch.setattr(alarms, "_next_look", 0.0)
    looked = []
    monkeypatch.setattr(alarms, "look", lambda: looked.append(clock[0]))
    for _second in range(125):
        assert alarms.watch() == 0
        clock[0] += 1
    assert looked == [1000.0, 1060.0, 1120.0]


@pytest.mark.django_db
def test_old_alarms_are_forgotten(old):
    alarms.look()
    assert "0 deleted" in alarms.forget_alarms()
    Alarm.objects.update(ended_at=timezone.now() - timedelta(days=91))
    assert "1 deleted" in alarms.forget_alarms()


# ------------------------------------------------------------------------------------------------ who is told


@pytest.mark.django_db
def test_mail_goes_to_each_address_once_and_names_nobody(old, mails, work):  # noqa: F811
    mails.ALARM_EMAIL = ["ruth@example.org", "ines@example.org"]
    alarms.look()
    alarms.look()
    work()
    assert sorted(letter.to[0] for letter in mail.outbox) == [
        "ines@example.org",
        "ruth@example.org",
    ]
    letter = mail.outbox[0]
    assert letter.subject == "Foyer: the queue waits"
    assert (
        "1 comment or appeal waits for a moderator, the oldest for more than 24 h." in letter.body
    )
    assert "https://films.example.org/admin/moderation/alarm/health/" in letter.body
    everything = letter.body + letter.alternatives[0][0]
    assert "Torvald" not in everything
    assert "Secret" not in everything


@pytest.mark.django_db
def test_without_mail_or_webhook_it_stands_on_the_page_alone(old, settings, work):  # noqa: F811
    settings.ALARM_EMAIL = ["ruth@example.org"]
    assert alarms.look() == 1
    assert Letter.objects.count() == 0
    assert work() == 0


@pytest.mark.django_db
def test_the_webhook_gets_numbers_signed_with_the_key_and_a_timestamp(old, settings, work):  # noqa: F811
    with listening() as (address, came):
        settings.ALARM_WEBHOOK, settings.ALARM_WEBHOOK_KEY = address, KEY
        alarms.look()
        alarms.look()
        assert work() == 1
    [(path, headers, body)] = came
    assert path == "/hook?room=7"
    facts = json.loads(body)
    assert set(facts) == {"id", "site", "kind", "comments", "thread", "began_at", "page"}
    assert (facts["kind"], facts["comments"]) == ("backlog", 1)
    assert b"Torvald" not in body
    at = headers["X-Foyer-Timestamp"]
    assert abs(int(at) - timezone.now().timestamp()) < 60
    signed = hmac.new(KEY.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    assert headers["X-Foyer-Signature"] == f"sha256={signed}"
    assert KEY not in str(headers)


@pytest.mark.django_db
@pytest.mark.parametrize("status", [500, 503, 429, 408])
def test_what_may_pass_is_tried_again(old, settings, status):
    alarms.look()
    with listening(status) as (address, came):
        settings.ALARM_WEBHOOK, settings.ALARM_WEBHOOK_KEY = address, KEY
        with pytest.raises(webhook.Failed):
            alarms.send.call(Alarm.objects.get().pk)
    assert len(came) == 1


@pytest.mark.django_db
@pytest.mark.parametrize("status", [400, 401, 404, 410])
def test_a_refusal_is_final(old, settings, status):
    alarms.look()
    with listening(status) as (address, _came):
        settings.ALARM_WEBHOOK, settings.ALARM_WEBHOOK_KEY = address, KEY
        with pytest.raises(GiveUp):
            alarms.send.call(Alarm.objects.get().pk)


# ------------------------------------------------------------------------------------------- where it may go


def test_a_redirect_is_not_followed():
    with listening() as (inside, inner):  # noqa: SIM117
        with listening(302, [("Location", inside)]) as (address, came):
            with pytest.raises(webhook.Refused):
                webhook.post(address, KEY, {})
    assert (len(came), len(inner)) == (1, 0)


@pytest.mark.parametrize(
    ("address", "is_safe", "is_fit"),
    [
        ("93.184.215.14", True, True),
        ("2606:2800:21f:cb07:6820:80da:af6b:8b2c", True, True),
        ("127.0.0.1", True, False),
        ("10.1.2.3", True, False),
        ("172.16.0.1", True, False),
        ("192.168.1.1", True, False),
        ("169.254.169.254", True, False),
        ("100.64.0.1", True, False),
        ("0.0.0.0", True, False),
        ("224.0.0.1", True, False),
        ("255.255.255.255", True, False),
        ("::1", True, False),
        ("::", True, False),
        ("fe80::1%eth0", True, False),
        ("fd00::1", True, False),
        ("::ffff:10.0.0.1", True, False),
        ("::ffff:169.254.169.254", True, False),
        ("ff02::1", True, False),
        ("127.0.0.1", False, True),
        ("::1", False, True),
        ("93.184.215.14", False, False),
        ("10.1.2.3", False, False),
    ],
)
def test_only_public_addresses_are_posted_to_and_loopback_in_the_clear(address, is_safe, is_fit):
    assert webhook.is_fit(address, is_safe) is is_fit


def test_a_name_that_leads_inside_is_refused_and_nobody_is_connected_to(monkeypatch):
    def resolved(host, port, **_given):
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("169.254.169.254", port))]

    monkeypatch.setattr(webhook.socket, "getaddrinfo", resolved)
    monkeypatch.setattr(webhook.socket, "socket", lambda *_given: pytest.fail("a connection"))
    with pytest.raises(webhook.Refused):
        webhook.post("https://rebound.example.org/x", KEY, {})


def test_the_address_that_was_looked_at_is_the_one_that_is_connected_to(monkeypatch):
    asked, where = [], []

    def resolved(host, port, **_given):
        asked.append(host)
        inside = len(asked) > 1  # what a rebinding name server would say the second time
        address = "10.0.0.1" if inside else "93.184.215.14"
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

    class Socket:
        def __init__(self, *_given):
            pass

        def settimeout(self, _seconds):
            pass

        def connect(self, to):
            where.append(to)
            raise OSError("far away")

        def close(self):
            pass

    monkeypatch.setattr(webhook.socket, "getaddrinfo", resolved)
    monkeypatch.setattr(webhook.socket, "socket", Socket)
    with pytest.raises(webhook.Failed):
        webhook.post("https://hooks.example.org/x", KEY, {})
    assert (asked, where) == (["hooks.example.org"], [("93.184.215.14", 443)])


def test_who_answers_a_byte_at_a_time_is_left(monkeypatch):
    monkeypatch.setattr(webhook, "WHOLE_S", 0.3)
    server = socket.create_server(("127.0.0.1", 0))

    def drip():
        taken, _where = server.accept()
        try:
            while True:
                taken.send(b"H")
                threading.Event().wait(0.05)
        except OSError:
            taken.close()

    thread = threading.Thread(target=drip, daemon=True)
    thread.start()
    with pytest.raises(webhook.Failed):
        webhook.post(f"http://127.0.0.1:{server.getsockname()[1]}/", KEY, {})
    server.close()
    thread.join(5)
