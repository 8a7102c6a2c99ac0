"""All films that lists show, held in memory as sets: bit n of a set is the film in slot n.

Lists and the counts on the links to them are made of the same sets, so that they cannot differ, and both
cost next to nothing at 100,000 films. A process reads all films once, and from then on those that the
log names (touched.py); that is asked at every use, so nothing in it is ever stale.
"""

import threading
from bisect import bisect_left, bisect_right, insort
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cached_property
from itertools import islice
from random import choice, randrange
from typing import Any, NamedTuple

from django.db.models import Exists, OuterRef

from films import touched
from films.models import Film, FilmQuerySet, Source
from forum.accounts.readers import ANYBODY, Reader

NEWEST, DISCUSSED, TITLE = "newest", "discussed", "title"
# Lengths by name: minutes from and up to. 40 is where the Academy's short films end.
LENGTHS: dict[str, tuple[int, int]] = {
    "short": (0, 40),
    "medium": (41, 69),
    "feature": (70, 119),
    "long": (120, 2**31),
}
ALL, PUBLIC = ("all", ""), ("public", "")
TALKED, PLAYABLE = ("talk", "yes"), ("play", "here")
Name = tuple[str, Hashable]  # of a set: ("country", "FR")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FEW = 2_000  # films of a set that are sorted; of larger ones the order is walked
_MANY = 2_000  # changed films at once, from which reading all anew is quicker
_AT_ONCE = 500


class Row(NamedTuple):
    """What orders a film among others."""

    id: int
    published_us: int
    sort_title: str
    comments: int


