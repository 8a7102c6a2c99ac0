"""What is one reader's own, laid over the bytes that are the same for all."""

import re
from datetime import datetime
from functools import cache
from typing import Any

from django.db.models import Exists, OuterRef
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from forum import sql
from forum.accounts.readers import Reader
from forum.discussions.comments_html import moment
from forum.discussions.models import EDIT_WINDOW, LONG_EDIT_WINDOW, Comment, State

OWN_MARKED = 500  # of a reader's own comments on a topic, the newest
_OPENINGS = re.compile(
    rb'<article class="comment[a-z ]*" id="c(?P<article>\d+)"|<p class="acts" id="a(?P<acts>\d+)">'
)


def personal(html: bytes, topic_id: int, reader: Reader) -> bytes:
    """Lay over the shared bytes what is this reader's own: marks, actions, a line on what waits."""
    if not reader.is_known:
        return html
    editable: dict[bytes, bool] = {}
    waiting = 0
    now = timezone.now()
    for pk, state, created_at, is_answered in _own(topic_id, reader):
        waiting += state == State.HELD
        window = LONG_EDIT_WINDOW if reader.user and not is_answered else EDIT_WINDOW
        if state == State.PUBLIC:
            editable[str(pk).encode()] = now <= moment(created_at) + window
    if editable:
        html = _OPENINGS.sub(lambda found: _own_opening(found, editable), html)
    return html.replace(b"<!--yours-->", _waiting_line(waiting).encode(), 1) if waiting else html


def _own(topic_id: int, reader: Reader) -> list[tuple[int, str, datetime, bool]]:
    """Return (id, state, created_at, whether a reply is public) of a reader's own; one query."""
    column, who = ("member", reader.user) if reader.user else ("pen", reader.pen)
    assert who is not None
    text, values = _own_sql(column)
    given = {_WHO: who.pk, _TOPIC: topic_id}
    return sql.rows(text, [given.get(value, value) for value in values])


_WHO, _TOPIC = -1, -2  # stand in the kept SQL where the values go


@cache
def _own_sql(column: str) -> tuple[str, tuple[Any, ...]]:
    # Kept, as making it takes longer than its answer.
    own = Comment.objects.filter(**{f"{column}_id": _WHO}, thread__topic_id=_TOPIC).order_by("-pk")
    answers = Comment.objects.counted().filter(parent_id=OuterRef("pk")).order_by()
    rows = own.values_list("pk", "state", "created_at", Exists(answers))[:OWN_MARKED]
    return rows.query.sql_with_params()


def _own_opening(found: re.Match[bytes], editable: dict[bytes, bool]) -> bytes:
    """Return the opening of an article or its actions, with what the author of it gets more."""
    number = found["article"] or found["acts"]
    if number not in editable:
        return found[0]
    if found["article"]:
        return found[0].replace(b'class="comment', b'class="comment mine', 1)
    pk = number.decode()
    edit = f'<a href="/comments/{pk}/edit/" data-form-link>{_("edit")}</a>'
    return (
        found[0]
        + (
            f'<span class="yours">{_("yours")}</span>{edit if editable[number] else ""}'
            f'<a href="/comments/{pk}/delete/">{_("delete")}</a>'
        ).encode()
    )


def _waiting_line(count: int) -> str:
    words = ngettext(
        "%(count)d comment of yours waits for a moderator.",
        "%(count)d comments of yours wait for a moderator.",
        count,
    ) % {"count": count}
    return f'<p class="notice waits"><a href="{reverse("my_comments")}">{words}</a></p>'
