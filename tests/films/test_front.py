"""The first page: what is talked about now, by a formula that has a name, and an old film with new talk."""

from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from films.warmth import HALF_LIFE, Word, warmest
from forum.accounts.models import User
from forum.discussions.models import Comment
from forum.discussions.services import Author, post_comment

NOW = datetime(2026, 5, 1, tzinfo=UTC)


def ago(**span):
    return NOW - timedelta(**span)


def test_a_word_is_worth_half_after_a_half_life():
    (fresh, old) = warmest([Word(1, "a", NOW), Word(2, "b", NOW - HALF_LIFE)], NOW)
    assert (fresh.warmth, old.warmth) == (1, 0.5)


def test_a_person_counts_once_by_their_last_word():
    words = [Word(1, "a", ago(hours=hours)) for hours in range(50)] + [Word(2, "b", ago(hours=1)),
                                                                     Word(2, "c", ago(hours=30))]  # fmt: skip
    first, second = warmest(words, NOW)
    assert (first.talk, first.people) == (2, 2)
    assert (second.talk, second.people, second.warmth) == (1, 1, 1)


def test_who_spoke_long_ago_is_not_told_as_somebody_of_lately():
    words = [Word(1, "a", ago(days=400)), Word(1, "b", ago(days=8)), Word(2, "c", ago(days=6))]
    assert [(one.talk, one.people) for one in warmest(words, NOW)] == [(2, 1), (1, 0)]


def test_equally_warm_talks_have_one_order():
    words = [Word(talk, "a", NOW) for talk in (3, 9, 5)]
    assert [one.talk for one in warmest(words, NOW)] == [9, 5, 3]


def test_what_comes_from_a_clock_that_runs_ahead_counts_as_now():
    assert warmest([Word(1, "a", NOW + timedelta(days=900))], NOW)[0].warmth == 1


# (talk, who, seconds ago)
SAID = st.lists(st.tuples(st.integers(1, 5), st.integers(1, 4), st.integers(0, 10**6)), max_size=20)
WORDS = SAID.map(lambda said: [Word(talk, who, ago(seconds=s)) for talk, who, s in said])
calm = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # on a busy machine


@calm
@given(WORDS, st.integers(1, 10**5))
def test_the_order_changes_only_when_somebody_speaks(words, seconds):
    before = warmest(words, NOW)
    after = warmest(words, NOW + timedelta(seconds=seconds))
    fraction = 2 ** (-timedelta(seconds=seconds) / HALF_LIFE)
    warmth = {one.talk: one.warmth for one in after}
    for one in before:
        assert warmth[one.talk] == pytest.approx(one.warmth * fraction)


@calm
@given(WORDS)
def test_somebody_more_makes_a_talk_warmer(words):
    before = {one.talk: one.warmth for one in warmest(words, NOW)}
    after = {one.talk: one.warmth for one in warmest([*words, Word(1, "new", NOW)], NOW)}
    assert after[1] == pytest.approx(before.get(1, 0) + 1)


# The page


@pytest.fixture
def speak(db):
    def one(film, name, **span):
        user = User.objects.filter(username=name).first() or User.objects.create_user(name)
        comment = post_comment(
            author=Author(member=user), body=f"{name} says so.", topic_id=film.topic_id
        ).comment
        Comment.objects.filter(pk=comment.pk).update(
            created_at=datetime.now(UTC) - timedelta(**span)
        )
        return comment

    return one


def part(client, mark, until="</section>"):
    return client.get("/").content.decode().split(mark)[1].split(until)[0]


def test_the_talk_of_several_people_stands_before_that_of_one_who_speaks_often(client, make, speak):
    alone, together = make("Alone", year=2015), make("Together", year=2016)
    for _time in range(5):
        speak(alone, "Ada", minutes=1)
    for name in ("Ben", "Cleo"):
        speak(together, name, minutes=5)
    now = part(client, 'id="warm-h"')
    assert now.index("Together") < now.index("Alone")
    assert "2 people lately" in now
    assert "1 person lately" in now


def test_an_old_film_that_is_talked_about_stands_alone_with_its_last_word(client, make, speak):
    old, older, new = make("Old", year=1936), make("Older", year=1926), make("New", year=2020)
    speak(older, "Ada", days=3)
    speak(old, "Ben", hours=1)
    speak(new, "Cleo", minutes=1)
    again = part(client, 'id="old-h"')
    assert "Made in 1936" in again
    assert "Ben says so." in again
    now = part(client, 'id="warm-h"')
    assert "New" in now
    assert "Older" in now
    assert ">Old<" not in now


def test_who_muted_somebody_hears_the_last_word_of_others(client, make, speak):
    old, new = make("Old", year=1936), make("New", year=2020)
    spoken = [speak(old, "Ada", hours=2), speak(old, "Ben", hours=1), speak(new, "Ben", minutes=1)]
    assert client.post(f"/comments/{spoken[1].pk}/mute/").status_code == 302
    assert "Ada says so." in part(client, 'id="old-h"')
    html = client.get("/").content.decode()
    assert "Ben says so." not in html
    assert client.post(f"/comments/{spoken[0].pk}/mute/").status_code == 302
    assert "Made in 1936" in part(client, 'id="old-h"')
    assert "says so." not in client.get("/").content.decode()
    assert "Ben says so." in Client().get("/").content.decode()


def test_a_site_where_all_was_said_long_ago_says_so(client, make, speak):
    speak(make("Quiet", year=2015), "Ada", days=300)
    last = part(client, 'id="warm-h"')
    assert "Last talked about" in last
    assert "lately" not in last


def test_a_film_that_is_hidden_is_not_talked_about(client, make, speak):
    from films import services

    film = make("Hidden", year=1936)
    speak(film, "Ada", minutes=1)
    services.set_film_state(film=film, state="withdrawn")
    html = client.get("/").content.decode()
    assert "Hidden" not in html
    assert 'id="warm-h"' not in html
    assert 'id="old-h"' not in html


def test_a_quiet_site_has_neither_section(client, make):
    make()
    html = client.get("/").content.decode()
    assert 'id="warm-h"' not in html
    assert 'id="old-h"' not in html
    assert 'href="/films/random/"' in html
