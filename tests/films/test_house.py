"""Pages of the house, uploaded files, and what robots ask for."""

import re
from datetime import timedelta
from importlib import import_module
from io import BytesIO
from types import SimpleNamespace
from xml.etree import ElementTree

import pytest
from django.apps import apps
from django.contrib.flatpages.models import FlatPage
from django.db import connection
from django.http import HttpResponse
from django.test import RequestFactory
from django.urls import reverse
from whitenoise.middleware import WhiteNoiseMiddleware

from films import services, sitemap
from forum.accounts import blocks
from forum.accounts.preferences import LANGUAGE_COOKIE_SECONDS
from forum.discussions.services import open_topic
from forum.discussions.services.leaving import NAME_KEPT
from forum.discussions.services.visiting import VISITS_KEPT
from forum.discussions.visits import SEEN_COOKIE_SECONDS

pytestmark = pytest.mark.django_db


# House pages


@pytest.mark.parametrize(
    ("address", "part"),
    [
        ("/about/", "stay a little after a documentary"),
        ("/rules/", "Talk about the film"),
        ("/privacy/", "emptied after 30 days"),
        ("/contact/", "waits for its owner"),
    ],
)
def test_the_house_pages_begin_with_a_text(client, address, part):
    answer = client.get(address)
    assert answer.status_code == 200
    assert part.lower() in answer.content.decode().replace("\n", " ").lower()


def test_every_page_links_the_house_pages(client):
    html = client.get("/").content.decode()
    for address in ("/about/", "/rules/", "/privacy/", "/contact/"):
        assert f'href="{address}"' in html


def test_the_owner_edits_them_and_adds_others(client):
    FlatPage.objects.filter(url="/contact/").update(content="<p>Write to Ruth.</p>")
    assert b"Write to Ruth." in client.get("/contact/").content
    page = FlatPage.objects.create(url="/imprint/", title="Imprint", content="<p>Here.</p>")
    page.sites.add(1)
    assert b"Here." in client.get("/imprint/").content
    assert client.get("/imprints/").status_code == 404


def test_the_privacy_page_names_the_cookies_that_are_set(client, settings):
    html = client.get("/privacy/").content.decode()
    for cookie in ("SESSION", "CSRF", "PEN", "LANGUAGE", "SEEN", "PREFERENCES"):
        name = getattr(settings, f"{cookie}_COOKIE_NAME")
        assert f"<td>{name}</td>" in html
    assert settings.SESSION_COOKIE_AGE == 14 * 24 * 3600  # "two weeks"
    assert settings.CSRF_COOKIE_AGE // (24 * 3600) == 364  # "a year"
    assert LANGUAGE_COOKIE_SECONDS == SEEN_COOKIE_SECONDS == 365 * 24 * 3600
    assert timedelta(days=365) == VISITS_KEPT  # "a year at most"
    assert timedelta(days=180) == NAME_KEPT
    assert "180 days a fingerprint of the name is kept" in html.replace("\n", " ")


def test_the_privacy_page_tells_of_suggestions_notes_warnings_and_blocks(client):
    html = " ".join(client.get("/privacy/").content.decode().split())
    for words in (
        "If you suggest a film",
        "it stays without you",
        "private notes about somebody",
        'href="/my/warnings/">your warnings</a>',
        "30 days off at most for a network, a year for the others",
    ):
        assert html.count(words) == 1
    assert (blocks.NETWORK_DAYS, blocks.MOST_DAYS) == (30, 365)
    assert reverse("my_warnings") == "/my/warnings/"


@pytest.mark.parametrize(
    "name",
    [
        "forum.accounts.migrations.0004_privacy_page",
        "forum.discussions.migrations.0014_privacy_of_visits",
        "forum.discussions.migrations.0019_privacy_of_pens",
        "forum.discussions.migrations.0044_privacy_of_muted_letters",
        "films.migrations.0018_privacy_of_staff_and_suggestions",
    ],
)
def test_an_owners_own_privacy_page_is_left_as_it_is(db, name):
    change = import_module(name).change
    FlatPage.objects.filter(url="/privacy/").update(content="<p>Ours.</p>")
    change(apps, SimpleNamespace(connection=connection))
    assert FlatPage.objects.get(url="/privacy/").content == "<p>Ours.</p>"


# Robots


def test_robots_may_read_and_are_told_of_the_sitemap(client, settings):
    settings.SITE_URL = "https://films.example.org"
    text = client.get("/robots.txt").content.decode()
    assert "Disallow: /\n" not in text
    assert "Allow: /\n" in text
    assert "Sitemap: https://films.example.org/sitemap.xml\n" in text


