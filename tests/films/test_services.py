"""What is done to films, people and categories."""

from datetime import UTC, datetime

import pytest
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db import IntegrityError, transaction

from films import services
from films.models import Category, Film, Source
from films.services import NewSource
from forum.discussions.models import Event, Topic

pytestmark = pytest.mark.django_db


def make(title="Night Mail", **fields):
    return services.create_film(title=title, **{"state": "published", **fields})


def test_a_film_and_its_topic_are_made_together_and_say_the_same():
    film = make(year=1936, runtime_minutes=24, at=datetime(2020, 1, 2, tzinfo=UTC))
    topic = Topic.objects.get()
    assert film.topic == topic
    assert (topic.title, topic.path, topic.runtime_minutes) == (
        "Night Mail",
        "/films/night-mail/",
        24,
    )
    assert topic.hidden_at is None
    assert film.published_at == film.state_at == datetime(2020, 1, 2, tzinfo=UTC)


def test_a_change_of_the_film_is_a_change_of_its_topic_and_raises_both():
    film = make()
    changed = services.change_film(
        film=film, title="Night Post", slug="night-post", runtime_minutes=3
    )
    topic = Topic.objects.get()
    assert (topic.title, topic.path, topic.runtime_minutes) == (
        "Night Post",
        "/films/night-post/",
        3,
    )
    assert topic.version > film.topic.version
    assert changed.updated_at > film.updated_at


def test_what_is_not_named_in_a_change_stays():
    film = make(year=1936, tagline="This is it")
    services.change_film(film=film, year=1937)
    film.refresh_from_db()
    assert (film.year, film.tagline, film.slug) == (1937, "This is it", "night-mail")
    with pytest.raises(TypeError):
        services.change_film(film=film, state="published")


@pytest.mark.parametrize(
    ("title", "slug"), [("الأرض", "الأرض"), ("北京的风很大", "北京的风很大"), ("Café", "cafe")]
)
def test_a_title_in_another_script_keeps_its_letters(title, slug):
    assert make(title).slug == slug


@pytest.mark.parametrize(
    "title",
    ["???", "…", "Films", "admin", "Login", "Robots", "Sitemap", "Static", "Search", "History"],
)
def test_a_title_that_gives_no_address_or_a_word_of_the_site_stands_under_its_number(title):
    film = make(title)
    assert film.slug == f"film-{film.pk}"


def test_films_of_one_title_get_addresses_of_their_own():
    slugs = [make("Nuit", year=year).slug for year in (None, 1962, 1962, None)]
    assert slugs == ["nuit", "nuit-1962", "nuit-2", "nuit-3"]


@pytest.mark.parametrize("slug", ["admin", "films", "login", "my", "???"])
def test_an_address_chosen_by_hand_cannot_be_a_word_of_the_site_or_nothing(slug):
    with pytest.raises(ValidationError) as error:
        make(slug=slug)
    assert error.value.code in ("slug", "slug-word")


def test_a_former_address_is_never_given_to_another_film():
    first = make("Nuit")
    services.change_film(film=first, slug="nuit-ancienne")
    assert make("Nuit").slug == "nuit-2"
    with pytest.raises(ValidationError) as error:
        make("Nuit", slug="nuit")
    assert error.value.code == "slug-taken"


def test_a_film_may_take_its_own_former_address_back():
    film = make("Nuit")
    services.change_film(film=film, slug="nacht")
    film = services.change_film(film=film, slug="nuit")
    assert film.slug == "nuit"
    assert [former.slug for former in film.former_slugs.all()] == ["nacht"]


def test_an_emptied_address_is_made_from_the_title_again():
    film = make("Nuit", slug="something")
    assert services.change_film(film=film, slug="", title="Nacht").slug == "nacht"


@pytest.mark.parametrize("year", [1887, 2032])
def test_a_year_outside_the_limits_is_refused(year, monkeypatch):
    monkeypatch.setattr("films.models.film.timezone.now", lambda: datetime(2026, 6, 1, tzinfo=UTC))
    with pytest.raises(ValidationError) as error:
        make(year=year)
    assert "year" in error.value.message_dict
    assert not Topic.objects.exists()


