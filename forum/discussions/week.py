"""What was talked about this week, in the Lobby and on a shelf of films."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from forum.discussions import newness
from forum.discussions.models import Topic
from forum.discussions.models.topics import TopicQuerySet

WEEK = timedelta(days=7)
MOST = 6


@dataclass(frozen=True)
class Talked:
    """A topic and how many comments came to it this week, in words."""

    topic: Topic
    words: str


def talked(topics: TopicQuerySet, now: datetime | None = None) -> list[Talked]:
    """Return those of `topics` that somebody spoke in this week, the last first; two queries at most."""
    since = (now or timezone.now()) - WEEK
    spoken = topics.filter(last_comment_at__gt=since).order_by("-last_comment_at", "-pk")
    found = list(spoken[:MOST])
    counts = newness.counted_since({topic.pk: since for topic in found}) if found else {}
    return [Talked(one, _words(counts[one.pk])) for one in found if counts.get(one.pk)]


def _words(count: int) -> str:
    if count > newness.MOST_COUNTED:
        return _("more than %(count)d this week") % {"count": newness.MOST_COUNTED}
    return ngettext("%(count)d this week", "%(count)d this week", count) % {"count": count}
