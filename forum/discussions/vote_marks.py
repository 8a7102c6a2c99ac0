"""Votes on a known reader's page: buttons in place of links, each pressed as this reader voted."""

from collections.abc import Sequence
from functools import lru_cache
from html import escape

from django.conf import settings
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from forum import sql
from forum.accounts.readers import Reader
from forum.discussions.canvas import Canvas, canvas_of
from forum.discussions.comments_html import score_words
from forum.discussions.models import DOWN, UP, Comment, Vote

FORM = "vote"  # the id of the one form of a page; its buttons say where they lead


def canvas(html: bytes) -> Canvas:
    """Return the canvas of a talk's shared bytes, with buttons of somebody who has not voted."""
    return canvas_of(html, lambda pk, points: _place(pk, 0, points).encode())


def _place(comment_id: int, value: int, score: int | None) -> str:
    return f'<span class="vote" data-vote>{buttons(comment_id, value, score)}</span>'


def lay(parts: list[bytes], canvas: Canvas, reader: Reader, own: set[int], token: str) -> None:
    """Lay this reader's votes over a page; one query, none where nothing can be voted on.

    A page has one form, for its token alone; every button names its comment. On a comment's own page
    that comment has the form.
    """
    places = {pk: place for pk, place in canvas.places.items() if place.vote}
    if not places:
        return
    for pk in own & places.keys():  # of one's own comment the score alone
        points = places[pk].points
        parts[places[pk].vote] = b"" if points is None else _told(points)
    for pk, (value, score) in _votes(list(places), reader).items():
        place = places[pk]
        # What is not told is not told to the voter neither.
        parts[place.vote] = _place(pk, value, None if place.points is None else score).encode()
    here = places.get(canvas.here) if canvas.here not in own else None
    if here is None:
        parts.append(_form(token).encode())
        return
    opening = f'<p class="acts" id="a{canvas.here}">'.encode()
    form = _form(token, canvas.here, parts[here.vote].decode()).encode()
    parts[here.vote] = b""
    parts[here.acts - 1] = parts[here.acts - 1].removesuffix(opening) + form + opening


def _told(points: int) -> bytes:
    """Return a score as it stands without buttons."""
    return f'<b data-score="{points}">{score_words(points)}</b>'.encode()


def _form(token: str, comment_id: int = 0, place: str = "") -> str:
    """Return the page's form: of a comment with its buttons, else an empty one for all of them."""
    field = f'<input type="hidden" name="csrfmiddlewaretoken" value="{token}">'
    if not comment_id:
        return f'<form id="{FORM}" method="post" hidden>{field}</form>'
    return (
        f'<form id="{FORM}" class="votes" method="post" data-form="vote"'
        f' action="/comments/{comment_id}/vote/">{field}{place}</form>'
    )


def buttons(comment_id: int, value: int, score: int | None, wrong: str = "") -> str:
    """Return the buttons of a comment; between them its score, if it is told, and what is wrong."""
    up_words, down_words, middle = _words(score, get_language() or "")
    up = _button(comment_id, UP, value, up_words)
    down = _button(comment_id, DOWN, value, down_words) if settings.VOTES != "up" else ""
    if wrong:
        middle += f'<span class="err" role="alert">{escape(wrong)}</span>'
    return f"{up}{middle}{down}"


@lru_cache(maxsize=4096)
def _words(score: int | None, _language: str) -> tuple[str, str, str]:
    """Return what the buttons are called, and a score as it stands between them. Kept: looking up 800
    translations took as long as all else of a page of 200 comments.
    """
    if score is None:
        return _("up"), _("down"), ""
    words = score_words(score)
    return f"{_('up')}, {words}", f"{_('down')}, {words}", f'<b data-score="{score}">{words}</b>'


def _button(comment_id: int, way: int, value: int, words: str) -> str:
    """Return a button: it votes that way or, pressed already, takes the vote back."""
    pressed, sends = ("true", 0) if value == way else ("false", way)
    return (
        f'<button form="{FORM}" formaction="/comments/{comment_id}/vote/" name="value"'
        f' value="{sends}" aria-pressed="{pressed}" aria-label="{words}"></button>'
    )


def _votes(comment_ids: Sequence[int], reader: Reader) -> dict[int, tuple[int, int | None]]:
    """Return {comment: (this reader's vote, the score as it is now)} of those voted on; one query."""
    column, who = ("member_id", reader.user) if reader.user else ("pen_id", reader.pen)
    assert who is not None
    where, values = sql.among("v.comment_id", comment_ids)
    found = sql.rows(
        f"SELECT v.comment_id, v.value, c.ups - c.downs FROM {Vote._meta.db_table} v"  # noqa: S608
        f" JOIN {Comment._meta.db_table} c ON c.id = v.comment_id"
        f" WHERE v.{column} = %s AND {where}",
        [who.pk, *values],
    )
    return {pk: (value, score) for pk, value, score in found}
