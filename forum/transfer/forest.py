"""Who answers whom: flat records into trees, whatever their order. Pure, no recursion."""

from collections import Counter
from collections.abc import Container, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from forum.transfer.records import CommentRecord


@dataclass
class Forest:
    """The comments of one page as trees.

    parents: the parent's source id of each comment, "" at the top; of a comment whose parent is
    `known` elsewhere, that id. Orphans and one comment of each circle stand at the top.
    """

    comments: dict[str, CommentRecord]
    parents: dict[str, str] = field(default_factory=dict)
    orphans: list[str] = field(default_factory=list)
    circles: int = 0

    def children(self) -> dict[str, list[CommentRecord]]:
        """Return {parent or "": its replies by date}."""
        replies: dict[str, list[CommentRecord]] = {}
        for comment in sorted(self.comments.values(), key=by_date):
            replies.setdefault(self.parents[comment.source_id], []).append(comment)
        return replies

    def elsewhere(self) -> list[tuple[CommentRecord, str]]:
        """Return the comments whose parent is known elsewhere, with that parent's id."""
        return [
            (comment, parent)
            for comment in self.comments.values()
            if (parent := self.parents[comment.source_id]) and parent not in self.comments
        ]

    def below(self, top: Sequence[CommentRecord]) -> "Forest":
        """Return the part of the forest that these comments and those below them are."""
        replies = self.children()
        stack, part = list(top), Forest({})
        while stack:
            one = stack.pop()
            part.comments[one.source_id] = one
            part.parents[one.source_id] = self.parents[one.source_id]
            stack += replies.get(one.source_id, ())
        return part

    def depths(self) -> Counter[int]:
        """Return {depth: comments}; a comment at the top has depth 1."""
        counted: Counter[int] = Counter()
        replies = self.children()
        level = [c for key, group in replies.items() if key not in self.comments for c in group]
        depth = 1
        while level:
            counted[depth] = len(level)
            level = [reply for one in level for reply in replies.get(one.source_id, ())]
            depth += 1
        return counted


def by_date(comment: CommentRecord) -> tuple[datetime, int, str]:
    """The order in which siblings are numbered: date, then the source's own id."""
    source_id = comment.source_id
    return (comment.created, int(source_id) if source_id.isdecimal() else 0, source_id)


def plant(comments: Sequence[CommentRecord], known: Container[str] = ()) -> Forest:
    """Return the trees of `comments` (different source ids). `known`: ids that parents may name
    though they are not among `comments`.
    """
    forest = Forest({comment.source_id: comment for comment in comments})
    for comment in comments:
        parent = comment.parent_source_id
        if parent and parent not in forest.comments and parent not in known:
            forest.orphans.append(comment.source_id)
            parent = ""
        forest.parents[comment.source_id] = parent
    _break_circles(forest)
    return forest


def _break_circles(forest: Forest) -> None:
    """Put the earliest comment of each circle of parents at the top."""
    cleared: set[str] = set()
    for start in forest.comments:
        way: dict[str, None] = {}  # in order
        at = start
        while at in forest.comments and at not in cleared and at not in way:
            way[at] = None
            at = forest.parents[at]
        if at in way:
            steps = list(way)
            circle = steps[steps.index(at) :]
            first = min((forest.comments[one] for one in circle), key=by_date)
            forest.parents[first.source_id] = ""
            forest.circles += 1
        cleared.update(way)
