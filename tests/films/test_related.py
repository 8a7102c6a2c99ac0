"""Related films: from shared people, shelves and talkers, with the reason; true at once, found beforehand."""

import re
from datetime import timedelta
from html import unescape

import pytest
from django.utils import timezone

from films import related, services
from films.models import Film, Related
from forum.accounts.models import User
from forum.discussions.services import Author, post_comment

pytestmark = pytest.mark.django_db


def find_all():
    for _turn in range(100):
        if not related.find_some():
            return
    raise AssertionError("the worker never comes to an end")


def told(client, film):
    """Return [(title, reason)] of what a film page calls related."""
    html = client.get(film.get_absolute_url()).content.decode()
    part = html.split('id="near-h"')[1].split("</ul>")[0] if 'id="near-h"' in html else ""
    rows = re.findall(
        r'<a href="/films/[^"]+" dir="auto">([^<]*)</a>[^<]*<span[^>]*>([^<]*)</span>', part
    )
    return [(unescape(title), unescape(reason)) for title, reason in rows]


@pytest.fixture
def speak(db):
    def one(film, *names):
        for name in names:
            user = User.objects.filter(username=name).first() or User.objects.create_user(name)
            post_comment(
                author=Author(member=user),
                body=f"{name} says so of {film.title}.",
                topic_id=film.topic_id,
            )

    return one


def test_films_share_people_talkers_and_a_shelf_and_say_which(client, make, speak):
    work = services.create_category(name="Work")
    jo, ann = (services.create_person(name=name) for name in ("Jo", "Ann"))
    here = make("Here", year=1936, category=work, credits=[(jo, "director"), (ann, "editor")])
    make("By both", credits=[(jo, "editor"), (ann, "writer")])
    make("By Jo", credits=[(jo, "director")])
    make("Near", year=1938, category=work)
    make("Far", year=1990, category=work)
    make("Other", year=1936)
    spoken = make("Spoken about")
    speak(here, "Sunniva", "Greta", "Ines")
    speak(spoken, "Sunniva", "Greta", "Ines")
    find_all()
    assert told(client, here) == [
        ("By both", "also with Jo and others"),
        ("By Jo", "also with Jo"),
        ("Spoken about", "3 people spoke about both"),
        ("Near", "Work, near in time"),
    ]
    assert told(client, spoken) == [("Here", "3 people spoke about both")]


def test_what_one_person_spoke_about_is_not_told(client, make, speak):
    here, there = make("Here"), make("There")
    speak(here, "Sunniva", "Greta")
    speak(there, "Sunniva")
    find_all()
    assert told(client, here) == []


def test_who_made_a_film_ties_closer_than_who_is_seen_in_it(client, make):
    jo, ann = (services.create_person(name=name) for name in ("Jo", "Ann"))
    here = make("Here", credits=[(jo, "with"), (ann, "director")])
    make("With Jo", credits=[(jo, "with")])
    make("By Ann", credits=[(ann, "director")])
    find_all()
    assert [title for title, _reason in told(client, here)] == ["By Ann", "With Jo"]


def test_a_film_that_is_hidden_renamed_or_back_is_so_on_its_neighbours_at_once(client, make):
    jo = services.create_person(name="Jo")
    here = make("Here", credits=[(jo, "director")])
    other = make("There", credits=[(jo, "director")])
    find_all()
    assert told(client, here) == [("There", "also with Jo")]
    services.set_film_state(film=other, state="withdrawn")
    assert told(client, here) == []
    services.set_film_state(film=other, state="published")
    services.change_film(film=other, title="Elsewhere")
    assert told(client, here) == [("Elsewhere", "also with Jo")]


def test_a_new_film_and_a_change_reach_the_neighbours(client, make):
    jo = services.create_person(name="Jo")
    here = make("Here", credits=[(jo, "director")])
    find_all()
    assert told(client, here) == []
    new = make("New", credits=[(jo, "director")])
    find_all()
    assert told(client, here) == [("New", "also with Jo")]
    services.set_credits(film=new, credits=[])
    find_all()
    assert told(client, here) == []


def test_films_that_come_in_bulk_get_their_turn(make):
    assert make().related_at is None
    find_all()
    assert not Film.objects.filter(related_at=None).exists()
    assert related.find_some() == 0


def test_each_film_has_its_turn_again_after_a_week_and_soon_after_new_talk(make, speak):
    film = make()
    find_all()
    now = timezone.now()
    Film.objects.update(related_at=now - timedelta(days=8))
    assert related.find_some() == 1
    Film.objects.update(related_at=now - timedelta(days=2))
    assert related.find_some() == 0
    speak(film, "Sunniva")
    assert related.renew_talked_about().endswith("looked for again")
    assert related.find_some() == 1


def test_one_film_that_fails_keeps_no_other_from_its_turn(make, monkeypatch, caplog):
    bad, good = make("Bad"), make("Good")
    find = related.rows_of

    def fails(film):
        if film.pk == bad.pk:
            raise RuntimeError("planted")
        return find(film)

    monkeypatch.setattr(related, "rows_of", fails)
    find_all()
    good.refresh_from_db()
    assert good.related_at
    assert "could not be found" in caplog.text


def test_a_turn_costs_the_same_queries_however_much_is_shared(
    make, speak, django_assert_max_num_queries
):
    jo = services.create_person(name="Jo")
    first = make("First", credits=[(jo, "director")])
    for number in range(12):
        make(f"Film {number}", credits=[(jo, "director")])
    with django_assert_max_num_queries(16):
        related.find(first.pk)
    assert Related.objects.filter(film=first).count() == related.MOST


def test_a_warm_film_page_still_asks_one_query(client, make, django_assert_num_queries):
    jo = services.create_person(name="Jo")
    here = make("Here", credits=[(jo, "director")])
    make("There", credits=[(jo, "director")])
    find_all()
    client.get(here.get_absolute_url())
    with django_assert_num_queries(1):
        assert b"There" in client.get(here.get_absolute_url()).content


def test_hostile_titles_and_names_are_text(client, make):
    bad = "<script>alert(1)</script>"
    jo = services.create_person(name=bad)
    here = make("Here", credits=[(jo, "director")])
    make(bad, credits=[(jo, "director")])
    find_all()
    assert told(client, here) == [(bad, f"also with {bad}")]
