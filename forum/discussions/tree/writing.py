"""Writing trees: posting, detaching, merging, purging. See the package's docstring."""

import random
import time
from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

from django.core.exceptions import ValidationError
from django.db import connection
from django.utils.translation import gettext as _

from forum import sql
from forum.discussions.models import (
    Comment,
    FormerNumber,
    State,
    Thread,
)
from forum.discussions.tree.reading import TABLE, THREADS
from forum.discussions.tree.tallies import rank_threads

# Seconds between looks at a thread that another writer holds, before waiting in line for it
# (docs/decisions/0096). Who waits in line keeps PostgreSQL from clearing away what the writers before
# leave behind.
PAUSES = [0.002, 0.005, 0.01, 0.02, *[0.05] * 60]


class Moved(Exception):
    """The comment stands in another thread than the one locked: start again."""


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


def insert_reply(comment: Comment, *, topic_id: int, thread_id: int, parent_id: int) -> None:
    """Save `comment` as the last reply to `parent_id`; four statements whatever the size.

    Raises ValidationError "thread-locked", "comment-locked" or "parent-<state>"; Moved if the thread or the parent is
    not where it was.
    """
    _take_thread(thread_id, topic_id, comment)
    # A statement of its own after the lock, so that it reads what the writer before us committed.
    at = place(parent_id, thread_id)
    if at.state != State.PUBLIC:
        raise ValidationError(_not_public(at.state), f"parent-{at.state}")
    if at.locked_at:
        raise ValidationError(
            _("This part of the talk is locked: it takes no more replies."), "comment-locked"
        )
    _open_gap(thread_id, at.rght, 2, under_id=parent_id)
    comment.thread_id = comment.tree_id = thread_id
    comment.parent_id, comment.ordinal = parent_id, at.replies_given + 1
    comment.lft, comment.rght, comment.level = at.rght, at.rght + 1, at.level + 1
    comment.slow_s = at.slow_s
    comment.save(force_insert=True)


def _take_thread(thread_id: int, topic_id: int, comment: Comment) -> None:
    """Count the reply into its thread: this UPDATE is the lock of the tree.

    The topic is asked too: the caller counts the reply there.
    """
    is_counted = comment.is_public
    at = sql.moment(comment.created_at)
    count = (
        f"UPDATE {THREADS} SET comment_count = comment_count + %s,"
        " last_activity_at = CASE WHEN %s THEN %s ELSE last_activity_at END"
        " WHERE topic_id = %s AND locked_at IS NULL AND id = "
    )
    values = [int(is_counted), is_counted, at, topic_id, thread_id]
    free = f"(SELECT id FROM {THREADS} WHERE id = %s FOR NO KEY UPDATE SKIP LOCKED)"
    for pause in PAUSES if connection.vendor == "postgresql" else ():
        if sql.changed(count + free, values):
            return
        if not Thread.objects.filter(pk=thread_id, topic_id=topic_id, locked_at=None).exists():
            break
        # Not all at once; nothing is secret about it.
        time.sleep(pause * random.uniform(0.5, 1.5))  # noqa: S311
    if sql.changed(f"{count}%s", values):
        return
    if Thread.objects.filter(pk=thread_id, topic_id=topic_id).exists():
        raise ValidationError(
            _("This thread is locked: it takes no more replies."), "thread-locked"
        )
    raise Moved


def _not_public(state: str) -> str:
    if state == State.DELETED:
        return _("The comment you answered was deleted by its author.")
    if state == State.HELD:
        return _("The comment you answered waits for a moderator; it takes no replies until then.")
    return _("The comment you answered was removed by a moderator.")


class Place(NamedTuple):
    """Where a comment stands, read under the lock of its thread."""

    lft: int
    rght: int
    level: int
    parent_id: int | None
    replies_given: int
    state: str
    locked_at: Any
    slow_s: int | None


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


def lock_threads_of(comment_ids: Collection[int]) -> dict[int, int]:
    """Lock the threads in which the comments stand; return {comment: thread}, without what is gone.

    Raises Moved if one went elsewhere meanwhile.
    """
    rows = Comment.objects.filter(pk__in=comment_ids).order_by().values_list("pk", "thread_id")
    homes = dict(rows)
    lock(*homes.values())
    if dict(rows.all()) != homes:
        raise Moved
    return homes


