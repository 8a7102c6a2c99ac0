"""Diagrams as coordinates: heights are in proportion, gaps are gaps, the table has every value."""

import pytest

from forum.worker.pictures import (
    BOTTOM,
    TOP,
    Picture,
    Series,
    exact,
    nice,
    quantile,
    runs,
    short,
)


def picture(*values, is_line=False):
    series = [Series(f"s{number}", str(number), each) for number, each in enumerate(values, 1)]
    names = [f"hour {number}" for number in range(len(values[0]))]
    return Picture("Title", "Words", series, names, names, is_line=is_line)


def test_a_column_is_as_high_as_its_value_and_stacked_on_what_is_below():
    drawn = picture([10, 0, 5], [10, 0, 15])
    assert drawn.top == 20
    first, second = drawn.columns()[0]["boxes"]
    assert float(first["height"]) == float(second["height"]) == (BOTTOM - TOP) / 2
    assert float(first["y"]) + float(first["height"]) == BOTTOM
    assert float(second["y"]) == TOP
    assert drawn.columns()[1]["boxes"] == []


def test_the_smallest_value_is_still_seen():
    box = picture([1, 100_000]).columns()[0]["boxes"][0]
    assert float(box["height"]) == 0.8


def test_a_line_breaks_where_nothing_was_counted_and_a_value_alone_is_a_dot():
    (line,) = picture([1, 2, None, 2, None], is_line=True).lines()
    assert len(line["paths"]) == len(line["dots"]) == 1
    assert line["paths"][0].count(",") == 2


def test_the_table_has_every_value_the_newest_first():
    rows = picture([1, None], [2, 1234.5]).rows()
    assert rows == [
        {"name": "hour 1", "values": ["–", "1,234"]},
        {"name": "hour 0", "values": ["1", "2"]},
    ]


def test_the_words_of_a_column_tell_its_values():
    assert picture([1, 2], [3, None]).columns()[0]["words"] == "hour 0: s1 1, s2 3"
    assert picture([1, 2], [3, None]).columns()[1]["words"] == "hour 1: s1 2"


def test_nothing_is_a_picture_too():
    assert picture([0, 0]).is_empty
    assert picture([None, None], is_line=True).is_empty
    assert [line["text"] for line in picture([0, 0]).grid()] == ["0", "0.5", "1"]


@pytest.mark.parametrize(
    ("value", "top"), [(0, 1), (0.03, 0.04), (1, 1), (1.1, 2), (7, 8), (9, 10), (101, 200), (1000, 1000)]
)  # fmt: skip
def test_the_scale_ends_at_a_round_number(value, top):
    assert nice(value) == pytest.approx(top)


@pytest.mark.parametrize(
    ("value", "words"), [(0, "0"), (0.25, "0.25"), (999, "999"), (1500, "1.5k"), (2e7, "20M")]
)
def test_numbers_are_short_beside_a_picture(value, words):
    assert short(value) == words


def test_numbers_are_exact_in_a_table():
    assert [exact(value) for value in (None, 0, 2.5, 12345.0)] == ["–", "0", "2.5", "12,345"]


@pytest.mark.parametrize(
    ("counts", "share", "value"),
    [
        ([0, 0, 0], 0.5, None),
        ([10, 0, 0], 0.5, 0.5),  # evenly spread from 0 to 1
        ([10, 10, 0], 0.5, 1.0),
        ([10, 10, 0], 0.75, 1.5),
        ([0, 0, 5], 0.5, 2.0),  # above the last bound nothing more is known
    ],
)
def test_the_share_of_a_histogram_lies_where_it_should(counts, share, value):
    assert quantile(counts, [1.0, 2.0], share) == value


def test_runs_part_at_what_is_missing():
    assert runs([None, 1, 2, None, None, 3]) == [[(1, 1), (2, 2)], [(5, 3)]]
    assert runs([None]) == []
