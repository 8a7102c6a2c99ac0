"""Films, people and categories in the admin."""

import re
from io import BytesIO
from pathlib import Path

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils.html import escape
from PIL import Image

from films import services
from films.admin.states import STATE_ACTS
from films.models import Category, Credit, Film, FormerSlug, Person
from films.services import NewSource
from forum.accounts import admin as accounts_admin
from forum.accounts.models import User
from forum.discussions.models import Event, Topic
from tests.moderation.conftest import client_of, moderator, person
from tests.moderation.hostile import OWN, STRINGS, faults_of

LIST = "/admin/films/film/"
PEOPLE = "/admin/films/person/"
CATEGORIES = "/admin/films/category/"
CLIP = "https://archive.org/details/night_mail"
OTHER_CLIP = "https://files.example.org/night-mail.mp4"


@pytest.fixture
def editor(db):
    """A client of somebody who may add, change (and, on paper, delete) all of the catalogue."""
    rights = [
        f"films.{verb}_{model}"
        for model in ("film", "person", "category")
        for verb in ("add", "change", "view", "delete")
    ]
    return client_of(person("Ruth", *rights))


def rows(prefix, kept, new):
    """Return what an inline's form sends: `kept` and `new` are dicts of a row's fields."""
    sent = {f"{prefix}-TOTAL_FORMS": len(kept) + len(new), f"{prefix}-INITIAL_FORMS": len(kept)}
    for at, row in enumerate([*kept, *new]):
        sent |= {f"{prefix}-{at}-{name}": value for name, value in row.items()}
    return sent


def send(client, film=None, *, credits=(), sources=(), **fields):
    """Send the form of a film as a browser does: what is stored, with `fields` changed."""
    sent = {"title": "Night Mail", "description_format": "markdown", "state": "draft"}
    kept = {"credits": [], "sources": []}
    if film:
        film = Film.objects.get(pk=film.pk)
        names = [*services.FIELDS, "state"]
        sent |= {name: getattr(film, name) or "" for name in names}
        sent["category"] = film.category_id or ""
        sent["categories"] = [one.pk for one in film.categories.all()]
        kept["credits"] = [
            {"id": one.pk, "person": one.person_id, "role": one.role, "position": one.position}
            for one in film.credits.all()
        ]
        kept["sources"] = [
            {"id": one.pk, "address": one.address, "label": one.label, "offset_s": one.offset_s,
             "length_s": one.length_s or "", "position": one.position}
            for one in film.sources.all()
        ]  # fmt: skip
        for part in kept.values():
            for row in part:
                row["film"] = film.pk
    new_sources = [{"offset_s": 0, "position": 0, **one} for one in sources]
    sent |= rows("credits", kept["credits"], credits) | rows(
        "sources", kept["sources"], new_sources
    )
    page = f"{film.pk}/change/" if film else "add/"
    return client.post(f"{LIST}{page}", sent | fields)


def errors_of(answer):
    assert answer.status_code == 422
    return answer.context["adminform"].form.errors


def in_bulk(client, action, *ids, address=LIST, **more):
    data = {"action": action, "index": 0, "_selected_action": ids, **more}
    return client.post(address, data, follow=True)


def picture(width=640, height=900, kind="PNG"):
    made = BytesIO()
    Image.new("RGB", (width, height), "teal").save(made, kind)
    return SimpleUploadedFile("poster.png", made.getvalue())


# ------------------------------------------------------------------------------------ adding, changing


def test_a_film_is_added_with_its_topic_credits_sources_and_categories(editor):
    one, other = (services.create_category(name=name) for name in ("Work", "Trains"))
    who = services.create_person(name="Harry Watt")
    answer = send(
        editor,
        year=1936,
        runtime_minutes=24,
        state="published",
        category=one.pk,
        categories=[one.pk, other.pk],
        countries="gb, fr",
        description="The *mail* goes north.",
        credits=[{"person": who.pk, "role": "director", "position": 0}],
        sources=[{"address": CLIP, "label": "restored", "length_s": 1440}],
    )
    assert answer.status_code == 302
    film = Film.objects.get()
    assert (film.slug, film.countries, film.state) == ("night-mail", "GB FR", "published")
    assert "<em>mail</em>" in film.description_html
    assert (film.category, list(film.categories.all())) == (one, [other])
    assert [(credit.person, credit.role) for credit in film.credits.all()] == [(who, "director")]
    assert [(copy.kind, copy.key, copy.length_s) for copy in film.sources.all()] == [
        ("archive", "night_mail", 1440)
    ]
    topic = Topic.objects.get()
    assert (topic.title, topic.path, topic.hidden_at) == ("Night Mail", "/films/night-mail/", None)
    assert "Harry Watt" in Client().get("/films/night-mail/").content.decode()


