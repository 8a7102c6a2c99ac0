"""A comment table without its constraints, so that faults can be planted in it; put back at the end."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction

TABLE = "discussions_comment"


@contextmanager
def loosened() -> Iterator[None]:
    """Let comments be written in any way; what was done inside is undone at the end."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            _loosen_postgresql(cursor) if connection.vendor == "postgresql" else _loosen(cursor)
        yield
        transaction.set_rollback(True)


def _loosen_postgresql(cursor):
    cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # nothing may wait while the table is altered
    cursor.execute(
        "SELECT conname FROM pg_constraint WHERE conrelid = %s::regclass AND contype IN ('c','f','u')",
        [TABLE],
    )
    for (name,) in cursor.fetchall():
        cursor.execute(f'ALTER TABLE {TABLE} DROP CONSTRAINT "{name}"')
    for column in ("lft", "rght", "level", "tree_id"):
        cursor.execute(f"ALTER TABLE {TABLE} ALTER COLUMN {column} DROP NOT NULL")
    cursor.execute("DROP INDEX comment_one_root_a_tree")


def _loosen(cursor):
    """SQLite cannot alter constraints, but believes what its own table of tables says."""
    cursor.execute(f"SELECT name, type FROM pragma_table_info('{TABLE}')")
    columns = [f'"{name}" {kind}' for name, kind in cursor.fetchall() if name != "id"]
    columns += ['UNIQUE ("parent_id", "ordinal")']  # its index is there and must have a reason
    sql = f'CREATE TABLE "{TABLE}" ("id" integer PRIMARY KEY AUTOINCREMENT, {", ".join(columns)})'
    cursor.execute("DROP INDEX comment_one_root_a_tree")
    cursor.execute("PRAGMA schema_version")
    version = cursor.fetchone()[0]
    cursor.execute("PRAGMA writable_schema = ON")
    cursor.execute("UPDATE sqlite_master SET sql = %s WHERE name = %s", [sql, TABLE])
    cursor.execute(f"PRAGMA schema_version = {version + 1}")
    cursor.execute("PRAGMA writable_schema = OFF")


def plant(change: str, *ids: int) -> None:
    """Run UPDATE … SET `change` on the comments `ids`."""
    with connection.cursor() as cursor:
        marks = ",".join(["%s"] * len(ids))
        cursor.execute(f"UPDATE {TABLE} SET {change} WHERE id IN ({marks})", list(ids))
