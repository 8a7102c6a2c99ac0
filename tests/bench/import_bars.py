"""The measures of imports.py that run inside the site (inside.py starts them).

Each takes `scale` (1, or 100 for a hundredth of the size) and gives a dictionary of figures.
"""

import os
import resource
import statistics
import time
from collections.abc import Callable
from contextlib import redirect_stdout
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from unittest import mock

from django.core.management import call_command
from django.db import transaction

from films.models import Film
from forum import markup
from forum.discussions import services, tree
from forum.discussions.models import Comment, CommentText, Thread, Topic
from forum.discussions.tree import loading
from forum.transfer.loader import TOGETHER, Loader, _Ready
from forum.transfer.models import ImportRef
from forum.transfer.records import CommentRecord, FilmRecord
from forum.transfer.running import FORMATS, patient_collector
from forum.transfer.survey import Survey
from tests.bench.exports import films

COMMENTS = 200_000
ROUNDS = 20


# Writing of ready records


def writing(scale: int) -> dict[str, Any]:
    """Write the same comments by the loader, by bulk_create film by film, and by bulk_create in the
    loader's own batches, in turns. Return rows of comments a second, medians over the rounds.
    """
    taken: dict[str, list[float]] = {"ours": [], "by film": [], "by batch": []}
    pages = [ready(number, rows) for number, rows in films(COMMENTS // scale)]
    for number in range(ROUNDS):
        some = pages[number::ROUNDS]
        rows = sum(len(comments) for _ref, comments in some)
        for name in taken:
            topics = [services.open_topic(title=name, by=None).pk for _page in some]
            write = by_loader if name == "ours" else by_bulk_create
            seconds = write(some, topics, f"{name} {number}")
            taken[name].append(rows / seconds)
    faults = tree.check()
    assert not faults, faults[:3]
    return {name: statistics.median(speeds) for name, speeds in taken.items()} | {
        "rows": sum(len(comments) for _ref, comments in pages)
    }


Pages = list[tuple[str, list[CommentRecord]]]


def ready(
    number: int, rows: list[tuple[int, int, str, str, str]]
) -> tuple[str, list[CommentRecord]]:
    return str(number), [
        CommentRecord(
            source_id=str(one),
            parent_source_id=str(parent) if parent else "",
            author_name=name,
            created=datetime.fromisoformat(date).astimezone(UTC),
            body_raw=f"<p>{text}</p>",
            body_format="html",
            state="public",
        )
        for one, parent, name, date, text in rows
    ]


def by_loader(pages: Pages, topics: list[int], site: str) -> float:
    """Write what the loader writes, its check of the trees with it; only cleaning is left out."""
    loader = Loader("disqus", site, "bench", creates=True, found=Survey())
    loader._is_first, loader._has_twins = True, False
    films = {
        ref: Film(topic_id=topic_id) for (ref, _some), topic_id in zip(pages, topics, strict=True)
    }
    records = [FilmRecord(ref, ref, "", "", comments=comments) for ref, comments in pages]
    ready_made = mock.patch.object(markup, "render", lambda body, _format: body)
    with ready_made, patient_collector():
        start = time.perf_counter()
        for group in loader._groups(records):
            with transaction.atomic():
                loader._write([_Ready(one, films[one.ref], one.comments, {}, {}) for one in group])
        return time.perf_counter() - start


def by_bulk_create(pages: Pages, topics: list[int], site: str) -> float:
    """Write the same tables by bulk_create, a film or a batch of films in each transaction."""
    together = TOGETHER if site.startswith("by batch") else 0
    start = time.perf_counter()
    batch: list[tuple[str, list[CommentRecord], int]] = []
    for (ref, comments), topic_id in zip(pages, topics, strict=True):
        batch.append((ref, comments, topic_id))
        if sum(len(one[1]) for one in batch) >= together:
            with transaction.atomic():
                bulk_create(batch, site)
            batch = []
    if batch:
        with transaction.atomic():
            bulk_create(batch, site)
    return time.perf_counter() - start


Place = tuple[int, int, int, int, int, int]  # thread's number, lft, rght, depth, ordinal, replies


def number_pages(comments: list[CommentRecord]) -> dict[str, Place]:
    children: dict[str, list[CommentRecord]] = {}
    for one in comments:
        children.setdefault(one.parent_source_id, []).append(one)
    places: dict[str, Place] = {}
    for thread, root in enumerate(children[""], 1):
        at, stack = 0, [(root, thread, 0, 0)]
        open_at: dict[str, tuple[int, int, int]] = {}
        while stack:
            one, ordinal, depth, step = stack.pop()
            at += 1
            below = children.get(one.source_id, [])
            if step == 0:
                open_at[one.source_id] = (at, depth, ordinal)
                stack.append((one, ordinal, depth, 1))
                stack += [(each, n, depth + 1, 0) for n, each in reversed([*enumerate(below, 1)])]
            else:
                lft, _depth, _ordinal = open_at[one.source_id]
                places[one.source_id] = (thread, lft, at, depth, ordinal, len(below))
    return places


def bulk_create(batch: list[tuple[str, list[CommentRecord], int]], site: str) -> None:
    threads, comments, texts, refs = [], [], [], []
    given = []
    for ref, some, topic_id in batch:
        places = number_pages(some)
        roots = [one for one in some if not one.parent_source_id]
        sizes: dict[int, int] = {}
        for place in places.values():
            sizes[place[0]] = sizes.get(place[0], 0) + 1
        Topic.objects.filter(pk=topic_id).update(threads_given=len(roots))
        mine = [
            Thread(
                topic_id=topic_id,
                ordinal=number,
                created_at=root.created,
                last_activity_at=root.created,
                comment_count=sizes[number],
            )
            for number, root in enumerate(roots, 1)
        ]
        threads += mine
        given.append((ref, some, places, mine))
    Thread.objects.bulk_create(threads, batch_size=2_000)
    # All at once: SQLite's are those after the highest, which rises with the insert alone.
    free = iter(loading._reserve(tree.TABLE, sum(len(some) for _ref, some, _p, _m in given)))
    for ref, some, places, mine in given:
        ids = {one.source_id: next(free) for one in some}
        for one in some:
            number, lft, rght, depth, ordinal, replies = places[one.source_id]
            thread_id, pk = mine[number - 1].pk, ids[one.source_id]
            comments.append(
                Comment(
                    pk=pk,
                    thread_id=thread_id,
                    tree_id=thread_id,
                    parent_id=ids.get(one.parent_source_id),
                    lft=lft,
                    rght=rght,
                    level=depth,
                    ordinal=ordinal,
                    replies_given=replies,
                    author_name=one.author_name,
                    state=one.state,
                    state_at=one.created,
                    created_at=one.created,
                )
            )
            texts.append(
                CommentText(
                    comment_id=pk,
                    body=one.body_raw,
                    body_format=one.body_format,
                    body_html=one.body_raw,
                    html_version=markup.HTML_VERSION,
                )
            )
            refs.append(
                ImportRef(
                    system="disqus",
                    site=site,
                    item=ref,
                    source_id=one.source_id,
                    batch="bench",
                    comment_id=pk,
                )
            )
    Comment.objects.bulk_create(comments, batch_size=2_000)
    CommentText.objects.bulk_create(texts, batch_size=2_000)
    ImportRef.objects.bulk_create(refs, batch_size=2_000)
    tree.recount_topics(*(topic_id for _ref, _some, topic_id in batch))


# A whole import


def whole(_scale: int) -> dict[str, Any]:
    """Bring in the export of $EXPORT; return CPU and memory of this process."""
    kind, path = os.environ["EXPORT"].split(":", 1)
    with Path(os.devnull).open("w") as nowhere, redirect_stdout(nowhere):
        cpu = measured(
            lambda: call_command("import_comments", path, f"--format={kind}", "--films=create")
        )
    assert tree.check() == []
    return {"cpu": cpu, "rss_mb": rss_mb, "comments": Comment.objects.count()}


def alone(_scale: int) -> dict[str, Any]:
    """Parse the same file and clean its texts, no more."""
    kind, path = os.environ["EXPORT"].split(":", 1)
    export = FORMATS[kind](Path(path), UTC)
    count = 0

    def read() -> None:
        nonlocal count
        for page in export.pages():
            for one in page.comments:
                markup.render(one.body_raw, one.body_format)
                count += 1

    cpu = measured(read)
    export.close()
    return {"cpu": cpu, "rss_mb": rss_mb, "comments": count}


rss_mb = 0.0


def measured(act: Callable[[], object]) -> float:
    """Return the CPU seconds that `act` takes in this process; note its peak of memory."""
    global rss_mb
    start = time.process_time()
    act()
    cpu = time.process_time() - start
    rss_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return cpu
