"""Loading many comments at once, numbered in memory. See the package's docstring."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from forum.discussions.bulk import copy_rows
from forum.discussions.models import Comment, CommentText, State, Thread
from forum.discussions.tree.counting import recount_threads
from forum.discussions.tree.mending import Node, renumber, write_numbers
from forum.discussions.tree.reading import TABLE


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
    copy_rows(Thread, _THREAD_COLUMNS, thread_rows)
    copy_rows(Comment, _COMMENT_COLUMNS, rows)
    _copy_texts(comments, ids)
    return ids


def bulk_reply(thread_id: int, comments: Sequence[Loaded]) -> dict[Any, int]:
    """Insert comments below those that the locked thread has; return {key: comment id}.

    `parent` is a key of the same load or else the id of a comment of the thread, in any state. They
    come after the replies that are there, numbered by (created_at, given order). The thread's
    counters are true afterwards, the topic's are the caller's. Raises ValueError for a parent that
    is not there.
    """
    comments = sorted(comments, key=lambda one: one.created_at)
    ids = dict(zip((c.key for c in comments), _reserve(TABLE, len(comments)), strict=True))
    stored = Comment.objects.in_thread(thread_id).order_by("lft")
    old = [Node(*row) for row in stored.values_list(*Node._fields).iterator()]
    before = dict(stored.values_list("pk", "replies_given"))
    given: Counter[Any] = Counter(before)
    parents = {c.key: ids.get(c.parent, c.parent) for c in comments}
    new = [Node(ids[c.key], parents[c.key], thread_id, thread_id, 0, 0, 0) for c in comments]
    numbered, lost = renumber([*old, *new])
    if lost:
        raise ValueError(f"thread {thread_id}: {lost[0][1]} (comment {lost[0][0]})")
    places = []
    for node in new:
        given[node.parent_id] += 1
        place = (node.id, thread_id, node.parent_id, thread_id, *numbered[node.id])
        places.append((*place, given[node.parent_id]))
    write_numbers([(n.id, thread_id, *numbered[n.id]) for n in old if numbered[n.id] != n[4:]])
    for pk, count in before.items():
        if given[pk] != count:
            Comment.objects.filter(pk=pk).update(replies_given=given[pk])
    rows = [_row(c, at, replies_given=given[at[0]]) for c, at in zip(comments, places, strict=True)]
    copy_rows(Comment, _COMMENT_COLUMNS, rows)
    _copy_texts(comments, ids)
    recount_threads(thread_id)
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
        parent_id = ids[one.parent] if one.parent is not None else None
        place = (ids[one.key], thread_id, parent_id, thread_id, lft, edge, len(open_nodes), number)
        rows.append(_row(one, place, replies_given=len(children.get(one.key, ()))))
    return rows


def _row(one: Loaded, place: tuple[Any, ...], *, replies_given: int) -> tuple[Any, ...]:
    """Return the row of _COMMENT_COLUMNS; `place` are those before replies_given."""
    who = (one.member_id, one.pen_id, one.author_name)
    state = (str(one.state), one.created_at, one.reason)
    return (*place, replies_given, *who, *state, one.created_at, one.edited_at, "", "")


def _copy_texts(comments: Sequence[Loaded], ids: dict[Any, int]) -> None:
    rows = (
        (ids[c.key], c.body, c.body_format, c.body_html, c.html_version, None, c.author_url, "")
        for c in comments
    )
    copy_rows(CommentText, _TEXT_COLUMNS, rows)


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
