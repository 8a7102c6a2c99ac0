"""Reading lists of films: tables and JSON as real files have them, row by row."""

import gzip
import io
import json
import tracemalloc

import pytest

from forum.transfer.lists import lines
from forum.transfer.lists.file import FilmFile, Unclear
from forum.transfer.records import BadFile


def table(text, delimiter=",", **how):
    return list(lines.rows(io.StringIO(text, newline=""), delimiter, **{"quotes": True, **how}))


@pytest.fixture
def read(tmp_path):
    def run(content, name="list.csv", **said):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        file = FilmFile(path, **said)
        file.look()
        return file, list(file.rows())

    return run


# Lines


def test_rows_are_numbered_by_their_first_lines():
    rows = table('a,b\r\n"one\ntwo",2\n\nlast,"say ""no"""\n')
    assert rows == [(1, ["a", "b"]), (2, ["one\ntwo", "2"]), (5, ["last", 'say "no"'])]


@pytest.mark.parametrize(
    ("line", "fields"),
    [
        ('"Crocodile" Dundee,1986', ['"Crocodile" Dundee', "1986"]),
        ('The "Quoted" One,1999', ['The "Quoted" One', "1999"]),
        ('12" of Snow,1999', ['12" of Snow', "1999"]),
        ('"Ends, well",1999', ["Ends, well", "1999"]),
        (',"",', ["", "", ""]),
    ],
)
def test_a_quote_that_parts_nothing_is_a_sign(line, fields):
    assert table(f"{line}\nnext,2000\n") == [(1, fields), (2, ["next", "2000"])]


def test_a_quote_that_is_never_closed_takes_no_further_row_with_it():
    text = '"Never closed,1999\nNext,2000\nThird,2001\n'
    assert table(text, width=2) == [
        (1, ['"Never closed', "1999"]), (2, ["Next", "2000"]), (3, ["Third", "2001"])
    ]  # fmt: skip


def test_a_quote_closed_far_below_takes_no_row_of_another_width_with_it():
    text = '"Odd,1999,1\nNext,2000,2\nA,B",2001\n'
    assert [row for _line, row in table(text, width=3)] == [
        ['"Odd', "1999", "1"], ["Next", "2000", "2"], ["A", 'B"', "2001"]
    ]  # fmt: skip


def test_a_line_without_end_is_no_row_and_is_not_kept():
    file = io.StringIO("a" * (3 * lines.MOST_LINE) + "\nb,c\n")
    assert list(lines.rows(file, ",", quotes=True)) == [(1, None), (2, ["b", "c"])]


# Files

BASICS = "tconst\ttitleType\tprimaryTitle\toriginalTitle\tisAdult\tstartYear\tendYear\truntimeMinutes\tgenres\n"
GILIAP = 'tt0073045\tmovie\t"Giliap"\t"Giliap\t0\t1975\t\\N\t137\tCrime,Drama\n'
NEXT = "tt0000001\tshort\tCarmencita\tCarmencita\t0\t1894\t\\N\t1\tDocumentary,Short\n"


def test_quotes_in_imdbs_file_are_plain_signs(read):
    file, rows = read(BASICS + GILIAP + NEXT, "title.basics.tsv")
    assert file.format == "imdb"
    assert [row.values["primaryTitle"] for row in rows] == ['"Giliap"', "Carmencita"]
    assert rows[0].values["originalTitle"] == '"Giliap'


def test_a_packed_file_is_read_as_it_is(read):
    _file, rows = read(gzip.compress((BASICS + NEXT).encode()), "title.basics.tsv.gz")
    assert rows[0].values["tconst"] == "tt0000001"


@pytest.mark.parametrize(
    "content",
    [
        "Title;Year\nOne;1999\n",
        "Title\tYear\nOne\t1999\n",
        "Title|Year\nOne|1999\n",
        "\ufeffTitle,Year\r\nOne,1999\r\n",
        "Title,Year\rOne,1999\r",
        "Title,Year\nOne,1999\n".encode("utf-16"),
    ],
)
def test_signs_between_fields_ends_of_lines_and_codes_are_found_out(read, content):
    _file, rows = read(content)
    assert [row.values for row in rows] == [{"Title": "One", "Year": "1999"}]


