"""From rows of a talk to what a page shows of it, in order. Pure, flat, no recursion."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import takewhile

from forum.discussions import scores
from forum.discussions.models import State
from forum.discussions.tree import Row

PUBLIC = State.PUBLIC.value  # an attribute of an enum is slow to read, a thousand times a page
NOTHING: Mapping[int, int] = {}
NEST = 8  # levels of replies shown below a page's root; below that "continue this conversation"
LEVELS = (
    NEST + 2
)  # that a page looks at: its root, the nested ones, and whether the last are answered
PATH_PARTS = 10  # a longer path number is shortened in the middle

OLDEST, NEWEST, DISCUSSED = "oldest", "newest", "discussed"
BEST, CONTROVERSIAL = "best", "controversial"
SORTS = (OLDEST, NEWEST, DISCUSSED, BEST, CONTROVERSIAL)


@dataclass(slots=True)
class Entry:
    """A comment as the page shows it.

    depth: below the page's root; path: ordinals below that root, its own last; continues: public
    replies deeper than the page nests; replies: all public ones below; is_answered:
    one of them answers it directly; far: its parent is not here.
    """

    row: Row
    depth: int
    path: tuple[int, ...]
    continues: int = 0
    far: bool = False
    replies: int = 0
    is_answered: bool = False


@dataclass(slots=True)
class Shape:
    """The rows of one thread or branch, who hangs below whom, and how many public ones do, those too
    that are not among the rows.
    """

    rows: Sequence[Row]
    children: dict[int | None, list[Row]] = field(default_factory=dict)
    below: dict[int, int] = field(default_factory=dict)

    @classmethod
    def of(cls, rows: Sequence[Row], deeper: Mapping[int, int] = NOTHING) -> "Shape":
        """Rows come in stored order: a parent before its children. `deeper`: public comments that hang
        below a row and are not among the rows, by its id.
        """
        below = {row.id: deeper.get(row.id, 0) for row in rows}
        for row in reversed(rows):
            if row.parent_id in below:
                below[row.parent_id] += below[row.id] + (row.state == PUBLIC)
        children: dict[int | None, list[Row]] = {}
        for row in rows:
            if row.state == PUBLIC or below[row.id]:  # is_shown, without a call a row
                children.setdefault(row.parent_id, []).append(row)
        return cls(rows, children, below)

    def is_shown(self, row: Row) -> bool:
        """Public, or a tombstone: not public itself, but something public hangs below."""
        return row.state == PUBLIC or self.below[row.id] > 0

    def public(self, row: Row) -> int:
        """How many public comments the branch of `row` has, itself included."""
        return self.below[row.id] + (row.state == PUBLIC)

    def order(self, sort: str) -> Callable[[Iterable[Row]], list[Row]]:
        """Return the function that puts siblings in order."""
        if sort == NEWEST:
            return lambda rows: sorted(rows, key=lambda r: (r.created_at, r.id), reverse=True)
        if sort == DISCUSSED:
            return lambda rows: sorted(rows, key=lambda r: (-self.below[r.id], r.created_at, r.id))
        if sort in (BEST, CONTROVERSIAL):
            value = scores.best if sort == BEST else scores.controversy
            return lambda rows: sorted(
                rows, key=lambda r: (-value(r.ups, r.downs), r.created_at, r.id)
            )
        return lambda rows: sorted(rows, key=lambda r: (r.created_at, r.id))


def walk(
    shape: Shape, root: Row, *, limit: int, order: Callable[[Iterable[Row]], list[Row]] = list
) -> tuple[list[Entry], int]:
    """Return the first `limit` entries of the branch in display order, the root first, and how many
    public comments are left out by the limit (those that "continue" links stand for not counted).
    """
    entries: list[Entry] = []
    left_out = 0
    stack: list[tuple[Row, int, tuple[int, ...]]] = [(root, 0, ())]
    while stack:
        row, depth, path = stack.pop()
        if len(entries) >= limit:
            left_out += shape.public(row)
            continue
        entry = Entry(row, depth, path, replies=shape.below[row.id])
        entries.append(entry)
        replies = shape.children.get(row.id)
        if not replies:
            continue
        if len(replies) > 1:
            replies = order(replies)
        for reply in reversed(replies):
            if reply.state == PUBLIC:
                entry.is_answered = True
            if depth < NEST:
                stack.append((reply, depth + 1, (*path, reply.ordinal)))
        if depth == NEST:
            entry.continues = shape.below[row.id]
    return entries, left_out


def walk_after(shape: Shape, root: Row, *, after_id: int, limit: int) -> tuple[list[Entry], int]:
    """Return the entries that follow comment `after_id` in stored order, as `walk` counts them.

    That comment need not be shown any more. Entries whose parent is not among them are marked far;
    they stand at the page's first level.
    """
    passed = {row.id for row in takewhile(lambda row: row.id != after_id, shape.rows)} | {after_id}
    entries, _none = walk(shape, root, limit=len(shape.rows) + 1)
    following = [entry for entry in entries if entry.row.id not in passed]
    chosen, rest = following[:limit], following[limit:]
    here = {entry.row.id for entry in chosen}
    for entry in chosen:
        entry.far = entry.row.parent_id not in here
    left_out = sum((entry.row.state == PUBLIC) + entry.continues for entry in rest)
    return chosen, left_out


def first_in_stored_order(shape: Shape, root: Row, limit: int) -> Shape:
    """Return the shape of the first `limit` shown rows, to be ordered otherwise."""
    kept = [row for row in shape.rows if shape.is_shown(row)][:limit]
    here = {row.id for row in kept}
    smaller = Shape(kept, below=shape.below)
    for row in kept:
        if row.parent_id in here:
            smaller.children.setdefault(row.parent_id, []).append(row)
    return smaller


def number(base: Sequence[int], path: Sequence[int]) -> str:
    """Return the path number, "6.5.2"; beyond ten parts the middle is left out: "6.5.2.….1.4".

    base: ordinals of the page's root; path: those below it (at most NEST).
    """
    if len(base) + len(path) <= PATH_PARTS:
        return ".".join(map(str, (*base, *path)))
    head = (*base[:3], *path)[:3]
    tail = (*base[-6:], *path)[-6:]
    return ".".join(map(str, head)) + ".…." + ".".join(map(str, tail))


def levels(entries: Sequence[Entry]) -> list[int]:
    """Return how deep each entry stands on the page: a far one at the first level below the root."""
    if len(entries) == 1:
        return [0]
    found: dict[int, int] = {}
    for entry in entries:
        above = found.get(entry.row.parent_id or 0)
        found[entry.row.id] = (above + 1) if above is not None and not entry.far else 0
    return list(found.values())
