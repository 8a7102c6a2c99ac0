"""Who is told of a comment: by the worker, after the commit that made it public.

Posting writes one more column of the text that it writes anyway (CommentText.is_news): whoever posts
under a film that ten thousand follow waits for nothing (docs/decisions/0150).
"""

import logging
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Count, F, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils import timezone
from django_tasks import task

from forum import markup
from forum.accounts.models import Mailing, Pen, User
from forum.accounts.readers import Reader
from forum.discussions import muted, muted_words, notices, tree
from forum.discussions.models import (
    Claim,
    Comment,
    CommentText,
    Follow,
    Mention,
    Mute,
    Notice,
    Topic,
)

log = logging.getLogger(__name__)
AT_ONCE = 500  # people told in one transaction
NEWS_DAYS = 30  # what was written longer ago is no news: an import, for example
READ_DAYS, UNREAD_DAYS = 90, 365  # how long notices are kept
Round = tuple[str, list[int], list[int]]  # kind, members, pens


def tell_news() -> int:
    """Tell of comments that are public since the last time; return of how many. For settings.ERRANDS.

    One that fails is put into the queue, where it is tried again and staff see it.
    """
    waiting = CommentText.objects.filter(is_news=True).order_by("pk").values_list("pk", flat=True)
    ids = list(waiting[:AT_ONCE])
    for comment_id in ids:
        try:
            tell(comment_id)
        except Exception:
            log.exception("nobody could be told of comment %d; it is queued", comment_id)
            with transaction.atomic():
                tell_again.enqueue(comment_id)
                _done(comment_id)
    return len(ids)


@task()
def tell_again(comment_id: int) -> int:
    CommentText.objects.filter(pk=comment_id).update(is_news=True)
    return tell(comment_id)


def tell(comment_id: int) -> int:
    """Give a notice to everybody who wants to hear of this comment and has none; return to how many.

    In parts of AT_ONCE people, each a transaction; begun again after a kill, it goes on where it was.
    """
    comment = Comment.objects.public().with_text().filter(pk=comment_id).first()
    told = 0
    if comment and comment.created_at > timezone.now() - timedelta(days=NEWS_DAYS):
        for kind, members, pens in _audience(comment):
            with transaction.atomic():
                if not _take(comment_id):
                    return told  # another worker has it, or it is not public any more
                told += _tell_members(comment, kind, members) + _tell_pens(comment, kind, pens)
    _done(comment_id)
    return told


def _take(comment_id: int) -> bool:
    """Hold the text, so that nobody purges it meanwhile, and look again at what it is."""
    rows = CommentText.objects.select_for_update(skip_locked=True, no_key=True, of=("self",))
    held = rows.filter(pk=comment_id, is_news=True).values_list("pk").first()
    return bool(held) and Comment.objects.public().filter(pk=comment_id).exists()


def _done(comment_id: int) -> None:
    CommentText.objects.filter(pk=comment_id, is_news=True).update(is_news=False)


def _audience(comment: Comment) -> Iterator[Round]:
    """Yield who is told and why, the strongest reason first: a second one changes nothing."""
    parent = Comment.objects.filter(pk=comment.parent_id or 0).first()
    if parent:
        yield (
            Notice.Kind.REPLY,
            [parent.member_id] if parent.member_id else [],
            [parent.pen_id] if parent.pen_id else [],
        )
    named = list(Mention.objects.filter(comment=comment).values_list("member_id", "pen_id"))
    if named:  # a claimed guest's has both
        members = [member for member, _pen in named if member]
        yield Notice.Kind.MENTION, members, [pen for member, pen in named if pen and not member]
    above = [step.id for step in tree.ancestors(comment.pk) if step.id != comment.pk]
    wanted = [
        Q(topic__in=topics_leading_to(comment.thread.topic_id)),
        Q(comment__in=above),
        Q(person=comment.member_id or 0),
    ]
    for target in wanted:
        yield from _followers(target)


def _followers(target: Q) -> Iterator[Round]:
    last = 0
    while True:
        rows = Follow.objects.filter(target, pk__gt=last).order_by("pk")
        found = list(rows.values_list("pk", "member_id", "pen_id")[:AT_ONCE])
        if not found:
            return
        last = found[-1][0]
        members = [member for _pk, member, _pen in found if member]
        yield Notice.Kind.FOLLOW, members, [pen for _pk, _member, pen in found if pen]


def topics_leading_to(topic_id: int) -> set[int]:
    """Return this topic and all whose talk went into it, over how many steps ever."""
    found, fresh = {topic_id}, {topic_id}
    while fresh:
        rows = Topic.objects.filter(moved_to__in=fresh).values_list("pk", flat=True)
        fresh = set(rows) - found
        found |= fresh
    return found


