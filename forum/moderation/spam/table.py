"""What the spam score has learned, in the database: read by one statement, written under one lock."""

import time
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from forum import sql
from forum.discussions.checks import Draft
from forum.moderation.models import SpamWord
from forum.moderation.spam import bayes, features

LOOK_AGAIN_S = 10  # after a look that found too little learned
AT_ONCE = 500  # rows of one statement
_TABLE = SpamWord._meta.db_table
_untaught = 0.0  # until when nothing is asked: of time.monotonic


class Judged(NamedTuple):
    """A score in thousandths, and whether such a comment is held."""

    score: int
    is_held: bool


def judge(text: str) -> Judged | None:
    """Return the score of a text; None while too little was learned. One statement, or none."""
    global _untaught
    if time.monotonic() < _untaught:
        return None
    keys = features.of(text)
    found = read(keys)
    total = found.get(SpamWord.TOTAL, (0, 0))
    if not bayes.is_taught(total):
        _untaught = time.monotonic() + LOOK_AGAIN_S
        return None
    score = bayes.score([found[key] for key in keys if key in found], total)
    line = found.get(SpamWord.LINE, (bayes.FIRST_LINE, 0))[0]
    return Judged(score, score >= line)


def of_draft(draft: Draft) -> Judged | None:
    """Return what is judged of a draft: a fact of settings.COMMENT_FACTS. Staff are not judged."""
    return None if draft.is_staff else judge(draft.body)


def look_again() -> None:
    """Forget that too little was learned: more was, just now."""
    global _untaught
    _untaught = 0.0


def read(keys: Iterable[int]) -> dict[int, tuple[int, int]]:
    """Return {key: (spam, ham)} of these keys, the total and the line; one statement."""
    some = [SpamWord.TOTAL, SpamWord.LINE, *keys]
    condition, values = sql.among("key", some)
    rows = sql.rows(f"SELECT key, spam, ham FROM {_TABLE} WHERE {condition}", values)  # noqa: S608
    return {key: (spam, ham) for key, spam, ham in rows}


def lock() -> None:
    """Wait until nobody else changes a count; within a transaction, before anything is read."""
    SpamWord.objects.get_or_create(key=SpamWord.TOTAL)
    SpamWord.objects.select_for_update(no_key=True).get(key=SpamWord.TOTAL)


def write(counts: Mapping[int, tuple[int, int]]) -> None:
    """Set these counts; what is counted no more goes. Under the lock."""
    rows = [SpamWord(key=key, spam=counts[key][0], ham=counts[key][1]) for key in sorted(counts)]
    kept = [row for row in rows if row.spam or row.ham or row.key == SpamWord.TOTAL]
    gone = [row.key for row in rows if not (row.spam or row.ham or row.key == SpamWord.TOTAL)]
    SpamWord.objects.bulk_create(
        kept,
        batch_size=AT_ONCE,
        update_conflicts=True,
        unique_fields=["key"],
        update_fields=["spam", "ham"],
    )
    for start in range(0, len(gone), AT_ONCE):
        SpamWord.objects.filter(pk__in=gone[start : start + AT_ONCE]).delete()
