"""Which talks are warm: a count of people that halves with every day since they spoke.

Exponential decay of a stream, weighed from its beginning on (G. Cormode, V. Shkapenyuk, D. Srivastava,
B. Xu: Forward Decay: A Practical Time Decay Model for Streaming Systems, ICDE 2009): as every weight
shrinks alike, the order of talks changes only when somebody speaks, never by itself. Pure.
"""

from collections.abc import Hashable, Iterable
from datetime import datetime, timedelta
from typing import NamedTuple

HALF_LIFE = timedelta(days=1)
LATELY = timedelta(days=7)


class Word(NamedTuple):
    """That somebody spoke: in which talk, who (a member, a pen, a name), when."""

    talk: int
    who: Hashable
    at: datetime


class Warm(NamedTuple):
    """A talk, how warm it is, and how many people spoke in it LATELY."""

    talk: int
    warmth: float
    people: int


def warmest(words: Iterable[Word], now: datetime) -> list[Warm]:
    """Return the talks, the warmest first: the sum over their people of 2^(-age / HALF_LIFE).

    Each person counts by their latest word alone, so that nobody warms a talk by speaking often. Of
    equally warm ones the newer talk comes first.
    """
    latest: dict[tuple[int, Hashable], datetime] = {}
    for word in words:
        key = (word.talk, word.who)
        latest[key] = max(word.at, latest.get(key, word.at))
    ages: dict[int, list[timedelta]] = {}
    for (talk, _who), at in latest.items():
        ages.setdefault(talk, []).append(max(now - at, timedelta()))
    found = [
        Warm(talk, sum(2 ** (-age / HALF_LIFE) for age in some), sum(age < LATELY for age in some))
        for talk, some in ages.items()
    ]
    return sorted(found, key=lambda one: (-one.warmth, -one.talk))
