"""What searching comments costs beside reading one by its number: `./run bench search`.

--small: sizes for trying it out, nothing written. Words: the databases ("postgresql", "sqlite").
"""

import random
import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

from tests.bench import report, turns
from tests.bench.databases import POSTGRESQL, SQLITE, lanes
from tests.bench.databases import run as python

SIZES = {POSTGRESQL: [10_000, 1_000_000], SQLITE: [10_000, 100_000]}
SMALL = [1_000, 10_000]
ROUNDS = 60
RARE, RARE_COMMENTS = "zeppelin", 12
BARS = {"a rare word": 20, "a common word, newest first": 40}  # times a read by its number
GROWTH = 2  # times the same at the smaller size, of what has a bar
NOTES = f"""\
In the process, medians of {ROUNDS} rounds in turns on a site of each size. A read is a public comment by
its primary key, its row alone. A search is the one statement that finds the 21 comments of a
page among those that anybody may read; "page" is all of it: comments, numbers, words in their context.
The rare word stands in {RARE_COMMENTS} comments anywhere, the common one in more than a tenth of all."""


def main(words: list[str]) -> None:
    small, parts = "--small" in words, []
    with lanes() as both:
        chosen = [lane for lane in both if lane.name.lower() in words] or both
        for lane in chosen:
            sizes = SMALL if small else SIZES[lane.name]
            environments = [lane.another() for _size in sizes]
            for size, environment in zip(sizes, environments, strict=True):
                call = ["-m", "tests.bench.inside", "tests.bench.growth_site", "fill", str(size)]
                python(environment, *call)
                print(f"  {lane.name}: {size:,} comments made", flush=True)
            found = turns.measured(__name__, sizes, environments)
            parts.append(f"### {lane.name}\n\n{table(found)}\n\n{verdict(found)}")
    text = "\n\n".join([NOTES, *parts])
    if small:
        print(text)
    else:
        report.write("search", "Searching comments", text)
    if any("**missed**" in part for part in parts) and not small:
        sys.exit("a bar was missed")


def table(found: list[tuple[int, dict[str, Any]]]) -> str:
    head = ["", *(f"{size:,}, ms" for size, _one in found), "times a read", "grows", "bar"]
    last, first = found[-1][1]["ms"], found[0][1]["ms"]
    rows = [
        [name, *(f"{one['ms'][name]:.2f}" for _size, one in found),
         f"{last[name] / last['a read']:.1f}", f"{last[name] / first[name]:.2f}x",
         f"{BARS[name]} and {GROWTH}x" if name in BARS else ""]
        for name in last
    ]  # fmt: skip
    return report.table(head, rows)


def verdict(found: list[tuple[int, dict[str, Any]]]) -> str:
    last, first = found[-1][1]["ms"], found[0][1]["ms"]
    lines = []
    for name, bar in BARS.items():
        times, grown = last[name] / last["a read"], last[name] / first[name]
        is_kept = times <= bar and grown <= GROWTH
        lines.append(f"- {name}: {times:.1f} of {bar}, {grown:.2f} of {GROWTH}:"
                     f" {'kept' if is_kept else '**missed**'}.")  # fmt: skip
    share = found[-1][1]["share"]
    lines.append(f"- The common word stands in {share:.0%} of the comments.")
    return "\n".join(lines)


# Inside the site


def measure(_comments: int) -> dict[str, Any]:
    """Return {"ms": {what: median}, "share": of the comments that have the common word}."""
    from forum.accounts.readers import ANYBODY
    from forum.discussions.models import Comment
    from forum.index import finding
    from forum.index.language import parse
    from forum.index.tables import COMMENT
    from forum.search import comments
    from forum.search.narrowing import Question

    common, share = plant()
    ids = list(Comment.objects.public().order_by("pk").values_list("pk", flat=True))
    chance, rows = random.Random(5), Comment.objects.visible_to(ANYBODY)

    def read() -> Any:
        return Comment.objects.get(pk=chance.choice(ids))

    def search(query: str, **more: Any) -> Callable[[], Any]:
        words = finding.expression(COMMENT, parse(query))
        return lambda: finding.keys(COMMENT, words, rows, most=21, **more)

    def page(query: str, **more: Any) -> Callable[[], Any]:
        question = Question(parse(query), ANYBODY)
        return lambda: comments.comments(question, most=20, **more)

    middle = finding.keys(COMMENT, finding.expression(COMMENT, parse(common[0])), rows, most=200)
    acts = {
        "a read": read,
        "a rare word": search(RARE),
        "a common word, newest first": search(common[0]),
        "a common word, a later page": search(common[0], below=middle[-1]),
        "two common words": search(" ".join(common[:2])),
        "a common and a rare word": search(f"{common[0]} {RARE}"),
        "a word that nobody wrote": search("xylophone"),
        "a common word but not a rare one": search(f"{common[0]} -{RARE}"),
        "a phrase of common words": search(f'"{common[0]} {common[1]}"'),
        "the beginning of a common word": search(f"{common[0][:4]}*"),
        "page: a rare word": page(RARE),
        "page: a common word": page(common[0]),
        "page: a common word, likeliest first": page(common[0], sort="relevance"),
    }
    ms: dict[str, list[float]] = {name: [] for name in acts}
    for number in turns.rounds(ROUNDS + 5):
        for name, act in acts.items():
            begin = time.perf_counter()
            act()
            if number >= 5:  # what is read and planned once
                ms[name].append((time.perf_counter() - begin) * 1_000)
    return {"ms": {name: statistics.median(some) for name, some in ms.items()}, "share": share}


def plant() -> tuple[list[str], float]:
    """Write the rare word into some comments; return the commonest words and the first one's share."""
    from collections import Counter

    from django.db import connection
    from django.db.models import Value
    from django.db.models.functions import Concat

    from forum.discussions.models import CommentText

    ids = list(CommentText.objects.order_by("pk").values_list("pk", flat=True))
    chosen = random.Random(3).sample(ids, RARE_COMMENTS)
    texts = CommentText.objects.filter(pk__in=chosen)
    texts.update(words=Concat("words", Value(f" {RARE}")))
    some = CommentText.objects.filter(pk__in=ids[:: max(1, len(ids) // 1_000)][:1_000])
    counted = Counter(word for text in some for word in set(text.words.split()) if len(word) > 4)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    words = [word for word, _count in counted.most_common(3)]
    return words, counted[words[0]] / len(some)
