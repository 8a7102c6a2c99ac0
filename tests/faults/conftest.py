"""Sites for tests of faults: a prepared folder to copy, and the database of the lane."""

import pytest

from tests.faults import site as sites


@pytest.fixture(autouse=True)
def _groups():
    """In place of that of all tests: the sites here have databases of their own."""


@pytest.fixture(scope="session")
def pattern(tmp_path_factory):
    """A folder with everything ready: SQLite migrated, static files, a topic."""
    folder = tmp_path_factory.mktemp("pattern") / "data"
    sites.prepare(folder)
    return folder


@pytest.fixture
def start(pattern, tmp_path):
    """start(setting=value …) -> a context with a running site on this lane's kind of database"""

    def on_this_lane(**settings):
        return sites.on_this_lane(tmp_path / "data", pattern, **settings)

    return on_this_lane
