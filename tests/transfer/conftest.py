"""Exports into the database, and the samples beside the checkout."""

from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command

from forum.discussions.kept import kept
from forum.worker.work import QUEUES, Worker

ROOT = Path(__file__).resolve().parents[2]
# Real exports, for testing only; they lie beside the checkout or above its worktrees, or are not there.
PLACES = [folder / "shared" / "samples" for folder in (ROOT.parent, ROOT.parent.parent)]
SAMPLES = next((place for place in PLACES if place.is_dir()), None)
collect_ignore = [] if SAMPLES else ["test_samples.py"]


@pytest.fixture(autouse=True)
def _nothing_kept():
    kept.clear()


@pytest.fixture(autouse=True)
def _own_folder(settings, tmp_path):
    settings.IMPORTS_ROOT = tmp_path / "imports"


@pytest.fixture
def work():
    """work() -> how many tasks a worker found due, and did."""

    def until_nothing_is_due():
        worker, done = Worker(), 0
        while found := sum(worker.turn(queue) for queue in QUEUES):
            done += found
        return done

    return until_nothing_is_due


@pytest.fixture
def bring_in_file():
    """Return a function from the path of an export to what the command says."""

    def run(path, *flags, films="create", kind="wordpress"):
        said = StringIO()
        words = [str(path), f"--format={kind}", f"--films={films}", *flags]
        call_command("import_comments", *words, stdout=said)
        return said.getvalue()

    return run


@pytest.fixture
def bring_in(tmp_path, bring_in_file):
    """Return a function from the text of an export to what the command says."""

    def run(text, *flags, films="create"):
        path = tmp_path / "export.xml"
        path.write_text(text)
        kind = "disqus" if "<disqus" in text else "wordpress"
        return bring_in_file(path, *flags, films=films, kind=kind)

    return run


@pytest.fixture
def bring(tmp_path):
    """bring(text, *flags, name="list.csv") -> what the command says"""

    def run(text, *flags, name="list.csv"):
        path = tmp_path / name
        path.write_text(text)
        said = StringIO()
        call_command("import_films", str(path), *flags, stdout=said)
        return said.getvalue()

    return run
