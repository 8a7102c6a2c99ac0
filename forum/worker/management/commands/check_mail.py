from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.mail import get_connection
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.core.validators import validate_email

from forum.worker.desk import Desk
from forum.worker.faults import explain
from forum.worker.letters import letter


class Command(BaseCommand):
    help = "Send a test letter to ADDRESS at once, without the queue, and say what happened."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("address", metavar="ADDRESS")

    def handle(self, *args: Any, address: str, **options: Any) -> None:
        if not settings.MAILS:
            raise CommandError(
                "EMAIL_URL is not set, so the site sends no mail. Set it, for example\n"
                "EMAIL_URL=smtp+tls://name:password@mail.example.org"
            )
        try:
            validate_email(address)
        except ValidationError:
            raise CommandError(f"{address!r} is not an address.") from None
        self.stdout.write(self._way())
        self._send(address)
        self.stdout.write(f"The server took the letter. Look whether it reached {address}.")
        self._tell_queue()

    def _way(self) -> str:
        if "smtp" not in settings.MAIL_CARRIER:
            return f"By {settings.MAIL_CARRIER}, from {settings.DEFAULT_FROM_EMAIL}"
        how = "in the clear"
        if settings.EMAIL_USE_TLS or settings.EMAIL_USE_SSL:
            how = "by STARTTLS" if settings.EMAIL_USE_TLS else "by TLS"
        where = f"{settings.EMAIL_HOST}:{settings.EMAIL_PORT}"
        return f"By {where}, {how}, from {settings.DEFAULT_FROM_EMAIL}"

    def _send(self, address: str) -> None:
        message = letter("check", address, {})
        message.connection = get_connection(settings.MAIL_CARRIER)
        try:
            message.send()
        except Exception as error:
            fault = explain(error)
            lines = ["Not sent.", f"What was said: {fault.words}"]
            raise CommandError(
                "\n".join([*lines, fault.advice or "Nothing more is known."])
            ) from error

    def _tell_queue(self) -> None:
        desk = Desk.now()
        if not desk.is_alive:
            self.stdout.write("But no worker is at work: start ./run, or ./run manage worker.")
        if waiting := desk.letters_waiting:
            self.stdout.write(f"Letters that wait: {waiting:,}")
