"""How well the spam score does, for staff: by the scores that texts had before staff decided."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q

from forum.moderation.models import Lesson, SpamWord
from forum.moderation.spam import bayes


@dataclass(frozen=True)
class Figures:
    """Of the lessons of some days. The shares are None where there was nothing to share."""

    spam: int  # lessons in all
    ham: int
    line: int
    scored: int
    caught: int
    missed: int
    held: int  # of what is no spam
    passed: int

    @classmethod
    def since(cls, at: datetime) -> "Figures":
        """Return them; two queries."""
        rows = SpamWord.objects.in_bulk([SpamWord.TOTAL, SpamWord.LINE])
        total, line = rows.get(SpamWord.TOTAL), rows.get(SpamWord.LINE)
        limit = line.spam if line else bayes.FIRST_LINE
        is_over = Q(score__gte=limit)
        counted = (
            Lesson.objects.scored()
            .filter(at__gte=at)
            .aggregate(
                caught=Count("pk", filter=Q(is_spam=True) & is_over),
                missed=Count("pk", filter=Q(is_spam=True) & ~is_over),
                held=Count("pk", filter=Q(is_spam=False) & is_over),
                passed=Count("pk", filter=Q(is_spam=False) & ~is_over),
            )
        )
        return cls(
            spam=total.spam if total else 0,
            ham=total.ham if total else 0,
            line=limit,
            scored=sum(counted.values()),
            **counted,
        )

    @property
    def is_taught(self) -> bool:
        return bayes.is_taught((self.spam, self.ham))

    @property
    def least(self) -> int:
        """How many lessons of each kind it needs before it says anything."""
        return bayes.LEAST

    @property
    def over(self) -> int:
        """How many of both kinds lie over the line."""
        return self.caught + self.held

    @property
    def all_spam(self) -> int:
        return self.caught + self.missed

    @property
    def all_ham(self) -> int:
        return self.held + self.passed

    @property
    def precision(self) -> float | None:
        return _percent(self.caught, self.over)

    @property
    def recall(self) -> float | None:
        return _percent(self.caught, self.all_spam)

    @property
    def ham_held(self) -> float | None:
        return _percent(self.held, self.all_ham)


def _percent(count: int, whole: int) -> float | None:
    return 100 * count / whole if whole else None
