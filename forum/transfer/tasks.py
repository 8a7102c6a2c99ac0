"""What the worker does with an import: read, bring in, roll back, telling how far it is."""

import time
from typing import Any

from django.utils import timezone
from django_tasks import task

from forum.transfer import reporting, running
from forum.transfer.models import ImportBatch
from forum.transfer.rolling_back import roll_back
from forum.transfer.running import Plan, Stopped

State = ImportBatch.State
TOLD_EVERY_S = 1.0


@task()
def work(batch_id: int, by_id: int | None = None) -> str:
    """Do what the import waits for, as the member who asked; done again after a worker died, it goes
    on.
    """
    batch = ImportBatch.objects.filter(pk=batch_id).first()
    if batch is None:
        return "there is no such import"
    for waits, (works, done) in ImportBatch.WORK.items():
        if batch.state in (waits, works):
            _change(batch, state=works)
            try:
                _ACTS[waits](batch, by_id)
            except Stopped as error:
                _change(batch, state=State.FAILED, error=str(error))
            else:
                _change(batch, state=done, error="", phase="")
            return batch.state
    return "nothing waits"


def _check(batch: ImportBatch, _by_id: int | None) -> None:
    outcome = running.run(_plan(batch, dry_run=True), _Told(batch))
    _change(batch, report=reporting.as_json(outcome))


def _load(batch: ImportBatch, _by_id: int | None) -> None:
    _change(batch, wrote=True)
    outcome = running.run(_plan(batch, dry_run=False), _Told(batch))
    _change(batch, report=reporting.as_json(outcome))


def _undo(batch: ImportBatch, by_id: int | None) -> None:
    told = _Told(batch)
    undone = roll_back(
        batch.label, by_id=by_id, progress=lambda done, total: told(running.WRITING, done, total, 0)
    )
    report = {**batch.report, "undone": reporting.undone_as_json(undone)}
    stays = bool(undone.staying_count or undone.films_staying)
    _change(batch, report=report, wrote=stays)


_ACTS = {State.CHECK: _check, State.LOAD: _load, State.UNDO: _undo}


def _plan(batch: ImportBatch, *, dry_run: bool) -> Plan:
    if not batch.is_file_here:
        raise Stopped("The file is not on this machine, or was forgotten after 30 days.")
    return Plan(
        batch.path,
        batch.system,
        creates=batch.creates,
        dry_run=dry_run,
        batch=batch.label,
        choices=batch.choices,
    )


def _change(batch: ImportBatch, **changes: Any) -> None:
    for name, value in changes.items():
        setattr(batch, name, value)
    batch.state_at = timezone.now()
    batch.save(update_fields=[*changes, "state_at"])


class _Told:
    """Writes progress down, about once a second."""

    def __init__(self, batch: ImportBatch) -> None:
        self.batch, self.last = batch, 0.0

    def __call__(self, phase: str, done: int, total: int, _added: int) -> None:
        now = time.monotonic()
        if now - self.last >= TOLD_EVERY_S:
            self.last = now
            _change(self.batch, phase=phase, done=done, total=total)
