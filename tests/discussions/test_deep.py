"""A conversation 10,000 deep at Python's default recursion limit (docs/decisions/0001, bar B7)."""

import re
import sys

import pytest

from forum.discussions import numbers, page, services, tree
from forum.discussions.models import Comment, Thread, Topic
from forum.discussions.page import Options
from tests.discussions.growing import chain, grow
from tests.discussions.judge import faults
from tests.discussions.planting import loosened, plant

pytestmark = pytest.mark.django_db
DEPTH = 10_000


@pytest.fixture(autouse=True)
def _no_checks(settings):
    settings.COMMENT_CHECKS = []
    assert sys.getrecursionlimit() == 1_000


@pytest.fixture
def ids(topic):
    """The comments of a chain, from the first to the deepest."""
    return grow(topic, chain(DEPTH))


def branch(pk, **options):
    comment = Comment.objects.with_text().get(pk=pk)
    return page.branch(comment, comment.thread.topic, Options(**options)).html.decode()


def test_a_chain_is_shown_page_by_page_from_its_first_comment_to_its_last(topic, ids):
    html = page.talk(Topic.objects.get(pk=topic.pk), Options()).html.decode()
    assert go_on(html, ids, 0, pages=5) == 40
    middle = DEPTH // 2
    assert go_on(branch(ids[middle]), ids, middle, pages=5) == middle + 40
    last = DEPTH - 20
    assert go_on(branch(ids[last]), ids, last, pages=5) == last + 16
    assert f'id="c{ids[-1]}"' in branch(ids[last + 16])


def go_on(html, ids, at, pages):
    """Follow "continue" from the page of comment `at`, some pages far; return where it ends."""
    for _page in range(pages):
        found = re.search(r'<a href="/comments/(\d+)/">Continue this conversation: (\d+) ', html)
        if not found:
            break
        at += 8
        assert [int(found[1]), int(found[2])] == [ids[at], DEPTH - at - 1]
        html = branch(ids[at])
    return at


def test_every_comment_of_a_chain_has_an_address_that_shows_it(client, topic, ids):
    for at in (0, 9, 999, 5_000, DEPTH - 1):
        answer = client.get(f"/comments/{ids[at]}/")
        assert answer.status_code == 200
        assert f'id="c{ids[at]}"' in answer.content.decode()
        assert len(answer.content) < 60_000
    deepest = Comment.objects.get(pk=ids[-1])
    assert page.address_of(deepest, deepest.thread.topic) == f"/comments/{ids[-1]}/#c{ids[-1]}"
    assert page.number_of(deepest) == "1.1.1.….1.1.1.1.1.1"
    assert numbers.find(topic.pk, ".".join("1" * 100)) == (ids[99], False)


def test_the_deepest_comment_is_answered(topic, ids, guest):
    reply = services.post_comment(author=guest, body="Deeper", parent_id=ids[-1]).comment
    assert page.depth_of(reply) == DEPTH
    assert tree.check() == []
    assert f'id="c{reply.pk}"' in branch(reply.pk)


def test_a_chain_is_checked_and_repaired(topic, ids):
    assert faults() == []
    with loosened():
        plant("lft = lft + 1", ids[5_000])
        plant("level = 3", ids[9_000])
        assert tree.check()
        done = tree.repair(Thread.objects.values_list("pk", flat=True))
        assert (done.written, done.left) == (2, [])
        assert tree.check() == []


def test_a_chain_renumbered_from_nothing_is_as_it_was(topic, ids):
    with loosened():
        plant("lft = 1, rght = 2, level = 0", *ids[:900])
        assert tree.repair(Thread.objects.values_list("pk", flat=True)).left == []
        assert tree.check() == []


def test_states_change_at_any_depth(topic, ids):
    for at in (0, 5_000, DEPTH - 1):
        services.moderate(comment_id=ids[at], verb="spam", by=None, reason="")
    assert tree.check() == []
    assert Topic.objects.get(pk=topic.pk).comment_count == DEPTH - 3


def test_a_chain_is_detached_in_the_middle_and_merged_back(topic, ids):
    thread = services.detach_branch(comment_id=ids[5_000], by=None)
    assert tree.check() == []
    assert thread.comment_count == 5_000
    services.merge_thread(thread_id=thread.pk, under_id=ids[4_999], by=None)
    assert faults() == []


def test_a_chain_is_purged(topic, ids):
    assert services.purge_branch(comment_id=ids[1], by=None) == DEPTH - 1
    assert tree.check() == []
    assert services.purge_branch(comment_id=ids[0], by=None) == 1
    assert not Comment.objects.exists()
    assert not Thread.objects.exists()
