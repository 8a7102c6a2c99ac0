"""The film page: what it shows, what it costs, and who may keep it."""

import gzip
import json
import re

import brotli
import pytest
from django.template import Template
from django.test import Client
from django.utils.html import escape

from films import film_page, services
from films.models import Film
from films.services import NewSource
from forum import middleware
from forum.accounts.models import User
from forum.discussions import answers, overlay, page
from forum.discussions.kept import kept
from forum.discussions.models import Event, Topic
from tests.accounts.conftest import PASSWORD, client_of, confirm
from tests.films.markup import runs
from tests.samples import sample

pytestmark = pytest.mark.django_db
NIGHT_MAIL = "/films/night-mail/"


def html_of(answer):
    return answer.content.decode()


def json_ld_of(html):
    return json.loads(re.search(r'<script type="application/ld\+json">(.*?)</script>', html)[1])


# What it shows


def test_the_head_says_title_year_category_and_comments_first(client, make, say):
    work, music = services.create_category(name="Work"), services.create_category(name="Music")
    film = make(
        year=1936,
        category=work,
        categories=[music],
        countries="GB",
        languages="en",
        runtime_minutes=24,
        original_title="Nattpost",
        tagline="Crossing the border",
        description="First.\n\nSecond.",
        imdb_id="tt0028010",
        credits=[
            (services.create_person(name="Harry Watt"), "director"),
            (services.create_person(name="Basil Wright"), "director"),
        ],
    )
    say(film)
    say(film)
    html = html_of(client.get(NIGHT_MAIL))
    words = " ".join(re.sub(r"<[^>]+>", " ", html).split())
    assert "1936, Work — 2 comments" in words.replace(" , ", ", ")
    for part in (
        '<h1 class="title" dir="auto">Night Mail</h1>',
        'href="/categories/work/"',
        'href="/categories/music/"',
        'href="/people/harry-watt/"',
        "<p>First.</p>\n<p>Second.</p>",
        "Crossing the border",
        "United Kingdom",
        "English",
        "24 minutes",
        "Nattpost",
        'href="https://www.imdb.com/title/tt0028010"',
        'href="/films/night-mail/comments.atom"',
        'href="/topics/',
        'data-comment-count="2"',
    ):
        assert part in html
    assert html.index("Harry Watt</a>") < html.index("Basil Wright</a>")


def test_the_count_is_the_same_in_head_talk_and_json_ld(client, make, say):
    film = make()
    root = say(film)
    say(film, under=root)
    for count in (2, 3):  # made anew, and from a head that is kept
        html = html_of(client.get(NIGHT_MAIL))
        assert f'href="#talk">{count} comments</a>' in html
        assert f'data-comment-count="{count}"' in html
        assert json_ld_of(html)["commentCount"] == count
        say(film)


def test_json_ld_tells_the_film_and_leaves_out_what_is_not_known(client, make):
    make(year=1936, runtime_minutes=24, wikidata_id="Q1", countries="GB FR")
    told = json_ld_of(html_of(client.get(NIGHT_MAIL)))
    assert told["@type"] == "Movie"
    assert told["url"].endswith(NIGHT_MAIL)
    assert (told["duration"], told["dateCreated"]) == ("PT24M", "1936")
    assert [country["name"] for country in told["countryOfOrigin"]] == ["United Kingdom", "France"]
    assert told["sameAs"] == ["https://www.wikidata.org/wiki/Q1"]
    assert told["commentCount"] == 0
    assert not {"director", "image", "description", "genre", "alternateName"} & told.keys()


HOSTILE = [
    "</script><script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "{{ 7|add:7 }}{% now 'Y' %}",
    "<!--",
    "]]>",
    "A & B &amp; C",
    *sample("hostile/xss_owasp_filter_evasion.json"),
]


def test_a_hostile_title_is_shown_as_text_wherever_it_stands(client, make):
    for title in HOSTILE:
        kept.clear()
        film = make(title[:200], original_title=title[:200], tagline=title[:200])
        for address in (film.get_absolute_url(), "/films/", "/"):
            assert runs(html_of(client.get(address))) == []
        html = html_of(client.get(film.get_absolute_url()))
        assert json_ld_of(html)["name"] == film.title
        Film.objects.filter(pk=film.pk).delete()


