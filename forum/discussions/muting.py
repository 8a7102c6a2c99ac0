"""Muting a person, a guest or words, for oneself alone; and how their comments look then."""

import re
from collections.abc import Iterable
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from forum import markup
from forum.accounts.models import User
from forum.accounts.readers import reader_of
from forum.discussions import answers, muted_words, services
from forum.discussions.models import Comment, Mute

LISTED = 500

# ------------------------------------------------------------------------------------- on the page

_BODY = b'<div class="comment-body"'
_ARTICLE = re.compile(rb'<article class="comment[a-z -]*" id="c(\d+)"')


def veil(html: bytes, topic_id: int, member: User) -> bytes:
    """Put what this member has muted behind a line that says so; two queries at most, and none for
    a member who has muted nothing. Replies stay open: a veil hides a comment's own words alone.
    """
    if not member.has_mutes:
        return html
    words = muted_words_of(member)
    muted = _by_muted_authors(topic_id, member)
    if not muted and not words:
        return html
    parts, at = [], 0
    for found in _ARTICLE.finditer(html):
        start = html.find(_BODY, found.end())
        end = html.find(b'<p class="acts" id="a%s"' % found[1], start)
        if start < 0 or end < 0 or not _is_near(html, found.end(), start):
            continue  # a tombstone: it has no words
        body = html[start:end]
        if int(found[1]) in muted or is_muted(body.decode(), words):
            parts += [html[at:start], _opening(), body, b"</details>"]
            at = end
    return b"".join([*parts, html[at:]])


def _is_near(html: bytes, opening: int, body: int) -> bool:
    """Return True if this body is that of the article which opens before it."""
    return b"<article" not in html[opening:body]


def _opening() -> bytes:
    return f'<details class="veil"><summary>{_("muted by you")}</summary>'.encode()


def _by_muted_authors(topic_id: int, member: User) -> set[int]:
    mutes = Mute.objects.filter(member=member)
    people, pens = mutes.exclude(person=None), mutes.exclude(pen=None)
    author = Q(member__in=people.values("person")) | Q(pen__in=pens.values("pen"))
    rows = Comment.objects.filter(author, thread__topic=topic_id).order_by()
    return set(rows.values_list("pk", flat=True))


def muted_words_of(member: User) -> tuple[str, ...]:
    """Return the words that a member has muted; one query."""
    rows = Mute.objects.filter(member=member).exclude(words=None).order_by("words")
    return tuple(words or "" for words in rows.values_list("words", flat=True))


def is_muted(body_html: str, words: Iterable[str]) -> bool:
    """Return True if one of these words stands in what safe HTML shows."""
    return bool(words) and muted_words.says(markup.plain(body_html), words)


# ------------------------------------------------------------------------------------ to mute, and not


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def comment(request: HttpRequest, comment_id: int) -> HttpResponse:
    """Mute whoever wrote this comment."""
    rows = Comment.objects.visible_to(reader_of(request)).with_text()
    found = get_object_or_404(rows, pk=comment_id)
    context = {
        "name": found.name,
        "is_guest": not found.member_id,
        "back": found.get_absolute_url(),
    }
    return _ask(request, context, comment=found)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def person(request: HttpRequest, member_id: int) -> HttpResponse:
    """Mute a member."""
    found = get_object_or_404(User, pk=member_id, is_active=True)
    context = {"name": found.username, "back": reverse("member", args=[found.pk])}
    return _ask(request, context, person_id=found.pk)


def _ask(request: HttpRequest, context: dict[str, Any], **whom: Any) -> HttpResponse:
    assert isinstance(request.user, User)
    status = 200
    if request.method == "POST":
        try:
            services.mute_author(by=request.user, **whom)
        except ValidationError as refusal:
            context["words"], status = " ".join(refusal.messages), 409
        else:
            return redirect("muted")
    return answers.private(render(request, "discussions/mute.html", context, status=status))


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def mine(request: HttpRequest) -> HttpResponse:
    """All that this member has muted; POST `words` mutes some, `end` (an id) lets one be read again."""
    assert isinstance(request.user, User)
    context: dict[str, Any] = {}
    if request.method == "POST":
        end = request.POST.get("end", "")
        try:
            if end.isascii() and end.isdigit() and len(end) < 19:
                services.unmute(by=request.user, mute_id=int(end))
            else:
                services.mute_words(by=request.user, words=request.POST.get("words", ""))
            return redirect("muted")
        except ValidationError as refusal:
            context = {"error": " ".join(refusal.messages), "words": request.POST.get("words", "")}
    rows = Mute.objects.filter(member=request.user).select_related("person").order_by("-pk")
    context["mutes"] = rows[:LISTED]
    status = 422 if "error" in context else 200
    return answers.private(render(request, "discussions/muted.html", context, status=status))
