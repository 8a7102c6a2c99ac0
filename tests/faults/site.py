"""The real site, started as ./run starts it, with its files in a folder; and what its database holds."""

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import psycopg

from forum import env
from tests import servers
from tests.lanes import plain_environment
from tests.servers import ROOT, free_port

OPEN_S, CLOSED_S = 120, 60  # the machine may be busy with other tests


class Site:
    """A site on a free port. `settings` are of the environment; `module` is what is run."""

    def __init__(self, folder: Path, *, module: str = "forum.start", **settings: str) -> None:
        self.folder, self.module = folder, module
        self.port = int(settings.pop("PORT", 0)) or free_port()
        self.settings = {
            **{"DEMO": "off", "RATE_LIMITS": "off", "PYTHONUNBUFFERED": "1"},
            **{"PORT": str(self.port), **settings},
        }
        self.log_path = folder.parent / f"{folder.name}.log"  # not on the site's own, small disk
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def environment(self) -> dict[str, str]:
        return {**plain_environment(self.folder), **self.settings}

    @property
    def address(self) -> str:
        """The address of its database."""
        return self.settings.get("DATABASE_URL") or f"sqlite:///{self.folder / 'foyer.sqlite3'}"

    def start(self) -> None:
        """Start it and wait until it says that it is open."""
        words_before = len(self.log())
        with self.log_path.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", self.module], cwd=ROOT, env=self.environment,
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip
        wait_until(
            lambda: "Foyer is open" in self.log()[words_before:] or self.process.poll() is not None,
            OPEN_S,
        )
        assert self.process.poll() is None, self.log()
        wait_until(self.workers, OPEN_S)

    def stop(self, number: int = signal.SIGTERM) -> None:
        """Stop it as systemd does; what is left after a time is killed and fails the test."""
        if self.process is None:
            return
        self.process.send_signal(number)
        try:
            self.process.wait(CLOSED_S)
        finally:
            if self.process.poll() is None:
                os.killpg(self.process.pid, signal.SIGKILL)
                self.process.wait()
            self.process = None

    def log(self) -> str:
        return self.log_path.read_text(errors="replace") if self.log_path.exists() else ""

    def workers(self) -> list[int]:
        """The processes that answer, without the one beside them that sends letters."""
        parent = self.process.pid
        found = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
        return [pid for pid in map(int, found) if b"manage.py" not in _command(pid)]

    def kill(self, choose: Callable[[list[int]], list[int]]) -> None:
        """Kill those that `choose` takes of the workers that live; of none, wait for the next."""
        killed = 0
        while not killed:
            workers = self.workers()
            for pid in choose(workers) if workers else []:
                with suppress(ProcessLookupError):  # it has ended since they were counted
                    os.kill(pid, signal.SIGKILL)
                    killed += 1
            time.sleep(0 if killed else 0.05)

    def manage(self, *words: str) -> str:
        done = subprocess.run(
            [sys.executable, "manage.py", *words], cwd=ROOT, env=self.environment,
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def rows(self, sql: str, values: Sequence[Any] = ()) -> list[tuple]:
        """Return the rows of a query with %s for each value, asked beside the site."""
        if self.address.startswith("sqlite"):
            path = self.address.removeprefix("sqlite:///")
            database = sqlite3.connect(path, timeout=30)
            try:
                return database.execute(sql.replace("%s", "?"), values).fetchall()
            finally:
                database.close()
        with psycopg.connect(self.address, autocommit=True) as connection:
            return connection.execute(sql, values).fetchall()

    def bodies(self) -> list[str]:
        return [body for (body,) in self.rows("SELECT body FROM discussions_commenttext")]


def _command(pid: int) -> bytes:
    try:
        command = Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        command = b""
    return command or b"manage.py"  # it has ended meanwhile


def wait_until(is_so: Any, seconds: float) -> None:
    end = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < end, f"not within {seconds} s"
        time.sleep(0.05)


def prepare(folder: Path) -> None:
    """Fill a folder with a migrated SQLite file, static files and a topic (its id is 1)."""
    site = Site(folder)
    site.start()
    open_topic(site)
    site.stop()


def open_topic(site: Site) -> None:
    make = "from forum.discussions import services; services.open_topic(title='Faults', by=None)"
    site.manage("shell", "-v0", "-c", make)


@contextmanager
def running(folder: Path, pattern: Path, **settings: str) -> Iterator[Site]:
    """Yield a running site with a topic (id 1): on SQLite from `pattern`, else on DATABASE_URL."""
    shutil.copytree(pattern, folder, dirs_exist_ok=True)
    site = Site(folder, **settings)
    site.start()
    try:
        if "DATABASE_URL" in settings and not site.rows("SELECT 1 FROM discussions_topic"):
            open_topic(site)
        yield site
    finally:
        if site.process:
            site.stop()


@contextmanager
def on_this_lane(folder: Path, pattern: Path, **settings: str) -> Iterator[Site]:
    """Yield a running site on SQLite, or on a PostgreSQL of its own if that is the lane's database."""
    with ExitStack() as stack:
        if not env.SQLITE:
            settings["DATABASE_URL"] = stack.enter_context(servers.postgresql())
        yield stack.enter_context(running(folder, pattern, **settings))
