"""Pages without a version are kept for as long as nothing at all is written."""

import threading

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from forum import sql
from forum.discussions import answers, services
from forum.discussions.kept import kept

LOBBY = "/lobby/"


@pytest.fixture(autouse=True)
def _nothing_kept():
    kept.clear()


def html(client=None):
    return (client or Client()).get(LOBBY).content.decode()


@pytest.mark.django_db(transaction=True)
def test_a_list_is_made_once_and_again_after_any_write():
    services.open_topic(title="The last row", by=None)
    counts = []
    for _time in range(50):  # tests that run beside this one write into the same PostgreSQL
        with CaptureQueriesContext(connection) as queries:
            assert "The last row" in html()
        counts.append(len(queries))
    assert counts[0] == 3  # the state of the data, the topics, and which were talked of this week
    assert min(counts) == 1
    services.open_topic(title="The first row", by=None)
    assert "The first row" in html()


@pytest.mark.django_db(transaction=True)
def test_what_another_connection_writes_is_seen_by_the_next_reader():
    services.open_topic(title="The last row", by=None)
    html()

    def write():
        services.open_topic(title="From elsewhere", by=None)
        connection.close()

    for _time in range(3):
        writer = threading.Thread(target=write)
        writer.start()
        writer.join()
        shown = html().count("From elsewhere")
        assert shown == _time + 1


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_a_writer_who_takes_long_is_seen_once_they_are_done_whatever_came_between():
    """The number of a row says nothing about when it is there: the one who began first ends last."""
    begun, go_on = threading.Event(), threading.Event()

    def write_slowly():
        with transaction.atomic():
            services.open_topic(title="Slow", by=None)
            begun.set()
            go_on.wait(20)
        connection.close()

    writer = threading.Thread(target=write_slowly)
    writer.start()
    begun.wait(20)
    services.open_topic(title="Quick", by=None)
    shown = html()
    assert "Quick" in shown
    assert "Slow" not in shown
    go_on.set()
    writer.join()
    assert "Slow" in html()


@pytest.mark.django_db(transaction=True)
def test_each_address_has_its_own_and_members_none(django_user_model):
    services.open_topic(title="The last row", by=None)
    anybody, member = Client(), Client()
    member.force_login(django_user_model.objects.create_user("Sunniva"))
    assert anybody.get(LOBBY).content == anybody.get(LOBBY).content
    assert b"Sign out" in member.get(LOBBY).content
    assert b"Sign out" not in anybody.get(LOBBY).content
    assert anybody.get("/lobby/?page=no").status_code == anybody.get("/lobby/?page=no").status_code
    missing = anybody.get("/films/nothing-here/")
    assert missing.status_code == anybody.get("/films/nothing-here/").status_code == 404


@pytest.mark.django_db(transaction=True)
def test_a_minute_later_it_is_made_anew(monkeypatch, django_assert_num_queries):
    now = [1_800_000_000.0]
    monkeypatch.setattr(answers.time, "time", lambda: now[0])
    html()
    now[0] += answers.KEPT_S
    with django_assert_num_queries(3):
        html()


@pytest.mark.django_db
def test_within_a_transaction_nothing_stands_for_the_data():
    assert sql.state() is None