def addresses(answer):
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/xml"
    return [
        element.text
        for element in ElementTree.fromstring(answer.content).iter()
        if element.tag.endswith("loc")
    ]


def test_the_sitemap_has_films_topics_and_house_pages_and_nothing_hidden(
    client, settings, monkeypatch
):
    monkeypatch.setattr(sitemap, "IDS_A_PART", 10**12)  # ids may be high, of tests before this one
    settings.SITE_URL = "https://films.example.org"
    services.create_film(title="北京", state="published")
    services.create_film(title="Draft")
    gone = services.create_film(title="Gone", state="published")
    services.set_film_state(film=gone, state="withdrawn")
    topic = open_topic(title="The last row", by=None)
    services.create_category(name="Work")
    found = addresses(client.get("/sitemap.xml"))
    for path in (
        "/",
        "/films/",
        "/films/%E5%8C%97%E4%BA%AC/",
        f"/lobby/{topic.pk}/",
        "/about/",
        "/categories/work/",
    ):
        assert f"https://films.example.org{path}" in found
    assert not [address for address in found if "draft" in address or "gone" in address]


def test_a_large_sitemap_is_an_index_whose_parts_hold_every_film_once(client, monkeypatch):
    monkeypatch.setattr(sitemap, "IDS_A_PART", 2)
    films = [services.create_film(title=f"Film {number}", state="published") for number in range(9)]
    parts = addresses(client.get("/sitemap.xml"))
    assert all("part=" in part for part in parts)
    found = [
        address
        for part in parts
        for address in addresses(client.get(re.sub(r"^https?://[^/]+", "", part)))
    ]
    assert len(found) == len(set(found))
    assert sum("/films/film-" in address for address in found) == len(films)


def test_the_index_names_no_part_without_an_address(client, monkeypatch):
    monkeypatch.setattr(sitemap, "IDS_A_PART", 1)
    states = ["published", "draft", "withdrawn", "published", "published", "published"]
    films = [
        services.create_film(title=f"Film {number}", state=state)
        for number, state in enumerate(states)
    ]
    people = [services.create_person(name=f"Person {number}") for number, _film in enumerate(films)]
    for film, person in zip(films, people, strict=True):
        services.set_credits(film=film, credits=[(person, "director")])
    parts = [one.split("?")[1] for one in addresses(client.get("/sitemap.xml"))]
    shown = [at for at, state in enumerate(states) if state == "published"]
    assert parts == [
        "part=pages&n=0",
        *(f"part=films&n={films[at].pk}" for at in shown),
        *(f"part=people&n={people[at].pk}" for at in shown),
    ]


@pytest.mark.parametrize(
    "query", ["part=users", "part=films&n=x", "part=films&n=-1", "part=films&n=" + "9" * 30]
)
def test_a_part_that_is_none_is_400(client, query):
    assert client.get(f"/sitemap.xml?{query}").status_code == 400


# Files


@pytest.fixture
def stored(settings):
    """The name of a file in the media folder, of 1,000 known bytes."""
    settings.MEDIA_ROOT.mkdir()
    name = f"{'0123456789abcdef' * 2}-640.webp"
    (settings.MEDIA_ROOT / name).write_bytes(bytes(number % 251 for number in range(1000)))
    return name


def body(answer):
    return b"".join(answer.streaming_content)


def test_an_uploaded_file_is_sent_whole_to_be_kept_long(client, stored, settings):
    answer = client.get(f"/media/{stored}")
    assert answer.status_code == 200
    assert body(answer) == (settings.MEDIA_ROOT / stored).read_bytes()
    assert answer.headers["Content-Type"] == "image/webp"
    assert answer.headers["Content-Length"] == "1000"
    assert answer.headers["Accept-Ranges"] == "bytes"
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Disposition"].startswith("inline")
    assert "Vary" not in answer.headers
    assert not answer.cookies


def test_a_part_is_206_and_a_part_beyond_the_end_416(client, stored, settings):
    whole = (settings.MEDIA_ROOT / stored).read_bytes()
    for asked, first, last in (
        ("0-99", 0, 99),
        ("900-", 900, 999),
        ("-50", 950, 999),
        ("5-5", 5, 5),
    ):
        answer = client.get(f"/media/{stored}", headers={"Range": f"bytes={asked}"})
        assert answer.status_code == 206
        assert body(answer) == whole[first : last + 1]
        assert answer.headers["Content-Range"] == f"bytes {first}-{last}/1000"
        assert answer.headers["Content-Length"] == str(last - first + 1)
    refused = client.get(f"/media/{stored}", headers={"Range": "bytes=1000-"})
    assert (refused.status_code, refused.headers["Content-Range"]) == (416, "bytes */1000")


