"""What people hear of decisions about themselves, in the inbox and by letter: once, and why."""

from datetime import timedelta

import pytest
from django.core import mail
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from forum.accounts.models import User
from forum.accounts.readers import Reader
from forum.discussions import services
from forum.discussions.models import Comment, Decision, Notice
from forum.discussions.services import removing
from forum.discussions.services.people import end_suspensions
from tests.discussions.people import author, browser, counts_hold, guest

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _mails(settings):
    settings.MAILS, settings.SITE_URL = True, "https://films.example.org"
    settings.COMMENT_CHECKS = []


@pytest.fixture
def desk(staff):
    return Reader(user=staff)


def say(topic, who, text="The harbour at night."):
    return services.post_comment(author=who, body=text, topic_id=topic.pk).comment


def undo(desk):
    services.undo(decision_id=Decision.objects.latest("pk").pk, by=desk)


def inside(member):
    return list(Notice.objects.filter(member=member).order_by("pk").values_list("kind", flat=True))


def letter():
    (found,) = mail.outbox
    mail.outbox.clear()
    return found


def test_a_warning_is_told_inside_and_by_letter_with_its_reason_and_words(astrid, desk):
    me = Reader(user=astrid)
    services.warn(person=me, by=desk, reason="unkind", words="Speak of the film.")
    sent = letter()
    assert (sent.to, sent.subject) == (["astrid@example.org"], "Foyer: A moderator has warned you")
    for part in (
        "The reason: attacks people.",
        "Speak of the film.",
        "https://films.example.org/my/warnings/",
        "https://films.example.org/mail/stop/",
    ):
        assert part in sent.body, part
    html = browser(astrid).get("/inbox/").content.decode()
    assert "A moderator has warned you" in html
    notice = Notice.objects.get(member=astrid)
    answer = browser(astrid).post(f"/inbox/{notice.pk}/")
    assert answer.url == "/my/warnings/"
    undo(desk)
    assert letter().subject == "Foyer: A warning was taken back"
    assert inside(astrid) == ["warned", "unwarned"]
    assert counts_hold()


def test_who_is_shut_out_hears_until_when_why_and_to_whom_to_turn(astrid, desk):
    User.objects.filter(pk=astrid.pk).update(zone="Asia/Tokyo")
    until = timezone.now().replace(2030, 5, 1, 20, 0, 0, 0)
    services.suspend(member_id=astrid.pk, by=desk, until=until, reason="hate")
    sent = letter()
    assert sent.subject == "Foyer: You cannot write here until 2 May 2030, 05:00"
    assert "The reason: attacks people for what they are." in sent.body
    assert "https://films.example.org/contact/" in sent.body
    undo(desk)
    assert letter().subject == "Foyer: You can write here again"
    services.suspend(member_id=astrid.pk, by=desk, reason="hate", is_ban=True)
    assert letter().subject == "Foyer: You can no longer write here"
    services.reinstate(member_id=astrid.pk, by=desk)
    assert letter().subject == "Foyer: You can write here again"
    assert inside(astrid) == ["closed", "opened", "closed", "opened"]
    html = browser(User.objects.get(pk=astrid.pk)).get("/my/standing/").content.decode()
    assert "Shut out for a time until 2 May 2030, 05:00: attacks people for what they are" in html
    assert counts_hold()


def test_a_suspension_that_is_over_by_itself_is_told_no_more(astrid, desk):
    until = timezone.now() + timedelta(hours=1)
    services.suspend(member_id=astrid.pk, by=desk, until=until, reason="hate")
    letter()
    User.objects.filter(pk=astrid.pk).update(suspended_until=timezone.now())
    end_suspensions()
    assert mail.outbox == []


def test_a_guest_with_a_confirmed_address_hears_by_letter(db, desk):
    nils, _secret = guest("Nils")
    services.close_pen(pen_id=nils.pen.pk, by=desk, reason="advert")
    sent = letter()
    assert (sent.to, sent.subject) == (["nils@example.org"], "Foyer: You can no longer write here")
    stranger, _secret = guest("Otto", confirmed=False)
    services.close_pen(pen_id=stranger.pen.pk, by=desk, reason="advert")
    assert mail.outbox == []


def test_whoever_wants_no_letters_finds_it_inside_alone(astrid, desk):
    User.objects.filter(pk=astrid.pk).update(mail_decisions=False)
    services.hold_person(person=Reader(user=astrid), by=desk, held=True, reason="advert")
    services.hold_person(person=Reader(user=astrid), by=desk, held=False)
    assert mail.outbox == []
    assert inside(astrid) == ["held", "freed"]


def test_a_removal_of_everything_is_one_notice_and_one_letter(topic, astrid, desk, monkeypatch):
    monkeypatch.setattr(removing, "AT_ONCE", 2)
    for _one in range(5):
        say(topic, author(astrid))
    me = Reader(user=astrid)
    services.remove_everything(person=me, by=desk, reason="unkind", words="Not here.", most=3)
    sent = letter()
    assert "decided to take 5 comments of yours from the pages" in sent.body
    assert "it attacks a person" in sent.body
    assert "Not here." in sent.body
    assert "harbour" not in sent.body
    services.remove_everything(person=me, by=desk, reason="unkind")
    assert mail.outbox == []  # it is the same decision
    assert inside(astrid) == ["removed"]
    undo(desk)
    assert letter().subject == "Foyer: Comments of yours are back"
    assert inside(astrid) == ["removed", "restored"]
    assert counts_hold()


def test_the_letter_of_a_removal_counts_what_is_left_for_another_press_too(topic, astrid, desk):
    for _one in range(5):
        say(topic, author(astrid))
    kept = say(topic, author(astrid))
    services.moderate(comment_id=kept.pk, verb="spam", by=desk)
    me = Reader(user=astrid)
    swept = services.remove_everything(person=me, by=desk, reason="unkind", most=2)
    assert (swept.count, swept.left) == (2, 3)
    assert "decided to take 5 comments of yours from the pages" in letter().body


def test_of_spam_nothing_is_said(topic, astrid, desk):
    say(topic, author(astrid))
    services.remove_everything(person=Reader(user=astrid), by=desk, reason="spam")
    undo(desk)
    assert mail.outbox == []
    assert inside(astrid) == []
    html = browser(astrid).get("/my/standing/").content.decode()
    assert "What was decided about you" not in html


def test_what_is_not_done_is_not_told(astrid, desk):
    me = Reader(user=astrid)
    with transaction.atomic():
        services.warn(person=me, by=desk, reason="unkind")
        transaction.set_rollback(True)
    with pytest.raises(ValidationError):
        services.warn(person=me, by=desk, reason="")
    assert inside(astrid) == []


@pytest.mark.parametrize("way", ["restore", "undo"])
def test_what_staff_set_right_after_an_appeal_is_told(topic, astrid, desk, way):
    comment = say(topic, author(astrid))
    services.moderate(comment_id=comment.pk, verb="remove", by=desk, reason="unkind")
    services.appeal(comment_id=comment.pk, by=Reader(user=astrid), words="I named nobody.")
    Notice.objects.update(read_at=timezone.now())
    mail.outbox.clear()
    if way == "undo":
        undo(desk)
        assert letter().subject == "Your appeal about a comment on “The last row”"
    else:
        services.moderate(comment_id=comment.pk, verb="restore", by=desk)
        assert letter().subject == "Your comment on “The last row” is back"
    assert Comment.objects.get(pk=comment.pk).is_public
    assert Notice.objects.unread().get().kind == "decision"
