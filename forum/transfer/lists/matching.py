"""Whether a film of a list is here: by external id, then by title, year and who made it."""

import json
import sqlite3
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from films import words
from films.models import Credit, Film
from forum.transfer.lists.values import FilmRow, Unreadable
from forum.transfer.models import FilmRef

SYSTEM = "films"  # in FilmRef; the site there is the source of the list
IDS = ("imdb_id", "tmdb_id", "wikidata_id")
REF_CHARS = 200


@dataclass
class Known:
    """A film that is here, or that this run makes. pk: None before it is stored."""

    title: str  # as sort_key makes it
    year: int | None
    ids: dict[str, str]
    people: dict[str, list[str]]  # {role: names, case folded}
    name: str = ""
    ref: str = ""
    pk: int | None = None
    is_new: bool = False  # made of an earlier row
    film: Film | None = None  # before it is stored

    def contradicts(self, row: FilmRow) -> bool:
        """Return whether it is another film than that of a row with the same title and year.

        It is if an id that both have differs, or if nobody did for it what somebody did for the row's.
        """
        shared = [name for name in IDS if self.ids.get(name) and row.ids.get(name)]
        if shared:
            return any(self.ids[name] != row.ids[name] for name in shared)
        roles = self.people.keys() & {role for _name, role in row.people}
        return bool(roles) and not self.has_people_of(row)

    def has_people_of(self, row: FilmRow) -> bool:
        return any(name.casefold() in self.people.get(role, ()) for name, role in row.people)


def known_of(row: FilmRow, film: Film | None = None) -> Known:
    people: dict[str, list[str]] = defaultdict(list)
    for name, role in row.people:
        people[role].append(name.casefold())
    key = words.sort_key(row.title)
    return Known(
        key, row.year, {**row.ids}, dict(people), row.title, row.ref, is_new=True, film=film
    )


@dataclass
class Batch:
    """All films that rows of one batch may be, found in a few queries, and those that they become."""

    source: str
    _by: dict[tuple[str, ...], list[Known]] = field(default_factory=lambda: defaultdict(list))
    _refs: set[str] = field(default_factory=set)

    def load(self, rows: Sequence[FilmRow]) -> None:
        films = {known.pk: known for known in self._stored(rows)}
        for known in films.values():
            self.add(known)
        refs = {row.ref[:REF_CHARS] for row in rows if row.ref}
        found = FilmRef.objects.filter(system=SYSTEM, site=self.source, item__in=refs)
        for ref in found.select_related("film") if refs else ():
            known = films.get(ref.film_id) or _known(ref.film)
            self._by["ref", ref.item].append(known)
            self._refs.add(ref.item)

    def has_ref(self, row: FilmRow) -> bool:
        """Return whether the list's own id of a row was written down before this batch."""
        return row.ref[:REF_CHARS] in self._refs

    def _stored(self, rows: Sequence[FilmRow]) -> Iterable[Known]:
        films = Film.objects.filter(topic__is_demo=False).without_texts()
        for name in IDS:
            if asked := {row.ids[name] for row in rows if row.ids.get(name)}:
                yield from map(_known, films.filter(**{f"{name}__in": asked}))
        # Of a title that hundreds of films have, those of the year alone are kept.
        asked_for = {(words.sort_key(row.title), row.year) for row in rows}
        titles = {title for title, _year in asked_for}
        named = films.filter(sort_title__in=titles, topic__moved_to=None).order_by("pk")
        near = (film for film in named.iterator() if (film.sort_title, film.year) in asked_for)
        found = {film.pk: _known(film) for film in near}
        credits = Credit.objects.filter(film__in=list(found)).order_by()
        for pk, role, name in credits.values_list("film_id", "role", "person__name"):
            found[pk].people.setdefault(role, []).append(name.casefold())
        yield from found.values()

    def add(self, known: Known) -> None:
        self._by["title", known.title].append(known)
        for name, value in known.ids.items():
            if value:
                self._by[name, value].append(known)
        if known.ref:
            self._by["ref", known.ref[:REF_CHARS]].append(known)

    def find(self, row: FilmRow) -> Known | None:
        """Return the film that a row is, None if it is none here. Raises Unreadable if unclear."""
        asked = [(name, row.ids[name]) for name in IDS if row.ids.get(name)]
        by_id = self._unlike([known for key in asked for known in self._by.get(key, ())])
        if len(by_id) > 1:
            names = ", ".join(f"“{known.name}”" for known in by_id)
            raise Unreadable(f"its ids belong to several films here: {names}")
        if by_id:
            return by_id[0]
        if row.ref and (found := self._by.get(("ref", row.ref[:REF_CHARS]))):
            return _same(found[0], row)
        return self._by_title(row)

    @staticmethod
    def _unlike(found: list[Known]) -> list[Known]:
        return list(
            {id(known) if known.pk is None else known.pk: known for known in found}.values()
        )

    def _by_title(self, row: FilmRow) -> Known | None:
        named = self._unlike(self._by.get(("title", words.sort_key(row.title)), []))
        near = [
            known for known in named
            if known.year == row.year and not known.contradicts(row)
            and not (known.ref and row.ref and known.ref != row.ref)
        ]  # fmt: skip
        certain = [known for known in near if known.has_people_of(row)]
        chosen = certain or near
        if len(chosen) > 1:
            raise Unreadable(
                f"{len(chosen)} films of this title and year are here; an external id or who directed "
                "it says which"
            )
        return chosen[0] if chosen else None


