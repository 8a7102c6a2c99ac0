"""Since when a comment counts as waiting for staff: the formula, and that every act keeps it."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from forum.accounts.models import Pen, User
from forum.accounts.readers import ANYBODY, Reader, pen_with_secret
from forum.discussions import priority, services
from forum.discussions.models import Comment, Decision, Event, HeldEdit, Report
from forum.discussions.services import waiting
from tests.discussions.growing import grow

NOON = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def now(comment):
    return Comment.objects.get(pk=comment.pk)


def report(comment, by=None, reason="unkind", at=None):
    """Report as report_comment does: the row, and the comment's place in the queue."""
    made = Report.objects.create(
        comment=comment, member=by, reason=reason, created_at=at or timezone.now()
    )
    waiting.keep_due(now(comment))
    return made


def decide(comment, verb, by=ANYBODY, **more):
    return services.moderate(
        comment_id=comment.pk, verb=verb, by=by, **({"reason": "unkind"} | more)
    )


def undo_last():
    services.undo(decision_id=Decision.objects.latest("pk").pk, by=ANYBODY)


# -------------------------------------------------------------------------------------- the formula


def test_what_came_first_is_due_first():
    assert priority.due(NOON, [], 0) == NOON


def test_a_report_counts_for_an_hour_of_somebody_new_and_more_of_who_was_often_right():
    new, right, wrong = priority.record(0, 0), priority.record(8, 0), priority.record(0, 8)
    assert (new, right, wrong) == (0.5, 0.9, 0.1)
    assert priority.due(NOON, [new], 0) == NOON - 60 * MINUTE
    assert priority.due(NOON, [right, wrong], 0) == NOON - 120 * MINUTE
    assert priority.due(NOON, [wrong], 0) == NOON - 12 * MINUTE


def test_heat_counts_two_minutes_a_comment_and_an_hour_at_most():
    assert priority.due(NOON, [], 7) == NOON - 14 * MINUTE
    assert priority.due(NOON, [], 500) == NOON - 60 * MINUTE


def test_a_day_is_the_most_that_reports_and_heat_gain():
    assert priority.due(NOON, [0.9] * 40, 30) == NOON - timedelta(days=1)


# ------------------------------------------------------------------------------------ kept by all


def test_what_is_public_and_nobody_reported_is_not_due(post):
    assert post().due_at is None


def test_what_staff_hold_is_due_since_then_and_no_more_once_decided(post):
    comment = post(state="held")
    assert comment.due_at == comment.state_at
    for verb in ("approve", "hold", "spam"):
        decide(comment, verb)
        assert bool(now(comment).due_at) == (verb == "hold")
    undo_last()
    assert now(comment).due_at == now(comment).state_at


def test_what_a_decision_took_out_of_the_queue_is_put_back_where_it_was(post):
    first, second = post(state="held"), post(state="held")
    decide(first, "remove")
    undo_last()
    assert list(Comment.objects.due()) == [first, second]
    assert now(first).due_at == first.due_at


def test_what_a_check_holds_is_due_from_its_first_moment(topic, guest, settings):
    settings.GUESTS = "hold"
    made = services.post_comment(author=guest, body="Hello.", topic_id=topic.pk).comment
    assert made.due_at == made.created_at


def test_what_is_held_in_a_hot_branch_is_due_earlier(post, guest, settings):
    first = post()
    for _reply in range(5):
        post(under=first)
    settings.GUESTS = "hold"
    made = post(under=first)
    assert made.due_at == made.created_at - 12 * MINUTE  # six others within the hour
    Comment.objects.exclude(pk=made.pk).update(created_at=made.created_at - 3 * 60 * MINUTE)
    waiting.keep_due(made)
    assert now(made).due_at == made.created_at


def test_reports_make_a_public_comment_due_and_each_makes_it_earlier(post, member):
    comment = post()
    first = report(comment, member)
    assert now(comment).due_at == first.created_at - 60 * MINUTE
    report(comment, User.objects.create_user("Nora"))
    assert now(comment).due_at == first.created_at - 120 * MINUTE


def test_a_reporters_record_counts(post, member):
    for verb in ("remove", "remove", "approve"):
        other = post()
        report(other, member)
        decide(other, verb)
    comment = post()
    Comment.objects.exclude(pk=comment.pk).update(created_at=NOON, state_at=NOON)
    made = report(comment, member)
    assert priority.record(2, 1) == 0.6
    assert now(comment).due_at == made.created_at - 72 * MINUTE


