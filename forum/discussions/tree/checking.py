"""Checking trees: set-based queries that find every fault. See the package's docstring."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice, pairwise
from typing import NamedTuple

from django.db import connection

from forum.discussions import scores
from forum.discussions.models import Thread, Topic, Vote
from forum.discussions.tree.reading import TABLE

THREADS_AT_ONCE = 1_000
_NAMES = {
    "comments": TABLE,
    "threads": Thread._meta.db_table,
    "topics": Topic._meta.db_table,
    "votes": Vote._meta.db_table,
    "unvoted": scores.UNVOTED,
}
# Complete: if each child starts where its elder sibling or its parent's left edge ends, every last
# child ends at its parent's right edge, levels step by one and each root is 1..2n (_TREES), then
# all numbers are fixed.
_ROWS = """
SELECT thread_id, id,
  CASE WHEN lft IS NULL OR rght IS NULL OR level IS NULL THEN 'a tree field is empty'
       WHEN rght <= lft THEN 'rght is not after lft'
       WHEN parent_id IS NULL AND (lft <> 1 OR level <> 0) THEN 'root is not 1 and 0'
       WHEN parent_id IS NOT NULL AND pid IS NULL THEN 'parent is missing'
       WHEN parent_id IS NOT NULL AND pt <> tree_id THEN 'parent stands in another tree'
       WHEN parent_id IS NOT NULL AND level <> pv + 1 THEN 'level is not the parent''s + 1'
       WHEN ordinal <= elder THEN 'siblings stand out of order'
       WHEN ordinal > given THEN 'ordinal was never given'
       ELSE 'lft or rght leaves a gap or overlaps' END
FROM (SELECT c.id, c.parent_id, c.thread_id, c.tree_id, c.lft, c.rght, c.level, c.ordinal,
        p.id AS pid, p.lft AS pl, p.rght AS pr, p.level AS pv, p.tree_id AS pt,
        p.replies_given AS given, LAG(c.ordinal) OVER w AS elder,
        LAG(c.rght) OVER w AS prev, LEAD(c.lft) OVER w AS nxt
      FROM {comments} c LEFT JOIN {comments} p ON p.id = c.parent_id WHERE {where}
      WINDOW w AS (PARTITION BY c.tree_id, c.parent_id ORDER BY c.lft)) x
WHERE lft IS NULL OR rght IS NULL OR level IS NULL OR rght <= lft
   OR (parent_id IS NULL AND (lft <> 1 OR level <> 0))
   OR (parent_id IS NOT NULL AND (pid IS NULL OR pt <> tree_id OR level <> pv + 1
        OR lft <> COALESCE(prev, pl) + 1 OR (nxt IS NULL AND rght <> pr - 1)
        OR ordinal <= elder OR ordinal > given))
"""
_TREES = """
SELECT c.tree_id, NULL,
  CASE WHEN t.id IS NULL THEN 'thread is missing'
       WHEN COUNT(*) - COUNT(c.parent_id) <> 1 THEN 'not exactly one root'
       WHEN MAX(CASE WHEN c.parent_id IS NULL THEN c.rght END) <> 2 * COUNT(*)
         THEN 'root is not 1..2n'
       WHEN MAX(CASE WHEN c.parent_id IS NULL THEN c.ordinal END) <> t.ordinal
         THEN 'root has another ordinal than its thread'
       ELSE 'stored count is not the public comments' END
FROM {comments} c LEFT JOIN {threads} t ON t.id = c.tree_id WHERE {where}
GROUP BY c.tree_id, t.id, t.ordinal, t.comment_count
HAVING t.id IS NULL OR COUNT(*) - COUNT(c.parent_id) <> 1
    OR MAX(CASE WHEN c.parent_id IS NULL THEN c.rght END) <> 2 * COUNT(*)
    OR MAX(CASE WHEN c.parent_id IS NULL THEN c.ordinal END) <> t.ordinal
    OR t.comment_count <> SUM(CASE WHEN c.state = 'public' THEN 1 ELSE 0 END)
"""
_VOTES = """
SELECT c.thread_id, c.id, 'stored count of votes is not that of its rows'
FROM {comments} c LEFT JOIN {votes} v ON v.comment_id = c.id WHERE {where}
GROUP BY c.thread_id, c.id, c.ups, c.downs
HAVING c.ups <> COUNT(CASE WHEN v.value = 1 THEN 1 END)
    OR c.downs <> COUNT(CASE WHEN v.value = -1 THEN 1 END)
"""
_RANKS = """
SELECT t.id, c.ups, c.downs, t.best, t.controversy
FROM {comments} c JOIN {threads} t ON t.id = c.tree_id
WHERE {where} AND c.parent_id IS NULL
  AND (c.ups > 0 OR c.downs > 0 OR t.best <> {unvoted} OR t.controversy <> 0)