def test_a_hostile_description_and_person_cannot_break_out(client, make):
    person = services.create_person(name='"><script>alert(1)</script>')
    make(
        description="<script>alert(1)</script>\n\n[x](javascript:alert(1))",
        credits=[(person, "director")],
    )
    html = html_of(client.get(NIGHT_MAIL))
    assert runs(html) == []


# Playing


def test_nothing_foreign_is_loaded_and_the_link_plays_in_place(client, make):
    make(
        sources=[
            NewSource("https://youtu.be/dQw4w9WgXcQ", length_s=1440),
            NewSource("https://media.example.net/b.webm", label="Restored"),
        ]
    )
    answer = client.get(NIGHT_MAIL)
    html = html_of(answer)
    assert "<iframe" not in html
    assert "<video" not in html
    for loaded in re.findall(r'(?:src|srcset|poster)="([^"]*)"', html):
        assert loaded.startswith("/static/")
    assert 'href="https://www.youtube.com/watch?v=dQw4w9WgXcQ" data-player="frame"' in html
    assert 'data-embed="https://www.youtube-nocookie.com/embed/dQw4w9WgXcQ?autoplay=1&amp;' in html
    assert 'href="https://media.example.net/b.webm" data-player="video"' in html
    policy = answer.headers["Content-Security-Policy"]
    assert "frame-src https://www.youtube-nocookie.com" in policy
    assert "media-src 'self' https://media.example.net" in policy
    assert answer.headers["Referrer-Policy"] == "same-origin"


def test_a_page_without_copies_frames_nothing(client, make):
    make()
    assert "frame-src" not in client.get(NIGHT_MAIL).headers["Content-Security-Policy"]


def test_the_link_leads_to_the_second_that_is_asked_for(client, make):
    make(sources=[NewSource("https://archive.org/details/night-mail", offset_s=12)])
    assert "details/night-mail?start=12&" not in html_of(client.get(NIGHT_MAIL))
    html = html_of(client.get(f"{NIGHT_MAIL}?t=75"))
    assert 'href="https://archive.org/details/night-mail?start=87"' in html
    assert "autoplay=1&amp;start=87" in html
    for wrong in ("x", "-5", "99999999999", "1e3", "٣"):
        html = html_of(client.get(NIGHT_MAIL, {"t": wrong}))
        assert 'href="https://archive.org/details/night-mail?start=12"' in html


# What it costs


def test_a_warm_page_is_one_query_and_a_cold_one_five_whatever_its_length(
    client, make, say, django_assert_num_queries
):
    film = make(
        category=services.create_category(name="Work"),
        credits=[(services.create_person(name="Harry Watt"), "director")],
        sources=[NewSource("/static/a.mp4")],
    )
    say(film)
    for more in (0, 60):
        root = None
        for _ in range(more):
            root = say(film, under=root)
        kept.clear()
        with django_assert_num_queries(5):
            client.get(NIGHT_MAIL)
        with django_assert_num_queries(1):
            client.get(NIGHT_MAIL)
        with django_assert_num_queries(1):  # of another encoding
            client.get(NIGHT_MAIL, headers={"Accept-Encoding": "br"})


def test_a_warm_page_asks_one_query_renders_nothing_and_compresses_nothing(
    client, make, say, monkeypatch, django_assert_num_queries
):
    say(make())
    done = []

    def counted(name, act):
        return lambda *words, **more: done.append(name) or act(*words, **more)

    for module, name in (
        (film_page, "render_to_string"),
        (film_page, "json_ld"),
        (page, "_talk_html"),
        (overlay, "personal"),
        (answers, "compress"),
        (answers, "decompress"),
        (middleware, "compress"),
    ):
        monkeypatch.setattr(module, name, counted(name, getattr(module, name)))
    monkeypatch.setattr(Template, "render", counted("template", Template.render))
    packed = {"Accept-Encoding": "gzip, br"}
    first = client.get(NIGHT_MAIL, headers=packed)
    assert {"render_to_string", "template", "json_ld", "_talk_html", "compress"} <= set(done)
    client.get(NIGHT_MAIL, headers=packed)  # shows that it is worth compressing well
    done.clear()
    with django_assert_num_queries(1):
        warm = client.get(NIGHT_MAIL, headers=packed)
    with django_assert_num_queries(1):
        again = client.get(NIGHT_MAIL, headers=packed | {"If-None-Match": warm.headers["ETag"]})
    assert done == []
    assert again.status_code == 304
    assert brotli.decompress(warm.content) == brotli.decompress(first.content)


