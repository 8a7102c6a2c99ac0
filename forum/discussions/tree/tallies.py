"""The sums of votes on comments, and the order they give to threads. See the package's docstring."""

from django.db.models import Count, Q

from forum.discussions import scores
from forum.discussions.models import DOWN, UP, Comment, Thread, Vote


def recount_votes(*comment_ids: int) -> None:
    """Set the sums of these locked comments from their votes, and the order of their threads."""
    votes = Vote.objects.filter(comment_id__in=comment_ids).order_by().values_list("comment_id")
    found = votes.annotate(ups=Count("pk", Q(value=UP)), downs=Count("pk", Q(value=DOWN)))
    counted = {pk: (ups, downs) for pk, ups, downs in found}
    rows = Comment.objects.filter(pk__in=comment_ids).order_by("pk")
    roots = []
    for pk, parent_id, thread_id, *stored in rows.values_list(
        "pk", "parent_id", "thread_id", "ups", "downs"
    ):
        ups, downs = counted.get(pk, (0, 0))
        if stored != [ups, downs]:
            Comment.objects.filter(pk=pk).update(ups=ups, downs=downs)
        if parent_id is None:
            roots.append(thread_id)
    rank_threads(*roots)


def rank_threads(*thread_ids: int) -> None:
    """Set from the votes on its root where each of these locked threads stands among others."""
    roots = Comment.objects.filter(tree_id__in=thread_ids, parent=None).order_by("tree_id")
    for thread_id, ups, downs in roots.values_list("tree_id", "ups", "downs"):
        Thread.objects.filter(pk=thread_id).update(
            best=scores.best(ups, downs), controversy=scores.controversy(ups, downs)
        )
