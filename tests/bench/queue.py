"""What the moderators' queue costs with few and with many open items: `./run bench queue`.

--small: sizes for trying it out, nothing written. Words: the databases ("postgresql", "sqlite").
"""

import statistics
import sys
import time
from typing import Any

from tests.bench import report, turns
from tests.bench.databases import lanes

SIZES, SMALL = [100, 10_000], [20, 200]
ROUNDS = 15
MOST_QUERIES, GROWTH = 15, 3  # GROWTH: times the same with the fewer items
TABS = ("needs", "reported", "held", "newcomers", "all")
NOTES = f"""\
In the process, medians of {ROUNDS} rounds in turns, on a heated day (tests/bench/heated.py) with that
many open items: half are held, half reported, and newcomers fill a page on the smaller day too. Each page
is made anew; bars: at most {MOST_QUERIES} queries, and {GROWTH} times the time of the fewer items."""


def main(words: list[str]) -> None:
    small, parts = "--small" in words, []
    with lanes() as both:
        chosen = [lane for lane in both if lane.name.lower() in words] or both
        for lane in chosen:
            sizes = SMALL if small else SIZES
            found = turns.measured(__name__, sizes, [lane.another() for _size in sizes])
            parts.append(f"### {lane.name}\n\n{table(found)}\n\n{verdict(found)}")
    text = "\n\n".join([NOTES, *parts])
    if small:
        print(text)
        return
    report.write("queue", "The moderators' queue", text)
    if "**missed**" in text:
        sys.exit("a bar was missed")


def table(found: list[tuple[int, dict[str, Any]]]) -> str:
    (_few, first), (_many, last) = found
    head = ["tab", *(f"{size:,}, ms" for size, _one in found), "grows", "queries"]
    rows = [
        [tab, f"{first['ms'][tab]:.1f}", f"{last['ms'][tab]:.1f}",
         f"{last['ms'][tab] / first['ms'][tab]:.2f}x", str(last["queries"][tab])]
        for tab in TABS
    ]  # fmt: skip
    return report.table(head, rows)


def verdict(found: list[tuple[int, dict[str, Any]]]) -> str:
    (_few, first), (_many, last) = found
    lines = []
    for tab in TABS:
        grown, queries = last["ms"][tab] / first["ms"][tab], last["queries"][tab]
        is_kept = grown <= GROWTH and queries <= MOST_QUERIES
        lines.append(f"- {tab}: {grown:.2f} of {GROWTH}x, {queries} of {MOST_QUERIES} queries:"
                     f" {'kept' if is_kept else '**missed**'}.")  # fmt: skip
    return "\n".join(lines)


# Inside the site


def measure(open_items: int) -> dict[str, Any]:
    """Return {"ms": {tab: median}, "queries": {tab: how many}, "open": items}."""
    from django.conf import settings
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext, setup_test_environment

    from forum.accounts.models import User
    from forum.discussions.kept import kept
    from tests.bench import heated

    setup_test_environment()
    # Names of static files as they lie there: none were collected.
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = {**settings.STORAGES, "staticfiles": plain}
    found = heated.fill(open_items)
    client = Client()
    client.force_login(User.objects.create_superuser("Chief"))
    ms: dict[str, list[float]] = {tab: [] for tab in TABS}
    queries: dict[str, int] = {}
    for number in turns.rounds(ROUNDS + 2):
        for tab in TABS:
            kept.clear()
            begin = time.perf_counter()
            with CaptureQueriesContext(connection) as asked:
                answer = client.get(f"/admin/discussions/comment/?tab={tab}")
            assert answer.status_code == 200, tab
            if number >= 2:  # what is read and planned once
                ms[tab].append((time.perf_counter() - begin) * 1_000)
            queries[tab] = len(asked)
    medians = {tab: statistics.median(some) for tab, some in ms.items()}
    return {"ms": medians, "queries": queries, "open": found["open"]}
