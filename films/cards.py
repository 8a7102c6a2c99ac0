"""Title cards: what a film without a poster shows. Pure: title, year and category in, SVG out.

The category chooses ground and motif, a checksum of the title its variation; exactly one part of
the motif has the accent (of City, up to three). Lines are broken and sized by films/advances.py, so
that nothing leaves the card in any script. Colours and faces are classes of static/css/parts.css.
"""

import unicodedata
from collections.abc import Callable
from functools import lru_cache
from html import escape
from math import floor
from random import Random
from zlib import crc32

from films.advances import ADVANCES
from films.motifs import MOTIFS, Box, beam, px

EDGE = 36  # px left free on every side
SIZE = (640, 360)  # px
WIDE = (960, 402)
SHARE = (600, 315)  # of the picture that is shown with a shared link (films/sharing.py)
# The largest letters of a title in one, two, ... lines, px; beyond the last it is cut short.
LARGEST = (72, 62, 50, 42, 34)
LARGEST_WIDE = (84, 70, 54, 44, 36)
LARGEST_SHARE = (72, 60, 48, 40, 32)
SMALLEST = 20
WORTH = 1.08  # a further line is taken only if the letters grow by that
LONGEST_WORD = 13.0  # em; a longer one may be broken anywhere


@lru_cache(maxsize=1024)
def card(title: str, year: int | None, category: str, wide: bool = False) -> str:
    """Return the SVG of a film's card; the words in it are hidden from screen readers."""
    size, largest = (WIDE, LARGEST_WIDE) if wide else (SIZE, LARGEST)
    return _drawn(title, _head(year, category), category, size, largest, 36 if wide else 30)


def share_card(
    title: str, year: int | None, category: str, *, can_say: Callable[[str], bool], beside: float
) -> str:
    """Return the SVG of the picture for a shared link, with the words alone that `can_say`.

    `beside`: px at the right that are left to a poster, which stands for the motif.
    """
    head = next((text for text in (_head(year, category), _head(year, "")) if can_say(text)), "")
    is_said = can_say(title)
    return _drawn(title, head, category, SHARE, LARGEST_SHARE, 28, is_said=is_said, beside=beside)


def _head(year: int | None, category: str) -> str:
    return ", ".join(str(part) for part in (year, category.strip()) if part)


def _drawn(
    title: str,
    head: str,
    category: str,
    form: tuple[int, int],
    largest: tuple[int, ...],
    head_largest: int,
    *,
    is_said: bool = True,
    beside: float = 0,
) -> str:
    width, height = form
    end = width - beside
    room = end - 2 * EDGE
    lines, size = set_lines(title, room, largest) if is_said else ([], 0.0)
    ours = all(map(_is_ours, title))
    leading = size * (1.08 if ours else 1.36)
    first = height - EDGE - size * 0.14 - leading * (len(lines) - 1)
    head_size = min(head_largest, room / max(width_of(head), 1))
    to_right = _runs_to_left(title)
    ground, motif = MOTIFS.get(category.strip().lower(), (None, beam))
    ground = ground or ("ink", "paper", "red")[crc32(category.encode()) % 3]
    shapes: list[str] = []
    if not (beside and lines):
        box = _box_for_motif(
            width=end,
            height=height,
            head_end=EDGE + head_size * width_of(head),
            title_top=first - size * (0.78 if ours else 1),
            title_end=_end_of(lines, size, end, to_right),
        )
        # Decoration, the same every time.
        shapes = motif(box, Random(crc32(title.encode())))  # noqa: S311
    at = f'x="{px(end - EDGE)}" direction="rtl"' if to_right else f'x="{EDGE}"'
    text = [
        _text(line, "f t", at, first + leading * number, size) for number, line in enumerate(lines)
    ]
    if head:
        text.insert(0, _text(head, "f y", f'x="{EDGE}"', EDGE + head_size * 0.72, head_size))
    return (
        f'<svg class="art art-{ground}" viewBox="0 0 {width} {height}" aria-hidden="true"'
        f' focusable="false"><rect class="g" width="{width}" height="{height}"/>'
        f"{''.join(shapes)}{''.join(text)}</svg>"
    )


def _end_of(lines: list[str], size: float, width: float, to_right: bool) -> float:
    """Return where the title ends, px; 0 without one."""
    if to_right and lines:
        return width
    return EDGE + size * max(map(width_of, lines)) if lines else 0


def _text(words: str, kind: str, at: str, y: float, size: float) -> str:
    return f'<text class="{kind}" {at} y="{px(y)}" font-size="{px(size)}">{escape(words)}</text>'


