"""Comments that came by another system already: Disqus's, copied into WordPress and back.

Disqus's own number tells them. docs/decisions/0081 says when a copy that lost its place is hung where
Disqus has it.
"""

from collections.abc import Iterable, Sequence
from itertools import islice

from django.core.exceptions import ValidationError

from films.models import Film
from forum.discussions import services
from forum.discussions.models import Comment, Event, Thread
from forum.transfer.models import ImportRef

DISQUS = "disqus"
AT_ONCE = 1_000
MOVES = ("detach", "merge")  # events of staff who placed a comment by hand


def any_of_others(system: str) -> bool:
    """Return whether another system's import could have brought what this one has."""
    if system == DISQUS:
        return ImportRef.objects.exclude(twin="").exists()
    return ImportRef.objects.filter(system=DISQUS).exists()


def find(system: str, twins: Iterable[str]) -> dict[str, int]:
    """Return {twin: comment id} of those that another system's import brought in."""
    wanted = iter(twins)
    found: dict[str, int] = {}
    while some := list(islice(wanted, AT_ONCE)):
        if system == DISQUS:
            rows = ImportRef.objects.filter(twin__in=some).exclude(twin="")
            pairs = rows.values_list("twin", "comment_id")
        else:
            rows = ImportRef.objects.filter(system=DISQUS, source_id__in=some)
            pairs = rows.values_list("source_id", "comment_id")
        found.update(pairs.order_by("-pk"))
    return found


def film_of(comment_ids: Iterable[int]) -> Film | None:
    """Return the one film under which these comments stand; None if there are several or none."""
    topics = Comment.objects.filter(pk__in=list(islice(comment_ids, AT_ONCE)))
    films = Film.objects.filter(topic__in=topics.order_by().values("thread__topic_id"))
    found = list(films[:2])
    return found[0] if len(found) == 1 else None


def rehang(pairs: Sequence[tuple[int, int]]) -> int:
    """Hang comments that begin a thread under their parents, (comment, parent) by date, where that is
    sound; return how many were. Not inside a transaction.
    """
    done = 0
    roots = set()
    for start in range(0, len(pairs), AT_ONCE):
        ids = [comment_id for comment_id, _parent in pairs[start : start + AT_ONCE]]
        roots.update(Comment.objects.filter(pk__in=ids, parent=None).values_list("pk", flat=True))
    for comment_id, parent_id in pairs:
        if comment_id in roots and _is_sound(comment_id, parent_id):
            thread_id = Comment.objects.values_list("thread_id", flat=True).get(pk=comment_id)
            try:
                services.merge_thread(thread_id=thread_id, under_id=parent_id, by=None)
            except ValidationError:
                continue
            done += 1
    return done


def _is_sound(comment_id: int, parent_id: int) -> bool:
    """Both threads are open and of one talk, nobody here answered below the comment, and no hand
    moved it before.
    """
    rows = dict(
        Comment.objects.filter(pk__in=[comment_id, parent_id]).values_list("pk", "thread_id")
    )
    if len(rows) < 2 or rows[comment_id] == rows[parent_id]:
        return False
    threads = Thread.objects.filter(pk__in=rows.values(), locked_at=None)
    topics = threads.values_list("topic_id", flat=True)
    if len(topics) < 2 or len(set(topics)) > 1:
        return False
    imported = ImportRef.objects.values("comment_id")
    mine = Comment.objects.in_thread(rows[comment_id]).exclude(pk__in=imported)
    return not (
        mine.exists() or Event.objects.filter(comment_id=comment_id, verb__in=MOVES).exists()
    )
