"""Purge a comment with everything below it: hidden at once, deleted after 30 days; or now."""

from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from forum.asking import answer
from forum.discussions import services
from forum.discussions.models import Comment, Reason


class Command(BaseCommand):
    help = (
        "Purge a comment and everything below it. It is hidden from everybody at once and deleted after"
        " 30 days. With --now, for unlawful material, it is deleted at once; that is final."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("comment", type=int, help="the number in the address of its page")
        parser.add_argument("--now", action="store_true", help="delete at once; this is final")
        parser.add_argument("--yes", action="store_true", help="do not ask before a final step")
        parser.add_argument("--reason", choices=Reason.values, default=Reason.ILLEGAL.value)

    def handle(self, *args: Any, **options: Any) -> None:
        act = {"comment_id": options["comment"], "by": None, "reason": options["reason"]}
        try:
            if not options["now"]:
                count = services.hide_branch(**act)
                self.stdout.write(
                    f"{count:,} hidden from everybody; deleted in 30 days by the tick."
                )
                return
            if not options["yes"] and answer("This is final. Type DELETE: ") != "DELETE":
                raise CommandError("Nothing was deleted; --yes deletes without asking.")
            self.stdout.write(f"{services.purge_branch(**act):,} deleted for good. This is final.")
        except Comment.DoesNotExist:
            raise CommandError("There is no such comment.") from None
        except ValidationError as refusal:
            raise CommandError(" ".join(refusal.messages)) from None
