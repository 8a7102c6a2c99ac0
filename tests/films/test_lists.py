"""Lists of films: filters, orders, pages; and that hidden films stand in none."""

import base64
import json
import re
from datetime import UTC, datetime, timedelta

import pytest
from django.utils.html import escape

from films import browse, services, sitemap
from films import shelf as shelf_of_all
from forum.accounts.models import User
from forum.accounts.readers import ANYBODY, Reader, pen_with_secret
from forum.discussions.kept import kept
from forum.discussions.models import Comment
from forum.discussions.services import (
    Author,
    edit_as_staff,
    moderate,
    post_comment,
    rename_member,
    text_version,
)

pytestmark = pytest.mark.django_db
START = datetime(2020, 1, 1, tzinfo=UTC)


def titles(answer):
    return re.findall(r'class="sr"><span dir="auto">([^<]+)</span>', answer.content.decode())


def rows(answer):
    return re.findall(r'<a class="ti" [^>]*>([^<]+)</a>', answer.content.decode())


def words(answer):
    """Return the text of a page's main part, white space folded."""
    main = answer.content.decode().split("<main", 1)[1].split("</main>")[0]
    return " ".join(re.sub(r"<[^>]+>", "", main.split(">", 1)[1]).split())


def next_of(answer):
    found = re.search(r'rel="next" href="([^"]+)"', answer.content.decode())
    return found and found[1].replace("&amp;", "&")


@pytest.fixture
def shelf(make):
    """Films that differ in everything that can be chosen."""
    politics = services.create_category(name="Politics")
    city = services.create_category(name="City")
    rows = [
        ("Anatomy of a Coup", 2002, politics, [], "US"),
        ("The Square", 2013, politics, [city], "EG US"),
        ("Man with a Movie Camera", 1929, city, [], "SU"),
        ("Beneath the Streets", None, None, [], ""),
        ("Élan", 2001, city, [politics], "FR"),
    ]
    return [
        make(
            title,
            year=year,
            category=main,
            categories=further,
            countries=countries,
            at=START + timedelta(days=day),
        )
        for day, (title, year, main, further, countries) in enumerate(rows)
    ]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ["Élan", "Beneath the Streets", "Man with a Movie Camera", "The Square", "Anatomy of a Coup"]),
        ("?sort=title", ["Anatomy of a Coup", "Beneath the Streets", "Élan", "Man with a Movie Camera", "The Square"]),
        ("?category=politics", ["Élan", "The Square", "Anatomy of a Coup"]),
        ("?decade=2000", ["Élan", "Anatomy of a Coup"]),
        ("?year=2001", ["Élan"]),
        ("?country=us", ["The Square", "Anatomy of a Coup"]),
        ("?country=U", []),
        ("?country=SU", ["Man with a Movie Camera"]),
        ("?category=politics&decade=2000&country=FR&sort=title", ["Élan"]),
        ("?category=city&country=US&year=2013", ["The Square"]),
        ("?category=politics&year=1929", []),
        ("?utm_source=x&category=&decade=&year=&country=&sort=&page=", ["Élan"]),
    ],
)  # fmt: skip
def test_filters_and_orders_combine(client, shelf, query, found):
    if query == "?country=U":
        assert client.get("/films/" + query).status_code == 400
        return
    answer = client.get("/films/" + query)
    assert answer.status_code == 200
    assert titles(answer)[: len(found)] == found
    if not found:
        assert "Nothing on this shelf" in words(answer)


def test_most_discussed_stand_first(client, shelf, say):
    say(shelf[2])
    say(shelf[2])
    say(shelf[0])
    found = titles(client.get("/films/?sort=discussed"))
    assert found[:2] == ["Man with a Movie Camera", "Anatomy of a Coup"]


@pytest.mark.parametrize(
    "address", ["/films/", "/", "/categories/politics/", "/people/jo/", "/search/?q=anatomy"]
)
def test_every_list_says_title_year_category_and_comments(client, shelf, say, address):
    say(shelf[0])
    services.set_credits(film=shelf[0], credits=[(services.create_person(name="Jo"), "director")])
    text = words(client.get(address))
    assert "Anatomy of a Coup — 2002, Politics — 1 comment" in text


