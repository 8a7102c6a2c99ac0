"""The demo: what its files promise, and what stands in the database."""

import json
import re
from collections import Counter
from datetime import datetime
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.test import Client, override_settings

from films.models import Film
from forum.accounts.models import User
from forum.discussions import tree
from forum.discussions.models import Comment, Reason, State, Topic
from forum.transfer import demo_clearing
from forum.transfer.demo_loading import FOLDER
from tests.conftest import put_groups_back
from tests.transfer.conftest import ROOT

FILMS = json.loads((FOLDER / "films.json").read_text())
TALKS = {path.stem: json.loads(path.read_text()) for path in sorted(FOLDER.glob("talk/*.json"))}
LOBBY = json.loads((FOLDER / "lobby.json").read_text())
PEOPLE = json.loads((FOLDER / "people.json").read_text())
EVERY_TALK = [*TALKS.values(), *[topic["talk"] for topic in LOBBY]]


# What is in the files


def test_there_are_forty_films_from_1922_to_now():
    years = [film["year"] for film in FILMS]
    assert len(FILMS) >= 40
    assert min(years) == 1922
    assert max(years) >= 2022
    assert len({film["slug"] for film in FILMS}) == len(FILMS)
    assert all(len(film["description"].split("\n\n")) > 1 for film in FILMS)


def test_no_film_has_an_address_or_an_id_of_another_site():
    assert not re.search(r"https?:|www\.|tt\d{7}", json.dumps(FILMS))
    assert not re.search(r"https?:|www\.", json.dumps(EVERY_TALK))


def test_twelve_films_have_talk_one_of_it_long_and_one_branch_twelve_deep():
    assert len(TALKS) >= 12
    assert set(TALKS) <= {film["slug"] for film in FILMS}
    assert max(map(len, TALKS.values())) > 150
    assert max(one["n"].count(".") + 1 for talk in TALKS.values() for one in talk) >= 12


def test_members_and_guests_speak_and_some_comments_are_held_or_removed():
    states = Counter(one.get("state", "public") for talk in EVERY_TALK for one in talk)
    names = {one["by"] for talk in EVERY_TALK for one in talk}
    assert set(PEOPLE["members"]) <= names
    assert set(PEOPLE["guests"]) <= names
    assert states["held"] >= 5
    assert states["removed"] >= 5
    assert states["deleted"]
    assert states["spam"]
    assert set(states) <= set(State.values)
    reasons = {one["reason"] for talk in EVERY_TALK for one in talk if "reason" in one}
    assert reasons <= set(Reason.values)


def test_numbers_have_no_gaps_and_dates_rise():
    for talk in EVERY_TALK:
        dates = {one["n"]: datetime.fromisoformat(one["at"]) for one in talk}
        assert len(dates) == len(talk)
        for number, date in dates.items():
            parent, _dot, own = number.rpartition(".")
            elder = f"{parent}.{int(own) - 1}".strip(".")
            assert not parent or dates[parent] < date, number
            assert own == "1" or dates[elder] < date, number


def test_minute_marks_lie_within_their_film():
    minutes = {film["slug"]: film["runtime_minutes"] for film in FILMS}
    marks = 0
    for slug, talk in TALKS.items():
        for one in talk:
            for mark in re.findall(r"\b(\d{1,3}):[0-5]\d\b", one["text"]):
                marks += 1
                assert int(mark) < (minutes[slug] or 999), (slug, one["n"])
    assert marks > 20


def sentences():
    """Yield (words, where) of every sentence of the demo."""
    texts = [(film["slug"], f"{film['description']}\n{film['tagline']}") for film in FILMS]
    texts += [(f"{slug} {one['n']}", one["text"]) for slug, talk in TALKS.items() for one in talk]
    texts += [(topic["title"], one["text"]) for topic in LOBBY for one in topic["talk"]]
    for where, text in texts:
        for sentence in re.split(r"[.!?…:;؟。]+[\s\"»”*)]*|\n+", text):
            yield " ".join(re.findall(r"[^\W_]+", sentence.lower())), where


def test_no_sentence_is_there_twice():
    seen: dict[str, str] = {}
    for words, where in sentences():
        if len(words.split()) > 3:
            assert words not in seen, (words, where, seen[words])
            seen[words] = where
    assert len(seen) > 1000


# In the database


@pytest.fixture(scope="module")
def demo(django_db_setup, django_db_blocker):
    """The demo, loaded once for the tests that only read; what the command said."""
    quick = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # as every test has it
    with django_db_blocker.unblock(), override_settings(PASSWORD_HASHERS=quick):
        put_groups_back()
        said = StringIO()
        call_command("load_demo", stdout=said)
        yield said.getvalue()
        demo_clearing.clear()


@pytest.mark.django_db
def test_the_talk_stands_where_the_files_say(demo):
    assert tree.check() == []
    for slug, talk in TALKS.items():
        film = Film.objects.select_related("topic").get(slug=slug)
        assert film.topic.comment_count == sum(not one.get("state") for one in talk)
        rows = Comment.objects.filter(thread__topic=film.topic).select_related("text", "member")
        stored = {one.pk: one for one in rows}
        numbers = {}
        for one in sorted(stored.values(), key=lambda one: one.level):
            above = f"{numbers[one.parent_id]}." if one.parent_id else ""
            numbers[one.pk] = f"{above}{one.ordinal}"
        found = {
            numbers[pk]: (one.text.body, one.name, str(one.state)) for pk, one in stored.items()
        }
        given = {one["n"]: (one["text"], one["by"], one.get("state", "public")) for one in talk}
        assert found == given


@pytest.mark.django_db
def test_every_film_is_published_marked_as_demo_and_every_page_says_so(demo, client):
    assert Film.objects.count() == len(FILMS)
    assert not Topic.objects.filter(is_demo=False).exists()
    addresses = [topic.get_absolute_url() for topic in Topic.objects.all()]
    some = Comment.objects.public().filter(parent=None)[::40]
    addresses += [comment.get_absolute_url() for comment in some]
    for address in ["/", "/lobby/", *addresses]:
        page = client.get(address)
        assert page.status_code == 200
        assert "demo talk, invented" in page.content.decode().lower(), address


@pytest.mark.django_db
def test_nobody_signs_in_as_a_member_of_the_demo_but_its_moderator(demo):
    assert [user.username for user in User.objects.all() if user.has_usable_password()] == ["Usher"]
    usher = User.objects.get(username="Usher")
    name, password = re.search(r"Moderator of the demo: (\S+), password (\S+) ", demo).groups()
    assert (name, usher.is_staff, usher.is_superuser) == ("Usher", True, False)
    assert usher.has_perm("discussions.moderate_comment")
    assert usher.check_password(password)
    assert demo.count(password) == 1
    assert len(password) >= 16


@pytest.mark.django_db
def test_a_second_load_is_refused(demo):
    with pytest.raises(CommandError, match="here already"):
        call_command("load_demo")


@pytest.mark.django_db
def test_a_clip_of_our_own_can_be_played_in_parts(demo):
    source = Film.objects.get(slug="foyer-evening").sources.get()
    clip = ROOT / source.address.lstrip("/")
    size = clip.stat().st_size
    assert 100_000 < size < 500_000
    answer = Client().get(source.address, headers={"Range": "bytes=0-3"})
    assert (answer.status_code, answer["Content-Range"]) == (206, f"bytes 0-3/{size}")
    assert answer.getvalue() == b"\x1a\x45\xdf\xa3"  # WebM
