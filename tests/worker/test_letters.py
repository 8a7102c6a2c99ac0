"""Letters: rows of our own first; what is sent, tried again, given up, forgotten."""

import email
from datetime import timedelta

import pytest
from django.conf import settings as site_settings
from django.core import mail
from django.core.mail import BadHeaderError, EmailMessage, EmailMultiAlternatives
from django.db import transaction
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from forum.worker import delivery, upkeep
from forum.worker.letters import forget, letter
from forum.worker.models import WAITS_S, Letter

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("mails")]


def send(to="nils@example.org", text="A word."):
    EmailMessage("Hello", text, to=[to]).send()
    return Letter.objects.order_by("pk").last()


def test_a_letter_is_stored_with_its_message_id_and_sent_by_the_worker(work):
    stored = send()
    assert (stored.state, stored.subject, stored.text) == ("queued", "Hello", "A word.")
    assert mail.outbox == []
    work()
    (sent,) = mail.outbox
    assert (sent.to, sent.subject, sent.body) == (["nils@example.org"], "Hello", "A word.")
    assert sent.extra_headers["Message-ID"] == stored.message_id
    assert stored.message_id.endswith("@films.example.org>")
    assert work() == 0


def test_the_words_of_a_letter_go_in_the_moment_it_is_sent(work):
    stored = send()
    work()
    stored.refresh_from_db()
    assert (stored.state, stored.sent_at is None) == ("sent", False)
    assert (stored.subject, stored.text, stored.html) == ("", "", "")


def test_a_letter_goes_with_the_transaction_that_wrote_it(work):
    with transaction.atomic():
        send()
        transaction.set_rollback(True)
    assert (Letter.objects.count(), DBTaskResult.objects.count()) == (0, 0)


def test_a_letter_to_several_is_one_to_each_so_that_none_sees_the_others(work):
    EmailMessage("Hello", "A word.", to=["a@example.org"], bcc=["B <b@example.org>"]).send()
    work()
    assert [sent.to for sent in mail.outbox] == [["a@example.org"], ["b@example.org"]]


def test_text_and_html_are_kept_and_html_alone_gets_a_text(work):
    both = EmailMultiAlternatives("Hello", "Plain.", to=["a@example.org"])
    both.attach_alternative("<p>Rich.</p>", "text/html")
    both.send()
    alone = EmailMessage("Hello", "<p>Rich &amp; alone.</p>", to=["b@example.org"])
    alone.content_subtype = "html"
    alone.send()
    work()
    first, second = mail.outbox
    assert (first.body, first.alternatives[0][0]) == ("Plain.", "<p>Rich.</p>")
    assert second.alternatives[0][0] == "<p>Rich &amp; alone.</p>"
    assert "<p>" not in second.body


def test_without_email_url_the_site_sends_nothing():
    """EMAIL_URL is not set where tests run: these are the settings as they came."""
    from forum import env, settings

    assert (env.EMAIL, settings.MAILS) == ({}, False)
    assert settings.EMAIL_BACKEND == "django.core.mail.backends.dummy.EmailBackend"


def test_letters_left_from_a_time_with_email_url_are_not_called_sent(mails, work):
    stored = send()
    mails.MAILS = False
    work()
    stored.refresh_from_db()
    assert (stored.state, stored.error, mail.outbox) == ("refused", "EMAIL_URL is not set", [])


# --------------------------------------------------------------------------------------- what is sent


def headers(stored):
    return email.message_from_bytes(stored.message().message().as_bytes())


def test_a_letter_says_that_no_machine_should_answer():
    stored = send()
    found = headers(stored)
    assert found["Auto-Submitted"] == "auto-generated"
    assert found["From"] == site_settings.DEFAULT_FROM_EMAIL
    assert found["Message-ID"] == stored.message_id


@pytest.mark.parametrize("subject", ["Hello\nBcc: all@example.org", "Hello\r\n\r\nBuy"])
def test_a_line_break_in_a_subject_is_refused_to_whoever_wrote_it(subject):
    with pytest.raises(BadHeaderError):
        EmailMessage(subject, "A word.", to=["nils@example.org"]).send()
    assert Letter.objects.count() == 0


@pytest.mark.parametrize(
    "address",
    ["nils", "a@b\nBcc: all@example.org", "a@example.org, b@example.org\n", "@", "a b@example.org"],
)
def test_what_is_no_address_is_kept_for_staff_and_never_sent(address, work):
    stored = send(to=address)
    work()
    assert (stored.state, mail.outbox) == ("no-address", [])
    assert DBTaskResult.objects.count() == 0


def test_an_attachment_is_refused():
    message = EmailMessage("Hello", "A word.", to=["nils@example.org"])
    message.attach("a.txt", "words", "text/plain")
    with pytest.raises(ValueError, match="no attachments"):
        message.send()


def test_the_letter_of_a_template_is_plain_in_text_and_escaped_in_html(work):
    context = {"verb": "remove", "message": "Tom & <b>Jerry</b>", "topic": {"title": "A, B & C"}}
    letter("decision", "nils@example.org", context).send()
    work()
    (sent,) = mail.outbox
    assert sent.subject == "Your comment on “A, B & C” was removed"
    assert "Tom & <b>Jerry</b>" in sent.body
    assert "Tom &amp; &lt;b&gt;Jerry&lt;/b&gt;" in sent.alternatives[0][0]
    assert Letter.objects.get().kind == "decision"


def test_a_letter_asks_nobody_for_pictures_fonts_or_scripts():
    for kind in ("decision", "confirm_address", "check"):
        html = letter(kind, "nils@example.org", {"days": 3}).alternatives[0][0]
        assert not any(sign in html for sign in ("<img", "<link", "<script", "url(", "@import"))
        assert "prefers-color-scheme: dark" in html


