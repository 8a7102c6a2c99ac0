"""What a decision says of the reports before it, in its own transaction; and what their writers hear."""

from collections.abc import Iterable

from django.utils import timezone

from forum.accounts.readers import Reader
from forum.discussions.models import Appeal, Comment, Event, Notice, Report
from forum.discussions.services.telling import lock_members, recount_unread
from forum.discussions.services.waiting import keep_due

AT_ONCE = 500
AGREED, DECLINED, VOID = Report.Outcome.AGREED, Report.Outcome.DECLINED, Report.Outcome.VOID
# By the decision's verb. Others, as holding, leave reports open.
OUTCOMES: dict[str, str] = {
    "approve": DECLINED,
    "restore": DECLINED,
    **dict.fromkeys(("remove", "spam", "redact", "edit-staff", "fold"), AGREED),
    "erase": VOID,
}


def settle(comment: Comment, event: Event, outcome: str = "") -> None:
    """Settle the open reports of a comment by this decision; those it says nothing of stay open.

    The thread is locked. `tell_reporters` follows, once the topics are written.
    """
    settle_all([comment.pk], event, outcome or OUTCOMES.get(event.verb, ""))
    keep_due(comment)


def settle_all(comment_ids: Iterable[int], event: Event, outcome: str) -> None:
    """Settle the open reports of all these, which nobody reads any more."""
    ids = list(comment_ids) if outcome else []
    for start in range(0, len(ids), AT_ONCE):
        rows = Report.objects.open().filter(comment__in=ids[start : start + AT_ONCE])
        rows.update(settled_at=event.at, outcome=outcome, event=event)


def tell_reporters(event: Event) -> None:
    """Put what came of their reports into the inboxes of the members whose reports it settled.

    The last of its transaction, as members come after topics. Guests read it on a page of theirs.
    """
    settled = Report.objects.filter(event=event, outcome__in=[AGREED, DECLINED])
    rows = settled.exclude(member=None).exclude(member=event.actor_id or 0)
    reports = list(rows.values_list("member_id", "comment_id"))
    if not reports:
        return
    open_ids = {one.pk for one in lock_members(pk for pk, _id in reports) if one.is_active}
    Notice.objects.bulk_create(
        [
            Notice(member_id=pk, comment_id=comment_id, kind=Notice.Kind.REPORT, mail="")
            for pk, comment_id in reports
            if pk in open_ids
        ],
        ignore_conflicts=True,
    )
    recount_unread(open_ids)


def reopen(event: Event) -> list[int]:
    """Open again what this decision settled, as it is taken back; return who was told of it.

    The comment's thread is locked.
    """
    settled = Report.objects.filter(event=event)
    ids = sorted(set(settled.values_list("comment_id", flat=True)))
    if not ids:
        return []
    members = list(settled.exclude(member=None).values_list("member_id", flat=True))
    settled.update(settled_at=None, outcome="", event=None)
    for comment in Comment.objects.filter(pk__in=ids):
        keep_due(comment)
    Notice.objects.filter(kind=Notice.Kind.REPORT, comment__in=ids, member__in=members).delete()
    return members


def tell_no_more(member_ids: list[int]) -> None:
    """Count the inboxes again from which `reopen` took something; members come last."""
    if member_ids:
        lock_members(member_ids)
        recount_unread(member_ids)


# ---------------------------------------------------------------------------------------- appeals


def settle_appeals(comment: Comment, event: Event, by: Reader | None) -> None:
    """Settle the appeals about a comment's state that wait while staff decide about it anew: brought
    back before readers, the appeal has won; else the new decision can be appealed against.
    """
    outcome = Appeal.Outcome.OVERTURNED if comment.is_public else Appeal.Outcome.KEPT
    rows = Appeal.objects.open().filter(comment=comment, event__verb__in=("remove", "hold"))
    ids = list(rows.values_list("pk", flat=True))
    changes = {"decided_at": event.at, "decided_by": by.user if by else None, "outcome": outcome}
    Appeal.objects.filter(pk__in=ids).update(**changes)


def win_appeal(event: Event, by: Reader) -> bool:
    """Settle the appeal against a decision that staff took back by themselves; return if there was one."""
    rows = Appeal.objects.open().filter(event=event)
    outcome = Appeal.Outcome.OVERTURNED
    return bool(rows.update(decided_at=timezone.now(), decided_by=by.user, outcome=outcome))


def reopen_appeals(event: Event) -> None:
    """Let the appeals wait again that this decision settled, as it is taken back."""
    rows = Appeal.objects.filter(comment=event.comment_id or 0, decided_at=event.at)
    rows.update(decided_at=None, decided_by=None, outcome="", answer="")


def tell_author_inside(comment: Comment, by: Reader | None) -> None:
    """Put into the inbox of a comment's author that moderators decided about it, anew each time; the
    last of a transaction, as members come after topics.
    """
    member_id = comment.member_id
    if not member_id or (by and comment.is_by(by)):
        return
    if not [one for one in lock_members([member_id]) if one.is_active]:
        return
    Notice.objects.update_or_create(
        member_id=member_id,
        comment=comment,
        kind=Notice.Kind.DECISION,
        defaults={"read_at": None, "created_at": timezone.now(), "mail": ""},
    )
    recount_unread([member_id])
