"""/metrics, the table behind it, and that every process of a site adds to it."""

import os
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from contextlib import contextmanager
from datetime import timedelta
from unittest import mock

import pytest
from django.db import OperationalError, connection
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from forum import counts, present
from forum.worker import figures, prometheus
from forum.worker.models import Check, Tally
from forum.worker.work import Worker
from tests.servers import ROOT, free_port
from tests.worker import jobs
from tests.worker.conftest import database_url, until

TOKEN = "0123456789abcdef-0123456789abcdef"


@pytest.fixture
def token(settings):
    settings.METRICS_TOKEN = TOKEN


def scrape(client, token=TOKEN):
    answer = client.get("/metrics", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 200
    return values(answer.content.decode())


def values(text):
    """Return {(name, sorted labels): value} as a parser that is not ours reads it."""
    found = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            key = sample.name, tuple(sorted(sample.labels.items()))
            assert key not in found
            found[key] = sample.value
    return found


@pytest.mark.django_db
def test_without_a_token_there_is_no_such_page(client, settings):
    settings.METRICS_TOKEN = ""
    for sent in ("Bearer ", "Bearer", ""):
        assert client.get("/metrics", headers={"Authorization": sent}).status_code == 404


@pytest.mark.parametrize(
    "sent", ["", "Bearer", f"Bearer {TOKEN}x", TOKEN, f"Basic {TOKEN}", "Bearer é"]
)
def test_whoever_does_not_send_the_token_gets_nothing(client, token, sent):
    answer = client.get("/metrics", headers={"Authorization": sent})
    assert (answer.status_code, answer.content) == (401, b"")


def test_the_token_is_no_part_of_an_address(client, token):
    assert client.get(f"/metrics?token={TOKEN}").status_code == 401


@pytest.mark.django_db
def test_all_that_is_promised_is_told_and_a_parser_reads_it(client, token, topic, post):
    post()
    client.get(f"/lobby/{topic.pk}/")
    counts.refused('a "quoted"\\ reason\n')
    counts.add("slow_queries", "topic")
    jobs.note.enqueue("hello")
    at = timezone.now()
    Check.objects.create(
        what="trees", looked_at=7, faults=2, started_at=at, done_at=at + timedelta(seconds=1)
    )
    Worker().beat()
    figures.write()
    told = scrape(client)
    page = (("page", "topic"),)
    assert told["foyer_requests_total", (("method", "GET"), *page, ("status", "200"))] == 1
    assert told["foyer_request_seconds_count", page] == 1
    assert told["foyer_request_seconds_bucket", (("le", "+Inf"), *page)] == 1
    assert 0 < told["foyer_request_seconds_sum", page] < 60
    assert told["foyer_queries_total", page] >= 1
    assert told["foyer_slow_queries_total", page] == 1
    assert told["foyer_kept_total", (("kind", "answer"), ("result", "miss"))] == 1
    assert told["foyer_posts_total", (("state", "public"),)] == 1
    assert told["foyer_refusals_total", (("reason", 'a "quoted"\\ reason\n'),)] == 1
    assert told["foyer_tasks", (("state", "due"),)] == 2  # and the hourly tick
    assert told["foyer_letters", (("state", "waiting"),)] == 0
    assert told["foyer_workers", ()] == 1
    assert told["foyer_tree_faults", ()] == 2
    assert told["foyer_tree_check_comments", ()] == 7
    assert told["foyer_tree_check_duration_seconds", ()] == 1


@pytest.mark.django_db
def test_buckets_are_cumulative_and_end_with_all(client, token):
    for bound in ("0.001", "0.01", "0.01", "+Inf"):
        counts.add("seconds_bucket", "film", bound)
    figures.write()
    told = scrape(client)
    name, page = "foyer_request_seconds_bucket", ("page", "film")
    found = [told[name, (("le", bound), page)] for bound in present.BUCKETS]
    assert found == sorted(found)
    assert (found[0], found[3], found[-1]) == (1, 3, 4)


@pytest.mark.django_db
def test_a_site_that_did_nothing_yet_has_a_page_too(client, token):
    assert scrape(client)["foyer_workers", ()] == 0


@pytest.mark.django_db
def test_its_cost_does_not_grow_with_what_was_counted(client, token, django_assert_max_num_queries):
    for hour in range(100):
        Tally.objects.create(hour=hour, name="requests", page="film", label="GET 200", value=1)
    with django_assert_max_num_queries(9):
        told = scrape(client)
    labels = ("method", "GET"), ("page", "film"), ("status", "200")
    assert told["foyer_requests_total", labels] == 1


@pytest.mark.django_db
def test_what_is_written_twice_adds_up_by_hour_and_since_ever():
    for hour in (500_000, 500_000, 500_001):
        counts.add("posts", label="public", value=2)
        with mock.patch("forum.worker.figures.this_hour", return_value=hour):
            assert figures.write() == 1
    found = dict(Tally.objects.values_list("hour", "value"))
    assert found == {500_000: 4, 500_001: 2, Tally.SINCE_EVER: 6}
    assert figures.totals() == {("posts", "", "public"): 6}


@pytest.mark.django_db
def test_what_could_not_be_written_is_written_the_next_time():
    counts.add("posts", label="public")
    away = mock.patch("forum.worker.figures._add", side_effect=OperationalError("away"))
    with away, pytest.raises(OperationalError):
        figures.write()
    counts.add("posts", label="public")
    figures.write()
    assert figures.totals() == {("posts", "", "public"): 2}


@pytest.mark.django_db
def test_hours_are_forgotten_after_eight_days_and_totals_stay():
    now = figures.this_hour()
    for hour in (0, now - 8 * 24 - 1, now - 8 * 24, now):
        Tally.objects.create(hour=hour, name="posts", label="public", value=1)
    assert figures.forget_hours() == "counts older than 8 days: 1 deleted"
    assert sorted(Tally.objects.values_list("hour", flat=True)) == [0, now - 8 * 24, now]


@pytest.mark.django_db(transaction=True)
def test_processes_that_write_at_once_lose_nothing():
    """Each thread has a connection of its own, as a process has."""
    failures = []

    def add(number):
        try:
            for _time in range(20):
                rows = [(h, "posts", str(n), "", 1.0) for h in (0, 7) for n in range(10)]
                figures._add(rows)
        except Exception as error:
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=add, args=[number]) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert set(Tally.objects.values_list("value", flat=True)) == {80}
    assert Tally.objects.count() == 20


