"""The HTML of a talk: what stands on a page, in which order, how the rest is reached."""

import re

import pytest
from django.core.exceptions import BadRequest
from django.http import QueryDict
from django.utils import timezone

from forum.accounts.readers import ANYBODY, pen_with_secret
from forum.discussions import page, services
from forum.discussions.kept import kept
from forum.discussions.models import Comment, Thread
from forum.discussions.options import Options
from forum.discussions.walk import SORTS
from tests.discussions.growing import chain, grow, threads
from tests.discussions.pages import Articles, branch, fresh, pages, shown, talk

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("no_checks")]


# One comment


def test_a_comment_carries_what_others_rely_on(topic, post):
    root = post("First")
    reply = post("A *reply*", under=root)
    html = talk(topic)
    (_root, _attributes, _none), (number, attributes, around) = Articles(html).found
    assert number == reply.pk
    assert around == [root.pk]
    wanted = {
        "class": "comment",
        "data-number": "1.1",
        "data-depth": "1",
        "data-parent": str(root.pk),
    }
    assert wanted.items() <= attributes.items()
    assert 'class="comment-author"' in html
    assert '<div class="comment-body" dir="auto"><p>A <em>reply</em></p></div>' in html
    assert f'<time datetime="{reply.created_at.isoformat(timespec="seconds")}">' in html
    assert 'data-comment-count="2"' in html
    assert f'href="/comments/{reply.pk}/reply/"' in html


def test_a_name_is_text_and_never_markup(topic, guest, post):
    author = services.Author(pen=guest.pen, name="<script>alert(1)</script> & Co")
    post("A word", author=author)
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; Co" in talk(topic)


def test_a_guest_is_called_guest_and_a_member_is_not(topic, post, member):
    post("A guest's")
    assert re.search(r'<i class="guest" data-mark="\w{4}">guest</i>', talk(topic))
    Comment.objects.update(pen=None, member=member, author_name="")
    kept.clear()
    html = talk(topic)
    assert "Sunniva" in html
    assert 'class="guest"' not in html


def test_the_date_is_exact_in_the_sites_zone(topic, settings):
    settings.TIME_ZONE = "Europe/Lisbon"
    timezone.get_default_timezone.cache_clear()
    grow(topic, threads(1))
    html = talk(topic)
    timezone.get_default_timezone.cache_clear()
    assert '<time datetime="2019-03-02T20:14:00+00:00">2 March 2019, 20:14</time>' in html


def test_every_page_is_whole_html(topic):
    grow(topic, [None, 0, 1, 0, None, 4, 5, 6, *range(7, 30)], {1: "removed", 5: "spam"})
    for options in ({}, {"sort": "newest"}, {"sort": "discussed"}, {"show_all": True}):
        assert Articles(talk(topic, **options)).ids


# Whole threads until 200 comments


def test_a_page_holds_whole_threads_until_200_comments(topic):
    ids = grow(topic, threads(80, 80, 50, 30))
    first, second = pages(topic)
    assert first == ids[:160]
    assert second == ids[160:]


def test_200_comments_in_all_are_one_page_without_a_pager(topic):
    ids = grow(topic, threads(150, 50))
    html = talk(topic)
    assert Articles(html).ids == ids
    assert 'class="pager"' not in html


def test_a_longer_thread_stands_alone_with_its_first_200(topic):
    ids = grow(topic, threads(10, 250, 10))
    first, second, third = pages(topic)
    assert first == ids[:10]
    assert second == ids[10:210]
    assert third == ids[260:]


def test_more_replies_are_the_public_ones_on_the_threads_own_page(topic):
    states = dict.fromkeys(range(240, 250), "spam")
    ids = grow(topic, threads(260), states)
    html = talk(topic)
    assert f'<a href="/comments/{ids[0]}/?after={ids[199]}">50 more replies to 1</a>' in html


