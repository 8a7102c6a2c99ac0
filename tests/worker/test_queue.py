"""The worker: tasks are done once, tried again after growing waits, taken over from the dead."""

import io
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from forum.worker import upkeep, work
from forum.worker.models import WAITS_S, Sign, Tick
from forum.worker.work import Worker
from tests.worker import jobs
from tests.worker.conftest import hours_later

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _nothing_done():
    jobs.DONE.clear()
    jobs.FAULTS.clear()


@pytest.fixture
def clock(monkeypatch):
    """clock(seconds): let so much time pass for the site."""
    now = [timezone.now()]
    monkeypatch.setattr(timezone, "now", lambda: now[0])

    def pass_by(seconds):
        now[0] += timedelta(seconds=seconds)

    return pass_by


def test_a_task_is_done_once_and_its_result_kept(work):
    jobs.note.enqueue("hello")
    assert jobs.DONE == []
    assert (work(), work()) == (1, 0)
    row = DBTaskResult.objects.get()
    assert (jobs.DONE, row.status, row.return_value) == (["hello"], "SUCCESSFUL", "hello")


def test_a_task_of_a_transaction_that_is_taken_back_is_never_done(work):
    with transaction.atomic():
        jobs.note.enqueue("hello")
        transaction.set_rollback(True)
    assert work() == 0


def test_a_failing_task_is_tried_six_times_with_growing_waits_and_then_given_up(work, clock):
    jobs.FAULTS[:] = [ValueError(f"try {number}") for number in range(10)]
    jobs.note.enqueue("hello")
    assert WAITS_S == (60, 300, 1800, 7200, 43200)
    for wait in WAITS_S:
        assert work() == 1
        assert DBTaskResult.objects.get().status == "READY"
        clock(wait - 1)
        assert work() == 0
        clock(1)
    assert work() == 1
    row = DBTaskResult.objects.get()
    assert (row.status, len(jobs.DONE)) == ("FAILED", 6)
    assert row.traceback.endswith("ValueError: try 4\n")
    clock(365 * 86400)
    assert work() == 0


def test_a_task_that_succeeds_in_the_end_leaves_no_fault_behind(work, clock):
    jobs.FAULTS[:] = [ValueError("not now")]
    jobs.note.enqueue("hello")
    work()
    clock(60)
    work()
    row = DBTaskResult.objects.get()
    assert (row.status, row.traceback) == ("SUCCESSFUL", "")


def test_a_task_that_gives_up_is_not_tried_again(work, clock):
    jobs.hopeless.enqueue()
    work()
    clock(86400)
    assert (work(), DBTaskResult.objects.get().status) == (0, "FAILED")


def test_a_task_that_ends_the_process_ends_only_itself(work):
    jobs.FAULTS[:] = [SystemExit(1)]
    jobs.note.enqueue("hello")
    assert work() == 1
    assert DBTaskResult.objects.get().status == "READY"


def test_looking_for_work_costs_one_read_and_no_lock(django_assert_num_queries):
    with django_assert_num_queries(1) as asked:
        assert not Worker().turn("default")
    assert asked.captured_queries[0]["sql"].startswith("SELECT 1")


def test_letters_and_other_tasks_do_not_wait_for_each_other():
    jobs.note.enqueue("slow")
    jobs.note_in_mail.enqueue("letter")
    worker = Worker()
    assert worker.turn("mail")
    assert jobs.DONE == ["letter"]
    assert not worker.turn("mail")


# ------------------------------------------------------------------------------------- the dead


def left_running(worker):
    worker.beat()
    worker.turn("default")  # the tick
    jobs.note.enqueue("hello")
    return worker._claim("default")


def test_a_task_that_a_dead_worker_left_is_done_by_another(work):
    row = left_running(Worker())
    other = Worker()
    other.beat()
    assert not other.turn("default")
    hours_later()
    other = Worker()
    other.beat()
    row.refresh_from_db()
    assert row.status == "READY"
    assert other.turn("default")
    assert jobs.DONE.count("hello") == 1


def test_a_task_of_a_living_worker_is_left_alone_however_long_it_takes():
    worker = Worker()
    row = left_running(worker)
    hours_later()
    worker.beat()
    other = Worker()
    other.beat()
    row.refresh_from_db()
    assert row.status == "RUNNING"


