"""Letters about what stands in the inbox, through a real SMTP server: at once, once a day, never."""

import email
import re
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from forum.accounts.forms import ReadingForm
from forum.accounts.models import Pen, User
from forum.accounts.preferences import _keep
from forum.accounts.readers import ANYBODY
from forum.discussions import mailing, services
from forum.discussions.models import CommentText, Notice
from forum.discussions.services import telling
from forum.worker.models import Letter
from tests.discussions.people import author, guest, person, reader
from tests.worker.conftest import until, worker_process

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("no_checks")]


@pytest.fixture
def post(by_smtp, work):
    """post() -> the mails that come of what is new, by the worker and the server."""

    def deliver():
        before = len(by_smtp.taken)
        queue()
        work()
        return mails(by_smtp)[before:]

    return deliver


def queue():
    while telling.tell_news() or mailing.queue_letters():
        pass


def mails(server):
    texts = [text.encode() for _to, text in server.taken]
    return [email.message_from_bytes(text, policy=email.policy.default) for text in texts]


def body(mail, kind="plain"):
    return mail.get_body((kind,)).get_content()


def say(text, who, under=None, topic=None):
    where = {"parent_id": under.pk} if under else {"topic_id": topic.pk}
    return services.post_comment(author=who, body=text, **where).comment


@pytest.fixture
def first(topic, astrid):
    return say("The harbour is the film.", author(astrid), topic=topic)


def test_a_reply_reaches_its_reader_once(post, work, first, bruno):
    answer = say("Then why does it *end*?", author(bruno), first)
    (mail,) = post()
    assert (mail["To"], mail["Subject"]) == ("astrid@example.org", "Foyer: The last row")
    assert "Bruno answered you in the talk about “The last row”:" in body(mail)
    assert "> Then why does it end?" in body(mail)
    assert f"https://films.example.org/comments/{answer.pk}/" in body(mail)
    assert "Then why does it end?" in body(mail, "html")
    assert (post(), work()) == ([], 0)
    assert Letter.objects.get().state == "sent"
    assert Letter.objects.get().text == ""


