"""A site to write into: films with few and with many comments, eight members; where replies go, and
the sessions of the members; and a count of what stands there afterwards.
"""

import random
from dataclasses import replace
from typing import Any

from django.db.models import Count, Q

from films.management.commands import generate_talk as talk
from forum.accounts.models import User
from forum.discussions import tree
from forum.discussions.models import Comment, CommentText, State, Topic
from tests.bench.shelf import film, session
from tests.bench.write import SIZES, WRITERS

FILMS, THREADS = 40, 10  # threads of one comment each: where eight writers reply
TARGETS = 400  # comments of a large film that are answered, any of them


def made(_scale: int) -> dict[str, Any]:
    """Make the site; return {"paths", "sessions"}."""
    sessions = [session(User.objects.create_user(f"Writer {n}")) for n in range(WRITERS)]
    many = [film(f"many{n}", one_comment_threads(THREADS, n)) for n in range(FILMS)]
    empty = [film(f"empty{n}", one_comment_threads(1, 1_000 + n)) for n in range(FILMS)]
    hot = film("hot", one_comment_threads(1, 2_000))
    paths = {
        "many threads": replies([one.topic_id for one in many]),
        "one thread": replies([hot.topic_id]),
        "empty": replies([one.topic_id for one in empty]),
    }
    for size in SIZES:
        large = film(f"large{size}", talk.generate(size, 1, 12))
        paths[str(size)] = replies([large.topic_id])
    return {"paths": paths, "sessions": sessions}


def one_comment_threads(count: int, seed: int) -> list[list[tree.Loaded]]:
    found = [next(talk.generate(1, 100 * seed + number, 1)) for number in range(count)]
    return [[replace(row, key=number) for row in rows] for number, rows in enumerate(found)]


def replies(topic_ids: list[int]) -> list[str]:
    """Return where the forms of replies to comments of these topics are sent, at most TARGETS."""
    found = Comment.objects.filter(thread__topic__in=topic_ids).values_list("pk", flat=True)
    ids = sorted(found)
    chance = random.Random(1)
    return [f"/comments/{pk}/reply/" for pk in chance.sample(ids, min(TARGETS, len(ids)))]


def count(_scale: int) -> dict[str, int]:
    """Return how many comments there are, how often any form's were stored twice, and what is wrong."""
    public = Q(thread__comment__state=State.PUBLIC)
    wrong = [
        topic.pk
        for topic in Topic.objects.annotate(rows=Count("thread__comment", filter=public))
        if topic.rows != topic.comment_count
    ]
    texts = CommentText.objects.exclude(body="").values("body").annotate(times=Count("pk"))
    return {
        "comments": Comment.objects.count(),
        "doubles": texts.filter(times__gt=1, comment__member__isnull=False).count(),
        "faults": len(tree.check()) + len(wrong),
    }
