"""A WordPress export as plain records; no database is touched."""

import gzip
import subprocess
import sys
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from forum.discussions.models import State
from forum.transfer.records import BadFile
from forum.transfer.wordpress import Tally, read
from tests.transfer.wxr import comment, item, meta, tag, wxr

LISBON = ZoneInfo("Europe/Lisbon")


@pytest.fixture
def load(tmp_path):
    """Return a function from the text of an export to its records and what was counted."""

    def run(text, name="export.xml"):
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        tally = Tally()
        return list(read(path, LISBON, tally)), tally

    return run


def test_published_posts_and_pages_with_comments_come_in(load):
    films, tally = load(
        wxr(
            item(post_id=1),
            item(post_id=2, wp__status="draft"),
            item(post_id=3, wp__status="private"),
            item(post_id=4, wp__post_type="attachment", wp__status="inherit"),
            item(post_id=5, wp__post_type="page"),
            item(comment(), post_id=6, wp__post_type="page"),
            item(comment(), post_id=7, wp__post_type="nav_menu_item"),
        )
    )
    assert [film.ref for film in films] == ["1", "6"]
    assert tally.left_out["on pages that do not come in"] == 1
    assert sum(tally.left_out_items.values()) == 5


def test_a_missing_type_and_status_mean_a_published_post(load):
    films, _ = load(wxr(item(comment(), wp__post_type=None, wp__status=None, wp__post_id=None)))
    assert len(films) == 1
    assert films[0].ref == "/2012/01/film-7/"


@pytest.mark.parametrize(
    ("approved", "state"),
    [
        ("1", State.PUBLIC),
        ("0", State.HELD),
        ("trash", State.REMOVED),
        ("post-trashed", State.REMOVED),
        ("spam", State.SPAM),
        ("something new", State.HELD),
        (None, State.HELD),
    ],
)
def test_only_an_approved_comment_becomes_public(load, approved, state):
    films, tally = load(wxr(item(comment(approved=approved))))
    assert films[0].comments[0].state == state
    assert sum(tally.unknown_states.values()) == (approved in ("something new", None))


def test_pings_and_other_kinds_are_left_out_and_counted(load):
    films, tally = load(
        wxr(
            item(
                comment(type="pingback"),
                comment(type="trackback"),
                comment(type="order_note"),
                comment(type="comment"),
                comment(type=None),
            )
        )
    )
    assert len(films[0].comments) == 2
    assert tally.left_out == {"pingback": 1, "trackback": 1, "order_note": 1}


def test_the_gmt_date_is_kept(load):
    films, tally = load(wxr(item(comment(date="2013-03-14 11:00:00"))))
    assert films[0].comments[0].created == datetime(2013, 3, 14, 18, 56, 8, tzinfo=UTC)
    assert not tally.dates


def test_without_gmt_the_local_date_is_read_in_the_sites_zone(load):
    summer = comment(date="2013-07-14 11:00:00", date_gmt="0000-00-00 00:00:00")
    films, tally = load(wxr(item(summer)))
    assert films[0].comments[0].created == datetime(2013, 7, 14, 10, 0, tzinfo=UTC)
    assert list(tally.dates.values()) == [1]


def test_without_any_date_a_comment_takes_its_pages(load):
    films, tally = load(wxr(item(comment(date="0000-00-00 00:00:00", date_gmt=None))))
    assert films[0].comments[0].created == datetime(2012, 1, 4, 16, 38, 5, tzinfo=UTC)
    assert tally.dates == {"the date of their page": 1}


def test_the_year_comes_from_meta_then_title_then_tag(load):
    films, _ = load(
        wxr(
            item(post_id=1, title="Coup (2002)", more=meta("year", "2003") + tag("2004")),
            item(post_id=2, title="Coup", more=meta("release_year", "2003") + tag("2004")),
            item(post_id=3, title="Coup (2002)", more=tag("2004")),
            item(post_id=4, title="Coup", more=tag("politics") + tag("2004")),
            item(post_id=5, title="Coup (1066)", more=tag("about 2004") + meta("year", "soon")),
        )
    )
    assert [(film.year, film.title) for film in films] == [
        (2003, "Coup (2002)"),
        (2003, "Coup"),
        (2002, "Coup"),
        (2004, "Coup"),
        (None, "Coup (1066)"),
    ]


def test_the_first_named_category_is_the_main_one(load):
    shelves = "".join(
        tag(name, "category") for name in ("Uncategorized", "Work &amp; Play", "City")
    )
    films, _ = load(wxr(item(more=shelves + tag("loud"))))
    assert (films[0].category, films[0].categories) == ("Work & Play", ["City"])


def test_an_item_without_title_takes_the_last_word_of_its_address(load):
    films, _ = load(
        wxr(
            item(title="", link="https://old.example/2012/the-edge-case/", post_id=1),
            item(title=None, link="https://old.example/?p=44", post_id=2),
            item(title="", link=None, post_id=3),
        )
    )
    assert [film.title for film in films] == ["the-edge-case", "44", "film-3"]
    assert [film.address for film in films] == ["/2012/the-edge-case/", "/?p=44", ""]


def test_an_item_with_a_password_is_a_draft(load):
    films, _ = load(wxr(item(wp__post_password="enter"), item(wp__post_password="", post_id=8)))
    assert [film.is_draft for film in films] == [True, False]


