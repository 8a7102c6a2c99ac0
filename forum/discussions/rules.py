"""Where the house rules say what a reason means: the page that the owner writes, at an anchor.

A text of the owner's own that lacks an anchor is shown from its beginning.
"""

from django.urls import reverse

from forum.discussions.models import Reason, Report

# By the code of a reason: of removing, of reporting, of closing an account.
ANCHORS = {
    Reason.UNKIND: "unkind",
    Reason.HATE: "hate",
    Reason.ILLEGAL: "unlawful",
    Reason.PRIVATE: "private",
    Reason.ADVERT: "advert",
    Reason.OFF_TOPIC: "off-topic",
    Reason.TWICE: "twice",
    Reason.COPIED: "copied",
    Reason.OTHER: "other",
    Report.Reason.HARASSMENT: "harassment",
    Report.Reason.SPAM: "advert",
    Report.Reason.SPOILER: "spoiler",
    Report.Reason.UNLAWFUL: "unlawful",
    "pretends": "pretends",
}


def rule_of(reason: str) -> str:
    """Return the address of the rule behind a reason; "" for a code that is none."""
    anchor = {str(code): anchor for code, anchor in ANCHORS.items()}.get(reason, "")
    return f"{reverse('rules')}#{anchor}" if anchor else ""