def test_a_part_of_another_version_is_the_whole(client, stored):
    etag = client.get(f"/media/{stored}").headers["ETag"]
    for condition, status in (
        (etag, 206),
        ('"other"', 200),
        ("Sun, 22 Nov 2026 09:00:00 GMT", 200),
    ):
        headers = {"Range": "bytes=0-9", "If-Range": condition}
        assert client.get(f"/media/{stored}", headers=headers).status_code == status
    assert client.get(f"/media/{stored}", headers={"If-None-Match": etag}).status_code == 304


def test_head_sends_no_byte_and_post_is_refused(client, stored):
    answer = client.head(f"/media/{stored}", headers={"Range": "bytes=0-9"})
    assert (answer.status_code, answer.headers["Content-Length"]) == (200, "1000")
    assert body(answer) == b""
    assert client.post(f"/media/{stored}").status_code == 405


@pytest.mark.parametrize(
    "name",
    [
        "../secret",
        "..%2fsecret",
        "%2e%2e/secret",
        "....//secret",
        "/etc/passwd",
        "secret",
        "secret.webp",
        "%00",
        "0123456789abcdef0123456789abcdef-640.webp%00.html",
        "0123456789abcdef0123456789abcdef-640.webp%0a",
        "0123456789abcdef0123456789abcdef-640.html",
        "0123456789ABCDEF0123456789ABCDEF-640.webp",
        "x/0123456789abcdef0123456789abcdef-640.webp",
        "ffffffffffffffffffffffffffffffff-640.webp",
        "",
    ],
)
def test_no_name_but_a_generated_one_is_answered(client, stored, settings, name):
    (settings.MEDIA_ROOT.parent / "secret").write_text("secret")
    (settings.MEDIA_ROOT / "secret").write_text("secret")
    assert client.get(f"/media/{name}").status_code == 404


def test_a_clip_under_static_is_sent_in_parts_too(tmp_path):
    (tmp_path / "clip.mp4").write_bytes(bytes(range(100)))
    server = WhiteNoiseMiddleware(lambda request: HttpResponse(status=404))
    server.add_files(str(tmp_path), prefix="/static/")
    factory = RequestFactory()
    answer = server(factory.get("/static/clip.mp4", headers={"Range": "bytes=10-19"}))
    assert answer.status_code == 206
    assert b"".join(answer.streaming_content) == bytes(range(10, 20))
    assert answer.headers["Content-Range"] == "bytes 10-19/100"
    answer.close()
    assert (
        server(factory.get("/static/clip.mp4", headers={"Range": "bytes=200-"})).status_code == 416
    )


def test_a_poster_stands_on_page_card_and_json_ld_in_its_widths(client):
    from tests.films.test_posters import picture

    film = services.create_film(title="Night Mail", state="published")
    film = services.set_poster(film=film, upload=BytesIO(picture().getvalue()))
    for address in (film.get_absolute_url(), "/films/"):
        html = client.get(address).content.decode()
        assert f'srcset="{film.poster_srcset}"' in html
        assert 'width="960" height="1280"' in html
    assert (
        f'"image": "http://127.0.0.1:8000{film.poster_url}"'
        in client.get(film.get_absolute_url()).content.decode()
    )
    for width in (320, 640, 960):
        assert client.get(f"/media/{film.poster}-{width}.webp").status_code == 200


def test_the_rules_have_a_place_for_each_reason_and_an_owners_own_text_is_left(client):
    from forum.discussions.rules import ANCHORS, rule_of

    html = client.get("/rules/").content.decode()
    for anchor in set(ANCHORS.values()):
        assert html.count(f'id="{anchor}"') == 1, anchor
    assert rule_of("unkind") == "/rules/#unkind"
    assert rule_of("links") == ""
    FlatPage.objects.filter(url="/rules/").update(content="<p>Ours.</p>")
    change = import_module("films.migrations.0017_rules_by_anchor").change
    change(apps, SimpleNamespace(connection=connection))
    assert FlatPage.objects.get(url="/rules/").content == "<p>Ours.</p>"
