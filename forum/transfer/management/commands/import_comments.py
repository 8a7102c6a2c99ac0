"""Bring in the comments of another system, with the films that they are about."""

from argparse import ArgumentParser
from collections import Counter
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from forum.transfer import disqus, running
from forum.transfer.running import FORMATS, Outcome, Plan, Stopped, Tally
from forum.transfer.survey import Survey

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
        parser.add_argument("--format", choices=sorted(FORMATS), required=True)
        parser.add_argument(
            "--films",
            choices=["match", "create"],
            default="match",
            help="match (default): to films that are here; create: a film of every published post, "
            "and of every published page with comments",
        )
        parser.add_argument("--dry-run", action="store_true", help="say what would be done")

    def handle(self, *args: Any, **options: Any) -> None:
        path, self.said = options["file"], 0
        dry_run = options["dry_run"]
        plan = Plan(path, options["format"], options["films"] == "create", dry_run)
        try:
            outcome = running.run(plan, (lambda *_: None) if dry_run else self.tell)
        except Stopped as error:
            raise CommandError(str(error)) from error
        lines = describe_file(path, outcome.tally, outcome.found)
        self.stdout.write("\n".join([*lines, *describe_work(outcome, dry_run)]))

    def tell(self, phase: str, _done: int, _total: int, added: int) -> None:
        if phase == running.WRITING and added - self.said >= PROGRESS:
            self.said = added
            self.stdout.write(f"… {added:,} comments")
            self.stdout.flush()


def describe_file(path: Path, tally: Tally, found: Survey) -> list[str]:
    """Return what the file holds, in lines for a person."""
    if isinstance(tally, disqus.Tally):
        holds = f"{_many(tally.threads, 'thread')} and {_many(tally.posts, 'post')}"
        left_out, merged = tally.left_out_threads, tally.merged
    else:
        holds, left_out, merged = _many(tally.items.total(), "item"), tally.left_out_items, 0
    lines = [
        f"{path.name}: {tally.name}",
        f"  {holds}, of which {found.pages} may be films",
        *([f"    {_many(merged, 'thread')} of a page that others are too"] if merged else []),
        *_counts(left_out, "that do not come in:"),
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
    if isinstance(tally, disqus.Tally):
        lines += _list("Posts of threads that are not in the file, left out", tally.lost)
    return lines


def describe_work(outcome: Outcome, dry_run: bool) -> list[str]:
    """Return what was done, in lines for a person."""
    report, found = outcome.report, outcome.found
    lines = ["Dry run: nothing was written."] if dry_run else []
    would = "would be " if dry_run else ""
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
    if report.doubles:
        lines.append(
            f"  {report.doubles} here from another system's file, {report.rehung} of them hung "
            "where this file has them"
        )
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
