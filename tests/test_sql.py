"""Statements that pages ask again and again (forum/sql.py)."""

import pytest
from django.db import connection

from forum import sql
from forum.discussions import services
from forum.discussions.models import Topic

TABLE = Topic._meta.db_table


@pytest.mark.django_db
def test_rows_of_a_statement_and_of_any_number_of_ids():
    ids = [services.open_topic(title=title, by=None).pk for title in ("One", "Two", "Three")]
    one = sql.rows(f"SELECT title FROM {TABLE} WHERE id = %s AND title <> %s", [ids[0], "%s; 'x'"])
    assert [tuple(row) for row in one] == [("One",)]
    for some in (ids[:1], ids):
        where, values = sql.among("id", some)
        found = sql.rows(f"SELECT id FROM {TABLE} WHERE {where} ORDER BY id", values)
        assert [row[0] for row in found] == some


@pytest.mark.django_db
@pytest.mark.postgresql
def test_postgresql_prepares_them_once_for_all_values():
    text = f"SELECT title, version FROM {TABLE} WHERE id = %s"
    for number in range(5):
        sql.rows(text, [number])
    for count in (1, 2, 3, 4):
        where, values = sql.among("id", list(range(count)))
        sql.rows(f"SELECT version FROM {TABLE} WHERE {where}", values)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT statement FROM pg_prepared_statements WHERE statement LIKE 'SELECT %'"
        )
        prepared = [row[0] for row in cursor.fetchall()]
    assert prepared.count(text.replace("%s", "$1")) == 1
    assert sum("= ANY($1::bigint[])" in one and "SELECT version" in one for one in prepared) == 1
