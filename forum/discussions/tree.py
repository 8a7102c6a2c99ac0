"""The only module that writes tree fields or knows what lft, rght, tree_id and level mean.

One tree a thread: tree_id = thread_id, a root is 1..2n, siblings stand in order of arrival. Why not
django-mptt's own writers: docs/decisions/0001. Every function that writes must run inside
`transaction.atomic()`; the order of locks is Thread rows (ascending), comment rows, others, and
Topic rows last (services.py). On SQLite the IMMEDIATE transaction is the lock.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.db.models import F
from django.utils.translation import gettext as _

from forum.discussions.models import (
    Comment,
    CommentText,
    HeldEdit,
    Revision,
    State,
    Thread,
)

TABLE = Comment._meta.db_table


class Moved(Exception):
    """The comment stands in another thread than the one locked: start again."""


class Row(NamedTuple):
    """What the walk of a talk needs of a comment, text apart."""

    id: int
    parent_id: int | None
    thread_id: int
    state: str
    depth: int
    ordinal: int
    created_at: Any  # a datetime or SQLite's text of it: for comparing only


# ---------------------------------------------------------------------------------------- reading

_ROW = "id, parent_id, tree_id, state, level, ordinal, created_at"


def rows_of(thread_ids: Sequence[int]) -> list[Row]:
    """Return every comment of the threads in stored order, thread after thread; one query."""
    if not thread_ids:
        return []
    marks = ",".join(["%s"] * len(thread_ids))
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {_ROW} FROM {TABLE} WHERE tree_id IN ({marks}) ORDER BY tree_id, lft",
            list(thread_ids),
        )
        return [Row._make(row) for row in cursor.fetchall()]


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


def depth_of(comment: Comment) -> int:
    """Return how many comments stand above this one."""
    return int(comment.level)


def find_number(topic_id: int, ordinals: Sequence[int]) -> int | None:
    """Return the id of the comment with this path number (6, 5 for 6.5), or None; one query."""
    steps = " UNION ALL ".join(["SELECT %s, %s"] * len(ordinals))
    values: list[int] = [value for step in enumerate(ordinals) for value in step]
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH RECURSIVE way(step, ordinal) AS (" + steps + "),"
            " walk(id, step) AS ("
            f" SELECT c.id, 0 FROM {TABLE} c JOIN {Thread._meta.db_table} t ON t.id = c.tree_id"
            "  WHERE t.topic_id = %s AND t.ordinal = %s AND c.parent_id IS NULL UNION ALL"
            f" SELECT c.id, walk.step + 1 FROM walk JOIN way ON way.step = walk.step + 1"
            f" JOIN {TABLE} c ON c.parent_id = walk.id AND c.ordinal = way.ordinal)"
            " SELECT id FROM walk WHERE step = %s",
            [*values, topic_id, ordinals[0], len(ordinals) - 1],
        )
        found = cursor.fetchone()
    return found[0] if found else None


# ---------------------------------------------------------------------------------------- posting


def insert_root(comment: Comment, *, topic_id: int, ordinal: int) -> None:
    """Save `comment` as a new thread. The caller holds the topic row and took `ordinal` from it."""
    thread = Thread.objects.create(
        topic_id=topic_id,
        ordinal=ordinal,
        created_at=comment.created_at,
        last_activity_at=comment.created_at,
        comment_count=int(comment.is_public),
    )
    comment.thread, comment.tree_id, comment.ordinal = thread, thread.pk, ordinal
    comment.lft, comment.rght, comment.level = 1, 2, 0
    comment.save(force_insert=True)


def insert_reply(comment: Comment, *, thread_id: int, parent_id: int) -> None:
    """Save `comment` as the last reply to `parent_id`; four statements whatever the size.

    Raises ValidationError "thread-locked", "parent-<state>" or "parent-gone"; Moved if the parent
    stands in another thread by now.
    """
    counted = int(comment.is_public)
    changes: dict[str, Any] = {"comment_count": F("comment_count") + counted}
    if counted:
        changes["last_activity_at"] = comment.created_at
    # This UPDATE is the lock. What follows is a statement of its own, so that it reads what the
    # writer before us committed.
    if not Thread.objects.filter(pk=thread_id, locked_at=None).update(**changes):
        if Thread.objects.filter(pk=thread_id).exists():
            raise ValidationError(
                _("This thread is locked: it takes no more replies."), "thread-locked"
            )
        raise Moved
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT rght, level, replies_given, state FROM {TABLE} WHERE id = %s AND tree_id = %s",
            [parent_id, thread_id],
        )
        found = cursor.fetchone()
        if not found:
            if Comment.objects.filter(pk=parent_id).exists():
                raise Moved
            raise ValidationError(
                _("The comment you answered is not here any more."), "parent-gone"
            )
        rght, level, given, state = found
        if state != State.PUBLIC:
            raise ValidationError(_not_public(state), f"parent-{state}")
        cursor.execute(
            f"UPDATE {TABLE} SET lft = CASE WHEN lft > %s THEN lft + 2 ELSE lft END, rght = rght + 2,"
            " replies_given = replies_given + CASE WHEN id = %s THEN 1 ELSE 0 END"
            " WHERE tree_id = %s AND rght >= %s",
            [rght, parent_id, thread_id, rght],
        )
    comment.thread_id = comment.tree_id = thread_id
    comment.parent_id, comment.ordinal = parent_id, given + 1
    comment.lft, comment.rght, comment.level = rght, rght + 1, level + 1
    comment.save(force_insert=True)


def _not_public(state: str) -> str:
    if state == State.DELETED:
        return _("The comment you answered was deleted by its author.")
    if state == State.HELD:
        return _("The comment you answered waits for a moderator; it takes no replies until then.")
    return _("The comment you answered was removed by a moderator.")


# ----------------------------------------------------------------------------------------- moving


class Place(NamedTuple):
    """Where a comment stands, read under the lock of its thread."""

    lft: int
    rght: int
    level: int
    parent_id: int | None


def lock(*thread_ids: int) -> None:
    """Take the rows of these threads, ascending. Raises Moved if one is gone."""
    wanted = sorted(set(thread_ids))
    rows = Thread.objects.select_for_update(no_key=True).filter(pk__in=wanted).order_by("pk")
    if [thread.pk for thread in rows] != wanted:
        raise Moved


def lock_thread_of(comment_id: int) -> int:
    """Lock the thread in which the comment stands; return its id. Raises Comment.DoesNotExist, Moved."""
    thread_id = Comment.objects.values_list("thread_id", flat=True).get(pk=comment_id)
    lock(thread_id)
    if not Comment.objects.filter(pk=comment_id, thread_id=thread_id).exists():
        raise Moved
    return int(thread_id)


def place(comment_id: int, thread_id: int) -> Place:
    """Return where the comment stands in the locked thread. Raises Moved."""
    found = (
        Comment.objects.filter(pk=comment_id, tree_id=thread_id)
        .values_list("lft", "rght", "level", "parent_id")
        .first()
    )
    if not found:
        raise Moved
    return Place(*found)


def detach(comment_id: int, *, source_id: int, topic_id: int) -> Thread:
    """Make the branch a thread of its own, its ordinal still to be given (`number_thread`).

    The source thread is locked. Raises ValidationError "already-thread" for a root.
    """
    at = place(comment_id, source_id)
    if at.parent_id is None:
        raise ValidationError(_("This comment begins its thread already."), "already-thread")
    root = Comment.objects.get(pk=comment_id)
    thread = Thread.objects.create(
        topic_id=topic_id,
        ordinal=10**15 + comment_id,  # no other thread's, until the topic gives one
        created_at=root.created_at,
        last_activity_at=root.created_at,
    )
    _run(
        f"UPDATE {TABLE} SET tree_id = %s, thread_id = %s, lft = lft - %s, rght = rght - %s,"
        " level = level - %s, parent_id = CASE WHEN id = %s THEN NULL ELSE parent_id END"
        " WHERE tree_id = %s AND lft BETWEEN %s AND %s",
        [
            thread.pk,
            thread.pk,
            at.lft - 1,
            at.lft - 1,
            at.level,
            comment_id,
            source_id,
            at.lft,
            at.rght,
        ],
    )
    _close_gap(source_id, at)
    return thread


def number_thread(thread_id: int, ordinal: int) -> None:
    """Give a detached thread the ordinal that its topic just gave, and its root the same."""
    Thread.objects.filter(pk=thread_id).update(ordinal=ordinal)
    Comment.objects.filter(tree_id=thread_id, parent=None).update(ordinal=ordinal)


def merge(thread_id: int, *, under_id: int, target_id: int) -> None:
    """Hang the whole thread under comment `under_id` of the target thread; both are locked.

    The thread's row is deleted. Raises ValidationError "same-thread" where they are one.
    """
    if thread_id == target_id:
        raise ValidationError(_("A thread cannot hang under itself."), "same-thread")
    at = place(under_id, target_id)
    root = Comment.objects.values_list("rght", flat=True).get(tree_id=thread_id, parent=None)
    given = Comment.objects.values_list("replies_given", flat=True).get(pk=under_id)
    _run(
        f"UPDATE {TABLE} SET lft = CASE WHEN lft > %s THEN lft + %s ELSE lft END, rght = rght + %s,"
        " replies_given = replies_given + CASE WHEN id = %s THEN 1 ELSE 0 END"
        " WHERE tree_id = %s AND rght >= %s",
        [at.rght, root, root, under_id, target_id, at.rght],
    )
    _run(
        f"UPDATE {TABLE} SET tree_id = %s, thread_id = %s, lft = lft + %s, rght = rght + %s,"
        " level = level + %s,"
        " ordinal = CASE WHEN parent_id IS NULL THEN %s ELSE ordinal END,"
        " parent_id = CASE WHEN parent_id IS NULL THEN %s ELSE parent_id END WHERE tree_id = %s",
        [
            target_id,
            target_id,
            at.rght - 1,
            at.rght - 1,
            at.level + 1,
            given + 1,
            under_id,
            thread_id,
        ],
    )
    _run(f"DELETE FROM {Thread._meta.db_table} WHERE id = %s", [thread_id])


def purge(comment_id: int, *, thread_id: int) -> int:
    """Delete the branch for good, texts and earlier texts with it; return how many comments went.

    The thread is locked; if its root goes, its row goes too.
    """
    at = place(comment_id, thread_id)
    branch = f"SELECT id FROM {TABLE} WHERE tree_id = %s AND lft BETWEEN %s AND %s"
    where = [thread_id, at.lft, at.rght]
    for model in (HeldEdit, Revision, CommentText):
        _run(f"DELETE FROM {model._meta.db_table} WHERE comment_id IN ({branch})", where)
    _run(f"DELETE FROM {TABLE} WHERE tree_id = %s AND lft BETWEEN %s AND %s", where)
    if at.parent_id is None:
        _run(f"DELETE FROM {Thread._meta.db_table} WHERE id = %s", [thread_id])
    else:
        _close_gap(thread_id, at)
    return (at.rght - at.lft + 1) // 2


def _close_gap(thread_id: int, at: Place) -> None:
    width = at.rght - at.lft + 1
    _run(
        f"UPDATE {TABLE} SET lft = CASE WHEN lft > %s THEN lft - %s ELSE lft END, rght = rght - %s"
        " WHERE tree_id = %s AND rght > %s",
        [at.rght, width, width, thread_id, at.rght],
    )


def _run(sql: str, values: Sequence[Any]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)


# --------------------------------------------------------------------------------- checking, mending

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


class Node(NamedTuple):
    """A row as repair reads it."""

    id: int
    parent_id: int | None
    thread_id: int
    tree_id: int
    lft: int
    rght: int
    level: int


@dataclass
class Repair:
    """What a repair did: rows written, and what parent_id alone cannot mend."""

    written: int = 0
    left: list[Fault] = field(default_factory=list)


def repair(thread_ids: Iterable[int]) -> Repair:
    """Renumber these threads from parent_id, siblings in their stored order; write only what differs.

    Locks the threads. Orphans, cycles and second roots are left as they are and named.
    """
    wanted = sorted(set(thread_ids))
    done = Repair()
    if not wanted:
        return done
    with transaction.atomic():
        list(Thread.objects.select_for_update(no_key=True).filter(pk__in=wanted).order_by("pk"))
        fields = ("id", "parent_id", "thread_id", "tree_id", "lft", "rght", "level")
        rows = Comment.objects.filter(thread_id__in=wanted).order_by("thread_id", "lft", "id")
        by_thread: dict[int, list[Node]] = {}
        for row in rows.values_list(*fields).iterator(10_000):
            by_thread.setdefault(row[2], []).append(Node(*row))
        changed: list[tuple[int, int, int, int, int]] = []
        for thread_id, nodes in by_thread.items():
            numbered, lost = renumber(nodes)
            done.left += [Fault(thread_id, lost_id, why) for lost_id, why in lost]
            if lost:
                continue
            for node in nodes:
                lft, rght, level = numbered[node.id]
                if (node.lft, node.rght, node.level, node.tree_id) != (lft, rght, level, thread_id):
                    changed.append((node.id, thread_id, lft, rght, level))
        _write_numbers(changed)
        done.written = len(changed)
    return done


def renumber(
    nodes: Sequence[Node],
) -> tuple[dict[int, tuple[int, int, int]], list[tuple[int, str]]]:
    """Return {id: (lft, rght, level)} of one thread's nodes by parent_id alone, and what is lost.

    Nodes come in stored order, which siblings keep. No recursion: depth is what people wrote.
    """
    children: dict[int | None, list[int]] = {}
    known = {node.id for node in nodes}
    lost = []
    for node in nodes:
        children.setdefault(node.parent_id, []).append(node.id)
        if node.parent_id is not None and node.parent_id not in known:
            lost.append((node.id, "parent is missing or in another thread"))
    roots = children.get(None, [])
    lost += [(node_id, "a second root") for node_id in roots[1:]]
    numbered: dict[int, tuple[int, int, int]] = {}
    at = 0
    open_nodes: list[tuple[int, int, int, Iterator[int]]] = []  # id, lft, level, its children

    def enter(node_id: int) -> None:
        nonlocal at
        at += 1
        open_nodes.append((node_id, at, len(open_nodes), iter(children.get(node_id, ()))))

    for root in roots[:1]:
        enter(root)
        while open_nodes:
            node_id, lft, level, rest = open_nodes[-1]
            following = next(rest, None)
            if following is not None:
                enter(following)
                continue
            at += 1
            numbered[node_id] = (lft, at, level)
            open_nodes.pop()
    missing = known - numbered.keys() - {node_id for node_id, _why in lost}
    lost += [(node_id, "cannot be reached from the root") for node_id in sorted(missing)]
    return numbered, lost


def _write_numbers(changed: Sequence[tuple[int, int, int, int, int]]) -> None:
    """Write (id, thread_id, lft, rght, level) rows, all tree columns of a row in one statement."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            for start in range(0, len(changed), 10_000):
                columns = [
                    list(column) for column in zip(*changed[start : start + 10_000], strict=True)
                ]
                cursor.execute(
                    f"UPDATE {TABLE} c SET tree_id = v.t, lft = v.l, rght = v.r, level = v.v"
                    " FROM unnest(%s::bigint[], %s::bigint[], %s::int[], %s::int[], %s::int[])"
                    " AS v(id, t, l, r, v) WHERE c.id = v.id",
                    columns,
                )
        elif changed:
            cursor.executemany(
                f"UPDATE {TABLE} SET tree_id = %s, lft = %s, rght = %s, level = %s WHERE id = %s",
                [(thread_id, lft, rght, level, pk) for pk, thread_id, lft, rght, level in changed],
            )