@pytest.mark.parametrize("year", [1888, 2031, None])
def test_the_last_year_is_counted_when_it_is_asked(year, monkeypatch):
    monkeypatch.setattr("films.models.film.timezone.now", lambda: datetime(2026, 6, 1, tzinfo=UTC))
    assert make(year=year).year == year


@pytest.mark.parametrize(
    "fields",
    [
        {"title": " \n "},
        {"imdb_id": "nm0000001"},
        {"tmdb_id": "12a"},
        {"wikidata_id": "P31"},
        {"countries": "France"},
        {"runtime_minutes": 0},
        {"description_format": "rtf"},
        {"title": "x" * 201},
    ],
)
def test_fields_of_a_wrong_shape_are_refused(fields):
    with pytest.raises(ValidationError):
        make(**fields)


def test_lines_are_tidied_and_codes_are_of_one_kind():
    film = make("  Night\x00\n Mail ", countries="gb, fr gb", languages="EN")
    assert (film.title, film.countries, film.languages) == ("Night Mail", "GB FR", "en")


def test_the_description_is_rendered_safe_when_it_is_written():
    film = make(description="*Fast* <script>alert(1)</script>\n\nSecond")
    assert "<em>Fast</em>" in film.description_html
    assert "<script" not in film.description_html
    assert film.description_html.count("<p>") == 2


def test_the_state_closes_and_opens_the_topic_and_is_written_down(django_user_model):
    member = django_user_model.objects.create_user("Lotte")
    film = make(state="draft")
    assert Topic.objects.get().hidden_at
    assert film.published_at is None
    film = services.set_film_state(film=film, state="published", by=member)
    assert Topic.objects.get().hidden_at is None
    first_time = film.published_at
    film = services.set_film_state(film=film, state="withdrawn")
    assert Topic.objects.get().hidden_at == film.state_at
    film = services.set_film_state(film=film, state="published")
    assert film.published_at == first_time
    told = Event.objects.order_by("pk").values_list("actor_id", "before", "after")
    assert list(told) == [
        (member.pk, "draft", "published"),
        (None, "published", "withdrawn"),
        (None, "withdrawn", "published"),
    ]


def test_a_state_that_is_none_is_refused():
    with pytest.raises(ValidationError):
        services.set_film_state(film=make(), state="lost")


def test_the_database_itself_wants_the_moment_of_a_published_film():
    film = make()
    with pytest.raises(IntegrityError), transaction.atomic():
        Film.objects.filter(pk=film.pk).update(published_at=None)


def test_credits_stand_in_their_order_and_once():
    film = make()
    ann, bo = services.create_person(name="Ann"), services.create_person(name="Bo")
    raised = services.set_credits(
        film=film, credits=[(bo, "editor"), (ann, "director"), (bo, "editor")]
    )
    assert [str(credit) for credit in film.credits.all()] == ["Bo, editor", "Ann, director"]
    assert raised.updated_at > film.updated_at
    with pytest.raises(ValidationError):
        services.set_credits(film=film, credits=[(ann, "baker")])
    assert film.credits.count() == 2


def test_a_copy_that_stays_keeps_its_row():
    film = make(sources=[NewSource("https://vimeo.com/76979871"), NewSource("/static/a.mp4")])
    first, _second = film.sources.all()
    services.set_sources(
        film=film,
        sources=[
            NewSource("https://archive.org/details/night-mail", length_s=1440, offset_s=12),
            NewSource("https://player.vimeo.com/video/76979871", label="Restored"),
        ],
    )
    archive, vimeo = film.sources.all()
    assert (archive.kind, archive.length_s, archive.offset_s) == ("archive", 1440, 12)
    assert (vimeo.pk, vimeo.label) == (first.pk, "Restored")
    assert Source.objects.count() == 2


