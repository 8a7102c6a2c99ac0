"""Who of the staff has taken up a comment, so that two do not read the same."""

from datetime import timedelta

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from forum.accounts.models import User
from forum.accounts.readers import Reader

CLAIM_LASTS = timedelta(minutes=10)


class ClaimQuerySet(models.QuerySet["Claim"]):
    def live(self) -> "ClaimQuerySet":
        return self.filter(until__gt=timezone.now())

    def of_others(self, reader: Reader) -> "ClaimQuerySet":
        return self.exclude(member=reader.user)


class Claim(models.Model):
    """One member of the staff has a comment before them, until a moment. It hinders nobody."""

    comment_id = models.BigIntegerField(unique=True)  # a plain number: the comment may be purged
    member = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    since = models.DateTimeField()
    until = models.DateTimeField()

    objects = ClaimQuerySet.as_manager()

    class Meta:
        verbose_name = _("claim")
        verbose_name_plural = _("claims")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(until__gt=models.F("since")), name="claim_ends_after_it_begins"
            )
        ]

    def __str__(self) -> str:
        return f"#{self.comment_id}"
