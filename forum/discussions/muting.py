"""Muting a person, a guest or words, for oneself alone; and how their comments look then.

A member's mutes are rows, anybody else's lie in a cookie of their browser (muted.py). The pen of a guest
with an address has a copy of it, which who writes letters asks.
"""

import re
from collections.abc import Callable, Container, Iterable
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from forum.accounts import addresses
from forum.accounts.models import Pen, User
from forum.accounts.readers import reader_of
from forum.discussions import answers, muted, services
from forum.discussions.comments_html import Said
from forum.discussions.models import Comment, Mute
from forum.discussions.muted import MOST_IN_COOKIE, Kept, Muted

LISTED = 500
COOKIE_SECONDS = 365 * 24 * 3600

# ------------------------------------------------------------------------------------- on the page

_BODY = b'<div class="comment-body"'
_ARTICLE = re.compile(rb'<article class="comment[a-z -]*" id="c(\d+)"')


def veil(html: bytes, topic_id: int, what: Muted) -> bytes:
    """Put what a reader has muted behind a line that says so; one query at most, and none for who has
    muted nothing. Replies stay open: a veil hides a comment's own words alone.
    """
    if not what:
        return html
    by_author = _by_muted_authors(what, thread__topic=topic_id)
    return _veiled(html, lambda pk, body: pk in by_author or muted.says(body, what.words))


def silent_among(said: Iterable[Said], what: Muted) -> set[int]:
    """Return which of these a reader has muted; one query at most, and none for who has muted nothing."""
    if not what:
        return set()
    words = {one.id: one.body_html for one in said}
    by_author = _by_muted_authors(what, pk__in=list(words))
    return by_author | {pk for pk, html in words.items() if muted.says(html, what.words)}


def veil_those(html: str, silent: Container[int]) -> str:
    """Put the words of these comments behind the line that says so."""
    return _veiled(html.encode(), lambda pk, _body: pk in silent).decode() if silent else html


def _veiled(html: bytes, is_muted: Callable[[int, str], bool]) -> bytes:
    parts, at = [], 0
    for found in _ARTICLE.finditer(html):
        start = html.find(_BODY, found.end())
        end = html.find(b'<p class="acts" id="a%s"' % found[1], start)
        if start < 0 or end < 0 or not _is_near(html, found.end(), start):
            continue  # a tombstone: it has no words
        body = html[start:end]
        if is_muted(int(found[1]), body.decode()):
            parts += [html[at:start], _opening(), body, b"</details>"]
            at = end
    return b"".join([*parts, html[at:]])


def _is_near(html: bytes, opening: int, body: int) -> bool:
    """Return True if this body is that of the article which opens before it."""
    return b"<article" not in html[opening:body]


def _opening() -> bytes:
    return f'<details class="veil"><summary>{_("muted by you")}</summary>'.encode()


def _by_muted_authors(what: Muted, **where: Any) -> set[int]:
    if not what.people and not what.pens:
        return set()
    rows = Comment.objects.filter(what.by_author, **where).order_by()
    return set(rows.values_list("pk", flat=True))


# ------------------------------------------------------------------------------------ to mute, and not


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


@require_http_methods(["GET", "HEAD", "POST"])
def person(request: HttpRequest, member_id: int) -> HttpResponse:
    """Mute a member."""
    found = get_object_or_404(User, pk=member_id, is_active=True)
    context = {"name": found.username, "back": reverse("member", args=[found.pk])}
    return _ask(request, context, person_id=found.pk)


def _ask(request: HttpRequest, context: dict[str, Any], **whom: Any) -> HttpResponse:
    status, member = 200, reader_of(request).user
    if request.method == "POST":
        try:
            if not member:
                return _kept(request, comment=whom.get("comment") or _said_by(whom["person_id"]))
            services.mute_author(by=member, **whom)
        except ValidationError as refusal:
            context["words"], status = " ".join(refusal.messages), 409
        else:
            return redirect("muted")
    return answers.private(render(request, "discussions/mute.html", context, status=status))


