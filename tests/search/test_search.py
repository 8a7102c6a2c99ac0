"""The search page."""

import re
from contextlib import contextmanager
from dataclasses import replace
from html import unescape

import pytest
from django.db import OperationalError, connection
from django.test.utils import CaptureQueriesContext

from films import services, shelf
from films.models import Category, Film, Person
from forum.accounts.models import User
from forum.accounts.readers import ANYBODY, Reader
from forum.discussions import services as talk
from forum.discussions.models import Topic
from forum.index import finding
from forum.index.language import parse
from forum.index.tables import FILM, PERSON, TOPIC
from forum.search import comments, context, narrowing, places, titles
from forum.search.narrowing import Question
from tests.films.markup import runs
from tests.samples import sample
from tests.search.test_table import TABLE
from tests.statements import statements

pytestmark = pytest.mark.django_db


@pytest.fixture
def make(db):
    def make_one(title, **fields):
        return services.create_film(title=title, **{"state": "published", **fields})

    return make_one


def results(html):
    """Return (kind, address of its first link) of each result."""
    return re.findall(r'data-result="(\w+)".*?<a [^>]*href="([^"]+)"', html, re.S)


def next_page(html):
    found = re.search(r'rel="next" href="([^"]+)"', html)
    return unescape(found[1]) if found else None


def page(client, address):
    answer = client.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


def test_everything_is_shown_at_a_glance_each_result_marked_by_its_kind(client, world):
    html = page(client, "/search/?q=night")
    kinds = [kind for kind, _address in results(html)]
    assert kinds == ["film"] * 3 + ["person"] + ["topic"] + ["comment"] * 5
    assert "Night Mail" in html
    assert f"/lobby/{world.topics['halls'].pk}/" in dict(results(html)).values()


@pytest.mark.parametrize("kind", ["films", "people", "comments", "topics"])
def test_one_kind_is_shown_alone_in_either_order(client, world, kind):
    for sort in ("relevance", "newest", ""):
        html = page(client, f"/search/?q=night&in={kind}&sort={sort}")
        single = {"films": "film", "people": "person", "comments": "comment", "topics": "topic"}
        assert {kind for kind, _address in results(html)} == {single[kind]}


def test_a_comment_shows_its_words_in_place_its_film_and_its_number(client, world):
    html = page(client, "/search/?q=carries&in=comments")
    assert "The night train <mark>carries</mark> letters to Scotland." in html
    assert '<a href="/films/night-mail/" dir="auto">Night Mail</a>' in html
    assert f'<a href="/comments/{world.comments["c1"].pk}/">1</a> <bdi>Vera</bdi>' in html


def test_what_is_hidden_in_a_comment_stays_hidden_in_its_result(client, world):
    html = page(client, "/search/?q=nobody+speaks")
    assert "<mark>nobody</mark> <mark>speaks</mark>" in html
    assert "zeppelin" not in html
    assert "burns" not in html


@pytest.mark.parametrize(("kind", "sort"), [
    ("films", "relevance"), ("films", "newest"), ("people", "relevance"), ("people", "newest"),
    ("topics", "relevance"), ("topics", "newest"), ("comments", "relevance"),
    ("comments", "newest"),
])  # fmt: skip
def test_pages_follow_each_other_without_a_gap_while_others_write(
    client, make, world, monkeypatch, kind, sort
):
    monkeypatch.setattr("forum.search.views.A_PAGE", dict.fromkeys(
        ("films", "people", "topics", "comments"), 2))  # fmt: skip
    films = [make(f"Lantern {at}") for at in range(5)]
    for at, film in enumerate(films):
        person = services.create_person(name=f"Lantern {at}")
        services.edit_film(film=film, by=None, credits=[(person, "director")])
        talk.open_topic(title=f"Lantern {at}", by=None)
        author = talk.Author(pen=world.pens["Vera"], name="Vera")
        body = "lantern " * (at + 1)
        talk.post_comment(author=author, body=body, topic_id=film.topic_id)
    whole = results(page(client, f"/search/?q=lantern&in={kind}&sort={sort}"))
    address, seen = f"/search/?q=lantern&in={kind}&sort={sort}", []
    while address:
        html = page(client, address)
        seen += results(html)
        following = next_page(html)
        if len(seen) == 2:  # somebody writes meanwhile; what was shown does not come again
            make("Lantern of later")
            talk.open_topic(title="Lantern of later", by=None)
        address = f"/search/{following}" if following else ""
    assert seen[:2] == whole
    assert len(seen) == len(set(seen)) >= 5


