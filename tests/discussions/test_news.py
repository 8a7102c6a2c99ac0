"""The small request of a page that is open: how many comments came since a moment, for one query or none."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from django.conf import settings
from django.db.models import F
from django.test import Client

from films.services import create_film
from forum.accounts.readers import ANYBODY, pen_with_secret
from forum.discussions import arrivals, services
from forum.discussions.models import Comment, Topic
from tests.discussions.growing import grow, threads

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("no_checks")]
LONG_AGO = "2001-01-01T00:00:00Z"


def ask(address, since=LONG_AGO, **headers):
    return Client().get(f"{address}news", {"since": since}, headers=headers)


def told(address, since=LONG_AGO):
    answer = ask(address, since)
    assert answer.status_code == 200
    return json.loads(answer.content)


def since_of(html: str) -> str:
    """The moment from which an open page asks."""
    return html.split('data-at="')[1].split('"')[0]


def address_in(html: str) -> str:
    return html.split('data-news="')[1].split('"')[0]


def test_what_came_since_the_page_was_made_is_counted_with_what_it_answers(topic, post):
    root = post("Here before.")
    html = Client().get(topic.get_absolute_url()).content.decode()
    since = since_of(html)
    assert address_in(html) == f"{topic.get_absolute_url()}news"
    assert told(topic.get_absolute_url(), since) == {"count": 0, "more": False, "new": []}
    reply = post("A reply", under=root)
    below = post("Below it", under=reply)
    alone = post("A thread")
    assert told(topic.get_absolute_url(), since) == {
        "count": 3,
        "more": False,
        "new": [[reply.pk, root.pk], [below.pk, reply.pk], [alone.pk, 0]],
    }


def test_a_page_made_anew_has_no_news(topic, post):
    post("One")
    post("Two")
    html = Client().get(topic.get_absolute_url()).content.decode()
    assert told(topic.get_absolute_url(), since_of(html))["count"] == 0


@pytest.mark.parametrize("who", ["member", "guest"])
def test_what_i_wrote_in_another_tab_or_muted_is_no_news_to_me(topic, post, guest, member, who):
    mine = guest if who == "guest" else services.Author(member=member)
    client = Client()
    if who == "guest":
        pen, secret, _is_new = pen_with_secret("", "Jo")
        client.cookies[settings.PEN_COOKIE_NAME] = secret
        mine = services.Author(pen=pen, name="Jo")
    else:
        client.force_login(member)
    address = f"{topic.get_absolute_url()}news"
    root = post("Of another")
    post("Mine, elsewhere", under=root, author=mine)
    assert client.get(address, {"since": LONG_AGO}).json()["count"] == 2
    answer = client.get(address, {"since": LONG_AGO, "mine": ""})
    assert answer.json() == {"count": 1, "more": False, "new": [[root.pk, 0]]}
    assert answer.headers["Cache-Control"] == "private, no-cache"
    assert Client().get(address, {"since": LONG_AGO, "mine": ""}).json()["count"] == 2
    client.post(f"/comments/{root.pk}/mute/")
    assert client.get(address, {"since": LONG_AGO, "mine": ""}).json()["count"] == 0
    below = f"/comments/{root.pk}/news"
    assert client.get(below, {"since": LONG_AGO}).json()["count"] == 1
    assert client.get(below, {"since": LONG_AGO, "mine": ""}).json()["count"] == 0


@pytest.mark.parametrize("state", ["held", "removed", "spam", "deleted"])
def test_what_is_not_public_is_never_counted(topic, post, state):
    post("Public")
    post("Not public", state=state)
    assert told(topic.get_absolute_url())["count"] == 1


def test_what_was_held_counts_from_the_moment_it_is_let_in(topic, post):
    first = post("First")
    held = post("Held", state="held")
    post("Later")
    since = since_of(Client().get(topic.get_absolute_url()).content.decode())
    assert told(topic.get_absolute_url(), since)["count"] == 0
    services.moderate(comment_id=held.pk, verb="approve", by=ANYBODY)
    assert told(topic.get_absolute_url(), since)["new"] == [[held.pk, 0]]
    assert first.pk


def test_a_film_and_a_comment_tell_news_at_addresses_beside_their_own(client, topic, post):
    film = create_film(title="Night Mail", state="published")
    one = services.post_comment(
        author=services.Author(pen=post("x").pen, name="Nils"), body="One", topic_id=film.topic_id
    ).comment
    assert told(film.get_absolute_url())["new"] == [[one.pk, 0]]
    html = client.get(film.get_absolute_url()).content.decode()
    assert address_in(html) == f"{film.get_absolute_url()}news"
    root, other = post("Root"), post("Another thread")
    reply = post("Reply", under=root)
    deep = post("Deep", under=reply)
    assert told(root.get_absolute_url())["new"] == [[reply.pk, root.pk], [deep.pk, reply.pk]]
    assert told(reply.get_absolute_url())["new"] == [[deep.pk, reply.pk]]
    assert told(other.get_absolute_url())["count"] == 0
    html = client.get(root.get_absolute_url()).content.decode()
    assert address_in(html) == f"{root.get_absolute_url()}news"


def test_an_open_page_costs_one_query_each_time_it_asks(topic, post, django_assert_num_queries):
    root = post("One")
    ask(topic.get_absolute_url())
    ask(root.get_absolute_url())
    for address in (topic.get_absolute_url(), root.get_absolute_url()):
        with django_assert_num_queries(1):
            other = ask(address, "2002-02-02T00:00:00Z")  # whatever it asks from
        with django_assert_num_queries(1):
            again = ask(address, "2002-02-02T00:00:00Z", if_none_match=other.headers["ETag"])
        assert again.status_code == 304
        assert again.content == b""
    post("Two")
    with django_assert_num_queries(2):
        assert ask(topic.get_absolute_url()).json()["count"] == 2


def test_a_known_reader_is_answered_304_too(topic, post, as_member):
    post("One")
    address = f"{topic.get_absolute_url()}news?since={LONG_AGO}"
    first = as_member.get(address)
    assert first.headers["Cache-Control"] == "public, no-cache"
    assert not first.cookies
    again = as_member.get(address, headers={"if-none-match": first.headers["ETag"]})
    assert again.status_code == 304


def test_years_of_talk_are_counted_to_500_and_no_further(topic, django_assert_num_queries):
    ids = grow(topic, threads(300, 260))
    Topic.objects.update(version=F("version") + 1)
    with django_assert_num_queries(2):
        answer = ask(topic.get_absolute_url())
    found = answer.json()
    assert (found["count"], found["more"], len(found["new"])) == (
        arrivals.MOST,
        True,
        arrivals.MOST,
    )
    assert found["new"][-1][0] in ids
    assert len(answer.content) < 10_000


@pytest.mark.parametrize(
    "since", ["2026-07-01", "2026-07-01T00:00", "2026-07-01T02:00:00+02:00", "2026-07-01T02:00 02:00"]
)  # fmt: skip
def test_a_moment_may_be_written_in_any_iso_way(topic, post, since):
    post("Before")
    post("After")
    at = datetime(2026, 7, 1, tzinfo=UTC)
    first, second = Comment.objects.order_by("pk")
    Comment.objects.filter(pk=first.pk).update(state_at=at)
    Comment.objects.filter(pk=second.pk).update(state_at=at + timedelta(microseconds=1))
    answer = Client().get(f"{topic.get_absolute_url()}news?since={since}")
    assert answer.json()["new"] == [[second.pk, 0]]


@pytest.mark.parametrize("since", ["", "yesterday", "2026-13-01", "0001-01-01T00:00:00+14:00"])
def test_a_moment_that_is_none_is_refused(topic, since):
    assert ask(topic.get_absolute_url(), since).status_code == 400


def test_a_talk_that_is_not_shown_tells_nothing_to_anybody(client, topic, post, as_staff):
    film = create_film(title="Draft", state="draft")
    assert ask(film.get_absolute_url()).status_code == 404
    root, held = post("Root"), post("Held", state="held")
    assert ask(held.get_absolute_url()).status_code == 404
    Topic.objects.filter(pk=topic.pk).update(hidden_at=root.created_at)
    for address in (topic.get_absolute_url(), root.get_absolute_url(), "/comments/999999/"):
        assert ask(address).status_code == 404


def test_news_change_nothing(topic, post):
    post("One")
    before = list(Topic.objects.values())
    told(topic.get_absolute_url())
    assert list(Topic.objects.values()) == before
    assert Client().post(f"{topic.get_absolute_url()}news").status_code == 405