def test_a_change_is_read_at_the_next_request_and_the_old_address_leads_on(editor, make):
    film, reader = make(), Client()
    assert "Night Mail" in reader.get("/films/night-mail/").content.decode()
    send(editor, film, title="Night Post", slug="Night Post!", tagline="All of it.")
    film.refresh_from_db()
    assert (film.slug, film.topic.title) == ("night-post", "Night Post")
    assert FormerSlug.objects.get().slug == "night-mail"
    answer = reader.get("/films/night-mail/")
    assert (answer.status_code, answer.headers["Location"]) == (301, "/films/night-post/")
    assert "All of it." in reader.get("/films/night-post/").content.decode()


def test_an_address_left_empty_is_made_anew_from_the_title(editor, make):
    film = make()
    send(editor, film, title="Night Post", slug="")
    film.refresh_from_db()
    assert film.slug == "night-post"


def test_credits_are_written_in_their_order_and_taken_out(editor, make):
    one, other = (services.create_person(name=name) for name in ("Harry Watt", "Basil Wright"))
    film = make(credits=[(one, "director"), (other, "producer")])
    send(
        editor,
        film,
        credits=[{"person": other.pk, "role": "writer", "position": 1}],
        **{"credits-0-position": 9, "credits-1-DELETE": "on"},
    )
    found = [(credit.person, credit.role) for credit in film.credits.all()]
    assert found == [(other, "writer"), (one, "director")]


def test_sources_are_added_and_the_one_that_stays_keeps_its_row(editor, make):
    film = make(sources=[NewSource(CLIP)])
    kept = film.sources.get().pk
    before = film.updated_at
    send(editor, film, sources=[{"address": OTHER_CLIP, "position": 5}])
    assert [row.pk == kept for row in film.sources.all()] == [True, False]
    film.refresh_from_db()
    assert film.updated_at > before


@pytest.mark.parametrize(
    "address", ["javascript:alert(1)", "https://example.org/", "x", "http://[", ""]
)
def test_an_address_that_is_no_known_copy_is_refused_with_the_words_kept(editor, make, address):
    film = make()
    answer = send(editor, film, title="Changed", sources=[{"address": address, "label": "a"}])
    assert answer.status_code == 422
    html = answer.content.decode()
    assert "Please correct the error" in html
    assert 'value="Changed"' in html
    assert not film.sources.exists()
    assert Film.objects.get().title == "Night Mail"


def test_the_same_copy_twice_is_refused(editor, make):
    film = make(sources=[NewSource(CLIP)])
    answer = send(editor, film, sources=[{"address": f"{CLIP}/"}])
    assert "The same copy stands here twice." in answer.content.decode()
    assert film.sources.count() == 1


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"title": ""}, "title"),
        ({"year": 1887}, "year"),
        ({"year": 2999}, "year"),
        ({"runtime_minutes": 0}, "runtime_minutes"),
        ({"slug": "search"}, "slug"),
        ({"slug": "taken"}, "slug"),
        ({"slug": "was-taken"}, "slug"),
        ({"slug": "../x"}, None),
        ({"slug": "…"}, "slug"),
        ({"countries": "France"}, "countries"),
        ({"imdb_id": "<script>"}, "imdb_id"),
        ({"wikidata_id": "42"}, "wikidata_id"),
        ({"category": 987654}, "category"),
        ({"state": "nonsense"}, "state"),
        ({"state": "withdrawn"}, "state"),
    ],
)
def test_what_the_rules_refuse_is_said_at_its_field_and_nothing_is_written(
    editor, make, fields, wrong
):
    film, other = make(state="draft"), make("Another", slug="was-taken")
    services.change_film(film=other, slug="taken")
    before = Event.objects.count()
    answer = send(editor, film, **fields)
    film.refresh_from_db()
    if wrong is None:
        assert (answer.status_code, film.slug) == (302, "x")
        return
    assert list(errors_of(answer)) == [wrong]
    assert (film.title, film.slug, film.state) == ("Night Mail", "night-mail", "draft")
    assert Event.objects.count() == before


