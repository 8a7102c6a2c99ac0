"""What reading costs: every kind of page beside Django's floors, on both databases, in one interleaved run.

A server has two processes of eight threads; the load is a process of its own that asks over
loopback, a bounded number of times. CPU is that of the server's processes
(/proc/<pid>/task/*/schedstat) and, on PostgreSQL, of the database's, over one connection; so are
p50 and p95; requests a second are those of 16 connections. Every figure is the median of the rounds.
f1 is a file sent by nginx, f2 a Django view with a prebuilt answer and no middleware, f3 Django's
default middleware with session, user and one trivial query. Cold: the server keeps nothing at all, so
each page is made from the database. Behind nginx: deploy/nginx/foyer.conf as it is shipped, which keeps
pages for a second. The fourth table is of servers that were asked for the film page 3,000 times.
"""

import http.client
import json
import statistics
import tempfile
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests import servers
from tests.bench import processes, read_bars, report
from tests.bench.databases import POSTGRESQL, SQLITE, run
from tests.bench.load import Crowd
from tests.bench.processes import GRANIAN, GUNICORN, Server
from tests.bench.read_bars import COLD, CONNECTIONS, FLOORS, PACKED, PAGE, TALKS
from tests.lanes import plain_environment

ROUNDS = 5
REQUESTS, AT_ONCE = 80, 200  # a round and target: over one connection, over 16
SLOW_REQUESTS, SLOW_AT_ONCE = 20, 40  # of what takes long
FRONT_AT_ONCE = 20_000  # of nginx: a page that it keeps not yet is waited for, for half a second


@dataclass
class Target:
    """Something that is asked: its server, path and headers, and what its rounds gave."""

    name: str
    server: Server
    path: str
    headers: dict[str, str]
    status: int = 200
    requests: int = REQUESTS
    at_once: int = AT_ONCE
    figures: dict[str, list[float]] = field(default_factory=dict)

    def note(self, **figures: float) -> None:
        for name, figure in figures.items():
            self.figures.setdefault(name, []).append(figure)

    def median(self, name: str) -> float:
        return statistics.median(self.figures[name])


def main(words: list[str]) -> None:
    """Measure on both databases; words: "postgresql" or "sqlite" alone (nothing is written then)."""
    chosen = [word.lower() for word in words] or [POSTGRESQL.lower(), SQLITE.lower()]
    parts = []
    if POSTGRESQL.lower() in chosen:
        with servers.postgresql(durable=True) as address:
            parts.append(measure(POSTGRESQL, address))
    if SQLITE.lower() in chosen:
        parts.append(measure(SQLITE, ""))
    text = "\n\n".join([__doc__.strip().split("\n", 2)[2], *parts])
    if words:
        print(text)
    else:
        report.write("read", "Reading", text)


def measure(title: str, database_url: str) -> str:
    """Return the tables of one database."""
    print(f"{title}: making the site", flush=True)
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        env = plain_environment(Path(folder))
        env |= {"DEMO": "off", "RATE_LIMITS": "off", "PYTHONWARNINGS": "ignore"}
        if database_url:
            env["DATABASE_URL"] = database_url
        for words in ("migrate -v0", "collectstatic --noinput -v0"):
            run(env, "manage.py", *words.split())
        facts = json.loads(run(env, *"-m tests.bench.inside tests.bench.shelf made 0".split()))
        crowd = stack.enter_context(Crowd())
        lives = {by: _life(env, facts["paths"][PAGE], by, crowd) for by in (GUNICORN, GRANIAN)}
        targets, site = _targets(stack, env, facts, Path(folder))
        _ask_in_turn(targets, crowd, processes.postmaster(env))
        seen = read_bars.seen_at_once(site, facts, crowd)
        used = processes.memory_mb(site.pids)
    return read_bars.tables(title, {one.name: one for one in targets}, facts, lives, seen, used)


def _life(env: dict[str, str], path: str, by: str, crowd: Crowd) -> dict[str, Any]:
    """Return how a server starts, what it holds after a load, and how it ends."""
    with processes.serving("forum.wsgi", env, by) as site:
        for _time in range(3):
            crowd.ask(
                port=site.port,
                path=path,
                headers=PACKED,
                status=200,
                requests=1_000,
                connections=CONNECTIONS,
            )
        memory = processes.memory_mb(site.pids)
    return {
        "start_s": processes.start_s("forum.wsgi", env, path, by),
        "memory_mb": memory,
        "stop_s": processes.stop_s("forum.wsgi", env, by, after_s=0.5),
    }


