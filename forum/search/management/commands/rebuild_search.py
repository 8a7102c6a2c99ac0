import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from forum.index import tables


class Command(BaseCommand):
    help = "Fill the indexes of search anew from what is stored; with --check only look at them."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--check", action="store_true", help="say what is wrong, change nothing"
        )

    def handle(self, *args: Any, check: bool, **options: Any) -> None:
        if check:
            return self.check_all()
        for kind in tables.KINDS:

            def tell(rows: int, name: str = kind.name) -> None:
                if sys.stdout.isatty():
                    self.stdout.write(f"{name}: {rows:,} rows", ending="\r")
                    self.stdout.flush()

            self.stdout.write(f"{kind.name}: {tables.rebuild(kind, tell):,} rows are found again.")
        return None

    def check_all(self) -> None:
        """Say each fault, and end with a status that tells of them."""
        found = [fault for kind in tables.KINDS for fault in tables.faults(kind)]
        for fault in found:
            self.stdout.write(fault)
        if found:
            raise CommandError(
                "The index is not true; rebuild_search mends rows, migrate triggers."
            )
        self.stdout.write("The index is true to what is stored.")
