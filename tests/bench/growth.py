"""Every kind of page and of posting against the size of the site: `./run bench growth`.

--small: sizes for trying it out, nothing written. Words: the databases ("postgresql", "sqlite").
"""

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.bench import drawing, exports, growth_commands, report
from tests.bench.databases import POSTGRESQL, ROOT, SQLITE, Lane, lanes
from tests.bench.databases import run as python

SIZES = {POSTGRESQL: [1_000, 10_000, 100_000, 1_000_000], SQLITE: [1_000, 10_000, 50_000, 200_000]}
SMALL = [1_000, 3_000, 10_000]
LIMIT = 1.5  # times what a page takes at the smallest size
ROUNDS, ROUNDS_OF_SLOW, SLOW_MS = 15, 3, 1_000
NOTES = """\
Sites of several sizes side by side, asked in turns: one request at each size, {rounds} rounds (half of
them at the sizes between), medians of the time in the process: Django's test client with all
middleware, nothing kept but where a page is "warm". What a page shows is the same at every size: a film
with 200 comments, a category and a country of 60 films, a person with 30 films, a member and a guest
with 60 comments. The rest grows in proportion: films (one to 100 comments, at least 230), people,
members (one to 20), guests (one to 10), threads, the log. "Grows" is the median at the largest size to
that at the smallest, and {limit}x is the bar; "CPU grows" is the same of the processor's time,
PostgreSQL's for that connection with it, which other work on the machine disturbs less. "Reads whole"
are the large tables (over 10,000 rows) that a plan of one of the page's statements reads to its end
without an index, at the largest size, with the values that were asked for and, of prepared statements,
also without."""


@dataclass
class Grown:
    """A site of one size and the process that answers for it."""

    comments: int
    process: subprocess.Popen[str]
    filled_s: float
    pages: list[tuple[str, str]]
    ms: dict[str, list[float]] = field(default_factory=dict)
    cpu_ms: dict[str, list[float]] = field(default_factory=dict)
    facts: dict[str, dict[str, Any]] = field(default_factory=dict)

    def ask(self, what: str, name: str = "") -> Any:
        assert self.process.stdin
        assert self.process.stdout
        print(json.dumps([what, name]), file=self.process.stdin, flush=True)
        answer = self.process.stdout.readline()
        if not answer:
            raise SystemExit(f"{self.comments:,} comments: {what} {name} failed")
        return json.loads(answer)

    def median(self, name: str) -> float:
        return statistics.median(self.ms[name])


def main(words: list[str]) -> None:
    small = "--small" in words
    begin = time.monotonic()
    with lanes() as both, ExitStack() as stack:
        chosen = [lane for lane in both if lane.name.lower() in words] or both
        python(chosen[0].environment(chosen[0].first), *"manage.py collectstatic -v0".split(),
               "--noinput")  # fmt: skip
        file, parts = export(chosen[0].folder), []
        for lane in chosen:
            filled = fill(lane, SMALL if small else SIZES[lane.name])
            sites = [stack.enter_context(closing(grown(*one))) for one in filled]
            parts.append(measure(lane, sites, file, small))
            minutes = (time.monotonic() - begin) / 60
            text = "\n\n".join([NOTES.format(rounds=ROUNDS, limit=LIMIT), *parts])
            text += f"\n\nIt took {minutes:.0f} minutes."
            if not small:  # after each, so that a stopped run leaves what it found
                report.write("growth", "Growth", text)
        if small:
            print(text)


def export(folder: Path) -> Path:
    """Return a file of comments to be imported."""
    path = folder / "growth.xml"
    exports.write("disqus", path, growth_commands.IMPORTED)
    return path


def fill(lane: Lane, sizes: Sequence[int]) -> list[tuple[int, dict[str, str], float]]:
    """Return (comments, environment, seconds) of a filled database for each size."""
    found = []
    for size in sizes:
        environment = lane.another()
        words = ["tests.bench.inside", "tests.bench.growth_site", "fill", str(size)]
        seconds = json.loads(python(environment, "-m", *words))["seconds"]
        print(f"  {lane.name}: {size:,} comments in {seconds:.0f} s", flush=True)
        found.append((size, environment, seconds))
    return found


def grown(comments: int, environment: dict[str, str], seconds: float) -> Grown:
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.bench.growth_worker"],
        cwd=ROOT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout
    return Grown(comments, process, seconds, json.loads(process.stdout.readline()))


class closing:
    """Gives the site and ends its process."""

    def __init__(self, site: Grown) -> None:
        self.site = site

    def __enter__(self) -> Grown:
        return self.site

    def __exit__(self, *_error: object) -> None:
        assert self.site.process.stdin
        self.site.process.stdin.close()
        self.site.process.wait()


