"""Title cards: deterministic, escaped, and every line within the card by the table of widths."""

import re
import xml.etree.ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from films.cards import EDGE, LARGEST, LARGEST_WIDE, SIZE, WIDE, card, set_lines, width_of
from films.motifs import MOTIFS

TITLES = [
    "M",
    "Night Mail",
    "A Short Film about Looking at Water until It Looks Back and Then a Little Longer Than That",
    "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunte",
    "سفر الأمل في بلاد بعيدة",
    "中国普通人的生活和他们的歌",
    "Броненосец и его люди",
    "W" * 200,
    "word " * 60,
    "!" * 300,
    "👩‍👩‍👧 at home",
    "",
]


def parts(svg: str) -> ET.Element:
    return ET.fromstring(svg.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1))


def texts(svg: str) -> list[tuple[float, float, float, str]]:
    """Return x, y, size and words of every line of a card."""
    return [
        (float(e.get("x", 0)), float(e.get("y", 0)), float(e.get("font-size", 0)), e.text or "")
        for e in parts(svg).iter("{http://www.w3.org/2000/svg}text")
    ]


@pytest.mark.parametrize("title", TITLES)
@pytest.mark.parametrize("wide", [False, True])
def test_every_line_lies_within_the_edges(title, wide):
    width, height = WIDE if wide else SIZE
    for x, y, size, words in texts(card(title, 1936, "Politics", wide)):
        reach = size * width_of(words)
        left, right = (x - reach, x) if x > width / 2 else (x, x + reach)
        assert left >= EDGE - 0.1
        assert right <= width - EDGE + 0.1
        assert y - size * 0.75 >= 0
        assert y + size * 0.3 <= height


@settings(deadline=None)
@given(st.text(max_size=200), st.sampled_from([LARGEST, LARGEST_WIDE]))
def test_any_title_fits_in_the_lines_there_are(title, largest):
    room = 568
    lines, size = set_lines(title, room, largest)
    assert 1 <= len(lines) <= len(largest)
    assert max(map(width_of, lines)) * size <= room + 0.5
    assert 20 <= size <= largest[len(lines) - 1]


def test_a_title_that_fits_is_shown_whole():
    title = "The Battle of Chile: The Struggle of an Unarmed People"
    lines, _ = set_lines(title, 568, LARGEST)
    assert " ".join(lines) == title


def test_a_title_beyond_all_lines_ends_in_an_ellipsis():
    lines, _ = set_lines("word " * 100, 568, LARGEST)
    assert lines[-1].endswith("…")


def test_lines_are_balanced():
    lines, _ = set_lines("Jazz on a Summer’s Day", 568, LARGEST)
    assert lines == ["Jazz on a", "Summer’s Day"]


def test_an_ideograph_may_start_a_line_but_its_full_stop_may_not():
    lines, _ = set_lines("中国普通人的生活和他们的歌。" * 4, 568, LARGEST)
    assert len(lines) > 1
    assert not any(line.startswith("。") for line in lines)


def test_the_same_film_gets_the_same_card():
    first = card("Night Mail", 1936, "Work")
    card.cache_clear()
    assert card("Night Mail", 1936, "Work") == first


def test_another_title_varies_the_motif():
    assert card("Night Mail", 1936, "City") != card("Night Fall", 1936, "City").replace(
        "Night Fall", "Night Mail"
    )


@pytest.mark.parametrize("category", [*MOTIFS, "", "A shelf of the house’s own"])
def test_exactly_one_part_of_a_motif_has_the_accent(category):
    svg = card("Night Mail", 1936, category)
    accents = len(re.findall(r'class="al?"', svg))
    assert accents in ({1, 2, 3} if category == "city" else {1})


@pytest.mark.parametrize("category", [*MOTIFS, ""])
@pytest.mark.parametrize("title", TITLES)
def test_no_motif_leaves_the_card_or_is_turned_inside_out(category, title):
    for shape in parts(card(title, 1936, category)).iter():
        numbers = {key: float(shape.get(key, 0)) for key in ("x", "y", "width", "height", "r")}
        assert min(numbers.values()) >= 0
        assert numbers["x"] + numbers["width"] <= SIZE[0] + 0.2
        assert numbers["y"] + numbers["height"] <= SIZE[1] + 0.2


def test_words_are_escaped_and_carry_no_style():
    svg = card('<script>"&', 1936, "<b>")
    assert "<script>" not in svg
    assert "<b>" not in svg
    assert "&lt;script&gt;&quot;&amp;" in svg
    assert "style=" not in svg


def test_a_card_is_hidden_from_screen_readers():
    assert 'aria-hidden="true"' in card("Night Mail", 1936, "Work")


def test_a_film_without_year_and_category_has_its_title_only():
    assert [words for *_, words in texts(card("Moana", None, ""))] == ["Moana"]


def test_an_arabic_title_hangs_on_the_right():
    title = texts(card("سفر الأمل", 1994, "Travel"))[-1]
    assert title[0] == SIZE[0] - EDGE
