"""Pages kept under the version of their talk: what is asked for again, and when."""

from contextlib import contextmanager
from unittest import mock

import pytest
from django.db.models import F

from forum.accounts.readers import ANYBODY, Reader
from forum.discussions import page, services, tree
from forum.discussions.kept import Kept
from forum.discussions.models import Comment, Topic
from forum.discussions.options import Options
from tests.discussions.growing import grow, threads
from tests.discussions.pages import fresh, talk

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("no_checks")]


def test_a_kept_page_asks_nothing(topic, post, django_assert_num_queries):
    post("A word")
    topic = fresh(topic)
    first = page.talk(topic, Options())
    with django_assert_num_queries(0):
        assert page.talk(topic, Options()) == first


def test_a_cold_page_takes_the_same_queries_at_1_200_and_10_000_comments(
    topic, django_assert_num_queries
):
    for parents in (threads(1), threads(*[20] * 10), threads(*[1_500, *[100] * 85])):
        grow(topic, parents)
        now = fresh(topic)
        for options in (Options(), Options(sort="discussed"), Options(show_all=True)):
            with django_assert_num_queries(3):
                page.talk(now, options)


def test_what_is_written_is_seen_by_the_next_reader(topic, post):
    first = post("First")
    assert "First" in talk(topic)
    services.moderate(comment_id=first.pk, verb="spam", by=ANYBODY)
    assert "First" not in talk(topic)
    second = post("Second")
    assert "Second" in talk(topic)
    pen = Reader(pen=second.pen)
    base = services.text_version(second)
    services.edit_comment(comment_id=second.pk, by=pen, body="Changed", base=base)
    assert "Changed" in talk(topic)
    services.delete_comment(comment_id=second.pk, by=pen)
    assert "Changed" not in talk(topic)


def raise_version(topic):
    Topic.objects.filter(pk=topic.pk).update(version=F("version") + 1)


def test_a_version_that_rises_while_a_page_is_made_makes_it_again(topic, post):
    post("First")
    topic = fresh(topic)
    writers = [lambda: post("Second")]
    with interrupted(writers):
        made = page.talk(topic, Options())
    assert b"Second" in made.html
    assert made.is_settled
    assert made.topic.version == topic.version + 1
    assert page.talk(fresh(topic), Options()).html == made.html


def test_a_page_is_made_again_at_most_twice_and_then_not_kept(topic, post):
    post("First")
    writers = [lambda: raise_version(topic)] * 3
    with interrupted(writers) as builds:
        made = page.talk(fresh(topic), Options())
    assert builds == [1, 1, 1]
    assert not made.is_settled
    with interrupted([]) as builds:
        assert page.talk(fresh(topic), Options()).is_settled
    assert builds == [1]


@contextmanager
def interrupted(writers):
    """Let one writer after the other write while pages are made; yield the list of builds."""
    waiting, builds, build = list(writers), [], page._talk_html

    def build_and_write(*args):
        html = build(*args)
        builds.append(1)
        if waiting:
            waiting.pop(0)()
        return html

    with mock.patch.object(page, "_talk_html", build_and_write):
        yield builds


def test_the_shape_of_a_long_thread_is_read_once_a_version(topic):
    ids = grow(topic, threads(450))
    topic = fresh(topic)
    page.talk(topic, Options())
    with mock.patch.object(tree, "rows_of") as read, mock.patch.object(tree, "branch_rows") as too:
        page.talk(topic, Options(sort="newest"))
        comment = Comment.objects.with_text().get(pk=ids[0])
        page.branch(comment, topic, Options(after=ids[199]))
    assert not read.called
    assert not too.called


def test_bytes_kept_are_bounded_and_the_longest_unused_goes_first():
    store = Kept(100)
    for name in "abcd":
        store.put(name, name.encode(), 25)
    assert store.get("a") == b"a"
    store.put("e", b"e", 25)
    assert store.get("b") is None
    assert store.get("a") == b"a"
    assert store.used_bytes == 100
    store.put("e", b"E", 10)
    assert (store.get("e"), store.used_bytes) == (b"E", 85)


def test_what_would_take_more_than_a_quarter_is_not_kept():
    store = Kept(100)
    store.put("a", b"a", 26)
    assert store.get("a") is None
    assert store.used_bytes == 0
