"""What search engines, other sites and feed readers are told, read by programs that others wrote.

feedparser reads the feeds, ultimate-sitemap-parser follows robots.txt to every page, sitemap-verify holds
sitemaps against their schema and protocol, Protego (of Scrapy) and Python's own robotparser say what may
be read, PyLD expands JSON-LD, and schema.org's vocabulary, as msgspec-schemaorg has it, says which types
and properties there are. For oEmbed there is no such program that is kept up and refuses anything.
"""

import asyncio
import importlib
import json
import re
from html import unescape
from html.parser import HTMLParser
from typing import Any
from urllib.robotparser import RobotFileParser

import feedparser
import pytest
from django.conf import settings
from protego import Protego
from pyld import jsonld
from sitemap_verify import validate_target
from usp.tree import sitemap_tree_for_homepage
from usp.web_client.abstract_client import (
    AbstractWebClient,
    LocalWebClientSuccessResponse,
    WebClientErrorResponse,
)

from films import services, sharing, sitemap
from forum.discussions.services import open_topic

pytestmark = pytest.mark.django_db
BAD = "</script><b>&amp;amp; ]]> “Mail”\u2028中"
SCHEMA = "http://schema.org/"
VOCABULARY = importlib.import_module("msgspec_schemaorg.models")  # it cannot be imported from


@pytest.fixture
def site(make, say):
    """A film with all that is told of one, a talk under it, and a topic of the Lobby."""
    shelf = services.create_category(name=f"Work {BAD}")
    person = services.create_person(name=f"Harry {BAD}")
    film = make(
        title=f"Night {BAD}", year=1936, runtime_minutes=24, description=f"A train. {BAD}",
        category=shelf, credits=[(person, "director"), (person, "writer"), (person, "composer")],
        countries="GB FR", languages="en", imdb_id="tt0028030", original_title="Mail",
    )  # fmt: skip
    sharing.make(film.pk)
    film.refresh_from_db()
    first = say(film, f"First {BAD}")
    say(film, "An answer", under=first)
    return film, shelf, person, first, open_topic(title=f"Which seat? {BAD}", by=None)


def text_of(client, address):
    answer = client.get(address.removeprefix(settings.SITE_URL), HTTP_ACCEPT_ENCODING="identity")
    return answer.content.decode() if answer.status_code == 200 else None


# Feeds


def check_feed(text):
    told = feedparser.parse(text)
    assert not told.bozo, told.get("bozo_exception")
    assert told.version == "atom10"
    assert told.feed.id
    assert told.feed.title
    assert told.feed.updated_parsed
    for entry in told.entries:
        assert entry.id
        assert entry.title
        assert entry.link.startswith(settings.SITE_URL)
        assert entry.updated_parsed
        assert entry.get("author") or told.feed.get("author")
    return told.entries


def test_a_feed_reader_reads_every_feed(client, site):
    film, shelf, person, first, topic = site
    feeds = {
        "/feeds/comments.atom": 2,
        f"{film.get_absolute_url()}comments.atom": 2,
        f"{shelf.get_absolute_url()}films.atom": 1,
        f"{person.get_absolute_url()}films.atom": 1,
        f"/comments/{first.pk}/feed.atom": 2,
        f"/members/{first.member_id}/feed.atom": 2,
        f"{topic.get_absolute_url()}comments.atom": 0,
        f"/topics/{film.topic_id}/featured.atom": 0,
        "/search/comments.atom?q=answer": 1,
    }
    for address, count in feeds.items():
        entries = check_feed(text_of(client, address))
        assert len(entries) == count, address


@pytest.mark.parametrize(
    "text", ["<feed", '<feed xmlns="http://www.w3.org/2005/Atom"><entry></feed>']
)
def test_a_broken_feed_is_noticed(text):
    with pytest.raises(AssertionError):
        check_feed(text)


# Sitemaps and robots


class Gone(WebClientErrorResponse):
    pass


