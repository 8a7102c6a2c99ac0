"""The HTML of a talk: what stands on a page, in which order, how the rest is reached."""

import re
from contextlib import contextmanager
from datetime import timedelta
from html.parser import HTMLParser
from unittest import mock

import pytest
from django.core.exceptions import BadRequest
from django.db.models import F
from django.http import Http404, QueryDict
from django.utils import timezone

from forum.accounts.readers import ANYBODY, Reader, pen_with_secret
from forum.discussions import numbers, overlay, page, services, tree
from forum.discussions.kept import Kept, kept
from forum.discussions.models import Comment, CommentText, Thread, Topic
from forum.discussions.options import Options
from forum.discussions.walk import SORTS
from tests.discussions.growing import chain, grow, threads

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("no_checks")]


class Articles(HTMLParser):
    """The comments of a page: [(id, attributes, ids of the articles round it)], and its links."""

    def __init__(self, html):
        super().__init__()
        self.found, self.open, self.links, self.elements = [], [], [], []
        self.feed(html)
        assert self.elements == [], f"not closed: {self.elements}"

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        self.elements.append(tag)
        if tag == "article":
            number = int(attributes["id"][1:])
            self.found.append((number, attributes, list(self.open)))
            self.open.append(number)
        if tag == "a":
            self.links.append(attributes["href"])

    def handle_endtag(self, tag):
        assert self.elements.pop() == tag, f"</{tag}> closes something else"
        if tag == "article":
            self.open.pop()

    @property
    def ids(self):
        return [number for number, _attributes, _round in self.found]


def fresh(topic):
    return Topic.objects.get(pk=topic.pk)


def talk(topic, **options):
    """Return the talk of the topic as it is now, as HTML."""
    return page.talk(fresh(topic), Options(**options)).html.decode()


def shown(topic, **options):
    return Articles(talk(topic, **options)).ids


def branch(pk, **options):
    comment = Comment.objects.with_text().get(pk=pk)
    return page.branch(comment, comment.thread.topic, Options(**options)).html.decode()


def next_token(html):
    found = re.search(r'<a rel="next" href="[^"]*[?;]page=([\d.]+)', html)
    return found[1] if found else ""


def pages(topic, **options):
    """Return the ids of the comments on every page, following the pager."""
    found, token = [], ""
    while True:
        html = talk(topic, token=token, **options)
        found.append(Articles(html).ids)
        token = next_token(html)
        if not token:
            return found
        assert len(found) < 50


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


# A comment's own page


def test_a_comments_page_shows_those_above_it_marks_it_and_shows_its_replies(topic):
    ids = grow(topic, [None, 0, 1, 2, 2, 1, 0])
    articles = Articles(branch(ids[2]))
    assert articles.ids == ids[:5]
    classes = {number: attributes["class"] for number, attributes, _round in articles.found}
    assert classes[ids[0]] == classes[ids[1]] == "comment above"
    assert classes[ids[2]] == "comment here"
    assert classes[ids[3]] == "comment"
    assert articles.found[3][2] == [ids[2]]


def test_only_the_nearest_of_many_above_are_shown(topic):
    ids = grow(topic, chain(12))
    html = branch(ids[11])
    assert Articles(html).ids == ids[6:12]
    # The first of them says what it answers, which is not on this page.
    assert html.count('<p class="re far">') == 1
    assert (
        f'<p class="re far">in reply to <a href="/comments/{ids[5]}/">1.1.1.1.1.1</a></p>' in html
    )


def test_a_removed_comment_above_is_a_tombstone(topic):
    ids = grow(topic, chain(3), {1: "removed"})
    html = branch(ids[2])
    assert 'data-state="tombstone"' in html
    assert "Text 1<" not in html