def test_every_public_comment_is_on_exactly_one_page_whatever_the_order(topic):
    ids = grow(topic, threads(1, 90, 120, 3, 199, 1, 1, 60, 150, 30))
    for sort in SORTS:
        found = [pk for one in pages(topic, sort=sort) for pk in one]
        assert sorted(found) == ids
        assert len(set(found)) == len(found)


def test_threads_of_one_moment_are_parted_by_their_ids(topic):
    grow(topic, threads(*[60] * 8))
    Thread.objects.update(created_at=timezone.now())
    for sort in SORTS:
        found = [pk for one in pages(topic, sort=sort) for pk in one]
        assert len(found) == len(set(found)) == 480


def test_all_on_one_page_shows_up_to_1500(topic):
    grow(topic, threads(400, 400, 400))
    html = talk(topic)
    assert "?sort=oldest&amp;all=1#talk" in html
    assert len(shown(topic, show_all=True)) == 1200


def test_beyond_1500_the_rest_follows(topic):
    ids = grow(topic, threads(1_600, 20))
    first, second = pages(topic, show_all=True)
    assert (first, second) == (ids[:1_500], ids[1_600:])
    assert "1,500 on one page" in talk(topic)


def test_oldest_newest_and_most_discussed_are_plain_links_and_the_current_is_marked(topic):
    ids = grow(topic, threads(2, 3, 1))
    assert shown(topic) == ids
    assert shown(topic, sort="newest") == [ids[5], ids[2], ids[4], ids[3], ids[0], ids[1]]
    assert shown(topic, sort="discussed") == [*ids[2:5], *ids[0:2], ids[5]]
    html = talk(topic, sort="newest")
    assert '<span aria-current="true">newest first</span>' in html
    assert "?sort=discussed#talk" in html
    assert re.search(r'href="[^"?]*\?sort=oldest#talk" data-sort="oldest">oldest first', html)


def test_a_long_thread_is_put_in_order_among_its_first_1500(topic):
    ids = grow(topic, threads(1_600))
    html = talk(topic, sort="newest")
    assert Articles(html).ids == [ids[0], *reversed(ids[1_301:1_500])]
    assert f'<a href="/comments/{ids[0]}/">1400 more replies to 1</a>' in html


def test_an_empty_topic_says_so_and_invites(topic):
    html = talk(topic)
    assert "Nobody has said anything yet" in html
    assert f'href="/topics/{topic.pk}/comments/new/"' in html
    assert 'data-comment-count="0"' in html


def test_a_locked_topic_offers_no_reply(topic, post):
    post("A word")
    services.lock_topic(topic_id=topic.pk, by=None, locked=True)
    html = talk(topic)
    assert "/reply/" not in html
    assert "/comments/new/" not in html
    assert "locked" in html


# Tombstones


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ("held", "waits for a moderator"),
        ("spam", "removed"),
        ("removed", "removed by a moderator"),
        ("deleted", "deleted by its author"),
        ("erased", "deleted"),
    ],
)
def test_a_tombstone_has_no_name_and_no_text(topic, state, words):
    ids = grow(topic, [None, 0, 1, 0], {1: state, 3: state})
    html = talk(topic)
    articles = Articles(html)
    assert articles.ids == ids[:3]
    (stone,) = [one for number, one, _round in articles.found if number == ids[1]]
    assert stone["data-state"] == "tombstone"
    assert f'<p class="note">{words}</p>' in html
    assert "Guest 1" not in html
    assert "Text 1<" not in html
    assert "Text 3<" not in html
    assert 'data-comment-count="2"' in html
    assert f"/comments/{ids[1]}/reply/" not in html


def test_a_thread_without_a_public_comment_is_not_shown(topic):
    ids = grow(topic, [None, 0, None], {0: "removed", 1: "spam"})
    assert shown(topic) == ids[2:]


def test_tombstones_are_found_without_a_query_each(topic, django_assert_num_queries):
    grow(topic, [None, *range(8), 0], dict.fromkeys(range(1, 8), "removed"))
    topic = fresh(topic)
    with django_assert_num_queries(3):  # threads, rows with words, the version once more
        page.talk(topic, Options())


