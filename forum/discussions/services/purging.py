"""Purging: hidden at once from everybody, deleted after 30 days; or at once, which is final."""

from django.utils import timezone

from forum.accounts.readers import Reader
from forum.discussions import tree
from forum.discussions.models import UNDO_WINDOW, Appeal, Comment, Decision, Event, State
from forum.discussions.services.acts import in_transaction, log, undoable
from forum.discussions.services.deciding import refuse_decision
from forum.discussions.services.moving import refuse_purged
from forum.discussions.services.settling import AGREED, VOID, settle_all, tell_reporters
from forum.discussions.services.telling import forget_comments


def hide_branch(*, comment_id: int, by: Reader | None, reason: str = "") -> int:
    """Hide a branch from everybody, staff too, until it is purged; return how many comments.

    Raises ValidationError: gone-meanwhile if it waits already, own-comment, out-of-scope.
    """

    def write() -> int:
        thread_id = tree.lock_thread_of(comment_id)
        comment = Comment.objects.select_related("thread").get(pk=comment_id)
        refuse_decision(comment, by)
        refuse_purged(comment)
        topic_id = comment.thread.topic_id
        alive = [
            row
            for row in tree.branch_rows(comment)
            if row.state not in (State.PURGED, State.ERASED) or row.id == comment_id
        ]
        event = log(
            by, "purge", comment, topic_id, before=comment.state, after=State.PURGED, reason=reason
        )
        undoable(event, states={row.id: row.state for row in alive})
        _tell_each(event, alive)
        settle_all([comment_id], event, AGREED)
        settle_all([row.id for row in alive], event, VOID)  # nobody has judged what stood below
        tree.hide_branch(comment_id, thread_id=thread_id, at=timezone.now())
        tree.recount_threads(thread_id)
        tree.recount_topics(topic_id)
        tell_reporters(event)
        return len(alive)

    return in_transaction(write)


def purge_branch(*, comment_id: int, by: Reader | None, reason: str = "") -> int:
    """Delete a branch for good; return how many comments went. Nothing brings them back.

    Each that was public has an event that says so: its page answers 410 from then on. Raises
    ValidationError: own-comment, out-of-scope.
    """

    def write() -> int:
        thread_id = tree.lock_thread_of(comment_id)
        comment = Comment.objects.select_related("thread").get(pk=comment_id)
        refuse_decision(comment, by)
        topic_id, is_root = comment.thread.topic_id, comment.parent_id is None
        event = log(by, "purge-now", comment, topic_id, before=comment.state, reason=reason)
        rows = tree.branch_rows(comment)
        _tell_each(event, [row for row in rows if row.state == State.PUBLIC])
        gone = tree.purge(comment_id, thread_id=thread_id)
        Decision.objects.to_purge().filter(event__comment_id=comment_id).delete()
        if not is_root:
            tree.recount_threads(thread_id)
        tree.recount_topics(topic_id)
        forget_comments(row.id for row in rows)
        return gone

    return in_transaction(write)


def _tell_each(event: Event, rows: list[tree.Row]) -> None:
    """Write the event of a branch for each comment below its top, in one statement."""
    Event.objects.bulk_create(
        [
            Event(
                actor_id=event.actor_id,
                verb="purge-below",
                comment_id=row.id,
                thread_id=event.thread_id,
                topic_id=event.topic_id,
                before=row.state,
                after=event.after,
                at=event.at,
            )
            for row in rows
            if row.id != event.comment_id
        ],
        batch_size=500,
    )


def purge_what_is_due() -> str:
    """Delete the branches that were hidden 30 days ago; return what was done, in words."""
    due = Decision.objects.to_purge().filter(event__at__lt=timezone.now() - UNDO_WINDOW)
    gone = 0
    for decision in due.select_related("event"):
        try:
            gone += purge_branch(comment_id=decision.event.comment_id or 0, by=None)
        except Comment.DoesNotExist:  # it went with a branch above it
            decision.delete()
    return f"comments whose purge was due: {gone:,} deleted"


def forget_decisions() -> str:
    """Delete what would take decisions back that are older than 30 days; not while an appeal waits."""
    old = Decision.objects.filter(event__at__lt=timezone.now() - UNDO_WINDOW)
    old = old.exclude(event__in=Appeal.objects.open().values("event"))
    count, _by_model = old.exclude(pk__in=Decision.objects.to_purge()).delete()
    return f"decisions older than {UNDO_WINDOW.days} days: {count:,} can be undone no more"
