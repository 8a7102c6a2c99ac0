"""The worker: takes tasks from the queue in our database and does them, each once.

django-tasks-db keeps the queue; docs/decisions/0070 says why its db_worker is not the one we run.
"""

import logging
import os
import secrets
import signal
import socket
import threading
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from traceback import format_exception
from typing import Any

from django.conf import settings
from django.db import (
    InterfaceError,
    OperationalError,
    close_old_connections,
    connection,
    transaction,
)
from django.utils import timezone
from django.utils.module_loading import import_string
from django_tasks_db.compat import TaskContext, TaskResultStatus
from django_tasks_db.models import DBTaskResult, get_date_max

from forum.worker import figures, upkeep
from forum.worker.models import ALIVE_S, TRIES, WAITS_S, Sign

log = logging.getLogger(__name__)
BACKEND = "default"
QUEUES = ("default", "mail")  # each has a thread of its own, and so has each of settings.ERRANDS
POLL_S = 1
BEAT_S = 10
LOOK_AROUND_S = 60  # for tasks of dead workers, for the hour's tick, at how many tasks wait
LONGEST_PAUSE_S = 30  # while the database is away


class GiveUp(Exception):
    """Raised by a task whose failure no other try mends: it is not done again."""


class Worker:
    """One process: a thread a queue, and the main thread that shows that it lives."""

    def __init__(self, *, parent: int = 0) -> None:
        """`parent`: the process under which it works; it ends when that is gone."""
        self.name = f"{socket.gethostname()[:40]}-{os.getpid()}-{secrets.token_hex(3)}"
        self.parent = parent
        self.stopping = threading.Event()
        self.busy: set[Any] = set()  # ids of the tasks it is doing
        self.looked_around = 0.0

    # ------------------------------------------------------------------------- the main thread

    def listen(self) -> None:
        """Let Ctrl-C, TERM and a closed terminal stop it: the tasks at hand are finished first.

        Told again, it ends at once.
        """
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            if signal.getsignal(number) != signal.SIG_IGN:  # nohup
                signal.signal(number, self._stop)

    def run(self) -> None:
        """Work until told to stop."""
        turns: list[Callable[[], Any]] = [partial(self.turn, queue) for queue in QUEUES]
        turns += map(import_string, settings.ERRANDS)
        threads = [threading.Thread(target=self._serve, args=[turn]) for turn in turns]
        self._calmly(self.beat)  # before the first task, or another worker took it for dead
        for thread in threads:
            thread.start()
        while not self.stopping.wait(BEAT_S):
            self._calmly(self.beat)
            if self.parent and os.getppid() != self.parent:
                self.stopping.set()
        for thread in threads:
            while thread.is_alive():
                thread.join(BEAT_S)
                self._calmly(self.beat)
        self._calmly(self.end)

    def _stop(self, number: int, _frame: Any) -> None:
        self.stopping.set()
        signal.signal(number, signal.SIG_DFL)

    def beat(self) -> None:
        """Show that this worker lives; now and then look for what nobody else does."""
        now = timezone.now()
        if not Sign.objects.filter(name=self.name).update(seen_at=now):
            Sign.objects.create(name=self.name, started_at=now, seen_at=now)
        if abs(now.timestamp() - self.looked_around) >= LOOK_AROUND_S:
            self.looked_around = now.timestamp()
            take_back(self.name, self.busy)
            upkeep.start_tick()
            figures.note_queue()
            figures.write()

    def end(self) -> None:
        Sign.objects.filter(name=self.name).update(ended_at=timezone.now())

    @staticmethod
    def _calmly(act: Any) -> bool:
        """Do it; where that fails, say so and go on: a worker outlives its database's troubles."""
        try:
            act()
        except (OperationalError, InterfaceError) as error:
            log.warning("the database is away or busy: %s", str(error).strip().split("\n")[0])
            connection.close()
            return False
        except Exception:
            log.exception("the worker itself failed, and goes on")
            connection.close()
            return False
        return True

    # -------------------------------------------------------------- a thread a queue or errand

    def _serve(self, turn: Callable[[], Any]) -> None:
        """Take turns until told to stop; rest after one that found nothing to do."""
        pause = 0.0
        while not self.stopping.wait(pause):
            did: list[Any] = []
            if self._calmly(lambda did=did: did.append(turn())):
                pause = 0 if did[0] else POLL_S
                if did[0]:
                    close_old_connections()
            else:
                pause = min(max(2 * pause, POLL_S), LONGEST_PAUSE_S)
        connection.close()

    def turn(self, queue: str) -> bool:
        """Do one task that is due; return False if there was none."""
        row = self._claim(queue)
        if row is None:
            return False
        try:
            do(row)
        finally:
            self.busy.discard(row.pk)
        return True

    def _claim(self, queue: str) -> DBTaskResult | None:
        """Take the next task that is due. Looking costs one indexed read and no lock."""
        rows = DBTaskResult.objects.ready().filter(backend_name=BACKEND, queue_name=queue)
        if not rows.exists():
            return None
        with transaction.atomic():  # SQLite: IMMEDIATE; PostgreSQL: FOR UPDATE SKIP LOCKED
            row = rows.get_locked()
            if row is not None:
                row.claim(self.name)
        if row is not None:
            self.busy.add(row.pk)
        return row


