"""Which films changed in what lists show of them: a log that the database itself keeps (FilmChange).

Triggers write it, so that no writer can forget to: not an import in bulk, not a comment that is the first
of its talk. films/shelf.py reads it.
"""

from typing import Any, NamedTuple

from django.db import connection, migrations

from films.models import FilmChange
from forum import sql

KEPT = 10_000  # rows; who is further behind reads all films anew
_FILM_COLUMNS = (
    "state, published_at, sort_title, year, runtime_minutes, countries, languages, category_id"
)
# (name, event and table, condition, SQL of the film's id; a "row" stands for NEW or OLD)
_TRIGGERS = [
    ("film_come", "INSERT ON films_film", "", "NEW.id"),
    ("film_change", f"UPDATE OF {_FILM_COLUMNS} ON films_film", "", "NEW.id"),
    ("film_go", "DELETE ON films_film", "", "OLD.id"),
    ("shelf_come", "INSERT ON films_film_categories", "", "NEW.film_id"),
    ("shelf_go", "DELETE ON films_film_categories", "", "OLD.film_id"),
    ("source_come", "INSERT ON films_source", "", "NEW.film_id"),
    ("source_move_here", "UPDATE OF film_id ON films_source", "", "NEW.film_id"),
    ("source_move_away", "UPDATE OF film_id ON films_source", "", "OLD.film_id"),
    ("source_go", "DELETE ON films_source", "", "OLD.film_id"),
    (
        "talk_change",
        "UPDATE OF comment_count ON discussions_topic",
        "OLD.comment_count <> NEW.comment_count AND NEW.path <> ''",
        "(SELECT id FROM films_film WHERE topic_id = NEW.id)",
    ),
]


class Position(NamedTuple):
    """How far somebody has read the log.

    `last` is a row that was read, by id and mark: where it is gone or another, the log was cut or the
    database is another one. `since` and `read` are PostgreSQL's: all transactions before `since` had
    ended, and of the later ones these rows were read.
    """

    last: tuple[int, int] | None = None
    since: int = 0
    read: frozenset[int] = frozenset()


def position() -> Position:
    """Return the end of the log; read it before what the log is about. One query."""
    return _ahead(Position(), [tuple(row) for row in sql.rows(_END[connection.vendor])])[0]


def after(known: Position) -> tuple[Position, list[int]] | None:
    """Return the new end of the log and the ids of films that changed since `known`; one query.

    None where that cannot be known any more, or the log was empty.
    """
    if known.last is None:
        return None
    last = known.last[0]
    is_postgresql = connection.vendor == "postgresql"
    values = [known.since, last] if is_postgresql else [last]
    found = [tuple(row) for row in sql.rows(_SINCE[connection.vendor], values)]
    if not any(row[:1] + row[2:] == known.last for row in found):
        return None
    return _ahead(known, found)


# Row 0 says which transactions have not ended: what those wrote becomes visible later, with ids that
# are not the highest.
_OPEN = "SELECT 0 AS id, 0 AS film_id, pg_snapshot_xmin(pg_current_snapshot())::text::bigint"
_ROWS = "SELECT id, film_id, mark FROM films_filmchange"
_END = {
    "sqlite": f"{_ROWS} ORDER BY id DESC LIMIT 1",
    "postgresql": f"{_OPEN} UNION ({_ROWS} ORDER BY id DESC LIMIT 1) UNION ({_ROWS}"
    " WHERE mark >= pg_snapshot_xmin(pg_current_snapshot())::text::bigint)",
}
_SINCE = {
    "sqlite": f"{_ROWS} WHERE id >= %s ORDER BY id",
    "postgresql": f"{_OPEN} UNION ALL ({_ROWS} WHERE mark >= %s OR id = %s)",
}


def _ahead(known: Position, found: list[tuple[Any, ...]]) -> tuple[Position, list[int]]:
    since = max((mark for pk, _film, mark in found if pk == 0), default=0)
    rows = [row for row in found if row[0]]
    known_last = known.last[0] if known.last else 0
    new = [row for row in rows if row[0] not in known.read and row[0] != known_last]
    end = max(rows, default=None)
    last = (end[0], end[2]) if end else known.last
    read = frozenset(pk for pk, _film, mark in rows if since and mark >= since)
    return Position(last, since, read), list(dict.fromkeys(film for _pk, film, _mark in new))


def prune() -> str:
    """Delete what every reader of the log has read long ago; return what was done, in words."""
    end = FilmChange.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    count, _by_model = FilmChange.objects.filter(pk__lte=end - KEPT).delete()
    return f"changes of films that lists know of: {count:,} forgotten"


# The triggers


def watched() -> migrations.RunPython:
    """Return the operation of a migration that makes the triggers."""
    return migrations.RunPython(_make, _drop)


def missing() -> list[str]:
    """Return the triggers that do not stand: a migration that wrote their table anew took them away."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT tgname FROM pg_trigger WHERE NOT tgisinternal")
        else:
            cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
        there = {name for (name,) in cursor.fetchall()}
    return [name for name, *_rest in _TRIGGERS if f"films_{name}" not in there]


def _make(_apps: Any, schema_editor: Any) -> None:
    is_postgresql = schema_editor.connection.vendor == "postgresql"
    mark = "pg_current_xact_id()::text::bigint" if is_postgresql else "random()"
    for name, event, condition, film in _TRIGGERS:
        when = f" WHEN ({condition})" if condition else ""
        body = f"INSERT INTO films_filmchange (film_id, mark) SELECT {film}, {mark} WHERE {film} IS NOT NULL;"
        if is_postgresql:
            schema_editor.execute(
                f"CREATE OR REPLACE FUNCTION films_{name}() RETURNS trigger LANGUAGE plpgsql"
                f" AS $$ BEGIN {body} RETURN NULL; END $$"
            )
            act = f"FOR EACH ROW{when} EXECUTE FUNCTION films_{name}()"
        else:
            act = f"FOR EACH ROW{when} BEGIN {body} END"
        schema_editor.execute(f"CREATE TRIGGER films_{name} AFTER {event} {act}")


def _drop(_apps: Any, schema_editor: Any) -> None:
    is_postgresql = schema_editor.connection.vendor == "postgresql"
    for name, event, _condition, _film in _TRIGGERS:
        table = f" ON {event.split(' ON ')[1]}" if is_postgresql else ""
        schema_editor.execute(f"DROP TRIGGER IF EXISTS films_{name}{table}")
        if is_postgresql:
            schema_editor.execute(f"DROP FUNCTION IF EXISTS films_{name}()")
