"""Filters with counts: each count is the length of the list behind its link, whoever writes films."""

import random
import re
import threading
from datetime import UTC, datetime, timedelta
from html import unescape
from urllib.parse import parse_qs, urlsplit

import pytest
from django.db import connection, transaction

from films import browse, services, shelf, touched
from films.models import Credit, Film, FilmChange, Source
from films.shelf import LENGTHS
from forum.accounts.models import User
from forum.accounts.readers import ANYBODY, Reader
from forum.discussions.models import Topic
from forum.discussions.services import moderate

pytestmark = pytest.mark.django_db
START = datetime(2020, 1, 1, tzinfo=UTC)
ARCHIVE = "https://archive.org/details/"


def facets(answer):
    """Return [(address, count)] of every link with a count."""
    html = answer.content.decode()
    found = re.findall(r'<a href="([^"]*)" data-facet-count="(\d+)"', html)
    assert len(found) == html.count("data-facet-count")
    return [(unescape(address), int(count)) for address, count in found]


def titles(answer):
    return re.findall(r'class="sr"><span dir="auto">([^<]+)</span>', answer.content.decode())


def whole_list(client, address):
    """Return the titles of a list, on all its pages."""
    found = []
    while address:
        answer = client.get(address)
        assert answer.status_code == 200
        found += titles(answer)
        more = re.search(r'rel="next" href="([^"]+)"', answer.content.decode())
        address = f"/films/{unescape(more[1])}" if more else ""
    return found


def told(answer):
    """Return the number that a list says of itself."""
    found = re.search(r'id="list-h">([\d,]+) films?<', answer.content.decode())
    return int(found[1].replace(",", ""))


@pytest.fixture
def many(make, say):
    """70 films by chance, as plain facts too, of which the expected counts are made."""
    chance = random.Random(7)
    shelves = [
        services.create_category(name=name) for name in ("Work", "Música", "<b>Sea</b> & Co")
    ]
    people = [services.create_person(name=f"Jo {at}") for at in range(5)]
    facts = []
    for number in range(70):
        main = chance.choice([None, *shelves])
        further = [one for one in shelves if one != main and chance.random() < 0.2]
        who = chance.sample(people, chance.randrange(3))
        fact = {
            "category": {one.slug for one in (main, *further) if one},
            "year": chance.choice([None, *range(1955, 1985)]),
            "country": set(chance.sample(["FR", "GB", "US", "XWG"], chance.randrange(3))),
            "language": set(chance.sample(["fr", "en", "yi"], chance.randrange(3))),
            "minutes": chance.choice([None, 1, 40, 41, 69, 70, 119, 120, 600]),
            "person": {one.slug for one in who},
            "play": chance.random() < 0.4,
            "talk": chance.random() < 0.2,
            "public": chance.random() < 0.9,
        }
        film = make(
            f"Film {number}",
            state="published" if fact["public"] else chance.choice(["draft", "withdrawn"]),
            at=START + timedelta(hours=chance.randrange(900)),
            category=main,
            categories=further,
            year=fact["year"],
            runtime_minutes=fact["minutes"],
            countries=" ".join(fact["country"]),
            languages=" ".join(fact["language"]),
            credits=[(one, role) for one in who for role in ("director", "editor")],
            sources=[services.NewSource(f"{ARCHIVE}film{number}")] if fact["play"] else [],
        )
        if fact["talk"] and fact["public"]:
            say(film)
        fact["talk"] = fact["talk"] and fact["public"]
        facts.append(fact)
    return facts


def passes(fact, asked):
    """Say whether a film passes the filters of an address, from plain facts alone."""
    first, last = LENGTHS[asked["length"]] if "length" in asked else (0, 0)
    return fact["public"] and all(
        {
            "category": lambda value: value in fact["category"],
            "decade": lambda value: fact["year"] and fact["year"] // 10 == int(value) // 10,
            "year": lambda value: fact["year"] == int(value),
            "country": lambda value: value in fact["country"],
            "language": lambda value: value in fact["language"],
            "length": lambda _value: fact["minutes"] and first <= fact["minutes"] <= last,
            "person": lambda value: value in fact["person"],
            "talk": lambda value: fact["talk"] is (value == "yes"),
            "play": lambda _value: fact["play"],
        }[name](value)
        for name, value in asked.items()
    )


