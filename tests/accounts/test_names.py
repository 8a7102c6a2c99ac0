"""What a person may be called, and which names are the same to the eye."""

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from forum.accounts.models import User
from forum.accounts.names import NAME_CHARS, check_name, is_reserved, skeleton

FINE = [
    "la Golondrina - Europe",
    "Ольга",
    "ليلى",
    "健太",
    "O'Neill, J.-P.",
    "“somebody’s uncle”",
    "M.",
    "🎬 club",
    "x" * 60,
    "می\u200cخواهم",  # Persian needs the joiner
    "42",
]


@pytest.mark.parametrize("name", FINE)
def test_a_name_of_any_script_is_fine_as_it_stands(name):
    assert check_name(name) == name


def test_white_space_is_folded():
    assert check_name("  la \u00a0 Golondrina -  Europe ") == "la Golondrina - Europe"


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("", "name-empty"),
        ("  \u00a0 ", "name-empty"),
        ("...", "name-empty"),
        ("\u200d\u200d", "name-empty"),
        ("\u2066", "name-control"),
        ("x" * 61, "name-long"),
        ("Ann\u202egpj.exe", "name-control"),
        ("Ann\u200f", "name-control"),
        ("Ann\x00", "name-control"),
        ("Ann\nBob", "name-control"),
        ("Ann\x1b[31m", "name-control"),
        ("Ann\ud800", "name-control"),
    ],
)
def test_a_name_that_cannot_be_shown_is_refused_with_its_reason(name, code):
    with pytest.raises(ValidationError) as refused:
        check_name(name)
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Sunniva", "SUNNIVA"),
        ("Sunniva", "S u n n i v a"),
        ("Sunniva", "Sunniva."),
        ("Sunniva", "Súnnïvà"),
        ("Sunniva", "Ｓｕｎｎｉｖａ"),
        ("Sunniva", "Sun\u200bniva"),
        ("Paco", "Расо"),  # Cyrillic
        ("Toni", "Τοni"),  # Greek
        ("Bill", "BiII"),
        ("Bill", "Bi11"),
        ("Olof", "0lof"),
        ("Łukasz", "Iukasz"),
        ("straße", "STRASSE"),
    ],
)
def test_names_that_look_alike_have_one_skeleton(one, other):
    assert skeleton(one) == skeleton(other) != ""


@pytest.mark.parametrize(
    ("one", "other"), [("Nils", "Nina"), ("健太", "健二"), ("Ольга", "Олег"), ("ليلى", "ليث")]
)
def test_other_names_have_other_skeletons(one, other):
    assert skeleton(one) != skeleton(other)


@pytest.mark.parametrize(
    "name", ["admin", "Admin", "A.d.m.i.n", "аdmin", "Moderator", "m0derat0r", "МODERATOR", "adm1n"]
)
def test_a_name_that_looks_like_a_role_is_kept_for_the_site(name):
    assert is_reserved(name)


@pytest.mark.parametrize("name", ["Adam", "administrator of nothing", "Moderato"])
def test_a_name_that_only_begins_like_a_role_is_free(name):
    assert not is_reserved(name)


@given(st.text(max_size=80))
def test_every_text_is_either_a_name_or_refused(text):
    try:
        name = check_name(text)
    except ValidationError:
        return
    assert 1 <= len(name) <= NAME_CHARS
    assert check_name(name) == name
    assert skeleton(name)
    assert skeleton(skeleton(name)) == skeleton(name)


@pytest.mark.django_db
def test_no_two_members_look_alike():
    User.objects.create_user("Sunniva", password="lantern-soft-9")
    with pytest.raises(ValidationError, match="looks the same"):
        User(username="SUNNIVA.", password="x").full_clean()


@pytest.mark.django_db
def test_a_members_name_may_look_like_a_role_only_for_staff():
    with pytest.raises(ValidationError, match="kept for the site"):
        User(username="Admin", password="x").full_clean()
    User(username="Admin", password="x", is_staff=True).full_clean()


@pytest.mark.django_db
def test_the_longest_skeleton_fits_its_column():
    user = User(username="뷁" * NAME_CHARS, password="x")  # a syllable is three letters
    user.full_clean()
    user.save()
    assert len(user.skeleton) == 3 * NAME_CHARS
    assert User.objects.named_like(user.username).get() == user
