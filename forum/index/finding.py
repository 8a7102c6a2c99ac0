"""Asking an index: keys of rows that have the words, the greatest first, a page at a time."""

import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, TypeVar

from django.core.exceptions import EmptyResultSet
from django.db import OperationalError, connection, transaction
from django.db.models import Model, QuerySet
from django.db.models.expressions import RawSQL

from forum.index.folding import slips_of, stem
from forum.index.language import Asked, Term
from forum.index.tables import COMMENT, KEY_IDS, Kind

M = TypeVar("M", bound=Model)
TOP = (1 << 63) - 1  # above every key
RECENT = 1_500  # rows that are looked through before the index is asked
COMMON = 30  # of them that have the words, from which on as many as FURTHER are looked through
FURTHER = 30_000
PATIENCE_S = 2.0
_STEPS = 20_000  # of SQLite's machine between two looks at the clock


class TooMuch(Exception):
    """The search looks at more than can be looked at while somebody waits."""


@contextmanager
def in_time() -> Iterator[None]:
    """Let what is asked within take PATIENCE_S at most; raises TooMuch where it would take longer."""
    if connection.vendor == "postgresql":
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(f"SET LOCAL statement_timeout = {int(PATIENCE_S * 1000)}")
                yield
        except OperationalError as error:
            if getattr(error.__cause__, "sqlstate", "") != "57014":
                raise
            raise TooMuch from None
        return
    connection.ensure_connection()
    end = time.monotonic() + PATIENCE_S
    connection.connection.set_progress_handler(lambda: time.monotonic() > end, _STEPS)
    try:
        yield
    except OperationalError as error:
        if not (
            isinstance(error.__cause__, sqlite3.OperationalError) and "interrupt" in str(error)
        ):
            raise
        raise TooMuch from None
    finally:
        connection.connection.set_progress_handler(None, 0)


def expression(kind: Kind, asked: Asked) -> str:
    """Return the wanted and unwanted words as this database is asked for them; "" without any.

    In titles and names every word may go on, unless it is quoted. In comments words are whole, as
    they are stored: without the s of many.
    """
    wanted = [_term(kind, term) for term in asked.terms]
    unwanted = [_term(kind, term) for term in asked.without]
    if not wanted:
        return ""
    if connection.vendor == "postgresql":
        return " & ".join([*wanted, *(f"!({one})" for one in unwanted)])
    made = " AND ".join(wanted)
    return f"({made}) NOT ({' OR '.join(unwanted)})" if unwanted else made


def slips(words: Sequence[str]) -> str:
    """Return what finds titles that have all of these words, or words that are one slip away."""
    is_large = connection.vendor == "postgresql"
    quote, or_, and_ = ("'", " | ", " & ") if is_large else ('"', " OR ", " AND ")
    each = (or_.join(f"{quote}{one}{quote}" for one in slips_of(word)) for word in words)
    return and_.join(f"({one})" for one in each)


def keys(
    kind: Kind,
    words: str,
    rows: QuerySet[Any] | None = None,
    *,
    below: int = TOP,
    least: int = 0,
    most: int,
    is_narrow: bool = False,
) -> list[int]:
    """Return keys from `least` to under `below` of what has `words` (of `expression`), the greatest first,
    `most` at most; one query.

    Of `rows` alone, if they are given: of comments, or of the kind's own model. is_narrow: they are
    few, and the database may begin with them.
    """
    ask = Ask(kind, words, rows, most, below=below, least=least, is_narrow=is_narrow)
    return keys_of_each([ask])[0]


@dataclass(frozen=True)
class Ask:
    """What `keys` is asked, to be asked with others; of the column `slips`, with words of slips()."""

    kind: Kind
    words: str
    rows: QuerySet[Any] | None
    most: int
    column: str = "words"
    below: int = TOP
    least: int = 0
    is_narrow: bool = False


def keys_of_each(asks: Sequence[Ask]) -> list[list[int]]:
    """Return what `keys` would return to each of `asks`; one query for all, none without a word."""
    found: list[list[int]] = [[] for _ask in asks]
    parts = []
    for at, ask in enumerate(asks):
        with suppress(EmptyResultSet):  # a filter that no row passes
            if ask.words:
                parts.append((at, *_statement(ask)))
    if not parts:
        return found
    sql = " UNION ALL ".join(
        f"SELECT {at}, key FROM ({text}) AS part{at}" for at, text, _values in parts
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, [value for _at, _text, values in parts for value in values])
        for at, key in cursor.fetchall():
            found[at].append(key)
    return [sorted(some, reverse=True) for some in found]


def _statement(ask: Ask) -> tuple[str, list[Any]]:
    if connection.vendor == "postgresql" and not ask.is_narrow:
        return _in_looks(ask)
    key, index = _key(ask.kind), ask.kind.index
    has = _matches(ask.kind, ask.column)
    sql = f"SELECT {key} AS key FROM {index} WHERE {has} AND {key} < %s AND {key} >= %s"
    where, more = _one_of(ask) if ask.is_narrow and ask.kind is not COMMENT else _among(ask)
    values = [_match(ask.words, ask.column), ask.below, ask.least, *more]
    return f"{sql}{where} ORDER BY {key} DESC LIMIT {int(ask.most)}", values


def rows_of(ask: Ask, rows: QuerySet[M]) -> QuerySet[M]:
    """Return those of `rows`, of the kind's own model, whose numbers `keys` would return to `ask`."""
    try:
        sql, values = _statement(ask)
    except EmptyResultSet:
        return rows.none()
    return rows.filter(pk__in=RawSQL(sql, values))  # noqa: S611 (ours)