def test_a_branch_goes_on_after_200_without_gap_or_double(topic):
    parents = [None] + [at // 3 for at in range(600)]
    ids = grow(topic, parents, {5: "removed", 300: "spam"})
    seen, after = [], 0
    for _page in range(9):
        html = branch(ids[0], after=after)
        found = Articles(html)
        new = [number for number, one, _r in found.found if "above" not in one["class"].split()]
        seen += new
        assert len(new) <= 200
        more = re.search(rf'href="/comments/{ids[0]}/\?after=(\d+)"', html)
        if not more:
            break
        after = int(more[1])
        assert after == new[-1]
    public = set(Comment.objects.counted().values_list("pk", flat=True))
    nested = {row.id for row in tree.rows_of([ids_thread(ids)]) if row.depth <= 8}
    assert len(seen) == len(set(seen))
    assert set(seen) & public == public & nested


def ids_thread(ids):
    return Comment.objects.values_list("thread_id", flat=True).get(pk=ids[0])


def test_what_goes_on_says_whom_it_answers_and_where_that_is(topic):
    ids = grow(topic, [None, 0, *[1] * 250])
    html = branch(ids[0], after=ids[199])
    assert (
        f'<p class="re far">in reply to <a href="/comments/{ids[1]}/">Guest 1, 1.1</a></p>' in html
    )
    assert Articles(html).ids == [ids[0], *ids[200:]]


def test_a_branch_can_be_shown_up_to_1500(topic):
    ids = grow(topic, threads(900))
    assert Articles(branch(ids[0], show_all=True)).ids == ids


def test_a_page_that_goes_on_keeps_going_in_stored_order(topic):
    ids = grow(topic, threads(700))
    html = branch(ids[0], after=ids[199], sort="newest")
    assert Articles(html).ids == [ids[0], *ids[200:400]]
    assert f'href="/comments/{ids[0]}/?after={ids[399]}"' in html


def test_a_branch_purged_while_it_was_read_is_not_found(topic, post):
    comment = Comment.objects.with_text().get(pk=post("A word").pk)
    services.purge_branch(comment_id=comment.pk, by=None)
    with pytest.raises(Http404):
        page.branch(comment, comment.thread.topic, Options())


@pytest.mark.parametrize(
    ("number", "at"),
    [("1", 0), ("1.1", 1), ("1.1.2", 3), ("2", 4), ("1.9", None), ("x", None), ("1." * 200, None)],
)
def test_a_path_number_finds_its_comment(topic, number, at):
    ids = grow(topic, [None, 0, 1, 1, None])
    assert numbers.find(topic.pk, number) == ((ids[at], False) if at is not None else None)


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


# Bytes kept under a version


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


# What is personal


def personal(topic, reader, html=None):
    made = page.talk(fresh(topic), Options())
    return overlay.personal(html or made.html, topic.pk, reader).decode()


def test_anybody_gets_the_shared_bytes(topic, post):
    post("A word")
    html = page.talk(fresh(topic), Options()).html
    assert overlay.personal(html, topic.pk, ANYBODY) is html


def test_ones_own_comments_are_marked_and_can_be_changed(topic, post, member, guest):
    mine = post("Mine")
    theirs = post("Theirs", author=services.Author(member=member), under=mine)
    html = personal(topic, Reader(pen=guest.pen))
    classes = {number: one["class"] for number, one, _r in Articles(html).found}
    assert classes == {mine.pk: "comment mine", theirs.pk: "comment"}
    assert f'href="/comments/{mine.pk}/edit/"' in html
    assert f'href="/comments/{mine.pk}/delete/"' in html
    assert f'href="/comments/{theirs.pk}/edit/"' not in html


def test_ones_own_comment_is_marked_on_its_own_page_too(topic, post, guest):
    mine = post("Mine")
    html = overlay.personal(branch(mine.pk).encode(), topic.pk, Reader(pen=guest.pen)).decode()
    assert Articles(html).found[0][1]["class"] == "comment mine here"


def test_an_edit_is_offered_only_while_it_is_allowed(topic, post, member, guest):
    pen, user = Reader(pen=guest.pen), Reader(user=member)
    author = services.Author(member=member)
    answered, alone = post("Answered", author=author), post("Alone", author=author)
    old = post("A guest's", under=answered)
    later = timezone.now() + timedelta(hours=2)
    with mock.patch("django.utils.timezone.now", return_value=later):
        html = personal(topic, user)
        assert f"/comments/{alone.pk}/edit/" in html
        assert f"/comments/{answered.pk}/edit/" not in html
        assert f"/comments/{answered.pk}/delete/" in html
        assert f"/comments/{old.pk}/edit/" not in personal(topic, pen)


def test_what_waits_is_one_line_above_the_talk_and_not_woven_in(topic, post, guest):
    post("Public")
    held = post("Waiting", state="held")
    html = personal(topic, Reader(pen=guest.pen))
    assert "1 comment of yours waits for a moderator" in html
    assert f'id="c{held.pk}"' not in html
    assert "waits for a moderator" not in talk(topic)


def test_the_marks_of_500_own_comments_take_one_query(topic, member, django_assert_num_queries):
    grow(topic, threads(*[10] * 20))
    Comment.objects.update(member=member, author_name="")
    html = page.talk(fresh(topic), Options()).html
    with django_assert_num_queries(1):
        marked = overlay.personal(html, topic.pk, Reader(user=member))
    assert marked.count(b"comment mine") == 200


def test_a_text_cannot_pretend_to_be_somebodys_comment(topic, post, guest):
    mine = post("Mine")
    CommentText.objects.filter(pk=mine.pk).update(
        body_html="&lt;article class=&quot;comment&quot; id=&quot;c1&quot;"
    )
    html = personal(topic, Reader(pen=guest.pen))
    assert html.count("comment mine") == 1


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
