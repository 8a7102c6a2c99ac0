"""A whole talk that goes to another topic, and comes back."""

from collections.abc import Sequence
from typing import NamedTuple

from django.core.exceptions import ValidationError
from django.db import connection
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from forum.accounts.readers import Reader
from forum.discussions import tree
from forum.discussions.models import Comment, FormerNumber, Thread, Topic
from forum.discussions.services.acts import in_transaction, log
from forum.discussions.services.visiting import follow_talk

AT_ONCE = 500  # rows a statement


class MovedThread(NamedTuple):
    """A thread that moved, and the number it had in the topic that it left."""

    thread_id: int
    ordinal: int


def present_topic_id(topic_id: int) -> int:
    """Return the id of the topic where this one's talk is now: its own unless it went elsewhere."""
    seen = {topic_id}
    while True:
        row = Topic.objects.filter(pk=topic_id).values_list("moved_to_id", flat=True).first()
        if row is None or row in seen:
            return topic_id
        topic_id = row
        seen.add(topic_id)


def move_talk(*, topic_id: int, to_id: int, by: Reader | None) -> list[MovedThread]:
    """Move every thread of a topic to another, by date; forms and new comments follow from then on.

    Permalinks stay, old numbers lead on. Threads are locked first, ascending, both topics last: a
    thread that somebody begins in between goes with them: none is left behind. Raises
    ValidationError: same-topic, topic-gone, moved.
    """
    if topic_id == to_id:
        raise ValidationError(_("The talk stands in this topic already."), "same-topic")

    def write() -> list[MovedThread]:
        rows = Thread.objects.filter(topic_id=topic_id).order_by("created_at", "pk")
        moved = [MovedThread(*row) for row in rows.values_list("pk", "ordinal")]
        _take(moved, topic_id)
        base = _lock_topics(topic_id, to_id)[to_id]
        moved += _take_late(rows.exclude(pk__in=[one.thread_id for one in moved]))
        _put(moved, to_id, {one.thread_id: base + at for at, one in enumerate(moved, 1)}, topic_id)
        Topic.objects.filter(pk=to_id).update(threads_given=base + len(moved))
        Topic.objects.filter(pk=topic_id).update(moved_to_id=to_id)
        follow_talk(topic_id=topic_id, to_id=to_id)
        log(by, "move-talk", None, to_id, before=str(topic_id), after=str(to_id))
        tree.recount_topics(topic_id, to_id)
        return moved

    return in_transaction(write)


def move_talk_back(
    *, topic_id: int, threads: Sequence[MovedThread], by: Reader | None
) -> list[MovedThread]:
    """Bring these threads back to the topic that they left, with their numbers; it is open again.

    What was begun since then stays. Returns the threads that came back: one that was moved on or
    purged meanwhile does not. Raises ValidationError: topic-gone, moved.
    """

    def write() -> list[MovedThread]:
        from_id = Topic.objects.values_list("moved_to_id", flat=True).get(pk=topic_id)
        if from_id is None:
            raise ValidationError(_("This talk is where it was."), "topic-gone")
        there = Thread.objects.filter(topic_id=from_id, pk__in=[one.thread_id for one in threads])
        present = dict(there.values_list("pk", "ordinal"))
        back = [one for one in threads if one.thread_id in present]
        leaving = [MovedThread(one.thread_id, present[one.thread_id]) for one in back]
        _take(leaving, from_id)
        _lock_topics(topic_id, from_id)
        _put(leaving, topic_id, {one.thread_id: one.ordinal for one in back}, from_id)
        Topic.objects.filter(pk=topic_id).update(moved_to=None)
        log(by, "move-talk", None, topic_id, before=str(from_id), after=str(topic_id))
        tree.recount_topics(topic_id, from_id)
        return back

    return in_transaction(write)


def _take(moved: Sequence[MovedThread], topic_id: int) -> None:
    """Lock the threads; raise Moved if one is not in this topic any more."""
    ids = [one.thread_id for one in moved]
    tree.lock(*ids)
    if Thread.objects.filter(pk__in=ids, topic_id=topic_id).count() != len(ids):
        raise tree.Moved


def _take_late(rows: QuerySet[Thread]) -> list[MovedThread]:
    """Lock the threads that were begun before the topics were ours; raise Moved if one is in use.

    Who holds a topic never waits for a thread: what is not free at once makes it start again.
    """
    late = list(rows.values_list("pk", flat=True))
    if late and connection.features.has_select_for_update_skip_locked:
        free = Thread.objects.select_for_update(no_key=True, skip_locked=True).filter(pk__in=late)
        late = [thread.pk for thread in free]
    found = list(rows.values_list("pk", "ordinal"))
    if len(found) > len(late):
        raise tree.Moved
    return [MovedThread(*row) for row in found]


def _lock_topics(*topic_ids: int) -> dict[int, int]:
    """As tree.lock_topics does. Raises ValidationError "topic-gone"."""
    given = tree.lock_topics(*topic_ids)
    if len(given) < len(topic_ids):
        raise ValidationError(_("There is no such talk."), "topic-gone")
    return given


def _put(moved: Sequence[MovedThread], to_id: int, ordinals: dict[int, int], from_id: int) -> None:
    """Write the threads into a topic under these numbers; the ones they had lead on to them."""
    ids = [one.thread_id for one in moved]
    roots = Comment.objects.filter(thread_id__in=ids, parent=None).only(
        "pk", "thread_id", "ordinal"
    )
    by_thread = {root.thread_id: root for root in roots}
    numbers = [
        FormerNumber(topic_id=from_id, ordinal=one.ordinal, comment_id=by_thread[one.thread_id].pk)
        for one in moved
    ]
    FormerNumber.objects.bulk_create(numbers, AT_ONCE, ignore_conflicts=True)
    threads = [Thread(pk=pk, topic_id=to_id, ordinal=ordinals[pk]) for pk in ids]
    for root in by_thread.values():
        root.ordinal = ordinals[root.thread_id]
    Thread.objects.bulk_update(threads, ["topic", "ordinal"], AT_ONCE)
    Comment.objects.bulk_update(list(by_thread.values()), ["ordinal"], AT_ONCE)
