"""Where most of some comments stand: the deepest branch that holds nearly all of a thread's."""

import random

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from forum.discussions import services, tree
from forum.discussions.models import Comment
from tests.discussions.growing import grow, threads

pytestmark = pytest.mark.django_db


def busy(comments=None, most=10):
    rows = Comment.objects.all() if comments is None else Comment.objects.filter(pk__in=comments)
    return [
        (one.top_id, [pk for (pk,) in one.found])
        for one in tree.busy_branches(rows, ["pk"], most=most, share=0.8)
    ]


@pytest.fixture
def topic(db):
    return services.open_topic(title="The last row", by=None)


def test_a_branch_below_the_root_is_what_is_busy_where_nearly_all_stands_there(topic):
    # 0 has 1 and 2; below 2 stands 3, below that 4 to 9
    ids = grow(topic, [None, 0, 0, 2, 3, 3, 3, 3, 3, 3])
    assert busy() == [(ids[2], ids[2:])]  # 8 of 10; below 3 it is 7
    assert busy(ids[4:]) == [(ids[3], ids[4:])]  # itself not among them
    assert busy([ids[1], *ids[4:7]]) == [(ids[0], [ids[1], *ids[4:7]])]  # 3 of 4 is not enough
    assert busy([ids[5]]) == [(ids[5], [ids[5]])]


def test_a_thread_that_is_busy_all_over_is_there_as_a_whole(topic):
    ids = grow(topic, [None, 0, 0, 1, 1, 1, 2, 2, 2])
    ((top, found),) = busy()
    assert (top, sorted(found)) == (ids[0], sorted(ids))


def test_the_busiest_stands_first_by_what_its_branch_holds(topic):
    ids = grow(topic, [None, 0, 0, 0, 0, None, 5, 6, 6, 6, None])
    assert [top for top, _found in busy()] == [ids[0], ids[6], ids[10]]
    assert [top for top, _found in busy(most=1)] == [ids[0]]
    assert busy([]) == []


def test_it_is_the_deepest_branch_with_its_share_in_any_tree(topic):
    chance = random.Random(14)
    for _time in range(20):
        parents = [None] + [chance.randrange(max(0, at - 4), at) for at in range(1, 40)]
        ids = grow(topic, parents)
        some = set(chance.sample(ids, chance.randrange(1, 30)))
        below = {pk: {row.id for row in tree.branch_rows(Comment.objects.get(pk=pk))} for pk in ids}
        fits = [pk for pk in ids if len(below[pk] & some) >= 0.8 * len(some)]
        deepest = min(fits, key=lambda pk: len(below[pk]))
        ((top, found),) = busy(some)
        assert top == deepest
        assert set(found) == below[deepest] & some


def test_it_says_by_which_ordinals_a_branch_is_found(topic):
    ids = grow(topic, [None, None, 1, 1, 3, 3])
    (one,) = tree.busy_branches(Comment.objects.filter(pk__in=ids[4:]), [], most=1, share=0.8)
    assert one == (ids[3], [2, 2], [(), ()])


def test_it_takes_two_queries_however_many_they_are(topic):
    def cost():
        with CaptureQueriesContext(connection) as asked:
            busy()
        return len(asked)

    grow(topic, [None, 0])
    assert cost() == 2
    grow(topic, threads(*[40] * 20))
    assert cost() == 2
