"""Small texts of foreign files made fit to show. Pure."""

import html
import re
import unicodedata

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
