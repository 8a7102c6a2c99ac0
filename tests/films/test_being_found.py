"""What search engines, other sites and feed readers are told, held against the rules that they document."""

import json
import re
from datetime import datetime
from xml.etree import ElementTree

import pytest
from django.conf import settings

from films import services, sitemap
from forum.accounts.readers import Reader
from forum.discussions.services import delete_comment, open_topic
from forum.markup import plain

pytestmark = pytest.mark.django_db
ATOM = "{http://www.w3.org/2005/Atom}"
MAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
ROBOT = {"HTTP_ACCEPT_ENCODING": "identity"}


def html_of(client, path):
    answer = client.get(path, **ROBOT)
    assert answer.status_code == 200
    return answer.content.decode()


def scripts(html):
    found = re.findall(r'<script type="application/ld\+json">(.*?)</script>', html, re.DOTALL)
    return {told["@type"]: told for told in map(json.loads, found)}


def check_moment(text):
    assert datetime.fromisoformat(text).tzinfo is not None


def check_comment(told):
    """Required of a Comment by the documentation: author with a name, datePublished, text."""
    assert told["@type"] == "Comment"
    assert told["author"]["@type"] == "Person"
    assert told["author"]["name"]
    assert told["text"]
    assert told["url"].startswith(settings.SITE_URL)
    check_moment(told["datePublished"])
    for answer in told.get("comment", []):
        check_comment(answer)


def check_posting(told):
    assert told["@context"] == "https://schema.org"
    assert told["author"]["name"]
    assert told["headline"]
    assert told["text"]
    assert told["url"].startswith(settings.SITE_URL)
    check_moment(told["datePublished"])
    counter = told["interactionStatistic"]
    assert counter["@type"] == "InteractionCounter"
    assert counter["userInteractionCount"] == told["commentCount"]
    for comment in told.get("comment", []):
        check_comment(comment)


def check_atom(text):
    """Hold a feed against RFC 4287: what a feed and an entry must have, ids that occur once."""
    feed = ElementTree.fromstring(text)
    assert feed.tag == f"{ATOM}feed"
    for name in ("id", "title", "updated"):
        assert len(feed.findall(f"{ATOM}{name}")) == 1
    links = [one.get("rel") for one in feed.findall(f"{ATOM}link")]
    assert {"self", "alternate"} <= set(links)
    entries = feed.findall(f"{ATOM}entry")
    for entry in entries:
        for name in ("id", "title", "updated"):
            assert entry.findtext(f"{ATOM}{name}")
        check_moment(entry.findtext(f"{ATOM}updated"))
        assert entry.find(f"{ATOM}author") is not None or feed.find(f"{ATOM}author") is not None
        assert re.match(r"https?://", entry.findtext(f"{ATOM}id"))
    ids = [entry.findtext(f"{ATOM}id") for entry in entries]
    assert len(set(ids)) == len(ids)
    return entries


# JSON-LD


def test_a_talk_is_told_as_search_engines_document_it(client, make, say):
    film = make(description="A train.", year=1936)
    first = say(film, "First word")
    answer = say(film, "An answer", under=first)
    hidden = say(film, "Gone word")
    delete_comment(comment_id=hidden.pk, by=Reader(user=hidden.member))
    told = scripts(html_of(client, film.get_absolute_url()))
    assert set(told) == {"Movie", "DiscussionForumPosting"}
    posting = told["DiscussionForumPosting"]
    check_posting(posting)
    assert posting["about"]["@id"] == told["Movie"]["@id"]
    assert [one["url"] for one in posting["comment"]] == [
        settings.SITE_URL + first.get_absolute_url()
    ]
    assert posting["comment"][0]["comment"][0]["url"].endswith(answer.get_absolute_url())
    assert "Gone word" not in json.dumps(posting)


def test_header_list_and_json_ld_count_the_same(client, make, say):
    film = make()
    for count in (1, 2, 3):
        say(film)
        html = html_of(client, film.get_absolute_url())
        told = scripts(html)
        numbers = {
            told["Movie"]["commentCount"],
            told["DiscussionForumPosting"]["commentCount"],
            len(told["DiscussionForumPosting"]["comment"]),
            int(re.search(r'data-comment-count="(\d+)"', html)[1]),
            int(re.search(r'href="#talk">(\d+) comment', html)[1]),
            len(re.findall(r'<article[^>]* id="c\d+"|id="c\d+"', html)),
        }
        assert numbers == {count}


def test_what_is_told_stands_on_the_page_and_spoilers_do_not(client, make, say):
    film = make()
    say(film, "Open & <b>plain</b> words >!the end!<")
    html = html_of(client, film.get_absolute_url())
    text = scripts(html)["DiscussionForumPosting"]["comment"][0]["text"]
    assert "Open & plain words" in text or "Open & <b>plain</b> words" in text
    assert "the end" not in text
    assert "Open" in plain(html)


def test_only_the_page_at_the_canonical_address_tells_the_talk(client, make, say):
    film = make()
    say(film)
    assert "DiscussionForumPosting" not in scripts(
        html_of(client, film.get_absolute_url() + "?sort=newest")
    )


def test_hostile_words_end_no_script(client, make, say):
    film = make(title="</script><script>alert(1)</script>")
    say(film, "</script><script>alert(2)</script> <!-- <script")
    html = html_of(client, film.get_absolute_url())
    assert "<script>alert" not in html
    check_posting(scripts(html)["DiscussionForumPosting"])


