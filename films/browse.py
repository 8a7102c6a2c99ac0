"""Lists of films: filters that combine, three orders, pages that begin after a film (keyset).

A page's token is the place of its first film's forerunner: it stays right while films come and go.
"""

import base64
import binascii
import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.core.exceptions import BadRequest, ValidationError
from django.db.models import Exists, OuterRef, Q
from django.http import QueryDict
from django.utils.translation import gettext as _

from films import places
from films.models import FIRST_YEAR, Category, Film, FilmQuerySet, check_year
from films.words import sort_key

FILMS_A_PAGE = 48
FEW = 12  # more countries than this are folded away until one is chosen
NEWEST, DISCUSSED, TITLE = "newest", "discussed", "title"
# order: (column, whether it falls)
SORTS = {
    NEWEST: ("published_at", True),
    DISCUSSED: ("topic__comment_count", True),
    TITLE: ("sort_title", False),
}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MOST = 2**63 - 1
_TOKEN_CHARS = 1_600


@dataclass(frozen=True)
class Choice:
    """What the address of a list asks for. `after`: a place in the order and a film's id."""

    category: Category | None = None
    decade: int | None = None
    year: int | None = None
    country: str = ""
    sort: str = NEWEST
    after: tuple[Any, int] | None = None

    @classmethod
    def of(cls, query: QueryDict) -> "Choice":
        """Read ?category=, decade, year, country, sort and page; BadRequest says what is wrong."""
        sort = query.get("sort", "") or NEWEST
        if sort not in SORTS:
            raise BadRequest(_("This order is not known: newest, discussed and title are."))
        token = query.get("page", "")
        return cls(
            category=_category(query.get("category", "")),
            decade=_decade(query.get("decade", "")),
            year=_year(query.get("year", "")),
            country=_country(query.get("country", "")),
            sort=sort,
            after=_place(token, sort) if token else None,
        )

    @property
    def is_filtered(self) -> bool:
        return bool(self.category or self.decade or self.year or self.country)

    @property
    def shown_decade(self) -> int | None:
        """The decade that is chosen, or that of the chosen year."""
        return self.year - self.year % 10 if self.year else self.decade

    def words(self) -> list[str]:
        """Return the filters in words: "Politics", "1990s", "France"."""
        return [
            *([self.category.name] if self.category else []),
            *([str(self.year)] if self.year else []),
            *([decade_words(self.decade)] if self.decade and not self.year else []),
            *([places.country(self.country)] if self.country else []),
        ]

    def query(self, **changes: Any) -> str:
        """Return "?…" for this choice with `changes`, from its first page; "" without any."""
        wanted = replace(self, **{"after": None, **changes})
        parts = {
            "category": wanted.category.slug if wanted.category else "",
            "decade": wanted.decade or "",
            "year": wanted.year or "",
            "country": wanted.country,
            "sort": "" if wanted.sort == NEWEST else wanted.sort,
            "page": _token(wanted.after, wanted.sort) if wanted.after else "",
        }
        chosen = {name: value for name, value in parts.items() if value}
        return f"?{urlencode(chosen)}" if chosen else ""


@dataclass(frozen=True)
class Page:
    """Films of one page, and the queries of the first and next pages ("" where there is none)."""

    films: list[Film]
    choice: Choice
    next: str

    @property
    def first(self) -> str:
        return (self.choice.query() or "?") if self.choice.after else ""


def page_of(films: FilmQuerySet, choice: Choice) -> Page:
    """Return one page of `films` as chosen; one query whatever their number."""
    column, falls = SORTS[choice.sort]
    sign = "-" if falls else ""
    rows = (
        chosen(films, choice).for_lists().without_texts().order_by(f"{sign}{column}", f"{sign}pk")
    )
    if choice.after:
        value, pk = choice.after
        side = "lt" if falls else "gt"
        rows = rows.filter(**{f"{column}__{side}e": value}).filter(
            Q(**{f"{column}__{side}": value}) | Q(**{f"pk__{side}": pk})
        )
    found = list(rows[: FILMS_A_PAGE + 1])
    shown = found[:FILMS_A_PAGE]
    more = choice.query(after=_place_of(shown[-1], choice.sort)) if len(found) > len(shown) else ""
    return Page(shown, choice, more)


