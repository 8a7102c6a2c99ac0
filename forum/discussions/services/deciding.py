"""Who of the staff may decide what: the one home of these rules, which every act of staff asks.

Nobody decides about what is their own. A moderator of some films or categories decides there and
nowhere else; which topics those are, layers above say (settings.DECIDES_IN), for a topic knows no
category. Acts on a person reach all over the site: they need a moderator of all of it.
"""

from functools import cache
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from forum.accounts.models import Pen, User
from forum.accounts.readers import Reader
from forum.discussions.models import Comment, CommentQuerySet

REFUSED = ("own-comment", "out-of-scope", "not-allowed")  # codes of what is not theirs to decide


def topics_of(by: Reader | None) -> QuerySet[Any] | None:
    """Return the topics in which `by` may decide, as a queryset; None: in all of them.

    None is also the answer for the site itself, and for guests, who decide nothing.
    """
    if by is None or by.user is None or not by.is_staff:
        return None
    found: QuerySet[Any] | None = _hook(settings.DECIDES_IN)(by.user)
    return found


@cache
def _hook(path: str) -> Any:
    return import_string(path)


def decides_everywhere(by: Reader | None) -> bool:
    return topics_of(by) is None


def decides_in(by: Reader | None, topic_id: int) -> bool:
    """Return True if `by` may decide in this topic, as far as that is a question of where."""
    topics = topics_of(by)
    return topics is None or topics.filter(pk=topic_id).exists()


def in_scope(rows: CommentQuerySet, by: Reader | None) -> CommentQuerySet:
    """Return those of these comments that stand where `by` may decide."""
    topics = topics_of(by)
    return rows if topics is None else rows.filter(thread__topic__in=topics.values("pk"))


def refuse_foreign(by: Reader | None, *topic_ids: int) -> None:
    """Raise ValidationError "out-of-scope" unless `by` may decide in all of these topics."""
    topics = topics_of(by)
    wanted = set(topic_ids)
    if topics is not None and topics.filter(pk__in=wanted).count() < len(wanted):
        words = _("You moderate other films or categories: this is not yours to decide.")
        raise ValidationError(words, "out-of-scope")


def refuse_scoped(by: Reader | None) -> None:
    """Raise ValidationError "out-of-scope" unless `by` may decide all over the site."""
    if not decides_everywhere(by):
        words = _("This reaches all over the site, and you moderate a part of it.")
        raise ValidationError(words, "out-of-scope")


def is_own(comment: Comment, by: Reader | None) -> bool:
    """Return True if the comment is that of the member `by`, who then decides nothing about it."""
    return bool(by and by.user and comment.member_id == by.user.pk)


def refuse_own(comment: Comment, by: Reader | None) -> None:
    """Raise ValidationError "own-comment" if the comment is that of whoever decides."""
    if is_own(comment, by):
        words = _("This comment is yours: another moderator decides about it.")
        raise ValidationError(words, "own-comment")


def refuse_decision(comment: Comment, by: Reader | None) -> None:
    """Raise ValidationError, own-comment or out-of-scope, if this is not for `by` to decide.

    The comment comes with its thread, locked: it may not move elsewhere meanwhile.
    """
    refuse_own(comment, by)
    refuse_foreign(by, comment.thread.topic_id)


def refuse_person(member: User | None, pen: Pen | None, by: Reader | None) -> None:
    """Raise ValidationError, not-allowed or out-of-scope, if `by` may not act on this person.

    Superusers, the former member and oneself are acted on by nobody.
    """
    refuse_scoped(by)
    is_self = bool(by and by.user and member and by.user.pk == member.pk)
    if member and (member.is_superuser or member.is_nobody or is_self):
        raise ValidationError(_("Nothing is done to this account."), "not-allowed")
