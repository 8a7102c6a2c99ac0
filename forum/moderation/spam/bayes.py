"""Naive Bayes over what a text has, and where the line is drawn. Plain arithmetic. Pure.

What a text has or has not are independent coin tosses in each class (the multivariate Bernoulli model
of McCallum and Nigam, "A Comparison of Event Models for Naive Bayes Text Classification", 1998),
of which those that it has are weighed; names that no lesson had say nothing. The odds are smoothed by
half a count (Lidstone's rule with Jeffreys' half). How much spam there is in all is left out: who floods
a site does not make everybody else suspect.
"""

from collections import defaultdict
from collections.abc import Iterable
from math import exp, log

from forum.moderation.spam import features

LEAST = 20  # lessons of each kind, before which nothing is said
HALF = 0.5  # a count, added to each
STEEP = 8.0  # of the scale: log odds that bring a score from 500 to 731
FIRST_LINE = 800  # while none is drawn
LINES = (600, 990)  # the line is never outside of these
HAM_HELD = 0.015  # at most, of what is no spam: the aim is below 2 in 100

Counts = tuple[int, int]  # lessons of (spam, ham)


def is_taught(total: Counts) -> bool:
    """Return True if enough was learned to say something."""
    return min(total) >= LEAST


def score(found: Iterable[Counts], total: Counts) -> int:
    """Return how much a text is like spam, 0 to 1000; 500 says nothing.

    `found`: in how many lessons each of what it has was; `total`: how many lessons there are.
    """
    spam_all, ham_all = total[0] + 2 * HALF, total[1] + 2 * HALF
    odds = sum(
        log((spam + HALF) / spam_all * ham_all / (ham + HALF)) for spam, ham in found if spam or ham
    )
    return round(1000 / (1 + exp(-max(-500.0, min(500.0, odds / STEEP)))))


def score_without(found: Iterable[Counts], total: Counts, *, is_spam: bool) -> int:
    """Return the score that a text which was learned would have, had it not been (leaving one out)."""
    spam, ham = (1, 0) if is_spam else (0, 1)
    rest = [(max(each[0] - spam, 0), max(each[1] - ham, 0)) for each in found]
    return score(rest, (total[0] - spam, total[1] - ham))


def line(ham: Iterable[int]) -> int:
    """Return the score from which a text is held: the lowest that would have held at most HAM_HELD of
    what was no spam.

    `ham`: the scores that these would have, had they not been learned.
    """
    falling = sorted(ham, reverse=True)
    if not falling:
        return FIRST_LINE
    lowest, highest = LINES
    return max(lowest, min(highest, falling[int(HAM_HELD * len(falling))] + 1))


class Book:
    """What was learned from texts, in memory: as the database has it, for a trial."""

    def __init__(self) -> None:
        self.counts: dict[int, list[int]] = defaultdict(lambda: [0, 0])
        self.learned = [0, 0]
        self.ham: list[list[int]] = []  # what each text had that is no spam

    @property
    def total(self) -> Counts:
        return self.learned[0], self.learned[1]

    def learn(self, text: str, *, is_spam: bool) -> None:
        keys, at = features.of(text), 0 if is_spam else 1
        self.learned[at] += 1
        for key in keys:
            self.counts[key][at] += 1
        if not is_spam:
            self.ham.append(keys)

    def _found(self, keys: Iterable[int]) -> list[Counts]:
        known = (self.counts[key] for key in keys if key in self.counts)
        return [(spam, ham) for spam, ham in known]

    def score(self, text: str) -> int:
        return score(self._found(features.of(text)), self.total)

    def line(self) -> int:
        scores = (score_without(self._found(keys), self.total, is_spam=False) for keys in self.ham)
        return line(scores)
