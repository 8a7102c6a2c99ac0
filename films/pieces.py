"""Pieces of lists that are kept: the card of a film, what was said last in a talk.

A piece is kept under all that it shows, so that a list makes only what changed since.
"""

import secrets
from collections.abc import Hashable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from films.models import Film
from forum import markup
from forum.discussions import shape
from forum.discussions.kept import kept
from forum.discussions.models import Comment

_NEW = f"new{secrets.token_hex(8)}"  # stands in a kept card where the new comments are told
VOICES = 6
LATELY = 600  # comments of the whole site that say what is talked about now
VOICE_CHARS = 180


def cards(films: Sequence[Film], *, last_word: bool = False) -> list[str]:
    """Return films' cards; `last_word`: with the day on which their talk was last spoken in.

    What is new in a talk to who reads is put into the card that is kept for all. The films come as
    for_lists gives them. A film's updated_at rises with all that a card shows of it, the version of its
    talk with the rest. One query for those that are not kept, which draws the shapes of their talks.
    """
    names = [_name_of_card(film, last_word) for film in films]
    found = [_kept(name) for name in names]
    missing = [film.topic_id for film, html in zip(films, found, strict=True) if html is None]
    shapes = shape.of(missing) if missing else {}
    shown = []
    for film, name, html in zip(films, names, found, strict=True):
        if html is None:
            context = {"film": film, "last_word": last_word, "new_mark": _NEW}
            context["shape_html"] = shapes[film.topic_id]
            html = _made(name, "films/_card.html", context)
        words = {"new_words": film.topic.new_words}
        new = render_to_string("films/_new.html", words) if film.topic.new_words else ""
        shown.append(html.replace(_NEW, new, 1))
    return shown


def _name_of_card(film: Film, last_word: bool) -> tuple[Hashable, ...]:
    topic = film.topic
    key = ("card", film.pk, film.updated_at, film.state, topic.moved_to_id, topic.version)
    return _name(*key, last_word)


class Lately(NamedTuple):
    """A public comment among the latest of the site."""

    pk: int
    topic_id: int
    topic_shown: tuple[Hashable, ...]  # all that a voice shows of it
    created_at: datetime
    who: Hashable


def lately() -> list[Lately]:
    """Return the latest public comments, the last first; one query."""
    rows = Comment.objects.public().order_by("-created_at", "-pk")
    topic = ("thread__topic__version", "thread__topic__title", "thread__topic__path")
    who = ("member_id", "pen_id", "author_name")
    found = rows.values_list("pk", "thread__topic_id", "created_at", *topic, *who)[:LATELY]
    return [
        Lately(pk, topic_id, tuple(more[:3]), at, tuple(more[3:]))
        for pk, topic_id, at, *more in found
    ]


def voices(latest: Sequence[Lately], most: int) -> list[SafeString]:
    """Return the first of these comments for each of the first `most` talks among them.

    One query for those that are new. A talk's version rises with all that is shown.
    """
    names: dict[int, tuple[int, tuple[Hashable, ...]]] = {}
    for one in latest:
        if one.topic_id not in names and len(names) < most:
            named = _name("voice", one.pk, one.topic_id, *one.topic_shown)
            names[one.topic_id] = (one.pk, named)
    found = {pk: _kept(name) for pk, name in names.values()}
    missing = [pk for pk, html in found.items() if html is None]
    if missing:
        by_id = dict(names.values())
        for comment in Comment.objects.public().filter(pk__in=missing).with_text():
            words = markup.excerpt(comment.text.body_html, VOICE_CHARS)
            context = {"comment": comment, "topic": comment.thread.topic, "words": words}
            found[comment.pk] = _made(by_id[comment.pk], "films/_voice.html", context)
    return [html for html in found.values() if html is not None]


def _name(*shown: Hashable) -> tuple[Hashable, ...]:
    return (*shown, get_language(), timezone.get_current_timezone_name(), settings.RELEASE)


def _kept(name: tuple[Hashable, ...]) -> SafeString | None:
    html: SafeString | None = kept.get(name)
    return html


def _made(name: tuple[Hashable, ...], template: str, context: dict[str, Any]) -> SafeString:
    html = render_to_string(template, context)
    kept.put(name, html, len(html))
    return html
