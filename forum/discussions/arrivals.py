"""What came to a talk since a moment, told to a page that is open: counted, never shown.

The latest arrivals of a talk are kept by its version, so that whoever asks costs one narrow query.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from django.utils.html import format_html
from django.utils.safestring import SafeString

from forum.discussions import tree
from forum.discussions.kept import kept
from forum.discussions.models import Comment, Topic

MOST = 500  # counted; beyond it "500+"
_ARRIVAL_BYTES = 160  # of one that is kept


def where(topic: Topic, comment: Comment | None = None) -> SafeString:
    """Return the attributes of a talk that say where, and since when, a page asks for its news."""
    at = (topic.last_comment_at or topic.created_at).astimezone(UTC)
    address = comment.get_absolute_url() if comment else topic.get_absolute_url()
    return format_html(
        ' data-news="{}news" data-at="{}"', address, at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    )


def of_topic(topic_id: int, version: int, since: datetime) -> dict[str, Any]:
    """Return what became public in a talk after `since`; no query if the version is known."""
    name = ("news", topic_id, version)
    return _told(name, lambda: tree.latest_in_topic(topic_id, MOST + 1), since)


def below(comment_id: int, version: int, since: datetime) -> dict[str, Any]:
    """Return what became public below a comment after `since`; likewise."""
    name = ("news below", comment_id, version)
    return _told(name, lambda: tree.latest_below(comment_id, MOST + 1), since)


def _told(
    name: tuple[Any, ...], read: Callable[[], list[tree.Arrival]], since: datetime
) -> dict[str, Any]:
    """Return {"count", "more" (there are more than are counted), "new": [[id, parent's or 0], …]},
    the first first.
    """
    arrivals: list[tree.Arrival] | None = kept.get(name)
    if arrivals is None:
        arrivals = read()
        kept.put(name, arrivals, _ARRIVAL_BYTES * (1 + len(arrivals)))
    after = since.strftime("%Y-%m-%d %H:%M:%S.%f")
    found = [one for one in arrivals if one.public_since > after]
    told = found[:MOST]
    return {
        "count": len(told),
        "more": len(found) > MOST,
        "new": [[one.id, one.parent_id or 0] for one in reversed(told)],
    }
