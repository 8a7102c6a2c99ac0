"""The map beside a long talk: drawn with the page, cheap to send, silent for who does not see it."""

import re

import brotli
import pytest
from django.test import Client

from forum.accounts.models import User
from forum.discussions import page, treemap
from forum.discussions.models import CommentText, Topic, Visit
from forum.discussions.options import Options
from tests.discussions.growing import START, chain, grow, threads

pytestmark = pytest.mark.django_db
ROW = re.compile(r'<a href="#c(\d+)" tabindex="-1"><path d="M(\d+) (\d+)h(\d+)"/></a>')
MAP = re.compile(r'<link rel="stylesheet" href="[^"]*along.css"/>.*?</svg></div>', re.DOTALL)


def talk(topic, **options):
    return page.talk(Topic.objects.get(pk=topic.pk), Options(**options)).html.decode()


def rows(html):
    return [tuple(map(int, row)) for row in ROW.findall(html)]


def test_a_talk_of_sixty_has_no_map_and_a_longer_one_has_a_row_a_comment(topic):
    grow(topic, threads(30, 30))
    assert "<svg" not in talk(topic)
    ids = grow(topic, threads(5))
    found = rows(talk(topic))
    assert len(found) == 65
    assert set(ids) < {row[0] for row in found}
    assert [row[2] for row in found] == [3 * at + 2 for at in range(65)]


def test_indent_is_depth_and_length_is_words(topic):
    ids = grow(topic, [*chain(9), *[None] * 60])
    for pk, letters in ((ids[10], 40), (ids[11], 400), (ids[12], 9_000)):
        CommentText.objects.filter(pk=pk).update(body_html="x" * letters)
    found = {row[0]: row for row in rows(talk(topic))}
    assert [found[pk][1] for pk in ids[:9]] == [4 * depth for depth in range(9)]
    short, middle, long = (found[pk][3] for pk in ids[10:13])
    assert short < middle < long == treemap.WORDS * (1 + treemap.LONGEST)


def test_a_tombstone_has_a_row_without_words(topic):
    ids = grow(topic, threads(70), {0: "removed"})
    assert rows(talk(topic))[0] == (ids[0], 0, 2, treemap.WORDS)


@pytest.mark.parametrize("sort", ["oldest", "newest", "discussed"])
def test_its_rows_stand_in_the_order_of_the_page(topic, sort):
    grow(topic, threads(1, 40, 3, 60))
    html = talk(topic, sort=sort)
    assert [row[0] for row in rows(html)] == [
        int(pk) for pk in re.findall(r'<article class="[^"]*" id="c(\d+)"', html)
    ]


def test_hundreds_of_comments_share_two_hundred_rows(topic):
    ids = grow(topic, threads(*[10] * 70))
    found = rows(talk(topic, show_all=True))
    assert len(found) == 175
    assert [row[0] for row in found] == ids[::4]


def test_two_hundred_rows_cost_less_than_two_and_a_half_kilobytes(topic):
    grow(topic, [None, *[at // 3 for at in range(199)]])
    texts = list(CommentText.objects.all())
    for text in texts:
        text.body_html = f"<p>{'Words and more. ' * (1 + text.pk * 7919 % 60)}</p>"
    CommentText.objects.bulk_update(texts, ["body_html"])
    html = talk(topic)
    assert len(rows(html)) == 200
    sizes = [len(brotli.compress(one.encode(), quality=5)) for one in (html, MAP.sub("", html))]
    assert sizes[0] - sizes[1] < 2_500


def test_it_is_silent_and_out_of_the_way_of_the_keyboard_and_a_link_leads_past_the_talk(topic):
    grow(topic, threads(70))
    html = talk(topic)
    assert '<div class="map" aria-hidden="true"><svg' in html
    drawing = html.split("<svg")[1].split("</svg>")[0]
    assert drawing.count("<a ") == drawing.count('tabindex="-1"') == 70
    assert html.index('<a class="past" href="#say">') < html.index("<svg")
    assert 'id="say"' in html
    Topic.objects.update(locked_at=START)
    Topic.objects.update(version=99)
    assert 'class="past"' not in talk(topic)


def test_a_comments_own_page_has_a_map_of_its_branch(topic):
    ids = grow(topic, threads(70))
    html = Client().get(f"/comments/{ids[0]}/").content.decode()
    assert [row[0] for row in rows(html)] == ids


def test_what_is_new_is_a_dot_on_the_row_for_that_reader_alone(topic):
    ids = grow(topic, threads(70))
    member = User.objects.create_user("Sunniva")
    Visit.objects.create(member=member, topic=topic, seen_at=START, since=START)
    client = Client()
    client.force_login(member)
    html = client.get(topic.get_absolute_url()).content.decode()
    dots = re.findall(r'<a href="#c(\d+)" tabindex="-1"><circle cx="-4" cy="(\d+)"', html)
    marked = re.findall(r'id="c(\d+)"[^>]* data-new', html)
    assert len(dots) >= 69
    assert [pk for pk, _y in dots] == marked
    assert dots[-1] == (str(ids[-1]), str(3 * 69 + 2))
    assert "<circle" not in Client().get(topic.get_absolute_url()).content.decode()


def test_it_costs_no_query(topic, django_assert_num_queries):
    grow(topic, threads(70))
    fresh = Topic.objects.get(pk=topic.pk)
    with django_assert_num_queries(3):
        page.talk(fresh, Options())
