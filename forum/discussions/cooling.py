"""A fast exchange between two people, or one that readers report, slows down: the wait before the next
reply grows. Pure.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import NamedTuple

FAST = timedelta(
    minutes=20
)  # a reply sooner than this after what it answers goes on with the exchange
CALM = 3  # turns of an exchange in which nobody waits
WAITS = [timedelta(minutes=minutes) for minutes in (1, 2, 4, 8, 15)]  # then; the last one stays
REPORTED, EACH_REPORT = timedelta(minutes=2), timedelta(minutes=1)
LOOKED_AT = CALM + len(WAITS)  # turns; a longer exchange waits no longer


class Turn(NamedTuple):
    """A comment of the way up from what is answered: by whom, ("member", 7) or ("pen", 3), and when."""

    who: tuple[str, int]
    at: datetime
    reports: int = 0  # open, or agreed with by a moderator


def wait_until(turns: Sequence[Turn], who: tuple[str, int]) -> datetime | None:
    """Return the moment from which `who` may answer turns[0]; None if nothing is to wait for.

    `turns`: the comment that is answered, then the one it answers, and so on. Those count that two
    people, one of them `who`, wrote by turns, each within FAST of the one before; a third person or a
    rest ends the count. From the fourth turn on the wait is 1, 2, 4, 8, then 15 minutes, counted from
    the last turn. Others may answer at once. Numbers of our own; the idea is Lobsters', where a
    reply waits the longer the more of its thread was reported.
    """
    if not turns or turns[0].who == who:
        return None
    count = 1
    for later, earlier in pairwise(turns):
        expected = who if count % 2 else turns[0].who
        if earlier.who != expected or later.at - earlier.at > FAST:
            break
        count += 1
    over = count - CALM
    return turns[0].at + WAITS[min(over, len(WAITS)) - 1] if over > 0 else None


def wait_for_reports(turns: Sequence[Turn], who: tuple[str, int]) -> datetime | None:
    """Return the moment from which `who` may answer turns[0] where some of these were reported; else None.

    Two minutes after turns[0], and one more for each report; a report of what `who` wrote counts twice.
    At most the longest of WAITS. The idea and the first numbers are Lobsters'.
    """
    if not turns:
        return None
    count = sum(one.reports * (2 if one.who == who else 1) for one in turns)
    return turns[0].at + min(REPORTED + count * EACH_REPORT, WAITS[-1]) if count else None
