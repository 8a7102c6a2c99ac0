"""The measures of trees.py that run inside the site (inside.py starts them).

Each takes `scale` (1, or 100 for a hundredth of the size) and gives a dictionary of figures.
"""

import multiprocessing
import random
import statistics
import sys
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from typing import Any
from unittest import mock

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Model
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from films.management.commands.generate_talk import generate
from forum.accounts.models import Pen
from forum.discussions import comments_html, page, services, tree, walk
from forum.discussions.models import Comment, CommentText, Thread, Topic
from forum.discussions.options import Options
from forum.discussions.services import acts, posting
from tests.bench import naive
from tests.bench.naive import Naive
from tests.discussions.hammer import close_connections

settings.COMMENT_CHECKS = []
chance = random.Random(7)
TEXT = " ".join(chance.choice(["film", "light", "camera", "people"]) + str(n) for n in range(200))
TEXT_2KB = (TEXT * 2)[:2_000]
Loads = Iterator[list[tree.Loaded]]


# Talks to measure on


def talk_of(loads: Loads, text: str = TEXT_2KB) -> Topic:
    """Return a topic with these threads, every text being `text`."""
    topic = services.open_topic(title="Measured", by=None)
    given = 0
    batch: list[tree.Loaded] = []
    for rows in loads:
        for row in rows:
            row.body = row.body_html = text
        batch += rows
        if len(batch) >= 10_000:
            given += load(topic, batch, given)
            batch = []
    load(topic, batch, given)
    analyze()
    return Topic.objects.get(pk=topic.pk)


def load(topic: Topic, rows: list[tree.Loaded], given: int) -> int:
    roots = sum(row.parent is None for row in rows)
    with transaction.atomic():
        Topic.objects.filter(pk=topic.pk).update(threads_given=given + roots)
        tree.bulk_load(topic.pk, rows, threads_given=given)
        tree.recount_topics(topic.pk)
    return roots


def single_comments(count: int) -> Loads:
    """Yield threads of one comment each."""
    for number in range(count):
        (row,) = next(generate(1, number, 1))
        row.key = number
        yield [row]


def one_thread(size: int, parent_of: Callable[[int], int]) -> Loads:
    """Yield one thread; parent_of(at) says which comment the one at `at` answers."""
    (first,) = next(generate(1, 1, 1))
    yield [
        tree.Loaded(
            key=at,
            parent=parent_of(at) if at else None,
            created_at=first.created_at,
            body="",
            body_format="plain",
            body_html="",
            html_version=1,
            author_name="Nils",
        )
        for at in range(size)
    ]


def analyze() -> None:
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")


def author() -> services.Author:
    pen, _made = Pen.objects.get_or_create(secret_hash="bench", defaults={"name": "Nils"})
    return services.Author(pen=pen, name="Nils")


def timed(act: Callable[[], Any]) -> float:
    start = time.perf_counter()
    act()
    return time.perf_counter() - start


# B3, B6


