"""Checking trees: two queries that find every fault. See the package's docstring."""

from collections.abc import Iterable
from typing import NamedTuple

from django.db import connection

from forum.discussions.models import Thread
from forum.discussions.tree.reading import TABLE

_CHECK_ROWS = """
SELECT thread_id, id,
  CASE WHEN rght <= lft THEN 'rght not after lft' WHEN tree_id <> thread_id THEN 'tree_id is not the thread'
       WHEN parent_id IS NULL AND (lft <> 1 OR level <> 0) THEN 'root is not 1 and 0'
       WHEN parent_id IS NOT NULL AND pid IS NULL THEN 'parent is missing'
       WHEN parent_id IS NOT NULL AND pt <> tree_id THEN 'parent stands in another tree'
       WHEN parent_id IS NOT NULL AND level <> pv + 1 THEN 'level is not the parent''s + 1'
       ELSE 'lft or rght leaves a gap or overlaps' END
FROM (SELECT c.id, c.parent_id, c.thread_id, c.tree_id, c.lft, c.rght, c.level,
        p.id AS pid, p.lft AS pl, p.rght AS pr, p.level AS pv, p.tree_id AS pt,
        LAG(c.rght) OVER w AS prev, LEAD(c.lft) OVER w AS nxt
      FROM {table} c LEFT JOIN {table} p ON p.id = c.parent_id {where}
      WINDOW w AS (PARTITION BY c.thread_id, c.parent_id ORDER BY c.lft)) x
WHERE rght <= lft OR tree_id <> thread_id
   OR (parent_id IS NULL AND (lft <> 1 OR level <> 0))
   OR (parent_id IS NOT NULL AND (pid IS NULL OR pt <> tree_id OR level <> pv + 1
        OR lft <> COALESCE(prev, pl) + 1 OR (nxt IS NULL AND rght <> pr - 1)))
"""
_CHECK_TREES = """
SELECT c.thread_id,
  CASE WHEN COUNT(*) - COUNT(c.parent_id) <> 1 THEN 'not exactly one root'
       WHEN MAX(CASE WHEN c.parent_id IS NULL THEN c.rght END) <> 2 * COUNT(*) THEN 'root is not 1..2n'
       ELSE 'stored count is not the public comments' END
FROM {table} c LEFT JOIN {threads} t ON t.id = c.thread_id {where}
GROUP BY c.thread_id, t.comment_count
HAVING COUNT(*) - COUNT(c.parent_id) <> 1
    OR MAX(CASE WHEN c.parent_id IS NULL THEN c.rght END) <> 2 * COUNT(*)
    OR COALESCE(t.comment_count, -1) <> SUM(CASE WHEN c.state = 'public' THEN 1 ELSE 0 END)
"""
_CHECK_TOPICS = """
SELECT p.id FROM {topics} p LEFT JOIN {threads} t ON t.topic_id = p.id
GROUP BY p.id, p.comment_count HAVING p.comment_count <> COALESCE(SUM(t.comment_count), 0)
"""


class Fault(NamedTuple):
    """Something that is not as trees.md's invariants I1 to I6 say."""

    thread_id: int | None
    comment_id: int | None
    what: str


def check(thread_ids: Iterable[int] | None = None) -> list[Fault]:
    """Return every fault in these threads (None: all, the topics' counts too).

    Complete: if each child starts where its elder sibling or its parent's left edge ends, every
    last child ends at its parent's right edge, levels step by one and each root is 1..2n, then all
    numbers are fixed.
    """
    names = {"table": TABLE, "threads": Thread._meta.db_table}
    values: list[int] = []
    where = ""
    if thread_ids is not None:
        values = sorted(set(thread_ids))
        if not values:
            return []
        where = f"WHERE c.thread_id IN ({','.join(['%s'] * len(values))})"
    with connection.cursor() as cursor:
        cursor.execute(_CHECK_ROWS.format(where=where, **names), values)
        faults = [Fault(*row) for row in cursor.fetchall()]
        cursor.execute(_CHECK_TREES.format(where=where, **names), values)
        faults += [Fault(row[0], None, row[1]) for row in cursor.fetchall()]
        if thread_ids is None:
            topics = Thread._meta.get_field("topic").related_model._meta.db_table  # type: ignore[union-attr]
            cursor.execute(_CHECK_TOPICS.format(topics=topics, **names))
            faults += [
                Fault(None, None, f"topic {row[0]}: stored count is not its threads'")
                for row in cursor.fetchall()
            ]
    return faults
