"""Letters as the site writes them: plain text and HTML in its look."""

from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string


def letter(kind: str, to: str, context: dict[str, Any]) -> EmailMultiAlternatives:
    """Return the letter of templates/mail/<kind>.txt and .html; its `send()` queues it.

    The first line of the .txt is the subject. Both templates get site_name and site_url too.
    """
    context = {"site_name": settings.SITE_NAME, "site_url": settings.SITE_URL, **context}
    subject, _line, text = render_to_string(f"mail/{kind}.txt", context).strip().partition("\n")
    message = EmailMultiAlternatives(" ".join(subject.split()), f"{text.strip()}\n", to=[to])
    message.attach_alternative(render_to_string(f"mail/{kind}.html", context), "text/html")
    return message


def forget(address: str) -> int:
    """Delete every letter to this address, sent or waiting; return how many there were."""
    return 0  # letters are not stored yet
