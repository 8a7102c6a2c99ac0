"""How moderation is doing, for staff: plain values and pictures of some days, in 13 queries at most.

Each query is bounded, whatever the size of the site: of more than MOST rows the newest count.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from statistics import median

from django.conf import settings
from django.db.models import Count, Q
from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.text import Truncator
from django.utils.translation import gettext as _

from forum.discussions import tree, walk
from forum.discussions.models import TAKEN_AWAY, VERDICTS, Appeal, Comment, Event, Report, State
from forum.moderation import alarms
from forum.moderation.models import Alarm
from forum.moderation.spam import figures
from forum.worker.pictures import Picture, Series, units

SPANS = {"week": 7, "month": 30, "quarter": 90}  # days
MOST = 10_000  # rows of a query
TIMED = 4_000  # decisions, the newest, of which it is told how long they took
BRANCHES = 10
SHARE = 0.8  # of a thread's comments are in its busy branch
BAR, ROW = 352, 38  # the longest bar, and the height of a row of the picture
TITLE_CHARS = 40  # of what stands over a bar
ALARMS = 10
HOUR = timedelta(hours=1)
AGES = [(1, "1 h"), (4, "4 h"), (24, "1 d"), (72, "3 d"), (168, "7 d")]  # hours, and their words


@dataclass(frozen=True)
class Said:
    """What staff said of a comment, once."""

    pk: int
    comment_id: int
    verb: str
    before: str
    at: datetime

    @property
    def is_undo(self) -> bool:
        return self.verb == "undo"


@dataclass(frozen=True)
class Branch:
    """A busy branch of the talk, and its bar in a picture 360 wide."""

    number: str
    topic: str
    address: str
    comments: int
    people: int
    taken_away: int
    width: str  # of its bar in the picture, and of the part that was taken away
    gone_width: str
    y: int

    @property
    def text_y(self) -> int:
        return self.y + 14

    @property
    def bar_y(self) -> int:
        return self.y + 19

    @property
    def short(self) -> str:
        """The title as it stands in the picture."""
        return Truncator(self.topic).chars(TITLE_CHARS)


@dataclass(frozen=True)
class Share:
    """How many of how many; `percent` is None of nothing."""

    count: int
    whole: int

    @property
    def percent(self) -> float | None:
        return 100 * self.count / self.whole if self.whole else None


@dataclass(frozen=True)
class Health:
    span: str
    days: int
    decided: int
    is_cut: bool  # there is more in these days than was looked at
    half_hours: float | None
    most_hours: float | None
    waiting: int
    oldest_at: datetime | None
    undone: Share
    appeals: Share  # granted, of those decided
    appeals_open: int
    declined: Share  # reports in which nothing was found, of those settled
    caught: int  # spam that waited when staff saw it
    missed: int  # that readers could see
    pictures: list[Picture]
    branches: list[Branch]
    spam: figures.Figures
    alarms: list[Alarm]

    @classmethod
    def now(cls, span: str) -> "Health":
        days = SPANS[span]
        today = timezone.localdate()
        dates = [today - timedelta(days=back) for back in range(days - 1, -1, -1)]
        since = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
        since -= timedelta(days=days - 1)
        said = _said(since)
        decided = [one for one in said if not one.is_undo]
        reports = _reports(since)
        waits = [*_waits(said), *((end, end - begun) for begun, end, _outcome in reports)]
        due = list(Comment.objects.due().only("state", "state_at", "due_at")[:MOST])
        times = sorted(wait / HOUR for _at, wait in waits)
        appeals = _appeals(since)
        spam = [one for one in decided if one.verb == "spam"]
        return cls(
            span=span,
            days=days,
            decided=len(decided),
            is_cut=len(said) == MOST,
            half_hours=median(times) if times else None,
            most_hours=times[int(0.9 * (len(times) - 1))] if times else None,
            waiting=len(due),
            oldest_at=alarms.waits_since(due[: alarms.LOOKED_AT]),
            undone=Share(len(said) - len(decided), len(decided)),
            appeals=Share(appeals["granted"], appeals["decided"]),
            appeals_open=appeals["open"],
            declined=_declined(reports),
            caught=sum(one.before == State.HELD for one in spam),
            missed=sum(one.before == State.PUBLIC for one in spam),
            pictures=_pictures(dates, decided, waits, [one.due_at for one in due if one.due_at]),
            branches=_branches(since),
            spam=figures.Figures.since(since),
            alarms=list(Alarm.objects.order_by("-began_at")[:ALARMS]),
        )

    @property
    def half_words(self) -> str:
        return in_words(self.half_hours or 0)

    @property
    def most_words(self) -> str:
        return in_words(self.most_hours or 0)

    @property
    def branches_height(self) -> int:
        return ROW * len(self.branches)

    @property
    def is_old(self) -> bool:
        """Return True if the queue is as old as staff are told of."""
        limit = settings.ALARM_BACKLOG_HOURS * HOUR
        return bool(self.oldest_at and self.oldest_at < timezone.now() - limit)


def in_words(hours: float) -> str:
    """Return a time as somebody would say it: 12 min, 3.5 h, 2.1 days."""
    if hours < 1:
        return _("%(n)d min") % {"n": round(60 * hours)}
    if hours < 48:
        return _("%(n)s h") % {"n": number_format(hours, 1 if hours < 10 else 0)}
    return _("%(n)s days") % {"n": number_format(hours / 24, 1)}


def _said(since: datetime) -> list[Said]:
    """Return what staff said of comments' states, and what of that was taken back, oldest first."""
    rows = Event.objects.verdicts().filter(at__gte=since, comment_id__isnull=False)
    fields = ("pk", "comment_id", "verb", "before", "at")
    found = [Said(*row) for row in rows.order_by("-at").values_list(*fields)[:MOST]]
    # An undo of something else (a lock, a text) has that verb before it.
    known = {*State.values, *VERDICTS}
    return [one for one in reversed(found) if not one.is_undo or one.before in known]


