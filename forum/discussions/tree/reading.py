"""Reading trees: rows in stored order, the way up, path numbers. See the package's docstring."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple, TypeVar

from django.db import connection

from forum.discussions.models import Comment, FormerNumber, Thread
from forum.sql import among, rows

TABLE = Comment._meta.db_table
T = TypeVar("T")
THREADS = Thread._meta.db_table
FORMER = FormerNumber._meta.db_table


class Row(NamedTuple):
    """What the walk of a talk needs of a comment, text apart."""

    id: int
    parent_id: int | None
    thread_id: int
    state: str
    depth: int
    ordinal: int
    created_at: Any  # a datetime or, from rows_with and some_with, as_text: for comparing only


_ROW = "id, parent_id, tree_id, state, level, ordinal, created_at"


def as_text(column: str) -> str:
    """Return SQL for a moment as "2026-11-25 18:04:59.123456" in UTC; SQLite leaves out a fraction
    of zero. Texts stand in the order of time.

    The drivers make a datetime by Python, twice a row: a fifth of what a cold page cost.
    """
    if connection.vendor == "postgresql":  # Django's connections are in UTC
        return f"to_char({column}, 'YYYY-MM-DD HH24:MI:SS.US')"
    return f"CAST({column} AS TEXT)"


def _row_of_c() -> str:
    names = _ROW.split(", ")[:-1]
    return ", ".join([*(f"c.{name}" for name in names), as_text("c.created_at")])


def rows_of(thread_ids: Sequence[int]) -> list[Row]:
    """Return every comment of the threads in stored order, thread after thread; one query."""
    if not thread_ids:
        return []
    where, values = among("tree_id", thread_ids)
    found = rows(f"SELECT {_ROW} FROM {TABLE} WHERE {where} ORDER BY tree_id, lft", values)
    return list(map(Row._make, found))


def rows_with(
    thread_ids: Sequence[int],
    make: Callable[[Iterable[Any]], T],
    columns: Sequence[str],
    joins: str,
) -> list[T]:
    """Return what rows_of returns, as `make` makes it of Row's values and those of `columns`.

    The comment's own table is called c, those of the columns are joined. One query.
    """
    if not thread_ids:
        return []
    where, values = among("c.tree_id", thread_ids)
    found = rows(
        f"SELECT {_row_of_c()}, {', '.join(columns)} FROM {TABLE} c {joins}"
        f" WHERE {where} ORDER BY c.tree_id, c.lft",
        values,
    )
    return list(map(make, found))


def some_with(
    comment_ids: Sequence[int],
    make: Callable[[Iterable[Any]], T],
    columns: Sequence[str],
    joins: str,
) -> list[T]:
    """Return these comments, in no order, as rows_with does. One query, none for none."""
    if not comment_ids:
        return []
    where, values = among("c.id", comment_ids)
    found = rows(
        f"SELECT {_row_of_c()}, {', '.join(columns)} FROM {TABLE} c {joins} WHERE {where}", values
    )
    return list(map(make, found))


def branch_rows(comment: Comment) -> list[Row]:
    """Return `comment` and everything below it in stored order; one query."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {_ROW} FROM {TABLE} b WHERE tree_id = %s AND lft BETWEEN"
            f" (SELECT lft FROM {TABLE} a WHERE a.id = %s)"
            f" AND (SELECT rght FROM {TABLE} a WHERE a.id = %s) ORDER BY lft",
            [comment.tree_id, comment.pk, comment.pk],
        )
        return [Row._make(row) for row in cursor.fetchall()]


class Step(NamedTuple):
    """One comment on the way from a root down to another."""

    id: int
    ordinal: int
    state: str


def ancestors(comment_id: int) -> list[Step]:
    """Return the comments from the root down to `comment_id` itself; one query."""
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH RECURSIVE up(id, parent_id, ordinal, state, step) AS ("
            f" SELECT id, parent_id, ordinal, state, 0 FROM {TABLE} WHERE id = %s UNION ALL"
            f" SELECT c.id, c.parent_id, c.ordinal, c.state, up.step + 1 FROM {TABLE} c"
            " JOIN up ON c.id = up.parent_id)"
            " SELECT id, ordinal, state FROM up ORDER BY step DESC",
            [comment_id],
        )
        return [Step._make(row) for row in cursor.fetchall()]


def ordinals_down_to(comment_ids: Sequence[int]) -> dict[int, list[int]]:
    """Return {id: ordinals from the root down to it} of these comments; one query."""
    found: dict[int, list[int]] = {pk: [] for pk in comment_ids}
    if not found:
        return found
    marks = ",".join(["%s"] * len(found))
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH RECURSIVE up(of_id, parent_id, ordinal, step) AS ("
            f" SELECT id, parent_id, ordinal, 0 FROM {TABLE} WHERE id IN ({marks}) UNION ALL"
            f" SELECT up.of_id, c.parent_id, c.ordinal, up.step + 1 FROM {TABLE} c"
            " JOIN up ON c.id = up.parent_id)"
            " SELECT of_id, ordinal FROM up ORDER BY step DESC",
            list(found),
        )
        for pk, ordinal in cursor.fetchall():
            found[pk].append(ordinal)
    return found


def depth_of(comment: Comment) -> int:
    """Return how many comments stand above this one."""
    return int(comment.level)


class Found(NamedTuple):
    """The comment that a path number names; has_moved: it, or one above it, stands elsewhere now."""

    id: int
    has_moved: bool


def find_number(topic_id: int, ordinals: Sequence[int]) -> Found | None:
    """Return the comment with this path number (6, 5 for 6.5), now or formerly; one query.

    Each step goes to where an ordinal stands now, or else to what had it before it was moved.
    """
    steps = " UNION ALL ".join(["SELECT %s, %s"] * len(ordinals))
    values: list[int] = [value for step in enumerate(ordinals) for value in step]
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH RECURSIVE way(step, ordinal) AS (" + steps + "),"
            " walk(id, step, moved) AS ("
            f" SELECT c.id, 0, 0 FROM {TABLE} c JOIN {THREADS} t ON t.id = c.tree_id"
            "  WHERE t.topic_id = %s AND t.ordinal = %s AND c.parent_id IS NULL UNION ALL"
            f" SELECT comment_id, 0, 1 FROM {FORMER} WHERE topic_id = %s AND ordinal = %s UNION ALL"
            " SELECT COALESCE(c.id, f.comment_id), walk.step + 1,"
            "  CASE WHEN c.id IS NULL THEN 1 ELSE walk.moved END"
            " FROM walk JOIN way ON way.step = walk.step + 1"
            f" LEFT JOIN {TABLE} c ON c.parent_id = walk.id AND c.ordinal = way.ordinal"
            f" LEFT JOIN {FORMER} f ON f.parent_id = walk.id AND f.ordinal = way.ordinal"
            "  WHERE COALESCE(c.id, f.comment_id) IS NOT NULL)"
            " SELECT id, moved FROM walk WHERE step = %s ORDER BY moved",
            [*values, topic_id, ordinals[0], topic_id, ordinals[0], len(ordinals) - 1],
        )
        found = cursor.fetchone()
    return Found(found[0], bool(found[1])) if found else None
