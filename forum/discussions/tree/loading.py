"""Loading many comments at once, numbered in memory. See the package's docstring."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain, islice
from typing import Any

from django.db import connection

from forum import markup
from forum.discussions.bulk import copy_rows
from forum.discussions.models import (
    Appeal,
    Comment,
    CommentText,
    HeldEdit,
    Mention,
    Report,
    Revision,
    State,
    Thread,
    Vote,
)
from forum.discussions.tree.counting import recount_threads
from forum.discussions.tree.mending import Node, renumber, write_numbers
from forum.discussions.tree.reading import TABLE
from forum.index import folding
from forum.index.tables import key_of


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


@dataclass(slots=True)
class Load:
    """Whole new threads of one topic in the order in which a tree is read: a parent stands before
    what answers it, siblings in the order of their arrival. threads_given: of the topic, before.
    """

    topic_id: int
    comments: Sequence[Loaded]
    threads_given: int
    ids: dict[Any, int] = field(default_factory=dict)  # {key: comment id}, once written
    thread_ids: list[int] = field(default_factory=list)


def bulk_load(topic_id: int, comments: Sequence[Loaded], *, threads_given: int) -> dict[Any, int]:
    """Insert whole new threads of one topic; return {key: comment id}.

    The caller holds the topic row and knows its `threads_given`, which it raises by the number of
    roots. Siblings are numbered by (created_at, given order). Parents must be among `comments`.
    """
    load = Load(topic_id, _in_reading_order(comments), threads_given)
    if len(load.comments) != len(comments):
        raise ValueError("a comment's parent is not among the loaded ones, or they form a circle")
    bulk_load_many([load])
    return load.ids


def _in_reading_order(comments: Sequence[Loaded]) -> list[Loaded]:
    """Return the comments that can be reached from a root; siblings by (created_at, given order)."""
    children: dict[Any, list[Loaded]] = {}
    for one in sorted(comments, key=lambda each: each.created_at):
        children.setdefault(one.parent, []).append(one)
    found = []
    stack = children.get(None, [])[::-1]
    while stack:
        one = stack.pop()
        found.append(one)
        stack += reversed(children.get(one.key, ()))
    return found


def bulk_load_many(loads: Sequence[Load]) -> None:
    """Insert the threads of several topics at once and fill ids and thread_ids of each load.

    The caller holds the topics' rows. Raises KeyError for a parent that does not stand before.
    """
    roots = [sum(one.parent is None for one in load.comments) for load in loads]
    thread_ids = iter(_reserve(Thread._meta.db_table, sum(roots)))
    ids = iter(_reserve(TABLE, sum(len(load.comments) for load in loads)))
    thread_rows: list[tuple[Any, ...]] = []
    rows: list[tuple[Any, ...]] = []
    for load, count in zip(loads, roots, strict=True):
        load.thread_ids = list(islice(thread_ids, count))
        by_date = sorted(load.comments, key=lambda one: one.created_at)
        load.ids = {one.key: pk for one, pk in zip(by_date, ids, strict=False)}
        rows += _number_load(load, thread_rows)
    texts = chain.from_iterable(_text_rows(load.comments, load.ids) for load in loads)
    copy_rows(Thread, _THREAD_COLUMNS, thread_rows)
    copy_rows(Comment, _COMMENT_COLUMNS, rows)
    copy_rows(CommentText, _TEXT_COLUMNS, texts)


def _number_load(load: Load, thread_rows: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """Return the rows of a load's comments and add those of its threads.

    In reading order the comment at place i of its thread and depth d has lft 2i - d + 1; its rght
    follows from how many stand below it.
    """
    comments, count = load.comments, len(load.comments)
    places: dict[Any, int] = {None: -1}
    ups = [-1] * count  # each one's parent's place
    depths, sizes, given = [0] * count, [1] * count, [0] * count
    ordinals = [0] * count
    ordinal = load.threads_given
    for place, one in enumerate(comments):
        up = ups[place] = places[one.parent]
        if up < 0:
            ordinal += 1
            ordinals[place] = ordinal
        else:
            depths[place] = depths[up] + 1
            given[up] += 1
            ordinals[place] = given[up]
        places[one.key] = place
    for place in range(count - 1, -1, -1):
        if ups[place] >= 0:
            sizes[ups[place]] += sizes[place]
    rows: list[tuple[Any, ...]] = []
    ids, threads = load.ids, iter(load.thread_ids)
    root = thread_id = 0
    for place, one in enumerate(comments):
        depth, up = depths[place], ups[place]
        if up < 0:
            root, thread_id = place, next(threads)
            thread = comments[place : place + sizes[place]]
            thread_rows.append(_thread_row(load.topic_id, thread_id, ordinals[place], thread))
        lft = 2 * (place - root) - depth + 1
        parent_id = None if up < 0 else ids[one.parent]
        where = (ids[one.key], thread_id, parent_id, thread_id)
        numbers = (lft, lft + 2 * sizes[place] - 1, depth, ordinals[place])
        rows.append(_row(one, (*where, *numbers), replies_given=given[place]))
    return rows


def _thread_row(
    topic_id: int, thread_id: int, ordinal: int, comments: Sequence[Loaded]
) -> tuple[Any, ...]:
    first = comments[0].created_at
    dates = [one.created_at for one in comments if one.state == "public"]
    return (thread_id, topic_id, ordinal, first, None, max(dates, default=first), len(dates))


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
    copy_rows(CommentText, _TEXT_COLUMNS, _text_rows(comments, ids))
    recount_threads(thread_id)
    return ids


def unload(thread_ids: Sequence[int]) -> int:
    """Delete these threads, which the caller has locked, with all that stands in them; return how
    many comments went. What bulk_load wrote goes as it came.
    """
    gone = 0
    for start in range(0, len(thread_ids), _AT_ONCE):
        some = list(thread_ids[start : start + _AT_ONCE])
        marks = ",".join(["%s"] * len(some))
        branch = f"SELECT id FROM {TABLE} WHERE tree_id IN ({marks})"
        with connection.cursor() as cursor:
            # Comment rows before their texts: whoever edits takes them in this order.
            rows = Comment.objects.filter(tree_id__in=some).order_by("pk")
            list(rows.select_for_update(no_key=True).values_list("pk"))
            for model in (Appeal, Report, Vote, Mention, HeldEdit, Revision, CommentText):
                table = model._meta.db_table
                cursor.execute(f"DELETE FROM {table} WHERE comment_id IN ({branch})", some)
            cursor.execute(f"DELETE FROM {TABLE} WHERE tree_id IN ({marks})", some)
            gone += cursor.rowcount
            cursor.execute(f"DELETE FROM {Thread._meta.db_table} WHERE id IN ({marks})", some)
    return gone


_AT_ONCE = 500  # threads
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
    "due_at",
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
    "words",
    "search_key",
]


def _row(one: Loaded, place: tuple[Any, ...], *, replies_given: int) -> tuple[Any, ...]:
    """Return the row of _COMMENT_COLUMNS; `place` are those before replies_given."""
    at, who = one.created_at, (one.member_id, one.pen_id, one.author_name)
    state = (str(one.state), at, one.reason, at if one.state == State.HELD else None)
    return (*place, replies_given, *who, *state, at, one.edited_at, "", "")


def _text_rows(comments: Sequence[Loaded], ids: dict[Any, int]) -> Iterator[tuple[Any, ...]]:
    for c in comments:
        pk, made = ids[c.key], (c.body_html, c.html_version)
        found_by = (folding.running(markup.open_words(c.body_html)), key_of(c.created_at, pk))
        yield (pk, c.body, c.body_format, *made, None, c.author_url, "", *found_by)


def _reserve(table: str, count: int) -> list[int]:
    """Return `count` fresh primary keys, ascending."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            # By name: asked for in the same statement, it would be looked up for every number.
            cursor.execute("SELECT pg_get_serial_sequence(%s, 'id')", [table])
            (sequence,) = cursor.fetchone()
            cursor.execute(
                "SELECT nextval(%s::regclass) FROM generate_series(1, %s)", [sequence, count]
            )
            return sorted(row[0] for row in cursor.fetchall())
        # The IMMEDIATE transaction keeps others out until these rows are in.
        cursor.execute("SELECT seq FROM sqlite_sequence WHERE name = %s", [table])
        last = (cursor.fetchone() or (0,))[0]
    return list(range(last + 1, last + 1 + count))
