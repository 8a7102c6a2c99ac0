"""Lines of measurements against size, as one SVG of small charts; no library draws so little."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

WIDTH = 980
TOP, GAP, FOOT = 98, 62, 26
LEGEND_STEP = 17
TIMES, COUNTS, LEGEND_X = (64, 330), (450, 190), 672  # x and width of the two charts
SOLID = 6  # lines; those after are dashed
LIGHT = "#0b62a4 #c4500c #1d7a4f #8c3fa8 #a8730a #b3223c #3b6e7d #6b5b95 #7a7d1c #444444".split()
DARK = "#6cb5f0 #f4965a #63cc98 #cf97e4 #e6bb55 #f2798c #86c3d4 #b3a5e6 #c8cc62 #bdbdbd".split()
STYLE = """
text{{font:12px system-ui,sans-serif;fill:var(--ink)}} .h{{font-weight:600;font-size:14px}}
.t{{font-weight:600;font-size:18px}} .q{{fill:var(--soft);font-size:11px}} .grid{{stroke:var(--grid)}}
path{{fill:none;stroke-width:1.8;stroke-linejoin:round}} .paper{{fill:var(--paper)}}
svg{{--paper:#fff;--ink:#1c1c1c;--soft:#5c5c5c;--grid:#dcdcdc;{light}}}
@media (prefers-color-scheme:dark){{svg{{--paper:#16181b;--ink:#ececec;--soft:#a9a9a9;--grid:#33373c;{dark}}}}}
"""


@dataclass(frozen=True)
class Line:
    """One thing that was measured: milliseconds and queries at each size; `words` stand behind it."""

    name: str
    ms: Sequence[float]
    queries: Sequence[float]
    words: str


def draw(title: str, sizes: Sequence[int], groups: Sequence[tuple[str, Sequence[Line]]]) -> str:
    """Return the SVG: a row for each group, its times (both axes by powers of ten) and its queries."""
    y, parts = TOP, []
    for heading, lines in groups:
        height = max(140, LEGEND_STEP * len(lines))
        parts.append(_row(heading, lines, sizes, y, height))
        y += height + GAP
    colours = {
        name: "".join(f"--c{at}:{one};" for at, one in enumerate(some))
        for name, some in (("light", LIGHT), ("dark", DARK))
    }
    height = y - GAP + FOOT + 30
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}"'
        f' height="{height}" role="img" aria-label="{escape(title)}">'
        f"<style>{STYLE.format(**colours)}</style>"
        f'<rect class="paper" width="{WIDTH}" height="{height}" rx="8"/>'
        f'<text class="t" x="24" y="34">{escape(title)}</text>'
        f'<text class="q" x="24" y="54">across: comments on the site; behind each name: the largest'
        f" against the smallest</text>{''.join(parts)}</svg>\n"
    )


def _row(heading: str, lines: Sequence[Line], sizes: Sequence[int], top: int, height: int) -> str:
    times, counts = [line.ms for line in lines], [line.queries for line in lines]
    low, high = _edges(times)
    most = max(max(some) for some in counts) + 1
    ticks = [tick for tick in _one_two_five() if low <= tick <= high]
    left = Chart(TIMES, top, height, sizes, low, high, is_log=True)
    right = Chart(COUNTS, top, height, sizes, 0, most, is_log=False)
    step = max(1, math.ceil(most / 5))
    return "".join([
        f'<text class="h" x="24" y="{top - 16}">{escape(heading)}</text>',
        f'<text class="q" x="{TIMES[0] + TIMES[1]}" y="{top - 7}" text-anchor="end">'
        "milliseconds, median</text>",
        f'<text class="q" x="{COUNTS[0] + COUNTS[1]}" y="{top - 7}" text-anchor="end">queries</text>',
        left.axes(ticks),
        right.axes(range(0, int(most) + 1, step)),
        *(left.line(some, at) for at, some in enumerate(times)),
        *(right.line(some, at) for at, some in enumerate(counts)),
        *(_legend(line, at, top) for at, line in enumerate(lines)),
    ])  # fmt: skip


def _legend(line: Line, at: int, top: int) -> str:
    y = top + 8 + LEGEND_STEP * at
    return (
        f'<path d="M{LEGEND_X} {y - 4}h18" stroke="var(--c{at % len(LIGHT)})"{_dashes(at)}/>'
        f'<text x="{LEGEND_X + 26}" y="{y}">{escape(line.name)}'
        f' <tspan class="q">{escape(line.words)}</tspan></text>'
    )


def _dashes(at: int) -> str:
    return ' stroke-dasharray="6 3"' if at >= SOLID else ""


def _one_two_five() -> list[float]:
    return [base * 10**power for power in range(-2, 6) for base in (1, 2, 5)]


def _edges(values: Sequence[Sequence[float]]) -> tuple[float, float]:
    """Return the steps of 1, 2, 5 that enclose all values."""
    low = min(min(some) for some in values)
    high = max(max(some) for some in values)
    steps = _one_two_five()
    return (
        max((one for one in steps if one <= low), default=steps[0]),
        min((one for one in steps if one >= high), default=steps[-1]),
    )


@dataclass(frozen=True)
class Chart:
    """A rectangle with the sizes along its foot, by powers of ten, and values up its side."""

    across: tuple[int, int]
    top: int
    height: int
    sizes: Sequence[int]
    low: float
    high: float
    is_log: bool

    def x(self, size: float) -> float:
        first, last = math.log10(self.sizes[0]), math.log10(self.sizes[-1])
        return self.across[0] + self.across[1] * (math.log10(size) - first) / (last - first)

    def y(self, value: float) -> float:
        low, high = self.low, self.high
        if self.is_log:
            low, high, value = math.log10(low), math.log10(high), math.log10(max(value, low))
        return self.top + self.height * (1 - (value - low) / (high - low))

    def axes(self, ticks: Sequence[float] | range) -> str:
        left, right, foot = self.across[0], sum(self.across), self.top + self.height
        sides = "".join(
            f'<path class="grid" d="M{left} {self.y(tick):.1f}H{right}"/>'
            f'<text class="q" x="{left - 8}" y="{self.y(tick) + 4:.1f}" text-anchor="end">'
            f"{tick:,g}</text>"
            for tick in ticks
        )
        shown = self.sizes if self.across[1] > 250 else (self.sizes[0], self.sizes[-1])
        feet = "".join(
            f'<path class="grid" d="M{self.x(size):.1f} {self.top}V{foot}"/>'
            f'<text class="q" x="{self.x(size):.1f}" y="{foot + 16}" text-anchor="middle">'
            f"{size:,}</text>"
            for size in shown
        )
        return sides + feet

    def line(self, values: Sequence[float], at: int) -> str:
        points = [
            (self.x(size), self.y(value)) for size, value in zip(self.sizes, values, strict=True)
        ]
        way = "L".join(f"{x:.1f} {y:.1f}" for x, y in points)
        colour = f"var(--c{at % len(LIGHT)})"
        dots = "".join(
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2.2" fill="{colour}"/>' for x, y in points
        )
        return f'<path d="M{way}" stroke="{colour}"{_dashes(at)}/>{dots}'
