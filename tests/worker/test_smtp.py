"""Delivery to a real SMTP server on loopback: refusing, slow, down, without TLS."""

import email
import smtplib
import socket
import ssl
import time

import pytest
from django.core.mail import EmailMessage
from django.test import Client

from forum.discussions import services
from forum.discussions.models import Comment
from forum.worker.faults import LATER, NEVER, NO_ADDRESS, explain
from forum.worker.models import Letter

pytestmark = pytest.mark.django_db


def send(to="nils@example.org"):
    EmailMessage("Grüße aus dem Foyer", "Ein Wort.\n.\nNoch eins.", to=[to]).send()
    return Letter.objects.get()


def test_a_letter_reaches_the_server_whole(by_smtp, work):
    stored = send()
    work()
    ((to, words),) = by_smtp.taken
    found = email.message_from_string(words, policy=email.policy.default)
    assert (to, found["To"]) == (["nils@example.org"], "nils@example.org")
    assert (found["Subject"], found["Message-ID"]) == ("Grüße aus dem Foyer", stored.message_id)
    assert found.get_body().get_content().splitlines() == ["Ein Wort.", ".", "Noch eins."]


@pytest.mark.parametrize(
    ("word", "answer", "state"),
    [
        ("RCPT", "550 5.1.1 no such user", "no-address"),
        ("RCPT", "553 sorry, no mailbox by that name", "no-address"),
        ("RCPT", "554 5.7.1 relaying denied", "refused"),
        ("RCPT", "550 we do not relay", "refused"),
        ("RCPT", "450 4.2.1 come again later", "queued"),
        ("RCPT", "452 4.2.2 mailbox full", "queued"),
        ("MAIL", "530 5.7.0 authentication required", "queued"),
        ("MAIL", "451 not now", "queued"),
        ("DATA", "554 5.6.0 we do not like its words", "refused"),
        ("DATA", "451 4.3.0 not now", "queued"),
    ],
)
def test_a_refusal_for_good_ends_it_and_any_other_is_tried_again(
    by_smtp, work, word, answer, state
):
    by_smtp.answers[word] = answer
    stored = send()
    work()
    stored.refresh_from_db()
    assert (stored.state, by_smtp.taken) == (state, [])
    assert stored.error == answer
    assert Letter.objects.count() == 1  # nobody is written to about it


def test_a_server_without_starttls_gets_nothing_in_the_clear(by_smtp, mails, work):
    mails.EMAIL_USE_TLS = True
    mails.EMAIL_HOST_USER, mails.EMAIL_HOST_PASSWORD = "foyer", "lantern-soft-9"
    stored = send()
    heard = []
    by_smtp.at["MAIL"] = lambda: heard.append("MAIL")
    work()
    stored.refresh_from_db()
    assert (stored.state, by_smtp.taken, heard) == ("queued", [], [])
    assert stored.error == "STARTTLS extension not supported by server."


def test_a_server_that_is_down_is_tried_again(by_smtp, mails, work):
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        mails.EMAIL_PORT = nobody.getsockname()[1]
        stored = send()
        work()
    stored.refresh_from_db()
    assert (stored.state, stored.error) == (
        "queued",
        "ConnectionRefusedError: [Errno 111] Connection refused",
    )


def test_a_server_that_says_nothing_is_left_after_its_time(by_smtp, mails, work):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        mails.EMAIL_PORT, mails.EMAIL_TIMEOUT = silent.getsockname()[1], 0.2
        stored = send()
        work()
    stored.refresh_from_db()
    assert stored.state == "queued"
    assert stored.error.endswith("timed out")


def test_the_answer_to_a_whole_letter_is_waited_for_longer_so_that_it_does_not_come_twice(
    by_smtp, mails, work
):
    mails.EMAIL_TIMEOUT = 0.5
    by_smtp.at["TAKEN"] = lambda: time.sleep(1)
    stored = send()
    work()
    stored.refresh_from_db()
    assert (stored.state, len(by_smtp.taken)) == ("sent", 1)


@pytest.mark.django_db(transaction=True)
def test_a_mail_server_that_says_nothing_slows_no_page(by_smtp, mails):
    """Posting with an address asks no server: the page answers, the letter waits."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        silent.settimeout(0)
        mails.EMAIL_PORT = silent.getsockname()[1]
        topic = services.open_topic(title="The last row", by=None)
        sent = {"name": "Nils", "email": "nils@example.org", "body": "A word."}
        answer = Client().post(f"/topics/{topic.pk}/comments/new/", sent)
        assert (answer.status_code, Comment.objects.count()) == (302, 1)
        assert Letter.objects.get().state == "queued"
        with pytest.raises(BlockingIOError):
            silent.accept()


@pytest.mark.parametrize(
    ("error", "kind", "words"),
    [
        (socket.gaierror(-2, "Name or service not known"), LATER, "no such host"),
        (ConnectionRefusedError(111, "Connection refused"), LATER, "Nobody listens"),
        (TimeoutError("timed out"), LATER, "does not answer"),
        (ssl.SSLCertVerificationError("self-signed"), LATER, "certificate"),
        (smtplib.SMTPServerDisconnected("closed: timed out"), LATER, "does not answer"),
        (ssl.SSLError("wrong version number"), LATER, "TLS failed"),
        (smtplib.SMTPServerDisconnected("Connection unexpectedly closed"), LATER, "hung up"),
        (smtplib.SMTPAuthenticationError(535, b"no"), LATER, "name and password"),
        (smtplib.SMTPSenderRefused(550, b"who?", "a@b.org"), LATER, "EMAIL_FROM"),
        (smtplib.SMTPConnectError(421, b"busy"), LATER, ""),
        (smtplib.SMTPDataError(552, b"too big"), NEVER, ""),
        (smtplib.SMTPRecipientsRefused({"a@b.org": (551, b"moved")}), NO_ADDRESS, "this address"),
        (ValueError("anything"), LATER, ""),
    ],
)
def test_a_fault_says_what_to_do_about_it(error, kind, words):
    fault = explain(error)
    assert fault.kind == kind
    assert words in fault.advice


def test_what_a_server_says_becomes_one_printable_line():
    words = b"5.7.1 no\r\n\x1b[31m\xff\x00" + b"x" * 1000
    fault = explain(smtplib.SMTPDataError(554, words))
    assert fault.words.isprintable()
    assert fault.words.startswith("554 5.7.1 no [31m�")
    assert len(fault.words) == 400
