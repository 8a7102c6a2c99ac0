"""A comment in its place: who may see it, who wrote it, what may still be done with it."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, NoReturn

from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from mptt.managers import TreeManager
from mptt.models import MPTTModel, TreeForeignKey
from mptt.querysets import TreeQuerySet

from forum.accounts.models import Pen, User
from forum.accounts.names import spellings
from forum.accounts.pen_marks import mark_of
from forum.accounts.readers import Reader
from forum.discussions.models.states import (
    EDIT_WINDOW,
    EDITED_AFTER,
    LONG_EDIT_WINDOW,
    UNDELETE_WINDOW,
    Reason,
    State,
)
from forum.discussions.models.topics import Thread

_GONE = (State.ERASED, State.PURGED)
TAKEN_AWAY = (State.SPAM, State.REMOVED)  # by staff or a check


class Waits(models.Func):
    """0 for a comment that waits for staff, else 1; without values, so that the index is found."""

    template = "(CASE WHEN %(expressions)s = 'held' THEN 0 ELSE 1 END)"
    output_field = models.SmallIntegerField()


class CommentQuerySet(TreeQuerySet):
    def public(self) -> "CommentQuerySet":
        """Comments that anybody may read."""
        return self.counted().filter(thread__topic__hidden_at=None)

    def counted(self) -> "CommentQuerySet":
        """Public comments, under hidden topics too: what the stored counts say."""
        return self.filter(state=State.PUBLIC)

    def on_topic(self, topic_id: int) -> "CommentQuerySet":
        """The comments of a topic, found by its threads."""
        return self.filter(tree_id__in=Thread.objects.filter(topic=topic_id).values("pk"))

    def in_branch(self, comment_id: int) -> "CommentQuerySet":
        """The comment and all below it, wherever it stands now; asked in one statement."""
        top = Comment.objects.filter(pk=comment_id).order_by()
        return self.filter(
            tree_id=models.Subquery(top.values("tree_id")),
            lft__gte=models.Subquery(top.values("lft")),
            lft__lt=models.Subquery(top.values("rght")),
        )

    def roots_of(self, thread_ids: Iterable[int]) -> "CommentQuerySet":
        """The first comments of these threads."""
        return self.filter(tree_id__in=list(thread_ids), parent=None)

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

    def answered_among(self, ids: Iterable[int]) -> set[int]:
        """Return those of these comments that have a public reply; one query."""
        replies = self.filter(parent_id__in=ids, state=State.PUBLIC)
        return set(replies.order_by().values_list("parent_id", flat=True).distinct())

    def by_member_named(self, name: str) -> "CommentQuerySet":
        """Comments by the member of that name, whatever its case and look."""
        return self.filter(member__in=User.objects.named_like(name).values("pk"))

    def by_other_named(self, name: str) -> "CommentQuerySet":
        """Comments by guests, or from imports, under that name."""
        return self.exclude(author_name="").filter(author_name__in=spellings(name))

    def in_sight_of(self, reader: Reader) -> "CommentQuerySet":
        """Comments in any state but those to be purged, under topics not hidden from `reader`."""
        rows = self.exclude_purged()
        return rows if reader.is_staff else rows.filter(thread__topic__hidden_at=None)

    def exclude_purged(self) -> "CommentQuerySet":
        """All but those that are to be purged, which nobody sees any more."""
        return self.exclude(state=State.PURGED)

    def featured(self) -> "CommentQuerySet":
        """What staff chose, the last chosen first."""
        return self.filter(featured_at__isnull=False).order_by("-featured_at", "-pk")

    def held(self) -> "CommentQuerySet":
        return self.filter(state=State.HELD)

    def written_since(self, at: datetime) -> "CommentQuerySet":
        """What people wrote since then, whatever staff made of it; found by comment_by_state."""
        states = (State.PUBLIC, State.HELD, State.SPAM, State.REMOVED)
        return self.filter(state__in=states, created_at__gte=at)

    def in_state(self, *states: str) -> "CommentQuerySet":
        return self.filter(state__in=states)

    def from_author(self, kind: str) -> "CommentQuerySet":
        """Comments by a "member", a "guest" (with a pen) or an "imported" name."""
        rows = self.filter(member__isnull=kind != "member", pen__isnull=kind != "guest")
        return rows.exclude(author_name="") if kind == "imported" else rows

    def above(self, ids: Iterable[int | None], thread_ids: Iterable[int]) -> "CommentQuerySet":
        """These comments and the first of each of these threads, with their words."""
        first = Q(tree_id__in=list(thread_ids), parent=None)
        rows = self.filter(Q(pk__in=[one for one in ids if one]) | first).order_by()
        return rows.select_related("text", "member").defer("text__body", "text__words")

    def due(self) -> "CommentQuerySet":
        """What waits for staff, in the order in which it is due (priority.py)."""
        return self.filter(due_at__isnull=False).order_by("due_at", "pk")

    def of_newcomers(self) -> "CommentQuerySet":
        """What somebody new wrote, before readers already, that no moderator looked at; oldest first."""
        rows = self.filter(newcomer_at__isnull=False, state=State.PUBLIC)
        return rows.order_by("newcomer_at", "pk")

    def with_edit_waiting(self) -> "CommentQuerySet":
        return self.filter(held_edit__isnull=False)

    def held_first(self) -> "CommentQuerySet":
        """What waits for staff first, then the newest."""
        return self.order_by(Waits("state"), "-created_at", "-pk")

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
    tree_id = models.BigIntegerField(editable=False)  # = thread_id
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
    # A guest's name that somebody else had in this talk before; "another" stands before it.
    is_namesake = models.BooleanField(default=False, db_default=False, editable=False)
    state = models.CharField(_("state"), max_length=8, choices=State.choices)
    state_at = models.DateTimeField()
    reason = models.CharField(_("reason"), max_length=20, blank=True)  # of removed or held
    # Null: nothing is to be decided. Else since when it counts as waiting: the order of the queue.
    due_at = models.DateTimeField(null=True, blank=True, editable=False)
    # When somebody new wrote it and it was public at once; null as soon as staff looked at it.
    newcomer_at = models.DateTimeField(null=True, blank=True, editable=False)
    created_at = models.DateTimeField(_("written"))
    edited_at = models.DateTimeField(null=True, blank=True)
    staff_edited_at = models.DateTimeField(null=True, blank=True)  # then its author edits no more
    locked_at = models.DateTimeField(null=True, blank=True)  # takes no replies; nor do those below
    # Folded by staff, with all below: readers see why, and open it. Only the top of the branch.
    folded_at = models.DateTimeField(null=True, blank=True, editable=False)
    fold_reason = models.CharField(max_length=12, blank=True, db_default="", editable=False)
    # In a slow branch: so long a person waits between two replies there; those below have it too.
    slow_s = models.PositiveIntegerField(null=True, blank=True, editable=False)
    featured_at = models.DateTimeField(null=True, blank=True, editable=False)  # chosen by staff
    language = models.CharField(max_length=12, blank=True)
    kind = models.CharField(max_length=12, blank=True)  # MODERATORS, or nothing
    # Sums of its votes; in no index, so that a vote is a HOT update.
    ups = models.PositiveIntegerField(default=0, db_default=0, editable=False)
    downs = models.PositiveIntegerField(default=0, db_default=0, editable=False)

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
            # The upper levels of a thread are found without its other rows.
            models.Index(fields=["tree_id", "level"], name="comment_by_level"),
            models.Index(
                fields=["member", "id"],
                name="comment_by_member",
                condition=Q(member__isnull=False),
            ),
            models.Index(
                fields=["pen", "id"], name="comment_by_pen", condition=Q(pen__isnull=False)
            ),
            models.Index(
                fields=["author_name", "id"],
                name="comment_by_author_name",
                condition=~Q(author_name=""),
            ),
            models.Index(fields=["id"], name="comment_held", condition=Q(state="held")),
            models.Index(
                fields=["due_at", "id"], name="comment_due", condition=Q(due_at__isnull=False)
            ),
            models.Index(
                fields=["newcomer_at", "id"],
                name="comment_of_newcomer",
                condition=Q(newcomer_at__isnull=False),
            ),
            models.Index(
                fields=["thread"], name="comment_featured", condition=Q(featured_at__isnull=False)
            ),
            models.Index(fields=["state", "created_at", "id"], name="comment_by_state"),
            # What came before readers since a moment; and the database's own look whether a thread
            # that is deleted still has comments.
            models.Index(fields=["thread", "state_at"], name="comment_by_appearance"),
            models.Index(
                Waits("state"), F("created_at").desc(), F("id").desc(), name="comment_queue"
            ),
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
            models.CheckConstraint(
                condition=~Q(state="held") | Q(due_at__isnull=False), name="comment_held_is_due"
            ),
            models.CheckConstraint(
                condition=Q(due_at__isnull=True) | Q(state__in=["public", "held"]),
                name="comment_due_is_there",
            ),
            models.CheckConstraint(
                condition=Q(folded_at__isnull=True, fold_reason="")
                | (Q(folded_at__isnull=False) & ~Q(fold_reason="")),
                name="comment_folded_with_reason",
            ),
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
    def called(self) -> str:
        """The name, "another …" if it is a guest's that somebody else had in this talk before."""
        is_another = self.is_namesake and not self.member_id
        return f"{gettext('another')} {self.name}" if is_another else self.name

    @property
    def mark(self) -> str:
        """The letters of its pen's mark; "" for what no guest of this site wrote."""
        return mark_of(self.pen_id) if self.pen_id else ""

    @property
    def author_kind(self) -> str:
        """ "member", "guest" or "imported"; "" once it is erased."""
        if self.member_id:
            return "member"
        return "guest" if self.pen_id else "imported" if self.author_name else ""

    @property
    def reason_words(self) -> str:
        """Why staff removed it, in words for its author; empty while it is not removed."""
        if self.state != State.REMOVED:
            return ""
        return self.text.told or str(dict(Reason.choices).get(self.reason, ""))

    @property
    def is_public(self) -> bool:
        return self.state == State.PUBLIC

    @property
    def is_held(self) -> bool:
        return self.state == State.HELD

    @property
    def is_to_be_looked_at(self) -> bool:
        """True while staff are asked about it: something waits, or somebody new wrote it."""
        return bool(self.due_at or (self.newcomer_at and self.is_public))

    def is_by(self, reader: Reader) -> bool:
        if reader.user:
            return self.member_id == reader.user.pk
        return reader.pen is not None and self.pen_id == reader.pen.pk

    def is_text_visible_to(self, reader: Reader) -> bool:
        """The rule of CommentQuerySet.visible_to for one comment at hand."""
        if reader.is_staff or self.state in _GONE:
            return self.state not in _GONE
        if self.thread.topic.hidden_at:
            return False
        return self.is_public or (self.state == State.HELD and self.is_by(reader))

    def has_public_reply(self) -> bool:
        return Comment.objects.filter(parent_id=self.pk, state=State.PUBLIC).exists()

    def editable_until(self, reader: Reader, is_answered: bool | None = None) -> datetime | None:
        """Return the moment until which `reader` may edit, or None if they may not at all.

        Author or pen: 15 minutes; members longer, 24 hours, while no reply is public. Nobody once
        staff have changed the text. `is_answered`: whether one is, where that is known; else it is asked.
        """
        if not self.is_by(reader) or self.state not in (State.PUBLIC, State.HELD):
            return None
        if self.staff_edited_at:
            return None
        age = timezone.now() - self.created_at
        if reader.user and age <= LONG_EDIT_WINDOW:
            if is_answered is None:
                is_answered = self.has_public_reply()
            if not is_answered:
                return self.created_at + LONG_EDIT_WINDOW
        return self.created_at + EDIT_WINDOW

    def is_editable_by(self, reader: Reader, is_answered: bool | None = None) -> bool:
        until = self.editable_until(reader, is_answered)
        return until is not None and timezone.now() <= until

    def bar_to_note(self, reader: Reader, is_answered: bool | None = None) -> str:
        """Return why `reader` may add no note, as a code of services/noting.py; "" if they may.

        Its author may, once it can be edited no more, while it is public and can be answered.
        `is_answered` as in `editable_until`.
        """
        topic = self.thread.topic
        bars = {
            "not-yours": not self.is_by(reader),
            "gone-meanwhile": not self.is_public,
            "topic-locked": topic.locked_at,  # a closed talk is locked too
            "comment-locked": self.locked_at,
            "not-editable": self.staff_edited_at,
        }
        bar = next((code for code, stands in bars.items() if stands), "")
        return bar or ("still-editable" if self.is_editable_by(reader, is_answered) else "")

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
