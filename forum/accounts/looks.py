"""How pages look to who reads: density, size and face of type, keys of one letter.

A member's choice stands in their account, anybody else's in one small cookie of words.
"""

from dataclasses import dataclass

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from forum.accounts.models import User
from forum.accounts.readers import reader_of

COOKIE_SECONDS = 365 * 24 * 3600
_NO_KEYS = "nokeys"


@dataclass(frozen=True, slots=True)
class Looks:
    """What the body of every page says for styles and scripts; empty: as the site has it."""

    density: str = ""
    size: str = ""
    face: str = ""
    keys: bool = True

    @classmethod
    def of_words(cls, text: str) -> "Looks":
        """Read a cookie, "compact-large-nokeys"; words that are not known say nothing."""
        words = set(text[:80].split("-"))

        def chosen(among: list[str]) -> str:
            return next((value for value in among if value and value in words), "")

        return cls(
            density=chosen(User.Density.values),
            size=chosen(User.Size.values),
            face=chosen(User.Face.values),
            keys=_NO_KEYS not in words,
        )

    def words(self) -> str:
        """Return what a cookie holds; "" if nothing is chosen."""
        keys = "" if self.keys else _NO_KEYS
        return "-".join(filter(None, (self.density, self.size, self.face, keys)))


def looks_of(request: HttpRequest) -> Looks:
    """Return how pages look to who reads; no query beyond who that is."""
    user = reader_of(request).user
    if user:
        return Looks(user.density, user.type_size, user.typeface, user.shortcuts)
    return Looks.of_words(request.COOKIES.get(settings.PREFERENCES_COOKIE_NAME, ""))


def keep(response: HttpResponse, looks: Looks) -> None:
    """Keep what was chosen in this browser for a year; without a choice there is no cookie."""
    name = settings.PREFERENCES_COOKIE_NAME
    if not looks.words():
        response.delete_cookie(name, samesite="Lax")
        return
    response.set_cookie(
        name,
        looks.words(),
        max_age=COOKIE_SECONDS,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
