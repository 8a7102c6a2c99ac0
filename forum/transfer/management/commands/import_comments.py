"""Bring in the comments of another system, with the films that they are about."""

import hashlib
from argparse import ArgumentParser
from collections import Counter
from collections.abc import Iterable
from datetime import tzinfo
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import IntegrityError
from django.utils import timezone

from forum.transfer import wordpress
from forum.transfer.loader import Loader, Unfit
from forum.transfer.records import BadFile, FilmRecord
from forum.transfer.survey import Survey, survey
from forum.transfer.talk import Faulty

PROGRESS = 500  # comments
LISTED = 200  # lines of a list that are printed


class Command(BaseCommand):
    help = (
        "Bring in an export: pages become films (--films create) or find theirs (--films match), "
        "their comments keep place, date and state, their old addresses answer 301. The file is read "
        "twice, and nothing is written before it was read to its end. A second run adds nothing; a "
        "run that was stopped is finished by running it again."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE", help="the export, also as .gz")
        parser.add_argument("--format", choices=["wordpress"], required=True)
        parser.add_argument(
            "--films",
            choices=["match", "create"],
            default="match",
            help="match (default): to films that are here; create: a film of every published post, "
            "and of every published page with comments",
        )
        parser.add_argument("--dry-run", action="store_true", help="say what would be done")

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["file"]
        zone = timezone.get_default_timezone()
        digest, tally, found = self._first_reading(path, zone)
        loader = Loader(
            system=options["format"],
            site=tally.site,
            batch=digest,
            creates=options["films"] == "create",
            found=found,
            dry_run=options["dry_run"],
        )
        try:
            self._second_reading(loader, wordpress.read(path, zone, wordpress.Tally()))
        except (OSError, BadFile) as error:
            raise CommandError(
                f"{path} changed while it was read ({error}). Run it again."
            ) from error
        except IntegrityError as error:
            raise CommandError(
                "Something else wrote the same rows, probably a second import of this file. What was "
                f"complete is kept; run it again. ({error})"
            ) from error
        except (Faulty, Unfit) as error:
            raise CommandError(
                f"Stopped; the pages before this one are kept, it was not: {error}"
            ) from error
        lines = [*describe_file(path, tally, found), *describe_work(loader, found)]
        self.stdout.write("\n".join(lines))

    @staticmethod
    def _first_reading(path: Path, zone: tzinfo) -> tuple[str, wordpress.Tally, Survey]:
        """Return the file's name for ever, what its head says and what it holds."""
        tally = wordpress.Tally()

        def read() -> Iterable[FilmRecord]:
            nonlocal tally
            tally = wordpress.Tally()
            return wordpress.read(path, zone, tally)

        try:
            with path.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()[:40]
            found = survey(read)
        except OSError as error:
            raise CommandError(f"{path} cannot be read: {error.strerror or error}") from error
        except BadFile as error:
            place = f", line {error.line}, column {error.column}" if error.line else ""
            raise CommandError(f"{path}{place}: {error.why}. Nothing was written.") from error
        return digest, tally, found

    def _second_reading(self, loader: Loader, pages: Iterable[FilmRecord]) -> None:
        said = 0
        for report in loader.run(pages):
            done = report.added.total()
            if done - said >= PROGRESS and not loader.dry_run:
                said = done
                self.stdout.write(f"… {done:,} comments")
                self.stdout.flush()


def describe_file(path: Path, tally: wordpress.Tally, found: Survey) -> list[str]:
    """Return what the file holds, in lines for a person."""
    lines = [
        f"{path.name}: a WordPress export of {tally.site} (WXR {tally.version})",
        f"  {_many(tally.items.total(), 'item')}, of which {found.pages} may be films",
        *_counts(tally.left_out_items, "that do not come in:"),
        f"  {_many(found.comments, 'comment')}",
        *_counts(found.states, "as"),
        *_counts(tally.left_out, "besides, left out:"),
        *_counts(tally.unknown_states, "held, as their state is unknown:"),
        *_counts(tally.dates, "without a GMT date, taken instead:"),
    ]
    if found.first and found.last:
        lines.append(f"    written from {found.first:%Y-%m-%d} to {found.last:%Y-%m-%d}")
    depths = ", ".join(f"{depth}: {found.depths[depth]}" for depth in sorted(found.depths))
    if depths:
        lines.append(f"    by depth: {depths}")
    if found.orphans:
        lines.append(f"    {found.orphans} whose parent is not in the file (kept, as beginnings)")
    if found.circles:
        lines.append(f"    {found.circles} circles of parents, each opened at its earliest comment")
    if found.stray_comments:
        lines.append(f"    {found.stray_comments} whose parent stands on another page (kept there)")
    return lines


def describe_work(loader: Loader, found: Survey) -> list[str]:
    """Return what was done, in lines for a person."""
    report = loader.report
    lines = ["Dry run: nothing was written."] if loader.dry_run else []
    would = "would be " if loader.dry_run else ""
    if report.is_nothing_new and not report.unmatched:
        lines.append(
            f"Nothing new: {_many(report.known, 'page')} and {_many(report.present, 'comment')} of "
            "this file are here already."
        )
    else:
        lines += [
            f"Films: {report.created} {would}made, {report.matched} matched, "
            f"{report.known} here from an earlier run",
            f"Comments: {report.added.total()} {would}added, {report.present} here already",
            *_counts(report.added, "as"),
            f"Old addresses: {report.addresses} {would}answered from now on",
        ]
    if report.created and found.drafts:
        lines.append(f"  {found.drafts} behind a password: drafts, seen by staff only")
    if report.kept_back:
        lines.append(f"  {report.kept_back} held, as their page was behind a password")
    lines += _list(
        f"Pages without a film here, their {_many(report.unmatched_comments, 'comment')} left out",
        report.unmatched,
    )
    refused = [f"{address}: {why}" for address, why in report.refused]
    lines += _list("Old addresses that stay without an answer", refused)
    if report.created:
        lines += _list("Films without a year", found.no_year)
    return lines


def _many(count: int, word: str) -> str:
    return f"{count:,} {word}{'' if count == 1 else 's'}"


def _counts(counted: Counter[str], words: str) -> list[str]:
    parts = [f"{count:,} {name}" for name, count in sorted(counted.items()) if count]
    return [f"    {words} {', '.join(parts)}"] if parts else []


def _list(title: str, lines: list[str]) -> list[str]:
    if not lines:
        return []
    rest = [f"  … and {len(lines) - LISTED} more"] if len(lines) > LISTED else []
    return [f"{title} ({len(lines)}):", *(f"  {line}" for line in lines[:LISTED]), *rest]
