import os
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from forum.worker.work import Worker


class Command(BaseCommand):
    help = "Do the tasks of the queue: letters, imports, the hourly tick. Run as many as you like."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--beside",
            action="store_true",
            help="end when the process that started this one is gone, as ./run does",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        worker = Worker(parent=os.getppid() if options["beside"] else 0)
        worker.listen()
        self.stdout.write(f"Worker {worker.name} is at work. Ctrl-C stops it.")
        worker.run()
        self.stdout.write("Stopped.")
