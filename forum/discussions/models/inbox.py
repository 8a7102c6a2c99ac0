"""What a person keeps about the talk of others: whom and what they follow, mute, and were told of."""

from typing import Any

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from forum.accounts.models import Mailing, Pen, User
from forum.accounts.readers import Reader
from forum.discussions.models.comments import Comment
from forum.discussions.models.topics import Topic
from forum.worker.models import Letter

WORDS_CHARS = 60  # of what is muted


def _one_of(*names: str) -> Q:
    """Return the condition that exactly one of these columns is not NULL."""
    found = Q()
    for name in names:
        others = {f"{other}__isnull": True for other in names if other != name}
        found |= Q(**{f"{name}__isnull": False}, **others)
    return found


def _of(model: Any, related: str, **more: Any) -> Any:
    """Return a nullable foreign key whose index is made by hand, over the rows that have it."""
    return models.ForeignKey(model, null=True, db_index=False, related_name=related, **more)


class OwnQuerySet(models.QuerySet[Any]):
    def by(self, reader: Reader) -> Any:
        """The rows that are this reader's own."""
        if reader.user:
            return self.filter(member=reader.user)
        return self.filter(pen=reader.pen) if reader.pen else self.none()


class Follow(models.Model):
    """A member, or a guest with a confirmed address, wants to hear of a talk, a branch or a person.

    A topic that went into another keeps its follows: who is told is asked along Topic.moved_to.
    """

    TARGETS = ("topic", "comment", "person")

    member = _of(User, "+", on_delete=models.CASCADE)
    pen = _of(Pen, "+", on_delete=models.CASCADE)
    topic = _of(Topic, "+", on_delete=models.CASCADE)
    comment = _of(Comment, "+", on_delete=models.PROTECT)  # this comment and all below
    person = _of(User, "+", on_delete=models.CASCADE)
    created_at = models.DateTimeField(default=timezone.now)

    objects = OwnQuerySet.as_manager()

    class Meta:
        verbose_name = _("follow")
        verbose_name_plural = _("follows")
        indexes = [
            models.Index(
                fields=[name, "id"],
                name=f"follow_{name}",
                condition=Q(**{f"{name}__isnull": False}),
            )
            for name in ("member", "pen", "topic", "comment", "person")
        ]
        constraints = [
            *(
                models.UniqueConstraint(
                    fields=[who, what],
                    name=f"follow_{what}_once_a_{who}",
                    condition=Q(**{f"{who}__isnull": False, f"{what}__isnull": False}),
                )
                for who in ("member", "pen")
                for what in ("topic", "comment", "person")
            ),
            models.CheckConstraint(condition=_one_of("member", "pen"), name="follow_by_one"),
            models.CheckConstraint(
                condition=_one_of("topic", "comment", "person"), name="follow_of_one"
            ),
            models.CheckConstraint(
                condition=Q(member__isnull=True) | Q(person__isnull=True) | ~Q(person=F("member")),
                name="follow_not_oneself",
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.pk}"


_TALK, _STAFF = ["reply", "mention", "follow"], ["report", "decision"]
_LINKED = ["film", "warned", "unwarned", "closed", "opened", "held", "freed", "removed", "restored"]


class NoticeQuerySet(OwnQuerySet):
    def unread(self) -> "NoticeQuerySet":
        return self.filter(read_at=None)

    def of_talk(self) -> "NoticeQuerySet":
        """Those that tell of what somebody wrote; the others tell what moderators decided."""
        return self.filter(kind__in=Notice.OF_TALK)

    def with_comment(self) -> "NoticeQuerySet":
        """With all that the inbox and a letter say of the comment."""
        return self.select_related(
            "comment__text", "comment__member", "comment__pen", "comment__thread__topic"
        )


class Notice(models.Model):
    """One person is told of one comment, once, whatever the reasons are. A guest's has no inbox:
    it carries what becomes of their letter.

    Beside that a member is told once of what came of their report of it, and once, anew with each
    decision, of what moderators decided about their own; and of each decision about themself.
    """

    class Kind(models.TextChoices):
        REPLY = "reply", _("reply")
        MENTION = "mention", _("mention")
        FOLLOW = "follow", _("followed")
        REPORT = "report", _("what came of a report")
        DECISION = "decision", _("what moderators decided")
        FILM = "film", _("what became of a suggestion")  # no comment: `link` leads to it
        # What moderators decided about a person as a whole; no comment either.
        WARNED = "warned", _("a warning")
        UNWARNED = "unwarned", _("a warning taken back")
        CLOSED = "closed", _("an account that was closed")
        OPENED = "opened", _("an account that was opened again")
        HELD = "held", _("all that one writes is read first")
        FREED = "freed", _("nothing is read first any more")
        REMOVED = "removed", _("comments that were removed together")
        RESTORED = "restored", _("comments that came back together")

    OF_TALK = _TALK

    member = _of(User, "+", on_delete=models.CASCADE)
    pen = _of(Pen, "+", on_delete=models.CASCADE)
    # Any: notices of the talk and of staff have one (a constraint says so), and most code is of these.
    comment: Any = models.ForeignKey(Comment, null=True, on_delete=models.PROTECT, related_name="+")
    link = models.CharField(max_length=200, blank=True)
    kind = models.CharField(max_length=8, choices=Kind.choices)
    created_at = models.DateTimeField(default=timezone.now)
    read_at = models.DateTimeField(null=True)
    # What is still to be done about mail; "" once a letter was queued, or none is to be.
    mail = models.CharField(max_length=5, blank=True, choices=Mailing.choices)
    letter = _of(Letter, "+", on_delete=models.SET_NULL)

    objects = NoticeQuerySet.as_manager()

    class Meta:
        verbose_name = _("notice")
        verbose_name_plural = _("notices")
        indexes = [
            models.Index(
                fields=["member", "id"], name="notice_of_member", condition=Q(member__isnull=False)
            ),
            models.Index(fields=["pen"], name="notice_of_pen", condition=Q(pen__isnull=False)),
            models.Index(
                fields=["member"],
                name="notice_unread",
                condition=Q(member__isnull=False, read_at__isnull=True),
            ),
            models.Index(fields=["mail", "id"], name="notice_to_mail", condition=~Q(mail="")),
            models.Index(
                fields=["letter"], name="notice_of_letter", condition=Q(letter__isnull=False)
            ),
            models.Index(fields=["created_at"], name="notice_by_age"),
        ]
        constraints = [
            *(
                models.UniqueConstraint(
                    fields=[who, "comment"],
                    name=f"notice_once_a_{who}",
                    condition=Q(**{f"{who}__isnull": False}, kind__in=_TALK),
                )
                for who in ("member", "pen")
            ),
            models.UniqueConstraint(
                fields=["member", "comment", "kind"],
                name="notice_of_staff_once",
                condition=Q(member__isnull=False, kind__in=_STAFF),
            ),
            models.CheckConstraint(condition=_one_of("member", "pen"), name="notice_of_one"),
            models.CheckConstraint(
                condition=Q(kind__in=[*_TALK, *_STAFF, *_LINKED]),
                name="notice_kind_known",
            ),
            models.CheckConstraint(
                condition=(Q(kind__in=_LINKED, comment__isnull=True) & ~Q(link=""))
                | (~Q(kind__in=_LINKED) & Q(comment__isnull=False)),
                name="notice_of_a_comment_or_link",
            ),
            models.CheckConstraint(
                condition=Q(mail__in=["", "now", "daily"]), name="notice_mail_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} #{self.comment_id}"


class Mute(models.Model):
    """A member does not want to read a person, a guest, or words. Nobody else sees that."""

    member = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    person = _of(User, "+", on_delete=models.CASCADE)
    pen = _of(Pen, "+", on_delete=models.CASCADE)
    name = models.CharField(max_length=255, blank=True)  # a guest's, as it stood there
    words = models.CharField(_("words"), max_length=WORDS_CHARS, null=True)  # noqa: DJ001 (NULL: it mutes a person or a guest)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("mute")
        verbose_name_plural = _("mutes")
        indexes = [
            models.Index(
                fields=[name], name=f"mute_{name}", condition=Q(**{f"{name}__isnull": False})
            )
            for name in ("person", "pen")
        ]
        constraints = [
            *(
                models.UniqueConstraint(
                    fields=["member", what],
                    name=f"mute_{what}_once",
                    condition=Q(**{f"{what}__isnull": False}),
                )
                for what in ("person", "pen", "words")
            ),
            models.CheckConstraint(condition=_one_of("person", "pen", "words"), name="mute_of_one"),
            models.CheckConstraint(
                condition=Q(person__isnull=True) | ~Q(person=F("member")), name="mute_not_oneself"
            ),
            models.CheckConstraint(condition=~Q(words=""), name="mute_words_not_empty"),
        ]

    def __str__(self) -> str:
        return f"#{self.pk}"
