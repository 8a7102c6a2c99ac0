"""What the documents name is there."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
IN_FILE = re.compile(r"(tests/[a-z0-9_/]+\.py)::(test_[a-z0-9_]+)")
TEST = re.compile(r"\btest_[a-z0-9_]+\b")
DEFINED = re.compile(r"^\s*def (test_[a-z0-9_]+)", re.MULTILINE)


@pytest.fixture(scope="module")
def tests_by_file():
    """The names of the tests in each file, by its path from the root."""
    files = (ROOT / "tests").rglob("test_*.py")
    return {
        str(one.relative_to(ROOT)): set(DEFINED.findall(one.read_text(encoding="utf-8")))
        for one in files
    }


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_test_that_a_document_names_is_there(document, tests_by_file):
    text = document.read_text(encoding="utf-8")
    there = {Path(one).stem for one in tests_by_file}.union(*tests_by_file.values())
    assert sorted(set(TEST.findall(text)) - there) == []
    named = set(IN_FILE.findall(text))
    assert sorted(one for one in named if one[1] not in tests_by_file.get(one[0], ())) == []
