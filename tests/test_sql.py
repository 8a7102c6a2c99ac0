"""Statements that pages ask again and again (forum/sql.py)."""

import pytest
from django.db import connection

from forum import sql
from forum.accounts.models import User
from forum.accounts.readers import pen_with_secret
from forum.discussions import services
from forum.discussions.models import Comment, Topic

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


def whole(comment_id):
    return Comment.objects.with_text().filter(pk=comment_id)


@pytest.mark.django_db
def test_the_first_row_is_what_django_itself_would_give_with_all_that_hangs_on_it(
    django_assert_num_queries,
):
    topic = services.open_topic(title="One", by=None)
    member = services.Author(member=User.objects.create_user("Sunniva"))
    pen, _secret, _is_new = pen_with_secret("", "Nils")
    guest = services.Author(pen=pen, name="Nils")
    for author in (member, guest):
        posted = services.post_comment(author=author, body="Said once.", topic_id=topic.pk).comment
        with django_assert_num_queries(1):
            found = sql.first(whole, posted.pk)
            related = (found.text, found.member, found.pen, found.thread.topic)
        plain = whole(posted.pk).get()
        for ours, theirs in zip(
            (found, *related),
            (plain, plain.text, plain.member, plain.pen, plain.thread.topic),
            strict=True,
        ):
            assert type(ours) is type(theirs)
            for field in getattr(theirs, "_meta", Topic._meta).concrete_fields if theirs else ():
                assert getattr(ours, field.attname) == getattr(theirs, field.attname)


@pytest.mark.django_db
@pytest.mark.parametrize("number", [0, -1, -(10**15), 999_999, 2**63, 10**30])
def test_a_number_that_is_nobodys_gives_nothing(number):
    assert sql.first(whole, number) is None


@pytest.mark.django_db
def test_how_many_rows_a_statement_changed_is_told():
    ids = [services.open_topic(title=title, by=None).pk for title in ("One", "Two", "Three")]
    text = f"UPDATE {TABLE} SET version = version + %s WHERE id >= %s"
    assert sql.changed(text, [5, ids[1]]) == 2
    assert sql.changed(text, [5, ids[2] + 1]) == 0
    assert Topic.objects.get(pk=ids[2]).version == Topic.objects.get(pk=ids[0]).version + 5


@pytest.mark.django_db
def test_of_rows_that_are_read_instances_are_made_of_those_that_are_asked_for(
    django_assert_num_queries,
):
    topic = services.open_topic(title="One", by=None)
    member = services.Author(member=User.objects.create_user("Sunniva"))
    posted = [
        services.post_comment(author=member, body=f"Said {at}.", topic_id=topic.pk).comment
        for at in range(3)
    ]
    wanted = Comment.objects.with_text().defer("text__body").order_by("pk")
    with django_assert_num_queries(1):
        found = sql.unmade(wanted)
        number, title = found.places("id", "text__comment_id")
        made = [found.build(row) for row in found.rows if row[number] != posted[1].pk]
        seen = [(one.pk, one.text.body_html, one.member.username) for one in made]
    assert [row[title] for row in found.rows] == [one.pk for one in posted]
    assert seen == [(one.pk, one.text.body_html, "Sunniva") for one in (posted[0], posted[2])]
    assert made[0].text.body == "Said 0."  # left out of the query, asked for when it is needed
    for nobody in (Comment.objects.none(), wanted.filter(pk__in=[])):
        with django_assert_num_queries(0):
            nothing = sql.unmade(nobody)
        assert nothing.rows == []
        assert nothing.places("id")  # as of rows that are there
