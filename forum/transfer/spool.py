"""Records put aside on the disk until all of a file is read, then taken out page by page."""

import sqlite3
import tempfile
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

AT_ONCE = 1_000  # rows in memory on their way in


class Spool:
    """Rows of texts and numbers in a file of its own, kept under the number of a bundle.

    The file goes with close(). What was put in comes out of a bundle in the same order.
    """

    def __init__(self, columns: Sequence[str]) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="foyer-import-")
        self._rows: list[tuple[Any, ...]] = []
        self._columns = ", ".join(columns)
        marks = ", ".join("?" * (len(columns) + 1))
        self._insert = f"INSERT INTO spool VALUES ({marks})"  # noqa: S608
        self._file = sqlite3.connect(Path(self._folder.name) / "spool", isolation_level=None)
        # Nobody else reads it and nothing of it outlives this process.
        self._file.execute("PRAGMA journal_mode = OFF")
        self._file.execute("PRAGMA synchronous = OFF")
        self._file.execute(f"CREATE TABLE spool (bundle INTEGER, {self._columns})")
        self._file.execute("BEGIN")

    def put(self, bundle: int, row: tuple[Any, ...]) -> None:
        self._rows.append((bundle, *row))
        if len(self._rows) >= AT_ONCE:
            self._flush()

    def _flush(self) -> None:
        self._file.executemany(self._insert, self._rows)
        self._rows.clear()

    def done(self) -> None:
        """All is put in: make it quick to take out."""
        self._flush()
        self._file.execute("CREATE INDEX spool_by_bundle ON spool (bundle)")
        self._file.execute("COMMIT")

    def counts(self) -> dict[int, int]:
        """Return {bundle: rows}."""
        return dict(self._file.execute("SELECT bundle, COUNT(*) FROM spool GROUP BY bundle"))

    def take(self, bundles: Sequence[int]) -> Iterator[tuple[Any, ...]]:
        """Yield the rows of these bundles, without their numbers."""
        numbers = iter(bundles)
        while some := list(islice(numbers, 500)):
            marks = ", ".join("?" * len(some))
            # The only names in it are columns that our own code gave.
            yield from self._file.execute(
                f"SELECT {self._columns} FROM spool WHERE bundle IN ({marks}) ORDER BY rowid",  # noqa: S608
                some,
            )

    def close(self) -> None:
        self._file.close()
        self._folder.cleanup()
