"""Many processes write to one talk at once; what they did and what is left comes back as JSON.

A program of its own, `python -m tests.discussions.hammer '{"writers": 8, …}'`, against the database
of DATABASE_URL, because pytest's own processes hold connections that must not be shared.
"""

import json
import multiprocessing
import random
import sys
import time
import uuid
from collections import Counter
from contextlib import nullcontext
from dataclasses import asdict, dataclass
from typing import Any

import django


@dataclass
class Plan:
    """How many processes do how much; `broken` names what is taken out of the site's code."""

    writers: int = 8
    operations: int = 2_000
    threads: int = 4  # to begin with
    mix: str = (
        "posts"  # or "mixed": detach, merge, purge, edits, states and votes too; "votes" alone
    )
    broken: str = ""
    seed: int = 1
    new_threads: float = 0.05  # share of posts
    words: int = 12  # of a text


# What each of 100 acts is, under mix "mixed".
MIXED = Counter(
    reply=55,
    thread=5,
    detach=9,
    move=3,
    merge=8,
    purge=4,
    edit=6,
    moderate=6,
    take_back=4,
    vote=12,
    split=5,
    keep=6,
)


def main(plan: Plan) -> dict[str, Any]:
    """Do what the plan says; return what was done, how long it took and what the judges find."""
    django.setup()
    from django.conf import settings

    settings.COMMENT_CHECKS = []
    break_code(plan.broken)
    topic_id, roots, pens = begin(plan)
    close_connections()  # a connection must not be shared by processes; each opens its own
    context = multiprocessing.get_context("fork")
    with context.Pool(plan.writers) as pool:
        jobs = [(plan, number, topic_id, roots, pens[number]) for number in range(plan.writers)]
        start = time.perf_counter()
        tallies = pool.starmap(write, jobs)
        seconds = time.perf_counter() - start
    return report(plan, tallies, seconds)


def close_connections() -> None:
    from django.db import connection, connections

    connections.close_all()
    if connection.vendor == "postgresql":
        connection.close_pool()


def break_code(how: str) -> None:
    """Take out what protects the trees, to see that the judges see it."""
    from django.db import connection, transaction

    from forum.discussions import tree

    insert, place = tree.insert_reply, tree.place
    if how == "no lock":
        tree.writing._take_thread = lambda *_args: None
    elif how == "read before lock":

        def read_first(comment, *, topic_id, thread_id, parent_id):
            at = place(parent_id, thread_id)
            tree.writing.place = lambda *_which: at
            try:
                insert(comment, topic_id=topic_id, thread_id=thread_id, parent_id=parent_id)
            finally:
                tree.writing.place = place

        tree.insert_reply = read_first
    elif how == "no transaction":
        transaction.atomic = lambda *_args, **_options: nullcontext()
    elif how == "not immediate":
        connection.settings_dict["OPTIONS"]["transaction_mode"] = "DEFERRED"
    elif how == "no lock of votes":
        from forum.discussions.models import Comment
        from forum.discussions.services import voting

        voting._take = lambda comment_id: Comment.objects.filter(pk=comment_id).first()
    elif how:
        raise ValueError(how)


def begin(plan: Plan) -> tuple[int, list[int], list[int]]:
    """Open a topic with its first threads and make a pen for each writer; return their ids."""
    from forum.accounts.models import Pen, User
    from forum.discussions import services

    User.objects.create_superuser("Ruth")
    topic = services.open_topic(title=f"Hammered {plan.seed}", by=None)
    services.open_topic(title="Hammered from aside", by=None)  # threads are moved there and back
    pens = [
        Pen.objects.create(secret_hash=uuid.uuid4().hex, name=f"Writer {number}")
        for number in range(plan.writers)
    ]
    author = services.Author(pen=pens[0], name="Writer 0")
    roots = [
        services.post_comment(author=author, body=f"Thread {at}", topic_id=topic.pk).comment.pk
        for at in range(plan.threads)
    ]
    return topic.pk, roots, [pen.pk for pen in pens]


