"""Films of a list written batch by batch, each in one transaction; a run that was killed is run again."""

import math
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction

from films import changes, services
from films.models import Category
from forum.transfer.lists.file import FilmFile, Row
from forum.transfer.lists.matching import REF_CHARS, SYSTEM, Batch, DryShelf, Known, known_of
from forum.transfer.lists.values import FilmRow, Unreadable, film_row, names_of
from forum.transfer.models import FilmRef
from forum.transfer.running import Stopped

AT_ONCE = 500  # rows in one transaction
# What IMDb lists beside films; "type" of other lists is not looked at.
NO_FILMS = {"tvepisode", "tvpilot", "videogame", "podcastseries", "podcastepisode", "audiobook"}
_LOCK = 7_302_411  # any number that stands for this importer alone


@dataclass
class Report:
    """What a run did, or a dry run would do."""

    rows: int = 0
    made: int = 0
    present: int = 0  # films that are here already
    twice: int = 0  # rows of a film that an earlier row of this run made
    completed: int = 0  # films here that were given an id
    failed: int = 0
    left_out: Counter[str] = field(default_factory=Counter)
    no_year: int = 0
    new_categories: list[str] = field(default_factory=list)


@dataclass
class Loader:
    """One run over one file.

    source: whose ids the list's own ids are; run_label: what its films are marked with, to be taken back by
    rolling_back.py; taken: {field: column}; only: {column: values, case folded}, one of which a row must
    have; say: hears of a line, and what about it.
    """

    source: str
    run_label: str
    taken: dict[str, str]
    state: str
    only: dict[str, set[str]]
    dry_run: bool
    say: Callable[[int, str], None]
    report: Report = field(default_factory=Report)
    _first: float = math.inf  # the id of the first film that this run made

    def run(self, file: FilmFile) -> Iterator[Report]:
        """Write batch after batch; yield the report so far after each. Raises Stopped, BadFile."""
        self._shelf = DryShelf() if self.dry_run else None
        self._categories = {one.name.casefold(): one for one in Category.objects.all()}
        rows = file.rows()
        try:
            while some := list(islice(rows, AT_ONCE)):
                self.report.rows += len(some)
                self._batch(list(self._films(some, file.format)))
                yield self.report
        except IntegrityError as error:
            raise Stopped(
                "Something else wrote the same rows. What was complete is kept; run it again. "
                f"({error})"
            ) from error
        finally:
            if self._shelf:
                self._shelf.close()

    def _films(self, rows: Iterable[Row], kind: str) -> Iterator[FilmRow]:
        for row in rows:
            try:
                if row.fault:
                    raise Unreadable(row.fault)
                if not self._is_wanted(row):
                    self.report.left_out["by --only"] += 1
                    continue
                film = film_row(row.line, row.values, self.taken)
            except Unreadable as error:
                self._fail(row.line, str(error))
                continue
            if kind == "imdb" and film.kind.casefold() in NO_FILMS:
                self.report.left_out[film.kind] += 1
                continue
            yield film

    def _is_wanted(self, row: Row) -> bool:
        return all(
            wanted & {name.casefold() for name in names_of(row.values.get(column))}
            for column, wanted in self.only.items()
        )

    def _fail(self, line: int, why: str) -> None:
        self.report.failed += 1
        self.say(line, why)

    @transaction.atomic
    def _batch(self, rows: list[FilmRow]) -> None:
        if connection.vendor == "postgresql" and not self.dry_run:
            with connection.cursor() as cursor:  # two runs do not make the same film
                cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        batch = Batch(self.source)
        batch.load(rows)
        for known in self._shelf.like(rows) if self._shelf else ():
            batch.add(known)
        made: list[tuple[FilmRow, Known]] = []
        refs: list[tuple[str, Known]] = []
        for row in rows:
            try:
                known = self._found(batch, row) or self._new(batch, row, made)
            except (Unreadable, ValidationError) as error:
                self._fail(row.line, _words(error))
                continue
            if row.ref and not batch.has_ref(row):
                refs.append((row.ref[:REF_CHARS], known))
            if row.notes:
                self.say(
                    row.line,
                    f"“{row.title}” without what is not understood: " + ", ".join(row.notes),
                )
        if self._shelf:
            for _row, known in made:
                self._shelf.put(known)
        elif made or refs:
            self._store(made, refs)

    def _found(self, batch: Batch, row: FilmRow) -> Known | None:
        """Return the film that a row is, given the row's ids where it has none."""
        known = batch.find(row)
        if known is None:
            return None
        if known.is_new or (known.pk or 0) >= self._first:
            self.report.twice += 1
            self.say(row.line, f"“{row.title}” stands in the file before")
        else:
            self.report.present += 1
        new = {name: value for name, value in row.ids.items() if value and not known.ids.get(name)}
        if new:
            known.ids |= new
            batch.add(known)
            self._complete(known, new)
        return known

    def _complete(self, known: Known, ids: dict[str, str]) -> None:
        if known.film:
            for name, value in ids.items():
                setattr(known.film, name, value)
            return
        self.report.completed += 1
        if known.pk and not self.dry_run:
            film = services.present_film(film_id=known.pk)
            if film.pk == known.pk:
                new: dict[str, Any] = {**ids}
                services.change_film(film=film, **new)

    def _new(self, batch: Batch, row: FilmRow, made: list[tuple[FilmRow, Known]]) -> Known:
        film = services.prepared(
            title=row.title,
            state=self.state,
            original_title=row.original_title,
            year=row.year,
            runtime_minutes=row.runtime_minutes,
            tagline=row.tagline,
            description=row.description,
            description_format="plain",
            countries=row.countries,
            languages=row.languages,
            **row.ids,
        )
        for name in row.genres:
            if name.casefold() not in self._categories:
                self._categories[name.casefold()] = self._category(name)
                self.report.new_categories.append(name)
        known = known_of(row, film)
        batch.add(known)
        made.append((row, known))
        self.report.made += 1
        self.report.no_year += row.year is None
        return known

    def _category(self, name: str) -> Category:
        return Category(name=name) if self.dry_run else services.create_category(name=name)

    def _store(self, made: list[tuple[FilmRow, Known]], refs: list[tuple[str, Known]]) -> None:
        people = services.people_named(name for row, _known in made for name, _role in row.people)
        new = []
        for row, known in made:
            film = known.film
            assert film is not None
            shelves = [self._categories[name.casefold()] for name in row.genres]
            film.category, further = (shelves[0], shelves[1:]) if shelves else (None, [])
            credits = [(people[name], role) for name, role in row.people]
            others = [one for one in dict.fromkeys(further) if one != film.category]
            new.append(services.NewFilm(film, others, credits))
        services.create_films(new)
        if new:
            self._first = min(self._first, *(one.film.pk for one in new))
        own = {"system": SYSTEM, "batch": self.run_label}
        marks = [
            FilmRef(**own, site=self.run_label, item=one.pk, film=one, made_at=one.updated_at)
            for one in (one.film for one in new)
        ]
        named = [
            FilmRef(**own, site=self.source, item=ref, film_id=_pk(known))
            for ref, known in dict(refs).items()
        ]
        FilmRef.objects.bulk_create([*marks, *named], ignore_conflicts=True)


def _pk(known: Known) -> int:
    pk = known.film.pk if known.film else known.pk
    assert pk is not None
    return pk


def _words(error: Exception) -> str:
    if not isinstance(error, ValidationError):
        return str(error)
    if not hasattr(error, "error_dict"):
        return " ".join(error.messages)
    return "; ".join(
        f"{changes.label_of(name)}: {' '.join(words)}" for name, words in error.message_dict.items()
    )
