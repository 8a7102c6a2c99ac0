"""What cannot wait until somebody looks: the queue is old, or a branch grows too quickly.

The worker looks once a minute. Staff are told once, by mail and by a webhook, as the settings say;
again only after it has ended, which is when it has sunk below half of what set it off.
"""

import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Count
from django.urls import reverse
from django.utils import timezone, translation
from django_tasks import task

from forum.discussions.models import Appeal, Comment, HeldEdit, Report
from forum.moderation import webhook
from forum.moderation.models import Alarm
from forum.worker.letters import letter
from forum.worker.work import GiveUp

LOOK_S = 60
HOUR = timedelta(hours=1)
KEPT_DAYS = 90
LOOKED_AT = 200  # of the queue, from its head; what has waited longest is there
MOST_BRANCHES = 20  # told of by one look
_next_look = 0.0  # of time.monotonic


class Cause(NamedTuple):
    """What would set an alarm off: of which kind, where, how many comments, how far along."""

    kind: str
    thread_id: int
    size: int
    share: float  # of what is needed; 1: told


def watch() -> int:
    """Look once a minute; return 0, as there is never more to do at once. For settings.ERRANDS."""
    global _next_look
    if time.monotonic() >= _next_look:
        _next_look = time.monotonic() + LOOK_S
        look()
    return 0


def look() -> int:
    """Tell staff of what is new, end what is over; return how many alarms began."""
    found = {(one.kind, one.thread_id): one for one in [backlog(), *branches()]}
    for alarm in Alarm.objects.on():
        cause = found.get((alarm.kind, alarm.thread_id))
        if cause is None or cause.share < 0.5:
            Alarm.objects.on().filter(pk=alarm.pk).update(ended_at=timezone.now())
    return sum(_tell(one) for one in found.values() if one.share >= 1)


def waits_since(first: Sequence[Comment]) -> datetime | None:
    """Return since when that of these has waited which waits longest, by the clock: the queue itself
    counts reports and heat as time (discussions/priority.py). Two queries.
    """
    ids = [one.pk for one in first]
    moments = [one.state_at for one in first if one.is_held]
    moments += Report.objects.open().filter(comment__in=ids).values_list("created_at", flat=True)
    moments += HeldEdit.objects.filter(comment__in=ids).values_list("created_at", flat=True)
    return min(moments, default=None)


def backlog() -> Cause:
    moments = [
        waits_since(Comment.objects.due()[:LOOKED_AT]),
        Appeal.objects.open().order_by("pk").values_list("created_at", flat=True).first(),
    ]
    oldest = min((at for at in moments if at), default=None)
    waited = timezone.now() - oldest if oldest else timedelta()
    share = waited / (settings.ALARM_BACKLOG_HOURS * HOUR)
    size = Comment.objects.due().count() + Appeal.objects.open().count() if share >= 1 else 0
    return Cause(Alarm.Kind.BACKLOG, 0, size, share)


def branches() -> list[Cause]:
    """Return the threads that have at least half as many comments of the last hour as are told of."""
    needed = settings.ALARM_BRANCH_COMMENTS
    rows = Comment.objects.written_since(timezone.now() - HOUR).order_by().values_list("thread_id")
    counted = rows.annotate(n=Count("pk")).filter(n__gte=needed / 2).order_by("-n", "thread_id")
    return [
        Cause(Alarm.Kind.BRANCH, thread_id, n, n / needed)
        for thread_id, n in counted[:MOST_BRANCHES]
    ]


def _tell(cause: Cause) -> bool:
    """Begin the alarm and queue what tells of it, in one transaction; False if it is on already."""
    known = {"kind": cause.kind, "thread_id": cause.thread_id}
    if Alarm.objects.on().filter(**known).exists():
        return False
    try:
        with transaction.atomic():
            alarm = Alarm.objects.create(**known, size=cause.size)
            if settings.MAILS:
                _write(alarm)
            if settings.ALARM_WEBHOOK:
                send.enqueue(alarm.pk)
    except IntegrityError:  # another worker was as quick
        return False
    return True


def _write(alarm: Alarm) -> None:
    with translation.override(settings.LANGUAGE_CODE):
        context = {"alarm": alarm, "page_url": _page(), "hours": settings.ALARM_BACKLOG_HOURS}
        for address in settings.ALARM_EMAIL:
            letter("alarm", address, context).send()


@task()
def send(alarm_id: int) -> str:
    """Post the alarm to the webhook; the worker tries again where that may help."""
    alarm = Alarm.objects.filter(pk=alarm_id).first()
    if alarm is None or not settings.ALARM_WEBHOOK:
        return "nothing to send"
    try:
        webhook.post(settings.ALARM_WEBHOOK, settings.ALARM_WEBHOOK_KEY, facts(alarm))
    except webhook.Refused as refusal:
        raise GiveUp(str(refusal)) from refusal
    return "sent"


def facts(alarm: Alarm) -> dict[str, str | int]:
    """Return what a webhook is told: numbers and an address of staff's, nobody's name or words."""
    return {
        "id": alarm.pk,
        "site": settings.SITE_URL,
        "kind": alarm.kind,
        "comments": alarm.size,
        "thread": alarm.thread_id,
        "began_at": alarm.began_at.isoformat(timespec="seconds"),
        "page": _page(),
    }


def _page() -> str:
    return f"{settings.SITE_URL}{reverse('admin:moderation_alarm_changelist')}"


def forget_alarms() -> str:
    """Delete alarms that ended long ago; return what was done, in words."""
    before = timezone.now() - timedelta(days=KEPT_DAYS)
    count, _by_model = Alarm.objects.filter(ended_at__lt=before).delete()
    return f"alarms that ended {KEPT_DAYS} days ago: {count:,} deleted"
