"""Proof of work, asked of guests where settings.PROOF_OF_WORK says so: altcha's second format.

A form brings a challenge, which is signed and ends; static/js/proof.js solves it while its guest
writes. A solution counts for one form alone, however often that one is sent: it makes one comment.
"""

import base64
import json
import secrets
import time
import uuid
from datetime import UTC, datetime
from functools import cache

import altcha
from django.conf import settings
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy

from forum.discussions.models import Proof

GOOD, BAD, MISSING = "good", "bad", "missing"
CODES = {MISSING: "no-proof", BAD: "bad-proof"}  # of the check that holds
WORDS = {  # to the author
    "no-proof": gettext_lazy(
        "Your browser did not do the small sum by which we tell people from machines (it needs JavaScript, and a"
        " secure address), so a moderator reads this first. Nothing of it is lost."
    ),
    "bad-proof": gettext_lazy(
        "The small sum that your browser did was wrong, too late or used before, so a moderator reads this"
        " first. Nothing of it is lost."
    ),
}
LIVES_S = 12 * 3600  # a form left open over lunch is sent with a proof that counts
# Each try is PBKDF2 of so many rounds: native code in a browser too, so a program has less of a lead.
ROUNDS = 2_000
TRIES = range(200, 600)
MOST_CHARS = 2_000  # of a solution; longer ones are not read


@cache
def _key(secret: str) -> bytes:
    return salted_hmac("forum.discussions.proofs", "challenge", secret, algorithm="sha256").digest()


def challenge() -> str:
    """Return a new challenge, as JSON."""
    made = altcha.create_challenge(
        "PBKDF2/SHA-256",
        ROUNDS,
        counter=TRIES.start + secrets.randbelow(len(TRIES)),
        expires_at=int(time.time()) + LIVES_S,
        hmac_secret=_key(settings.SECRET_KEY),
    )
    return json.dumps(made.to_dict(), separators=(",", ":"))


def is_true(said: str) -> bool:
    """Return True if it solves a challenge of ours that has not ended; whether it counted is not asked."""
    if not said or len(said) > MOST_CHARS:
        return False
    return altcha.verify_solution(said, _key(settings.SECRET_KEY)).verified


def outcome(said: str, submission: uuid.UUID | None) -> str:
    """Return GOOD, BAD or MISSING, and write down that a good one counted for this form."""
    if not said:
        return MISSING
    if not is_true(said):
        return BAD
    solved = json.loads(base64.b64decode(said))["challenge"]
    until = datetime.fromtimestamp(solved["parameters"]["expiresAt"], UTC)
    form = (
        submission or uuid.uuid4()
    )  # what is no form of ours makes as many comments as it is sent
    row = Proof(signature=solved["signature"], submission=form, until=until)
    Proof.objects.bulk_create([row], ignore_conflicts=True)
    counted = Proof.objects.filter(signature=row.signature, submission=form).exists()
    return GOOD if counted else BAD


def forget_proofs() -> str:
    """Delete proofs whose challenge has ended; return what was done, in words. For settings.TICKS."""
    count, _by_model = Proof.objects.filter(until__lt=timezone.now()).delete()
    return f"proofs of work that have ended: {count:,} deleted"
