"""What was done, append-only; and what is needed to take a decision of staff back."""

from collections.abc import Iterable
from typing import Any, NoReturn

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from forum.discussions.models.states import UNDO_WINDOW

# What staff say of a comment's state, and what takes that back.
VERDICTS = ("approve", "hold", "keep", "remove", "restore", "spam", "undo")


class IsVerdict(models.Func):
    """Whether a verb is one of VERDICTS; without values, so that SQLite finds event_verdict by it."""

    template = "%(expressions)s IN ({})".format(", ".join(f"'{verb}'" for verb in VERDICTS))
    output_field = models.BooleanField()


class EventQuerySet(models.QuerySet["Event"]):
    def public_acts(self, verbs: Iterable[str]) -> "EventQuerySet":
        """Events of these kinds, found without the many that say that somebody posted."""
        return self.filter(~Q(verb="post"), verb__in=list(verbs))

    def verdicts(self) -> "EventQuerySet":
        """What staff said of comments: found by event_verdict."""
        return self.filter(IsVerdict("verb"))

    def update(self, **kwargs: Any) -> NoReturn:
        raise TypeError("events are never changed")

    def delete(self) -> NoReturn:
        raise TypeError("events are never deleted")


class Event(models.Model):
    """What was done to the talk: append-only, ids only, no text and no names.

    Ids are plain numbers, so that an event outlives what it tells of.
    """

    actor_id = models.BigIntegerField(null=True)  # a member
    pen_id = models.BigIntegerField(null=True)
    verb = models.CharField(max_length=12)
    comment_id = models.BigIntegerField(null=True)
    thread_id = models.BigIntegerField(null=True)
    topic_id = models.BigIntegerField(null=True)
    member_id = models.BigIntegerField(null=True)  # whom it concerns, not who did it
    guest_id = models.BigIntegerField(null=True)  # the pen that it concerns
    before = models.CharField(max_length=20, blank=True)
    after = models.CharField(max_length=20, blank=True)
    reason = models.CharField(max_length=40, blank=True)
    at = models.DateTimeField(default=timezone.now)

    objects = EventQuerySet.as_manager()

    class Meta:
        verbose_name = _("event")
        verbose_name_plural = _("log")
        indexes = [
            models.Index(fields=["comment_id", "id"], name="event_of_comment"),
            models.Index(fields=["topic_id", "id"], name="event_of_topic"),
            models.Index(fields=["actor_id", "id"], name="event_of_actor"),
            models.Index(fields=["id", "at"], name="event_but_posts", condition=~Q(verb="post")),
            models.Index(fields=["at"], name="event_verdict", condition=Q(verb__in=VERDICTS)),
            models.Index(
                fields=["member_id", "id"],
                name="event_of_member",
                condition=Q(member_id__isnull=False),
            ),
            models.Index(
                fields=["guest_id", "id"],
                name="event_of_guest",
                condition=Q(guest_id__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.verb} #{self.comment_id}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise TypeError("events are never changed")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise TypeError("events are never deleted")


class DecisionQuerySet(models.QuerySet["Decision"]):
    def undoable(self) -> "DecisionQuerySet":
        return self.filter(undone_at=None, event__at__gt=timezone.now() - UNDO_WINDOW)

    def to_purge(self) -> "DecisionQuerySet":
        """Purges that wait for their day, the oldest first."""
        return self.filter(undone_at=None, event__verb="purge").order_by("pk")


class Decision(models.Model):
    """What is needed to take a decision of staff back, kept for UNDO_WINDOW beside its event.

    `details` are ids, moments and codes, and the words that staff gave a topic; never a word of a
    comment, which its revisions keep.
    """

    event = models.OneToOneField(Event, on_delete=models.PROTECT, related_name="decision")
    details = models.JSONField(default=dict)
    undone_at = models.DateTimeField(null=True)

    objects = DecisionQuerySet.as_manager()

    class Meta:
        verbose_name = _("decision")
        verbose_name_plural = _("recent decisions")

    def __str__(self) -> str:
        return str(self.event)

    @property
    def is_undoable(self) -> bool:
        return self.undone_at is None and timezone.now() < self.event.at + UNDO_WINDOW
