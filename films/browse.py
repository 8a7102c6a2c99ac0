"""Lists of films: filters that combine, three orders, pages that begin after a film (keyset).

A page's token is the place of its first film's forerunner: it stays right while films come and go.
What a list shows and what the links to it count is one set of films (films/shelf.py).
"""

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import combinations
from typing import Any
from urllib.parse import urlencode

from django.core.exceptions import BadRequest, ValidationError
from django.http import QueryDict
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from films import places, shelf
from films.models import FIRST_YEAR, Category, Credit, Film, Person, check_year
from films.shelf import DISCUSSED, LENGTHS, NEWEST, TITLE, Name, Shelf
from forum.accounts.readers import Reader

FILMS_A_PAGE = 48
# order: (column, whether it falls)
SORTS = {
    NEWEST: ("published_at", True),
    DISCUSSED: ("topic__comment_count", True),
    TITLE: ("sort_title", False),
}
TIME = ("decade", "year")  # of which one is chosen at a time
TALK, PLAY = ("yes", "no"), ("here",)
_MOST = 2**63 - 1
_MOST_US = 253_402_300_799_999_999  # the end of 9999
_TOKEN_CHARS = 1_600


@dataclass(frozen=True)
class Choice:
    """What the address of a list asks for. `after`: a place in the order and a film's id."""

    category: Category | None = None
    decade: int | None = None
    year: int | None = None
    country: str = ""
    language: str = ""
    length: str = ""
    person: Person | None = None
    talk: str = ""
    play: str = ""
    sort: str = NEWEST
    after: tuple[Any, int] | None = None

    @classmethod
    def of(cls, query: QueryDict, shelves: Sequence[Category] | None = None) -> "Choice":
        """Read the filters, sort and page of an address; BadRequest says what is wrong.

        `shelves`: all categories, where they are known.
        """
        sort = query.get("sort", "") or NEWEST
        if sort not in SORTS:
            raise BadRequest(_("This order is not known: newest, discussed and title are."))
        token = query.get("page", "")
        year = _year(query.get("year", ""))
        decade = _decade(query.get("decade", ""))
        return cls(
            category=_category(query.get("category", ""), shelves),
            decade=None if year else decade,  # the year says it closer
            year=year,
            country=_country(query.get("country", "")),
            language=_language(query.get("language", "")),
            length=_one_of(query.get("length", ""), tuple(LENGTHS)),
            person=_person(query.get("person", "")),
            talk=_one_of(query.get("talk", ""), TALK),
            play=_one_of(query.get("play", ""), PLAY),
            sort=sort,
            after=_place(token, sort) if token else None,
        )

    def filters(self) -> dict[str, Name]:
        """Return the sets that are asked for, by the name of the filter."""
        found = {name: (name, getattr(self, name)) for name in FILTERS if getattr(self, name)}
        if self.category:
            found["category"] = ("category", self.category.pk)
        if self.person:
            found["person"] = ("person", self.person.pk)
        return found

    @property
    def is_filtered(self) -> bool:
        return bool(self.filters())

    @property
    def is_combined(self) -> bool:
        """Whether crawlers are kept from it: such addresses are as many as nobody can read."""
        return len(self.filters()) > 1

    @property
    def shown_decade(self) -> int | None:
        """The decade that is chosen, or that of the chosen year."""
        return self.year - self.year % 10 if self.year else self.decade

    def words(self) -> list[str]:
        """Return the filters in words: "Politics", "1990s", "France"."""
        return [words_of(name, getattr(self, name)) for name in self.filters()]

    def without(self, *names: str) -> "Choice":
        """Return the choice from its first page without these filters."""
        return replace(self, after=None, **{name: getattr(Choice, name) for name in names})

    def query(self, **changes: Any) -> str:
        """Return "?…" for this choice with `changes`, from its first page; "" without any."""
        wanted = replace(self, **{"after": None, **changes})
        parts = {
            **{name: getattr(wanted, name) for name in FILTERS},
            "category": wanted.category.slug if wanted.category else "",
            "person": wanted.person.slug if wanted.person else "",
            "sort": "" if wanted.sort == NEWEST else wanted.sort,
            "page": _token(wanted.after, wanted.sort) if wanted.after else "",
        }
        chosen = {name: value for name, value in parts.items() if value}
        return f"?{urlencode(chosen)}" if chosen else ""

    @property
    def canonical(self) -> str:
        """Return the address by which search engines should know such a list; "" for none."""
        if self.after or self.sort != NEWEST or self.is_combined:
            return ""
        if self.category:
            return self.category.get_absolute_url()
        if self.person:
            return self.person.get_absolute_url()
        if self.year:
            return reverse("year", args=[self.year])
        if self.decade:
            return reverse("decade", args=[self.decade])
        return "" if self.is_filtered else reverse("catalogue")


