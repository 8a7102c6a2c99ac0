"""The indexes: tables that the database fills itself, from a column of folded words.

SQLite: an FTS5 table without a copy of the text, and triggers. PostgreSQL: a table of tsvectors with
GIN, and triggers. They know nothing of states: a comment that is removed stays in the index and is not
shown, because the search asks the row itself.

A migration that makes SQLite write a table anew (most changes of a column do) drops its triggers: it
must end with `made(KIND)`. A test looks whether all stand after all migrations.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, migrations, transaction

KEY_IDS = 1 << 31  # ids in one second of a key: comments are found by (second, id)
_AT_ONCE = 2_000  # rows
_TRIED = 1_000  # rows that are looked for by their own words in a check


@dataclass(frozen=True)
class Kind:
    """What can be found. `key`: the column its rows are found by; `columns`: {column of the index:
    column of the table it is made of}; `pk`: the table's primary key.
    """

    name: str
    table: str
    key: str
    columns: tuple[tuple[str, str], ...]
    pk: str = "id"

    @property
    def index(self) -> str:
        return f"search_{self.name}"


COMMENT = Kind(
    "comment", "discussions_commenttext", "search_key", (("words", "words"),), pk="comment_id"
)
TOPIC = Kind("topic", "discussions_topic", "id", (("words", "folded"),))
FILM = Kind("film", "films_film", "id", (("words", "folded"), ("slips", "slips")))
PERSON = Kind("person", "films_person", "id", (("words", "folded"), ("slips", "slips")))
KINDS = (COMMENT, TOPIC, FILM, PERSON)


def key_of(at: datetime, pk: int) -> int:
    """Return the key of a comment: later ones have greater keys, in one second by their ids."""
    return max(0, min(int(at.timestamp()), (1 << 32) - 1)) * KEY_IDS + pk % KEY_IDS


def made(kind: Kind) -> migrations.RunPython:
    """Return the operation of a migration that makes the index of a kind anew, and fills it."""

    def forwards(_apps: Any, editor: Any) -> None:
        make(kind, editor.connection)

    def backwards(_apps: Any, editor: Any) -> None:
        _run(editor.connection, _dropped(kind, editor.connection.vendor))

    return migrations.RunPython(forwards, backwards)


def make(kind: Kind, on: Any = connection) -> None:
    """Make the index of a kind and its triggers anew, and fill it."""
    _run(on, _dropped(kind, on.vendor))
    _run(on, _postgresql(kind) if on.vendor == "postgresql" else _sqlite(kind))
    _run(on, [_fill(kind, on.vendor)])


def rebuild(kind: Kind, tell: Callable[[int], None] = lambda _rows: None) -> int:
    """Fill the index of a kind anew; `tell` hears from time to time how many rows are done.

    On PostgreSQL searches find what they found before until it is done, people go on posting, and who
    edits or deletes waits; SQLite locks its writers out.
    """
    with transaction.atomic():
        if connection.vendor == "postgresql":
            _run(connection, [f"DELETE FROM {kind.index}"])
        else:
            _run(connection, [f"INSERT INTO {kind.index}({kind.index}) VALUES ('delete-all')"])
        done = last = 0
        while True:
            ids = _ids_after(kind, last)
            if not ids:
                return done
            span = f" AND {kind.pk} BETWEEN {ids[0]:d} AND {ids[-1]:d}"
            _run(connection, [_fill(kind, connection.vendor, span)])
            done, last = done + len(ids), ids[-1]
            tell(done)


def faults(kind: Kind) -> Iterator[str]:
    """Yield what is wrong with the index of a kind, in words: rows it lacks, rows that are gone, rows
    that their own words do not find (of the last _TRIED).
    """
    missing = set(_triggers(kind, connection.vendor)) - _there(kind)
    yield from (f"{kind.name}: the trigger {name} is missing" for name in sorted(missing))
    key = "key" if connection.vendor == "postgresql" else "id"
    index = kind.index if connection.vendor == "postgresql" else f"{kind.index}_docsize"
    rows = f"SELECT {kind.key} FROM {kind.table} WHERE {_is_found(kind)}"
    stored = f"SELECT {key} FROM {index}"
    for words, one, other in (("is not in", rows, stored), ("is gone but in", stored, rows)):
        for row in _rows(f"{one} EXCEPT {other} LIMIT 20"):
            yield f"{kind.name} {_named(kind, row[0])} {words} the index"
    source = kind.columns[0][1]
    last = (
        f"SELECT {kind.key}, {source} FROM {kind.table} WHERE {_is_found(kind)}"
        f" ORDER BY {kind.key} DESC LIMIT {_TRIED}"
    )
    for pk, words in _rows(last):
        if not _rows(*_own_words(kind, pk, words)):
            yield f"{kind.name} {_named(kind, pk)} is not found by its own words"


def _own_words(kind: Kind, pk: int, words: str) -> tuple[str, list[Any]]:
    if connection.vendor == "postgresql":
        mine = " & ".join(f"'{word}'" for word in words.split()[:8])
        return f"SELECT 1 FROM {kind.index} WHERE key = %s AND words @@ %s::tsquery", [pk, mine]
    mine = " ".join(f'"{word}"' for word in words.split()[:8])
    asked = f"words : ({mine})"
    return f"SELECT 1 FROM {kind.index} WHERE rowid = %s AND {kind.index} MATCH %s", [pk, asked]


def _named(kind: Kind, key: int) -> str:
    return f"#{key % KEY_IDS}" if kind is COMMENT else f"#{key}"


def _ids_after(kind: Kind, last: int) -> list[int]:
    """Return the next rows to index. By primary key: the key of comments has no order in their table."""
    found = _rows(
        f"SELECT {kind.pk} FROM {kind.table} WHERE {_is_found(kind)} AND {kind.pk} > {last:d}"
        f" ORDER BY {kind.pk} LIMIT {_AT_ONCE}"
    )
    return [row[0] for row in found]


def _is_found(kind: Kind, row: str = "") -> str:
    return f"{row}{kind.key} IS NOT NULL AND {row}{kind.columns[0][1]} <> ''"


def _run(on: Any, statements: list[str]) -> None:
    with on.cursor() as cursor:
        for one in statements:
            cursor.execute(one)


def _rows(sql: str, values: list[Any] | None = None) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return list(cursor.fetchall())


def _there(kind: Kind) -> set[str]:
    """Return the names of the triggers that the kind's table has."""
    if connection.vendor == "postgresql":
        found = _rows("SELECT tgname FROM pg_trigger WHERE tgrelid = %s::regclass", [kind.table])
    else:
        found = _rows(
            "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = %s", [kind.table]
        )
    return {row[0] for row in found}


