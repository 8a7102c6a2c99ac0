"""A public comment as a source: who, where, when, and a hash of its words; for people and machines."""

from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from forum import sql
from forum.accounts.readers import ANYBODY
from forum.discussions import answers, page, services
from forum.discussions.canonical import digest
from forum.discussions.models import Comment

# Named in what machines read, so that another way of hashing would be told from this one.
HASHED_AS = "SHA-256 of the text shown: NFC, runs of white space to one space, trimmed, UTF-8"


@require_safe
def cite(request: HttpRequest, comment_id: int) -> HttpResponseBase:
    """A page to copy from. What is not public is not cited: 410 if it was, else 404."""
    comment = _citable(comment_id)
    if comment is None:
        return _gone(request, comment_id)

    def make() -> HttpResponse:
        context = {"comment": comment, "topic": comment.thread.topic, **_cited(comment)}
        return render(request, "discussions/cite.html", context)

    return answers.shared(request, _etag("cite", comment), make)


@require_safe
def cite_json(request: HttpRequest, comment_id: int) -> HttpResponseBase:
    """The same as CSL-JSON, which reference managers read; the hash stands under "custom"."""
    comment = _citable(comment_id)
    if comment is None:
        return _gone(request, comment_id)

    def make() -> HttpResponse:
        return JsonResponse([_csl(comment, _cited(comment))], safe=False)

    return answers.shared(request, _etag("cite.json", comment), make)


def _citable(comment_id: int) -> Comment | None:
    return sql.first(_public, comment_id)


def _public(comment_id: int) -> Any:
    return Comment.objects.visible_to(ANYBODY).with_text().filter(pk=comment_id)


def _etag(kind: str, comment: Comment) -> str:
    topic = comment.thread.topic
    return answers.etag_of(kind, comment.pk, topic.pk, topic.version)


def _gone(request: HttpRequest, comment_id: int) -> HttpResponse:
    if not services.was_public(comment_id):
        raise Http404
    context = {"status": 410, "is_comment": True}
    return render(request, "errors/410.html", context, status=410)


def _cited(comment: Comment) -> dict[str, Any]:
    """Return what a citation says; moments in UTC, and no word of the comment itself."""
    topic = comment.thread.topic
    who = comment.called if comment.member_id else f"{comment.called} ({_('guest')})"
    named = {
        "who": who,
        "number": page.number_of(comment),
        "title": topic.title,
        "address": settings.SITE_URL + comment.get_absolute_url(),
        "written": _minute(comment.created_at),
        "edited": _minute(_changed_at(comment)) if _changed_at(comment) else "",
        "sha256": digest(comment.text.body_html),
        "site": settings.SITE_NAME,
    }
    edited = (_(", edited %(edited)s") % named) if named["edited"] else ""
    words = _(
        "%(who)s, comment %(number)s on “%(title)s”. %(site)s, %(written)s%(changed)s. %(address)s"
    )
    text = words % (named | {"changed": edited})
    return named | {"citation": f"{text}\nSHA-256 {named['sha256']}"}


def _changed_at(comment: Comment) -> datetime | None:
    moments = [at for at in (comment.edited_at, comment.staff_edited_at) if at]
    return max(moments, default=None)


def _minute(at: datetime | None) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC") if at else ""


def _csl(comment: Comment, named: dict[str, Any]) -> dict[str, Any]:
    """Return an item of CSL-JSON 1.0.2, type "post"."""
    at = comment.created_at.astimezone(UTC)
    changed = _changed_at(comment)
    custom = {"sha256": named["sha256"], "hashed": HASHED_AS, "written": at.isoformat()}
    if changed:
        custom["edited"] = changed.astimezone(UTC).isoformat()
    return {
        "id": f"comment-{comment.pk}",
        "type": "post",
        "author": [{"literal": named["who"]}],
        "title": _("Comment %(number)s on “%(title)s”") % named,
        "container-title": named["site"],
        "issued": {"date-parts": [[at.year, at.month, at.day]]},
        "URL": named["address"],
        "custom": custom,
    }
