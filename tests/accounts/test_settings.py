"""What a member sets: how pages look, and the name that readers see."""

from datetime import UTC, datetime

import pytest
from django.test import Client

from forum.accounts.models import User
from forum.discussions import services
from forum.discussions.models import Comment, Event, Topic
from tests.accounts.conftest import client_of
from tests.statements import statements

READING = "/account/reading/"
LETTERS = "/account/letters/"


@pytest.fixture
def said(member, topic):
    """A comment of the member, written on a summer evening in UTC."""
    author = services.Author(member=member)
    comment = services.post_comment(author=author, body="Said once.", topic_id=topic.pk).comment
    at = datetime(2026, 7, 1, 22, 30, tzinfo=UTC)
    Comment.objects.filter(pk=comment.pk).update(created_at=at)
    return comment


def test_only_members_have_settings(db):
    for path in ("", "reading/", "sessions/", "password/", "factor/", "name/", "claim/"):
        answer = Client().get(f"/account/{path}")
        assert answer.headers["Location"].startswith("/login/?next=/account/"), path


def test_times_are_shown_in_a_members_zone_and_in_the_sites_for_all_others(member, topic, said):
    client = client_of(member)
    address = topic.get_absolute_url()
    assert "1 July 2026, 22:30" in client.get(address).content.decode()
    assert client.post(READING, {"zone": "Asia/Tokyo", "shortcuts": "on"}).status_code == 302
    for page in (address, said.get_absolute_url(), "/my/comments/", f"/members/{member.pk}/"):
        assert "2 July 2026, 07:30" in client.get(page).content.decode(), page
    shared = Client().get(address)
    assert "1 July 2026, 22:30" in shared.content.decode()
    assert "public" in shared.headers["Cache-Control"]
    assert "2 July 2026, 07:30" in client.get(address).content.decode()
    assert client.post(READING, {"zone": "Mars/Olympus"}).status_code == 422


def test_a_zone_that_is_no_more_is_the_sites(member, topic, said):
    User.objects.update(zone="Gone/Away")
    assert "1 July 2026, 22:30" in client_of(member).get(topic.get_absolute_url()).content.decode()


def test_density_and_keys_stand_on_the_body_for_styles_and_scripts(member, topic):
    client = client_of(member)
    assert "<body>" in client.get("/").content.decode()
    client.post(READING, {"density": "compact"})
    body = client.get(topic.get_absolute_url()).content.decode().split("<body")[1].split(">")[0]
    assert body == ' data-density="compact" data-keys="off"'
    client.post(READING, {"density": "", "shortcuts": "on"})
    assert "<body>" in client.get("/").content.decode()
    assert client.post(READING, {"density": "tight"}).status_code == 422


def test_a_language_is_offered_where_the_site_has_several_and_kept_in_a_cookie(member, settings):
    client = client_of(member)
    assert 'name="language"' not in client.get(READING).content.decode()
    settings.LANGUAGES = [("en", "English"), ("de", "Deutsch")]
    assert 'name="language"' in client.get(READING).content.decode()
    answer = client.post(READING, {"language": "de"})
    assert answer.cookies["language"].value == "de"
    assert '<html lang="de"' in client.get("/lobby/").content.decode()
    client.post("/logout/")
    signed_out = client.get("/lobby/")
    assert '<html lang="de"' in signed_out.content.decode()
    assert signed_out.headers["Cache-Control"] == "private, no-cache"
    assert '<html lang="en"' in Client().get("/lobby/").content.decode()
    assert client.post("/login/", {"login": "Sunniva", "password": "lantern-soft-9"})
    answer = client.post(READING, {"language": ""})
    assert answer.cookies["language"]["max-age"] == 0
    assert client.post(READING, {"language": "xx"}).status_code == 422


def test_letters_about_decisions_are_a_choice_where_there_is_mail(member, mails, settings):
    client = client_of(member)
    client.post(LETTERS, {})
    member.refresh_from_db()
    assert not member.mail_decisions
    client.post(LETTERS, {"mail_decisions": "on"})
    settings.MAILS = False
    assert client.get(LETTERS).status_code == 404
    client.post(READING, {})
    member.refresh_from_db()
    assert member.mail_decisions


def test_without_our_cookies_nothing_is_asked_about_a_reader(topic, db):
    Client().get("/lobby/")
    with statements() as said:
        Client().get("/lobby/")
    assert not [one for one in said if "accounts_" in one or "session" in one]


# -------------------------------------------------------------------------------------------- names


def test_a_new_name_is_read_everywhere_at_once(member, topic, said):
    address = topic.get_absolute_url()
    assert "Sunniva" in Client().get(address).content.decode()
    before = Topic.objects.get().version
    client = client_of(member)
    assert client.post("/account/name/", {"username": "Solveig"}).headers["Location"] == "/account/"
    assert Topic.objects.get().version > before
    html = Client().get(address).content.decode()
    assert "Solveig" in html
    assert "Sunniva" not in html
    member.refresh_from_db()
    assert list(User.objects.named_like("SOLVEIG")) == [member]
    event = Event.objects.get(verb="name")
    assert (event.actor_id, event.member_id) == (member.pk, member.pk)


@pytest.mark.parametrize("name", ["Admin", "RUTH", "…", "x" * 61, "a\u202eb"])
def test_a_name_that_the_rules_refuse_stays_in_the_form(member, topic, said, name):
    User.objects.create_user("Ruth")
    before = Topic.objects.get().version
    answer = client_of(member).post("/account/name/", {"username": name})
    assert answer.status_code == 422
    assert f'value="{name}"' in answer.content.decode()
    member.refresh_from_db()
    assert member.username == "Sunniva"
    assert Topic.objects.get().version == before


def test_the_same_name_in_another_spelling_is_ones_own(member):
    client_of(member).post("/account/name/", {"username": "SUNNIVA"})
    member.refresh_from_db()
    assert member.username == "SUNNIVA"


def test_changes_of_ones_name_are_limited(member, limits):
    limits["account:member"] = [(2, 3600)]
    client = client_of(member)
    names = [client.post("/account/name/", {"username": f"Name {n}"}).status_code for n in "abc"]
    assert names == [302, 302, 429]


def test_a_new_name_takes_topics_before_the_member(member, topic, said):
    with statements() as asked:
        services.rename_member(member_id=member.pk, name="Solveig", by=None)
    updates = [one for one in asked if one.startswith("UPDATE")]
    assert "discussions_topic" in updates[0]
    assert "accounts_user" in updates[1]


def test_a_guest_cannot_take_a_members_name_and_gets_it_once_it_is_free(member, topic):
    address = f"/topics/{topic.pk}/comments/new/"
    words = {"body": "Hello.", "name": "SUNNIVA", "email": ""}
    assert Client().post(address, words).status_code == 422
    services.rename_member(member_id=member.pk, name="Solveig", by=None)
    assert Client().post(address, words).status_code == 302
