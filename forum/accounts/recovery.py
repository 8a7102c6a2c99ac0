"""A pen comes back to a guest who lost its cookie, by a letter to the address that they confirmed.

Who asks learns nothing: the answer is made before anybody has looked whether there is such a pen. The
link is signed, works once and for two hours, and a GET of it changes nothing.
"""

import hashlib
import hmac
import secrets
from collections.abc import Sequence
from datetime import timedelta

from django.conf import settings
from django.core import signing
from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Lower
from django.urls import reverse
from django.utils import translation
from django_tasks import task

from forum.accounts.addresses import key_of
from forum.accounts.limits import count, hit
from forum.accounts.models import Pen
from forum.accounts.readers import hash_secret
from forum.worker.letters import letter

# Longer than the hour in which an address gets three letters: who keeps others from asking leaves them
# three links that work.
LINK_HOURS = 2
MOST_PENS = 20
_BACK = "foyer.pen.back"


def pens_of(address: str) -> QuerySet[Pen]:
    """Return the pens whose confirmed address this is, letter case aside, the newest first."""
    confirmed = Pen.objects.filter(email_confirmed_at__isnull=False)
    return confirmed.alias(low=Lower("email")).filter(low=address.lower()).order_by("-pk")


def ask(address: str, *, network: str) -> None:
    """Have a link sent to this address if pens have it. Raises ValidationError "too-often" (the network).

    An address that was asked for too often is not written to, and nobody is told.
    """
    count(hit("back:network", network))
    if not hit("back:address", key_of(address)):
        send_link.enqueue(address)


@task(queue_name="mail")
def send_link(address: str) -> str:
    pens = list(pens_of(address)[:MOST_PENS])
    if not pens:
        return "no such pen"
    context = {"hours": LINK_HOURS, "back_url": settings.SITE_URL + back_path(pens)}
    with translation.override(settings.LANGUAGE_CODE):
        letter("pen_back", pens[0].email, context).send()
    return "sent"


def back_path(pens: Sequence[Pen]) -> str:
    """Return the path of the page that gives one of these pens back."""
    ids = sorted(pen.pk for pen in pens)
    return reverse("pen_back", args=[signing.dumps([ids, _state_of(pens)], salt=_BACK)])


def _state_of(pens: Sequence[Pen]) -> str:
    """Return what changes when one of the pens is given back, forgotten, or loses its address."""
    key = hashlib.sha256(b"back" + settings.SECRET_KEY.encode()).digest()
    parts = sorted(
        (pen.pk, pen.secret_hash, pen.email, bool(pen.email_confirmed_at)) for pen in pens
    )
    return hmac.new(key, repr(parts).encode(), hashlib.sha256).hexdigest()[:32]


def read_back(token: str, *, lock: bool = False) -> list[Pen]:
    """Return the pens of a link, the newest first; none if it is too old, used, or none of ours."""
    try:
        ids, state = signing.loads(token, salt=_BACK, max_age=timedelta(hours=LINK_HOURS))
    except (signing.BadSignature, ValueError, TypeError):
        return []
    rows = Pen.objects.filter(pk__in=ids).order_by("pk")
    pens = list(rows.select_for_update() if lock else rows)
    is_same = len(pens) == len(ids) and hmac.compare_digest(_state_of(pens), state)
    return pens[::-1] if is_same else []


def give_back(token: str, public_id: str) -> tuple[Pen, str] | None:
    """Give the pen of a link a new secret and return both; None if the link does not work (any more).

    The old secret ends, wherever it is; so do all links to the pens of this one.
    """
    with transaction.atomic():
        chosen = [pen for pen in read_back(token, lock=True) if pen.public_id == public_id]
        if not chosen:
            return None
        secret = secrets.token_urlsafe(32)
        Pen.objects.filter(pk=chosen[0].pk).update(secret_hash=hash_secret(secret))
    return chosen[0], secret
