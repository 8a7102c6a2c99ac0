"""Trees against the bars of docs/decisions/0001, on both databases: `./run bench trees`."""

import json
from collections.abc import Callable
from typing import Any

from tests.bench import report
from tests.bench.databases import POSTGRESQL, Lane, lanes
from tests.bench.databases import run as python

Found = dict[str, Any]


def main(words: list[str]) -> None:
    """Measure, and write the table after each measure, so that a stopped run leaves what it found.

    words: names of measures (without any: all); --small: a hundredth of the size, nothing written.
    """
    small = "--small" in words
    chosen = [one for one in MEASURES if one.__name__ in words] or MEASURES
    head = ["bar", "measured", "asked"]
    rows: list[list[str]] = []
    with lanes() as both:
        notes = NOTES.format(version=both[0].version)
        for measure in chosen:
            found = {lane.name: measure(lane, small) for lane in both}
            for row in zip(*found.values(), strict=True):
                rows.append(line(row))
                print("  ".join(rows[-1]), flush=True)
            if not small:
                table = report.table([*head, *(lane.name for lane in both), "met"], rows)
                report.write("trees", "Trees", f"{notes}\n\n{table}")


NOTES = """\
The bars of [decision 1](decisions/0001-trees-without-django-mptts-writers.md), on {version} (which
waits for the disk at each commit, as a site's does) and SQLite (WAL, synchronous NORMAL). Ratios are of
medians, interleaved in one run. A writer is a process; its acts are the services that the site's views
call, with texts, events and the topic's counters. A reply in B3 is what stands between BEGIN and COMMIT, its
text having 2 kB. B12, the planted faults, is held by tests/discussions/test_check_repair.py."""


class Cell:
    """One figure of one database: its words, and whether the bar is met (None: not asked)."""

    def __init__(self, bar: str, what: str, asked: str, words: str, met: bool | None = None):
        self.bar, self.what, self.asked, self.words, self.met = bar, what, asked, words, met


def line(cells: tuple[Cell, ...]) -> list[str]:
    asked = [cell.met for cell in cells if cell.met is not None]
    met = "" if not asked else "yes" if all(asked) else "**no**"
    first = cells[0]
    return [first.bar, first.what, first.asked, *(cell.words for cell in cells), met]


def hammered(lane: Lane, **plan: Any) -> Found:
    out = python(lane.fresh(), "-m", "tests.discussions.hammer", json.dumps(plan))
    return json.loads(out.splitlines()[-1])


def bars(lane: Lane, name: str, small: bool) -> Found:
    words = ["tests.bench.inside", "tests.bench.tree_bars", name, "100" if small else "1"]
    out = python(lane.fresh(), "-m", *words)
    return json.loads(out.splitlines()[-1])


def speed(found: Found) -> str:
    done = found["plan"]["operations"] / found["seconds"]
    return f"{done:.0f}/s, p50 {found['p50_ms']:.0f} ms, p99 {found['p99_ms']:,.0f} ms"


def many_posts(lane: Lane, small: bool) -> list[Cell]:
    cells = []
    writers = 32 if lane.name == POSTGRESQL else 8
    for threads in (1, 40, 400):
        posts = 200 if small else 20_000
        found = hammered(lane, writers=writers, operations=posts, threads=threads)
        print(f"  B1 {lane.name} {threads}: {speed(found)} {found['errors']}", flush=True)
        met = not found["faults"] and not found["errors"]
        met = met and found["rows"] == found["rows_expected"] == posts + threads
        words = (
            f"{len(found['faults'])} faults, {sum(found['errors'].values())} errors; {speed(found)}"
        )
        what = (
            f"{posts:,} posts, {threads} thread(s) at first; 32 writers on PostgreSQL, 8 on SQLite"
        )
        cells.append(Cell("B1", what, "0 faults, 0 errors, rows exact", words, met))
    return cells


def mixed_acts(lane: Lane, small: bool) -> list[Cell]:
    acts = 200 if small else 2_000
    found = hammered(lane, operations=acts, threads=30, mix="mixed", seed=2)
    met = not found["faults"] and not found["errors"] and found["rows"] == found["rows_expected"]
    words = f"{len(found['faults'])} faults, {sum(found['errors'].values())} errors; {speed(found)}"
    what = f"{acts:,} mixed acts (reply, detach, merge, purge, edit, states) by 8 writers"
    return [Cell("B2", what, "0 faults, 0 deadlocks, rows exact", words, met)]