@pytest.mark.parametrize(("verb", "outcome"), [
    ("approve", "declined"), ("remove", "agreed"), ("spam", "agreed"),
])  # fmt: skip
def test_a_decision_settles_the_reports_and_its_undoing_opens_them_again(
    post, member, verb, outcome
):
    comment = post()
    made = report(comment, member)
    due = now(comment).due_at
    decide(comment, verb)
    made.refresh_from_db()
    assert (made.outcome, made.event) == (outcome, Event.objects.latest("pk"))
    assert made.settled_at
    assert now(comment).due_at is None
    undo_last()
    made.refresh_from_db()
    assert (made.outcome, made.event, made.settled_at) == ("", None, None)
    assert now(comment).due_at == due


def test_holding_settles_no_report_and_it_is_due_since_the_report(post, member):
    comment = post()
    made = report(comment, member)
    decide(comment, "hold")
    made.refresh_from_db()
    assert made.settled_at is None
    assert now(comment).due_at == made.created_at - 60 * MINUTE


def test_a_reported_comment_that_its_author_takes_back_is_not_due_until_it_comes_back(
    post, member, guest
):
    comment = post()
    report(comment, member)
    by = Reader(pen=guest.pen)
    services.delete_comment(comment_id=comment.pk, by=by)
    assert now(comment).due_at is None
    services.undelete_comment(comment_id=comment.pk, by=by)
    assert now(comment).due_at


@pytest.mark.parametrize("accept", [True, False])
def test_an_edit_that_waits_is_due_and_its_decision_and_undoing_keep_it(
    post, guest, settings, accept
):
    comment = post("Short.")
    settings.GUESTS = "hold"
    by = Reader(pen=guest.pen)
    base = services.text_version(comment)
    assert not services.edit_comment(comment_id=comment.pk, by=by, body="Longer.", base=base)
    due = now(comment).due_at
    assert due == HeldEdit.objects.get().created_at
    services.decide_edit(comment_id=comment.pk, by=ANYBODY, accept=accept)
    assert now(comment).due_at is None
    undo_last()
    assert now(comment).due_at == due


def test_an_edit_that_passes_takes_the_one_that_waited_away(post, guest, settings):
    comment = post("Short.")
    by, base = Reader(pen=guest.pen), services.text_version(comment)
    settings.GUESTS = "hold"
    services.edit_comment(comment_id=comment.pk, by=by, body="Longer.", base=base)
    settings.GUESTS = "open"
    services.edit_comment(comment_id=comment.pk, by=by, body="Better.", base=base)
    assert now(comment).due_at is None


def test_a_purge_takes_a_branch_out_of_the_queue_and_its_undoing_puts_it_back(post, member):
    top = post()
    held, reported = post(under=top, state="held"), post(under=top)
    report(reported, member)
    dues = [now(one).due_at for one in (held, reported)]
    services.hide_branch(comment_id=top.pk, by=ANYBODY)
    assert not Comment.objects.due().exists()
    undo_last()
    assert now(reported).due_at == dues[1]
    assert now(held).due_at == now(held).state_at - 4 * MINUTE  # two others stand in its thread


def test_an_import_of_what_waits_is_due(topic):
    grow(topic, [None, None], {1: "held"})
    (one,) = Comment.objects.due()
    assert one.due_at == one.created_at


def test_erasing_takes_it_out_of_the_queue(post):
    comment = post(state="held")
    services.erase_comment(comment_id=comment.pk, by=None)
    assert now(comment).due_at is None


def test_a_detach_and_a_merge_keep_what_waits(post, member):
    top = post()
    reply = post(under=top)
    report(reply, member)
    services.detach_branch(comment_id=reply.pk, by=ANYBODY)
    assert now(reply).due_at
    services.merge_thread(thread_id=now(reply).thread_id, under_id=top.pk, by=ANYBODY)
    assert now(reply).due_at


def test_the_database_refuses_a_held_comment_that_is_not_due_and_one_due_that_is_gone(post):
    held, public = post(state="held"), post()
    for comment, changes in ((held, {"due_at": None}), (public, {"state": "held"}),
                             (held, {"state": "removed"})):  # fmt: skip
        with pytest.raises(IntegrityError), transaction.atomic():
            Comment.objects.filter(pk=comment.pk).update(**changes)


# ------------------------------------------------------------------------ approving what is public


def test_approving_a_public_comment_changes_nothing_that_readers_see(post, topic, member):
    comment = post()
    report(comment, member)
    version = type(topic).objects.get(pk=topic.pk).version
    decide(comment, "approve")
    kept = now(comment)
    assert (kept.state, kept.state_at) == ("public", comment.state_at)
    assert type(topic).objects.get(pk=topic.pk).version == version


def test_what_nobody_asks_about_cannot_be_approved_again(post, member):
    comment = post()
    decide(comment, "approve")  # somebody new wrote it
    report(comment, member)
    decide(comment, "approve")
    with pytest.raises(Exception, match="is public already"):
        decide(comment, "approve")


