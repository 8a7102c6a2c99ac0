"""Trying the spam score on a file of comments that somebody has labelled. Pure but for the file.

The first half by time is learned, and the line drawn by the scores that its texts would have, had each
not been learned. On the second half nothing is learned: that is what is told.
"""

import csv
import io
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

from django.utils.dateparse import parse_datetime

from forum.moderation.spam import bayes

COLUMNS = {
    "text": ("text", "content", "comment", "body", "message", "comment_text"),
    "label": ("label", "class", "spam", "is_spam", "tag", "category", "type", "target"),
    "time": ("time", "date", "datetime", "timestamp", "created_at", "published", "published_at"),
}
SPAM = {"1", "1.0", "spam", "true", "yes", "y", "t", "s", "junk", "bad"}
HAM = {"0", "0.0", "-1", "ham", "false", "no", "n", "f", "h", "ok", "good", "legit", "legitimate"}
HAM |= {"not spam", "notspam", "not_spam", "not-spam", "nospam", "no_spam", "non-spam", "nonspam"}
FORMS = (
    "%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%d", "%Y/%m/%d %H:%M:%S", "%Y/%m/%d %H:%M", "%Y/%m/%d",
    "%d.%m.%Y %H:%M:%S", "%d.%m.%Y %H:%M", "%d.%m.%Y", "%b %d, %Y", "%B %d, %Y", "%d %b %Y", "%d %B %Y",
)  # fmt: skip
_SLASHED = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})(?!\d)")
TEXT_CHARS = 200_000  # of one field, at most; csv's own limit is raised to it


@dataclass(frozen=True)
class Row:
    line: int
    text: str
    is_spam: bool
    at: datetime


@dataclass(frozen=True)
class Fault:
    """A row that is left out, by the line of the file on which it begins."""

    line: int
    words: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.words}"


@dataclass(frozen=True)
class Outcome:
    """What came of the second half. The shares are None where there was nothing to share."""

    learned_spam: int
    learned_ham: int
    line: int
    caught: int
    missed: int
    held: int  # of what is no spam
    passed: int

    @property
    def precision(self) -> float | None:
        return _of(self.caught, self.caught + self.held)

    @property
    def recall(self) -> float | None:
        return _of(self.caught, self.caught + self.missed)

    @property
    def ham_held(self) -> float | None:
        return _of(self.held, self.held + self.passed)


def _of(count: int, whole: int) -> float | None:
    return count / whole if whole else None


class Unreadable(Exception):
    """The file as a whole is not what is wanted; the words say why."""