"""
_STRAYS = """
SELECT thread_id, id, 'tree_id is not the thread' FROM {comments}
WHERE tree_id IS NULL OR tree_id <> thread_id
"""
_EMPTY = """
SELECT t.id, NULL, 'thread has no comment' FROM {threads} t
WHERE NOT EXISTS (SELECT 1 FROM {comments} c WHERE c.tree_id = t.id)
"""
_TOPICS = """
SELECT NULL, NULL,
  CASE WHEN p.comment_count <> COALESCE(SUM(t.comment_count), 0)
         THEN 'stored count is not that of its threads'
       ELSE 'ordinal of a thread was never given' END, p.id
FROM {topics} p LEFT JOIN {threads} t ON t.topic_id = p.id
GROUP BY p.id, p.comment_count, p.threads_given
HAVING p.comment_count <> COALESCE(SUM(t.comment_count), 0) OR MAX(t.ordinal) > p.threads_given
"""
_FEATURED = """
SELECT NULL, NULL, 'stored count of featured comments is not theirs', p.id
FROM {topics} p LEFT JOIN ({threads} t JOIN {comments} c
  ON c.thread_id = t.id AND c.featured_at IS NOT NULL AND c.state = 'public') ON t.topic_id = p.id
GROUP BY p.id, p.featured_count HAVING p.featured_count <> COUNT(c.id)
"""


class Fault(NamedTuple):
    """Something that is not as the invariants I1 to I6 of docs/decisions/0001 say."""

    thread_id: int | None
    comment_id: int | None
    what: str
    topic_id: int | None = None

    def __str__(self) -> str:
        names = {"topic": self.topic_id, "thread": self.thread_id, "comment": self.comment_id}
        where = ", ".join(f"{name} {number}" for name, number in names.items() if number)
        return f"{where}: {self.what}"


def check(thread_ids: Iterable[int] | None = None) -> list[Fault]:
    """Return every fault of these threads; None: of all, and of the topics' counters too."""
    if thread_ids is not None:
        chosen = iter(sorted(set(thread_ids)))
        faults: list[Fault] = []
        while some := list(islice(chosen, THREADS_AT_ONCE)):
            faults += _check_some(some)
        return faults
    return list(check_all())


def check_all() -> Iterator[Fault]:
    """Yield every fault there is, a thousand trees at a time, so that no query holds a long snapshot."""
    yield from _ask(_STRAYS)
    for where, values in _ranges():
        yield from _check_trees(where, values)
    yield from _ask(_EMPTY)
    yield from _ask(_TOPICS)
    yield from _ask(_FEATURED)


def _check_some(ids: list[int]) -> list[Fault]:
    """Check these threads. Where they follow each other, as after a load, they are asked for as a
    range: of long lists PostgreSQL thinks that they mean the whole table.
    """
    if ids[-1] - ids[0] < 2 * len(ids):
        found = _check_trees("c.tree_id BETWEEN %s AND %s", [ids[0], ids[-1]])
        mine = set(ids)
        return [fault for fault in found if fault.thread_id in mine]
    return _check_trees(f"c.tree_id IN ({','.join(['%s'] * len(ids))})", ids)


def _check_trees(where: str, values: Sequence[int]) -> list[Fault]:
    faults = [fault for sql in (_ROWS, _TREES, _VOTES) for fault in _ask(sql, where, values)]
    return faults + _check_ranks(where, values)


def _check_ranks(where: str, values: Sequence[int]) -> list[Fault]:
    with connection.cursor() as cursor:
        cursor.execute(_RANKS.format(where=where, **_NAMES), list(values))
        return [
            Fault(thread_id, None, "stored order is not that of its root's count of votes")
            for thread_id, ups, downs, *stored in cursor.fetchall()
            if stored != [scores.best(ups, downs), scores.controversy(ups, downs)]
        ]


def _ranges() -> Iterator[tuple[str, list[int]]]:
    """Yield conditions that part all comments by their trees."""
    edges = list(Thread.objects.order_by("pk").values_list("pk", flat=True)[::THREADS_AT_ONCE])[1:]
    if not edges:
        yield "c.tree_id IS NOT NULL", []
        return
    yield "c.tree_id < %s", edges[:1]
    for low, high in pairwise(edges):
        yield "c.tree_id >= %s AND c.tree_id < %s", [low, high]
    yield "c.tree_id >= %s", edges[-1:]


def _ask(sql: str, where: str = "", values: Sequence[int] = ()) -> list[Fault]:
    with connection.cursor() as cursor:
        cursor.execute(sql.format(where=where, **_NAMES), list(values))
        return [Fault(*row) for row in cursor.fetchall()]