def do(row: DBTaskResult) -> None:
    """Do a task that is claimed, and write down how it ended: done, to be done again, or failed."""
    try:
        task = row.task
        words = row.args_kwargs
        args = words["args"]
        if task.takes_context:
            args = [TaskContext(task_result=row.task_result), *args]
        value = task.call(*args, **words["kwargs"])
    except BaseException as error:  # a task that calls sys.exit() too
        log.exception("task %s failed, try %d", row.task_path, len(row.worker_ids))
        is_last = isinstance(error, GiveUp) or len(row.worker_ids) >= TRIES
        _write(row, **(_failed(error) if is_last else _again(row, error)))
    else:
        now = timezone.now()
        status = TaskResultStatus.SUCCESSFUL
        _write(row, status=status, finished_at=now, return_value=value, **_NO_FAULT)


_NO_FAULT = {"exception_class_path": "", "traceback": ""}


def _fault(error: BaseException) -> dict[str, Any]:
    path = f"{type(error).__module__}.{type(error).__qualname__}"
    return {"exception_class_path": path, "traceback": "".join(format_exception(error))}


def _failed(error: BaseException) -> dict[str, Any]:
    status = TaskResultStatus.FAILED
    return {"status": status, "finished_at": timezone.now(), **_fault(error)}


def _again(row: DBTaskResult, error: BaseException) -> dict[str, Any]:
    wait = timedelta(seconds=WAITS_S[len(row.worker_ids) - 1])
    status = TaskResultStatus.READY
    return {"status": status, "run_after": timezone.now() + wait, **_fault(error)}


def _write(row: DBTaskResult, **changes: Any) -> bool:
    """Write the end of this very try; False if the task was taken back from it meanwhile."""
    running = DBTaskResult.objects.running().filter(pk=row.pk, started_at=row.started_at)
    return bool(running.update(**changes))


class Died(Exception):
    """What a task is said to have failed of when its worker was gone."""


def take_back(name: str, busy: set[Any]) -> int:
    """Queue again the tasks that dead workers, and `name` itself outside `busy`, left half done.

    Return how many. The first time at once, then after the waits of a failure; the sixth is the last.
    """
    before = timezone.now() - timedelta(seconds=ALIVE_S)
    alive = {sign.name for sign in Sign.objects.filter(seen_at__gt=before) if sign.is_alive}
    taken = 0
    running = DBTaskResult.objects.running().filter(backend_name=BACKEND, started_at__lt=before)
    for row in running:
        if row.worker_ids[-1] in alive - {name} or row.pk in busy:
            continue
        deaths, error = len(row.worker_ids), Died("the worker ended while it was doing this")
        changes = _failed(error) if deaths >= TRIES else _again(row, error)
        if deaths == 1:
            changes["run_after"] = get_date_max()
        taken += _write(row, **changes)
    return taken


def do_again(rows: Any) -> int:
    """Staff: queue tasks that failed once more, all their tries before them; return how many."""
    fresh = {"status": TaskResultStatus.READY, "run_after": get_date_max(), "worker_ids": []}
    return int(rows.failed().update(**fresh, finished_at=None))
