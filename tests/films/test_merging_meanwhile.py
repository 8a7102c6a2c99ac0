"""Films are merged and taken apart while people write: nothing is lost, miscounted or locked up."""

import threading
from collections import Counter

import pytest
from django.core.exceptions import ValidationError
from django.db import connection

from films import services
from films.models import Film
from forum.accounts.models import User
from forum.discussions import services as talk
from forum.discussions.models import Comment, Thread, Topic
from tests.discussions.judge import faults

pytestmark = pytest.mark.django_db(transaction=True)
WRITERS, POSTS, ROUNDS = 4, 25, 6


class Writer(threading.Thread):
    """Begins threads in both talks and answers what is there, as fast as it can."""

    def __init__(self, name, films):
        super().__init__(daemon=True)
        self.author = talk.Author(member=User.objects.create_user(name))
        self.films, self.done, self.refused, self.broken = films, [], Counter(), []

    def run(self):
        try:
            for at in range(POSTS):
                self.write(at)
        except Exception as error:  # told by the test
            self.broken.append(repr(error))
        finally:
            connection.close()

    def write(self, at):
        where = {"topic_id": self.films[at % 2].topic_id}
        if at % 3 == 0 and self.done:
            where = {"parent_id": self.done[at % len(self.done)]}
        try:
            posted = talk.post_comment(
                author=self.author, body=f"{self.author.shown} {at}", **where
            )
            self.done.append(posted.comment.pk)
        except ValidationError as refusal:
            self.refused[refusal.code] += 1


def both(film, into):
    return [Film.objects.get(pk=one.pk) for one in (film, into)]


def test_merging_and_undoing_while_four_people_write_loses_no_comment(make, settings):
    settings.COMMENT_CHECKS = []
    film, into = make("Night Mail"), make("The Night Mail", slug="other")
    writers = [Writer(f"Writer{at}", (film, into)) for at in range(WRITERS)]
    for one in writers:
        one.start()
    try:
        merged = None
        for at in range(ROUNDS):
            one, two = both(film, into)
            shown = services.seen(one, two)
            if at % 2 == 0:
                merged = services.merge_films(film=one, into=two, shown=shown, by=None)
            else:
                services.undo_merge(merge=merged, shown=shown, by=None)
    finally:
        for writer in writers:
            writer.join(60)
    one, two = both(film, into)
    services.merge_films(film=one, into=two, shown=services.seen(one, two), by=None)
    assert [writer.broken for writer in writers] == [[]] * WRITERS
    # Whoever was refused was told so with their words before them; nobody else's are missing.
    refused = sum((writer.refused for writer in writers), Counter())
    assert set(refused) <= {"moved", "topic-gone"}
    done = [pk for writer in writers for pk in writer.done]
    assert sorted(Comment.objects.values_list("pk", flat=True)) == sorted(done)
    assert len(done) == WRITERS * POSTS - refused.total()
    assert not Thread.objects.filter(topic=film.topic_id).exists()
    counts = dict(Topic.objects.values_list("pk", "comment_count"))
    assert counts == {film.topic_id: 0, into.topic_id: len(done)}
    assert faults() == []
