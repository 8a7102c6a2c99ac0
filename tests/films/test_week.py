"""What was talked about this week, in the Lobby and on a shelf of films."""

from datetime import timedelta

import pytest
from django.utils import timezone

from films import services
from forum.accounts.models import User
from forum.accounts.readers import Reader
from forum.discussions import week
from forum.discussions.models import Comment, Topic
from forum.discussions.services import Author, moderate, post_comment

pytestmark = pytest.mark.django_db


def told(client, address):
    html = client.get(address).content.decode()
    return html.split('id="week-h"')[1].split("</ul>")[0] if 'id="week-h"' in html else ""


@pytest.fixture
def topic(db):
    return Topic.objects.create(title="The cinema by the river")


@pytest.fixture
def speak(db):
    author = Author(member=User.objects.create_user("Sunniva"))

    def one(topic_id, text="Something was said.", **span):
        comment = post_comment(author=author, body=text, topic_id=topic_id).comment
        at = timezone.now() - timedelta(**span)
        Comment.objects.filter(pk=comment.pk).update(created_at=at, state_at=at)
        Topic.objects.filter(pk=topic_id).update(last_comment_at=at)
        return comment

    return one


def test_the_lobby_says_what_was_talked_about_this_week_and_how_much(client, topic, speak):
    Topic.objects.create(title="Quiet")
    speak(topic.pk, "Long ago.", days=8)
    assert told(client, "/lobby/") == ""
    speak(topic.pk, "One.", days=2)
    speak(topic.pk, "Two.", days=1)
    assert "The cinema by the river" in told(client, "/lobby/")
    assert "2 this week" in told(client, "/lobby/")
    assert "Quiet" not in told(client, "/lobby/")


def test_a_shelf_says_it_of_films_that_stand_there_as_main_or_further_one(client, make, speak):
    work, sea = (services.create_category(name=name) for name in ("Work", "Sea"))
    main, further = make("Main", category=work), make("Further", category=sea, categories=[work])
    other = make("Other", category=sea)
    for film in (main, further, other):
        speak(film.topic_id, f"Of {film.title}.", hours=1)
    shown = told(client, "/categories/work/")
    assert "Main" in shown
    assert "Further" in shown
    assert "Other" not in shown
    assert told(client, "/categories/work/?sort=title")
    assert told(client, "/categories/work/?country=FR") == ""


def test_what_was_removed_or_is_hidden_is_not_told(client, make, speak):
    work = services.create_category(name="Work")
    film, hidden = make("Film", category=work), make("Hidden", category=work)
    by = Reader(user=User.objects.create_superuser("Ruth"))
    comment = speak(film.topic_id, "Of it.", hours=1)
    speak(hidden.topic_id, "Of the other.", hours=1)
    assert "Hidden" in told(client, "/categories/work/")
    moderate(comment_id=comment.pk, verb="remove", by=by, reason="unkind")
    services.set_film_state(film=hidden, state="withdrawn")
    assert told(client, "/categories/work/") == ""


def test_it_is_two_queries_whatever_the_number(topic, speak, django_assert_num_queries):
    for number in range(4):
        one = Topic.objects.create(title=f"Talk {number}")
        speak(one.pk, f"Of {number}.", hours=number)
    with django_assert_num_queries(2):
        assert len(week.talked(Topic.objects.in_lobby())) == 4


def test_a_hostile_title_is_text(client, speak):
    topic = Topic.objects.create(title="<script>alert(1)</script>")
    speak(topic.pk, hours=1)
    assert "&lt;script&gt;alert(1)" in told(client, "/lobby/")