def test_a_reply_below_a_tombstone_does_not_say_whose_it_was(topic, post, guest):
    """From the fifth level on a reply names whom it answers, for narrow screens."""
    other = services.Author(pen=pen_with_secret("", "Ingeborg")[0], name="Ingeborg")
    above = None
    for _ in range(4):
        above = post(under=above)
    gone = post(under=above, author=other)
    post(under=gone)
    assert talk(topic).partition("<script")[0].count("Ingeborg") == 2
    services.moderate(comment_id=gone.pk, verb="remove", by=ANYBODY, reason="unkind")
    html = talk(topic)
    assert "in reply to" in html
    assert "Ingeborg" not in html


# Depth


def test_html_nests_to_depth_8_and_then_continues(topic):
    ids = grow(topic, chain(30))
    html = talk(topic)
    assert Articles(html).ids == ids[:9]
    link = f'<a href="/comments/{ids[8]}/">Continue this conversation: 21 more below</a>'
    assert link in html
    assert Articles(branch(ids[8])).ids[-9:] == ids[8:17]


def test_a_deep_reply_says_whom_it_answers(topic):
    ids = grow(topic, chain(6))
    html = talk(topic)
    assert f'in reply to <a href="#c{ids[3]}">Guest 3, 1.1.1.1</a>' in html
    assert f'href="#c{ids[0]}"' not in html


def test_a_path_number_of_more_than_ten_parts_is_shortened(topic):
    ids = grow(topic, chain(14))
    articles = Articles(branch(ids[12]))
    numbers = {number: attributes["data-number"] for number, attributes, _r in articles.found}
    assert numbers[ids[12]] == "1.1.1.….1.1.1.1.1.1"
    depths = {number: attributes["data-depth"] for number, attributes, _r in articles.found}
    assert depths[ids[12]] == "12"


# What an address may ask


@pytest.mark.parametrize(
    "query",
    [
        "sort=sideways",
        "page=1",
        "page=a.b",
        "page=1.2.3",
        "after=-1",
        "after=x",
        "after=" + "9" * 30,
    ],
)
def test_an_address_that_makes_no_sense_is_refused(query):
    with pytest.raises(BadRequest):
        Options.of(QueryDict(query))


@pytest.mark.parametrize("sort", SORTS)
def test_a_token_from_nowhere_is_an_empty_page_or_refused(topic, post, sort):
    post("A word")
    for token in ("0.0", "999999999999999999.999999999999999999", "5.1"):
        try:
            assert "<section" in talk(topic, sort=sort, token=token)
        except BadRequest as refused:
            assert refused.args[0]  # noqa: PT017


def test_options_name_the_order_as_each_reader_has_another_usual_one():
    assert Options().query() == "?sort=oldest"
    assert Options.of(QueryDict("sort=newest&all=1&page=5.7")).query(token="") == (
        "?sort=newest&amp;all=1"
    )


# The way back after posting


def test_the_address_after_posting_is_a_page_that_holds_the_comment(topic, post, guest):
    first = post("First")
    assert page.address_of(first, fresh(topic)) == f"{topic.get_absolute_url()}#c{first.pk}"
    ids = grow(topic, chain(12))
    deep = Comment.objects.get(pk=ids[11])
    assert page.address_of(deep, fresh(topic)) == f"/comments/{deep.pk}/#c{deep.pk}"
    assert f'id="c{deep.pk}"' in branch(deep.pk)
    grow(topic, threads(300))
    assert page.address_of(first, fresh(topic)) == f"/comments/{first.pk}/#c{first.pk}"


def test_a_fragment_is_the_comment_as_the_page_has_it(topic, post):
    root = post("First")
    reply = Comment.objects.with_text().get(pk=post("Reply", under=root).pk)
    fragment = page.fragment(reply, fresh(topic))
    assert fragment in talk(topic)
