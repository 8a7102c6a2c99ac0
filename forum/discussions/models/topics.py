"""What talks are about, and their threads: a Topic has Threads, a Thread is one tree of Comments."""

import hashlib

from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from forum.accounts.readers import Reader
from forum.discussions.scores import UNVOTED


class TopicQuerySet(models.QuerySet["Topic"]):
    def in_lobby(self) -> "TopicQuerySet":
        return self.filter(path="")

    def of_films(self) -> "TopicQuerySet":
        return self.exclude(path="")

    def visible_to(self, reader: Reader) -> "TopicQuerySet":
        return self if reader.is_staff else self.filter(hidden_at=None)


class Topic(models.Model):
    """What a talk is about. Films keep title, path, byline, runtime and hidden_at true to the film."""

    title = models.CharField(_("title"), max_length=300)
    folded = models.TextField(
        editable=False, default="", db_default=""
    )  # words of the title, for search
    path = models.CharField(max_length=300, blank=True, editable=False)  # empty: in the Lobby
    byline = models.CharField(max_length=80, blank=True, editable=False)  # "2002, Politics"
    runtime_minutes = models.PositiveIntegerField(null=True, blank=True, editable=False)
    is_demo = models.BooleanField(default=False, editable=False)
    created_at = models.DateTimeField(_("opened"), default=timezone.now, editable=False)
    hidden_at = models.DateTimeField(null=True, blank=True, editable=False)
    locked_at = models.DateTimeField(_("locked"), null=True, blank=True)
    # Where its whole talk went; forms and new comments follow.
    moved_to = models.ForeignKey(
        "self", null=True, editable=False, on_delete=models.PROTECT, related_name="+"
    )
    closed_at = models.DateTimeField(_("closed"), null=True, blank=True, editable=False)
    closed_words = models.CharField(max_length=300, blank=True, editable=False)
    notice = models.CharField(max_length=500, blank=True, editable=False)  # over the talk
    all_held_at = models.DateTimeField(null=True, blank=True, editable=False)
    guests_held_at = models.DateTimeField(null=True, blank=True, editable=False)
    last_comment_at = models.DateTimeField(null=True, blank=True, editable=False)
    voted_at = models.DateTimeField(null=True, editable=False)  # some seconds before a last vote
    threads_given = models.PositiveIntegerField(default=0, editable=False)  # only grows
    comment_count = models.PositiveIntegerField(_("comments"), default=0, editable=False)  # public
    featured_count = models.PositiveIntegerField(
        default=0, db_default=0, editable=False
    )  # public ones that staff chose
    version = models.PositiveBigIntegerField(default=1, editable=False)  # rises with what is seen
    new_words = ""  # "4 new" to who reads, where newness.count found that; no column

    objects = TopicQuerySet.as_manager()

    class Meta:
        verbose_name = _("topic")
        verbose_name_plural = _("topics")
        indexes = [
            models.Index(fields=["last_comment_at"], name="topic_last_comment"),
            models.Index(fields=["comment_count"], name="topic_comment_count"),
            models.Index(fields=["id"], name="topic_of_lobby", condition=Q(path="")),
            models.Index(fields=["path"], name="topic_by_path"),  # an address pasted in a comment
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(closed_at__isnull=True) | Q(locked_at__isnull=False),
                name="topic_closed_is_locked",
            )
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return self.path or reverse("topic", args=[self.pk])

    @property
    def version_of_settings(self) -> str:
        """What names how the talk is kept now, for the form that changes it."""
        values = (self.locked_at, self.closed_at, self.all_held_at, self.guests_held_at)
        words = hashlib.sha256(f"{self.notice}|{self.closed_words}".encode()).hexdigest()[:12]
        return "/".join([*(value.isoformat() if value else "" for value in values), words])

    def holds(self, *, is_member: bool) -> bool:
        """Return True if what such an author writes here is read by a moderator first."""
        return bool(self.all_held_at or (self.guests_held_at and not is_member))


class Thread(models.Model):  # type: ignore[django-manager-missing]
    """One row a top-level comment: the lock of its tree, its counters and its sort keys."""

    topic = models.ForeignKey(Topic, on_delete=models.PROTECT, db_index=False)
    ordinal = models.PositiveBigIntegerField()
    created_at = models.DateTimeField()
    locked_at = models.DateTimeField(null=True, blank=True)
    pinned_at = models.DateTimeField(null=True, blank=True)  # stands before others in every order
    last_activity_at = models.DateTimeField()
    comment_count = models.PositiveIntegerField(default=0)  # public ones
    # What the votes on its root come to (scores.py)
    best = models.PositiveIntegerField(
        default=UNVOTED, db_default=UNVOTED, editable=False
    )  # billionths
    controversy = models.PositiveBigIntegerField(
        default=0, db_default=0, editable=False
    )  # thousandths

    class Meta:
        verbose_name = _("thread")
        verbose_name_plural = _("threads")
        constraints = [
            models.UniqueConstraint(fields=["topic", "ordinal"], name="thread_ordinal_once_a_topic")
        ]
        indexes = [
            models.Index(fields=["topic", "created_at", "id"], name="thread_by_date"),
            models.Index(fields=["topic", "comment_count", "id"], name="thread_by_size"),
            models.Index(fields=["topic", "best", "id"], name="thread_by_best"),
            models.Index(fields=["topic", "controversy", "id"], name="thread_by_controversy"),
            models.Index(
                fields=["topic", "pinned_at", "id"],
                name="thread_pinned",
                condition=Q(pinned_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.topic_id}/{self.ordinal}"


MOST_PINNED = 3  # threads of a talk


class FormerNumber(models.Model):
    """A step of a path number that a comment had before it was moved: below its topic or a comment.

    Ordinals are never given twice, so a step leads to one comment for ever, and what stood below
    it is found step by step from there. Comments are plain numbers here: a purged one is named, and
    its own page says that it is gone.
    """

    topic = models.ForeignKey(Topic, null=True, on_delete=models.CASCADE, db_index=False)
    parent_id = models.BigIntegerField(null=True)
    ordinal = models.PositiveBigIntegerField()
    comment_id = models.BigIntegerField()

    class Meta:
        verbose_name = _("former number")
        verbose_name_plural = _("former numbers")
        constraints = [
            models.UniqueConstraint(fields=["topic", "ordinal"], name="former_number_once_a_topic"),
            models.UniqueConstraint(
                fields=["parent_id", "ordinal"], name="former_number_once_a_parent"
            ),
            models.CheckConstraint(
                condition=Q(topic__isnull=True, parent_id__isnull=False)
                | Q(topic__isnull=False, parent_id__isnull=True),
                name="former_number_below_one",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.ordinal} (#{self.comment_id})"
