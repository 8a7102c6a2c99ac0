"""Films and talk under them."""

import itertools

import pytest

from films import services
from forum.accounts.models import User
from forum.discussions.kept import kept
from forum.discussions.services import Author, post_comment


@pytest.fixture(autouse=True)
def _nothing_kept(settings):
    kept.clear()
    settings.COMMENT_CHECKS = []  # what is held is not told here


@pytest.fixture
def make(db):
    """make(title="Night Mail", **what create_film takes) -> a published Film"""

    def make_one(title="Night Mail", **fields):
        return services.create_film(title=title, **{"state": "published", **fields})

    return make_one


@pytest.fixture
def say(db):
    """say(film, text, under=None) -> Comment"""
    author = Author(member=User.objects.create_user("Sunniva"))
    number = itertools.count(1)

    def say_one(film, text="Something was said.", under=None):
        return post_comment(
            author=author,
            body=f"{text} {next(number)}",
            topic_id=film.topic_id,
            parent_id=under.pk if under else None,
        ).comment

    return say_one


@pytest.fixture
def staff_client(client, django_user_model):
    client.force_login(django_user_model.objects.create_superuser("Ruth"))
    return client