def measure(lane: Lane, sites: list[Grown], file: Path, small: bool) -> str:
    """Return the part of one database, and write its drawing."""
    ask_facts(sites)
    kept = storage(sites[-1])
    ask_in_turn(lane.name, sites, 3 if small else ROUNDS)
    if not small:
        name = f"growth-{lane.name.lower()}.svg"
        (report.PAGE.parent / name).write_text(drawn(lane.name, sites))
    commands = growth_commands.table(sites, file)
    picture = f"![Times and queries against size](growth-{lane.name.lower()}.svg)"
    return "\n\n".join([
        f"### {lane.name}", verdict(sites), picture, table(sites),
        growth_commands.NOTES, commands, kept,
    ])  # fmt: skip


def ask_facts(sites: Sequence[Grown]) -> None:
    for _group, name in sites[0].pages:
        for site in sites:
            site.facts[name] = site.ask("facts", name)


def ask_in_turn(title: str, sites: Sequence[Grown], rounds: int) -> None:
    for number in range(rounds):
        for _group, name in sites[0].pages:
            slowest = max((max(site.ms.get(name, [0])) for site in sites), default=0)
            if slowest > SLOW_MS and number >= ROUNDS_OF_SLOW:
                continue
            # The ratio is that of the ends: those between are asked every other time.
            asked = [sites[0], sites[-1]] if number % 2 else sites[:: 1 if number % 4 else -1]
            for site in asked:
                ms, cpu = site.ask("time", name)
                site.ms.setdefault(name, []).append(ms)
                site.cpu_ms.setdefault(name, []).append(cpu)
        print(f"  {title}: round {number + 1} of {rounds}", flush=True)


# What it gave


def growth_of(sites: Sequence[Grown], name: str) -> float:
    return sites[-1].median(name) / sites[0].median(name)


def cpu_growth_of(sites: Sequence[Grown], name: str) -> float:
    last, first = (statistics.median(site.cpu_ms[name]) for site in (sites[-1], sites[0]))
    return last / first


def queries_of(sites: Sequence[Grown], name: str) -> list[int]:
    return [site.facts[name]["queries"] for site in sites]


def verdict(sites: Sequence[Grown]) -> str:
    names = [name for _group, name in sites[0].pages]
    beyond = [
        f"{name} ({growth_of(sites, name):.1f}x, of CPU {cpu_growth_of(sites, name):.1f}x)"
        for name in names if growth_of(sites, name) > LIMIT
    ]  # fmt: skip
    uneven = [name for name in names if len(set(queries_of(sites, name))) > 1]
    whole = [name for name in names if sites[-1].facts[name]["scans"]]
    lines = [
        (f"{len(names)} kinds of pages and of posting; beyond {LIMIT}x", beyond),
        ("with another number of queries at another size", uneven),
        ("reading a large table whole", whole),
    ]
    return "\n".join(f"- {words}: {', '.join(some) or 'none'}." for words, some in lines)


def table(sites: Sequence[Grown]) -> str:
    head = ["", "queries", *(f"{site.comments:,}, ms" for site in sites), "grows", "CPU grows",
            "reads whole"]  # fmt: skip
    rows, group = [], ""
    for each, name in sites[0].pages:
        if each != group:
            rows.append([f"**{each}**", *[""] * (len(head) - 1)])
            group = each
        times = growth_of(sites, name)
        queries = queries_of(sites, name)
        scans = {scan.split(" ")[0] for scan in sites[-1].facts[name]["scans"]}
        rows.append([
            name, "–".join(str(one) for one in sorted(set(queries))),
            *(f"{site.median(name):.1f}" for site in sites),
            f"{times:.2f}x" if times <= LIMIT else f"**{times:.2f}x**",
            f"{cpu_growth_of(sites, name):.2f}x", ", ".join(sorted(scans)),
        ])  # fmt: skip
    return report.table(head, rows)


def drawn(title: str, sites: Sequence[Grown]) -> str:
    groups: dict[str, list[drawing.Line]] = {}
    for group, name in sites[0].pages:
        ms = [site.median(name) for site in sites]
        words = f"{growth_of(sites, name):.1f}x"
        line = drawing.Line(name, ms, queries_of(sites, name), words)
        groups.setdefault(group, []).append(line)
    sizes = [site.comments for site in sites]
    most = f"{sizes[0]:,} to {sizes[-1]:,} comments"
    return drawing.draw(f"{title}: {most}", sizes, list(groups.items()))


def storage(site: Grown) -> str:
    """Return the bytes that a comment takes with all that belongs to it."""
    sizes, rows = site.ask("bytes"), site.ask("rows")
    mine = ["discussions_comment", "discussions_commenttext", "discussions_thread",
            "discussions_event"]  # fmt: skip
    if not set(mine) <= sizes.keys():
        return ""
    counted = rows[mine[0]]
    lines = [[name, f"{rows[name]:,}", *(f"{part / counted:,.0f}" for part in sizes[name])]
             for name in mine]  # fmt: skip
    whole = [sum(sizes[name][at] for name in mine) / counted for at in (0, 1)]
    every = sum(map(sum, sizes.values()))
    lines.append(["together", "", *(f"{part:,.0f}" for part in whole)])
    words = f"The whole database: {every / 1e6:,.0f} MB, {every / counted:,.0f} bytes a comment."
    head = ["bytes a comment", "rows", "table", "indexes"]
    return f"{report.table(head, lines)}\n\n{words}"