def _waits(said: Sequence[Said]) -> list[tuple[datetime, timedelta]]:
    """Return (when, after how long) of each decision about a comment that was held."""
    ended = [one for one in said if one.before == State.HELD and not one.is_undo][-TIMED:]
    if not ended:
        return []
    ids = {one.comment_id for one in ended}
    held = Event.objects.filter(comment_id__in=ids, after=State.HELD)
    began: dict[int, list[tuple[int, datetime]]] = defaultdict(list)
    for pk, comment_id, at in held.order_by("pk").values_list("pk", "comment_id", "at"):
        began[comment_id or 0].append((pk, at))
    found = []
    for one in ended:
        last = max((each for each in began[one.comment_id] if each[0] < one.pk), default=None)
        if last:
            found.append((one.at, max(one.at - last[1], timedelta())))
    return found


def _reports(since: datetime) -> list[tuple[datetime, datetime, str]]:
    """Return (when it came, when it was settled, the outcome) of reports settled since then."""
    rows = Report.objects.filter(settled_at__gte=since).order_by("-settled_at")
    fields = rows.values_list("created_at", "settled_at", "outcome")[:MOST]
    return [(begun, end, outcome) for begun, end, outcome in fields if end]


def _declined(reports: Iterable[tuple[datetime, datetime, str]]) -> Share:
    outcomes = Counter(outcome for _begun, _end, outcome in reports)
    declined, agreed = outcomes[Report.Outcome.DECLINED], outcomes[Report.Outcome.AGREED]
    return Share(declined, declined + agreed)


def _appeals(since: datetime) -> dict[str, int]:
    is_lately = Q(decided_at__gte=since)
    return Appeal.objects.filter(is_lately | Q(decided_at=None)).aggregate(
        granted=Count("pk", filter=is_lately & Q(outcome=Appeal.Outcome.OVERTURNED)),
        decided=Count("pk", filter=is_lately),
        open=Count("pk", filter=Q(decided_at=None)),
    )


# --------------------------------------------------------------------------------------------- branches


