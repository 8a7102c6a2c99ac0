"""import_films: a list of films in the catalogue, and what a second run does."""

import json

import pytest
from django.core.management import CommandError
from django.db import IntegrityError
from django.test import Client

from films import services
from films.models import Category, Film, FilmCountry, Person
from forum.discussions.models import Topic
from forum.transfer.lists import loading, matching
from forum.transfer.models import FilmRef
from tests.transfer.test_list_files import BASICS

pytestmark = pytest.mark.django_db


def basics(*rows):
    """Return a title.basics of rows (tconst, title, year), as movies of 90 minutes."""
    return BASICS + "".join(
        f"{key}\t{kind}\t{title}\t{title}\t0\t{year}\t\\N\t90\tDocumentary,History\n"
        for key, title, year, *more in rows
        for kind in (more or ["movie"])
    )


def films():
    return list(Film.objects.order_by("pk").values_list("title", "year"))


def test_a_table_becomes_films(bring, client):
    said = bring(
        "Title,Year,Director,Genre,Country,Runtime,imdb_id\n"
        '"Matrix, The",1999,Lana Wachowski|Lilly Wachowski,Action|Sci-Fi,USA;AU,136 min,tt0133093\n'
    )
    assert "1 film made, 0 here already" in said
    film = Film.objects.get()
    assert (film.title, film.year, film.runtime_minutes) == ("The Matrix", 1999, 136)
    assert (film.imdb_id, film.countries, film.category.name) == ("tt0133093", "US AU", "Action")
    assert [one.name for one in film.categories.all()] == ["Sci-Fi"]
    assert [str(one) for one in film.credits.all()] == [
        "Lana Wachowski, director",
        "Lilly Wachowski, director",
    ]
    assert sorted(FilmCountry.objects.values_list("code", flat=True)) == ["AU", "US"]
    page = client.get("/films/the-matrix/").content.decode()
    assert "Lana Wachowski" in page
    assert client.get("/search/", {"q": "matrx"}).content.decode().count('data-result="film"') == 1


def test_a_film_of_a_list_is_one_as_the_admin_makes_it(bring):
    bring("title,year,country,genre,director\nNight Mail,1936,GB,Work|Film|Art,Harry Watt\n")
    listed = Film.objects.get()
    person = Person.objects.get()
    shelves = {one.name: one for one in Category.objects.all()}
    made = services.create_film(
        title="Night Mail", year=1936, countries="GB", state="published", description_format="plain",
        category=shelves["Work"], categories=[shelves["Film"], shelves["Art"]], credits=[(person, "director")],
    )  # fmt: skip
    own = {"id", "topic_id", "slug", "state_at", "published_at", "updated_at"}
    assert {k: v for k, v in listed.__dict__.items() if k not in own | {"_state"}} == {
        k: v for k, v in Film.objects.get(pk=made.pk).__dict__.items() if k not in own | {"_state"}
    }
    topics = [Topic.objects.get(film=film) for film in (listed, made)]
    for name in ("title", "folded", "byline", "runtime_minutes", "hidden_at", "is_demo"):
        assert getattr(topics[0], name) == getattr(topics[1], name)
    assert topics[0].path == "/films/night-mail/"
    first, second = listed.history.get(), made.history.get()
    assert (first.parts, first.history_type) == (second.parts, second.history_type)
    services.edit_film(film=listed, year=1936)
    assert listed.history.count() == 1  # nothing changed


def test_a_second_run_adds_nothing_and_says_so(bring):
    text = "title,year,id\nNight Mail,1936,1\nNight Mail,1936,2\nDrifters,1929,3\nNo Year,,4\n"
    bring(text)
    before = [films(), Topic.objects.count(), list(FilmRef.objects.values_list("item", "film_id"))]
    said = bring(text)
    assert "0 films made, 4 here already" in said
    assert [
        films(),
        Topic.objects.count(),
        list(FilmRef.objects.values_list("item", "film_id")),
    ] == before


