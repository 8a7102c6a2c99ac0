"""The mark of a pen: the same for the same pen, of this site alone, and to be told from others."""

from collections import Counter
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.apps import apps
from django.conf import settings
from django.db import connection

from forum.accounts import pen_marks
from forum.accounts.models import Pen
from forum.accounts.pen_marks import MARKS, mark, mark_of, words_of

# Worked out once; what readers have seen on a guest's comments does not change with a release.
TABLE = [
    (1, b"one site", "clGN"),
    (2, b"one site", "jmFO"),
    (2**63 - 1, b"one site", "bmCO"),
    (1, b"another site", "enCO"),
]


@pytest.mark.parametrize(("number", "key", "letters"), TABLE)
def test_a_mark_is_made_of_the_pens_number_and_the_sites_key(number, key, letters):
    assert mark(number, key) == letters


def test_there_are_2500_marks_and_they_come_equally_often():
    made = Counter(mark(number, b"key") for number in range(1, 50_001))
    assert len(made) == MARKS == 2_500
    assert max(made.values()) < 60  # of 20 on average
    for at, letters in enumerate(("abcdefghij", "klmno", "ABCDEFGHIJ", "KLMNO")):
        assert {one[at] for one in made} == set(letters)


def test_marks_of_one_site_say_nothing_about_those_of_another():
    same = sum(mark(number, b"here") == mark(number, b"there") for number in range(10_000))
    assert same < 20  # 4 by chance


def test_a_mark_hangs_on_the_secret_of_the_site(settings):
    here = [mark_of(number) for number in range(50)]
    settings.SECRET_KEY = "another site's"
    mark_of.cache_clear()
    there = [mark_of(number) for number in range(50)]
    mark_of.cache_clear()
    assert here != there


def test_every_mark_has_words_of_its_own():
    letters = {mark(number, b"key") for number in range(1, 50_001)}
    assert len({words_of(one) for one in letters}) == 2_500
    assert words_of("akBM") == "dark circle and green square"


def test_every_letter_of_a_mark_is_drawn():
    sheet = (Path(settings.BASE_DIR) / "static/css/talk.css").read_text()
    for letter in (
        pen_marks.LEFT_SHAPE
        + pen_marks.LEFT_COLOUR
        + pen_marks.RIGHT_SHAPE
        + pen_marks.RIGHT_COLOUR
    ):
        assert sheet.count(f"[data-mark*={letter}]") == 1


@pytest.mark.django_db
def test_pens_that_were_there_each_get_a_name_of_their_own(monkeypatch):
    migration = import_module("forum.accounts.migrations.0009_pens_named")
    monkeypatch.setattr(migration, "BATCH", 3)
    for number in range(8):
        Pen.objects.create(secret_hash=f"{number:064}", name="Nils", public_id=f"{number:016}")
    migration.name(apps, SimpleNamespace(connection=connection))
    names = set(Pen.objects.values_list("public_id", flat=True))
    assert len(names) == 8
    assert not any(name.startswith("0" * 15) for name in names)