class Crawler(AbstractWebClient):
    """Gets pages of the site as a crawler does, and keeps what it asked for."""

    def __init__(self, client):
        self.client, self.asked = client, []

    def set_max_response_data_length(self, length):
        pass

    def get(self, url):
        self.asked.append(url)
        text = text_of(self.client, url)
        return Gone("404", False) if text is None else LocalWebClientSuccessResponse(url, text)


@pytest.mark.parametrize("ids_a_part", [10**12, 1])
def test_a_crawler_finds_every_page_from_robots_txt(client, site, make, monkeypatch, ids_a_part):
    monkeypatch.setattr(sitemap, "IDS_A_PART", ids_a_part)
    make(title="Draft", state="draft")
    make(title="Another")
    crawler = Crawler(client)
    tree = sitemap_tree_for_homepage(settings.SITE_URL, web_client=crawler, use_known_paths=False)
    assert crawler.asked[1] == f"{settings.SITE_URL}/sitemap.xml"
    pages = {page.url: page for page in tree.all_pages()}
    film, shelf, person, _first, topic = site
    rules = Protego.parse(text_of(client, "/robots.txt"))
    for row in (film, shelf, person, topic):
        page = pages[settings.SITE_URL + row.get_absolute_url()]
        assert page.last_modified.tzinfo
    for url in pages:
        assert text_of(client, url), url
        assert rules.can_fetch(url, "Anybot"), url
    assert not any("draft" in url for url in pages)


def complaints(text, folder):
    """Return what a validator says of a sitemap by its schema and the protocol."""
    path = folder / "sitemap.xml"
    path.write_text(text)
    told = validate_target(
        str(path), mode="path", recursive=False, check_reachability=False,
        store_path=folder / f"{len(list(folder.iterdir()))}.sqlite3",
    )  # fmt: skip
    return [f"{one.code}: {one.message}" for one in asyncio.run(told).diagnostics]


@pytest.mark.parametrize("ids_a_part", [10**12, 1])
def test_a_validator_has_no_complaint(client, site, make, tmp_path, monkeypatch, ids_a_part):
    monkeypatch.setattr(sitemap, "IDS_A_PART", ids_a_part)
    make(title="Another")
    told = text_of(client, "/sitemap.xml")
    assert complaints(told, tmp_path) == []
    parts = re.findall(r"<loc>([^<]+)</loc>", told) if "<sitemapindex" in told else []
    assert bool(parts) is (ids_a_part == 1)
    for part in parts:
        assert complaints(text_of(client, unescape(part)), tmp_path) == [], part


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("<loc>http", "<loc>ftp"),
        ("<lastmod>[^<]*</lastmod>", "<lastmod>yesterday</lastmod>"),
        ("<loc>[^<]*</loc>", ""),
        ("<urlset[^>]*>", "<urlset>"),
        ("</urlset>", "<url/></urlset>"),
    ],
)
def test_a_broken_sitemap_is_noticed(client, site, tmp_path, monkeypatch, right, wrong):
    monkeypatch.setattr(sitemap, "IDS_A_PART", 10**12)
    text = text_of(client, "/sitemap.xml")
    broken = re.sub(right, wrong, text, count=1)
    assert broken != text
    assert complaints(broken, tmp_path)


def test_crawlers_may_read_pages_and_keep_out_of_what_has_no_end(client, site):
    film, shelf, person, first, topic = site
    text = text_of(client, "/robots.txt")
    modern, plain = Protego.parse(text), RobotFileParser()
    plain.parse(text.splitlines())
    assert list(modern.sitemaps) == plain.site_maps() == [f"{settings.SITE_URL}/sitemap.xml"]
    rows = [row.get_absolute_url() for row in (film, shelf, person, first, topic)]
    for path in (
        "/",
        "/films/",
        "/lobby/",
        *rows,
        f"{film.get_absolute_url()}comments.atom",
        film.share_url,
    ):
        assert modern.can_fetch(settings.SITE_URL + path, "Anybot"), path
        assert plain.can_fetch("Anybot", settings.SITE_URL + path), path
    for path in ("/admin/", "/login/", "/search/?q=x", "/my/comments/", "/films/suggest/?film=x",
                 "/films/random/"):  # fmt: skip
        assert not modern.can_fetch(settings.SITE_URL + path, "Anybot"), path
        assert not plain.can_fetch("Anybot", settings.SITE_URL + path), path
    for act in ("reply", "report"):  # with a "*", which Python's own takes for a letter
        assert not modern.can_fetch(f"{settings.SITE_URL}/comments/{first.pk}/{act}/", "Anybot")


