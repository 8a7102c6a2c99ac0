"""XML files of strangers, read as a stream: no entities, no document type, flat memory.

The parser's calls feed a Target, which gives complete records out by take(). A file that is broken
is told with line and column.
"""

import gzip
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO
from xml.etree.ElementTree import ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

from forum.transfer.records import BadFile

CHUNK = 64 * 1024  # bytes read at a time
MOST_TEXT = 16 * 1024 * 1024  # characters of one element; above it the file is refused
MOST_SILENT = 64 * 1024 * 1024  # bytes without one complete token; above it the file is refused
MOST_DEEP = 100  # elements inside each other; an export has five
MOST_PACKED = 200  # times that a compressed file may grow; an export grows tenfold
Heard = Callable[[int], None]  # told how many bytes of the file were read so far


class Target:
    """What the parser calls. A subclass says what is kept, and what an element's end means.

    path: the names of the open elements; text: the pieces of the element being kept.
    """

    def __init__(self) -> None:
        self.tokens = 0
        self.path: list[str] = []
        self.text: list[str] | None = None  # of the element being read; None: not kept
        self.text_depth = self.text_chars = 0
        self.done: list[Any] = []

    def name(self, tag: str) -> str:
        """Return the short name of a tag."""
        raise NotImplementedError

    def opened(self, name: str, depth: int, attributes: dict[str, str]) -> bool:
        """Hear of a start; return whether the element's text is kept."""
        raise NotImplementedError

    def closed(self, name: str, depth: int, text: str | None) -> None:
        """Hear of an end; `text` of an element that was kept."""
        raise NotImplementedError

    def take(self) -> list[Any]:
        done, self.done = self.done, []
        return done

    # The parser's interface

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        self.tokens += 1
        name, path = self.name(tag), self.path
        path.append(name)
        depth = len(path)
        if depth > MOST_DEEP:
            raise BadFile("elements lie more than 100 deep inside each other")
        if self.opened(name, depth, attributes) and self.text is None:
            self.text, self.text_depth, self.text_chars = [], depth, 0

    def data(self, data: str) -> None:
        self.tokens += 1
        if self.text is not None:
            self.text.append(data)
            self.text_chars += len(data)
            if self.text_chars > MOST_TEXT:
                raise BadFile("one text has more than 16 million characters")

    def end(self, tag: str) -> None:
        self.tokens += 1
        depth, name = len(self.path), self.path.pop()
        text = None
        if self.text is not None and depth == self.text_depth:
            text, self.text = "".join(self.text), None
        self.closed(name, depth, text)

    def close(self) -> None:
        """Part of the parser's interface."""


def parse(path: Path, target: Target, heard: Heard | None = None) -> Iterator[Any]:
    """Yield what `target` gives out while the file is read. Raises BadFile, OSError."""
    parser = DefusedXMLParser(target=target, forbid_dtd=True)
    silent = 0
    with path.open("rb") as raw:
        for chunk in chunks(raw):
            before = target.tokens
            _feed(parser, chunk)
            silent = silent + len(chunk) if before == target.tokens else 0
            if silent > MOST_SILENT:
                raise BadFile("one token goes on for 64 MiB")
            if heard:
                heard(raw.tell())
            yield from target.take()
        _feed(parser, None)
    yield from target.take()


def beginning(path: Path, size: int) -> bytes:
    """Return the first bytes of a file as its parser will see them. Raises BadFile, OSError."""
    with path.open("rb") as raw:
        return next(chunks(raw), b"")[:size]


def chunks(raw: BinaryIO) -> Iterator[bytes]:
    """Yield a file piece by piece, unpacked if it is a .gz. Raises BadFile."""
    packed = raw.read(2) == b"\x1f\x8b"
    raw.seek(0)
    source: Any = gzip.GzipFile(fileobj=raw) if packed else raw
    given = 0
    try:
        while chunk := source.read(CHUNK):
            given += len(chunk)
            if packed and given > CHUNK * 64 and given > MOST_PACKED * raw.tell():
                raise BadFile("the compressed file grows two hundredfold")
            yield chunk
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise BadFile(f"the compressed file is damaged ({error})") from error


def _feed(parser: Any, chunk: bytes | None) -> None:
    """Hand bytes to the parser (None: the end), its complaints turned into BadFile."""
    try:
        parser.close() if chunk is None else parser.feed(chunk)
    except ParseError as error:
        why = str(error).split(":")[0]
        raise BadFile(f"malformed XML, {why}", *error.position) from error
    except DefusedXmlException as error:
        place = parser.parser
        raise BadFile(
            "it declares a document type or entities, which an export never does",
            place.CurrentLineNumber,
            place.CurrentColumnNumber,
        ) from error
    except (ValueError, LookupError) as error:  # encodings that the parser does not know
        raise BadFile(f"it cannot be decoded ({error})", 1) from error
    except BadFile as error:
        if not error.line:
            error.line = parser.parser.CurrentLineNumber
            error.column = parser.parser.CurrentColumnNumber
        raise
