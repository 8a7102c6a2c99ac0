"""What changed between two versions of a film, for people to read. Pure but for translation."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any, NamedTuple

from django.utils.translation import gettext as _

from films.models import Credit, Film

SAME, GONE, NEW, LEFT_OUT = "same", "gone", "new", "left-out"
WORDS_AROUND = 8  # of a long text, around what changed
_LINES = [
    "title",
    "original_title",
    "year",
    "runtime_minutes",
    "tagline",
    "description",
    "description_format",
    "countries",
    "languages",
    "imdb_id",
    "tmdb_id",
    "wikidata_id",
    "slug",
    "state",
]


_FIELDS = {field.name: field for field in Film._meta.fields}


class Piece(NamedTuple):
    kind: str  # SAME, GONE, NEW or LEFT_OUT
    text: str


@dataclass(frozen=True)
class Change:
    """A field that changed: for a text its pieces in order, for a list what went and what came."""

    label: str
    pieces: list[Piece]


@dataclass(frozen=True)
class Content:
    """What a version says, by field: lines of text, and lists of (what it is, in words)."""

    lines: dict[str, str]
    lists: dict[str, list[tuple[Any, str]]]


def content(version: Any) -> Content:
    """Return what a FilmVersion says."""
    parts: Mapping[str, Any] = version.parts
    roles = dict(Credit.Role.choices)
    main = [(version.category_id, parts.get("category", ""))] if version.category_id else []
    return Content(
        {name: _line(version, name) for name in _LINES},
        {
            "category": main,
            "categories": [(pk, name) for pk, name in parts.get("categories", ())],
            "credits": [
                ((pk, role), f"{name}, {roles.get(role, role)}")
                for pk, name, role in parts.get("credits", ())
            ],
            "sources": [(tuple(one.items()), _source(one)) for one in parts.get("sources", ())],
            "poster": [(version.poster, _("a picture"))] if version.poster else [],
        },
    )


def _line(version: Any, name: str) -> str:
    value = getattr(version, name)
    choices = dict(_FIELDS[name].flatchoices)
    return "" if value is None else str(choices.get(value, value))


def _source(source: Mapping[str, Any]) -> str:
    told = [source["address"], source["label"]]
    if source["length_s"]:
        told.append(_("%(n)d s long") % {"n": source["length_s"]})
    if source["offset_s"]:
        told.append(_("begins at %(n)d s") % {"n": source["offset_s"]})
    return ", ".join(part for part in told if part)


def label_of(name: str) -> str:
    """Return what the form calls a field."""
    return str(_FIELDS[name].verbose_name)


def labels() -> dict[str, str]:
    names = {name: label_of(name) for name in _LINES}
    return names | {
        "category": _("main category"),
        "categories": _("further categories"),
        "credits": _("credits"),
        "sources": _("sources"),
        "poster": _("poster"),
    }


def changes(before: Content, after: Content) -> list[Change]:
    """Return the fields that differ, in the order of the form."""
    found: dict[str, list[Piece]] = {}
    for name, old in before.lines.items():
        if old != after.lines[name]:
            found[name] = _text(old, after.lines[name])
    for name, rows in before.lists.items():
        pieces = _list(rows, after.lists[name])
        if pieces:
            found[name] = pieces
    words = labels()
    return [Change(words[name], pieces) for name, pieces in found.items()]


def _list(old: list[tuple[Any, str]], new: list[tuple[Any, str]]) -> list[Piece]:
    before, after = [key for key, _words in old], [key for key, _words in new]
    gone = [Piece(GONE, words) for key, words in old if key not in after]
    came = [Piece(NEW, words) for key, words in new if key not in before]
    if not gone and not came and before != after:
        return [Piece(SAME, _("in another order:")), *(Piece(NEW, words) for _key, words in new)]
    return gone + came


def _text(old: str, new: str) -> list[Piece]:
    """Return a text's pieces word by word; of two short or wholly different ones, both whole."""
    before, after = re.findall(r"\s*\S+|\s+$", old), re.findall(r"\s*\S+|\s+$", new)
    matcher = SequenceMatcher(None, before, after, autojunk=len(before) > 2000)
    if len(before) < WORDS_AROUND or matcher.quick_ratio() < 0.5:
        return [piece for piece in (Piece(GONE, old), Piece(NEW, new)) if piece.text]
    pieces = []
    for kind, first, last, at, to in matcher.get_opcodes():
        if kind == "equal":
            pieces += _around(before[first:last], is_first=not first, is_last=last == len(before))
        else:
            gone, new = "".join(before[first:last]), "".join(after[at:to])
            space = (gone or new)[: -len((gone or new).lstrip()) or None]
            pieces += [Piece(SAME, space), Piece(GONE, gone.strip()), Piece(NEW, new.strip())]
    return [piece for piece in pieces if piece.text]


def _around(words: list[str], *, is_first: bool, is_last: bool) -> list[Piece]:
    """Return what stayed, its middle left out where it is long."""
    head = 0 if is_first else WORDS_AROUND
    tail = 0 if is_last else WORDS_AROUND
    if len(words) <= head + tail + WORDS_AROUND:
        return [Piece(SAME, "".join(words))]
    end = words[-tail:] if tail else []
    return [
        Piece(SAME, "".join(words[:head])),
        Piece(LEFT_OUT, " … "),
        Piece(SAME, "".join(end)),
    ]