# JSON-LD


class Scripts(HTMLParser):
    """Collects JSON-LD as a browser parts scripts from the page."""

    def __init__(self, html):
        super().__init__()
        self.found: list[Any] = []
        self.is_in = False
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.is_in = tag == "script" and dict(attrs).get("type") == "application/ld+json"

    def handle_data(self, data):
        if self.is_in:
            self.found.append(json.loads(data))

    def handle_endtag(self, tag):
        self.is_in = False


def expanded(told):
    """Return JSON-LD with every name in full, as a processor reads it; it knows no name but schema.org's."""
    context = {"@context": {"@vocab": SCHEMA, "url": {"@type": "@id"}, "image": {"@type": "@id"}}}

    def load(url, _options):
        assert url == "https://schema.org"
        return {"contentType": "application/ld+json", "contextUrl": None, "documentUrl": url,
                "document": context}  # fmt: skip

    return jsonld.expand(told, {"documentLoader": load})


def check_names(node):
    """Hold types, properties and what may stand in them against the vocabulary."""
    if set(node) <= {"@id"}:
        return  # it points at another one
    known = getattr(VOCABULARY, node["@type"])
    fields = dict(zip(known.__struct_encode_fields__, known.__struct_fields__, strict=True))
    for name, value in node.items():
        assert name in fields, name
        if not name.startswith("@"):
            kinds = next(
                one.__annotations__[fields[name]]
                for one in known.__mro__
                if fields[name] in getattr(one, "__annotations__", {})
            )
            allowed = set(re.findall(r"\w+", str(kinds)))
            for one in value if isinstance(value, list) else [value]:
                assert _kinds_of(one) & allowed, (name, one, kinds)
                if isinstance(one, dict):
                    check_names(one)


def _kinds_of(value):
    if isinstance(value, dict):
        return {value.get("@type", "Thing"), "Thing"}
    kinds = {type(value).__name__}
    if isinstance(value, str):  # of ISO 8601, and addresses, of what is described elsewhere too
        kinds |= {"URL", "date", "datetime", "Duration"}
        name = value.removeprefix("https://schema.org/")
        if hasattr(VOCABULARY, name):
            kinds |= {name, "Action"} if name.endswith("Action") else {name}
    return kinds


def count_names(node):
    """Return how many properties a tree has."""
    if isinstance(node, list):
        return sum(map(count_names, node))
    if isinstance(node, dict):
        return sum(not name.startswith("@") for name in node) + sum(map(count_names, node.values()))
    return 0


def test_json_ld_is_schema_orgs_and_nothing_of_it_is_lost(client, site):
    film, _shelf, _person, _first, topic = site
    kinds = []
    for row in (film, topic):
        for told in Scripts(text_of(client, row.get_absolute_url())).found:
            kinds.append(told["@type"])
            check_names(told)
            full = expanded(told)
            assert full[0]["@type"] == [f"{SCHEMA}{told['@type']}"]
            assert count_names(full) == count_names(told)
    assert kinds == ["Movie", "DiscussionForumPosting", "DiscussionForumPosting"]


@pytest.mark.parametrize(
    "told",
    [{"@type": "Movie", "directedBy": "x"}, {"@type": "Movies"}, {"@type": "Comment", "comment": {"x": 1}},
     {"@type": "DiscussionForumPosting", "commentCount": "many"}],
)  # fmt: skip
def test_what_is_no_word_of_schema_org_is_noticed(told):
    with pytest.raises((AssertionError, AttributeError)):
        check_names({"@context": "https://schema.org", **told})