def test_saving_without_a_change_changes_nothing(editor, make):
    film = make(sources=[NewSource(CLIP)], year=1936)
    send(editor, film)
    again = Film.objects.select_related("topic").get()
    assert again.updated_at == film.updated_at
    assert again.topic.version == film.topic.version
    assert not FormerSlug.objects.exists()


def twins_in(answer):
    """Return the ids of the films that the answer offers as the one that was meant."""
    return [int(pk) for pk in re.findall(r'<li><a href="/admin/films/film/(\d+)/change/"', answer)]


@pytest.mark.parametrize(
    ("title", "year", "is_asked"),
    [
        ("Night  mail", 1936, True),
        ("THE NIGHT MÁIL!", 1937, True),
        ("Nightmail", 1935, True),
        ("Night Mail", "", True),
        ("Courrier de nuit", 1936, True),  # its original title
        ("Night Mail", 1938, False),
        ("Night Mails", 1936, False),
        ("…", 1936, False),
    ],
)
def test_a_film_that_may_be_there_already_is_offered_before_saving(
    editor, make, title, year, is_asked
):
    twin = make("The Night Mail", original_title="Courrier de Nuit", year=1936)
    answer = send(editor, title=title, year=year, tagline="Every word is kept")
    if not is_asked:
        assert answer.status_code == 302
        return
    html = answer.content.decode()
    assert (answer.status_code, Film.objects.count()) == (422, 1)
    assert "Is it one of these?" in html
    assert twins_in(html) == [twin.pk]
    assert 'value="Every word is kept"' in html
    assert 'type="checkbox" name="is_another"' in html
    again = send(editor, title=title, year=year, is_another="on")
    assert (again.status_code, Film.objects.count()) == (302, 2)


def test_a_film_that_becomes_like_another_is_asked_about_and_one_that_stays_is_not(editor, make):
    make("Night Mail", year=1936)
    other = make("Coal Face", year=1935)
    assert list(errors_of(send(editor, other, title="Night Mail"))) == ["is_another"]
    assert send(editor, other, title="Night Mail", is_another="on").status_code == 302
    assert send(editor, other, tagline="Nothing else").status_code == 302


def test_a_film_with_the_same_copy_is_offered_whatever_it_is_called(editor, make):
    twin = make("Coal Face", sources=[NewSource(CLIP)])
    answer = send(editor, title="Night Mail", video=f"{CLIP}/")
    assert twins_in(answer.content.decode()) == [twin.pk]


def test_a_pasted_address_becomes_the_first_copy(editor):
    assert list(errors_of(send(editor, video="https://example.org/"))) == ["video"]
    assert send(editor, video=f" {CLIP} ", sources=[{"address": OTHER_CLIP}]).status_code == 302
    assert [copy.kind for copy in Film.objects.get().sources.all()] == ["archive", "file"]
    again = send(editor, title="Coal Face", video=CLIP, sources=[{"address": CLIP, "label": "a"}],
                 is_another="on")  # fmt: skip
    assert again.status_code == 302
    assert [copy.label for copy in Film.objects.get(title="Coal Face").sources.all()] == ["a"]


def test_a_refusal_that_only_the_service_sees_is_said_and_every_word_kept(
    editor, make, monkeypatch
):
    film = make()

    def refuse(**fields):
        Film.objects.update(title="Half done")
        raise ValidationError("Somebody was faster.")

    monkeypatch.setattr(services, "edit_film", refuse)
    answer = send(editor, film, title="Changed", state="withdrawn")
    html = answer.content.decode()
    assert answer.status_code == 422
    assert "Somebody was faster." in html
    assert 'value="Changed"' in html
    assert Film.objects.get().title == "Night Mail"


def test_a_poster_is_uploaded_shown_and_taken_away(editor, make, settings):
    film = make()
    send(editor, film, new_poster=picture())
    film.refresh_from_db()
    assert film.poster
    assert len(list(Path(settings.MEDIA_ROOT).iterdir())) == 2
    assert f'src="{film.poster_url}"' in editor.get(f"{LIST}{film.pk}/change/").content.decode()
    send(editor, film, no_poster="on")
    film.refresh_from_db()
    assert film.poster == ""


