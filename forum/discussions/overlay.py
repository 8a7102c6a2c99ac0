"""What is one reader's own, laid over the bytes that are the same for all."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from html import escape
from typing import Any

from django.db.models import BooleanField, Exists, ExpressionWrapper, OuterRef, Q
from django.http import HttpRequest
from django.middleware.csrf import get_token
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from forum import sql
from forum.accounts.readers import Reader
from forum.discussions import muting, newness, treemap, vote_marks, warnings
from forum.discussions.canvas import Canvas, Place, canvas_of
from forum.discussions.comments_html import moment
from forum.discussions.models import EDIT_WINDOW, LONG_EDIT_WINDOW, Comment, Report, State, Thread
from forum.discussions.muted import NOTHING, Muted
from forum.discussions.newness import News

OWN_MARKED = 500  # of a reader's own comments on a topic, the newest


@dataclass(slots=True)
class Mark:
    """What is laid over one comment: classes and attributes of its article, HTML that begins its
    summary, HTML in its actions.
    """

    classes: str = ""  # "mine new"
    attributes: str = ""  # "data-new"
    summary: str = ""
    acts: str = ""


@dataclass(slots=True)
class Sheet:
    """What is laid over a talk: marks by comment id, and HTML that stands above the comments."""

    marks: dict[int, Mark] = field(default_factory=dict)
    above: str = ""
    own: set[int] = field(default_factory=set)  # comments of the reader's
    reported: set[int] = field(default_factory=set)  # by the reader

    def mark(
        self,
        comment_id: int,
        *,
        name: str = "",
        attribute: str = "",
        summary: str = "",
        acts: str = "",
    ) -> None:
        """Add a class, an attribute, or HTML in summary or actions, to what lies there already."""
        mark = self.marks.setdefault(comment_id, Mark())
        mark.classes += f" {name}" if name else ""
        mark.attributes += f" {attribute}" if attribute else ""
        mark.summary += summary
        mark.acts += acts


def personal(
    html: bytes,
    topic_id: int,
    reader: Reader,
    news: News | None = None,
    token: str = "",
    what_is_muted: Muted = NOTHING,
) -> bytes:
    """Lay over the shared bytes what is this reader's own: marks, actions, a line on what waits, what is
    new to them, and a veil over what they muted.

    `token`: what the form of votes shows that it is ours; without it there are no buttons.
    """
    if not reader.is_known and news is None:
        return muting.veil(html, topic_id, what_is_muted)
    canvas = vote_marks.canvas(html) if token else canvas_of(html)
    sheet, parts = Sheet(), list(canvas.parts)
    for layer in (_what_is_yours,) if reader.is_known else ():  # each takes one query, or none
        layer(sheet, topic_id, reader)
    new = _what_is_new(sheet, canvas, parts, news, token) if news else set()
    _lay(parts, canvas, sheet)
    if token:
        vote_marks.lay(parts, canvas, reader, sheet.own, token)
    html = treemap.dotted(b"".join(parts), new)
    if news and news.is_asked and canvas.above:
        html = newness.going_on(html, news)
    if reader.is_staff:  # who decide see every branch open, and who wrote what is gone and why
        html = html.replace(b'<details class="low">', b'<details open class="low">')
        html = _told_to_staff(html)
    return muting.veil(html, topic_id, what_is_muted)


def token_of(request: HttpRequest, reader: Reader) -> str:
    """Return the token for the forms of a known reader's page; "" for others, whose page has none."""
    return get_token(request) if reader.is_known else ""


def _lay(parts: list[bytes], canvas: Canvas, sheet: Sheet) -> None:
    for pk, mark in sheet.marks.items():
        place = canvas.places.get(pk)
        if place is None:
            continue
        parts[place.classes] = mark.classes.encode() + parts[place.classes]
        parts[place.attributes] = mark.attributes.encode()
        if place.summary:
            parts[place.summary] = mark.summary.encode()
        if place.acts:
            parts[place.acts] = mark.acts.encode()
    for pk in sheet.own & canvas.places.keys():  # nobody reports what is their own
        parts[canvas.places[pk].report] = b""
    for pk in sheet.reported & canvas.places.keys():
        _fold_reported(parts, canvas.places[pk], pk, is_here=pk == canvas.here)
    if sheet.above and canvas.above:
        parts[canvas.above] = sheet.above.encode()


_OPEN, _FOLDED = b"<details open><summary>", b'<details class="low"><summary>'


def _fold_reported(parts: list[bytes], place: Place, pk: int, *, is_here: bool) -> None:
    """Let a comment that its reader reported start folded, and say so where it could be reported."""
    said = _("reported by you")
    parts[place.report] = f'<a href="/comments/{pk}/report/">{said}</a>'.encode()
    opening = place.summary - 1
    if place.summary and not is_here and parts[opening].endswith(_OPEN):
        parts[opening] = parts[opening].removesuffix(_OPEN) + _FOLDED
        parts[place.summary] += f'<span class="folded">{said}</span>'.encode()