def _triggers(kind: Kind, vendor: str) -> list[str]:
    acts = ["insert", "update", "delete"]
    acts += ["truncate"] if vendor == "postgresql" else ["leave"]
    return [f"{kind.index}_{act}" for act in acts]


def _dropped(kind: Kind, vendor: str) -> list[str]:
    table = f" ON {kind.table}" if vendor == "postgresql" else ""
    triggers = [f"DROP TRIGGER IF EXISTS {name}{table}" for name in _triggers(kind, vendor)]
    return [*triggers, f"DROP TABLE IF EXISTS {kind.index}"]


def _fill(kind: Kind, vendor: str, more: str = "") -> str:
    key, where = kind.key, _is_found(kind) + more
    names = ", ".join(name for name, _source in kind.columns)
    if vendor == "postgresql":
        made = ", ".join(f"search_vector({source})" for _name, source in kind.columns)
        return (  # what is posted meanwhile, a trigger has put there
            f"INSERT INTO {kind.index} SELECT {key}, {made} FROM {kind.table} WHERE {where}"
            " ON CONFLICT DO NOTHING"
        )
    made = ", ".join(source for _name, source in kind.columns)
    return (
        f"INSERT INTO {kind.index}(rowid, {names}) SELECT {key}, {made} FROM {kind.table}"
        f" WHERE {where} ORDER BY {key}"
    )


# SQLite


