"""What is due from time to time: the hourly tick, and what the queue itself must forget."""

import logging
from collections.abc import Iterator
from datetime import datetime, timedelta

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.module_loading import import_string
from django_tasks import task
from django_tasks_db.models import DBTaskResult

from forum.worker.delivery import deliver, enqueue
from forum.worker.models import Letter, Sign, Tick

log = logging.getLogger(__name__)
LETTER_DAYS = 30
TASK_DAYS = 14  # done; what failed is kept as long as a letter
SIGN_DAYS = 30  # of workers and ticks
FORGOTTEN = timedelta(minutes=10)  # a letter due for so long without a task is enqueued anew


def start_tick() -> bool:
    """Enqueue this hour's tick, unless another worker has; return whether it was us."""
    hour = _hour_of(timezone.now())
    if Tick.objects.filter(hour=hour).exists():
        return False
    try:
        with transaction.atomic():
            Tick.objects.create(hour=hour)
            run_tick.enqueue()
    except IntegrityError:
        return False
    return True


@task()
def run_tick() -> str:
    return "\n".join(words for words, _is_done in tick())


def tick() -> Iterator[tuple[str, bool]]:
    """Do all that settings.TICKS lists; yield (what was done in words, whether it was) for each.

    One that fails does not keep the others from being done.
    """
    lines: list[str] = []
    for path in settings.TICKS:
        words, is_done = _do(path)
        lines.append(words)
        yield words, is_done
    hour = _hour_of(timezone.now())
    done = {"done_at": timezone.now(), "words": "\n".join(lines)}
    Tick.objects.update_or_create(hour=hour, defaults=done)


def _do(path: str) -> tuple[str, bool]:
    try:
        return str(import_string(path)()), True
    except Exception as error:
        log.exception("%s failed", path)
        return f"{path} FAILED: {type(error).__name__}", False


def _hour_of(moment: datetime) -> datetime:
    return moment.replace(minute=0, second=0, microsecond=0)


def prune_letters() -> str:
    """Delete letters 30 days after they were written; the words of those sent are gone already."""
    before = timezone.now() - timedelta(days=LETTER_DAYS)
    count, _by_model = Letter.objects.filter(created_at__lt=before).delete()
    return f"letters older than {LETTER_DAYS} days: {count:,} deleted"


def prune_tasks() -> str:
    """Delete tasks done 14 days ago or failed 30, signs of workers and ticks older than 30."""
    now = timezone.now()
    done = DBTaskResult.objects.successful().filter(finished_at__lt=now - timedelta(days=TASK_DAYS))
    long_ago = now - timedelta(days=SIGN_DAYS)
    failed = DBTaskResult.objects.failed().filter(finished_at__lt=long_ago)
    count = done.delete()[0] + failed.delete()[0]
    Sign.objects.filter(seen_at__lt=long_ago).delete()
    Tick.objects.filter(hour__lt=long_ago).delete()
    return f"tasks done or failed long ago: {count:,} deleted"


def send_forgotten() -> str:
    """Enqueue letters that are due and have no task: after a restored backup, for example."""
    due = Letter.objects.waiting().filter(next_at__lt=timezone.now() - FORGOTTEN)
    count = 0
    if letters := {letter.pk: letter for letter in due}:
        for pk in _with_a_task():
            letters.pop(pk, None)
        for letter in letters.values():
            count += _send_anew(letter)
    return f"letters without a task: {count:,} enqueued"


def _with_a_task() -> Iterator[int]:
    rows = DBTaskResult.objects.filter(task_path=deliver.module_path, finished_at=None)
    for words in rows.values_list("args_kwargs", flat=True):
        yield words["args"][0]


def _send_anew(letter: Letter) -> bool:
    with transaction.atomic():
        same = Letter.objects.waiting().filter(pk=letter.pk, task_id=letter.task_id)
        if not same.update(state=Letter.State.QUEUED):
            return False
        enqueue(letter)
    return True
