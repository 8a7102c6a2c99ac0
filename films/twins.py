"""Films that are perhaps the same film, found before it is entered twice."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Q
from django.utils.translation import gettext as _

from films import words
from films.models import Film, FilmQuerySet, Source
from films.sources import Playable

TWINS_SHOWN = 5
YEARS_APART = 1


@dataclass(frozen=True)
class Twin:
    film: Film
    why: str  # in words


def twins_of(
    *,
    title: str,
    original_title: str = "",
    year: int | None = None,
    copies: Iterable[Playable] = (),
    but: int | None = None,
) -> list[Twin]:
    """Return the films that share a copy, or a title by its skeleton and, nearly, the year.

    Years within one of each other are near, and a year that is not known is near to all. The film
    with the id `but` is not its own twin; nor is one that went into another.
    """
    films = Film.objects.for_lists().filter(topic__moved_to=None).exclude(pk=but or 0)
    found = {film.pk: Twin(film, _("the same copy")) for film in _with(films, list(copies))}
    keys = {words.skeleton(title), words.skeleton(original_title)} - {""}
    named = films.filter(Q(title_key__in=keys) | Q(original_key__in=keys))
    if year is not None:
        near = Q(year__range=(year - YEARS_APART, year + YEARS_APART))
        named = named.filter(near | Q(year=None))
    for film in named.order_by("pk")[:TWINS_SHOWN] if keys else ():
        found.setdefault(film.pk, Twin(film, _("the same title")))
    return list(found.values())[:TWINS_SHOWN]


def _with(films: FilmQuerySet, copies: list[Playable]) -> list[Film]:
    if not copies:
        return []
    same = Q()
    for copy in copies:
        same |= Q(kind=copy.kind, host=copy.host, key=copy.key)
    return list(films.filter(pk__in=Source.objects.filter(same).values("film"))[:TWINS_SHOWN])
