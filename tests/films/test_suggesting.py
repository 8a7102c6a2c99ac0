"""Suggesting a film or a correction: the form, its refusals, what staff take, who is told."""

import re
import time

import pytest
from django.contrib.auth.models import Group

from films import services
from films.models import Film, Suggestion
from forum.accounts.models import User
from forum.discussions import form_marks
from forum.discussions.models import Notice
from tests.samples import sample

pytestmark = pytest.mark.django_db
FORM = "/films/suggest/"
GIVEN = {
    "title": "Drifters",
    "year": "1929",
    "directors": "John Grierson, Basil Emmott",
    "countries": "gb",
    "evidence": "https://example.org/drifters",
}


@pytest.fixture
def send(client):
    """send(**changes) -> the answer to a suggestion"""

    def run(path=FORM, by=None, **changes):
        return (by or client).post(path, {**GIVEN, **changes})

    return run


@pytest.fixture
def editor(django_user_model):
    member = django_user_model.objects.create_user("Iris", is_staff=True)
    member.groups.add(Group.objects.get(name="editor"))
    return member


def decide(client, suggestion, **words):
    return client.post(f"/admin/films/suggestion/{suggestion.pk}/change/", words)


def test_anybody_suggests_a_film_and_is_told_by_a_page_of_their_own(send, client):
    answer = send()
    made = Suggestion.objects.get()
    assert (answer.status_code, answer["Location"]) == (302, f"/films/suggestions/{made.key}/")
    page = client.get(answer["Location"]).content.decode()
    assert "An editor reads it" in page
    assert "https://example.org/drifters" in page
    assert "Keep the address of this page" in page
    assert (made.member, made.film, made.is_open) == (None, None, True)
    assert not Film.objects.exists()


def test_sources_are_asked_for_and_every_word_is_kept(send):
    answer = send(
        evidence="", description="Herring & sea", year="19x9", video="https://nowhere.example/x"
    )
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "Please say where we can read that it is so" in page
    for words in (
        "Drifters",
        "19x9",
        "John Grierson, Basil Emmott",
        "Herring &amp; sea",
        "nowhere.example/x",
    ):
        assert words in page
    assert page.count('class="err"') == 3
    assert not Suggestion.objects.exists()


@pytest.mark.parametrize(
    "changes",
    [{"title": ""}, {"year": "1700"}, {"runtime_minutes": "long"}, {"imdb_id": "12"}, {"countries": "France"},
     {"title": "x" * 201}, {"wikidata_id": "x"}, {"title": "\x00"}],
)  # fmt: skip
def test_what_no_film_can_be_is_refused(send, changes):
    assert send(**changes).status_code == 422
    assert not Suggestion.objects.exists()


@pytest.mark.parametrize(
    ("stored", "sent"),
    [
        ({"title": "The Drifters", "year": 1930}, {}),
        ({"title": "Another name", "original_title": "Drifters!"}, {}),
        ({"title": "Quite another", "imdb_id": "tt0019839"}, {"imdb_id": "tt0019839"}),
        ({"title": "Quite another", "wikidata_id": "Q1260236"}, {"wikidata_id": "Q1260236"}),
    ],
)
def test_a_film_that_is_here_is_offered_on_submit_and_while_typing(
    make, send, client, stored, sent
):
    film = make(**stored)
    answer = send(**sent)
    assert answer.status_code == 422
    assert film.get_absolute_url() in answer.content.decode()
    assert "It is another film than these" in answer.content.decode()
    assert 'value="Drifters"' in answer.content.decode()
    typed = client.get(f"{FORM}like", {**GIVEN, **sent}).content.decode()
    assert film.get_absolute_url() in typed
    assert send(**sent, is_another="on").status_code == 302


def test_drafts_are_not_told_to_readers(make, send, client):
    make(title="Drifters", year=1929, state="draft")
    assert send().status_code == 302
    assert not client.get(f"{FORM}like", GIVEN).content.strip()


def test_the_form_asks_for_likes_while_one_types_and_needs_no_script(client):
    page = client.get(FORM).content.decode()
    assert 'hx-get="/films/suggest/like"' in page
    assert 'name="robots" content="noindex"' in page
    assert "<script>" not in page


