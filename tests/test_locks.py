"""The locked requirements are what pyproject.toml asks for, hashed, and name no place. Offline."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
AT_RUN_TIME = [
    *PROJECT["project"]["dependencies"],
    *PROJECT["project"]["optional-dependencies"]["production"],
]
ASKED = {
    "requirements.txt": AT_RUN_TIME,
    "requirements-dev.txt": [*AT_RUN_TIME, *PROJECT["dependency-groups"]["dev"]],
}
PIN = re.compile(r"(?P<name>[A-Za-z0-9._-]+)==(?P<version>[^\s;]+)( ; (?P<marker>.+))?$")


def pins(lock: str) -> dict[str, tuple[str, list[str]]]:
    """Return {name: (version, hashes)}; raise ValueError at a line that is no hashed pin."""
    found = {}
    joined = lock.replace("\\\n", " ")
    for line in filter(None, map(str.strip, joined.splitlines())):
        requirement, *hashes = re.split(r"\s+--hash=", line)
        pin = PIN.fullmatch(requirement.strip())
        if not pin or not hashes:
            raise ValueError(line)
        if not all(re.fullmatch(r"sha256:[0-9a-f]{64}", one.strip()) for one in hashes):
            raise ValueError(line)
        found[canonicalize_name(pin["name"])] = pin["version"], hashes
    return found


def unmet(ranges: list[str], lock: str) -> list[str]:
    """Return the ranges that no pin of `lock` meets."""
    have = pins(lock)
    wanted = [Requirement(one) for one in ranges]
    return [
        str(one)
        for one in wanted
        if (name := canonicalize_name(one.name)) not in have or have[name][0] not in one.specifier
    ]


@pytest.mark.parametrize("name", ASKED)
def test_every_range_is_met_by_a_pin(name):
    assert unmet(ASKED[name], (ROOT / name).read_text()) == []


@pytest.mark.parametrize("name", ASKED)
def test_every_line_is_a_pin_with_its_hash(name):
    assert len(pins((ROOT / name).read_text())) >= len(ASKED[name])


@pytest.mark.parametrize("name", ASKED)
def test_a_lock_names_no_place(name):
    assert not re.search(r"://|@|^\s*-[a-z-]*(index|find-links)|\.whl", (ROOT / name).read_text())


def test_the_development_lock_holds_every_pin_of_the_other():
    plain, dev = (pins((ROOT / name).read_text()) for name in ASKED)
    assert plain.items() <= dev.items()


def test_every_range_has_an_upper_end():
    for one in ASKED["requirements-dev.txt"]:
        assert any(part.operator in {"<", "==", "~="} for part in Requirement(one).specifier), one


HASH = " --hash=sha256:" + "0" * 64


@pytest.mark.parametrize(
    "line",
    ["django==5.2.19", "django>=5.2" + HASH, "django @ https://example.org/django.whl" + HASH],
)
def test_a_line_that_is_no_hashed_pin_is_found(line):
    with pytest.raises(ValueError, match="django"):
        pins(line)


def test_a_range_that_no_pin_meets_is_found():
    lock = "django==5.1" + HASH + "\n"
    assert unmet(["django>=5.2,<5.3", "nh3>=0.3"], lock) == ["django<5.3,>=5.2", "nh3>=0.3"]
