"""One run over one file, from its first byte to the report; the command and the worker call it."""

import gc
import hashlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from django.db import IntegrityError
from django.utils import timezone

from forum.transfer import disqus, wordpress
from forum.transfer.loader import Loader, Report, Unfit
from forum.transfer.records import BadFile
from forum.transfer.shelf import Shelf
from forum.transfer.survey import Survey, survey
from forum.transfer.talk import Faulty

Tally = wordpress.Tally | disqus.Tally
FORMATS: dict[str, type[wordpress.Export] | type[disqus.Export]] = {
    one.system: one for one in (wordpress.Export, disqus.Export)
}
READING, WRITING = "reading", "writing"  # what is counted: bytes of the file, comments
# (reading or writing, how many, of how many, how many of these were added)
Progress = Callable[[str, int, int, int], None]


class Stopped(Exception):
    """A run ended before its time, and why, in words for a person."""


@dataclass
class Plan:
    """What is to be done with a file. batch: what its rows are marked with; empty: by its contents."""

    path: Path
    system: str
    creates: bool = False
    dry_run: bool = False
    batch: str = ""
    choices: Mapping[str, int | str] = field(default_factory=dict)


@dataclass
class Outcome:
    """What a file holds, and what was done or would be."""

    tally: Tally
    found: Survey
    report: Report


def run(plan: Plan, progress: Progress = lambda *_: None) -> Outcome:
    """Carry out the plan. Nothing is written before the file was read to its end. Raises Stopped."""
    with patient_collector():
        return _run(plan, progress)


@contextmanager
def patient_collector() -> Iterator[None]:
    """Let Python look for circles of garbage less often: an import makes millions of records and no
    circles, and the looking took a fifth of its time.
    """
    before = gc.get_threshold()
    gc.set_threshold(50_000, 20, 50)
    try:
        yield
    finally:
        gc.set_threshold(*before)


def _run(plan: Plan, progress: Progress) -> Outcome:
    size = plan.path.stat().st_size if plan.path.is_file() else 0
    export = FORMATS[plan.system](
        plan.path, timezone.get_default_timezone(), lambda at: progress(READING, at, size, 0)
    )
    shelf = Shelf(export.pages)
    try:
        found, batch = _first_reading(plan, shelf)
        tally = export.tally
        loader = Loader(
            system=plan.system,
            site=tally.site,
            batch=batch,
            creates=plan.creates,
            found=found,
            dry_run=plan.dry_run,
            choices=plan.choices,
        )
        _write(shelf, loader, progress)
        return Outcome(tally, found, loader.report)
    finally:
        shelf.close()
        export.close()


def _first_reading(plan: Plan, shelf: Shelf) -> tuple[Survey, str]:
    try:
        found = survey(shelf.pages)
        if plan.batch:
            return found, plan.batch
        with plan.path.open("rb") as file:
            return found, hashlib.file_digest(file, "sha256").hexdigest()[:40]
    except OSError as error:
        raise Stopped(f"{plan.path} cannot be read: {error.strerror or error}") from error
    except BadFile as error:
        place = f", line {error.line}, column {error.column}" if error.line else ""
        name = plan.path if not plan.batch else "The file"
        raise Stopped(f"{name}{place}: {error.why}. Nothing was written.") from error


def _write(shelf: Shelf, loader: Loader, progress: Progress) -> None:
    total = loader.found.comments
    try:
        for report in loader.run(shelf.pages()):
            added = report.added.total()
            done = added + report.present + report.doubles + report.unmatched_comments
            progress(WRITING, done, total, added)
    except IntegrityError as error:
        raise Stopped(
            "Something else wrote the same rows, probably a second import of this file. What was "
            f"complete is kept; run it again. ({error})"
        ) from error
    except (Faulty, Unfit) as error:
        raise Stopped(
            f"Stopped; the pages before this one are kept, it was not: {error}"
        ) from error