def test_the_external_id_comes_first_then_title_and_year(bring):
    mine = services.create_film(title="Night Mail", year=1936, state="published")
    bring(
        "title,year,imdb\nThe Night Mail,1936,tt0027983\nNightmail,1937,tt0027983\nNight Mail,1936,\n"
    )
    assert films() == [("Night Mail", 1936)]
    mine.refresh_from_db()
    assert mine.imdb_id == "tt0027983"
    assert mine.history.count() == 2


def test_different_films_of_one_title_and_year_are_different(bring):
    text = basics(
        ("tt0000011", "Home", "2009"), ("tt0000012", "Home", "2009"), ("tt0000013", "Home", r"\N")
    )
    for _time in range(2):
        bring(text, name="title.basics.tsv")
        assert films() == [("Home", 2009), ("Home", 2009), ("Home", None)]
    slugs = set(Film.objects.values_list("slug", flat=True))
    assert slugs == {"home", "home-2009", "home-2"}


def test_without_ids_who_made_them_tells_two_films_apart(bring):
    text = json.dumps(
        [
            {"title": "Treasure", "year": 1972, "cast": ["A", "B"]},
            {"title": "Treasure", "year": 1972, "cast": ["C"]},
            {"title": "Treasure", "year": 1972, "cast": ["B"]},
        ]
    )
    said = bring(text, name="list.json")
    assert "line 1: “Treasure” stands in the file before" in said
    assert len(films()) == 2
    assert "0 films made, 3 here already" in bring(text, name="list.json")


def test_what_may_be_several_films_here_is_named(bring):
    for _time in range(2):
        services.create_film(title="Home", year=2009, state="published")
    said = bring("title,year\nHome,2009\n")
    assert "line 2: 2 films of this title and year are here" in said
    assert len(films()) == 2


def test_an_id_of_a_list_that_belongs_to_quite_another_film_is_named(bring):
    bring("title,year,id\nNight Mail,1936,1\n")
    said = bring("title,year,id\nDrifters,1929,1\nNight Mail,1937,1\n")
    assert "line 2: its id 1 belongs to “Night Mail (1936)” here" in said
    assert films() == [("Night Mail", 1936)]
    bring("title,year,id\nDrifters,1929,1\n", "--source=other")
    assert len(films()) == 2


def test_rows_that_fail_are_named_by_line_and_the_rest_goes_on(bring):
    said = bring(
        "title,year,imdb\n"
        "One,1999,tt0000001\n"
        "Two,2999,\n"
        ",1999,\n"
        "Short row\n"
        f"{'x' * 201},1999,\n"
        "Bad id,1999,nothing\n"
        'Say "when",\\N,\n'
        "Last,1999,tt0000009\n"
    )
    for line, why in {3: "2999", 4: "no title", 5: "columns", 6: "title: ", 7: "imdb_id"}.items():
        assert f"line {line}: " in said
        assert why in said.split(f"line {line}: ")[1].splitlines()[0]
    assert "5 rows failed" in said
    assert films() == [("One", 1999), ('Say "when"', None), ("Last", 1999)]


def test_years_to_come_are_films_up_to_the_years_that_the_site_takes(bring):
    from django.utils import timezone

    year = timezone.now().year
    said = bring(f"title,year\nSoon,{year + 1}\nFar,{year + 50}\n")
    assert films() == [("Soon", year + 1)]
    assert f"line 3: the year {year + 50}" in said


def test_numbers_are_titles_and_make_addresses(bring):
    bring(
        '[{"title": 1917, "year": 2019}, {"title": "300", "year": 2006}, {"title": "???", "year": 2001}]'
    )
    assert films() == [("1917", 2019), ("300", 2006), ("???", 2001)]
    assert list(Film.objects.order_by("pk").values_list("slug", flat=True)[:2]) == ["1917", "300"]
    nameless = Film.objects.get(title="???")
    assert nameless.slug == f"film-{nameless.pk}"
    assert nameless.topic.path == f"/films/film-{nameless.pk}/"


