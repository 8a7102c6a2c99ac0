"""What an author reads of decisions about a comment, and appeals against: once, decided by another."""

import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.core import mail, signing
from django.core.exceptions import ValidationError
from django.test import Client
from django.utils import timezone

from forum.accounts.models import Pen, User
from forum.accounts.readers import Reader, hash_secret, pen_with_secret
from forum.discussions import services, status_links, tree
from forum.discussions.models import (
    Appeal,
    Comment,
    Decision,
    Event,
    Notice,
    Report,
    Revision,
    Topic,
)
from forum.discussions.services import appealing
from forum.worker.models import Letter

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _plain(settings):
    settings.COMMENT_CHECKS = []


def moderator(name):
    made = User.objects.create_user(name, is_staff=True)
    made.user_permissions.add(Permission.objects.get(codename="moderate_comment"))
    return Reader(user=User.objects.get(pk=made.pk))


@pytest.fixture
def ines(db):
    return moderator("Ines")


@pytest.fixture
def olga(db):
    return moderator("Olga")


@pytest.fixture
def author(member):
    return Reader(user=member)


@pytest.fixture
def mine(post, member):
    return post("They are all fools here.", author=services.Author(member=member))


def now_of(comment):
    return Comment.objects.get(pk=comment.pk)


def remove(comment, by, **more):
    fields = {"verb": "remove", "reason": "unkind", "words": "Say it kindly.", **more}
    return services.moderate(comment_id=comment.pk, by=by, **fields)


def appealed(comment, by, words="I named nobody."):
    return services.appeal(comment_id=comment.pk, by=by, words=words)


def decide(one, by, outcome="overturned", answer="You are right."):
    return services.decide_appeal(appeal_id=one.pk, by=by, outcome=outcome, answer=answer)


def code_of(act, *args, **more):
    with pytest.raises(ValidationError) as refusal:
        act(*args, **more)
    return refusal.value.code


def page_of(client, comment, status=200):
    answer = client.get(f"/comments/{comment.pk}/status/")
    assert answer.status_code == status
    return answer.content.decode()


def with_pen(author, secret="mine"):
    Pen.objects.filter(pk=author.pen.pk).update(secret_hash=hash_secret(secret))
    client = Client()
    client.cookies["pen"] = secret
    return client


# -------------------------------------------------------------------------------- the page of status


def test_the_author_reads_what_was_decided_why_by_which_rule_and_what_can_be_done(
    mine, ines, as_member
):
    remove(mine, ines)
    html = page_of(as_member, mine)
    for part in (
        "It was removed",
        "it attacks a person",
        'href="/rules/#unkind"',
        "Say it kindly.",
        "They are all fools here.",
        'data-form="appeal"',
        "Another moderator decides",
    ):
        assert part in html, part
    assert "Ines" not in html
    assert f"/comments/{mine.pk}/status/" in as_member.get(f"/comments/{mine.pk}/").content.decode()
    assert f"/comments/{mine.pk}/status/" in as_member.get("/my/comments/").content.decode()


def test_nobody_else_reads_it_and_reading_writes_nothing(mine, ines, as_member, as_staff):
    remove(mine, ines)
    before = Event.objects.count()
    for client in (Client(), as_staff):
        page_of(client, mine, 404)
    page_of(as_member, mine)
    assert Event.objects.count() == before
    assert as_member.get("/comments/99999999/status/").status_code == 404


def test_what_a_check_holds_says_so_and_needs_nothing(post, topic, member, as_member, settings):
    settings.COMMENT_CHECKS = ["forum.moderation.checks.topic"]
    services.set_topic(topic_id=topic.pk, by=None, guests_held=False, all_held=True)
    held = post(author=services.Author(member=member))
    html = page_of(as_member, held)
    assert "What is written in this talk is read first." in html
    assert 'data-form="appeal"' not in html
    # A check that one could learn to get round is not named.
    Comment.objects.filter(pk=held.pk).update(reason="held-word")
    assert "held-word" not in page_of(as_member, held)


def test_a_guest_reads_it_by_the_pen_or_by_a_private_link(post, guest, ines):
    comment = post()
    remove(comment, ines)
    client = with_pen(guest)
    html = page_of(client, comment)
    link = re.search(r'href="http://[^/]+(/status/[^"]+/)"', html)[1]
    bare = Client()
    assert "it attacks a person" in bare.get(link).content.decode()
    assert bare.post(link, {"words": "I named nobody."}).headers["Location"] == f"{link}#appeal"
    assert Appeal.objects.get().words == "I named nobody."
    assert "You appealed" in bare.get(link).content.decode()


def test_a_link_that_is_not_ours_or_of_another_pen_is_none(post, guest, ines):
    comment = post()
    remove(comment, ines)
    other = pen_with_secret("", "Vera")[0]
    for token in (
        "x",
        signing.dumps([comment.pk, guest.pen.pk], salt="other"),
        signing.dumps([comment.pk, other.pk], salt="foyer.status"),
        signing.dumps(["x"], salt="foyer.status"),
    ):
        assert Client().get(f"/status/{token}/").status_code == 404
    link = status_links.link_of(now_of(comment))
    services.claim_pen(pen_id=guest.pen.pk, by=Reader(user=User.objects.create_user("Nils")))
    assert Client().get(link).status_code == 404  # the member reads it signed in


