"""A Disqus export as plain records; no database is touched."""

import gzip
import subprocess
import sys
from datetime import UTC, datetime

import pytest

from forum.transfer.disqus import Export
from forum.transfer.records import BadFile
from tests.transfer.dsq import dsq, post, thread


@pytest.fixture
def load(tmp_path):
    """Return a function from the text of an export to its records and what was counted."""

    def run(text, name="export.xml"):
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        export = Export(path, UTC)
        try:
            return list(export.pages()), export.tally
        finally:
            export.close()

    return run


def states(page) -> dict[str, str]:
    return {one.source_id: one.state for one in page.comments}


def test_a_thread_is_a_page_and_its_posts_the_talk(load):
    reply = post(
        12, on=1, parent=11, body="<p>So did I.</p>", name="Ana", createdAt="2013-03-15T01:02:03Z"
    )
    (page,), tally = load(dsq(thread(1, title="Salesman (1969)"), reply, post(11, on=1)))
    assert (page.ref, page.title, page.year, page.slug) == ("1", "Salesman", 1969, "film-1")
    assert page.addresses == ["/2012/01/film-1/"]
    second, first = page.comments
    assert (first.source_id, first.parent_source_id) == ("11", "")
    assert (second.parent_source_id, second.author_name) == ("11", "Ana")
    assert second.created == datetime(2013, 3, 15, 1, 2, 3, tzinfo=UTC)
    assert (second.body_raw, second.body_format) == ("<p>So did I.</p>", "html")
    assert (tally.site, tally.threads, tally.posts) == ("oldsite", 1, 2)


def test_posts_may_stand_before_their_threads_and_apart(load):
    pages, _ = load(
        dsq(post(12, on=2), post(11, on=1), thread(2), thread(1, title="B"), post(13, on=2))
    )
    assert {page.ref: sorted(states(page)) for page in pages} == {"2": ["12", "13"], "1": ["11"]}


def test_no_mail_and_no_network_address_is_read(load):
    pages, _ = load(dsq(thread(1), post(11, on=1)))
    assert "teresa@example.org" not in repr(pages)
    assert "192.0.2.7" not in repr(pages)


def test_spam_and_deleted_posts_stay_out_unless_a_live_reply_stands_on_them(load):
    gone = {"isDeleted": "true"}
    (page,), tally = load(
        dsq(
            thread(1),
            post(11, on=1, **gone),
            post(12, on=1, parent=11),
            post(13, on=1, **gone),
            post(14, on=1, parent=13, **gone),
            post(15, on=1, isSpam="true"),
            post(16, on=1, isSpam="true"),
            post(17, on=1, parent=16, **gone),
            post(18, on=1, parent=17),
        )
    )
    assert states(page) == {
        "11": "deleted",
        "12": "public",
        "16": "spam",
        "17": "deleted",
        "18": "public",
    }
    assert tally.left_out == {"deleted, without a reply": 2, "spam": 1}


def test_a_state_that_nobody_knows_is_held(load):
    (page,), tally = load(
        dsq(thread(1), post(11, on=1, isSpam="123"), post(12, on=1, isApproved="false"))
    )
    assert set(states(page).values()) == {"held"}
    assert tally.unknown_states == {"isSpam 123": 1, "isApproved false": 1}


def test_deleted_threads_and_empty_ones_make_nothing(load):
    pages, tally = load(
        dsq(
            thread(1, deleted="true"),
            post(11, on=1),
            thread(2, title="Empty"),
            thread(3, title="C"),
            post(13, on=3, isSpam="true"),
        )
    )
    assert pages == []
    assert tally.left_out_threads == {"deleted": 1, "empty": 2}
    assert tally.left_out == {"on deleted threads": 1, "spam": 1}


def test_posts_of_missing_threads_are_listed(load):
    pages, tally = load(dsq(thread(1), post(11, on=1), post(12, on=1337), post(13, on=None)))
    assert [sorted(states(page)) for page in pages] == [["11"]]
    assert tally.lost == ["post 12 of thread 1337", "post 13 of thread "]
    assert tally.left_out["of threads that are not in the file"] == 2


def test_without_dsq_id_the_other_id_counts(load):
    pages, _ = load(
        dsq(
            thread(None, id="page-one", link="https://old.example/a/"),
            post(None, on="page-one", id="legacy-7"),
            post(None, on="page-one", id=""),
        )
    )
    assert pages[0].ref == "page-one"
    assert "legacy-7" in states(pages[0])
    assert len(pages[0].comments) == 2


def test_an_unnamed_guest_is_anonymous_and_a_username_will_do(load):
    with_username = post(12, on=1, name=None).replace(
        "<isAnonymous>", "<username>gull</username><isAnonymous>"
    )
    (page,), _ = load(dsq(thread(1), post(11, on=1, name=None), with_username))
    assert [one.author_name for one in page.comments] == ["Anonymous", "gull"]


def test_a_date_that_cannot_be_read_is_that_of_the_thread(load):
    (page,), tally = load(dsq(thread(1), post(11, on=1, createdAt="2011-x09-30T22:48:43Z")))
    assert page.comments[0].created == page.published
    assert tally.dates == {"the date of their thread": 1}


