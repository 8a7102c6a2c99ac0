"""Visits of members: recorded, all called read, followed to another talk, forgotten."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from django.db.models import Case, Exists, F, OuterRef, Subquery, When
from django.db.models.functions import Least
from django.utils import timezone

from forum.accounts.models import User
from forum.discussions.models import Visit
from forum.discussions.seen import SITTING, Seen

VISITS_KEPT = timedelta(days=365)
AT_ONCE = 500


def record_visit(*, member: User, topic_id: int, at: datetime) -> None:
    """A member has seen a talk as it was at `at`. An earlier moment than the last changes nothing.

    The marks of this visit stay for as long as one look follows the other within a sitting.
    """
    rows = Visit.objects.filter(member=member, topic_id=topic_id)
    before = Case(When(seen_at__lte=at - SITTING, then=F("seen_at")), default=F("since"))
    if rows.filter(seen_at__lt=at).update(since=before, seen_at=at):
        return
    first = Visit(member=member, topic_id=topic_id, since=at, seen_at=at)
    Visit.objects.bulk_create([first], ignore_conflicts=True)
    rows.filter(seen_at__lt=at).update(since=before, seen_at=at)  # another first look was quicker


def bring_visits(*, member: User, seen: Mapping[int, Seen]) -> None:
    """A guest who becomes a member has seen these talks; of each the newest moment holds, none that is
    still to come.
    """
    now = timezone.now()
    for topic_id, one in seen.items():
        since, at = (min(moment, now) for moment in one)
        first = Visit(member=member, topic_id=topic_id, since=since, seen_at=at)
        Visit.objects.bulk_create([first], ignore_conflicts=True)
        rows = Visit.objects.filter(member=member, topic_id=topic_id, seen_at__lt=at)
        rows.update(since=since, seen_at=at)


def mark_read(*, member: User, topic_id: int, at: datetime) -> None:
    """A member calls a talk read as it was at `at`: its marks go at once."""
    record_visit(member=member, topic_id=topic_id, at=at)
    Visit.objects.filter(member=member, topic_id=topic_id).update(since=F("seen_at"))


def mark_all_read(*, member: User, at: datetime) -> None:
    """A member calls every talk read that they ever looked at."""
    rows = Visit.objects.filter(member=member)
    rows.update(since=F("seen_at"))
    rows.filter(seen_at__lt=at).update(since=at, seen_at=at)


def follow_talk(*, topic_id: int, to_id: int) -> None:
    """The visits of a talk lead to the one that it went into, in the transaction that moves it.

    Who saw both is shown what is new in either: the earlier moments hold. The old visits stay, for
    the day on which the talk comes back.
    """
    old = Visit.objects.filter(topic_id=topic_id)
    there = Visit.objects.filter(topic_id=to_id)
    theirs = old.filter(member=OuterRef("member"))
    there.filter(Exists(theirs)).update(
        since=Least(F("since"), Subquery(theirs.values("since")[:1])),
        seen_at=Least(F("seen_at"), Subquery(theirs.values("seen_at")[:1])),
    )
    missing = old.exclude(Exists(there.filter(member=OuterRef("member"))))
    rows = missing.values_list("member_id", "since", "seen_at")
    new = [
        Visit(member_id=member_id, topic_id=to_id, since=since, seen_at=seen_at)
        for member_id, since, seen_at in rows
    ]
    Visit.objects.bulk_create(new, AT_ONCE, ignore_conflicts=True)


def forget_visits() -> str:
    """Delete the visits of a year ago; return what was done, in words."""
    old = Visit.objects.filter(seen_at__lt=timezone.now() - VISITS_KEPT)
    count, _by_model = old.delete()
    return f"visits older than {VISITS_KEPT.days} days: {count:,} forgotten"
