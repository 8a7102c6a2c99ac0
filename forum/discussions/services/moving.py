"""Branches and threads that move; the old numbers of what moved lead on (FormerNumber)."""

from typing import NamedTuple

from django.core.exceptions import ValidationError
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from forum.accounts.readers import Reader
from forum.discussions import tree
from forum.discussions.models import Comment, State, Thread, Topic
from forum.discussions.services.acts import as_text, change_topic, in_transaction, log, undoable
from forum.discussions.services.deciding import refuse_foreign


class Course(NamedTuple):
    """Out of which thread and talk something goes, and into which talk."""

    thread_id: int
    home_id: int
    topic_id: int


def take_course(comment_id: int, topic_id: int | None, by: Reader | None) -> Course:
    """Lock the thread of a comment, of which something goes to a talk, or (None) stays in its own.

    Raises ValidationError: topic-gone, out-of-scope.
    """
    thread_id = tree.lock_thread_of(comment_id)
    home_id = Thread.objects.values_list("topic_id", flat=True).get(pk=thread_id)
    course = Course(thread_id, home_id, topic_id or home_id)
    refuse_no_topic(course.topic_id)
    refuse_foreign(by, home_id, course.topic_id)
    return course


def detach_branch(*, comment_id: int, by: Reader | None, topic_id: int | None = None) -> Thread:
    """Make a branch a thread of its own, in its topic or another.

    Raises ValidationError: already-thread, topic-gone, gone-meanwhile, out-of-scope, moved.
    """

    def write() -> Thread:
        source_id, home_id, target_id = take_course(comment_id, topic_id, by)
        comment = Comment.objects.get(pk=comment_id)
        refuse_purged(comment)
        parent_id, ordinal = comment.parent_id, comment.ordinal
        tree.keep_number(comment, home_id)
        thread = tree.detach(comment_id, source_id=source_id, topic_id=target_id)
        tree.recount_threads(source_id, thread.pk)
        comment = Comment.objects.get(pk=comment_id)
        event = log(by, "detach", comment, target_id, before=str(source_id), after=str(thread.pk))
        undoable(event, parent=parent_id, ordinal=ordinal, topic=target_id)
        number_and_recount(thread.pk, home_id, target_id)
        thread.refresh_from_db()
        return thread

    return in_transaction(write)


def move_thread(*, thread_id: int, topic_id: int, by: Reader | None) -> Thread:
    """Move a thread with all its comments to another topic, where it gets a new number.

    One Thread row and its root change; permalinks stay, and the old numbers lead on; it is pinned no
    more. Raises Thread.DoesNotExist; ValidationError: same-topic, topic-gone, out-of-scope,
    moved.
    """
    Thread.objects.get(pk=thread_id)

    def write() -> Thread:
        tree.lock(thread_id)
        home_id = Thread.objects.values_list("topic_id", flat=True).get(pk=thread_id)
        if home_id == topic_id:
            raise ValidationError(_("The thread stands in this talk already."), "same-topic")
        refuse_no_topic(topic_id)
        refuse_foreign(by, home_id, topic_id)
        root = Comment.objects.select_related("thread").in_thread(thread_id).get(parent=None)
        tree.keep_number(root, home_id)
        tree.move(root, topic_id=topic_id)
        event = log(by, "move", root, topic_id, before=str(home_id), after=str(topic_id))
        pinned = as_text(root.thread.pinned_at)
        undoable(event, home=home_id, ordinal=root.ordinal, topic=topic_id, pinned=pinned)
        number_and_recount(thread_id, home_id, topic_id)
        return Thread.objects.select_related("topic").get(pk=thread_id)

    return in_transaction(write)


