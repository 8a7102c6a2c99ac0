"""The history of a film: who changed what and when, and back to an earlier version."""

from importlib import import_module
from types import SimpleNamespace

import pytest
from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import connection
from django.test import Client

from films import changes, services
from films.models import Film, FilmCountry
from films.services import NewSource
from forum.accounts.models import User
from forum.discussions.models import Comment
from tests.films.test_admin import CLIP, LIST, OTHER_CLIP, editor, picture, send
from tests.moderation.conftest import client_of, person

__all__ = ["editor"]  # a fixture


@pytest.fixture
def ruth(editor):
    return User.objects.get(username="Ruth")


def versions(film):
    return list(film.history.order_by("history_id"))


def history(client, film, query=""):
    return client.get(f"{LIST}{film.pk}/history/{query}")


def told(client, film):
    """Return what the history says was changed, the latest first: [[(label, [(kind, text)])]]."""
    return [
        [(change.label, [tuple(piece) for piece in change.pieces]) for change in one["changes"]]
        for one in history(client, film).context_data["versions"]
    ]


# ------------------------------------------------------------------------------- what is written down


def test_one_save_of_the_form_is_one_version_however_many_parts_it_changed(editor, ruth):
    who, work = services.create_person(name="Harry Watt"), services.create_category(name="Work")
    send(
        editor,
        video=CLIP,
        category=work.pk,
        credits=[{"person": who.pk, "role": "director", "position": 0}],
        new_poster=picture(),
    )
    film = Film.objects.get()
    (first,) = versions(film)
    assert (first.history_type, first.history_user) == ("+", ruth)
    assert first.parts["credits"] == [[who.pk, "Harry Watt", "director"]]
    assert (first.parts["category"], first.poster) == ("Work", film.poster)
    send(
        editor,
        film,
        title="Night Post",
        state="published",
        sources=[{"address": OTHER_CLIP, "label": "restored"}],
        **{"credits-0-DELETE": "on"},
    )
    _first, second = versions(film)
    assert (second.title, second.state, second.parts["credits"]) == ("Night Post", "published", [])
    assert [one["label"] for one in second.parts["sources"]] == ["", "restored"]
    send(editor, film)
    assert len(versions(film)) == 2  # nothing was changed


@pytest.mark.parametrize(
    "change",
    [
        lambda film, by: services.change_film(film=film, tagline="New", by=by),
        lambda film, by: services.set_film_state(film=film, state="withdrawn", by=by),
        lambda film, by: services.set_sources(film=film, sources=[NewSource(CLIP)], by=by),
        lambda film, by: services.set_credits(
            film=film, credits=[(services.create_person(name="Ann"), "with")], by=by
        ),
        lambda film, by: services.set_categories(
            film=film, category=services.create_category(name="Work"), categories=[], by=by
        ),
        lambda film, by: services.set_poster(film=film, upload=picture(), by=by),
    ],
)
def test_every_service_writes_the_version_of_its_change_with_who_made_it(make, ruth, change):
    film = make()
    change(film, ruth)
    first, second = versions(film)
    assert (first.history_user, second.history_user) == (None, ruth)
    assert changes.changes(changes.content(first), changes.content(second))


def test_a_change_that_fails_leaves_no_version(make):
    film = make()
    with pytest.raises(ValidationError):
        services.edit_film(film=film, title="Half", sources=[NewSource("javascript:alert(1)")])
    assert len(versions(film)) == 1


def test_what_is_no_change_of_the_film_writes_no_version(make, say):
    film = make()
    say(film)
    services.touch(film=film)
    services.rerender(film=film)
    services.change_film(film=film, title="Night Mail")
    assert len(versions(film)) == 1


def test_trees_counters_and_what_is_made_from_other_fields_are_no_part_of_the_history():
    kept = {field.name for field in Film.history.model.tracked_fields}
    left_out = {"topic", "folded", "sort_title", "description_html", "updated_at"}
    assert not kept & left_out
    tracked = [m for m in apps.get_models() if hasattr(m._meta, "simple_history_manager_attribute")]
    assert tracked == [Film]
    assert Comment not in tracked


def test_films_that_were_there_before_get_their_first_version_and_keys(make):
    who = services.create_person(name="Harry Watt")
    film = make("The Night Mail", credits=[(who, "director")], sources=[NewSource(CLIP)])
    before = versions(film)[0]
    film.history.all().delete()
    Film.objects.update(title_key="", original_key="")
    give = import_module("films.migrations.0006_first_versions").give
    give(apps, SimpleNamespace(connection=connection))
    (given,) = versions(film)
    assert given.parts == before.parts
    assert (given.title, given.state) == ("The Night Mail", "published")
    assert Film.objects.get().title_key == film.title_key != ""


