"""Lines of a table into fields, as real files have them: a quote that closes nothing is a sign. Pure."""

import re
from collections.abc import Iterator
from typing import Protocol

MOST_LINE = 1_000_000  # characters; a longer line is no row
MOST_LINES = 500  # of one row
_QUOTED = re.compile(r'"((?:[^"]|"")*)"[ \t]*')
_OPEN = re.compile(r'"(?:[^"]|"")*\Z')


class Readable(Protocol):
    def readline(self, size: int = -1, /) -> str: ...


Fields = list[str]
# (number of the first line, its fields; None: a line too long to be one)
Row = tuple[int, Fields | None]


def rows(file: Readable, delimiter: str, *, quotes: bool, width: int = 0) -> Iterator[Row]:
    """Yield the rows of a table but empty ones, with the number of their first lines.

    `quotes`: a field may be "quoted", with line ends and delimiters in it; else quotes are signs like
    others. `width`: how many fields a row should have; a row of several lines that has not as many is
    taken for a line with an odd quote. An empty `delimiter` parts nothing.
    """
    waiting: list[str] = []  # lines that were read on trial
    number = 0
    while True:
        line = waiting.pop(0) if waiting else _line(file)
        if not line:
            return
        number += 1
        if len(line) > MOST_LINE:
            yield number, None
            continue
        if not line.strip("\r\n"):
            continue
        if not delimiter:
            yield number, [line.strip("\r\n")]
            continue
        fields, more = _row(line, file, waiting, delimiter, quotes, width)
        yield number, fields
        number += more
        del waiting[:more]


def _line(file: Readable) -> str:
    """Return a line with its end; of one that is too long only its beginning, and skip the rest."""
    line = piece = file.readline(MOST_LINE + 1)
    while len(piece) > MOST_LINE and piece[-1] not in "\r\n":
        piece = file.readline(MOST_LINE + 1)
    return line


def _row(
    line: str, file: Readable, waiting: list[str], delimiter: str, quotes: bool, width: int
) -> tuple[Fields, int]:
    """Return a row's fields and how many lines it has beside `line`; these stand first in `waiting`."""
    if not quotes:
        return line.rstrip("\r\n").split(delimiter), 0
    fields = split(line.rstrip("\r\n"), delimiter)
    text, more = line, 0
    while fields is None and more < MOST_LINES and len(text) <= MOST_LINE:
        if more == len(waiting):
            following = _line(file)
            if not following:
                break
            waiting.append(following)
        text += waiting[more]
        more += 1
        fields = split(text.rstrip("\r\n"), delimiter)
    if more and (fields is None or (width and len(fields) != width)):
        return split(line.rstrip("\r\n"), delimiter, is_all=True) or [], 0
    return fields or [], more


def split(text: str, delimiter: str, *, is_all: bool = False) -> Fields | None:
    """Return the fields of a row; None if a quoted one goes on after `text`, unless that is all.

    A field that begins with a quote and is not closed before a delimiter is taken as it stands.
    """
    fields, at = [], 0
    while True:
        quoted = _QUOTED.match(text, at) if text.startswith('"', at) else None
        if quoted and (quoted.end() == len(text) or text.startswith(delimiter, quoted.end())):
            fields.append(quoted[1].replace('""', '"'))
            end = quoted.end()
        elif not is_all and text.startswith('"', at) and _OPEN.match(text, at):
            return None
        else:
            end = text.find(delimiter, at)
            end = len(text) if end < 0 else end
            fields.append(text[at:end])
        if end == len(text):
            return fields
        at = end + len(delimiter)
