"""What a guest's browser kept comes along into their account: up to when talks were read, and mutes."""

from django.core.exceptions import ValidationError
from django.http import HttpRequest

from forum.accounts.models import User
from forum.discussions import muted, newness, services
from forum.discussions.models import Comment, Topic
from forum.discussions.seen import Seen


def bring_along(request: HttpRequest, member: User) -> None:
    """Keep for a member what cookies of this browser say. They stay: who signs out here reads on."""
    seen = newness.seen_in(request) or {}
    if seen:
        services.bring_visits(member=member, seen=_here(seen))
    kept = muted.kept_in(request)
    for comment in Comment.objects.filter(pk__in=kept.comment_ids) if kept.comment_ids else ():
        try:
            services.mute_author(by=member, comment=comment)
        except ValidationError:
            continue  # it is the member's own by now, or nobody's
    for words in kept.words:
        try:
            services.mute_words(by=member, words=words)
        except ValidationError:
            continue  # there are as many as one account keeps, or the cookie was tampered with


def _here(seen: dict[int, Seen]) -> dict[int, Seen]:
    """Return what was seen of the talks that are here, where they are now; the newest moment of each."""
    found: dict[int, Seen] = {}
    moved = Topic.objects.filter(pk__in=seen).values_list("pk", "moved_to")
    for topic_id, to_id in moved:
        here = services.present_topic_id(topic_id) if to_id else topic_id
        found[here] = max(
            found.get(here, seen[topic_id]), seen[topic_id], key=lambda one: one.seen_at
        )
    return found
