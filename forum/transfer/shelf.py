"""Pages of a file, put aside while it is read for the first time, so that it is parsed once."""

import pickle
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Any

from forum.transfer.records import FilmRecord

AT_ONCE = 1_000  # comments that are written together


class Shelf:
    """The records that `read()` gives; later askings read them from a temporary file of our own."""

    def __init__(self, read: Callable[[], Iterable[FilmRecord]]) -> None:
        self._read = read
        self._file: Any = tempfile.TemporaryFile(prefix="foyer-import-")  # noqa: SIM115
        self._is_full = False

    def pages(self) -> Iterator[FilmRecord]:
        """Yield the pages; the first time they are read and put aside. One asking at a time."""
        if self._is_full:
            yield from self._replay()
            return
        self._file.seek(0)
        self._file.truncate()
        for page in self._read():
            self._put(page)
            yield page
        self._is_full = True

    def _put(self, page: FilmRecord) -> None:
        comments = page.comments
        pickle.dump((replace(page, comments=[]), len(comments)), self._file, 5)
        for start in range(0, len(comments), AT_ONCE):
            pickle.dump(comments[start : start + AT_ONCE], self._file, 5)

    def _replay(self) -> Iterator[FilmRecord]:
        end = self._file.seek(0, 2)
        self._file.seek(0)
        # The file has no name that anybody could write to; what is in it, this process put there.
        while self._file.tell() < end:
            page, count = pickle.load(self._file)  # noqa: S301
            while len(page.comments) < count:
                page.comments += pickle.load(self._file)  # noqa: S301
            yield page

    def close(self) -> None:
        self._file.close()
