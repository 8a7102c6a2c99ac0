"""Objects of a JSON file one by one, whatever its length: an array, a line each, or a list under a key."""

import json
import re
from collections.abc import Iterator
from typing import Any, TextIO

from forum.transfer.lists import columns
from forum.transfer.records import BadFile

_AT_ONCE = 64 * 1024  # characters
_NEAR = 20  # characters: what is cut off there may be a word or an escape
MOST_ITEM = 4_000_000  # characters of one object
_BETWEEN = re.compile(r"[\s,]*")
_LIST = re.compile(r'"\s*:\s*\[\s*(?=\{)')


class _Text:
    """The part of a file that is in memory, and the line on which it begins."""

    def __init__(self, file: TextIO) -> None:
        self._file, self.text, self.line, self.is_all = file, "", 1, False

    def more(self) -> bool:
        """Read on; return whether there was more."""
        read = self._file.read(_AT_ONCE)
        self.text += read
        self.is_all = not read
        return bool(read)

    def drop(self, until: int) -> None:
        self.line += self.text.count("\n", 0, until)
        self.text = self.text[until:]

    def skip(self) -> str:
        """Go over spaces and commas; return the sign that follows, "" at the end."""
        while True:
            match = _BETWEEN.match(self.text)
            self.drop(match.end() if match else 0)
            if self.text or not self.more():
                return self.text[:1]


def items(file: TextIO) -> Iterator[tuple[int, Any]]:
    """Yield (line, object) of a file that holds films. Raises BadFile with line and column.

    Objects stand in an array, one after another, or in the first list of objects within an object.
    """
    text = _Text(file)
    text.more()
    is_array = _enter(text)
    while sign := text.skip():
        if sign == "]" and is_array:
            return
        yield text.line, _next(text)
    if is_array:
        raise BadFile("the list of films has no end", text.line)


def _enter(text: _Text) -> bool:
    """Go to the first film; return whether films stand in an array."""
    sign = text.skip()
    if sign == "[":
        text.drop(1)
        return True
    if sign != "{":
        raise BadFile("it begins with no list and no object", text.line, 1)
    found = _LIST.search(text.text)
    if found and not _is_film(text.text):
        text.drop(found.end())
        return True
    return False


def _is_film(text: str) -> bool:
    """Return whether the text begins with a film, and not with an object around a list of them."""
    try:
        first, _end = json.JSONDecoder().raw_decode(text)
    except (ValueError, RecursionError):
        return False
    return any(columns.meaning(key) == "title" for key in first)


def _next(text: _Text) -> Any:
    """Take one value out of the text, reading on until it is whole."""
    while True:
        try:
            value, end = json.JSONDecoder().raw_decode(text.text)
        except RecursionError as error:
            raise BadFile("values lie too deep inside each other", text.line) from error
        except ValueError as error:
            if len(text.text) > MOST_ITEM:
                raise BadFile("one film has more than 4 million characters", text.line) from error
            if _is_wrong(text.text, error) or not text.more():
                raise _broken(text, error) from error
            continue
        if end == len(text.text) and not isinstance(value, dict) and text.more():
            continue  # a number may go on
        text.drop(end)
        return value


def _is_wrong(text: str, error: ValueError) -> bool:
    """Return whether the fault lies before the end, so that reading on does not mend it."""
    at = getattr(error, "pos", len(text))
    return at < len(text) - _NEAR and not str(error).startswith("Unterminated string")


def _broken(text: _Text, error: ValueError) -> BadFile:
    at = getattr(error, "pos", 0)
    line = text.line + text.text.count("\n", 0, at)
    column = at - text.text.rfind("\n", 0, at)
    return BadFile(f"malformed JSON, {getattr(error, 'msg', error)}", line, column)
