"""From rows to what a page shows, in order: pure, so tested on rows made here."""

import sys
from datetime import UTC, datetime, timedelta

import pytest

from forum.discussions import walk
from forum.discussions.tree import Row
from forum.discussions.walk import NEST, Shape

START = datetime(2019, 3, 2, 20, 14, tzinfo=UTC)


def rows_of(*lines):
    """Rows in stored order from "id parent [state]"; a comment is as many minutes old as its id says."""
    depths, given, rows = {None: -1}, {}, []
    for line in lines:
        number, parent, *state = line.split()
        parent_id = int(parent) if parent != "-" else None
        depths[int(number)] = depths[parent_id] + 1
        given[parent_id] = given.get(parent_id, 0) + 1
        at = START + timedelta(minutes=int(number))
        state = state[0] if state else "public"
        depth = depths[int(number)]
        rows.append(Row(int(number), parent_id, 1, state, depth, given[parent_id], at))
    return rows


def chain(length):
    return rows_of("1 -", *(f"{n} {n - 1}" for n in range(2, length + 1)))


def walked(rows, limit=1_000, **options):
    shape = Shape.of(rows)
    return walk.walk(shape, rows[0], limit=limit, **options)


def ids(entries):
    return [entry.row.id for entry in entries]


def test_stored_order_is_parent_first_and_branch_after_branch():
    entries, left = walked(rows_of("1 -", "2 1", "4 2", "3 1", "5 3"))
    assert ids(entries) == [1, 2, 4, 3, 5]
    assert [entry.depth for entry in entries] == [0, 1, 2, 1, 2]
    assert [entry.path for entry in entries] == [(), (1,), (1, 1), (2,), (2, 1)]
    assert left == 0


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        ("oldest", [1, 2, 4, 3, 5, 6, 7]),
        ("newest", [1, 7, 3, 5, 6, 2, 4]),
        ("discussed", [1, 3, 5, 6, 2, 4, 7]),
    ],
)
def test_siblings_alone_are_put_in_order(sort, expected):
    rows = rows_of("1 -", "2 1", "4 2", "3 1", "5 3", "6 5", "7 1")
    shape = Shape.of(rows)
    entries, _left = walk.walk(shape, rows[0], limit=99, order=shape.order(sort))
    assert ids(entries) == expected


def test_equal_sizes_stand_oldest_first_under_most_discussed():
    rows = rows_of("1 -", "5 1", "2 1", "3 1")
    shape = Shape.of(rows)
    assert ids(walk.walk(shape, rows[0], limit=9, order=shape.order("discussed"))[0]) == [
        1,
        2,
        3,
        5,
    ]


@pytest.mark.parametrize("state", ["held", "spam", "removed", "deleted", "erased"])
def test_what_is_not_public_is_shown_only_over_something_public(state):
    entries, _left = walked(rows_of("1 -", f"2 1 {state}", "3 2", f"4 1 {state}", f"5 4 {state}"))
    assert ids(entries) == [1, 2, 3]


def test_a_thread_whose_first_comment_is_gone_is_still_shown():
    entries, left = walked(rows_of("1 - removed", "2 1", "3 2 spam"))
    assert ids(entries) == [1, 2]
    assert left == 0


def test_a_limit_leaves_out_the_rest_and_counts_the_public_ones():
    rows = rows_of("1 -", "2 1", "3 2", "4 1", "5 4 removed", "6 5", "7 1")
    entries, left = walked(rows, limit=3)
    assert ids(entries) == [1, 2, 3]
    assert left == 3  # 4, 6 and 7; a tombstone is not counted


def test_below_the_nest_the_conversation_continues_elsewhere():
    rows = chain(NEST + 4)
    entries, left = walked(rows)
    assert [entry.depth for entry in entries] == list(range(NEST + 1))
    assert entries[-1].continues == 3
    assert sum(entry.continues for entry in entries) == 3
    assert left == 0