def test_a_correction_keeps_only_what_differs(make, send, client):
    film = make(title="Drifters", year=1928, imdb_id="tt0019839", countries="GB")
    path = f"{FORM}?film={film.slug}"
    assert 'value="1928"' in client.get(path).content.decode()
    send(path, imdb_id="tt0019839", directors="")
    made = Suggestion.objects.get()
    assert (made.fields, made.film, made.is_correction) == ({"year": "1929"}, film, True)
    same = send(path, imdb_id="tt0019839", directors="", year="1928")
    assert same.status_code == 422
    assert "says already" in same.content.decode()
    assert client.get(f"{FORM}?film=nowhere").status_code == 404


def test_a_robot_that_fills_every_field_sends_nothing(send):
    assert send(website="https://spam.example").status_code == 302
    assert not Suggestion.objects.exists()


@pytest.fixture
def later(monkeypatch):
    """later(seconds): let what signs forms think that so much time has passed."""

    def run(seconds):
        now = time.time() + seconds
        monkeypatch.setattr("forum.discussions.form_marks.time.time", lambda: now)

    return run


def opened_of(answer):
    return re.search(r'name="opened" value="([^"]+)"', answer.content.decode())[1]


def test_a_guest_who_had_the_form_for_a_moment_presses_again(send, client, settings, later):
    settings.RATE_LIMITS_ON = True
    opened = opened_of(client.get(FORM))
    at_once = send(opened=opened)
    assert at_once.status_code == 422
    assert "open for a moment only" in at_once.content.decode()
    assert 'value="Drifters"' in at_once.content.decode()
    assert opened_of(at_once) == opened
    assert not Suggestion.objects.exists()
    later(form_marks.HASTE_S + 1)
    assert send(opened=opened_of(at_once)).status_code == 302


@pytest.mark.parametrize("said", ["", "suggestion/1", "suggestion/1:forged", "x" * 200])
def test_a_guest_whose_form_was_no_page_of_ours_gets_one(send, settings, later, said):
    settings.RATE_LIMITS_ON = True
    answer = send(opened=said)
    assert answer.status_code == 422
    assert not Suggestion.objects.exists()
    later(form_marks.HASTE_S + 1)
    assert send(opened=opened_of(answer)).status_code == 302


def test_members_and_measurements_are_not_asked_when_the_form_was_made(send, client, settings):
    settings.RATE_LIMITS_ON = False
    assert send().status_code == 302
    settings.RATE_LIMITS_ON = True
    client.force_login(User.objects.create_user("Nils"))
    assert b'name="opened"' not in client.get(FORM).content
    assert send(title="Second one").status_code == 302


def test_who_sends_too_many_waits_and_loses_no_word(send, client, settings, later):
    opened = opened_of(client.get(FORM))
    later(60)
    settings.RATE_LIMITS_ON = True
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "film:author": [(1, 3600)]}
    send(opened=opened)
    answer = send(opened=opened, title="Second one")
    assert answer.status_code == 429
    assert int(answer["Retry-After"]) > 0
    assert 'value="Second one"' in answer.content.decode()
    assert Suggestion.objects.count() == 1


def test_staff_make_a_draft_of_what_they_tick(send, client, editor):
    send(
        video="https://www.youtube.com/watch?v=abcdefghijk",
        runtime_minutes="49",
        description="Herring.",
    )
    suggestion = Suggestion.objects.get()
    client.force_login(editor)
    page = client.get(f"/admin/films/suggestion/{suggestion.pk}/change/").content.decode()
    assert 'name="take" value="directors" checked' in page
    answer = decide(
        client,
        suggestion,
        take=["title", "year", "directors", "video"],
        answer="Thank you!",
        act="accept",
    )
    film = Film.objects.get()
    assert answer["Location"] == f"/admin/films/film/{film.pk}/change/"
    assert (film.title, film.year, film.runtime_minutes, film.state) == (
        "Drifters",
        1929,
        None,
        "draft",
    )
    assert [str(one) for one in film.credits.all()] == [
        "John Grierson, director",
        "Basil Emmott, director",
    ]
    assert film.sources.get().key == "abcdefghijk"
    assert film.history.get().history_user == editor
    suggestion.refresh_from_db()
    assert (suggestion.state, suggestion.film, suggestion.decided_by) == ("accepted", film, editor)
    client.logout()
    told = client.get(suggestion.get_absolute_url()).content.decode()
    assert "A part of it was taken" in told
    assert "Thank you!" in told
    assert "/films/drifters/" not in told  # a draft
    services.set_film_state(film=film, state="published")
    assert "/films/drifters/" in client.get(suggestion.get_absolute_url()).content.decode()


