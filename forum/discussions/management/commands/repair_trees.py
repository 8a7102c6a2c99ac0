from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from forum.discussions import tree


class Command(BaseCommand):
    help = "Mend trees and stored counts: by default all that check_trees finds wrong."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--thread", type=int, nargs="+", metavar="N", help="these threads alone, by their ids"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        chosen: list[int] | None = options["thread"]
        faults = tree.check(chosen)
        threads = chosen or {fault.thread_id for fault in faults if fault.thread_id}
        done = tree.repair(threads)
        topics = {fault.topic_id for fault in faults if fault.topic_id}
        tree.repair_topics(topics)
        self.stdout.write(
            f"{len(faults):,} faults found; {len(threads):,} threads and {len(topics):,} topics"
            f" looked through, {done.written:,} comments put in their place."
        )
        for lost in done.left:
            self.stdout.write(f"not to be mended: {lost}")
        left = tree.check(chosen)
        for fault in left:
            self.stdout.write(f"still there: {fault}")
        if left:
            raise CommandError(
                f"{len(left):,} faults are left: their parents are not to be trusted."
            )
