"""The motifs of the title cards: each a function of a box and a source of chance, giving shapes.

Classes: a has the accent (exactly one shape; of City, up to three), d is dim, l is a thin line.
"""

import math
from collections.abc import Callable
from random import Random
from typing import NamedTuple


class Box(NamedTuple):
    """Where a motif is drawn, px."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def width(self) -> float:
        return self.right - self.left

    @property
    def height(self) -> float:
        return self.bottom - self.top


Motif = Callable[[Box, Random], list[str]]


def city(box: Box, random: Random) -> list[str]:
    """Windows of a house front at night."""
    columns, rows = _count(box.width, 34), _count(box.height, 25)
    across, down = box.width / columns, box.height / rows
    spots = [(x, y) for x in range(columns) for y in range(rows) if random.random() > 0.14]
    lit = {random.choice(spots) for _ in range(1 + (len(spots) > 12) + (len(spots) > 40))}
    return [
        _rect(
            "a" if spot in lit else "d",
            box.left + across * spot[0] + across * 0.28,
            box.top + down * spot[1] + down * 0.14,
            across * 0.72,
            down * 0.72,
        )
        for spot in spots
    ]


def nature(box: Box, random: Random) -> list[str]:
    """Rings round a low sun."""
    radius = min(box.width / 2, box.height)
    x = box.right - radius
    sun = radius * (0.24 + random.random() * 0.1)
    rings = _count(radius - sun, 26)
    step = (radius - sun) / rings
    return [_arch("l", x, box.bottom, sun + step * (ring + 1)) for ring in range(rings)] + [
        _arch("a", x, box.bottom, sun)
    ]


def politics(box: Box, random: Random) -> list[str]:
    """Bars of a count; one stands out."""
    rows = _count(box.height, 17)
    step = box.height / rows
    chosen = random.randrange(rows)
    return [
        _rect(
            *(
                ("a", box.right - reach, box.top + step * row, reach, step * 0.56)
                if row == chosen
                else ("d", box.right - reach, box.top + step * row + step * 0.2, reach, 2.6)
            )
        )
        for row in range(rows)
        for reach in [box.width * (0.38 + 0.62 * random.random())]
    ]


def society(box: Box, random: Random) -> list[str]:
    """Heads in a row, close together."""
    radius = min(box.height / 2, box.width * 0.22)
    heads = _count(box.width - 2 * radius, radius * 0.5) + 1
    step = (box.width - 2 * radius) / max(heads - 1, 1)
    chosen = random.randrange(heads)
    y = box.top + min(box.height / 2, radius + 30)
    circles = [(box.left + radius + step * head, head == chosen) for head in range(heads)]
    circles.sort(key=lambda circle: not circle[1])
    return [_circle("a" if is_chosen else "l", x, y, radius - 1) for x, is_chosen in circles]


def work(box: Box, random: Random) -> list[str]:
    """Steps that climb."""
    steps = _count(box.width, 44)
    across, chosen = box.width / steps, random.randrange(steps)
    return [
        _rect(
            "a" if step == chosen else "d",
            box.left + across * step,
            box.bottom - tall,
            across * 0.86,
            tall,
        )
        for step in range(steps)
        for tall in [box.height * (0.12 + 0.88 * step / max(steps - 1, 1))]
    ]


def music(box: Box, random: Random) -> list[str]:
    """Strings that swing."""
    strings = _count(box.width, 13)
    step, phase, waves = box.width / strings, random.random() * 3, 1.5 + random.random()
    chosen = random.randrange(strings)
    shapes = []
    for string in range(strings):
        swing = abs(math.sin(phase + string / strings * waves * math.pi))
        tall = box.height * (0.16 + 0.84 * swing)
        wide = 7 if string == chosen else 2.2
        shapes.append(
            _rect(
                "a" if string == chosen else "d",
                box.left + step * (string + 0.5) - wide / 2,
                box.top + (box.height - tall) / 2,
                wide,
                tall,
            )
        )
    return shapes


def science(box: Box, random: Random) -> list[str]:
    """A lattice seen through a lens."""
    columns, rows = _count(box.width, 27), _count(box.height, 27)
    across, down = box.width / columns, box.height / rows
    eye = random.randrange(columns), random.randrange(rows)
    reach = max(columns, rows) * 0.62
    shapes = []
    for x in range(columns):
        for y in range(rows):
            near = max(0.0, 1 - math.hypot(x - eye[0], y - eye[1]) / reach)
            radius = 1.6 + near * near * min(across, down) * 0.36
            kind = "a" if (x, y) == eye else "d"
            shapes.append(
                _circle(kind, box.left + across * (x + 0.5), box.top + down * (y + 0.5), radius)
            )
    return shapes


def history(box: Box, random: Random) -> list[str]:
    """Layers of ground, one of them remembered."""
    layers = _count(box.height, 22)
    step, chosen = box.height / layers, random.randrange(layers)
    bend = min(step * 0.8, 16) * random.choice((-1, 1))
    shapes = []
    for layer in range(layers):
        y = box.top + step * (layer + 0.5)
        third = box.width / 3
        path = (
            f"M{px(box.left)} {px(y)}c{px(third)} {px(-bend)} {px(2 * third)} {px(bend)}"
            f" {px(box.width)} {px(bend * 0.2)}"
        )
        shapes.append(f'<path class="{"al" if layer == chosen else "l"}" d="{path}"/>')
        bend *= 0.72 + 0.5 * random.random()
    return shapes


def art(box: Box, random: Random) -> list[str]:
    """Half discs, stacked as in a studio."""
    radius = min(box.height / 2, box.width / 4)
    columns = max(2, int(box.width / (2 * radius)))
    rows = max(1, int(box.height / radius))
    chosen = random.randrange(columns * rows)
    return [
        _arch(
            "a" if number == chosen else "d" if (number + number // columns) % 2 else "l",
            box.right - radius * (2 * (number % columns) + 1),
            box.top + radius * (number // columns + 1) - 1,
            radius - 2,
        )
        for number in range(columns * rows)
    ]


def travel(box: Box, random: Random) -> list[str]:
    """A sun that has not quite set, and the water before it."""
    radius = min(box.height * 0.42, box.width * 0.3)
    x = box.left + radius + (box.width - 2 * radius) * random.random()
    level = box.top + radius * (1.1 + 0.4 * random.random())
    lines = _count(box.bottom - level, 15)
    sun = math.sqrt(max(radius**2 - (level - box.top - radius) ** 2, 1))
    shapes = [
        f'<path class="a" d="M{px(x - sun)} {px(level)}A{px(radius)} {px(radius)} 0 1 1'
        f' {px(x + sun)} {px(level)}Z"/>'
    ]
    for line in range(lines + 1):
        y = level + (box.bottom - level) * (line / max(lines, 1)) ** 1.3
        shapes.append(_rect("d", box.left, min(y, box.bottom - 2.6), box.width, 2.6))
    return shapes


def beam(box: Box, random: Random) -> list[str]:
    """The light of a projector: for films on no shelf, or one of the house's own."""
    rays = 7 + random.randrange(4)
    y = box.top + box.height * (0.3 + 0.4 * random.random())
    shapes = [
        f'<path class="l" d="M{px(box.left + 8)} {px(y)}L{px(box.right)}'
        f' {px(box.top + box.height * ray / (rays - 1))}"/>'
        for ray in range(rays)
    ]
    return [*shapes, _circle("a", box.left + 9, y, 9)]


