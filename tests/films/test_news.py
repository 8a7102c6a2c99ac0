"""New comments are counted in every list of films, and on a film's page."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from films import services
from forum.accounts.models import User
from forum.discussions.models import Comment, Visit
from forum.discussions.seen import Seen, written
from tests.accounts.conftest import PASSWORD, client_of, confirm
from tests.statements import statements

pytestmark = pytest.mark.django_db
LISTS = ["/", "/films/", "/categories/work/", "/people/harry-watt/", "/search/?q=night", "/my/new/"]


@pytest.fixture
def film(make):
    return make(
        year=1936,
        category=services.create_category(name="Work"),
        credits=[(services.create_person(name="Harry Watt"), "director")],
    )


@pytest.fixture
def ingrid(film):
    return confirm(User.objects.create_user("Ingrid", "ingrid@example.org", PASSWORD))


@pytest.fixture(params=["member", "guest"])
def person(request, film, ingrid):
    """Who was here an hour ago."""
    at = timezone.now() - timedelta(hours=1)
    if request.param == "member":
        Visit.objects.create(member=ingrid, topic=film.topic, since=at, seen_at=at)
        return client_of(ingrid)
    client = Client()
    client.cookies[settings.SEEN_COOKIE_NAME] = written({film.topic_id: Seen(at, at)}, at)
    return client


def html_of(client, address):
    answer = client.get(address)
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


@pytest.mark.parametrize("address", LISTS)
def test_every_list_counts_what_is_new_for_who_reads_and_for_nobody_else(
    film, say, person, address
):
    old = say(film)
    Comment.objects.filter(pk=old.pk).update(state_at=timezone.now() - timedelta(days=1))
    say(film)
    say(film)
    counted = '3 comments, <span class="fresh">2 new</span>'
    assert html_of(person, address).count(counted) == 1
    assert "fresh" not in html_of(Client(), address)
    assert html_of(person, address).count(counted) == 1  # from a card that anybody's page kept


def test_the_film_page_counts_in_its_head_and_marks(film, say, person):
    comment = say(film)
    html = html_of(person, film.get_absolute_url())
    assert '<a href="#talk">1 comment</a>, <span class="fresh">1 new</span>' in html
    assert f'id="c{comment.pk}" data-new' in html
    assert "fresh" not in html_of(Client(), film.get_absolute_url())


def test_since_is_for_films_too_and_counts_for_anybody(film, say, client):
    say(film)
    html = html_of(client, f"{film.get_absolute_url()}?since=2020-01-01")
    assert '1 comment</a>, <span class="fresh">1 new</span>' in html
    assert client.get(f"{film.get_absolute_url()}?since=x").status_code == 400


@pytest.mark.parametrize("address", ["/films/", "/search/?q=night", "/people/harry-watt/"])
def test_a_list_asks_one_query_more_at_any_length(make, film, ingrid, address):
    client = client_of(ingrid)
    person = film.credits.get().person
    found = []
    for more in (0, 20):
        at = timezone.now()
        for number in range(more):
            other = make(f"Night {number}", credits=[(person, "director")])
            Visit.objects.create(member=ingrid, topic=other.topic, since=at, seen_at=at)
        html_of(client, address)
        with statements() as asked:
            html_of(client, address)
        found.append(sum("discussions_visit" in one for one in asked))
    assert found == [1, 1]


def test_a_draft_is_not_counted_on_the_page_of_what_is_new(film, say, person):
    say(film)
    services.set_film_state(film=film, state="draft")
    assert "Night Mail" not in html_of(person, "/my/new/")
