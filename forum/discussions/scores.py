"""What votes come to: the order that they give, when a score is told, and how long pages keep it."""

from datetime import datetime, timedelta
from functools import lru_cache
from math import sqrt

from django.conf import settings
from django.utils import timezone

Z = 1.281551565545  # of the normal distribution: 80 % lie between -Z and Z; Lobsters ranks by it too
BILLION = 1_000_000_000
UNVOTED = 378_447_503  # best(0, 0), which the database gives to every new thread
KEPT_S = 60  # at most, of a page that shows or is ordered by votes
STAMP_S = 30  # a topic notes not more often than this that there was a vote
SLIP_S = 10  # by which a vote may be written later than its topic noted it


@lru_cache(maxsize=8192)
def best(ups: int, downs: int) -> int:
    """Return the lower bound of the share of readers who think well of a comment, in billionths.

    The lower end of the score interval of E. B. Wilson, "Probable Inference, the Law of Succession,
    and Statistical Inference", JASA 22 (1927), 209-212, with z = 1.281551565545 (80 %). The author
    counts as one reader for it, so that a comment without votes stands above one that was voted
    down and below one that was voted up.
    """
    n = ups + downs + 1
    p = (ups + 1) / n
    spread = Z * sqrt(p * (1 - p) / n + Z * Z / (4 * n * n))
    return round(BILLION * (p + Z * Z / (2 * n) - spread) / (1 + Z * Z / n))


@lru_cache(maxsize=8192)
def controversy(ups: int, downs: int) -> int:
    """Return how many quarrel about a comment, in thousandths; 0 where all voters agree.

    The number of votes to the power of their balance, (ups + downs) ** (min / max): "controversy"
    of Reddit's published source, r2/lib/db/_sorts.pyx.
    """
    if ups <= 0 or downs <= 0:
        return 0
    balance = min(ups, downs) / max(ups, downs)
    return min(round(1000 * (ups + downs) ** balance), 2**53)


def is_told(ups: int, downs: int, age: timedelta) -> bool:
    """Return True if readers see the score: not while the comment is young, nor near zero."""
    return (
        settings.VOTES != "off"
        and age >= timedelta(minutes=settings.SCORE_HIDDEN_MINUTES)
        and abs(ups - downs) >= settings.SCORE_SHOWN_FROM_POINTS
    )


def is_folded(ups: int, downs: int) -> bool:
    """Return True for a score so low that the branch starts folded."""
    return settings.VOTES != "off" and ups - downs <= settings.FOLDED_AT_POINTS


def slot(voted_at: datetime | None, last_comment_at: datetime | None) -> int:
    """Return a number that names the votes a page may show; 0 for a talk without any.

    Each vote, and each comment that grows old enough for its score to be told, gives another number
    within KEPT_S; a talk where neither happened of late keeps its number, and its pages.
    """
    if voted_at is None:
        return 0
    settled = voted_at.timestamp() + STAMP_S + SLIP_S + KEPT_S
    if last_comment_at is not None:
        told = last_comment_at.timestamp() + 60 * settings.SCORE_HIDDEN_MINUTES + KEPT_S
        settled = max(settled, told)
    return int(min(timezone.now().timestamp(), settled) // KEPT_S)
