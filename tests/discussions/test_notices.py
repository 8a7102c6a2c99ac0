"""What authors are told by mail about decisions on their comments, and what they are not."""

import pytest
from django.core import mail
from django.core.exceptions import ValidationError
from django.utils import timezone

from forum.accounts.models import User
from forum.accounts.readers import Reader
from forum.discussions import notices, services
from forum.discussions.models import HeldEdit, Topic
from forum.worker.models import Letter
from tests.accounts.conftest import confirm

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _mails(settings):
    settings.MAILS, settings.SITE_URL = True, "https://films.example.org"


@pytest.fixture
def desk(staff):
    return Reader(user=staff)


@pytest.fixture
def known(guest):
    """The guest Nils, whose address is confirmed."""
    guest.pen.email, guest.pen.email_confirmed_at = "nils@example.org", timezone.now()
    guest.pen.save()
    return guest


@pytest.fixture
def by_member():
    member = User.objects.create_user("Astrid", email="a@example.org")
    return services.Author(member=confirm(member))


def decide(comment, verb, desk, reason=""):
    services.moderate(comment_id=comment.pk, verb=verb, by=desk, reason=reason)


def decide_edit(comment, desk, accept):
    HeldEdit.objects.create(
        comment=comment, body="Another text.", code="links", created_at=timezone.now()
    )
    services.decide_edit(comment_id=comment.pk, by=desk, accept=accept)


def test_a_member_and_a_guest_who_confirmed_are_told_of_an_approval(post, known, by_member, desk):
    for author, address in ((known, "nils@example.org"), (by_member, "a@example.org")):
        comment = post("The *harbour* at night.", author=author, state="held")
        mail.outbox.clear()
        decide(comment, "approve", desk)
        (letter,) = mail.outbox
        assert (letter.to, letter.subject) == (
            [address],
            "Your comment on “The last row” is on the page",
        )
        assert "> The harbour at night." in letter.body
        assert f"https://films.example.org/comments/{comment.pk}/" in letter.body
        assert "https://films.example.org/mail/stop/" in letter.body


def test_a_removal_is_told_with_its_reason_in_words(post, known, desk):
    comment = post(author=known)
    decide(comment, "remove", desk, "off-topic")
    (letter,) = mail.outbox
    assert "The reason: it is not about the film or the talk." in letter.body
    assert "it is not about the film or the talk" in letter.alternatives[0][0]


def test_a_word_of_the_moderator_goes_with_it(post, known, desk):
    comment = post(author=known)
    notices.tell_author(comment, "remove", by=desk, reason="other", message=" Come to\nthe Lobby. ")
    assert "The moderator adds:\n\nCome to\nthe Lobby.\n" in mail.outbox[0].body
    assert "Come to<br>the Lobby." in mail.outbox[0].alternatives[0][0]


@pytest.mark.parametrize(("accept", "words"), [(True, "is on the page"), (False, "was not taken")])
def test_a_decided_edit_is_told(post, known, desk, accept, words):
    comment = post("The first text.", author=known)
    decide_edit(comment, desk, accept)
    (letter,) = mail.outbox
    assert letter.subject == f"Your change to a comment on “The last row” {words}"
    assert ("> Another text." in letter.body) == accept


@pytest.mark.parametrize("verb", ["spam", "hold"])
def test_nobody_is_told_of_spam_or_of_being_held(post, known, desk, verb):
    comment = post(author=known)
    decide(comment, verb, desk)
    assert mail.outbox == []


@pytest.mark.parametrize(
    "why", ["not confirmed", "no address", "not wanted", "switched off", "no EMAIL_URL", "hidden"]
)
def test_otherwise_nobody_is_told(post, known, by_member, desk, topic, settings, why):
    author = by_member if why in ("not wanted", "switched off") else known
    comment = post(author=author, state="held")
    mail.outbox.clear()
    member, pen = by_member.member, known.pen
    if why == "not confirmed":
        pen.email_confirmed_at = None
    pen.email = "" if why == "no address" else pen.email
    member.mail_decisions = why != "not wanted"
    member.is_active = why != "switched off"
    pen.save()
    member.save()
    settings.MAILS = why != "no EMAIL_URL"
    if why == "hidden":  # its title is nobody's business any more
        Topic.objects.filter(pk=topic.pk).update(hidden_at=timezone.now())
    decide(comment, "approve", desk)
    assert mail.outbox == []


def test_a_moderator_decides_nothing_about_their_own_words_and_is_told_nothing(post, desk, staff):
    staff.email = "ruth@example.org"
    staff.save()
    comment = post(author=services.Author(member=staff), state="held")
    with pytest.raises(ValidationError, match="yours"):
        decide(comment, "approve", desk)
    assert mail.outbox == []


def test_a_letter_holds_the_authors_own_words_alone_and_few_of_them(post, known, by_member, desk):
    parent = post("A secret of somebody else.", author=by_member)
    comment = post("gull " * 200, under=parent, author=known, state="held")
    mail.outbox.clear()
    decide(comment, "approve", desk)
    text, html = mail.outbox[0].body, mail.outbox[0].alternatives[0][0]
    for made in (text, html):
        assert "secret" not in made
        assert "Astrid" not in made
        assert made.count("gull") <= notices.EXCERPT_CHARS / 5
    assert "Ruth" not in text + html


def test_hostile_words_of_an_author_stay_words(post, known, desk):
    comment = post("`<script>x()</script>`", author=known)
    decide(comment, "remove", desk, "other")
    assert "<script>" not in mail.outbox[0].alternatives[0][0]


def test_many_decisions_at_once_are_not_many_letters_without_end(post, known, desk, settings):
    settings.RATE_LIMITS_ON = True
    assert settings.RATE_LIMITS["decision:address"] == [(20, 3600)]
    comments = [post(author=known) for _number in range(23)]
    for comment in comments:
        decide(comment, "remove", desk, "other")
    assert len(mail.outbox) == 20


def test_the_letter_stands_or_falls_with_the_decision(post, known, desk, settings, monkeypatch):
    settings.EMAIL_BACKEND = "forum.worker.backend.EmailBackend"
    comment = post(author=known, state="held")
    Letter.objects.all().delete()

    def fail(*args):
        raise ZeroDivisionError

    monkeypatch.setattr(services.states.tree, "recount_topics", fail)
    with pytest.raises(ZeroDivisionError):
        decide(comment, "approve", desk)
    assert Letter.objects.count() == 0
    monkeypatch.undo()


def test_without_email_url_a_decision_asks_nothing_more(post, known, desk, settings):
    settings.MAILS = False
    comment = post(author=known, state="held")
    assert not notices.tell_author(comment, "approve", by=desk)
