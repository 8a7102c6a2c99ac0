"""Mending trees: numbers made afresh from parent_id. See the package's docstring."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from django.db import connection, transaction
from django.db.models import Count, F, Max, Q

from forum.discussions.models import Comment, Thread, Topic
from forum.discussions.tree.checking import Fault
from forum.discussions.tree.counting import recount_threads, recount_topics
from forum.discussions.tree.reading import TABLE
from forum.discussions.tree.tallies import rank_threads, recount_votes

ROWS_AT_ONCE = 10_000  # about as many are locked together, in at most
THREADS_AT_ONCE = 1_000


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
    done = Repair()
    astray = _astray()
    for together in _batches(set(thread_ids)):
        with transaction.atomic():
            threads = Thread.objects.select_for_update(no_key=True).filter(pk__in=together)
            list(threads.order_by("pk").values_list("pk"))
            changed = _differences(_nodes(together, astray), done)
            write_numbers(changed)
            written = {row[1] for row in changed} | _mend_counters(together)
            topics = Thread.objects.filter(pk__in=written).values_list("topic_id", flat=True)
            recount_topics(*topics)
        done.written += len(changed)
    return done


def _astray() -> dict[int, int]:
    """Return {comment: its thread} of all comments that are not in the tree of their thread."""
    rows = Comment.objects.order_by().filter(Q(tree_id=None) | ~Q(tree_id=F("thread_id")))
    return dict(rows.values_list("pk", "thread_id"))


def _batches(thread_ids: set[int]) -> Iterator[list[int]]:
    """Yield the threads some at a time; with each those where a parent or child of its comments is."""
    for linked in _linked():
        if linked & thread_ids:
            yield sorted(linked)
            thread_ids = thread_ids - linked
    sizes = dict(Thread.objects.values_list("pk", "comment_count"))
    batch: list[int] = []
    rows = 0
    for thread_id in sorted(thread_ids):
        batch.append(thread_id)
        rows += 1 + sizes.get(thread_id, 0)
        if rows >= ROWS_AT_ONCE or len(batch) >= THREADS_AT_ONCE:
            yield batch
            batch, rows = [], 0
    if batch:
        yield batch


def _linked() -> list[set[int]]:
    """Return the sets of threads that comments with a parent in another thread tie together."""
    rows = Comment.objects.order_by().exclude(parent=None)
    astray = rows.exclude(thread_id=F("parent__thread_id"))
    found: list[set[int]] = []
    for pair in astray.values_list("thread_id", "parent__thread_id").distinct():
        touched = [each for each in found if not each.isdisjoint(pair)]
        found = [each for each in found if each not in touched]
        found.append(set(pair).union(*touched))
    return found


def _nodes(thread_ids: Sequence[int], astray: dict[int, int]) -> dict[int, list[Node]]:
    """Return the threads' comments under the thread to which their parents lead."""
    here = set(thread_ids)
    lost = [pk for pk, thread_id in astray.items() if thread_id in here]
    rows = Comment.objects.filter(Q(tree_id__in=thread_ids) | Q(pk__in=lost))
    found = rows.order_by("ordinal", "lft", "id").values_list(*Node._fields)
    nodes = [node for node in map(Node._make, found) if node.thread_id in here]
    by_id: dict[int | None, Node] = {node.id: node for node in nodes}
    homes: dict[int, int] = {}
    grouped: dict[int, list[Node]] = {}
    for node in nodes:
        way = [node]
        while way[-1].id not in homes and way[-1].parent_id in by_id and len(way) <= len(nodes):
            way.append(by_id[way[-1].parent_id])
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
    _mend_votes(thread_ids)
    return wrong


def _mend_votes(thread_ids: Sequence[int]) -> None:
    """Set right the sums of votes in these threads, and what they come to; nothing else waits for a
    vote while the threads' comments are locked.
    """
    rows = Comment.objects.filter(tree_id__in=thread_ids)
    voted = rows.filter(Q(ups__gt=0) | Q(downs__gt=0) | Q(votes__isnull=False)).order_by("pk")
    ids = sorted(set(voted.values_list("pk", flat=True)))
    list(Comment.objects.select_for_update(no_key=True).filter(pk__in=ids).order_by("pk"))
    recount_votes(*ids)
    rank_threads(*thread_ids)


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
