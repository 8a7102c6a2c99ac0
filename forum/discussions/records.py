"""What an author wrote of late and what became of it: one statement, whatever they wrote."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.utils import timezone

from forum import sql
from forum.discussions.checks import Written
from forum.discussions.comments_html import moment
from forum.discussions.models import Comment, CommentText, Event, Report, State, Thread
from forum.discussions.trust import LOOKED_AT, REPORTS_DAYS, Record

SAME_TEXT = timedelta(minutes=1)  # so long a text is compared with the next ones
SLOW = timedelta(days=1)  # the longest that slow mode asks anybody to wait
STANDS_AFTER = timedelta(days=1)  # then what nobody took away counts as approved
# The latest LOOKED_AT by one author; texts and talks only of those that are asked about. A young
# comment counts as approved where staff let it through: its author's own taking it back and
# bringing it back is no approval.
_WRITTEN = f"""
SELECT c.id, c.created_at, c.state, c.thread_id, h.topic_id, t.body, t.submission,
  CASE WHEN c.state <> '{State.PUBLIC.value}' THEN 0 WHEN c.state_at <= %s THEN 1
    WHEN c.state_at > c.created_at AND EXISTS (SELECT 1 FROM {Event._meta.db_table} e
      WHERE e.comment_id = c.id AND e.verb IN ('approve', 'restore')) THEN 1 ELSE 0 END,
  (SELECT count(*) FROM {Report._meta.db_table} r WHERE r.comment_id = c.id
    AND r.outcome = '{Report.Outcome.AGREED.value}' AND r.settled_at >= %s)
FROM (SELECT id, state, state_at, created_at, thread_id FROM {Comment._meta.db_table}
  WHERE {{author}} = %s ORDER BY id DESC LIMIT {LOOKED_AT}) c
LEFT JOIN {CommentText._meta.db_table} t ON t.comment_id = c.id AND c.created_at >= %s
LEFT JOIN {Thread._meta.db_table} h ON h.id = c.thread_id AND c.created_at >= %s
ORDER BY c.id DESC
"""  # noqa: S608 (names of ours)


def written_by(
    *,
    member_id: int | None = None,
    pen_id: int | None = None,
    but: str = "",
    now: datetime | None = None,
) -> tuple[Written, ...]:
    """Return the latest comments of a member or a pen, the latest first; one statement.

    `but`: leave out what this form's id (a UUID as hex) made already.
    """
    if not (member_id or pen_id):
        return ()
    now = now or timezone.now()
    query = _WRITTEN.format(author="member_id" if member_id else "pen_id")
    since = (now - STANDS_AFTER, now - timedelta(days=REPORTS_DAYS))
    values = [*map(sql.moment, since), member_id or pen_id]
    values += [sql.moment(now - SAME_TEXT), sql.moment(now - SLOW)]
    return tuple(
        Written(pk, moment(at), state, thread_id, topic_id, body, bool(approved), reported)
        for pk, at, state, thread_id, topic_id, body, form, approved, reported in sql.rows(
            query, values
        )
        if not (but and form and but == str(form).replace("-", ""))
    )


def record_of(written: Iterable[Written]) -> Record:
    """Return the record that these comments make."""
    rows = list(written)
    return Record(
        approved=sum(one.is_approved for one in rows),
        removed=sum(one.state == State.REMOVED for one in rows),
        spam=sum(one.state == State.SPAM for one in rows),
        reported=sum(one.reported for one in rows),
    )
