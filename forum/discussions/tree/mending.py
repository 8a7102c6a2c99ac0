"""Mending trees: numbers made afresh from parent_id. See the package's docstring."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from django.db import connection, transaction

from forum.discussions.models import Comment, Thread
from forum.discussions.tree.checking import Fault
from forum.discussions.tree.reading import TABLE


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
    """Renumber these threads from parent_id, siblings in their stored order; write only what differs.

    Locks the threads. Orphans, cycles and second roots are left as they are and named.
    """
    wanted = sorted(set(thread_ids))
    done = Repair()
    if not wanted:
        return done
    with transaction.atomic():
        list(Thread.objects.select_for_update(no_key=True).filter(pk__in=wanted).order_by("pk"))
        fields = ("id", "parent_id", "thread_id", "tree_id", "lft", "rght", "level")
        rows = Comment.objects.filter(thread_id__in=wanted).order_by("thread_id", "lft", "id")
        by_thread: dict[int, list[Node]] = {}
        for row in rows.values_list(*fields).iterator(10_000):
            by_thread.setdefault(row[2], []).append(Node(*row))
        changed: list[tuple[int, int, int, int, int]] = []
        for thread_id, nodes in by_thread.items():
            numbered, lost = renumber(nodes)
            done.left += [Fault(thread_id, lost_id, why) for lost_id, why in lost]
            if lost:
                continue
            for node in nodes:
                lft, rght, level = numbered[node.id]
                if (node.lft, node.rght, node.level, node.tree_id) != (lft, rght, level, thread_id):
                    changed.append((node.id, thread_id, lft, rght, level))
        _write_numbers(changed)
        done.written = len(changed)
    return done


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


def _write_numbers(changed: Sequence[tuple[int, int, int, int, int]]) -> None:
    """Write (id, thread_id, lft, rght, level) rows, all tree columns of a row in one statement."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            for start in range(0, len(changed), 10_000):
                columns = [
                    list(column) for column in zip(*changed[start : start + 10_000], strict=True)
                ]
                cursor.execute(
                    f"UPDATE {TABLE} c SET tree_id = v.t, lft = v.l, rght = v.r, level = v.v"
                    " FROM unnest(%s::bigint[], %s::bigint[], %s::int[], %s::int[], %s::int[])"
                    " AS v(id, t, l, r, v) WHERE c.id = v.id",
                    columns,
                )
        elif changed:
            cursor.executemany(
                f"UPDATE {TABLE} SET tree_id = %s, lft = %s, rght = %s, level = %s WHERE id = %s",
                [(thread_id, lft, rght, level, pk) for pk, thread_id, lft, rght, level in changed],
            )
