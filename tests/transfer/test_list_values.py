"""What a row of a list says, as real files write it."""

import pytest
from django.core.exceptions import ValidationError

from forum.transfer.lists import columns
from forum.transfer.lists.values import Unreadable, film_row, names_of, upright, year_of


def film(**values):
    return film_row(1, values, columns.mapped(list(values), {}).taken)


@pytest.mark.parametrize(
    ("text", "year"),
    [
        ("1999", 1999),
        ("1999.0", 1999),
        ("(1999)", 1999),
        ("1999–2003", 1999),
        ("1999-03-31", 1999),
        ("12/31/1999", 1999),
        ("31 March 1999", 1999),
        ("", None),
        ("0", None),
    ],
)
def test_a_year_is_read_as_files_write_it(text, year):
    assert year_of(text) == year


@pytest.mark.parametrize("text", ["soon", "99", "12345", "-1999", "1999 or 2001", "1887", "2099"])
def test_what_is_no_year_of_a_film_is_refused(text):
    if text == "1999 or 2001":
        assert year_of(text) == 1999  # it leads
        return
    with pytest.raises(Unreadable):
        year_of(text)


@pytest.mark.parametrize(
    ("title", "told"),
    [
        ("Matrix, The (1999)", ("The Matrix", 1999, "")),
        ("Salesman (1969)", ("Salesman", 1969, "")),
        ("Vitelloni, I (1953)", ("I Vitelloni", 1953, "")),
        ("Avventura, L' (1960)", ("L'Avventura", 1960, "")),
        ("Seven (a.k.a. Se7en) (1995)", ("Seven", 1995, "Se7en")),
        (
            "City of Lost Children, The (Cité des enfants perdus, La) (1995)",
            ("The City of Lost Children", 1995, "La Cité des enfants perdus"),
        ),
        ("Shoah (1985–1987)", ("Shoah", 1985, "")),
        ("Anthology, An", ("An Anthology", None, "")),
        ("1917", ("1917", None, "")),
        ("2001: A Space Odyssey (1968)", ("2001: A Space Odyssey", 1968, "")),
        ("2012 (2009)", ("2012", 2009, "")),
        ("(500) Days (2009)", ("(500) Days", 2009, "")),
        ("Drive, He Said", ("Drive, He Said", None, "")),
        ("Simple, Die", ("Simple, Die", None, "")),
        ("Numbers (9999)", ("Numbers (9999)", None, "")),
    ],
)
def test_a_title_is_parted_from_its_year_and_put_upright(title, told):
    found = film(title=title)
    assert (found.title, found.year, found.original_title) == told


def test_a_year_of_its_own_column_wins_over_one_in_the_title():
    assert (film(title="Film (1965)", year="1965").title) == "Film"
    odd = film(title="Apollo (1999)", year="1969")
    assert (odd.title, odd.year) == ("Apollo (1999)", 1969)


def test_titles_of_imdb_stand_as_they_are():
    found = film(primaryTitle="Matrix, The (1999)", startYear=r"\N")
    assert (found.title, found.year) == ("Matrix, The (1999)", None)


@pytest.mark.parametrize("title", [1917, 9.0, "None", "-", "NaN", "Null"])
def test_a_number_or_a_word_for_nothing_can_be_a_title(title):
    assert film(title=title).title == (str(title) if isinstance(title, str) else str(int(title)))


@pytest.mark.parametrize("title", [r"\N", "", "  ", None])
def test_a_row_without_a_title_is_refused(title):
    with pytest.raises(Unreadable, match="no title"):
        film(title=title)


def test_what_stands_for_nothing_is_nothing():
    found = film(
        title="X", year=r"\N", runtime="N/A", genres="(no genres listed)", imdb_id="null", director=None
    )  # fmt: skip
    assert (found.year, found.runtime_minutes, found.genres, found.ids, found.people, found.notes) == (
        None, None, [], {}, [], []
    )  # fmt: skip


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        ("90", 90),
        (90.0, 90),
        ("90 min", 90),
        ("1h 30m", 90),
        ("2 h", 120),
        ("PT1H30M", 90),
        ("0", None),
    ],
)
def test_a_runtime_is_read_as_files_write_it(text, minutes):
    assert film(title="X", runtime=text).runtime_minutes == minutes