FILTERS = ("category", *TIME, "country", "language", "length", "person", "talk", "play")


def words_of(name: str, value: Any) -> str:
    """Return a filter's value in words."""
    if name == "decade":
        return decade_words(value)
    if name == "country":
        return places.country(value)
    if name == "language":
        return places.language(value)
    if name == "length":
        return length_words(value)
    if name == "talk":
        return _("Talked about") if value == "yes" else _("No word yet")
    return _("Playable here") if name == "play" else str(value)


def length_words(name: str) -> str:
    first, last = LENGTHS[name]
    if not first:
        return _("Up to %(minutes)d minutes") % {"minutes": last}
    if last > 1_000:
        return _("%(minutes)d minutes and more") % {"minutes": first}
    return _("%(first)d to %(last)d minutes") % {"first": first, "last": last}


def decade_words(decade: int) -> str:
    return _("%(decade)ds") % {"decade": decade}


@dataclass(frozen=True)
class Link:
    """A list that one may go to: its words, its query, whether it is the one shown, how many films.

    `is_combined`: crawlers are asked not to follow it.
    """

    words: str
    query: str
    is_current: bool = False
    count: int | None = None
    is_combined: bool = False

    @property
    def number(self) -> str:
        return number_format(self.count or 0, force_grouping=True)


class Found:
    """The films that pass a choice, and how many would pass others.

    `fixed`: the set whose own page this is. `of`: the catalogue, where it was read before; else it
    is asked whether films changed (films/shelf.py).
    """

    def __init__(
        self, reader: Reader, choice: Choice, fixed: Name | None = None, of: Shelf | None = None
    ) -> None:
        self.reader, self.choice = reader, choice
        self.shelf: Shelf = of or shelf.now()
        self.base = self.shelf.shown_to(reader)
        if fixed:
            self.base &= self.shelf.named(fixed)
        self._people: dict[int, int] = {}
        self._sets = {name: self._set(one) for name, one in choice.filters().items()}

    @cached_property
    def films(self) -> int:
        return self.without()

    @property
    def count(self) -> int:
        return self.films.bit_count()

    def without(self, *names: str) -> int:
        """Return the films that pass all filters but these."""
        some = self.base
        for name, one in self._sets.items():
            if name not in names:
                some &= one
        return some

    def first(self, most: int) -> list[int]:
        """Return the ids of the first `most` films from where the choice begins, in its order."""
        return self.shelf.first(self.films, self.choice.sort, most, self.choice.after)

    def page(self) -> "Page":
        """Return the films of the chosen page; one query."""
        choice, ids = self.choice, self.first(FILMS_A_PAGE + 1)
        rows = Film.objects.visible_to(self.reader).for_lists().without_texts().in_bulk(ids)
        found = [rows[pk] for pk in ids if pk in rows]
        shown, more = found[:FILMS_A_PAGE], ""
        if len(found) > len(shown):
            more = choice.query(after=_place_of(shown[-1], choice.sort))
        return Page(shown, choice, more, self.count)

    def link(self, words: str, name: str, value: Any, rest: int, one: Name) -> Link:
        """Return the link that sets a filter; `rest`: what passes all other filters."""
        empty = {other: getattr(Choice, other) for other in (TIME if name in TIME else (name,))}
        changed = replace(self.choice, **{**empty, "after": None, name: value})
        count = (rest & self._set(one)).bit_count()
        is_current = self.choice.filters().get(name) == one
        return Link(words, changed.query(), is_current, count, changed.is_combined)

    def link_without(self, words: str, *names: str) -> Link:
        """Return the link to what is found without these filters."""
        changed = self.choice.without(*names)
        is_current = not any(getattr(self.choice, name) for name in names)
        count = self.without(*names).bit_count()
        return Link(words, changed.query(), is_current, count, changed.is_combined)

    def nearest(self) -> list[Link]:
        """Return the lists with the fewest filters fewer in which there is a film, largest first."""
        names = list(self._sets)
        for some in range(1, len(names) + 1):
            ways = combinations(names, some)
            links = [self.link_without(_named(self.choice.without(*way)), *way) for way in ways]
            if found := [link for link in links if link.count]:
                return sorted(found, key=lambda link: -(link.count or 0))
        return []

    def know_people(self, films: dict[int, set[int]]) -> None:
        """Learn the films of people, so that they need not be asked for."""
        self._people |= {pk: self.shelf.of_ids(some) for pk, some in films.items()}

    def _set(self, one: Name) -> int:
        kind, value = one
        if kind != "person":
            return self.shelf.named(one)
        pk = int(str(value))
        if pk not in self._people:
            credits = Credit.objects.filter(person=pk).order_by()
            self.know_people({pk: set(credits.values_list("film_id", flat=True))})
        return self._people[pk]


