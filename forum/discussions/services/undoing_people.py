"""How what staff decided about a person, or about a network or domain, is taken back: a way for each
verb, as in undoing_comments.py; no topic is counted again.
"""

from typing import Any

from django.utils import timezone

from forum.accounts.models import Block, Pen, User
from forum.accounts.readers import Reader
from forum.discussions.models import Caution, Event, Removed
from forum.discussions.services.acts import WayBack, as_text, from_text, log, refuse_to_undo
from forum.discussions.services.people import close_account
from forum.discussions.services.sanctions import rows_of, unsettle
from forum.discussions.services.topics import raise_versions_of


def _told_of(event: Event, by: Reader) -> list[int]:
    """Write the event of an undo about a person, a rule or a block; no topic is touched."""
    member = User(pk=event.member_id) if event.member_id else None
    guest = Pen(pk=event.guest_id) if event.guest_id else None
    log(by, "undo", None, None, before=event.verb, after=event.after, member=member, guest=guest)
    return []


def person_of(event: Event) -> Reader:
    """Return whom a decision was about, as they are, their row locked; refuse if they are gone."""
    if event.member_id:
        members = User.objects.select_for_update(no_key=True).filter(pk=event.member_id)
        found = Reader(user=members.first())
    else:
        pens = Pen.objects.select_for_update(no_key=True).filter(pk=event.guest_id or 0)
        found = Reader(pen=pens.first())
    if not found.is_known:
        refuse_to_undo()
    return found


def _closing(event: Event, details: dict[str, Any], by: Reader) -> list[int]:
    """A suspension or a ban: the account or pen is opened again."""
    if event.member_id:
        raise_versions_of(User(pk=event.member_id))
    who = person_of(event)
    until = from_text(details["until"])
    if who.user:
        if who.user.is_active or who.user.suspended_until != until:
            refuse_to_undo()
        User.objects.filter(pk=who.user.pk).update(is_active=True, suspended_until=None)
    elif who.pen:
        if not who.pen.closed_at or who.pen.closed_until != until:
            refuse_to_undo()
        Pen.objects.filter(pk=who.pen.pk).update(closed_at=None, closed_until=None)
    return _told_of(event, by)


def _opening(event: Event, details: dict[str, Any], by: Reader) -> list[int]:
    """An account or pen that was opened again: it is closed as it was, unless that time is over."""
    if event.member_id:
        raise_versions_of(User(pk=event.member_id))
    who = person_of(event)
    until, now = from_text(details["until"]), timezone.now()
    if until and until <= now:
        refuse_to_undo()
    if who.user:
        if not who.user.is_active:
            refuse_to_undo()
        close_account(who.user, until)
    elif who.pen:
        if who.pen.closed_at:
            refuse_to_undo()
        Pen.objects.filter(pk=who.pen.pk).update(closed_at=now, closed_until=until)
    return _told_of(event, by)


def _person_hold(event: Event, details: dict[str, Any], by: Reader) -> list[int]:
    who = person_of(event)
    if as_text(who.row.held_at) != details["after"]:
        refuse_to_undo()
    rows_of(who.row).filter(pk=who.row.pk).update(held_at=from_text(details["before"]))
    return _told_of(event, by)


def _warning(event: Event, details: dict[str, Any], by: Reader) -> list[int]:
    """A warning is withdrawn, read or not; it stays in the person's history, as taken back."""
    who = person_of(event)
    caution = Caution.objects.filter(pk=details["caution"], withdrawn_at=None)
    if not caution.update(withdrawn_at=timezone.now()):
        refuse_to_undo()
    unsettle(who)
    return _told_of(event, by)


def _everything(event: Event, details: dict[str, Any], by: Reader) -> list[int]:
    if Removed.objects.filter(decision__event=event).exists():
        refuse_to_undo()  # some went meanwhile: the next undo brings those back too
    return _told_of(event, by)


def _block(event: Event, details: dict[str, Any], by: Reader) -> list[int]:
    rows = Block.objects.in_force().filter(pk=details["block"])
    if not rows.update(lifted_at=timezone.now()):
        refuse_to_undo()
    return _told_of(event, by)


def _unblock(event: Event, details: dict[str, Any], by: Reader) -> list[int]:
    rows = Block.objects.filter(pk=details["block"], until__gt=timezone.now())
    if not rows.exclude(lifted_at=None).exclude(value="").update(lifted_at=None):
        refuse_to_undo()
    return _told_of(event, by)


WAYS: dict[str, WayBack] = {
    "suspend": _closing,
    "ban": _closing,
    "reinstate": _opening,
    "hold-person": _person_hold,
    "free-person": _person_hold,
    "warn": _warning,
    "remove-all": _everything,
    "block": _block,
    "unblock": _unblock,
}
