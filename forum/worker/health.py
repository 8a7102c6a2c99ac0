"""How the site is doing, for staff: plain values and pictures of a day or a week, in 12 queries."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from operator import eq

from django.db.models import Sum
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from forum.present import BOUNDS_S, BUCKETS
from forum.worker.desk import Desk
from forum.worker.figures import this_hour
from forum.worker.models import Check, Tally
from forum.worker.pictures import Picture, Series, quantile

SPANS = {"day": (24, 1), "week": (168, 6)}  # hours in all, hours in a column
NIGHTS = 14
PAGES = 40  # in the table
NOT_SHOWN = "shape"  # looks for what is seldom kept say nothing
Found = dict[tuple[str, str], float]  # (name, label): how many


@dataclass(frozen=True)
class Page:
    """What one page did; times in milliseconds."""

    name: str
    answers: int
    share: str  # of the busiest page's, in percent: how long its bar is
    half_ms: float | None
    most_ms: float | None
    queries: float
    slow: int
    failed: int


@dataclass(frozen=True)
class Night:
    at: datetime
    check: Check | None  # None: none was done

    @property
    def kind(self) -> str:
        if self.check is None:
            return "none"
        return "bad" if self.check.faults else "good"


@dataclass(frozen=True)
class Health:
    span: str
    pictures: list[Picture]
    pages: list[Page]
    refusals: list[tuple[str, int]]
    nights: list[Night]
    last_check: Check | None
    desk: Desk
    answers: int
    failed: int
    half_ms: float | None
    most_ms: float | None
    posts: int

    @classmethod
    def now(cls, span: str) -> "Health":
        hours, step = SPANS[span]
        last = this_hour()
        first = last - hours + 1
        columns = _columns(first, last, step)
        pages = _pages(first, last)
        whole = _whole(columns)
        checks = list(Check.objects.filter(what="trees").order_by("-started_at")[: 3 * NIGHTS])
        return cls(
            span=span,
            pictures=_pictures(columns, [first + step * n for n in range(hours // step)], step),
            pages=pages,
            refusals=_refusals(whole),
            nights=_nights(checks),
            last_check=next((check for check in checks if check.done_at), None),
            desk=Desk.now(),
            answers=round(sum(_of(whole, "requests"))),
            failed=round(sum(_of(whole, "requests", lambda label: " 5" in label))),
            half_ms=_ms(whole, 0.5),
            most_ms=_ms(whole, 0.95),
            posts=round(sum(_of(whole, "posts"))),
        )


# ------------------------------------------------------------------------------------ what was counted


def _columns(first: int, last: int, step: int) -> list[Found]:
    """Return what was counted in each column."""
    columns: list[Found] = [defaultdict(float) for _n in range((last - first + 1) // step)]
    rows = Tally.objects.filter(hour__range=(first, last)).exclude(name="cache", page=NOT_SHOWN)
    asked = rows.order_by().values_list("hour", "name", "label").annotate(n=Sum("value"))
    for hour, name, label, value in asked:
        columns[(hour - first) // step][name, label] += value
    return columns


def _whole(columns: Sequence[Found]) -> Found:
    found: Found = defaultdict(float)
    for column in columns:
        for key, value in column.items():
            found[key] += value
    return found


def _of(
    found: Found, name: str, is_meant: Callable[[str], bool] = lambda _label: True
) -> list[float]:
    return [value for (of, label), value in found.items() if of == name and is_meant(label)]


def _ms(found: Mapping[tuple[str, str], float], share: float) -> float | None:
    counted = [found.get(("seconds_bucket", bound), 0) for bound in BUCKETS]
    seconds = quantile(counted, BOUNDS_S, share)
    return None if seconds is None else seconds * 1000


def _pages(first: int, last: int) -> list[Page]:
    by_page: dict[str, Found] = defaultdict(lambda: defaultdict(float))
    names = ("requests", "seconds_bucket", "queries", "slow_queries")
    rows = Tally.objects.filter(hour__range=(first, last), name__in=names).order_by()
    for page, name, label, value in rows.values_list("page", "name", "label").annotate(
        n=Sum("value")
    ):
        by_page[page][name, label] = value
    answers = {page: sum(_of(found, "requests")) for page, found in by_page.items()}
    busiest = max(answers.values(), default=0) or 1
    return [
        Page(
            name=page,
            answers=round(answers[page]),
            share=f"{100 * answers[page] / busiest:.1f}",
            half_ms=_ms(by_page[page], 0.5),
            most_ms=_ms(by_page[page], 0.95),
            queries=by_page[page]["queries", ""] / (answers[page] or 1),
            slow=round(by_page[page]["slow_queries", ""]),
            failed=round(sum(_of(by_page[page], "requests", lambda label: " 5" in label))),
        )
        for page in sorted(by_page, key=lambda page: (-answers[page], page))[:PAGES]
    ]


def _refusals(whole: Found) -> list[tuple[str, int]]:
    found = [(label, round(value)) for (name, label), value in whole.items() if name == "refusals"]
    return sorted(found, key=lambda one: (-one[1], one[0]))


# ------------------------------------------------------------------------------------------- pictures


def _pictures(columns: list[Found], hours: list[int], step: int) -> list[Picture]:
    starts = [timezone.localtime(datetime.fromtimestamp(hour * 3600, UTC)) for hour in hours]
    names = [date_format(at, "j M, H:i") for at in starts]
    marks = [_mark(number, at, step) for number, at in enumerate(starts)]
    made = (_answers, _times, _statements, _kept, _posts, _refused, _queue)
    return [
        Picture(title=title, words=words, series=series, unit=unit, is_line=is_line, names=names, marks=marks)
        for title, words, series, unit, is_line in (make(columns) for make in made)
    ]  # fmt: skip


def _mark(number: int, at: datetime, step: int) -> str:
    """Return what stands under a column: every sixth hour, or each day where it begins."""
    if step == 1:
        return f"{at:%H}" if number % 6 == 0 else ""
    return date_format(at, "D") if number % 4 == 0 else ""


Drawn = tuple[str, str, list[Series], str, bool]  # title, words, series, unit, is it lines?


def _summed(columns: list[Found], name: str, is_meant: Callable[[str], bool]) -> list[float | None]:
    return [sum(_of(column, name, is_meant)) for column in columns]


def _answers(columns: list[Found]) -> Drawn:
    def with_status(digits: str) -> list[float | None]:
        return _summed(columns, "requests", lambda label: label.partition(" ")[2][:1] in digits)

    series = [
        Series(_("given"), "1", with_status("123")),
        Series(_("refused"), "2", with_status("4")),
        Series(_("failed"), "3", with_status("5")),
    ]
    return _("Answers"), _("Refused is 4xx, failed is 5xx."), series, "", False


def _times(columns: list[Found]) -> Drawn:
    series = [
        Series(_("half of them within"), "1", [_ms(column, 0.5) for column in columns]),
        Series(_("95 of 100 within"), "3", [_ms(column, 0.95) for column in columns]),
    ]
    words = _("Milliseconds inside the site, without the way to the reader.")
    return _("Time an answer takes"), words, series, " ms", True


def _statements(columns: list[Found]) -> Drawn:
    each = [
        column.get(("queries", ""), 0) / answers
        if (answers := sum(_of(column, "requests")))
        else None
        for column in columns
    ]
    words = _("What an answer asked of the database, on average.")
    return _("Statements an answer"), words, [Series(_("statements"), "1", each)], "", True


def _kept(columns: list[Found]) -> Drawn:
    series = [
        Series(_("found"), "1", _summed(columns, "cache", lambda label: label == "hit")),
        Series(_("made anew"), "2", _summed(columns, "cache", lambda label: label == "miss")),
    ]
    words = _("Pages, and pieces of pages, looked for in the memory of the site's processes.")
    return _("Kept in memory"), words, series, "", False


def _posts(columns: list[Found]) -> Drawn:
    names = {"public": (_("shown"), "1"), "held": (_("held"), "2"), "spam": (_("spam"), "3")}
    series = [
        Series(name, kind, _summed(columns, "posts", partial(eq, state)))
        for state, (name, kind) in names.items()
    ]
    return _("Comments posted"), _("By what became of them at once."), series, "", False


def _refused(columns: list[Found]) -> Drawn:
    series = [Series(_("refused"), "2", _summed(columns, "refusals", lambda _label: True))]
    return (
        _("Not taken"),
        _("What people sent and the site refused; why stands below."),
        series,
        "",
        False,
    )


def _queue(columns: list[Found]) -> Drawn:
    each = [
        column.get(("queue", ""), 0) / seen if (seen := column.get(("queue_seen", ""), 0)) else None
        for column in columns
    ]
    words = _("Due and not begun, on average; a worker looks every minute.")
    return _("Tasks that wait"), words, [Series(_("tasks"), "1", each)], "", True


# --------------------------------------------------------------------------------------------- nights


def _nights(checks: list[Check]) -> list[Night]:
    """Return the last nights, the oldest first, each with its last check that was done."""
    by_day: dict[object, Check] = {}
    for check in checks:
        if check.done_at:
            by_day.setdefault(timezone.localtime(check.started_at).date(), check)
    today = timezone.localtime()
    days = [today - timedelta(days=back) for back in range(NIGHTS - 1, -1, -1)]
    return [Night(at, by_day.get(at.date())) for at in days]