def test_spam_gets_no_status_no_link_and_no_appeal(mine, ines, as_member, author):
    services.moderate(comment_id=mine.pk, verb="spam", by=ines)
    page_of(as_member, mine, 404)
    for address in (f"/comments/{mine.pk}/", "/my/comments/"):
        assert "/status/" not in as_member.get(address).content.decode()
    assert code_of(appealed, mine, author) == "appeal-none"
    assert not Notice.objects.exists()


def test_a_member_finds_each_decision_in_the_inbox_once_and_unread_anew(
    mine, ines, as_member, member
):
    services.moderate(comment_id=mine.pk, verb="hold", by=ines)
    notice = Notice.objects.get(kind="decision")
    services.read_notices(member_id=member.pk)
    remove(mine, ines)
    notice.refresh_from_db()
    member.refresh_from_db()
    assert (notice.read_at, member.unread, Notice.objects.count()) == (None, 1, 1)
    assert (
        "Moderators decided about a comment of yours" in as_member.get("/inbox/").content.decode()
    )
    answer = as_member.post(f"/inbox/{notice.pk}/")
    assert answer.headers["Location"] == f"/comments/{mine.pk}/status/"


# ------------------------------------------------------------------------------------------- appeals


def test_one_appeal_a_decision_and_the_next_decision_can_be_appealed_against_too(
    mine, ines, author
):
    remove(mine, ines)
    first = appealed(mine, author)
    assert code_of(appealed, mine, author) == "appeal-none"
    decide(first, moderator("Vera"))
    assert code_of(appealed, mine, author) == "appeal-none"  # it stands on the page
    remove(mine, ines)
    assert appealed(mine, author).event != first.event


@pytest.mark.parametrize(
    ("words", "code"), [("", "words-missing"), (" \n", "words-missing"), ("x" * 2001, "words-long")]
)
def test_an_appeal_needs_words_and_keeps_them(mine, ines, author, as_member, words, code):
    remove(mine, ines)
    assert code_of(appealed, mine, author, words) == code
    answer = as_member.post(f"/comments/{mine.pk}/status/", {"words": words})
    assert answer.status_code == 422
    assert words.strip() in answer.content.decode()


def test_only_the_author_appeals(mine, ines, olga):
    remove(mine, ines)
    assert code_of(appealed, mine, olga) == "not-yours"
    assert Client().post(f"/comments/{mine.pk}/status/", {"words": "x"}).status_code == 404


def test_another_moderator_decides_where_there_is_one(mine, ines, author):
    remove(mine, ines)
    one = appealed(mine, author)
    judge = appealing.judge_of(one, ines)
    assert (judge.may, judge.is_alone) == (True, True)
    other = moderator("Olga")
    assert not appealing.judge_of(one, ines).may
    assert code_of(decide, one, ines) == "not-allowed"
    assert appealing.judge_of(one, other).may
    User.objects.filter(pk=other.user.pk).update(is_active=False)
    assert appealing.judge_of(one, ines).is_alone


def test_nobody_decides_about_their_own_comment(post, ines, olga):
    own = post("Mine.", author=services.Author(member=olga.user))
    remove(own, ines)
    one = appealed(own, olga)
    assert not appealing.judge_of(one, olga).may
    assert appealing.judge_of(one, ines).is_alone  # Olga cannot: Ines, alone, may


def test_overturning_undoes_the_decision_and_opens_what_it_settled(mine, ines, olga, author, topic):
    reporter = Reader(user=User.objects.create_user("Nora"))
    services.report_comment(comment_id=mine.pk, by=reporter, reason="unkind")
    remove(mine, ines)
    decide(appealed(mine, author), olga)
    assert now_of(mine).is_public
    assert Decision.objects.get(event__verb="remove").undone_at
    assert Report.objects.get().outcome == ""
    assert Topic.objects.get(pk=topic.pk).comment_count == 1
    assert tree.check() == []
    verbs = list(Event.objects.order_by("pk").values_list("verb", flat=True))
    assert verbs[-3:] == ["appeal", "undo", "appeal-won"]


def test_a_text_that_staff_changed_comes_back_by_an_appeal(mine, ines, olga, author):
    services.redact_comment(
        comment_id=mine.pk, by=ines, part="fools", base=services.text_version(mine)
    )
    decide(appealed(mine, author), olga)
    assert Comment.objects.with_text().get(pk=mine.pk).text.body == "They are all fools here."
    assert not Revision.objects.exists()


def test_after_30_days_a_removal_is_still_set_right(mine, ines, olga, author):
    remove(mine, ines)
    one = appealed(mine, author)
    Decision.objects.filter(event=one.event).delete()
    decide(one, olga)
    assert now_of(mine).is_public
    assert Event.objects.filter(verb="restore").exists()


