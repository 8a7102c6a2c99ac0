"""The states of a comment: what staff decide, what its author takes back, what is erased."""

from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from forum.accounts.readers import Reader
from forum.discussions import notices, tree
from forum.discussions.models import (
    Appeal,
    Claim,
    Comment,
    CommentText,
    Event,
    HeldEdit,
    Mention,
    Reason,
    Revision,
    State,
)
from forum.discussions.services.acts import (
    as_text,
    in_transaction,
    log,
    refuse_closed,
    undoable,
)
from forum.discussions.services.deciding import refuse_decision
from forum.discussions.services.settling import (
    settle,
    settle_appeals,
    tell_author_inside,
    tell_reporters,
)
from forum.discussions.services.telling import forget_comments
from forum.discussions.services.waiting import due_of

# What authors find in their inbox. Of spam they hear nothing: a spammer would learn by it.
TOLD_INSIDE = ("approve", "hold", "remove", "restore")
TOPIC_OPEN = "published"  # what the event of a hidden topic says it was before

# From which states each act of staff leads to its target; "restore" brings back to public.
MODERATION: dict[str, tuple[State, frozenset[str]]] = {
    "approve": (State.PUBLIC, frozenset({State.HELD})),
    "hold": (State.HELD, frozenset({State.PUBLIC})),
    "spam": (State.SPAM, frozenset({State.PUBLIC, State.HELD})),
    "remove": (State.REMOVED, frozenset({State.PUBLIC, State.HELD})),
    "restore": (State.PUBLIC, frozenset({State.SPAM, State.REMOVED})),
}


def moderate(
    *, comment_id: int, verb: str, by: Reader, reason: str = "", words: str = "", seen: str = ""
) -> Comment:
    """Staff: approve, hold, spam, remove (with a Reason) or restore a comment.

    A public one about which staff are asked is approved too: nothing is wrong with it, and it stays.
    `words`: what its author is told of the reason, at most 500 characters; `seen`: the comment as staff saw it
    (`seen_of`). Raises ValidationError: reason-missing, changed-meanwhile (somebody was faster),
    wrong-state (it does not apply), own-comment, out-of-scope.
    """
    target, sources = MODERATION[verb]
    if verb == "remove" and reason not in Reason.values:
        raise ValidationError(_("Removing needs a reason."), "reason-missing")

    def write() -> Comment:
        tree.lock_thread_of(comment_id)
        before = Comment.objects.select_related("text", "thread").get(pk=comment_id)
        refuse_decision(before, by)
        refuse_unseen(before, seen)
        if verb == "approve" and before.is_public and before.is_to_be_looked_at:
            return _approve_as_it_is(before, by)
        comment, event = change_state(comment_id, target, sources, verb, by, reason)
        told = words.strip()[:500] if verb == "remove" else ""
        # They stay when it comes back, unseen, for an undo of that.
        if verb == "remove" and told != before.text.told:
            CommentText.objects.filter(pk=comment_id).update(told=told)
        undoable(
            event,
            at=as_text(comment.state_at),
            reason=before.reason,
            newcomer_at=_looked_at(before),
            held_at=as_text(before.state_at) if before.is_held else "",
        )
        settle(comment, event)
        settle_appeals(comment, event, by)
        notices.tell_author(comment, verb, by=by, reason=reason, message=told)
        tree.recount_topics(comment.thread.topic_id)
        tell_reporters(event)
        if verb in TOLD_INSIDE:
            tell_author_inside(comment, by)
        return comment

    return in_transaction(write)


def _approve_as_it_is(comment: Comment, by: Reader) -> Comment:
    """Say that nothing is wrong with a public comment; its thread is locked, and no page changes."""
    topic_id = comment.thread.topic_id
    event = log(by, "approve", comment, topic_id, before=comment.state, after=comment.state)
    at, newcomer_at = as_text(comment.state_at), _looked_at(comment)
    undoable(event, at=at, reason=comment.reason, newcomer_at=newcomer_at)
    CommentText.objects.filter(pk=comment.pk).update(is_to_learn=True)
    settle(comment, event)
    tell_reporters(event)
    return comment


def _looked_at(comment: Comment) -> str:
    """Note that staff looked at what somebody new wrote; return since when they were to, for its undoing."""
    if comment.newcomer_at:
        Comment.objects.filter(pk=comment.pk).update(newcomer_at=None)
    return as_text(comment.newcomer_at)