def test_films_that_were_there_before_are_found_by_their_countries(client, make):
    make("Night Mail", countries="GB FR")
    make("Day Mail")
    FilmCountry.objects.all().delete()
    fill = import_module("films.migrations.0008_fill_film_countries").fill
    fill(apps, SimpleNamespace(connection=connection))
    rows = FilmCountry.objects.order_by("code").values_list("film__title", "code")
    assert list(rows) == [("Night Mail", "FR"), ("Night Mail", "GB")]


# ---------------------------------------------------------------------------------- the page of it


def test_the_history_says_who_changed_what_and_when(editor, make, ruth):
    film = make(
        year=1936, description="It is night, and the mail goes north by train from London to Crewe."
    )
    who = services.create_person(name="Harry Watt")
    services.edit_film(
        film=film,
        by=ruth,
        year=1937,
        description="It is night, and the post goes north by train from London to Crewe.",
        credits=[(who, "director")],
    )
    html = history(editor, film).content.decode()
    assert "<bdi>Ruth</bdi>" in html
    assert "<del>1936</del>" in html
    assert "<ins>1937</ins>" in html
    assert told(editor, film)[0] == [
        ("year", [("gone", "1936"), ("new", "1937")]),
        (
            "description",
            [
                ("same", "It is night, and the"),
                ("same", " "),
                ("gone", "mail"),
                ("new", "post"),
                ("same", " goes north by train from London to Crewe."),
            ],
        ),
        ("credits", [("new", "Harry Watt, director")]),
    ]


def test_what_stayed_in_a_long_text_is_left_out_but_for_the_words_around(editor, make):
    words = " ".join(f"word{at}" for at in range(400))
    film = make(description=words)
    services.change_film(film=film, description=words.replace("word200 ", "other "))
    ((_label, pieces),) = told(editor, film)[0]
    assert [kind for kind, _text in pieces].count("left-out") == 2
    assert sum(len(text.split()) for _kind, text in pieces) < 30


def test_parts_in_another_order_are_told_as_that(editor, make):
    one, other = (services.create_person(name=name) for name in ("Harry Watt", "Basil Wright"))
    film = make(credits=[(one, "director"), (other, "director")])
    services.set_credits(film=film, credits=[(other, "director"), (one, "director")])
    assert told(editor, film)[0] == [
        (
            "credits",
            [
                ("same", "in another order:"),
                ("new", "Basil Wright, director"),
                ("new", "Harry Watt, director"),
            ],
        )
    ]


def test_a_person_that_was_renamed_is_no_change_of_the_credits(editor, make):
    who = services.create_person(name="Harry Watt")
    film = make(credits=[(who, "director")])
    services.rename_person(person=who, name="Henry Watt")
    services.change_film(film=film, tagline="New")
    assert [label for label, _pieces in told(editor, film)[0]] == ["tagline"]


def test_a_long_history_is_read_in_pages_and_costs_the_same(
    editor, make, django_assert_max_num_queries
):
    film = make()

    def cost():
        with django_assert_max_num_queries(12) as found:
            assert history(editor, film).status_code == 200
        return len(found)

    services.change_film(film=film, tagline="0")
    small = cost()
    for at in range(1, 41):
        services.change_film(film=film, tagline=str(at))
    assert cost() == small
    answer = history(editor, film)
    assert len(answer.context_data["versions"]) == 30
    older = history(editor, film, f"?before={answer.context_data['older']}")
    assert len(older.context_data["versions"]) == 12
    assert older.context_data["older"] is None
    for query in ("?before=x", "?before=" + "9" * 40, "?before=-1"):
        assert history(editor, film, query).status_code == 200


# ------------------------------------------------------------------------------------------ going back


def revert(client, film, version, shown=None):
    shown = services.seen(Film.objects.get(pk=film.pk)) if shown is None else shown
    return client.post(f"{LIST}{film.pk}/history/{version.pk}/", {"shown": shown})


