"""Reading trees: rows in stored order, the way up, path numbers. See the package's docstring."""

from bisect import bisect
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple, TypeVar

from django.db import connection

from forum.discussions.models import Comment, FormerNumber, Report, State, Thread
from forum.sql import among, rows

TABLE = Comment._meta.db_table
STORED = "lft"  # the column in whose order the comments of one thread stand
T = TypeVar("T")
THREADS = Thread._meta.db_table
FORMER = FormerNumber._meta.db_table
REPORTS = Report._meta.db_table


class Row(NamedTuple):
    """What the walk of a talk needs of a comment, text apart."""

    id: int
    parent_id: int | None
    thread_id: int
    state: str
    depth: int
    ordinal: int
    created_at: Any  # a datetime or, from rows_with and some_with, as_text: for comparing only
    ups: int = 0
    downs: int = 0


_ROW = "id, parent_id, tree_id, state, level, ordinal, created_at, ups, downs"


def as_text(column: str) -> str:
    """Return SQL for a moment as "2026-11-25 18:04:59.123456" in UTC; SQLite leaves out a fraction
    of zero. Texts stand in the order of time.

    The drivers make a datetime by Python, twice a row: a fifth of what a cold page cost.
    """
    if connection.vendor == "postgresql":  # Django's connections are in UTC
        return f"to_char({column}, 'YYYY-MM-DD HH24:MI:SS.US')"
    return f"CAST({column} AS TEXT)"


def _row_of_c() -> str:
    names = [f"c.{name}" for name in _ROW.split(", ")]
    return ", ".join(as_text(name) if name == "c.created_at" else name for name in names)


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


class Top(NamedTuple):
    """The upper levels of a thread or branch in stored order, and what hangs below them:
    public comments by the id of the comment of the lowest of these levels that they hang under.
    """

    rows: list[Row]
    below: dict[int, int]


def top_of_thread(thread_id: int, *, levels: int, public: int | None = None) -> Top:
    """Return the first `levels` levels of a thread, its root's the first; two queries at most.

    `public`: how many public comments the thread has, if that is known.
    """
    return _top("tree_id = %s", [thread_id], levels, public)


def top_of_branch(comment: Comment, *, levels: int) -> Top:
    """Return the first `levels` levels of a branch, the comment's own the first; two queries at most."""
    edge = f"(SELECT {{}} FROM {TABLE} a WHERE a.id = %s)"
    where = f"tree_id = %s AND lft BETWEEN {edge.format('lft')} AND {edge.format('rght')}"
    return _top(where, [comment.tree_id, comment.pk, comment.pk], comment.level + levels, None)


def _top(where: str, values: list[Any], end: int, public: int | None) -> Top:
    """Return what stands above level `end`; what is deeper is read as numbers."""
    found = rows(
        f"SELECT {_row_of_c()}, c.lft, c.rght FROM {TABLE} c"
        f" WHERE {where} AND level < %s ORDER BY lft",
        [*values, end],
    )
    made = [Row._make(values[:-2]) for values in found]
    last = [
        (row.id, lft, rght)
        for row, (*_values, lft, rght) in zip(made, found, strict=True)
        if row.depth == end - 1 and rght > lft + 1
    ]
    if not last:
        return Top(made, {})
    deeper = f"FROM {TABLE} WHERE {where} AND level >= %s AND state = %s"
    given = [*values, end, State.PUBLIC.value]
    if len(last) > 1:
        places = [place for (place,) in rows(f"SELECT lft {deeper} ORDER BY lft", given)]
        below = {pk: bisect(places, rght) - bisect(places, lft) for pk, lft, rght in last}
    elif public is None:
        below = {last[0][0]: rows(f"SELECT count(*) {deeper}", given)[0][0]}
    else:  # as in a chain, all that is deeper hangs under one
        below = {last[0][0]: public - sum(row.state == State.PUBLIC for row in made)}
    return Top(made, below)


class Arrival(NamedTuple):
    """A public comment, and since when it is one, as_text."""

    id: int
    parent_id: int | None
    public_since: str


_ARRIVAL = f"SELECT c.id, c.parent_id, {{}} FROM {TABLE} c"
_LAST_FIRST = "c.state = %s ORDER BY c.state_at DESC, c.id DESC LIMIT %s"


