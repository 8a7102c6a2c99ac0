"""Up to when somebody has seen a talk, and the cookie in which a guest's browser keeps that.

Pure. The cookie is no secret and gives no right: what it says changes marks on its owner's own pages
alone, so it is read strictly and not signed. "1", then "-topic.moment" for each talk, the latest last,
numbers in base 36, moments in milliseconds; ".gap" follows while a sitting lasts.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

SITTING = timedelta(minutes=15)  # between two looks that are one visit: marks stay as they were
MOST_TALKS = 50  # in the cookie
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MS = timedelta(milliseconds=1)
_ENTRY = re.compile(r"([0-9a-z]{1,12})\.([0-9a-z]{1,9})(?:\.([0-9a-z]{1,9}))?", re.ASCII)
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
_COOKIE_CHARS = 3_000


class Seen(NamedTuple):
    """Up to which moment a talk was seen (seen_at), and up to which before this sitting (since)."""

    since: datetime
    seen_at: datetime

    def marked_since(self, now: datetime) -> datetime:
        """Return the moment since when comments are marked as new."""
        return self.since if self.seen_at > now - SITTING else self.seen_at

    def after(self, at: datetime) -> "Seen":
        """Return what holds once the talk was seen as it was at `at`."""
        if at <= self.seen_at:
            return self
        return Seen(self.seen_at if at >= self.seen_at + SITTING else self.since, at)


def read(cookie: str | None) -> dict[int, Seen] | None:
    """Return what a cookie says, by topic, the latest last; None for none and for any that is bad."""
    if cookie is None or len(cookie) > _COOKIE_CHARS:
        return None
    version, *entries = cookie.split("-")
    if version != "1" or len(entries) > MOST_TALKS:
        return None
    found: dict[int, Seen] = {}
    for entry in entries:
        match = _ENTRY.fullmatch(entry)
        if match is None:
            return None
        topic_id, at, gap = (int(part or "0", 36) for part in match.groups())
        try:
            seen_at = _EPOCH + at * _MS
            found[topic_id] = Seen(seen_at - gap * _MS, seen_at)
        except OverflowError:
            return None
    return found


def written(seen: Mapping[int, Seen], now: datetime) -> str:
    """Return the cookie for the last 50 talks of `seen`."""
    entries = ["1"]
    for topic_id, one in list(seen.items())[-MOST_TALKS:]:
        # Rounded up: what was seen in this very millisecond is not new again.
        at, since = (-(-(moment - _EPOCH) // _MS) for moment in (one.seen_at, one.since))
        gap = at - since if one.marked_since(now) != one.seen_at else 0
        entries.append(f"{_base36(topic_id)}.{_base36(at)}" + (f".{_base36(gap)}" if gap else ""))
    return "-".join(entries)


def _base36(number: int) -> str:
    digits = ""
    while number:
        number, digit = divmod(number, 36)
        digits = _DIGITS[digit] + digits
    return digits or "0"
