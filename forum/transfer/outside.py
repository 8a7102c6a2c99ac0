"""What of a thread can be taken out whole, and what holds up comments of others. Pure."""

from collections.abc import Container, Iterable
from dataclasses import dataclass, field

from forum.discussions.tree import Row


@dataclass
class Branches:
    """Our comments in one thread: branches that go, by their top; those that stay, as somebody
    else's hang below.
    """

    tops: list[int] = field(default_factory=list)
    gone: list[int] = field(default_factory=list)
    held_up: list[Row] = field(default_factory=list)
    others: int = 0  # comments that are not ours


def split(rows: Iterable[Row], ours: Container[int]) -> Branches:
    """Return what becomes of our comments; `rows` of one thread in stored order."""
    found, rows = Branches(), list(rows)
    stays: set[int] = set()
    for row in reversed(rows):
        if row.id not in ours or row.id in stays:
            stays.add(row.id)
            if row.parent_id is not None:
                stays.add(row.parent_id)
    for row in rows:
        if row.id not in ours:
            found.others += 1
        elif row.id in stays:
            found.held_up.append(row)
        else:
            found.gone.append(row.id)
            if row.parent_id is None or row.parent_id in stays:
                found.tops.append(row.id)
    return found
