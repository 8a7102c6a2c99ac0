"""Whether the next reply to a comment waits: in a quick exchange, a reported or a slow branch."""

from datetime import datetime, timedelta
from typing import NamedTuple

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from forum import sql
from forum.discussions import tree
from forum.discussions.comments_html import moment
from forum.discussions.cooling import (
    CALM,
    LOOKED_AT,
    WAITS,
    Turn,
    wait_for_reports,
    wait_until,
)
from forum.discussions.models import Comment
from forum.discussions.services.acts import Author


class Cooling(NamedTuple):
    """Until when a reply waits, and why: in a slow branch (of so many minutes), by reports, else by a
    quick exchange of two.
    """

    until: datetime
    by_reports: bool
    slow_minutes: int = 0


def cooling_of(parent: Comment, author: Author) -> Cooling | None:
    """Return how long `author` waits before answering `parent`, by the longest of all rules; None: not
    at all.
    """
    slow, heated = slow_until(parent, author), _heated(parent, author)
    waits = [Cooling(slow, False, (parent.slow_s or 0) // 60)] if slow else []
    return max([*waits, *([heated] if heated else [])], default=None)


def slow_until(parent: Comment, author: Author, but_id: int = 0) -> datetime | None:
    """Return the moment from which `author` may reply in the slow branch of `parent`; None: at once.

    Not for staff. `but_id`: a reply of theirs that does not count, as it is being written. One query
    in a slow branch.
    """
    member_id = author.member.pk if author.member else None
    pen_id = author.pen.pk if author.pen and not author.member else None
    if not parent.slow_s or not (member_id or pen_id) or (author.member and author.member.is_staff):
        return None
    pause, now = timedelta(seconds=parent.slow_s), timezone.now()
    last = tree.last_in_slow_branch(
        parent.pk,
        member_id=member_id,
        pen_id=pen_id,
        since=sql.moment(now - pause),
        but_id=but_id,
    )
    return moment(last) + pause if last else None


def _heated(parent: Comment, author: Author) -> Cooling | None:
    """Return how long a reply waits because of what was said above it.

    The rules are cooling.wait_until and cooling.wait_for_reports. One query; none where the parent is
    old or the author's own, nor where it is neither deep nor reported itself, nor for staff, nor with
    RATE_LIMITS off.
    """
    who = _who(author.member.pk if author.member else None, author.pen.pk if author.pen else None)
    if who is None or (author.member and author.member.is_staff):
        return None
    is_asked = tree.depth_of(parent) >= CALM or parent.due_at
    if not settings.RATE_LIMITS_ON or not is_asked:
        return None
    now = timezone.now()
    if parent.created_at + WAITS[-1] <= now or _who(parent.member_id, parent.pen_id) == who:
        return None
    turns, chain = _turns(parent)
    waits = [
        Cooling(until, by_reports)
        for until, by_reports in (
            (wait_until(turns, who), False),
            (wait_for_reports(chain, who), True),
        )
        if until and until > now
    ]
    return max(waits, default=None)


def _turns(parent: Comment) -> tuple[list[Turn], list[Turn]]:
    """Return the turns up from `parent` to the first that nobody of this site wrote, and all of them."""
    turns: list[Turn] = []
    chain: list[Turn] = []
    is_whole = True
    for member_id, pen_id, at, reports in tree.written_above(parent.pk, LOOKED_AT):
        wrote = _who(member_id, pen_id)
        is_whole = is_whole and wrote is not None
        turn = Turn(wrote or ("", 0), moment(at), reports)
        chain.append(turn)
        if is_whole:
            turns.append(turn)
    return turns, chain


def _who(member_id: int | None, pen_id: int | None) -> tuple[str, int] | None:
    if member_id:
        return "member", member_id
    return ("pen", pen_id) if pen_id else None


def refuse_heated(parent: Comment, author: Author) -> None:
    """Raise ValidationError "cooling" (params: wait, in seconds) if the reply has to wait."""
    cooling = cooling_of(parent, author)
    if cooling:
        words = _("Not yet: please post this from %(time)s on. Your text is kept.")
        if cooling.by_reports:
            words = _(
                "Not yet: readers reported something here. Please post this from %(time)s on. Your text"
                " is kept."
            )
        _refuse_until(cooling.until, words)


def refuse_second(reply: Comment, author: Author) -> None:
    """Raise ValidationError "cooling" for a reply in a slow branch, saved in a locked thread, beside
    which another of its author's was written at the same time.
    """
    if reply.slow_s and (until := slow_until(reply, author, but_id=reply.pk)):
        _refuse_until(until, _("Not yet: please post this from %(time)s on. Your text is kept."))


def _refuse_until(until: datetime, words: str) -> None:
    at = date_format(timezone.localtime(until), "H:i:s")
    wait = int((until - timezone.now()).total_seconds()) + 1
    raise ValidationError(words, "cooling", {"time": at, "wait": wait})
