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


def lock_topics(*topic_ids: int) -> dict[int, int]:
    """Lock the topics, ascending; return {topic: threads given}."""
    rows = Topic.objects.select_for_update(no_key=True).filter(pk__in=set(topic_ids))
    return dict(rows.order_by("pk").values_list("pk", "threads_given"))


def recount_topics(*topic_ids: int) -> None:
    """Lock the topics, ascending and last, and set their counts from their threads; raise versions.

    A sum, not a step: it is right whatever the transaction did to the threads.
    """
    lock_topics(*topic_ids)
    threads = Thread.objects.filter(topic__in=set(topic_ids)).order_by()
    talked = Q(comment_count__gt=0)
    # A statement of its own after the locks, so that it reads what others committed before.
    counted = threads.values_list("topic").annotate(
        count=Sum("comment_count"), last=Max("last_activity_at", filter=talked)
    )
    found = {topic_id: (count, last) for topic_id, count, last in counted}
    chosen = Comment.objects.counted().featured().filter(thread__topic__in=set(topic_ids))
    featured = dict(chosen.order_by().values_list("thread__topic").annotate(n=Count("pk")))
    for topic_id in sorted(set(topic_ids)):
        count, last = found.get(topic_id, (0, None))
        Topic.objects.filter(pk=topic_id).update(
            version=F("version") + 1,
            comment_count=count,
            featured_count=featured.get(topic_id, 0),
            last_comment_at=last,
        )
