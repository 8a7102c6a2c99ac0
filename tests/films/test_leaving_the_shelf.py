"""Films that go from view and come back, people and categories that are erased: shown, then done."""

import re

import pytest
from django.contrib.admin.models import LogEntry
from django.core.exceptions import ValidationError
from django.test import Client

from films import services
from films.admin.states import STATE_ACTS
from films.models import Category, Film, Person
from forum.accounts.models import User
from forum.discussions.models import Comment, Event
from tests.moderation.conftest import client_of, member_of
from tests.moderation.hostile import OWN, faults_of

FILMS = "/admin/films/film/"
LOG = "/admin/discussions/event/"
MAKE = {"person": services.create_person, "category": services.create_category}


@pytest.fixture
def editor(db):
    return client_of(member_of("editor", "Ruth"))


def page(film, name):
    return f"{FILMS}{film.pk}/{name}/"


def seen(client, address):
    html = client.get(address).content.decode()
    return {"seen": re.search(r'name="seen" value="([^"]*)"', html)[1]}


def ways(client, film):
    html = client.get(f"{FILMS}{film.pk}/change/").content.decode()
    return {name for name in STATE_ACTS if f'href="{page(film, name)}"' in html}


# ------------------------------------------------------------------------------------------- films


def test_a_film_is_withdrawn_and_published_again_with_its_talk(editor, make, say):
    film = make()
    answered = say(film)
    say(film, under=answered)
    assert ways(editor, film) == {"withdraw", "to-draft"}
    html = editor.get(page(film, "withdraw")).content.decode()
    for words in (
        "2 public comments by 1 person",
        "/films/night-mail/ answers that it is gone (410)",
        "It can be published again at any time, with its talk as it was.",
    ):
        assert words in html
    assert Client().get(film.get_absolute_url()).status_code == 200
    sent = seen(editor, page(film, "withdraw"))
    answer = editor.post(page(film, "withdraw"), sent, follow=True)
    assert "The film is withdrawn." in answer.content.decode()
    for address in (film.get_absolute_url(), answered.get_absolute_url()):
        assert Client().get(address).status_code == 410
    assert Comment.objects.count() == 2
    assert ways(editor, film) == {"publish-again", "to-draft"}
    assert (
        "2 public comments by 1 person" in editor.get(page(film, "publish-again")).content.decode()
    )
    editor.post(page(film, "publish-again"), seen(editor, page(film, "publish-again")))
    assert "Something was said. 2" in Client().get(film.get_absolute_url()).content.decode()
    told = client_of(member_of("moderator", "Ines")).get(LOG).content.decode()
    assert re.search(r"Ruth.*film is now published.*Night Mail", told, re.DOTALL)
    assert "film is now withdrawn" in told


def test_a_film_is_taken_back_to_draft_after_a_look(editor, make, say):
    film = make()
    say(film)
    assert "(404)" in editor.get(page(film, "to-draft")).content.decode()
    editor.post(page(film, "to-draft"), seen(editor, page(film, "to-draft")))
    assert Client().get(film.get_absolute_url()).status_code == 404
    assert ways(editor, film) == set()


def test_a_page_that_is_out_of_date_is_told_who_changed_the_film(editor, make):
    film, olga = make(), User.objects.create_user("Olga")
    address = page(film, "withdraw")
    sent = seen(editor, address)
    services.change_film(film=film, tagline="All of it.", by=olga)
    answer = editor.post(address, sent)
    assert answer.status_code == 409
    assert "Olga changed it last" in answer.content.decode()
    sent = seen(editor, address)
    services.set_film_state(film=film, state="withdrawn", by=olga)
    for data in (sent, {}):
        answer = editor.post(address, data)
        assert answer.status_code == 409
        assert "Olga changed it last" in answer.content.decode()
    assert Event.objects.filter(verb="film").count() == 1


def test_a_film_that_went_into_another_is_not_touched(editor, make):
    film, into = make(), make("Coal Face")
    services.merge_films(film=film, into=into, shown=services.seen(film, into), by=None)
    for name in STATE_ACTS:
        assert editor.post(page(film, name)).status_code == 403
    assert editor.post(f"{FILMS}987654/withdraw/").status_code == 404


# ------------------------------------------------------------------------------ people and categories


@pytest.mark.parametrize("kind", ["person", "category"])
def test_what_no_film_holds_is_erased_after_a_look(editor, kind):
    row = MAKE[kind](name="Entered by mistake")
    address = f"/admin/films/{kind}/{row.pk}/erase/"
    assert (
        f'href="{address}"' in editor.get(f"/admin/films/{kind}/{row.pk}/change/").content.decode()
    )
    html = editor.get(address).content.decode()
    assert "No film holds it" in html
    assert row.get_absolute_url() in html
    assert editor.post(address, {"seen": "Another name"}).status_code == 409
    assert type(row).objects.exists()
    answer = editor.post(address, seen(editor, address), follow=True)
    assert "“Entered by mistake” is erased." in answer.content.decode()
    assert not type(row).objects.exists()
    assert LogEntry.objects.get().object_repr == "Entered by mistake"
    assert Client().get(row.get_absolute_url()).status_code == 404
    assert "It is gone already." in editor.post(address, follow=True).content.decode()
    assert editor.get(address).status_code == 404


@pytest.mark.parametrize("held_by", ["credit", "main", "further"])
def test_what_a_film_holds_is_refused_with_the_films_that_hold_it(editor, make, held_by):
    kind = "person" if held_by == "credit" else "category"
    row = MAKE[kind](name="Held")
    film = make(
        "<b>Night</b> Mail",
        state="draft",
        credits=[(row, "director")] if held_by == "credit" else [],
        category=row if held_by == "main" else None,
        categories=[row] if held_by == "further" else [],
    )
    address = f"/admin/films/{kind}/{row.pk}/erase/"
    html = editor.get(address).content.decode()
    assert "1 film holds this entry." in html
    assert f'<a href="{FILMS}{film.pk}/change/"><bdi>&lt;b&gt;Night' in html
    assert 'name="seen"' not in html
    assert editor.post(address, {"seen": "Held"}).status_code == 409
    with pytest.raises(ValidationError, match="take it out of them first"):
        getattr(services, f"erase_{kind}")(**{kind: row})
    film = Film.objects.get()
    assert (film.credits.count(), film.category, film.categories.count()) == (
        int(held_by == "credit"),
        row if held_by == "main" else None,
        int(held_by == "further"),
    )
    assert not LogEntry.objects.exists()


@pytest.mark.parametrize("text", OWN)
def test_nothing_hostile_runs_on_these_pages(editor, make, text):
    person, category = MAKE["person"](name=text), MAKE["category"](name=text[:60])
    film = make(text)
    pages = [page(film, name) for name in STATE_ACTS]
    pages += [
        f"/admin/films/person/{person.pk}/erase/",
        f"/admin/films/category/{category.pk}/erase/",
    ]
    for address in pages:
        assert faults_of(editor.get(address)) == []
        assert faults_of(editor.post(address, {"seen": text + "x"})) == []
    services.set_credits(film=film, credits=[(person, "director")])
    assert faults_of(editor.get(f"/admin/films/person/{person.pk}/erase/")) == []
    assert (Person.objects.count(), Category.objects.count()) == (1, 1)