@dataclass
class Shelf:
    """One state of the catalogue; never changed once somebody has it, but for new slots at its end."""

    position: touched.Position
    slots: dict[int, int] = field(default_factory=dict)  # by the film's id
    rows: list[Row] = field(default_factory=list)  # by slot
    sets: dict[Name, int] = field(default_factory=dict)
    orders: dict[str, list[int]] = field(default_factory=dict)  # slots

    @cached_property
    def comments(self) -> int:
        """About how many comments all films have together: those of a film that went are still counted."""
        return sum(row.comments for row in self.rows)

    def shown_to(self, reader: Reader) -> int:
        """Return the films that lists show to `reader`: what was published once, to staff."""
        return self.sets.get(ALL if reader.is_staff else PUBLIC, 0)

    def named(self, name: Name) -> int:
        return self.sets.get(name, 0)

    def values_of(self, kind: str) -> list[Any]:
        """Return what the sets of a kind are called by, in no order."""
        return [value for one, value in self.sets if one == kind]

    def of_ids(self, ids: Iterable[int]) -> int:
        """Return the set of films with these ids."""
        bits = bytearray(len(self.rows) // 8 + 1)
        for pk in ids:
            slot = self.slots.get(pk)
            if slot is not None and slot < len(self.rows):
                bits[slot >> 3] |= 1 << (slot & 7)
        return int.from_bytes(bits, "little")

    def first(
        self, some: int, sort: str, most: int, after: tuple[Any, int] | None = None
    ) -> list[int]:
        """Return the ids of the first `most` films of a set in an order, after a place in it.

        A place is (published_at in µs, comments or sort_title; id).
        """
        key = self.key(sort)
        if some.bit_count() <= _FEW:
            chosen = sorted(_slots(some), key=key)
            begin = bisect_right(chosen, _place(sort, after), key=key) if after else 0
            return [self.rows[slot].id for slot in chosen[begin : begin + most]]
        order = self.orders[sort]
        begin = bisect_right(order, _place(sort, after), key=key) if after else 0
        bits = some.to_bytes(len(self.rows) // 8 + 1, "little")
        found: list[int] = []
        for at in range(begin, len(order)):
            slot = order[at]
            if bits[slot >> 3] >> (slot & 7) & 1:
                found.append(self.rows[slot].id)
                if len(found) == most:
                    break
        return found

    def called(self, some: int, sort_title: str, most: int) -> list[int]:
        """Return the ids of the latest `most` films of a set that stand in order under this title."""
        order, rows = self.orders[TITLE], self.rows
        begin = bisect_left(order, sort_title, key=lambda slot: rows[slot].sort_title)
        end = bisect_right(order, sort_title, key=lambda slot: rows[slot].sort_title)
        found = (slot for slot in reversed(order[begin:end]) if some >> slot & 1)
        return [self.rows[slot].id for slot in islice(found, most)]

    def any_of(self, some: int) -> int | None:
        """Return the id of a film of a set, each as likely as any; None if it is empty."""
        for _try in range(64):  # of most sets one is found so
            slot = randrange(len(self.rows) or 1)  # noqa: S311 (a film, not a secret)
            if some >> slot & 1:
                return self.rows[slot].id
        slots = list(_slots(some))
        return self.rows[choice(slots)].id if slots else None  # noqa: S311 (likewise)

    def rows_of(self, some: int) -> list[Row]:
        """Return the rows of a set, in no order."""
        return [self.rows[slot] for slot in _slots(some)]

    def key(self, sort: str) -> Callable[[int], Any]:
        """Return what gives a slot's place in an order."""
        rows = self.rows
        if sort == TITLE:
            return lambda slot: (rows[slot].sort_title, rows[slot].id)
        if sort == DISCUSSED:
            return lambda slot: (-rows[slot].comments, -rows[slot].id)
        return lambda slot: (-rows[slot].published_us, -rows[slot].id)


def published_us(at: datetime) -> int:
    return (at - _EPOCH) // timedelta(microseconds=1)


def _place(sort: str, after: tuple[Any, int] | None) -> Any:
    assert after
    return after if sort == TITLE else (-after[0], -after[1])


def _slots(some: int) -> Iterator[int]:
    """Yield the slots of a set, ascending."""
    text = bin(some)[:1:-1]
    at = text.find("1")
    while at >= 0:
        yield at
        at = text.find("1", at + 1)


# The one that is now

_lock = threading.Lock()
_held: Shelf | None = None


def now() -> Shelf:
    """Return the catalogue as it is; one query, two more where films changed since it was asked."""
    global _held
    with _lock:
        shelf = _held
        found = touched.after(shelf.position) if shelf else None
        if shelf is None or found is None or len(found[1]) > _MANY:
            shelf = _read_all()
        elif found[1]:
            shelf = _changed(shelf, *found)
        else:
            shelf.position = found[0]
        _held = shelf
        return shelf


def _read_all() -> Shelf:
    shelf = Shelf(touched.position())
    bits: dict[Name, bytearray] = {}
    for row, names in _rows(None):
        slot = len(shelf.rows)
        shelf.slots[row.id] = slot
        shelf.rows.append(row)
        for name in names:
            some = bits.setdefault(name, bytearray())
            if len(some) <= slot >> 3:
                some.extend(bytes((slot >> 3) + 1 - len(some)))
            some[slot >> 3] |= 1 << (slot & 7)
    shelf.sets = {name: int.from_bytes(some, "little") for name, some in bits.items()}
    every = range(len(shelf.rows))
    shelf.orders = {sort: sorted(every, key=shelf.key(sort)) for sort in (NEWEST, DISCUSSED, TITLE)}
    return shelf


def _changed(old: Shelf, position: touched.Position, ids: list[int]) -> Shelf:
    """Return the catalogue after these films changed, came or went."""
    came = list(_rows(ids))
    new = replace(
        old,
        position=position,
        slots=dict(old.slots),
        rows=list(old.rows),
        orders={sort: list(order) for sort, order in old.orders.items()},
    )
    known = [new.slots[pk] for pk in ids if pk in new.slots]
    for sort, order in new.orders.items():
        _take_out(order, known, new.key(sort))
    bits: defaultdict[Name, int] = defaultdict(int)
    placed = []
    for row, names in came:
        slot = new.slots.setdefault(row.id, len(new.rows))
        new.rows[slot : slot + 1] = [row]
        placed.append(slot)
        for name in names:
            bits[name] |= 1 << slot
    gone = sum(1 << slot for slot in known)
    sets = {name: (some & ~gone) | bits.pop(name, 0) for name, some in old.sets.items()}
    new.sets = {name: some for name, some in (sets | bits).items() if some}
    for sort, order in new.orders.items():
        _put_in(order, placed, new.key(sort))
    return new


def _take_out(order: list[int], slots: list[int], key: Callable[[int], Any]) -> None:
    if len(slots) > 50:
        chosen = set(slots)
        order[:] = [slot for slot in order if slot not in chosen]
        return
    for slot in slots:
        at = bisect_left(order, key(slot), key=key)
        if at < len(order) and order[at] == slot:  # one that went before stands in no order
            del order[at]


def _put_in(order: list[int], slots: list[int], key: Callable[[int], Any]) -> None:
    if len(slots) > 50:
        order.extend(slots)
        order.sort(key=key)
        return
    for slot in slots:
        insort(order, slot, key=key)


# Reading films


def _rows(ids: list[int] | None) -> Iterator[tuple[Row, list[Name]]]:
    """Yield the films that were published once, with their sets: those with these ids, or all."""
    films = Film.objects.exclude(published_at=None)
    shelves = Film.categories.through.objects.all()
    if ids is not None:
        films, shelves = films.filter(pk__in=ids), shelves.filter(film_id__in=ids)
    further: defaultdict[int, list[int]] = defaultdict(list)
    for film_id, category_id in shelves.values_list("film_id", "category_id").iterator():
        further[film_id].append(category_id)
    films = films.annotate(is_playable=Exists(Source.objects.filter(film=OuterRef("pk"))))
    public = FilmQuerySet.states_shown_to(ANYBODY)
    columns = ("pk", "published_at", "sort_title", "topic__comment_count", "state", "category_id",
               "is_playable", "year", "runtime_minutes", "countries", "languages")  # fmt: skip
    for row in films.order_by("pk").values_list(*columns).iterator(_AT_ONCE):
        pk, at, title, comments, state, category_id, is_playable, *made = row
        names: list[Name] = [ALL, *([PUBLIC] if state in public else [])]
        shelves_of = {category_id, *further.get(pk, ())} - {None}
        names += [("category", one) for one in shelves_of]
        names += _names_of(*made)
        names.append(TALKED if comments else ("talk", "no"))
        names += [PLAYABLE] if is_playable else []
        yield Row(pk, published_us(at), title, comments), names


def _names_of(
    year: int | None, minutes: int | None, countries: str, languages: str
) -> Iterator[Name]:
    if year is not None:
        yield from (("year", year), ("decade", year - year % 10))
    if minutes is not None:
        for name, (first, last) in LENGTHS.items():
            if first <= minutes <= last:
                yield "length", name
    yield from (("country", code) for code in dict.fromkeys(countries.split()))
    yield from (("language", code) for code in dict.fromkeys(languages.split()))
