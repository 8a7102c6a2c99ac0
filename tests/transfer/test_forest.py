"""Flat comments into trees."""

from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from forum.transfer.forest import plant
from forum.transfer.records import CommentRecord

START = datetime(2019, 3, 2, 20, 0, tzinfo=UTC)


def record(number, parent=0, minute=None):
    created = START + timedelta(minutes=number if minute is None else minute)
    return CommentRecord(
        str(number), str(parent) if parent else "", "Nils", created, "x", "wp", "public"
    )


def test_parents_are_found_in_any_order():
    forest = plant([record(3, parent=2), record(2, parent=1), record(1)])
    assert forest.parents == {"3": "2", "2": "1", "1": ""}
    assert forest.depths() == {1: 1, 2: 1, 3: 1}


def test_an_unknown_parent_makes_a_root_and_is_counted():
    forest = plant([record(1, parent=99), record(2, parent=1), record(3, parent=50)], known={"50"})
    assert forest.orphans == ["1"]
    assert forest.parents == {"1": "", "2": "1", "3": "50"}


def test_a_circle_is_broken_at_its_earliest_comment():
    forest = plant([record(1, parent=3), record(2, parent=1), record(3, parent=2), record(4, 4)])
    assert forest.parents == {"1": "", "2": "1", "3": "2", "4": ""}
    assert forest.circles == 2


def test_siblings_stand_by_date_then_by_number():
    forest = plant([record(10, minute=1), record(9, minute=1), record(1, minute=5)])
    assert [one.source_id for one in forest.children()[""]] == ["9", "10", "1"]


def test_a_chain_of_ten_thousand_needs_no_recursion():
    forest = plant([record(n, parent=n - 1) for n in range(10_000, 0, -1)])
    assert max(forest.depths()) == 10_000


@settings(max_examples=200, deadline=None)
@given(st.lists(st.integers(0, 12), max_size=12))
def test_every_comment_hangs_from_a_root_whatever_parents_say(parents):
    comments = [record(n, parent) for n, parent in enumerate(parents, 1)]
    forest = plant(comments)
    assert forest.depths().total() == len(comments)
