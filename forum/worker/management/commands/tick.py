from typing import Any

from django.core.management.base import BaseCommand, CommandError

from forum.worker.upkeep import tick


class Command(BaseCommand):
    help = "Do what is due, as settings.TICKS lists it. A worker does so every hour by itself."

    def handle(self, *args: Any, **options: Any) -> None:
        failed = 0
        for words, is_done in tick():
            self.stdout.write(words)
            failed += not is_done
        if failed:
            raise CommandError(f"{failed} of these failed; the log says why.")