def test_letters_about_one_talk_keep_together_and_can_be_ended_by_a_press(post, first, bruno):
    for number in range(2):
        say(f"Answer {number}.", author(bruno), first)
    one, two = post()
    assert one["Subject"] == two["Subject"]
    assert one["References"] == two["References"] == one["In-Reply-To"]
    assert one["References"] == f"<talk-{first.thread.topic_id}@films.example.org>"
    assert one["Message-ID"] != two["Message-ID"]
    assert one["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert one["List-Unsubscribe"].strip().startswith("<https://films.example.org/mail/off/")


def test_the_press_of_a_mail_program_ends_them_and_a_scanner_that_reads_does_not(
    post, first, bruno, astrid
):
    say("An answer.", author(bruno), first)
    (mail,) = post()
    path = re.search(r"<https://films\.example\.org(/mail/off/[^>]+)>", mail["List-Unsubscribe"])[1]
    strict = Client(enforce_csrf_checks=True)
    for _time in range(2):
        assert b"Stop the letters" in strict.get(path).content
    assert strict.head(path).status_code == 200
    astrid.refresh_from_db()
    assert astrid.mail_replies == "now"
    for _time in range(2):
        answer = strict.post(path, {"List-Unsubscribe": "One-Click"})
        assert (answer.status_code, b"Replies stand in your inbox alone" in answer.content) == (
            200,
            True,
        )
    astrid.refresh_from_db()
    assert (astrid.mail_replies, astrid.mail_mentions) == ("", "now")
    say("Another answer.", author(bruno), first)
    assert post() == []
    assert Notice.objects.filter(member=astrid).count() == 2
    assert strict.post(f"{path[:-8]}x/").status_code == 404


@pytest.mark.parametrize(
    "why", ["held", "removed", "hidden", "erased", "muted", "muted words", "read", "never", "left"]
)
def test_it_is_decided_again_when_a_letter_is_sent(
    post, by_smtp, work, first, topic, bruno, astrid, why
):
    answer = say("Then why does it end?", author(bruno), first)
    queue()
    assert Letter.objects.get().state == "queued"
    if why in ("held", "removed"):
        verb = {"held": "hold", "removed": "remove"}[why]
        services.moderate(comment_id=answer.pk, verb=verb, by=ANYBODY, reason="off-topic")
    if why == "hidden":
        topic.hidden_at = timezone.now()
        topic.save()
    if why == "erased":
        services.erase_comment(comment_id=answer.pk, by=None)
    if why == "muted":
        services.mute_author(by=astrid, person_id=bruno.pk)
    if why == "muted words":
        services.mute_words(by=astrid, words="why")
    if why == "read":
        services.read_notices(member_id=astrid.pk, until_id=10**9)
    if why == "never":
        User.objects.filter(pk=astrid.pk).update(mail_replies="")
    if why == "left":
        services.erase_member(member_id=astrid.pk, by=None)
    work()
    assert [to for to, _text in by_smtp.taken if to == ["astrid@example.org"]] == []
    assert not Letter.objects.filter(kind="notice").exists()


def test_it_is_decided_again_when_a_letter_is_tried_again(by_smtp, work, first, bruno):
    by_smtp.answers["RCPT"] = "450 4.2.1 come again later"
    answer = say("Then why does it end?", author(bruno), first)
    queue()
    work()
    letter = Letter.objects.get()
    assert (letter.state, letter.text) == ("queued", "")
    by_smtp.answers.clear()
    services.moderate(comment_id=answer.pk, verb="hold", by=ANYBODY)
    Letter.objects.update(next_at=timezone.now() - timedelta(minutes=20))
    DBTaskResult.objects.update(run_after=timezone.now() - timedelta(hours=1))
    work()
    assert (by_smtp.taken, Letter.objects.count()) == ([], 0)


def test_a_held_reply_is_written_about_once_it_is_approved(post, first, topic, bruno, settings):
    settings.COMMENT_CHECKS = ["forum.moderation.checks.topic"]
    services.set_topic(topic_id=topic.pk, by=None, all_held=True)
    answer = say("Then why does it end?", author(bruno), first)
    assert post() == []
    services.moderate(comment_id=answer.pk, verb="approve", by=ANYBODY)
    sent = [mail for mail in post() if mail["To"] == "astrid@example.org"]
    assert len(sent) == 1


def test_a_notice_and_its_letter_stand_or_fall_together(first, bruno, mails, monkeypatch):
    say("Then why does it end?", author(bruno), first)
    telling.tell_news()

    def fail(*args):
        raise ZeroDivisionError

    monkeypatch.setattr("forum.worker.backend.enqueue", fail)
    with pytest.raises(ZeroDivisionError):
        mailing.queue_letters()
    assert (Letter.objects.count(), Notice.objects.get().mail) == (0, "now")


# --------------------------------------------------------------------------------- the daily letter


def at(moment, monkeypatch):
    monkeypatch.setattr(timezone, "now", lambda: moment)


@pytest.mark.parametrize(
    ("zone", "early", "late"),
    [("Asia/Tokyo", 22, 23), ("America/Lima", 12, 13), ("", 7, 8), ("Gone/Away", 7, 8)],
)
def test_the_daily_letter_goes_out_in_the_morning_where_its_reader_is(
    post, work, topic, astrid, bruno, monkeypatch, zone, early, late
):
    User.objects.filter(pk=astrid.pk).update(zone=zone)
    services.follow(by=reader(astrid), topic_id=topic.pk)
    at(datetime(2027, 7, 1, early - 2, 30, tzinfo=UTC), monkeypatch)
    for number in range(3):
        say(f"Line {number}.", author(bruno), topic=topic)
    assert post() == []
    at(datetime(2027, 7, 1, early, 59, tzinfo=UTC), monkeypatch)
    assert mailing.queue_daily() == "daily letters: 0 queued"
    at(datetime(2027, 7, 1, late, 1, tzinfo=UTC), monkeypatch)
    assert mailing.queue_daily() == "daily letters: 1 queued"
    assert mailing.queue_daily() == "daily letters: 0 queued"
    (mail,) = post()
    assert mail["Subject"] == "Foyer: 3 new comments for you"
    assert [f"> Line {number}." in body(mail) for number in range(3)] == [True] * 3
    assert body(mail).count("The last row") == 1
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


def test_a_worker_that_slept_through_the_morning_sends_it_later(
    post, topic, astrid, bruno, monkeypatch
):
    services.follow(by=reader(astrid), topic_id=topic.pk)
    at(datetime(2027, 7, 1, 6, 0, tzinfo=UTC), monkeypatch)
    say("A line.", author(bruno), topic=topic)
    post()
    at(datetime(2027, 7, 1, 15, 0, tzinfo=UTC), monkeypatch)
    mailing.queue_daily()
    assert len(post()) == 1


def test_a_daily_letter_leaves_out_what_is_gone_and_is_none_if_all_is(
    post, topic, astrid, bruno, monkeypatch
):
    services.follow(by=reader(astrid), topic_id=topic.pk)
    at(datetime(2027, 7, 1, 6, 0, tzinfo=UTC), monkeypatch)
    one, _two = (say(f"Line {number}.", author(bruno), topic=topic) for number in range(2))
    queue()
    at(datetime(2027, 7, 1, 9, 0, tzinfo=UTC), monkeypatch)
    mailing.queue_daily()
    services.moderate(comment_id=one.pk, verb="remove", by=ANYBODY, reason="other")
    (mail,) = [one for one in post() if one["To"] == "astrid@example.org"]
    assert mail["Subject"] == "Foyer: 1 new comment for you"
    assert "Line 0." not in body(mail) + body(mail, "html")
    say("Line 2.", author(bruno), topic=topic)
    queue()
    services.read_notices(member_id=astrid.pk, until_id=10**9)
    at(datetime(2027, 7, 2, 9, 0, tzinfo=UTC), monkeypatch)
    mailing.queue_daily()
    assert post() == []


def test_ending_the_daily_letter_ends_what_comes_daily_and_nothing_else(
    post, topic, astrid, bruno, monkeypatch
):
    services.follow(by=reader(astrid), topic_id=topic.pk)
    at(datetime(2027, 7, 1, 6, 0, tzinfo=UTC), monkeypatch)
    say("A line.", author(bruno), topic=topic)
    queue()
    at(datetime(2027, 7, 1, 9, 0, tzinfo=UTC), monkeypatch)
    mailing.queue_daily()
    (mail,) = post()
    path = mail["List-Unsubscribe"].strip(" <>").removeprefix("https://films.example.org")
    Client().post(path)
    astrid.refresh_from_db()
    assert (astrid.mail_replies, astrid.mail_mentions, astrid.mail_follows) == ("now", "now", "")


def test_many_letters_in_an_hour_become_one_a_day(by_smtp, first, bruno, astrid, settings):
    settings.RATE_LIMITS_ON = True
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "notice:address": [(3, 3600)]}
    for number in range(5):
        say(f"Answer {number}.", author(bruno), first)
    queue()
    assert Letter.objects.count() == 3
    assert Notice.objects.filter(mail="daily").count() == 2


