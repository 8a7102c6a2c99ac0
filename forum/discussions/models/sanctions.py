"""What staff keep about a person: warnings, notes, and what one decision removed of theirs.

Each belongs to a member or to a guest's pen, and goes with them.
"""

from typing import Any

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from forum.accounts.models import Pen, User
from forum.accounts.readers import Reader
from forum.discussions.models.events import Decision
from forum.discussions.models.people import Claim

STAFF_WORDS_CHARS = 1_000


class Breach(models.TextChoices):
    """Why staff act on a person: a code is stored, for events hold no text of anybody."""

    UNKIND = "unkind", _("attacks people")
    HATE = "hate", _("attacks people for what they are")
    ILLEGAL = "illegal", _("posts what may be against the law")
    PRIVATE = "private", _("tells what is private")
    ADVERT = "advert", _("advertises")
    PRETENDS = "pretends", _("pretends to be somebody else")
    TAKEN_OVER = "taken-over", _("the account seems to be in the hands of somebody else")
    OTHER = "other", _("breaks the house rules")


def about(person: Reader) -> dict[str, Any]:
    """Return the columns that say about whom it is: a member, else a pen."""
    return {"member": person.user} if person.user else {"pen": person.pen}


class AboutQuerySet(models.QuerySet[Any]):
    def about(self, person: Reader) -> "AboutQuerySet":
        """Rows about a member, those of pens that they claimed with them, or about a pen."""
        if person.user:
            claimed = Claim.objects.filter(member=person.user).values("pen_id")
            return self.filter(Q(member=person.user) | Q(pen__in=claimed))
        return self.filter(pen=person.pen) if person.pen else self.none()


def of_one(name: str) -> models.CheckConstraint:
    return models.CheckConstraint(
        condition=Q(member__isnull=False, pen__isnull=True)
        | Q(member__isnull=True, pen__isnull=False),
        name=name,
    )


class CautionQuerySet(AboutQuerySet):
    def waiting(self) -> "CautionQuerySet":
        """Warnings that were not taken back, and that whom they are for has not read yet."""
        return self.filter(acknowledged_at=None, withdrawn_at=None)


class Caution(models.Model):
    """A warning. Whom it is for writes nothing more before they say that they have read it."""

    member = models.ForeignKey(User, null=True, on_delete=models.CASCADE, related_name="+")
    pen = models.ForeignKey(Pen, null=True, on_delete=models.CASCADE, related_name="+")
    reason = models.CharField(max_length=20, choices=Breach.choices)
    words = models.TextField(max_length=STAFF_WORDS_CHARS, blank=True)
    comment_id = models.BigIntegerField(null=True)  # a plain number: the comment may be purged
    by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    acknowledged_at = models.DateTimeField(null=True, blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    objects = CautionQuerySet.as_manager()

    class Meta:
        verbose_name = _("warning")
        verbose_name_plural = _("warnings")
        constraints = [of_one("caution_of_one")]

    def __str__(self) -> str:
        return str(self.get_reason_display())


class Note(models.Model):
    """What staff tell each other about a person; nobody else ever reads it."""

    member = models.ForeignKey(User, null=True, on_delete=models.CASCADE, related_name="+")
    pen = models.ForeignKey(Pen, null=True, on_delete=models.CASCADE, related_name="+")
    words = models.TextField(max_length=STAFF_WORDS_CHARS)
    by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    objects = AboutQuerySet.as_manager()

    class Meta:
        verbose_name = _("note")
        verbose_name_plural = _("notes")
        constraints = [of_one("note_of_one")]

    def __str__(self) -> str:
        return self.words[:40]


class Removed(models.Model):
    """A comment that went with everything of a person, and how it was before: for taking it back."""

    decision = models.ForeignKey(Decision, on_delete=models.CASCADE, related_name="removed")
    comment_id = models.BigIntegerField()  # a plain number: the comment may be purged
    before = models.CharField(max_length=8)
    reason = models.CharField(max_length=20, blank=True)  # that it had before
    newcomer_at = models.DateTimeField(null=True)  # that it had before
    event_id = models.BigIntegerField()  # of its removal, by which reports were settled
    at = models.DateTimeField()  # its state_at since: another one was decided later

    class Meta:
        verbose_name = _("removed comment")
        verbose_name_plural = _("removed comments")
        constraints = [
            models.UniqueConstraint(fields=["decision", "comment_id"], name="removed_once")
        ]

    def __str__(self) -> str:
        return f"#{self.comment_id}"
