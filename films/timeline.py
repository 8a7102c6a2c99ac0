"""Time as a row of bars that one walks along: decades, and the years of one. Lists of links with counts."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.urls import reverse

from films.browse import Found, decade_words
from films.models import Film
from films.shelf import DISCUSSED, Name

TALL = 40  # units, of the highest bar
LEAST = 2  # of one with a single film
FILMS_OF_A_DECADE = 3


@dataclass(frozen=True)
class Bar:
    """A decade or a year. `height`: in units of TALL, by its films beside the most of any."""

    words: str
    address: str
    count: int
    height: int
    is_current: bool

    @property
    def top(self) -> int:
        return TALL - self.height


def decades(found: Found, current: int | None = None) -> list[Bar]:
    """Return the decades from the first to the last with a film; those between may be empty."""
    counts = {one: _count(found, ("decade", one)) for one in found.shelf.values_of("decade")}
    with_films = [one for one, count in counts.items() if count]
    if not with_films:
        return []
    span = range(min(with_films), max(with_films) + 10, 10)
    return _bars(
        [(decade_words(one), reverse("decade", args=[one]), counts.get(one, 0), one == current)
         for one in span]
    )  # fmt: skip


def years(found: Found, decade: int, current: int | None = None) -> list[Bar]:
    """Return the ten years of a decade."""
    return _bars(
        [(str(one), reverse("year", args=[one]), _count(found, ("year", one)), one == current)
         for one in range(decade, decade + 10)]
    )  # fmt: skip


def beside(bars: Sequence[Bar]) -> tuple[Bar | None, Bar | None]:
    """Return the nearest bars with films before and after the current one."""
    at = next((number for number, bar in enumerate(bars) if bar.is_current), None)
    if at is None:
        return None, None
    before = next((bar for bar in reversed(bars[:at]) if bar.count), None)
    return before, next((bar for bar in bars[at + 1 :] if bar.count), None)


def year_bars(found: Found, current: int) -> list[Bar]:
    """Return all years with films, and the current one: a way from year to year."""
    counts = {one: _count(found, ("year", one)) for one in found.shelf.values_of("year")}
    chosen = sorted({one for one, count in counts.items() if count} | {current})
    return _bars(
        [(str(one), reverse("year", args=[one]), counts.get(one, 0), one == current)
         for one in chosen]
    )  # fmt: skip


def some_of_each(found: Found, bars: Sequence[Bar]) -> list[tuple[Bar, list[Film]]]:
    """Return each decade with the films of it that are talked about most; one query."""
    ids: dict[str, list[int]] = {}
    for bar in bars:
        decade = ("decade", int(bar.address.rstrip("/").rpartition("/")[2]))
        some = found.base & found.shelf.named(decade)
        ids[bar.address] = found.shelf.first(some, DISCUSSED, FILMS_OF_A_DECADE)
    films = Film.objects.visible_to(found.reader).for_lists().without_texts()
    rows = films.in_bulk([pk for some in ids.values() for pk in some])
    return [(bar, [rows[pk] for pk in ids[bar.address] if pk in rows]) for bar in bars]


def _count(found: Found, name: Name) -> int:
    return (found.base & found.shelf.named(name)).bit_count()


def _bars(rows: list[tuple[str, str, int, bool]]) -> list[Bar]:
    most = max((count for _words, _address, count, _is_current in rows), default=0)
    return [
        Bar(words, address, count, _height(count, most), is_current)
        for words, address, count, is_current in rows
    ]


def _height(count: int, most: int) -> int:
    return max(LEAST, round(TALL * count / most)) if count else 0
