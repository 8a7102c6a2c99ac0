"""Checks that posting runs (settings.COMMENT_CHECKS); forum/discussions/checks.py says how.

Each is pure: it looks at its draft alone, and the rules in force stand there too (rules.py). So they
judge a comment of last week under rules that are only tried.
"""

import re
from datetime import timedelta

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from forum import markup
from forum.discussions import form_marks, proofs
from forum.discussions.checks import (
    HOLD,
    PLACE,
    PUBLIC,
    REFUSE,
    SENDING,
    SPAM,
    Draft,
    Verdict,
    asks_about,
    wrong_length,
)
from forum.discussions.models import State
from forum.discussions.trust import trust
from forum.moderation.rules import Rules, as_shipped

_ADDRESS = re.compile(r"https?://|(?<!/)www\.", re.IGNORECASE)
# What staff read of each check, beside its result
WORDS = {
    "rate": gettext_lazy("How often they write"),
    "token": gettext_lazy("When the form was made"),
    "trap": gettext_lazy("The field left empty"),
    "proof": gettext_lazy("Proof of work"),
    "length": gettext_lazy("Length"),
    "closed": gettext_lazy("Whether the talk is open"),
    "guests": gettext_lazy("Guests"),
    "slow": gettext_lazy("Slow mode"),
    "repeat": gettext_lazy("The same text again"),
    "banned": gettext_lazy("Words that are refused"),
    "words": gettext_lazy("Words that are held"),
    "links": gettext_lazy("Links, by trust"),
    "person": gettext_lazy("Read first, by name"),
    "record": gettext_lazy("The author's record"),
    "first": gettext_lazy("First comments"),
    "reports": gettext_lazy("Reports about the author"),
    "topic": gettext_lazy("Read first in this talk"),
    "spam_score": gettext_lazy("Spam score"),
    "outside": gettext_lazy("Outside check"),
}


def rules_of(draft: Draft) -> Rules:
    """Return the rules in force where the draft is posted; those as shipped where none were told."""
    return draft.known.get("rules") or as_shipped()


# --------------------------------------------------------------------------------- how it was sent


@asks_about(SENDING)
def rate(draft: Draft) -> Verdict | None:
    """Refuse what is over a written limit (settings.RATE_LIMITS); accounts/limits.py counts."""
    wait = draft.sent.wait_s if draft.sent else 0
    if not wait:
        return None
    words = ngettext(
        "That was quick. Please wait %(wait)d second and press again; your text is kept.",
        "That was quick. Please wait %(wait)d seconds and press again; your text is kept.",
        wait,
    )
    return Verdict(REFUSE, "rate", words, params={"wait": wait})


@asks_about(SENDING)
def token(draft: Draft) -> Verdict | None:
    """Refuse a guest's form that does not say when it was made, or was made a moment ago."""
    sent = draft.sent
    if sent is None or not sent.asks_token or not form_marks.is_hasty(sent.age_s):
        return None
    words = _("This form was open for a moment only. Please read it through and press again.")
    return Verdict(REFUSE, "token" if sent.age_s is None else "haste", words)


def trap(draft: Draft) -> Verdict | None:
    """Call spam what fills in the field that nobody sees. Its sender is told nothing."""
    return Verdict(SPAM, "trap") if draft.sent and draft.sent.trap.strip() else None


def proof(draft: Draft) -> Verdict | None:
    """Hold what a guest's form brought without the proof of work that was asked for, or with a wrong,
    late or used one. Never refuse it: a browser may be unable to prove anything.
    """
    code = proofs.CODES.get(draft.sent.proof) if draft.sent else None
    return Verdict(HOLD, code, str(proofs.WORDS[code])) if code else None


# ------------------------------------------------------------------------------------- the place


@asks_about(PLACE)
def closed(draft: Draft) -> Verdict | None:
    """Refuse where the talk is locked, or was opened longer ago than the rules say; staff write on."""
    if draft.is_edit:
        return None
    if draft.is_locked:
        words = _("This talk is locked: it takes no more comments.")
        return Verdict(REFUSE, "topic-locked", words)
    days = 0 if draft.is_staff else rules_of(draft).close_after_days
    if not (days and draft.at and draft.topic_since):
        return None
    if draft.at < draft.topic_since + timedelta(days=days):
        return None
    words = ngettext(
        "Talks here take comments for %(days)d day. This one is over; it stays to be read.",
        "Talks here take comments for %(days)d days. This one is over; it stays to be read.",
        days,
    )
    return Verdict(REFUSE, "talk-over", words, params={"days": days})


@asks_about(PLACE)
def guests(draft: Draft) -> Verdict | None:
    """Let guests write as the rules of the place say, or else settings.GUESTS. Members always may."""
    way = "open" if draft.is_member else rules_of(draft).guests
    if way == "hold":
        words = _("What guests write is read by a moderator before others see it.")
        return Verdict(HOLD, "guest", words)
    if way == "closed":
        return Verdict(REFUSE, "guests-closed", _("Only members can write here. Please sign in."))
    return None