def test_one_talk_is_searched_alone(client, world):
    topic = world.films["mail"].topic_id
    html = page(client, f"/search/?q=night&topic={topic}")
    mine = [f"/comments/{world.comments[name].pk}/" for name in ("c2", "c1")]
    assert results(html) == [("comment", address) for address in mine]
    assert 'name="topic"' in html
    assert f"/search/?topic={topic}" in page(client, "/films/night-mail/")
    lamp = world.topics["lamp"].pk
    assert f"/search/?topic={lamp}" in page(client, f"/lobby/{lamp}/")
    hidden = world.films["gone"].topic_id
    assert "Withdrawn" not in page(client, f"/search/?topic={hidden}")


def test_nothing_found_is_told_with_a_way_on(client, world):
    assert "no word in that" in page(client, "/search/?q=???")
    assert "Nothing here has “zzzzzz”" in page(client, "/search/?q=zzzzzz")
    empty = page(client, "/search/")
    assert 'class="empty"' not in empty
    assert "<details" in empty
    assert "author:vera" in empty
    assert "left out: year:abc" in page(client, "/search/?q=night+year:abc")
    assert "only its beginning" in page(client, "/search/?q=" + "night+" * 200)
    assert "after this page" in page(
        client, "/search/?q=night&in=films&page=" + places.token([9] * 4)
    )


def test_a_slip_in_a_title_or_a_name_leads_to_what_was_meant(client, world):
    html = page(client, "/search/?q=koyanisquatsi")
    assert results(html) == [("film", "/films/koyaanisqatsi/")]
    assert "Perhaps one of these was meant" in html
    assert results(page(client, "/search/?q=vadra")) == [("person", "/people/agnes-varda/")]


HOSTILE = [
    "'; DROP TABLE films_film; --", "%", "_", "\\", "\x00", "\ud7ff", "a\x00b", "{{ 1 }}",
    '"><script>alert(1)</script>', "(" * 200, "*" * 200, "🎬" * 100, "\u202e\u0000\u200b",
    "x" * 100_000, '"' * 100_000, "-" * 100_000, "night " * 20_000, "- -- --- \" ' * ( ) : & | ! <->",
    'author:"', "film:", "-film:x", "year:99999999999", "before:9999-99-99", "before:9999",
    "AND OR NOT NEAR", "night AND", '"night" OR', "{words} : night", "words:night -", "night:AB*",
    "'night':*A", "-night -mail", "a* b* c* d* e* f* g* h* i* j* k* l* m* n*", "\ud800",
    *sample("hostile/xss_owasp_filter_evasion.json"),
]  # fmt: skip


def test_any_text_is_answered_and_shown_as_text(client, world):
    for query in HOSTILE:
        for more in ({}, {"in": "comments", "sort": "relevance"}, {"in": "films"}):
            sent = {"q": query.encode("utf-8", "replace").decode(), **more}
            got = client.get("/search/", sent)
            assert got.status_code == 200, query[:40]
            assert runs(got.content.decode()) == []
        assert client.get("/search/suggest/", {"q": sent["q"]}).status_code == 200


@pytest.mark.parametrize("more", [
    "in=nothing", "sort=nothing", "in=films&sort=oldest", "page=x", "page=" + "A" * 5_000,
    "in=comments&page=" + places.token([1 << 70]), "in=films&page=" + places.token(["a", 1, 1, 1]),
    "topic=0", "topic=99999999999999999999", "topic=-1", "topic=%00", "in=comments&page=%00",
])  # fmt: skip
def test_an_address_that_means_nothing_is_answered_too(client, world, more):
    assert client.get(f"/search/?q=night&{more}").status_code == 200


