"""Who speaks in a talk: whom an "@name" there means, and the names offered while one is typed."""

import unicodedata
from collections.abc import Iterable
from typing import NamedTuple

from django.db.models import Max, Q
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from forum import marks
from forum.accounts.limits import hit, network_key
from forum.accounts.readers import reader_of
from forum.discussions.kept import kept
from forum.discussions.models import Comment, Topic

MOST_OFFERED = 8
MOST_KNOWN = 2_000  # names of a talk that are looked through, the latest speakers
KEPT_S = 60  # by the browser
NAME_BYTES = 150  # about, of a kept name


class Person(NamedTuple):
    """Somebody who can be told: exactly one of both ids is set."""

    member_id: int | None
    pen_id: int | None


def people_meant(body: str, topic_id: int) -> dict[str, list[Person]]:
    """Return {name: who has it} of the names after a "@" that speak in this talk.

    Members by their exact name, guests by the one on their comments; nobody to tell stands behind an
    imported name. One query, none for a text without such a name. Of two names that begin alike both
    are here: which is meant the text says (markup.mentioned).
    """
    names = marks.names_meant(body)
    if not names:
        return {}
    spoken = Comment.objects.counted().on_topic(topic_id).exclude(member__is_active=False)
    named = spoken.filter(Q(member__username__in=names) | Q(author_name__in=names)).order_by()
    rows = named.values_list("member_id", "pen_id", "member__username", "author_name").distinct()
    found: dict[str, list[Person]] = {}
    for member_id, pen_id, username, author_name in rows:
        people = found.setdefault(username or author_name, [])
        if member_id or pen_id:
            people.append(Person(member_id, pen_id))
    return found


def names_of(topic: Topic) -> list[str]:
    """Return the names that speak in this talk, who spoke last first; kept under its version."""
    key = ("names", topic.pk, topic.version)
    names: list[str] | None = kept.get(key)
    if names is None:
        spoken = Comment.objects.counted().on_topic(topic.pk).exclude(member__is_active=False)
        rows = spoken.order_by().values_list("member__username", "author_name")
        latest = rows.annotate(last=Max("pk")).order_by("-last")[:MOST_KNOWN]
        names = list(dict.fromkeys(username or name for username, name, _last in latest))
        kept.put(key, names, NAME_BYTES * len(names))
    return names


def matching(names: Iterable[str], query: str) -> list[str]:
    """Return the first names of which a word begins with the query; case and accents do not matter.

    Names that begin with it themselves come first.
    """
    asked = _folded(query)
    whole, inside = [], []
    for name in names:
        folded = _folded(name)
        if folded.startswith(asked):
            whole.append(name)
        elif f" {asked}" in folded:
            inside.append(name)
    return (whole + inside)[:MOST_OFFERED]


def _folded(text: str) -> str:
    parts = unicodedata.normalize("NFKD", text.casefold())
    return "".join(sign for sign in parts if not unicodedata.combining(sign))


@require_safe
def names(request: HttpRequest, topic_id: int) -> HttpResponse:
    """{"names": at most 8} of this talk that begin with ?q=, the latest speakers first. 429: too often."""
    reader = reader_of(request)
    who = f"member{reader.user.pk}" if reader.user else network_key(request)
    wait = hit("names", who)
    if wait:
        headers = {"Retry-After": str(wait), "Cache-Control": "no-store"}
        return JsonResponse({"names": []}, status=429, headers=headers)
    topic = get_object_or_404(Topic.objects.visible_to(reader), pk=topic_id)
    query = " ".join(request.GET.get("q", "")[: marks.NAME_CHARS].split())
    headers = {"Cache-Control": f"private, max-age={KEPT_S}"}
    return JsonResponse({"names": matching(names_of(topic), query)}, headers=headers)
