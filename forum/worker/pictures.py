"""Columns and lines as plain coordinates, for templates to draw as SVG. Pure."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

WIDTH, HEIGHT = 360, 156  # units of the viewBox
LEFT, RIGHT, TOP, BOTTOM = 38, 356, 12, 126  # of the plot in it
GAP = 0.28  # of a column's room, between it and the next
DOT = 2.5  # radius of a value that stands alone


@dataclass(frozen=True)
class Series:
    """One row of values, a column each; None: nothing was counted there."""

    name: str
    kind: str  # the end of its class: its colour
    values: Sequence[float | None]


@dataclass(frozen=True)
class Picture:
    """A diagram, and the table behind it."""

    title: str
    words: str
    series: Sequence[Series]
    marks: Sequence[str]  # under each column; "" for none
    names: Sequence[str]  # of each column, in the table
    unit: str = ""
    is_line: bool = False
    top: float = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "top", nice(self._highest()))

    def _highest(self) -> float:
        if self.is_line:
            return max((value for one in self.series for value in one.values if value), default=0)
        rows = zip(*(one.values for one in self.series), strict=True)
        return max((sum(value or 0 for value in row) for row in rows), default=0)

    @property
    def is_empty(self) -> bool:
        return self._highest() == 0

    @property
    def _room(self) -> float:
        return (RIGHT - LEFT) / len(self.names)

    def _x(self, column: int) -> float:
        return LEFT + column * self._room

    def _y(self, value: float) -> float:
        return BOTTOM - (BOTTOM - TOP) * value / self.top

    def grid(self) -> list[dict[str, str]]:
        """Return the lines across, with their numbers."""
        return [
            {"y": units(self._y(value)), "text_y": units(self._y(value) + 4), "text": short(value)}
            for value in (0, self.top / 2, self.top)
        ]

    def ticks(self) -> list[dict[str, str]]:
        """Return the marks under the columns."""
        return [
            {"x": units(self._x(column) + self._room / 2), "text": mark}
            for column, mark in enumerate(self.marks)
            if mark
        ]

    def columns(self) -> list[dict[str, object]]:
        """Return each column: its room (for the pointer), its words, the boxes stacked in it."""
        found: list[dict[str, object]] = []
        for column, name in enumerate(self.names):
            words = [
                f"{one.name} {short(value)}{self.unit}"
                for one in self.series
                if (value := one.values[column]) is not None
            ]
            found.append(
                {
                    "x": units(self._x(column)),
                    "width": units(self._room),
                    "words": f"{name}: {', '.join(words) or '–'}",
                    "boxes": [] if self.is_line else self._boxes(column),
                }
            )
        return found

    def _boxes(self, column: int) -> list[dict[str, str]]:
        found, low = [], 0.0
        for one in self.series:
            value = one.values[column] or 0
            if value:
                top = self._y(low + value)
                found.append(
                    {
                        "kind": one.kind,
                        "x": units(self._x(column) + self._room * GAP / 2),
                        "y": units(top),
                        "width": units(self._room * (1 - GAP)),
                        "height": units(max(self._y(low) - top, 0.8)),
                    }
                )
            low += value
        return found

    def lines(self) -> list[dict[str, object]]:
        """Return for each series its lines (an hour without a value breaks one) and single dots."""
        if not self.is_line:
            return []
        found: list[dict[str, object]] = []
        for one in self.series:
            parts = [self._points(part) for part in runs(one.values)]
            paths = [" ".join(",".join(point) for point in part) for part in parts if len(part) > 1]
            dots = [part[0] for part in parts if len(part) == 1]
            found.append({"kind": one.kind, "paths": paths, "dots": dots})
        return found

    def _points(self, part: Sequence[tuple[int, float]]) -> list[tuple[str, str]]:
        return [
            (units(self._x(column) + self._room / 2), units(self._y(value)))
            for column, value in part
        ]

    def rows(self) -> list[dict[str, object]]:
        """Return the rows of the table, the newest first."""
        found: list[dict[str, object]] = [
            {"name": name, "values": [exact(one.values[column]) for one in self.series]}
            for column, name in enumerate(self.names)
        ]
        return found[::-1]


def runs(values: Sequence[float | None]) -> list[list[tuple[int, float]]]:
    """Return the stretches of values without a None, as (column, value)."""
    found: list[list[tuple[int, float]]] = [[]]
    for column, value in enumerate(values):
        if value is None:
            found.append([])
        else:
            found[-1].append((column, value))
    return [part for part in found if part]


def nice(value: float) -> float:
    """Return the next of 2, 4, 10, 20, 40, 100, … that is not below `value`; 1 for very little."""
    if value <= 0:
        return 1
    power = 10 ** math.floor(math.log10(value))
    return float(
        next(step * power for step in (1, 2, 4, 6, 8, 10) if step * power >= value * 0.9999)
    )


def units(value: float) -> str:
    """Return a coordinate as SVG writes numbers, in whichever language the page is."""
    return f"{value:.1f}".removesuffix(".0")


def short(value: float) -> str:
    """Return a number in few characters: 0.25, 12, 1.5k, 20k, 3M."""
    for limit, sign in ((1e6, "M"), (1e3, "k")):
        if value >= limit:
            return f"{value / limit:.3g}{sign}"
    return f"{value:.3g}"


def exact(value: float | None) -> str:
    if value is None:
        return "–"
    return f"{value:,.0f}" if value >= 100 or value == int(value) else f"{value:,.3g}"


def quantile(counts: Sequence[float], bounds: Sequence[float], share: float) -> float | None:
    """Return under which value this share of what was counted lies, None if nothing was.

    `counts` has one more entry than `bounds`: what lies above the last. Within a bucket it is taken
    for evenly spread, so that this is near, not exact.
    """
    wanted = sum(counts) * share
    if not wanted:
        return None
    below, low = 0.0, 0.0
    for count, bound in zip(counts, bounds, strict=False):
        if count and below + count >= wanted:
            return low + (bound - low) * (wanted - below) / count
        below, low = below + count, bound
    return bounds[-1]