@pytest.fixture
def changed(make, ruth):
    """A film that was changed in every part; its first version is to come back."""
    who, work = services.create_person(name="Harry Watt"), services.create_category(name="Work")
    film = make(
        year=1936,
        tagline="As it was",
        category=work,
        credits=[(who, "director")],
        sources=[NewSource(CLIP, label="old", length_s=1440, offset_s=3)],
        imdb_id="tt0027642",
    )
    services.edit_film(
        film=film,
        by=ruth,
        title="Something Else",
        slug="",
        year=None,
        tagline="",
        category=None,
        categories=[work],
        credits=[],
        sources=[NewSource(OTHER_CLIP)],
        imdb_id="",
        state="withdrawn",
    )
    return Film.objects.get(pk=film.pk)


def test_a_preview_says_what_going_back_changes_and_writes_nothing(editor, changed):
    first = versions(changed)[0]
    answer = editor.get(f"{LIST}{changed.pk}/history/{first.pk}/")
    labels = {change.label for change in answer.context_data["changes"]}
    assert labels == {
        "title", "year", "tagline", "IMDb", "address", "main category", "further categories",
        "credits", "sources",
    }  # fmt: skip
    assert [change.label for change in answer.context_data["left"]] == ["state"]
    assert len(versions(changed)) == 2
    assert Film.objects.get().title == "Something Else"


def test_going_back_brings_all_parts_back_as_a_new_version_and_can_be_taken_back(
    editor, changed, ruth
):
    first, second = versions(changed)
    assert revert(editor, changed, first).status_code == 302
    film = Film.objects.get()
    assert (film.title, film.slug, film.year, film.tagline, film.imdb_id) == (
        "Night Mail", "night-mail", 1936, "As it was", "tt0027642",
    )  # fmt: skip
    assert [str(credit) for credit in film.credits.all()] == ["Harry Watt, director"]
    source = film.sources.get()
    assert (source.address, source.label, source.length_s, source.offset_s) == (
        CLIP,
        "old",
        1440,
        3,
    )
    assert (film.category.name, list(film.categories.all())) == ("Work", [])
    assert film.state == "withdrawn"  # a decision of its own
    third = versions(film)[2]
    assert (third.history_user, third.history_change_reason) == (ruth, f"revert:{first.pk}")
    assert f"back to version {first.pk}" in history(editor, film).content.decode()
    assert film.topic.title == "Night Mail"
    revert(editor, film, second)
    assert Film.objects.get().title == "Something Else"
    assert len(versions(film)) == 4


def test_readers_see_the_film_as_it_was_at_their_next_request(editor, make):
    film = make()
    services.change_film(film=film, title="Something Else")
    assert "Something Else" in Client().get("/films/night-mail/").content.decode()
    revert(editor, film, versions(film)[0])
    assert "Something Else" not in Client().get("/films/night-mail/").content.decode()


def test_who_looked_at_an_older_state_is_told_and_sees_the_new_one(editor, changed):
    shown = services.seen(changed)
    services.change_film(film=changed, tagline="Meanwhile")
    answer = revert(editor, changed, versions(changed)[0], shown)
    assert answer.status_code == 409
    html = answer.content.decode()
    assert "It was changed meanwhile" in html
    assert "<del>Meanwhile</del>" in html
    assert Film.objects.get().title == "Something Else"


def test_an_address_that_another_film_took_stays_as_it_is(editor, make):
    film = make()
    services.change_film(film=film, slug="elsewhere")
    film.former_slugs.all().delete()
    make("Night Mail", slug="night-mail")
    assert revert(editor, film, versions(film)[0]).status_code == 302
    assert Film.objects.get(pk=film.pk).slug == "elsewhere"


def test_a_version_of_another_film_or_of_none_is_not_found(editor, make):
    film, other = make(), make("Other")
    for version in (versions(other)[0], type(versions(other)[0])(pk=10**15)):
        assert revert(editor, film, version).status_code == 404
    assert editor.get(f"{LIST}{film.pk}/history/{10**25}/").status_code == 404
    assert editor.get(f"{LIST}999999/history/").status_code == 404


@pytest.mark.parametrize("rights", [[], ["films.view_film"]])
def test_who_may_not_change_a_film_reverts_nothing_by_direct_post(make, rights):
    film = make()
    services.change_film(film=film, title="Something Else")
    client = client_of(person("Marta", *rights))
    assert history(client, film).status_code == (200 if rights else 403)
    assert revert(client, film, versions(film)[0]).status_code == 403
    assert revert(Client(), film, versions(film)[0]).status_code == 302  # to the login
    assert Film.objects.get().title == "Something Else"
