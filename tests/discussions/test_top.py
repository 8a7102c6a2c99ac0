"""A page reads the upper levels of a thread and one number for what is deeper, and shows the same."""

import random
from datetime import UTC, datetime, timedelta

import pytest

from forum.discussions import tree, walk
from forum.discussions.models import Comment, State, Topic
from forum.discussions.walk import LEVELS, NEST, SORTS, Shape

BEGIN = datetime(2020, 1, 1, tzinfo=UTC)


def loaded(topic, parents, states):
    """Load a thread: the parent of each comment by its place, None for the root; return ids."""
    rows = [
        tree.Loaded(
            key=at,
            parent=parent,
            created_at=BEGIN + timedelta(minutes=at % 7),
            body="x",
            body_format="plain",
            body_html="<p>x</p>",
            html_version=1,
            author_name="Nils",
            state=state,
        )
        for at, (parent, state) in enumerate(zip(parents, states, strict=True))
    ]
    ids = tree.bulk_load(topic.pk, rows, threads_given=0)
    Topic.objects.filter(pk=topic.pk).update(threads_given=1)
    return ids


def as_told(result):
    entries, left = result
    names = "depth path continues far replies is_answered".split()
    return [(entry.row[:6], *(getattr(entry, name) for name in names)) for entry in entries], left


@pytest.mark.django_db
@pytest.mark.parametrize("seed", range(8))
def test_what_is_shown_is_what_the_whole_thread_gives(topic, seed):
    chance = random.Random(seed)
    count = 150
    parents = [None]
    for at in range(1, count):  # some seeds make chains, some bushes
        first = 0 if chance.random() < seed / 10 else max(0, at - 2)
        parents.append(chance.randrange(first, at))
    states = [chance.choice([State.PUBLIC] * 3 + [State.REMOVED, State.DELETED]) for _ in parents]
    ids = loaded(topic, parents, states)
    roots = [ids[0], *chance.sample(list(ids.values()), 12)]
    for comment in Comment.objects.filter(pk__in=roots):
        whole = Shape.of(tree.branch_rows(comment))
        top = Shape.of(*tree.top_of_branch(comment, levels=LEVELS))
        if comment.parent_id is None:
            by_thread = tree.top_of_thread(comment.thread_id, levels=LEVELS)
            assert by_thread == tree.top_of_branch(comment, levels=LEVELS)
            told = tree.top_of_thread(
                comment.thread_id, levels=LEVELS, public=whole.public(whole.rows[0])
            )
            assert told == by_thread
        for limit in (3, 20, count + 1):
            for sort in SORTS:
                order = whole.order(sort), top.order(sort)
                assert as_told(
                    walk.walk(whole, whole.rows[0], limit=limit, order=order[0])
                ) == as_told(walk.walk(top, top.rows[0], limit=limit, order=order[1]))
        assert whole.public(whole.rows[0]) == top.public(top.rows[0])
        shown = [entry.row.id for entry in walk.walk(top, top.rows[0], limit=count)[0]]
        for after in shown[:: max(1, len(shown) // 5)]:
            assert as_told(
                walk.walk_after(whole, whole.rows[0], after_id=after, limit=10)
            ) == as_told(walk.walk_after(top, top.rows[0], after_id=after, limit=10))


@pytest.mark.django_db
def test_of_a_chain_of_any_depth_ten_rows_are_read(topic, django_assert_num_queries):
    ids = loaded(topic, [None, *range(399)], [State.PUBLIC] * 400)
    thread_id = Comment.objects.get(pk=ids[0]).thread_id
    with django_assert_num_queries(2):
        rows, below = tree.top_of_thread(thread_id, levels=LEVELS)
    assert len(rows) == LEVELS == NEST + 2
    assert below == {rows[-1].id: 400 - LEVELS}
    with django_assert_num_queries(1):  # how many there are is known
        told = tree.top_of_thread(thread_id, levels=LEVELS, public=400)
    assert told == (rows, below)
    with django_assert_num_queries(1):  # nothing is deeper
        last = Comment.objects.only("tree_id", "level").get(pk=ids[395])
    with django_assert_num_queries(1):
        rows, below = tree.top_of_branch(last, levels=LEVELS)
    assert ([row.id for row in rows], below) == ([ids[at] for at in range(395, 400)], {})


@pytest.mark.django_db
def test_a_branch_that_is_gone_has_no_rows(topic):
    comment = Comment(pk=10**9, tree_id=10**9, level=0)
    assert tree.top_of_branch(comment, levels=LEVELS) == ([], {})
