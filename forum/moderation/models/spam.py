"""What the spam score has learned, and from which decisions. Numbers alone: no word of anybody."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class SpamWord(models.Model):
    """In how many lessons of each kind a text had something (spam/features.py says what).

    Two rows stand for no word: under TOTAL all lessons are counted, and whoever changes a count
    locks it first; under LINE `spam` is the score from which a comment is held, in thousandths.
    """

    TOTAL, LINE = -1, -2

    key = models.BigIntegerField(primary_key=True)
    spam = models.PositiveIntegerField(default=0)
    ham = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name = _("word of spam")
        verbose_name_plural = _("words of spam")

    def __str__(self) -> str:
        return f"{self.key}: {self.spam}, {self.ham}"


class LessonQuerySet(models.QuerySet["Lesson"]):
    def scored(self) -> "LessonQuerySet":
        """Lessons whose text had a score before it was known what they are."""
        return self.filter(score__isnull=False)


class Lesson(models.Model):
    """What was learned from a decision about one comment: taken back, exactly this is unlearned."""

    comment_id = models.BigIntegerField(primary_key=True)  # a plain number: it may be purged
    is_spam = models.BooleanField()
    event_id = models.BigIntegerField()  # of the decision
    at = models.DateTimeField()  # it was made
    score = models.PositiveSmallIntegerField(null=True)  # of the text, before it was learned
    keys = models.BinaryField()  # of SpamWord, four bytes each

    objects = LessonQuerySet.as_manager()

    class Meta:
        verbose_name = _("lesson")
        verbose_name_plural = _("lessons")
        indexes = [
            # Both hold what is asked, so that the keys of lessons are not read with them.
            models.Index(fields=["event_id", "is_spam", "score"], name="lesson_by_event"),
            models.Index(fields=["at", "is_spam", "score"], name="lesson_by_age"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(score__isnull=True) | Q(score__lte=1000), name="lesson_score_in_1000"
            )
        ]

    def __str__(self) -> str:
        return f"#{self.comment_id}"