def test_titles_and_names_are_made_showable_and_bodies_kept(load):
    odd = comment(
        author="  Tom &amp;  \u202eyrreJ \u0085 ", body="<b>Bold</b>\n\n <script>x</script> "
    )
    films, _ = load(wxr(item(odd, comment(author="n" * 300), title="<em>Salt</em> &amp; Light")))
    first, second = films[0].comments
    assert films[0].title == "Salt & Light"
    assert first.author_name == "Tom & yrreJ"
    assert first.body_raw == "<b>Bold</b>\n\n <script>x</script> "
    assert len(second.author_name) == 255


def test_an_empty_name_is_anonymous_and_only_web_addresses_are_kept(load):
    films, _ = load(
        wxr(
            item(
                comment(author=" \u200f ", author_url="javascript:alert(1)"),
                comment(author_url=" https://teresa.example/ "),
            )
        )
    )
    assert [one.author_name for one in films[0].comments] == ["Anonymous", "Teresa"]
    assert [one.author_url for one in films[0].comments] == ["", "https://teresa.example/"]


def test_split_cdata_is_one_text(load):
    films, _ = load(wxr(item()).replace("A film.", "<![CDATA[a ]]]]><![CDATA[> b]]>"))
    assert films[0].description == "a ]]> b"


def test_an_id_twice_in_one_item_keeps_both_and_a_copy_is_dropped(load):
    films, tally = load(
        wxr(item(comment(11, body="a"), comment(11, body="b"), comment(11, body="a")))
    )
    assert [one.source_id for one in films[0].comments] == ["11", "11#2"]
    assert tally.left_out["the same comment twice"] == 1


def test_older_namespaces_and_versions_are_read(load):
    new, old = "http://wordpress.org/export/1.2/", "https://wordpress.org/export/1.0/"
    films, tally = load(wxr(item(comment())).replace(new, old))
    assert len(films[0].comments) == 1
    assert tally.version == "1.0"


def test_pages_of_a_joined_file_with_one_id_stay_apart(load):
    films, _ = load(wxr(item(post_id=5), item(post_id=5, link="https://other.example/x/")))
    assert films[0].ref == "5"
    assert films[1].ref not in ("5", "")


def test_a_compressed_export_is_read(load):
    films, _ = load(gzip.compress(wxr(item(comment())).encode()), "export.xml.gz")
    assert len(films[0].comments) == 1


def test_a_cut_off_compressed_export_is_refused(load):
    packed = gzip.compress(wxr(*[item(comment(), post_id=n) for n in range(200)]).encode())
    with pytest.raises(BadFile, match="damaged"):
        load(packed[: len(packed) // 2])


def test_malformed_xml_is_refused_with_its_place(load):
    broken = wxr(item(comment())).replace("</channel>", "</chanel>")
    line = broken[: broken.index("</chanel>")].count("\n") + 1
    with pytest.raises(BadFile, match="mismatched tag") as caught:
        load(broken)
    assert (caught.value.line, caught.value.column > 0) == (line, True)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hello",
        "<rss><channel/></rss>",
        "<disqus/>",
        '<?xml version="1.0" encoding="utf-32-odd"?><rss/>',
        wxr(item()).encode("utf-16"),  # not what its first line says
        b"\xff\xfe\x00",
        "<a>" * 200,
    ],
)
def test_what_is_no_export_is_refused(load, text):
    with pytest.raises(BadFile) as caught:
        load(text)
    assert caught.value.why


@pytest.mark.parametrize(
    "head",
    [
        "<!DOCTYPE rss>",
        '<!DOCTYPE rss [<!ENTITY a "aaaa">]>',
        '<!DOCTYPE rss [<!ENTITY a SYSTEM "file:///etc/hostname">]>',
        '<!DOCTYPE rss SYSTEM "http://127.0.0.1:9/x.dtd">',
    ],
)
def test_a_document_type_is_refused(load, head):
    declaration, rest = wxr(item(comment(body="X"))).split("\n", 1)
    with pytest.raises(BadFile, match="document type") as caught:
        load(f"{declaration}\n{head}\n{rest}".replace("X", "&a;" if "ENTITY" in head else "X"))
    assert caught.value.line == 2


def test_one_endless_text_is_refused(load, monkeypatch):
    monkeypatch.setattr("forum.transfer.streaming.MOST_TEXT", 1000)
    with pytest.raises(BadFile, match="16 million"):
        load(wxr(item(comment(body="x" * 2000))))


def test_one_endless_token_is_refused(load, monkeypatch):
    monkeypatch.setattr("forum.transfer.streaming.MOST_SILENT", 100_000)
    with pytest.raises(BadFile, match="goes on"):
        load(wxr(item()).replace("<item>", f"<item><!-- {'x' * 500_000} -->"))


def test_memory_does_not_grow_with_the_number_of_pages(tmp_path):
    """The largest size of a process that reads 14 MB is at most 4 MB above one that reads 700 kB."""

    def peak_kb(pages):
        path = tmp_path / f"{pages}.xml"
        page = item(*[comment(n, body="word " * 100) for n in range(50)])
        with path.open("w") as out:
            out.write(wxr("@").split("@")[0])
            for _page in range(pages):
                out.write(page)
            out.write(wxr("@").split("@")[1])
        code = (
            "import resource, sys; from pathlib import Path; from datetime import UTC\n"
            "import django; django.setup()\n"
            "from forum.transfer.wordpress import Tally, read\n"
            "n = sum(len(film.comments) for film in read(Path(sys.argv[1]), UTC, Tally()))\n"
            "print(n, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
        )
        done = subprocess.run(
            [sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True
        )
        comments, peak = done.stdout.split()
        assert int(comments) == 50 * pages
        return int(peak)

    assert peak_kb(400) - peak_kb(20) < 4 * 1024
