"""What writing costs: replies through HTTP beside bare commits, on both databases, in one interleaved run.

A server has two processes of eight threads. A reply is all that a browser's post is: cookies and
token, session and member, the form, the checks, the text, the tree, the commit, the way back. Eight
writers post from a process of their own, each on its own connection, in turns of some seconds; beside them
eight connections that do nothing but INSERT … COMMIT one text through psycopg, and the same site
with lock and shift of trees left out, on a copy of the same database. PostgreSQL waits for the disk at each
commit, as a site's does; SQLite is as the site sets it. Figures are medians of the turns.
"""

import json
import os
import statistics
import subprocess
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import psycopg

from tests import servers
from tests.bench import processes, report
from tests.bench.databases import POSTGRESQL, SQLITE, run
from tests.bench.load import MARK, Crowd
from tests.bench.processes import Server
from tests.lanes import plain_environment

WRITERS = 8
SIZES = (10_000, 100_000)  # comments of large films
ROUNDS = 5
SECONDS = 4  # of a turn
ALONE = 60  # replies of one writer in a turn
TOKEN = "a" * 32  # what the cookie says, the form repeats


def main(words: list[str]) -> None:
    """Measure on both databases; words: "postgresql" or "sqlite" alone (nothing is written then)."""
    chosen = [word.lower() for word in words] or [POSTGRESQL.lower(), SQLITE.lower()]
    parts = [measure(name) for name in (POSTGRESQL, SQLITE) if name.lower() in chosen]
    text = "\n\n".join([__doc__.strip().split("\n", 2)[2], *parts])
    if words:
        print(text)
    else:
        report.write("write", "Writing", text)


def measure(title: str) -> str:
    """Return the table of one database."""
    print(f"{title}: making the site", flush=True)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        server = (
            stack.enter_context(servers.postgresql(durable=True)) if title == POSTGRESQL else ""
        )
        env = plain_environment(folder)
        env |= {"DEMO": "off", "RATE_LIMITS": "off", "PYTHONWARNINGS": "ignore"}
        env["DATABASE_URL"] = server or f"sqlite:///{folder / 'site.sqlite3'}"
        run(env, "manage.py", "migrate", "-v0")
        run(env, "manage.py", "collectstatic", "--noinput", "-v0")
        facts = _inside(env, "made")
        before = _inside(env, "count")
        other = {**env, "DATABASE_URL": copied(server, folder)}
        crowd = stack.enter_context(Crowd())
        site = stack.enter_context(processes.serving("forum.wsgi", env))
        unlocked = stack.enter_context(processes.serving("tests.bench.unlocked", other))
        figures, written = in_turn(site, unlocked, server, facts, crowd)
        after = _inside(env, "count")
    after["missing"] = before["comments"] + written - after["comments"]
    return f"### {title}\n\n" + rows(figures, after, written)


def _inside(env: dict[str, str], name: str) -> dict[str, Any]:
    """Return what a function of desk.py returns inside the site."""
    return dict(json.loads(run(env, "-m", "tests.bench.inside", "tests.bench.desk", name, "0")))


def copied(server: str, folder: Path) -> str:
    """Copy the database; return the address of the copy."""
    if not server:
        subprocess.run(["cp", folder / "site.sqlite3", folder / "copy.sqlite3"], check=True)
        return f"sqlite:///{folder / 'copy.sqlite3'}"
    base = server.removesuffix("foyer")
    with psycopg.connect(f"{base}postgres", autocommit=True) as connection:
        connection.execute("CREATE DATABASE copy TEMPLATE foyer")
    return f"{base}copy"


