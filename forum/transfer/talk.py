"""The talk of a page or of the demo, from plain records into a topic: rendered, numbered, in bulk."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from django.db.models import Case, F, When

from forum import markup
from forum.discussions import tree
from forum.discussions.models import Comment, Thread, Topic
from forum.transfer.forest import Forest
from forum.transfer.records import CommentRecord

BATCH = 5_000  # comments in memory as rows; a longer thread is a batch of its own


class Faulty(Exception):
    """What was written fails the trees' own check; the transaction is to be rolled back."""


@dataclass
class Plot:
    """The trees at the top of `forest`, to be new threads of a topic; ids: of what was written."""

    topic_id: int
    forest: Forest
    ids: dict[str, int] = field(default_factory=dict)


def add_threads(*plots: Plot) -> None:
    """Write the plots' trees as new threads and fill in their ids. Threads and replies are numbered
    by date. Inside a transaction; takes the topics' rows.
    """
    replies = [plot.forest.children() for plot in plots]
    new: Counter[int] = Counter()
    for plot, below in zip(plots, replies, strict=True):
        new[plot.topic_id] += len(below.get("", ()))
    topics = [topic_id for topic_id, count in sorted(new.items()) if count]
    if not topics:
        return
    given = tree.lock_topics(*topics)
    more = [When(pk=topic_id, then=F("threads_given") + new[topic_id]) for topic_id in topics]
    Topic.objects.filter(pk__in=topics).update(threads_given=Case(*more))
    thread_ids: list[int] = []
    for batch in _batches(plots, replies):
        loads = []
        for plot, some in batch:
            rows = [_loaded(one, plot.forest.parents[one.source_id] or None) for one in some]
            loads.append(tree.Load(plot.topic_id, rows, given[plot.topic_id]))
            given[plot.topic_id] += sum(row.parent is None for row in rows)
        tree.bulk_load_many(loads)
        for (plot, _some), load in zip(batch, loads, strict=True):
            plot.ids |= load.ids
            thread_ids += load.thread_ids
    tree.recount_topics(*topics)
    _check(thread_ids)


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


Batch = list[tuple[Plot, list[CommentRecord]]]


def _batches(
    plots: Sequence[Plot], replies: Sequence[dict[str, list[CommentRecord]]]
) -> Iterator[Batch]:
    """Yield whole threads in order, some BATCH comments at a time, those of a plot together."""
    batch: Batch = []
    size = 0
    for plot, below in zip(plots, replies, strict=True):
        mine: list[CommentRecord] = []
        for root in below.get("", ()):
            before = len(mine)
            mine += _branch(root, below)
            size += len(mine) - before
            if size >= BATCH:
                yield [*batch, (plot, mine)]
                batch, mine, size = [], [], 0
        if mine:
            batch.append((plot, mine))
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