class Writer:
    """One process: what it knows of the talk, and the acts it can do."""

    def __init__(self, plan: Plan, number: int, topic_id: int, roots: list[int], pen_id: int):
        from forum.accounts.models import Pen
        from forum.accounts.readers import Reader
        from forum.discussions import services
        from forum.discussions.models import Topic

        self.services, self.plan, self.topic_id = services, plan, topic_id
        self.topics = list(Topic.objects.values_list("pk", flat=True))
        self.random = random.Random(f"{plan.seed} {number}")
        pen = Pen.objects.get(pk=pen_id)
        self.author, self.reader = services.Author(pen=pen, name=pen.name), Reader(pen=pen)
        self.known, self.own = list(roots), []
        self.text = " ".join(["word"] * plan.words)
        self.done = Counter()

    def any(self) -> int:
        return self.random.choice(self.known)

    def act(self, number: int) -> None:
        if self.plan.mix == "votes":
            name = "vote"
        elif self.plan.mix == "mixed":
            (name,) = self.random.choices(list(MIXED), list(MIXED.values()))
        else:
            name = "thread" if self.random.random() < self.plan.new_threads else "reply"
        getattr(self, name)(number)
        self.done[name] += 1

    def reply(self, number: int) -> None:
        self._post(number, parent_id=self.any())

    def thread(self, number: int) -> None:
        self._post(number, topic_id=self.topic_id)

    def _post(self, number: int, **where: int) -> None:
        body = f"{number} {self.random.random()} {self.text}"
        posted = self.services.post_comment(author=self.author, body=body, **where)
        self.known.append(posted.comment.pk)
        self.own.append(posted.comment.pk)
        self.done["rows"] += 1

    def detach(self, number: int) -> None:
        self.services.detach_branch(comment_id=self.any(), by=None)

    def merge(self, number: int) -> None:
        from forum.discussions.models import Comment

        thread_id = Comment.objects.values_list("thread_id", flat=True).get(pk=self.any())
        self.services.merge_thread(thread_id=thread_id, under_id=self.any(), by=None)

    def move(self, number: int) -> None:
        from forum.discussions.models import Comment

        thread_id = Comment.objects.values_list("thread_id", flat=True).get(pk=self.any())
        topic_id = self.random.choice(self.topics)
        self.services.move_thread(thread_id=thread_id, topic_id=topic_id, by=None)

    def split(self, number: int) -> None:
        from forum.accounts.models import User
        from forum.accounts.readers import Reader
        from forum.discussions.models import Comment

        where = self.any()
        replies = list(Comment.objects.filter(parent_id=where).values_list("pk", flat=True))
        some = self.random.sample(replies, self.random.randint(0, min(4, len(replies))))
        by, body = Reader(user=User.objects.get()), f"Split {number}"
        self.services.split_replies(comment_id=where, reply_ids=some, body=body, by=by)
        self.done["rows"] += 1

    def keep(self, number: int) -> None:
        which, services = {"comment_id": self.any(), "by": None}, self.services
        is_on = self.random.random() < 0.7
        self.random.choice(
            [
                lambda: services.fold_branch(**which, reason="other"),
                lambda: services.unfold_branch(**which),
                lambda: services.slow_branch(**which, minutes=0 if is_on else 2),
                lambda: services.pin_thread(**which, pinned=is_on),
                lambda: services.feature_comment(**which, featured=is_on),
            ]
        )()

    def purge(self, number: int) -> None:
        self.done["rows"] -= self.services.purge_branch(comment_id=self.any(), by=None)

    def vote(self, number: int) -> None:
        # All writers share the pens: one person presses in several windows at once.
        from forum.accounts.models import Pen
        from forum.accounts.readers import Reader

        by = Reader(pen=Pen.objects.order_by("pk")[self.random.randrange(self.plan.writers)])
        self.services.vote(comment_id=self.any(), by=by, value=self.random.choice([1, 1, -1, 0]))

    def edit(self, number: int) -> None:
        from forum.discussions.models import Comment

        comment = Comment.objects.get(pk=self.random.choice(self.own or self.known))
        self.services.edit_comment(
            comment_id=comment.pk,
            by=self.reader,
            body=f"Changed {number}",
            base=self.services.text_version(comment),
        )

    def moderate(self, number: int) -> None:
        verb = self.random.choice(["hold", "spam", "remove", "approve", "restore"])
        by = self.reader
        self.services.moderate(comment_id=self.any(), verb=verb, by=by, reason="off-topic")

    def take_back(self, number: int) -> None:
        act = self.random.choice([self.services.delete_comment, self.services.undelete_comment])
        act(comment_id=self.random.choice(self.own or self.known), by=self.reader)


def write(
    plan: Plan, number: int, topic_id: int, roots: list[int], pen_id: int
) -> tuple[Counter, list[float]]:
    """Do one writer's share; return a tally of acts, refusals and errors, and the seconds of each."""
    from django.core.exceptions import ObjectDoesNotExist, ValidationError
    from django.db import Error

    writer = Writer(plan, number, topic_id, roots, pen_id)
    share = len(range(number, plan.operations, plan.writers))
    taken = []
    for at in range(share):
        start = time.perf_counter()
        try:
            writer.act(at)
        except ValidationError as refused:
            writer.done[f"refused: {refused.code}"] += 1
        except ObjectDoesNotExist:
            writer.done["refused: gone"] += 1
        except Error as error:
            writer.done[f"error: {type(error).__name__}: {str(error).splitlines()[0]}"] += 1
        taken.append(time.perf_counter() - start)
    close_connections()
    return writer.done, taken


def report(
    plan: Plan, tallies: list[tuple[Counter, list[float]]], seconds: float
) -> dict[str, Any]:
    from forum.discussions import tree
    from forum.discussions.models import Comment

    done: Counter = Counter()
    for tally, _taken in tallies:
        done.update(tally)  # keeps what is negative, as adding would not
    taken = sorted(one for _tally, some in tallies for one in some)
    faults = [str(fault) for fault in tree.check()]
    about_trees = [fault for fault in faults if "count" not in fault]
    return {
        "plan": asdict(plan),
        "done": dict(done),
        "rows": Comment.objects.count(),
        "rows_expected": plan.threads + done["rows"],
        "errors": {name: n for name, n in done.items() if name.startswith("error")},
        "faults": faults[:20],
        "tree_faults": len(about_trees),
        "seconds": seconds,
        "p50_ms": 1_000 * taken[len(taken) // 2],
        "p99_ms": 1_000 * taken[len(taken) * 99 // 100],
        "longest_ms": 1_000 * taken[-1],
    }


if __name__ == "__main__":
    print(json.dumps(main(Plan(**json.loads(sys.argv[1])))))
