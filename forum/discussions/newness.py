"""What is new in talks to who reads: since their last visit, or since the moment that ?since= names.

New is what came before readers since: a comment that waited for a moderator is new once it is public.
One's own never is. Nothing is written here; services/visiting.py and visits.py do.
"""

import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache, partial
from html import escape
from typing import Any

from django.conf import settings
from django.core.exceptions import BadRequest
from django.db import connection
from django.http import HttpRequest, QueryDict
from django.middleware.csrf import get_token
from django.urls import reverse
from django.utils import timezone
from django.utils.dates import MONTHS
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from forum import sql
from forum.accounts.readers import ANYBODY, Reader, reader_of
from forum.discussions import muted, seen, tree
from forum.discussions.comments_html import moment
from forum.discussions.models import Comment, State, Thread, Topic, Visit
from forum.discussions.options import THREADS_BY
from forum.discussions.walk import OLDEST

MOST_NEW = 2_000  # comments of one talk that are marked and counted
MOST_COUNTED = 99  # in a list
MOST_HEARD = 300  # and looked at there, the latest, for who has muted something
# A page may miss what was dated just before it was made and is committed just after.
MARGIN = timedelta(seconds=10)
FIRST_YEAR, LAST_YEAR = 1900, 2999  # of ?since=
_PLUS = re.compile(r"(T\S+) (\d\d:?\d\d)$")  # an offset whose "+" was not encoded


@dataclass(frozen=True, slots=True)
class News:
    """What is new in a talk to who reads it."""

    topic: Topic
    since: datetime | None  # None: they were never here
    ids: list[int]  # of the new comments as the talk leads to them, the latest MOST_NEW at most
    at: datetime  # the page shows what there was until then
    token: Callable[[], str] | None  # of a form that tells the visit; None: nobody keeps theirs
    is_asked: bool  # by ?since=

    @property
    def words(self) -> str:
        """Return "4 new", or "" if nothing is."""
        return new_words(len(self.ids), MOST_NEW - 1) if self.ids else ""


def new_words(count: int, most: int) -> str:
    """Return "4 new"; above `most`, "99+ new"."""
    shown = f"{most}+" if count > most else str(count)
    return ngettext("%(count)s new", "%(count)s new", count) % {"count": shown}


