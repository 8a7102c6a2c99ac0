"""Voting: one vote a person and comment, its sums on the comment, the order of a root on its thread.

A root's Thread row is taken first, then the comment's row, then the vote: whoever votes in parallel
waits there, so that sums always equal rows. No event is written: who voted how is nobody's to read.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db.models import F, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from forum.accounts.models import Pen, User
from forum.accounts.readers import Reader
from forum.discussions import scores, tree
from forum.discussions.models import DOWN, NONE, UP, Comment, State, Thread, Topic, Vote, voter
from forum.discussions.services.acts import in_transaction, refuse_closed
from forum.discussions.services.states import was_public

AT_ONCE = 200  # votes in one transaction, where all of a person's are changed


@dataclass(frozen=True)
class Voted:
    """What voting gave: the comment with its new sums, and how this person's vote stands now."""

    comment: Comment
    value: int


def vote(*, comment_id: int, by: Reader, value: int, pen: Pen | None = None) -> Voted:
    """Vote for (1) or against (-1) a comment, or take one's vote back (0); twice is as once.

    `pen`: the browser's, which a member may have written with. Raises ValidationError: votes-off,
    vote-unknown, comment-gone, not-public, own-comment, votes-locked, account-closed, pen-closed, moved.
    """
    refuse_value(value)
    comment = Comment.objects.filter(pk=comment_id).first()
    topic = refuse_vote(comment, by, pen)
    assert comment is not None
    _note_vote(topic)

    def write() -> Voted:
        comment = _take(comment_id)
        refuse_vote(comment, by, pen)
        assert comment is not None
        return Voted(_write(comment, by, value), value)

    return in_transaction(write)


def refuse_value(value: int) -> None:
    """Raise ValidationError "votes-off" or "vote-unknown" for what cannot be voted on this site."""
    if settings.VOTES == "off":
        raise ValidationError(_("There are no votes on this site."), "votes-off")
    if value not in ((UP, NONE) if settings.VOTES == "up" else (UP, NONE, DOWN)):
        raise ValidationError(_("This is not a vote."), "vote-unknown")


def refuse_vote(comment: Comment | None, by: Reader, pen: Pen | None = None) -> Topic:
    """Return the comment's topic if `by` may vote on it; the one home of that rule. Else raise."""
    if comment is None or comment.state == State.PURGED:
        raise ValidationError(_("This comment is not here any more."), "comment-gone")
    thread = Thread.objects.select_related("topic").get(pk=comment.thread_id)
    topic: Topic = thread.topic
    if topic.hidden_at or not (comment.is_public or was_public(comment.pk)):
        raise ValidationError(_("There is no such comment."), "comment-gone")
    if not comment.is_public:
        words = _("This comment is not public any more, and takes no votes.")
        raise ValidationError(words, "not-public")
    if comment.is_by(by) or (pen and comment.pen_id == pen.pk):
        raise ValidationError(_("This comment is yours: others vote on it."), "own-comment")
    if topic.locked_at or thread.locked_at or comment.locked_at:
        raise ValidationError(_("This part of the talk is locked: no votes here."), "votes-locked")
    refuse_closed(by)
    return topic


def _note_vote(topic: Topic) -> None:
    """Let pages know that there are votes they do not show yet (scores.slot).

    Before the vote and not with it: who holds a Topic row while voting would stand in everybody's
    way. A talk full of votes is written to twice a minute.
    """
    now = timezone.now()
    before = now - timedelta(seconds=scores.STAMP_S)
    if topic.voted_at is None or topic.voted_at < before:
        old = Q(voted_at=None) | Q(voted_at__lt=before)
        Topic.objects.filter(old, pk=topic.pk).update(voted_at=now)


def _take(comment_id: int) -> Comment | None:
    """Lock a comment, and before it the thread of a root; None if it is gone. Raises tree.Moved."""
    seen = Comment.objects.filter(pk=comment_id).values_list("parent_id", "thread_id").first()
    if seen is None:
        return None
    if seen[0] is None:
        tree.lock(seen[1])
    comment: Comment | None = (
        Comment.objects.select_for_update(no_key=True).filter(pk=comment_id).first()
    )
    if comment and comment.parent_id is None and seen != (None, comment.thread_id):
        raise tree.Moved  # it became a root meanwhile, whose thread is not ours
    return comment