def read(path: Path, dates: str = "") -> tuple[list[Row], list[Fault]]:
    """Return the rows of a CSV file and what is wrong with others. Raises Unreadable.

    dates: "dmy" or "mdy", what 03/04/2021 means; "": as the file's other dates show it, or it is asked.
    """
    csv.field_size_limit(TEXT_CHARS)
    try:
        content = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise Unreadable(f"{path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise Unreadable(f"{path}: line {line} is not UTF-8") from error
    reader = csv.reader(io.StringIO(content, newline=""))
    try:
        names = [name.strip().casefold() for name in next(reader, [])]
        at = {what: _column(names, what) for what in COLUMNS}
        lines = list(_lines(reader))
    except csv.Error as error:
        raise Unreadable(f"{path}: line {reader.line_num}: {error}") from error
    return _rows(
        lines,
        at,
        dates
        or _order_of([fields[at["time"]] for _line, fields in lines if len(fields) > at["time"]]),
    )


def _column(names: Sequence[str], what: str) -> int:
    found = next((names.index(name) for name in COLUMNS[what] if name in names), None)
    if found is None:
        held = ", ".join(name for name in names if name) or "nothing"
        raise Unreadable(f"line 1 names no column {what!r}; it has {held}")
    return found


def _lines(reader: Any) -> Iterator[tuple[int, list[str]]]:
    """Yield (line on which it begins, fields) of each row that has something in it."""
    line = reader.line_num + 1
    for fields in reader:
        begun, line = line, reader.line_num + 1
        if any(field.strip() for field in fields):
            yield begun, fields


def _rows(
    lines: Iterable[tuple[int, list[str]]], at: dict[str, int], dates: str
) -> tuple[list[Row], list[Fault]]:
    rows, faults = [], []
    for line, fields in lines:
        try:
            rows.append(_row(line, fields, at, dates))
        except ValueError as error:
            faults.append(Fault(line, str(error)))
    return rows, faults


def _row(line: int, fields: Sequence[str], at: dict[str, int], dates: str) -> Row:
    """Return the row. Raises ValueError with words."""
    if len(fields) <= max(at.values()):
        raise ValueError(f"has {len(fields)} fields, too few")
    label = " ".join(fields[at["label"]].split()).casefold()
    if label not in SPAM | HAM:
        raise ValueError(f"{label[:40]!r} is no label (1 or spam, 0 or ham)")
    return Row(line, fields[at["text"]], label in SPAM, moment(fields[at["time"]], dates))


def _order_of(times: Iterable[str]) -> str:
    """Return "dmy" or "mdy" as dates such as 25/04/2021 show it; "" where none has slashes.

    Raises Unreadable where they do not tell.
    """
    found = [match for words in times if (match := _SLASHED.match(words.strip()))]
    if not found:
        return ""
    days_first = any(int(match[1]) > 12 for match in found)
    months_first = any(int(match[2]) > 12 for match in found)
    if days_first == months_first:
        raise Unreadable(f"is {found[0][0]} a day or a month first? Say --dates dmy or --dates mdy")
    return "dmy" if days_first else "mdy"


def moment(words: str, dates: str = "") -> datetime:
    """Return the moment that is written so; without a zone it is UTC. Raises ValueError with words."""
    text = " ".join(words.split())
    if not text:
        raise ValueError("has no time")
    found = _number(text) or _iso(text) or _slashed(text, dates) or _formed(text) or _mail(text)
    if found is None:
        raise ValueError(f"{text[:40]!r} is no time such as 2021-05-01T10:00:00")
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _number(text: str) -> datetime | None:
    """Seconds, or thousandths of them, since 1970."""
    if not re.fullmatch(r"\d{9,13}(?:\.\d+)?", text):
        return None
    seconds = float(text)
    return datetime.fromtimestamp(seconds / 1000 if seconds > 1e11 else seconds, UTC)


def _iso(text: str) -> datetime | None:
    try:
        return parse_datetime(text) or datetime.fromisoformat(text)
    except ValueError:
        return None


def _slashed(text: str, dates: str) -> datetime | None:
    match = _SLASHED.match(text)
    if not match or not dates:
        return None
    day, month = (match[1], match[2]) if dates == "dmy" else (match[2], match[1])
    return _formed(f"{match[3]}-{month}-{day}{text[match.end() :]}")


def _formed(text: str) -> datetime | None:
    for form in FORMS:
        try:
            return datetime.strptime(text, form)
        except ValueError:
            continue
    return None


def _mail(text: str) -> datetime | None:
    try:
        return parsedate_to_datetime(text)
    except (ValueError, TypeError):
        return None


# ---------------------------------------------------------------------------------------------- the trial


def run(rows: Iterable[Row]) -> Outcome:
    """Learn the first half by time and judge the second. Raises Unreadable if too little is there."""
    ordered = sorted(rows, key=lambda row: (row.at, row.line))
    half = len(ordered) // 2
    book = bayes.Book()
    for row in ordered[:half]:
        book.learn(row.text, is_spam=row.is_spam)
    if not bayes.is_taught(book.total):
        raise Unreadable(
            f"the first half has {book.total[0]} spam and {book.total[1]} others; "
            f"{bayes.LEAST} of each are needed"
        )
    line = book.line()
    count: dict[tuple[bool, bool], int] = defaultdict(int)
    for row in ordered[half:]:
        count[row.is_spam, book.score(row.text) >= line] += 1
    return Outcome(
        *book.total, line, count[True, True], count[True, False], count[False, True], count[False, False]
    )  # fmt: skip
