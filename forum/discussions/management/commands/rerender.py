from typing import Any

from django.core.management.base import BaseCommand

from forum import markup
from forum.discussions import upkeep


class Command(BaseCommand):
    help = "Make the HTML of comments anew where older rules made it; run it after an upgrade."

    def handle(self, *args: Any, **options: Any) -> None:
        last, total = 0, 0
        while True:
            last, count = upkeep.render_some(last)
            total += count
            if not last:
                break
            self.stdout.write(f"{total:,} texts", ending="\r")
            self.stdout.flush()
        self.stdout.write(f"{total:,} texts made anew by rules {markup.HTML_VERSION}.")
        left = upkeep.count_older()
        if left:
            self.stdout.write(f"{left:,} were being written just now: run it once more.")
