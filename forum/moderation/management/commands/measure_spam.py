from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from forum.moderation.spam import trial

FAULTS_TOLD = 50


class Command(BaseCommand):
    help = (
        "Try the spam score on FILE, a CSV with the columns text, label (1 or spam, 0 or ham) and time: "
        "the first half by time is learned, the second judged. Nothing of it is kept."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE")
        parser.add_argument(
            "--dates", choices=["dmy", "mdy"], default="", help="how to read dates like 03/04/2021"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            rows, faults = trial.read(options["file"], options["dates"])
            for fault in faults[:FAULTS_TOLD]:
                self.stderr.write(str(fault))
            if len(faults) > FAULTS_TOLD:
                self.stderr.write(f"… and {len(faults) - FAULTS_TOLD:,} more")
            outcome = trial.run(rows)
        except trial.Unreadable as error:
            raise CommandError(str(error)) from error
        self.stdout.write("\n".join(told(outcome, len(rows), len(faults))))


def told(outcome: trial.Outcome, rows: int, faults: int) -> list[str]:
    """Return what came of it, in lines."""
    return [
        f"rows: {rows:,} read, {faults:,} left out",
        f"learned: {outcome.learned_spam:,} spam, {outcome.learned_ham:,} ham (first half by time)",
        f"judged: {outcome.caught + outcome.missed:,} spam, {outcome.held + outcome.passed:,} ham",
        f"held from a score of {outcome.line} of 1000",
        f"precision: {_share(outcome.precision)}",
        f"recall: {_share(outcome.recall)} ({outcome.caught:,} caught, {outcome.missed:,} missed)",
        f"ham held: {_share(outcome.ham_held)} ({outcome.held:,} of {outcome.held + outcome.passed:,})",
    ]


def _share(share: float | None) -> str:
    return "–" if share is None else f"{100 * share:.1f} %"