def test_a_title_that_is_a_word_of_the_sites_addresses_is_given_another(bring):
    bring("title,year\nSearch,2018\nAdmin,2019\n")
    assert {film.slug for film in Film.objects.all()} == {
        f"film-{film.pk}" for film in Film.objects.all()
    }


def test_imdbs_episodes_and_games_are_left_out_and_counted(bring):
    kinds = ["movie", "tvEpisode", "videoGame"]
    rows = [(f"tt000000{n}", kind, "1999", kind) for n, kind in enumerate(kinds)]
    said = bring(basics(*rows), name="title.basics.tsv")
    assert films() == [("movie", 1999)]
    assert "1 row left out: tvEpisode" in said
    assert Category.objects.get().name == "History"


def test_only_rows_that_are_asked_for_come_in(bring):
    text = '[{"title": "A", "genres": ["Documentary"]}, {"title": "B", "genres": ["Drama"]}]'
    said = bring(text, "--only=genres=documentary,short")
    assert films() == [("A", None)]
    assert "1 row left out: by --only" in said
    with pytest.raises(CommandError, match="the file has"):
        bring(text, "--only=kind=x")


def test_a_dry_run_writes_nothing_and_counts_as_a_run_would(bring):
    text = basics(*((f"tt{n:07}", f"Film {n % 700}", "1999") for n in range(1, 1_300)))
    text += basics(("tt0000001", "Film 1", "1999"), ("", "Film 2", "1888")).removeprefix(BASICS)
    dry = bring(text, "--dry-run", name="a.tsv")
    assert not films()
    assert not Category.objects.exists()
    assert "Dry run: nothing was written." in dry
    wet = bring(text, name="a.tsv")
    told = [line for line in dry.splitlines() if "Dry" not in line]
    done = [line for line in wet.splitlines() if "This run is" not in line]
    assert [line.replace("would be ", "") for line in told] == done
    assert "1,300 films made" in wet


def test_a_file_without_a_header_is_asked_about_and_nothing_is_written(bring):
    with pytest.raises(CommandError) as asked:
        bring("Salesman,1969\nHome,2009\n")
    assert "is the first line a film" in str(asked.value)
    assert "1: Salesman" in str(asked.value)
    assert "--no-header --map title=1" in str(asked.value)
    assert not films()
    bring("Salesman,1969\nHome,2009\n", "--no-header", "--map=title=1,year=2")
    assert films() == [("Salesman", 1969), ("Home", 2009)]


def test_imdbs_file_without_a_header_is_recognised_and_asked_about(bring):
    row = basics(("tt0000001", "A", "1999")).removeprefix(BASICS)
    with pytest.raises(CommandError, match=r"title\.basics without the line"):
        bring(row)
    bring(row, "--no-header")
    assert films() == [("A", 1999)]


def test_a_file_whose_title_is_not_known_is_asked_about(bring):
    with pytest.raises(CommandError, match="Which column is the title"):
        bring("Nazwa,Year\nRejs,1970\n")
    bring("Nazwa,Year\nRejs,1970\n", "--map", "title=Nazwa")
    assert films() == [("Rejs", 1970)]


def test_a_broken_file_is_refused_before_anything_is_written(bring, monkeypatch):
    monkeypatch.setattr(loading, "AT_ONCE", 2)
    with pytest.raises(
        CommandError, match=r"line 4, column \d+: malformed JSON.*Nothing was written"
    ):
        bring('[{"title": "A"},\n{"title": "B"},\n{"title": "C"},\n{"title": D}]', name="list.json")
    assert not films()


