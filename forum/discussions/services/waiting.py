"""Which comments wait for staff and since when: Comment.due_at, kept true by whatever changes it.

A comment waits if it is held; if it is public and an open report is about it; if it is either and an
edit of it waits. priority.py says what moment that makes.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from django.db.models import Count, Q

from forum.discussions import priority, tree
from forum.discussions.models import Comment, CommentQuerySet, HeldEdit, Report
from forum.discussions.services.acts import in_transaction

AT_ONCE = 200  # comments that are looked at together


def keep_due(comment: Comment) -> None:
    """Set the due_at of a comment whose thread is locked; on the object too. Two queries, three more where
    it waits.
    """
    found = due_of([comment])[comment.pk]
    if found != comment.due_at:
        Comment.objects.filter(pk=comment.pk).update(due_at=found)
        comment.due_at = found


def keep_thread(thread_id: int) -> None:
    """Set the due_at of all in a locked thread that wait, or are listed as if they did."""
    for some in _listed(Comment.objects.in_thread(thread_id)):
        for one, found in zip(some, due_of(some).values(), strict=True):
            if found != one.due_at:
                Comment.objects.filter(pk=one.pk).update(due_at=found)


def _listed(comments: CommentQuerySet) -> Iterator[list[Comment]]:
    """Yield those of these that are due, or of which there is a report or an edit, AT_ONCE at a time."""
    waits = Q(due_at__isnull=False) | Q(pk__in=HeldEdit.objects.values("comment_id"))
    waits |= Q(pk__in=Report.objects.open().values("comment_id"))
    rows, last = comments.filter(waits).order_by("pk"), 0
    while some := list(rows.filter(pk__gt=last)[:AT_ONCE]):
        yield some
        last = some[-1].pk


def due_when_held(at: datetime, thread_id: int) -> datetime:
    """Return the due_at of a new comment that is held at once; thread_id 0: of a new thread."""
    heat = _heat([(0, thread_id, at)]).get(0, 0) if thread_id else 0
    return priority.due(at, [], heat)


def due_of(comments: Sequence[Comment]) -> dict[int, datetime | None]:
    """Return {id: due_at} of these as they are now, None where nothing waits; five queries at most."""
    found: dict[int, datetime | None] = dict.fromkeys(one.pk for one in comments)
    shown = [one for one in comments if one.is_public or one.is_held]
    if not shown:
        return found
    ids = [one.pk for one in shown]
    edits = dict(HeldEdit.objects.filter(comment__in=ids).values_list("comment_id", "created_at"))
    reports: dict[int, list[Report]] = {}
    for report in Report.objects.open().filter(comment__in=ids):
        reports.setdefault(report.comment_id, []).append(report)
    since = {}
    for one in shown:
        moments = [report.created_at for report in reports.get(one.pk, ())]
        moments += [edits[one.pk]] if one.pk in edits else []
        moments += [one.state_at] if one.is_held else []
        if moments:
            since[one.pk] = min(moments)
    records = _records(report for some in reports.values() for report in some)
    heat = _heat([(one.pk, one.thread_id, since[one.pk]) for one in shown if one.pk in since])
    for pk, at in since.items():
        theirs = [records[_reporter(report)] for report in reports.get(pk, ())]
        found[pk] = priority.due(at, theirs, heat.get(pk, 0))
    return found


def _reporter(report: Report) -> tuple[int | None, int | None]:
    return report.member_id, report.pen_id


def _records(reports: Iterable[Report]) -> dict[tuple[int | None, int | None], float]:
    """Return {reporter: their record}, from what was decided of all that they reported; one query."""
    who = {_reporter(report) for report in reports}
    found = dict.fromkeys(who, priority.record(0, 0))
    known = Q(member__in={member for member, _pen in who if member})
    known |= Q(pen__in={pen for _member, pen in who if pen})
    if not any(member or pen for member, pen in who):
        return found  # nobody reports, or who did has left
    Outcome = Report.Outcome
    rows = Report.objects.filter(known, outcome__in=[Outcome.AGREED, Outcome.DECLINED]).order_by()
    for *one, agreed, declined in rows.values_list("member_id", "pen_id").annotate(
        agreed=Count("pk", Q(outcome=Outcome.AGREED)),
        declined=Count("pk", Q(outcome=Outcome.DECLINED)),
    ):
        found[one[0], one[1]] = priority.record(agreed, declined)
    return found


def _heat(wanted: Sequence[tuple[int, int, datetime]]) -> dict[int, int]:
    """Return {id: how many other comments its thread got in the hour before it came to wait} of
    (id, thread, moment); one query.
    """
    if not wanted:
        return {}
    hours = Q()
    for _pk, thread_id, at in wanted:
        since = at - priority.HEAT_WINDOW
        # Nothing appears before it is written: state_at is what the index knows.
        hours |= Q(thread=thread_id, state_at__gte=since, created_at__gte=since, created_at__lte=at)
    rows = Comment.objects.filter(hours).order_by().values_list("pk", "thread_id", "created_at")
    written: dict[int, list[tuple[int, datetime]]] = {}
    for pk, thread_id, at in rows:
        written.setdefault(thread_id, []).append((pk, at))
    return {
        pk: sum(
            other != pk and at - priority.HEAT_WINDOW <= moment <= at
            for other, moment in written.get(thread_id, ())
        )
        for pk, thread_id, at in wanted
    }


def mend_due() -> str:
    """Set right what the queue does not list, or lists without a cause, or in another place than what
    waits gives it; return what was done, in words. Reporters' records move with every decision.
    """
    mended = looked_at = 0
    for some in _listed(Comment.objects.all()):
        looked_at += len(some)
        found = due_of(some)
        mended += sum(_mend(one.pk) for one in some if one.due_at != found[one.pk])
    return f"the queue: {looked_at:,} comments looked at, {mended:,} put right"


def _mend(comment_id: int) -> bool:
    """Look again under the lock, and set it right; return True if it was wrong."""

    def write() -> bool:
        tree.lock_thread_of(comment_id)
        comment = Comment.objects.get(pk=comment_id)
        before = comment.due_at
        keep_due(comment)
        return before != comment.due_at

    try:
        return in_transaction(write)
    except Comment.DoesNotExist:
        return False  # purged since
