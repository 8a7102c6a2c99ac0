from typing import Any

from django.core.management.base import BaseCommand

from films import services
from films.models import Film


class Command(BaseCommand):
    help = "Make the HTML of films' descriptions anew where older rules made it; after an upgrade."

    def handle(self, *args: Any, **options: Any) -> None:
        films = list(Film.objects.only("pk").order_by("pk"))
        changed = sum(services.rerender(film=film) for film in films)
        self.stdout.write(f"{changed:,} descriptions made anew.")