def asked_of(address):
    query = parse_qs(urlsplit(address).query)
    return {name: one[0] for name, one in query.items() if name not in ("sort", "page")}


VALUES = {
    "category": ["work", "musica", "b-sea-b-co"],
    "decade": ["1950", "1960", "1970", "1980"],
    "year": ["1955", "1964", "1984"],
    "country": ["FR", "GB", "US", "XWG", "DE"],
    "language": ["fr", "en", "yi"],
    "length": list(LENGTHS),
    "person": [f"jo-{at}" for at in range(5)],
    "talk": ["yes", "no"],
    "play": ["here"],
}


def test_of_200_random_combinations_every_count_is_the_length_of_the_list_behind_its_link(
    client, many
):
    chance, looked_at, empty = random.Random(11), 0, 0
    for _number in range(200):
        names = chance.sample(list(VALUES), chance.choice([0, 1, 1, 2, 2, 3, 4]))
        if {"year", "decade"} <= set(names):
            names.remove("decade")
        asked = {name: chance.choice(VALUES[name]) for name in names}
        asked["sort"] = chance.choice(["newest", "discussed", "title"])
        answer = client.get("/films/", asked)
        del asked["sort"]
        fit = sum(passes(fact, asked) for fact in many)
        assert told(answer) == fit, asked
        links = facets(answer)
        assert links
        for address, count in links:
            assert count == sum(passes(fact, asked_of(address)) for fact in many), address
        address, count = chance.choice(links)
        shown = whole_list(client, f"/films/{address}" if address[:1] == "?" else address)
        assert len(shown) == len(set(shown)) == count
        looked_at += len(links)
        empty += not fit
    assert looked_at > 5_000
    assert empty > 10


def test_an_empty_combination_offers_the_nearest_that_are_not(client, make):
    work = services.create_category(name="Work")
    make("Paris at Night", category=work, countries="FR", year=1936)
    make("London at Night", category=work, countries="GB", year=1951)
    html = client.get("/films/?category=work&country=FR&decade=1950").content.decode()
    near = html.split('class="near-by"')[1].split("</ul>")[0]
    words = " ".join(re.sub(r"<[^>]+>", " ", near.split(">", 1)[1]).split())
    assert words == "Work, France 1 Work, 1950s 1"  # and not 1950s, France, nor Work alone
    html = client.get("/films/?country=DE&decade=1970").content.decode()
    near = html.split('class="near-by"')[1].split("</ul>")[0]
    assert "All films" in near
    assert 'data-facet-count="2"' in near


def test_what_is_chosen_can_be_taken_away_one_by_one(client, make):
    make("Paris", countries="FR", year=1936)
    html = client.get("/films/?country=FR&decade=1930&sort=title").content.decode()
    chosen = html.split('class="chosen"')[1].split("</ul>")[0]
    assert 'href="?country=FR&amp;sort=title" data-facet-count="1"' in chosen
    assert 'href="?decade=1930&amp;sort=title" data-facet-count="1"' in chosen


def test_crawlers_are_kept_from_combinations_and_sent_to_the_page_of_a_single_filter(client, make):
    work = services.create_category(name="Work")
    jo = services.create_person(name="Jo")
    make("One", category=work, year=1936, countries="FR", credits=[(jo, "director")])
    make("Two", year=1937)
    for query, canonical in {
        "category=work": "/categories/work/",
        "decade=1930": "/decades/1930/",
        "year=1936": "/years/1936/",
        "person=jo": "/people/jo/",
        "": "/films/",
    }.items():
        html = client.get(f"/films/?{query}").content.decode()
        assert f'rel="canonical" href="http://127.0.0.1:8000{canonical}"' in html
        assert ('content="noindex, follow"' in html) is bool(query)
    assert 'rel="canonical"' not in client.get("/films/?country=FR").content.decode()
    html = client.get("/films/?category=work&decade=1930").content.decode()
    assert '<meta name="robots" content="noindex, nofollow">' in html
    assert 'rel="canonical"' not in html
    combined = re.findall(r'<a href="(\?[^"]+)"([^>]*)>', html)
    for address, rest in combined:
        filters = asked_of(unescape(address))
        assert ("nofollow" in rest) is (len(filters) > 1), address


