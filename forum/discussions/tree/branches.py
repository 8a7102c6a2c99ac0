"""What is done to a comment and all below it, by its range. See the package's docstring.

The thread is locked by the caller.
"""

from datetime import datetime
from typing import Any

from forum import sql
from forum.discussions.models import (
    Appeal,
    Comment,
    CommentText,
    HeldEdit,
    Mention,
    Report,
    Revision,
    State,
    Vote,
)
from forum.discussions.tree.reading import TABLE, THREADS
from forum.discussions.tree.writing import close_gap, place

_BRANCH = "tree_id = %s AND lft BETWEEN %s AND %s"


def lock_branch(comment_id: int, *, thread_id: int, at: datetime) -> int:
    """Let the branch take no more replies; return how many comments took some until now."""
    where = f"{_BRANCH} AND locked_at IS NULL"
    return _set(comment_id, thread_id, "locked_at = %s", [sql.moment(at)], where, [])


def unlock_branch(comment_id: int, *, thread_id: int, since: datetime | None = None) -> int:
    """Let the branch take replies again; `since`: only what was locked at that moment."""
    where = f"{_BRANCH} AND locked_at IS NOT NULL"
    if since is None:
        return _set(comment_id, thread_id, "locked_at = NULL", [], where, [])
    where = f"{_BRANCH} AND locked_at = %s"
    return _set(comment_id, thread_id, "locked_at = NULL", [], where, [sql.moment(since)])


def slow_branch(
    comment_id: int, *, thread_id: int, seconds: int | None
) -> dict[int | None, list[int]]:
    """Let the branch take one reply a person in so many seconds, None: as many as they like.

    Returns what its comments had before, {seconds: their ids}. Three statements.
    """
    at = place(comment_id, thread_id)
    where = [thread_id, at.lft, at.rght]
    before: dict[int | None, list[int]] = {}
    for pk, had in sql.rows(f"SELECT id, slow_s FROM {TABLE} WHERE {_BRANCH}", where):
        before.setdefault(had, []).append(pk)
    sql.changed(f"UPDATE {TABLE} SET slow_s = %s WHERE {_BRANCH}", [seconds, *where])
    return before


def hide_branch(comment_id: int, *, thread_id: int, at: datetime) -> int:
    """Let everything in the branch wait for its purge; what is erased stays so."""
    values = [State.PURGED, sql.moment(at)]
    where = f"{_BRANCH} AND state NOT IN (%s, %s)"
    gone = [State.PURGED, State.ERASED]
    change = "state = %s, state_at = %s, due_at = NULL"
    return _set(comment_id, thread_id, change, values, where, gone)


def _set(
    comment_id: int, thread_id: int, change: str, values: list[Any], where: str, more: list[Any]
) -> int:
    at = place(comment_id, thread_id)
    statement = f"UPDATE {TABLE} SET {change} WHERE {where}"
    return sql.changed(statement, [*values, thread_id, at.lft, at.rght, *more])


def purge(comment_id: int, *, thread_id: int) -> int:
    """Delete the branch for good, texts, earlier texts and votes with it; return how many comments went.

    The thread is locked; if its root goes, its row goes too.
    """
    at = place(comment_id, thread_id)
    # Comment rows before their texts: whoever edits takes them in this order.
    rows = Comment.objects.in_thread(thread_id).filter(lft__range=(at.lft, at.rght)).order_by()
    gone = len(rows.select_for_update(no_key=True).values_list("pk", flat=True))
    branch = f"SELECT id FROM {TABLE} WHERE tree_id = %s AND lft BETWEEN %s AND %s"
    where = [thread_id, at.lft, at.rght]
    for model in (Appeal, Report, Vote, Mention, HeldEdit, Revision, CommentText):
        sql.changed(f"DELETE FROM {model._meta.db_table} WHERE comment_id IN ({branch})", where)
    sql.changed(f"DELETE FROM {TABLE} WHERE tree_id = %s AND lft BETWEEN %s AND %s", where)
    if at.parent_id is None:
        sql.changed(f"DELETE FROM {THREADS} WHERE id = %s", [thread_id])
    else:
        close_gap(thread_id, at)
    return gone
