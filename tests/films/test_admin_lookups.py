"""What the form of a film asks while somebody types, and what stands in it for that."""

import re

import pytest
from django.test import Client

from films import services
from films.models import Film
from films.services import NewSource
from tests.films.test_admin import CLIP, LIST, editor, powerless, send
from tests.moderation.conftest import client_of, person

__all__ = ["editor"]  # a fixture
TUBE = "https://www.youtube.com/watch?v=aBcDeFgHiJk"


def asked(client, what, **query):
    answer = client.get(f"{LIST}{what}/", query)
    return answer.status_code, " ".join(re.sub(r"<[^>]*>", " ", answer.content.decode()).split())


@pytest.mark.parametrize(
    ("address", "told"),
    [
        (TUBE, "YouTube , aBcDeFgHiJk"),
        (f"  {CLIP} ", "Internet Archive , night_mail"),
        ("https://files.example.org/a.mp4", "files.example.org , /a.mp4"),
    ],
)
def test_an_address_is_read_at_once(editor, address, told):
    assert asked(editor, "source", address=address) == (200, f"Read as {told}")


@pytest.mark.parametrize("address", ["", "x", "https://example.org/", "javascript:alert(1)"])
def test_an_address_that_names_nothing_is_refused_with_the_reason(editor, address):
    status, words = asked(editor, "source", address=address)
    assert status == 422
    assert words.startswith("This address is not known as a film.")


def test_the_card_is_that_of_the_words_that_were_typed(editor):
    work = services.create_category(name="Work")
    answer = editor.get(
        f"{LIST}card/", {"title": "Night Mail", "year": "1936", "category": work.pk}
    )
    assert answer.content.decode() == Film(title="Night Mail", year=1936, category=work).card()
    for query in ({}, {"title": "x" * 5000, "year": "x", "category": "9" * 30}, {"year": "12345"}):
        assert editor.get(f"{LIST}card/", query).content.startswith(b"<svg")


def test_twins_are_offered_while_typing_but_not_the_film_itself(editor, make):
    film = make(year=1936, sources=[NewSource(CLIP)])
    assert "Night Mail (1936)" in asked(editor, "twins", title="the night-mail", year="1937")[1]
    assert "the same copy" in asked(editor, "twins", title="X", video=CLIP)[1]
    assert asked(editor, "twins", title="the night-mail", film=film.pk) == (200, "")
    assert asked(editor, "twins", title="Something else", film="x", video="x") == (200, "")
    assert asked(editor, "twins") == (200, "")


def test_a_preview_shows_card_copies_twins_and_text_and_stores_nothing(editor, make):
    make("Coal Face")
    sent = {
        "title": "Coal face",
        "year": "1935",
        "video": TUBE,
        "sources-0-address": "https://example.org/",
        "description": "The *pit*.",
        "description_format": "markdown",
    }
    answer = editor.post(f"{LIST}preview/", sent)
    html = answer.content.decode()
    assert answer.status_code == 200
    assert str(Film(title="Coal face", year=1935).card()) in html
    assert "<em>pit</em>" in html
    assert "aBcDeFgHiJk" in html
    assert "This address is not known as a film." in html
    assert "Is it one of these?" in html
    assert Film.objects.count() == 1
    assert editor.get(f"{LIST}preview/").status_code == 405
    strange = editor.post(f"{LIST}preview/", {"description": "a", "description_format": "exec"})
    assert strange.status_code == 200


def test_without_javascript_the_form_has_card_and_preview_and_says_how_a_copy_was_read(
    editor, make
):
    html = editor.get(f"{LIST}add/").content.decode()
    assert '<svg class="art' in html
    assert f'formaction="{LIST}preview/"' in html
    film = make(sources=[NewSource(TUBE)])
    html = editor.get(f"{LIST}{film.pk}/change/").content.decode()
    assert str(film.card()) in html
    assert "<code>aBcDeFgHiJk</code>" in html
    refused = send(editor, video="https://example.org/").content.decode()
    assert "This address is not known as a film." in refused


@pytest.mark.parametrize("kind", ["nobody", "member", "staff", "viewer", "moderator"])
def test_who_may_not_write_films_asks_nothing(db, kind):
    client, status = powerless(kind)
    for what in ("card", "source", "twins"):
        assert client.get(f"{LIST}{what}/").status_code == status
    assert client.post(f"{LIST}preview/", {}).status_code == status


def test_who_may_only_add_asks_too(db):
    client = client_of(person("Lena", "films.add_film"))
    for what in ("card", "twins"):
        assert client.get(f"{LIST}{what}/").status_code == 200
    assert Client().get(f"{LIST}card/").status_code == 302