def test_a_year_says_closer_what_a_decade_says(client, make):
    make("One", year=1936)
    make("Two", year=1937)
    answer = client.get("/films/?decade=1950&year=1936")
    assert titles(answer) == ["One"]
    assert ("?decade=1930", 2) in facets(answer)


@pytest.mark.parametrize(
    "query",
    ["language=french", "language=%00", "length=huge", "person=nobody", "person=%00", "talk=maybe",
     "play=there"],
)  # fmt: skip
def test_a_malformed_filter_is_400_and_says_why(client, db, query):
    answer = client.get(f"/films/?{query}")
    assert answer.status_code == 400
    assert "<p>" in answer.content.decode().split("data-problem")[1]


# Whoever writes


def count(query, reader=ANYBODY):
    from django.http import QueryDict

    return browse.Found(reader, browse.Choice.of(QueryDict(query))).count


def test_what_is_written_past_the_services_is_counted_too(make, say):
    films = [make(f"Film {number}", year=1936, countries="FR") for number in range(4)]
    work = services.create_category(name="Work")
    assert (count("year=1936"), count("country=FR"), count("category=work")) == (4, 4, 0)
    Film.objects.filter(pk=films[0].pk).update(year=1937, countries="GB", runtime_minutes=30)
    assert (count("year=1936"), count("year=1937"), count("country=GB")) == (3, 1, 1)
    assert count("length=short") == 1
    through = Film.categories.through
    through.objects.bulk_create(through(film=one, category=work) for one in films)
    assert count("category=work") == 4
    through.objects.filter(film=films[0]).delete()
    assert count("category=work") == 3
    Source.objects.bulk_create(
        Source(film=one, kind="archive", address=f"{ARCHIVE}x", key="x") for one in films[:2]
    )
    assert count("play=here") == 2
    Source.objects.filter(film=films[0]).update(film=films[2])
    assert count("play=here") == 2
    Source.objects.filter(film__in=films).delete()
    assert count("play=here") == 0


def test_films_that_come_in_bulk_are_counted(make):
    work = services.create_category(name="Work")
    make("Before")
    assert count("") == 1
    topics = Topic.objects.bulk_create(Topic(title="-", path="/") for _number in range(120))
    Film.objects.bulk_create(
        Film(topic=topic, title="Came", slug=f"came-{at}", sort_title=f"came {at:03}", year=1960,
             state="published", published_at=START, category=work)
        for at, topic in enumerate(topics)
    )  # fmt: skip
    assert (count(""), count("decade=1960"), count("category=work")) == (121, 120, 120)
    found = browse.Found(ANYBODY, browse.Choice(sort="title"))
    ids = found.shelf.first(found.films, "title", 500)
    names = dict(Film.objects.values_list("pk", "sort_title"))
    assert [names[pk] for pk in ids] == sorted(names.values())


def test_films_of_a_list_that_is_brought_in_are_counted(make):
    work = services.create_category(name="Work")
    jo = services.create_person(name="Jo")
    new = [
        services.NewFilm(
            services.prepared(title=f"Came {at}", state="published", year=1960, countries="FR"),
            [work],
            [(jo, "director")],
        )
        for at in range(3)
    ]
    assert count("decade=1960") == 0
    services.create_films(new)
    for query in ("decade=1960", "category=work", "country=FR", "person=jo", "talk=no"):
        assert count(query) == 3, query