def test_what_a_row_may_be_without_is_left_out_and_told():
    found = film(title="X", runtime="Reality-TV", country="Atlantis; France", language="en|Klingon")
    assert (found.runtime_minutes, found.countries, found.languages) == (None, "FR", "en")
    assert found.notes == ["runtime “Reality-TV”", "country “Atlantis”", "language “Klingon”"]


@pytest.mark.parametrize(
    ("value", "names"),
    [
        ("A|B", ["A", "B"]),
        ("A; B, Jr.", ["A", "B, Jr."]),
        ("A, B, A", ["A", "B"]),
        (["A", "B"], ["A", "B"]),
        ('[{"id": 3, "name": "A"}, {"name": "B"}]', ["A", "B"]),
        ("['A', 'B']", ["A", "B"]),
        ([{"iso_3166_1": "FR", "name": "France"}], ["FR"]),
        (r"\N", []),
        (None, []),
        ([["deep"], None, 3], ["3"]),
    ],
)
def test_lists_are_read_in_the_ways_that_files_have_them(value, names):
    assert names_of(value) == names


def test_ids_are_read_out_of_addresses_and_bare_numbers():
    found = film(
        title="X", imdb="https://www.imdb.com/title/tt0133093/", tmdbId="603.0", wikidata="Q83495"
    )
    assert found.ids == {"imdb_id": "tt0133093", "tmdb_id": "603", "wikidata_id": "Q83495"}
    assert film(title="X", imdbId="0133093").ids == {"imdb_id": "tt0133093"}
    assert film(title="X", id="tt0133093").ids == {"imdb_id": "tt0133093"}
    assert (film(title="X", movieId="7").ref, film(title="X", movieId="7").ids) == ("7", {})
    with pytest.raises(Unreadable, match="imdb_id"):
        film(title="X", imdb="soon")


def test_every_film_here_is_a_documentary_so_that_is_no_category():
    assert film(title="X", genres="Documentary,Short,History").genres == ["Short", "History"]


def test_signs_that_are_no_text_are_refused():
    with pytest.raises(Unreadable, match="no text"):
        film(title="a\ud800b")


def test_only_english_articles_move_where_no_year_tells_that_it_is_a_list():
    assert upright("Sein, Die", is_dated=False) == "Sein, Die"
    assert upright("Sein, Die", is_dated=True) == "Die Sein"


# Columns


def test_columns_are_known_by_many_names():
    found = columns.mapped(["Name", "Release Year", "Directed by", "imdbID", "Rank"], {})
    assert found.taken == {
        "title": "Name", "year": "Release Year", "director": "Directed by", "imdb_id": "imdbID"
    }  # fmt: skip
    assert found.rest == ["Rank"]


@pytest.mark.parametrize(
    "words",
    [
        ["title=Film name,year=Made, or so"],
        ["Film name=title", "Made, or so=year"],
        ["title=1", "year=2"],
    ],
)
def test_a_map_is_said_either_way_round_by_name_or_number(words):
    found = columns.mapped(["Film name", "Made, or so", "Title"], columns.asked(words))
    assert (found.taken["title"], found.taken["year"]) == ("Film name", "Made, or so")
    assert found.rest == ["Title"]


def test_a_field_can_be_taken_from_no_column():
    assert "genres" not in columns.mapped(["title", "genre"], columns.asked(["genres="])).taken


@pytest.mark.parametrize("words", [["title"], ["nothing=title2"], ["title=Nowhere"]])
def test_a_map_that_names_nothing_is_refused(words):
    with pytest.raises(ValidationError):
        columns.mapped(["Name"], columns.asked(words))
