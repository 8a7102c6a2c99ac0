"""Fresh databases with all tables, one after the other, on both kinds of server."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from tests import servers

ROOT = Path(__file__).resolve().parents[2]
POSTGRESQL, SQLITE = "PostgreSQL", "SQLite"


class Lane:
    """One kind of database; `fresh` gives the environment of an empty one."""

    def __init__(self, name: str, folder: Path, address: str) -> None:
        self.name, self.folder, self.first = name, folder, address
        self.count = 0
        run(self.environment(address), "manage.py", "migrate", "-v0")

    def environment(self, address: str) -> dict[str, str]:
        return os.environ | {
            "DATABASE_URL": address,
            "DATA_DIR": str(self.folder),
            "DJANGO_SETTINGS_MODULE": "forum.settings",
            "DEMO": "off",
            "RATE_LIMITS": "off",
        }

    def fresh(self) -> dict[str, str]:
        """Return the environment of a database that was never used; the one before is dropped."""
        if self.name == SQLITE:
            for old in self.folder.glob("bench*"):
                old.unlink()
        else:
            with psycopg.connect(f"{self.base}postgres", autocommit=True) as server:
                server.execute(f"DROP DATABASE IF EXISTS bench{self.count}")
        return self.another()

    def another(self) -> dict[str, str]:
        """Return the environment of a database that was never used; those before stay."""
        self.count += 1
        if self.name == SQLITE:
            copy = self.folder / f"bench{self.count}.sqlite3"
            shutil.copy(self.first.removeprefix("sqlite:///"), copy)
            return self.environment(f"sqlite:///{copy}")
        with psycopg.connect(f"{self.base}postgres", autocommit=True) as server:
            server.execute(f"CREATE DATABASE bench{self.count} TEMPLATE foyer")
        return self.environment(f"{self.base}bench{self.count}")

    @property
    def base(self) -> str:
        return self.first.removesuffix("foyer")

    @property
    def version(self) -> str:
        if self.name == SQLITE:
            return ""
        with psycopg.connect(self.first) as server:
            number = server.info.server_version
        return f"PostgreSQL {number // 10_000}.{number % 100}"


@contextmanager
def lanes() -> Iterator[list[Lane]]:
    """Yield PostgreSQL, which waits for the disk as a site's does, and SQLite."""
    with tempfile.TemporaryDirectory(prefix="foyer-bench-") as name:
        folder = Path(name)
        with servers.postgresql(durable=True) as address:
            yield [
                Lane(POSTGRESQL, folder, address),
                Lane(SQLITE, folder, f"sqlite:///{folder / 'empty.sqlite3'}"),
            ]


def run(environment: dict[str, str], *words: str) -> str:
    """Run Python with these words; return what it printed."""
    done = subprocess.run(
        [sys.executable, *words],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return done.stdout