def chosen(films: FilmQuerySet, choice: Choice) -> FilmQuerySet:
    """Return those of `films` that pass the filters."""
    if choice.category:
        films = in_category(films, choice.category)
    if choice.decade:
        films = films.filter(year__gte=choice.decade, year__lt=choice.decade + 10)
    if choice.year:
        films = films.filter(year=choice.year)
    if choice.country:
        code = choice.country
        films = films.filter(
            Q(countries=code)
            | Q(countries__startswith=f"{code} ")
            | Q(countries__endswith=f" {code}")
            | Q(countries__contains=f" {code} ")
        )
    return films


def in_category(films: FilmQuerySet, category: Category) -> FilmQuerySet:
    """Return those of `films` whose main or further category it is."""
    further = Film.categories.through.objects.filter(
        film_id=OuterRef("pk"), category_id=category.pk
    )
    return films.filter(Q(category=category) | Exists(further))


# What a page offers to choose from


@dataclass(frozen=True)
class Link:
    """A choice of a list: its words, the query that makes it, and whether it is made."""

    words: str
    query: str
    is_current: bool


def sorts(choice: Choice) -> list[Link]:
    names = {NEWEST: _("newest"), DISCUSSED: _("most discussed"), TITLE: _("title")}
    return [
        Link(name, choice.query(sort=sort), sort == choice.sort) for sort, name in names.items()
    ]


@dataclass(frozen=True)
class Filter:
    """One way to narrow the catalogue. `none`: the query without it; `any`: words for that."""

    heading: str
    any: str
    none: str
    links: list[Link]
    is_open: bool = True

    @property
    def is_chosen(self) -> bool:
        return any(link.is_current for link in self.links)


def filters(films: FilmQuerySet, choice: Choice) -> list[Filter]:
    """Return what `films` can be narrowed to, only what at least one film has; three queries."""
    stored = films.exclude(year=None).values_list("year", flat=True).distinct()
    years = sorted({year for year in stored if year})
    lines = films.exclude(countries="").values_list("countries", flat=True).distinct()
    codes = {code for line in lines for code in line.split()}
    return [
        Filter(
            _("Category"),
            _("Any category"),
            choice.query(category=None),
            [
                Link(one.name, choice.query(category=one), one == choice.category)
                for one in Category.objects.all()
            ],
        ),
        *_filters_of_time(years, choice),
        Filter(
            _("Country"),
            _("Any country"),
            choice.query(country=""),
            sorted(
                (
                    Link(places.country(code), choice.query(country=code), code == choice.country)
                    for code in codes
                ),
                key=lambda link: sort_key(link.words),
            ),
            is_open=bool(choice.country) or len(codes) <= FEW,
        ),
    ]


def _filters_of_time(years: list[int], choice: Choice) -> list[Filter]:
    decade = choice.shown_decade
    decades = sorted({year - year % 10 for year in years})
    found = [
        Filter(
            _("Decade"),
            _("Any time"),
            choice.query(decade=None, year=None),
            [
                Link(decade_words(one), choice.query(decade=one, year=None), one == decade)
                for one in decades
            ],
        )
    ]
    if decade is not None:
        of_decade = [year for year in years if decade <= year < decade + 10]
        found.append(
            Filter(
                _("Year"),
                _("Any year of them"),
                choice.query(decade=decade, year=None),
                [
                    Link(str(year), choice.query(year=year, decade=None), year == choice.year)
                    for year in of_decade
                ],
            )
        )
    return found


def decade_words(decade: int) -> str:
    return _("%(decade)ds") % {"decade": decade}


# What an address may say


def _category(text: str) -> Category | None:
    if not text:
        return None
    found = None if "\x00" in text else Category.objects.filter(slug=text[:80]).first()
    if found is None:
        raise BadRequest(_("There is no such category."))
    return found


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
    if text and not (text.isascii() and text.isalpha() and len(text) in (2, 3)):
        raise BadRequest(_("A country is a code of two or three letters, like FR."))
    return text.upper()


# Tokens


def _place_of(film: Film, sort: str) -> tuple[Any, int]:
    if sort == TITLE:
        return film.sort_title, film.pk
    return (film.topic.comment_count if sort == DISCUSSED else film.published_at), film.pk


def _token(place: tuple[Any, int], sort: str) -> str:
    value, pk = place
    if sort == NEWEST:
        value = (value - _EPOCH) // timedelta(microseconds=1)
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
        if type(value) is not int or not 0 <= value <= _MOST:
            raise ValueError
        if sort == DISCUSSED:
            return min(value, 2**31 - 1), pk
        return _EPOCH + timedelta(microseconds=value), pk
    except (ValueError, TypeError, OverflowError, RecursionError, binascii.Error):
        raise BadRequest(
            _("This page of the list does not exist. Begin at its first page.")
        ) from None
