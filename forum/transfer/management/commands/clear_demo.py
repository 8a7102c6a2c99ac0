"""Take the demo out."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import IntegrityError

from forum.asking import answer
from forum.transfer import demo_clearing, demo_loading


class Command(BaseCommand):
    help = (
        "Take out what load_demo made, and only that. What visitors wrote stays: a film or topic "
        "with a visitor's comment is kept, and comments of the demo that one answers are blanked."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--yes", action="store_true", help="do not ask")

    def handle(self, *args: Any, **options: Any) -> None:
        if not demo_loading.is_here():
            self.stdout.write("There is no demo here.")
            return
        self._describe(demo_clearing.plan())
        if not options["yes"] and answer("Take this out? [y/N] ").lower() not in ("y", "yes"):
            raise CommandError("Nothing was taken out; --yes takes it out without asking.")
        try:
            demo_clearing.clear()
        except IntegrityError as error:
            raise CommandError(
                "Somebody wrote below the demo in this very moment. Nothing was taken out; run it again."
            ) from error
        self.stdout.write("The demo is gone.")

    def _describe(self, planned: demo_clearing.Plan) -> None:
        parts = [f"{count:,} {kind}" for kind, count in planned.gone.items()]
        self.stdout.write(f"To be taken out: {', '.join(parts)}.")
        kept = [*planned.films_kept, *planned.topics_kept]
        if kept:
            self.stdout.write(
                f"Visitors wrote under {len(kept)}; these stay, with {planned.erased} comments of the "
                "demo blanked above what they wrote:"
            )
            for title in kept:
                self.stdout.write(f"  {title}")
