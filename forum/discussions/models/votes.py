"""What one person says of one comment: a row of its own, found by the person and by the comment."""

from typing import Any

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from forum.accounts.models import Pen, User
from forum.accounts.readers import Reader

UP, DOWN, NONE = 1, -1, 0


def voter(by: Reader) -> dict[str, Any]:
    """Return the columns that say who votes: a member, else a pen."""
    return {"member": by.user} if by.user else {"pen": by.pen}


class Vote(models.Model):
    """A member's or a pen's vote for (1) or against (-1) a comment; taken back, its row goes.

    Comment.ups and downs are the sums; services/voting.py writes both under the comment's lock.
    """

    comment = models.ForeignKey(
        "discussions.Comment", on_delete=models.PROTECT, db_index=False, related_name="votes"
    )
    member = models.ForeignKey(
        User, null=True, on_delete=models.PROTECT, db_index=False, related_name="+"
    )
    pen = models.ForeignKey(
        Pen, null=True, on_delete=models.PROTECT, db_index=False, related_name="+"
    )
    value = models.SmallIntegerField()
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("vote")
        verbose_name_plural = _("votes")
        indexes = [models.Index(fields=["comment", "value"], name="vote_of_comment")]
        constraints = [
            models.UniqueConstraint(
                fields=["member", "comment"],
                condition=Q(member__isnull=False),
                name="vote_once_a_member",
            ),
            models.UniqueConstraint(
                fields=["pen", "comment"], condition=Q(pen__isnull=False), name="vote_once_a_pen"
            ),
            models.CheckConstraint(
                condition=Q(member__isnull=False, pen__isnull=True)
                | Q(member__isnull=True, pen__isnull=False),
                name="vote_of_one",
            ),
            models.CheckConstraint(condition=Q(value__in=[UP, DOWN]), name="vote_up_or_down"),
        ]

    def __str__(self) -> str:
        return f"{self.value:+d} #{self.comment_id}"