def _in_looks(ask: Ask) -> tuple[str, list[Any]]:
    """Look through the RECENT latest; if they are not enough and many of them have the words, through the
    FURTHER ones; if they are not enough either, ask the index.

    PostgreSQL takes every word it has not counted for one in 200, and so goes through all rows, the
    latest first, to find a dozen with a rare word. What is not found among the latest is rare. Whether
    a row is among ask.rows it would ask of all at once; OFFSET 0 has it ask row by row, until there
    are enough.
    """
    where, values = _among(ask, " OFFSET 0")
    index, key, has = ask.kind.index, _key(ask.kind), _matches(ask.kind, ask.column)
    span = f"{key} < %s AND {key} >= %s"
    first = f"ORDER BY {key} DESC"
    most = f"LIMIT {int(ask.most)}"
    latest = f"(SELECT * FROM {index} WHERE {span} {first} LIMIT {RECENT}) AS {index}"
    after = (
        f"(SELECT * FROM {index} WHERE {key} < (SELECT last FROM those) AND {key} >= %s"
        f" {first} LIMIT {FURTHER}) AS {index}"
    )
    enough = f"(SELECT COUNT(*) FROM recent) >= {int(ask.most)}"
    enough_now = f"(SELECT COUNT(*) FROM further) >= {int(ask.most)}"
    sql = (
        f"WITH recent AS MATERIALIZED (SELECT {key} FROM {latest} WHERE {has}{where} {first} {most}),"
        f" those AS MATERIALIZED (SELECT COUNT(*) FILTER (WHERE {has}) >= {COMMON} AS are_many,"
        f" MIN({key}) AS last FROM {latest}),"
        f" further AS MATERIALIZED (SELECT key FROM recent UNION ALL (SELECT {key} FROM {after}"
        f" WHERE CASE WHEN {enough} THEN FALSE ELSE (SELECT are_many FROM those) END"
        f" AND {has}{where} {first} {most})),"
        f" rare AS MATERIALIZED (SELECT key FROM {index} WHERE {has} AND {span} AND NOT {enough_now})"
        f" SELECT key FROM (SELECT key FROM further WHERE {enough_now}"
        f" UNION ALL (SELECT {key} FROM (SELECT key FROM rare ORDER BY key DESC OFFSET 0) AS {index}"
        f" WHERE TRUE{where} {first} {most})) AS found ORDER BY key DESC {most}"
    )
    bounds, words = [ask.below, ask.least], ask.words
    recent, rare = [*bounds, words, *values], [words, *bounds]
    return sql, [*recent, words, *bounds, ask.least, words, *values, *rare, *values]


def _one_of(ask: Ask) -> tuple[str, list[Any]]:
    """Return the condition that a key is one of few, and its values."""
    if ask.rows is None:
        return "", []
    inner, values = ask.rows.order_by().values("pk").query.sql_with_params()
    # With the sign SQLite does not look each up in its index of words, which takes seconds.
    sign = "" if connection.vendor == "postgresql" else "+"
    return f" AND {sign}{_key(ask.kind)} IN ({inner})", list(values)


def _among(ask: Ask, end: str = "") -> tuple[str, list[Any]]:
    """Return the condition that a key is of one of the rows, and its values."""
    if ask.rows is None:
        return "", []
    key = _key(ask.kind)
    pk = f"{key} %% {KEY_IDS}" if ask.kind is COMMENT else key
    mine = ask.rows.filter(pk=RawSQL(f"({pk})", [])).order_by().values("pk")  # noqa: S611 (ours)
    inner, values = mine.query.sql_with_params()
    return f" AND EXISTS ({inner}{end})", list(values)


def ids(kind: Kind, asked: Asked, *, most: int) -> list[int]:
    """Return ids of the latest rows that have the words, whoever may see them."""
    found = keys(kind, expression(kind, asked), most=most)
    return [key % KEY_IDS for key in found] if kind is COMMENT else found


def _key(kind: Kind) -> str:
    return f"{kind.index}.{'key' if connection.vendor == 'postgresql' else 'rowid'}"


def _matches(kind: Kind, column: str) -> str:
    if connection.vendor == "postgresql":
        return f"{kind.index}.{column} @@ %s::tsquery"
    return f"{kind.index} MATCH %s"


def _match(words: str, column: str) -> str:
    return words if connection.vendor == "postgresql" else f"{column} : ({words})"


def _term(kind: Kind, term: Term) -> str:
    is_title = kind is not COMMENT
    begins = term.begins or (is_title and not term.is_quoted)
    words = list(term.words) if is_title else [stem(word) for word in term.words]
    if is_title and len(set(words)) < len(words):
        # Titles have each word once, so that there is no order to look for.
        return _all([Term((word,), begins, term.is_quoted) for word in dict.fromkeys(words)], kind)
    if connection.vendor == "postgresql":
        parts = [f"'{word}'" for word in words]
        parts[-1] += ":*" if begins else ""
        return f"({' <-> '.join(parts)})"
    return f'"{" ".join(words)}"{"*" if begins else ""}'


def _all(terms: Sequence[Term], kind: Kind) -> str:
    and_ = " & " if connection.vendor == "postgresql" else " AND "
    return f"({and_.join(_term(kind, term) for term in terms)})"