_ASKED = "asked"


def seen_of(comment: Comment) -> str:
    """Return what names a comment's state and text, and whether staff are asked about it, for the form
    that decides.
    """
    moments = f"{as_text(comment.state_at)}/{as_text(comment.edited_at)}"
    return f"{comment.state}/{moments}/{_ASKED if comment.is_to_be_looked_at else ''}"


def refuse_unseen(comment: Comment, seen: str) -> None:
    """Raise ValidationError "changed-meanwhile" if the comment is not any more as it was seen: other
    words, another state, or what staff were asked is answered. That more people ask is no change.
    """
    now = seen_of(comment)
    is_answered = seen.endswith(_ASKED) and not now.endswith(_ASKED)
    if seen and (seen.removesuffix(_ASKED) != now.removesuffix(_ASKED) or is_answered):
        raise ValidationError(_("This comment was changed meanwhile."), "changed-meanwhile")


def delete_comment(*, comment_id: int, by: Reader) -> Comment:
    """The author takes a comment back. Raises ValidationError: not-yours, wrong-state."""
    _require_author(comment_id, by)
    sources = frozenset({State.PUBLIC, State.HELD})
    return set_state(comment_id=comment_id, to=State.DELETED, sources=sources, verb="delete", by=by)


def undelete_comment(*, comment_id: int, by: Reader) -> Comment:
    """The author brings a comment back within 24 hours, to the state it had.

    Raises ValidationError: not-yours, too-late, wrong-state, account-closed, pen-closed.
    """
    comment = _require_author(comment_id, by)
    refuse_closed(by)
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
        comment, _event = change_state(comment_id, to, sources, verb, by, reason)
        tree.recount_topics(comment.thread.topic_id)
        return comment

    return in_transaction(write)


def change_state(
    comment_id: int,
    to: str,
    sources: frozenset[str],
    verb: str,
    by: Reader | None,
    reason: str,
) -> tuple[Comment, Event]:
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
    comment.due_at = due_of([comment])[comment_id]
    changes = {
        "state": to,
        "state_at": comment.state_at,
        "reason": reason,
        "due_at": comment.due_at,
    }
    Comment.objects.filter(pk=comment_id).update(**changes)
    event = log(by, verb, comment, comment.thread.topic_id, before=before, after=to, reason=reason)
    if State.PUBLIC in (before, to):
        tree.recount_threads(thread_id)
    news = {"is_news": True} if to == State.PUBLIC else {}  # who was told before is not told again
    CommentText.objects.filter(pk=comment_id).update(is_to_learn=True, **news)
    return comment, event


def erase_comment(*, comment_id: int, by: Reader | None) -> None:
    """Blank a comment for good: text, earlier texts, name. Its place and its replies stay."""
    alive = frozenset(state for state in State.values if state != State.ERASED)

    def write() -> None:
        comment, event = change_state(comment_id, State.ERASED, alive, "erase", by, "")
        refuse_decision(comment, by)
        settle(comment, event)
        HeldEdit.objects.filter(comment_id=comment_id).delete()
        Mention.objects.filter(comment_id=comment_id).delete()
        Claim.objects.filter(comment_id=comment_id).update(author_name="")
        Revision.objects.filter(comment_id=comment_id).update(body="", body_html="")
        Appeal.objects.filter(comment_id=comment_id).delete()
        CommentText.objects.filter(pk=comment_id).update(
            body="",
            body_html="",
            words="",
            author_url="",
            network_key="",
            submission=None,
            told="",
        )
        Comment.objects.filter(pk=comment_id).update(member=None, pen=None, author_name="")
        tree.recount_topics(comment.thread.topic_id)
        forget_comments([comment_id])

    in_transaction(write)


def was_public(comment_id: int) -> bool:
    """Return True if readers ever saw this comment, also when it is gone for good.

    An imported one has no event of its own until staff decide about it or purge it; it was seen if its topic
    was open before it was hidden.
    """
    seen = Q(before=State.PUBLIC) | Q(after=State.PUBLIC)
    if Event.objects.filter(seen, comment_id=comment_id).exists():
        return True
    topics = Comment.objects.counted().filter(pk=comment_id).values("thread__topic_id")
    closings = Event.objects.filter(topic_id__in=topics, comment_id=None, before=TOPIC_OPEN)
    return closings.exists()
