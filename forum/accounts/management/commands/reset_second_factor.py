from typing import Any

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from forum.accounts.models import User
from forum.accounts.views import end_sessions
from forum.worker.letters import letter


class Command(BaseCommand):
    help = "Take a member's second factor away: app, passkeys, recovery codes. Ends their sessions."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", help="the member's name")

    def handle(self, *args: Any, name: str, **options: Any) -> None:
        member = User.objects.named_like(name).first()
        if member is None:
            raise CommandError(f"No member is called {name!r}.")
        with transaction.atomic():
            count, _by_model = Authenticator.objects.filter(user=member).delete()
            end_sessions(UserSession.objects.filter(user=member))
            if count and member.email and settings.MAILS:
                letter("account_notice", member.email, {"what": "factor_reset"}).send()
        if not count:
            self.stdout.write(f"{member} has no second factor.")
            return
        self.stdout.write(
            f"{member} signs in with the password alone until a new second factor is set up."
        )
