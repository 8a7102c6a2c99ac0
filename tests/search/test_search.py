"""The search box."""

import pytest

from films import services
from forum.accounts.readers import ANYBODY
from forum.search.titles import MOST_FILMS, films_and_people
from tests.films.markup import runs
from tests.samples import sample

pytestmark = pytest.mark.django_db


@pytest.fixture
def make(db):
    def make_one(title, **fields):
        return services.create_film(title=title, **{"state": "published", **fields})

    return make_one


def found(query):
    result = films_and_people(query, ANYBODY)
    return [film.title for film in result.films], [person.name for person in result.people]


@pytest.mark.parametrize(
    ("query", "title"),
    [
        ("nig", "Night Mail"),
        ("mail", "Night Mail"),
        ("MAIL night", "Night Mail"),
        ("nattp", "Night Mail"),
        ("cafe", "Café Müller"),
        ("MÜLL", "Café Müller"),
        ("mull", "Café Müller"),
        ("atalante", "L’Atalante"),
        ("l'atal", "L’Atalante"),
        ("latal", "L’Atalante"),
        ("风", "北京的风很大"),
        ("北京", "北京的风很大"),
        ("الأر", "الأرض"),
        ("ارض", None),
        ("ight", None),
        ("night post", None),
    ],
)
def test_every_word_asked_for_begins_a_word_of_the_title(make, query, title):
    make("Night Mail", original_title="Nattpost")
    for other in ("Café Müller", "L’Atalante", "北京的风很大", "الأرض"):
        make(other)
    assert found(query)[0] == ([title] if title else [])


def test_people_are_found_by_any_of_their_names_if_a_visible_film_names_them(make):
    varda, ghost = (
        services.create_person(name="Agnès Varda"),
        services.create_person(name="Agnes G"),
    )
    make("Shown", credits=[(varda, "director"), (varda, "writer")])
    make("Draft", state="draft", credits=[(ghost, "director")])
    assert found("agnes") == ([], ["Agnès Varda"])
    assert found("varda a") == ([], ["Agnès Varda"])


def test_what_begins_with_the_words_stands_first(make):
    for title in ("A Long Night", "Night Mail", "Late Night"):
        make(title)
    assert found("night")[0][0] == "Night Mail"


def test_more_than_fits_is_said(client, make):
    for number in range(MOST_FILMS + 1):
        make(f"Night {number}")
    html = client.get("/search/?q=night").content.decode()
    assert "There is more than fits here" in html
    assert html.count('class="ti"') == MOST_FILMS


def test_a_search_is_two_queries_whatever_is_asked(make, django_assert_num_queries):
    make("Night Mail")
    for query in ("n", "night " * 50, "x" * 10_000):
        with django_assert_num_queries(2):
            films_and_people(query, ANYBODY)
    with django_assert_num_queries(0):
        films_and_people("%%% ___ ???", ANYBODY)


HOSTILE = [
    "'; DROP TABLE films_film; --",
    "%",
    "_",
    "\\",
    "\x00",
    "\ud7ff",
    "a\x00b",
    '"><script>alert(1)</script>',
    "{{ 1 }}",
    "(" * 200,
    "*" * 200,
    "🎬" * 100,
    "\u202e\u0000\u200b",
    *sample("hostile/xss_owasp_filter_evasion.json"),
]


def test_hostile_words_are_looked_for_and_shown_as_text(client, make):
    make("Night Mail")
    for query in HOSTILE:
        answer = client.get("/search/", {"q": query})
        assert answer.status_code == 200
        assert runs(answer.content.decode()) == []


def test_the_words_stay_in_the_box_and_what_has_no_word_is_told(client, db):
    assert 'value="a &quot;b&quot;"' in client.get('/search/?q=a+"b"').content.decode()
    assert "no word in that" in client.get("/search/?q=???").content.decode()
    assert "Nothing begins like" in client.get("/search/?q=zzz").content.decode()
    assert 'class="empty"' not in client.get("/search/").content.decode()


def test_too_many_searches_are_told_to_wait(client, make, settings):
    make("Night Mail")
    settings.RATE_LIMITS_ON = True
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "search:network": [(3, 3600)]}
    address = {"REMOTE_ADDR": "198.51.100.7"}
    for _ in range(3):
        assert client.get("/search/?q=night", **address).status_code == 200
    refused = client.get("/search/?q=night", **address)
    assert refused.status_code == 429
    assert 0 < int(refused.headers["Retry-After"]) <= 3601
    assert client.get("/search/", **address).status_code == 200
    assert client.get("/search/?q=night", REMOTE_ADDR="203.0.113.7").status_code == 200