def _write(comment: Comment, by: Reader, value: int) -> Comment:
    """Write the vote on a locked comment and what it changes; return the comment as it is then."""
    mine = Vote.objects.filter(comment_id=comment.pk, **voter(by))
    before = mine.values_list("value", flat=True).first() or NONE
    if before == value:
        return comment
    if value == NONE:
        mine.delete()
    elif before == NONE:
        Vote.objects.create(comment_id=comment.pk, value=value, **voter(by))
    else:
        mine.update(value=value, at=timezone.now())
    up, down = (value == UP) - (before == UP), (value == DOWN) - (before == DOWN)
    rows = Comment.objects.filter(pk=comment.pk)
    rows.update(ups=F("ups") + up, downs=F("downs") + down)
    comment.ups, comment.downs = comment.ups + up, comment.downs + down
    if comment.parent_id is None:
        tree.rank_threads(comment.thread_id)
    return comment


# ------------------------------------------------------------------------------ all votes of one


def forget_votes(*, by: Reader) -> int:
    """Take back every vote of a person who goes; the sums follow. Return how many there were."""
    return _change_all(Vote.objects.filter(**voter(by)), lambda rows: rows.delete())


def take_over_votes(*, pen_id: int, member: User, at: datetime) -> int:
    """Make a guest's votes the member's; where both voted the member's stays, and none is left on a
    comment of the member's own. Return how many the guest had.

    They carry the moment of the claim, by which `give_back_votes` finds them.
    """

    def change(rows: QuerySet[Vote]) -> None:
        theirs = Vote.objects.filter(member=member).values("comment_id")
        rows.filter(Q(comment__member=member) | Q(comment_id__in=theirs)).delete()
        rows.update(member=member, pen=None, at=at)

    return _change_all(Vote.objects.filter(pen_id=pen_id), change)


def give_back_votes(*, pen_id: int, member: User, at: datetime) -> int:
    """Make the votes that a claim of this moment made the member's the guest's again; where the guest
    has voted since, that stays. Return how many there were.
    """

    def change(rows: QuerySet[Vote]) -> None:
        theirs = Vote.objects.filter(pen_id=pen_id).values("comment_id")
        rows.filter(Q(comment__pen_id=pen_id) | Q(comment_id__in=theirs)).delete()
        rows.update(member=None, pen_id=pen_id)

    return _change_all(Vote.objects.filter(member=member, at=at), change)


def drop_votes_on_own(member: User) -> int:
    """Take a member's votes back from what has become their own; return how many there were."""
    own = Vote.objects.filter(member=member, comment__member=member)
    return _change_all(own, lambda rows: rows.delete())


def _change_all(votes: QuerySet[Vote], change: Callable[[QuerySet[Vote]], Any]) -> int:
    """Do `change` to these votes, some at a time, each time with their comments locked and counted."""
    done, last = 0, 0
    while True:
        rows = votes.filter(comment_id__gt=last).order_by("comment_id")
        ids = list(rows.values_list("comment_id", flat=True)[:AT_ONCE])
        if not ids:
            return done
        chosen = votes.filter(comment_id__in=ids).order_by()
        in_transaction(partial(_change_some, ids, chosen, change))
        done, last = done + len(ids), ids[-1]


def _change_some(
    ids: list[int], chosen: QuerySet[Vote], change: Callable[[QuerySet[Vote]], Any]
) -> None:
    threads = set(_threads_of_roots(ids))
    tree.lock(*threads)
    rows = Comment.objects.select_for_update(no_key=True).filter(pk__in=ids).order_by("pk")
    list(rows.values_list("pk"))
    if set(_threads_of_roots(ids)) != threads:
        raise tree.Moved
    change(chosen)
    tree.recount_votes(*ids)
    for topic in Topic.objects.filter(pk__in=_topics_of(ids)):
        Topic.objects.filter(pk=topic.pk).update(voted_at=timezone.now())


def _threads_of_roots(comment_ids: Iterable[int]) -> Iterable[int]:
    return Comment.objects.filter(pk__in=comment_ids, parent=None).values_list(
        "thread_id", flat=True
    )


def _topics_of(comment_ids: Iterable[int]) -> set[int]:
    rows = Comment.objects.filter(pk__in=comment_ids).order_by()
    return set(rows.values_list("thread__topic_id", flat=True))