def test_staff_take_a_correction_field_by_field(make, send, client, editor):
    somebody = services.create_person(name="Walter Creighton")
    film = make(title="Drifters", year=1928, tagline="Kept", credits=[(somebody, "editor")])
    send(f"{FORM}?film={film.slug}", runtime_minutes="49", countries="")
    suggestion = Suggestion.objects.get()
    client.force_login(editor)
    page = client.get(f"/admin/films/suggestion/{suggestion.pk}/change/").content.decode()
    assert "1928" in page
    decide(client, suggestion, take=["year", "directors"], act="accept")
    film.refresh_from_db()
    assert (film.year, film.runtime_minutes, film.tagline) == (1929, None, "Kept")
    assert [one.role for one in film.credits.all()] == ["director", "director", "editor"]
    assert film.history.count() == 2


def test_a_member_finds_what_became_of_it_in_the_inbox(send, client, editor):
    member = User.objects.create_user("Nils")
    client.force_login(member)
    send()
    suggestion = Suggestion.objects.get()
    assert suggestion.member == member
    assert "Drifters" in client.get(FORM).content.decode()
    client.force_login(editor)
    decide(client, suggestion, act="decline", answer="It is no documentary.")
    notice = Notice.objects.get()
    assert (notice.member, notice.kind, notice.comment) == (member, "film", None)
    member.refresh_from_db()
    assert member.unread == 1
    client.force_login(member)
    inbox = client.get("/inbox/").content.decode()
    assert "What became of a film or a correction that you suggested" in inbox
    opened = client.post(f"/inbox/{notice.pk}/")
    assert opened["Location"] == suggestion.get_absolute_url()
    page = client.get(opened["Location"]).content.decode()
    assert "It was not taken this time" in page
    assert "It is no documentary." in page
    member.refresh_from_db()
    assert member.unread == 0


def test_a_decision_is_made_once_and_a_refused_one_keeps_its_words(make, send, client, editor):
    send()
    suggestion = Suggestion.objects.get()
    client.force_login(editor)
    nothing = decide(client, suggestion, act="accept", take=["year"], answer="Nearly")
    assert nothing.status_code == 422
    assert "a new film needs its title" in nothing.content.decode()
    assert "Nearly" in nothing.content.decode()
    assert 'value="title" checked' not in nothing.content.decode()
    decide(client, suggestion, act="accept", take=["title"])
    again = decide(client, suggestion, act="decline")
    assert again.status_code == 409
    assert Film.objects.count() == 1
    suggestion.refresh_from_db()
    assert suggestion.state == "accepted"


def test_who_may_not_change_films_decides_nothing(send, client, django_user_model):
    send()
    suggestion = Suggestion.objects.get()
    moderator = django_user_model.objects.create_user("Ole", is_staff=True)
    moderator.groups.add(Group.objects.get(name="moderator"))
    client.force_login(moderator)
    assert decide(client, suggestion, act="decline").status_code == 403
    assert client.get("/admin/films/suggestion/").status_code == 403
    suggestion.refresh_from_db()
    assert suggestion.is_open


def test_a_key_that_is_none_leads_nowhere(client):
    assert client.get("/films/suggestions/guessed/").status_code == 404


def test_hostile_words_are_text_for_staff_and_readers(send, client, editor):
    strings = ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "{{ 7*7 }}"]
    strings += [str(one)[:150] for one in sample("hostile/xss_owasp_filter_evasion.json")[:20]]
    for text in strings:
        assert send(title=text, evidence=text, description=text).status_code in (302, 422)
    client.force_login(editor)
    for one in Suggestion.objects.all():
        for path in (one.get_absolute_url(), f"/admin/films/suggestion/{one.pk}/change/"):
            page = client.get(path).content.decode()
            assert "<script>alert" not in page
            assert "<img src=x" not in page
            assert (
                "javascript:alert" not in page.replace("&#x27;", "'").split("<textarea")[0]
                or 'href="javascript' not in page
            )
