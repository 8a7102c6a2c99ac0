"""Counts of this process since they were last taken. Adding to one costs under a microsecond.

Names, pages and labels come from the code (names of addresses, codes of refusals), never from what
somebody sent, so that there are few of them and none says anything about anybody.
"""

import threading
from collections.abc import Iterable, Mapping

Key = tuple[str, str, str]  # name, page, label
MOST = 5_000  # different keys; above it something is named by what people send, and is not counted
_lock = threading.Lock()
_counts: dict[Key, float] = {}


def add(name: str, page: str = "", label: str = "", value: float = 1) -> None:
    """Add to one count."""
    add_all((((name, page, label), value),))


def add_all(pairs: Iterable[tuple[Key, float]]) -> None:
    """Add to several counts: (key, value) each."""
    with _lock:
        for key, value in pairs:
            if key in _counts:
                _counts[key] += value
            elif len(_counts) < MOST:
                _counts[key] = value


def refused(reason: str) -> None:
    """Count something that a person sent and the site did not take."""
    add("refusals", label=reason)


def take() -> dict[Key, float]:
    """Return all counts, and begin anew."""
    global _counts
    with _lock:
        taken, _counts = _counts, {}
    return taken


def put_back(taken: Mapping[Key, float]) -> None:
    """Add what was taken once more: it could not be written down."""
    add_all(taken.items())
