"""A row's values made into a film's, as they stand in real files. Pure."""

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from django.core.exceptions import ValidationError

from films import places
from films.models import check_year
from films.services.storing import line as one_line
from forum.transfer.lists import columns
from forum.transfer.text import year_in

MOST_NAMES = 60  # of a list within a row
MOST_TEXT = 100_000  # characters of a description
NAME_CHARS, GENRE_CHARS = 200, 60
_NOTHING = {"", r"\n", "n/a", "null", "none", "nan", "-", "(no genres listed)"}
_LEFT_OUT_GENRES = {"documentary", "documentaries"}  # all films here are
_TRAILING_YEAR = re.compile(r"^(.*\S)\s*\((\d{4})(?:[-–]\d{0,4})?\)\s*$")
_ARTICLE = re.compile(r"^(.+), (the|an?)((?: \(.*\))?)$", re.IGNORECASE)
_ARTICLES = re.compile(
    r"^(.+), (the|an?|l[eao]s?|l['’]|el|une?|il|gli|i|der|die|das|ein|eine|den|det|de|het|een|os?|as|uma?)"
    r"((?: \(.*\))?)$",
    re.IGNORECASE,
)
_IMDB, _WIKIDATA = re.compile(r"tt\d{7,10}"), re.compile(r"Q\d{1,11}")
_ALIASES = {
    "usa": "US", "u.s.a.": "US", "united states of america": "US", "u.s.": "US",
    "uk": "GB", "u.k.": "GB", "great britain": "GB", "england": "GB", "scotland": "GB",
    "ussr": "SU", "czech republic": "CZ", "russia": "RU", "russian federation": "RU",
    "republic of korea": "KR", "korea": "KR", "the netherlands": "NL", "holland": "NL",
    "turkey": "TR", "ivory coast": "CI", "viet nam": "VN", "iran, islamic republic of": "IR",
}  # fmt: skip


class Unreadable(Exception):
    """A row is no film, and why, in words for a person."""


@dataclass
class FilmRow:
    """A film as a file has it. ids: {imdb_id, tmdb_id, wikidata_id}; ref: the file's own id."""

    line: int
    title: str
    year: int | None = None
    original_title: str = ""
    runtime_minutes: int | None = None
    tagline: str = ""
    description: str = ""
    genres: list[str] = field(default_factory=list)
    countries: str = ""
    languages: str = ""
    ids: dict[str, str] = field(default_factory=dict)
    ref: str = ""
    people: list[tuple[str, str]] = field(default_factory=list)  # name, role
    kind: str = ""
    notes: list[str] = field(default_factory=list)  # what was left out of it


def film_row(line: int, values: Mapping[str, Any], taken: Mapping[str, str]) -> FilmRow:
    """Return the film of a row. `taken`: {field: column}. Raises Unreadable."""
    found = {name: values.get(column) for name, column in taken.items()}
    text = {name: _text(value) for name, value in found.items()}
    film = FilmRow(line, title=one_line(_text(found.get("title"), is_title=True)))
    if not film.title:
        raise Unreadable("it has no title")
    _read_year(film, text.get("year", ""), is_plain=taken.get("title") == "primaryTitle")
    original = upright(one_line(_text(found.get("original_title"), is_title=True)), is_dated=False)
    if original and original != film.title:
        film.original_title = original
    film.runtime_minutes = _runtime(film, text.get("runtime", ""))
    film.tagline = one_line(text.get("tagline", ""))
    film.description = text.get("description", "")[:MOST_TEXT]
    film.kind = text.get("kind", "")
    film.genres = _genres(found.get("genres"))
    film.countries = _codes(film, "country", found.get("countries"), _country_codes())
    film.languages = _codes(film, "language", found.get("languages"), _language_codes())
    _read_ids(film, text)
    for role in columns.ROLES:
        film.people += [(name, role) for name in _people(film, found.get(role))]
    return film


def _text(value: Any, *, is_title: bool = False) -> str:
    """Return a value as text; "" for what stands for nothing. A film may be called "None" or "-"."""
    if (
        value is None
        or isinstance(value, bool | dict)
        or (isinstance(value, float) and math.isnan(value))
    ):
        return ""
    if isinstance(value, list):
        return ", ".join(names_of(value))
    text = str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
    if any("\ud800" <= sign <= "\udfff" for sign in text):
        raise Unreadable("it holds signs that are no text")
    text = text.strip()
    return "" if text == r"\N" or (not is_title and text.casefold() in _NOTHING) else text


# Title and year


def _read_year(film: FilmRow, text: str, *, is_plain: bool) -> None:
    """Set year and title of "Matrix, The (1999)"; titles of IMDb (is_plain) stand as they are."""
    film.year = year_of(text)
    if is_plain:
        return
    trailing = _TRAILING_YEAR.match(film.title)
    stated = year_in(trailing[2]) if trailing else None
    is_dated = bool(trailing and stated and film.year in (None, stated))
    if trailing and is_dated:
        film.title, film.year = trailing[1], stated
        film.title, film.original_title = _other_title(film.title)
    film.title = upright(film.title, is_dated)
    film.original_title = upright(film.original_title, is_dated)


def year_of(text: str) -> int | None:
    """Return the year of "1999", "1999.0", "1999-2003", "1999-03-31", "31 March 1999"; None of "".

    Raises Unreadable for what names no year, or one that no film can be of.
    """
    if not text or not text.strip("0."):
        return None
    years = re.findall(r"(?<![\d.])\d{4}(?!\d)", text)
    leads = re.match(r"\D?\d{4}(?!\d)", text)
    if not years or text.startswith("-") or not (leads or len(set(years)) == 1):
        raise Unreadable(f"“{text[:40]}” is no year")
    try:
        check_year(int(years[0]))
    except ValidationError as error:
        raise Unreadable(f"the year {years[0]}: {' '.join(error.messages)}") from error
    return int(years[0])


