"""Following a talk, a branch or a person; muting a person, a guest or words."""

from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from forum.accounts.models import User
from forum.accounts.readers import Reader
from forum.discussions.models import WORDS_CHARS, Comment, Follow, Mute, State
from forum.discussions.services.talks import present_topic_id
from forum.discussions.services.telling import (
    forget_author,
    lock_members,
    topics_leading_to,
)

MOST_FOLLOWS = 1_000
MOST_WORDS = 100


def may_follow(by: Reader) -> bool:
    """Return True for members, and for guests who have said that an address is theirs."""
    return bool(by.user or (by.pen and by.pen.email_confirmed_at))


def follow(
    *,
    by: Reader,
    topic_id: int | None = None,
    comment_id: int | None = None,
    person_id: int | None = None,
) -> None:
    """Follow one of the three; a second time changes nothing.

    Raises ValidationError: not-allowed, follow-self, follow-many, target-gone.
    """
    if not may_follow(by):
        raise ValidationError(
            _("Only members, and guests with an address, can follow."), "not-allowed"
        )
    if by.user and by.user.pk == person_id:
        raise ValidationError(_("Nobody follows themselves."), "follow-self")
    who: dict[str, Any] = {"member": by.user} if by.user else {"pen": by.pen}
    what: dict[str, Any] = {
        "topic_id": present_topic_id(topic_id) if topic_id else None,
        "comment_id": comment_id,
        "person_id": person_id,
    }
    try:
        with transaction.atomic():
            if Follow.objects.by(by).count() >= MOST_FOLLOWS:
                words = _("You follow %(n)s things already. Please let go of some first.")
                raise ValidationError(words, "follow-many", {"n": f"{MOST_FOLLOWS:,}"})
            if comment_id:
                _hold(comment_id)
            Follow.objects.get_or_create(**who, **what)
    except IntegrityError:  # what it was is gone since it was looked at
        raise ValidationError(_("This is not here any more."), "target-gone") from None


def _hold(comment_id: int) -> None:
    """Hold a comment's row, so that it is not purged meanwhile."""
    row = Comment.objects.select_for_update(no_key=True, of=("self",)).filter(pk=comment_id)
    state = row.values_list("state", flat=True).first()
    if state in (None, State.ERASED, State.PURGED):
        raise ValidationError(_("This is not here any more."), "target-gone")


def unfollow(
    *,
    by: Reader,
    topic_id: int | None = None,
    comment_id: int | None = None,
    person_id: int | None = None,
) -> None:
    """Follow it no more, nor a talk that went into it."""
    own = Follow.objects.by(by)
    own.filter(target(topic_id=topic_id, comment_id=comment_id, person_id=person_id)).delete()


def follows(by: Reader, **what: Any) -> bool:
    """Return whether this reader follows it, or a talk that went into it."""
    return bool(by.is_known) and Follow.objects.by(by).filter(target(**what)).exists()


def target(
    *, topic_id: int | None = None, comment_id: int | None = None, person_id: int | None = None
) -> Q:
    """Return the condition of follows of one of the three."""
    if topic_id:
        return Q(topic__in=topics_leading_to(present_topic_id(topic_id)))
    return Q(comment=comment_id) if comment_id else Q(person=person_id or 0)


# ------------------------------------------------------------------------------------------- mutes


def refuse_mute(comment: Comment, by: Reader) -> None:
    """Raise ValidationError for a comment whose author cannot be muted: mute-self, or mute-nobody (an
    imported or erased one).
    """
    if comment.is_by(by):
        raise ValidationError(_("Nobody mutes themselves."), "mute-self")
    if not comment.member_id and not comment.pen_id:
        words = _("This comment came from another site, without somebody who could be muted.")
        raise ValidationError(words, "mute-nobody")


def mute_author(*, by: User, comment: Comment | None = None, person_id: int | None = None) -> Mute:
    """Mute a member, or whoever wrote a comment, for this member alone; their notices go.

    Raises ValidationError: mute-self, mute-nobody (an imported or erased author).
    """
    if comment:
        refuse_mute(comment, Reader(user=by))
    person_id = comment.member_id if comment else person_id
    pen_id = comment.pen_id if comment else None
    if person_id == by.pk:
        raise ValidationError(_("Nobody mutes themselves."), "mute-self")
    with transaction.atomic():
        lock_members([by.pk])
        if person_id:
            made, _is_new = Mute.objects.get_or_create(member=by, person_id=person_id)
            author = Q(member=person_id)
        else:
            name = {"name": comment.author_name if comment else ""}
            whom: dict[str, Any] = {"pen_id": pen_id}
            made, _is_new = Mute.objects.get_or_create(member=by, **whom, defaults=name)
            author = Q(pen=pen_id)
        forget_author(by, author)
        User.objects.filter(pk=by.pk).update(has_mutes=True)
    return made


def checked_words(words: str) -> str:
    """Return words that are to be muted, as they are kept. Raises ValidationError: words-empty, words-long."""
    words = " ".join(words.split())
    if not any(sign.isalnum() for sign in words):
        raise ValidationError(_("Please write a word, or some."), "words-empty")
    if len(words) > WORDS_CHARS:
        text = _("At most %(n)d characters, please: this is for a word or two.")
        raise ValidationError(text, "words-long", {"n": WORDS_CHARS})
    return words


def mute_words(*, by: User, words: str) -> Mute:
    """Mute comments with these words, for this member alone.

    Raises ValidationError: words-empty, words-long, words-many.
    """
    words = checked_words(words)
    with transaction.atomic():
        lock_members([by.pk])
        if Mute.objects.filter(member=by).exclude(words=None).count() >= MOST_WORDS:
            text = _("You mute %(n)d words already. Please let go of some first.")
            raise ValidationError(text, "words-many", {"n": MOST_WORDS})
        made, _is_new = Mute.objects.get_or_create(member=by, words=words)
        User.objects.filter(pk=by.pk).update(has_mutes=True)
    return made


def unmute(*, by: User, mute_id: int) -> None:
    """Let it be read again; unknown ids change nothing."""
    with transaction.atomic():
        lock_members([by.pk])
        Mute.objects.filter(member=by, pk=mute_id).delete()
        still = Mute.objects.filter(member=by).exists()
        User.objects.filter(pk=by.pk).update(has_mutes=still)


# ------------------------------------------------------------------------------- claims of a guest


def claim_ties(*, pen_id: int, member: User, at: datetime) -> None:
    """Let what a guest followed be followed by the member too, and who muted the guest mute them.

    What is made has the moment of the claim, by which `unclaim_ties` finds it.
    """
    for one in Follow.objects.filter(pen=pen_id).exclude(person=member):
        what = {name: getattr(one, f"{name}_id") for name in Follow.TARGETS}
        what = {f"{name}_id": value for name, value in what.items()}
        Follow.objects.get_or_create(member=member, **what, defaults={"created_at": at})
    for mute in Mute.objects.filter(pen=pen_id).exclude(member=member):
        Mute.objects.get_or_create(
            member_id=mute.member_id, person=member, defaults={"created_at": at}
        )


def unclaim_ties(*, member: User, moments: set[datetime]) -> None:
    """Take back what `claim_ties` made at these moments."""
    Follow.objects.filter(member=member, created_at__in=moments).delete()
    Mute.objects.filter(person=member, created_at__in=moments).delete()
