"""What somebody typed into a search box, read. Pure: any text is a query, none is an error.

night mail      both words            "night mail"   these words in this order
-mail           not this word         nigh*          words that begin so
author: film: year: category: before: after:         with a word, or words in quotation marks
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from forum.index import folding

QUERY_CHARS = 400
MOST_TERMS = 12
PHRASE_WORDS = 12
FIELDS = ("author", "film", "year", "category", "before", "after")
_PART = re.compile(
    rf"(?P<no>-?)(?:(?P<field>{'|'.join(FIELDS)}):)?"
    r'(?:"(?P<quoted>[^"]*)(?:"(?P<more>\*?)|$)|(?P<bare>\S+))',
    re.I,
)
_YEARS = re.compile(r"(\d{4})(?:(s)|(?:-|\.\.)(\d{4}))?")
_DAY = re.compile(r"(\d{4})(?:-(\d{1,2})(?:-(\d{1,2}))?)?")


@dataclass(frozen=True)
class Term:
    """Words that stand next to each other; `begins`: the last of them may go on."""

    words: tuple[str, ...]
    begins: bool = False
    is_quoted: bool = False


@dataclass(frozen=True)
class Asked:
    """A query as it was understood. `unread`: filters that say nothing, as they were typed."""

    terms: tuple[Term, ...] = ()
    without: tuple[Term, ...] = ()
    author: str = ""
    film: str = ""
    category: str = ""
    years: tuple[int, int] | None = None
    before: datetime | None = None
    after: datetime | None = None
    unread: tuple[str, ...] = ()
    is_cut: bool = False

    @property
    def words(self) -> list[str]:
        """All words that are wanted, in order."""
        return [word for term in self.terms for word in term.words]

    @property
    def is_empty(self) -> bool:
        """Whether nothing is asked for: no word, no filter."""
        filters = (self.author, self.film, self.category, self.years, self.before, self.after)
        return not self.terms and not any(filters)


@dataclass
class _Read:
    terms: list[Term] = field(default_factory=list)
    without: list[Term] = field(default_factory=list)
    filters: dict[str, Any] = field(default_factory=dict)
    unread: list[str] = field(default_factory=list)
    is_cut: bool = False


def parse(text: str) -> Asked:
    """Return what `text` asks for, of its first QUERY_CHARS characters and MOST_TERMS terms."""
    read = _Read(is_cut=len(text) > QUERY_CHARS)
    for part in _PART.finditer(text[:QUERY_CHARS].replace("\x00", " ")):
        name = (part["field"] or "").lower()
        value = part["quoted"] if part["quoted"] is not None else part["bare"]
        if name and not part["no"]:
            _filter(read, name, value, part[0])
            continue
        begins = part["more"] == "*" or (part["quoted"] is None and value.endswith("*"))
        for term in _terms(value, begins, is_quoted=part["quoted"] is not None):
            if len(read.terms) + len(read.without) >= MOST_TERMS:
                read.is_cut = True
                break
            rows = read.without if part["no"] else read.terms
            if term not in rows:
                rows.append(term)
    return Asked(
        terms=tuple(read.terms),
        without=tuple(read.without),
        unread=tuple(read.unread),
        is_cut=read.is_cut,
        **read.filters,
    )


def _terms(value: str, begins: bool, is_quoted: bool) -> Iterator[Term]:
    words = tuple(folding.words(value)[:PHRASE_WORDS])
    if words:
        yield Term(words, begins, is_quoted)


def _filter(read: _Read, name: str, value: str, typed: str) -> None:
    """Note what a filter says; the last of two that are alike counts."""
    made: Any = value.strip()
    if name == "year":
        name, made = "years", _years(made)
    elif name in ("before", "after"):
        made = _moment(made)
    elif not folding.words(made):
        made = None
    if made is None:
        read.unread.append(typed)
    else:
        read.filters[name] = made


def _years(text: str) -> tuple[int, int] | None:
    """Return the first and last year of "1998", "1990s", "1990-1995"."""
    found = _YEARS.fullmatch(text) if text.isascii() else None
    if found is None:
        return None
    first = int(found[1])
    last = first + 9 if found[2] else int(found[3] or first)
    return (first, last) if first <= last else (last, first)


def _moment(text: str) -> datetime | None:
    """Return the beginning of a year, month or day, by the clock of UTC."""
    found = _DAY.fullmatch(text) if text.isascii() else None
    try:
        return found and datetime(int(found[1]), int(found[2] or 1), int(found[3] or 1), tzinfo=UTC)
    except ValueError:
        return None
