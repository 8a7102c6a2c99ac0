"""What changed in a talk since a day: chosen by counting people, shown as the comments themselves."""

import re
from datetime import UTC, date, datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from films.services import create_film
from forum.accounts.readers import ANYBODY, pen_with_secret
from forum.discussions import catching_up, services
from forum.discussions.catching_up import New, branches
from forum.discussions.models import Comment, Topic
from tests.discussions.growing import grow, threads

pytestmark = pytest.mark.usefixtures("no_checks")

START = datetime(2026, 7, 1, tzinfo=UTC)


def new(pk, parent, author):
    return New(pk, parent, (author,), START + timedelta(minutes=pk))


# The ranking, without a database


def test_two_who_answer_each_other_forty_times_stand_below_three_with_one_word_each():
    quarrel = [new(100 + at, 1 if at == 0 else 99 + at, at % 2) for at in range(40)]
    three = [new(200 + at, 2, f"person {at}") for at in range(3)]
    found = branches([*quarrel, *three])
    assert [(one.head_id, one.people, one.replies) for one in found] == [(2, 3, 3), (1, 2, 40)]


def test_of_as_many_people_the_one_with_more_to_say_stands_first_but_nobody_counts_thrice():
    quiet = [new(10, 1, "a"), new(11, 1, "b")]
    loud = [new(20 + at, 2, "c") for at in range(30)] + [new(60, 2, "d")]
    even = [new(70, 3, "e"), new(71, 3, "f"), new(72, 3, "e"), new(73, 3, "f")]
    assert [one.head_id for one in branches([*quiet, *loud, *even])] == [3, 2, 1]


def test_among_equals_the_latest_stands_first():
    assert [one.head_id for one in branches([new(10, 1, "a"), new(11, 2, "b")])] == [2, 1]


def test_new_comments_hang_together_below_what_was_there_or_are_a_thread():
    found = branches([new(10, 1, "a"), new(11, 10, "b"), new(12, None, "c"), new(13, 12, "d")])
    assert {one.head_id: ([x.id for x in one.new], one.is_thread) for one in found} == {
        1: ([10, 11], False),
        12: ([12, 13], True),
    }


# The page


@pytest.fixture
def people(db):
    return [
        services.Author(pen=pen_with_secret("", f"p{number}")[0], name=name)
        for number, name in enumerate(["Ada", "Bea", "Cleo", "Dora"])
    ]


@pytest.fixture
def talk(topic, post, people):
    """An old talk with a quarrel and a question that three answered, a new thread, an edit."""
    old = {name: post(f"Old {name}") for name in ("quarrel", "question", "quiet", "edited")}
    old["above"] = post("Above", under=old["question"])
    old["asked"] = post("Who knows?", under=old["above"])
    Comment.objects.update(state_at=START, created_at=START)
    last = old["quarrel"]
    for at in range(8):
        last = post(f"No {at}", under=last, author=people[at % 2])
    for at in range(1, 4):
        post(f"I do {at}", under=old["asked"], author=people[at])
    thread = post("A new thread", author=people[3])
    post("Answered", under=thread, author=people[1])
    later = timezone.now()
    Comment.objects.filter(pk=old["edited"].pk).update(edited_at=later)
    Topic.objects.update(version=100)
    return old | {"thread": thread}


def read(address, day=""):
    answer = Client().get(f"{address}since/", {"from": day} if day else {})
    return answer, answer.content.decode()


def articles(html):
    return [
        int(pk)
        for pk in re.findall(
            r'<article class="[^"]*"(?: data-state="tombstone")? id="c(\d+)"', html
        )
    ]


def test_new_threads_then_the_most_answered_then_what_was_edited(topic, talk):
    answer, html = read(topic.get_absolute_url())
    assert answer.status_code == 200
    assert "14 new comments" not in html
    assert "13 new comments, 4 people" in html
    shown = [pk for pk in articles(html) if pk in {one.pk for one in talk.values()}]
    assert shown == [talk[name].pk for name in ("thread", "asked", "quarrel", "edited")]
    assert "3 new replies by 3 people" in html
    assert "8 new replies by 2 people" in html
    assert "1 new reply, 2 people in all" in html
    assert f'href="/comments/{talk["edited"].pk}/history/"' in html
    assert len(articles(html)) == len(set(articles(html)))


def test_a_comment_stands_with_its_ancestors_folded_and_its_first_new_replies(topic, talk):
    html = read(topic.get_absolute_url())[1]
    card = html.split('<details class="way">')[1].split("since-card")[0]
    way, comment = card.split("</details>", 1)
    assert "It answers 2 comments" in way
    assert way.index("Old question") < way.index("Above") < len(way)
    assert "Who knows?" in comment
    assert [f"I do {at}" in comment for at in (1, 2, 3)] == [True] * 3
    assert 'data-number="2.1.1"' in comment
    assert f'href="/comments/{talk["asked"].pk}/?since=' in comment