def _named(choice: Choice) -> str:
    return ", ".join(choice.words()) or _("All films")


@dataclass(frozen=True)
class Page:
    """Films of one page, and the queries of the first and next pages ("" where there is none).

    `count`: of the films on all pages.
    """

    films: list[Film]
    choice: Choice
    next: str
    count: int

    @property
    def number(self) -> str:
        return number_format(self.count, force_grouping=True)

    @property
    def first(self) -> str:
        return (self.choice.query() or "?") if self.choice.after else ""


def sorts(choice: Choice) -> list[Link]:
    names = {NEWEST: _("newest"), DISCUSSED: _("most discussed"), TITLE: _("title")}
    return [
        Link(name, choice.query(sort=sort), sort == choice.sort, None, choice.is_combined)
        for sort, name in names.items()
    ]


# What an address may say


def _category(text: str, shelves: Sequence[Category] | None) -> Category | None:
    if not text:
        return None
    if shelves is None:
        shelves = [] if "\x00" in text else list(Category.objects.filter(slug=text[:80]))
    found = next((one for one in shelves if one.slug == text), None)
    if found is None:
        raise BadRequest(_("There is no such category."))
    return found


def _person(text: str) -> Person | None:
    if not text:
        return None
    found = None if "\x00" in text else Person.objects.filter(slug=text[:220]).first()
    if found is None:
        raise BadRequest(_("Nobody here is at that address."))
    return found


def _one_of(text: str, known: tuple[str, ...]) -> str:
    if text and text not in known:
        raise BadRequest(_("This filter is not known: %(known)s.") % {"known": ", ".join(known)})
    return text


def _decade(text: str) -> int | None:
    if not text:
        return None
    year = _number(text)
    if year is None or year % 10 or not FIRST_YEAR - 8 <= year < 3000:
        raise BadRequest(_("A decade is written like 1990."))
    return year


def _year(text: str) -> int | None:
    if not text:
        return None
    year = _number(text)
    try:
        check_year(year if year is not None else 0)
    except ValidationError as error:
        raise BadRequest(" ".join(error.messages)) from None
    return year


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) == 4 else None


def _country(text: str) -> str:
    if text and not _is_code(text):
        raise BadRequest(_("A country is a code of two or three letters, like FR."))
    return text.upper()


def _language(text: str) -> str:
    if text and not _is_code(text):
        raise BadRequest(_("A language is a code of two or three letters, like fr."))
    return text.lower()


def _is_code(text: str) -> bool:
    return text.isascii() and text.isalpha() and len(text) in (2, 3)


# Tokens


def _place_of(film: Film, sort: str) -> tuple[Any, int]:
    """Return a film's place in an order, as films/shelf.py takes it."""
    if sort == TITLE:
        return film.sort_title, film.pk
    if sort == DISCUSSED:
        return film.topic.comment_count, film.pk
    assert film.published_at  # or no list showed it
    return shelf.published_us(film.published_at), film.pk


def _token(place: tuple[Any, int], sort: str) -> str:
    value, pk = place
    raw = json.dumps([sort, value, pk], separators=(",", ":"), ensure_ascii=False).encode()
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _place(token: str, sort: str) -> tuple[Any, int]:
    """Return the place that a token names; raise BadRequest for any that we did not make."""
    try:
        if len(token) > _TOKEN_CHARS or not token.isascii():
            raise ValueError
        raw = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
        made_for, value, pk = json.loads(raw)
        if made_for != sort or type(pk) is not int or not 0 < pk <= _MOST:
            raise ValueError
        if sort == TITLE:
            if type(value) is not str or "\x00" in value:
                raise ValueError
            value.encode()  # half a surrogate pair raises
            return value, pk
        if type(value) is not int or not 0 <= value <= _MOST_US:
            raise ValueError
        return value, pk
    except (ValueError, TypeError, OverflowError, RecursionError, binascii.Error):
        raise BadRequest(
            _("This page of the list does not exist. Begin at its first page.")
        ) from None