def test_a_task_whose_end_could_not_be_written_is_taken_back_by_its_own_worker():
    worker = Worker()
    row = left_running(worker)
    worker.busy.discard(row.pk)  # as after a write that failed
    hours_later()
    work.take_back(worker.name, worker.busy)
    row.refresh_from_db()
    assert row.status == "READY"


def test_a_task_that_kills_every_worker_is_given_up_after_six():
    row = left_running(Worker())
    DBTaskResult.objects.update(worker_ids=["one", "two", "three", "four", "five", "six"])
    hours_later()
    Worker().beat()
    row.refresh_from_db()
    assert row.status == "FAILED"
    assert "the worker ended while it was doing this" in row.traceback


def test_a_worker_that_was_taken_for_dead_does_not_write_over_who_took_over():
    late = left_running(Worker())
    DBTaskResult.objects.update(started_at=timezone.now() + timedelta(seconds=5))
    work.do(late)
    assert DBTaskResult.objects.get(pk=late.pk).status == "RUNNING"


def test_a_worker_that_ends_says_so():
    worker = Worker()
    worker.beat()
    assert Sign.objects.get().is_alive
    worker.end()
    assert not Sign.objects.get().is_alive


def test_a_worker_outlives_what_goes_wrong_in_it(monkeypatch):
    def away():
        raise work.OperationalError("no connection")

    assert not Worker()._calmly(away)
    assert not Worker()._calmly(jobs.torn)
    assert Worker()._calmly(jobs.fine)


# ------------------------------------------------------------------------------------- the tick


def test_a_worker_ticks_once_an_hour_and_so_do_many(settings, work, clock):
    settings.TICKS = ["tests.worker.jobs.fine"]
    Worker().beat()
    Worker().beat()
    assert work() == 1
    assert Tick.objects.get().words == "dust: 3 wiped"
    clock(3600)
    Worker().beat()
    assert (work(), Tick.objects.count()) == (1, 2)


def test_two_workers_that_look_at_the_same_moment_enqueue_one_tick(monkeypatch):
    upkeep.start_tick()
    monkeypatch.setattr(Tick.objects, "filter", lambda **_: Tick.objects.none())
    assert not upkeep.start_tick()
    assert DBTaskResult.objects.count() == 1


def test_one_thing_that_fails_does_not_keep_the_others_from_being_done(settings):
    settings.TICKS = ["tests.worker.jobs.torn", "tests.worker.jobs.fine", "tests.worker.gone"]
    out = io.StringIO()
    with pytest.raises(CommandError, match="2 of these failed"):
        call_command("tick", stdout=out)
    assert out.getvalue().splitlines() == [
        "tests.worker.jobs.torn FAILED: ZeroDivisionError",
        "dust: 3 wiped",
        "tests.worker.gone FAILED: ImportError",
    ]
    assert "torn FAILED" in Tick.objects.get().words


def test_a_tick_forgets_tasks_done_14_days_ago_and_failures_and_signs_after_30(work, clock):
    jobs.note.enqueue("hello")
    jobs.hopeless.enqueue()
    work()
    Worker().beat()
    Tick.objects.update(done_at=timezone.now())
    clock(14 * 86400 - 60)
    upkeep.prune_tasks()
    assert DBTaskResult.objects.successful().count() == 1
    clock(120)
    upkeep.prune_tasks()
    assert DBTaskResult.objects.successful().count() == 0
    assert (DBTaskResult.objects.failed().count(), Sign.objects.count(), Tick.objects.count()) == (
        1,
        1,
        1,
    )
    clock(16 * 86400)
    upkeep.prune_tasks()
    assert (DBTaskResult.objects.failed().count(), Sign.objects.count(), Tick.objects.count()) == (
        0,
        0,
        0,
    )
    assert DBTaskResult.objects.exists()  # what waits is never pruned


def test_what_is_due_is_listed(settings):
    for due in ("upkeep.send_forgotten", "upkeep.prune_letters", "upkeep.prune_tasks"):
        assert f"forum.worker.{due}" in settings.TICKS
    assert "forum.discussions.upkeep.forget_network_keys" in settings.TICKS
