"""Letters as the site writes them: plain text and HTML in its look; and how they are forgotten."""

import re
from typing import Any, NamedTuple

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template import Context
from django.template.loader import get_template, render_to_string

from forum.worker.models import Letter


class Words(NamedTuple):
    """What a letter says, and the headers that it has beside the usual ones."""

    subject: str
    text: str
    html: str
    headers: dict[str, str]


def words_of(kind: str, context: dict[str, Any], headers: dict[str, str]) -> Words:
    """Return the words of templates/mail/<kind>.txt and .html, as `letter` takes them."""
    made = letter(kind, "", context)
    return Words(str(made.subject), str(made.body), str(made.alternatives[0][0]), headers)


def letter(kind: str, to: str, context: dict[str, Any]) -> EmailMultiAlternatives:
    """Return the letter of templates/mail/<kind>.txt and .html; its `send()` queues it.

    The first line of the .txt is the subject. Both templates get site_name and site_url too. The
    language is the active one; who writes to somebody else than the reader of the page sets it.
    """
    context = {"site_name": settings.SITE_NAME, "site_url": settings.SITE_URL, **context}
    subject, _line, text = _plain(f"mail/{kind}.txt", context).strip().partition("\n")
    text = re.sub(r"\n{3,}", "\n\n", text)
    message = EmailMultiAlternatives(" ".join(subject.split()), f"{text.strip()}\n", to=[to])
    message.attach_alternative(render_to_string(f"mail/{kind}.html", context), "text/html")
    message.kind = kind  # type: ignore[attr-defined]
    return message


def _plain(name: str, context: dict[str, Any]) -> str:
    """Render a template as plain text: nothing in it is HTML, so nothing is escaped."""
    template = get_template(name).template  # type: ignore[attr-defined]
    return str(template.render(Context(context, autoescape=False)))


def forget(address: str) -> int:
    """Delete every letter to this address, sent or waiting; return how many there were.

    One that is on its way just now is gone from here when it arrives.
    """
    count, _by_model = Letter.objects.to_address(address).delete()
    return count
