"""Mending trees: numbers made afresh from parent_id. See the package's docstring."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import NamedTuple

from django.db import connection, transaction
from django.db.models import Count, F, Max, Q

from forum.discussions.models import Comment, Thread, Topic
from forum.discussions.tree.checking import Fault
from forum.discussions.tree.counting import recount_threads, recount_topics
from forum.discussions.tree.reading import TABLE

THREADS_AT_ONCE = 100  # locked together


class Node(NamedTuple):
    """A row as repair reads it."""

    id: int
    parent_id: int | None
    thread_id: int
    tree_id: int
    lft: int
    rght: int
    level: int


@dataclass
class Repair:
    """What a repair did: rows written, and what parent_id alone cannot mend."""

    written: int = 0
    left: list[Fault] = field(default_factory=list)


def repair(thread_ids: Iterable[int]) -> Repair:
    """Renumber these threads from parent_id, siblings by ordinal; write only what differs.

    A comment belongs to the thread of the root that its parents lead to. Locks the threads, some at
    a time. Threads with orphans, circles or a second root are left as they are and named. Counts
    and counters are set right too.
    """
    wanted = iter(sorted(set(thread_ids)))
    done = Repair()
    while some := list(islice(wanted, THREADS_AT_ONCE)):
        together = _with_neighbours(some)
        with transaction.atomic():
            threads = Thread.objects.select_for_update(no_key=True).filter(pk__in=together)
            list(threads.order_by("pk"))
            changed = _differences(_nodes(together), done)
            write_numbers(changed)
            written = {row[1] for row in changed} | _mend_counters(together)
            topics = Thread.objects.filter(pk__in=written).values_list("topic_id", flat=True)
            recount_topics(*topics)
        done.written += len(changed)
    return done


def _with_neighbours(thread_ids: list[int]) -> list[int]:
    """Return these threads and those in which a parent or a child of their comments stands."""
    together = set(thread_ids)
    while True:
        pairs = (
            Comment.objects.order_by()
            .exclude(parent=None)
            .exclude(thread_id=F("parent__thread_id"))
        )
        here = Q(thread_id__in=together) | Q(parent__thread_id__in=together)
        found = pairs.filter(here).values_list("thread_id", "parent__thread_id")
        more = {thread_id for pair in found for thread_id in pair} - together
        if not more:
            return sorted(together)
        together |= more


def _nodes(thread_ids: Sequence[int]) -> dict[int, list[Node]]:
    """Return the threads' comments under the thread to which their parents lead."""
    rows = Comment.objects.filter(thread_id__in=thread_ids).order_by("ordinal", "lft", "id")
    nodes = [Node(*row) for row in rows.values_list(*Node._fields)]
    by_id = {node.id: node for node in nodes}
    homes: dict[int, int] = {}
    grouped: dict[int, list[Node]] = {}
    for node in nodes:
        way = [node]
        while way[-1].id not in homes and way[-1].parent_id in by_id and len(way) <= len(nodes):
            way.append(by_id[way[-1].parent_id])  # type: ignore[index]
        top = way[-1]
        # An orphan or a circle leads to no root: such a comment stays where it says it is.
        home = homes.get(top.id, top.thread_id if top.parent_id is None else 0)
        for step in way:
            homes[step.id] = home
        grouped.setdefault(home or node.thread_id, []).append(node)
    return grouped


def _differences(
    by_thread: dict[int, list[Node]], done: Repair
) -> list[tuple[int, int, int, int, int]]:
    """Return the rows to write, as write_numbers wants them; note what cannot be mended."""
    changed = []
    for thread_id, nodes in by_thread.items():
        numbered, lost = renumber(nodes)
        done.left += [Fault(thread_id, lost_id, why) for lost_id, why in lost]
        if lost:
            continue
        for node in nodes:
            lft, rght, level = numbered[node.id]
            if node != (node.id, node.parent_id, thread_id, thread_id, lft, rght, level):
                changed.append((node.id, thread_id, lft, rght, level))
    return changed


