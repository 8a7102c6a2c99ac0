"""How pages look to who has no account: one small cookie, and every page says it from its first byte."""

import pytest
from django.test import Client

from forum.accounts.looks import Looks
from forum.accounts.models import User
from tests.accounts.conftest import client_of

LOOKS = "/reading/"
CHOSEN = {"density": "compact", "size": "large", "face": "serif"}
BODY = ' data-density="compact" data-keys="off" data-size="large" data-face="serif"'


def body_of(answer) -> str:
    return answer.content.decode().split("<body")[1].split(">")[0]


@pytest.mark.parametrize("path", ["", "lobby/", "lobby/{topic.pk}/", "search/", "login/", "gone/"])
def test_what_a_guest_chose_stands_on_the_body_of_every_page(topic, path):
    client = Client()
    assert client.post(LOOKS, CHOSEN).status_code == 302
    assert body_of(client.get(f"/{path.format(topic=topic)}")) == BODY


def test_the_cookie_holds_the_choice_alone_and_goes_with_it(db):
    client = Client()
    cookie = client.post(LOOKS, CHOSEN).cookies["preferences"]
    assert cookie.value == "compact-large-serif-nokeys"
    assert cookie["max-age"] == 365 * 24 * 3600
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    answer = client.post(LOOKS, {"keys": "on"})
    assert answer.cookies["preferences"]["max-age"] == 0
    assert client.get("/lobby/").content == Client().get("/lobby/").content


def test_the_form_shows_what_is_chosen(db):
    client = Client()
    client.post(LOOKS, CHOSEN)
    html = client.get(LOOKS).content.decode()
    for value in CHOSEN.values():
        assert f'value="{value}" id' in html
        assert "checked" in html.split(f'value="{value}"')[1].split(">")[0]
    assert "checked" not in html.split('name="keys"')[1].split(">")[0]


def test_a_page_in_a_guests_looks_is_nobody_elses(topic):
    client = Client()
    client.post(LOOKS, CHOSEN)
    own = client.get(topic.get_absolute_url())
    assert own.headers["Cache-Control"] == "private, no-cache"
    shared = Client().get(topic.get_absolute_url())
    assert body_of(shared) == ""
    assert "css/looks" not in shared.content.decode()
    assert "css/looks" in own.content.decode()
    assert "public" in shared.headers["Cache-Control"]


@pytest.mark.parametrize("words", ["", "wide", "compact" * 50, "'\"><script>", "ny-kompakt", "é-ü"])
def test_a_cookie_that_says_nothing_known_changes_nothing(words):
    assert Looks.of_words(words) == Looks()


def test_what_a_cookie_holds_is_read_again():
    for density in User.Density.values:
        for size in User.Size.values:
            for keys in (True, False):
                looks = Looks(density, size, "serif", keys)
                assert Looks.of_words(looks.words()) == looks


def test_choosing_leads_back_to_the_page_one_came_from_and_never_elsewhere(topic):
    client = Client()
    came = {"HTTP_REFERER": f"http://testserver{topic.get_absolute_url()}?sort=newest"}
    html = client.get(LOOKS, **came).content.decode()
    assert f'value="{topic.get_absolute_url()}?sort=newest"' in html
    answer = client.post(LOOKS, {"next": f"{topic.get_absolute_url()}?sort=newest"})
    assert answer.headers["Location"] == f"{topic.get_absolute_url()}?sort=newest"
    for elsewhere in ("https://evil.example/", "//evil.example", "javascript:alert(1)", ""):
        answer = client.post(LOOKS, {"next": elsewhere})
        assert answer.headers["Location"] == LOOKS
        away = client.get(LOOKS, HTTP_REFERER=elsewhere).content.decode()
        assert "evil" not in away


def test_a_choice_that_is_none_is_refused_and_nothing_is_kept(db):
    answer = Client().post(LOOKS, {**CHOSEN, "size": "huge"})
    assert answer.status_code == 422
    assert "preferences" not in answer.cookies
    assert 'value="compact" id="id_density_1" checked' in answer.content.decode()


def test_a_members_looks_are_those_of_the_account_whatever_the_cookie_says(member, topic):
    client = client_of(member)
    client.cookies["preferences"] = "compact-small"
    assert body_of(client.get("/lobby/")) == ""
    assert client.get(LOOKS).headers["Location"] == "/account/reading/"
    form = {"density": "", "type_size": "large", "typeface": "serif", "shortcuts": "on"}
    assert client.post("/account/reading/", form).status_code == 302
    assert body_of(client.get(topic.get_absolute_url())) == ' data-size="large" data-face="serif"'
    assert client.post("/account/reading/", {"type_size": "huge"}).status_code == 422


def test_looks_cost_no_query(topic, django_assert_num_queries):
    Client().get("/keys/")
    client = Client()
    client.cookies["preferences"] = "compact"
    client.get("/keys/")
    with django_assert_num_queries(0):
        client.get("/keys/")
