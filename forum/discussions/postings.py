"""A talk as search engines read it: schema.org's DiscussionForumPosting with its first comments.

As documented at https://developers.google.com/search/docs/appearance/structured-data/discussion-forum
"""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from forum import markup
from forum.discussions.comments_html import Said
from forum.discussions.models import Topic
from forum.discussions.walk import Entry

TOLD = 20  # comments; each is on the page too, and a page has a budget of bytes
TEXT_CHARS = 300
_HIDDEN_IN_HTML = {"<": "\\u003C", ">": "\\u003E", "&": "\\u0026"}


def posting(topic: Topic, entries: Iterable[Entry], words: Mapping[int, Said]) -> str:
    """Return <script> with a talk: its first comments as its page has them, those that answer others
    within these. `words`: what each says, by id; a comment without is a tombstone.
    """
    url, count = settings.SITE_URL + topic.get_absolute_url(), topic.comment_count
    told = {
        "@context": "https://schema.org",
        "@type": "DiscussionForumPosting",
        "@id": f"{url}#talk",
        "url": url,
        "headline": topic.title,
        "text": f"{topic.title}, {topic.byline}" if topic.byline else topic.title,
        "author": {"@type": "Organization", "name": settings.SITE_NAME, "url": settings.SITE_URL + "/"},
        "datePublished": topic.created_at.isoformat(timespec="seconds"),
        "commentCount": count,
        "interactionStatistic": {
            "@type": "InteractionCounter",
            "interactionType": "https://schema.org/CommentAction",
            "userInteractionCount": count,
        },
    }  # fmt: skip
    if topic.path:
        told["about"] = {"@id": url}
    if comments := _comments(entries, words):
        told["comment"] = comments
    text = json.dumps(told, ensure_ascii=False)
    for sign, escape in _HIDDEN_IN_HTML.items():
        text = text.replace(sign, escape)
    return f'<script type="application/ld+json">{text}</script>'


def _comments(entries: Iterable[Entry], words: Mapping[int, Said]) -> list[dict[str, Any]]:
    first: list[dict[str, Any]] = []
    by_id: dict[int, dict[str, Any]] = {}
    for entry in entries:
        one = words.get(entry.row.id)
        if one is None:
            continue
        told = _told(one)
        if one.parent_id is None:
            first.append(told)
        elif one.parent_id in by_id:
            by_id[one.parent_id].setdefault("comment", []).append(told)
        else:
            continue  # what it answers is a tombstone
        by_id[one.id] = told
        if len(by_id) == TOLD:
            break
    return first


def _told(one: Said) -> dict[str, Any]:
    name = one.member_name or one.author_name
    if one.is_namesake and not one.member_name:
        name = f"{_('another')} {name}"
    return {
        "@type": "Comment",
        "url": f"{settings.SITE_URL}/comments/{one.id}/",
        "author": {"@type": "Person", "name": name},
        "datePublished": f"{one.created_at[:10]}T{one.created_at[11:19]}+00:00",
        "text": markup.excerpt(one.body_html, TEXT_CHARS),
    }
