"""One size of site in a process of its own, told by lines of JSON what to do; growth.py asks."""

import io
import json
import os
import re
import sys
import time
from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "forum.settings")
django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from django.db.backends.utils import CursorWrapper  # noqa: E402

from tests.bench.growth_pages import PAGES, Site  # noqa: E402

LARGE = 10_000  # rows: a table with more may not be read from end to end
BY_NAME = {page.name: page for page in PAGES}


def answer(site: Site, name: str) -> Callable[[], Any]:
    """Return the request of a page; it fails for another status than the page's."""
    page = BY_NAME[name]
    act = page.make(site)

    def run() -> Any:
        response = act()
        if response.status_code != page.status:
            raise SystemExit(f"{name}: answered {response.status_code}")
        return response

    return run


# What may be asked


def ask_time(site: Site, name: str) -> tuple[float, float]:
    """Return the milliseconds that a page takes, and those of processors, the database's with it."""
    act = answer(site, name)
    cpu, begin = cpu_ms(), time.perf_counter()
    act()
    took = (time.perf_counter() - begin) * 1_000
    return took, cpu_ms() - cpu


def cpu_ms() -> float:
    """Return what this process has used, and PostgreSQL's process for its connection."""
    used = time.process_time_ns()
    if connection.vendor == "postgresql":
        pid = connection.connection.info.backend_pid
        used += int(Path(f"/proc/{pid}/schedstat").read_text().split()[0])
    return used / 1e6


def ask_facts(site: Site, name: str) -> dict[str, Any]:
    """Return a page's queries, bytes, and which of its statements read a large table whole."""
    act = answer(site, name)
    with caught() as found:
        response = act()
    scans = {scan for sql, values, prepared in found for scan in whole_reads(sql, values, prepared)}
    return {"queries": len(found), "bytes": len(response.content), "scans": sorted(scans)}


def ask_rows(_site: Site, _name: str) -> dict[str, int]:
    """Return how many rows the tables have."""
    return tables()


def ask_command(_site: Site, words: str) -> float:
    """Return the seconds that a command of manage.py takes."""
    begin = time.perf_counter()
    call_command(*words.split(), stdout=io.StringIO())
    return time.perf_counter() - begin


def ask_sql(_site: Site, sql: str) -> int:
    """Run a statement that prepares what a command is to do; return the rows it touched."""
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return int(cursor.rowcount)


def ask_root(site: Site, _name: str) -> int:
    """Return the largest thread's first comment in the measured film's talk."""
    thread = site.film.topic.thread_set.order_by("-comment_count", "pk")[0]
    return int(thread.comment_set.get(parent=None).pk)


def ask_bytes(_site: Site, _name: str) -> dict[str, int]:
    """Return the bytes of tables and of their indexes, by table."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "SELECT relname, pg_table_size(oid), pg_indexes_size(oid) FROM pg_class"
                " WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
            )
            return {name: [size, indexes] for name, size, indexes in cursor.fetchall()}
        cursor.execute(
            "SELECT m.tbl_name, SUM(CASE m.type WHEN 'table' THEN s.pgsize ELSE 0 END),"
            " SUM(CASE m.type WHEN 'index' THEN s.pgsize ELSE 0 END) FROM dbstat s"
            " JOIN sqlite_master m ON m.name = s.name GROUP BY m.tbl_name"
        )
        return {name: [size, indexes] for name, size, indexes in cursor.fetchall()}


# Plans


@contextmanager
def caught():
    """Yield a list that fills with (sql, values, whether it is prepared) of what is run."""
    found: list[tuple[str, Any, bool]] = []

    def note(execute: Any, sql: str, values: Any, many: bool, context: Any) -> Any:
        cursor = context["cursor"].cursor
        found.append((sql, values, type(cursor).__name__ == "ServerBindingCursor"))
        return execute(sql, values, many, context)

    with connection.execute_wrapper(note):
        yield found


def tables() -> dict[str, int]:
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT relname, reltuples::bigint FROM pg_class WHERE relkind = 'r'")
            return {name: count for name, count in cursor.fetchall() if "_" in name and count > 0}
        names = connection.introspection.table_names(cursor)
        return {name: cursor.execute(f'SELECT COUNT(*) FROM "{name}"').fetchone()[0]
                for name in names}  # fmt: skip


_large: set[str] = set()


def large() -> set[str]:
    if not _large:
        _large.update(name for name, count in tables().items() if count > LARGE)
        _large.add("")  # so that it is asked for once
    return _large


PLANNED = re.compile(r"\s*(SELECT|WITH|UPDATE|DELETE)\b")


def whole_reads(sql: str, values: Any, prepared: bool) -> list[str]:
    """Return the large tables that the statement's plan reads from end to end."""
    if not PLANNED.match(sql):
        return []
    with connection.cursor() as cursor:
        if connection.vendor != "postgresql":
            return scans_of_sqlite(cursor, sql, values, large())
        lines = _plan(cursor, sql, values, generic=False)
        if prepared:  # after some turns PostgreSQL may take one plan for all values
            lines += _plan(cursor, sql, values, generic=True)
    return [f"{table} ({_words(sql)})" for table in set(_tables_of(lines)) & large()]