@require_http_methods(["GET", "HEAD", "POST"])
def mine(request: HttpRequest) -> HttpResponse:
    """All that this reader has muted; POST `words` mutes some, `end` lets one be read again."""
    context: dict[str, Any] = {}
    if request.method == "POST":
        member, end = reader_of(request).user, request.POST.get("end", "")
        words = request.POST.get("words", "")
        try:
            if not member:
                return _ended(request, end) if end else _kept(request, words=words)
            if end.isascii() and end.isdigit() and len(end) < 19:
                services.unmute(by=member, mute_id=int(end))
            else:
                services.mute_words(by=member, words=words)
            return redirect("muted")
        except ValidationError as refusal:
            context = {"error": " ".join(refusal.messages), "words": words}
    context["mutes"] = _listed(request)
    status = 422 if "error" in context else 200
    return answers.private(render(request, "discussions/muted.html", context, status=status))


def _listed(request: HttpRequest) -> list[dict[str, Any]]:
    """Return what is muted, the latest first: `end` lets it be read again; one query."""
    member = reader_of(request).user
    if member:
        rows = Mute.objects.filter(member=member).select_related("person").order_by("-pk")
        return [
            {"end": one.pk, "person": one.person, "words": one.words, "name": one.name}
            for one in rows[:LISTED]
        ]
    kept = muted.kept_in(request)
    authors = Comment.objects.filter(pk__in=kept.comment_ids).select_related("member")
    by_id = {one.pk: one for one in authors}
    found: list[dict[str, Any]] = [{"end": f".{one}", "words": one} for one in reversed(kept.words)]
    for pk in reversed(kept.comment_ids):
        name = by_id[pk].author_name if pk in by_id else ""
        found.append({"end": pk, "person": by_id[pk].member if pk in by_id else None, "name": name})
    return found


# ------------------------------------------------------------------------------- a guest's, in a cookie


def _said_by(member_id: int) -> Comment:
    """Return the latest public comment of a member. Raises ValidationError "mute-nobody"."""
    found = Comment.objects.public().filter(member=member_id).order_by("-pk").first()
    if found is None:
        words = _("Nothing of theirs is here that could be muted.")
        raise ValidationError(words, "mute-nobody")
    return found


def _kept(request: HttpRequest, *, comment: Comment | None = None, words: str = "") -> HttpResponse:
    """Keep an author, or words, in the browser's cookie.

    Raises ValidationError: mute-self, mute-nobody, words-empty, words-long, mutes-many.
    """
    kept = muted.kept_in(request)
    if comment:
        services.refuse_mute(comment, reader_of(request))
        return _changed(request, muted.joined(kept, Kept((comment.pk,))))
    words = services.checked_words(words)
    return _changed(request, muted.joined(kept, Kept((), (words,))))


def _ended(request: HttpRequest, end: str) -> HttpResponse:
    kept = muted.kept_in(request)
    ids = tuple(one for one in kept.comment_ids if str(one) != end)
    return _changed(request, Kept(ids, tuple(one for one in kept.words if f".{one}" != end)))


def _changed(request: HttpRequest, kept: Kept) -> HttpResponse:
    cookie = muted.written(kept)
    if cookie is None:
        text = _("This is as much as a browser keeps. Please let go of some first.")
        raise ValidationError(text, "mutes-many")
    response = redirect("muted")
    _give(response, cookie)
    pen = reader_of(request).pen
    if pen:
        addresses.keep_muted(pen, cookie)
    return response


def _give(response: HttpResponse, cookie: str) -> None:
    if not cookie:
        response.delete_cookie(settings.MUTED_COOKIE_NAME, samesite="Lax")
        return
    response.set_cookie(
        settings.MUTED_COOKIE_NAME,
        cookie,
        max_age=COOKIE_SECONDS,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


# --------------------------------------------------------------------------- and where letters ask it


def keep(request: HttpRequest, pen: Pen) -> None:
    """Let a guest's letters know what this browser's cookie says; no statement where they do."""
    addresses.keep_muted(pen, muted.written(muted.kept_in(request)) or "")


def bring_back(request: HttpRequest, response: HttpResponse, pen: Pen) -> None:
    """Mute in this browser, too, what a pen that came back to it had muted in another."""
    kept = muted.joined(muted.read(pen.muted) or Kept(), muted.kept_in(request))
    kept = Kept(kept.comment_ids[-MOST_IN_COOKIE:], kept.words[-MOST_IN_COOKIE:])
    while (cookie := muted.written(kept)) is None:  # too much for one: the oldest words go
        kept = Kept(kept.comment_ids, kept.words[1:])
    if cookie:
        _give(response, cookie)
    addresses.keep_muted(pen, cookie)
