"""Title cards as pixels, for where no SVG is taken. Pure: what cards.py draws in, a picture out.

It knows the few shapes of films/motifs.py and no other SVG. The letters are those of the site's own
fonts, which FreeType reads as they are; a text of which they lack a letter is not drawn, as readers
would see boxes.
"""

import math
import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from itertools import groupby
from xml.etree.ElementTree import Element

from defusedxml.ElementTree import fromstring
from django.conf import settings
from PIL import Image, ImageDraw, ImageFont

SCALE = 2  # px of the picture for one of the card
_FINER = 3  # times as large are shapes drawn, for smooth edges
# The custom properties of static/css/site.css (by day) and which class of a card is which.
INK, PAPER, RED, CREAM = "#2a201b", "#eadfcc", "#98192e", "#f6ecdc"
DIM, PALE, ROSE = "#6a5a4e", "#a5937d", "#c8747b"
GROUNDS = {  # ground, letters, accent, dim
    "art-ink": (INK, CREAM, RED, DIM),
    "art-paper": (PAPER, INK, RED, PALE),
    "art-red": (RED, CREAM, CREAM, ROSE),
}
# Families in the order in which they are taken; the first file that has a letter gives it.
FAMILIES = {
    "newsreader": ("", "-latin-ext", "-vietnamese"),
    "source-sans-3": (
        "",
        "-latin-ext",
        "-vietnamese",
        "-cyrillic",
        "-cyrillic-ext",
        "-greek",
        "-greek-ext",
    ),
}
_AXIS = {"newsreader": 48, "source-sans-3": 480}  # optical size; weight
_NUMBER = re.compile(r"-?[0-9]+(?:\.[0-9]+)?|[A-Za-z]")
_NO_LETTER = "\uffff"  # stands in no font
_BETWEEN = 24  # points of a curve

Point = tuple[float, float]


def paint(svg: str) -> Image.Image:
    """Return a card in RGB, SCALE times as large."""
    root = fromstring(svg)
    _zero, _zero, width, height = map(int, root.attrib["viewBox"].split())
    ground, letters, accent, dim = GROUNDS[root.attrib["class"].split()[1]]
    colours = {"g": ground, "f": letters, "a": accent, "al": accent, "d": dim, "l": dim}
    fine = SCALE * _FINER
    image = Image.new("RGB", (width * fine, height * fine))
    draw = ImageDraw.Draw(image)
    for shape in root:
        if shape.tag != "text":
            kind = shape.attrib["class"]
            thick = {"l": 2, "al": 7}.get(kind, 0)
            _draw(draw, shape, colours[kind], thick * fine, fine)
    image = image.resize((width * SCALE, height * SCALE), Image.Resampling.BOX)
    draw = ImageDraw.Draw(image)
    for text in root.iter("text"):
        _write(draw, text, letters)
    return image


# Shapes


def _draw(draw: ImageDraw.ImageDraw, shape: Element, colour: str, thick: float, by: int) -> None:
    """Draw a shape `by` times as large: filled, or as a line `thick` px wide."""
    if shape.tag == "rect":
        x, y, width, height = (float(shape.get(n, 0)) * by for n in ("x", "y", "width", "height"))
        draw.rectangle((x, y, x + width - 1, y + height - 1), fill=colour)
    elif shape.tag == "circle":
        x, y, r = (float(shape.attrib[name]) * by for name in ("cx", "cy", "r"))
        out = r + thick / 2
        box = (x - out, y - out, x + out, y + out)
        if thick:
            draw.ellipse(box, outline=colour, width=round(thick))
        else:
            draw.ellipse(box, fill=colour)
    else:
        points = [(x * by, y * by) for x, y in _points(shape.attrib["d"])]
        if thick:
            draw.line(points, fill=colour, width=round(thick), joint="curve")
        else:
            draw.polygon(points, fill=colour)


