"""What reading costs: the film page beside two floors, on both databases, in one interleaved run.

Every target is a gunicorn of its own (one process of eight threads, as ./run serves); the load comes
from this process over loopback, one connection, a bounded number of requests. CPU is that of the
server's processes (/proc/<pid>/task/*/schedstat) and, on PostgreSQL, of the database's.
"""

import http.client
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg

from tests import servers
from tests.bench import report

ROOT = servers.ROOT
ROUNDS = 5
REQUESTS = 100  # a round and target
BARS = {  # times f3's CPU
    "film page, warm": 3,
    "film page, after a write": 12,
    "film page, nothing kept": 12,
}
SLUG = "measured"


@dataclass
class Target:
    """Something that is asked: its server, address and headers, and what its rounds gave."""

    name: str
    port: int
    pids: list[int]
    path: str
    headers: dict[str, str]
    status: int = 200
    cpu_ms: list[float] = field(default_factory=list)
    wall_ms: list[float] = field(default_factory=list)
    bytes: int = 0


def main(words: list[str]) -> None:
    parts = []
    with servers.postgresql(durable=True) as address:
        parts.append(measure("PostgreSQL", address))
    parts.append(measure("SQLite", ""))
    text = "\n\n".join(parts)
    report.write("read", "Reading", f"{__doc__.strip().split(chr(10), 2)[2]}\n\n{text}")


def measure(title: str, database_url: str) -> str:
    """Return the table of one database."""
    print(f"{title}: making the talk", flush=True)
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        env = {**os.environ, "DATA_DIR": folder, "DEMO": "off", "PYTHONWARNINGS": "ignore"}
        env.pop("DATABASE_URL", None)
        if database_url:
            env["DATABASE_URL"] = database_url
        _prepare(env)
        facts = json.loads(_python(env, "-m", "tests.bench.facts", SLUG))
        targets = _targets(stack, env, facts["session"])
        _ask_in_turn(targets, _postmaster(env))
    return f"### {title}\n\n{_rows(targets, facts)}"


def _prepare(env: dict[str, str]) -> None:
    _python(env, "manage.py", "migrate", "-v0")
    _python(env, "manage.py", "collectstatic", "--noinput", "-v0")
    make = (
        "from films import services\n"
        f"services.create_film(title='Measured', slug='{SLUG}', year=1975, state='published')"
    )
    _python(env, "manage.py", "shell", "-v0", "-c", make)
    _python(env, *f"manage.py generate_talk --film {SLUG} --comments 200 --seed 1".split())


def _python(env: dict[str, str], *words: str) -> str:
    done = subprocess.run(
        [sys.executable, *words], cwd=ROOT, env=env, check=True, stdout=subprocess.PIPE, text=True
    )
    return done.stdout


def _targets(stack: ExitStack, env: dict[str, str], session: str) -> list[Target]:
    page, plain = f"/films/{SLUG}/", {"Accept-Encoding": "gzip, br"}
    f2 = stack.enter_context(_server("tests.bench.floor", {**env, "FLOOR": "f2"}))
    f3 = stack.enter_context(_server("tests.bench.floor", {**env, "FLOOR": "f3"}))
    site = stack.enter_context(_server("forum.wsgi", env))
    cold_env = {**env, "DJANGO_SETTINGS_MODULE": "tests.bench.cold"}
    cold = stack.enter_context(_server("forum.wsgi", cold_env))
    written = stack.enter_context(_server("tests.bench.written", env))
    etag = _ask(http.client.HTTPConnection("127.0.0.1", site[0]), page, plain)[2]
    return [
        Target("f2, a prebuilt answer", *f2, "/", {}),
        Target("f3, default middleware and one query", *f3, "/", {}),
        Target("film page, warm", *site, page, plain),
        Target("film page, warm, not compressed", *site, page, {}),
        Target("film page, 304", *site, page, {**plain, "If-None-Match": etag}, status=304),
        Target("film page, after a write", *written, page, plain),
        Target("film page, nothing kept", *cold, page, plain),
        Target("film page, a member", *site, page, {**plain, "Cookie": f"session={session}"}),
        Target("home", *site, "/", plain),
        Target("catalogue", *site, "/films/", plain),
    ]


