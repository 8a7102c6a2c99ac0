"""A check that somebody else makes: an example of how one is plugged in. Off by default.

settings.OUTSIDE_CHECK is the owner's address, asked as webhook.py asks: signed, at an address that
was looked at, following nothing. Whoever posts waits for the answer, so it has ASKED_S and no more,
and AT_ONCE questions are under way at most. What no answer came to was not run, and is held or passes
as settings.OUTSIDE_CHECK_FAILS says.
"""

import json
import logging
import re
import threading
from concurrent.futures import ThreadPoolExecutor

from django.conf import settings
from django.utils.translation import gettext as _

from forum.discussions.checks import HOLD, PUBLIC, SPAM, Draft, Verdict
from forum.moderation import webhook

log = logging.getLogger(__name__)
ASKED_S = 2.0
AT_ONCE = 4
_CODE = re.compile(r"[a-z0-9-]{0,20}")
_free = threading.BoundedSemaphore(AT_ONCE)
_asking = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="outside")

Answer = tuple[str, str]  # outcome, code


def of_draft(draft: Draft) -> Answer | None:
    """Return what the outside says: a fact of settings.COMMENT_FACTS. None: it did not, or not in time.

    The text, the name and what kind of author it is are told; never an address, a network or an id.
    """
    if draft.is_staff or not _free.acquire(blocking=False):
        return None
    facts = {
        "body": draft.body,
        "name": draft.name,
        "is_member": draft.is_member,
        "is_reply": draft.is_reply,
        "is_edit": draft.is_edit,
    }
    asked = _asking.submit(_ask, facts)
    try:
        return asked.result(timeout=ASKED_S)
    except Exception as error:  # of the network, of an answer that is none, of the time
        log.warning("the outside check gave no answer: %s", type(error).__name__)
        return None


def _ask(facts: dict[str, object]) -> Answer:
    try:
        address, key = settings.OUTSIDE_CHECK, settings.OUTSIDE_CHECK_KEY
        return read(webhook.ask(address, key, facts, whole_s=ASKED_S))
    finally:
        _free.release()  # once it has ended, not once nobody waits for it any more


def read(answer: bytes) -> Answer:
    """Return (outcome, code) of an answer like {"outcome": "hold", "code": "toxic"}.

    Raises ValueError for anything else: it is nobody's place to refuse for us, and a code is short.
    """
    said = json.loads(answer)
    outcome, code = said["outcome"], said.get("code", "")
    if (
        outcome not in (PUBLIC, HOLD, SPAM)
        or not isinstance(code, str)
        or not _CODE.fullmatch(code)
    ):
        raise ValueError("no answer")
    return outcome, code


def outside(draft: Draft) -> Verdict | None:
    """Hold, or call spam, what the outside says is so."""
    if draft.is_staff:
        return None
    answer = draft.known.get("outside")
    words = _("This is read by a moderator before others see it.")
    if answer is None:
        outcome = HOLD if settings.OUTSIDE_CHECK_FAILS == "hold" else PUBLIC
        return Verdict(outcome, "outside", words, was_run=False)
    outcome, code = answer
    return Verdict(outcome, "outside", words if outcome == HOLD else "", note=code)