def test_nothing_continues_below_the_nest_where_nothing_public_is():
    rows = rows_of(
        "1 -", *(f"{n} {n - 1}" for n in range(2, NEST + 2)), f"{NEST + 2} {NEST + 1} spam"
    )
    entries, _left = walked(rows)
    assert ids(entries)[-1] == NEST + 1
    assert entries[-1].continues == 0


def test_every_entry_knows_how_many_public_ones_hang_below():
    entries, _left = walked(rows_of("1 -", "2 1", "3 2 removed", "4 3", "5 1"))
    assert {entry.row.id: entry.replies for entry in entries} == {1: 3, 2: 1, 3: 1, 4: 0, 5: 0}


def test_a_chain_of_100_000_is_walked_without_recursion():
    rows = chain(100_000)
    entries, left = walked(rows, limit=100)
    assert len(entries) == NEST + 1
    assert entries[-1].continues == 100_000 - NEST - 1
    assert left == 0
    assert sys.getrecursionlimit() <= 1_000


def test_pages_of_a_branch_join_without_gap_or_double():
    rows = rows_of("1 -", "2 1", *(f"{n} {n - 1 if n % 3 else 1}" for n in range(3, 60)))
    shape = Shape.of(rows)
    everything = ids(walk.walk(shape, rows[0], limit=99)[0])
    entries, left = walk.walk(shape, rows[0], limit=7)
    seen = ids(entries)
    while left:
        entries, now_left = walk.walk_after(shape, rows[0], after_id=seen[-1], limit=7)
        assert now_left == left - len(entries)
        seen, left = seen + ids(entries), now_left
    assert seen == everything


def test_a_page_goes_on_after_a_comment_that_is_shown_no_more():
    rows = rows_of("1 -", "2 1", "3 1 removed", "4 1", "5 4")
    entries, left = walk.walk_after(Shape.of(rows), rows[0], after_id=3, limit=9)
    assert ids(entries) == [4, 5]
    assert left == 0


def test_a_page_after_a_comment_of_another_branch_is_empty():
    rows = rows_of("1 -", "2 1")
    assert walk.walk_after(Shape.of(rows), rows[0], after_id=77, limit=9) == ([], 0)


def test_what_goes_on_far_from_its_parent_stands_at_the_first_level():
    rows = rows_of("1 -", "2 1", "3 2", "4 2", "5 4", "6 1")
    entries, _left = walk.walk_after(Shape.of(rows), rows[0], after_id=3, limit=9)
    assert ids(entries) == [4, 5, 6]
    assert [entry.far for entry in entries] == [True, False, True]
    assert walk.levels(entries) == [0, 1, 0]


def test_levels_follow_the_parents_on_the_page():
    entries, _left = walked(rows_of("1 -", "2 1", "4 2", "3 1"))
    assert walk.levels(entries) == [0, 1, 2, 1]


def test_the_first_in_stored_order_keep_the_counts_of_the_whole():
    rows = rows_of("1 -", "2 1", "3 2", "4 1", "5 4", "6 1")
    whole = Shape.of(rows)
    first = walk.first_in_stored_order(whole, rows[0], 4)
    entries, left = walk.walk(first, rows[0], limit=3, order=first.order("newest"))
    assert ids(entries) == [1, 4, 2]
    assert first.below[4] == 1
    assert left == 1  # 3; what lies beyond the first four is the caller's to count


@pytest.mark.parametrize(
    ("base", "path", "shown"),
    [
        ((6,), (), "6"),
        ((6,), (5, 2), "6.5.2"),
        (range(1, 11), (), "1.2.3.4.5.6.7.8.9.10"),
        (range(1, 12), (), "1.2.3.….6.7.8.9.10.11"),
        ((1, 2), range(3, 12), "1.2.3.….6.7.8.9.10.11"),
        (range(1, 10_001), (7,), "1.2.3.….9996.9997.9998.9999.10000.7"),
    ],
)
def test_a_path_number_beyond_ten_parts_is_shortened_in_the_middle(base, path, shown):
    assert walk.number(tuple(base), tuple(path)) == shown