@pytest.mark.parametrize(
    "query",
    [
        "sort=best",
        "sort=newest'--",
        "category=none",
        "category=%00",
        "decade=1995",
        "decade=nineties",
        "decade=99999",
        "decade=%D9%A1%D9%A9%D9%A9%D9%A0",
        "year=1700",
        "year=3000",
        "year=-1",
        "country=France",
        "country=%F0%9F%87%AB%F0%9F%87%B7",
        "page=x",
        "page=%00",
        "page=" + "A" * 5000,
    ],
)
def test_a_malformed_filter_or_page_is_400_and_says_why(client, shelf, query):
    answer = client.get(f"/films/?{query}")
    assert answer.status_code == 400
    assert "<p>" in answer.content.decode().split("data-problem")[1]


def token(*parts):
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    "made_up",
    [
        token("title", "x", 1),
        token("newest", "x", 1),
        token("newest", 1),
        token("newest", 1.5, 1),
        token("newest", True, 1),
        token("newest", 10**30, 1),
        token("newest", 2**62, 1),
        token("newest", -1, 1),
        token("newest", 1, "1"),
        token("newest", 1, 2**70),
        token("newest", [1], {}),
        token("[" * 900),
        base64.urlsafe_b64encode(b"[" * 1000).decode(),
        base64.urlsafe_b64encode(b"\xff\xfe").decode(),
    ],
)
def test_a_page_that_we_did_not_make_is_400(client, shelf, made_up):
    assert client.get("/films/", {"page": made_up}).status_code == 400


def test_a_title_in_a_token_may_be_anything_but_half_a_letter(client, shelf):
    assert (
        client.get("/films/", {"sort": "title", "page": token("title", "m", 1)}).status_code == 200
    )
    for wrong in ("\ud800", "a\x00", 7):
        query = {"sort": "title", "page": token("title", wrong, 1)}
        assert client.get("/films/", query).status_code == 400


