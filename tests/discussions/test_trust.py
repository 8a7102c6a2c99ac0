"""How far an author is trusted, and the record that it is told by."""

from datetime import timedelta

import pytest
from django.utils import timezone

from forum.accounts.readers import ANYBODY, Reader
from forum.discussions import services
from forum.discussions.models import Comment, Report
from forum.discussions.records import record_of, written_by
from forum.discussions.trust import LEVELS, LOOKED_AT, Record, trust
from tests.statements import statements


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        (Record(), ("new", 0)),
        (Record(approved=2), ("new", 2)),
        (Record(approved=3), ("known", 3)),
        (Record(approved=24), ("known", 24)),
        (Record(approved=25), ("trusted", 25)),
        (Record(approved=25, removed=1), ("known", 21)),
        (Record(approved=6, removed=1), ("new", 2)),
        (Record(removed=1), ("new", -4)),
        (Record(removed=2), ("watched", -8)),
        (Record(approved=1, removed=2), ("new", -7)),
        (Record(spam=1), ("watched", -8)),
        (Record(approved=90, spam=9), ("known", 18)),
    ],
)
def test_trust_grows_by_what_is_approved_and_falls_by_what_is_removed(record, expected):
    assert trust(record) == expected


def test_every_level_has_words_and_a_lower_bound_below_the_one_before():
    bounds = [level.since for level in LEVELS]
    assert bounds[-1] is None
    assert bounds[:-1] == sorted(bounds[:-1], reverse=True)
    assert all(str(level.words) for level in LEVELS)


def test_a_record_survives_being_written_down():
    record = Record(approved=12, removed=1, spam=0, reported=3)
    assert Record.of_code(record.code) == record


def record(guest, **at):
    return record_of(written_by(pen_id=guest.pen.pk, **at))


def test_what_stands_for_a_day_or_was_let_through_is_approved(post, guest):
    post("Fresh.")
    assert record(guest) == Record()
    assert record(guest, now=timezone.now() + timedelta(days=1, minutes=1)) == Record(approved=1)
    held = post("Held.", state="held")
    assert record(guest) == Record()
    services.moderate(comment_id=held.pk, verb="approve", by=ANYBODY)
    assert record(guest) == Record(approved=1)


def test_taking_ones_own_back_and_bringing_it_back_approves_nothing(post, guest):
    comment, by = post("Mine."), Reader(pen=guest.pen)
    services.delete_comment(comment_id=comment.pk, by=by)
    assert record(guest, now=timezone.now() + timedelta(days=2)) == Record()
    services.undelete_comment(comment_id=comment.pk, by=by)
    assert record(guest) == Record()


def test_removals_and_spam_count_against_and_a_restored_one_does_not(post, guest):
    removed, spam = post("One.", state="removed"), post("Two.", state="spam")
    assert record(guest) == Record(removed=1, spam=1)
    services.moderate(comment_id=removed.pk, verb="restore", by=ANYBODY)
    services.moderate(comment_id=spam.pk, verb="restore", by=ANYBODY)
    assert record(guest) == Record(approved=2)


def test_reports_count_for_30_days_where_staff_agreed(post, guest, member):
    comment, now = post("Said."), timezone.now()
    Report.objects.create(comment=comment, member=member, reason="unkind")
    assert record(guest).reported == 0
    Report.objects.update(settled_at=now, outcome="declined")
    assert record(guest).reported == 0
    Report.objects.update(outcome="agreed")
    assert record(guest).reported == 1
    assert record(guest, now=now + timedelta(days=30, minutes=1)).reported == 0


def test_the_record_of_somebody_else_is_not_touched(post, guest, member):
    post("Hers.", author=services.Author(member=member), state="public")
    assert written_by(pen_id=guest.pen.pk) == ()
    assert len(written_by(member_id=member.pk)) == 1
    assert written_by() == ()


def test_the_text_of_the_last_minute_and_the_talk_of_the_last_day_are_there(post, topic, guest):
    post("A while ago.")
    now = timezone.now()
    assert [(one.body, one.topic_id) for one in written_by(pen_id=guest.pen.pk, now=now)] == [
        ("A while ago.", topic.pk)
    ]
    later = written_by(pen_id=guest.pen.pk, now=now + timedelta(minutes=2))
    assert [(one.body, one.topic_id) for one in later] == [(None, topic.pk)]
    later = written_by(pen_id=guest.pen.pk, now=now + timedelta(days=2))
    assert [(one.body, one.topic_id) for one in later] == [(None, None)]


def test_the_record_is_one_statement_and_looks_at_so_many_comments(post, guest):
    for at in range(3):
        post(f"Said {at}")
    Comment.objects.update(state="removed")
    with statements() as said:
        assert record(guest).removed == 3
    assert len(said) == 1
    assert f"LIMIT {LOOKED_AT}" in said[0]
