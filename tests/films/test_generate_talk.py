"""Invented talk for measurements: the same for the same seed, skewed, true."""

import pytest
from django.core.management import CommandError, call_command

from films import services
from films.management.commands.generate_talk import generate, sizes
from films.models import Film
from forum.discussions import tree
from forum.discussions.models import Comment, Thread


def test_sizes_are_skewed_and_the_largest_thread_has_15_percent():
    for comments in (1, 7, 200, 10_000):
        found = sizes(comments)
        assert sum(found) == comments
        assert max(found) == max(1, round(comments * 0.15))
    assert len(sizes(10_000)) > 100


def test_the_same_seed_gives_the_same_talk_and_another_gives_another():
    first, again, other = (list(generate(300, seed, 6)) for seed in (1, 1, 2))
    assert first == again
    assert first != other


@pytest.mark.django_db
def test_the_talk_is_sound_counted_and_not_deeper_than_asked(capsys):
    film = services.create_film(title="Measured", state=Film.State.PUBLISHED)
    call_command("generate_talk", film="measured", comments=400, seed=3, max_depth=4)
    assert Comment.objects.count() == 400
    assert tree.check() == []
    film.topic.refresh_from_db()
    assert film.topic.comment_count == 400
    assert max(tree.depth_of(comment) for comment in Comment.objects.all()) == 4
    assert Thread.objects.order_by("-comment_count")[0].comment_count == 60
    assert "400 of 400" in capsys.readouterr().out
    call_command("generate_talk", film="measured", comments=50, seed=4, verbosity=0)
    assert tree.check() == []


@pytest.mark.django_db
def test_a_film_that_is_not_there_is_said():
    with pytest.raises(CommandError, match="nowhere"):
        call_command("generate_talk", film="nowhere", comments=5, seed=1)