# Lines


def width_of(text: str) -> float:
    """Return how wide `text` is drawn at most, in em."""
    return sum(map(_advance, text))


def set_lines(title: str, room: float, largest: tuple[int, ...]) -> tuple[list[str], float]:
    """Break `title` into balanced lines, at most len(largest); return them and their size, px."""
    words = _words(" ".join(title.split()) or "…")
    best: tuple[list[str], float] = ([], 0)
    for count, cap in enumerate(largest, start=1):
        lines = _balance(words, count)
        size = min(cap, floor(10 * room / max(max(map(width_of, lines)), 0.2)) / 10)
        if size > best[1] * (WORTH if best[1] >= SMALLEST else 1):
            best = lines, size
    if best[1] >= SMALLEST:
        return best
    limit = room / SMALLEST
    lines = [_clip(line, limit) for line in _fill(words, limit)[: len(largest)]]
    return [*lines[:-1], _clip(lines[-1], limit - 1) + "…"], SMALLEST


def _words(title: str) -> list[str]:
    """Cut `title` where a line may end: after a space, beside an ideograph, in an endless word."""
    words: list[str] = []
    for word in title.split(" "):
        endless = width_of(word) > LONGEST_WORD
        words.append("")
        for char in word:
            if words[-1] and _may_part(words[-1][-1], char, endless):
                words.append("")
            words[-1] += char
        words[-1] += " "
    return words


def _may_part(before: str, after: str, endless: bool) -> bool:
    """Return True if a line may end between two characters of one word."""
    kind = unicodedata.category(after)
    if kind[0] == "M" or kind == "Cf" or before == "\u200d":
        return False
    beside_ideograph = _is_ideograph(before) or _is_ideograph(after)
    return endless or (beside_ideograph and kind not in {"Pe", "Pf", "Po"})


def _balance(words: list[str], count: int) -> list[str]:
    """Return at most `count` lines of `words`, the widest as narrow as can be (to 1/20 em)."""
    low, high = max(map(width_of, words)), width_of("".join(words))
    while high - low > 0.05:
        middle = (low + high) / 2
        if len(_fill(words, middle)) <= count:
            high = middle
        else:
            low = middle
    return _fill(words, high)


def _fill(words: list[str], limit: float) -> list[str]:
    """Return lines of `words`, each as full as `limit` em allow."""
    lines, used = [""], 0.0
    for word in words:
        if lines[-1] and used + width_of(word.rstrip()) > limit:
            lines.append("")
            used = 0
        lines[-1] += word
        used += width_of(word)
    return [line.rstrip() for line in lines]


def _clip(line: str, limit: float) -> str:
    while width_of(line) > limit:
        line = line[:-1]
    return line.rstrip()


@lru_cache(maxsize=4096)
def _advance(char: str) -> float:
    """Return the width of one character in em; a guess on the wide side for other scripts."""
    known = ADVANCES.get(char) or ADVANCES.get(unicodedata.normalize("NFD", char)[0])
    if known:
        return known
    kind = unicodedata.category(char)
    if kind in {"Mn", "Me", "Cf"}:
        return 0
    if ord(char) >= 0x1F000:
        return 1.4
    if unicodedata.east_asian_width(char) in "WF":
        return 1.04
    return 0.72 if unicodedata.bidirectional(char) in {"R", "AL"} else 0.9


def _is_ours(char: str) -> bool:
    return _advance(char) == 0 or unicodedata.normalize("NFD", char)[0] in ADVANCES


def _is_ideograph(char: str) -> bool:
    return unicodedata.east_asian_width(char) in "WF"


def _runs_to_left(title: str) -> bool:
    """Return True if the first letter that has a direction is of a script written to the left."""
    kinds = map(unicodedata.bidirectional, title)
    return next((kind != "L" for kind in kinds if kind in {"L", "R", "AL"}), False)


def _box_for_motif(
    *, width: float, height: int, head_end: float, title_top: float, title_end: float
) -> Box:
    """Return the room that year, category and title leave: to the right, and down if they allow."""
    left, top = max(width * 0.42, head_end + 24), float(EDGE)
    if left > width * 0.62:
        left, top = width * 0.42, EDGE + 50.0
    beside = title_end + 32 < left + (width - EDGE - left) * 0.25
    if beside:
        left = max(left, title_end + 32)
    return Box(left, top, width - EDGE, height - EDGE if beside else max(title_top - 20, top + 40))
