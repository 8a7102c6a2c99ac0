"""How far an author is trusted, by what became of what they wrote. Pure; every number is written here."""

from dataclasses import dataclass
from typing import Any, NamedTuple

from django.utils.translation import gettext_lazy as _

LOOKED_AT = 100  # comments, an author's latest; older ones say nothing any more
REMOVED_COSTS = 4  # approved comments that one removal outweighs
SPAM_COSTS = 8
REPORTS_DAYS = 30  # a report that staff agreed with counts so long


@dataclass(frozen=True)
class Record:
    """What became of the LOOKED_AT latest comments of an author.

    approved: public ones that staff let through, or that have stood for a day. What its author
    deleted counts for nothing, what was restored as if it had never been removed.
    """

    approved: int = 0
    removed: int = 0
    spam: int = 0
    reported: int = 0  # reports of the last REPORTS_DAYS that staff agreed with

    @property
    def code(self) -> str:
        """The record as a check's result keeps it: "12-1-0-0"."""
        return f"{self.approved}-{self.removed}-{self.spam}-{self.reported}"

    @classmethod
    def of_code(cls, code: str) -> "Record":
        """Return the record that `code` names; raises ValueError where it names none."""
        return cls(*map(int, code.split("-")))


NO_RECORD = Record()


class Level(NamedTuple):
    """A step of trust: from how many points on it is reached; None: from anywhere below."""

    name: str
    words: Any
    since: int | None


LEVELS = [
    Level("trusted", _("trusted"), 25),
    Level("known", _("known"), 3),
    Level("new", _("new"), -SPAM_COSTS + 1),
    Level("watched", _("watched"), None),
]


class Trust(NamedTuple):
    name: str  # of one of LEVELS
    points: int


def trust(record: Record) -> Trust:
    """Return the level and the points of a record.

    points = approved - 4 x removed - 8 x spam. From 25 points on an author is trusted, from 3 known;
    who has 8 below zero, two removals or one spam more than was made good, is watched, and all
    others are new. Numbers of our own; the idea of levels is Discourse's.
    """
    points = record.approved - REMOVED_COSTS * record.removed - SPAM_COSTS * record.spam
    found = next(one for one in LEVELS if one.since is None or points >= one.since)
    return Trust(found.name, points)
