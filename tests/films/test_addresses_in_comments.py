"""The address of a film of this site, pasted into a comment, becomes its title."""

import pytest
from django.urls import reverse

from forum.accounts.readers import ANYBODY, pen_with_secret
from forum.discussions import services
from forum.discussions.models import CommentText, Topic
from forum.discussions.upkeep import render_some
from tests.statements import statements

SITE = "https://films.example.org"


@pytest.fixture
def write(db, settings):
    """write(text) -> the HTML of a comment with it, in the Lobby"""
    settings.SITE_URL = SITE
    topic = services.open_topic(title="Anything", by=None)
    pen, _secret, _is_new = pen_with_secret("", "Nils")
    author = services.Author(pen=pen, name="Nils")

    def write_one(body):
        posted = services.post_comment(author=author, body=body, topic_id=topic.pk)
        return posted.comment.text.body_html

    return write_one


@pytest.mark.parametrize("end", ["", "?t=2552", "#c12", "?t=1&sort=newest#talk"])
def test_a_bare_address_of_a_film_becomes_its_title(write, make, end):
    film = make("Salt & Light")
    html = write(f"See {SITE}{film.get_absolute_url()}{end}.")
    assert ">Salt &amp; Light</a>." in html
    assert f'href="{SITE}{film.get_absolute_url()}{end}"'.replace("&", "&amp;") in html


def test_in_angle_brackets_and_without_its_last_stroke_too(write, make):
    film = make("Salt")
    assert ">Salt</a>" in write(f"<{SITE}{film.get_absolute_url()}>")
    assert ">Salt</a>" in write(f"It is {SITE}{film.get_absolute_url().rstrip('/')}, yes")


def test_words_that_somebody_chose_and_code_stay(write, make):
    address = SITE + make("Salt").get_absolute_url()
    assert ">this one</a>" in write(f"[this one]({address})")
    assert "<code>" + address in write(f"`{address}`")


@pytest.mark.parametrize("state", ["draft", "withdrawn"])
def test_a_film_that_not_all_may_see_is_not_named(write, make, state):
    film = make("Secret film", state=state)
    assert film.topic.hidden_at
    assert "Secret" not in write(f"{SITE}{film.get_absolute_url()}")


def test_another_host_is_not_ours(write, make):
    path = make("Salt").get_absolute_url()
    for site in (
        "https://films.example.com",
        "https://films.example.org.evil.example",
        "http://films.example.org",
    ):
        assert "Salt" not in write(f"{site}{path} {site}").replace(path, "")


def test_a_comments_address_says_which_and_where(write, make, say):
    film = make("Salt")
    comment = say(film, under=say(film))
    html = write(f"{SITE}{comment.get_absolute_url()}#c{comment.pk}")
    assert ">comment 1.1 on Salt</a>" in html
    services.moderate(comment_id=comment.pk, verb="remove", by=ANYBODY, reason="off-topic")
    assert "Salt" not in write(f"{SITE}{comment.get_absolute_url()}")


def test_a_topic_of_the_lobby_has_its_title(write):
    topic = services.open_topic(title="What to see next", by=None)
    assert ">What to see next</a>" in write(SITE + reverse("topic", args=[topic.pk]))


def test_a_film_named_in_letters_beyond_ascii(write, make):
    film = make("Šíp")
    Topic.objects.filter(pk=film.topic_id).update(path="/films/%C5%A1%C3%ADp/")
    assert ">Šíp</a>" in write(f"{SITE}/films/šíp/")
    assert ">Šíp</a>" in write(f"{SITE}/films/%C5%A1%C3%ADp/ again")


def test_twenty_addresses_take_one_query_and_none_is_asked_without(write, make):
    text = " ".join(f"{SITE}{make(f'Film {at}').get_absolute_url()}" for at in range(15))
    write("warm")
    with statements() as without:
        write("Nothing of ours: https://example.org/films/salt/")
    with statements() as with_many:
        html = write(text)
    assert html.count(">Film ") == 15
    assert len(with_many) == len(without) + 1


def test_rendering_again_finds_the_title_of_today(write, make):
    film = make("Salt")
    write(f"{SITE}{film.get_absolute_url()}")
    Topic.objects.filter(pk=film.topic_id).update(title="Salt, restored")
    CommentText.objects.update(html_version=0)
    render_some(0)
    assert ">Salt, restored</a>" in CommentText.objects.get().body_html