# --------------------------------------------------------------------------------- loading in bulk


@dataclass(slots=True)
class Loaded:
    """A comment to be loaded in bulk. `key` is anything hashable; `parent` a key of the same load or
    None for a new thread. Exactly one of member_id, pen_id, author_name is given.
    """

    key: Any
    parent: Any
    created_at: datetime
    body: str
    body_format: str
    body_html: str
    html_version: int
    state: str = State.PUBLIC
    author_name: str = ""
    member_id: int | None = None
    pen_id: int | None = None
    reason: str = ""
    author_url: str = ""
    edited_at: datetime | None = None


def bulk_load(topic_id: int, comments: Sequence[Loaded], *, threads_given: int) -> dict[Any, int]:
    """Insert whole new threads of one topic; return {key: comment id}.

    The caller holds the topic row and knows its `threads_given`, which it raises by the number of
    roots. Siblings are numbered by (created_at, given order). Parents must be among `comments`.
    """
    order = sorted(range(len(comments)), key=lambda at: (comments[at].created_at, at))
    roots = [at for at in order if comments[at].parent is None]
    children: dict[Any, list[int]] = {}
    for at in order:
        if comments[at].parent is not None:
            children.setdefault(comments[at].parent, []).append(at)
    thread_ids = _reserve(Thread._meta.db_table, len(roots))
    ids = dict(zip((comments[at].key for at in order), _reserve(TABLE, len(comments)), strict=True))
    thread_rows: list[tuple[Any, ...]] = []
    rows: list[tuple[Any, ...]] = []
    for ordinal, (root, thread_id) in enumerate(
        zip(roots, thread_ids, strict=True), start=threads_given + 1
    ):
        mine = _number_thread_rows(comments, children, ids, root, thread_id, ordinal)
        public = [row[_STATE] == State.PUBLIC for row in mine]
        dates = [row[_CREATED] for row in mine if row[_STATE] == State.PUBLIC]
        first = comments[root].created_at
        thread_rows.append(
            (thread_id, topic_id, ordinal, first, None, max(dates, default=first), sum(public))
        )
        rows += mine
    if len(rows) != len(comments):
        raise ValueError("a comment's parent is not among the loaded ones, or they form a circle")
    _copy(Thread._meta.db_table, _THREAD_COLUMNS, thread_rows)
    _copy(TABLE, _COMMENT_COLUMNS, rows)
    _copy(CommentText._meta.db_table, _TEXT_COLUMNS, [
        (ids[c.key], c.body, c.body_format, c.body_html, c.html_version, None, c.author_url, "")
        for c in comments
    ])  # fmt: skip
    return ids


