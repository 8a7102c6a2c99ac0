"""Lists of words: what is found in a text, what may stand in a list, and how long it takes."""

import time

import pytest
from django.core.exceptions import ValidationError

from forum.discussions.models import BODY_CHARS
from forum.moderation.wordlists import (
    LINE_CHARS,
    MOST_LINES,
    Words,
    check_list,
    words_of,
    wrong_with,
)


@pytest.mark.parametrize(
    ("listed", "text", "found"),
    [
        ("casino", "A CASINO by the sea", "casino"),
        ("casino", "casinos", ""),
        ("casino*", "casinos", "casino*"),
        ("*casino", "mycasino!", "*casino"),
        ("cas*no", "the cas1no", "cas*no"),
        ("cas*no", "case no", ""),
        ("*sino*", "casinos", "*sino*"),
        ("a*b*cde", "aXXbYYcde", "a*b*cde"),
        ("a*b*cde", "aXXcdeb", ""),
        ("Čokoláda", "cokolada", "cokolada"),
        ("straße", "STRASSE", "strasse"),
        ("buy now", "Buy, now!", "buy now"),
        ("buy now", "buy it now", ""),
        ("buy", "buyer", ""),
        ("bad.example", "see https://bad.example/x", "bad example"),
        ("电影", "看电影吧", "电 影"),
        ("казино", "КАЗИНО рядом", "казино"),
        ("", "anything", ""),
    ],
)
def test_a_word_is_found_whatever_its_case_and_accents_and_a_star_is_any_letters(
    listed, text, found
):
    assert words_of(listed).found_in(text) == found


def test_a_list_has_a_line_each_and_wrong_lines_count_for_nothing():
    words = words_of("casino\n\n  buy now  \n*a\n***\n!!!\ncasino")
    assert words == Words((" casino ", " buy now "), ())
    assert not words_of("")
    assert words


@pytest.mark.parametrize(
    "line", ["a*", "*", "**", "!?", "two w*rds", "x" * (LINE_CHARS + 1), "看电*"]
)
def test_a_line_that_cannot_stand_in_a_list_is_named(line):
    assert wrong_with(line)
    with pytest.raises(ValidationError) as refused:
        check_list(f"casino\n{line}")
    assert refused.value.code == "words-wrong"
    assert line[:40] in refused.value.message


def test_a_list_has_an_end():
    check_list("\n".join(f"word{at}" for at in range(MOST_LINES)))
    with pytest.raises(ValidationError) as refused:
        check_list("\n".join(f"word{at}" for at in range(MOST_LINES + 1)))
    assert refused.value.code == "words-many"


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("a*a*a*a*a*a*a*a*ab", "a" * BODY_CHARS),
        ("a*a*a*a*a*a*a*a*ab", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaac " * 300),
        ("*aaa*aaa*aaa*b", " ".join("a" * (20 + at % 19) + str(at) for at in range(350))),
    ],
)
def test_no_pattern_and_no_text_takes_long(line, text):
    words = words_of("\n".join(f"{line}{at}" for at in range(MOST_LINES)))
    assert len(words.starred) == MOST_LINES
    began = time.process_time()
    words.found_in(text)
    assert time.process_time() - began < 0.5