def test_words_are_marked_in_text_that_is_escaped_and_only_there(client, world, make):
    author = talk.Author(pen=world.pens["Vera"], name="Vera")
    body = "Kitten `<img src=x onerror=alert(1)>` kitten & <b>kitten</b>"
    talk.post_comment(author=author, body=body, topic_id=world.films["mail"].topic_id)
    html = page(client, "/search/?q=kitten+img")
    assert "&lt;<mark>img</mark> src=x onerror=alert(1)&gt; <mark>kitten</mark> &amp;" in html
    assert runs(html) == []


@pytest.mark.parametrize(("text", "query", "shown"), [
    ("one two three", "two", [("one ", False), ("two", True), (" three", False)]),
    ("Été, l’été!", "ete", [("Été", True), (", l’", False), ("été", True), ("!", False)]),
    ("two one two", '"one two"', [("two ", False), ("one two", True)]),
    ("北京的风", "京的", [("北", False), ("京的", True), ("风", False)]),
    ("nights nightly", "night", [("nights", True), (" nightly", False)]),
    ("nights nightly", "night*", [("nights", True), (" ", False), ("nightly", True)]),
    ("nothing here", "absent", [("nothing here", False)]),
])  # fmt: skip
def test_the_words_that_were_asked_for_are_marked(text, query, shown):
    assert context.around(text, parse(query)) == shown


def test_a_long_text_is_cut_around_its_first_word():
    text = "begin " * 100 + "lantern " + "end " * 100
    parts = context.around(text, parse("lantern"))
    assert ("lantern", True) in parts
    line = "".join(words for words, _is_asked in parts)
    assert line.startswith("…begin")
    assert line.endswith("end…")
    assert len(line) <= context.SHOWN_CHARS + 2


@pytest.mark.parametrize("considered", [titles.CONSIDERED, 1])
def test_a_page_is_at_most_eight_queries_whatever_is_asked(client, world, considered, monkeypatch):
    monkeypatch.setattr(titles, "CONSIDERED", considered)
    queries = ("night", "zzzzzz", "koyanisquatsi", "night author:vera", "x " * 5_000,
               "night film:mail", "night category:work year:1936", "night -mail before:2020",
               "night category:work", "night year:1930s", "nigth category:work")  # fmt: skip
    shelf.now()  # what a process reads once
    no_question = ("SAVEPOINT", "RELEASE", "SET LOCAL")  # of a limit of time
    for query in queries:
        for more in ("", "&in=films", "&in=comments", "&in=comments&sort=relevance"):
            with statements() as asked:
                client.get(f"/search/?q={query}{more}")
            # One less than eight: here, in a transaction, nobody asks whether anything was written.
            count = sum(not one.startswith(no_question) for one in asked)
            assert count <= 7, (query, more)
    with CaptureQueriesContext(connection) as asked:
        client.get("/search/?q=%25%25%25")
    assert len(asked) == 0


def test_a_page_of_many_results_asks_as_much_as_one_of_few(client, world):
    author = talk.Author(pen=world.pens["Vera"], name="Vera")
    counts = []
    for number in range(12):
        body = f"lighthouse {number}"
        talk.post_comment(author=author, body=body, topic_id=world.films["mail"].topic_id)
        if number in (0, 11):
            with connection.execute_wrapper(count := Count()):
                client.get("/search/?q=lighthouse")
            counts.append(count.queries)
    assert counts[0] == counts[1]


class Count:
    queries = 0

    def __call__(self, execute, *args):
        self.queries += 1
        return execute(*args)


def test_a_search_that_takes_too_long_is_given_up_and_told(client, world, monkeypatch):
    def endless(*_args, **_more):
        with finding.in_time(), connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                cursor.execute("SELECT pg_sleep(5)")
            else:
                cursor.execute("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)"
                               " SELECT COUNT(*) FROM n")  # fmt: skip

    monkeypatch.setattr(finding, "PATIENCE_S", 0.05)
    monkeypatch.setattr(comments, "_keys", endless)
    html = page(client, "/search/?q=night")
    assert "took too long" in html
    assert ("film", "/films/night-mail/") in results(html)
    assert client.get("/search/?q=fog&in=films").status_code == 200


def test_another_fault_of_the_database_is_no_search_that_takes_too_long(db):
    with pytest.raises(OperationalError), finding.in_time():
        raise OperationalError("the disk is full")


