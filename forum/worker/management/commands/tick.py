from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.utils.module_loading import import_string


class Command(BaseCommand):
    help = "Do what is due, as settings.TICKS lists it: forget, purge, send again. Run it hourly."

    def handle(self, *args: Any, **options: Any) -> None:
        for path in settings.TICKS:
            self.stdout.write(import_string(path)())
