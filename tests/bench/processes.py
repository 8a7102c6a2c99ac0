"""Servers to be measured, each with its processes: gunicorn, granian, nginx."""

import http.client
import os
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psycopg

from forum.start import THREADS
from tests import servers

WORKERS = 2
STOP_S = 15  # longer than that, and who runs the site kills it
GUNICORN, GRANIAN = "gunicorn gthread", "granian"


@dataclass(frozen=True)
class Server:
    port: int
    pids: list[int]


@contextmanager
def serving(module: str, env: dict[str, str], by: str = GUNICORN) -> Iterator[Server]:
    """Serve `module`'s application with as many processes and threads as a site of two workers has."""
    port = servers.free_port()
    process = subprocess.Popen(
        command(module, port, by), cwd=servers.ROOT, env=env, start_new_session=True
    )
    try:
        wait_for(port)
        while len(children(process.pid)) < WORKERS:  # the master answers before it has a worker
            time.sleep(0.1)
        yield Server(port, [process.pid, *family(process.pid)])
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def command(module: str, port: int, by: str) -> list[str]:
    words = {
        GUNICORN: f"gunicorn {module}:application --bind 127.0.0.1:{port} --worker-class gthread"
        f" --workers {WORKERS} --threads {THREADS} --log-level error",
        GRANIAN: f"granian --interface wsgi --host 127.0.0.1 --port {port} --workers {WORKERS}"
        f" --blocking-threads {THREADS} --log-level error {module}:application",
    }[by]
    return [sys.executable, "-m", *words.split()]


@contextmanager
def nginx_with_a_file(folder: Path, content: bytes) -> Iterator[Server]:
    """Serve one file as nginx does; its path is /file."""
    port, root = servers.free_port(), folder / "nginx"
    root.mkdir()
    (root / "file").write_bytes(content)
    settings = f"""
        daemon off; worker_processes {WORKERS}; pid {root}/pid; error_log stderr error;
        events {{}}
        http {{
            access_log off; client_body_temp_path {root}/body; proxy_temp_path {root}/proxy;
            fastcgi_temp_path {root}/f; uwsgi_temp_path {root}/u; scgi_temp_path {root}/s;
            server {{ listen 127.0.0.1:{port}; root {root}; keepalive_requests 1000000; }}
        }}
    """
    (root / "conf").write_text(settings)
    for path in (folder, root, root / "file"):
        path.chmod(0o755)
    process = subprocess.Popen(
        [servers.find_nginx() or "", "-c", str(root / "conf"), "-p", str(root)]
    )
    try:
        wait_for(port)
        yield Server(port, [process.pid, *children(process.pid)])
    finally:
        process.terminate()
        process.wait()


def named(name: str) -> list[int]:
    """Return the processes of this name."""
    found = []
    for path in Path("/proc").glob("[0-9]*/comm"):
        with suppress(OSError):
            if path.read_text().strip() == name:
                found.append(int(path.parent.name))
    return found


def wait_for(port: int) -> None:
    for _attempt in range(600):
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            connection.connect()
            connection.close()
            return
        except OSError:
            time.sleep(0.05)
    raise SystemExit("the server to be measured did not start")


def children(pid: int) -> list[int]:
    return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def family(pid: int) -> list[int]:
    """Return the children of a process and theirs."""
    found = children(pid)
    return found + [below for child in found for below in family(child)]


def postmaster(env: dict[str, str]) -> int:
    """Return the process that every one of the measured PostgreSQL is a child of; 0 on SQLite."""
    if "DATABASE_URL" not in env or env["DATABASE_URL"].startswith("sqlite"):
        return 0
    with psycopg.connect(env["DATABASE_URL"]) as connection:
        stat = Path(f"/proc/{connection.info.backend_pid}/stat").read_text()
    return int(stat.rpartition(")")[2].split()[1])


def cpu_ms(pids: list[int]) -> float:
    """Return the CPU that these processes have used, all threads, in milliseconds."""
    total = 0
    for pid in pids:
        for task in Path(f"/proc/{pid}/task").glob("*/schedstat"):
            try:
                total += int(task.read_text().split()[0])
            except OSError:
                continue  # it has ended meanwhile
    return total / 1e6


def memory_mb(pids: list[int]) -> float:
    """Return the memory of these processes, what they share counted once (PSS), in megabytes."""
    total = 0
    for pid in pids:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                total += int(line.split()[1])
    return total / 1024


def start_s(module: str, env: dict[str, str], path: str, by: str, times: int = 3) -> float:
    """Return the median of seconds from starting a server to its first 200."""
    return statistics.median(_start_once_s(module, env, path, by) for _time in range(times))


def _start_once_s(module: str, env: dict[str, str], path: str, by: str) -> float:
    with _started(module, env, by) as (process, port):
        begun = time.perf_counter()
        wait_for(port)
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        connection.request("GET", path)
        if connection.getresponse().status != 200:
            raise SystemExit(f"{path} did not answer 200")
        assert process.poll() is None
        return time.perf_counter() - begun


def stop_s(module: str, env: dict[str, str], by: str, after_s: float) -> float | None:
    """Return the seconds that a server takes to end when it is told so (SIGTERM) `after_s` after its
    start; None if it has not ended within STOP_S.
    """
    with _started(module, env, by) as (process, _port):
        time.sleep(after_s)
        begun = time.perf_counter()
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(timeout=STOP_S)
        except subprocess.TimeoutExpired:
            return None
        return time.perf_counter() - begun


@contextmanager
def _started(
    module: str, env: dict[str, str], by: str
) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    port = servers.free_port()
    process = subprocess.Popen(
        command(module, port, by), cwd=servers.ROOT, env=env, start_new_session=True
    )
    try:
        yield process, port
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