def _same(known: Known, row: FilmRow) -> Known:
    """Return the film that has the list's own id, unless it is quite another one."""
    if known.year != row.year and known.title != words.sort_key(row.title):
        raise Unreadable(f"its id {row.ref[:40]} belongs to “{known.name}” here (--source)")
    return known


def _known(film: Film) -> Known:
    ids = {name: getattr(film, name) for name in IDS}
    return Known(film.sort_title, film.year, ids, {}, str(film), pk=film.pk)


class DryShelf:
    """What a dry run would have made, in a file of its own, so that memory stays flat."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="foyer-import-")
        self._file = sqlite3.connect(Path(self._folder.name) / "films", isolation_level=None)
        self._file.execute("PRAGMA journal_mode = OFF")
        self._file.execute("PRAGMA synchronous = OFF")
        self._file.execute("CREATE TABLE films (id INTEGER PRIMARY KEY, known TEXT)")
        self._file.execute("CREATE TABLE keys (key TEXT, film INTEGER)")
        self._file.execute("CREATE INDEX by_key ON keys (key)")
        self._file.execute("BEGIN")

    def put(self, known: Known) -> None:
        kept: dict[str, Any] = {**known.__dict__, "film": None}
        pk = self._file.execute(
            "INSERT INTO films (known) VALUES (?)", [json.dumps(kept)]
        ).lastrowid
        keys = [known.title, *(f"{n}:{v}" for n, v in known.ids.items()), f"ref:{known.ref}"]
        self._file.executemany("INSERT INTO keys VALUES (?, ?)", [(key, pk) for key in keys])

    def like(self, rows: Sequence[FilmRow]) -> list[Known]:
        """Return what it holds that one of the rows may be."""
        keys = {words.sort_key(row.title) for row in rows}
        keys |= {f"{name}:{value}" for row in rows for name, value in row.ids.items()}
        keys |= {f"ref:{row.ref}" for row in rows if row.ref}
        asked = json.dumps(list(keys))
        found = self._file.execute(
            "SELECT DISTINCT id, known FROM films JOIN keys ON film = id"
            " WHERE key IN (SELECT value FROM json_each(?)) ORDER BY id",
            [asked],
        )
        return [Known(**json.loads(known)) for _pk, known in found]

    def close(self) -> None:
        self._file.close()
        self._folder.cleanup()
