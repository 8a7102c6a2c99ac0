"""A file with films: what it is, what its columns are called, its rows."""

import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from forum.transfer import streaming
from forum.transfer.lists import columns, items, lines
from forum.transfer.records import BadFile

FORMATS = ["csv", "tsv", "json", "imdb"]
_HEAD = 64 * 1024  # bytes that are looked at first
_DELIMITERS = "\t,;|"
_BOMS = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
NAMED = 100  # objects of a JSON file whose keys are looked at


class Unclear(Exception):
    """A file that somebody must say more about; `first` is its first row."""

    def __init__(self, first: Sequence[str], is_imdb: bool = False) -> None:
        super().__init__()
        self.first, self.is_imdb = first, is_imdb


@dataclass
class Row:
    """What stands on a line, by column; or why it cannot be read."""

    line: int
    values: dict[str, Any] = field(default_factory=dict)
    fault: str = ""


@dataclass
class FilmFile:
    """A file that was looked at. `format`: one of FORMATS; `names`: of its columns.

    has_header: whether the first row of a table names its columns; None: what it looks like. Raises
    BadFile, OSError; Unclear where the first row may be a film.
    """

    path: Path
    format: str = ""
    encoding: str = ""
    has_header: bool | None = None
    names: list[str] = field(default_factory=list)
    delimiter: str = ""

    def look(self, pairs: Sequence[str] = ()) -> None:
        """Find out what is not said. `pairs`: names that --map calls columns."""
        head = streaming.beginning(self.path, _HEAD)
        if not head.strip():
            raise BadFile("it is empty")
        if not self.encoding:
            self.encoding = next(
                (name for bom, name in _BOMS.items() if head.startswith(bom)), "utf-8"
            )
        text = head.decode(self.encoding, "replace")
        self._refuse_other_kinds(head, text)
        if not self.format and text.lstrip()[:1] in ("[", "{"):
            self.format = "json"
        if self.format == "json":
            self.names = self._keys()
        else:
            self._look_at_table(pairs)

    def _refuse_other_kinds(self, head: bytes, text: str) -> None:
        if head.startswith(b"PK\x03\x04"):
            raise BadFile("it is a zip archive or a spreadsheet; save it as CSV")
        if text.lstrip().startswith("<"):
            raise BadFile("it is XML or HTML, no CSV or JSON")
        if self.encoding.startswith("utf-8") and b"\x00" in head[:4096]:
            raise BadFile("it is no text")

    def _look_at_table(self, pairs: Sequence[str]) -> None:
        with self._text() as file:
            head = file.read(_HEAD)
        first_line = next((line for line in head.splitlines() if line.strip()), "")
        self.delimiter = self._delimiter(first_line)
        is_imdb = self.delimiter == "\t" and _is_imdb(first_line.split("\t"))
        if is_imdb:
            self.format = self.format or "imdb"
        found = lines.rows(io.StringIO(head, newline=""), self.delimiter, quotes=self.quotes)
        _line, fields = next(found, (1, None))
        if fields is None:
            raise BadFile("its first line is longer than a million characters", 1)
        cells = [cell.strip() for cell in fields]
        if self.has_header is None:
            self.has_header = self._is_header(cells, pairs)
        self.format = self.format or ("tsv" if self.delimiter == "\t" else "csv")
        if self.has_header:
            self.names = _named(cells)
        elif is_imdb:
            self.names = list(columns.IMDB)
        else:
            self.names = [str(number) for number in range(1, len(cells) + 1)]

    def _delimiter(self, first: str) -> str:
        if self.format in ("tsv", "imdb"):
            return "\t"
        counted = {one: len(lines.split(first, one, is_all=True) or ()) for one in _DELIMITERS}
        best = max(counted, key=lambda one: counted[one])
        return best if counted[best] > 1 else ""

    def _is_header(self, cells: list[str], pairs: Sequence[str]) -> bool:
        """Return True if cells are names of columns. Raises Unclear where they may be a film."""
        if cells == columns.IMDB:
            return True
        is_known = any(columns.meaning(cell) or (cell and cell in pairs) for cell in cells)
        if is_known and not any(columns.is_data(cell) for cell in cells):
            return True
        raise Unclear(cells, self.format == "imdb")

    @property
    def quotes(self) -> bool:
        """Whether a field may stand in quotes; in IMDb's files they are signs like others."""
        return self.format != "imdb"

    def _keys(self) -> list[str]:
        """Return the keys of the first objects of a JSON file."""
        names: dict[str, None] = {}
        with self._text() as file:
            for at, (_line, item) in enumerate(items.items(file)):
                if at == NAMED:
                    break
                if isinstance(item, dict):
                    names.update(dict.fromkeys(item))
        return list(names)

    def rows(self) -> Iterator[Row]:
        """Yield the file's rows. Raises BadFile, OSError."""
        with self._text() as file:
            yield from self._objects(file) if self.format == "json" else self._table(file)

    def _objects(self, file: io.TextIOWrapper) -> Iterator[Row]:
        for line, item in items.items(file):
            if isinstance(item, dict):
                yield Row(line, item)
            else:
                yield Row(line, fault=f"no object: {str(item)[:60]}")

    def _table(self, file: io.TextIOWrapper) -> Iterator[Row]:
        width = len(self.names)
        found = lines.rows(file, self.delimiter, quotes=self.quotes, width=width)
        if self.has_header:
            next(found, None)
        for line, fields in found:
            if fields is None:
                yield Row(line, fault="the line is longer than a million characters")
                continue
            while len(fields) > width and not fields[-1].strip():
                fields.pop()
            if len(fields) != width:
                yield Row(line, fault=f"it has {len(fields)} columns, not {width}")
                continue
            if any("\udc80" <= sign <= "\udcff" for cell in fields for sign in cell):
                yield Row(line, fault=f"it is not written in {self.encoding} (--encoding)")
                continue
            yield Row(line, dict(zip(self.names, fields, strict=True)))

    def _text(self) -> io.TextIOWrapper:
        raw = io.BufferedReader(_Unpacked(self.path), _HEAD)
        return io.TextIOWrapper(raw, self.encoding, "surrogateescape", newline="")


def _is_imdb(cells: list[str]) -> bool:
    """Return whether the first line of a table is one of IMDb's title.basics."""
    first = cells[0].strip("\ufeff")
    is_ours = first == columns.IMDB[0] or bool(re.fullmatch(r"tt\d{7,10}", first))
    return is_ours and len(cells) == len(columns.IMDB)


def _named(cells: list[str]) -> list[str]:
    """Return names of columns, each once: a second "Title" is "Title 2", one without a name its number."""
    names: list[str] = []
    for number, cell in enumerate(cells, 1):
        name, again = cell or str(number), 2
        while name in names:
            name, again = f"{cell or number} {again}", again + 1
        names.append(name)
    return names


class _Unpacked(io.RawIOBase):
    """A file, unpacked where it is a .gz, for Python's readers of text."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("rb")
        self._chunks = streaming.chunks(self._file)
        self._left = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self._left = self._left or next(self._chunks, b"")
        size = min(len(buffer), len(self._left))
        buffer[:size], self._left = self._left[:size], self._left[size:]
        return size

    def close(self) -> None:
        self._file.close()
        super().close()
