"""Letters about what stands in the inbox: at once, or once a day; written in the moment they are sent.

A notice says that a letter is due (Notice.mail). One transaction takes that away and queues a letter
without a word; forum/worker/delivery.py asks for its words when it is sent, and again when it is tried
again. Whatever was held, removed, erased, muted or read by then is left out (docs/decisions/0151).
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from forum import marks, markup
from forum.accounts import addresses
from forum.accounts.limits import hit
from forum.accounts.models import Mailing
from forum.accounts.preferences import known_zones, zone_of
from forum.discussions.models import Claim, Notice
from forum.discussions.services.telling import muting, pens_muting
from forum.worker.backend import promise
from forum.worker.letters import Words, words_of
from forum.worker.models import Letter

AT_ONCE = 100  # letters queued at a time
EXCERPT_CHARS = 600
DIGEST_CHARS = 240
DIGEST_MOST = 50  # comments in one daily letter; the rest is counted
MORNING = 8  # o'clock where the member is; then the daily letter goes out


def queue_letters() -> int:
    """Queue the letters that are to go out at once; return how many notices. For settings.ERRANDS."""
    due = Notice.objects.filter(mail=Mailing.NOW).order_by("pk").values_list("pk", flat=True)
    ids = list(due[:AT_ONCE])
    for notice_id in ids:
        with transaction.atomic():
            rows = Notice.objects.select_for_update(skip_locked=True, no_key=True, of=("self",))
            found = rows.select_related("member", "pen")
            notice = found.filter(pk=notice_id, mail=Mailing.NOW).first()
            if notice:
                _queue_now(notice)
    return len(ids)


def _queue_now(notice: Notice) -> None:
    address = address_of(notice)
    if address and hit("notice:address", address.lower()):
        Notice.objects.filter(pk=notice.pk).update(mail=Mailing.DAILY)
        return
    letter = promise("notice", address) if address else None
    Notice.objects.filter(pk=notice.pk).update(mail="", letter=letter)


def queue_daily() -> str:
    """Queue the daily letters that are due; return how many, in words. For settings.TICKS.

    It is due once it was MORNING where its reader is, since the notice was made: a worker that was
    away in that hour sends it in a later one.
    """
    now, count = timezone.now(), 0
    due = Notice.objects.filter(mail=Mailing.DAILY).order_by()
    people = due.values_list("member_id", "member__zone", "pen_id").distinct()
    for member_id, zone, pen_id in list(people):
        theirs = due.filter(member=member_id, pen=pen_id, created_at__lt=last_morning(now, zone))
        with transaction.atomic():
            rows = theirs.select_for_update(skip_locked=True, no_key=True, of=("self",))
            ids = list(rows.values_list("pk", flat=True))
            count += _queue_digest(ids)
    return f"daily letters: {count:,} queued"


def _queue_digest(ids: list[int]) -> int:
    if not ids:
        return 0
    notice = Notice.objects.select_related("member", "pen").get(pk=ids[0])
    address = address_of(notice)
    letter = promise("digest", address) if address else None
    Notice.objects.filter(pk__in=ids).update(mail="", letter=letter)
    return int(bool(letter))


def last_morning(now: datetime, zone: str | None) -> datetime:
    """Return when it was last MORNING o'clock in that zone; "": the site's."""
    here = timezone.localtime(
        now, ZoneInfo(zone) if zone in known_zones() else timezone.get_default_timezone()
    )
    morning = here.replace(hour=MORNING, minute=0, second=0, microsecond=0)
    return morning if morning <= here else morning - timedelta(days=1)


# ------------------------------------------------------------------------- what a letter says


def written(letter: Letter) -> Words | None:
    """Return the words of a letter about one notice, as things are now; None if none is wanted."""
    notice = next(iter(_wanted(letter)), None)
    if notice is None:
        return None
    with addresses.language_of(notice.member), zone_of(notice.member):
        context = {**_about(notice, EXCERPT_CHARS), **_stopping(notice, notice.kind)}
        return words_of("notice", context, headers=_headers(context, notice))


def written_digest(letter: Letter) -> Words | None:
    """Return the words of a daily letter, as things are now; None if nothing is left to tell."""
    notices = list(_wanted(letter))
    if not notices:
        return None
    first, shown = notices[0], notices[:DIGEST_MOST]
    with addresses.language_of(first.member), zone_of(first.member):
        talks: dict[int, dict[str, Any]] = {}
        for notice in shown:
            about = _about(notice, DIGEST_CHARS)
            talk = talks.setdefault(about["topic"].pk, {"topic": about["topic"], "notices": []})
            talk["notices"].append(about)
        context = {
            "talks": list(talks.values()),
            "count": len(notices),
            "more": len(notices) - len(shown),
            "inbox_url": settings.SITE_URL + reverse("inbox"),
            "is_member": bool(first.member),
            **_stopping(first, "daily"),
        }
        return words_of("digest", context, headers=_headers(context, None))


def _wanted(letter: Letter) -> Iterable[Notice]:
    """Yield the notices of a letter that its reader still wants to hear of, and may."""
    rows = Notice.objects.unread().filter(letter=letter).with_comment()
    for notice in rows.select_related("member", "pen").order_by("pk"):
        if address_of(notice) == letter.to and _is_to_be_told(notice):
            yield notice


def _is_to_be_told(notice: Notice) -> bool:
    comment = notice.comment
    if not comment.is_public or comment.thread.topic.hidden_at:
        return False
    if notice.member_id and muting(comment, [notice.member_id]):
        return False
    if notice.pen and pens_muting(comment, [notice.pen]):
        return False
    words = markup.excerpt(comment.text.body_html, EXCERPT_CHARS).replace(marks.INSTEAD, "")
    return any(sign.isalnum() for sign in words)  # else all of it is a spoiler


def address_of(notice: Notice) -> str:
    """Return where the letter about a notice goes; "" if its reader wants none of this kind."""
    if notice.member:
        return addresses.notice_address(notice.member, notice.kind)
    pen = notice.pen
    if pen is None or not (pen.email_confirmed_at and pen.mail_notices):
        return ""
    return "" if Claim.objects.filter(pen=pen).exists() else pen.email


def _about(notice: Notice, chars: int) -> dict[str, Any]:
    comment = notice.comment
    return {
        "kind": notice.kind,
        "name": comment.name,
        "is_guest": not comment.member_id,
        "topic": comment.thread.topic,
        "excerpt": markup.excerpt(comment.text.body_html, chars),
        "comment_url": settings.SITE_URL + comment.get_absolute_url(),
    }


def _stopping(notice: Notice, what: str) -> dict[str, str]:
    who = notice.member or notice.pen
    assert who is not None
    return {
        "stop_url": addresses.off_link(who, what),
        "settings_url": settings.SITE_URL + reverse("letters") if notice.member else "",
    }


def _headers(context: dict[str, Any], notice: Notice | None) -> dict[str, str]:
    """Return what lets a mail program end these letters by a press, and keep those about one talk
    together: all of them answer a letter that was never sent, the talk's.
    """
    headers = {
        "List-Unsubscribe": f"<{context['stop_url']}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }
    if notice:
        talk = f"<talk-{notice.comment.thread.topic_id}@{urlsplit(settings.SITE_URL).hostname}>"
        headers |= {"In-Reply-To": talk, "References": talk}
    return headers
