"""The same queries find the same rows in the same order on both databases: ./run test runs this on each."""

from pathlib import Path

import pytest

from films import services as films
from forum.accounts.readers import Reader
from forum.discussions import services
from forum.search import narrowing

TABLE = [
    [part.strip() for part in (line.split("|", 1)[0], *line.split("|", 1)[1].rsplit("|", 1))]
    for line in (Path(__file__).parent / "table.txt").read_text(encoding="utf-8").splitlines()
    if not line.startswith("#")
]
pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("few", [narrowing.FEW, 0], ids=["few films", "no set is few"])
def test_the_table_of_queries_finds_what_is_expected_in_this_order(found, few, monkeypatch):
    monkeypatch.setattr(narrowing, "FEW", few)
    assert len(TABLE) >= 80
    wrong = {}
    for kind, query, names in TABLE:
        sort = "relevance" if kind == "relevance" else "newest"
        seen = found("comments" if kind == "relevance" else kind, query, sort=sort)
        if seen != names.split():
            wrong[kind, query] = seen
    assert wrong == {}


def test_who_reads_decides_what_is_found_of_what_is_not_public(world, found):
    staff = Reader(user=type(world.member).objects.create_superuser("Ruth", password="x"))
    assert found("comments", "zeppelin") == ["c8"]
    assert found("comments", "zeppelin", Reader(pen=world.pens["Nils"])) == ["c9", "c8"]
    assert found("comments", "zeppelin", Reader(pen=world.pens["Vera"])) == ["c8"]
    assert found("comments", "zeppelin", staff) == ["c14", "c11", "c10", "c9", "c8"]
    assert found("films", "night", staff) == ["mail", "fog", "gone", "draft", "late"]
    assert found("films", "night year:2002", staff) == ["draft"]
    assert found("people", "ghost", staff) == ["ghost"]


def test_what_staff_and_authors_do_is_true_with_the_next_search(world, found):
    one = world.comments["c8"]
    assert found("comments", "harbour") == ["c8"]
    services.moderate(comment_id=one.pk, verb="remove", by=Reader(), reason="advert")
    assert found("comments", "harbour") == []
    services.moderate(comment_id=one.pk, verb="restore", by=Reader())
    assert found("comments", "harbour") == ["c8"]
    services.erase_comment(comment_id=one.pk, by=None)
    assert found("comments", "harbour") == []


def test_an_edit_is_found_by_its_new_words_and_no_more_by_its_old_ones(world, found):
    pen = world.pens["Vera"]
    posted = services.post_comment(
        author=services.Author(pen=pen, name="Vera"),
        body="old balloon",
        topic_id=world.topics["lamp"].pk,
    ).comment
    world.names["comments"][posted.pk] = "new"
    assert found("comments", "balloon") == ["new"]
    base = services.text_version(posted)
    services.edit_comment(comment_id=posted.pk, by=Reader(pen=pen), body="new kite", base=base)
    assert (found("comments", "balloon"), found("comments", "kite")) == ([], ["new"])
    base = services.text_version(type(posted).objects.get(pk=posted.pk))
    body = "still new ||kite||"
    services.edit_comment(comment_id=posted.pk, by=Reader(pen=pen), body=body, base=base)
    assert found("comments", "kite") == []


def test_a_film_that_comes_back_brings_its_talk(world, found):
    films.set_film_state(film=world.films["gone"], state="published", by=None)
    assert found("comments", "veiled") == ["c14"]
    assert found("films", "withdrawn") == ["gone"]