def place(comment_id: int, thread_id: int) -> Place:
    """Return where the comment stands in the locked thread. Raises Moved."""
    found = sql.rows(
        f"SELECT {', '.join(Place._fields)} FROM {TABLE} WHERE id = %s AND tree_id = %s",
        [comment_id, thread_id],
    )
    if not found:
        raise Moved
    return Place(*found[0])


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
    sql.changed(
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
    close_gap(source_id, at)
    rank_threads(thread.pk)
    return thread


def move(root: Comment, *, topic_id: int) -> None:
    """Put the locked thread of this root into another topic, its ordinal still to be given; it is
    pinned there no more.
    """
    ordinal = 10**15 + root.pk
    rows = Thread.objects.filter(pk=root.thread_id)
    rows.update(topic_id=topic_id, ordinal=ordinal, pinned_at=None)


def keep_number(comment: Comment, topic_id: int) -> None:
    """Let the number that the comment has now lead to it after it is moved; its thread is locked."""
    keep_numbers([comment], topic_id)


def keep_numbers(comments: Sequence[Comment], topic_id: int) -> None:
    """Do the same for several comments, in one statement."""
    FormerNumber.objects.bulk_create(
        [
            FormerNumber(
                topic_id=None if comment.parent_id else topic_id,
                parent_id=comment.parent_id,
                ordinal=comment.ordinal,
                comment_id=comment.pk,
            )
            for comment in comments
        ],
        ignore_conflicts=True,  # it was moved back meanwhile, and is moved again
    )


def number_thread(thread_id: int, ordinal: int) -> None:
    """Give a detached or moved thread the ordinal that its topic just gave, and its root the same."""
    Thread.objects.filter(pk=thread_id).update(ordinal=ordinal)
    Comment.objects.filter(tree_id=thread_id, parent=None).update(ordinal=ordinal)


def merge(thread_id: int, *, under_id: int, target_id: int, ordinal: int | None = None) -> None:
    """Hang the whole thread under comment `under_id` of the target thread; both are locked.

    The thread's row is deleted. `ordinal`: one that its root had there before, with its old place
    among the siblings; else it is the last.
    Raises ValidationError "same-thread" where they are one.
    """
    if thread_id == target_id:
        raise ValidationError(_("A thread cannot hang under itself."), "same-thread")
    at = place(under_id, target_id)
    width = Comment.objects.values_list("rght", flat=True).get(tree_id=thread_id, parent=None)
    spot = at.rght
    if ordinal:
        later = Comment.objects.filter(parent_id=under_id, ordinal__gt=ordinal).order_by("ordinal")
        spot = later.values_list("lft", flat=True).first() or spot
    _open_gap(target_id, spot, width, under_id=under_id)
    sql.changed(
        f"UPDATE {TABLE} SET tree_id = %s, thread_id = %s, lft = lft + %s, rght = rght + %s,"
        " level = level + %s,"
        " ordinal = CASE WHEN parent_id IS NULL THEN %s ELSE ordinal END,"
        " parent_id = CASE WHEN parent_id IS NULL THEN %s ELSE parent_id END WHERE tree_id = %s",
        [
            target_id,
            target_id,
            spot - 1,
            spot - 1,
            at.level + 1,
            ordinal or at.replies_given + 1,
            under_id,
            thread_id,
        ],
    )
    sql.changed(f"DELETE FROM {THREADS} WHERE id = %s", [thread_id])


def _open_gap(thread_id: int, at: int, width: int, *, under_id: int) -> None:
    """Push what stands from number `at` on to the right; `under_id` gives one more ordinal."""
    sql.changed(
        f"UPDATE {TABLE} SET lft = CASE WHEN lft >= %s THEN lft + %s ELSE lft END, rght = rght + %s,"
        " replies_given = replies_given + CASE WHEN id = %s THEN 1 ELSE 0 END"
        " WHERE tree_id = %s AND rght >= %s",
        [at, width, width, under_id, thread_id, at],
    )


def close_gap(thread_id: int, at: Place) -> None:
    width = at.rght - at.lft + 1
    sql.changed(
        f"UPDATE {TABLE} SET lft = CASE WHEN lft > %s THEN lft - %s ELSE lft END, rght = rght - %s"
        " WHERE tree_id = %s AND rght > %s",
        [at.rght, width, width, thread_id, at.rght],
    )


class _Piece(NamedTuple):
    """A branch that is carried to another tree: where it stands, and at which number it will."""

    id: int
    lft: int
    rght: int
    level: int
    ordinal: int
    new_lft: int

    @property
    def width(self) -> int:
        return self.rght - self.lft + 1


def transplant(
    ordinals: Mapping[int, int], *, source_id: int, target_id: int, under_id: int
) -> None:
    """Carry branches from one locked tree under a comment of another: {top: its ordinal there}.

    They stand among the replies there by these ordinals. None of them is the source's root or below
    another. Seven statements, however many they are and however big. Raises Moved.
    """
    at = place(under_id, target_id)
    later = Comment.objects.filter(parent_id=under_id, ordinal__gt=min(ordinals.values()))
    siblings = list(later.order_by("ordinal").values_list("ordinal", "lft"))
    rows = Comment.objects.filter(pk__in=ordinals, tree_id=source_id).exclude(parent=None)
    found = {pk: edges for pk, *edges in rows.values_list("pk", "lft", "rght", "level")}
    if len(found) != len(ordinals):
        raise Moved
    pieces: list[_Piece] = []
    gaps: list[tuple[int, int]] = []  # (from this number on, so far to the right)
    shift = 0
    for pk, ordinal in sorted(ordinals.items(), key=lambda pair: pair[1]):
        spot = next((lft for other, lft in siblings if other > ordinal), at.rght)
        lft, rght, level = found[pk]
        pieces.append(_Piece(pk, lft, rght, level, ordinal, spot + shift))
        shift += pieces[-1].width
        gaps.append((spot, shift))
    _push(target_id, gaps)
    _carry(pieces, source_id=source_id, target_id=target_id, under_id=under_id, level=at.level + 1)
    pieces.sort(key=lambda piece: piece.lft)
    closed, gone = [], 0
    for piece in pieces:
        gone -= piece.width
        closed.append((piece.rght, gone))
    _push(source_id, closed)
    given = max(at.replies_given, *ordinals.values())
    Comment.objects.filter(pk=under_id).update(replies_given=given)


def _push(thread_id: int, shifts: Sequence[tuple[int, int]]) -> None:
    """Move the numbers of a tree: (from, by), ascending; the last one that is reached counts."""
    parts = " ".join("WHEN {0} >= %s THEN {0} + %s" for _shift in shifts)
    values = [value for shift in reversed(shifts) for value in shift]
    moved = f"CASE {parts} ELSE {{0}} END"
    sql.changed(
        f"UPDATE {TABLE} SET lft = {moved.format('lft')}, rght = {moved.format('rght')}"
        " WHERE tree_id = %s AND rght >= %s",
        [*values, *values, thread_id, shifts[0][0]],
    )


def _carry(
    pieces: Sequence[_Piece], *, source_id: int, target_id: int, under_id: int, level: int
) -> None:
    """Write the branches into the target, where there is room for them; one statement."""
    within = " OR ".join("lft BETWEEN %s AND %s" for _piece in pieces)
    edges = [value for one in pieces for value in (one.lft, one.rght)]
    by_range = " ".join("WHEN lft BETWEEN %s AND %s THEN %s" for _piece in pieces)
    moved = [value for one in pieces for value in (one.lft, one.rght, one.new_lft - one.lft)]
    raised = [value for one in pieces for value in (one.lft, one.rght, level - one.level)]
    by_id = " ".join("WHEN %s THEN %s" for _piece in pieces)
    numbers = [value for one in pieces for value in (one.id, one.ordinal)]
    tops = ", ".join("%s" for _piece in pieces)
    sql.changed(
        f"UPDATE {TABLE} SET tree_id = %s, thread_id = %s,"
        f" lft = lft + CASE {by_range} ELSE 0 END, rght = rght + CASE {by_range} ELSE 0 END,"
        f" level = level + CASE {by_range} ELSE 0 END,"
        f" ordinal = CASE id {by_id} ELSE ordinal END,"
        f" parent_id = CASE WHEN id IN ({tops}) THEN %s ELSE parent_id END"
        f" WHERE tree_id = %s AND ({within})",
        [
            *(target_id, target_id, *moved, *moved, *raised, *numbers),
            *(*(one.id for one in pieces), under_id, source_id, *edges),
        ],
    )
