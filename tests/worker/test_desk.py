"""The staff page of the worker and the mail, and check_mail."""

import io
import socket
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from forum.worker.models import Letter, Sign, Tick
from forum.worker.work import Worker
from tests.worker import jobs
from tests.worker.people import person, words

PAGE = "/admin/worker/letter/"
HOSTILE = "<script>x()</script>"
pytestmark = pytest.mark.django_db


@pytest.fixture
def boss():
    return person(is_superuser=True)


def failed_letter(number=1, **fields):
    known = {"kind": "decision", "to": "nils@example.org", "text": "A word.", "attempts": 6}
    return Letter.objects.create(
        **{**known, "state": "given-up", "error": "timed out", "message_id": str(number), **fields}
    )


def failed_task(words="ValueError: the file is torn"):
    jobs.note.enqueue("hello")
    row = DBTaskResult.objects.order_by("-enqueued_at").first()
    row.status, row.traceback, row.finished_at = "FAILED", f"Traceback\n{words}\n", timezone.now()
    row.worker_ids = ["one"] * 6
    row.save()
    return row


def test_it_says_how_many_wait_since_when_and_what_failed(boss):
    for _time in range(3):
        jobs.note.enqueue("hello")
    first = DBTaskResult.objects.order_by("enqueued_at").first()
    ago = timezone.now() - timedelta(hours=2, minutes=1)
    DBTaskResult.objects.filter(pk=first.pk).update(enqueued_at=ago)
    jobs.note.using(run_after=timezone.now() + timedelta(hours=1)).enqueue("later")
    failed_task()
    failed_letter()
    failed_letter(2, state="queued", error="450 not now", attempts=2)
    Worker().beat()
    Tick.objects.update(done_at=timezone.now(), words="dust: 3 wiped")
    said = words(boss.get(PAGE))
    assert "Tasks due 4 the oldest for 2\xa0hours" in said.replace("2 hours", "2\xa0hours")
    assert "1 is due later" in said
    assert "ValueError: the file is torn 6 tries" in said
    assert "decision, nils@example.org" in said
    assert "given up: timed out" in said
    assert "waits: 450 not now 2 tries" in said
    assert "dust: 3 wiped" in said
    assert "Workers 1 seen just now" in said
    assert "No worker has been seen" not in said


@pytest.mark.parametrize(("minutes", "is_said"), [(9, False), (11, True)])
def test_it_warns_where_no_worker_was_seen_for_ten_minutes(boss, minutes, is_said):
    Worker().beat()
    Sign.objects.update(seen_at=timezone.now() - timedelta(minutes=minutes))
    said = words(boss.get(PAGE))
    assert ("No worker has been seen for 10 minutes." in said) == is_said


def test_it_warns_where_no_worker_was_ever_seen(boss):
    assert "No worker has been seen for 10 minutes." in words(boss.get(PAGE))


def test_it_says_where_the_site_sends_no_mail(boss, settings):
    assert "EMAIL_URL is not set" in words(boss.get(PAGE))
    settings.MAILS = True
    assert "EMAIL_URL is not set" not in words(boss.get(PAGE))


def test_it_asks_no_more_for_many_rows_than_for_one(boss, django_assert_max_num_queries):
    failed_task()
    failed_letter(0)
    boss.get(PAGE)
    for rows in (1, 60):
        for number in range(rows):
            failed_letter(f"{rows}-{number}")
            failed_task()
        with django_assert_max_num_queries(12):
            boss.get(PAGE)


def test_hostile_words_stay_words(boss):
    failed_letter(error=HOSTILE, to=f"{HOSTILE}@example.org", kind="")
    failed_task(f"ValueError: {HOSTILE}")
    Tick.objects.create(hour=timezone.now(), done_at=timezone.now(), words=HOSTILE)
    html = boss.get(PAGE).content.decode()
    assert HOSTILE not in html
    assert html.count("&lt;script&gt;x()&lt;/script&gt;") >= 4


def test_no_letter_is_ever_read_there(boss):
    letter = failed_letter(text="A personal word.", subject="A subject")
    assert "personal" not in boss.get(PAGE).content.decode()
    for path in (f"{letter.pk}/change/", f"{letter.pk}/", "add/", f"{letter.pk}/history/"):
        assert boss.get(PAGE + path).status_code == 404
    assert boss.get("/admin/django_tasks_database/dbtaskresult/").status_code == 404


