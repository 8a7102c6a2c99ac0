"""What the log says: lines for eyes, or JSON for machines, each with the id of its request.

Nothing that a person sent gets into it. A line break in a message is written as \\n, so that nobody
can forge a line. Of an exception the log has its kind and where it came from; its words only where
they are about the program or the machine, as others may repeat what somebody typed.
"""

import json
import logging
import traceback
from collections.abc import Iterator
from datetime import UTC, datetime
from types import TracebackType
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.db import InterfaceError, OperationalError

from forum.present import NO_PAGE, now, page_of

CONTROL = {code: f"\\x{code:02x}" for code in (*range(32), *range(127, 160), 0x2028, 0x2029)}
CONTROL |= {0x0A: "\\n", 0x0D: "\\r", 0x09: " "}
_ABOUT_THE_PROGRAM = (AttributeError, ImportError, ImproperlyConfigured, NameError, TypeError)
_ABOUT_THE_MACHINE = (InterfaceError, OperationalError)


class Line(logging.Formatter):
    """Time, level, name, words; then the facts and the request's id, and a traceback on lines of its own."""

    def format(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created, UTC)
        said = {**facts_of(record), **_request()}
        tail = "".join(f" {name}={value}" for name, value in said.items())
        line = f"{at:%Y-%m-%d %H:%M:%S} {record.levelname} {record.name} {words_of(record)}{tail}"
        return "\n".join([_one_line(line), *frames_of(record)])


class Json(logging.Formatter):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        said: dict[str, Any] = {"at": at, "level": record.levelname.lower(), "name": record.name}
        said |= {"says": words_of(record), **_request(), **facts_of(record)}
        if frames := list(frames_of(record)):
            said["traceback"] = frames
        return json.dumps(said, ensure_ascii=True, default=str)


def _request() -> dict[str, str]:
    return {"request": now.id} if now.id else {}


def _one_line(words: str) -> str:
    return words.translate(CONTROL)


def facts_of(record: logging.LogRecord) -> dict[str, Any]:
    return getattr(record, "facts", {})


def words_of(record: logging.LogRecord) -> str:
    """Return the message; what Django and gunicorn put into theirs, paths and addresses, is left out."""
    if hasattr(record, "status_code") and isinstance(record.args, tuple) and record.args:
        # Django ends these with the path.
        page = page_of(now.request) if now.request is not None else NO_PAGE
        return str(record.msg) % (*record.args[:-1], page)
    words = record.getMessage()
    if record.name.startswith("gunicorn"):
        words = words.partition(" from ip=")[0]
    return words


def frames_of(record: logging.LogRecord) -> Iterator[str]:
    """Yield the lines of the traceback, the first exception first."""
    if not record.exc_info or record.exc_info[1] is None:
        return
    chain: list[BaseException] = []
    error: BaseException | None = record.exc_info[1]
    while error is not None and error not in chain:
        chain.append(error)
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    for one in reversed(chain):
        yield from _frames(one.__traceback__)
        yield _one_line(told(one))


def _frames(trace: TracebackType | None) -> Iterator[str]:
    for frame in traceback.extract_tb(trace):
        yield _one_line(f"  {frame.filename}:{frame.lineno} {frame.name}: {frame.line}")


def told(error: BaseException) -> str:
    """Return the kind of an exception, with its words where they are about the program or machine."""
    kind = f"{type(error).__module__}.{type(error).__qualname__}".removeprefix("builtins.")
    words = ""
    if isinstance(error, OSError):
        words = error.strerror or ""
    elif isinstance(error, _ABOUT_THE_PROGRAM):
        words = str(error)
    elif isinstance(error, _ABOUT_THE_MACHINE):
        words = (str(error).strip().splitlines() or [""])[0]
    return f"{kind}: {words}" if words else kind
