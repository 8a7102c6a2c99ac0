"""The tabs of the queue: which comments each shows, in what order, and how many there are."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import OuterRef, QuerySet, Subquery
from django.utils.translation import gettext_lazy as _

from forum.accounts.readers import Reader
from forum.discussions import services
from forum.discussions.models import Appeal, Comment, Event, Report
from forum.moderation.words import STAFF_VERBS

MOST_COUNTED = 5_000
MOST_MINE = 500  # decisions of one's own, the last
NEEDS, ALL = "needs", "all"
WAITING = (NEEDS, "reported", "held", "appeals")  # tabs that ask for a decision


def _mine(rows: Any, reader: Reader) -> Any:
    last = Event.objects.filter(comment_id=OuterRef("pk"), actor_id=_id(reader))
    last = last.filter(verb__in=STAFF_VERBS).order_by("-pk")
    decided = rows.filter(pk__in=list(_decided_ids(reader)))
    return decided.annotate(decided_in=Subquery(last.values("pk")[:1])).order_by(
        "-decided_in", "-pk"
    )


def _id(reader: Reader) -> int:
    return int(reader.user.pk) if reader.user else 0


def _decided_ids(reader: Reader) -> set[int]:
    """Return the comments of the last decisions of whoever asks; one query."""
    mine = Event.objects.filter(actor_id=_id(reader), verb__in=STAFF_VERBS)
    rows = mine.exclude(comment_id=None).order_by("-pk")[:MOST_MINE]
    return {pk for pk in rows.values_list("comment_id", flat=True) if pk}


def _appealed(rows: Any, reader: Reader) -> Any:
    first = Appeal.objects.open().filter(comment=OuterRef("pk")).order_by("pk")
    found = rows.filter(pk__in=Appeal.objects.open().values("comment"))
    return found.annotate(appeal_id=Subquery(first.values("pk")[:1])).order_by("appeal_id", "pk")


@dataclass(frozen=True)
class Tab:
    """One tab: its word, the comments it shows in order, and how a page without any says so."""

    name: str
    words: Any
    rows: Callable[[Any, Reader], Any]
    empty: Any
    counted: Callable[[Any, Reader], Any] | None = (
        None  # where rows would ask for more than a count
    )


TABS = {
    tab.name: tab
    for tab in [
        Tab(
            NEEDS,
            _("Needs decision"),
            lambda rows, reader: rows.due(),
            _("Nothing waits. The house is quiet."),
        ),
        Tab(
            "reported",
            _("Reported"),
            lambda rows, reader: rows.due().filter(pk__in=Report.objects.open().values("comment")),
            _("No report waits."),
        ),
        Tab("held", _("Held"), lambda rows, reader: rows.due().held(), _("Nothing is held.")),
        Tab(
            "newcomers",
            _("Newcomers"),
            lambda rows, reader: rows.of_newcomers(),
            _("Nobody new has written anything that was not looked at."),
        ),
        Tab("appeals", _("Appeals"), _appealed, _("Nobody appeals against a decision.")),
        Tab(
            "mine",
            _("Decided by me"),
            _mine,
            _("You have not decided anything yet."),
            counted=lambda rows, reader: (
                Event.objects.filter(actor_id=_id(reader), verb__in=STAFF_VERBS)
                .exclude(comment_id=None)
                .order_by("-pk")[:MOST_MINE]
            ),
        ),
        Tab(
            ALL,
            _("Everything"),
            lambda rows, reader: rows.held_first(),
            _("Nothing here. The house is quiet."),
        ),
    ]
}


@dataclass(frozen=True)
class Counted:
    """A tab as the page shows it."""

    name: str
    words: str
    count: int

    @property
    def shown(self) -> str:
        most = MOST_MINE if self.name == "mine" else MOST_COUNTED
        return f"{most:,}+" if self.count >= most else f"{self.count:,}"


def counted(reader: Reader, names: Iterable[str] = tuple(TABS)) -> list[Counted]:
    """Return these tabs with how many comments each has, MOST_COUNTED at most; one query."""
    parts, values = [], []
    shown = services.in_scope(Comment.objects.visible_to(reader), reader)
    tabs = [TABS[name] for name in names]
    for tab in tabs:
        rows = (tab.counted or tab.rows)(shown, reader)
        text, given = _count_sql(rows)
        parts.append(text)
        values += given
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(parts)}", values)
        found = cursor.fetchone()
    return [
        Counted(tab.name, str(tab.words), int(count))
        for tab, count in zip(tabs, found, strict=True)
    ]


def _count_sql(rows: QuerySet[Any]) -> tuple[str, list[Any]]:
    if not rows.query.is_sliced:
        rows = rows.order_by()[:MOST_COUNTED]
    try:
        text, values = rows.values("pk").query.sql_with_params()
    except EmptyResultSet:
        return "0", []
    return f"(SELECT COUNT(*) FROM ({text}) counted)", list(values)  # noqa: S608 (the ORM made it)


def tab_of(query: Any) -> Tab:
    """Return the tab that a query string asks for: what needs a decision, or everything where one looks
    for something in particular.
    """
    if (name := query.get("tab")) in TABS:
        return TABS[name]
    return TABS[ALL if set(query) - {"p", "all", "e", "tab"} else NEEDS]
