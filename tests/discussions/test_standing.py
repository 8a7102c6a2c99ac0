"""A person's own record, and the marks from which on moderators look at it."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from forum.accounts.models import User
from forum.accounts.readers import ANYBODY, Reader
from forum.discussions import services, trust
from forum.discussions.models import Caution, Comment
from forum.discussions.standing import Record, marks_of, record_of
from tests.statements import statements

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _plain(settings):
    settings.COMMENT_CHECKS = []


@pytest.mark.parametrize(
    ("record", "reached"),
    [
        (Record(), []),
        (Record(removed_in_month=2), []),
        (Record(removed_in_month=3), [0]),
        (Record(removed_in_quarter=6), [1]),
        (Record(written=9, removed_in_quarter=5), []),
        (Record(written=10, removed_in_quarter=1), [2]),
        (Record(written=100, removed_in_quarter=5), []),
        (Record(reported_in_quarter=5), [3]),
    ],
)
def test_a_mark_is_reached_at_the_number_that_is_written(record, reached):
    found = [number for number, mark in enumerate(marks_of(record)) if mark.is_reached]
    assert found == reached


def remove(comment, days_ago=0):
    services.moderate(comment_id=comment.pk, verb="remove", by=ANYBODY, reason="unkind")
    at = timezone.now() - timedelta(days=days_ago)
    Comment.objects.filter(pk=comment.pk).update(state_at=at)


def test_the_record_counts_by_when_it_was_removed_and_takes_spam_for_removed(post, guest):
    comments = [post() for _number in range(5)]
    remove(comments[0])
    remove(comments[1], 40)
    remove(comments[2], 100)
    services.moderate(comment_id=comments[3].pk, verb="spam", by=ANYBODY)
    found = record_of(Reader(pen=guest.pen))
    assert (found.written, found.removed_in_month, found.removed_in_quarter) == (5, 2, 3)


def test_what_others_reported_counts_once_a_comment_and_only_where_a_moderator_agreed(post, guest):
    comment, other = post(), post()
    for number in range(3):
        reader = Reader(user=User.objects.create_user(f"Nora {number}"))
        services.report_comment(comment_id=comment.pk, by=reader, reason="spam")
        services.report_comment(comment_id=other.pk, by=reader, reason="unkind")
    services.moderate(comment_id=other.pk, verb="approve", by=ANYBODY)
    assert record_of(Reader(pen=guest.pen)).reported_in_quarter == 0
    services.moderate(comment_id=comment.pk, verb="remove", by=ANYBODY, reason="advert")
    assert record_of(Reader(pen=guest.pen)).reported_in_quarter == 1


def test_a_member_reads_record_marks_and_thresholds_and_never_who(post, member, as_member):
    author = services.Author(member=member)
    for _number in range(3):
        comment = post(author=author)
        reader = Reader(user=User.objects.create_user(f"Nora {comment.pk}"))
        services.report_comment(comment_id=comment.pk, by=reader, reason="unkind")
        remove(comment)
    html = as_member.get("/my/standing/").content.decode()
    assert "Nora" not in html
    assert "At least one mark is reached" in html
    assert "Moderators look from 3 on" in html
    assert "Moderators look from 10% on" in html
    assert "3 ×" in html
    assert 'href="/rules/#unkind"' in html
    assert re.search(r'<meter min="0" max="6" high="3" value="3"', html)
    assert "/my/standing/" in as_member.get("/account/").content.decode()
    assert "/my/standing/" in as_member.get("/my/comments/").content.decode()


def test_a_spammer_reads_of_what_was_removed_and_not_that_it_was_taken_for_spam(
    post, member, as_member
):
    comment = post(author=services.Author(member=member))
    services.moderate(comment_id=comment.pk, verb="spam", by=ANYBODY)
    html = as_member.get("/my/standing/").content.decode()
    assert "spam" not in html[html.index('<main id="main"') : html.index("</main>")].lower()
    assert re.search(r"<dt>Removed</dt><dd>1</dd>", html)


def test_warnings_that_stand_are_on_it(member, as_member):
    now = timezone.now()
    Caution.objects.create(member=member, reason="unkind", words="Private.")
    Caution.objects.create(member=member, reason="advert", withdrawn_at=now)
    User.objects.filter(pk=member.pk).update(held_at=now)
    html = as_member.get("/my/standing/").content.decode()
    assert html.count("Warned:") == 1
    assert "A moderator reads what you write before others see it" in html


def test_the_level_of_trust_and_its_rule_are_on_it_and_no_points(post, member, as_member):
    html = as_member.get("/my/standing/").content.decode()
    assert "Your level is <b>new</b>." in html
    for number in (trust.LOOKED_AT, trust.REMOVED_COSTS, trust.SPAM_COSTS, 3, 25):
        assert str(number) in html[html.index("level-h") :]
    for _number in range(3):
        remove(post(author=services.Author(member=member)))
    assert "Your level is <b>watched</b>." in as_member.get("/my/standing/").content.decode()


def test_who_wrote_nothing_has_nothing_to_count_and_reading_costs_little(post, as_member, member):
    assert "nothing to count" in Client().get("/my/standing/").content.decode()
    for _number in range(30):
        post(author=services.Author(member=member))
    as_member.get("/my/standing/")
    with statements() as said:
        as_member.get("/my/standing/")
    asked = [one for one in said if one.startswith("SELECT") and "session" not in one]
    assert len(asked) <= 13
