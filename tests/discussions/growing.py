"""Talks of any size and shape, made in a moment."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from django.db import connection, transaction

from forum.discussions import tree
from forum.discussions.models import Topic

START = datetime(2019, 3, 2, 20, 14, tzinfo=UTC)


def grow(
    topic: Topic, parents: Sequence[int | None], states: Mapping[int, str] | None = None
) -> list[int]:
    """Give the topic one comment a parent, a minute apart; return their ids in that order.

    `parents`: positions in the same sequence, None for a new thread; `states` by position.
    """
    states = states or {}
    loaded = [
        tree.Loaded(
            key=at,
            parent=parent,
            created_at=START + timedelta(minutes=at),
            body=f"Text {at}",
            body_format="plain",
            body_html=f"<p>Text {at}</p>",
            html_version=1,
            state=states.get(at, "public"),
            author_name=f"Guest {at % 7}",
        )
        for at, parent in enumerate(parents)
    ]
    with transaction.atomic():
        topic = Topic.objects.select_for_update(no_key=True).get(pk=topic.pk)
        ids = tree.bulk_load(topic.pk, loaded, threads_given=topic.threads_given)
        Topic.objects.filter(pk=topic.pk).update(
            threads_given=topic.threads_given + sum(parent is None for parent in parents)
        )
        tree.recount_topics(topic.pk)
    if len(parents) > 1_000:
        with connection.cursor() as cursor:
            # PostgreSQL keeps the plans of its foreign keys from when the table was tiny.
            cursor.execute("ANALYZE")
    return [ids[at] for at in range(len(parents))]


def chain(length: int) -> list[int | None]:
    """Return the parents of a thread in which each comment answers the one before."""
    return [None, *range(length - 1)]


def threads(*sizes: int) -> list[int | None]:
    """Return the parents of threads of these sizes, every reply under the first comment."""
    parents: list[int | None] = []
    for size in sizes:
        root = len(parents)
        parents += [None, *[root] * (size - 1)]
    return parents
