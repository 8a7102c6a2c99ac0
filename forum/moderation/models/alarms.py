"""What staff were told of because it could not wait for somebody to look."""

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class AlarmQuerySet(models.QuerySet["Alarm"]):
    def on(self) -> "AlarmQuerySet":
        """Alarms whose cause lasts."""
        return self.filter(ended_at=None)


class Alarm(models.Model):
    """The queue waits for too long, or a branch grows too quickly. Told once, until it has ended."""

    class Kind(models.TextChoices):
        BACKLOG = "backlog", _("the queue waits")
        BRANCH = "branch", _("a branch grows quickly")

    kind = models.CharField(max_length=8, choices=Kind.choices)
    thread_id = models.BigIntegerField(default=0)  # of the branch; a plain number
    size = models.PositiveIntegerField()  # comments: those that wait, or came within the hour
    began_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True)

    objects = AlarmQuerySet.as_manager()

    class Meta:
        verbose_name = _("alarm")
        verbose_name_plural = _("how moderation is doing")  # the name of its page in the admin
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "thread_id"], condition=Q(ended_at=None), name="alarm_once"
            ),
            models.CheckConstraint(
                condition=Q(kind="backlog", thread_id=0) | Q(kind="branch", thread_id__gt=0),
                name="alarm_of_a_branch_names_it",
            ),
        ]
        indexes = [models.Index(fields=["began_at"], name="alarm_by_age")]

    def __str__(self) -> str:
        return f"{self.kind} {self.began_at:%Y-%m-%d %H:%M}"