def test_very_many_films_are_ranked_with_the_namesake_and_the_most_discussed(make, monkeypatch):
    monkeypatch.setattr(titles, "CONSIDERED", 3)
    first, talked = make("Lantern"), make("The old lantern")
    for at in range(6):
        make(f"Lantern {at}")
    type(talked.topic).objects.filter(pk=talked.topic_id).update(comment_count=9)
    found = titles.found_of(FILM, Question(parse("lantern"), ANYBODY), most=20).rows
    assert found[0] == first
    assert talked in found


def test_of_very_many_films_the_namesake_is_found_behind_its_article(make, monkeypatch):
    monkeypatch.setattr(titles, "CONSIDERED", 3)
    named = make("The Night", year=1990)
    for at in range(6):
        make(f"The night {at}", year=1990)
    for query in ("the night", "the night year:1990"):
        found = titles.found_of(FILM, Question(parse(query), ANYBODY), most=20).rows
        assert found[0] == named, query


def test_the_catalogue_is_read_before_the_time_of_a_search_runs(client, world, monkeypatch):
    read, runs_out, now = [], [], shelf.now

    @contextmanager
    def in_time():
        runs_out.append(len(read))
        yield
        assert len(read) == runs_out[-1]

    monkeypatch.setattr(finding, "in_time", in_time)
    monkeypatch.setattr(shelf, "now", lambda: read.append(1) or now())
    client.get("/search/?q=night+year:1936&in=comments")
    assert runs_out == [1]


def test_of_very_many_films_none_is_shown_that_has_a_word_that_is_not_wanted(make, monkeypatch):
    monkeypatch.setattr(titles, "CONSIDERED", 3)
    talked = [make("The old lantern"), make("Lanternlight")]
    for at in range(6):
        make(f"Lantern {at}")
    for film in talked:
        type(film.topic).objects.filter(pk=film.topic_id).update(comment_count=9)
    for query, unwanted in (("lantern -old", talked[0]), ('"lantern"', talked[1])):
        found = titles.found_of(FILM, Question(parse(query), ANYBODY), most=20).rows
        assert len(found) > 3, query
        assert unwanted not in found


@pytest.mark.parametrize(("kind", "model"), [(FILM, Film), (PERSON, Person), (TOPIC, Topic)])
def test_a_title_has_the_words_that_the_index_finds_in_it(world, kind, model):
    rows = list(model.objects.all())
    for query in (*(line[1] for line in TABLE if line[0] != "comments"), "night night", '"ni"',
                  "-night", '"night mail"', "mail night", '"mail"*', "mail -night", '"m"*'):  # fmt: skip
        asked = replace(parse(query), years=None, category="")
        ids = finding.ids(kind, asked, most=99)
        if asked.terms:
            assert {one.pk for one in rows if titles.has(one.folded, asked)} == set(ids), query


@pytest.mark.parametrize("few", [3, 2_000])
@pytest.mark.parametrize("query", ["lantern year:1990-1991", "lantern category:night"])
def test_very_many_films_of_some_years_or_of_a_shelf_are_ranked_so_too(
    make, monkeypatch, query, few
):
    monkeypatch.setattr(titles, "CONSIDERED", 3)
    monkeypatch.setattr(narrowing, "FEW", few)
    shelf = Category.objects.create(name="Night", slug="night")
    some = {"year": 1990, "category": shelf}
    first, talked = make("Lantern", **some), make("The old lantern", **some)
    other = make("Lantern and moth", year=1992)
    for at in range(6):
        make(f"Lantern {at}", year=1991, category=shelf)
    titles.found_of(
        FILM, Question(parse(query), ANYBODY), most=20
    )  # the catalogue before they talk
    for film, count in ((talked, 9), (other, 99)):
        type(film.topic).objects.filter(pk=film.topic_id).update(comment_count=count)
    found = titles.found_of(FILM, Question(parse(query), ANYBODY), most=20).rows
    assert found[0] == first
    assert talked in found
    assert other not in found


