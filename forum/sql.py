"""Statements of ours that pages ask again and again, whose SQL is always the same."""

from collections.abc import Sequence
from typing import Any

from django.db import connection


def rows(sql: str, values: Sequence[Any] = ()) -> list[Any]:
    """Return all rows of a query with %s for each value.

    PostgreSQL prepares it: reading and planning the SQL anew cost more than its answer. Django puts
    values into the SQL before it is sent, so that no two statements were the same.
    """
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            from django.db.backends.postgresql.base import ServerBindingCursor  # SQLite has no use

            cursor.cursor = ServerBindingCursor(connection.connection)  # type: ignore[call-arg]
        cursor.execute(sql, values)
        return list(cursor.fetchall())


def among(column: str, ids: Sequence[int]) -> tuple[str, list[Any]]:
    """Return a condition for numbers of ours, and its values: one statement for any number of them."""
    numbers = list(map(int, ids))
    if connection.vendor == "postgresql":
        return f"{column} = ANY(%s::bigint[])", [numbers]
    return f"{column} IN ({','.join(map(str, numbers))})", []
