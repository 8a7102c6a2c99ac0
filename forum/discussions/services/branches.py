"""What staff does to a branch where it stands: folded, slow, pinned, featured; each with its way back.

Threads are locked first, the topic's row last, as everywhere. A lock is in moving.py: a branch that
takes no replies below is the same thing (docs/decisions/0180).
"""

from collections.abc import Callable
from datetime import datetime

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from forum.accounts.readers import Reader
from forum.discussions import tree
from forum.discussions.models import MOST_PINNED, Comment, Event, FoldReason, State, Thread
from forum.discussions.services.acts import as_text, change_topic, in_transaction, log, undoable
from forum.discussions.services.deciding import refuse_decision, refuse_foreign
from forum.discussions.services.moving import refuse_purged
from forum.discussions.services.settling import settle, tell_author_inside, tell_reporters

SLOW_MINUTES = (2, 5, 10, 30, 60)  # that staff choose from


def fold_branch(*, comment_id: int, by: Reader | None, reason: str) -> Comment:
    """Let readers see a branch folded, with the reason and how much is in it; they open it at will.

    Raises ValidationError: reason-missing, not-public, same-fold, gone-meanwhile, own-comment,
    out-of-scope, as those below raise too.
    """
    if reason not in FoldReason.values:
        raise ValidationError(_("Folding needs a reason."), "reason-missing")

    def change(comment: Comment) -> Event:
        refuse_decision(comment, by)
        _refuse_not_public(comment)
        if comment.folded_at:
            raise ValidationError(_("This branch is folded already."), "same-fold")
        now = timezone.now()
        set_fold(comment, now, reason)
        event = log(by, "fold", comment, comment.thread.topic_id, reason=reason)
        settle(comment, event)
        return undoable(event, at=as_text(now))

    def told(comment: Comment, event: Event) -> None:
        tell_reporters(event)
        tell_author_inside(comment, by)

    return _changed(comment_id, change, then=told)


def unfold_branch(*, comment_id: int, by: Reader | None) -> Comment:
    """Take a fold away. Raises ValidationError: same-fold, gone-meanwhile."""

    def change(comment: Comment) -> Event:
        refuse_decision(comment, by)
        if not comment.folded_at:
            raise ValidationError(_("This branch is not folded."), "same-fold")
        before, reason = comment.folded_at, comment.fold_reason
        set_fold(comment, None)
        event = log(by, "unfold", comment, comment.thread.topic_id)
        return undoable(event, at=as_text(before), reason=reason)

    return _changed(comment_id, change)


def set_fold(comment: Comment, at: datetime | None, reason: str = "") -> None:
    """Write a fold on a comment whose thread is locked; None takes it away."""
    comment.folded_at, comment.fold_reason = at, reason
    Comment.objects.filter(pk=comment.pk).update(folded_at=at, fold_reason=reason)


def slow_branch(*, comment_id: int, by: Reader | None, minutes: int) -> Comment:
    """Let a branch take one reply a person in so many minutes; 0: as many as they like.

    Each comment of the branch has it itself, and replies take it over, so that a branch that is moved
    keeps it (services/cooling.py asks). Raises ValidationError: minutes-unknown, same-pace,
    gone-meanwhile.
    """
    if minutes and minutes not in SLOW_MINUTES:
        raise ValidationError(_("Please choose one of these."), "minutes-unknown")
    seconds = 60 * minutes or None

    def change(comment: Comment) -> Event:
        refuse_foreign(by, comment.thread.topic_id)
        before = tree.slow_branch(comment_id, thread_id=comment.thread_id, seconds=seconds)
        if list(before) == [seconds]:
            raise ValidationError(_("This part of the talk is so already."), "same-pace")
        verb = "slow" if seconds else "slow-off"
        event = log(by, verb, comment, comment.thread.topic_id, after=str(minutes or ""))
        usual = max(before, key=lambda had: len(before[had]))
        others = {str(had or 0): ids for had, ids in before.items() if had != usual}
        return undoable(event, now=seconds, usual=usual, others=others)

    return _changed(comment_id, change)


def pin_thread(*, comment_id: int, by: Reader | None, pinned: bool) -> Comment:
    """Let the thread that a comment begins stand before all others in every order, or no more.

    Raises ValidationError: not-thread, same-pin, too-many-pinned (MOST_PINNED), gone-meanwhile.
    """

    def change(comment: Comment) -> Event:
        thread = comment.thread
        refuse_foreign(by, thread.topic_id)
        if comment.parent_id:
            raise ValidationError(_("Only a whole thread can be pinned."), "not-thread")
        if bool(thread.pinned_at) == pinned:
            raise ValidationError(_("This thread is so already."), "same-pin")
        if pinned:
            refuse_too_many(thread)
        now, before = timezone.now(), thread.pinned_at
        Thread.objects.filter(pk=thread.pk).update(pinned_at=now if pinned else None)
        event = log(by, "pin" if pinned else "unpin", comment, thread.topic_id)
        return undoable(event, at=as_text(now if pinned else before))

    return _changed(comment_id, change)


def refuse_too_many(thread: Thread) -> None:
    """Raise ValidationError "too-many-pinned" if a talk has no place for one more pinned thread.

    The topic's row is locked, so that two who pin at once are counted: nothing but this thread, which
    is ours, is written after it.
    """
    tree.lock_topics(thread.topic_id)
    others = Thread.objects.filter(topic_id=thread.topic_id, pinned_at__isnull=False)
    if others.filter(comment_count__gt=0).exclude(pk=thread.pk).count() >= MOST_PINNED:
        words = ngettext(
            "A talk has at most %(n)d pinned thread. Unpin it first.",
            "A talk has at most %(n)d pinned threads. Unpin one first.",
            MOST_PINNED,
        )
        raise ValidationError(words % {"n": MOST_PINNED}, "too-many-pinned")


def feature_comment(*, comment_id: int, by: Reader | None, featured: bool) -> Comment:
    """Mark a comment as featured and put it into its talk's list of those, or take it out.

    Raises ValidationError: not-public, same-feature, gone-meanwhile.
    """

    def change(comment: Comment) -> Event:
        refuse_decision(comment, by)
        if featured:
            _refuse_not_public(comment)
        if bool(comment.featured_at) == featured:
            raise ValidationError(_("This comment is so already."), "same-feature")
        now, before = timezone.now(), comment.featured_at
        rows = Comment.objects.filter(pk=comment_id)
        rows.update(featured_at=now if featured else None)
        event = log(by, "feature" if featured else "unfeature", comment, comment.thread.topic_id)
        return undoable(event, at=as_text(now if featured else before))

    return _changed(comment_id, change, counts=True)


def _changed(
    comment_id: int,
    change: Callable[[Comment], Event],
    *,
    counts: bool = False,
    then: Callable[[Comment, Event], None] | None = None,
) -> Comment:
    """Do `change` to a comment whose thread is locked, then raise the version of its topic; `counts`:
    count what it has, too; `then` tells members, who come after topics. Statements: the same whatever
    the size of the branch.
    """

    def write() -> Comment:
        tree.lock_thread_of(comment_id)
        comment = Comment.objects.select_related("thread").get(pk=comment_id)
        refuse_purged(comment)
        event = change(comment)
        if counts:
            tree.recount_topics(comment.thread.topic_id)
        else:
            change_topic(comment.thread.topic_id, 0)
        if then:
            then(comment, event)
        return comment

    return in_transaction(write)


def _refuse_not_public(comment: Comment) -> None:
    if comment.state != State.PUBLIC:
        raise ValidationError(_("Readers do not see this comment."), "not-public")
