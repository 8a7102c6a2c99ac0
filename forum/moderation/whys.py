"""Why a comment is in the queue, and what was looked at before, in words."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from forum.discussions import priority
from forum.discussions.checks import HOLD, NOT_RUN, PUBLIC, REFUSE, SPAM, Result, told
from forum.discussions.models import Comment, Report
from forum.discussions.trust import LEVELS, Record, trust
from forum.moderation.checks import WORDS

# By the code that a check gives. One that is not here is said by its code.
HELD_FOR: dict[str, Any] = {
    "guest": gettext_lazy("What guests write is read first."),
    "topic": gettext_lazy("What is written in this talk is read first."),
    "links": gettext_lazy("It has more links than pass unread."),
    "check-failed": gettext_lazy("A check could not be made."),
    "word": gettext_lazy("It has a word that the rules hold."),
    "person": gettext_lazy("Everything that this person writes is read first."),
    "record": gettext_lazy("Removals outweigh what was approved of its author."),
    "first": gettext_lazy("It is among the first comments of somebody new."),
    "reported": gettext_lazy("Staff agreed with several reports about its author of late."),
    "spam-score": gettext_lazy("It is much like what staff called spam."),
    "trap": gettext_lazy("The field that nobody sees was filled in."),
    "no-proof": gettext_lazy("It came without the proof of work."),
    "bad-proof": gettext_lazy("Its proof of work was wrong, too late or used before."),
    "outside": gettext_lazy("The outside check holds it."),
    "talk": gettext_lazy("The talk is kept so."),  # the check "topic" tells which of the two
    "rule": gettext_lazy("A rule of its place says so."),
}
# A reason of a report in a word or two: a card names several, and many cards do.
REPORTED: dict[str, Any] = {
    Report.Reason.OFF_TOPIC: gettext_lazy("off topic"),
    Report.Reason.UNKIND: gettext_lazy("unkind"),
    Report.Reason.HARASSMENT: gettext_lazy("harassment"),
    Report.Reason.SPAM: gettext_lazy("spam"),
    Report.Reason.SPOILER: gettext_lazy("unmarked spoiler"),
    Report.Reason.UNLAWFUL: gettext_lazy("unlawful"),
    Report.Reason.OTHER: gettext_lazy("something else"),
}
OUTCOMES = {
    PUBLIC: gettext_lazy("passed"),
    HOLD: gettext_lazy("held it"),
    SPAM: gettext_lazy("took it for spam"),
    REFUSE: gettext_lazy("refused it"),
}


@dataclass(frozen=True)
class Told:
    """What readers reported of one comment: how many for each reason, and their words."""

    reasons: list[tuple[str, int]]
    words: list[str]

    @classmethod
    def of(cls, reports: Sequence[Report]) -> "Told":
        counted = Counter(report.reason for report in reports)
        reasons = [(str(REPORTED.get(code, code)), n) for code, n in counted.most_common()]
        return cls(reasons, [report.words for report in reports if report.words])

    @property
    def count(self) -> int:
        return sum(n for _reason, n in self.reasons)


@dataclass(frozen=True)
class Checked:
    """What one check said of a text."""

    name: str
    words: str
    was_run: bool


def whys(comment: Comment, reports: Told) -> list[str]:
    """Return why staff are asked about a comment, a sentence each."""
    found = []
    if comment.is_held:
        found.append(held_for(comment.reason))
    if hasattr(comment, "held_edit") and comment.due_at:
        found.append(_("An edit of it waits: %(why)s") % {"why": held_for(comment.held_edit.code)})
    if reports.count:
        words = ngettext("%(n)d reader reported it.", "%(n)d readers reported it.", reports.count)
        found.append(words % {"n": reports.count})
    if not found and comment.newcomer_at and comment.is_public:
        found.append(_("Somebody new wrote it, and nobody of the staff has looked at it yet."))
    return found


def held_for(code: str) -> str:
    """Return why something is held, of the code of a check; "" is a moderator's doing."""
    if not code:
        return _("A moderator holds it.")
    return str(HELD_FOR.get(code) or _("The check “%(code)s” holds it.") % {"code": code})


def checked(said: Iterable[Sequence[str]] | None) -> list[Checked]:
    """Return what each of today's checks said of a comment, those too that were not run, and then those
    that there are no more.
    """
    if said is None:
        return []
    return [_one(result) for result in told(said)]


def _one(result: Result) -> Checked:
    name = str(WORDS.get(result.name, result.name))
    if result.outcome == NOT_RUN:
        why = f": {held_for(result.code)}" if result.code else ""
        return Checked(name, f"{_('was not run')}{why}", was_run=False)
    words = str(OUTCOMES.get(result.outcome, result.outcome) or _("passed"))
    if result.name == "record":
        words = f"{words}: {_record(result.code)}"
    elif result.outcome != PUBLIC and result.code:
        words = f"{words}: {held_for(result.code)}"
    return Checked(name, words, was_run=True)


def _record(code: str) -> str:
    """Return a record in words: "known, 12 approved, 1 removed"."""
    try:
        record = Record.of_code(code)
    except (ValueError, TypeError):
        return code
    counted = [
        ngettext("%(n)d approved", "%(n)d approved", record.approved) % {"n": record.approved},
        ngettext("%(n)d removed", "%(n)d removed", record.removed) % {"n": record.removed},
        ngettext("%(n)d spam", "%(n)d spam", record.spam) % {"n": record.spam},
        ngettext("%(n)d report agreed", "%(n)d reports agreed", record.reported)
        % {"n": record.reported},
    ]
    level = next(one for one in LEVELS if one.name == trust(record).name)
    shown = [words for words, n in zip(counted, vars(record).values(), strict=True) if n]
    return ", ".join([str(level.words), *shown])


def order_in_words() -> list[str]:
    """Return the formula of the queue's order (forum/discussions/priority.py), a sentence each."""
    new = round(priority.REPORT_MINUTES * priority.record(0, 0))
    return [
        _("What has waited longest stands first."),
        _(
            "Each report makes it count as waiting longer: by %(new)d minutes of somebody new, by up to"
            " %(most)d of readers with whom staff agreed before, by fewer of those with whom they did not."
        )
        % {"new": new, "most": priority.REPORT_MINUTES},
        _(
            "A hot branch does too: by %(each)d minutes for each comment that its thread got in the hour"
            " before, by at most %(most)d."
        )
        % {"each": priority.HEAT_MINUTES, "most": priority.HEAT_MINUTES * priority.MOST_HEAT},
        _("Both together count for a day at most, so that nothing waits for ever."),
    ]
