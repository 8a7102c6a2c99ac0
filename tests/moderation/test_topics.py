"""Topics in the admin: opened and renamed in the Lobby, locked anywhere."""

import re

import pytest
from django.test import Client

from forum.accounts.models import User
from forum.discussions import services
from forum.discussions.models import Event, Topic
from tests.moderation.conftest import client_of, moderator, person
from tests.moderation.hostile import OWN, STRINGS, faults_of

LIST = "/admin/discussions/topic/"


@pytest.fixture
def client(db):
    rights = [f"discussions.{verb}_topic" for verb in ("add", "change", "view", "delete")]
    return client_of(person("Ruth", *rights))


@pytest.fixture
def film_topic(db):
    return Topic.objects.create(title="Night Mail", path="/films/night-mail/")


def send(client, topic, **fields):
    return client.post(f"{LIST}{topic.pk}/change/", fields)


def in_bulk(client, action, *ids, **more):
    data = {"action": action, "index": 0, "_selected_action": ids, **more}
    return client.post(LIST, data, follow=True)


def test_a_topic_is_opened_in_the_lobby(client):
    client.post(f"{LIST}add/", {"title": "  What did   you see? ", "path": "/x/", "locked": ""})
    topic = Topic.objects.get()
    assert (topic.title, topic.path, topic.locked_at) == ("What did you see?", "", None)
    event = Event.objects.get()
    assert (event.verb, event.topic_id, event.actor_id) == ("open", topic.pk, User.objects.get().pk)


@pytest.mark.parametrize("title", ["", "   ", "x" * 301])
def test_a_topic_needs_a_title_that_fits(client, title):
    assert client.post(f"{LIST}add/", {"title": title}).status_code == 200
    assert not Topic.objects.exists()


def test_a_lobby_topic_is_renamed_and_readers_see_it_next(client, topic):
    version = topic.version
    send(client, topic, title="The first row")
    topic.refresh_from_db()
    assert topic.title == "The first row"
    assert topic.version > version
    assert Event.objects.latest("pk").verb == "rename"
    assert "The first row" in Client().get(topic.get_absolute_url()).content.decode()


def test_a_film_names_its_topic_itself(client, film_topic):
    send(client, film_topic, title="Another name", locked="on")
    film_topic.refresh_from_db()
    assert film_topic.title == "Night Mail"
    assert film_topic.locked_at
    assert "rename" not in Event.objects.values_list("verb", flat=True)


def test_a_topic_is_locked_and_unlocked_on_its_page(client, topic):
    send(client, topic, title=topic.title, locked="on")
    topic.refresh_from_db()
    assert topic.locked_at
    send(client, topic, title=topic.title)
    topic.refresh_from_db()
    assert topic.locked_at is None
    assert list(Event.objects.order_by("pk").values_list("verb", flat=True)[1:]) == [
        "lock",
        "unlock",
    ]


def test_saving_without_a_change_changes_nothing(client, topic):
    send(client, topic, title=topic.title)
    assert Event.objects.count() == 1
    assert Topic.objects.get().version == topic.version


def test_topics_are_locked_and_unlocked_in_bulk_once_each(client, topic, film_topic):
    services.lock_topic(topic_id=topic.pk, by=None, locked=True)
    since = Topic.objects.get(pk=topic.pk).locked_at
    answer = in_bulk(client, "lock", topic.pk, film_topic.pk)
    assert [str(one) for one in answer.context["messages"]] == ["1 topic locked."]
    assert Topic.objects.get(pk=topic.pk).locked_at == since
    in_bulk(client, "unlock", topic.pk, select_across=1)
    assert not Topic.objects.exclude(locked_at=None).exists()
    assert Event.objects.filter(verb="unlock").count() == 2


@pytest.mark.parametrize("sent", ["x", "9" * 30])
def test_an_id_that_is_none_is_refused(client, topic, sent):
    assert in_bulk(client, "lock", sent).status_code == 400


def test_the_list_is_filtered_by_place_and_lock(client, topic, film_topic):
    def titles(query):
        html = client.get(f"{LIST}?{query}").content.decode()
        return [one for one in (topic.title, film_topic.title) if f">{one}</a>" in html]

    services.lock_topic(topic_id=topic.pk, by=None, locked=True)
    assert titles("place=lobby") == titles("locked=yes") == ["The last row"]
    assert titles("place=films") == titles("locked=no") == ["Night Mail"]
    assert len(titles("")) == len(titles("place=x&locked=x")) == 2


def test_a_moderator_keeps_a_talk_and_neither_names_nor_opens_one(topic):
    client = client_of(moderator())
    assert client.get(LIST).status_code == 200
    assert "The last row" in client.get(f"{LIST}{topic.pk}/change/").content.decode()
    assert send(client, topic, title="Mine now", locked="on").status_code == 403
    assert client.post(f"{LIST}add/", {"title": "Mine"}).status_code == 403
    in_bulk(client, "lock", topic.pk)
    topic.refresh_from_db()
    assert topic.title == "The last row"
    assert topic.locked_at
    assert Topic.objects.count() == 1


def test_how_a_talk_is_kept_is_shown_before_it_is_done(topic):
    client = client_of(moderator())
    page, wanted = f"{LIST}{topic.pk}/settings/", {"notice": "Tonight at eight.", "all_held": "on"}
    services.set_topic(topic_id=topic.pk, by=None, guests_held=True)
    html = client.get(page).content.decode()
    assert "0 public comments; 0 people wrote here; 0 wait." in html
    seen = re.search(r'name="seen" value="([^"]+)"', html)[1]
    preview = client.post(page, {**wanted, "seen": seen}).content.decode()
    for line in ("Tonight at eight.", "Hold every new comment: <b><bdi>yes", "Hold what guests"):
        assert line in preview
    topic.refresh_from_db()
    assert (topic.notice, topic.all_held_at) == ("", None)
    assert client.post(page, {**wanted, "seen": seen, "do": 1}).status_code == 302
    topic.refresh_from_db()
    assert topic.notice == "Tonight at eight."
    assert topic.all_held_at
    assert topic.guests_held_at is None
    stale = client.post(page, {"notice": "Mine.", "seen": seen, "do": 1})
    assert stale.status_code == 409
    assert "Mine." in stale.content.decode()
    assert client.post(page, {"notice": "x" * 501, "do": 1}).status_code == 422
    topic.refresh_from_db()
    assert topic.notice == "Tonight at eight."


def test_nobody_deletes_a_topic_here(client, topic):
    for one in (client, client_of(User.objects.create_superuser("Root"))):
        assert one.post(f"{LIST}{topic.pk}/delete/", {"post": "yes"}).status_code == 403
        in_bulk(one, "delete_selected", topic.pk, post="yes")
    assert Topic.objects.count() == 1


def test_nothing_hostile_runs_in_titles(client):
    topics = [services.open_topic(title=text, by=None) for text in STRINGS]
    assert faults_of(client.get(f"{LIST}?all=")) == []
    for topic in topics[: len(OWN)]:
        assert faults_of(client.get(f"{LIST}{topic.pk}/change/")) == []
        send(client, topic, title=topic.title, locked="on")
        assert faults_of(client.get(LIST)) == []


def test_the_list_costs_the_same_at_every_length(client, django_assert_max_num_queries):
    def cost():
        with django_assert_max_num_queries(12) as found:
            client.get(LIST)
        return len(found)

    services.open_topic(title="One", by=None)
    small = cost()
    for at in range(40):
        services.open_topic(title=f"Another {at}", by=None)
    assert cost() == small
