"""What readers tell staff of a comment, and what its author says against a decision."""

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from forum.accounts.models import Pen, User
from forum.accounts.readers import Reader
from forum.discussions.models.events import Event

REPORT_CHARS = 2_000


class ReportQuerySet(models.QuerySet["Report"]):
    def by(self, reader: Reader) -> "ReportQuerySet":
        """Reports that this reader made; a guest's by their pen."""
        if reader.user:
            return self.filter(member=reader.user)
        return self.filter(pen=reader.pen) if reader.pen else self.none()

    def open(self) -> "ReportQuerySet":
        """Reports that no decision has settled."""
        return self.filter(settled_at=None)


class Report(models.Model):
    """One person's report of one comment. Its author never learns who wrote it.

    It is settled by the decision about its comment, in that decision's transaction.
    """

    class Reason(models.TextChoices):
        OFF_TOPIC = "off-topic", _("it is not about the film or the talk")
        UNKIND = "unkind", _("it is unkind to somebody")
        HARASSMENT = "harassment", _("it harasses somebody, or a group")
        SPAM = "spam", _("it is spam")
        SPOILER = "spoiler", _("it gives the ending away without a warning")
        UNLAWFUL = "unlawful", _("it may be against the law")
        OTHER = "other", _("something else")

    class Outcome(models.TextChoices):
        OPEN = "", _("waits for a moderator")
        AGREED = "agreed", _("a moderator agreed")
        DECLINED = "declined", _("a moderator saw nothing against the rules")
        VOID = "void", _("nothing was left to decide")  # its comment had gone by then

    comment = models.ForeignKey(
        "discussions.Comment", on_delete=models.PROTECT, db_index=False, related_name="reports"
    )
    member = models.ForeignKey(
        User, null=True, on_delete=models.PROTECT, db_index=False, related_name="+"
    )
    pen = models.ForeignKey(
        Pen, null=True, on_delete=models.PROTECT, db_index=False, related_name="+"
    )
    reason = models.CharField(max_length=12, choices=Reason.choices)
    words = models.TextField(blank=True, max_length=REPORT_CHARS)
    contact = models.EmailField(blank=True)  # of who reports what may be unlawful
    created_at = models.DateTimeField(default=timezone.now)
    settled_at = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(max_length=8, choices=Outcome.choices, blank=True)
    event = models.ForeignKey(Event, null=True, on_delete=models.PROTECT, related_name="+")

    objects = ReportQuerySet.as_manager()

    class Meta:
        verbose_name = _("report")
        verbose_name_plural = _("reports")
        indexes = [
            models.Index(fields=["comment", "id"], name="report_of_comment"),
            models.Index(fields=["comment"], name="report_open", condition=Q(settled_at=None)),
            models.Index(
                fields=["settled_at"],
                name="report_by_settled",
                condition=Q(settled_at__isnull=False),
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["member", "comment"],
                condition=Q(member__isnull=False),
                name="report_once_a_member",
            ),
            models.UniqueConstraint(
                fields=["pen", "comment"], condition=Q(pen__isnull=False), name="report_once_a_pen"
            ),
            # Neither: who wrote it has left, and what it says is still to be decided.
            models.CheckConstraint(
                condition=Q(member__isnull=True) | Q(pen__isnull=True), name="report_of_one"
            ),
            models.CheckConstraint(
                condition=Q(settled_at__isnull=True, outcome="")
                | (Q(settled_at__isnull=False) & ~Q(outcome="")),
                name="report_settled_with_outcome",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.reason} #{self.comment_id}"


class AppealQuerySet(models.QuerySet["Appeal"]):
    def open(self) -> "AppealQuerySet":
        return self.filter(decided_at=None)


class Appeal(models.Model):
    """What the author of a comment says against a decision about it; one appeal a decision."""

    class Outcome(models.TextChoices):
        OPEN = "", _("waits for a moderator")
        KEPT = "kept", _("the decision stays")
        OVERTURNED = "overturned", _("the decision was taken back")

    event = models.OneToOneField(Event, on_delete=models.PROTECT, related_name="appeal")
    comment = models.ForeignKey(
        "discussions.Comment", on_delete=models.PROTECT, related_name="appeals"
    )
    words = models.TextField(max_length=REPORT_CHARS)
    created_at = models.DateTimeField(default=timezone.now)
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    outcome = models.CharField(max_length=10, choices=Outcome.choices, blank=True)
    answer = models.TextField(blank=True, max_length=REPORT_CHARS)

    objects = AppealQuerySet.as_manager()

    class Meta:
        verbose_name = _("appeal")
        verbose_name_plural = _("appeals")
        indexes = [
            models.Index(fields=["id"], name="appeal_open", condition=Q(decided_at=None)),
            models.Index(
                fields=["decided_at"],
                name="appeal_by_decided",
                condition=Q(decided_at__isnull=False),
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(decided_at__isnull=True, outcome="")
                | (Q(decided_at__isnull=False) & ~Q(outcome="")),
                name="appeal_decided_with_outcome",
            )
        ]

    def __str__(self) -> str:
        return f"#{self.comment_id}"
