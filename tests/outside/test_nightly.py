"""Once a night all trees are checked, and staff hear of what is wrong."""

from datetime import UTC, datetime, timedelta
from unittest import mock

import pytest
from django.core import mail
from django.db.models import F
from django.utils import timezone

from forum.accounts.models import User
from forum.discussions import upkeep
from forum.discussions.models import Comment, Topic
from forum.worker.models import Check, Letter

pytestmark = pytest.mark.django_db
NIGHT = "forum.discussions.upkeep.check_trees_by_night"


@pytest.fixture
def at():
    """at(hour, day=10): let it be then, in UTC."""
    with mock.patch("django.utils.timezone.now") as now:

        def set_clock(hour, day=10):
            now.return_value = datetime(2026, 5, day, hour, 30, tzinfo=UTC)

        set_clock(12)
        yield set_clock


def plant():
    """Make one stored count wrong."""
    Topic.objects.update(comment_count=F("comment_count") + 1)


def test_it_runs_once_a_night_at_the_first_tick_after_three(at, topic, post, settings):
    settings.TIME_ZONE = "UTC"
    assert NIGHT in settings.TICKS
    post()
    done = []
    for day, hour in [(10, 3), (10, 4), (10, 23), (11, 0), (11, 2), (11, 3), (11, 4)]:
        at(hour, day)
        done.append(upkeep.check_trees_by_night().startswith("trees: 1 comments checked, 0 faults"))
    assert done == [True, False, False, False, False, True, False]
    assert Check.objects.filter(faults=0, looked_at=1).count() == 2


def test_a_night_without_a_worker_is_made_up_for_by_day(at):
    at(3, 10)
    upkeep.check_trees_by_night()
    at(15, 12)
    assert "0 faults" in upkeep.check_trees_by_night()


def test_the_night_is_that_of_the_sites_clock(settings):
    settings.TIME_ZONE = "Asia/Tokyo"
    timezone.get_default_timezone.cache_clear()
    try:
        before = upkeep.last_night(datetime(2026, 5, 10, 17, 59, tzinfo=UTC))  # 02:59 there
        after = upkeep.last_night(datetime(2026, 5, 10, 18, 1, tzinfo=UTC))
    finally:
        timezone.get_default_timezone.cache_clear()
    assert before.astimezone(UTC) == datetime(2026, 5, 9, 18, 0, tzinfo=UTC)
    assert after.astimezone(UTC) == datetime(2026, 5, 10, 18, 0, tzinfo=UTC)


def test_a_planted_fault_is_found_written_down_logged_and_told_to_staff(
    topic, post, mails, work, caplog
):
    post()
    plant()
    boss = User.objects.create_superuser("Ruth", email="ruth@example.org", password="x")
    User.objects.create_user("Ann", email="ann@example.org", password="x")
    User.objects.create_user("Sam", email="sam@example.org", password="x", is_staff=True)
    User.objects.create_superuser("Gone", email="gone@example.org", password="x", is_active=False)
    assert upkeep.check_trees_by_night() == "trees: 1 comments checked, 1 faults"
    check = Check.objects.get()
    assert (check.faults, check.looked_at) == (1, 1)
    assert check.words == f"topic {topic.pk}: stored count is not that of its threads"
    assert [record.levelname for record in caplog.records if "1 faults" in record.getMessage()] == [
        "ERROR"
    ]
    work()
    (letter,) = mail.outbox
    assert letter.to == [boss.email]
    assert "1 fault in the trees" in letter.subject
    assert check.words in letter.body
    assert "https://films.example.org/admin/worker/tally/health/" in letter.body
    assert check.words in letter.alternatives[0][0]


def test_where_nothing_is_wrong_nobody_is_written_to(topic, post, mails, staff):
    staff.email = "ruth@example.org"
    staff.save()
    post()
    upkeep.check_trees_by_night()
    assert not Letter.objects.exists()


def test_without_mail_a_fault_is_written_down_all_the_same(topic, post, settings, staff):
    settings.MAILS = False
    post()
    plant()
    upkeep.check_trees_by_night()
    assert Check.objects.get().faults == 1


def test_of_many_faults_the_first_are_told_and_all_are_counted(topic, post):
    with mock.patch(
        "forum.discussions.tree.check_all", return_value=iter([f"fault {n}" for n in range(500)])
    ):
        check = upkeep.look_at_trees()
    assert check.faults == 500
    assert check.words.splitlines() == [f"fault {n}" for n in range(upkeep.FAULTS_TOLD)]


def test_a_check_that_was_killed_is_done_again_and_one_that_runs_is_not_doubled(at):
    at(3)
    Check.objects.create(what="trees", started_at=timezone.now())
    at(4)
    assert upkeep.check_trees_by_night() == "trees: being checked"
    at(6)
    assert "0 faults" in upkeep.check_trees_by_night()


def test_it_asks_in_batches(topic, post, django_assert_max_num_queries):
    """Two trees a statement here, a thousand elsewhere; whatever they hold."""
    for _number in range(6):
        post()
    with (
        mock.patch("forum.discussions.tree.checking.THREADS_AT_ONCE", 2),
        django_assert_max_num_queries(3 + 2 + 4 * 3),
    ):
        from forum.discussions import tree

        assert list(tree.check_all()) == []
    assert Comment.objects.count() == 6


def test_old_checks_are_forgotten():
    Check.objects.create(what="trees", started_at=timezone.now() - timedelta(days=100))
    upkeep.check_trees_by_night()
    assert Check.objects.count() == 1