@pytest.mark.parametrize(
    "link",
    [
        "http://old.example/films/salt/",
        "https://www.old.example/films/salt/",
        "https://old.example/films/salt",
        "https://old.example/films/salt/?utm_source=letter&utm_medium=mail",
        "https://old.example/films/salt/?fbclid=abc",
        "https://old.example/films/salt/index.html",
        "https://old.example/films/salt/#disqus_thread",
        "https://older.example/films/salt/",
    ],
)
def test_threads_of_one_page_under_other_addresses_are_merged(load, link):
    (page,), tally = load(
        dsq(
            thread(1, link="https://old.example/films/salt/", title="Salt"),
            thread(2, link=link, title="", createdAt="2015-01-01T00:00:00Z"),
            post(11, on=1),
            post(12, on=2),
            post(13, on=2, parent=11),
        )
    )
    assert (page.title, page.refs) == ("Salt", ["1", "2"])
    assert sorted(states(page)) == ["11", "12", "13"]
    assert tally.merged == 1
    assert not any("utm" in address or "#" in address for address in page.addresses)


def test_threads_of_an_old_domain_are_merged_by_their_title(load):
    pages, _ = load(
        dsq(
            thread(1, link="https://older.example/2011/229_8880.html", title="Salt &amp; Light"),
            thread(2, link="https://old.example/p/salt/", title="SALT & LIGHT", createdAt="2015-01-01T00:00:00Z"),
            post(11, on=1),
            post(12, on=2),
        )
    )  # fmt: skip
    assert len(pages) == 1
    assert pages[0].addresses == ["/p/salt/", "/2011/229_8880.html"]


def test_films_of_one_name_on_one_site_stay_two(load):
    pages, _ = load(
        dsq(
            thread(1, link="https://old.example/nanook-1922/", title="Nanook"),
            thread(2, link="https://old.example/nanook-again/", title="Nanook"),
            thread(3, link="https://older.example/x/", title="Nanook"),
            *[post(10 + n, on=n) for n in (1, 2, 3)],
        )
    )
    assert len(pages) == 3


def test_pages_told_apart_by_their_query_stay_apart(load):
    links = [
        "https://old.example/?p=44",
        "https://old.example/?p=45",
        "http://old.example/?p=44&ref=x",
    ]
    threads = [thread(n, link=link, title=f"F{n}") for n, link in enumerate(links)]
    pages, _ = load(dsq(*threads, *[post(10 + n, on=n) for n in range(3)]))
    assert [page.refs for page in pages] == [["0", "2"], ["1"]]


@pytest.mark.parametrize(
    ("link", "title"),
    [
        ("https://old.example/blog/the-edge-case/", "the-edge-case"),
        ("https://old.example/blog/redacted/index.html", "redacted"),
        ("https://old.example/blog/the-edge.html", "the-edge"),
        (None, "Untitled"),
    ],
)
def test_a_film_without_a_title_takes_the_last_word_of_its_address(load, link, title):
    (page,), _ = load(dsq(thread(1, link=link, title=""), post(11, on=1)))
    assert page.title == title


def test_an_export_of_a_wordpress_site_names_its_post(load):
    (page,), _ = load(dsq(thread(1, id="44 https://www.old.example/?p=44"), post(11, on=1)))
    assert page.aliases == [("wordpress", "old.example", "44")]


def test_a_compressed_export_is_read_and_a_post_that_is_there_twice_comes_once(load):
    text = dsq(thread(1), post(11, on=1), post(11, on=1))
    (page,), tally = load(gzip.compress(text.encode()), "export.xml.gz")
    assert len(page.comments) == 1
    assert tally.left_out["the same post twice"] == 1


def test_a_bomb_of_gzip_is_refused(load):
    with pytest.raises(BadFile, match="hundredfold"):
        load(gzip.compress(dsq("<category/>" * 4_000_000).encode()))


def test_malformed_xml_is_refused_with_its_place(load):
    with pytest.raises(BadFile, match="not well-formed") as caught:
        load("`" + dsq(thread(1)))
    assert (caught.value.line, caught.value.column) == (1, 0)
    with pytest.raises(BadFile, match="malformed") as caught:
        load(dsq(thread(1), "<thread dsq:id=7>"))
    assert caught.value.line == 5


@pytest.mark.parametrize(
    "head",
    ["<!DOCTYPE disqus>", '<!DOCTYPE disqus [<!ENTITY a SYSTEM "file:///etc/hostname">]>'],
)
def test_a_document_type_is_refused(load, head):
    declaration, rest = dsq(thread(1), post(11, on=1)).split("\n", 1)
    with pytest.raises(BadFile, match="document type") as caught:
        load(f"{declaration}\n{head}\n{rest}")
    assert caught.value.line == 2


@pytest.mark.parametrize("text", ["", "hello", "<rss/>", "<disqus>"])
def test_what_is_no_export_is_refused(load, text):
    with pytest.raises(BadFile):
        load(text)


def test_memory_does_not_grow_with_the_number_of_pages(tmp_path):
    """The largest size of a process that reads 400 pages is at most 6 MB above that for 20."""

    def peak_kb(pages):
        path = tmp_path / f"{pages}.xml"
        with path.open("w") as out:
            head, tail = dsq("@").split("@")
            out.write(head)
            for number in range(pages):
                out.write(thread(number, title=f"Film {number}"))
            for number in range(pages * 50):
                out.write(post(number, on=number % pages, body=f"<p>{'word ' * 100}</p>"))
            out.write(tail)
        code = (
            "import resource, sys; from pathlib import Path; from datetime import UTC\n"
            "import django; django.setup()\n"
            "from forum.transfer.disqus import Export\n"
            "n = sum(len(page.comments) for page in Export(Path(sys.argv[1]), UTC).pages())\n"
            "print(n, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
        )
        done = subprocess.run(
            [sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True
        )
        comments, peak = done.stdout.split()
        assert int(comments) == 50 * pages
        return int(peak)

    assert peak_kb(400) - peak_kb(20) < 6 * 1024
