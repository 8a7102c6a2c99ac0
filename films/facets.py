"""What the catalogue offers to choose from beside its list: every filter's values with their counts."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count
from django.utils.translation import gettext as _

from films import browse, places
from films.browse import TIME, Found, Link
from films.models import Category, Credit, Film, Person
from films.shelf import LENGTHS, Name
from films.words import sort_key

FEW = 12  # more links than this are folded away until one is chosen
PEOPLE = 8


@dataclass(frozen=True)
class Filter:
    """One way to narrow the catalogue. `any`: the link to all without it. `is_short`: where there is
    room, it stands open.
    """

    heading: str
    any: Link
    links: list[Link]

    @property
    def is_open(self) -> bool:
        return any(link.is_current for link in self.links)

    @property
    def is_short(self) -> bool:
        return len(self.links) <= FEW


def chosen(found: Found) -> list[Link]:
    """Return a link for each filter that is chosen, to what is found without it."""
    choice = found.choice
    return [
        found.link_without(browse.words_of(name, getattr(choice, name)), name)
        for name in choice.filters()
    ]


def filters(found: Found, shown: Sequence[Film], shelves: Sequence[Category]) -> list[Filter]:
    """Return what the films can be narrowed to, only where at least one film is; one query.

    `shown`: the films of the page, whose people are offered. `shelves`: all categories.
    """
    categories: list[Value] = [(one.name, one, ("category", one.pk)) for one in shelves]
    return [
        _of(found, _("Category"), _("Any category"), "category", categories),
        *_of_time(found),
        _of(found, _("Country"), _("Any country"), "country", _codes(found, "country")),
        _of(found, _("Spoken"), _("Any language"), "language", _codes(found, "language")),
        _of(found, _("Length"), _("Any length"), "length", _lengths()),
        _of(found, _("Talk"), _("With and without"), "talk", _words_of("talk", browse.TALK)),
        _of(found, _("Copies"), _("Wherever they play"), "play", _words_of("play", browse.PLAY)),
        _of_people(found, shown),
    ]


Value = tuple[str, Any, Name]  # in words, of the choice, its set


def _lengths() -> list[Value]:
    return [(browse.length_words(name), name, ("length", name)) for name in LENGTHS]


def _words_of(name: str, values: tuple[str, ...]) -> list[Value]:
    return [(browse.words_of(name, value), value, (name, value)) for value in values]


def _codes(found: Found, name: str) -> list[Value]:
    words = places.country if name == "country" else places.language
    values = [(words(code), code, (name, code)) for code in found.shelf.values_of(name)]
    return sorted(values, key=lambda value: sort_key(value[0]))


def _of(found: Found, heading: str, any_words: str, name: str, values: list[Value]) -> Filter:
    rest = found.without(name)
    links = [found.link(words, name, value, rest, one) for words, value, one in values]
    links = [link for link in links if link.count or link.is_current]
    return Filter(heading, found.link_without(any_words, name), links)


def _of_time(found: Found) -> list[Filter]:
    """Return the decades, and the years of the chosen one."""
    rest, decade = found.without(*TIME), found.choice.shown_decade
    years = sorted(found.shelf.values_of("year"))
    links = [
        found.link(browse.decade_words(one), "decade", one, rest, ("decade", one))
        for one in sorted(found.shelf.values_of("decade"))
    ]
    links = [link for link in links if link.count or link.is_current]
    filters = [Filter(_("Decade"), found.link_without(_("Any time"), *TIME), links)]
    if decade is not None:
        of_decade = [year for year in years if decade <= year < decade + 10]
        links = [found.link(str(one), "year", one, rest, ("year", one)) for one in of_decade]
        whole = found.link(browse.decade_words(decade), "decade", decade, rest, ("decade", decade))
        filters.append(Filter(_("Year"), whole, [link for link in links if link.count]))
    return filters


def _of_people(found: Found, shown: Sequence[Film]) -> Filter:
    """Return who stands in the credits of most of the films that are shown."""
    credits = Credit.objects.filter(film__in=[film.pk for film in shown]).order_by()
    often = credits.values("person").annotate(films=Count("film", distinct=True))
    chosen = often.order_by("-films", "person").values("person")[:PEOPLE]
    films: defaultdict[int, set[int]] = defaultdict(set)
    people = {one.pk: one for one in [found.choice.person] if one}
    rows = Credit.objects.filter(person__in=chosen).order_by()
    for pk, film_id, *named in rows.values_list(
        "person_id", "film_id", "person__name", "person__slug"
    ):
        films[pk].add(film_id)
        if pk not in people:
            people[pk] = Person(pk=pk, name=named[0], slug=named[1])
    found.know_people(films)
    values: list[Value] = [(one.name, one, ("person", one.pk)) for one in people.values()]
    values.sort(key=lambda value: sort_key(value[0]))
    return _of(found, _("People in these films"), _("Anybody"), "person", values)
