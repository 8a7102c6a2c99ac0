"""Which column of a file is which field of a film: by its name, or as somebody says. Pure."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.core.exceptions import ValidationError

from films.models import Credit

IMDB = (
    "tconst titleType primaryTitle originalTitle isAdult startYear endYear runtimeMinutes genres"
).split()
ROLES = list(Credit.Role.values)
# Names that columns have, without case and signs; those of roles stand in singular and plural.
_NAMES: dict[str, str] = {
    "title": "title primarytitle name film filmtitle movie movietitle filmname moviename seriestitle",
    "original_title": "originaltitle originalname",
    "year": "year startyear releaseyear releasedyear yearofrelease productionyear releasedate date",
    "runtime": "runtime runtimeminutes runtimemins duration length runningtime minutes",
    "genres": "genres genre category categories listedin",
    "countries": "countries country productioncountries productioncountry countrycodes",
    "languages": "languages language spokenlanguages originallanguage",
    "tagline": "tagline",
    "description": "description synopsis plot overview summary",
    "imdb_id": "imdbid imdb tconst const imdburl",
    "tmdb_id": "tmdbid tmdb",
    "wikidata_id": "wikidataid wikidata qid",
    "id": "id movieid filmid showid externalid letterboxduri",
    "kind": "titletype type",
    "with": "with cast actors actor stars starring",
    "director": "director directors directedby",
    "writer": "writer writers screenwriter screenwriters",
    "cinematographer": "cinematographer cinematographers cinematography",
    "composer": "composer composers music",
    **{role: f"{role} {role}s" for role in ("editor", "producer", "narrator")},
}
_MEANINGS = {name: field for field, names in _NAMES.items() for name in names.split()}
FIELDS = list(_NAMES)


def plain(name: str) -> str:
    """Return the name of a column without case, spaces and signs."""
    return re.sub(r"[\W_]+", "", name.casefold())


def meaning(name: str) -> str:
    """Return the field that a column of this name holds, "" if we know none."""
    return _MEANINGS.get(plain(name), "")


def is_data(cell: str) -> bool:
    """Return whether a cell is more like a value than like the name of a column."""
    cell = cell.strip()
    return bool(
        cell == r"\N"
        or re.fullmatch(r"[(]?[\d.,]+[)]?|(tt|nm|Q)\d+|.*[(]\d{4}[)]|https?://.*", cell)
    )


@dataclass(frozen=True)
class Columns:
    """taken: {field: column}; rest: columns that no field takes."""

    taken: Mapping[str, str]
    rest: Sequence[str]


def asked(words: Iterable[str]) -> dict[str, str]:
    """Return {field or column: column or field} of "--map" words: "title=Name,year=Made in", …

    Raises ValidationError for what is no pair.
    """
    pairs: dict[str, str] = {}
    for word in words:
        for pair in _parted(word):
            left, sign, right = pair.partition("=")
            if not sign or not left.strip():
                raise ValidationError(f"“{pair}”: write it as field=column", code="map")
            pairs[left.strip()] = right.strip()
    return pairs


def _parted(word: str) -> list[str]:
    """Part pairs at commas; what has no "=" belongs to its neighbour: names may have commas too."""
    parts: list[str] = []
    for part in word.split(","):
        if parts and ("=" not in part or "=" not in parts[-1]):
            parts[-1] += f",{part}"
        else:
            parts.append(part)
    return parts


def mapped(names: Sequence[str], pairs: Mapping[str, str]) -> Columns:
    """Return which column each field is taken from. Raises ValidationError "map".

    A pair says field=column or column=field; "field=" takes the field from no column. A column may
    be named by its number.
    """
    taken = dict[str, str]()
    for name in names:
        if (field := meaning(name)) and field not in taken:
            taken[field] = name
    for left, right in pairs.items():
        field, column = _pair(names, left, right)
        taken = {f: name for f, name in taken.items() if f != field and name != column}
        if column:
            taken[field] = column
    return Columns(taken, [name for name in names if name not in taken.values()])


def _pair(names: Sequence[str], left: str, right: str) -> tuple[str, str]:
    """Return (field, column) of a pair; a column may have a name that fields have elsewhere."""
    for fields in (_field_called, meaning):
        for word, column in ((left, right), (right, left)):
            field = fields(word)
            if field and (not column or _column(names, column)):
                return field, _column(names, column) if column else ""
    if not any(_field_called(word) or meaning(word) for word in (left, right)):
        raise ValidationError(
            f"“{left}={right}”: no field of a film. There are: {', '.join(FIELDS)}", code="map"
        )
    raise ValidationError(
        f"“{left}={right}”: the file has no such column. It has: {', '.join(names)}", code="map"
    )


def _field_called(word: str) -> str:
    word = word.casefold().replace("-", "_").replace(" ", "_")
    return word if word in FIELDS else ""


def _column(names: Sequence[str], word: str) -> str:
    if word in names:
        return word
    same = [name for name in names if name.casefold() == word.casefold()]
    if same:
        return same[0]
    at = int(word) if word.isascii() and word.isdigit() else 0
    return names[at - 1] if 0 < at <= len(names) else ""
