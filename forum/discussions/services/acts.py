"""What every service has in common: who acts, one transaction, the topic's version, the event."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from forum.accounts.models import Pen, User
from forum.accounts.readers import Reader
from forum.discussions import tree
from forum.discussions.models import Comment, Decision, Event, Topic

RESTARTS = 5
T = TypeVar("T")


@dataclass(frozen=True)
class Author:
    """Who writes: a member, or a guest with a pen and the name they gave."""

    member: User | None = None
    pen: Pen | None = None
    name: str = ""

    @property
    def columns(self) -> dict[str, Any]:
        return {
            "member": self.member,
            "pen": None if self.member else self.pen,
            "author_name": "" if self.member else self.name,
        }

    @property
    def shown(self) -> str:
        return self.member.username if self.member else self.name


def in_transaction(write: Callable[[], T]) -> T:
    """Run `write` in a transaction; start again where a comment has moved meanwhile."""
    for attempt in range(RESTARTS):
        try:
            with transaction.atomic():
                return write()
        except tree.Moved:
            if attempt == RESTARTS - 1:
                raise ValidationError(
                    _("This talk is being moved. Please try again."), "moved"
                ) from None
    raise AssertionError("unreachable")


def change_topic(
    topic_id: int, change: int, *, at: datetime | None = None, is_open: bool = False
) -> None:
    """Raise the topic's version, its count by `change`: the last statement of a transaction."""
    changes: dict[str, Any] = {"version": F("version") + 1}
    if change:
        changes["comment_count"] = F("comment_count") + change
    if at:
        changes["last_comment_at"] = at
    rows = Topic.objects.filter(pk=topic_id)
    if not (rows.filter(locked_at=None) if is_open else rows).update(**changes) and is_open:
        raise ValidationError(_("This talk is locked: it takes no more comments."), "topic-locked")


def log(
    who: Author | Reader | None,
    verb: str,
    comment: Comment | None,
    topic_id: int | None,
    *,
    before: str = "",
    after: str = "",
    reason: str = "",
) -> Event:
    member = getattr(who, "member", None) or getattr(who, "user", None)
    pen = getattr(who, "pen", None)
    return Event.objects.create(
        actor_id=member.pk if member else None,
        pen_id=pen.pk if pen and not member else None,
        verb=verb,
        comment_id=comment.pk if comment else None,
        thread_id=comment.thread_id if comment else None,
        topic_id=topic_id,
        before=str(before),
        after=str(after),
        reason=reason[:40],
    )


def undoable(event: Event, **details: Any) -> Event:
    """Keep what is needed to take this decision back (services/undoing.py)."""
    Decision.objects.create(event=event, details=details)
    return event


def as_text(at: datetime | None) -> str:
    """Return a moment as a decision keeps it and as forms carry it; "" for none."""
    return at.isoformat() if at else ""