def _tell_members(comment: Comment, kind: str, member_ids: Iterable[int]) -> int:
    wanted = set(member_ids) - {comment.member_id or 0}
    wanted -= muting(comment, wanted)
    if not wanted:
        return 0
    members = lock_members(wanted)
    have = Notice.objects.of_talk().filter(comment=comment, member__in=members)
    known = set(have.values_list("member_id", flat=True))
    new, now = [one for one in members if one.pk not in known and one.is_active], timezone.now()
    Notice.objects.bulk_create(
        Notice(
            member=one,
            comment=comment,
            kind=kind,
            created_at=now,
            mail=one.mailing_of(kind) if settings.MAILS else Mailing.NEVER,
        )
        for one in new
    )
    User.objects.filter(pk__in=[one.pk for one in new]).update(unread=F("unread") + 1)
    return len(new)


def _tell_pens(comment: Comment, kind: str, pen_ids: Iterable[int]) -> int:
    """Guests who confirmed their address hear by mail alone; one who became a member hears there."""
    pens = Pen.objects.filter(pk__in=set(pen_ids) - {comment.pen_id}, mail_notices=True)
    pens = pens.exclude(email_confirmed_at=None).exclude(pk__in=Claim.objects.values("pen"))
    if not settings.MAILS:
        return 0
    have = Notice.objects.filter(comment=comment).exclude(pen=None).values("pen")
    wanted = list(pens.exclude(pk__in=have))
    silent = pens_muting(comment, wanted)
    new = [
        Notice(pen=one, comment=comment, kind=kind, created_at=timezone.now(), mail=Mailing.NOW)
        for one in wanted
        if one.pk not in silent
    ]
    Notice.objects.bulk_create(new, ignore_conflicts=True)
    return len(new)


def muting(comment: Comment, member_ids: Iterable[int]) -> set[int]:
    """Return who of these members has muted the author of a comment, or words that it holds."""
    mutes = Mute.objects.filter(member__in=list(member_ids))
    if comment.member_id or comment.pen_id:
        author = Q(person=comment.member_id) if comment.member_id else Q(pen=comment.pen_id)
        found = set(mutes.filter(author).values_list("member_id", flat=True))
    else:
        found = set()
    words: dict[int, list[str]] = {}
    for member_id, one in mutes.exclude(words=None).values_list("member_id", "words"):
        words.setdefault(member_id, []).append(one or "")
    text = markup.plain(comment.text.body_html) if words else ""
    return found | {pk for pk, some in words.items() if muted_words.says(text, some)}


def pens_muting(comment: Comment, pens: Iterable[Pen]) -> set[int]:
    """Return which of these guests have muted the author of a comment, or words that it holds; one query,
    none where none has muted anybody.
    """
    kept = {pen.pk: muted.read(pen.muted) or muted.Kept() for pen in pens if pen.muted}
    ids = {pk for one in kept.values() for pk in one.comment_ids}
    theirs = Comment.objects.filter(pk__in=ids, member=comment.member_id, pen=comment.pen_id)
    is_somebodys = bool(ids) and bool(comment.member_id or comment.pen_id)
    by_them = set(theirs.order_by().values_list("pk", flat=True)) if is_somebodys else set()
    text = markup.plain(comment.text.body_html) if any(one.words for one in kept.values()) else ""
    return {
        pk
        for pk, one in kept.items()
        if by_them.intersection(one.comment_ids) or muted_words.says(text, one.words)
    }


# ------------------------------------------------------------------------------ the unread count


def lock_members(ids: Iterable[int]) -> list[User]:
    """Return these members with their rows locked, ascending: whoever changes notices of theirs, and
    so their unread count, holds it.
    """
    rows = User.objects.select_for_update(no_key=True).filter(pk__in=list(ids))
    return list(rows.order_by("pk"))


def recount_unread(ids: Iterable[int]) -> None:
    """Set the unread counts of locked members from their notices."""
    unread = Notice.objects.unread().filter(member=OuterRef("pk")).order_by().values("member")
    count = Subquery(unread.annotate(n=Count("pk")).values("n"))
    User.objects.filter(pk__in=list(ids)).update(unread=Coalesce(count, 0))