def test_a_comment_that_was_approved_meanwhile_is_not_removed_by_an_old_page(post, member):
    comment = post()
    report(comment, member)
    seen = services.seen_of(now(comment))
    decide(comment, "approve")
    with pytest.raises(Exception, match="changed meanwhile") as refusal:
        decide(comment, "remove", seen=seen)
    assert refusal.value.code == "changed-meanwhile"


def test_another_report_is_no_reason_to_look_again(post, member):
    comment = post()
    Comment.objects.update(newcomer_at=None)
    seen = services.seen_of(now(comment))
    report(comment, member)
    decide(comment, "remove", seen=seen)
    assert now(comment).state == "removed"


# --------------------------------------------------------------------------------------- newcomers


def test_the_first_three_comments_of_somebody_new_are_shown_to_staff(topic, post, guest):
    made = [post() for _time in range(5)]
    flagged = [bool(one.newcomer_at) for one in made]
    assert flagged == [True, True, True, False, False]
    assert list(Comment.objects.of_newcomers()) == made[:3]


def test_a_member_is_new_as_a_guest_is_and_staff_never_are(post, member, staff):
    assert post(author=services.Author(member=member)).newcomer_at
    assert post(author=services.Author(member=staff)).newcomer_at is None


def test_what_was_removed_does_not_count_as_known(post, settings):
    settings.COMMENT_CHECKS = []  # what somebody so often removed writes is held
    for _time in range(4):
        decide(post(), "remove")
    assert post().newcomer_at


@pytest.mark.parametrize("verb", ["approve", "hold", "spam", "remove"])
def test_any_decision_says_that_staff_looked_and_its_undoing_takes_that_back(post, verb):
    comment = post()
    at = comment.newcomer_at
    decide(comment, verb)
    assert now(comment).newcomer_at is None
    undo_last()
    assert now(comment).newcomer_at == at


def test_a_newcomers_comment_that_is_gone_is_not_listed(post, guest):
    comment = post()
    services.delete_comment(comment_id=comment.pk, by=Reader(pen=guest.pen))
    assert not Comment.objects.of_newcomers().exists()


def test_looking_back_at_an_author_is_one_query_for_both_rules(post, guest):
    post("The same.")
    with pytest.raises(Exception, match="this very text"):
        post("The same.")
    Comment.objects.update(created_at=timezone.now() - timedelta(minutes=2))
    assert post("The same.").newcomer_at  # a while later it may be said again


# ----------------------------------------------------------------------------------------- mending


def test_what_the_queue_does_not_know_or_lists_in_vain_is_put_right(post, member):
    held, reported, quiet = post(state="held"), post(), post()
    made = Report.objects.create(comment=reported, member=member, reason="spam")
    Comment.objects.filter(pk=held.pk).update(due_at=NOON)
    Comment.objects.filter(pk=quiet.pk).update(due_at=NOON)
    assert waiting.mend_due() == "the queue: 3 comments looked at, 3 put right"
    assert now(held).due_at == now(held).state_at
    assert now(reported).due_at == made.created_at - 60 * MINUTE
    assert now(quiet).due_at is None
    assert waiting.mend_due() == "the queue: 2 comments looked at, 0 put right"


def test_many_are_looked_at_in_few_queries(topic, django_assert_max_num_queries):
    grow(topic, [None, *[0] * 150], dict.fromkeys(range(151), "held"))
    waiting.mend_due()
    with django_assert_max_num_queries(10):
        assert waiting.mend_due() == "the queue: 151 comments looked at, 0 put right"


def test_each_of_many_is_put_where_it_alone_would_be(topic, post, member, guest):
    top = post()
    for _reply in range(3):
        report(post(under=top), member)
    post(state="held")
    alone = {one.pk: waiting.due_of([one])[one.pk] for one in Comment.objects.due()}
    assert waiting.due_of(list(Comment.objects.due())) == alone
    assert len(alone) == 4


def test_pens_and_members_have_records_of_their_own(post, member):
    pen, _secret, _is_new = pen_with_secret("", "Vera")
    assert isinstance(pen, Pen)
    comment = post()
    Report.objects.create(
        comment=comment, pen=pen, reason="spam", settled_at=NOON, outcome="agreed"
    )
    other = post()
    Report.objects.create(comment=other, pen=pen, reason="spam")
    Report.objects.create(comment=other, member=member, reason="spam")
    Report.objects.create(comment=other, reason="spam")  # who wrote it has left
    found = waiting._records(Report.objects.open())
    assert found == {
        (None, pen.pk): priority.record(1, 0),
        (member.pk, None): 0.5,
        (None, None): 0.5,
    }
