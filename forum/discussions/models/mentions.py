"""Who is meant by an @name in a comment."""

from django.db import models
from django.db.models import Q

from forum.accounts.models import Pen, User


class Mention(models.Model):
    """A person named in a comment: a member, or a guest's pen.

    Stored whatever state the comment is in. A claimed pen's mentions have both, so that the claim can
    be undone: whoever is told asks by member first. It goes with the person.
    """

    comment = models.ForeignKey(
        "discussions.Comment", on_delete=models.PROTECT, db_index=False, related_name="mentions"
    )
    member = models.ForeignKey(
        User, null=True, on_delete=models.CASCADE, db_index=False, related_name="+"
    )
    pen = models.ForeignKey(
        Pen, null=True, on_delete=models.CASCADE, db_index=False, related_name="+"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["comment", "member"], name="mention_once_a_comment_and_member"
            ),
            models.UniqueConstraint(
                fields=["comment", "pen"], name="mention_once_a_comment_and_pen"
            ),
            models.CheckConstraint(
                condition=Q(member__isnull=False) | Q(pen__isnull=False),
                name="mention_of_somebody",
            ),
        ]
        indexes = [
            models.Index(
                fields=["member", "id"],
                name="mention_of_member",
                condition=Q(member__isnull=False),
            ),
            models.Index(
                fields=["pen", "id"], name="mention_of_pen", condition=Q(pen__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.comment_id}"