def test_one_is_tried_again_or_all(boss):
    letter, other, task, another = failed_letter(), failed_letter(2), failed_task(), failed_task()
    boss.post(f"{PAGE}retry/", {"what": f"letter:{letter.pk}"})
    assert set(Letter.objects.failed()) == {other}
    boss.post(f"{PAGE}retry/", {"what": f"task:{task.pk}"})
    assert set(DBTaskResult.objects.failed()) == {another}
    answer = boss.post(f"{PAGE}retry/", {"what": "all"}, follow=True)
    assert "2 are queued again." in words(answer)
    assert not Letter.objects.failed().exists()
    assert not DBTaskResult.objects.failed().exists()
    assert DBTaskResult.objects.filter(queue_name="mail", status="READY").count() == 2
    assert DBTaskResult.objects.get(pk=task.pk).worker_ids == []


@pytest.mark.parametrize("what", ["", "letter:", "letter:x", "letter:99", "task:9", "nonsense:1",
                                  "task:00000000-0000-0000-0000-000000000000", "task:" + "-" * 36])  # fmt: skip
def test_what_is_not_there_is_not_tried_again(boss, what):
    failed_letter()
    answer = boss.post(f"{PAGE}retry/", {"what": what}, follow=True)
    assert "Nothing was queued again" in words(answer)
    assert Letter.objects.failed().count() == 1


def test_an_address_whose_letters_came_back_is_marked(boss):
    letter = failed_letter(state="sent", text="")
    answer = boss.post(f"{PAGE}came-back/", {"address": " NILS@example.org "}, follow=True)
    assert "Nothing more is sent to NILS@example.org" in words(answer)
    letter.refresh_from_db()
    assert letter.state == "no-address"
    answer = boss.post(f"{PAGE}came-back/", {"address": "ruth@example.org"}, follow=True)
    assert "No letter went to ruth@example.org" in words(answer)


@pytest.mark.parametrize(
    ("rights", "look", "act"),
    [([], 403, 403), (["view_letter"], 200, 403), (["view_letter", "change_letter"], 200, 302)],
)
def test_looking_and_acting_each_need_their_right(rights, look, act):
    client = person(*rights)
    failed_letter()
    answer = client.get(PAGE)
    assert answer.status_code == look
    if look == 200:
        assert (b"Try all again" in answer.content) == (act == 302)
    assert client.post(f"{PAGE}retry/", {"what": "all"}).status_code == act
    assert client.post(f"{PAGE}came-back/", {"address": "a@example.org"}).status_code == act
    assert Letter.objects.failed().exists() == (act == 403)


def test_nothing_is_done_by_get_and_nothing_by_strangers(boss):
    failed_letter()
    for path in ("retry/?what=all", "came-back/?address=nils@example.org"):
        assert boss.get(PAGE + path).status_code == 405
    assert boss.post(PAGE, {"what": "all"}).status_code == 403
    assert Client().get(PAGE).status_code == 302
    assert Client().post(f"{PAGE}retry/", {"what": "all"}).status_code == 302
    assert Letter.objects.failed().count() == 1


# ------------------------------------------------------------------------------------------ check_mail


def check(address="nils@example.org"):
    out = io.StringIO()
    call_command("check_mail", address, stdout=out)
    return out.getvalue()


def test_check_mail_sends_one_letter_at_once_and_says_so(by_smtp):
    said = check()
    assert said.startswith(f"By 127.0.0.1:{by_smtp.port}, in the clear, from ")
    assert "The server took the letter." in said
    assert "no worker is at work: start ./run" in said
    assert by_smtp.taken[0][0] == ["nils@example.org"]
    assert Letter.objects.count() == 0
    Worker().beat()
    assert "no worker" not in check()


def test_check_mail_says_that_email_url_is_not_set():
    with pytest.raises(CommandError, match="EMAIL_URL is not set"):
        check()


def test_check_mail_takes_an_address_only(by_smtp):
    with pytest.raises(CommandError, match="'nils' is not an address"):
        check("nils")


def test_check_mail_says_what_was_said_and_what_to_do(by_smtp, mails):
    by_smtp.answers["RCPT"] = "550 5.1.1 no such user"
    with pytest.raises(CommandError) as told:
        check()
    assert str(told.value).splitlines() == [
        "Not sent.",
        "What was said: 550 5.1.1 no such user",
        "The server does not take letters to this address.",
    ]
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        mails.EMAIL_PORT = nobody.getsockname()[1]
        with pytest.raises(CommandError, match="look at host and port in EMAIL_URL"):
            check()
