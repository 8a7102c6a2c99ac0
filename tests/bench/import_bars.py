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
from forum.transfer.loader import Loader, _Ready
from forum.transfer.models import ImportRef
from forum.transfer.records import CommentRecord, FilmRecord
from forum.transfer.running import FORMATS, patient_collector
from forum.transfer.survey import Survey
from tests.bench.exports import films

COMMENTS = 200_000
ROUNDS = 20


# Writing of ready records


def writing(scale: int) -> dict[str, Any]:
    """Write the same number of comments by the loader and by bulk_create, in turns."""
    taken: dict[str, list[float]] = {"ours": [], "bulk_create": []}
    pages = [ready(number, rows) for number, rows in films(COMMENTS // scale)]
    rounds = [pages[at::ROUNDS] for at in range(ROUNDS)]
    for number, some in enumerate(rounds):
        rows = sum(len(comments) for _ref, comments in some)
        for name, write in (("ours", by_loader), ("bulk_create", by_bulk_create)):
            topics = [services.open_topic(title=name, by=None).pk for _page in some]
            seconds = write(some, topics, f"{name}{number}")
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
            twin=str(one),
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
    """Write the same tables by bulk_create. Numbering is given: it costs nothing here."""
    numbered = [number_pages(comments) for _ref, comments in pages]
    start = time.perf_counter()
    for (ref, comments), topic_id, places in zip(pages, topics, numbered, strict=True):
        with transaction.atomic():
            bulk_create(ref, comments, topic_id, places, site)
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


def bulk_create(
    ref: str, comments: list[CommentRecord], topic_id: int, places: dict[str, Place], site: str
) -> None:
    roots = [one for one in comments if not one.parent_source_id]
    Topic.objects.filter(pk=topic_id).update(threads_given=len(roots))
    sizes: dict[int, int] = {}
    for place in places.values():
        sizes[place[0]] = sizes.get(place[0], 0) + 1
    threads = Thread.objects.bulk_create(
        [
            Thread(
                topic_id=topic_id,
                ordinal=number,
                created_at=root.created,
                last_activity_at=root.created,
                comment_count=sizes[number],
            )
            for number, root in enumerate(roots, 1)
        ],
        batch_size=2_000,
    )
    ids = dict(
        zip(
            (one.source_id for one in comments),
            tree.loading._reserve(tree.TABLE, len(comments)),
            strict=True,
        )
    )
    Comment.objects.bulk_create(
        [
            Comment(
                pk=ids[one.source_id],
                thread_id=threads[places[one.source_id][0] - 1].pk,
                tree_id=threads[places[one.source_id][0] - 1].pk,
                parent_id=ids.get(one.parent_source_id),
                lft=places[one.source_id][1],
                rght=places[one.source_id][2],
                level=places[one.source_id][3],
                ordinal=places[one.source_id][4],
                replies_given=places[one.source_id][5],
                author_name=one.author_name,
                state=one.state,
                state_at=one.created,
                created_at=one.created,
            )
            for one in comments
        ],
        batch_size=2_000,
    )
    CommentText.objects.bulk_create(
        [
            CommentText(
                comment_id=ids[one.source_id],
                body=one.body_raw,
                body_format=one.body_format,
                body_html=one.body_raw,
                html_version=markup.HTML_VERSION,
            )
            for one in comments
        ],
        batch_size=2_000,
    )
    ImportRef.objects.bulk_create(
        [
            ImportRef(
                system="disqus",
                site=site,
                item=ref,
                source_id=one.source_id,
                batch="bench",
                comment_id=ids[one.source_id],
                twin=one.twin,
            )
            for one in comments
        ],
        batch_size=2_000,
    )
    tree.recount_topics(topic_id)


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