def growth(lane: Lane, small: bool) -> list[Cell]:
    found = bars(lane, "growth", small)
    base = found["empty"]
    cells = []
    for name, what, limit in (
        (
            "film",
            "a reply to a random comment of a film with 10,000, against one into an empty film",
            3,
        ),
        ("big film", "the same with 100,000", 3),
        ("worst", "a reply to the first branch of a thread of 10,000, against the same", 40),
    ):
        words = f"{found[name] / base:.1f}x ({found[name]:.1f} against {base:.1f} ms)"
        cells.append(Cell("B3", what, f"at most {limit}x", words, found[name] <= limit * base))
    few, many = found["statements"]
    words = f"{few[0]} before, {few[1]} within" + ("" if few == many else f"; deep: {many}")
    met = few == many and few[0] <= 6 and few[1] <= 9
    what = "statements of a reply, alone and 12 deep in 100,000"
    return [*cells, Cell("B6", what, "6 before BEGIN, 9 to COMMIT, constant", words, met)]


def throughput(lane: Lane, small: bool) -> list[Cell]:
    found = bars(lane, "throughput", small)
    ratio = found["ours"] / found["naive"]
    words = f"{ratio:.2f}x ({found['ours']:.0f} against {found['naive']:.0f}/s;"
    words += f" naive left {found['naive_faults']} broken trees, ours {found['our_faults']})"
    what = "replies of 8 writers in 400 threads against django-mptt's create()"
    return [Cell("B4", what, "at least 0.8x", words, ratio >= 0.8 and not found["our_faults"])]


def hot(lane: Lane, small: bool) -> list[Cell]:
    asked = ("B5", "HOT share of updates of the comment table, 5,000 replies", "at least 90 %")
    size = ("B5", "size of that table against a fresh copy", "at most 3x")
    if lane.name != POSTGRESQL:
        return [Cell(*asked, "has no such thing"), Cell(*size, "has no such thing")]
    found = bars(lane, "hot", small)
    share, times = found["hot"] / found["updates"], found["bytes"] / found["copy_bytes"]
    return [
        Cell(*asked, f"{share:.1%} of {found['updates']:,}", share >= 0.9),
        Cell(*size, f"{times:.2f}x ({found['bytes'] / 1e6:.1f} MB)", times <= 3),
    ]


def depth(lane: Lane, small: bool) -> list[Cell]:
    found = bars(lane, "depth", small)
    limit = found.pop("recursion_limit")
    words = ", ".join(f"{name} {seconds * 1_000:,.0f} ms" for name, seconds in found.items())
    what = f"a chain of 10,000, at the default recursion limit of {limit:,}"
    return [Cell("B7", what, "all work", words, limit == 1_000)]


def rendering(lane: Lane, small: bool) -> list[Cell]:
    found = bars(lane, "rendering", small)
    ratio = found["recursetree"] / found["ours"]
    words = f"{ratio:.0f}x ({found['ours']:.1f} against {found['recursetree']:.0f} ms)"
    what = "HTML of 1,000 comments at hand, against recursetree"
    return [Cell("B8", what, "at least 15x faster", words, ratio >= 15)]


def repairing(lane: Lane, small: bool) -> list[Cell]:
    found = bars(lane, "repairing", small)
    ratio = found["ours"] / found["rebuild"]
    words = f"{ratio:.0f}x ({found['ours']:,.0f} against {found['rebuild']:,.0f} rows/s),"
    words += f" again: {found['again']} rows"
    met = ratio >= 30 and found["again"] == 0 and found["same_order"]
    what = "repair of 20,000 wrong rows against django-mptt's rebuild(); order kept"
    return [Cell("B9", what, "at least 30x; a second run writes 0", words, met)]


def checking(lane: Lane, small: bool) -> list[Cell]:
    found = bars(lane, "checking", small)
    ratio = found["check"] / found["count"]
    words = f"{ratio:.0f}x ({found['check']:.1f} s against {found['count'] * 1_000:.0f} ms;"
    words += f" {found['check'] / found['plain']:,.0f}x a bare count(*))"
    what = f"check of {found['rows']:,} comments against a SELECT count(*) that reads every row"
    return [Cell("B10", what, "at most 100x", words, ratio <= 100 and found["faults"] == 0)]


def importing(lane: Lane, small: bool) -> list[Cell]:
    found = bars(lane, "importing", small)
    ratio = found["ours"] / found["bulk_create"]
    words = f"{ratio:.1f}x ({found['ours']:,.0f} against {found['bulk_create']:,.0f} rows/s)"
    met = ratio >= 10 if lane.name == POSTGRESQL else None
    what = "bulk load against bulk_create, comment table alone, 20,000 rows"
    return [Cell("B11", what, "at least 10x on PostgreSQL", words, met)]


MEASURES: list[Callable[[Lane, bool], list[Cell]]] = [
    growth,
    throughput,
    hot,
    depth,
    rendering,
    repairing,
    importing,
    checking,
    mixed_acts,
    many_posts,
]
