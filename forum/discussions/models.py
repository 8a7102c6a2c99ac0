"""The talk: a Topic has Threads, a Thread is one tree of Comments, their text lies beside them.

forum/discussions/tree is the only writer of tree fields; services/ of everything else.
"""

import hashlib
from datetime import datetime, timedelta
from typing import Any, NoReturn

from django.db import models
from django.db.models import Case, Q, When
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from mptt.managers import TreeManager
from mptt.models import MPTTModel, TreeForeignKey
from mptt.querysets import TreeQuerySet

from forum.accounts.models import Pen, User
from forum.accounts.readers import Reader

BODY_CHARS = 10_000
EDIT_WINDOW = timedelta(minutes=15)
LONG_EDIT_WINDOW = timedelta(hours=24)  # members, while no reply is public
UNDELETE_WINDOW = timedelta(hours=24)
UNDO_WINDOW = timedelta(days=30)  # for decisions of staff; then what was to be purged goes
EDITED_AFTER = timedelta(minutes=1)  # an edit sooner than this is not shown


class State(models.TextChoices):
    PUBLIC = "public", _("public")
    HELD = "held", _("held")
    SPAM = "spam", _("spam")
    REMOVED = "removed", _("removed")
    DELETED = "deleted", _("deleted")
    ERASED = "erased", _("erased")
    PURGED = "purged", _("to be purged")  # hidden from everybody, deleted after UNDO_WINDOW