@asks_about(PLACE)
def slow(draft: Draft) -> Verdict | None:
    """Refuse a second comment in a slow talk before the time is up; say from when on."""
    seconds = rules_of(draft).slow_s
    if not seconds or draft.is_staff or draft.is_edit or draft.at is None:
        return None
    here = [one.at for one in draft.recent if one.topic_id == draft.topic_id]
    until = max(here) + timedelta(seconds=seconds) if here else draft.at
    if until <= draft.at:
        return None
    wait = int((until - draft.at).total_seconds()) + 1
    words = _(
        "This talk is slow: each person writes once in %(each)s. Yours can be posted from %(time)s on;"
        " your text is kept."
    )
    at = date_format(timezone.localtime(until), "H:i:s")
    told = {"each": in_words(seconds), "time": at, "wait": wait}
    return Verdict(REFUSE, "slow", words, params=told)


def in_words(seconds: int) -> str:
    """Return a time to wait in words: "90 seconds", "5 minutes", "2 hours"."""
    for size, one, many in (
        (3600, "%(n)d hour", "%(n)d hours"),
        (60, "%(n)d minute", "%(n)d minutes"),
    ):
        if seconds % size == 0:
            return ngettext(one, many, seconds // size) % {"n": seconds // size}
    return ngettext("%(n)d second", "%(n)d seconds", seconds) % {"n": seconds}


@asks_about(PLACE)
def topic(draft: Draft) -> Verdict | None:
    """Hold what is written where staff read first: as the talk is kept, or by a rule of its place.

    Its result keeps which of the two it was.
    """
    if draft.is_staff or not (draft.is_held_here or rules_of(draft).hold):
        return None
    words = _("What is written in this talk is read by a moderator before others see it.")
    return Verdict(HOLD, "topic", words, note="talk" if draft.is_held_here else "rule")


# -------------------------------------------------------------------------------------- the text


def length(draft: Draft) -> Verdict | None:
    """Refuse a text that is empty or too long; it was asked before anything parsed it."""
    return wrong_length(draft.body)


def repeat(draft: Draft) -> Verdict | None:
    """Refuse the very text that the author posted a minute ago, and lead to the first."""
    if draft.is_edit:
        return None
    for one in draft.recent:
        if one.body == draft.body and one.state != State.DELETED:
            words = _("You posted this very text a moment ago.")
            return Verdict(REFUSE, "same-text", words, params={"comment_id": one.id})
    return None


def banned(draft: Draft) -> Verdict | None:
    """Refuse a text with a word that the rules refuse, and name it: no one can mend what is not said."""
    found = rules_of(draft).banned.found_in(draft.body, markup.plain(draft.html))
    if not found or draft.is_staff:
        return None
    words = _("“%(word)s” is not accepted here. Please say it otherwise; your text is kept.")
    return Verdict(REFUSE, "banned-word", words % {"word": found})


def words(draft: Draft) -> Verdict | None:
    """Hold a text with a word that the rules hold."""
    found = rules_of(draft).held.found_in(draft.body, markup.plain(draft.html))
    if not found or draft.is_staff:
        return None
    return Verdict(HOLD, "word", _("This is read by a moderator before others see it."))


def links(draft: Draft) -> Verdict | None:
    """Hold a text with more links than the rules let an author of this trust set; staff set any."""
    # Very many addresses are left unlinked by markup, so the text as typed is counted too.
    count = max(draft.html.count("<a "), len(_ADDRESS.findall(draft.body)))
    most = rules_of(draft).links_of(trust(draft.record).name)
    if draft.is_staff or count <= most:
        return None
    told = ngettext(
        "A text with more than %(most)d link is read by a moderator first.",
        "A text with more than %(most)d links is read by a moderator first.",
        most,
    )
    return Verdict(HOLD, "links", told % {"most": most})


def spam_score(draft: Draft) -> Verdict | None:
    """Hold what is as much like spam as staff have taught; say nothing before they have taught enough.

    It never removes, and its words tell nobody how it was found.
    """
    judged = None if draft.is_staff else draft.known.get("spam_score")
    if judged is None:
        return None
    if not judged.is_held:
        return Verdict(PUBLIC, spam_score=judged.score)
    words = _("A moderator reads this before others see it.")
    return Verdict(HOLD, "spam-score", words, judged.score)


# ------------------------------------------------------------------------------------ the author


def person(draft: Draft) -> Verdict | None:
    """Hold what an author writes of whom staff read everything first."""
    if not draft.is_author_held:
        return None
    words = _("What you write is read by a moderator before others see it.")
    return Verdict(HOLD, "person", words)


def record(draft: Draft) -> Verdict:
    """Hold what somebody writes whose removals outweigh what was approved (discussions/trust.py).

    Its result keeps the record that was looked at, whatever comes of it.
    """
    code = draft.record.code
    if draft.is_staff or trust(draft.record).name != "watched":
        return Verdict(PUBLIC, note=code)
    words = _("This is read by a moderator before others see it.")
    return Verdict(HOLD, "record", words, note=code)


def first(draft: Draft) -> Verdict | None:
    """Hold the first comments of a newcomer, until as many are approved as the rules say."""
    rules = rules_of(draft)
    wanted = rules.first_of_members if draft.is_member else rules.first_of_guests
    if draft.is_staff or draft.record.approved >= wanted:
        return None
    words = _("The first comments of everybody are read by a moderator before others see them.")
    return Verdict(HOLD, "first", words)


def reports(draft: Draft) -> Verdict | None:
    """Hold what somebody writes about whom staff agreed with many reports of late."""
    most = rules_of(draft).reports
    if draft.is_staff or not most or draft.record.reported < most:
        return None
    return Verdict(HOLD, "reported", _("This is read by a moderator before others see it."))