def since_of(query: QueryDict) -> datetime | None:
    """Return the moment of ?since=, one without a zone taken as UTC; BadRequest for what is none."""
    text = query.get("since", "")
    if not text:
        return None
    try:
        at = datetime.fromisoformat(_PLUS.sub(r"\1+\2", text[:40]))
        at = (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
        if not FIRST_YEAR <= at.year <= LAST_YEAR:
            raise ValueError
        return at
    except (ValueError, OverflowError):
        words = _("“since” must be a moment like 2026-11-25T18:00:00Z.")
        raise BadRequest(words) from None


def seen_in(request: HttpRequest) -> dict[int, seen.Seen] | None:
    """Return what a guest's cookie says; None where there is none, or a bad one."""
    return seen.read(request.COOKIES.get(settings.SEEN_COOKIE_NAME))


def of(
    request: HttpRequest, topic: Topic, since: datetime | None = None, sort: str = OLDEST
) -> News | None:
    """Return what is new in a talk since `since`, or since the last visit, but for what they muted; one
    query, two for a guest whose cookie does not know the talk, two more for who muted something. None,
    and no query, for those who neither ask nor have their visits kept. `sort`: the order of threads.
    """
    reader = reader_of(request)
    kept = None if reader.user else seen_in(request)
    keeps = bool(reader.user) or kept is not None
    if not keeps and since is None:
        return None
    now = timezone.now()
    ids: list[int] = []
    is_asked = since is not None
    if since is None and reader.user:
        since, ids = _of_member(topic.pk, reader.user.pk, now, sort)
    elif since is None and kept and (one := kept.get(topic.pk) or _of_moved(topic, kept)):
        since = one.marked_since(now)
        ids = _ids(topic.pk, since, reader, sort)
    elif since is not None and since < now:
        ids = _ids(topic.pk, since, reader, sort)
    silent = muted.silent(ids, muted.of(request)) if ids else set()
    ids = [pk for pk in ids if pk not in silent]
    at = max(filter(None, (topic.last_comment_at, now - MARGIN)))
    return News(topic, since, ids, at, partial(get_token, request) if keeps else None, is_asked)


def _of_moved(topic: Topic, kept: dict[int, seen.Seen]) -> seen.Seen | None:
    """Return what a guest's cookie says of the talks that went into this one: the earliest."""
    moved = Topic.objects.filter(moved_to=topic).values_list("pk", flat=True)
    return min((kept[pk] for pk in moved if pk in kept), default=None)


def count(request: HttpRequest, topics: Sequence[Topic]) -> None:
    """Set new_words of those of these talks in which something is new to who reads.

    What a visit has told is new no more here, though the talk itself keeps its marks for the sitting.
    One query for those whose visits are kept, whatever the number of talks, two more for who muted
    something, of which nothing is counted; none for others.
    """
    reader, by_id = reader_of(request), {topic.pk: topic for topic in topics}
    what_is_muted = muted.of(request) if by_id else muted.NOTHING
    told = _joined(connection.vendor) if what_is_muted else _COUNT
    found: list[Any] = []
    if reader.user and by_id:
        where, values = sql.among("v.topic_id", list(by_id))
        text = f"{_counts_sql(told)} FROM {_VISITS} v WHERE v.member_id = %s AND {where}"
        found = sql.rows(text, [reader.user.pk, reader.user.pk, *values])
    elif kept := seen_in(request):
        moments = {pk: one.seen_at for pk, one in kept.items() if pk in by_id}
        found = _counts_since(moments, reader, told) if moments else []
    if what_is_muted:
        found = _heard(found, what_is_muted)
    for topic_id, number in found:
        if number:
            by_id[topic_id].new_words = new_words(number, MOST_COUNTED)


def _heard(found: Sequence[Any], what_is_muted: muted.Muted) -> list[Any]:
    """Return how many of the new comments of each talk, given as "1,2", are not muted; one query."""
    ids = {topic_id: [int(pk) for pk in told.split(",")] for topic_id, told in found if told}
    silent = muted.silent([pk for some in ids.values() for pk in some], what_is_muted)
    return [(topic_id, len(set(some) - silent)) for topic_id, some in ids.items()]


def counted_since(moments: dict[int, datetime]) -> dict[int, int]:
    """Return how many public comments each talk got since its moment, MOST_COUNTED + 1 at most; one
    query.
    """
    return dict(_counts_since(moments, ANYBODY))


# ------------------------------------------------------------------------------------------ the SQL

_COMMENTS, _THREADS = Comment._meta.db_table, Thread._meta.db_table
_VISITS = Visit._meta.db_table
_SINCE = "CASE WHEN v.seen_at > %s THEN v.since ELSE v.seen_at END"


def _new(topic: str, since: str, author: str) -> str:
    """Return what stands after SELECT for the comments of a talk since a moment that are not one's
    own: of the column `author`, whose value follows. Found thread by thread, by comment_by_appearance.
    """
    own = f" AND (c.{author} IS NULL OR c.{author} <> %s)" if author else ""
    return (
        f"FROM {_COMMENTS} c JOIN {_THREADS} t ON t.id = c.thread_id WHERE t.topic_id = {topic}"
        f" AND c.state = '{State.PUBLIC.value}' AND c.state_at > {since}{own}"
    )


def _author(reader: Reader) -> tuple[str, list[int]]:
    if reader.user:
        return "member_id", [reader.user.pk]
    return ("pen_id", [reader.pen.pk]) if reader.pen else ("", [])


# Ordered by an expression, for which no index tempts the database to read all comments backwards.
_LATEST = f"ORDER BY -c.id LIMIT {MOST_NEW}"


def _in_order(topic: str, since: str, author: str, sort: str) -> str:
    """Return the query for the ids of the latest of what _new names as they stand in the talk: threads
    in this order, pinned ones first, the comments of each in stored order.
    """
    column, _after, way = THREADS_BY[sort]
    latest = (
        f"SELECT c.id, c.thread_id, c.{tree.STORED} AS place, t.pinned_at, t.{column} AS sorted_by"
        f" {_new(topic, since, author)} {_LATEST}"
    )
    return (
        f"SELECT l.id FROM ({latest}) l ORDER BY l.pinned_at IS NULL, l.pinned_at DESC,"  # noqa: S608 (names of our own)
        f" l.sorted_by {way}, l.thread_id {way}, l.place"
    )


def _ids(topic_id: int, since: datetime, reader: Reader, sort: str) -> list[int]:
    column, author = _author(reader)
    text = _in_order("%s", "%s", column, sort)
    return [row[0] for row in sql.rows(text, [topic_id, sql.moment(since), *author])]


def _of_member(
    topic_id: int, member_id: int, now: datetime, sort: str
) -> tuple[datetime | None, list[int]]:
    sitting = sql.moment(now - seen.SITTING)
    text = _member_sql(connection.vendor, sort)
    found = sql.rows(text, [sitting, sitting, member_id, member_id, topic_id])
    if not found:
        return None, []
    since, ids = found[0]
    return moment(since), [int(pk) for pk in ids.split(",")] if ids else []


@cache
def _member_sql(vendor: str, sort: str) -> str:
    # Both databases put together in order what comes from a query with an order.
    inner = _in_order("v.topic_id", _SINCE, "member_id", sort)
    return (
        f"SELECT {_SINCE}, (SELECT {_joined(vendor)} FROM ({inner}) n)"  # noqa: S608 (names of our own)
        f" FROM {_VISITS} v WHERE v.member_id = %s AND v.topic_id = %s"
    )


_COUNT = "count(*)"


def _joined(vendor: str) -> str:
    return "string_agg(n.id::text, ',')" if vendor == "postgresql" else "group_concat(n.id)"


def _some(new: str, told: str) -> str:
    """Return the query for the number, or the ids, of the first comments of a talk that are new."""
    if told == _COUNT:
        return f"SELECT 1 {new} LIMIT {MOST_COUNTED + 1}"
    return f"SELECT c.id {new} ORDER BY -c.id LIMIT {MOST_HEARD}"


def _counts_sql(told: str) -> str:
    inner = _some(_new("v.topic_id", "v.seen_at", "member_id"), told)
    return f"SELECT v.topic_id, (SELECT {told} FROM ({inner}) n)"  # noqa: S608 (names of our own)


def _counts_since(moments: dict[int, datetime], reader: Reader, told: str = _COUNT) -> list[Any]:
    column, author = _author(reader)
    one = _some(_new("%s", "%s", column), told)
    parts, values = [], []
    for topic_id, since in moments.items():
        parts.append(f"SELECT {int(topic_id)}, (SELECT {told} FROM ({one}) n)")  # noqa: S608 (names of our own)
        values += [topic_id, sql.moment(since), *author]
    return sql.rows(" UNION ALL ".join(parts), values)


# ----------------------------------------------------------------------------------------- the HTML


def invitation(topic_id: int) -> str:
    """Return what the shared page has where others read what is new to them."""
    address = f"{reverse('my_news')}?topic={topic_id}"
    return f'<p class="news"><a href="{address}" rel="nofollow">{_("Mark what is new")}</a></p>'


def line(news: News, shown: Sequence[int], token: str = "") -> str:
    """Return what stands above a talk: how much is new since when, the way to it, and the form that
    tells the visit. `shown`: the new comments on this page, as they stand there; `token`: of the
    page's other forms, if it has any.
    """
    parts = []
    if news.since and news.ids:
        parts.append(f"<p>{_said(news, len(shown))}</p>")
        first = way_to(shown[0] if shown else news.ids[0], shown, news)
        parts.append(f'<a class="btn" data-next-new href="{first}">{_("Next new")}</a>')
    elif news.since:
        words = _("Nothing new since %(when)s") % {"when": _when(news)}
        parts.append(f"<p>{words}</p>")
    if news.token:
        # Told without a word of theirs once all that is new has stood before their eyes.
        is_told = not news.is_asked and len(shown) == len(news.ids)
        parts.append(_form(news, token or news.token(), is_told=is_told))
    return f'<div class="news">{"".join(parts)}</div>'


def ways_on(shown: Sequence[int], ids: Sequence[int]) -> dict[int, int]:
    """Return which new comment follows each that is on this page, as both stand there. Whoever goes on
    from page to page comes to each of `ids`, and from the last to the first.
    """
    places = {pk: place for place, pk in enumerate(ids)}
    stand = [places[pk] for pk in shown]
    if stand == sorted(stand):
        return {pk: ids[(place + 1) % len(ids)] for pk, place in zip(shown, stand, strict=True)}
    # Answers stand otherwise in some orders: first all that is here, then what is not, without a gap.
    first, here = min(stand), set(shown)
    beyond = next((pk for pk in (*ids[first:], *ids[:first]) if pk not in here), shown[0])
    return dict(zip(shown, [*shown[1:], beyond], strict=True))


def way_to(pk: int, shown: Collection[int], news: News) -> str:
    """Return the address of a new comment: a place on this page, else its own page, which goes on."""
    asked = _asked(news) if news.is_asked else ""
    return f"#c{pk}" if pk in shown else f"/comments/{pk}/{asked}#c{pk}"


def going_on(html: bytes, news: News) -> bytes:
    """Let the orders and further pages of a talk ask for what is new since the same moment."""
    base, asked = escape(news.topic.get_absolute_url()), _asked(news)

    def address(found: re.Match[bytes]) -> bytes:
        rest = b"&amp;" + found[1] if found[1] else b""
        return f'href="{base}{asked}'.encode() + rest + b'#talk"'

    return re.sub(rb'href="%b(?:\?([^"#]*))?#talk"' % re.escape(base.encode()), address, html)


def _asked(news: News) -> str:
    assert news.since
    return f"?since={news.since.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}"


def _said(news: News, shown: int) -> str:
    words = _("%(new)s since %(when)s") % {"new": f"<b>{news.words}</b>", "when": _when(news)}
    if shown == len(news.ids):
        return words
    here = ngettext("%(count)d of them on this page", "%(count)d of them on this page", shown)
    return f"{words}, {here % {'count': shown}}"


def _when(news: News) -> str:
    """Return the moment as the plain link that shows the same to anybody."""
    assert news.since
    since = news.since.astimezone(UTC)
    here = timezone.localtime(since)
    shown = _("%(day)d %(month)s %(year)d, %(time)s") % {
        "day": here.day,
        "month": MONTHS[here.month],
        "year": here.year,
        "time": f"{here:%H:%M}",
    }
    address = f"{escape(news.topic.get_absolute_url())}{_asked(news)}#talk"
    # With a space the moment is not told by its age, which would read "since 2 hours ago".
    return f'<a href="{address}"><time datetime="{since:%Y-%m-%d %H:%M:%SZ}">{shown}</time></a>'


def _form(news: News, token: str, *, is_told: bool) -> str:
    address = reverse("seen", args=[news.topic.pk])
    button = f'<button class="btn" name="read" value="1">{_("Mark as read")}</button>'
    return (
        f'<form method="post" action="{address}"{" data-seen" if is_told else ""}>'
        f'<input type="hidden" name="csrfmiddlewaretoken" value="{token}">'
        f'<input type="hidden" name="at" value="{news.at.astimezone(UTC).isoformat()}">'
        f"{button if news.ids else ''}</form>"
    )
