"""Suggesting a film or a correction, and what staff take of it, field by field."""

from collections.abc import Collection, Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from films.models import Credit, Film, Suggestion
from films.services import storing
from films.services.bulk import people_named
from films.services.editing import create_film, edit_film
from films.services.storing import NewSource
from forum.accounts.models import User
from forum.discussions import services as talk
from forum.discussions.models import Notice

NUMBERS = ("year", "runtime_minutes")


def current(film: Film) -> dict[str, str]:
    """Return what a film says now, as a suggestion would write it."""
    directors = film.credits.filter(role=Credit.Role.DIRECTOR).select_related("person")
    first = film.sources.first()
    plain = (
        "title",
        "original_title",
        *NUMBERS,
        "countries",
        "languages",
        "imdb_id",
        "wikidata_id",
    )
    return {
        **{name: str(getattr(film, name) or "") for name in plain},
        "description": film.description,
        "directors": ", ".join(credit.person.name for credit in directors),
        "video": first.address if first else "",
    }


def suggest(
    *, fields: Mapping[str, str], evidence: str, film: Film | None, by: User | None
) -> Suggestion:
    """Keep a suggestion for staff: a new film, or what differs from `film`. Raises "nothing-new"."""
    said = {name: text.replace("\x00", "").strip() for name, text in fields.items()}
    if film:
        now = current(film)
        said = {name: text for name, text in said.items() if text != now[name].strip()}
    else:
        said = {name: text for name, text in said.items() if text}
    if not said:
        raise ValidationError(_("That is what the page says already."), "nothing-new")
    return Suggestion.objects.create(
        film=film,
        is_correction=film is not None,
        member=by,
        fields=said,
        evidence=evidence.replace("\x00", "").strip(),
    )


@transaction.atomic
def accept_suggestion(
    *, suggestion: Suggestion, names: Collection[str], answer: str = "", by: User
) -> Film:
    """Take these fields of a suggestion: into its film, or into a new one, a draft for staff to finish.

    Raises ValidationError: "nothing-taken", "decided", and what create_film and edit_film raise.
    """
    stored = _open(suggestion)
    said = {name: text for name, text in stored.fields.items() if name in names}
    if not said or (not stored.is_correction and "title" not in said):
        raise ValidationError(_("Tick what is taken; a new film needs its title."), "nothing-taken")
    if stored.is_correction:
        if stored.film is None:
            raise ValidationError(_("The film is not here any more."), "film-gone")
        film = edit_film(film=stored.film, by=by, **_changes(said, stored.film))
    else:
        film = create_film(by=by, **_changes(said, None))
    stored.film, stored.taken = film, sorted(said)
    _decide(stored, Suggestion.State.ACCEPTED, answer, by)
    return film


@transaction.atomic
def decline_suggestion(*, suggestion: Suggestion, answer: str = "", by: User) -> None:
    """Take nothing of a suggestion. Raises ValidationError "decided"."""
    _decide(_open(suggestion), Suggestion.State.DECLINED, answer, by)


def _open(suggestion: Suggestion) -> Suggestion:
    stored = Suggestion.objects.select_for_update(no_key=True, of=("self",)).get(pk=suggestion.pk)
    if not stored.is_open:
        raise ValidationError(_("Somebody has decided about this meanwhile."), "decided")
    return stored


def _decide(stored: Suggestion, state: str, answer: str, by: User) -> None:
    stored.state, stored.decided_at, stored.decided_by = state, timezone.now(), by
    stored.answer = answer.replace("\x00", "").strip()
    stored.save()
    if stored.member_id and stored.member_id != by.pk:
        talk.tell_member(
            member_id=stored.member_id, kind=Notice.Kind.FILM, link=stored.get_absolute_url()
        )


def _changes(said: Mapping[str, str], film: Film | None) -> dict[str, Any]:
    """Return suggested texts as create_film and edit_film take them. Raises ValidationError."""
    wanted: dict[str, Any] = dict(said)
    for name in NUMBERS:
        if name in wanted:
            wanted[name] = _number(wanted[name])
    if "description" in wanted:
        wanted["description_format"] = "markdown"
    if "directors" in wanted:
        names = [storing.line(name)[:200] for name in wanted.pop("directors").split(",")]
        people = people_named(name for name in names if name)
        others = _others(film) if film else []
        wanted["credits"] = [*((one, "director") for one in people.values()), *others]
    if "video" in wanted:
        here = list(film.sources.all()) if film else []
        kept = [NewSource(one.address, one.label, one.length_s, one.offset_s) for one in here]
        address = wanted.pop("video")
        wanted["sources"] = [*kept, NewSource(address)] if address else kept
    return wanted


def _others(film: Film) -> list[tuple[Any, str]]:
    rows = film.credits.exclude(role=Credit.Role.DIRECTOR).select_related("person")
    return [(credit.person, credit.role) for credit in rows]


def _number(text: str) -> int | None:
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 6):
        raise ValidationError(_("“%(text)s” is no number.") % {"text": text}, "number")
    return int(text)
