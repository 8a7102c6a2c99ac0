"""The indexes that the database keeps."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from films import services as film_services
from films.models import Person
from forum.accounts.readers import pen_with_secret
from forum.discussions import services, upkeep
from forum.discussions.models import CommentText, Topic
from forum.index import finding, tables
from forum.index.language import parse

pytestmark = pytest.mark.django_db


def faults():
    return [fault for kind in tables.KINDS for fault in tables.faults(kind)]


def found(kind, query):
    return finding.ids(kind, parse(query), most=50)


@pytest.fixture
def topic(db):
    return services.open_topic(title="The Lantern", by=None)


@pytest.fixture
def post(topic):
    pen, _secret, _is_new = pen_with_secret("", "Nils")
    author = services.Author(pen=pen, name="Nils")

    def post_one(body):
        return services.post_comment(author=author, body=body, topic_id=topic.pk).comment

    return post_one


def test_every_trigger_stands_after_all_migrations():
    assert faults() == []
    assert all(tables._there(kind) for kind in tables.KINDS)


@pytest.mark.parametrize("kind", tables.KINDS, ids=lambda kind: kind.name)
def test_a_trigger_that_is_missing_is_told(kind):
    name = f"{kind.index}_insert"
    with transaction.atomic(), connection.cursor() as cursor:
        table = f" ON {kind.table}" if connection.vendor == "postgresql" else ""
        cursor.execute(f"DROP TRIGGER {name}{table}")
        assert f"{kind.name}: the trigger {name} is missing" in faults()
        transaction.set_rollback(True)


def test_a_comment_is_found_as_soon_as_it_is_posted_and_by_no_other_word(post):
    comment = post("Magic **lantern**shows, `x<y` and https://example.org/path")
    assert found(tables.COMMENT, "magic lanternshow") == [comment.pk]
    assert found(tables.COMMENT, "lanterns") == []
    assert found(tables.COMMENT, "strong") == []


def test_what_is_hidden_in_a_comment_is_not_found(post):
    comment = post("The butler\n\n>!murdered the gardener!< and ||buried|| him")
    assert found(tables.COMMENT, "butler him") == [comment.pk]
    for word in ("murdered", "gardener", "buried", "spoiler", "press"):
        assert found(tables.COMMENT, word) == []


def test_what_is_erased_or_purged_is_gone_from_the_index(post):
    first, second = post("zeppelin over water"), post("zeppelin over land")
    services.erase_comment(comment_id=first.pk, by=None)
    assert found(tables.COMMENT, "zeppelin") == [second.pk]
    services.purge_branch(comment_id=second.pk, by=None)
    assert found(tables.COMMENT, "zeppelin") == []
    assert faults() == []


def test_making_html_anew_makes_words_anew(post):
    comment = post("zeppelin")
    CommentText.objects.update(html_version=1, words="old")
    assert found(tables.COMMENT, "old") == [comment.pk]
    upkeep.render_some(0)
    assert found(tables.COMMENT, "zeppelin") == [comment.pk]
    assert found(tables.COMMENT, "old") == []
    assert faults() == []


def test_titles_and_names_are_found_by_their_new_words(topic):
    film = film_services.create_film(title="Night Mail")
    person = film_services.create_person(name="Agnès Varda")
    film_services.change_film(film=film, title="Day Mail")
    film_services.rename_person(person=person, name="Agnès Godard")
    services.rename_topic(topic_id=topic.pk, title="The Lamp", by=None)
    assert (found(tables.FILM, "night"), found(tables.FILM, "day")) == ([], [film.pk])
    assert found(tables.TOPIC, "day") == [film.topic_id]
    assert (found(tables.PERSON, "varda"), found(tables.PERSON, "god")) == ([], [person.pk])
    assert (found(tables.TOPIC, "lantern"), found(tables.TOPIC, "lamp")) == ([], [topic.pk])
    film_services.erase_person(person=person)
    assert found(tables.PERSON, "agnes") == []
    assert faults() == []


def test_a_row_that_changes_elsewhere_leaves_the_index_alone(topic):
    Topic.objects.filter(pk=topic.pk).update(version=9, folded=" the lantern")
    assert faults() == []
    assert found(tables.TOPIC, "lantern") == [topic.pk]


def test_the_command_finds_and_mends_what_is_not_true(post, capsys):
    comment = post("zeppelin")
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("DELETE FROM search_comment")
            cursor.execute("INSERT INTO search_person VALUES (77, 'nobody', '')")
        else:
            cursor.execute("INSERT INTO search_comment(search_comment) VALUES ('delete-all')")
            cursor.execute("INSERT INTO search_person(rowid, words) VALUES (77, 'nobody')")
    with pytest.raises(CommandError):
        call_command("rebuild_search", check=True)
    told = capsys.readouterr().out
    assert f"comment #{comment.pk} is not in the index" in told
    assert "person #77 is gone but in the index" in told
    call_command("rebuild_search")
    call_command("rebuild_search", check=True)
    assert "true to what is stored" in capsys.readouterr().out
    assert found(tables.COMMENT, "zeppelin") == [comment.pk]


@pytest.mark.parametrize("kind", tables.KINDS, ids=lambda kind: kind.name)
def test_rebuilding_goes_through_a_table_once(post, kind):
    """Each step begins where the last one ended, with nothing to sort: else it is quadratic."""
    post("zeppelin")
    film_services.create_film(title="The Lantern", state="published")
    film_services.create_person(name="Chris Marker")
    with CaptureQueriesContext(connection) as asked:
        assert tables.rebuild(kind)
    steps = [one["sql"] for one in asked if one["sql"].startswith("SELECT")]
    assert len(steps) == 2  # the rows there are, and that there are no more
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":  # as if the tables were large
            cursor.execute("SET LOCAL enable_seqscan = off")
            cursor.execute("SET LOCAL enable_bitmapscan = off")
            cursor.execute(f"EXPLAIN {steps[0]}")
            assert "Sort" not in (plan := str(cursor.fetchall()))
            assert "Index Scan" in plan
        else:
            cursor.execute(f"EXPLAIN QUERY PLAN {steps[0]}")
            assert "TEMP B-TREE" not in (plan := str(cursor.fetchall()))
            assert "SEARCH" in plan


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_what_is_posted_while_it_is_rebuilt_is_found_once(post, monkeypatch):
    monkeypatch.setattr(tables, "_AT_ONCE", 1)
    said = [post("zeppelin one"), post("zeppelin two")]

    def post_another(_rows):
        if len(said) < 4:
            with ThreadPoolExecutor(1) as other:
                said.append(
                    other.submit(on_its_own_connection, post, f"zeppelin {said[-1].pk}").result()
                )

    tables.rebuild(tables.COMMENT, post_another)
    assert found(tables.COMMENT, "zeppelin") == [one.pk for one in reversed(said)]
    assert faults() == []


def on_its_own_connection(post, body):
    try:
        return post(body)
    finally:
        connection.close()


def test_keys_are_in_order_of_moments_then_of_ids(post):
    first, second = post("zeppelin one"), post("zeppelin two")
    keys = dict(CommentText.objects.values_list("pk", "search_key"))
    assert keys[first.pk] < keys[second.pk]
    assert tables.key_of(second.created_at, second.pk) == keys[second.pk]
    assert found(tables.COMMENT, "zeppelin") == [second.pk, first.pk]


def test_people_have_no_slips_left_behind(db):
    person = film_services.create_person(name="Chris Marker")
    assert "marer" in Person.objects.get(pk=person.pk).slips.split()
