"""What every service has in common: who acts, one transaction, the topic's version, the event."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, NoReturn, TypeVar

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.db.models import Exists, F
from django.db.models.expressions import RawSQL
from django.db.models.sql import UpdateQuery
from django.utils.translation import gettext as _

from forum import sql
from forum.accounts.models import Pen, User
from forum.accounts.readers import Reader
from forum.discussions import tree
from forum.discussions.models import Comment, Decision, Event, Topic

RESTARTS = 5
T = TypeVar("T")
WayBack = Callable[[Event, dict[str, Any], Reader], list[int]]  # of taking back: returns topics


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


def open_to(author: Author, topic_id: int) -> Any:
    """Return the topic, as a queryset, if it takes comments and the author's account or pen is open.

    Asked in the statement that writes, so that a suspension is not outrun by a post on its way.
    """
    rows = Topic.objects.filter(pk=topic_id, locked_at=None)
    if author.member:
        rows = rows.filter(Exists(User.objects.filter(pk=author.member.pk, is_active=True)))
    elif author.pen:
        rows = rows.filter(Exists(Pen.objects.filter(pk=author.pen.pk, closed_at=None)))
    return rows


def refuse(author: Author) -> NoReturn:
    """Say why open_to gave nothing. Raises ValidationError: account-closed, pen-closed, topic-locked."""
    refuse_closed(Reader(user=author.member, pen=None if author.member else author.pen))
    raise ValidationError(_("This talk is locked: it takes no more comments."), "topic-locked")


def refuse_closed(by: Reader) -> None:
    """Raise ValidationError "account-closed" or "pen-closed" for whom staff have closed the door.

    One query: whoever is on the way when the door closes does not slip through.
    """
    if by.user and not User.objects.filter(pk=by.user.pk, is_active=True).exists():
        raise ValidationError(_("This account is closed: nothing was posted."), "account-closed")
    if by.pen and not by.user and Pen.objects.exclude(closed_at=None).filter(pk=by.pen.pk).exists():
        words = _("A moderator has closed this pen: nothing can be written with it.")
        raise ValidationError(words, "pen-closed")


def change_topic(
    topic_id: int, change: int, *, at: datetime | None = None, author: Author | None = None
) -> None:
    """Raise the topic's version, its count by `change`: the last statement of a transaction.

    With an `author`, who writes, only if it is open to them.
    """
    if author and change and at:
        who = author.member or author.pen
        text, values = _counting_sql("member" if author.member else "pen" if who else "")
        who_id = who.pk if who else 0
        given = {_TOPIC: topic_id, _WHO: who_id, _CHANGE: change, _AT: sql.moment(at)}
        if not sql.changed(text, [given.get(value, value) for value in values]):
            refuse(author)
        return
    changes: dict[str, Any] = {"version": F("version") + 1}
    if change:
        changes["comment_count"] = F("comment_count") + change
    if at:
        changes["last_comment_at"] = at
    rows = open_to(author, topic_id) if author else Topic.objects.filter(pk=topic_id)
    if not rows.update(**changes) and author:
        refuse(author)


_TOPIC, _WHO, _CHANGE, _AT = -1, -2, -3, -4  # stand in the kept SQL where the values go


@cache
def _counting_sql(kind: str) -> tuple[str, tuple[Any, ...]]:
    """Return what counts a comment into a topic that is open to its author. Made once, as every
    other writer waits for the row while it is made.
    """
    author = Author(
        member=User(pk=_WHO) if kind == "member" else None,
        pen=Pen(pk=_WHO) if kind == "pen" else None,
    )
    query = open_to(author, _TOPIC).query.chain(UpdateQuery)
    query.add_update_values(
        {
            "version": F("version") + 1,
            "comment_count": F("comment_count") + _CHANGE,
            "last_comment_at": RawSQL("%s", [_AT]),
        }
    )
    text, values = query.get_compiler(connection.alias).as_sql()
    return text, values


def log(
    who: Author | Reader | None,
    verb: str,
    comment: Comment | None,
    topic_id: int | None,
    *,
    before: str = "",
    after: str = "",
    reason: str = "",
    member: User | None = None,
    guest: Pen | None = None,
) -> Event:
    """Write the event and return it; `member` or `guest` is whom it concerns, as a whole."""
    actor = getattr(who, "member", None) or getattr(who, "user", None)
    pen = getattr(who, "pen", None)
    return Event.objects.create(
        actor_id=actor.pk if actor else None,
        pen_id=pen.pk if pen and not actor else None,
        member_id=member.pk if member else None,
        guest_id=guest.pk if guest else None,
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


def from_text(text: str) -> datetime | None:
    """Return the moment that as_text wrote; None for ""."""
    return datetime.fromisoformat(text) if text else None


def refuse_to_undo() -> NoReturn:
    """Raise ValidationError "changed-meanwhile": it is not as the decision left it."""
    words = _("Something happened here meanwhile, so this cannot be undone any more.")
    raise ValidationError(words, "changed-meanwhile")