def latest_in_topic(topic_id: int, most: int) -> list[Arrival]:
    """Return the comments of a topic that became public last, the latest first; one query."""
    found = rows(
        f"{_ARRIVAL.format(as_text('c.state_at'))} JOIN {THREADS} t ON t.id = c.tree_id"
        f" WHERE t.topic_id = %s AND {_LAST_FIRST}",
        [topic_id, State.PUBLIC.value, most],
    )
    return list(map(Arrival._make, found))


def latest_below(comment_id: int, most: int) -> list[Arrival]:
    """Return the same of what hangs below a comment; one query."""
    found = rows(
        f"{_ARRIVAL.format(as_text('c.state_at'))} JOIN {TABLE} a ON a.tree_id = c.tree_id"
        f" AND c.lft > a.lft AND c.rght < a.rght WHERE a.id = %s AND {_LAST_FIRST}",
        [comment_id, State.PUBLIC.value, most],
    )
    return list(map(Arrival._make, found))


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


def ways_to(comment_ids: Sequence[int]) -> dict[int, list[Step]]:
    """Return {id: the comments from the root down to it, itself the last} of these; one query."""
    found: dict[int, list[Step]] = {pk: [] for pk in comment_ids}
    if not found:
        return found
    where, values = among("id", list(found))
    for pk, *step in rows(
        "WITH RECURSIVE up(of_id, id, parent_id, ordinal, state, step) AS ("
        f" SELECT id, id, parent_id, ordinal, state, 0 FROM {TABLE} WHERE {where} UNION ALL"
        f" SELECT up.of_id, c.id, c.parent_id, c.ordinal, c.state, up.step + 1 FROM {TABLE} c"
        " JOIN up ON c.id = up.parent_id)"
        " SELECT of_id, id, ordinal, state FROM up ORDER BY step DESC",
        values,
    ):
        found[pk].append(Step._make(step))
    return found


def written_above(comment_id: int, most: int) -> list[tuple[int | None, int | None, str, int]]:
    """Return who wrote a comment and those above it, the nearest first, at most `most`: (member's id,
    pen's id, when, as_text, how many reports of it are open or were agreed with); one query.
    """
    found: list[tuple[int | None, int | None, str, int]] = rows(
        "WITH RECURSIVE up(id, parent_id, member_id, pen_id, created_at, step) AS ("
        f" SELECT id, parent_id, member_id, pen_id, created_at, 1 FROM {TABLE} WHERE id = %s UNION ALL"
        " SELECT c.id, c.parent_id, c.member_id, c.pen_id, c.created_at, up.step + 1"
        f" FROM {TABLE} c JOIN up ON c.id = up.parent_id WHERE up.step < {int(most)})"
        f" SELECT member_id, pen_id, {as_text('created_at')},"
        f" (SELECT count(*) FROM {REPORTS} r WHERE r.comment_id = up.id"
        f" AND r.outcome IN ('{Report.Outcome.OPEN.value}', '{Report.Outcome.AGREED.value}'))"
        " FROM up ORDER BY step",
        [comment_id],
    )
    return found


def last_in_slow_branch(
    parent_id: int, *, member_id: int | None, pen_id: int | None, since: Any, but_id: int = 0
) -> str | None:
    """Return when a person last replied, since a moment, in the slow branch of a comment, as_text.

    The branch begins at the topmost comment above that is slow with all between; its own first
    comment is no reply. One query.
    """
    column, who = ("member_id", member_id) if member_id else ("pen_id", pen_id)
    found = rows(
        "WITH RECURSIVE up(id, parent_id, step) AS ("
        f" SELECT id, parent_id, 1 FROM {TABLE} WHERE id = %s UNION ALL"
        f" SELECT c.id, c.parent_id, up.step + 1 FROM {TABLE} c JOIN up ON c.id = up.parent_id"
        "  WHERE c.slow_s IS NOT NULL)"
        f" SELECT {as_text('c.created_at')} FROM {TABLE} c JOIN {TABLE} top"
        "  ON top.id = (SELECT id FROM up ORDER BY step DESC LIMIT 1)"
        "  AND c.tree_id = top.tree_id AND c.lft > top.lft AND c.rght < top.rght"
        f" WHERE c.{column} = %s AND c.created_at > %s AND c.id <> %s ORDER BY c.id DESC LIMIT 1",
        [parent_id, who, since, but_id],
    )
    return found[0][0] if found else None


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
