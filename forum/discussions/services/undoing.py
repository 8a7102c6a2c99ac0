"""Taking a decision of staff back within 30 days, unless something happened meanwhile."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from forum.accounts.models import User
from forum.accounts.readers import Reader
from forum.discussions import notices, tree
from forum.discussions.models import Comment, Decision, Event, Revision, Topic
from forum.discussions.services import undoing_comments, undoing_people
from forum.discussions.services.acts import from_text, in_transaction, refuse_to_undo
from forum.discussions.services.deciding import (
    refuse_decision,
    refuse_foreign,
    refuse_person,
)
from forum.discussions.services.removing import bring_everything_back
from forum.discussions.services.settling import (
    reopen,
    reopen_appeals,
    tell_author_inside,
    tell_no_more,
    win_appeal,
)
from forum.discussions.services.telling import tell_person

WAYS = undoing_comments.WAYS | undoing_people.WAYS  # by the verb of what is taken back


def undo(*, decision_id: int, by: Reader) -> Decision:
    """Take a decision back; the event says "undo" and what it was.

    Raises Decision.DoesNotExist; ValidationError: undone-already, too-late, changed-meanwhile,
    own-comment, out-of-scope, not-allowed.
    """
    _bring_back_what_is_much(decision_id, by)

    def write() -> Decision:
        decision = Decision.objects.select_related("event").get(pk=decision_id)
        if decision.undone_at:
            raise ValidationError(_("This was undone already."), "undone-already")
        if not decision.is_undoable:
            raise ValidationError(_("The 30 days for undoing this are over."), "too-late")
        _refuse_foreign(decision.event, by)
        take_back(decision, by)
        is_won = win_appeal(decision.event, by)
        _tell_person(decision)
        if is_won:
            _tell_of_appeal(decision.event, by)
        return decision

    return in_transaction(write)


def put_together(*, comment_ids: Iterable[int], verb: str, by: Reader, since: datetime) -> None:
    """Note that these decisions were one press of a button, for undoing them by one too."""
    assert by.user
    rows = Decision.objects.filter(event__comment_id__in=list(comment_ids), event__at__gte=since)
    found = list(rows.filter(event__actor_id=by.user.pk, event__verb=verb).order_by("pk"))
    for one in found:
        one.details = {**one.details, "together": found[0].pk}
    Decision.objects.bulk_update(found, ["details"], batch_size=200)


def decided_together(decision: Decision) -> Any:
    """Return the decisions of the same press that are not undone, the last first."""
    first = decision.details.get("together")
    if first is None:
        return Decision.objects.undoable().filter(pk=decision.pk)
    rows = Decision.objects.undoable().filter(pk__range=(first, decision.pk))
    return rows.filter(details__together=first).select_related("event").order_by("-pk")


def take_back(decision: Decision, by: Reader) -> None:
    """Do what `undo` says, however long ago it was, within a transaction of the caller's.

    Raises ValidationError: undone-already, changed-meanwhile.
    """
    event = decision.event
    try:
        topic_ids = WAYS[event.verb](event, decision.details, by)
    except (Comment.DoesNotExist, Revision.DoesNotExist, Topic.DoesNotExist):
        refuse_to_undo()
    rows = Decision.objects.filter(pk=decision.pk, undone_at=None)
    if not rows.update(undone_at=timezone.now()):
        raise ValidationError(_("This was undone already."), "undone-already")
    told = reopen(event)
    reopen_appeals(event)
    tree.recount_topics(*topic_ids)
    tell_no_more(told)


# What whom a decision was about is told when it is taken back: the kind of the notice.
_BACK = {
    "warn": "unwarned",
    "suspend": "opened",
    "ban": "opened",
    "reinstate": "closed",
    "hold-person": "freed",
    "free-person": "held",
    "remove-all": "restored",
}


def _tell_person(decision: Decision) -> None:
    event, details = decision.event, decision.details
    if event.verb not in _BACK or not details.get("is_told", event.verb != "remove-all"):
        return
    until = from_text(details["until"]) if event.verb == "reinstate" else None
    tell_person(undoing_people.person_of(event), _BACK[event.verb], until=until)


def _tell_of_appeal(event: Event, by: Reader) -> None:
    """Tell an author that staff set right by themselves what they appealed against."""
    comment = Comment.objects.with_text().get(pk=event.comment_id)
    notices.tell_author(comment, "appeal-won", by=by)
    tell_author_inside(comment, by)


def _refuse_foreign(event: Event, by: Reader) -> None:
    """Raise ValidationError unless this is for `by` to take back: as for deciding it."""
    if event.comment_id:
        comment = Comment.objects.select_related("thread").filter(pk=event.comment_id).first()
        if comment:
            refuse_decision(comment, by)
    if event.topic_id:
        refuse_foreign(by, event.topic_id)
    else:
        member, pen = User.objects.filter(pk=event.member_id or 0).first(), None
        refuse_person(member, pen, by)


def _bring_back_what_is_much(decision_id: int, by: Reader) -> None:
    """Bring back what is too much for one transaction, in small ones, before the decision is undone."""
    decision = Decision.objects.select_related("event").get(pk=decision_id)
    if decision.event.verb == "remove-all" and decision.is_undoable:
        _refuse_foreign(decision.event, by)
        bring_everything_back(decision, by)
