"""Bring a list of films into the catalogue."""

from argparse import ArgumentParser, BooleanOptionalAction
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from films.models import Film
from forum.transfer import rolling_back
from forum.transfer.lists import columns
from forum.transfer.lists.file import FORMATS, FilmFile, Unclear
from forum.transfer.lists.licences import Origin, origin_of
from forum.transfer.lists.loading import Loader, Report
from forum.transfer.lists.matching import SYSTEM
from forum.transfer.lists.values import names_of
from forum.transfer.models import FilmRef
from forum.transfer.records import BadFile
from forum.transfer.running import Stopped

PROGRESS = 5_000  # rows
SHOWN = 60  # characters of a cell
RUNS_SHOWN, STAYING_SHOWN = 20, 20


class Command(BaseCommand):
    help = (
        "Bring in a list of films: CSV, JSON or IMDb's title.basics (TSV), also as .gz. The file is read "
        "to its end before anything is written. A film that is here, by external id, then by title and "
        "year, stays as it is. Rows that cannot be films are named by line and left out. A second run "
        "adds nothing; a run that was stopped is finished by running it again. Each run has a name, by "
        "which it can be taken back."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE", nargs="?")
        parser.add_argument("--format", choices=FORMATS, default="", help="if it is not recognised")
        parser.add_argument("--encoding", default="", help="utf-8 (default), cp1252, …")
        parser.add_argument(
            "--header",
            action=BooleanOptionalAction,
            default=None,
            help="the first line of a table names its columns; --no-header: it is a film",
        )
        parser.add_argument(
            "--map",
            action="append",
            default=[],
            metavar="FIELD=COLUMN",
            help="take a field from a column, named or numbered; several with commas, or again. "
            f"Fields: {', '.join(columns.FIELDS)}; “FIELD=” takes it from none",
        )
        parser.add_argument(
            "--only",
            action="append",
            default=[],
            metavar="COLUMN=VALUE",
            help="only rows that have the value, or one of several with commas: genres=Documentary",
        )
        parser.add_argument(
            "--source", default="", help="a name for whose ids the list's own are; else recognised"
        )
        parser.add_argument("--draft", action="store_true", help="as drafts, seen by staff only")
        parser.add_argument("--dry-run", action="store_true", help="say what would be done")
        parser.add_argument(
            "--undo", metavar="RUN", help="say what taking back a run would do; with --yes, do it"
        )
        parser.add_argument("--yes", action="store_true", help="with --undo: do it")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["undo"]:
            self.take_back(options["undo"], is_sure=options["yes"] and not options["dry_run"])
            return
        path = options["file"]
        if path is None:
            raise CommandError("Which file? Say import_films FILE, or import_films --undo RUN.")
        file = FilmFile(path, options["format"], options["encoding"], options["header"])
        with spoken(path):
            pairs = columns.asked(options["map"])
            file.look([word for pair in pairs.items() for word in pair])
            found = columns.mapped(file.names, pairs)
            only = wanted(options["only"], file.names)
            origin = origin_of(file.names, options["source"] or path.name.split(".")[0][:100])
            self.say(describe_file(file, found, origin))
            refuse_without_title(found)
            total = sum(1 for _row in file.rows())
            report = self.load(file, dict(found.taken), only, origin, total, options)
        self.say(describe_work(report, options["dry_run"]))

    def load(
        self,
        file: FilmFile,
        taken: dict[str, str],
        only: dict[str, set[str]],
        origin: Origin,
        total: int,
        options: dict[str, Any],
    ) -> Report:
        run = new_run()
        if not options["dry_run"]:
            self.say([f"  This run is {run}; to take it back: import_films --undo {run}"])
        loader = Loader(
            run_label=run,
            source=(options["source"] or origin.key)[:200],
            taken=taken,
            state=Film.State.DRAFT if options["draft"] else Film.State.PUBLISHED,
            only=only,
            dry_run=options["dry_run"],
            say=lambda line, words: self.stdout.write(f"  line {line}: {words}"),
        )
        said = 0
        for report in loader.run(file):
            if report.rows - said >= PROGRESS and report.rows < total:
                said = report.rows
                self.say([f"… {said:,} of {total:,} rows, {many(report.made, 'film')}"])
        return loader.report

    def take_back(self, run: str, *, is_sure: bool) -> None:
        """Say what goes and what stays, and take it back if that is sure. Raises CommandError."""
        runs = runs_here()
        if run not in runs:
            known = "\n".join(f"  {one}" for one in runs[-RUNS_SHOWN:]) or "  none"
            raise CommandError(f"No run is called {run}. Here are:\n{known}")
        if not is_sure:
            self.say(describe_undone(rolling_back.plan(run), "would go"))
            self.say(["People whom no film holds then go too; categories stay."])
            self.say(["Nothing was taken back. To do it, add --yes."])
            return
        said = 0

        def progress(done: int, total: int) -> None:
            nonlocal said
            if done - said >= PROGRESS:
                said = done
                self.say([f"… {done:,} of {many(total, 'film')} looked at"])

        self.say(
            describe_undone(rolling_back.roll_back(run, by_id=None, progress=progress), "went")
        )

    def say(self, lines: list[str]) -> None:
        self.stdout.write("\n".join(lines))
        self.stdout.flush()


@contextmanager
def spoken(path: Path) -> Iterator[None]:
    """Say in words what stops a run."""
    try:
        yield
    except OSError as error:
        raise CommandError(f"{path} cannot be read: {error.strerror or error}") from error
    except LookupError as error:
        raise CommandError(str(error)) from error
    except UnicodeError as error:
        raise CommandError(f"{path} is not written so: {error} (--encoding)") from error
    except BadFile as error:
        place = f", line {error.line}" if error.line else ""
        place += f", column {error.column}" if error.column else ""
        raise CommandError(f"{path}{place}: {error.why}. Nothing was written.") from error
    except ValidationError as error:
        raise CommandError(" ".join(error.messages)) from error
    except Unclear as error:
        raise CommandError(question(path, error)) from error
    except Stopped as error:
        raise CommandError(str(error)) from error


def question(path: Path, unclear: Unclear) -> str:
    """Return what is asked about a file whose first line may be a film."""
    cells = [f"  {number}: {cell[:SHOWN]}" for number, cell in enumerate(unclear.first, 1)]
    answer = (
        "It looks like IMDb's title.basics without the line that names its columns. If so: --no-header"
        if unclear.is_imdb
        else "If it is a film: --no-header --map title=1,year=2 (the numbers of your columns)"
    )
    return "\n".join(
        [
            f"{path}: is the first line a film, or does it name the columns? It has:",
            *cells,
            f"{answer}.",
            "If it names the columns: --header --map title=…, and further ones.",
            "Nothing was written.",
        ]
    )


def wanted(words: list[str], names: list[str]) -> dict[str, set[str]]:
    """Return {column: values} of "--only" words. Raises ValidationError."""
    found: dict[str, set[str]] = {}
    for word in words:
        name, sign, values = word.partition("=")
        column = next((one for one in names if columns.plain(one) == columns.plain(name)), None)
        if not sign or column is None:
            raise ValidationError(f"--only {word}: the file has: {', '.join(names)}", code="only")
        found[column] = found.get(column, set()) | {one.casefold() for one in names_of(values)}
    return found


def refuse_without_title(found: columns.Columns) -> None:
    if "title" not in found.taken:
        raise ValidationError(
            "Which column is the title? Say --map title=COLUMN. Nothing was written.", code="title"
        )


def describe_file(file: FilmFile, found: columns.Columns, origin: Origin) -> list[str]:
    taken = ", ".join(f"{name} from “{column}”" for name, column in found.taken.items())
    return [
        f"{file.path.name}: {file.format}, {origin.name}",
        f"  Terms: {origin.note}",
        f"  Taken: {taken or 'nothing'}",
        *([f"  Not taken: {', '.join(found.rest)}"] if found.rest else []),
    ]


def new_run() -> str:
    """Return a name for a run that none has."""
    name = f"films-{timezone.now():%Y%m%d-%H%M%S}"
    names = (f"{name}-{number}" if number > 1 else name for number in count(1))
    marks = FilmRef.objects.filter(system=SYSTEM, batch__startswith=name)
    taken = set(marks.values_list("batch", flat=True).order_by().distinct())
    return next(one for one in names if one not in taken)


def runs_here() -> list[str]:
    """Return the names of the runs that made or named films which are here, the oldest first."""
    marks = FilmRef.objects.filter(system=SYSTEM).exclude(batch="")
    return sorted(marks.order_by().values_list("batch", flat=True).distinct())


def many(count: int, noun: str) -> str:
    """Return "1 film", "2 films"."""
    return f"{count:,} {noun}" + ("" if count == 1 else "s")


def describe_undone(undone: rolling_back.Undone, verb: str) -> list[str]:
    lines = [f"{many(undone.films, 'film')} {verb}"]
    if undone.people:
        people = "1 person" if undone.people == 1 else f"{undone.people:,} people"
        lines.append(f"  and {people} whom no film holds any more")
    if undone.films_staying:
        stay, it = ("stays", "it") if len(undone.films_staying) == 1 else ("stay", "them")
        lines.append(
            f"{len(undone.films_staying):,} {stay}, as somebody touched {it} or wrote there:"
        )
        lines += [f"  {one}" for one in undone.films_staying[:STAYING_SHOWN]]
        more = len(undone.films_staying) - STAYING_SHOWN
        lines += [f"  and {more:,} more"] if more > 0 else []
    return lines


def describe_work(report: Report, dry_run: bool) -> list[str]:
    """Return what was done, in lines for a person."""
    would = "would be " if dry_run else ""
    lines = ["Dry run: nothing was written."] if dry_run else []
    lines.append(f"{many(report.rows, 'row')} read")
    lines.append(f"  {many(report.made, 'film')} {would}made, {report.present:,} here already")
    if report.twice:
        lines.append(f"  {many(report.twice, 'row')} of films that stand in the file before")
    if report.completed:
        lines.append(f"  {many(report.completed, 'film')} here {would}given an external id")
    lines += [f"  {many(n, 'row')} left out: {what}" for what, n in sorted(report.left_out.items())]
    if report.failed:
        lines.append(f"  {many(report.failed, 'row')} failed, named above by line")
    if report.no_year:
        lines.append(f"  {report.no_year:,} of the films have no year")
    if report.new_categories:
        names = ", ".join(report.new_categories[:40])
        more = len(report.new_categories) - 40
        lines.append(f"  New categories: {names}" + (f" and {more} more" if more > 0 else ""))
    return lines