def _plan(cursor: CursorWrapper, sql: str, values: Any, *, generic: bool) -> list[Any]:
    if not generic:
        cursor.execute(f"EXPLAIN (FORMAT JSON) {sql}", values)
        return [cursor.fetchone()[0]]
    parts = sql.split("%s")
    numbered = "".join(f"{part}${at}" for at, part in enumerate(parts[:-1], 1)) + parts[-1]
    marks = ", ".join(["%s"] * len(values))
    cursor.execute("SET plan_cache_mode = force_generic_plan")
    cursor.execute(f"PREPARE measured AS {numbered}")
    cursor.execute(
        f"EXPLAIN (FORMAT JSON) EXECUTE measured{f'({marks})' if values else ''}", values
    )
    found = [cursor.fetchone()[0]]
    cursor.execute("DEALLOCATE measured")
    cursor.execute("RESET plan_cache_mode")
    return found


def _tables_of(plan: Any) -> list[str]:
    """Return the tables that a plan of PostgreSQL scans in sequence."""
    found, stack = [], [(plan, 0)]
    while stack:
        one, most = stack.pop()
        if isinstance(one, list):
            stack += [(part, most) for part in one]
        elif isinstance(one, dict):
            kind = one.get("Node Type", "")
            # A scan that feeds a LIMIT straight away is ended by it, if it finds as much.
            if kind == "Seq Scan" and (not most or one["Plan Rows"] <= most):
                found.append(one["Relation Name"])
            if kind == "Limit":
                most = one["Plan Rows"]
            elif kind not in ("", "Nested Loop", "Subquery Scan"):
                most = 0
            stack += [(part, most) for part in one.values() if isinstance(part, list | dict)]
    return found


def scans_of_sqlite(cursor: CursorWrapper, sql: str, values: Any, tables: set[str]) -> list[str]:
    """Return those of `tables` that a plan of SQLite reads without an index, and to their end."""
    if not PLANNED.match(sql):
        return []
    cursor.execute(f"EXPLAIN QUERY PLAN {sql}", values)
    lines = [row[-1] for row in cursor.fetchall()]
    is_sorted = any(line.startswith("USE TEMP B-TREE FOR ORDER") for line in lines)
    if " LIMIT " in sql and not is_sorted and " LIKE " not in sql:
        return []  # the LIMIT ends it
    aliases = {alias: table for table, alias in re.findall(r'"(\w+)" (\w+)', sql)}
    aliases |= {alias: table for table, alias in re.findall(r"(\w+_\w+) (\w)\b", sql)}
    found = [re.match(r"SCAN (\w+)$", line) for line in lines]
    names = {aliases.get(one[1], one[1]) for one in found if one}
    return [f"{name} ({_words(sql)})" for name in names & tables]


def _words(sql: str) -> str:
    return re.sub(r"\s+", " ", sql)[:60]


def main() -> None:
    asked = {name[4:]: act for name, act in globals().items() if name.startswith("ask_")}
    site = Site.open()
    print(json.dumps([(page.group, page.name) for page in PAGES]), flush=True)
    for line in sys.stdin:
        what, name = json.loads(line)
        print(json.dumps(asked[what](site, name)), flush=True)


if __name__ == "__main__":
    main()
