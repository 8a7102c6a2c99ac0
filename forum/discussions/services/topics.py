"""Topics: opened, renamed, locked; and what a member's new name changes."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from forum.accounts.models import User
from forum.accounts.readers import Reader
from forum.discussions.models import Comment, Topic
from forum.discussions.services.acts import log


def open_topic(*, title: str, by: Reader | None, is_demo: bool = False) -> Topic:
    """Open a topic in the Lobby. Raises ValidationError "title-empty"."""
    title = " ".join(title.split())
    if not title:
        raise ValidationError(_("A topic needs a title."), "title-empty")
    with transaction.atomic():
        topic = Topic.objects.create(title=title[:300], is_demo=is_demo)
        log(by, "open", None, topic.pk)
    return topic


def rename_topic(*, topic_id: int, title: str, by: Reader | None) -> None:
    with transaction.atomic():
        Topic.objects.filter(pk=topic_id).update(title=title[:300], version=F("version") + 1)
        log(by, "rename", None, topic_id)


def lock_topic(*, topic_id: int, by: Reader | None, locked: bool) -> None:
    """Close a topic for new comments, or open it again."""
    with transaction.atomic():
        Topic.objects.filter(pk=topic_id).update(
            locked_at=timezone.now() if locked else None, version=F("version") + 1
        )
        log(by, "lock" if locked else "unlock", None, topic_id)


def raise_versions_of(member: User) -> None:
    """A member's name changes: every topic with a comment of theirs shows something new.

    Call it in the transaction that changes the name, before the change: who posts holds a topic and
    then asks for the member's row, and so must we.
    """
    theirs = Comment.objects.filter(member=member).order_by().values("thread__topic_id")
    rows = Topic.objects.select_for_update(no_key=True).filter(pk__in=theirs).order_by("pk")
    Topic.objects.filter(pk__in=[topic.pk for topic in rows]).update(version=F("version") + 1)
