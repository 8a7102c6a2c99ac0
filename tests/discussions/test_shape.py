"""The shape of a talk: a column a thread, as high as much was said in it."""

import re

import pytest

from films import services as films
from forum.accounts.models import User
from forum.accounts.readers import Reader
from forum.discussions import shape
from forum.discussions.services import Author, moderate, post_comment


def columns(svg):
    """Return the heights of a figure's columns, from left to right."""
    return [int(height) for height in re.findall(r"M\d+ \d+v-(\d+)", svg)]


def test_a_talk_without_a_word_has_no_shape():
    assert shape.drawn([]) == ""


def test_more_words_are_a_higher_column_up_to_the_highest():
    heights = columns(shape.drawn([1, 2, 8, 64, 10_000]))
    assert heights == sorted(heights)
    assert heights[0] == 2
    assert heights[-1] == heights[-2] == shape.TALL


def test_the_figure_says_nothing_to_who_does_not_see_it_and_carries_no_style():
    svg = shape.drawn([1, 5])
    assert 'aria-hidden="true"' in svg
    assert "style" not in svg


@pytest.fixture
def talk(db):
    film = films.create_film(title="Night Mail", state="published")
    author = Author(member=User.objects.create_user("Sunniva"))

    def say(under=None, words="Something was said"):
        say.number += 1
        return post_comment(
            author=author, body=f"{words} {say.number}.", topic_id=film.topic_id,
            parent_id=under.pk if under else None,
        ).comment  # fmt: skip

    say.number = 0
    return film.topic_id, say


def test_threads_stand_in_the_order_of_time(talk, settings):
    settings.COMMENT_CHECKS = []
    topic, say = talk
    first = say()
    for _reply in range(3):
        say(first)
    say()
    assert columns(shape.of([topic])[topic]) == columns(shape.drawn([4, 1]))


def test_what_is_removed_leaves_the_shape(talk, settings):
    settings.COMMENT_CHECKS = []
    topic, say = talk
    first = say()
    by = Reader(user=User.objects.create_superuser("Ruth"))
    moderate(comment_id=first.pk, verb="remove", by=by, reason="unkind")
    assert shape.of([topic]) == {topic: ""}


def test_a_long_talk_shows_its_latest_threads(talk, settings, monkeypatch):
    settings.COMMENT_CHECKS = []
    topic, say = talk
    for _thread in range(shape.THREADS + 4):
        say()
    assert len(columns(shape.of([topic])[topic])) == shape.THREADS


def test_any_number_of_talks_is_one_query(talk, settings, django_assert_num_queries):
    settings.COMMENT_CHECKS = []
    topic, say = talk
    say()
    with django_assert_num_queries(1):
        assert shape.of([topic, *range(10**6, 10**6 + 60)])[topic]