@transaction.atomic
def tell_member(*, member_id: int, kind: str, link: str, even_closed: bool = False) -> None:
    """Put a notice into a member's inbox that tells of no comment; `link` leads to what it tells of.

    `even_closed`: into that of a closed account too, whose owner may come back. The last of its
    transaction, as members come after all else.
    """
    if any(one.is_active or even_closed for one in lock_members([member_id])):
        Notice.objects.create(member_id=member_id, kind=kind, link=link)
        recount_unread([member_id])


# Where what was decided about a person is read.
_PAGES = {
    **dict.fromkeys(("unwarned", "closed", "opened", "held", "freed"), "standing"),
    "warned": "my_warnings",
    "removed": "my_comments",
    "restored": "my_comments",
}


def tell_person(person: Reader, kind: str, **more: Any) -> None:
    """Tell a person what staff decided about them: in the inbox, and by letter. `more`: as
    notices.tell_person takes it. The last of a transaction, as members come after all else.
    """
    page = reverse(_PAGES[kind])
    if person.user:
        tell_member(member_id=person.user.pk, kind=kind, link=page, even_closed=True)
    notices.tell_person(person, kind, page=page, **more)


def read_notices(
    *,
    member_id: int,
    until_id: int | None = None,
    only_id: int | None = None,
    topic_id: int | None = None,
    at: datetime | None = None,
) -> int:
    """Mark a member's notices as read: up to one, one alone, or those of comments that a talk showed at
    a moment; return how many were unread.
    """
    with transaction.atomic():
        lock_members([member_id])
        rows = Notice.objects.unread().filter(member=member_id)
        if until_id is not None:
            rows = rows.filter(pk__lte=until_id)
        if only_id is not None:
            rows = rows.filter(pk=only_id)
        if topic_id is not None:
            here = Comment.objects.filter(thread__topic=topic_id, state_at__lte=at)
            rows = rows.of_talk().filter(comment__in=here.values("pk"))
        count = rows.update(read_at=timezone.now())
        if count:
            recount_unread([member_id])
    return count


def forget_comments(comment_ids: Iterable[int]) -> None:
    """End what people were told of these comments, and who followed them; counts with it.

    For what is erased or purged: the last of its transaction, as members come after topics. Their
    texts are written or gone by then, so that no worker tells of them any more.
    """
    ids = list(comment_ids)
    for start in range(0, len(ids), AT_ONCE):
        some = ids[start : start + AT_ONCE]
        if Notice.objects.filter(comment__in=some).exists():
            _forget(Notice.objects.filter(comment__in=some))
        if Follow.objects.filter(comment__in=some).exists():
            Follow.objects.filter(comment__in=some).delete()


def _forget(rows: Any) -> int:
    unread = rows.unread().exclude(member=None)
    members = sorted(set(unread.values_list("member_id", flat=True)))
    lock_members(members)
    count, _by_model = rows.delete()
    for start in range(0, len(members), AT_ONCE):
        recount_unread(members[start : start + AT_ONCE])
    return int(count)


def forget_author(member: User, author: Q) -> None:
    """Take what a member was told of an author's comments out of the inbox; the member is locked."""
    comments = Comment.objects.filter(author).order_by().values("pk")
    Notice.objects.filter(member=member, comment__in=comments).delete()
    recount_unread([member.pk])


def forget_notices() -> str:
    """Delete notices read and unread long ago; return what was done, in words. For settings.TICKS."""
    now, gone = timezone.now(), 0
    long_ago = Q(created_at__lt=now - timedelta(days=UNREAD_DAYS))
    read = Q(created_at__lt=now - timedelta(days=READ_DAYS), read_at__isnull=False)
    while True:
        ids = list(Notice.objects.filter(long_ago | read).values_list("pk", flat=True)[:AT_ONCE])
        if not ids:
            return f"notices of long ago: {gone:,} deleted"
        with transaction.atomic():
            gone += _forget(Notice.objects.filter(pk__in=ids))


def count_unread_again() -> str:
    """Put right the unread counts that are not those of the notices; return how many, in words."""
    unread = Notice.objects.unread().filter(member=OuterRef("pk")).order_by().values("member")
    counted = Coalesce(Subquery(unread.annotate(n=Count("pk")).values("n")), 0)
    having = Notice.objects.unread().exclude(member=None).order_by().values("member")
    some = User.objects.filter(Q(unread__gt=0) | Q(pk__in=having))
    wrong = some.annotate(counted=counted).exclude(unread=F("counted"))
    ids = list(wrong.values_list("pk", flat=True))
    for start in range(0, len(ids), AT_ONCE):
        with transaction.atomic():
            lock_members(ids[start : start + AT_ONCE])
            recount_unread(ids[start : start + AT_ONCE])
    return f"unread counts: {len(ids):,} put right"
