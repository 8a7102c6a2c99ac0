"""Imports against their bars, on both databases: `./run bench imports`."""

import json
import statistics
import tempfile
from pathlib import Path
from typing import Any

from tests.bench import exports, report
from tests.bench.databases import POSTGRESQL, Lane, lanes
from tests.bench.databases import run as python

COMMENTS = 200_000
ROUNDS = 3
KINDS = ("disqus", "wordpress")
NOTES = """\
{comments:,} invented comments under {films:,} films, from 1 to some 10,000 a film, on {version} (which waits for
the disk at each commit, as a site's does) and SQLite (WAL, synchronous NORMAL). Writing is what the
loader does with records that are parsed and cleaned: planting, numbering, threads, comments, texts,
references, counts, and the trees' own check; against it stands bulk_create of the same tables with the
same numbers, counts and no check, a film or as many films as the loader takes in each transaction;
rows of comments a second, medians of {turns} turns in one run. A whole import is import_comments
--films create into an empty site; CPU is that of the importing process (SQLite's own with it), beside a
process that parses the same file and cleans its texts, no more; medians of {rounds} runs, in turns."""


def main(words: list[str]) -> None:
    """Measure, and write the table. words: --small: a hundredth of the size, nothing written."""
    small = "--small" in words
    comments = COMMENTS // (100 if small else 1)
    rows: list[list[str]] = []
    with tempfile.TemporaryDirectory(prefix="foyer-exports-") as name, lanes() as both:
        files = {kind: Path(name) / f"{kind}.xml" for kind in KINDS}
        for kind, path in files.items():
            exports.write(kind, path, comments)
        version = both[0].version
        for lane in both:
            rows.append(writing(lane, small))
            print("  ".join(rows[-1]), flush=True)
        for lane in both:
            for kind, path in files.items():
                for row in whole(lane, kind, path, comments):
                    rows.append(row)
                    print("  ".join(row), flush=True)
        if not small:
            table = report.table(["what", "on", "measured", "asked", "met"], rows)
            films = comments // exports.COMMENTS_A_FILM
            notes = NOTES.format(
                comments=comments, films=films, version=version, turns=20, rounds=ROUNDS
            )
            report.write("imports", "Imports", f"{notes}\n\n{table}")


def line(what: str, lane: Lane, measured: str, asked: str, met: bool | None) -> list[str]:
    return [what, lane.name, measured, asked, "" if met is None else "yes" if met else "**no**"]


def inside(environment: dict[str, str], name: str, small: bool = False) -> dict[str, Any]:
    words = ["tests.bench.inside", "tests.bench.import_bars", name, "100" if small else "1"]
    return json.loads(python(environment, "-m", *words).splitlines()[-1])


def writing(lane: Lane, small: bool) -> list[str]:
    found = inside(lane.fresh(), "writing", small)
    by_film, by_batch = found["ours"] / found["by film"], found["ours"] / found["by batch"]
    words = (
        f"{by_batch:.1f}x of batches, {by_film:.1f}x film by film ({found['ours']:,.0f} against"
        f" {found['by batch']:,.0f} and {found['by film']:,.0f}/s)"
    )
    if lane.name != POSTGRESQL:
        return line("writing ready records, to bulk_create", lane, words, "", None)
    met = min(by_film, by_batch) >= 5
    return line("writing ready records, to bulk_create", lane, words, "at least 5x", met)


def whole(lane: Lane, kind: str, path: Path, comments: int) -> list[list[str]]:
    cpu: dict[str, list[float]] = {"whole": [], "alone": []}
    peak = 0.0
    for _round in range(ROUNDS):
        for name, seconds in cpu.items():
            found = inside(lane.fresh() | {"EXPORT": f"{kind}:{path}"}, name)
            assert found["comments"] == comments, found
            seconds.append(found["cpu"])
            peak = max(peak, found["rss_mb"])
    mean = {name: statistics.median(seconds) for name, seconds in cpu.items()}
    ratio = mean["whole"] / mean["alone"]
    words = f"{ratio:.1f}x ({mean['whole']:.1f} against {mean['alone']:.1f} s)"
    what = f"CPU of a whole {kind} import, to parsing and cleaning"
    memory = f"peak of memory of a {kind} import"
    return [
        line(what, lane, words, "at most 4x", ratio <= 4),
        line(memory, lane, f"{peak:.0f} MB", "under 300 MB", peak < 300),
    ]
