"""What staff do to a person as a whole: warn, hold what they write, close a guest's pen.

A person is a Reader: a member, or a guest's pen. How they stand lies on their own row, which every
page of theirs reads anyway, so that posting asks for no more. Closing a member's account is in
people.py.
"""

from datetime import datetime
from typing import Any, NoReturn

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from forum.accounts.models import Pen, User
from forum.accounts.readers import Reader
from forum.discussions.models import (
    STAFF_WORDS_CHARS,
    Breach,
    Caution,
    Event,
    Note,
    about,
)
from forum.discussions.services.acts import Author, as_text, log, undoable
from forum.discussions.services.deciding import refuse_person
from forum.discussions.services.telling import tell_person


def person_seen(person: Reader) -> str:
    """Return what names how a person stands, for the form that decides about them."""
    who = row_of(person)
    of_member = ["is_active", "suspended_until", "leaves_at"]
    names = of_member if person.user else ["closed_at", "closed_until"]
    values = [getattr(who, name) for name in [*names, "held_at", "warned_at"]]
    return "/".join(
        [str(who), *(as_text(v) if isinstance(v, datetime) else str(v) for v in values)]
    )


def row_of(person: Reader) -> User | Pen:
    who = person.user or person.pen
    if who is None:
        raise ValidationError(_("There is nobody here."), "gone-meanwhile")
    return who


def rows_of(who: User | Pen) -> QuerySet[Any]:
    return User.objects.all() if isinstance(who, User) else Pen.objects.all()


def concerned(person: Reader) -> dict[str, Any]:
    """Return how an event names the person that it concerns."""
    return {"member": person.user} if person.user else {"guest": person.pen}


def taken(person: Reader, by: Reader | None, seen: str = "") -> Reader:
    """Return the person as they are, their row locked, if `by` may act on them.

    Raises ValidationError: not-allowed, out-of-scope, gone-meanwhile, changed-meanwhile.
    """
    who = row_of(person)
    found = rows_of(who).select_for_update(no_key=True).filter(pk=who.pk).first()
    if found is None:
        raise ValidationError(_("This person is gone."), "gone-meanwhile")
    now = Reader(user=found) if person.user else Reader(pen=found)
    refuse_person(now.user, now.pen, by)
    if seen and seen != person_seen(now):
        refuse_changed()
    return now


def refuse_changed() -> NoReturn:
    raise ValidationError(_("This was changed meanwhile."), "changed-meanwhile")


def _set(person: Reader, **changes: Any) -> None:
    who = row_of(person)
    rows_of(who).filter(pk=who.pk).update(**changes)
    for name, value in changes.items():
        setattr(who, name, value)


def _reason(reason: str) -> str:
    if reason not in Breach.values:
        raise ValidationError(_("Please choose a reason."), "reason-missing")
    return reason


# ---------------------------------------------------------------------------------------- warnings


def warn(
    *,
    person: Reader,
    by: Reader | None,
    reason: str,
    words: str = "",
    comment_id: int | None = None,
    seen: str = "",
) -> Caution:
    """Warn a person: they write nothing more before they say that they have read it.

    Raises ValidationError: reason-missing, and what `taken` raises.
    """
    _reason(reason)
    with transaction.atomic():
        person = taken(person, by, seen)
        caution = Caution.objects.create(
            **about(person),
            reason=reason,
            words=words.strip()[:STAFF_WORDS_CHARS],
            comment_id=comment_id,
            by=by.user if by else None,
        )
        _set(person, warned_at=caution.at)
        event = log(by, "warn", None, None, reason=reason, **concerned(person))
        undoable(event, caution=caution.pk)
        tell_person(person, "warned", reason=reason, message=caution.words)
    return caution


def waiting_cautions(person: Reader) -> list[Caution]:
    """Return the warnings that a person has still to read, the first first; no query if none waits."""
    if not getattr(person.user or person.pen, "warned_at", None):
        return []
    return list(Caution.objects.waiting().about(person).order_by("pk"))


def acknowledge(*, by: Reader, last_id: int) -> int:
    """Say that the warnings up to this one were read; return how many. A later one still waits."""
    if not by.is_known:
        return 0
    with transaction.atomic():
        who = row_of(by)
        list(rows_of(who).select_for_update(no_key=True).filter(pk=who.pk))
        waiting = Caution.objects.waiting().about(by)
        count = waiting.filter(pk__lte=last_id).update(acknowledged_at=timezone.now())
        if count:
            log(by, "read-warning", None, None, **concerned(by))
        unsettle(by)
    return count


def unsettle(person: Reader) -> None:
    """Set whether a warning waits, from the warnings; the person's row is locked."""
    last = Caution.objects.waiting().about(person).order_by("-pk").first()
    _set(person, warned_at=last.at if last else None)


