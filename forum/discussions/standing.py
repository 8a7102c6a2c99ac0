"""How somebody stands: their own record, and how near it comes to what makes moderators look at it.

Nobody else sees the page. Nothing happens by itself at any of these marks, and the page says so; what
does happen by itself follows from the level of trust (trust.py), which the page explains too.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from forum.accounts.readers import Reader, reader_of
from forum.discussions import answers, records, rules, trust
from forum.discussions.models import (
    Appeal,
    Breach,
    Caution,
    Comment,
    Event,
    Reason,
    Report,
    State,
)

MONTH, QUARTER = timedelta(days=30), timedelta(days=90)
REMOVED_IN_MONTH = 3
REMOVED_IN_QUARTER = 6
REMOVED_PERCENT, OF_AT_LEAST = 10, 10  # of what was written in a quarter, from so many on
REPORTED_IN_QUARTER = 5


# What is told of decisions about a person as a whole, by the verb of its event.
DECIDED = {
    "suspend": gettext_lazy("Shut out for a time"),
    "ban": gettext_lazy("Shut out"),
    "reinstate": gettext_lazy("Let in again"),
    "remove-all": gettext_lazy("Comments removed together"),
}
TAKEN_BACK = {
    "suspend": gettext_lazy("Let in again"),
    "ban": gettext_lazy("Let in again"),
    "remove-all": gettext_lazy("The removed comments brought back"),
}
MOST_DECIDED = 50


@dataclass(frozen=True)
class Record:
    """What became of what somebody wrote. Removed ones are counted by when that was; spam is one of them."""

    written: int = 0  # in the last quarter
    removed_in_month: int = 0
    removed_in_quarter: int = 0
    reported_in_quarter: int = 0  # comments of theirs of which a moderator agreed with a report

    @property
    def percent(self) -> int:
        """Of what was written in the last quarter, how much was removed; 0 for little."""
        if self.written < OF_AT_LEAST:
            return 0
        return min(100, round(100 * self.removed_in_quarter / self.written))


@dataclass(frozen=True)
class Mark:
    """One measure: what is counted, how much it is now, and from where on moderators look."""

    what: Any
    value: int
    limit: int
    unit: str = ""

    @property
    def is_reached(self) -> bool:
        return self.value >= self.limit

    @property
    def most(self) -> int:
        """The end of the scale, twice the limit: the limit stands in its middle."""
        return 2 * self.limit


def marks_of(record: Record) -> list[Mark]:
    """Return the measures of a record; each number is written here and on the page."""
    return [
        Mark(
            gettext_lazy("removed in the last 30 days"), record.removed_in_month, REMOVED_IN_MONTH
        ),
        Mark(
            gettext_lazy("removed in the last 90 days"),
            record.removed_in_quarter,
            REMOVED_IN_QUARTER,
        ),
        Mark(
            gettext_lazy(
                "of what you wrote in the last 90 days was removed, if that was 10 or more"
            ),
            record.percent,
            REMOVED_PERCENT,
            "%",
        ),
        Mark(
            gettext_lazy("in the last 90 days, of which a moderator agreed with a report"),
            record.reported_in_quarter,
            REPORTED_IN_QUARTER,
        ),
    ]


def record_of(reader: Reader) -> Record:
    """Return the record of a member or pen; four queries."""
    now, mine = timezone.now(), Comment.objects.by(reader).order_by()
    gone = mine.in_state(State.REMOVED, State.SPAM)
    agreed = Report.objects.filter(outcome=Report.Outcome.AGREED, settled_at__gt=now - QUARTER)
    return Record(
        written=mine.filter(created_at__gt=now - QUARTER).count(),
        removed_in_month=gone.filter(state_at__gt=now - MONTH).count(),
        removed_in_quarter=gone.filter(state_at__gt=now - QUARTER).count(),
        reported_in_quarter=mine.filter(pk__in=agreed.values("comment_id")).count(),
    )


@require_safe
def standing(request: HttpRequest) -> HttpResponse:
    """The reader's own record, the marks, what they reported and appealed; twelve queries at most."""
    reader = reader_of(request)
    context: dict[str, Any] = {"reader_is_known": reader.is_known}
    if reader.is_known:
        record = record_of(reader)
        mine = Comment.objects.by(reader).order_by().values("pk")
        context |= {
            "marks": marks_of(record),
            "level": level_of(reader),
            "known_from": _since("known"),
            "trusted_from": _since("trusted"),
            "watched_from": trust.SPAM_COSTS,
            "removed_costs": trust.REMOVED_COSTS,
            "looked_at": trust.LOOKED_AT,
            "is_reached": any(mark.is_reached for mark in marks_of(record)),
            "states": _states(reader),
            "reasons": _reasons(mine),
            "warnings": list(
                Caution.objects.about(reader).filter(withdrawn_at=None).order_by("-pk")
            ),
            "decided": _decided(reader),
            "is_read_first": bool(getattr(reader.user or reader.pen, "held_at", None)),
            "reports": _counted(Report.objects.by(reader), Report.Outcome),
            "appeals": _counted(Appeal.objects.filter(comment__in=mine), Appeal.Outcome),
        }
    return answers.private(render(request, "discussions/standing.html", context))


