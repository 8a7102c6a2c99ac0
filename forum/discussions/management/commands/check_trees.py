from typing import Any

from django.core.management.base import BaseCommand, CommandError

from forum.discussions import tree
from forum.discussions.models import Comment


class Command(BaseCommand):
    help = "Check every tree and every stored count; name each fault and exit 1 if there is any."

    def handle(self, *args: Any, **options: Any) -> None:
        faults = tree.check()
        for fault in faults:
            self.stdout.write(str(fault))
        count = f"{Comment.objects.count():,} comments"
        if faults:
            raise CommandError(f"{count}, {len(faults):,} faults. `manage.py repair_trees` mends.")
        self.stdout.write(f"{count}, no fault.")