def test_a_topic_of_the_lobby_is_told_too(client):
    topic = open_topic(title="Which seat?", by=None)
    told = scripts(html_of(client, topic.get_absolute_url()))["DiscussionForumPosting"]
    check_posting(told)
    assert told["headline"] == "Which seat?"


# oEmbed


def check_oembed(told):
    assert (told["version"], told["type"]) == ("1.0", "rich")
    assert {"title", "html", "width", "height", "provider_name", "provider_url"} <= set(told)
    assert ("thumbnail_url" in told) == ("thumbnail_width" in told) == ("thumbnail_height" in told)


def test_films_and_comments_have_an_oembed_that_their_pages_name(client, make, say):
    film = make(title="Night & Mail", description="A train.")
    comment = say(film, "Words <i>of</i> a member")
    for path, words in (
        (film.get_absolute_url(), "A train."),
        (comment.get_absolute_url(), "Words"),
    ):
        html = html_of(client, path)
        href = re.search(r'type="application/json\+oembed" href="([^"]+)"', html)[1].replace(
            "&amp;", "&"
        )
        answer = client.get(href)
        assert answer["Content-Type"] == "application/json"
        assert answer["Access-Control-Allow-Origin"] == "*"
        told = answer.json()
        check_oembed(told)
        assert words in told["html"]
        assert "<script" not in told["html"]
    assert (
        client.get(href, {"url": settings.SITE_URL + path, "maxwidth": "200"}).json()["width"]
        == 200
    )


@pytest.mark.parametrize(
    "url",
    [
        "",
        "https://elsewhere.example/films/night-mail/",
        "javascript:1",
        "http://[",
        "{site}/films/none/",
        "{site}/about/",
        "{site}/comments/1/",
    ],
)
def test_what_is_not_public_here_has_no_oembed(client, make, url):
    make(state="draft")
    for address in (url.format(site=settings.SITE_URL), settings.SITE_URL + "/films/night-mail/"):
        assert client.get("/oembed", {"url": address}).status_code == 404
    assert client.get("/oembed", {"url": "x", "format": "xml"}).status_code == 501


# Feeds


def test_categories_people_and_searches_have_feeds_that_their_pages_name(client, make, say):
    shelf, person = services.create_category(name="Wörk"), services.create_person(name="Harry Watt")
    film = make(category=shelf, credits=[(person, "director")], description="A <b>train</b>")
    other = make(title="Other", categories=[shelf])
    make(title="Draft", category=shelf, credits=[(person, "director")], state="draft")
    say(film, "A wheel turns")
    paths = {
        shelf.get_absolute_url(): ["Other", "Night Mail"],
        person.get_absolute_url(): ["Night Mail"],
    }
    for page, titles in paths.items():
        html = html_of(client, page)
        feed = re.search(r'type="application/atom\+xml" href="([^"]+)"', html)[1]
        entries = check_atom(html_of(client, feed))
        assert [entry.findtext(f"{ATOM}title") for entry in entries] == titles
    found = check_atom(html_of(client, "/search/comments.atom?q=wheel"))
    assert [one.findtext(f"{ATOM}title") for one in found] == ["Sunniva on Night Mail"]
    assert not check_atom(html_of(client, "/search/comments.atom?q="))
    assert other.is_published
    assert client.get("/categories/none/films.atom").status_code == 404
    assert client.get("/people/none/films.atom").status_code == 404


# Sitemaps, addresses, robots


def test_the_sitemap_names_what_is_public_with_its_last_change(client, make, say, monkeypatch):
    monkeypatch.setattr(sitemap, "IDS_A_PART", 10**12)  # ids may be high, of tests before this one
    shelf, person = services.create_category(name="Work"), services.create_person(name="Harry Watt")
    nobody = services.create_person(name="Of a draft")
    film = make(category=shelf, credits=[(person, "director")])
    make(title="Draft", state="draft", credits=[(nobody, "director")])
    say(film)
    entries = {
        one.findtext(f"{MAP}loc"): one.findtext(f"{MAP}lastmod")
        for one in ElementTree.fromstring(html_of(client, "/sitemap.xml"))
    }
    for row in (film, shelf, person):
        check_moment(entries[settings.SITE_URL + row.get_absolute_url()])
    assert settings.SITE_URL + nobody.get_absolute_url() not in entries
    assert not any("draft" in address for address in entries)
    film.topic.refresh_from_db()
    assert (
        entries[settings.SITE_URL + film.get_absolute_url()][:19]
        == film.topic.last_comment_at.isoformat()[:19]
    )


def test_pages_have_one_canonical_address_and_open_graph(client, make, say):
    film = make(description="A train.")
    comment = say(film, "Words")
    for path in (
        film.get_absolute_url(),
        film.get_absolute_url() + "?sort=newest",
        film.get_absolute_url() + "?t=9",
    ):
        html = html_of(client, path)
        assert re.findall(r'rel="canonical" href="([^"]+)"', html) == [
            settings.SITE_URL + film.get_absolute_url()
        ]
    for name in ("title", "type", "url", "description", "site_name"):
        assert html.count(f'property="og:{name}"') == 1
    own = html_of(client, comment.get_absolute_url())
    assert f'og:url" content="{settings.SITE_URL}{comment.get_absolute_url()}"' in own


def test_robots_are_kept_from_what_has_no_end(client):
    rules = client.get("/robots.txt").content.decode()
    for path in ("/admin/", "/search/", "/my/", "/films/suggest", "/films/random/"):
        assert f"Disallow: {path}\n" in rules
    assert f"Sitemap: {settings.SITE_URL}/sitemap.xml" in rules