def pages_of(query, most=2, sort=titles.RELEVANCE, reader=ANYBODY):
    """Return the titles of all pages of films, in their order."""
    found, after = [], ""
    while True:
        question = Question(parse(query), reader)
        one = titles.found_of(FILM, question, most=most, sort=sort, after=after)
        found += [film.title for film in one.rows]
        after = one.next
        if not after:
            return found


@pytest.mark.parametrize("few", [3, 2_000])
def test_films_of_a_year_are_ranked_through_all_pages(make, monkeypatch, few):
    monkeypatch.setattr(narrowing, "FEW", few)
    monkeypatch.setattr(titles, "CONSIDERED", 4)
    for title, count in (("The Lantern", 0), ("Lantern Hill", 1), ("Lantern Lane", 5),
                            ("An old lantern", 9), ("Lamps", 7), ("A new lantern", 2)):  # fmt: skip
        film = make(title, year=1990)
        type(film.topic).objects.filter(pk=film.topic_id).update(comment_count=count)
    make("Lantern", year=1991)
    make("Lantern draft", year=1990, state="draft")
    ranked = ["Lantern Lane", "Lantern Hill", "An old lantern", "A new lantern", "The Lantern"]
    assert pages_of("lantern year:1990") == ranked
    by_talk = ["An old lantern", "Lamps", "Lantern Lane", "A new lantern", "Lantern Hill"]
    assert pages_of("year:1990") == [*by_talk, "The Lantern"]
    latest = ["A new lantern", "An old lantern", "Lantern Lane", "Lantern Hill", "The Lantern"]
    assert pages_of("lantern year:1990", sort=titles.NEWEST) == latest


@pytest.mark.parametrize(
    ("query", "titles_in_order"),
    [
        ("the n", ["The Night", "Night and the Hunter"]),
        ("the", ["The Night", "Night and the Hunter"]),
        ("妈妈", ["妈妈再爱我", "我的妈"]),
        ('"la la"', ["La La Land", "Ooh la la"]),
        ("la la land", ["La La Land", "Land of la"]),
    ],
)
@pytest.mark.parametrize("year", ["", " year:1990"])
def test_a_title_that_begins_with_what_was_typed_stands_first(make, query, titles_in_order, year):
    for at, title in enumerate(titles_in_order):
        film = make(title, year=1990)
        type(film.topic).objects.filter(pk=film.topic_id).update(comment_count=at * 9)
    assert pages_of(query + year) == titles_in_order


def test_staff_find_their_drafts_by_year_too(make, monkeypatch):
    monkeypatch.setattr(titles, "CONSIDERED", 3)
    talked = make("The old lantern", year=1990)
    make("Lantern", year=1990)
    for at in range(6):
        make(f"Lantern draft {at}", year=1990, state="draft")
        busier = make(f"Lantern of {at}", year=2000)
        type(busier.topic).objects.filter(pk=busier.topic_id).update(comment_count=99)
    type(talked.topic).objects.filter(pk=talked.topic_id).update(comment_count=9)
    reader = Reader(User.objects.create_user("owner", is_staff=True))
    drafts = ["Lantern draft 5", "Lantern draft 4", "Lantern draft 3"]
    found = pages_of("lantern year:1990", reader=reader)
    assert found == ["Lantern", *drafts, "The old lantern"]
    assert pages_of("year:1990", reader=reader)[0] == "The old lantern"


def test_a_shelf_that_nothing_is_called_by_is_asked_for_nothing(make):
    make("Lantern")
    with statements() as asked:
        assert pages_of("lantern category:nowhere") == []
        question = Question(parse("lantern category:nowhere"), ANYBODY)
        assert not titles.near([FILM], question)[FILM].rows
        assert not comments.comments(question, most=8).rows
    assert not [one for one in asked if "search_" in one]


