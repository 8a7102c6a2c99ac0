"""Blocks: networks, mail domains and names that take no part for a while, asked at the door.

Patterns are plain: "*" stands for anything, every other sign for itself. No regular expression is
made of them, so that none can take long. Guests and new accounts are asked; members who are here are
dealt with by name.
"""

from datetime import datetime, timedelta

from django.core.exceptions import ValidationError
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from forum.accounts.limits import key_of_network
from forum.accounts.models import Block
from forum.accounts.names import skeleton

STARS = 4  # in one pattern, at most
LEAST_SIGNS = 3  # that stand for themselves
MOST_DAYS = 365
NETWORK_DAYS = 30  # no longer than keys of networks are kept
IN_FORCE = 1_000  # at once, at most: each is looked at whenever a guest posts


def parts_of(pattern: str, kind: str) -> list[str]:
    """Return what stands between the stars of a pattern, as names and domains are compared."""
    fold = skeleton if kind == Block.Kind.NAME else str.lower
    return [fold(part) for part in pattern.split("*")]


def matches(parts: list[str], text: str) -> bool:
    """Return True if the folded `text` is made of these parts with anything between them. Pure.

    Each part is looked for once, from the left: the time grows with the text and nothing else.
    """
    first, *others = parts
    if not others:
        return text == first
    if not text.startswith(first):
        return False
    at = len(first)
    for part in others[:-1]:
        found = text.find(part, at)
        if found < 0:
            return False
        at = found + len(part)
    last = others[-1]
    return len(text) - at >= len(last) and text.endswith(last)


def is_met(kind: str, value: str, *, network: str = "", name: str = "", email: str = "") -> bool:
    """Return True if a block of this kind and value is about such a person. Pure.

    A domain without a star is about what stands below it too.
    """
    if kind == Block.Kind.NETWORK:
        return bool(value) and value == network
    if kind == Block.Kind.NAME:
        return bool(name) and matches(parts_of(value, kind), skeleton(name))
    domain = email.rpartition("@")[2].lower().rstrip(".")
    if not domain:
        return False
    if "*" not in value:
        return domain == value or domain.endswith(f".{value}")
    return matches(parts_of(value, kind), domain)


def find(*, network: str = "", name: str = "", email: str = "") -> Block | None:
    """Return a block in force that is about such a person, or None; one query."""
    given = {"network": network, "name": name, "email": email}
    rows = Block.objects.in_force().order_by("-pk")[:IN_FORCE]
    return next((one for one in rows if is_met(one.kind, one.value, **given)), None)


def refuse(*, network: str = "", name: str = "", email: str = "") -> None:
    """Raise ValidationError "blocked" for whom a block in force is about.

    The words are the same for every kind: they do not teach what to change.
    """
    block = find(network=network, name=name, email=email)
    if block:
        Block.objects.filter(pk=block.pk).update(met=F("met") + 1)
        words = _(
            "Nothing can be sent from here at the moment. If you think that this is a mistake,"
            " write to us: the address is under “Contact”."
        )
        raise ValidationError(words, "blocked")


def clean(kind: str, typed: str) -> str:
    """Return the value that is stored for what staff typed: of a network, its key.

    Raises ValidationError: block-empty, block-wide (it would be about nearly everybody),
    block-domain, block-network.
    """
    typed = " ".join(typed.split())
    if kind == Block.Kind.NETWORK:
        key = key_of_network(typed)
        if not key:
            words = _("This is no address of a network, such as 203.0.113.7.")
            raise ValidationError(words, "block-network")
        return key
    if kind == Block.Kind.DOMAIN:
        typed = typed.rpartition("@")[2].lower().strip(".")
    if not typed:
        raise ValidationError(_("Please say which."), "block-empty")
    parts = parts_of(typed, kind)
    if len(parts) - 1 > STARS:
        raise ValidationError(_("At most %(n)d stars, please."), "block-wide", {"n": STARS})
    signs = sum(sum(sign.isalnum() for sign in part) for part in parts)
    if signs < LEAST_SIGNS:
        raise ValidationError(
            _("At least %(n)d letters, please: this would be about nearly everybody."),
            "block-wide",
            {"n": LEAST_SIGNS},
        )
    if kind == Block.Kind.DOMAIN:
        name, dot, end = typed.rpartition(".")
        if not dot or not end or not any(sign.isalnum() for sign in name) or " " in typed:
            words = _("A mail domain looks like example.org.")
            raise ValidationError(words, "block-domain")
    return typed


def last_moment(kind: str) -> datetime:
    """Return the moment at which a block that is made now ends at the latest."""
    days = NETWORK_DAYS if kind == Block.Kind.NETWORK else MOST_DAYS
    return timezone.now() + timedelta(days=days)


def forget_networks() -> str:
    """Empty the network keys of blocks that are over; return what was done, in words."""
    over = Block.objects.filter(kind=Block.Kind.NETWORK).exclude(value="")
    count = over.exclude(pk__in=Block.objects.in_force().values("pk")).update(value="")
    return f"networks of blocks that are over: {count:,} forgotten"