@contextmanager
def two_workers():
    """A real gunicorn of two processes on the database of the test; yield its port."""
    port = free_port()
    server = subprocess.Popen(
        [sys.executable, "-m", "gunicorn", "forum.wsgi", "--workers", "2", "--bind", f"127.0.0.1:{port}",
         "--worker-class", "sync", "--log-level", "error"],
        cwd=ROOT, env=os.environ | {"DATABASE_URL": database_url(), "METRICS_TOKEN": TOKEN, "SITE_URL": ""},
        start_new_session=True,
    )  # fmt: skip
    try:
        until(lambda: answers(port))
        yield port
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(30)


def answers(port):
    try:
        return ask(port, "/healthz")
    except OSError:
        return None


def ask(port, path):
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}")
    request.add_header("Authorization", f"Bearer {TOKEN}")
    with urllib.request.urlopen(request, timeout=30) as answer:
        return answer.read().decode()


@pytest.mark.django_db(transaction=True)
def test_one_scrape_speaks_for_all_processes_and_the_last_counts_are_not_lost():
    robots = "foyer_requests_total", (("method", "GET"), ("page", "robots"), ("status", "200"))
    with two_workers() as port:
        for _time in range(60):  # over connections of their own: both processes answer some
            ask(port, "/robots.txt")
        started = time.monotonic()
        until(lambda: values(ask(port, "/metrics")).get(robots) == 60)
        assert time.monotonic() - started < 2 * figures.WRITE_S + 5
        ask(port, "/robots.txt")
    assert figures.totals()["requests", "robots", "GET 200"] == 61


@pytest.mark.django_db
def test_the_queue_is_looked_at_by_the_worker():
    jobs.note.enqueue("hello")
    Worker().beat()
    found = figures.totals()
    assert found["queue_seen", "", ""] == 1
    assert found["queue", "", ""] >= 1


def test_the_text_names_each_family_once():
    assert len({told for _name, told, _words in prometheus.COUNTERS}) == len(prometheus.COUNTERS)
