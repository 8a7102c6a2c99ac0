from typing import Any

from django.core.management.base import BaseCommand

from forum.moderation.spam import bayes
from forum.moderation.spam.learning import learn_all


class Command(BaseCommand):
    help = "Forget what the spam score has learned, and learn it anew from every decision."

    def handle(self, *args: Any, **options: Any) -> None:
        spam, ham = learn_all()
        self.stdout.write(f"Learned from {spam:,} comments marked as spam and {ham:,} approved.")
        if not bayes.is_taught((spam, ham)):
            self.stdout.write(f"It says nothing before it has {bayes.LEAST} of each.")