# ------------------------------------------------------------------------------------------- guests


def test_a_guest_gets_reply_letters_once_the_address_is_confirmed(post, topic, bruno):
    nils, _secret = guest("Nils", confirmed=False)
    mine = say("By a guest.", nils, topic=topic)
    say("To nobody yet.", author(bruno), mine)
    assert post() == []
    Pen.objects.update(email_confirmed_at=timezone.now())
    say("To the guest.", author(bruno), mine)
    (mail,) = post()
    assert (mail["To"], "> To the guest." in body(mail)) == ("nils@example.org", True)
    path = mail["List-Unsubscribe"].strip(" <>").removeprefix("https://films.example.org")
    assert b"Stop the letters" in Client().get(path).content
    assert Client(enforce_csrf_checks=True).post(path).status_code == 200
    say("To the guest again.", author(bruno), mine)
    assert post() == []
    assert Pen.objects.get().email == "nils@example.org"  # for what moderators decide


def test_a_spoiler_is_in_no_letter_and_what_is_all_spoiler_makes_none(post, first, bruno):
    say("He wakes. >!The boat was his!< So it ends.", author(bruno), first)
    (mail,) = post()
    assert "He wakes." in body(mail)
    assert "boat" not in body(mail) + body(mail, "html")
    say(">!The boat was his!<", author(bruno), first)
    assert post() == []
    assert Notice.objects.count() == 2


