"""In what order staff are asked: the moment since which a comment counts as waiting. Pure.

due = when it came to wait
      - REPORT_MINUTES x each reporter's record
      - HEAT_MINUTES x comments that its thread got in the HEAT_WINDOW before, at most MOST_HEAT of them

What is due first stands first. No clock is in it, so that it is kept in a column and read by its index.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

REPORT_MINUTES = 120
HEAT_MINUTES = 2
HEAT_WINDOW = timedelta(hours=1)
MOST_HEAT = 30  # comments
MOST_EARLIER = timedelta(
    days=1
)  # by reports and heat together: nothing waits for ever behind others


def record(agreed: int, declined: int) -> float:
    """Return how far a reporter's word counts, 0 to 1: a half for somebody new.

    The share of their reports that staff agreed with, as if one of two before had been right.
    """
    return (agreed + 1) / (agreed + declined + 2)


def due(since: datetime, records: Iterable[float], heat: int) -> datetime:
    """Return the moment since which it counts as waiting, of what came to wait at `since`.

    `records`: of those who reported it; `heat`: comments of its thread in the hour before.
    """
    minutes = REPORT_MINUTES * sum(records) + HEAT_MINUTES * min(heat, MOST_HEAT)
    return since - min(timedelta(minutes=round(minutes)), MOST_EARLIER)
