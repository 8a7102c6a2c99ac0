"""Checks that posting runs (settings.COMMENT_CHECKS); forum/discussions/checks.py says how."""

import re

from django.conf import settings
from django.utils.translation import gettext as _

from forum.discussions.checks import HOLD, REFUSE, Draft, Verdict

MOST_LINKS = 3  # a text with more waits for a moderator
_ADDRESS = re.compile(r"https?://|(?<!/)www\.", re.IGNORECASE)


def guests(draft: Draft) -> Verdict | None:
    """Let guests write as settings.GUESTS says: open, hold or closed. Members always may."""
    if draft.is_member or settings.GUESTS == "open":
        return None
    if settings.GUESTS == "hold":
        words = _("What guests write is read by a moderator before others see it.")
        return Verdict(HOLD, "guest", words)
    return Verdict(REFUSE, "guests-closed", _("Only members can write here. Please sign in."))


def links(draft: Draft) -> Verdict | None:
    """Hold a text with more than MOST_LINKS links; staff may set as many as they like."""
    # Very many addresses are left unlinked by markup, so the text as typed is counted too.
    count = max(draft.html.count("<a "), len(_ADDRESS.findall(draft.body)))
    if draft.is_staff or count <= MOST_LINKS:
        return None
    words = _("A text with more than %(most)d links is read by a moderator first.")
    return Verdict(HOLD, "links", words % {"most": MOST_LINKS})
