"""The way from one new comment to the next, over all pages of a talk, as links lead without scripts."""

import re
from datetime import timedelta
from urllib.parse import urldefrag, urljoin

import pytest
from django.test import Client
from django.utils import timezone

from forum.discussions import services
from forum.discussions.models import Comment, Thread, Visit
from forum.discussions.newness import ways_on
from forum.discussions.walk import SORTS
from tests.discussions.growing import chain, grow, threads
from tests.discussions.people import author, browser, person
from tests.discussions.test_newness import html_of, marked
from tests.discussions.test_telling import say

pytestmark = pytest.mark.django_db
YEARS = timedelta(days=9_999)


@pytest.fixture
def was_here(looked):
    """Who saw the talk before there was a word in it."""
    return looked(YEARS)


def way_on(html, pk):
    acts = html.split(f'<p class="acts" id="a{pk}">')[1].split("</p>")[0]
    found = re.search(r'<a class="after" data-next-new href="([^"]+)">next new</a>', acts)
    return found and found[1].replace("&amp;", "&")


def walked(client, address, most):
    """Return the ids, and where each was read, that "Next new" and the links at comments lead to, until
    one was already read.
    """
    html, seen = html_of(client, address), {}
    way = re.search(r'<a class="btn" data-next-new href="([^"]+)">', html)[1].replace("&amp;", "&")
    while True:
        page, name = urldefrag(urljoin(address, way))
        if way[0] != "#":
            address, html = page, html_of(client, page)
        pk = int(name.removeprefix("c"))
        assert pk in marked(html)
        if pk in seen:
            assert pk == next(iter(seen))  # round to the first, and to no other
            return seen
        seen[pk] = address
        assert len(seen) <= most
        way = way_on(html, pk)


SHAPES = {
    "pages of whole threads": threads(*[3] * 80),
    "a thread with more replies": [*threads(230), None],
    "deep branches": [*chain(40), 5, 5, None, 42],
}


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_links_lead_over_all_pages_once_round_the_talk(topic, was_here, shape):
    grow(topic, shape)
    seen = walked(was_here, topic.get_absolute_url(), len(shape))
    rows = Comment.objects.order_by("thread_id", "lft")
    assert list(seen) == list(rows.values_list("pk", flat=True))
    assert len(set(seen.values())) > 1


def test_what_is_new_on_the_second_page_follows_the_last_of_the_first(topic, was_here):
    ids = grow(topic, threads(*[2] * 150))
    Comment.objects.exclude(pk__in=[ids[0], ids[1], ids[-1]]).update(state_at="1990-01-01T00:00Z")
    html = html_of(was_here, topic.get_absolute_url())
    assert marked(html) == ids[:2]
    assert way_on(html, ids[0]) == f"#c{ids[1]}"
    assert way_on(html, ids[1]) == f"/comments/{ids[-1]}/#c{ids[-1]}"
    there = html_of(was_here, f"/comments/{ids[-1]}/")
    assert way_on(there, ids[-1]) == f"/comments/{ids[0]}/#c{ids[0]}"


@pytest.mark.parametrize("sort", SORTS)
def test_in_every_order_what_is_here_comes_first_then_the_next_page_and_each_is_led_to(
    topic, was_here, sort
):
    ids = grow(topic, threads(*range(2, 32)))
    for pk in ids[::7]:
        Thread.objects.filter(pk=Comment.objects.get(pk=pk).thread_id).update(
            best=pk, controversy=pk
        )
    address = f"{topic.get_absolute_url()}?sort={sort}"
    html = html_of(was_here, address)
    here, on = marked(html), re.search(r'rel="next" href="([^"]+)"', html)[1].replace("&amp;", "&")
    after = marked(html_of(was_here, on))
    way, reached = f"#c{here[0]}", []
    while len(reached) < 2 * len(ids):
        page, name = urldefrag(way)
        html = html_of(was_here, f"{page}?sort={sort}") if page else html
        reached.append(int(name.removeprefix("c")))
        way = way_on(html, reached[-1])
    assert reached[: len(here) + 1] == [*here, after[0]]
    assert set(reached) == set(ids)