@pytest.mark.parametrize("state", ["held", "removed", "spam", "deleted"])
def test_what_is_not_public_is_not_told(topic, post, state):
    post("Public")
    post("A secret", state=state)
    html = read(topic.get_absolute_url())[1]
    assert "A secret" not in html
    assert "1 new comment, 1 person" in html


def test_a_removed_comment_whose_replies_are_new_stands_as_its_tombstone(topic, post):
    root = post("To be removed")
    Comment.objects.update(state_at=START, created_at=START)
    reply = post("A reply", under=root)
    services.moderate(comment_id=root.pk, verb="remove", by=ANYBODY, reason="off-topic")
    Comment.objects.filter(pk=root.pk).update(state_at=START)
    html = read(topic.get_absolute_url())[1]
    assert articles(html) == [root.pk, reply.pk]
    assert "removed by a moderator" in html
    assert "To be removed" not in html


def test_a_day_is_one_of_the_readers_and_nothing_before_it_is_new(topic, post, settings):
    settings.TIME_ZONE = "Asia/Tokyo"
    timezone.get_default_timezone.cache_clear()
    post("Just before")
    post("Just after")
    first, second = Comment.objects.order_by("pk")
    midnight = datetime(2026, 6, 30, 15, tzinfo=UTC)
    Comment.objects.filter(pk=first.pk).update(state_at=midnight - timedelta(seconds=1))
    Comment.objects.filter(pk=second.pk).update(state_at=midnight)
    html = read(topic.get_absolute_url(), "2026-07-01")[1]
    timezone.get_default_timezone.cache_clear()
    assert articles(html) == [second.pk]
    assert "?since=2026-06-30T15:00:00Z#talk" in html


def test_a_week_is_looked_back_if_no_day_is_named_and_a_quiet_one_says_so(topic, post):
    post("Old")
    Comment.objects.update(state_at=timezone.now() - timedelta(days=9))
    html = read(topic.get_absolute_url())[1]
    assert f'value="{timezone.localdate() - timedelta(days=7)}"' in html
    assert "Nothing new since then" in html
    assert articles(read(topic.get_absolute_url(), "2001-01-01")[1])


@pytest.mark.parametrize("day", ["soon", "2026-02-30", "0000-01-01", "9999-12-31", "1"])
def test_a_day_that_is_none_is_refused_with_what_was_typed(topic, day):
    answer, html = read(topic.get_absolute_url(), day)
    assert answer.status_code == 422
    assert f'value="{day}"' in html
    assert "This is no day" in html


@pytest.mark.parametrize("size", [1, 40])
def test_eight_queries_at_most_whatever_came_and_one_once_it_is_kept(
    topic, post, size, django_assert_max_num_queries, django_assert_num_queries
):
    root = post("Root")
    Comment.objects.update(state_at=START, created_at=START)
    grow(topic, threads(*[3] * size))
    for _ in range(size):
        post(under=root)
    Comment.objects.exclude(pk=root.pk).update(state_at=timezone.now())
    film = create_film(title="Night Mail", state="published")
    for address in (topic.get_absolute_url(), film.get_absolute_url()):
        with django_assert_max_num_queries(8):
            first = read(address)[0]
        read(address)
        with django_assert_num_queries(1):
            assert read(address)[0].content == first.content


def test_years_of_talk_are_looked_at_to_a_thousand_comments(topic, monkeypatch):
    monkeypatch.setattr(catching_up, "MOST_LOOKED_AT", 56)
    ids = grow(topic, threads(*[4] * 20))
    Topic.objects.update(version=7)
    html = read(topic.get_absolute_url(), "2001-01-01")[1]
    assert "More than 56 new comments" in html
    assert html.count('data-depth="0"') == catching_up.THREADS
    assert ids[76] in articles(html)  # the latest thread
    assert 'href="/lobby/' in html.split("More of them, newest first")[0].rsplit("<a", 1)[1]


def test_a_film_has_it_too_and_a_draft_has_none(client, people):
    film = create_film(title="Night Mail", state="published")
    services.post_comment(author=people[0], body="One", topic_id=film.topic_id)
    services.post_comment(author=people[0], body="Two", topic_id=film.topic_id)
    assert (
        f'href="{film.get_absolute_url()}since/"'
        in client.get(film.get_absolute_url()).content.decode()
    )
    answer, html = read(film.get_absolute_url(), str(date(2026, 1, 1)))
    assert "2 new comments, 1 person" in html
    assert "public" in answer.headers["Cache-Control"]
    draft = create_film(title="Draft", state="draft")
    assert read(draft.get_absolute_url())[0].status_code == 404


def test_a_day_seen_again_is_answered_304_until_somebody_writes(topic, post):
    post("One")
    address = f"{topic.get_absolute_url()}since/?from=2026-01-01"
    etag = Client().get(address).headers["ETag"]
    assert Client().get(address, headers={"if-none-match": etag}).status_code == 304
    post("Two")
    assert Client().get(address, headers={"if-none-match": etag}).status_code == 200
