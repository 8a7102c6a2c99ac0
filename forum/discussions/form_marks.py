"""When a form was made, signed: what is sent without ever having been a page is known by it."""

import time
from typing import Any

from django.core.signing import BadSignature, Signer

HASTE_S = 2  # sooner after its form was made no person has written anything
LENT_S = 3600  # so long a form is believed that says it of another: a draft came back into it
_signer = Signer(salt="comment-form")


def opened(submission: Any) -> str:
    """Return what a form says: which it is, and when it was made."""
    return _signer.sign(f"{submission}/{int(time.time())}")


def is_hasty(age: int | None) -> bool:
    """Return True if a form of this age was sent by no person, or does not say its age.

    One that was made in the time to come was, before the clock was set back.
    """
    return age is None or 0 <= age <= HASTE_S


def age_s(said: str, submission: Any) -> int | None:
    """Return how many seconds ago a form was made; None if it does not say so truly.

    Each form makes one comment, so what is said of another form is believed for LENT_S only.
    """
    try:
        which, _slash, at = _signer.unsign(said).rpartition("/")
    except BadSignature:
        return None
    age = int(time.time()) - int(at)  # below 0 where the clock was set back since
    return age if which == str(submission) or age < LENT_S else None