def _targets(
    stack: ExitStack, env: dict[str, str], facts: dict[str, Any], folder: Path
) -> tuple[list[Target], Server]:
    """Return everything that is asked, and the site's own server."""

    def serve(module: str, by: str = GUNICORN, **more: str) -> Server:
        return stack.enter_context(processes.serving(module, {**env, **more}, by))

    paths, sessions = facts["paths"], facts["sessions"]
    floor = "tests.bench.floor"
    site, other = serve("forum.wsgi"), serve("forum.wsgi", GRANIAN)
    cold = serve("forum.wsgi", DJANGO_SETTINGS_MODULE="tests.bench.cold")
    etag = _etag(site, paths[PAGE])
    # As a browser that has been here: the token of forms is in a cookie since the first page.
    member = {**PACKED, "Cookie": f"session={sessions['member']}; csrf={'k' * 32}"}
    whose = {"the member": member, "a moderator": {"Cookie": f"session={sessions['chief']}"}}
    found = []
    if servers.find_nginx():
        f1 = stack.enter_context(processes.nginx_with_a_file(folder, b"x" * 28_000))
        found.append(Target(FLOORS[0], f1, "/file", {}, at_once=FRONT_AT_ONCE))
        front = stack.enter_context(servers.nginx(site.port))
        both = Server(front.port, [*processes.named("nginx"), *site.pids])
        name = f"{PAGE}, behind nginx"
        found.append(Target(name, both, paths[PAGE], PACKED, at_once=FRONT_AT_ONCE))
    found += [
        Target(FLOORS[1], serve(floor, FLOOR="f2"), "/", {}),
        Target(FLOORS[2], serve(floor, FLOOR="f3"), "/", {}),
        Target(f"{FLOORS[1]}, granian", serve(floor, GRANIAN, FLOOR="f2"), "/", {}),
        *(Target(name, site, paths[name], PACKED) for name in TALKS),
        Target(f"{PAGE}, not compressed", site, paths[PAGE], {}),
        Target(f"{PAGE}, 304", site, paths[PAGE], {**PACKED, "If-None-Match": etag}, status=304),
        Target(f"{PAGE}, a member", site, paths[PAGE], member),
        Target(f"{PAGE}, granian", other, paths[PAGE], PACKED),
        Target(f"{PAGE}, a member, granian", other, paths[PAGE], member),
        Target(f"{PAGE}, after a write", serve("tests.bench.written"), paths[PAGE], PACKED),
    ]
    slow = {"requests": SLOW_REQUESTS, "at_once": SLOW_AT_ONCE}
    for name, path in paths.items():
        own = whose.get(name.rpartition(", ")[2])
        if name not in TALKS:
            headers = {**PACKED, **(own or {})}
            found.append(Target(name, site, path, headers, **(slow if own else {})))
        if not own:
            found.append(Target(f"{name}{COLD}", cold, path, PACKED, **slow))
    return found, site


def _etag(site: Server, path: str) -> str:
    connection = http.client.HTTPConnection("127.0.0.1", site.port)
    connection.request("GET", path, headers=PACKED)
    return connection.getresponse().headers["ETag"]


def _ask_in_turn(targets: list[Target], crowd: Crowd, postmaster: int) -> None:
    for number in range(ROUNDS + 1):  # the first round warms up both processes and is not counted
        for target in targets:
            asked = {
                "port": target.server.port,
                "path": target.path,
                "headers": target.headers,
                "status": target.status,
            }
            many = crowd.ask(**asked, requests=target.at_once, connections=CONNECTIONS)
            # A server's connections to the database were opened in the first round, and stay.
            database = [postmaster, *processes.children(postmaster)] if postmaster else []
            pids = [*target.server.pids, *database]
            before = processes.cpu_ms(pids)
            one = crowd.ask(**asked, requests=target.requests, connections=1)
            cpu = (processes.cpu_ms(pids) - before) / target.requests
            if number:
                target.note(cpu=cpu, rate=many["rate"], p50=one["p50"], p95=one["p95"])
                target.note(bytes=one["bytes"])
        print(f"  round {number} of {ROUNDS}", flush=True)
