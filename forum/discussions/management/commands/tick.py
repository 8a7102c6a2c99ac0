from typing import Any

from django.core.management.base import BaseCommand

from forum.discussions import upkeep


class Command(BaseCommand):
    help = "Do what is due: forget old network keys and sessions that have ended. Run it hourly."

    def handle(self, *args: Any, **options: Any) -> None:
        keys, sessions = upkeep.forget_network_keys(), upkeep.forget_sessions()
        days = upkeep.NETWORK_KEY_DAYS
        self.stdout.write(f"network keys older than {days} days: {keys:,} emptied")
        self.stdout.write(f"sessions that have ended: {sessions:,} deleted")
