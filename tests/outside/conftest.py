"""What was counted begins from nothing in each test; a topic and people as in tests/discussions."""

import pytest

from forum import counts
from tests.discussions.conftest import _nothing_kept, guest, post, staff  # noqa: F401
from tests.worker.conftest import mails, work  # noqa: F401


@pytest.fixture(autouse=True)
def _from_nothing():
    counts.take()
    yield
    counts.take()


@pytest.fixture
def told():
    """told(name) -> {(page, label): value} of what this process has counted."""

    def of(name):
        taken = counts.take()
        counts.put_back(taken)
        return {key[1:]: value for key, value in taken.items() if key[0] == name}

    return of
