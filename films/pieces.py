"""Pieces of lists that are kept: the card of a film, what was said last in a talk.

A piece is kept under all that it shows, so that a list makes only what changed since.
"""

from collections.abc import Hashable
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from films.models import Film
from forum import markup
from forum.discussions.kept import kept
from forum.discussions.models import Comment

VOICES = 6
VOICE_CHARS = 180


def card(film: Film, *, last_word: bool = False) -> SafeString:
    """Return a film's card; `last_word`: with the day on which its talk was last spoken in.

    The film comes as for_lists gives it. Its updated_at rises with all that a card shows of it.
    """
    topic = film.topic
    key = ("card", film.pk, film.updated_at, film.state, topic.moved_to_id, topic.comment_count)
    at = topic.last_comment_at if last_word else None
    name = _name(*key, last_word, at)
    return _kept(name) or _made(name, "films/_card.html", {"film": film, "last_word": last_word})


def voices() -> list[SafeString]:
    """Return the latest public comment of each of the talks that were last spoken in.

    One query, and one more for those that are new. A talk's version rises with all that is shown.
    """
    latest = Comment.objects.public().order_by("-created_at", "-pk")
    topics = (
        "thread__topic_id",
        "thread__topic__version",
        "thread__topic__title",
        "thread__topic__path",
    )
    names: dict[int, tuple[int, Hashable]] = {}
    for pk, topic_id, *shown in latest.values_list("pk", *topics)[: VOICES * 20]:
        if topic_id not in names and len(names) < VOICES:
            names[topic_id] = (pk, _name("voice", pk, *shown))
    found = {pk: _kept(name) for pk, name in names.values()}
    missing = [pk for pk, html in found.items() if html is None]
    if missing:
        by_id = dict(names.values())
        for comment in latest.filter(pk__in=missing).with_text():
            words = markup.excerpt(comment.text.body_html, VOICE_CHARS)
            context = {"comment": comment, "topic": comment.thread.topic, "words": words}
            found[comment.pk] = _made(by_id[comment.pk], "films/_voice.html", context)
    return [html for html in found.values() if html is not None]


def _name(*shown: Hashable) -> Hashable:
    return (*shown, get_language(), timezone.get_current_timezone_name(), settings.RELEASE)


def _kept(name: Hashable) -> SafeString | None:
    html: SafeString | None = kept.get(name)
    return html


def _made(name: Hashable, template: str, context: dict[str, Any]) -> SafeString:
    html = render_to_string(template, context)
    kept.put(name, html, len(html))
    return html
