"""What is one reader's own, laid over the bytes that are the same for all."""

import re

from django.db.models import Exists, OuterRef
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from forum.accounts.readers import Reader
from forum.discussions.models import EDIT_WINDOW, LONG_EDIT_WINDOW, Comment, State

OWN_MARKED = 500  # of a reader's own comments on a topic, the newest
_OPENINGS = re.compile(
    rb'<article class="comment[a-z ]*" id="c(?P<article>\d+)"|<p class="acts" id="a(?P<acts>\d+)">'
)


def personal(html: bytes, topic_id: int, reader: Reader) -> bytes:
    """Lay over the shared bytes what is this reader's own: marks, actions, a line on what waits."""
    if not reader.is_known:
        return html
    own = Comment.objects.by(reader).filter(thread__topic_id=topic_id).order_by("-pk")
    rows = own.values_list("pk", "state", "created_at", _is_answered())[:OWN_MARKED]
    editable: dict[bytes, bool] = {}
    waiting = 0
    now = timezone.now()
    for pk, state, created_at, is_answered in rows:
        waiting += state == State.HELD
        window = LONG_EDIT_WINDOW if reader.user and not is_answered else EDIT_WINDOW
        if state == State.PUBLIC:
            editable[str(pk).encode()] = now <= created_at + window
    if editable:
        html = _OPENINGS.sub(lambda found: _own_opening(found, editable), html)
    return html.replace(b"<!--yours-->", _waiting_line(waiting).encode(), 1) if waiting else html


def _is_answered() -> Exists:
    """Return what asks, in a query of comments, whether a reply is public."""
    return Exists(Comment.objects.counted().filter(parent_id=OuterRef("pk")).order_by())


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