MOTIFS: dict[str, tuple[str | None, Motif]] = {
    "city": ("ink", city),
    "nature": ("paper", nature),
    "politics": ("red", politics),
    "society": ("ink", society),
    "work": ("paper", work),
    "music": ("red", music),
    "science": ("paper", science),
    "history": ("ink", history),
    "art": ("paper", art),
    "travel": ("red", travel),
}


def _count(length: float, step: float) -> int:
    return max(1, round(length / step))


def px(value: float) -> str:
    """Return a number as short as a tenth of a pixel allows."""
    return f"{value:.1f}".removesuffix(".0")


def _rect(kind: str, x: float, y: float, width: float, height: float) -> str:
    return (
        f'<rect class="{kind}" x="{px(x)}" y="{px(y)}" width="{px(width)}" height="{px(height)}"/>'
    )


def _circle(kind: str, x: float, y: float, radius: float) -> str:
    return f'<circle class="{kind}" cx="{px(x)}" cy="{px(y)}" r="{px(radius)}"/>'


def _arch(kind: str, x: float, y: float, radius: float) -> str:
    """Return a half disc that stands on `y`."""
    return (
        f'<path class="{kind}" d="M{px(x - radius)} {px(y)}A{px(radius)} {px(radius)} 0 0 1'
        f' {px(x + radius)} {px(y)}Z"/>'
    )
