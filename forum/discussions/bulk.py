"""Rows into tables in one go, beside the ORM."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from django.db import connection
from django.db.models import Model


@cache
def _kinds(model: type[Model]) -> dict[str, str]:
    """Return the columns' types as PostgreSQL names them."""
    fields = model._meta.local_fields
    return {str(one.column): str(one.db_type(connection)).partition("(")[0] for one in fields}


def copy_rows(model: type[Model], columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Write the rows in one go: by COPY on PostgreSQL, by one prepared INSERT on SQLite."""
    table, names = model._meta.db_table, ", ".join(columns)
    with connection.wrap_database_errors, connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            kinds = _kinds(model)
            with cursor.copy(f"COPY {table} ({names}) FROM STDIN (FORMAT BINARY)") as copy:
                copy.set_types([kinds[column] for column in columns])
                for row in rows:
                    copy.write_row(row)
            return
        marks = ", ".join(["%s"] * len(columns))
        adapt = connection.ops.adapt_datetimefield_value
        cursor.executemany(
            f"INSERT INTO {table} ({names}) VALUES ({marks})",  # noqa: S608 (a table of our own)
            [[adapt(v) if isinstance(v, datetime) else v for v in row] for row in rows],
        )
