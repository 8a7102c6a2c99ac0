"""The states of a comment: what staff decide, what its author takes back, what is erased."""

from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from forum.accounts.readers import Reader
from forum.discussions import notices, tree
from forum.discussions.models import (
    Comment,
    CommentText,
    Event,
    HeldEdit,
    Reason,
    Revision,
    State,
)
from forum.discussions.services.acts import in_transaction, log

TOPIC_OPEN = "published"  # what the event of a hidden topic says it was before

# From which states each act of staff leads to its target; "restore" brings back to public.
MODERATION: dict[str, tuple[State, frozenset[str]]] = {
    "approve": (State.PUBLIC, frozenset({State.HELD})),
    "hold": (State.HELD, frozenset({State.PUBLIC})),
    "spam": (State.SPAM, frozenset({State.PUBLIC, State.HELD})),
    "remove": (State.REMOVED, frozenset({State.PUBLIC, State.HELD})),
    "restore": (State.PUBLIC, frozenset({State.SPAM, State.REMOVED})),
}


def moderate(*, comment_id: int, verb: str, by: Reader, reason: str = "") -> Comment:
    """Staff: approve, hold, spam, remove (with a Reason) or restore a comment.

    Raises ValidationError: reason-missing, wrong-state (somebody was faster, or it does not apply).
    """
    target, sources = MODERATION[verb]
    if verb == "remove" and reason not in Reason.values:
        raise ValidationError(_("Removing needs a reason."), "reason-missing")
    return set_state(
        comment_id=comment_id, to=target, sources=sources, verb=verb, by=by, reason=reason
    )


def delete_comment(*, comment_id: int, by: Reader) -> Comment:
    """The author takes a comment back. Raises ValidationError: not-yours, wrong-state."""
    _require_author(comment_id, by)
    sources = frozenset({State.PUBLIC, State.HELD})
    return set_state(comment_id=comment_id, to=State.DELETED, sources=sources, verb="delete", by=by)


def undelete_comment(*, comment_id: int, by: Reader) -> Comment:
    """The author brings a comment back within 24 hours, to the state it had.

    Raises ValidationError: not-yours, too-late, wrong-state.
    """
    comment = _require_author(comment_id, by)
    if comment.state == State.DELETED and not comment.is_undeletable_by(by):
        raise ValidationError(_("The 24 hours for bringing it back are over."), "too-late")
    last = Event.objects.filter(comment_id=comment_id, verb="delete").order_by("pk").last()
    target = State.HELD if last and last.before == State.HELD else State.PUBLIC
    return set_state(
        comment_id=comment_id,
        to=target,
        sources=frozenset({State.DELETED}),
        verb="undelete",
        by=by,
    )


def _require_author(comment_id: int, by: Reader) -> Comment:
    comment = Comment.objects.get(pk=comment_id)
    if not comment.is_by(by):
        raise ValidationError(_("Only its author can do that."), "not-yours")
    return comment


def set_state(
    *,
    comment_id: int,
    to: State,
    sources: frozenset[str],
    verb: str,
    by: Reader | None,
    reason: str = "",
) -> Comment:
    """Put a comment into another state, counts and version with it; the one way states change.

    Raises ValidationError "wrong-state" unless its state, read under the lock, is in `sources`.
    """

    def write() -> Comment:
        comment = _change_state(comment_id, to, sources, verb, by, reason)
        notices.tell_author(comment, verb, by=by, reason=reason)
        tree.recount_topics(comment.thread.topic_id)
        return comment

    return in_transaction(write)


def _change_state(
    comment_id: int, to: State, sources: frozenset[str], verb: str, by: Reader | None, reason: str
) -> Comment:
    """Do what set_state says, up to the topic, whose row comes last.

    The topic is counted again and its version raised whatever the state was: the words of a
    tombstone change with it.
    """
    thread_id = tree.lock_thread_of(comment_id)
    comment = Comment.objects.select_related("thread").get(pk=comment_id)
    before = comment.state
    if before not in sources:
        raise ValidationError(
            _("This comment is %(state)s already."),
            "wrong-state",
            {"state": comment.get_state_display()},
        )
    comment.state, comment.state_at, comment.reason = to, timezone.now(), reason
    changes = {"state": to, "state_at": comment.state_at, "reason": reason}
    Comment.objects.filter(pk=comment_id).update(**changes)
    log(by, verb, comment, comment.thread.topic_id, before=before, after=to, reason=reason)
    if State.PUBLIC in (before, to):
        tree.recount_threads(thread_id)
    return comment


def erase_comment(*, comment_id: int, by: Reader | None) -> None:
    """Blank a comment for good: text, earlier texts, name. Its place and its replies stay."""
    alive = frozenset(state for state in State.values if state != State.ERASED)

    def write() -> None:
        comment = _change_state(comment_id, State.ERASED, alive, "erase", by, "")
        HeldEdit.objects.filter(comment_id=comment_id).delete()
        Revision.objects.filter(comment_id=comment_id).update(body="", body_html="")
        CommentText.objects.filter(pk=comment_id).update(
            body="", body_html="", author_url="", network_key="", submission=None
        )
        Comment.objects.filter(pk=comment_id).update(member=None, pen=None, author_name="")
        tree.recount_topics(comment.thread.topic_id)

    in_transaction(write)


def was_public(comment_id: int) -> bool:
    """Return True if readers ever saw this comment, also when it is gone for good.

    An imported one has no event of its own until staff decide about it; it was seen if its topic
    was open before it was hidden.
    """
    seen = Q(before=State.PUBLIC) | Q(after=State.PUBLIC)
    if Event.objects.filter(seen, comment_id=comment_id).exists():
        return True
    topics = Comment.objects.counted().filter(pk=comment_id).values("thread__topic_id")
    closings = Event.objects.filter(topic_id__in=topics, comment_id=None, before=TOPIC_OPEN)
    return closings.exists()
