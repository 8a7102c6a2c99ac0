"""Ways through the catalogue: decades, years, people by role, a film by chance."""

import re
from html import unescape

import pytest

from films import services
from films.models import Film
from tests.films.test_facets import facets, titles
from tests.statements import statements

pytestmark = pytest.mark.django_db


def sections(answer):
    """Return [(heading, [(year, [titles])])] of a person's page."""
    html, found = answer.content.decode(), []
    for part in html.split('<section aria-labelledby="role-')[1:]:
        heading = re.search(r"<h2[^>]*>([^<]+)</h2>", part)[1]
        years = []
        for row in part.split('<p class="yr">')[1:]:
            year = re.sub(r"<[^>]+>", "", row.split("</p>")[0])
            years.append((year, re.findall(r'<a class="ti" [^>]*>([^<]+)</a>', row)))
        found.append((heading, years))
    return found


@pytest.fixture
def jo(make):
    jo = services.create_person(name="Jo")
    make("Old", year=1950, credits=[(jo, "director"), (jo, "editor")])
    make("New", year=1960, credits=[(jo, "director")])
    make("Another New", year=1960, credits=[(jo, "director")])
    make("Undated", credits=[(jo, "director"), (jo, "writer")])
    make("Hidden", year=1970, state="draft", credits=[(jo, "narrator")])
    return jo


def test_a_person_shows_their_films_by_role_and_year(client, jo):
    answer = client.get("/people/jo/")
    assert sections(answer) == [
        ("Director", [("1960", ["Another New", "New"]), ("1950", ["Old"]), ("no year", ["Undated"])]),
        ("Writer", [("no year", ["Undated"])]),
        ("Editor", [("1950", ["Old"])]),
    ]  # fmt: skip
    assert "4 films here" in answer.content.decode()


def test_roles_in_the_very_same_films_stand_together(client, make):
    ann = services.create_person(name="Ann")
    make("One", year=1950, credits=[(ann, "director"), (ann, "editor")])
    assert sections(client.get("/people/ann/")) == [("Director, editor", [("1950", ["One"])])]


def test_one_role_alone_is_a_plain_link_with_its_count(client, jo):
    links = dict(facets(client.get("/people/jo/")))
    assert links == {"?role=director": 4, "?role=writer": 1, "?role=editor": 1}
    assert sections(client.get("/people/jo/?role=editor")) == [("Editor", [("1950", ["Old"])])]
    assert client.get("/people/jo/?role=narrator").status_code == 200
    assert client.get("/people/jo/?role=star").status_code == 400


def test_a_persons_films_lead_on_into_the_catalogue(client, jo):
    assert 'href="/films/?person=jo"' in client.get("/people/jo/").content.decode()
    assert len(titles(client.get("/films/?person=jo"))) == 4


@pytest.fixture
def time(make):
    for year in (1929, 1931, 1931, 1936, 1958, 1958):
        make(f"Of {year}", year=year)
    make("Undated")
    make("Draft", year=1944, state="draft")


def test_decades_are_a_row_that_one_can_walk_along(client, time):
    answer = client.get("/decades/")
    assert facets(answer) == [("/decades/1920/", 1), ("/decades/1930/", 3), ("/decades/1950/", 2)]
    html = answer.content.decode()
    assert "1940s" in html  # in the row, but no link: nothing is there
    assert "/decades/1940/" not in html
    assert html.index(">1950s</a>") < html.index(">1930s</a>")
    for address, count in facets(answer):
        assert len(titles(client.get(address))) == count


def test_a_decade_and_a_year_lead_on_to_what_is_beside_them(client, time):
    answer = client.get("/decades/1930/")
    html = answer.content.decode()
    assert 'rel="prev" href="/decades/1920/"' in html
    assert 'rel="next" href="/decades/1950/"' in html
    assert sorted(titles(answer)) == ["Of 1931", "Of 1931", "Of 1936"]
    assert ("/years/1931/", 2) in facets(answer)
    answer = client.get("/years/1936/")
    html = answer.content.decode()
    assert 'rel="prev" href="/years/1931/"' in html
    assert 'rel="next" href="/years/1958/"' in html
    assert titles(answer) == ["Of 1936"]
    for address, count in facets(answer):
        assert len(titles(client.get(address))) == count


@pytest.mark.parametrize(
    "address",
    ["/decades/1940/", "/decades/1935/", "/decades/0/", "/decades/99999/", "/years/1944/", "/years/0/",
     "/years/99999999999999999999/"],
)  # fmt: skip
def test_where_no_film_is_there_is_no_page(client, time, address):
    assert client.get(address).status_code == 404


def test_a_decade_can_be_put_in_order_and_filtered_further(client, make):
    for number in range(3):
        make(f"Film {number}", year=1931, countries="FR" if number else "GB")
    assert titles(client.get("/decades/1930/?sort=title")) == ["Film 0", "Film 1", "Film 2"]
    answer = client.get("/decades/1930/?country=FR")
    assert sorted(titles(answer)) == ["Film 1", "Film 2"]
    assert 'content="noindex, nofollow"' in answer.content.decode()


def test_a_film_by_chance_is_any_that_may_be_seen_and_nothing_is_written(client, make, time):
    make("Other", year=1980, countries="FR")
    seen = {client.get("/films/random/").headers["Location"] for _time in range(60)}
    public = {film.get_absolute_url() for film in Film.objects.published()}
    assert seen <= public
    assert len(seen) > 1
    with statements() as asked:
        answer = client.get("/films/random/?country=FR")
    assert all(one.startswith("SELECT") for one in asked)
    assert answer.status_code == 302
    assert answer.headers["Location"] == "/films/other/"
    assert answer.headers["Cache-Control"] == "no-store"
    assert client.post("/films/random/").status_code == 405


def test_where_no_film_fits_chance_leads_to_the_list(client, db):
    assert client.get("/films/random/?country=FR").headers["Location"] == "../?country=FR"


def test_no_film_is_given_the_address_of_chance(make):
    assert make("Random").slug != "random"


def test_hostile_words_are_text_on_every_path(client, make, say):
    name = '<script>alert(1)</script>"&'
    shelf, person = services.create_category(name=name[:60]), services.create_person(name=name)
    film = make(name, category=shelf, year=1936, credits=[(person, "director")], countries="ZZ",
                languages="zz")  # fmt: skip
    say(film, name)
    for address in ("/", "/films/", f"/films/?person={person.slug}&category={shelf.slug}&language=zz",
                    "/decades/", "/decades/1930/", "/years/1936/", person.get_absolute_url(),
                    shelf.get_absolute_url()):  # fmt: skip
        html = client.get(address).content.decode()
        assert "<script>alert" not in html, address
        assert "alert(1)" in unescape(html), address
