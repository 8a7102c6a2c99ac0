"""Words as they are compared."""

import unicodedata

import pytest

from forum.index import folding


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Café MÜLLER", ["cafe", "muller"]),
        ("e\u0301te\u0301", ["ete"]),
        ("L’Atalante, 1934!", ["l", "atalante", "1934"]),
        ("Straße Øre Łódź", ["strasse", "ore", "lodz"]),
        ("北京的风", ["北", "京", "的", "风"]),
        ("カメラ", ["カ", "メ", "ラ"]),
        ("한국 영화", ["한국", "영화"]),
        ("हिन्दी", ["हिन्दी"]),
        ("الأَرض", ["الارض"]),
        ("Σίσυφος ΣΊΣΥΦΟΣ", ["σισυφοσ", "σισυφοσ"]),
        ("İstanbul ıssız", ["istanbul", "issiz"]),
        ("a_b\x00c\u200bd", ["a", "b", "c", "d"]),
        ("x" * 100, ["x" * folding.WORD_CHARS]),
        ("()[]{}*:\"'", []),
    ],
)
def test_case_accents_and_signs_are_folded(text, words):
    assert folding.words(text) == words
    spans = list(folding.spans(unicodedata.normalize("NFC", text)))
    assert [word for _begin, _end, word in spans] == words


def test_spans_say_where_the_words_stand():
    text = "L’Été 北京"
    assert [text[begin:end] for begin, end, _word in folding.spans(text)] == [
        "L",
        "Été",
        "北",
        "京",
    ]


@pytest.mark.parametrize(
    ("word", "stem"),
    [("nights", "night"), ("movies", "movie"), ("glass", "glass"), ("bus", "bus"), ("this", "this"),
     ("gas", "gas"), ("virus", "virus"), ("фильмs", "фильмs")],
)  # fmt: skip
def test_the_s_of_many_is_no_part_of_a_word(word, stem):
    assert folding.stem(word) == stem


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("nihgt", "night"), ("nght", "night"), ("niight", "night"), ("nigjt", "night"),
     ("koyanisquatsi", "koyaanisqatsi"), ("harlen", "harlan"), ("chronical", "chronicle")],
)  # fmt: skip
def test_a_slip_shares_a_form_with_what_was_meant(typed, meant):
    assert set(folding.slips_of(typed)) & set(folding.slips_of(meant))
    assert folding.is_near(typed, meant)


def test_what_is_further_away_is_not_near():
    assert not folding.is_near("cat", "car")
    assert not folding.is_near("night", "nugat")
    assert folding.is_near("koyaan", "koyaanisqatsi")


def test_likeness_is_one_for_the_same_and_none_for_others():
    assert folding.likeness("night mail", "night mail") == 1
    assert folding.likeness("night", "zzz") == 0
    assert 0.3 < folding.likeness("nigth mail", "night mail") < 1
