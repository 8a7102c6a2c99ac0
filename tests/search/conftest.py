"""What tests of search share."""

import pytest

from forum.accounts.readers import ANYBODY
from forum.index.language import parse
from forum.index.tables import FILM, PERSON, TOPIC
from forum.search import comments, titles
from forum.search.narrowing import Question
from tests.search import world as worlds

KINDS = {"films": FILM, "people": PERSON, "topics": TOPIC}


@pytest.fixture
def world(db):
    return worlds.build()


@pytest.fixture
def found(world):
    """found(kind, query, reader=ANYBODY, sort="newest") -> names, in their order

    Of films and people where none has the words: those whose words are like them.
    """

    def found_by(kind, query, reader=ANYBODY, sort="newest"):
        question = Question(parse(query), reader)
        if kind == "comments":
            rows = comments.comments(question, most=50, sort=sort).rows
            return [world.names[kind][hit.comment.pk] for hit in rows]
        rows = titles.found_of(KINDS[kind], question, most=50).rows
        if not rows and kind != "topics":
            rows = titles.near([KINDS[kind]], question)[KINDS[kind]].rows
        return [world.names[kind][row.pk] for row in rows]

    return found_by