def test_what_is_kept_reads_the_same_in_every_encoding(client, make, say):
    film = make()
    say(film)
    plain = client.get(NIGHT_MAIL).content
    packed = client.get(NIGHT_MAIL, headers={"Accept-Encoding": "gzip"})
    brotlied = client.get(NIGHT_MAIL, headers={"Accept-Encoding": "gzip, br"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.content) == plain
    assert brotlied.headers["Content-Encoding"] == "br"
    assert brotli.decompress(brotlied.content) == plain


@pytest.mark.parametrize("encoding", ["br", "gzip"])
def test_a_page_is_compressed_quickly_for_the_first_well_for_the_second_and_not_again(
    client, make, say, monkeypatch, encoding
):
    film, efforts = make(), []
    for _ in range(60):
        say(film)
    monkeypatch.setattr(
        answers,
        "compress",
        lambda content, name, *, well=False: (
            efforts.append(well) or middleware.compress(content, name, well=well)
        ),
    )
    ask = {"Accept-Encoding": encoding}
    first, second, third = (client.get(NIGHT_MAIL, headers=ask).content for _ in range(3))
    assert efforts == [False, True]
    assert len(second) < len(first)
    assert third == second
    assert middleware.decompress(second, encoding) == middleware.decompress(first, encoding)


# Who may keep it


def test_a_page_without_our_cookies_is_the_same_for_all_and_names_its_version(client, make, say):
    film = make()
    say(film)
    first = client.get(NIGHT_MAIL)
    other = Client().get(NIGHT_MAIL, headers={"Accept-Language": "fr", "Cookie": "theirs=1"})
    assert first.content == other.content
    assert first.headers["ETag"] == other.headers["ETag"]
    assert first.headers["ETag"].startswith('W/"')
    assert first.headers["Cache-Control"] == "public, no-cache"
    assert first.headers["Vary"] == "Cookie, Accept-Encoding"
    assert not first.cookies
    assert b"csrf" not in first.content
    assert b"<form" not in first.content


@pytest.mark.parametrize("cookie", ["session", "csrf", "pen", "language", "seen"])
def test_a_page_asked_with_any_cookie_of_ours_is_private_and_has_no_etag(client, make, cookie):
    make()
    client.cookies[cookie] = "anything"
    answer = client.get(NIGHT_MAIL, headers={"If-None-Match": "*"})
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "private, no-cache"
    assert "ETag" not in answer.headers


CHANGES = {
    "title": lambda film: services.change_film(film=film, title="Night Post"),
    "description": lambda film: services.change_film(film=film, description="New."),
    "credits": lambda film: services.set_credits(film=film, credits=[]),
    "sources": lambda film: services.set_sources(film=film, sources=[]),
    "categories": lambda film: services.set_categories(film=film, category=None, categories=[]),
    "a person's name": lambda film: services.rename_person(
        person=film.credits.get().person, name="Harriet"
    ),
    "a category's name": lambda film: services.rename_category(category=film.category, name="Toil"),
    "a further category's name": lambda film: services.rename_category(
        category=film.categories.get(), name="Song"
    ),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_304_ends_with_every_change_of_the_head(client, make, change):
    film = make(
        category=services.create_category(name="Work"),
        categories=[services.create_category(name="Music")],
        credits=[(services.create_person(name="Harry"), "director")],
        sources=[NewSource("https://vimeo.com/76979871")],
        description="Old.",
    )
    before = client.get(NIGHT_MAIL)
    etag = before.headers["ETag"]
    same = client.get(NIGHT_MAIL, headers={"If-None-Match": etag})
    assert same.status_code == 304
    assert same.headers["ETag"] == etag
    assert same.headers["Cache-Control"] == "public, no-cache"
    assert same.headers["Vary"] == "Cookie, Accept-Encoding"
    CHANGES[change](film)
    after = client.get(NIGHT_MAIL, headers={"If-None-Match": etag})
    assert after.status_code == 200
    assert after.content != before.content


def test_a_304_ends_with_every_change_of_the_talk(client, make, say):
    film = make()
    etags = {client.get(NIGHT_MAIL).headers["ETag"]}
    comment = say(film)
    etags.add(client.get(NIGHT_MAIL).headers["ETag"])
    say(film, under=comment)
    etags.add(client.get(NIGHT_MAIL).headers["ETag"])
    assert len(etags) == 3


def test_every_order_page_and_second_is_a_page_of_its_own(client, make, say):
    film = make()
    say(film)
    addresses = ["", "?sort=newest", "?sort=discussed", "?all=1", "?t=5", "?page=1.1"]
    etags = {client.get(NIGHT_MAIL + address).headers["ETag"] for address in addresses}
    assert len(etags) == len(addresses)


@pytest.mark.parametrize("query", ["sort=sideways", "page=x", "page=1.1.1", "after=x"])
def test_an_address_that_makes_no_sense_is_400_and_says_why(client, make, query):
    make()
    answer = client.get(f"{NIGHT_MAIL}?{query}")
    assert answer.status_code == 400


def test_a_comment_that_comes_while_a_page_is_made_is_on_it(client, make, say, monkeypatch):
    film = make()
    say(film, "Before.")
    made = page._talk_html
    rounds = []

    def slow(topic, options):
        html = made(topic, options)
        if not rounds:
            say(film, "Meanwhile.")
        rounds.append(1)
        return html

    monkeypatch.setattr(page, "_talk_html", slow)
    html = html_of(client.get(NIGHT_MAIL))
    assert len(rounds) == 2
    assert "Meanwhile." in html
    assert json_ld_of(html)["commentCount"] == 2
    assert 'href="#talk">2 comments</a>' in html


def test_a_member_sees_their_own_marks_and_the_shared_page_stays_as_it_was(client, make, say):
    film = make()
    comment = say(film)
    before = client.get(NIGHT_MAIL)
    signed_in = Client()
    signed_in.force_login(comment.member)
    own = html_of(signed_in.get(NIGHT_MAIL))
    assert "mine" in own
    assert "Sign out" in own
    assert "Sign in" not in own
    assert client.get(NIGHT_MAIL).content == before.content


def test_members_share_a_page_made_once_and_each_reads_their_own_name(
    client, make, say, django_assert_num_queries
):
    comment = say(make())
    html_of(client.get(NIGHT_MAIL))
    readers = {}
    for name, density in (("Ruth & Co", ""), ("Orhan", ""), ("Aoife", "compact")):
        email = f"{density}{len(readers)}@example.org"
        user = User.objects.create_user(name, email, PASSWORD, density=density)
        readers[name] = client_of(confirm(user))
        html_of(readers[name].get(NIGHT_MAIL))
    for name, browser in readers.items():
        # session and member, glimpse, own comments, what is new, own votes
        with django_assert_num_queries(5):
            html = html_of(browser.get(NIGHT_MAIL))
        assert f"{escape(name)}: " in html
        assert not [other for other in readers if other != name and escape(other) in html]
        assert ("data-density" in html) == (name == "Aoife")
        assert 'href="/account/"' in html
        assert comment.text.body in html
    assert "Sign in" in html_of(client.get(NIGHT_MAIL))


def test_a_film_that_changes_shows_it_to_members_at_once(client, make, say):
    film, user = make(), User.objects.create_user("Ruth")
    client.force_login(user)
    html_of(client.get(NIGHT_MAIL))
    services.change_film(film=film, tagline="Letters do not sleep.")
    assert "Letters do not sleep." in html_of(client.get(NIGHT_MAIL))
    say(film, "A first word.")
    html = html_of(client.get(NIGHT_MAIL))
    assert "A first word." in html
    assert 'href="#talk">1 comment</a>' in html


# Addresses


def test_a_changed_address_answers_301_for_ever_with_all_that_hangs_on_it(client, make, say):
    film = make()
    say(film)
    film = services.change_film(film=film, slug="post-by-night")
    film = services.change_film(film=film, slug="the-post")
    for old in ("night-mail", "post-by-night"):
        for tail in ("", "1", "comments.atom"):
            answer = client.get(f"/films/{old}/{tail}")
            assert answer.status_code == 301
            assert answer.headers["Location"] == f"/films/the-post/{tail}"
            assert answer.headers["Cache-Control"] == "public, no-cache"
    kept_query = client.get("/films/night-mail/?t=75&sort=newest")
    assert kept_query.headers["Location"] == "/films/the-post/?t=75&sort=newest"


@pytest.mark.parametrize("title", ["الأرض", "北京的风很大", "हिन्दी सिनेमा"])
def test_an_address_in_any_script_is_found_and_moves(client, make, title):
    film = make(title)
    assert client.get(film.get_absolute_url()).status_code == 200
    assert client.get(film.topic.path).status_code == 200
    services.change_film(film=film, slug="latin")
    assert client.get(film.get_absolute_url()).headers["Location"] == "/films/latin/"


def test_a_path_number_leads_to_its_comment(client, make, say):
    film = make()
    root = say(film)
    reply = say(film, under=root)
    answer = client.get(f"{NIGHT_MAIL}1.1")
    assert (answer.status_code, answer.headers["Location"]) == (302, f"/comments/{reply.pk}/")
    for missing in ("2", "1.2", "1.1.1", "9" * 40, "1..1", "1."):
        assert client.get(NIGHT_MAIL + missing).status_code == 404


@pytest.mark.parametrize(
    "address", ["/films/none/", "/films/%00/", "/films/%F0%9F%8E%AC/", "/films/a%0Ab/"]
)
def test_what_is_no_film_is_404(client, db, address):
    assert client.get(address).status_code == 404


# Hidden films


def test_a_draft_is_404_and_a_withdrawn_film_410_on_every_address(client, make, say):
    film = make()
    comment = say(film, "Words under it.")
    client.get(NIGHT_MAIL)
    addresses = [
        NIGHT_MAIL,
        f"{NIGHT_MAIL}?sort=newest",
        f"{NIGHT_MAIL}1",
        f"{NIGHT_MAIL}comments.atom",
    ]
    for state, status in (("withdrawn", 410), ("draft", 404)):
        services.set_film_state(film=film, state=state)
        for address in addresses:
            answer = client.get(address)
            assert answer.status_code == status
            assert b"Night Mail" not in answer.content
        for address in (
            f"/comments/{comment.pk}/",
            f"/comments/{comment.pk}/reply/",
            f"/topics/{film.topic_id}/comments/new/",
        ):
            answer = client.get(address)
            assert answer.status_code in (404, 410)
            assert b"Words under it" not in answer.content
    services.set_film_state(film=film, state="published")
    assert b"Words under it." in client.get(NIGHT_MAIL).content


def test_an_imported_comment_is_410_under_a_withdrawn_film_and_404_under_a_draft(client, make, say):
    film, draft = make(), make("Not Yet", state="draft")
    hidden = Topic.objects.filter(pk=draft.topic_id)
    hidden.update(hidden_at=None)
    comments = [say(film), say(draft)]
    hidden.update(hidden_at=draft.state_at)
    Event.objects.filter(comment_id__isnull=False)._raw_delete("default")  # imports write none
    services.set_film_state(film=film, state="withdrawn")
    answers = [client.get(comment.get_absolute_url()).status_code for comment in comments]
    assert answers == [410, 404]


def test_a_former_address_of_a_draft_gives_nothing_away(client, make):
    film = services.change_film(film=make(), slug="secret")
    services.set_film_state(film=film, state="draft")
    assert client.get(NIGHT_MAIL).status_code == 404


@pytest.mark.parametrize("state", ["draft", "withdrawn"])
def test_staff_see_a_hidden_film_and_that_it_is_hidden(staff_client, make, state):
    film = services.set_film_state(film=make(), state=state)
    answer = staff_client.get(film.get_absolute_url())
    assert answer.status_code == 200
    assert b"only staff see this page" in answer.content
    assert answer.headers["Cache-Control"] == "private, no-cache"


def test_staff_who_may_change_films_find_the_way_from_the_page(client, staff_client, make):
    film = make()
    change = f'href="/admin/films/film/{film.pk}/change/"'
    assert change in html_of(staff_client.get(NIGHT_MAIL))
    assert change not in html_of(Client().get(NIGHT_MAIL))
    helper = Client()
    helper.force_login(User.objects.create_user("Nils", is_staff=True))
    assert change not in html_of(helper.get(NIGHT_MAIL))


def test_a_guests_looks_stand_on_a_page_that_is_made_once_for_all_who_chose_the_same(
    client, make, say, django_assert_num_queries
):
    say(make())
    for words in ("compact-serif", "large"):
        client.cookies["preferences"] = words
        html_of(client.get(NIGHT_MAIL))
    for words, wanted in (("compact-serif", 'data-face="serif"'), ("large", 'data-size="large"')):
        client.cookies["preferences"] = words
        with django_assert_num_queries(1):
            html = html_of(client.get(NIGHT_MAIL))
        assert html.split("<body")[1].split(">")[0].endswith(wanted)
    del client.cookies["preferences"]
    assert "<body>" in html_of(client.get(NIGHT_MAIL))
