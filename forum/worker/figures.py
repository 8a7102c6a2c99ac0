"""Counts of all processes in one table: each adds its own every few seconds, hour by hour."""

import atexit
import logging
import threading
import time
from collections import defaultdict

from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone
from django_tasks_db.models import DBTaskResult, get_date_max

from forum import counts
from forum.worker.models import Tally

log = logging.getLogger(__name__)
WRITE_S = 10  # how often a process adds its counts
KEPT_HOURS = 8 * 24
ROWS_AT_ONCE = 200
_ADD = """
INSERT INTO {table} (hour, name, page, label, value) VALUES {rows}
ON CONFLICT (hour, name, page, label) DO UPDATE SET value = {table}.value + excluded.value
"""


def this_hour() -> int:
    return int(time.time()) // 3600


def write() -> int:
    """Add this process's counts to the table, to the hour and to those since ever; return how many.

    What cannot be written is kept for the next time.
    """
    taken = counts.take()
    hour = this_hour()
    rows = [
        (at, key[0][:40], key[1][:100], key[2][:60], value)
        for at in (Tally.SINCE_EVER, hour)
        for key, value in sorted(taken.items())  # the same order everywhere: nobody waits in a ring
    ]
    try:
        with transaction.atomic():
            for begin in range(0, len(rows), ROWS_AT_ONCE):
                _add(rows[begin : begin + ROWS_AT_ONCE])
    except BaseException:
        counts.put_back(taken)
        raise
    return len(taken)


def _add(rows: list[tuple[int, str, str, str, float]]) -> None:
    sql = _ADD.format(
        table=Tally._meta.db_table, rows=", ".join(["(%s, %s, %s, %s, %s)"] * len(rows))
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, [value for row in rows for value in row])


def start_writing() -> None:
    """Add this process's counts now and then, in a thread, and at its end. Called once, after forks."""
    threading.Thread(target=_keep_writing, name="figures", daemon=True).start()
    atexit.register(write_calmly)


def _keep_writing() -> None:
    while True:
        time.sleep(WRITE_S)
        write_calmly()


def write_calmly() -> None:
    """Write; where the database is away or busy, leave it for the next time."""
    try:
        write()
    except Exception as error:  # whatever it is, pages are served
        log.warning("counts wait: %s", type(error).__name__)
    finally:
        connection.close()  # to the pool, or for good: ten seconds are long


def note_queue() -> None:
    """Count how many tasks wait and are due, so that the hour has an average."""
    due = Q(run_after=get_date_max()) | Q(run_after__lte=timezone.now())
    counts.add("queue_seen")
    counts.add("queue", value=DBTaskResult.objects.ready().filter(due).count())


def totals() -> dict[counts.Key, float]:
    """Return what was counted since ever."""
    return of_hours(Tally.SINCE_EVER, Tally.SINCE_EVER)[Tally.SINCE_EVER]


def of_hours(first: int, last: int) -> dict[int, dict[counts.Key, float]]:
    """Return what was counted in each hour from the first to the last; one query."""
    found: dict[int, dict[counts.Key, float]] = defaultdict(dict)
    rows = Tally.objects.filter(hour__range=(first, last)).order_by()
    for hour, *key, value in rows.values_list("hour", "name", "page", "label", "value"):
        found[hour][(key[0], key[1], key[2])] = value
    return found


def forget_hours() -> str:
    """Delete the counts of hours 8 days ago; what was counted since ever stays."""
    before = this_hour() - KEPT_HOURS
    count, _by_model = Tally.objects.filter(hour__gt=Tally.SINCE_EVER, hour__lt=before).delete()
    return f"counts older than {KEPT_HOURS // 24} days: {count:,} deleted"
