"""What people have beside their comments: claims of a guest's, and up to where they have read."""

from datetime import timedelta

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from forum.accounts.models import Pen, User
from forum.discussions.models.topics import Topic

CLAIM_UNDO = timedelta(days=1)


class ClaimQuerySet(models.QuerySet["Claim"]):
    def that_can_be_undone(self, member: User | None) -> "ClaimQuerySet":
        return self.filter(member=member, at__gte=timezone.now() - CLAIM_UNDO)

    def settled(self) -> "ClaimQuerySet":
        return self.filter(at__lt=timezone.now() - CLAIM_UNDO)


class Claim(models.Model):
    """A guest's comment that became a member's: what it was before, for a day, to undo it."""

    comment_id = models.BigIntegerField(unique=True)  # a plain number: the comment may be purged
    member = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    pen = models.ForeignKey(Pen, on_delete=models.PROTECT, related_name="+")
    author_name = models.CharField(max_length=255)
    at = models.DateTimeField()

    objects = ClaimQuerySet.as_manager()

    class Meta:
        verbose_name = _("claim")
        verbose_name_plural = _("claims")

    def __str__(self) -> str:
        return f"#{self.comment_id}"


class Visit(models.Model):
    """Up to which moment a member has seen a talk, and up to which one before this sitting."""

    member = models.ForeignKey(User, on_delete=models.CASCADE, db_index=False, related_name="+")
    topic = models.ForeignKey(Topic, on_delete=models.CASCADE, related_name="+")
    since = models.DateTimeField()  # what came later is marked as new for as long as one sits here
    seen_at = models.DateTimeField()

    class Meta:
        verbose_name = _("visit")
        verbose_name_plural = _("visits")
        constraints = [
            models.UniqueConstraint(fields=["member", "topic"], name="visit_once_a_talk"),
            models.CheckConstraint(
                condition=Q(seen_at__gte=models.F("since")), name="visit_seen_after_since"
            ),
        ]
        indexes = [models.Index(fields=["seen_at"], name="visit_by_age")]

    def __str__(self) -> str:
        return f"{self.member_id}/{self.topic_id}"
