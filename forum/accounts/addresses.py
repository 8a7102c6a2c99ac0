"""To whom letters may go: members' addresses, and those that guests left and confirmed.

A guest's address is asked about by one letter; nothing else is written to it before its owner
says yes on a page. Links are signed; a GET of them changes nothing.
"""

import hashlib
import hmac
from datetime import timedelta
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core import signing
from django.db import transaction
from django.urls import reverse
from django.utils import timezone, translation

from forum.accounts.limits import hit
from forum.accounts.models import Mailing, Pen, QuietAddress, User
from forum.worker.letters import letter

CONFIRM_DAYS = 3  # how long the link in the letter works
QUIET_DAYS = 365
_CONFIRM, _STOP, _OFF = "foyer.mail.confirm", "foyer.mail.stop", "foyer.mail.off"


def address_of(*, member: User | None, pen: Pen | None, even_closed: bool = False) -> str:
    """Return where letters about their comments go; "" if there is no address, or none is wanted.

    A member's is the verified one (without allauth: the one that staff entered); a guest's the one
    that they confirmed. `even_closed`: that of a closed account too, which is told of that.
    """
    if member:
        is_told = (member.is_active or even_closed) and member.mail_decisions
        return _member_address(member) if is_told else ""
    return pen.email if pen and pen.email_confirmed_at else ""


def notice_address(member: User, kind: str) -> str:
    """Return where letters about notices of this kind go; "" if none is wanted, or can be sent."""
    wants = member.is_active and member.mailing_of(kind) != Mailing.NEVER
    return _member_address(member) if wants else ""


def _member_address(member: User) -> str:
    if not apps.is_installed("allauth.account"):
        return member.email
    from allauth.account.models import EmailAddress

    rows = EmailAddress.objects.filter(user_id=member.pk)
    found = rows.filter(verified=True).order_by("-primary", "pk").values_list("email", flat=True)
    return found.first() or ""


def staff_addresses(right: str) -> list[tuple[User, str]]:
    """Return the active staff who have this right, with where letters about the site itself go.

    One who never confirmed an address is written to where whoever made the account said.
    """
    people = User.objects.with_perm(right, backend=settings.AUTHENTICATION_BACKENDS[0])
    found = [
        (member, _member_address(member) or member.email)
        for member in people.filter(is_staff=True).order_by("pk")
    ]
    return [(member, address) for member, address in found if address]


def change_pen(pen: Pen, *, name: str, email: str) -> None:
    """Keep what a guest typed; another address is a new one, which nobody has confirmed."""
    if (pen.name, pen.email) == (name, email):
        return
    changes: dict[str, Any] = {"name": name, "email": email}
    if email != pen.email:
        changes |= {"email_asked_at": None, "email_confirmed_at": None, "muted": ""}
    Pen.objects.filter(pk=pen.pk).update(**changes)
    for field, value in changes.items():
        setattr(pen, field, value)


def keep_muted(pen: Pen, cookie: str) -> None:
    """Keep what a guest's cookie says is muted, "" for nothing, where letters may go to them; no
    statement where that is known.
    """
    muted = cookie if pen.email and pen.mail_notices else ""
    if pen.muted != muted:
        Pen.objects.filter(pk=pen.pk, email=pen.email).update(muted=muted)
        pen.muted = muted


def ask(pen: Pen, *, network: str) -> bool:
    """Write to a guest's new address whether it is theirs; return whether a letter was queued.

    One letter while its link works, and as many as settings.RATE_LIMITS says an address and a
    network; an address that said no is left alone.
    """
    if not (settings.MAILS and pen.email) or pen.email_confirmed_at:
        return False
    asked = pen.email_asked_at
    if asked and timezone.now() < asked + timedelta(days=CONFIRM_DAYS):
        return False
    if QuietAddress.objects.filter(address_hash=key_of(pen.email)).exists():
        return False
    if hit("confirm:network", network) or hit("confirm:address", key_of(pen.email)):
        return False
    pen.email_asked_at = timezone.now()
    with transaction.atomic():
        same = Pen.objects.filter(pk=pen.pk, email=pen.email, email_asked_at=asked)
        if not same.update(email_asked_at=pen.email_asked_at):
            return False
        # Not the name, which anybody may choose: our letter carries no words of strangers.
        context = {"days": CONFIRM_DAYS, "confirm_url": confirm_link(pen)}
        letter("confirm_address", pen.email, context | {"stop_url": stop_link(pen)}).send()
    return True


def key_of(address: str) -> str:
    """Return a keyed hash of an address, letter case aside."""
    key = hashlib.sha256(b"address" + settings.SECRET_KEY.encode()).digest()
    return hmac.new(key, address.lower().encode(), hashlib.sha256).hexdigest()


# ------------------------------------------------------------------------------------------- links