def test_an_unknown_copy_or_the_same_one_twice_changes_nothing():
    film = make(sources=[NewSource("/static/a.mp4")])
    for wrong in (
        [NewSource("https://evil.example/page")],
        [
            NewSource("https://vimeo.com/76979871"),
            NewSource("https://player.vimeo.com/video/76979871"),
        ],
    ):
        with pytest.raises(ValidationError):
            services.set_sources(film=film, sources=wrong)
    assert [source.key for source in film.sources.all()] == ["/static/a.mp4"]


def test_the_main_category_is_never_among_the_further_ones():
    work, city = services.create_category(name="Work"), services.create_category(name="City")
    film = make(category=work, categories=[work, city])
    assert list(film.categories.all()) == [city]
    film = services.change_film(film=film, category=city)
    assert list(film.categories.all()) == []


def test_a_new_name_of_a_person_raises_their_films_and_no_other(django_assert_num_queries):
    ann = services.create_person(name="Ann")
    hers, other = make("Hers", credits=[(ann, "director"), (ann, "writer")]), make("Other")
    with django_assert_num_queries(5):  # savepoint twice, select, two updates
        renamed = services.rename_person(person=ann, name="Änn  Ó")
    assert (renamed.name, renamed.slug, renamed.folded) == ("Änn Ó", "ann", " ann o")
    assert Film.objects.get(pk=hers.pk).updated_at > hers.updated_at
    assert Film.objects.get(pk=other.pk).updated_at == other.updated_at


def test_a_new_name_of_a_category_raises_its_films_main_or_further():
    work, city = services.create_category(name="Work"), services.create_category(name="City")
    films = [make("A", category=work), make("B", category=city, categories=[work]), make("C")]
    services.rename_category(category=work, name="Labour")
    raised = [Film.objects.get(pk=film.pk).updated_at > film.updated_at for film in films]
    assert raised == [True, True, False]
    assert Category.objects.get(pk=work.pk).slug == "work"


def test_updated_at_rises_even_when_the_clock_goes_back(monkeypatch):
    ann = services.create_person(name="Ann")
    film = make(credits=[(ann, "director")])
    before = film.updated_at
    monkeypatch.setattr("django.utils.timezone.now", lambda: datetime(2001, 1, 1, tzinfo=UTC))
    assert services.touch(film=film).updated_at > before
    services.rename_person(person=ann, name="Bo")
    services.rename_person(person=ann, name="Cy")
    film.refresh_from_db()
    assert (film.updated_at - before).microseconds >= 3


def test_people_of_one_name_get_addresses_of_their_own():
    assert [services.create_person(name="Ann Lee").slug for _ in range(3)] == [
        "ann-lee",
        "ann-lee-2",
        "ann-lee-3",
    ]
    assert services.create_person(name="…").slug == "person"


def test_two_categories_cannot_share_a_name():
    services.create_category(name="Work")
    with pytest.raises(ValidationError):
        services.create_category(name=" Work ")


def test_descriptions_are_made_anew_where_older_rules_made_them(capsys):
    stale, fresh = make("Stale", description="*One*"), make("Fresh", description="Two")
    Film.objects.filter(pk=stale.pk).update(description_html="<p>One <blink>x</blink></p>")
    call_command("rerender_films")
    assert capsys.readouterr().out == "1 descriptions made anew.\n"
    again = Film.objects.get(pk=stale.pk)
    assert again.description_html == "<p><em>One</em></p>"
    assert again.updated_at > stale.updated_at
    assert Film.objects.get(pk=fresh.pk).updated_at == fresh.updated_at


def test_the_talks_own_pages_name_year_and_category_and_follow_their_changes(client):
    shelf = services.create_category(name="City")
    film = services.create_film(title="Rain", year=1929, category=shelf, state="published")
    services.create_film(title="Later Rain", category=shelf, state="published")
    topic = Topic.objects.get(pk=film.topic_id)
    assert topic.byline == "1929, City"
    version = topic.version
    services.rename_category(category=shelf, name="Streets")
    topic.refresh_from_db()
    assert (topic.byline, topic.version > version) == ("1929, Streets", True)
    assert Topic.objects.get(title="Later Rain").byline == "Streets"
