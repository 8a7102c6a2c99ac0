"""How the worker and the mail are doing: plain values for staff, at most 7 queries."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Case, Count, F, Min, Q, When
from django.utils import timezone
from django_tasks_db.models import DBTaskResult, get_date_max

from forum.worker.models import Letter, Sign, Tick

UNSEEN = timedelta(minutes=10)  # no worker was seen for so long: staff are told
ROWS = 50
_READY, _RUNNING, _FAILED = (Q(status=status) for status in ("READY", "RUNNING", "FAILED"))


@dataclass(frozen=True)
class Trouble:
    """A task or letter that failed. `next_at` is when it is tried again; None: it was given up."""

    kind: str  # "task" or "letter"
    pk: Any
    what: str
    at: datetime
    tries: int
    words: str
    next_at: datetime | None
    can_retry: bool


@dataclass(frozen=True)
class Desk:
    due: int  # tasks
    later: int
    running: int
    failed: int
    oldest_at: datetime | None  # since when the task waits that has waited longest
    letters_waiting: int
    letters_sent: int  # those not yet forgotten
    letters_failed: int
    troubles: list[Trouble]
    last_sign: Sign | None
    workers: int
    ticks: list[Tick]
    mails: bool

    @classmethod
    def now(cls) -> "Desk":
        letters = Letter.objects.count_by_state()
        signs = list(Sign.objects.order_by("-seen_at")[:ROWS])
        return cls(
            **_tasks(timezone.now()),
            letters_waiting=sum(letters.get(state, 0) for state in Letter.WAITING),
            letters_sent=letters.get(Letter.State.SENT, 0),
            letters_failed=sum(letters.get(state, 0) for state in Letter.FAILED),
            troubles=[*_task_troubles(), *_letter_troubles()],
            last_sign=signs[0] if signs else None,
            workers=sum(sign.is_alive for sign in signs),
            ticks=list(Tick.objects.exclude(done_at=None).order_by("-hour")[:3]),
            mails=settings.MAILS,
        )

    @property
    def is_alive(self) -> bool:
        return self.workers > 0

    @property
    def is_unseen(self) -> bool:
        """Return True if no worker has been seen for 10 minutes, or ever."""
        return not self.last_sign or self.last_sign.seen_at < timezone.now() - UNSEEN

    @property
    def can_retry(self) -> bool:
        return any(trouble.can_retry for trouble in self.troubles)


def _tasks(now: datetime) -> dict[str, Any]:
    """Return how many tasks are due, later, running, failed, and since when the oldest is due."""
    is_due = _READY & (Q(run_after=get_date_max()) | Q(run_after__lte=now))
    since = Case(When(run_after=get_date_max(), then=F("enqueued_at")), default=F("run_after"))
    found = DBTaskResult.objects.aggregate(
        due=Count("pk", filter=is_due),
        ready=Count("pk", filter=_READY),
        running=Count("pk", filter=_RUNNING),
        failed=Count("pk", filter=_FAILED),
        oldest_at=Min(since, filter=is_due),
    )
    found["later"] = found.pop("ready") - found["due"]
    return found


def _task_troubles() -> list[Trouble]:
    rows = DBTaskResult.objects.filter(_FAILED | (_READY & ~Q(traceback="")))
    return [
        Trouble(
            kind="task",
            pk=row.pk,
            what=row.task_path.rpartition(".")[2],
            at=row.enqueued_at,
            tries=len(row.worker_ids),
            words=(row.traceback.strip().splitlines() or [""])[-1][:400],
            next_at=row.run_after if row.status == "READY" else None,
            can_retry=row.status == "FAILED",
        )
        for row in rows.order_by("-enqueued_at")[:ROWS]
    ]


def _letter_troubles() -> list[Trouble]:
    return [
        Trouble(
            kind="letter",
            pk=letter.pk,
            what=f"{letter.kind or letter.subject}, {letter.to}",
            at=letter.created_at,
            tries=letter.attempts,
            words=f"{letter.get_state_display()}: {letter.error}",
            next_at=None if letter.state in Letter.FAILED else letter.next_at,
            can_retry=letter.state in Letter.FAILED and bool(letter.text),
        )
        for letter in Letter.objects.troubled().order_by("-created_at")[:ROWS]
    ]
