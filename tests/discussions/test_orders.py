"""The orders of a talk, and the one that is remembered."""

import re

import pytest
from django.test import Client

from forum.accounts.models import User
from forum.discussions import page, scores, tree
from forum.discussions.kept import kept
from forum.discussions.models import Comment, Topic
from forum.discussions.options import Options
from tests.discussions.growing import grow, threads
from tests.discussions.voting import ids_of, shown, sums, voted

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("no_checks")]


def test_best_is_the_lower_bound_with_the_author_as_one_who_likes_it():
    assert scores.best(0, 0) == scores.UNVOTED
    order = [(50, 5), (5, 0), (1, 0), (0, 0), (1, 1), (0, 1), (0, 5)]
    assert sorted(order, key=lambda each: -scores.best(*each)) == order
    assert scores.best(9, 0) == pytest.approx(1e9 * 10 / (10 + scores.Z**2), abs=1)  # p = 1


def test_controversial_is_many_votes_in_balance():
    assert scores.controversy(9, 0) == scores.controversy(0, 9) == 0
    assert scores.controversy(5, 5) == 10_000
    order = [(20, 19), (5, 5), (20, 5), (1, 1)]
    assert sorted(order, key=lambda each: -scores.controversy(*each)) == order


def test_every_order_holds_for_threads_and_at_every_level(post, topic):
    quiet, good, fought = post(), post(), post()
    low, high = post(under=quiet), post(under=quiet)
    voted(good, ups=3)
    voted(fought, ups=2, downs=2)
    voted(low, downs=2)
    voted(high, ups=2)
    kept.clear()
    branch = [quiet.pk, high.pk, low.pk]
    assert shown(topic, sort="best") == [good.pk, *branch, fought.pk]
    assert shown(topic, sort="controversial")[0] == fought.pk
    assert shown(topic, sort="oldest") == [quiet.pk, low.pk, high.pk, good.pk, fought.pk]


@pytest.mark.parametrize("sort", ["best", "controversial"])
def test_pages_by_votes_go_on_where_the_last_ended(topic, sort):
    grow(topic, threads(*[40] * 12))
    roots = list(Comment.objects.filter(parent=None))
    for number, root in enumerate(roots[:7]):
        Comment.objects.filter(pk=root.pk).update(ups=number % 3, downs=number % 2)
    tree.rank_threads(*(root.thread_id for root in roots))
    found, token = [], ""
    while True:
        html = page.talk(Topic.objects.get(pk=topic.pk), Options(sort=sort, token=token)).html
        found.append(ids_of(html.decode()))
        link = re.search(r'rel="next" href="[^"]*page=([\d.]+)', html.decode())
        if not link:
            break
        token = link[1]
    assert len(found) == 3
    flat = [pk for one in found for pk in one]
    assert len(set(flat)) == len(flat) == 480
    value = {"best": scores.best, "controversial": scores.controversy}[sort]
    firsts = [pk for pk in flat if pk in {root.pk for root in roots}]
    values = [value(*sums(Comment(pk=pk))) for pk in firsts]
    assert values == sorted(values, reverse=True)


# The order that is remembered


def test_an_order_is_remembered_of_a_guest_by_a_cookie_and_of_a_member_by_the_server(
    client, as_member, member, post, topic
):
    first, second = post(), post()
    address = topic.get_absolute_url()
    for browser in (client, as_member):
        answer = browser.post("/order/", {"sort": "newest", "back": address})
        assert answer.headers["Location"] == f"{address}#talk"
        assert ids_of(browser.get(address).content.decode()) == [second.pk, first.pk]
        explicit = browser.get(f"{address}?sort=oldest").content.decode()
        assert ids_of(explicit) == [first.pk, second.pk]
    assert client.cookies["order"].value == "newest"
    assert "order" not in as_member.cookies
    assert User.objects.get(pk=member.pk).order == "newest"
    assert ids_of(Client().get(address).content.decode()) == [first.pk, second.pk]


def test_who_has_chosen_no_order_reads_in_the_one_of_the_site(
    client, as_member, post, topic, settings
):
    settings.TALK_ORDER = "newest"
    first, second = post(), post()
    for browser in (client, as_member):
        html = browser.get(topic.get_absolute_url()).content.decode()
        assert ids_of(html) == [second.pk, first.pk]
        assert '<span aria-current="true">newest first</span>' in html
    assert "application/ld+json" in client.get(topic.get_absolute_url()).content.decode()
    client.post("/order/", {"sort": "oldest", "back": "/"})
    html = client.get(topic.get_absolute_url()).content.decode()
    assert ids_of(html) == [first.pk, second.pk]


def test_following_a_link_alone_changes_nothing(client, as_member, member, post, topic):
    post(), post()
    for browser in (client, as_member):
        browser.get(f"{topic.get_absolute_url()}?sort=best")
        browser.get("/order/?sort=best")
        assert "order" not in browser.cookies
    assert User.objects.get(pk=member.pk).order == ""


def test_an_order_of_no_sense_and_a_way_to_elsewhere_are_refused(client, post, topic):
    post(), post()
    assert client.post("/order/", {"sort": "sideways"}).status_code == 422
    for back in ("//evil.example/", "https://evil.example/", "javascript:alert(1)", ""):
        answer = client.post("/order/", {"sort": "best", "back": back})
        assert answer.headers["Location"] == "/#talk"
    client.cookies["order"] = "sideways"
    assert client.get(topic.get_absolute_url()).status_code == 200


def test_without_scripts_a_link_leads_to_the_page_that_remembers(client, post, topic):
    post(), post()
    html = client.get(f"{topic.get_absolute_url()}?sort=best").content.decode()
    link = re.search(r'<noscript><a href="([^"]+)">always in this order</a></noscript>', html)
    form = client.get(link[1].replace("&amp;", "&")).content.decode()
    assert 'value="best" checked' in form
    assert f'name="back" value="{topic.get_absolute_url()}"' in form