@pytest.mark.parametrize(
    "upload", [picture(100, 100), SimpleUploadedFile("x.png", b"<svg onload=alert(1)>")]
)
def test_what_is_no_poster_is_refused_at_its_field(editor, make, upload):
    film = make()
    upload.seek(0)
    assert list(errors_of(send(editor, film, new_poster=upload))) == ["new_poster"]
    film.refresh_from_db()
    assert film.poster == ""


# ---------------------------------------------------------------------------------------- states


@pytest.mark.parametrize("act", ["field", "action"])
def test_a_draft_is_published_by_field_and_by_action_and_readers_see_it_next(editor, make, act):
    film = make(state="draft")
    assert Client().get(film.get_absolute_url()).status_code == 404
    if act == "field":
        send(editor, film, state="published")
    else:
        in_bulk(editor, "publish", film.pk)
    film.refresh_from_db()
    assert film.state == "published"
    assert Client().get(film.get_absolute_url()).status_code == 200
    event = Event.objects.latest("pk")
    assert (event.verb, event.before, event.after) == ("film", "draft", "published")
    assert event.actor_id == User.objects.get(username="Ruth").pk


@pytest.mark.parametrize("before", ["published", "withdrawn"])
def test_a_film_goes_from_view_and_comes_back_neither_by_field_nor_by_action(editor, make, before):
    film = make(state=before)
    for state in ("published", "withdrawn", "draft"):
        assert send(editor, film, tagline=state, state=state).status_code == 302
        for action in ("publish", "withdraw", "to_draft"):
            in_bulk(editor, action, film.pk)
    film.refresh_from_db()
    assert (film.state, film.tagline) == (before, "draft")
    assert 'name="state"' not in editor.get(f"{LIST}{film.pk}/change/").content.decode()


def test_an_action_says_how_many_films_it_changed(editor, make):
    first, second, third = make("A", state="draft"), make("B", state="draft"), make("C")
    answer = in_bulk(editor, "publish", first.pk, second.pk, third.pk)
    assert [str(one) for one in answer.context["messages"]] == ["2 films are now published."]
    assert Event.objects.filter(verb="film").count() == 2
    answer = in_bulk(editor, "publish", make("D", state="withdrawn").pk)
    assert "1 film is withdrawn: publish it again" in answer.content.decode()


@pytest.mark.parametrize("sent", ["x", "9" * 30])
def test_an_id_that_is_none_is_refused(editor, make, sent):
    make()
    assert in_bulk(editor, "publish", sent).status_code == 400


# ------------------------------------------------------------------------------ people and categories


def test_people_are_added_and_renamed_and_their_films_show_it_next(editor, make):
    editor.post(f"{PEOPLE}add/", {"name": "Harry Watt"})
    who = Person.objects.get()
    assert who.slug == "harry-watt"
    film, reader = make(credits=[(who, "director")]), Client()
    assert "Harry Watt" in reader.get(film.get_absolute_url()).content.decode()
    editor.post(f"{PEOPLE}{who.pk}/change/", {"name": "Henry Watt", "slug": "other"})
    who.refresh_from_db()
    assert (who.name, who.slug) == ("Henry Watt", "harry-watt")
    assert "Henry Watt" in reader.get(film.get_absolute_url()).content.decode()


def test_categories_are_added_and_renamed_and_their_films_show_it_next(editor, make):
    editor.post(f"{CATEGORIES}add/", {"name": "Labour", "slug": "work"})
    category = Category.objects.get()
    assert category.slug == "work"
    film, reader = make(category=category), Client()
    assert "Labour" in reader.get(film.get_absolute_url()).content.decode()
    editor.post(f"{CATEGORIES}{category.pk}/change/", {"name": "Toil"})
    assert "Toil" in reader.get(film.get_absolute_url()).content.decode()
    assert list(errors_of(editor.post(f"{CATEGORIES}add/", {"name": "Toil"}))) == ["name"]
    assert list(errors_of(editor.post(f"{CATEGORIES}add/", {"name": "X", "slug": "work"}))) == [
        "slug"
    ]
    assert list(errors_of(editor.post(f"{PEOPLE}add/", {"name": "X", "slug": "a b"}))) == ["slug"]


