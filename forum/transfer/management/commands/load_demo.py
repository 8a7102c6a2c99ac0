"""Fill the site with the demo."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from forum.transfer import demo_loading


class Command(BaseCommand):
    help = (
        "Load the demo: real films, invented talk, a moderator. clear_demo takes out exactly that."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        if demo_loading.is_here():
            raise CommandError("The demo is here already. clear_demo takes it out.")
        made = demo_loading.load()
        self.stdout.write(
            f"The demo: {made.films} films, {made.topics} topics in the Lobby, "
            f"{made.comments} comments, all of them invented"
        )
        for title in made.left_out:
            self.stdout.write(f"  left out, as a film here has its address: {title}")
        if made.password:
            self.stdout.write(
                f"Moderator of the demo: {made.moderator}, password {made.password} "
                "(shown only now; sign in at /login/, moderate at /admin/)"
            )