def upright(title: str, is_dated: bool) -> str:
    """Return "The Matrix" for "Matrix, The"; articles of other languages in lists with years alone."""
    found = (_ARTICLES if is_dated else _ARTICLE).match(title)
    if not found:
        return title
    space = "" if found[2][-1] in "'’" else " "
    return f"{found[2]}{space}{found[1]}{found[3]}"


def _other_title(title: str) -> tuple[str, str]:
    """Part "Seven (a.k.a. Se7en)" and "… (Cité des enfants perdus, La)" into two titles."""
    found = re.match(r"^(.*\S)\s+\(([^()]+)\)$", title)
    if not found:
        return title, ""
    known_as = re.match(r"(?:a\.?k\.?a\.?)\s+(.+)", found[2], re.IGNORECASE)
    if known_as:
        return found[1], known_as[1]
    return (found[1], found[2]) if _ARTICLES.match(found[2]) else (title, "")


# Numbers and ids


def _runtime(film: FilmRow, text: str) -> int | None:
    """Return minutes of "90", "90.0", "90 min", "1h 30m", "PT1H30M"."""
    whole = re.fullmatch(r"(\d{1,6})(?:\.\d+)?\s*(?:m|min|mins|minutes)?\.?", text, re.IGNORECASE)
    parts = re.fullmatch(
        r"(?:PT)?(\d{1,3})\s*h(?:ours?|rs?)?\s*(?:(\d{1,3})\s*m?(?:in(?:ute)?s?)?)?",
        text,
        re.IGNORECASE,
    )
    if whole:
        return int(whole[1]) or None
    if parts:
        return int(parts[1]) * 60 + int(parts[2] or 0) or None
    if text:
        film.notes.append(f"runtime “{text[:40]}”")
    return None


def _read_ids(film: FilmRow, text: Mapping[str, str]) -> None:
    ref = text.get("id", "")
    if _IMDB.fullmatch(ref):
        film.ids["imdb_id"] = ref
    elif _WIKIDATA.fullmatch(ref):
        film.ids["wikidata_id"] = ref
    else:
        film.ref = ref
    for name in ("imdb_id", "tmdb_id", "wikidata_id"):
        if given := text.get(name, ""):
            film.ids[name] = _id(name, given)


def _id(name: str, text: str) -> str:
    """Return an id as it is stored, also out of an address. Raises Unreadable."""
    if name == "imdb_id":
        found = _IMDB.search(text)
        if found:
            return found[0]
        if text.isascii() and text.isdigit() and len(text) <= 10:
            return f"tt{int(text):07}"
    elif name == "wikidata_id":
        if found := _WIKIDATA.search(text):
            return found[0]
    elif found := re.search(r"(?:^|/movie/)(\d{1,12})(?:\.0+)?(?:$|[^\d.])", text):
        return found[1]
    raise Unreadable(f"“{text[:40]}” is no {name}")


# Lists


def names_of(value: Any, separators: str = "|;,") -> list[str]:
    """Return the names in a value: a list, JSON of one, objects with a name, or a text with |, ; or ,"""
    if isinstance(value, str) and value.lstrip()[:1] == "[":
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            value = value.strip().strip("[]").replace("'", "")
    if isinstance(value, list):
        parts = [_name_of(one) for one in value[:MOST_NAMES]]
    else:
        text = _text(value)
        by = next((sign for sign in separators if sign in text), None)
        parts = text.split(by)[:MOST_NAMES] if by else [text]
    return list(dict.fromkeys(name for part in parts if (name := one_line(_text(part)))))


def _name_of(one: Any) -> str:
    if isinstance(one, dict):
        one = one.get("iso_3166_1") or one.get("iso_639_1") or one.get("name") or one.get("title")
    return "" if isinstance(one, list) else _text(one)


def _people(film: FilmRow, value: Any) -> list[str]:
    names = names_of(value)
    film.notes += [f"name “{name[:40]}…”" for name in names if len(name) > NAME_CHARS]
    return [name for name in names if len(name) <= NAME_CHARS]


def _genres(value: Any) -> list[str]:
    names = [name[:GENRE_CHARS].strip() for name in names_of(value)]
    return [name for name in names if name.casefold() not in _LEFT_OUT_GENRES]


def _codes(film: FilmRow, what: str, value: Any, codes: Mapping[str, str]) -> str:
    """Return the codes of countries or languages, by code or English name, parted by spaces."""
    found: list[str] = []
    names = names_of(value)
    if len(names) == 1 and names[0].casefold() not in codes and " " in names[0]:
        parts = names[0].split()  # "GB FR"
        names = parts if all(part.casefold() in codes for part in parts) else names
    for name in names:
        code = codes.get(name.casefold())
        if code is None:
            film.notes.append(f"{what} “{name[:40]}”")
        elif len(" ".join([*found, code])) <= 100:
            found.append(code)
    return " ".join(dict.fromkeys(found))


@cache
def _country_codes() -> dict[str, str]:
    names = {str(name).casefold(): code for code, name in places.COUNTRIES.items()}
    return {**names, **_ALIASES, **{code.casefold(): code for code in places.COUNTRIES}}


@cache
def _language_codes() -> dict[str, str]:
    from django.conf.locale import LANG_INFO

    ours = {str(name).casefold(): code for code, name in places.LANGUAGES.items()}
    theirs = {
        info["name"].casefold(): code
        for code, info in LANG_INFO.items()
        if "name" in info and re.fullmatch("[a-z]{2,3}", code)
    }
    codes = {code: code for code in [*ours.values(), *theirs.values()]}
    return {**ours, **theirs, **codes}
