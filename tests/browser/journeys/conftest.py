"""A small site, and who sits down before it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta

import pytest
from django.utils import timezone

from films.services import create_film
from forum.accounts.models import User
from forum.discussions import services
from forum.discussions.models import Comment, Topic
from forum.discussions.services import telling
from tests.browser.conftest import sign_in, watch
from tests.browser.journeys.person import PHONE, Person
from tests.browser.scene import PASSWORD

RAIN = "Fifteen years later, and I still hear the rain at the end of it."
SONG = "Does anybody know the song on the radio?"


@dataclass(frozen=True)
class Place:
    """A film whose talk has two comments of some days ago, by the member Sunniva."""

    url: str
    film: str  # its address
    topic_id: int
    rain: Comment
    song: Comment
    nora: User  # a member, of whom nothing is there
    staff: User


def tell() -> None:
    """Let the worker tell all that came."""
    while telling.tell_news():
        pass


@pytest.fixture
def place(site: str) -> Place:
    sunniva = User.objects.create_user("Sunniva", password=PASSWORD)
    film = create_film(title="Anatomy of a Coup", year=2002, state="published")
    author = services.Author(member=sunniva)
    said = [
        services.post_comment(author=author, body=body, topic_id=film.topic_id).comment
        for body in (RAIN, SONG)
    ]
    at = timezone.now() - timedelta(days=3)
    Comment.objects.update(created_at=at, state_at=at)
    Topic.objects.update(last_comment_at=at)
    tell()
    return Place(
        url=site,
        film=site + film.get_absolute_url(),
        topic_id=film.topic_id,
        rain=said[0],
        song=said[1],
        nora=User.objects.create_user("Nora", password=PASSWORD),
        staff=User.objects.create_superuser("Ruth", password=PASSWORD),
    )


@pytest.fixture(params=[True, False], ids=["scripts", "plain"])
def sits_down(request, new_context, site: str) -> Iterator[Callable[..., Person]]:
    """sits_down(member): somebody in a browser that was never here; nothing goes wrong in it."""
    troubles = []

    def make(member: User | None = None) -> Person:
        # Without gliding: on a busy machine a page was still on its way when it was looked at.
        context = new_context(
            java_script_enabled=request.param, viewport=PHONE, reduced_motion="reduce"
        )
        troubles.append(watch(context, site))
        if member:
            sign_in(context, member, site)
        return Person(context.new_page(), request.param)

    yield make
    assert [line for heard in troubles for line in heard] == []
