"""What every service has in common: the film's row under its lock, its fields, its topic."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import F, QuerySet, Value
from django.db.models.functions import Greatest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from films import sources, words
from films.models import Credit, Film, FilmCountry, Person, Source
from forum import markup
from forum.discussions.models import Topic

# What change_film and create_film take beside title, slug and category.
_LINES = {"original_title", "tagline", "imdb_id", "tmdb_id", "wikidata_id"}
_TEXTS = {"description", "description_format"}
_CODES = {"countries", "languages"}
PLAIN = _LINES | _TEXTS | _CODES | {"year", "runtime_minutes"}
FIELDS = PLAIN | {"title", "slug", "category"}  # all that change_film takes
_TICK = timedelta(microseconds=1)


@dataclass(frozen=True)
class NewSource:
    """A playable copy as it is entered; the address says the rest."""

    address: str
    label: str = ""
    length_s: int | None = None
    offset_s: int = 0  # second of the copy at which the film begins


# The row


def locked(film: Film, *, even_merged: bool = False) -> Film:
    """Return the stored film, its row locked to the end. Topic rows come after, never before.

    Raises ValidationError "merged" for a film that went into another one: only undoing that
    changes it.
    """
    rows = Film.objects.for_lists()
    stored = rows.select_for_update(no_key=True, of=("self",)).get(pk=film.pk)
    if stored.is_merged and not even_merged:
        raise ValidationError(
            _("This film went into another one. Undo that first, to change it."), code="merged"
        )
    return stored


def rise(film: Film) -> None:
    """Say that what the film's head shows has changed; the caller saves updated_at."""
    film.updated_at = max(timezone.now(), film.updated_at + _TICK)  # also when a clock went back
    film.related_at = None  # what it has in common with others has changed too, perhaps
    film.share_at = None  # and what its picture shows


def rise_all(films: QuerySet[Film]) -> None:
    films.update(updated_at=Greatest(F("updated_at") + _TICK, Value(timezone.now())), share_at=None)


def keep_topic_true(film: Film) -> None:
    """Write to the topic what the talk shows of its film."""
    Topic.objects.filter(pk=film.topic_id).update(
        title=film.title,
        folded=words.search_text(film.title),
        path=f"/films/{film.slug}/",
        byline=film.year_and_category,
        runtime_minutes=film.runtime_minutes,
        hidden_at=None if film.is_published else film.state_at,
        version=F("version") + 1,
    )


# Its fields


def fill(film: Film, changes: dict[str, Any]) -> None:
    """Set fields of PLAIN and the title, with all that is made of them."""
    unknown = changes.keys() - PLAIN - {"title"}
    if unknown:
        raise TypeError(f"a film has no {', '.join(sorted(unknown))}")
    for name, value in changes.items():
        if name == "title" or name in _LINES:
            value = line(value)
        elif name in _CODES:
            value = codes_of(name, value)
        setattr(film, name, value)
    film.description = film.description.replace("\x00", "")
    film.folded = words.search_text(film.title, film.original_title)
    film.slips = words.slips(film.folded.split())
    film.sort_title = words.sort_key(film.title)
    film.title_key = words.skeleton(film.title)
    film.original_key = words.skeleton(film.original_title)


def refuse_nonsense(film: Film) -> None:
    made = ["folded", "slips", "sort_title", "title_key", "original_key", "description_html"]
    film.clean_fields(exclude=["topic", "slug", "category", *made])
    film.description_html = markup.render(film.description, film.description_format)


def codes_of(name: str, text: str) -> str:
    """Return the codes of `text` ("countries" or "languages") as they are stored: "GB FR"."""
    codes = text.upper() if name == "countries" else text.lower()
    return " ".join(dict.fromkeys(codes.replace(",", " ").split()))


def line(text: str) -> str:
    """Return one line of text: control characters and double spaces gone."""
    return " ".join(
        "".join(" " if unicodedata.category(s) in ("Cc", "Cs") else s for s in text).split()
    )


# Its parts


def write_countries(film: Film) -> None:
    """Write a row for each code of film.countries, by which lists find the film."""
    rows = FilmCountry.objects.filter(film=film)
    wanted = film.countries.split()
    rows.exclude(code__in=wanted).delete()
    there = set(rows.values_list("code", flat=True))
    new = [FilmCountry(film=film, code=code) for code in wanted if code not in there]
    FilmCountry.objects.bulk_create(new)


def write_credits(film: Film, credits: Sequence[tuple[Person, str]]) -> None:
    """Make the film's credits exactly these (person, role), in this order."""
    wanted = list(dict.fromkeys(credits))
    if any(role not in Credit.Role.values for _person, role in wanted):
        raise ValidationError(_("There is no such role."), code="role")
    film.credits.all().delete()
    Credit.objects.bulk_create(
        Credit(film=film, person=person, role=role, position=position)
        for position, (person, role) in enumerate(wanted)
    )


def write_sources(film: Film, wanted: Sequence[NewSource]) -> None:
    """Make the film's copies exactly these, in this order. A copy that stays keeps its id."""
    old = {(row.kind, row.host, row.key): row for row in film.sources.all()}
    kept = [_source(film, new, position, old) for position, new in enumerate(wanted)]
    if len({(row.kind, row.host, row.key) for row in kept}) < len(kept):
        raise ValidationError(_("The same copy stands here twice."), code="source-twice")
    for row in old.values():
        row.delete()
    for row in kept:
        row.save()


def _source(
    film: Film, new: NewSource, position: int, old: dict[tuple[str, str, str], Source]
) -> Source:
    """Return the row for `new`: a new one, or that of the same copy, taken out of `old`."""
    parsed = sources.parse(new.address)
    found = (parsed.kind, parsed.host, parsed.key)
    row = old.pop(found, None) or Source(
        film=film, kind=parsed.kind, host=parsed.host, key=parsed.key
    )
    row.address, row.label, row.position = new.address.strip(), line(new.label), position
    row.length_s, row.offset_s = new.length_s, new.offset_s
    row.clean_fields(exclude=["film"])
    return row