def refuse_author(author: Author) -> None:
    """Raise ValidationError "warned" or "pen-closed" if this author may not write now; no query."""
    who = author.member or author.pen
    if not author.member and author.pen and author.pen.closed_at:
        words = _("A moderator has closed this pen: nothing can be written with it.")
        raise ValidationError(words, "pen-closed")
    if who and who.warned_at:
        words = _("A moderator has warned you. Please read the warning first; your text is kept.")
        raise ValidationError(words, "warned")


# ------------------------------------------------------------------------------------------- notes


def write_note(*, person: Reader, by: Reader, words: str) -> Note:
    """Keep a note for other moderators. Raises ValidationError: note-empty, and what `taken` raises."""
    words = words.strip()[:STAFF_WORDS_CHARS]
    if not words:
        raise ValidationError(_("Please write something."), "note-empty")
    with transaction.atomic():
        person = taken(person, by)
        note = Note.objects.create(**about(person), words=words, by=by.user)
        log(by, "note", None, None, **concerned(person))
    return note


# ------------------------------------------------------------------------------------- hold, close


def hold_person(
    *, person: Reader, by: Reader | None, held: bool, reason: str = "", seen: str = ""
) -> Event:
    """Let a moderator read everything that a person writes before others do, or no more.

    Raises ValidationError: reason-missing (to hold), wrong-state, and what `taken` raises.
    """
    if held:
        _reason(reason)
    with transaction.atomic():
        person = taken(person, by, seen)
        before = row_of(person).held_at
        if bool(before) == held:
            raise ValidationError(_("It is so already."), "wrong-state")
        now = timezone.now() if held else None
        _set(person, held_at=now)
        event = log(
            by,
            "hold-person" if held else "free-person",
            None,
            None,
            reason=reason,
            **concerned(person),
        )
        undoable(event, before=as_text(before), after=as_text(now))
        tell_person(person, "held" if held else "freed", reason=reason)
        return event


def close_pen(
    *,
    pen_id: int,
    by: Reader | None,
    reason: str,
    until: datetime | None = None,
    seen: str = "",
) -> Pen:
    """Close a guest's pen: it posts, edits, votes and reports no more. `until` None: for good.

    Raises ValidationError: reason-missing, until-past, wrong-state, and what `taken` raises.
    """
    _reason(reason)
    if until and until <= timezone.now():
        raise ValidationError(_("This moment is over already."), "until-past")
    with transaction.atomic():
        person = taken(Reader(pen=Pen.objects.get(pk=pen_id)), by, seen)
        assert person.pen
        if person.pen.closed_at:
            raise ValidationError(_("This pen is closed already."), "wrong-state")
        _set(person, closed_at=timezone.now(), closed_until=until)
        event = log(by, "suspend" if until else "ban", None, None, guest=person.pen, reason=reason)
        undoable(event, until=as_text(until))
        tell_person(person, "closed", reason=reason, until=until)
    return person.pen


def open_pen(*, pen_id: int, by: Reader | None, seen: str = "") -> Pen:
    """Open a closed pen again. Raises ValidationError: wrong-state, and what `taken` raises."""
    with transaction.atomic():
        person = taken(Reader(pen=Pen.objects.get(pk=pen_id)), by, seen)
        assert person.pen
        before = person.pen.closed_until
        if not person.pen.closed_at:
            raise ValidationError(_("This pen is not closed."), "wrong-state")
        _set(person, closed_at=None, closed_until=None)
        event = log(by, "reinstate", None, None, guest=person.pen)
        if by:
            undoable(event, until=as_text(before))
            tell_person(person, "opened")
    return person.pen


def open_pens_again() -> str:
    """Open the pens that were closed until now; return what was done, in words."""
    over = Pen.objects.filter(closed_until__lte=timezone.now())
    ids = list(over.values_list("pk", flat=True))
    for pen_id in ids:
        open_pen(pen_id=pen_id, by=None)
    return f"pens closed for a time that is over: {len(ids):,} opened"


# ---------------------------------------------------------------------------- a guest who became a member


def claim_sanctions(*, pen: Pen, member: User) -> None:
    """Let what staff decided about a guest hold for the member whom the guest turns out to be.

    Raises ValidationError "pen-closed": a closed pen is no way to another account.
    """
    if pen.closed_at:
        words = _("A moderator has closed this pen: its comments stay where they are.")
        raise ValidationError(words, "pen-closed")
    changes = {
        name: getattr(pen, name)
        for name in ("held_at", "warned_at")
        if getattr(pen, name) and not getattr(member, name)
    }
    if changes:
        User.objects.filter(pk=member.pk).update(**changes)


def settle_sanctions(*, pen_id: int, member: User) -> None:
    """Give the notes and warnings about a claimed pen to its member, once that is not undone any more."""
    for model in (Caution, Note):
        model.objects.filter(pen=pen_id).update(member=member, pen=None)