@pytest.mark.parametrize("sort", ["newest", "discussed", "title"])
def test_the_pages_walk_through_all_films_once(client, make, say, monkeypatch, sort):
    monkeypatch.setattr(browse, "FILMS_A_PAGE", 7)
    films = [
        make(f"Same title {number // 5}", at=START + timedelta(hours=number // 4))
        for number in range(30)
    ]
    for film in films[:10:2]:
        say(film)
    seen, address, pages = [], f"?sort={sort}", 0
    while address:
        answer = client.get(f"/films/{address}")
        slugs = re.findall(r'<a href="/films/([\w-]+)/">', answer.content.decode())
        seen += slugs
        pages += 1
        if pages == 2:
            make("Zz came meanwhile")
            assert "To the beginning of the list" in words(answer)
        address = next_of(answer)
    walked = [slug for slug in seen if slug != "zz-came-meanwhile"]
    assert pages == 5
    assert sorted(walked) == sorted(film.slug for film in films)


def test_a_filter_is_kept_on_the_next_page(client, make, monkeypatch):
    monkeypatch.setattr(browse, "FILMS_A_PAGE", 2)
    for number in range(5):
        make(f"Film {number}", countries="FR", year=2001)
    address = next_of(client.get("/films/?country=FR&year=2001&sort=title"))
    assert {"country=FR", "year=2001", "sort=title"} <= set(address.lstrip("?").split("&"))
    assert titles(client.get(f"/films/{address}")) == ["Film 2", "Film 3"]


@pytest.mark.parametrize(
    "address",
    [
        "/",
        "/films/",
        "/films/?category=work&decade=1930&country=GB&sort=discussed",
        "/categories/work/",
        "/people/jo/",
        "/decades/",
        "/decades/1930/",
        "/years/1936/?sort=title",
        "/films/?category=work&person=jo&talk=yes",
        "/search/?q=night",
        "/sitemap.xml",
    ],
)
def test_a_list_costs_the_same_queries_at_two_sizes(
    client, make, say, address, django_assert_max_num_queries
):
    work = services.create_category(name="Work")
    person = services.create_person(name="Jo")

    def add(number):
        film = make(
            f"Night {number}",
            year=1936,
            category=work,
            countries="GB",
            credits=[(person, "director"), (person, "editor")],
        )
        say(film)

    add(0)
    client.get(address)  # what Django itself keeps: the site
    kept.clear()  # pieces that are kept are not asked for
    shelf_of_all.now()  # films that changed are read once, whoever asks first
    with django_assert_max_num_queries(20) as one:
        client.get(address)
    for number in range(1, 30):
        add(number)
    kept.clear()
    shelf_of_all.now()
    with django_assert_max_num_queries(20) as many:
        client.get(address)
    assert len(one) == len(many) <= 8


def test_what_is_kept_of_a_list_is_made_again_when_it_changes(client, make, say):
    film = make(category=services.create_category(name="Work"), year=1936)
    comment = say(film, "Such a train,")
    member = comment.member
    by = Reader(user=User.objects.create_superuser("Ruth"))

    def shown():
        return client.get("/").content.decode() + client.get("/films/").content.decode()

    before = shown()
    assert before.count("1 comment") == 3
    changes = [
        (lambda: say(film, "Such a night,"), "Such a night, 2", "Such a train, 1"),
        (lambda: set_state(Comment.objects.last(), "remove"), "Such a train, 1", "a night"),
        (lambda: rename_member(member_id=member.pk, name="Oddny", by=by), "Oddny", "Sunniva"),
        (lambda: rework(comment), "Such a letter", "Such a train"),
        (lambda: services.rename_category(category=film.category, name="Toil"), "Toil", "Work"),
        (lambda: services.change_film(film=film, title="Day Mail"), "Day Mail", "Night Mail"),
        (lambda: services.change_film(film=film, year=1937), "1937", "1936"),
    ]

    def set_state(one, verb):
        moderate(comment_id=one.pk, verb=verb, by=by, reason="unkind")

    def rework(one):
        base = text_version(Comment.objects.with_text().get(pk=one.pk))
        edit_as_staff(comment_id=one.pk, by=by, body="Such a letter", base=base)

    for change, new, old in changes:
        assert new not in shown(), new
        film.refresh_from_db()
        change()
        after = shown()
        assert new in after, new
        assert old not in after, old


def test_a_card_carries_the_shape_of_its_talk_as_it_is_now(client, make, say):
    film = make()

    def columns():
        html = client.get("/films/").content.decode()
        return [
            len(re.findall("M", shape)) for shape in re.findall(r'class="shape".*?</svg>', html)
        ]

    assert columns() == []
    first = say(film)
    assert columns() == [1]
    say(film, under=first)
    assert columns() == [1]
    say(film)
    assert columns() == [2]


def test_lists_are_the_same_bytes_for_all_and_asked_again(client, shelf):
    for address in ("/", "/films/", "/categories/politics/", "/search/?q=an", "/about/"):
        answer = client.get(address)
        assert answer.headers["Cache-Control"] == "public, no-cache"
        assert answer.headers["Vary"] == "Cookie, Accept-Encoding"
        assert not answer.cookies
        assert b"csrf" not in answer.content


def test_a_hidden_film_stands_in_no_list_for_readers(client, make, say):
    work = services.create_category(name="Work")
    jo = services.create_person(name="Jo Hidden")
    film = make("Hidden Film", category=work, year=1936, countries="GB", credits=[(jo, "director")])
    say(film, "Hidden words")
    pages = [
        "/",
        "/films/",
        "/films/?category=work",
        "/films/?year=1936",
        "/categories/work/",
        "/search/?q=hidden",
        f"/sitemap.xml?part=films&n={film.pk // sitemap.IDS_A_PART}",  # ids go on from test to test
        "/feeds/comments.atom",
    ]
    for address in pages:
        shown = client.get(address).content.decode()
        assert "idden" in shown
    assert client.get("/people/jo-hidden/").status_code == 200
    for state in ("withdrawn", "draft"):
        services.set_film_state(film=film, state=state)
        for address in pages:
            shown = client.get(address).content.decode()
            shown = shown.replace('value="hidden"', "").replace("hidden – Search", "")
            assert "Hidden" not in shown
            assert "hidden-film" not in shown
            assert 'aria-hidden="false"' not in shown
        assert client.get("/people/jo-hidden/").status_code == 404


def test_a_draft_that_never_was_public_is_in_no_list_even_for_staff(staff_client, make):
    make("Only a draft", state="draft")
    withdrawn = make("Taken back")
    services.set_film_state(film=withdrawn, state="withdrawn")
    text = words(staff_client.get("/films/"))
    assert "Only a draft" not in text
    assert "Taken back" in text
    assert "withdrawn" in text


def test_home_shows_the_latest_word_of_each_talk(client, make, say):
    first, second = make("First"), make("Second")
    for number in range(10):
        say(first, f"Under the first {number}.")
    say(second, "Under the second.")
    text = words(client.get("/"))
    assert "Under the second. 11" in text
    assert "Under the first 9. 10" in text
    assert "Under the first 8" not in text


def test_an_empty_site_has_a_kind_word_on_every_list(client, db):
    for address in ("/", "/films/", "/search/?q=x"):
        assert 'class="empty"' in client.get(address).content.decode()


def test_the_same_country_is_found_whereever_its_code_stands(make):
    for codes in ("FR", "FR GB", "GB FR", "GB FR US"):
        make(countries=codes)
    make(countries="FRA")
    assert browse.Found(ANYBODY, browse.Choice(country="FR")).count == 4


def test_what_is_no_category_or_person_is_404(client, db):
    assert client.get("/categories/none/").status_code == 404
    assert client.get("/people/none/").status_code == 404


def test_a_name_with_markup_is_text(client, make):
    name = "<b>Bold</b> & Co"
    make(category=services.create_category(name=name))
    assert escape(name) in client.get("/films/").content.decode()


def test_a_guest_on_the_home_page_is_called_guest(client, make):
    pen, _secret, _is_new = pen_with_secret("", "Nils")
    author = Author(pen=pen, name="Nils")
    post_comment(author=author, body="From the last row.", topic_id=make().topic_id)
    html = client.get("/").content.decode()
    guest = f'<i class="guest" data-mark="{pen.mark}">guest</i>'
    assert f'<b dir="auto">Nils</b> {guest}' in html


def test_a_site_closed_to_guests_does_not_invite_them(client, settings):
    assert b"join in" in client.get("/").content
    settings.GUESTS = "closed"
    assert b"join in" not in client.get("/").content


def test_what_is_offered_follows_every_change_of_a_film(client, make):
    film = make("Night Mail", year=1936, countries="GB FR")

    def offered():
        html = client.get("/films/").content.decode()
        return {word for word in ("1930s", "1940s", "country=GB", "country=FR", "country=PT")
                if word in html}  # fmt: skip

    assert offered() == {"1930s", "country=GB", "country=FR"}
    services.change_film(film=film, countries="fr pt", year=1941)
    assert offered() == {"1940s", "country=FR", "country=PT"}
    assert titles(client.get("/films/?country=PT")) == ["Night Mail"]
    assert titles(client.get("/films/?country=GB")) == []
    services.set_film_state(film=film, state="withdrawn")
    assert offered() == set()
    services.set_film_state(film=film, state="published")
    first = film.history.earliest().history_id
    film.refresh_from_db()
    services.revert_film(film=film, version_id=first, shown=services.seen(film), by=None)
    assert offered() == {"1930s", "country=GB", "country=FR"}


def test_a_film_stands_once_on_two_shelves_whichever_is_its_main_one(client, make):
    work, night = (services.create_category(name=name) for name in ("Work", "Night"))
    make("Both", category=work, categories=[night])
    make("The Other Way", category=night, categories=[work])
    make("One", category=work)
    for address in ("/categories/work/?category=night", "/categories/night/?category=work"):
        assert sorted(rows(client.get(address))) == ["Both", "The Other Way"]
    found = rows(client.get("/categories/work/?sort=title"))
    assert found == ["Both", "One", "The Other Way"]
    assert titles(client.get("/films/?category=night&sort=title")) == ["Both", "The Other Way"]