def test_people_and_categories_are_found_while_typing(editor):
    who = services.create_person(name="Agnès Varda")
    services.create_person(name="Harry Watt")
    category = services.create_category(name="Labour")
    for field, model, term, found in [
        ("person", "credit", "agnes v", str(who.pk)),
        ("category", "film", "lab", str(category.pk)),
        ("categories", "film", "LAB", str(category.pk)),
    ]:
        query = {"app_label": "films", "model_name": model, "field_name": field, "term": term}
        answer = editor.get("/admin/autocomplete/", query)
        assert [one["id"] for one in answer.json()["results"]] == [found], field


# ------------------------------------------------------------------------------------------ lists


def titles(client, query=""):
    html = client.get(f"{LIST}?{query}").content.decode()
    films = Film.objects.order_by("-pk")
    return [film.title for film in films if f'">{escape(film.title)}</a></th>' in html]


def test_the_list_is_filtered_and_searched(editor, make):
    work = services.create_category(name="Work")
    make("Night Mail", year=1936, category=work)
    make("L'Amérique insolite", year=1960, state="draft")
    make("北京的风很大")
    assert titles(editor) == ["北京的风很大", "L'Amérique insolite", "Night Mail"]
    assert titles(editor, "state__exact=published") == ["北京的风很大", "Night Mail"]
    assert titles(editor, "decade=1930") == ["Night Mail"]
    assert titles(editor, "decade=none") == ["北京的风很大"]
    assert titles(editor, f"category__id__exact={work.pk}") == ["Night Mail"]
    assert titles(editor, "q=nigh") == ["Night Mail"]
    assert titles(editor, "q=北京") == ["北京的风很大"]
    assert titles(editor, "q=amerique") == titles(editor, "q=lamer") == ["L'Amérique insolite"]
    for query in ("decade=x", "decade=1933", "q=%25", "decade=99999999999999999999"):
        assert editor.get(f"{LIST}?{query}").status_code == 200


def fill(make, first, last):
    for at in range(first, last):
        people = [services.create_person(name=f"Person {at} {one}") for one in range(3)]
        make(
            f"Film {at}",
            year=1900 + at,
            category=services.create_category(name=f"Category {at}"),
            credits=[(one, "director") for one in people],
            sources=[NewSource(f"{OTHER_CLIP}?{at}")],
        )


@pytest.mark.parametrize("address", [LIST, PEOPLE, CATEGORIES])
def test_a_list_costs_the_same_at_every_length(
    editor, make, django_assert_max_num_queries, address
):
    def cost():
        with django_assert_max_num_queries(12) as found:
            assert editor.get(address).status_code == 200
        return len(found)

    fill(make, 0, 2)
    small = cost()
    fill(make, 2, 30)
    assert cost() == small


def test_a_films_page_costs_the_same_however_many_took_part(
    editor, make, django_assert_max_num_queries
):
    def cost():
        with django_assert_max_num_queries(20) as found:
            html = editor.get(f"{LIST}{film.pk}/change/").content.decode()
        assert all(f">{credit.person}</option>" in html for credit in film.credits.all())
        return len(found)

    film = make(
        category=services.create_category(name="Work"),
        credits=[(services.create_person(name="Harry Watt"), "director")],
        sources=[NewSource(CLIP)],
    )
    cost()  # with what a process looks up once
    small = cost()
    people = [services.create_person(name=f"Somebody {at}") for at in range(30)]
    services.set_credits(film=film, credits=[(one, "with") for one in people])
    services.set_sources(film=film, sources=[NewSource(f"{OTHER_CLIP}?{at}") for at in range(9)])
    assert cost() == small


def test_all_of_a_list_are_not_published_where_they_are_more_than_it_counts(
    editor, make, monkeypatch
):
    monkeypatch.setattr(accounts_admin, "MOST_ROWS", 2)
    films = [make(f"Night {number}", state="draft") for number in range(3)]
    answer = in_bulk(editor, "publish", films[0].pk, select_across=1)
    assert "more than 2 rows" in answer.content.decode()
    assert not Film.objects.published().exists()
    monkeypatch.setattr(accounts_admin, "MOST_ROWS", 3)
    in_bulk(editor, "publish", films[0].pk, select_across=1)
    assert Film.objects.published().count() == 3


