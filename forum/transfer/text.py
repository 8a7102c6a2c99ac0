"""Small texts of foreign files made fit to show. Pure."""

import hashlib
import html
import re
import unicodedata
from datetime import datetime

from django.core.exceptions import ValidationError

from films.models import check_year

_TAG = re.compile(r"</?[A-Za-z][^<>]*>|<!--.*?-->", re.DOTALL)
_BIDI_CONTROLS = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
NAME_CHARS = 255


def plain(text: str) -> str:
    """Return `text` as one line: tags out, entities read, white space folded, controls out."""
    text = html.unescape(_TAG.sub("", text))
    return " ".join(_without_controls(text).split())


def _without_controls(text: str) -> str:
    return "".join(
        " " if unicodedata.category(sign) == "Cc" else sign
        for sign in text
        if unicodedata.category(sign) != "Cs"
    )


def showable_name(name: str) -> str:
    """Return a name that can be shown: entities read, controls and signs that turn text around
    out, at most 255 characters; "Anonymous" for an empty one.
    """
    name = _BIDI_CONTROLS.sub("", _without_controls(html.unescape(name)))
    return " ".join(name.split())[:NAME_CHARS].strip() or "Anonymous"


def year_in(text: str) -> int | None:
    """Return the year that `text` begins with, if a film can be of that year."""
    found = re.match(r"\s*(\d{4})(?!\d)", text)
    if not found:
        return None
    try:
        check_year(int(found[1]))
    except ValidationError:
        return None
    return int(found[1])


def title_and_year(title: str) -> tuple[int | None, str]:
    """Return the year and the title without it, of "Salesman (1969)"; else None and the title."""
    trailing = re.match(r"^(.*\S)\s*\((\d{4})\)$", title)
    year = year_in(trailing[2]) if trailing else None
    return (year, trailing[1]) if trailing and year else (None, title)


def moment_of(moment: datetime | None) -> datetime | None:
    """Return the moment if a person can have written then, and every zone has a name for it."""
    return moment if moment and 1970 <= moment.year <= 2199 else None


def digest(text: str) -> str:
    """Return a short name for what has none or too long a one; the same in every run."""
    return "x" + hashlib.sha256(text.encode()).hexdigest()[:24]
