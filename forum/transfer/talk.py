"""The talk of a page or of the demo, from plain records into a topic: rendered, numbered, in bulk."""

from collections.abc import Iterable, Iterator, Sequence

from django.db.models import F

from forum import markup
from forum.discussions import tree
from forum.discussions.models import Comment, Thread, Topic
from forum.transfer.forest import Forest
from forum.transfer.records import CommentRecord

BATCH = 2_000  # comments in memory as rows; a longer thread is a batch of its own


class Faulty(Exception):
    """What was written fails the trees' own check; the transaction is to be rolled back."""


def add_threads(topic_id: int, forest: Forest) -> dict[str, int]:
    """Write the trees that stand at the top of `forest` as new threads; return their comments' ids.

    Threads and replies are numbered by date. Inside a transaction; takes the topic's row.
    """
    ids: dict[str, int] = {}
    replies = forest.children()
    roots = replies.get("", [])
    if not roots:
        return ids
    Topic.objects.filter(pk=topic_id).update(threads_given=F("threads_given") + len(roots))
    given = Topic.objects.values_list("threads_given", flat=True).get(pk=topic_id) - len(roots)
    new = Thread.objects.filter(topic_id=topic_id, ordinal__gt=given)
    for batch in _batches(roots, replies):
        rows = [_loaded(one, forest.parents[one.source_id] or None) for one in batch]
        ids |= tree.bulk_load(topic_id, rows, threads_given=given)
        given += sum(row.parent is None for row in rows)
    tree.recount_topics(topic_id)
    _check(new.values_list("pk", flat=True))
    return ids


def add_replies(top: Sequence[tuple[CommentRecord, int]], forest: Forest) -> dict[str, int]:
    """Write records and what hangs below them under comments that are there; return the new ids.

    `top`: pairs of a record and its parent's id. Inside a transaction; takes the threads' rows,
    then the topics'.
    """
    replies = forest.children()
    homes = dict(
        Comment.objects.filter(pk__in={parent_id for _one, parent_id in top}).values_list(
            "pk", "thread_id"
        )
    )
    by_thread: dict[int, list[tree.Loaded]] = {}
    for one, parent_id in top:
        rows = by_thread.setdefault(homes[parent_id], [])
        rows.append(_loaded(one, parent_id))
        for below in _branch(one, replies):
            if below is not one:
                rows.append(_loaded(below, forest.parents[below.source_id]))
    ids: dict[str, int] = {}
    tree.lock(*by_thread)
    for thread_id, rows in sorted(by_thread.items()):
        ids |= tree.bulk_reply(thread_id, rows)
    topics = Thread.objects.filter(pk__in=by_thread).values_list("topic_id", flat=True)
    tree.recount_topics(*topics)
    _check(by_thread)
    return ids


def _batches(
    roots: Iterable[CommentRecord], replies: dict[str, list[CommentRecord]]
) -> Iterator[list[CommentRecord]]:
    """Yield whole threads in order, some BATCH comments at a time."""
    batch: list[CommentRecord] = []
    for root in roots:
        batch += _branch(root, replies)
        if len(batch) >= BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def _branch(
    root: CommentRecord, replies: dict[str, list[CommentRecord]]
) -> Iterator[CommentRecord]:
    """Yield the record and all below it; siblings by date."""
    stack = [root]
    while stack:
        one = stack.pop()
        yield one
        stack += reversed(replies.get(one.source_id, ()))


def _loaded(one: CommentRecord, parent: str | int | None) -> tree.Loaded:
    return tree.Loaded(
        key=one.source_id,
        parent=parent,
        created_at=one.created,
        body=one.body_raw,
        body_format=one.body_format,
        body_html=markup.render(one.body_raw, one.body_format),
        html_version=markup.HTML_VERSION,
        state=one.state,
        author_name=one.author_name,
        member_id=one.member_id,
        pen_id=one.pen_id,
        reason=one.reason,
        author_url=one.author_url,
    )


def _check(thread_ids: Iterable[int]) -> None:
    """Run the trees' own check over these threads. Raises Faulty."""
    faults = tree.check(thread_ids)
    if faults:
        raise Faulty(f"{len(faults)} faults, the first: {faults[0]}")
