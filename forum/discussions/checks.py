"""What a text must pass before it is posted or changed: settings.COMMENT_CHECKS, dotted paths.

A check takes a Draft and returns a Verdict or None (nothing to say). All run before any lock. The
gravest answer counts: refuse over spam over hold over public. One that raises is a hold.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from django.conf import settings
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

log = logging.getLogger(__name__)

PUBLIC, HOLD, SPAM, REFUSE = "public", "hold", "spam", "refuse"
_GRAVITY = (PUBLIC, HOLD, SPAM, REFUSE)


@dataclass(frozen=True)
class Draft:
    """What a check may look at: plain values, nothing of the database."""

    body: str
    html: str
    name: str
    is_member: bool
    is_staff: bool
    is_reply: bool
    is_edit: bool
    topic_id: int
    network_key: str


@dataclass(frozen=True)
class Verdict:
    """outcome: "public", "hold", "spam" or "refuse"; a code for the log, words for the person."""

    outcome: str
    code: str = ""
    words: str = ""


Check = Callable[[Draft], Verdict | None]


@cache
def _load(paths: tuple[str, ...]) -> tuple[Check, ...]:
    return tuple(import_string(path) for path in paths)


def run(draft: Draft) -> Verdict:
    """Return the gravest verdict of all checks; public where none objects."""
    gravest = Verdict(PUBLIC)
    for check in _load(tuple(settings.COMMENT_CHECKS)):
        try:
            verdict = check(draft) or gravest
            is_graver = _GRAVITY.index(verdict.outcome) > _GRAVITY.index(gravest.outcome)
        except Exception:
            log.exception("the check %s failed: the comment is held", check)
            words = _("A check could not be made, so a moderator reads it first.")
            verdict = Verdict(HOLD, "check-failed", words)
            is_graver = gravest.outcome == PUBLIC
        if is_graver:
            gravest = verdict
    return gravest
