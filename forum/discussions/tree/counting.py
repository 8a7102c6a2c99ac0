"""The stored counts: a thread's and a topic's public comments. See the package's docstring."""

from typing import Any

from django.db.models import Count, F, Max, Q, Sum

from forum.discussions.models import Comment, Thread, Topic


def recount_threads(*thread_ids: int) -> None:
    """Set each locked thread's count and last activity from its public comments."""
    for thread_id in sorted(thread_ids):
        public = Comment.objects.in_thread(thread_id).counted()
        found = public.aggregate(count=Count("pk"), last=Max("created_at"))
        changes: dict[str, Any] = {"comment_count": found["count"]}
        if found["last"]:
            changes["last_activity_at"] = found["last"]
        Thread.objects.filter(pk=thread_id).update(**changes)


def recount_topics(*topic_ids: int) -> None:
    """Lock the topics, ascending and last, and set their counts from their threads; raise versions.

    A sum, not a step: it is right whatever the transaction did to the threads.
    """
    for topic_id in sorted(set(topic_ids)):
        Topic.objects.filter(pk=topic_id).update(version=F("version") + 1)  # the lock
        found = Thread.objects.filter(topic_id=topic_id).aggregate(
            count=Sum("comment_count", default=0),
            last=Max("last_activity_at", filter=Q(comment_count__gt=0)),
        )
        Topic.objects.filter(pk=topic_id).update(
            comment_count=found["count"], last_comment_at=found["last"]
        )