def test_one_column_is_not_parted(read):
    _file, rows = read("Title\nRabbit, Run\n")
    assert rows[0].values == {"Title": "Rabbit, Run"}


def test_a_row_of_another_width_and_one_in_another_code_are_faults(read):
    _file, rows = read(b"Title,Year\nOne\nTwo,2000,x\nCaf\xe9,2001\nFour,2004,,\nFive,2005\n")
    assert [(row.line, bool(row.fault)) for row in rows] == [
        (2, True), (3, True), (4, True), (5, False), (6, False)
    ]  # fmt: skip
    assert "--encoding" in rows[2].fault
    _file, rows = read(b"Title,Year\nCaf\xe9,2001\n", encoding="cp1252")
    assert rows[0].values["Title"] == "Café"


@pytest.mark.parametrize(
    "content",
    [
        "Salesman,1969\nSherman's March,1985\n",
        "tt0064921\tSalesman\t1969\n",
        NEXT,
        "Salesman (1969)\nNanook (1922)\n",
        "Title,1999\nNext,2000\n",  # a film called so
        "Salesman;Maysles\n",
    ],
)
def test_a_file_without_a_header_is_asked_about(read, content):
    with pytest.raises(Unclear) as asked:
        read(content)
    assert asked.value.first[0] in content


def test_a_file_without_a_header_is_read_when_that_is_said(read):
    file, rows = read("Salesman,1969\n", has_header=False)
    assert file.names == ["1", "2"]
    assert (rows[0].line, rows[0].values) == (1, {"1": "Salesman", "2": "1969"})
    file, rows = read(NEXT, has_header=False)
    assert rows[0].values["primaryTitle"] == "Carmencita"


@pytest.mark.parametrize(
    "content",
    [
        '[{"title": "A"},\n {"title": 7}]',
        '{"title": "A"}\n{"title": 7}\n',
        '{"version": 1, "films": [{"title": "A"},\n{"title": 7}], "more": []}',
        '\ufeff[{"title": "A"}\n,{"title": 7}]',
    ],
)
def test_json_is_read_as_an_array_as_lines_and_within_an_object(read, content):
    file, rows = read(content, "list.json")
    assert (file.format, file.names) == ("json", ["title"])
    assert [row.values["title"] for row in rows] == ["A", 7]
    assert rows[1].line == 2


def test_a_film_with_objects_in_it_is_a_film(read):
    _file, rows = read('{"title": "A", "cast": [{"name": "B"}]}\n{"title": "C"}')
    assert [row.values["title"] for row in rows] == ["A", "C"]


def test_what_is_no_object_is_a_fault_of_its_line(read):
    _file, rows = read('[{"title": "A"},\n 7,\n null,\n {"title": "B"}]')
    assert [(row.line, bool(row.fault)) for row in rows] == [
        (1, False), (2, True), (3, True), (4, False)
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("content", "line"),
    [
        ('[{"title": "A"},\n {"title" "B"}]', 2),
        ('[{"title": "A"}', 1),
        ('[{"title": "A"}, {"ti', 1),
    ],
)
def test_broken_json_is_refused_with_its_line(read, content, line):
    with pytest.raises(BadFile) as refused:
        read(content)
    assert refused.value.line == line


@pytest.mark.parametrize(
    "content",
    [b"", b"  \n", b"PK\x03\x04rest", b"<html></html>", b"GIF89a\x00\x01", b"[" * 100_000],
)
def test_what_is_no_list_is_refused(read, content):
    with pytest.raises(BadFile):
        read(content)


def test_memory_holds_a_part_of_the_file(tmp_path):
    path = tmp_path / "long.json"
    with path.open("w") as out:
        out.write(
            "["
            + ",".join(json.dumps({"title": f"Film {n}", "text": "x" * 300}) for n in range(30_000))
            + "]"
        )
    file = FilmFile(path)
    file.look()
    tracemalloc.start()
    assert sum(1 for _row in file.rows()) == 30_000
    assert tracemalloc.get_traced_memory()[1] < 2_000_000 < path.stat().st_size
    tracemalloc.stop()
