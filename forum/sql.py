"""Statements of ours that pages ask again and again, whose SQL is always the same."""

import itertools
import threading
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, Generic, TypeVar

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Model, QuerySet
from django.db.models.expressions import RawSQL
from django.db.models.query import get_related_populators

M = TypeVar("M", bound=Model)
_STANDS_FOR_THE_NUMBER = -(10**15)  # in kept SQL; no id of ours


def rows(sql: str, values: Sequence[Any] = ()) -> list[Any]:
    """Return all rows of a query with %s for each value.

    PostgreSQL prepares it: reading and planning the SQL anew cost more than its answer. Django puts
    values into the SQL before it is sent, so that no two statements were the same.
    """
    with _cursor() as cursor:
        cursor.execute(sql, values)
        return list(cursor.fetchall())


def changed(sql: str, values: Sequence[Any] = ()) -> int:
    """Return how many rows a statement has changed; PostgreSQL prepares it as `rows` does."""
    with _cursor() as cursor:
        cursor.execute(sql, values)
        return int(cursor.rowcount)


def _cursor() -> Any:
    cursor = connection.cursor()
    if connection.vendor == "postgresql":
        from django.db.backends.postgresql.base import ServerBindingCursor  # SQLite has no use

        # Django makes it so too; the stubs have a function of other arguments there.
        cursor.cursor = ServerBindingCursor(connection.connection)  # type: ignore[call-arg]
    return cursor


_here = threading.local()
_numbers = itertools.count()


def state() -> str | None:
    """Return a word that stands for all that can be read now: the same word, the same data; one
    query. None within a transaction, which sees what it has written itself.

    PostgreSQL names which transactions are seen. SQLite counts what other connections have changed
    (PRAGMA data_version) and what this one has; its word says nothing to another connection.
    """
    if connection.in_atomic_block:
        return None
    if connection.vendor == "postgresql":
        return str(rows("SELECT pg_current_snapshot()::text")[0][0])
    others = rows("PRAGMA data_version")[0][0]
    if getattr(_here, "connection", None) is not connection.connection:
        # Held, so that no later connection is taken for this one.
        _here.connection, _here.number = connection.connection, next(_numbers)
    return f"{_here.number}/{others}/{connection.connection.total_changes}"


def moment(at: datetime) -> Any:
    """Return a moment as a statement of ours takes it."""
    return connection.ops.adapt_datetimefield_value(at)


def among(column: str, ids: Sequence[int]) -> tuple[str, list[Any]]:
    """Return a condition for numbers of ours, and its values: one statement for any number of them."""
    numbers = list(map(int, ids))
    if connection.vendor == "postgresql":
        return f"{column} = ANY(%s::bigint[])", [numbers]
    return f"{column} IN ({','.join(map(str, numbers))})", []


def numbered(rows: QuerySet[M], ids: Collection[int]) -> QuerySet[M]:
    """Return those of `rows` with these ids, many of them: Django looks at each of a list five times."""
    if not ids:
        return rows.none()
    return rows.filter(pk__in=RawSQL(",".join(str(int(one)) for one in ids), []))  # noqa: S611 (numbers)


def first(make: Callable[[int], QuerySet[M]], number: int) -> M | None:
    """Return the first row of make(number), what it selects as related with it; None if there is none.

    `make` is a module's function that gives the same query for every number. Its SQL is made once:
    for a comment with its text, author and talk that took thirty times as long as the answer.
    """
    if not 0 < number < 2**63:
        return None  # from an address; no database has such an id, and some refuse the question
    text, values, build = _kept(make, connection.vendor)
    found = rows(text, [number if one == _STANDS_FOR_THE_NUMBER else one for one in values])
    return build(found[0]) if found else None


def first_values(make: Callable[[int], QuerySet[M, Any]], number: int) -> tuple[Any, ...] | None:
    """Return the first row of make(number), a values_list, as the database gives it; None if there is
    none. `make` is as for `first`; no instance is made, and no value read.
    """
    if not 0 < number < 2**63:
        return None
    text, values = _kept_values(make, connection.vendor)
    found = rows(text, [number if one == _STANDS_FOR_THE_NUMBER else one for one in values])
    return tuple(found[0]) if found else None


@cache
def _kept_values(make: Callable[[int], QuerySet[M, Any]], _vendor: str) -> tuple[str, Any]:
    text, values = make(_STANDS_FOR_THE_NUMBER)[:1].query.sql_with_params()
    return text, values


@dataclass(frozen=True)
class Unmade(Generic[M]):
    """The rows of a query as the database gives them, of which few become instances: hundreds that are
    ranked take longer to make than to read. `build` makes one of a row.
    """

    rows: list[Any]
    build: Callable[[Sequence[Any]], M]
    _places: dict[str, int]

    def places(self, *names: str) -> list[int]:
        """Return where in a row columns stand: "id", or of what is selected as related "topic__id"."""
        return [self._places[name] for name in names]


def unmade(queryset: QuerySet[M]) -> Unmade[M]:
    """Return the rows of `queryset`, one query."""
    compiler = queryset.query.get_compiler(connection.alias)
    found: list[Any] = []
    with suppress(EmptyResultSet):  # a filter that no row passes
        text, values = compiler.as_sql()
        with connection.cursor() as cursor:
            cursor.execute(text, values)
            found = list(cursor.fetchall())
    columns = [column for column, _sql, _alias in compiler.select]
    places = {columns[at].target.attname: at for at in compiler.klass_info["select_fields"]}
    for one in compiler.klass_info.get("related_klass_infos", []):
        name = one["field"].related_query_name() if one["reverse"] else one["field"].name
        places |= {f"{name}__{columns[at].target.attname}": at for at in one["select_fields"]}
    return Unmade(found, _builder(compiler), places)


@cache
def _kept(make: Callable[[int], QuerySet[M]], _vendor: str) -> tuple[str, Any, Callable[..., M]]:
    compiler = make(_STANDS_FOR_THE_NUMBER)[:1].query.get_compiler(connection.alias)
    text, values = compiler.as_sql()
    return text, values, _builder(compiler)


def _builder(compiler: Any) -> Callable[[Sequence[Any]], Any]:
    """Return what makes an instance of a row, as Django's own ModelIterable does. The SQL has been made."""
    columns = [column for column, _sql, _alias in compiler.select]
    converters = compiler.get_converters(columns)
    of_model = compiler.klass_info["select_fields"]
    names = [columns[at].target.attname for at in of_model]
    related: Any = get_related_populators(  # type: ignore[call-arg]  # the stubs are of Django 6
        compiler.klass_info, compiler.select, connection.alias
    )

    def build(row: Sequence[Any]) -> Any:
        values = next(iter(compiler.apply_converters([row], converters)))
        model = compiler.klass_info["model"]
        made = model.from_db(connection.alias, names, [values[at] for at in of_model])
        for populator in related:
            populator.populate(values, made)
        return made

    return build