def test_the_first_comment_and_the_last_that_is_removed_move_a_film(make, say):
    film = make()
    by = Reader(user=User.objects.create_superuser("Ruth"))
    assert (count("talk=yes"), count("talk=no")) == (0, 1)
    comment = say(film)
    assert (count("talk=yes"), count("talk=no")) == (1, 0)
    moderate(comment_id=comment.pk, verb="remove", by=by, reason="unkind")
    assert (count("talk=yes"), count("talk=no")) == (0, 1)


def test_staff_count_what_was_taken_out_of_view_and_readers_do_not(make):
    film = make(year=1936)
    make("Only a draft", state="draft", year=1936)
    staff = Reader(user=User.objects.create_superuser("Ruth"))
    services.set_film_state(film=film, state="withdrawn")
    assert (count("year=1936"), count("year=1936", staff)) == (0, 1)
    services.set_film_state(film=film, state="published")
    assert (count("year=1936"), count("year=1936", staff)) == (1, 1)


def test_what_is_rolled_back_was_never_counted(make):
    make()
    assert count("") == 1
    with transaction.atomic():
        make("Gone again", year=1936)
        assert count("year=1936") == 1
        transaction.set_rollback(True)
    assert (count(""), count("year=1936")) == (1, 0)


def test_a_log_that_was_cut_or_is_of_another_database_makes_all_be_read_anew(make):
    film = make(year=1936)
    assert count("year=1936") == 1
    FilmChange.objects.all().delete()
    with connection.cursor() as cursor:  # as a backup that is put back under a running process
        cursor.execute("UPDATE films_film SET year = 1940 WHERE id = %s", [film.pk])
    FilmChange.objects.all().delete()
    assert (count("year=1936"), count("year=1940")) == (0, 1)


def test_the_log_is_cut_behind_its_readers(make, monkeypatch):
    for number in range(5):
        make(f"Film {number}")
    assert count("") == 5
    monkeypatch.setattr(touched, "KEPT", 3)
    assert touched.prune().endswith("forgotten")
    assert FilmChange.objects.count() == 3
    make("Later")
    assert count("") == 6


def test_all_triggers_stand_after_all_migrations():
    assert touched.missing() == []


def test_a_film_that_changes_alone_costs_the_same_at_any_size(make, django_assert_num_queries):
    films = [make(f"Film {number}", year=1936) for number in range(30)]
    count("")
    with django_assert_num_queries(1):
        shelf.now()
    for some in ([films[0]], films[:20]):
        for film in some:
            Film.objects.filter(pk=film.pk).update(year=1950)
        with django_assert_num_queries(3):
            shelf.now()
    assert count("year=1950") == 20


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_who_began_to_write_first_and_ends_last_is_counted_too(make):
    first, second = make("First"), make("Second")
    assert count("year=1936") == 0
    began, may_end = threading.Event(), threading.Event()

    def write():
        with transaction.atomic():
            Film.objects.filter(pk=first.pk).update(year=1936)
            began.set()
            may_end.wait(20)
        connection.close()

    thread = threading.Thread(target=write)
    thread.start()
    began.wait(20)
    Film.objects.filter(pk=second.pk).update(year=1936)  # a later row of the log, visible first
    assert count("year=1936") == 1
    may_end.set()
    thread.join()
    assert count("year=1936") == 2


def test_the_people_of_the_films_shown_are_offered_with_their_films_here(client, make):
    jo, ann = (services.create_person(name=name) for name in ("Jo", "Ann"))
    for number in range(3):
        make(f"Film {number}", year=1936, credits=[(jo, "director"), (jo, "editor")])
    make("Another", year=1950, credits=[(jo, "writer"), (ann, "with")])
    links = dict(facets(client.get("/films/?year=1936")))
    assert links["?year=1936&person=jo"] == 3
    assert "?year=1936&person=ann" not in links
    assert Credit.objects.count() == 8
    assert titles(client.get("/films/?person=ann")) == ["Another"]
