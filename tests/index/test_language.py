"""What is typed into the box, and how it is read."""

import time
from datetime import UTC, datetime

import pytest

from forum.index.language import MOST_TERMS, QUERY_CHARS, Asked, Term, parse
from tests.samples import sample

NIGHT, MAIL = Term(("night",)), Term(("mail",))


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("night mail", Asked(terms=(NIGHT, MAIL))),
        ("NIGHT night  Night", Asked(terms=(NIGHT,))),
        ('"night mail"', Asked(terms=(Term(("night", "mail"), is_quoted=True),))),
        ('"night mail', Asked(terms=(Term(("night", "mail"), is_quoted=True),))),
        ("nigh*", Asked(terms=(Term(("nigh",), begins=True),))),
        ('"night ma"*', Asked(terms=(Term(("night", "ma"), begins=True, is_quoted=True),))),
        ("night -mail", Asked(terms=(NIGHT,), without=(MAIL,))),
        ('-"night mail"', Asked(without=(Term(("night", "mail"), is_quoted=True),))),
        ("night-mail", Asked(terms=(Term(("night", "mail")),))),
        ("l'été", Asked(terms=(Term(("l", "ete")),))),
        ("北京", Asked(terms=(Term(("北", "京")),))),
        ("author:vera", Asked(author="vera")),
        ('Author:"Vera Cruz" night', Asked(terms=(NIGHT,), author="Vera Cruz")),
        ("film:night", Asked(film="night")),
        ('film:"night mail', Asked(film="night mail")),
        ("category:politics", Asked(category="politics")),
        ("year:1998", Asked(years=(1998, 1998))),
        ("year:1990s", Asked(years=(1990, 1999))),
        ("year:1999-1990", Asked(years=(1990, 1999))),
        ("year:abc", Asked(unread=("year:abc",))),
        ("year:١٩٩٨", Asked(unread=("year:١٩٩٨",))),
        ("before:2020", Asked(before=datetime(2020, 1, 1, tzinfo=UTC))),
        ("before:2020-5-17", Asked(before=datetime(2020, 5, 17, tzinfo=UTC))),
        ("after:2020-05", Asked(after=datetime(2020, 5, 1, tzinfo=UTC))),
        ("before:2020-13", Asked(unread=("before:2020-13",))),
        ("before:0000", Asked(unread=("before:0000",))),
        ("author: night", Asked(terms=(Term(("author",)), NIGHT))),
        ("author:??", Asked(unread=("author:??",))),
        ("-author:vera", Asked(without=(Term(("vera",)),))),
        ("other:night", Asked(terms=(Term(("other", "night")),))),
        ("- * \" () AND:", Asked(terms=(Term(("and",), is_quoted=True),))),
        ("", Asked()),
        ('-- ** "" ??? -"" :', Asked()),
        ("\x00night\x00mail", Asked(terms=(NIGHT, MAIL))),
    ],
)  # fmt: skip
def test_a_query_is_read(text, asked):
    assert parse(text) == asked


def test_whether_anything_is_asked_for():
    assert parse("-night").is_empty
    assert parse("???").is_empty
    assert not parse("author:vera").is_empty
    assert not parse("night").is_empty


def test_any_text_is_read_at_once_and_no_more_of_it_than_is_looked_for():
    begin = time.process_time()
    hostile = ['"' * 100_000, "-" * 100_000, "a:" * 50_000, "( " * 50_000, "\x00" * 100_000,
               '-"' * 50_000, "author:" * 20_000, "\ud800" * 1_000, "x" * 100_000,
               *sample("hostile/xss_owasp_filter_evasion.json")]  # fmt: skip
    for text in hostile:
        asked = parse(text)
        assert len(asked.terms) + len(asked.without) <= MOST_TERMS
        assert asked.is_cut or len(text) <= QUERY_CHARS
    assert time.process_time() - begin < 1
    assert parse(" ".join(f"w{at}" for at in range(20))).is_cut