def test_a_decision_is_kept_while_an_appeal_against_it_waits(mine, ines, author):
    remove(mine, ines)
    appealed(mine, author)
    late = timezone.now() + timedelta(days=31)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("forum.discussions.services.purging.timezone.now", lambda: late)
        services.forget_decisions()
    assert Decision.objects.count() == 1


def test_what_is_long_ago_is_not_appealed_against(mine, ines, author, monkeypatch):
    remove(mine, ines)
    late = timezone.now() + appealing.APPEAL_WINDOW + timedelta(minutes=1)
    monkeypatch.setattr("forum.discussions.services.appealing.timezone.now", lambda: late)
    assert appealing.appealable(now_of(mine)) is None


def test_keeping_needs_an_answer_which_the_author_reads(
    mine, ines, olga, author, as_member, member
):
    remove(mine, ines)
    one = appealed(mine, author)
    assert code_of(decide, one, olga, "kept", " ") == "answer-missing"
    assert code_of(decide, one, olga, "maybe") == "outcome-unknown"
    services.read_notices(member_id=member.pk)
    decide(one, olga, "kept", "It names a person.")
    html = page_of(as_member, mine)
    assert "the decision stays" in html
    assert "It names a person." in html
    assert "Olga" not in html
    assert Notice.objects.unread().count() == 1
    assert code_of(decide, one, olga) == "decided-already"
    assert now_of(mine).state == "removed"


def test_a_guest_hears_by_letter_where_the_address_is_theirs(post, guest, ines, olga, settings):
    settings.MAILS = True
    settings.EMAIL_BACKEND = "forum.worker.backend.EmailBackend"
    Pen.objects.filter(pk=guest.pen.pk).update(
        email="nils@example.org", email_confirmed_at=timezone.now()
    )
    comment = post()
    remove(comment, ines)
    decide(appealed(comment, Reader(pen=guest.pen)), olga, "kept", "It stays.")
    removed, kept = Letter.objects.order_by("pk")
    for letter in (removed, kept):
        link = re.search(r"(/status/\S+/)", letter.text)[1]
        assert Client().get(link).status_code == 200
    assert "It stays." in kept.text
    assert not mail.outbox


def test_what_staff_set_right_by_themselves_wins_the_appeal(mine, ines, author):
    remove(mine, ines)
    appealed(mine, author)
    services.undo(decision_id=Decision.objects.latest("pk").pk, by=ines)
    assert Appeal.objects.get().outcome == "overturned"
    remove(mine, ines)
    second = appealed(mine, author)
    services.moderate(comment_id=mine.pk, verb="restore", by=ines)
    second.refresh_from_db()
    assert second.outcome == "overturned"
    # Taken back, it is removed and the appeal waits again.
    services.undo(decision_id=Decision.objects.latest("pk").pk, by=ines)
    second.refresh_from_db()
    assert (now_of(mine).state, second.outcome) == ("removed", "")


@pytest.mark.parametrize("outcome", ["kept", "overturned"])
def test_deciding_an_appeal_is_taken_back_like_any_decision(mine, ines, olga, author, outcome):
    remove(mine, ines)
    one = appealed(mine, author)
    decide(one, olga, outcome)
    services.undo(decision_id=Decision.objects.latest("pk").pk, by=olga)
    one.refresh_from_db()
    assert (now_of(mine).state, one.outcome, one.answer) == ("removed", "", "")
    decide(one, olga, "overturned")
    assert now_of(mine).is_public


def test_appeals_go_with_what_is_erased_or_purged(mine, post, ines, author, member):
    remove(mine, ines)
    appealed(mine, author)
    services.erase_comment(comment_id=mine.pk, by=None)
    assert not Appeal.objects.exists()
    other = post("Another.", author=services.Author(member=member))
    remove(other, ines)
    appealed(other, author)
    services.purge_branch(comment_id=other.pk, by=ines)
    assert not Appeal.objects.exists()


def test_a_member_who_leaves_takes_their_appeals_along(mine, ines, author, member):
    remove(mine, ines)
    appealed(mine, author)
    services.erase_member(member_id=member.pk, by=None, how="delete")
    assert not Appeal.objects.exists()


def test_a_moderator_who_leaves_leaves_the_appeal_decided(mine, ines, olga, author):
    remove(mine, ines)
    decide(appealed(mine, author), olga, "kept", "It stays.")
    services.erase_member(member_id=olga.user.pk, by=None, how="delete")
    one = Appeal.objects.get()
    assert (one.decided_by, one.outcome) == (None, "kept")


def test_appealing_too_often_is_told_and_keeps_the_words(mine, ines, as_member, settings):
    remove(mine, ines)
    settings.RATE_LIMITS_ON = True
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "appeal:author": [(0, 3600)]}
    answer = as_member.post(f"/comments/{mine.pk}/status/", {"words": "Kept words."})
    assert answer.status_code == 429
    assert "Kept words." in answer.content.decode()
