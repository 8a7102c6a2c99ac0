"""The public log: what moderators did, without anybody's name or words, by month, act, reason and film."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.db.models import Count, QuerySet
from django.db.models.functions import TruncMonth
from django.http import HttpRequest, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from films.models import Category, Film
from forum.accounts.readers import ANYBODY
from forum.discussions import answers, rules
from forum.discussions.models import Event, Reason, Topic
from forum.moderation.words import SUSPENDED_FOR, grouped, what, why

ROWS_A_PAGE = 50
MONTHS = 12
# What is shown, one by one: an act that is not named here is nobody's to read, whoever adds it.
ACTS = (
    "approve", "hold", "spam", "remove", "restore", "undo", "redact", "edit-staff", "edit-accept",
    "edit-drop", "purge", "purge-now", "detach", "merge", "move", "split", "lock-branch", "open-branch",
    "fold", "unfold", "slow", "slow-off", "no-replies", "replies", "pin", "unpin", "feature", "unfeature",
    "lock", "unlock", "close", "notice", "notice-off", "hold-all", "hold-no-more", "hold-guests",
    "free-guests", "suspend", "reinstate", "ban", "warn", "hold-person", "free-person", "remove-all",
    "block", "unblock", "appeal-kept", "appeal-won",
)  # fmt: skip
# The columns of the figures: heading, and the verbs that are counted in it.
FIGURES = [
    (_("reported"), ("report",)),
    (_("removed"), ("remove", "purge", "purge-now")),
    (_("spam"), ("spam",)),
    (_("held"), ("hold",)),
    (_("let stand"), ("approve", "restore")),
    (_("taken back"), ("undo",)),
    (_("appeals"), ("appeal",)),
    (_("of them won"), ("appeal-won",)),
]


@dataclass(frozen=True)
class Wanted:
    """What an address asks of the log; what makes no sense asks for nothing."""

    month: str = ""  # "2026-11"
    act: str = ""
    reason: str = ""
    category: str = ""  # address of it
    talk: int = 0
    before: int = 0

    @classmethod
    def of(cls, query: QueryDict) -> "Wanted":
        act, reason = query.get("act", ""), query.get("reason", "")
        month = query.get("month", "")
        return cls(
            month if _month(month) else "",
            act if act in ACTS else "",
            reason if reason in dict(reasons()) else "",
            query.get("category", "")[:80].replace("\x00", ""),
            _number(query.get("talk", "")),
            _number(query.get("before", "")),
        )

    def query(self, **changes: Any) -> str:
        """Return the query string of this choice with `changes`."""
        given = {**vars(self), "before": 0, **changes}
        found = {name: value for name, value in given.items() if value}
        return f"?{urlencode(found)}" if found else "?"


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0


def _month(text: str) -> tuple[datetime, datetime] | None:
    """Return when a month begins and the next one, by the site's clock; None if it is no month."""
    try:
        begin = datetime.strptime(text, "%Y-%m").replace(tzinfo=timezone.get_current_timezone())
        end = begin.replace(year=begin.year + begin.month // 12, month=begin.month % 12 + 1)
    except ValueError:
        return None
    return (begin, end) if 2000 <= begin.year < 9000 else None


def reasons() -> list[tuple[str, Any]]:
    """Return (code, words) of all reasons, each once."""
    found: dict[str, Any] = {**dict(Reason.choices), **SUSPENDED_FOR, **dict(Reason.choices)}
    return [(str(code), words) for code, words in found.items()]


@require_safe
def log(request: HttpRequest) -> HttpResponseBase:
    """The log, the last first, and the figures of a year; eight queries at most, whatever was done."""
    wanted = Wanted.of(request.GET)
    return answers.shared(request, None, lambda: _page(request, wanted))


def _page(request: HttpRequest, wanted: Wanted) -> HttpResponse:
    acts = _about(Event.objects.public_acts(ACTS), wanted)
    found = list(_chosen(acts, wanted)[: ROWS_A_PAGE + 1])
    shown = found[:ROWS_A_PAGE]
    topics = Topic.objects.visible_to(ANYBODY).in_bulk(
        {row.topic_id for row in shown if row.topic_id} | {wanted.talk}
    )
    figures = _figures(wanted)
    context = {
        "wanted": wanted,
        "rows": [_row(event, topics.get(event.topic_id or 0), wanted) for event in shown],
        "figures": figures,
        "headings": [heading for heading, _verbs in FIGURES],
        "months": [row["month"] for row in figures],
        "acts": grouped(ACTS),
        "reasons": reasons(),
        "categories": list(Category.objects.order_by("name").values_list("slug", "name")),
        "talk": topics.get(wanted.talk),
        "without_talk": wanted.query(talk=0),
        "next": wanted.query(before=shown[-1].pk) if len(found) > ROWS_A_PAGE else "",
        "first": wanted.query() if wanted.before else "",
    }
    return render(request, "moderation/log.html", context)


def _about(rows: QuerySet[Event], wanted: Wanted) -> QuerySet[Event]:
    """Narrow to a talk, or to the films of a category; films that are not shown are in none."""
    if wanted.talk:
        shown = Topic.objects.visible_to(ANYBODY).filter(pk=wanted.talk)
        return rows.filter(topic_id__in=shown.values("pk"))
    if not wanted.category:
        return rows
    films = Film.objects.visible_to(ANYBODY)
    by_main = films.filter(category__slug=wanted.category).values("topic_id")
    by_more = films.filter(categories__slug=wanted.category).values("topic_id")
    return rows.filter(topic_id__in=by_main.union(by_more))


def _chosen(rows: QuerySet[Event], wanted: Wanted) -> QuerySet[Event]:
    if period := _month(wanted.month):
        rows = rows.filter(at__gte=period[0], at__lt=period[1])
    if wanted.act:
        rows = rows.filter(verb=wanted.act)
    if wanted.reason:
        rows = rows.filter(reason=wanted.reason)
    if wanted.before:
        rows = rows.filter(pk__lt=wanted.before)
    return rows.order_by("-pk")


def _row(event: Event, topic: Topic | None, wanted: Wanted) -> dict[str, Any]:
    """Return what a line says: neither who nor to whom, and a film only while everybody sees it."""
    return {
        "day": timezone.localtime(event.at),
        "what": what(event),
        "why": why(event) if event.reason in dict(reasons()) else "",
        "rule": rules.rule_of(event.reason),
        "topic": topic,
        "only": wanted.query(talk=topic.pk, category="") if topic else "",
        "is_hidden": bool(event.topic_id) and topic is None,
    }


def _figures(wanted: Wanted) -> list[dict[str, Any]]:
    """Return the figures of the last months, the present one first; one query."""
    here = timezone.localtime()
    months = here.year * 12 + here.month - 1
    begin = here.replace(
        year=(months - MONTHS + 1) // 12,
        month=(months - MONTHS + 1) % 12 + 1,
        day=1, hour=0, minute=0, second=0, microsecond=0,
    )  # fmt: skip
    verbs = [verb for _heading, some in FIGURES for verb in some]
    rows = _about(Event.objects.public_acts(verbs), wanted).filter(at__gte=begin).order_by()
    counts: dict[datetime, dict[str, int]] = defaultdict(dict)
    for month, verb, count in (
        rows.annotate(month=TruncMonth("at")).values_list("month", "verb").annotate(n=Count("pk"))
    ):
        counts[month][verb] = count
    return [
        {
            "month": month.strftime("%Y-%m"),
            "at": month,
            "counts": [sum(found.get(verb, 0) for verb in some) for _heading, some in FIGURES],
        }
        for month, found in sorted(counts.items(), reverse=True)
    ]
