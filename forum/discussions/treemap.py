"""The map beside a long talk: a thin row a comment; its indent is the depth, its length the words.

It shows the shape of a page to eyes and leads there; who does not see it has the keys, the headings and
the way past the talk. What is new to somebody is laid over it as dots.
"""

import re
from collections.abc import Collection, Sequence
from math import isqrt

from django.templatetags.static import static
from django.utils.translation import gettext as _

from forum.discussions.comments_html import Said
from forum.discussions.walk import Entry

LONG = 60  # comments; a shorter page has no map
ROWS = 200  # at most; above that a row stands for several
PITCH, STEP, WORDS = 3, 4, 4  # units from row to row, of a level, of a measure of words
DEEPEST, LONGEST = 8, 12
_LENGTHS = [WORDS * (1 + step) for step in range(LONGEST + 1)]
_LONG_TEXT = (3 * LONGEST) ** 2  # letters, from which a row is as long as any
GUTTER = 8  # before the rows, where the dots are
_ROW = re.compile(rb'<a href="#c(\d+)" tabindex="-1"><path d="M\d+ (\d+)')


def drawn(entries: Sequence[Entry], words: dict[int, Said], *, past: str = "") -> str:
    """Return the map of what a page shows, in its order, "" for a short one; `past` is the id of what
    stands after the talk.
    """
    if len(entries) <= LONG:
        return ""
    each = -(-len(entries) // ROWS)
    told = [(entry.depth, _letters(words.get(entry.row.id)), entry.row.id) for entry in entries]
    if each > 1:
        some = [told[at : at + each] for at in range(0, len(told), each)]
        told = [(min(one)[0], max(letters for _d, letters, _id in one), one[0][2]) for one in some]
    rows = []
    for number, (depth, letters, pk) in enumerate(told):
        x = STEP * depth if depth < DEEPEST else STEP * DEEPEST
        length = _LENGTHS[isqrt(letters) // 3] if letters < _LONG_TEXT else _LENGTHS[-1]
        y = PITCH * number + 2
        rows.append(f'<a href="#c{pk}" tabindex="-1"><path d="M{x} {y}h{length}"/></a>')
    width = GUTTER + STEP * DEEPEST + WORDS * (1 + LONGEST)
    height = PITCH * len(rows) + 2
    way = f'<a class="past" href="#{past}">{_("Past the talk")}</a>' if past else ""
    return (
        f'<link rel="stylesheet" href="{static("css/along.css")}"/>{way}'
        f'<div class="map" aria-hidden="true"><svg viewBox="-{GUTTER} 0 {width} {height}"'
        f' height="{height}" preserveAspectRatio="none">{"".join(rows)}</svg></div>'
    )


def _letters(one: Said | None) -> int:
    return len(one.body_html) if one else 0


def dotted(html: bytes, new: Collection[int]) -> bytes:
    """Return a page with a dot on its map for each of these comments."""
    if not new or b'<div class="map"' not in html:
        return html
    ids = {str(pk).encode() for pk in new}

    def dot(row: re.Match[bytes]) -> bytes:
        if row[1] not in ids:
            return row[0]
        return row[0].replace(b"<path", b'<circle cx="-4" cy="%s" r="1.75"/><path' % row[2], 1)

    return _ROW.sub(dot, html)