def _sqlite(kind: Kind) -> list[str]:
    index, table = kind.index, kind.table
    names = ", ".join(name for name, _source in kind.columns)
    # The words are folded: whatever is no ASCII is a letter, and spaces alone part them.
    short = "" if kind is COMMENT else ", prefix='1 2 3'"  # titles are looked for while one types
    watched = ", ".join([*(source for _name, source in kind.columns), kind.key])
    old, new = (
        ", ".join([f"{row}.{kind.key}", *(f"{row}.{source}" for _name, source in kind.columns)])
        for row in ("OLD", "NEW")
    )
    out = f"INSERT INTO {index}({index}, rowid, {names}) VALUES ('delete', {old})"
    come = f"INSERT INTO {index}(rowid, {names}) VALUES ({new})"
    changed = " OR ".join(
        f"OLD.{name} IS NOT NEW.{name}"
        for name in (kind.key, *(source for _name, source in kind.columns))
    )
    was, now = _is_found(kind, "OLD."), _is_found(kind, "NEW.")
    return [
        f"CREATE VIRTUAL TABLE {index} USING fts5({names}, content='', tokenize='ascii'{short})",
        f"CREATE TRIGGER {index}_insert AFTER INSERT ON {table} WHEN {now} BEGIN {come}; END",
        f"CREATE TRIGGER {index}_delete AFTER DELETE ON {table} WHEN {was} BEGIN {out}; END",
        f"CREATE TRIGGER {index}_leave BEFORE UPDATE OF {watched} ON {table}"
        f" WHEN {was} AND ({changed}) BEGIN {out}; END",
        f"CREATE TRIGGER {index}_update AFTER UPDATE OF {watched} ON {table}"
        f" WHEN {now} AND ({changed}) BEGIN {come}; END",
    ]


# PostgreSQL


_VECTOR = r"""
CREATE OR REPLACE FUNCTION search_vector(words text) RETURNS tsvector
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$ BEGIN
  RETURN COALESCE((
    SELECT string_agg('''' || word || ''':' || least(at, 16383), ' ')
    FROM unnest(string_to_array(translate(words, '''\', '  '), ' ')) WITH ORDINALITY AS one(word, at)
    WHERE word <> ''), '')::tsvector;
END $$
"""


def _postgresql(kind: Kind) -> list[str]:
    index, table, key = kind.index, kind.table, kind.key
    names = [name for name, _source in kind.columns]
    sources = [source for _name, source in kind.columns]
    vectors = ", ".join(f"search_vector({source})" for source in sources)
    of_new = ", ".join(f"search_vector(NEW.{source})" for source in sources)
    changed = " OR ".join(f"OLD.{name} IS DISTINCT FROM NEW.{name}" for name in (key, *sources))
    watched = ", ".join([*sources, key])
    columns = ", ".join(f"{name} tsvector NOT NULL" for name in names)
    indexes = [
        # What was just written is read in full with every search, so that this list stays short.
        f"CREATE INDEX {index}_{name} ON {index} USING gin ({name})"
        " WITH (gin_pending_list_limit = 256)"
        for name in names
    ]
    if kind is COMMENT:  # from a comment to its words
        indexes.append(f"CREATE UNIQUE INDEX {index}_id ON {index} ((key % {KEY_IDS}))")
    # What is common is found in order of keys, what is rare by its words: the database chooses by
    # what it knows of more words than of other columns.
    known = [f"ALTER TABLE {index} ALTER COLUMN {name} SET STATISTICS 500" for name in names]
    bodies = {
        "insert": f"INSERT INTO {index} SELECT {key}, {vectors} FROM came WHERE {_is_found(kind)};"
        " RETURN NULL;",
        "delete": f"DELETE FROM {index} USING went WHERE {index}.key = went.{key}; RETURN NULL;",
        "update": f"DELETE FROM {index} WHERE {index}.key = OLD.{key};"
        f" IF {_is_found(kind, 'NEW.')} THEN INSERT INTO {index} VALUES (NEW.{key}, {of_new});"
        " END IF; RETURN NULL;",
        "truncate": f"TRUNCATE {index}; RETURN NULL;",
    }
    whens = {
        "insert": f"AFTER INSERT ON {table} REFERENCING NEW TABLE AS came FOR EACH STATEMENT",
        "delete": f"AFTER DELETE ON {table} REFERENCING OLD TABLE AS went FOR EACH STATEMENT",
        "update": f"AFTER UPDATE OF {watched} ON {table} FOR EACH ROW WHEN ({changed})",
        "truncate": f"AFTER TRUNCATE ON {table} FOR EACH STATEMENT",
    }
    made = [_VECTOR, f"CREATE TABLE {index} (key bigint PRIMARY KEY, {columns})", *indexes, *known]
    for act, body in bodies.items():
        name = f"{index}_{act}"
        made += [
            f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql"
            f" AS $$ BEGIN {body} END $$",
            f"CREATE TRIGGER {name} {whens[act]} EXECUTE FUNCTION {name}()",
        ]
    return made
