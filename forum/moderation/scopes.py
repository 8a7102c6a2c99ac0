"""Moderators of single films or categories: in which topics they decide (settings.DECIDES_IN)."""

from typing import Any

from django.db.models import Q, QuerySet

from films.models import Film
from forum.accounts.models import User
from forum.discussions import services
from forum.discussions.models import Topic
from forum.moderation.models import Scope


def topics_of(member: User) -> QuerySet[Any] | None:
    """Return the topics in which this member of the staff decides; None: in all.

    A film that was merged into another leads to the talk where its own went on. One query a request,
    and one more for each single film.
    """
    if member.is_superuser:
        return None
    rows = _parts(member)
    if not rows:
        return None
    categories = [category for category, _topic in rows if category]
    topics = [services.present_topic_id(topic) for _category, topic in rows if topic]
    films = Film.objects.filter(
        Q(category__in=categories) | Q(categories__in=categories), topic__moved_to=None
    )
    return Topic.objects.filter(Q(pk__in=topics) | Q(pk__in=films.values("topic_id")))


def _parts(member: User) -> list[tuple[int | None, int | None]]:
    """Return (category, topic of a film) of each part; kept on the member, who is read anew for each
    request."""
    kept: list[tuple[int | None, int | None]] | None = getattr(member, "_parts", None)
    if kept is None:
        rows = Scope.objects.filter(member=member.pk)
        kept = list(rows.values_list("category_id", "film__topic_id"))
        member._parts = kept  # type: ignore[attr-defined]
    return kept


def parts_of(member: User) -> list[str]:
    """Return what a moderator decides about, in words; [] for all of the site."""
    if member.is_superuser:
        return []
    rows = Scope.objects.filter(member=member.pk).select_related("category", "film")
    return [str(row) for row in rows.order_by("pk")]