def merge_thread(*, thread_id: int, under_id: int, by: Reader | None) -> None:
    """Hang a whole thread under a comment of another thread.

    Raises ValidationError: same-thread, comment-locked, gone-meanwhile, out-of-scope, moved.
    """

    def write() -> None:
        target_id = Comment.objects.values_list("thread_id", flat=True).get(pk=under_id)
        if target_id == thread_id:
            raise ValidationError(_("A thread cannot hang under itself."), "same-thread")
        tree.lock(thread_id, target_id)
        threads = Thread.objects.in_bulk([thread_id, target_id])
        topic_ids = {pk: one.topic_id for pk, one in threads.items()}
        refuse_foreign(by, *topic_ids.values())
        root = Comment.objects.in_thread(thread_id).get(parent=None)
        under = Comment.objects.get(pk=under_id)
        refuse_purged(under)
        if under.locked_at:
            raise ValidationError(
                _("That part of the talk is locked. Unlock it first."), "comment-locked"
            )
        tree.keep_number(root, topic_ids[thread_id])
        tree.merge(thread_id, under_id=under_id, target_id=target_id)
        tree.recount_threads(target_id)
        moved = Comment.objects.get(pk=root.pk)
        after = topic_ids[target_id]
        event = log(by, "merge", moved, after, before=str(thread_id), after=str(target_id))
        home = {"home": topic_ids[thread_id], "pinned": as_text(threads[thread_id].pinned_at)}
        undoable(event, under=under_id, ordinal=root.ordinal, **home)
        tree.recount_topics(*topic_ids.values())

    in_transaction(write)


def lock_branch(*, comment_id: int, by: Reader | None, locked: bool) -> int:
    """Let a comment and all below it take no more replies, or take them again; return how many.

    Each comment of the branch has the lock itself: a reply looks at its parent alone, and a branch
    that is moved keeps it. Raises ValidationError: same-lock, gone-meanwhile, out-of-scope.
    """

    def write() -> int:
        thread_id = tree.lock_thread_of(comment_id)
        comment = Comment.objects.select_related("thread").get(pk=comment_id)
        refuse_foreign(by, comment.thread.topic_id)
        refuse_purged(comment)
        now, had = timezone.now(), _locks_of(comment_id)
        if locked:
            count = tree.lock_branch(comment_id, thread_id=thread_id, at=now)
        else:
            count = tree.unlock_branch(comment_id, thread_id=thread_id)
        if not count:
            raise ValidationError(_("This part of the talk is so already."), "same-lock")
        topic_id = comment.thread.topic_id
        event = log(by, "lock-branch" if locked else "open-branch", comment, topic_id)
        undoable(event, **({"at": as_text(now)} if locked else {"locks": had}))
        change_topic(topic_id, 0)
        return count

    return in_transaction(write)


def _locks_of(comment_id: int) -> dict[str, list[int]]:
    """Return what is locked in a branch: {since when: ids}."""
    rows = Comment.objects.in_branch(comment_id).filter(locked_at__isnull=False)
    found: dict[str, list[int]] = {}
    for pk, at in rows.order_by("pk").values_list("pk", "locked_at"):
        found.setdefault(as_text(at), []).append(pk)
    return found


def refuse_purged(comment: Comment) -> None:
    """Raise ValidationError "gone-meanwhile" for a comment that is to be purged."""
    if comment.state == State.PURGED:
        raise ValidationError(
            _("This comment is to be purged. Bring it back first."), "gone-meanwhile"
        )


def refuse_no_topic(topic_id: int) -> None:
    """Raise ValidationError "topic-gone" for a talk that is not there."""
    if not Topic.objects.filter(pk=topic_id).exists():
        raise ValidationError(_("There is no such talk."), "topic-gone")


def number_and_recount(thread_id: int, home_id: int, target_id: int) -> None:
    """Lock both topics, ascending and last; give the thread its number in the target; recount."""
    for one in sorted({home_id, target_id}):
        if one == target_id:
            Topic.objects.filter(pk=one).update(threads_given=F("threads_given") + 1)
            given = Topic.objects.values_list("threads_given", flat=True).get(pk=one)
            tree.number_thread(thread_id, given)
        tree.recount_topics(one)