def _branches(since: datetime) -> list[Branch]:
    """Return where the most of the newest MOST comments of these days stand; three queries.

    Of the threads with the most of them each is there once: by the deepest comment that has at least
    SHARE of its thread's in its branch, itself counted. The numbers are those of that branch.
    """
    newest = Comment.objects.written_since(since).order_by("-created_at", "-pk").values("pk")[:MOST]
    written = Comment.objects.filter(pk__in=newest)
    fields = ("member_id", "pen_id", "author_name", "state")
    found = tree.busy_branches(written, fields, most=BRANCHES, share=SHARE)
    tops = Comment.objects.select_related("thread__topic").in_bulk([one.top_id for one in found])
    there = [(tops[one.top_id], one) for one in found if one.top_id in tops]
    most = max((len(one.found) for _top, one in there), default=1)
    return [_branch(top, one, most, at) for at, (top, one) in enumerate(there)]


def _branch(top: Comment, busy: tree.Busy, most: int, at: int) -> Branch:
    rows = busy.found
    gone = sum(state in TAKEN_AWAY for *_who, state in rows)
    return Branch(
        number=walk.number(busy.ordinals, ()),
        topic=top.thread.topic.title,
        address=top.get_absolute_url(),
        comments=len(rows),
        people=len({member or (pen and -pen) or name for member, pen, name, _state in rows}),
        taken_away=gone,
        width=units(BAR * len(rows) / most),
        gone_width=units(BAR * gone / most),
        y=ROW * at,
    )


# --------------------------------------------------------------------------------------------- pictures


def _pictures(
    dates: Sequence[date],
    decided: Sequence[Said],
    waits: Sequence[tuple[datetime, timedelta]],
    due: Sequence[datetime],
) -> list[Picture]:
    names = [date_format(day, "j M") for day in dates]
    step = max(1, len(dates) // 6)
    marks = [date_format(day, "j M") if at % step == 0 else "" for at, day in enumerate(dates)]

    def by_day(is_meant: Callable[[Said], bool]) -> list[float | None]:
        counted = Counter(timezone.localdate(one.at) for one in decided if is_meant(one))
        return [counted[day] for day in dates]

    hours = defaultdict(list)
    for at, wait in waits:
        hours[timezone.localdate(at)].append(wait / HOUR)
    # No finer than half a minute: nobody reads a millionth of an hour beside a line.
    times = [max(0.01, round(median(hours[day]), 2)) if day in hours else None for day in dates]
    return [
        Picture(
            title=_("Decisions"),
            words=_("What staff said of comments, day by day."),
            series=[
                Series(_("approved"), "1", by_day(lambda one: one.verb in _KEPT)),
                Series(_("held"), "2", by_day(lambda one: one.verb == "hold")),
                Series(_("taken away"), "3", by_day(lambda one: one.verb in ("spam", "remove"))),
            ],
            names=names,
            marks=marks,
        ),
        Picture(
            title=_("Time to a decision"),
            words=_("Hours from when it came to wait, half of them within."),
            series=[Series(_("half of them within"), "1", times)],
            names=names,
            marks=marks,
            unit=" h",
            is_line=True,
        ),
        Picture(
            title=_("Spam"),
            words=_("Caught: it waited when staff saw it. Missed: readers could see it."),
            series=[
                Series(_("caught"), "1", by_day(_is_caught)),
                Series(_("missed"), "3", by_day(_is_missed)),
            ],
            names=names,
            marks=marks,
        ),
        _ages(due),
    ]


_KEPT = ("approve", "keep", "restore")


def _is_caught(one: Said) -> bool:
    return one.verb == "spam" and one.before == State.HELD


def _is_missed(one: Said) -> bool:
    return one.verb == "spam" and one.before == State.PUBLIC


def _ages(due: Iterable[datetime]) -> Picture:
    now = timezone.now()
    counts = [0] * (len(AGES) + 1)
    for at in due:
        counts[sum(now - at >= hours * HOUR for hours, _words in AGES)] += 1
    names = [_("up to %(age)s") % {"age": words} for _hours, words in AGES]
    return Picture(
        title=_("What waits, by age"),
        words=_("What there is to decide now; reports and heat count as time, as in the queue."),
        series=[Series(_("wait"), "2", [*counts])],
        names=[*names, _("longer")],
        marks=[*(f"≤ {words}" for _hours, words in AGES), _("longer")],
    )