class Reason(models.TextChoices):
    """Why staff removes a comment. The codes are stored; the author is told the words."""

    UNKIND = "unkind", _("it attacks a person")
    HATE = "hate", _("it attacks people for what they are")
    ILLEGAL = "illegal", _("it may be against the law")
    PRIVATE = "private", _("it tells what is private")
    ADVERT = "advert", _("it advertises")
    OFF_TOPIC = "off-topic", _("it is not about the film or the talk")
    TWICE = "twice", _("it was posted before")
    COPIED = "copied", _("it copies a text of somebody else")
    OTHER = "other", _("it breaks the house rules")


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
    threads_given = models.PositiveIntegerField(default=0, editable=False)  # only grows
    comment_count = models.PositiveIntegerField(_("comments"), default=0, editable=False)  # public
    version = models.PositiveBigIntegerField(default=1, editable=False)  # rises with what is seen

    objects = TopicQuerySet.as_manager()

    class Meta:
        verbose_name = _("topic")
        verbose_name_plural = _("topics")
        indexes = [
            models.Index(fields=["last_comment_at"], name="topic_last_comment"),
            models.Index(fields=["comment_count"], name="topic_comment_count"),
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
    last_activity_at = models.DateTimeField()
    comment_count = models.PositiveIntegerField(default=0)  # public ones

    class Meta:
        verbose_name = _("thread")
        verbose_name_plural = _("threads")
        constraints = [
            models.UniqueConstraint(fields=["topic", "ordinal"], name="thread_ordinal_once_a_topic")
        ]
        indexes = [
            models.Index(fields=["topic", "created_at", "id"], name="thread_by_date"),
            models.Index(fields=["topic", "comment_count", "id"], name="thread_by_size"),
        ]

    def __str__(self) -> str:
        return f"{self.topic_id}/{self.ordinal}"


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


_GONE = (State.ERASED, State.PURGED)


class CommentQuerySet(TreeQuerySet):
    def public(self) -> "CommentQuerySet":
        """Comments that anybody may read."""
        return self.counted().filter(thread__topic__hidden_at=None)

    def counted(self) -> "CommentQuerySet":
        """Public comments, under hidden topics too: what the stored counts say."""
        return self.filter(state=State.PUBLIC)

    def in_thread(self, thread_id: int) -> "CommentQuerySet":
        """The comments of a thread; tree_id says the same as thread_id and has the index."""
        return self.filter(tree_id=thread_id)

    def visible_to(self, reader: Reader) -> "CommentQuerySet":
        """Comments whose text `reader` may see. The one home of that rule.

        Anybody: public ones under topics that are not hidden. Their author or pen: held ones too.
        Staff: all but the erased, whose text is gone, and what is to be purged.
        """
        if reader.is_staff:
            return self.exclude(state__in=_GONE)
        seen = Q(state=State.PUBLIC)
        if reader.user:
            seen |= Q(state=State.HELD, member=reader.user)
        elif reader.pen:
            seen |= Q(state=State.HELD, pen=reader.pen)
        return self.filter(seen, thread__topic__hidden_at=None)

    def by(self, reader: Reader) -> "CommentQuerySet":
        """Comments that `reader` wrote, in any state."""
        if reader.user:
            return self.filter(member=reader.user)
        return self.filter(pen=reader.pen) if reader.pen else self.none()

    def in_sight_of(self, reader: Reader) -> "CommentQuerySet":
        """Comments in any state but those to be purged, under topics not hidden from `reader`."""
        rows = self.exclude_purged()
        return rows if reader.is_staff else rows.filter(thread__topic__hidden_at=None)

    def exclude_purged(self) -> "CommentQuerySet":
        """All but those that are to be purged, which nobody sees any more."""
        return self.exclude(state=State.PURGED)

    def held(self) -> "CommentQuerySet":
        return self.filter(state=State.HELD)

    def in_state(self, *states: str) -> "CommentQuerySet":
        return self.filter(state__in=states)

    def from_author(self, kind: str) -> "CommentQuerySet":
        """Comments by a "member", a "guest" (with a pen) or an "imported" name."""
        rows = self.filter(member__isnull=kind != "member", pen__isnull=kind != "guest")
        return rows.exclude(author_name="") if kind == "imported" else rows

    def with_edit_waiting(self) -> "CommentQuerySet":
        return self.filter(held_edit__isnull=False)

    def held_first(self) -> "CommentQuerySet":
        """What waits for staff first, then the newest."""
        waits = Case(When(state=State.HELD, then=0), default=1)
        return self.order_by(waits, "-created_at", "-pk")

    def count_by_state(self) -> dict[str, int]:
        rows = self.order_by().values_list("state").annotate(n=models.Count("pk"))
        return dict(rows)

    def count_authors(self) -> int:
        """Return how many people wrote these: members, pens and imported names; one query."""
        found = self.order_by().aggregate(
            members=models.Count("member", distinct=True),
            pens=models.Count("pen", distinct=True),
            imported=models.Count("author_name", distinct=True, filter=Q(member=None, pen=None)),
        )
        return sum(found.values())

    def with_text(self) -> "CommentQuerySet":
        return self.select_related("text", "member", "pen", "thread__topic")

    def delete(self) -> NoReturn:
        raise TypeError("comments are never deleted by a queryset: use services.purge_branch")


class CommentManager(TreeManager.from_queryset(CommentQuerySet)):  # type: ignore[misc]
    """django-mptt's manager with every writer of tree fields taken out (docs/decisions/0001)."""

    def _refuse(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise TypeError("tree fields are written by forum/discussions/tree alone")

    _get_next_tree_id = rebuild = partial_rebuild = insert_node = move_node = _refuse
    delay_mptt_updates = disable_mptt_updates = _refuse


_TREE_FIELDS = {"parent", "parent_id", "thread", "thread_id", "tree_id", "lft", "rght", "level"}


class Comment(MPTTModel):
    """A node of the talk. Its author is exactly one of a member, a pen or an imported name."""

    thread = models.ForeignKey(Thread, on_delete=models.PROTECT, db_index=False)
    parent = TreeForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="replies"
    )
    tree_id = models.BigIntegerField(editable=False, db_index=True)  # = thread_id
    ordinal = models.PositiveBigIntegerField(
        editable=False
    )  # among its siblings, never given twice
    replies_given = models.PositiveIntegerField(default=0, editable=False)  # only grows
    member = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.PROTECT, db_index=False, related_name="+"
    )
    pen = models.ForeignKey(
        Pen, null=True, blank=True, on_delete=models.PROTECT, db_index=False, related_name="+"
    )
    author_name = models.CharField(_("name"), max_length=255, blank=True)  # of guest or import
    state = models.CharField(_("state"), max_length=8, choices=State.choices)
    state_at = models.DateTimeField()
    reason = models.CharField(_("reason"), max_length=20, blank=True)  # of removed or held
    created_at = models.DateTimeField(_("written"))
    edited_at = models.DateTimeField(null=True, blank=True)
    staff_edited_at = models.DateTimeField(null=True, blank=True)  # then its author edits no more
    locked_at = models.DateTimeField(null=True, blank=True)  # takes no replies; nor do those below
    language = models.CharField(max_length=12, blank=True)
    kind = models.CharField(max_length=12, blank=True)

    objects = CommentManager()

    class Meta:
        verbose_name = _("comment")
        verbose_name_plural = _("comments")
        permissions = [
            ("moderate_comment", "Can approve, hold, remove and restore comments"),
            ("senior_comment", "Can purge and erase comments and see what was redacted"),
        ]
        # No index names lft or rght: the shift of a reply then stays a HOT update (trees.md 6, 7).
        indexes = [
            models.Index(
                fields=["member", "id"],
                name="comment_by_member",
                condition=Q(member__isnull=False),
            ),
            models.Index(
                fields=["pen", "id"], name="comment_by_pen", condition=Q(pen__isnull=False)
            ),
            models.Index(fields=["id"], name="comment_held", condition=Q(state="held")),
            models.Index(fields=["state", "created_at", "id"], name="comment_by_state"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["parent", "ordinal"], name="comment_ordinal_once_a_parent"
            ),
            models.UniqueConstraint(
                fields=["tree_id"],
                condition=Q(parent__isnull=True),
                name="comment_one_root_a_tree",
            ),
            models.CheckConstraint(condition=Q(lft__gte=1), name="comment_lft_from_1"),
            models.CheckConstraint(
                condition=Q(rght__gt=models.F("lft")), name="comment_rght_after_lft"
            ),
            models.CheckConstraint(
                condition=Q(parent__isnull=True, lft=1, level=0)
                | Q(parent__isnull=False, lft__gt=1, level__gt=0),
                name="comment_root_is_1_and_0",
            ),
            models.CheckConstraint(
                condition=Q(tree_id=models.F("thread_id")), name="comment_tree_is_thread"
            ),
            models.CheckConstraint(
                condition=Q(member__isnull=False, pen__isnull=True, author_name="")
                | (Q(member__isnull=True, pen__isnull=False) & ~Q(author_name=""))
                | (Q(member__isnull=True, pen__isnull=True) & ~Q(author_name=""))
                | Q(member__isnull=True, pen__isnull=True, state="erased"),
                name="comment_one_author",
            ),
            models.CheckConstraint(condition=Q(state__in=State.values), name="comment_state_known"),
        ]

    def __str__(self) -> str:
        return f"#{self.pk}"

    def get_absolute_url(self) -> str:
        return reverse("comment", args=[self.pk])

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Guard only: tree.py inserts with its fields set; later saves name plain fields."""
        fields = kwargs.get("update_fields")
        if self._state.adding:
            if not (self.lft and self.rght and self.tree_id):
                raise TypeError("comments are inserted by forum/discussions/tree alone")
        elif fields is None or _TREE_FIELDS & set(fields):
            raise TypeError("a saved comment is changed by update_fields, never its place")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise TypeError("comments are never deleted one by one: use services.purge_branch")

    @property
    def name(self) -> str:
        """The name readers see."""
        return self.member.username if self.member else self.author_name

    @property
    def author_kind(self) -> str:
        """ "member", "guest" or "imported"; "" once it is erased."""
        if self.member_id:
            return "member"
        return "guest" if self.pen_id else "imported" if self.author_name else ""

    @property
    def reason_words(self) -> str:
        """Why staff removed it, in words for its author; empty for the codes of checks."""
        return self.text.told or str(dict(Reason.choices).get(self.reason, ""))

    @property
    def is_public(self) -> bool:
        return self.state == State.PUBLIC

    def is_by(self, reader: Reader) -> bool:
        if reader.user:
            return self.member_id == reader.user.pk
        return bool(reader.pen) and self.pen_id == reader.pen.pk  # type: ignore[union-attr]

    def is_text_visible_to(self, reader: Reader) -> bool:
        """The rule of CommentQuerySet.visible_to for one comment at hand."""
        if reader.is_staff or self.state in _GONE:
            return self.state not in _GONE
        if self.thread.topic.hidden_at:
            return False
        return self.is_public or (self.state == State.HELD and self.is_by(reader))

    def has_public_reply(self) -> bool:
        return Comment.objects.filter(parent_id=self.pk, state=State.PUBLIC).exists()

    def editable_until(self, reader: Reader) -> datetime | None:
        """Return the moment until which `reader` may edit, or None if they may not at all.

        Author or pen: 15 minutes; members longer, 24 hours, while no reply is public. Nobody once
        staff have changed the text.
        """
        if not self.is_by(reader) or self.state not in (State.PUBLIC, State.HELD):
            return None
        if self.staff_edited_at:
            return None
        age = timezone.now() - self.created_at
        if reader.user and EDIT_WINDOW < age <= LONG_EDIT_WINDOW and not self.has_public_reply():
            return self.created_at + LONG_EDIT_WINDOW
        return self.created_at + EDIT_WINDOW

    def is_editable_by(self, reader: Reader) -> bool:
        until = self.editable_until(reader)
        return until is not None and timezone.now() <= until

    def is_deletable_by(self, reader: Reader) -> bool:
        return self.is_by(reader) and self.state in (State.PUBLIC, State.HELD)

    def is_undeletable_by(self, reader: Reader) -> bool:
        return (
            self.is_by(reader)
            and self.state == State.DELETED
            and timezone.now() <= self.state_at + UNDELETE_WINDOW
        )

    @property
    def is_visibly_edited(self) -> bool:
        return bool(self.edited_at and self.edited_at - self.created_at >= EDITED_AFTER)


# mptt adds an index on (tree_id, lft) after the class body; tests pin that no such index is made.
Comment._meta.indexes[:] = [
    index for index in Comment._meta.indexes if list(index.fields) != ["tree_id", "lft"]
]


class CommentText(models.Model):
    """What a comment says, apart from its place: shifting the tree never rewrites a text."""

    class Format(models.TextChoices):
        MARKDOWN = "markdown"
        HTML = "html"
        WP = "wp"
        PLAIN = "plain"

    comment = models.OneToOneField(
        Comment, on_delete=models.PROTECT, primary_key=True, related_name="text"
    )
    body = models.TextField(blank=True)  # as it came
    body_format = models.CharField(max_length=8, choices=Format.choices, default=Format.MARKDOWN)
    body_html = models.TextField(blank=True)  # as it is shown, safe
    html_version = models.PositiveSmallIntegerField()  # the rules that made body_html
    submission = models.UUIDField(null=True, unique=True)  # of the form, so that twice makes one
    author_url = models.CharField(max_length=500, blank=True)  # imported, for staff only
    network_key = models.CharField(max_length=24, blank=True)  # emptied after 30 days
    told = models.CharField(max_length=500, blank=True, db_default="")  # by staff, why it is gone

    class Meta:
        verbose_name = _("text")
        verbose_name_plural = _("texts")
        indexes = [
            models.Index(fields=["comment"], name="text_with_network", condition=~Q(network_key=""))
        ]

    def __str__(self) -> str:
        return f"#{self.comment_id}"


class RevisionQuerySet(models.QuerySet["Revision"]):
    def visible_to(self, reader: Reader, comment: Comment) -> "RevisionQuerySet":
        """Earlier texts of `comment` that `reader` may see: what was public all may, the rest its
        author and staff, what was redacted senior staff alone.
        """
        rows = self.filter(comment=comment)
        if not (comment.is_by(reader) or reader.is_staff):
            rows = rows.filter(was_public=True)
        return rows if reader.is_senior() else rows.filter(redacted_at=None)


class Revision(models.Model):
    """An earlier text of a comment, kept when it was edited."""

    comment = models.ForeignKey(Comment, on_delete=models.PROTECT, related_name="revisions")
    body = models.TextField(blank=True)
    body_format = models.CharField(max_length=8, choices=CommentText.Format.choices)
    body_html = models.TextField(blank=True)
    was_public = models.BooleanField(default=True)  # False: replaced before anybody could read it
    replaced_at = models.DateTimeField()
    redacted_at = models.DateTimeField(null=True)  # then only senior staff read it

    objects = RevisionQuerySet.as_manager()

    class Meta:
        verbose_name = _("earlier text")
        verbose_name_plural = _("earlier texts")
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"#{self.comment_id} {self.replaced_at:%Y-%m-%d}"


class HeldEdit(models.Model):
    """An edit that a check held: the comment stays as it was until a moderator decides."""

    comment = models.OneToOneField(Comment, on_delete=models.PROTECT, related_name="held_edit")
    body = models.TextField()
    code = models.CharField(max_length=40)
    created_at = models.DateTimeField()

    class Meta:
        verbose_name = _("edit that waits")
        verbose_name_plural = _("edits that wait")

    def __str__(self) -> str:
        return f"#{self.comment_id}"


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


class EventQuerySet(models.QuerySet["Event"]):
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
