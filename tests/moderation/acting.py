"""Acting on people as staff do, by the pages of the admin: what several files of tests need."""

import re

import pytest
from django.core.exceptions import ValidationError
from django.test import Client

from forum.accounts.models import User
from forum.accounts.readers import Reader
from forum.discussions.models import Decision

PEOPLE, GUESTS = "/admin/moderation/person/", "/admin/moderation/guest/"
BLOCKS = "/admin/accounts/block/"
DATA = {
    "note": {"words": "Seen before under another name."},
    "warn": {"reason": "unkind", "words": "Speak of the film."},
    "hold": {"reason": "advert"},
    "free": {},
    "suspend": {"reason": "unkind", "hours": "24"},
    "ban": {"reason": "hate"},
    "open": {},
    "remove-all": {"reason": "advert", "words": "All of it sells something."},
}


def browser_of(pen="secret of Nils"):
    client = Client()
    client.cookies["pen"] = pen
    return client


def both(sunniva, nils):
    return [
        (Reader(user=sunniva), f"{PEOPLE}{sunniva.pk}/"),
        (Reader(pen=nils), f"{GUESTS}{nils.pk}/"),
    ]


def now(row):
    return type(row).objects.get(pk=row.pk)


def page(who, name):
    where = PEOPLE if isinstance(who, User) else GUESTS
    return f"{where}{who.pk}/{name}/"


def act(client, who, name, **data):
    shown = client.get(page(who, name)).content.decode()
    seen = re.search(r'name="seen" value="([^"]*)"', shown)
    return client.post(
        page(who, name), {**DATA[name], **({"seen": seen[1]} if seen else {}), **data}, follow=True
    )


def undo(client, verb):
    decision = Decision.objects.filter(event__verb=verb).latest("pk")
    return client.post(f"/admin/discussions/decision/{decision.pk}/undo/", follow=True)


def post(client, topic, body="Something new.", **data):
    form = client.get(f"/topics/{topic.pk}/comments/new/").content.decode()
    submission = re.search(r'name="submission" value="([^"]+)"', form)
    sent = {"body": body, "name": "Nils", "submission": submission[1] if submission else "", **data}
    return client.post(f"/topics/{topic.pk}/comments/new/", sent)


def code_of(act, **kwargs):
    with pytest.raises(ValidationError) as caught:
        act(**kwargs)
    return caught.value.code


def fill(client, do=False, query="", **data):
    sent = {"kind": "name", "value": "buy*now", "days": "7", "reason": "advert", **data}
    return client.post(f"{BLOCKS}add/{query}", {**sent, **({"do": "1"} if do else {})})
