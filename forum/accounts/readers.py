"""Who is reading: a member, a guest with a pen, or anybody."""

import base64
import hashlib
import hmac
import secrets
import uuid
from dataclasses import dataclass

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from forum.accounts.models import Pen, User

PEN_COOKIE_SECONDS = 365 * 24 * 3600


@dataclass(frozen=True)
class Reader:
    """A person as far as the site knows them. Both empty: anybody. A member's pen is not used."""

    user: User | None = None
    pen: Pen | None = None

    @property
    def is_known(self) -> bool:
        return bool(self.user or self.pen)

    @property
    def row(self) -> User | Pen:
        """The row of somebody who is known: a member's, else a pen's."""
        row = self.user or self.pen
        assert row is not None
        return row

    @property
    def is_staff(self) -> bool:
        return bool(self.user and self.user.is_staff)

    def may_moderate(self) -> bool:
        return bool(self.user and self.user.has_perm("discussions.moderate_comment"))

    def is_senior(self) -> bool:
        """May purge, erase and read what was redacted."""
        user = self.user
        return bool(user and user.is_staff and user.has_perm("discussions.senior_comment"))


ANYBODY = Reader()


def our_cookies() -> tuple[str, ...]:
    """Return the names of all cookies that this site sets."""
    return (
        settings.SESSION_COOKIE_NAME,
        settings.CSRF_COOKIE_NAME,
        settings.PEN_COOKIE_NAME,
        settings.LANGUAGE_COOKIE_NAME,
        settings.PREFERENCES_COOKIE_NAME,
        settings.SEEN_COOKIE_NAME,
        settings.ORDER_COOKIE_NAME,
        settings.MUTED_COOKIE_NAME,
    )


def has_our_cookie(request: HttpRequest) -> bool:
    """Return True if the request carries any cookie of ours; then no answer to it is shared."""
    return any(name in request.COOKIES for name in our_cookies())


def reader_of(request: HttpRequest) -> Reader:
    """Return who is reading; at most two queries, none for a request without our cookies."""
    kept = getattr(request, "_foyer_reader", None)
    if kept is None:
        kept = _find(request)
        request._foyer_reader = kept  # type: ignore[attr-defined]  # goes with the request
    return kept


def has_right(request: HttpRequest, right: str) -> bool:
    """Return True if whoever asks is a member with this right: "app.verb_model"."""
    user = request.user
    return bool(user.is_authenticated and user.has_perm(right))


def pen_in(request: HttpRequest) -> Pen | None:
    """Return the pen of this browser, whoever is signed in; one query, none without its cookie."""
    secret = request.COOKIES.get(settings.PEN_COOKIE_NAME, "")
    return Pen.objects.filter(secret_hash=hash_secret(secret)).first() if secret else None


def _find(request: HttpRequest) -> Reader:
    if settings.SESSION_COOKIE_NAME in request.COOKIES and request.user.is_authenticated:
        return Reader(user=request.user)
    pen = pen_in(request)
    return Reader(pen=pen) if pen else ANYBODY


def hash_secret(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def pen_with_secret(secret: str, name: str, email: str = "") -> tuple[Pen, str, bool]:
    """Return the pen of this secret ("": a fresh one), the secret, and whether it was just made."""
    secret = secret or secrets.token_urlsafe(32)
    pen, is_new = Pen.objects.get_or_create(
        secret_hash=hash_secret(secret), defaults={"name": name, "email": email}
    )
    return pen, secret, is_new


def secret_of(submission: uuid.UUID | None) -> str:
    """Return the secret of the pen that a form makes, "" for a form without an id.

    It follows from the id, so that a form sent twice makes one pen.
    """
    if submission is None:
        return ""
    digest = hmac.new(settings.SECRET_KEY.encode(), f"pen{submission}".encode(), hashlib.sha256)
    return base64.urlsafe_b64encode(digest.digest()).decode().rstrip("=")


def give_pen(response: HttpResponse, secret: str) -> None:
    """Set the cookie by which the browser is known as this pen, for a year."""
    response.set_cookie(
        settings.PEN_COOKIE_NAME,
        secret,
        max_age=PEN_COOKIE_SECONDS,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