@contextmanager
def _server(module: str, env: dict[str, str]) -> Iterator[tuple[int, list[int]]]:
    """Yield (port, pids of the server's processes)."""
    port = servers.free_port()
    command = [sys.executable, "-m", "gunicorn", f"{module}:application", "--bind"]
    command += [
        f"127.0.0.1:{port}",
        *"--worker-class gthread --threads 8 --log-level error".split(),
    ]
    server = subprocess.Popen(command, cwd=ROOT, env=env, start_new_session=True)
    try:
        _wait(port)
        while not _children(server.pid):  # the master answers connections before it has a worker
            time.sleep(0.1)
        yield port, [server.pid, *_children(server.pid)]
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        server.wait(timeout=20)


def _wait(port: int) -> None:
    for _attempt in range(300):
        try:
            http.client.HTTPConnection("127.0.0.1", port, timeout=5).connect()
            return
        except OSError:
            time.sleep(0.1)
    raise SystemExit("the server to be measured did not start")


def _children(pid: int) -> list[int]:
    return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def _postmaster(env: dict[str, str]) -> int:
    """Return the process that every one of the measured PostgreSQL is a child of; 0 on SQLite."""
    if "DATABASE_URL" not in env:
        return 0
    with psycopg.connect(env["DATABASE_URL"]) as connection:
        stat = Path(f"/proc/{connection.info.backend_pid}/stat").read_text()
    return int(stat.rpartition(")")[2].split()[1])


def _cpu_ms(pids: list[int]) -> float:
    """Return the CPU that these processes have used, all threads, in milliseconds."""
    total = 0
    for pid in pids:
        for task in Path(f"/proc/{pid}/task").glob("*/schedstat"):
            try:
                total += int(task.read_text().split()[0])
            except OSError:
                continue  # it has ended meanwhile
    return total / 1e6


def _ask_in_turn(targets: list[Target], postmaster: int) -> None:
    for number in range(ROUNDS + 1):  # the first round warms up and is not counted
        for target in targets:
            cpu, wall = _round(target, postmaster)
            if number:
                target.cpu_ms.append(cpu)
                target.wall_ms.append(wall)
        print(f"  round {number} of {ROUNDS}", flush=True)


def _round(target: Target, postmaster: int) -> tuple[float, float]:
    """Ask REQUESTS times over one connection; return CPU and wall milliseconds a request."""
    connection = http.client.HTTPConnection("127.0.0.1", target.port)
    # A server's connections were opened in the first round, which is not counted, and stay.
    database = [postmaster, *_children(postmaster)] if postmaster else []
    pids = [*target.pids, *database]
    before, begin = _cpu_ms(pids), time.perf_counter()
    for _number in range(REQUESTS):
        status, target.bytes, _etag = _ask(connection, target.path, target.headers)
        if status != target.status:
            raise SystemExit(f"{target.name}: answered {status}")
    wall = (time.perf_counter() - begin) * 1000
    cpu = _cpu_ms(pids) - before
    connection.close()
    return cpu / REQUESTS, wall / REQUESTS


def _ask(
    connection: http.client.HTTPConnection, path: str, headers: dict[str, str]
) -> tuple[int, int, str]:
    connection.request("GET", path, headers=headers)
    response = connection.getresponse()
    return response.status, len(response.read()), response.headers.get("ETag", "")


def _rows(targets: list[Target], facts: dict[str, Any]) -> str:
    floor = statistics.median(targets[1].cpu_ms)
    rows = []
    for target in targets:
        cpu = statistics.median(target.cpu_ms)
        bar = BARS.get(target.name)
        verdict = "" if bar is None else f"{bar}x: {'held' if cpu / floor <= bar else 'MISSED'}"
        rows.append((
            target.name, f"{cpu:.2f}", f"{cpu / floor:.2f}x", verdict,
            f"{statistics.median(target.wall_ms):.1f}", f"{target.bytes:,}",
            facts["queries"].get(target.name, ""),
        ))  # fmt: skip
    head = ["200 comments", "CPU ms", "to f3", "bar", "wall ms, one connection", "bytes", "queries"]
    return report.table(head, rows)