def _what_is_new(
    sheet: Sheet, canvas: Canvas, parts: list[bytes], news: News, token: str
) -> set[int]:
    """Mark the new comments that are here, each with the way to the next of the talk, here or on another
    page, the last to the first, and return all that are new.
    """
    new = set(news.ids)
    shown = [pk for pk in canvas.places if pk in new] if new else []
    word, following = _("new"), _("next new")
    said = f'<span class="fresh">{word}</span>'
    for pk, after in newness.ways_on(shown, news.ids).items():
        way = newness.way_to(after, canvas.places, news)
        acts = f'<a class="after" data-next-new href="{way}">{following}</a>' if after != pk else ""
        sheet.mark(pk, name="new", attribute="data-new", summary=said, acts=acts)
    for pk, count in _new_below(shown, canvas.parents).items():
        words = _("%(new)s below") % {"new": newness.new_words(count, count)}
        sheet.mark(pk, summary=f'<span class="fresh folded">{words}</span>')
    if canvas.above:  # a comment's own page says nothing of the whole talk
        sheet.above += newness.line(news, shown, token)
        parts[canvas.invitation] = b""
    return new


def _new_below(new: Sequence[int], parents: Mapping[int, int]) -> dict[int, int]:
    """Return how many of these stand below each comment, which its summary says while it is folded."""
    below: dict[int, int] = {}
    for pk in new:
        up = parents.get(pk)
        while up:
            below[up] = below.get(up, 0) + 1
            up = parents.get(up)
    return below


_TOMBSTONE = re.compile(rb'data-state="tombstone" id="c(\d+)".*?<p class="note">[^<]*')


def _told_to_staff(html: bytes) -> bytes:
    """Say on each tombstone who wrote it and why it is gone; one query, none where there is none."""
    ids = [int(pk) for pk in _TOMBSTONE.findall(html)]
    rows = Comment.objects.filter(pk__in=ids).with_text().order_by() if ids else ()
    words = {one.pk: ": ".join(filter(None, (one.name, one.reason_words))) for one in rows}

    def told(found: re.Match[bytes]) -> bytes:
        said = words.get(int(found[1]))
        return found[0] + f" ({escape(said)})".encode() if said else found[0]

    return _TOMBSTONE.sub(told, html)


def _what_is_yours(sheet: Sheet, topic_id: int, reader: Reader) -> None:
    waiting = 0
    now = timezone.now()
    for pk, state, created_at, is_answered, takes_note in _own(topic_id, reader):
        if state == _REPORTED:
            sheet.reported.add(pk)
            continue
        waiting += state == State.HELD
        sheet.own.add(pk)
        if state != State.PUBLIC:
            continue
        window = LONG_EDIT_WINDOW if reader.user and not is_answered else EDIT_WINDOW
        is_editable = now <= moment(created_at) + window
        change = ""
        if is_editable or takes_note:
            verb, words = ("edit", _("edit")) if is_editable else ("note", _("add a note"))
            change = f'<a href="/comments/{pk}/{verb}/" data-form-link>{words}</a>'
        acts = (
            f'<span class="yours">{_("yours")}</span>{change}'
            f'<a href="/comments/{pk}/delete/">{_("delete")}</a>'
        )
        sheet.mark(pk, name="mine", acts=acts)
    sheet.above += warnings.line_for(reader)
    if waiting:
        sheet.above += _waiting_line(waiting)


def _own(topic_id: int, reader: Reader) -> list[tuple[int, str, datetime, bool, bool]]:
    """Return (id, state, created_at, whether a reply is public, whether it takes a note once it is not
    edited) of a reader's own, and in the place of the state _REPORTED of what they reported; one query.
    """
    column, who = ("member", reader.user) if reader.user else ("pen", reader.pen)
    assert who is not None
    text, values = _own_sql(column)
    given = {_WHO: who.pk, _TOPIC: topic_id}
    return sql.rows(text, [given.get(value, value) for value in values])


_WHO, _TOPIC = -1, -2  # stand in the kept SQL where the values go
_REPORTED = "reported"  # no state


@cache
def _own_sql(column: str) -> tuple[str, tuple[Any, ...]]:
    # Kept, as making it takes longer than its answer.
    own = Comment.objects.filter(**{f"{column}_id": _WHO}, thread__topic_id=_TOPIC).order_by("-pk")
    answers = Comment.objects.counted().filter(parent_id=OuterRef("pk")).order_by()
    open_ones = Q(
        thread__topic__locked_at=None, locked_at=None, staff_edited_at=None
    )  # Comment.bar_to_note
    notes = ExpressionWrapper(open_ones, BooleanField())
    rows = own.values_list("pk", "state", "created_at", Exists(answers), notes)[:OWN_MARKED]
    text, values = rows.query.sql_with_params()
    reported = (
        f"SELECT c.id, '{_REPORTED}', c.created_at, false, false FROM {Report._meta.db_table} r"  # noqa: S608 (names of our own)
        f" JOIN {Comment._meta.db_table} c ON c.id = r.comment_id"
        f" JOIN {Thread._meta.db_table} t ON t.id = c.thread_id"
        f" WHERE r.{column}_id = %s AND t.topic_id = %s"
    )
    # Django's SQL has an end of its own, which no part of another may have.
    return f"SELECT * FROM ({text}) own UNION ALL {reported}", (*values, _WHO, _TOPIC)  # noqa: S608 (ours)


def _waiting_line(count: int) -> str:
    words = ngettext(
        "%(count)d comment of yours waits for a moderator.",
        "%(count)d comments of yours wait for a moderator.",
        count,
    ) % {"count": count}
    return f'<p class="notice waits"><a href="{reverse("my_comments")}">{words}</a></p>'