@pytest.mark.parametrize("sort", SORTS)
def test_in_every_order_deep_answers_are_led_to(topic, was_here, sort):
    ids = grow(topic, [*chain(25), *[3, 3, 5, 5, None]])
    html, reached = html_of(was_here, f"{topic.get_absolute_url()}?sort={sort}"), set()
    way = f"#c{marked(html)[0]}"
    for _step in range(2 * len(ids)):
        page, name = urldefrag(way)
        html = html_of(was_here, f"{page}?sort={sort}") if page else html
        reached.add(int(name.removeprefix("c")))
        way = way_on(html, int(name.removeprefix("c")))
    assert reached == set(ids)


def test_a_page_of_more_replies_leads_on_and_back_to_the_first(topic, was_here):
    ids = grow(topic, [*threads(300), None])
    html = html_of(was_here, topic.get_absolute_url())
    assert len(marked(html)) == 200
    assert way_on(html, ids[199]) == f"/comments/{ids[200]}/#c{ids[200]}"
    more = re.search(r'<p class="more"><a href="([^"]+)"', html)[1]
    html = html_of(was_here, more)
    assert set(ids[200:300]) <= set(marked(html))
    assert way_on(html, ids[200]) == f"#c{ids[201]}"
    assert way_on(html, ids[299]) == f"/comments/{ids[300]}/#c{ids[300]}"


def test_a_pinned_thread_is_led_to_first(topic, was_here):
    ids = grow(topic, threads(1, 1, 1))
    services.pin_thread(comment_id=ids[2], by=None, pinned=True)
    assert list(walked(was_here, topic.get_absolute_url(), 3)) == [ids[2], ids[0], ids[1]]


def test_links_with_since_keep_it_on_every_page(topic):
    ids = grow(topic, threads(*[3] * 100))
    asked = "?since=2019-03-02T21:00:00.000000Z"
    seen = walked(Client(), f"{topic.get_absolute_url()}{asked}", 300)
    new = Comment.objects.filter(state_at__gt="2019-03-02T21:00:00Z").values_list("pk", flat=True)
    assert set(seen) == set(new) < set(ids)
    assert len(set(seen.values())) > 1
    assert all(asked in address for address in seen.values())


@pytest.mark.usefixtures("no_checks")
def test_what_is_muted_or_ones_own_is_not_led_to(topic, astrid, bruno):
    grow(topic, threads(*[3] * 80))
    at = timezone.now() - timedelta(hours=1)
    Visit.objects.create(member=astrid, topic=topic, since=at, seen_at=at)
    vera = person("Vera")
    new = [
        say(f"Of {who}.", author(who), topic=topic) for who in (bruno, astrid, vera, bruno, vera)
    ]
    client = browser(astrid)
    client.post(f"/comments/{new[2].pk}/mute/")
    assert list(walked(client, topic.get_absolute_url(), 5)) == [new[0].pk, new[3].pk]


def test_what_is_the_only_new_one_leads_nowhere(topic, post, was_here):
    one = post()
    assert way_on(html_of(was_here, topic.get_absolute_url()), one.pk) is None


def test_nothing_is_passed_over_where_a_page_stands_in_another_order():
    """On the page 5, 2, 3; of 1 to 7."""
    assert ways_on([5, 2, 3], [1, 2, 3, 4, 5, 6, 7]) == {5: 2, 2: 3, 3: 4}
    assert ways_on([2, 3, 5], [1, 2, 3, 4, 5, 6, 7]) == {2: 3, 3: 4, 5: 6}
    assert ways_on([2, 1], [1, 2]) == {2: 1, 1: 2}
    assert ways_on([7], [1, 7]) == {7: 1}
    assert ways_on([7], [7]) == {7: 7}
    assert ways_on([], [7]) == ways_on([], []) == {}
