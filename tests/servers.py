"""Real servers for tests and measurements: PostgreSQL and Redis (or Valkey), found on this machine.

Each stands on a free port of 127.0.0.1 with its files in a temporary folder, under a guard process
that reads its standard input. The guard stops the server and removes the folder when that input
ends: at the end of the `with`, and also when the asking process dies in whatever way.

By hand: `python -m tests.servers postgresql` prints an address and serves until Ctrl-D.
"""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
START_S = 30  # seconds that a server may take to answer
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
BROWSER_PLACES = (  # where installers put one that is not on PATH
    ".cache/ms-playwright/chromium-*/chrome-linux*/chrome",
    "Library/Caches/ms-playwright/chromium-*/chrome-mac*/Chromium.app/Contents/MacOS/Chromium",
)


class Missing(Exception):
    """A program that is needed is not on this machine, or did not start."""


@contextmanager
def postgresql(*, durable: bool = False) -> Iterator[str]:
    """Yield the address of an empty PostgreSQL database; `durable` waits for the disk as a site does."""
    with _guarded("postgresql-durable" if durable else "postgresql") as address:
        yield address


@contextmanager
def redis() -> Iterator[str]:
    """Yield the address of an empty Redis or Valkey."""
    with _guarded("redis") as address:
        yield address


def find_postgresql() -> Path | None:
    """Return the folder of PostgreSQL's programs: that on PATH, else Debian's newest."""
    on_path = shutil.which("postgres")
    if on_path and shutil.which("initdb"):
        return Path(on_path).resolve().parent
    folders = Path("/usr/lib/postgresql").glob("*/bin")
    ready = [folder for folder in folders if (folder / "initdb").exists()]
    return max(ready, key=lambda folder: float(folder.parent.name), default=None)


def find_redis() -> str | None:
    return shutil.which("redis-server") or shutil.which("valkey-server")


def find_browser() -> str | None:
    """Return $CHROMIUM, else Chromium or Chrome on PATH, else playwright's own."""
    named = [os.environ.get("CHROMIUM"), *(shutil.which(name) for name in BROWSERS)]
    places = [str(path) for place in BROWSER_PLACES for path in sorted(Path.home().glob(place))]
    return next((path for path in [*named, *places] if path and os.access(path, os.X_OK)), None)


@contextmanager
def _guarded(kind: str) -> Iterator[str]:
    guard = subprocess.Popen(
        [sys.executable, "-m", "tests.servers", kind],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert guard.stdin
    assert guard.stdout
    try:
        address = guard.stdout.readline().strip()
        if not address:
            raise Missing(f"{kind} did not start; its reason stands above")
        yield address
    finally:
        guard.stdin.close()
        guard.wait()
        guard.stdout.close()


# The guard


def main(kind: str) -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)  # the end of the input is what stops it
    start = {
        "postgresql": _start_postgresql,
        "postgresql-durable": lambda folder: _start_postgresql(folder, durable=True),
        "redis": _start_redis,
    }[kind]
    with tempfile.TemporaryDirectory(prefix="foyer-", ignore_cleanup_errors=True) as folder:
        try:
            server, address = start(Path(folder))
        except Missing as error:
            sys.exit(str(error))
        try:
            print(address, flush=True)
            sys.stdin.read()
        finally:
            _stop(server)


def _start_postgresql(folder: Path, durable: bool = False) -> tuple[subprocess.Popen[bytes], str]:
    programs = find_postgresql()
    if not programs:
        raise Missing("PostgreSQL is not on this machine")
    as_user = _unprivileged(folder)
    data = folder / "data"
    _do([programs / "initdb", "-D", data, "-U", "foyer", "-A", "trust", "-E", "UTF8",
         "--locale=C.UTF-8", "--no-sync"], folder, as_user)  # fmt: skip
    port = free_port()
    options = {"port": port, "listen_addresses": "127.0.0.1", "unix_socket_directories": "",
               "max_connections": 200, "shared_buffers": "256MB"}  # fmt: skip
    if not durable:
        options |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
    words = [word for name, value in options.items() for word in ("-c", f"{name}={value}")]
    server = _launch([programs / "postgres", "-D", data, *words], folder, as_user)
    at = ["-h", "127.0.0.1", "-p", str(port), "-U", "foyer"]
    ready: list[str | Path] = [programs / "pg_isready", "-q", *at, "-d", "postgres"]
    _wait(server, folder, lambda: subprocess.run(ready, check=False).returncode == 0)
    _do([programs / "createdb", *at, "foyer"], folder, as_user)
    return server, f"postgresql://foyer@127.0.0.1:{port}/foyer"


def _start_redis(folder: Path) -> tuple[subprocess.Popen[bytes], str]:
    program = find_redis()
    if not program:
        raise Missing("neither Redis nor Valkey is on this machine")
    port = free_port()
    server = _launch(
        [program, "--port", port, "--bind", "127.0.0.1", "--save", "", "--dir", folder], folder, {}
    )
    _wait(server, folder, lambda: _answers(port))
    return server, f"redis://127.0.0.1:{port}/0"


def _unprivileged(folder: Path) -> dict[str, object]:
    """Return what makes a program run as an ordinary user; PostgreSQL refuses root."""
    if os.geteuid() != 0:
        return {}
    names = {entry.pw_name: entry for entry in pwd.getpwall()}
    user = names.get("postgres") or names["nobody"]
    os.chown(folder, user.pw_uid, user.pw_gid)
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


def _do(command: list, folder: Path, as_user: dict) -> None:
    words = [str(word) for word in command]
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True, check=False, **as_user)
    if done.returncode:
        raise Missing(f"{words[0]} failed:\n{done.stdout}{done.stderr}")


def _launch(command: list, folder: Path, as_user: dict) -> subprocess.Popen[bytes]:
    # In a session of its own: Ctrl-C in the terminal is not for it.
    with (folder / "log").open("wb") as log:
        return subprocess.Popen([str(word) for word in command], cwd=folder, stdin=subprocess.DEVNULL,
                                stdout=log, stderr=log, start_new_session=True, **as_user)  # fmt: skip


def _wait(server: subprocess.Popen[bytes], folder: Path, is_ready) -> None:
    end = time.monotonic() + START_S
    while not is_ready():
        if server.poll() is not None or time.monotonic() > end:
            _stop(server)
            raise Missing(f"it did not start:\n{(folder / 'log').read_text(errors='replace')}")
        time.sleep(0.05)


def _stop(server: subprocess.Popen[bytes]) -> None:
    server.send_signal(signal.SIGINT)  # PostgreSQL's fast way down, and Redis's
    try:
        server.wait(10)
    except subprocess.TimeoutExpired:
        os.killpg(server.pid, signal.SIGKILL)
        server.wait()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _answers(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1) as connection:
            connection.sendall(b"PING\r\n")
            return connection.recv(5) == b"+PONG"
    except OSError:
        return False


if __name__ == "__main__":
    main(sys.argv[1])