@pytest.mark.postgresql
@pytest.mark.parametrize(
    ("recent", "common", "further"),
    [(4, 2, 99), (4, 2, 5), (4, 9, 99), (3, 1, 1), (1_500, 30, 30_000)],
)
def test_each_look_finds_the_same(make, monkeypatch, recent, common, further):
    monkeypatch.setattr(finding, "RECENT", recent)
    monkeypatch.setattr(finding, "COMMON", common)
    monkeypatch.setattr(finding, "FURTHER", further)
    films = [make("Lantern" if at % 2 else "Lamp", year=1990 + at % 3) for at in range(24)]
    words = finding.expression(FILM, parse("lantern"))
    for rows in (None, Film.objects.all(), Film.objects.filter(year=1991)):
        ids = [film.pk for film in reversed(films) if film.title == "Lantern"]
        if rows is not None:
            ids = [pk for pk in ids if rows.filter(pk=pk).exists()]
        for most in (1, 2, 5, 30):
            assert finding.keys(FILM, words, rows, most=most) == ids[:most]
            some = finding.keys(FILM, words, rows, most=most, below=ids[1], least=ids[-2])
            assert some == ids[2:-1][:most]
        ask = finding.Ask(FILM, words, rows, 2)
        assert {one.pk for one in finding.rows_of(ask, Film.objects.all())} == set(ids[:2])


def statement_for_comments(query, **options):
    with statements() as asked:
        comments.comments(Question(parse(query), ANYBODY), most=8, **options)
    return next(one for one in asked if "search_comment" in one)


@pytest.mark.postgresql
def test_few_comments_are_begun_with_by_the_numbers_of_their_films(world):
    # By a category's conditions PostgreSQL begins with all comments.
    statement = statement_for_comments("night category:work")
    assert "recent" not in statement
    assert "categor" not in statement


@pytest.mark.postgresql
def test_only_few_comments_are_begun_with(world, monkeypatch):
    def is_begun_with(query, **options):
        return "recent" not in statement_for_comments(query, **options)

    own = sum(film.topic.comment_count for film in Film.objects.filter(year=1936))
    assert own > 0
    for all_comments, sort, expected in (
        (own**2 // 9, titles.NEWEST, False),  # to go through the latest is as quick
        (own**2 // 9 + 1, titles.NEWEST, True),
        (own**2 // 300, titles.RELEVANCE, False),
        (own**2 // 300 + 1, titles.RELEVANCE, True),
    ):
        monkeypatch.setattr(shelf.Shelf, "comments", all_comments)
        assert is_begun_with("night year:1936", sort=sort) is expected, (all_comments, sort)
    assert not is_begun_with("night")


@pytest.mark.postgresql
@pytest.mark.parametrize("kind", [titles.FILM, titles.PERSON])
@pytest.mark.parametrize("column", ["words", "slips"])
def test_whether_a_title_may_be_found_is_asked_of_those_with_the_words_alone(world, kind, column):
    look = titles.Look(titles.WAYS[kind], Question(parse("night"), ANYBODY))
    words = look.expression if column == "words" else finding.slips(["night"])
    with statements() as asked:
        finding.keys_of_each([look.ask(words, column)])
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {asked[0]}")
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert "SubPlan" in plan  # else it is a join, for which a large site's people are all read


def test_a_film_that_was_found_shows_the_title_it_was_found_by(client, world):
    for address in ("/search/?q=nattpost", "/search/suggest/?q=nattp"):
        html = client.get(address).content.decode()
        assert "Night Mail" in html
        assert "Nattpost" in html
    assert "Nattpost" not in client.get("/categories/work/").content.decode()


def test_suggestions_are_films_then_people(client, world):
    html = client.get("/search/suggest/?q=night").content.decode()
    assert [kind for kind, _address in results(html)] == ["film"] * 3 + ["person"]
    assert results(client.get("/search/suggest/?q=vadra").content.decode())[0][0] == "person"
    assert client.get("/search/suggest/?q=").content.strip() == b""


def test_what_is_suggested_is_for_who_asks(client, world):
    assert "Secret" not in client.get("/search/suggest/?q=secret").content.decode()


def test_the_words_stay_in_the_box(client, db):
    assert 'value="a &quot;b&quot;"' in page(client, '/search/?q=a+"b"')


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


@pytest.mark.parametrize("rank", [(1, -5, 3), (0, "été", 7), (-(1 << 62),)])
def test_a_token_names_its_rank_and_nothing_else_is_one(rank):
    like = "".join("s" if isinstance(one, str) else "i" for one in rank)
    assert places.place(places.token(rank), like) == rank
    assert places.place(places.token(rank), like + "i") is None
    assert places.place("é", like) is places.place("", like) is None