def in_turn(
    site: Server, unlocked: Server, server: str, facts: dict[str, Any], crowd: Crowd
) -> tuple[dict[str, float], int]:
    """Return the medians, and how many replies the site has answered as posted."""
    found: dict[str, list[float]] = {}
    written = 0

    def post(name: str, to: Server, paths: str, **how: Any) -> dict[str, Any]:
        nonlocal written
        got = crowd.ask(**form_round(to, facts, paths), **how)
        written += got["requests"] if to is site else 0
        return got

    for number in range(ROUNDS + 1):  # the first turn warms up and is not counted
        turn: dict[str, float] = {}
        eight = {"connections": WRITERS, "seconds": SECONDS}
        got = post("ours", site, "many threads", **eight)
        turn |= {"ours": got["rate"], "p50": got["p50"], "p95": got["p95"]}
        turn["unlocked"] = post("unlocked", unlocked, "many threads", **eight)["rate"]
        turn["hot"] = post("hot", site, "one thread", **eight)["rate"]
        if server:
            words = ["-m", "tests.bench.bare", server, str(WRITERS), str(SECONDS)]
            turn["bare"] = float(run(dict(os.environ), *words))
        for paths in ("empty", *map(str, SIZES)):
            got = post(paths, site, paths, connections=1, requests=ALONE)
            turn[paths] = got["p50"]
        if number:
            for name, figure in turn.items():
                found.setdefault(name, []).append(figure)
        print(f"  turn {number} of {ROUNDS}", flush=True)
    return {name: statistics.median(figures) for name, figures in found.items()}, written


def form_round(to: Server, facts: dict[str, Any], paths: str) -> dict[str, Any]:
    """Return a round of posts, each with words and a submission of its own."""
    form = {
        "csrfmiddlewaretoken": TOKEN,
        "submission": MARK,
        "body": f"What I meant, in other words: {MARK}.\n\n{'It was long ago. ' * 10}",
    }
    return {
        "port": to.port,
        "paths": facts["paths"][paths],
        "headers": {},
        "cookies": [f"session={key}; csrf={TOKEN}" for key in facts["sessions"]],
        "status": 302,
        "form": urlencode(form, safe="@"),
    }


def rows(figures: dict[str, float], after: dict[str, int], written: int) -> str:
    """Return the table."""
    ours, hot = figures["ours"], figures["hot"]
    lines: list[tuple[str, str, str, str]] = []
    if bare := figures.get("bare"):
        share = 100 * ours / bare
        lines.append((
            "replies of 8 writers in 400 threads, to bare commits", "at least 3 %, aim 6 %",
            f"{share:.1f} % ({ours:,.0f} of {bare:,.0f}/s)", yes(share >= 3),
        ))  # fmt: skip
    ratio = ours / figures["unlocked"]
    lines.append((
        "the same, to the site without lock and shift", "at least 0.75x",
        f"{ratio:.2f}x ({ours:,.0f} of {figures['unlocked']:,.0f}/s)", yes(ratio >= 0.75),
    ))  # fmt: skip
    lines.append((
        "what a writer waits among the eight", "",
        f"p50 {figures['p50']:.0f} ms, p95 {figures['p95']:.0f} ms", "",
    ))  # fmt: skip
    lines.append(("replies of 8 writers in one thread", "", f"{hot:,.0f}/s", ""))
    for size, bar in zip(SIZES, (1.5, 2), strict=True):
        ratio = figures[str(size)] / figures["empty"]
        lines.append((
            f"a reply into a film of {size:,} comments, to one into an empty film",
            f"at most {bar}x",
            f"{ratio:.2f}x ({figures[str(size)]:.1f} to {figures['empty']:.1f} ms)", yes(ratio <= bar),
        ))  # fmt: skip
    lines.append((
        f"lost, doubled, wrong after {written:,} replies", "0, 0, 0",
        f"{after['missing']}, {after['doubles']}, {after['faults']}",
        yes(not (after["missing"] or after["doubles"] or after["faults"])),
    ))  # fmt: skip
    return report.table(["what", "asked", "measured", "held"], lines)


def yes(holds: bool) -> str:
    return "yes" if holds else "NO"
