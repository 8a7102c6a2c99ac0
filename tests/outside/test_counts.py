"""Counts: what is added, taken, put back; what the middleware notes of a request."""

import threading
from unittest import mock

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from forum import counts, present
from forum.accounts import limits
from forum.discussions import services
from forum.discussions.kept import Kept


def test_what_is_put_back_is_counted_with_what_came_meanwhile():
    counts.add("posts", label="public", value=2)
    taken = counts.take()
    counts.add("posts", label="public")
    counts.put_back(taken)
    assert counts.take() == {("posts", "", "public"): 3}
    assert counts.take() == {}


def test_no_count_of_many_threads_is_lost():
    def add():
        for _time in range(2_000):
            counts.add("posts", label="public")

    threads = [threading.Thread(target=add) for _number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert counts.take() == {("posts", "", "public"): 16_000}


def test_keys_that_somebody_makes_up_fill_no_memory():
    for number in range(counts.MOST + 100):
        counts.add("posts", label=str(number))
    counts.add("posts", label="0")
    taken = counts.take()
    assert len(taken) == counts.MOST
    assert taken["posts", "", "0"] == 2


@pytest.mark.django_db
def test_a_request_is_counted_by_the_name_of_its_page_and_never_by_its_path(client, topic, told):
    client.get(reverse("topic", args=[topic.pk]))
    client.head(reverse("topic", args=[topic.pk]))
    client.get("/nobody/is/here/?q=Ann")
    client.generic("BREW", "/lobby/")
    assert told("requests") == {
        ("topic", "GET 200"): 1,
        ("topic", "HEAD 200"): 1,
        ("none", "GET 404"): 1,
        ("lobby", "other 405"): 1,
    }
    assert sum(told("seconds_bucket").values()) == 4
    assert set(told("seconds_bucket")) <= {
        (page, bound) for page in ("topic", "none", "lobby") for bound in present.BUCKETS
    }


@pytest.mark.django_db
def test_the_statements_of_a_page_are_counted(client, topic, told, django_assert_num_queries):
    client.get(reverse("topic", args=[topic.pk]))  # its bytes are kept now
    counts.take()
    with django_assert_num_queries(1):
        client.get(reverse("topic", args=[topic.pk]))
    assert told("queries") == {("topic", ""): 1}
    assert connection.execute_wrappers.count(present.timed) == 1


@pytest.mark.django_db
def test_a_slow_statement_is_counted_by_page_and_logged_without_its_values(
    client, settings, caplog, told
):
    settings.SLOW_QUERY_S = 0
    client.get(reverse("member", args=[4711]))
    assert told("slow_queries")["member", ""] >= 1
    said = [record.facts for record in caplog.records if record.name == "forum.slow"]
    assert said[0]["page"] == "member"
    assert "SELECT" in said[0]["sql"]
    assert not any("4711" in fact["sql"] for fact in said)


@pytest.mark.parametrize(
    ("sql", "shape"),
    [
        ("SELECT a FROM t WHERE id IN (1, 22) AND name = 'Ann''s'", "SELECT a FROM t WHERE id IN (?, ?) AND name = ?"),
        ("SELECT x2\n  FROM t3 WHERE y = %s", "SELECT x2 FROM t3 WHERE y = %s"),
    ],
)  # fmt: skip
def test_the_shape_of_a_statement_has_no_values(sql, shape):
    assert present.shape_of(sql) == shape


def test_looks_for_what_is_kept_are_hits_and_misses(told):
    kept = Kept(1000)
    kept.get(("card", 1))
    kept.put(("card", 1), "x", 1)
    kept.get(("card", 1))
    kept.get(("card", 1))
    assert told("cache") == {("card", "miss"): 1, ("card", "hit"): 2}


@pytest.mark.django_db
def test_posts_are_counted_by_the_state_they_came_into_and_once(topic, guest, told):
    one = {"author": guest, "topic_id": topic.pk, "body": "First."}
    services.post_comment(**one)
    with mock.patch("forum.discussions.services.posting.judge") as judge:
        judge.return_value.outcome = "hold"
        judge.return_value.code = "links"
        judge.return_value.words = ""
        judge.return_value.results = judge.return_value.spam_score = None
        services.post_comment(**one | {"body": "Second."})
    assert told("posts") == {("", "public"): 1, ("", "held"): 1}


@pytest.mark.django_db
def test_refusals_are_counted_by_their_reason(client, settings, topic, told):
    new = reverse("comment_new", args=[topic.pk])
    client.post(new, {"name": "Ann", "body": ""})
    client.post(new, {"name": "Ann", "body": "Once."})
    client.post(new, {"name": "Ann", "body": "Once."})
    assert told("refusals") == {("", "form"): 1, ("", "same-text"): 1}
    Client(enforce_csrf_checks=True).post(new, {"name": "Ann", "body": "x"})
    settings.RATE_LIMITS_ON = True
    for _time in range(7):
        limits.hit("post:author", "pen1")
    assert told("refusals")["", "csrf"] == 1
    assert told("refusals")["", "limit post:author"] == 1