def test_an_address_that_was_changed_meanwhile_gets_nothing(by_smtp, work, topic, bruno):
    nils, _secret = guest("Nils")
    mine = say("By a guest.", nils, topic=topic)
    say("To the guest.", author(bruno), mine)
    queue()
    Pen.objects.update(email="other@example.org")
    work()
    assert by_smtp.taken == []


def test_a_guests_words_stay_words_in_a_letter(post, first):
    nils, _secret = guest("Nils")
    say("`<script>x()</script>` & more", nils, first)
    (mail,) = post()
    assert "<script>" not in body(mail, "html")
    assert "<script>x()</script> & more" in body(mail)


# ----------------------------------------------------------------------------------------- settings


def test_each_kind_has_its_own_choice(mails, astrid):
    client = Client()
    client.force_login(astrid)
    words = client.get("/account/letters/").content.decode()
    assert words.count('type="radio"') == 9
    assert "after 8 in the morning" in words
    sent = {"mail_replies": "daily", "mail_mentions": "", "mail_follows": "now"}
    assert client.post("/account/letters/", sent).status_code == 302
    astrid.refresh_from_db()
    assert [astrid.mailing_of(kind) for kind in ("reply", "mention", "follow")] == [
        "daily",
        "",
        "now",
    ]
    assert not astrid.mail_decisions
    assert client.post("/account/letters/", {"mail_replies": "hourly"}).status_code == 422


def test_settings_leave_the_unread_count_alone(mails, first, bruno, astrid):
    client = Client()
    client.force_login(astrid)
    form = client.get("/account/reading/")
    assert form.status_code == 200
    stale = User.objects.get(pk=astrid.pk)
    say("An answer.", author(bruno), first)
    telling.tell_news()
    late = ReadingForm({"zone": "Asia/Tokyo"}, instance=stale)
    assert late.is_valid()
    _keep(late)
    astrid.refresh_from_db()
    assert (astrid.unread, astrid.zone) == (1, "Asia/Tokyo")


def test_where_no_mail_goes_out_nothing_waits_for_it(settings, first, bruno):
    settings.MAILS = False
    say("An answer.", author(bruno), first)
    telling.tell_news()
    assert Notice.objects.get().mail == ""
    assert mailing.queue_letters() == 0


@pytest.mark.django_db(transaction=True)
def test_a_worker_tells_of_itself_what_was_posted_and_twice_begun_tells_once(topic, mails):
    """The process of `manage.py worker`, two of them, on the database of the test."""
    astrid, bruno = person("Astrid"), person("Bruno")
    mine = say("The harbour is the film.", author(astrid), topic=topic)
    with worker_process(), worker_process():
        for number in range(5):
            say(f"Answer {number}.", author(bruno), mine)
        until(lambda: Notice.objects.count() == 5 and not telling_waits())
    astrid.refresh_from_db()
    assert astrid.unread == 5


def telling_waits():
    return CommentText.objects.filter(is_news=True).exists()