def repair_topics(topic_ids: Iterable[int]) -> None:
    """Set right what these topics count: public comments, the last of them, numbers given."""
    with transaction.atomic():
        wanted = sorted(set(topic_ids))
        recount_topics(*wanted)
        for topic_id in wanted:
            last = Thread.objects.filter(topic_id=topic_id).aggregate(last=Max("ordinal"))["last"]
            low = Topic.objects.filter(pk=topic_id, threads_given__lt=last or 0)
            low.update(threads_given=last)


def _mend_counters(thread_ids: Sequence[int]) -> set[int]:
    """Set right what counts comments and replies in these threads; return those that were wrong."""
    rows = Comment.objects.filter(tree_id__in=thread_ids).order_by()
    counted = dict(rows.counted().values_list("tree_id").annotate(count=Count("pk")))
    stored = Thread.objects.filter(pk__in=thread_ids).values_list("pk", "comment_count")
    wrong = {pk for pk, count in stored if count != counted.get(pk, 0)}
    recount_threads(*wrong)
    replies = rows.exclude(parent=None).values_list("parent_id", "parent__replies_given")
    for pk, given, last in replies.annotate(last=Max("ordinal")):
        if last > given:
            Comment.objects.filter(pk=pk).update(replies_given=last)
    roots = rows.filter(parent=None).exclude(ordinal=F("thread__ordinal"))
    for pk, ordinal in list(roots.values_list("pk", "thread__ordinal")):
        Comment.objects.filter(pk=pk).update(ordinal=ordinal)
    return wrong


def renumber(
    nodes: Sequence[Node],
) -> tuple[dict[int, tuple[int, int, int]], list[tuple[int, str]]]:
    """Return {id: (lft, rght, level)} of one thread's nodes by parent_id alone, and what is lost.

    Nodes come in stored order, which siblings keep. No recursion: depth is what people wrote.
    """
    children: dict[int | None, list[int]] = {}
    known = {node.id for node in nodes}
    lost = []
    for node in nodes:
        children.setdefault(node.parent_id, []).append(node.id)
        if node.parent_id is not None and node.parent_id not in known:
            lost.append((node.id, "parent is missing or in another thread"))
    roots = children.get(None, [])
    lost += [(node_id, "a second root") for node_id in roots[1:]]
    numbered: dict[int, tuple[int, int, int]] = {}
    at = 0
    open_nodes: list[tuple[int, int, int, Iterator[int]]] = []  # id, lft, level, its children

    def enter(node_id: int) -> None:
        nonlocal at
        at += 1
        open_nodes.append((node_id, at, len(open_nodes), iter(children.get(node_id, ()))))

    for root in roots[:1]:
        enter(root)
        while open_nodes:
            node_id, lft, level, rest = open_nodes[-1]
            following = next(rest, None)
            if following is not None:
                enter(following)
                continue
            at += 1
            numbered[node_id] = (lft, at, level)
            open_nodes.pop()
    missing = known - numbered.keys() - {node_id for node_id, _why in lost}
    lost += [(node_id, "cannot be reached from the root") for node_id in sorted(missing)]
    return numbered, lost


def write_numbers(changed: Sequence[tuple[int, int, int, int, int]]) -> None:
    """Write (id, thread_id, lft, rght, level) rows, all tree columns of a row in one statement."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            for start in range(0, len(changed), 10_000):
                columns = [
                    list(column) for column in zip(*changed[start : start + 10_000], strict=True)
                ]
                cursor.execute(
                    f"UPDATE {TABLE} c SET thread_id = v.t, tree_id = v.t, lft = v.l, rght = v.r,"
                    " level = v.v"
                    " FROM unnest(%s::bigint[], %s::bigint[], %s::int[], %s::int[], %s::int[])"
                    " AS v(id, t, l, r, v) WHERE c.id = v.id",
                    columns,
                )
        elif changed:
            cursor.executemany(
                f"UPDATE {TABLE} SET thread_id = %s, tree_id = %s, lft = %s, rght = %s, level = %s"
                " WHERE id = %s",
                [
                    (thread, thread, lft, rght, level, pk)
                    for pk, thread, lft, rght, level in changed
                ],
            )