# ------------------------------------------------------------------------------------- who may what


def powerless(kind):
    if kind == "nobody":
        return Client(), 302
    if kind == "member":
        return client_of(User.objects.create_user("Sunniva")), 302
    if kind == "moderator":
        return client_of(moderator()), 403
    rights = ["films.view_film", "films.view_person", "films.view_category", "films.change_credit"]
    return client_of(person("Marta", *(rights if kind == "viewer" else []))), 403


@pytest.mark.parametrize("kind", ["nobody", "member", "staff", "viewer", "moderator"])
def test_who_may_not_write_is_refused_by_direct_post_too(make, kind):
    who = services.create_person(name="Harry Watt")
    category = services.create_category(name="Work")
    film = make(credits=[(who, "director")])
    client, status = powerless(kind)
    answers = [
        send(client, film, title="Mine", state="withdrawn"),
        send(client, title="Mine"),
        client.post(f"{PEOPLE}add/", {"name": "Mine"}),
        client.post(f"{PEOPLE}{who.pk}/change/", {"name": "Mine"}),
        client.post(f"{CATEGORIES}{category.pk}/change/", {"name": "Mine"}),
        *(client.post(f"{LIST}{film.pk}/{name}/") for name in STATE_ACTS),
        client.post(f"{PEOPLE}{who.pk}/erase/"),
        client.post(f"{CATEGORIES}{category.pk}/erase/"),
    ]
    assert [one.status_code for one in answers] == [status] * len(answers)
    in_bulk(client, "publish", film.pk, select_across=1)
    film.refresh_from_db()
    assert (film.title, film.state, Film.objects.count()) == ("Night Mail", "published", 1)
    assert [one.name for one in (*Person.objects.all(), *Category.objects.all())] == [
        "Harry Watt",
        "Work",
    ]


def test_a_moderator_reads_films_and_all_their_parts(make):
    film = make(
        credits=[(services.create_person(name="Harry Watt"), "director")], sources=[NewSource(CLIP)]
    )
    client = client_of(moderator())
    assert client.get(LIST).status_code == 200
    html = client.get(f"{LIST}{film.pk}/change/").content.decode()
    assert "Harry Watt" in html
    assert CLIP in html
    assert 'name="_save"' not in html


@pytest.mark.parametrize("address", [LIST, PEOPLE, CATEGORIES])
def test_nothing_of_the_catalogue_is_deleted_here(editor, make, address):
    film = make(credits=[(services.create_person(name="Harry Watt"), "director")])
    services.create_category(name="Work")
    pk = {LIST: film.pk, PEOPLE: Person.objects.get().pk}.get(address) or Category.objects.get().pk
    for client in (editor, client_of(User.objects.create_superuser("Root"))):
        assert client.post(f"{address}{pk}/delete/", {"post": "yes"}).status_code == 403
        in_bulk(client, "delete_selected", pk, address=address, post="yes")
    assert (Film.objects.count(), Person.objects.count(), Category.objects.count()) == (1, 1, 1)
    assert Credit.objects.count() == 1


def test_nothing_hostile_runs_in_titles_names_and_categories(editor, make):
    made = []
    for at, text in enumerate(STRINGS):
        who = services.create_person(name=text[:200])
        category = services.create_category(name=f"{text[:50]} {at}")
        made.append(
            make(
                text[:200],
                category=category,
                credits=[(who, "director")],
                tagline=text[:200],
                description=text,
                sources=[NewSource(CLIP, label=text[:80])],
            )
        )
    for address in (LIST, PEOPLE, CATEGORIES):
        assert faults_of(editor.get(f"{address}?all=")) == []
    for film in [*made[: len(OWN)], *made[len(OWN) :: 20]]:
        assert faults_of(editor.get(f"{LIST}{film.pk}/change/")) == []
        send(editor, film, year=1936)
        answer = send(editor, title=film.title, year=1936)
        assert faults_of(answer) == []  # with the question whether it is one of these
        assert faults_of(editor.get(f"{PEOPLE}{film.credits.get().person_id}/change/")) == []