def test_a_run_that_stopped_is_finished_by_running_it_again(bring, monkeypatch):
    monkeypatch.setattr(loading, "AT_ONCE", 3)
    text = "title,year,genre\n" + "".join(f"Film {n},1999,Genre {n % 4}\n" for n in range(10))
    batch = loading.Loader._batch
    calls = []

    def stop_at_third(self, rows):
        calls.append(1)
        if len(calls) == 3:
            raise KeyboardInterrupt
        batch(self, rows)

    monkeypatch.setattr(loading.Loader, "_batch", stop_at_third)
    with pytest.raises(KeyboardInterrupt):
        bring(text)
    assert len(films()) == 6
    said = bring(text)
    assert "4 films made, 6 here already" in said
    assert films() == [(f"Film {n}", 1999) for n in range(10)]
    assert Category.objects.count() == 4


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (BASICS + "tt0000001\tmovie\tA\tA\t0\t1999\t\\N\t9\t\\N\n", "Information courtesy of IMDb"),
        ('[{"title": "A", "href": "A", "extract": "Words."}]', "CC BY-SA 4.0"),
        ("title,year\nA,1999\n", "does not say whose it is"),
    ],
)
def test_the_terms_of_the_source_are_said(bring, text, words):
    assert words in bring(text)
    assert Film.objects.get().description == ""


def test_texts_come_in_when_that_is_said(bring):
    bring('[{"title": "A", "extract": "<b>Words</b>"}]', "--map=description=extract")
    assert Film.objects.get().description_html == "<p>&lt;b&gt;Words&lt;/b&gt;</p>"


def test_drafts_are_seen_by_staff_alone(bring):
    bring("title\nHidden\n", "--draft")
    assert Film.objects.get().is_draft
    assert Client().get("/films/hidden/").status_code == 404


def test_hostile_words_are_text(bring, client):
    bring(
        '[{"title": "<script>alert(1)</script>", "director": "<img src=x onerror=y>", "genre": "\\"><b>"}]'
    )
    page = client.get(Film.objects.get().get_absolute_url()).content.decode()
    assert "<script>alert" not in page
    assert "<img src=x" not in page


def test_the_demo_is_no_film_of_a_list(bring):
    services.create_film(title="Home", year=2009, state="published", is_demo=True)
    bring("title,year\nHome,2009\n")
    assert len(films()) == 2


def test_a_batch_asks_little_for_many_rows(bring, django_assert_max_num_queries):
    def rows(first, count):
        return "title,year,director,id\n" + "".join(
            f"Film {n},1999,Director {n % 50},{n}\n" for n in range(first, first + count)
        )

    bring(rows(0, 60))
    with django_assert_max_num_queries(80):  # SQLite takes so many values in one statement
        bring(rows(1_000, 500))
    with django_assert_max_num_queries(8):  # of them PostgreSQL's lock, which SQLite does not take
        bring(rows(1_000, 500))


def test_progress_is_told(bring, monkeypatch):
    from forum.transfer.management.commands import import_films

    monkeypatch.setattr(import_films, "PROGRESS", 500)
    said = bring("title\n" + "".join(f"Film {n}\n" for n in range(1_100)))
    assert "… 500 of 1,100 rows, 500 films" in said
    assert "… 1,000 of 1,100 rows" in said


def test_of_a_title_that_many_films_have_those_of_the_year_alone_are_kept(bring, monkeypatch):
    bring("title,year\n" + "".join(f"Home,{year}\n" for year in range(1900, 1960)))
    read = []
    known = matching._known
    monkeypatch.setattr(matching, "_known", lambda film: read.append(film.year) or known(film))
    said = bring("title,year\nHome,1930\nHome,1970\n")
    assert "1 film made, 1 here already" in said
    assert read == [1930]


def test_a_batch_that_fails_at_its_end_leaves_nothing(bring, monkeypatch):
    def fail(*_args, **_options):
        raise IntegrityError("planted")

    monkeypatch.setattr(FilmRef.objects, "bulk_create", fail)
    with pytest.raises(CommandError, match="run it again"):
        bring("title,year,genre\nDrifters,1929,Sea\n")
    assert (films(), Category.objects.count(), Person.objects.count()) == ([], 0, 0)
    monkeypatch.undo()
    bring("title,year,genre\nDrifters,1929,Sea\n")
    assert films() == [("Drifters", 1929)]


def test_the_types_of_other_lists_than_imdbs_are_not_looked_at(bring):
    bring("title,year,type\nDrifters,1929,videoGame\n")
    assert films() == [("Drifters", 1929)]
