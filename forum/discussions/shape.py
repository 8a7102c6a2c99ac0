"""The shape of a talk as a small figure: a column a thread, as high as much was said in it.

The map beside a long talk (treemap.py) shows a page of it; this shows all at a glance, on the card of a film.
"""

from collections.abc import Sequence
from math import log2

from forum import sql
from forum.discussions.models import Thread

THREADS = 32  # the latest
WIDE, GAP, TALL = 3, 1, 14  # units
_FULL = 64  # comments of a thread, from which a column is as high as any
# One look into an index a talk, whatever the number of its threads.
_ONE = (
    f"SELECT * FROM (SELECT topic_id, comment_count FROM {Thread._meta.db_table}"  # noqa: S608 (our own)
    f" WHERE topic_id = %s AND comment_count > 0 ORDER BY created_at DESC, id DESC LIMIT {THREADS}) one"
)
_AT_ONCE = 100  # talks; SQLite takes 500 parts of a statement


def of(topic_ids: Sequence[int]) -> dict[int, str]:
    """Return the figure of each of these talks, "" for one without a word; one query."""
    counts: dict[int, list[int]] = {pk: [] for pk in topic_ids}
    for begin in range(0, len(topic_ids), _AT_ONCE):
        some = topic_ids[begin : begin + _AT_ONCE]
        for topic_id, count in sql.rows(" UNION ALL ".join([_ONE] * len(some)), some):
            counts[topic_id].append(count)
    return {pk: drawn(some[::-1]) for pk, some in counts.items()}


def drawn(counts: Sequence[int]) -> str:
    """Return the figure of threads with so many comments each, the earliest first."""
    if not counts:
        return ""
    columns = [
        f"M{(WIDE + GAP) * at} {TALL}v-{_height(count)}h{WIDE}v{_height(count)}z"
        for at, count in enumerate(counts)
    ]
    width = (WIDE + GAP) * len(counts) - GAP
    return (
        f'<svg class="shape" viewBox="0 0 {width} {TALL}" width="{width}" height="{TALL}"'
        f' aria-hidden="true" focusable="false"><path d="{"".join(columns)}"/></svg>'
    )


def _height(count: int) -> int:
    return 2 + round((TALL - 2) * log2(min(count, _FULL)) / log2(_FULL))