def growth(scale: int) -> dict[str, Any]:
    alone = talk_of(single_comments(400))
    film = talk_of(generate(10_000 // scale, 1, 12))
    big = talk_of(generate(100_000 // scale, 2, 12))
    size = 10_000 // scale
    worst = talk_of(one_thread(size, lambda at: at // 10 if at > 1 else 0))
    targets = {
        "empty": iter(random_ids(alone, 400)),
        "film": iter(random_ids(film, 400)),
        "big film": iter(random_ids(big, 400)),
        "worst": iter([first_leaf(worst)] * 400),
    }
    who, taken = author(), {name: [] for name in targets}
    for at in range(150 // (10 if scale > 1 else 1)):
        for name, ids in targets.items():
            taken[name].append(reply(who, next(ids), f"{name} {at}"))
    medians = {name: 1_000 * statistics.median(some) for name, some in taken.items()}
    deep = Comment.objects.filter(thread__topic=big).order_by("-level").first()
    counted = [statements(who, next(targets["empty"]), "a"), statements(who, deep.pk, "b")]
    assert tree.check() == []
    return medians | {"statements": counted}


def random_ids(topic: Topic, count: int) -> list[int]:
    ids = list(
        Comment.objects.filter(thread__topic=topic).order_by("pk").values_list("pk", flat=True)
    )
    return chance.sample(ids, count) if len(ids) >= count else chance.choices(ids, k=count)


def first_leaf(topic: Topic) -> int:
    """Return the leaf of the first branch: a reply to it shifts all that follows."""
    rows = Comment.objects.filter(thread__topic=topic).order_by("lft")
    return next(pk for pk, lft, rght in rows.values_list("pk", "lft", "rght") if rght == lft + 1)


def reply(who: services.Author, parent_id: int, name: str) -> float:
    """Post a reply; return the seconds from BEGIN to COMMIT."""
    taken: list[float] = []

    def run(write: Callable[[], Any]) -> Any:
        start = time.perf_counter()
        made = acts.in_transaction(write)
        taken.append(time.perf_counter() - start)
        return made

    with mock.patch.object(posting, "in_transaction", run):
        services.post_comment(author=who, body=f"{name} {TEXT_2KB}", parent_id=parent_id)
    return taken[0]


def statements(who: services.Author, parent_id: int, name: str) -> list[int]:
    """Return how many statements a post takes before BEGIN, and from BEGIN to COMMIT."""
    with CaptureQueriesContext(connection) as queries:
        services.post_comment(
            author=who, body=f"{name} {TEXT_2KB}", parent_id=parent_id, submission=uuid.uuid4()
        )
    sql = [query["sql"] for query in queries]
    begin = next(at for at, text in enumerate(sql) if text.startswith("BEGIN"))
    return [begin, len(sql) - begin]


# B4


def throughput(scale: int) -> dict[str, Any]:
    naive.make_table()
    threads = 400 // (10 if scale > 1 else 1)
    topic = talk_of(single_comments(threads))
    ours = list(Thread.objects.filter(topic=topic).values_list("topic_id", "pk", "comment__pk"))
    theirs = [Naive.objects.create(**naive_fields(), thread=0).pk for _number in range(threads)]
    done: dict[str, list[float]] = {"ours": [], "naive": []}
    posts = 1_600 // scale
    for _round in range(3):
        done["ours"].append(posts / written(insert_ours, ours, posts))
        done["naive"].append(posts / written(insert_naive, theirs, posts))
    broken = sum(
        not is_sound(each) for each in set(Naive.objects.values_list("tree_id", flat=True))
    )
    found = {name: statistics.median(some) for name, some in done.items()}
    faults = [fault for fault in tree.check() if fault.topic_id is None]
    return found | {"naive_faults": broken, "our_faults": len(faults)}


def naive_fields() -> dict[str, Any]:
    now = timezone.now()
    return {"author_name": "Nils", "state": "public", "state_at": now, "created_at": now}


def written(insert: Callable[..., None], targets: Sequence[Any], posts: int) -> float:
    """Return the seconds that 8 processes take for `posts` inserts."""
    close_connections()
    with multiprocessing.get_context("fork").Pool(8) as pool:
        pool.starmap(insert, [(targets, 1, seed) for seed in range(8)])  # connections are open now
        shares = [(targets, posts // 8, 8 + seed) for seed in range(8)]
        return timed(lambda: pool.starmap(insert, shares))


def insert_ours(targets: Sequence[tuple[int, int, int]], posts: int, seed: int) -> None:
    pick = random.Random(seed)
    for _number in range(posts):
        topic_id, thread_id, root = pick.choice(targets)
        now = timezone.now()
        with transaction.atomic():
            comment = Comment(author_name="Nils", state="public", state_at=now, created_at=now)
            tree.insert_reply(comment, topic_id=topic_id, thread_id=thread_id, parent_id=root)


def insert_naive(targets: Sequence[int], posts: int, seed: int) -> None:
    pick = random.Random(seed)
    for _number in range(posts):
        with transaction.atomic():
            parent = Naive.objects.get(pk=pick.choice(targets))
            Naive.objects.create(**naive_fields(), thread=parent.tree_id, parent=parent)


def is_sound(tree_id: int) -> bool:
    rows = Naive.objects.filter(tree_id=tree_id).values_list("lft", "rght")
    numbers = sorted(number for row in rows for number in row)
    return numbers == list(range(1, len(numbers) + 1))


# B5


def hot(scale: int) -> dict[str, Any]:
    topic = talk_of(generate(10_000 // scale, 1, 12))
    ids = random_ids(topic, 1_000)
    before = table_counts()
    close_connections()
    share = 5_000 // scale // 8
    with multiprocessing.get_context("fork").Pool(8) as pool:
        pool.starmap(reply_many, [(ids, share, seed) for seed in range(8)])
    time.sleep(2)  # the counts come a moment later
    after = table_counts()
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE copied (LIKE discussions_comment) WITH (fillfactor = 50)")
        cursor.execute("INSERT INTO copied SELECT * FROM discussions_comment ORDER BY id")
        cursor.execute("SELECT pg_relation_size('discussions_comment'), pg_relation_size('copied')")
        size, copied = cursor.fetchone()
    updates, hot_ones = (new - old for new, old in zip(after, before, strict=True))
    return {"updates": updates, "hot": hot_ones, "bytes": size, "copy_bytes": copied}


def table_counts() -> tuple[int, int]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_force_next_flush(), pg_stat_clear_snapshot()")
        cursor.execute("SELECT 1")
        cursor.execute(
            "SELECT n_tup_upd, n_tup_hot_upd FROM pg_stat_user_tables"
            " WHERE relname = 'discussions_comment'"
        )
        return cursor.fetchone()


def reply_many(ids: Sequence[int], posts: int, seed: int) -> None:
    pick, who = random.Random(seed), author()
    for at in range(posts):
        reply(who, pick.choice(ids), f"{seed} {at}")
    close_connections()


# B7


def depth(scale: int) -> dict[str, Any]:
    size = 10_000
    topic = talk_of(one_thread(size, lambda at: at - 1), "Deep.")
    ids = list(
        Comment.objects.filter(thread__topic=topic).order_by("level").values_list("pk", flat=True)
    )
    found: dict[str, Any] = {"recursion_limit": sys.getrecursionlimit()}
    who = author()
    found["reply"] = timed(
        lambda: services.post_comment(author=who, body="Deeper", parent_id=ids[-1])
    )
    topic = Topic.objects.get(pk=topic.pk)
    found["page"] = timed(lambda: page.talk(topic, Options()))
    middle = Comment.objects.with_text().get(pk=ids[size // 2])
    found["continue"] = timed(lambda: page.branch(middle, topic, Options()))
    found["check"] = timed(lambda: expect(tree.check() == []))
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE discussions_comment SET lft = lft + 7, rght = rght + 9 WHERE level > 0"
        )
    expect(tree.check())
    found["repair"] = timed(lambda: tree.repair([middle.thread_id]))
    expect(tree.check() == [])
    found["purge"] = timed(lambda: services.purge_branch(comment_id=ids[0], by=None))
    expect(not Comment.objects.exists())
    return found


def expect(is_so: Any) -> None:
    if not is_so:
        raise AssertionError("the measured thing does not work")


# B8


def rendering(scale: int) -> dict[str, Any]:
    naive.make_table()
    topic = talk_of(generate(1_000, 3, 8), TEXT[:300])
    rows = tree.rows_of(list(Thread.objects.filter(topic=topic).values_list("pk", flat=True)))
    words = comments_html.said([row.id for row in rows])
    nodes = naive_copy(topic)
    taken: dict[str, list[float]] = {"ours": [], "recursetree": []}
    for _round in range(9):
        taken["ours"].append(timed(lambda: our_html(topic, rows, words)))
        taken["recursetree"].append(timed(lambda: naive.render(nodes)))
    expect(our_html(topic, rows, words).count("<article") == len(rows))
    expect(naive.render(nodes).count("<article") == len(rows))
    return {name: 1_000 * statistics.median(some) for name, some in taken.items()}


def our_html(topic: Topic, rows: list[tree.Row], words: dict[int, Any]) -> str:
    by_thread: dict[int, list[tree.Row]] = {}
    for row in rows:
        by_thread.setdefault(row.thread_id, []).append(row)
    made = comments_html.CommentsHtml(topic, words)
    for some in by_thread.values():
        shape = walk.Shape.of(some)
        entries, _left = walk.walk(shape, some[0], limit=len(some), order=shape.order("oldest"))
        made.add(entries, base=(some[0].ordinal,))
    return made.html()


def naive_copy(topic: Topic) -> list[Naive]:
    """Copy the topic's comments into the naive table; return them in stored order."""
    copied = [
        Naive(
            pk=one.pk,
            thread=one.thread_id,
            parent_id=one.parent_id,
            ordinal=one.ordinal,
            author_name=one.name,
            state=one.state,
            state_at=one.state_at,
            created_at=one.created_at,
            body_html=one.text.body_html,
            tree_id=one.tree_id,
            lft=one.lft,
            rght=one.rght,
            level=one.level,
        )
        for one in Comment.objects.filter(thread__topic=topic).with_text()
    ]
    Naive.objects.bulk_create(copied, batch_size=2_000)
    return list(Naive.objects.order_by("tree_id", "lft"))


# B9


def repairing(scale: int) -> dict[str, Any]:
    naive.make_table()
    size = 20_000 // scale
    topic = talk_of(generate(size, 4, 12), "Short.")
    threads = list(Thread.objects.filter(topic=topic).values_list("pk", flat=True))
    naive_copy(topic)
    order = [row.id for row in tree.rows_of(threads)]
    taken: list[float] = []
    for _round in range(5):  # each is short beside the rebuild, which is asked once
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE discussions_comment SET lft = lft + 7, rght = rght + 9 WHERE level > 0"
            )
            cursor.execute("UPDATE discussions_comment SET rght = rght + 9 WHERE level = 0")
        repaired: list[tree.Repair] = []
        taken.append(timed(lambda done=repaired: done.append(tree.repair(threads))))
        expect(repaired[0].written == size)
    expect(tree.check() == [])
    return {
        "ours": size / statistics.median(taken),
        "rebuild": size / timed(Naive.objects.rebuild),
        "again": tree.repair(threads).written,
        "same_order": order == [row.id for row in tree.rows_of(threads)],
    }


# B10


def checking(scale: int) -> dict[str, Any]:
    for seed in range(10):
        talk_of(generate(100_000 // scale, seed, 12), "Short.")
    counts, plain, checks = [], [], []
    for _round in range(3):
        # SQLite answers a bare count(*) from the headers of an index, without looking at a row.
        counts.append(timed(Comment.objects.filter(lft__gt=0).count))
        plain.append(timed(Comment.objects.count))
        checks.append(timed(lambda: expect(tree.check() == [])))
    return {
        "rows": Comment.objects.count(),
        "count": statistics.median(counts),
        "plain": statistics.median(plain),
        "check": statistics.median(checks),
        "faults": 0,
    }


# B11


def importing(scale: int) -> dict[str, Any]:
    size = 20_000 // scale
    taken: dict[str, list[float]] = {"ours": [], "bulk_create": []}
    for seed in range(5):
        taken["ours"].append(timed_write(tree.loading.copy_rows, size, seed))
        taken["bulk_create"].append(timed_write(bulk_create, size, seed))
    return {name: size / statistics.median(some) for name, some in taken.items()}


def timed_write(write: Callable[..., None], size: int, seed: int) -> float:
    """Return the seconds that `write` takes for a load's rows of the comment table."""
    topic = services.open_topic(title="Loaded", by=None)
    rows = [row for thread in generate(size, seed, 12) for row in thread]
    taken: list[float] = []

    def write_timed(model: type[Model], *what: Any) -> None:
        if model is CommentText:
            return
        seconds = timed(lambda: write(model, *what))
        if model is Comment:
            taken.append(seconds)

    with mock.patch.object(tree.loading, "copy_rows", write_timed):
        load(topic, rows, 0)
    return sum(taken)


def bulk_create(model: type[Model], columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    made = [model(**dict(zip(columns, row, strict=True))) for row in rows]
    model._default_manager.bulk_create(made, batch_size=2_000)