def confirm_token(pen: Pen) -> str:
    """Return the token of the letter that was sent for this address: another letter, another token."""
    asked = pen.email_asked_at.isoformat() if pen.email_asked_at else ""
    return signing.dumps([pen.pk, asked], salt=_CONFIRM)


def stop_token(who: Pen | User) -> str:
    kind = "pen" if isinstance(who, Pen) else "member"
    return signing.dumps([kind, who.pk, key_of(who.email)[:16]], salt=_STOP)


def confirm_link(pen: Pen) -> str:
    return settings.SITE_URL + reverse("mail_confirm", args=[confirm_token(pen)])


def stop_link(who: Pen | User) -> str:
    """Return the address of the page that ends these letters."""
    return settings.SITE_URL + reverse("mail_stop", args=[stop_token(who)])


def read_confirm(token: str) -> Pen | None:
    """Return whose address a link is about; None unless its letter is the last, and 3 days old at most."""
    try:
        pk, asked = signing.loads(token, salt=_CONFIRM, max_age=timedelta(days=CONFIRM_DAYS))
    except (signing.BadSignature, ValueError, TypeError):
        return None
    pen = Pen.objects.filter(pk=pk).exclude(email="").first()
    return pen if pen and pen.email_asked_at and pen.email_asked_at.isoformat() == asked else None


def confirm(token: str) -> Pen | None:
    """Confirm the address of a link, and return its guest; a second time changes nothing."""
    pen = read_confirm(token)
    if pen and not pen.email_confirmed_at:
        same = Pen.objects.filter(pk=pen.pk, email=pen.email, email_asked_at=pen.email_asked_at)
        same.filter(email_confirmed_at=None).update(email_confirmed_at=timezone.now())
        return read_confirm(token)
    return pen


def read_stop(token: str) -> tuple[str, int, str] | None:
    """Return (kind, id, key of the address) of a link that ends letters; None if it is no such link."""
    try:
        kind, pk, key = signing.loads(token, salt=_STOP)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    return kind, pk, key


def stop(token: str) -> bool:
    """End the letters that a link stands for; return False if it is no such link.

    A member keeps the address and gets no more of them. A guest's address is forgotten and, for a
    year, never asked about again. A link of an address that has changed since does nothing more.
    """
    found = read_stop(token)
    if found is None:
        return False
    kind, pk, key = found
    with transaction.atomic():
        if kind == "member":
            User.objects.filter(pk=pk).update(mail_decisions=False)
            return True
        pen = Pen.objects.filter(pk=pk).exclude(email="").first()
        if pen and key_of(pen.email)[:16] == key:
            QuietAddress.objects.get_or_create(address_hash=key_of(pen.email))
            change_pen(pen, name=pen.name, email="")
    return True


# Letters about what stands in the inbox: which fields of a member each kind of letter goes by.
_FIELDS = {"reply": "mail_replies", "mention": "mail_mentions", "follow": "mail_follows"}


def off_link(who: Pen | User, what: str) -> str:
    """Return the address that ends letters of a kind, "daily" for all that come once a day.

    A mail program may POST to it without having read it (RFC 8058); a GET shows a button.
    """
    kind = "pen" if isinstance(who, Pen) else "member"
    token = signing.dumps([kind, who.pk, what], salt=_OFF)
    return settings.SITE_URL + reverse("mail_off", args=[token])


def read_off(token: str) -> tuple[str, int, str] | None:
    """Return (kind of person, id, kind of letter) of such an address; None if it is none of ours."""
    try:
        kind, pk, what = signing.loads(token, salt=_OFF)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    return kind, pk, what


def off(token: str) -> bool:
    """End the letters that the address stands for; a second time changes nothing. False if it is
    none of ours.
    """
    found = read_off(token)
    if found is None:
        return False
    kind, pk, what = found
    if kind == "pen":
        Pen.objects.filter(pk=pk).update(mail_notices=False, muted="")
        return True
    fields = [_FIELDS[what]] if what in _FIELDS else list(_FIELDS.values())
    for field in fields:
        rows = User.objects.filter(pk=pk)
        if what == "daily":
            rows = rows.filter(**{field: Mailing.DAILY})
        rows.update(**{field: Mailing.NEVER})
    return True


def forget_quiet() -> str:
    """Forget after a year that an address wanted no letters; return what was done, in words."""
    before = timezone.now() - timedelta(days=QUIET_DAYS)
    count, _by_model = QuietAddress.objects.filter(at__lt=before).delete()
    return f"addresses that wanted no letters a year ago: {count:,} forgotten"


def language_of(member: User | None) -> Any:
    """Return a context in which a letter is written in its reader's language, not the moderator's."""
    return translation.override(getattr(member, "language", "") or settings.LANGUAGE_CODE)