@dataclass(frozen=True)
class Decided:
    """What was decided about somebody as a whole, in words."""

    at: datetime
    what: str
    why: str
    until: datetime | None  # as long as that is known


def _decided(reader: Reader) -> list[Decided]:
    """Return when they were shut out and let in, and all of theirs was removed; the last first."""
    who = (
        {"member_id": reader.user.pk} if reader.user else {"guest_id": reader.pen and reader.pen.pk}
    )
    rows = Event.objects.filter(**who, verb__in=(*DECIDED, "undo")).select_related("decision")
    events = [one for one in rows.order_by("-pk")[:MOST_DECIDED] if one.reason != "spam"]
    verbs = {one.verb for one in events}  # of spam nothing is said, nor of what came of it
    found = []
    for event in events:
        what = TAKEN_BACK.get(event.before) if event.verb == "undo" else DECIDED[event.verb]
        if what and (event.verb != "undo" or event.before in verbs):
            details = event.decision.details if hasattr(event, "decision") else {}
            until = datetime.fromisoformat(details["until"]) if details.get("until") else None
            choices = Reason.choices if event.verb == "remove-all" else Breach.choices
            why = str(dict(choices).get(event.reason, ""))
            found.append(Decided(event.at, str(what), why, until))
    return found


def level_of(reader: Reader) -> trust.Level:
    """Return the reader's level of trust; one statement. Its points are not told: they would tell a
    spammer which texts were taken for spam.
    """
    written = records.written_by(
        member_id=reader.user.pk if reader.user else None,
        pen_id=reader.pen.pk if reader.pen else None,
    )
    name = trust.trust(records.record_of(written)).name
    return next(one for one in trust.LEVELS if one.name == name)


def _since(name: str) -> int:
    return next(one.since or 0 for one in trust.LEVELS if one.name == name)


def _states(reader: Reader) -> list[tuple[str, int]]:
    """Return how many comments are in which state, in words; what was taken for spam is removed."""
    counts = Comment.objects.by(reader).exclude_purged().count_by_state()
    counts[State.REMOVED] = counts.get(State.REMOVED, 0) + counts.pop(State.SPAM, 0)
    names = dict(State.choices)
    shown = (State.PUBLIC, State.HELD, State.REMOVED, State.DELETED)
    return [(str(names[state]), counts.get(state, 0)) for state in shown]


def _reasons(mine: Any) -> list[dict[str, Any]]:
    """Return for which reasons others reported what one wrote and a moderator agreed; never who."""
    agreed = Report.objects.filter(comment__in=mine, outcome=Report.Outcome.AGREED).order_by()
    counts = agreed.values_list("reason").annotate(n=Count("pk")).order_by("-n", "reason")
    names = dict(Report.Reason.choices)
    return [
        {"words": names[reason], "count": n, "rule": rules.rule_of(reason)} for reason, n in counts
    ]


def _counted(rows: Any, outcomes: Any) -> list[tuple[str, int]]:
    counts = dict(rows.order_by().values_list("outcome").annotate(n=Count("pk")))
    return [(str(words), counts[code]) for code, words in outcomes.choices if code in counts]