# ---------------------------------------------------------------------------------------- when it fails


class Broken:
    """A way out on which everything fails."""

    def __init__(self, *args, **kwargs):
        pass

    def open(self):
        raise ConnectionRefusedError(111, "Connection refused")

    def close(self):
        raise ConnectionResetError


@pytest.fixture
def broken(mails):
    mails.MAIL_CARRIER = f"{__name__}.Broken"
    return mails


def let_it_be_due(stored):
    now = timezone.now()
    Letter.objects.filter(pk=stored.pk).update(next_at=now)
    DBTaskResult.objects.filter(finished_at=None).update(run_after=now)


def test_a_letter_is_tried_six_times_with_growing_waits_and_then_given_up(broken, work):
    stored = send()
    for number, wait in enumerate(WAITS_S, 1):
        before = timezone.now()
        assert work() == 1
        stored.refresh_from_db()
        assert (stored.state, stored.attempts) == ("queued", number)
        assert abs(stored.next_at - before - timedelta(seconds=wait)) < timedelta(seconds=30)
        assert work() == 0
        let_it_be_due(stored)
    work()
    stored.refresh_from_db()
    assert (stored.state, stored.attempts) == ("given-up", 6)
    assert stored.error == "ConnectionRefusedError: [Errno 111] Connection refused"
    assert not DBTaskResult.objects.filter(finished_at=None).exists()
    assert stored in Letter.objects.failed()


def test_a_mail_server_that_comes_back_gets_the_letter_under_its_first_message_id(broken, work):
    stored = send()
    work()
    broken.MAIL_CARRIER = "django.core.mail.backends.locmem.EmailBackend"
    let_it_be_due(stored)
    work()
    assert [sent.extra_headers["Message-ID"] for sent in mail.outbox] == [stored.message_id]


def test_staff_can_have_it_tried_again_with_all_its_tries(broken, work):
    stored = send()
    Letter.objects.update(state="given-up", attempts=6, error="timed out")
    assert delivery.try_again(stored)
    assert not delivery.try_again(stored)
    stored.refresh_from_db()
    assert (stored.state, stored.attempts, stored.error) == ("queued", 0, "")


def test_a_letter_that_another_task_is_sending_is_left_alone(work):
    stored = send()
    Letter.objects.update(state="sending", task_id="of another")
    work()
    stored.refresh_from_db()
    assert (stored.state, mail.outbox) == ("sending", [])


def test_a_letter_at_which_the_worker_ended_six_times_is_given_up(work):
    stored = send()
    Letter.objects.update(attempts=6)
    work()
    stored.refresh_from_db()
    assert (stored.state, stored.error) == ("refused", "the worker ended at every try")


def test_what_was_sent_is_written_down_though_the_database_is_away_for_a_while(
    work, monkeypatch, settings
):
    pauses, written = [], delivery._sent
    monkeypatch.setattr(delivery.time, "sleep", pauses.append)
    monkeypatch.setattr(delivery.connection, "close", lambda: None)

    def away_twice(stored):
        if len(pauses) < 3:
            raise delivery.OperationalError("no connection")
        written(stored)

    monkeypatch.setattr(delivery, "_sent", away_twice)
    stored = send()
    work()
    stored.refresh_from_db()
    assert (stored.state, len(mail.outbox), pauses) == ("sent", 1, [0, 1, 2])


# -------------------------------------------------------------------------------------- no mail about mail


def test_an_address_that_does_not_exist_gets_no_more_letters():
    Letter.objects.filter(pk=send().pk).update(state="no-address")
    send("NILS@example.org")
    assert Letter.objects.count() == 1
    send("ruth@example.org")
    assert Letter.objects.count() == 2


def test_staff_mark_an_address_whose_letters_came_back(work):
    send()
    work()
    assert Letter.objects.came_back("nils@example.org") == 1
    send()
    assert Letter.objects.count() == 1


# ------------------------------------------------------------------------------------------ forgetting


def test_forgetting_an_address_leaves_nothing_of_it(work):
    send("Nils@example.org", "Personal words.")
    send("ruth@example.org")
    assert forget("nils@EXAMPLE.org") == 1
    assert work() == 2  # the task of the forgotten one finds nothing
    assert [sent.to for sent in mail.outbox] == [["ruth@example.org"]]
    for model in (Letter, DBTaskResult):
        assert "nils" not in str(list(model.objects.values())).lower()


def test_a_letter_goes_30_days_after_it_was_written():
    young, old = send(), send()
    now = timezone.now()
    Letter.objects.filter(pk=young.pk).update(created_at=now - timedelta(days=29, hours=23))
    Letter.objects.filter(pk=old.pk).update(created_at=now - timedelta(days=30, hours=1))
    assert upkeep.prune_letters() == "letters older than 30 days: 1 deleted"
    assert list(Letter.objects.all()) == [young]


def test_a_letter_whose_task_is_gone_is_enqueued_anew(work):
    lost, sending, waiting, young = send(), send(), send(), send()
    old = timezone.now() - timedelta(minutes=11)
    Letter.objects.exclude(pk=young.pk).update(next_at=old)
    Letter.objects.filter(pk=sending.pk).update(state="sending", task_id="of nobody")
    for row in DBTaskResult.objects.all():
        if row.args_kwargs["args"][0] != waiting.pk:
            row.delete()
    assert upkeep.send_forgotten() == "letters without a task: 2 enqueued"
    assert upkeep.send_forgotten() == "letters without a task: 0 enqueued"
    assert work() == 3
    assert set(Letter.objects.filter(sent_at=None)) == {young}
    assert {lost, sending, waiting} == set(Letter.objects.exclude(sent_at=None))
