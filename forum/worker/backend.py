"""EMAIL_BACKEND: whatever calls send() writes letters into the present transaction, no more."""

from collections.abc import Sequence
from email.utils import make_msgid, parseaddr
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.mail.backends.base import BaseEmailBackend
from django.core.mail.message import EmailMessage
from django.core.validators import validate_email
from django.db import transaction
from django.utils.html import strip_tags

from forum.worker.delivery import enqueue
from forum.worker.models import Letter


class EmailBackend(BaseEmailBackend):
    """Stores one Letter for each address, with the task that delivers it.

    Both are rows of our database: they come with the transaction that called, or go with it. No mail
    server is asked, so none can slow a page.
    """

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """Return how many were stored. Raises BadHeaderError, and ValueError for an attachment."""
        with transaction.atomic():
            return sum(_store(message) for message in email_messages)


def promise(kind: str, to: str) -> Letter | None:
    """Queue a letter whose words settings.LETTER_WRITERS makes in the moment it is sent; None if a
    server said for good that there is no such address.
    """
    domain = urlsplit(settings.SITE_URL).hostname
    letter = Letter(kind=kind, to=to[:320], message_id=make_msgid(domain=domain))
    _save(letter)
    return letter if letter.pk else None


def _store(message: EmailMessage) -> int:
    if message.attachments:
        raise ValueError("letters carry no attachments")
    text, html = _bodies(message)
    addresses = dict.fromkeys(
        parseaddr(one)[1] if "<" in one else one for one in message.recipients()
    )
    for address in addresses:
        letter = Letter(
            kind=getattr(message, "kind", ""),
            to=address[:320],
            subject=str(message.subject),
            text=text,
            html=html,
            # Not by the name of this machine: that would be asked of the network.
            message_id=make_msgid(domain=urlsplit(settings.SITE_URL).hostname),
        )
        _save(letter)
    return 1 if addresses else 0


def _bodies(message: EmailMessage) -> tuple[str, str]:
    """Return (plain text, HTML or "")."""
    body = str(message.body)
    if message.content_subtype == "html":
        return strip_tags(body), body
    parts: list[Any] = getattr(message, "alternatives", [])
    return body, next((str(part[0]) for part in parts if part[1] == "text/html"), "")


def _save(letter: Letter) -> None:
    """Queue it; or keep it as not to be sent, for staff to see, where its address is none."""
    try:
        validate_email(letter.to)
    except ValidationError:
        letter.state, letter.error = Letter.State.NO_ADDRESS, "not an address"
        letter.save(force_insert=True)
        return
    if Letter.objects.marks(letter.to):
        return
    letter.message().message()  # raises BadHeaderError now, to whoever wrote it
    letter.save(force_insert=True)
    enqueue(letter)
