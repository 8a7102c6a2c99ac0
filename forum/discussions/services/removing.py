"""Everything that a person wrote, removed by one decision, and brought back by one undo.

Comment by comment through change_state, in transactions of a few, so that nobody waits long for a
thread and every count is right after each. What was cut short goes on where it stopped: the
decision is in the list from the first comment on, and each comment that went is written down.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from forum.accounts.readers import Reader
from forum.discussions import tree
from forum.discussions.models import (
    Comment,
    CommentText,
    Decision,
    Event,
    Reason,
    Removed,
    State,
)
from forum.discussions.services.acts import in_transaction, log, undoable
from forum.discussions.services.sanctions import concerned, taken
from forum.discussions.services.settling import (
    reopen,
    reopen_appeals,
    settle,
    settle_appeals,
    tell_no_more,
    tell_reporters,
)
from forum.discussions.services.states import MODERATION, change_state
from forum.discussions.services.telling import tell_person
from forum.discussions.services.waiting import keep_due

AT_ONCE = 50  # comments in one transaction
IN_ONE_GO = 1_000  # comments of one request, at most: the rest is removed by pressing again
SPAM = "spam"  # beside the values of Reason


@dataclass(frozen=True)
class Swept:
    """What came of it: the decision, how many comments went now, how many are left to remove."""

    decision: Decision
    count: int
    left: int


@dataclass(frozen=True)
class Done:
    """A comment that was changed: in which topic, by which event, and which members heard of it before."""

    topic_id: int
    event: Event
    told: list[int] = field(default_factory=list)


def removable(person: Reader) -> Any:
    """Return the comments of a person that `remove_everything` is about."""
    return Comment.objects.by(person).in_state(*MODERATION["remove"][1])


def remove_everything(
    *, person: Reader, by: Reader, reason: str, words: str = "", most: int = IN_ONE_GO
) -> Swept:
    """Remove all that a member or a pen wrote and that is public or held; `reason` "spam": as spam.

    One decision in the list, which one undo takes back. Twice goes on where the first stopped.
    Raises ValidationError: reason-missing, nothing-left, and what `sanctions.taken` raises.
    """
    if reason != SPAM and reason not in Reason.values:
        raise ValidationError(_("Removing needs a reason."), "reason-missing")
    decision = _begun(person, by, reason)
    count = 0
    while count < most:
        ids = list(_next(person, decision)[: min(AT_ONCE, most - count)])
        if not ids:
            break
        count += _each(
            ids,
            lambda one: _remove(one, decision, by, reason, words),
            lambda done: tell_reporters(done.event),
        )
    left = _next(person, decision).count()
    if not left:
        _note(decision, is_whole=True)
    _tell(person, decision, reason, words, left)
    return Swept(decision, count, left)


def _tell(person: Reader, decision: Decision, reason: str, words: str, left: int) -> None:
    """Tell the person of all of it, what is left to remove too: once, however often it is begun again.
    Of spam nothing is said.
    """
    with transaction.atomic():
        rows = Decision.objects.select_for_update(no_key=True, of=("self",))
        decision = rows.select_related("event").get(pk=decision.pk)
        count = Removed.objects.filter(decision=decision).count()
        if reason == SPAM or decision.details.get("is_told") or not count:
            return
        _note(decision, is_told=True)
        tell_person(person, "removed", reason=reason, message=words, count=count + left)


def _begun(person: Reader, by: Reader, reason: str) -> Decision:
    """Return the decision that was cut short, or a new one."""
    with transaction.atomic():
        person = taken(person, by)
        who = {f"event__{kind}_id": one.pk for kind, one in concerned(person).items()}
        open_ones = Decision.objects.undoable().filter(event__verb="remove-all", **who)
        last = open_ones.select_related("event").order_by("-pk").first()
        if last and not last.details.get("is_whole") and not last.details.get("undoing"):
            return last
        if not removable(person).exists():
            raise ValidationError(_("There is nothing left to remove."), "nothing-left")
        event = log(by, "remove-all", None, None, reason=reason, **concerned(person))
        undoable(event, is_whole=False)
        return Decision.objects.select_related("event").get(event=event)


def _next(person: Reader, decision: Decision) -> Any:
    """Return the ids still to be removed: what somebody restored since this began stays."""
    done = Removed.objects.filter(decision=decision).values("comment_id")
    rows = removable(person).filter(created_at__lte=decision.event.at).exclude(pk__in=done)
    return rows.order_by("pk").values_list("pk", flat=True)


def _note(decision: Decision, **details: Any) -> None:
    decision.details = {**decision.details, **details}
    Decision.objects.filter(pk=decision.pk).update(details=decision.details)


def _each(
    ids: Sequence[int], act: Callable[[int], Done | None], tell: Callable[[Done], None]
) -> int:
    """Do `act` to each comment in one transaction: threads are locked first, then what `act` does,
    topics are counted, and `tell` tells members, who come last. `act` returns None where nothing was
    to be done.
    """

    def write() -> int:
        tree.lock_threads_of(ids)
        done = [one for one in map(act, ids) if one]
        tree.recount_topics(*(one.topic_id for one in done))
        for one in done:
            tell(one)
        return len(done)

    return in_transaction(write)


def _remove(pk: int, decision: Decision, by: Reader, reason: str, words: str) -> Done | None:
    verb = SPAM if reason == SPAM else "remove"
    target, sources = MODERATION[verb]
    was = Comment.objects.filter(pk=pk).values_list("state", "reason", "newcomer_at").first()
    if was is None or was[0] not in sources:
        return None
    comment, event = change_state(pk, target, sources, verb, by, "" if reason == SPAM else reason)
    CommentText.objects.filter(pk=pk).update(told=words.strip()[:500] if reason != SPAM else "")
    Removed.objects.create(
        decision=decision,
        comment_id=pk,
        before=was[0],
        reason=was[1],
        newcomer_at=was[2],
        at=comment.state_at,
        event_id=event.pk,
    )
    if was[2]:
        Comment.objects.filter(pk=pk).update(newcomer_at=None)
    settle(comment, event)
    settle_appeals(comment, event, by)
    return Done(int(comment.thread.topic_id), event)


# -------------------------------------------------------------------------------------------- undo


def bring_everything_back(decision: Decision, by: Reader) -> int:
    """Put each comment of such a decision back as it was, unless it was decided since; return how many.

    In the same small transactions; cut short, the next undo goes on.
    """
    _note(decision, undoing=True)
    count = 0
    while rows := list(Removed.objects.filter(decision=decision).order_by("comment_id")[:AT_ONCE]):
        by_id = {row.comment_id: row for row in rows}
        here = set(Comment.objects.filter(pk__in=by_id).values_list("pk", flat=True))
        Removed.objects.filter(pk__in=[r.pk for pk, r in by_id.items() if pk not in here]).delete()
        count += _each(
            sorted(here),
            partial(_restore, by_id, by),
            lambda done: tell_no_more(done.told),
        )
    return count


def _restore(rows: Mapping[int, Removed], by: Reader, comment_id: int) -> Done | None:
    row = rows[comment_id]
    Removed.objects.filter(pk=row.pk).delete()
    comment = Comment.objects.get(pk=row.comment_id)
    if comment.state not in (State.REMOVED, State.SPAM) or comment.state_at != row.at:
        return None
    sources = frozenset({comment.state})
    comment, event = change_state(row.comment_id, row.before, sources, "undo", by, row.reason)
    CommentText.objects.filter(pk=row.comment_id).update(told="")
    if row.newcomer_at:
        Comment.objects.filter(pk=row.comment_id).update(newcomer_at=row.newcomer_at)
    removal = Event.objects.get(pk=row.event_id)
    told = reopen(removal)
    reopen_appeals(removal)
    keep_due(comment)
    return Done(int(comment.thread.topic_id), event, told)