_THREAD_COLUMNS = [
    "id",
    "topic_id",
    "ordinal",
    "created_at",
    "locked_at",
    "last_activity_at",
    "comment_count",
]
_COMMENT_COLUMNS = [
    "id",
    "thread_id",
    "parent_id",
    "tree_id",
    "lft",
    "rght",
    "level",
    "ordinal",
    "replies_given",
    "member_id",
    "pen_id",
    "author_name",
    "state",
    "state_at",
    "reason",
    "created_at",
    "edited_at",
    "language",
    "kind",
]
_TEXT_COLUMNS = [
    "comment_id",
    "body",
    "body_format",
    "body_html",
    "html_version",
    "submission",
    "author_url",
    "network_key",
]
_STATE, _CREATED = _COMMENT_COLUMNS.index("state"), _COMMENT_COLUMNS.index("created_at")


def _number_thread_rows(
    comments: Sequence[Loaded],
    children: dict[Any, list[int]],
    ids: dict[Any, int],
    root: int,
    thread_id: int,
    ordinal: int,
) -> list[tuple[Any, ...]]:
    """Return the rows of one thread, numbered in one pass with an explicit stack."""
    rows: list[tuple[Any, ...]] = []
    edge = 0
    open_nodes: list[tuple[int, int, int, Iterator[tuple[int, int]]]] = []  # at, ordinal, lft, rest

    def enter(at: int, number: int) -> None:
        nonlocal edge
        edge += 1
        replies = children.get(comments[at].key, ())
        open_nodes.append((at, number, edge, iter([(n, one) for n, one in enumerate(replies, 1)])))

    enter(root, ordinal)
    while open_nodes:
        at, number, lft, rest = open_nodes[-1]
        following = next(rest, None)
        if following is not None:
            enter(following[1], following[0])
            continue
        edge += 1
        open_nodes.pop()
        one = comments[at]
        rows.append((
            ids[one.key], thread_id, ids[one.parent] if one.parent is not None else None, thread_id,
            lft, edge, len(open_nodes), number, len(children.get(one.key, ())), one.member_id,
            one.pen_id, one.author_name, str(one.state), one.created_at, one.reason,
            one.created_at, one.edited_at, "", "",
        ))  # fmt: skip
    return rows


def _reserve(table: str, count: int) -> list[int]:
    """Return `count` fresh primary keys, ascending."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)",
                [table, count],
            )
            return sorted(row[0] for row in cursor.fetchall())
        # The IMMEDIATE transaction keeps others out until these rows are in.
        cursor.execute("SELECT seq FROM sqlite_sequence WHERE name = %s", [table])
        last = (cursor.fetchone() or (0,))[0]
    return list(range(last + 1, last + 1 + count))


def _copy(table: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    names = ", ".join(columns)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
            return
        marks = ", ".join(["%s"] * len(columns))
        adapt = connection.ops.adapt_datetimefield_value
        cursor.executemany(
            f"INSERT INTO {table} ({names}) VALUES ({marks})",
            [[adapt(v) if isinstance(v, datetime) else v for v in row] for row in rows],
        )
