"""A comment's own page: what stands above it, its branch, and how that goes on."""

import re

import pytest
from django.http import Http404

from forum.discussions import numbers, page, services, tree
from forum.discussions.models import Comment
from forum.discussions.options import Options
from tests.discussions.growing import chain, grow, threads
from tests.discussions.pages import Articles, branch

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("no_checks")]


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