def _points(path: str) -> list[Point]:
    """Return the points of a path of M, L, c, Z and arcs of circles (A)."""
    words = iter(_NUMBER.findall(path))
    points: list[Point] = []
    for word in words:
        if word in ("M", "L"):
            points.append((float(next(words)), float(next(words))))
        elif word == "c":
            x, y = points[-1]
            steps = [(x + float(next(words)), y + float(next(words))) for _three in range(3)]
            points += _curve(points[-1], *steps)
        elif word == "A":
            r, _r, _turn, is_large, _sweep, x, y = (float(next(words)) for _seven in range(7))
            points += _arc(points[-1], (x, y), r, bool(is_large))
        elif word == "Z":
            points.append(points[0])
        else:
            raise ValueError(f"a path with {word!r}")
    return points


def _curve(a: Point, b: Point, c: Point, d: Point) -> Iterator[Point]:
    """Yield points of a cubic Bézier curve from a to d, a left out."""
    for step in range(1, _BETWEEN + 1):
        t = step / _BETWEEN
        u = 1 - t
        weights = (u**3, 3 * u * u * t, 3 * u * t * t, t**3)
        x, y = (
            sum(weight * point[axis] for weight, point in zip(weights, (a, b, c, d), strict=True))
            for axis in (0, 1)
        )
        yield x, y


def _arc(start: Point, end: Point, r: float, is_large: bool) -> Iterator[Point]:
    """Yield points of a circle's arc from left to right, above both ends, which are level."""
    half = (end[0] - start[0]) / 2
    rise = math.sqrt(max(r * r - half * half, 0))
    x, y = start[0] + half, start[1] + (-rise if is_large else rise)
    first = math.atan2(start[1] - y, start[0] - x)
    last = math.atan2(end[1] - y, end[0] - x)
    if last <= first:
        last += 2 * math.pi  # y grows downward: over the top angles rise
    for step in range(1, 4 * _BETWEEN + 1):
        angle = first + (last - first) * step / (4 * _BETWEEN)
        yield x + r * math.cos(angle), y + r * math.sin(angle)


# Letters


def can_say(text: str) -> bool:
    """Return True if our fonts have every letter of `text`."""
    return bool(_family(_plain(text)))


def _plain(text: str) -> str:
    """Return `text` composed, without what is drawn as nothing."""
    text = unicodedata.normalize("NFC", text)
    return "".join(char for char in text if unicodedata.category(char) != "Cf")


def _family(text: str) -> str:
    """Return the first family that has all of `text`, "" if none has."""
    return next((name for name in FAMILIES if all(_file(name, char) for char in text)), "")


@lru_cache(maxsize=4096)
def _file(family: str, char: str) -> str:
    """Return the font file of a family that has a letter, "" if none has."""
    for part in FAMILIES[family]:
        font = _font(f"{family}{part}", 20)
        if char.isspace() or _pixels(font, char) not in (b"", _pixels(font, _NO_LETTER)):
            return f"{family}{part}"
    return ""


def _pixels(font: ImageFont.FreeTypeFont, char: str) -> bytes:
    """Return how a letter looks: like _NO_LETTER, or like nothing, where the font lacks it."""
    mask = font.getmask(char)
    return bytes(mask) if mask.getbbox() else b""


@lru_cache(maxsize=64)
def _font(file: str, size: float) -> ImageFont.FreeTypeFont:
    path = settings.BASE_DIR / "static" / "fonts" / f"{file}.woff2"
    font = ImageFont.truetype(path, size)
    font.set_variation_by_axes([next(at for name, at in _AXIS.items() if file.startswith(name))])
    return font


def _write(draw: ImageDraw.ImageDraw, text: Element, colour: str) -> None:
    """Write a line of text, each stretch of it in the file that has its letters."""
    words = _plain(text.text or "")
    family = _family(words)
    if not family:
        return
    size = float(text.attrib["font-size"]) * SCALE
    x, y = (float(text.attrib[name]) * SCALE for name in ("x", "y"))
    for file, chars in groupby(words, lambda char: _file(family, char)):
        font, part = _font(file, size), "".join(chars)
        draw.text((x, y), part, fill=colour, font=font, anchor="ls")
        x += font.getlength(part)
