"""Where in its thread most of some comments stand: in one branch, or all over. See the package's docstring."""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Sequence
from typing import Any, NamedTuple

from forum.discussions.tree.reading import TABLE
from forum.sql import among, rows


class Up(NamedTuple):
    """A comment on the way up from another."""

    id: int
    ordinal: int
    lft: int
    rght: int


class Busy(NamedTuple):
    """A branch by its first comment, the ordinals from the root down to that one, and those of its
    comments that were asked about, as their values.
    """

    top_id: int
    ordinals: list[int]
    found: list[tuple[Any, ...]]


def busy_branches(comments: Any, fields: Sequence[str], *, most: int, share: float) -> list[Busy]:
    """Return where most of these comments (a queryset) stand, the busiest first, one branch a thread.

    Of the `most` threads with the most of them: the deepest comment with at least `share` (over a half)
    of its thread's of them in its branch, itself counted; their `fields` are returned. Two queries.

    Branches that hold more than half of a thread's all hold the one in the middle, in stored order, so
    that only what stands above that one is looked at.
    """
    threads: dict[int, list[tuple[Any, ...]]] = defaultdict(list)
    for thread_id, *row in comments.order_by().values_list("tree_id", "lft", "pk", *fields):
        threads[thread_id].append(tuple(row))
    busiest = sorted(threads.items(), key=lambda one: (-len(one[1]), one[0]))[:most]
    for _thread_id, here in busiest:
        here.sort(key=lambda row: row[:2])
    middles = [here[len(here) // 2][1] for _thread_id, here in busiest]
    ways = _ways_up(middles)
    branches = [
        _busy(here, ways[middle], share)
        for middle, (_thread_id, here) in zip(middles, busiest, strict=True)
    ]
    return sorted((one for one in branches if one), key=lambda one: (-len(one.found), one.top_id))


def _busy(here: Sequence[tuple[Any, ...]], way: Sequence[Up], share: float) -> Busy | None:
    """Return the first branch of the way up that has its share; the last, where none has; None if the
    comment went meanwhile.
    """
    places = [row[0] for row in here]
    if not way:
        return None
    for one in way:
        begin, end = bisect_left(places, one.lft), bisect_right(places, one.rght)
        if end - begin >= share * len(here):
            break
    ordinals = [above.ordinal for above in reversed(way[way.index(one) :])]
    return Busy(one.id, ordinals, [row[2:] for row in here[begin:end]])


def _ways_up(comment_ids: Sequence[int]) -> dict[int, list[Up]]:
    """Return {id: it and those above it, the nearest first}; one query."""
    found: dict[int, list[Up]] = {pk: [] for pk in comment_ids}
    if not found:
        return found
    where, values = among("id", comment_ids)
    for pk, *step in rows(
        "WITH RECURSIVE up(of_id, id, parent_id, ordinal, lft, rght, step) AS ("
        f" SELECT id, id, parent_id, ordinal, lft, rght, 0 FROM {TABLE} WHERE {where} UNION ALL"
        " SELECT up.of_id, c.id, c.parent_id, c.ordinal, c.lft, c.rght, up.step + 1"
        f" FROM {TABLE} c JOIN up ON c.id = up.parent_id)"
        " SELECT of_id, id, ordinal, lft, rght FROM up ORDER BY step",
        values,
    ):
        found[pk].append(Up._make(step))
    return found
