"""Reading along: the list of keys, the small request for news of a talk, what changed since a day."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.core.exceptions import BadRequest
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.cache import get_conditional_response
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from forum import sql
from forum.accounts.readers import ANYBODY, reader_of
from forum.discussions import answers, arrivals, catching_up, muted, newness
from forum.discussions.models import Comment, Topic


@require_safe
def keys(request: HttpRequest) -> HttpResponseBase:
    """The keys of one letter, for a page of their own and for the dialog that shows them."""
    return answers.shared(request, None, lambda: render(request, "discussions/keys.html"))


# News: public to everybody, whoever asks, so that a known reader is answered 304 too.


def news_of(request: HttpRequest, topic_id: int, version: int) -> HttpResponseBase:
    """Answer what came to a talk that anybody may read; see arrivals.py."""
    return _news(
        request, ("news", topic_id, version), lambda at: arrivals.of_topic(topic_id, version, at)
    )


@require_safe
def topic_news(request: HttpRequest, topic_id: int) -> HttpResponseBase:
    """What came to a Lobby topic since a moment."""
    topics = Topic.objects.in_lobby().visible_to(ANYBODY).only("version")
    return news_of(request, topic_id, get_object_or_404(topics, pk=topic_id).version)


@require_safe
def comment_news(request: HttpRequest, comment_id: int) -> HttpResponseBase:
    """What came below a comment since a moment."""
    found = sql.first(_public, comment_id)
    if found is None:
        raise Http404
    version = found.thread.topic.version
    name = ("news below", comment_id, version)
    return _news(request, name, lambda at: arrivals.below(comment_id, version, at))


def _public(comment_id: int) -> QuerySet[Comment]:
    rows = Comment.objects.visible_to(ANYBODY).select_related("thread__topic")
    return rows.only("thread__topic__version").filter(pk=comment_id)


def _news(
    request: HttpRequest, name: tuple[Any, ...], told: Callable[[datetime], dict[str, Any]]
) -> HttpResponseBase:
    since = newness.since_of(request.GET)
    if since is None:
        raise BadRequest(
            _("News of a talk are asked for since a moment: ?since=2026-11-25T18:00:00Z.")
        )
    if "mine" in request.GET:
        return answers.private(JsonResponse(_heard(request, told(since))))
    etag = answers.etag_of(*name, since)
    response: HttpResponseBase = get_conditional_response(request, etag=etag) or JsonResponse(
        told(since)
    )
    response.headers["ETag"] = etag
    response.headers["Cache-Control"] = "public, no-cache"
    return response


def _heard(request: HttpRequest, told: dict[str, Any]) -> dict[str, Any]:
    """Return the news but for what this reader wrote, wherever that was, and muted."""
    ids = [pk for pk, _parent_id in told["new"]]
    own = Comment.objects.by(reader_of(request)).filter(pk__in=ids).order_by()
    silent = muted.silent(ids, muted.of(request)) | set(own.values_list("pk", flat=True))
    new = [one for one in told["new"] if one[0] not in silent]
    return {**told, "count": len(new), "new": new}


# Catching up

USUAL_DAYS = 7
OFFERED_DAYS = (1, 7, 30)


@require_safe
def topic_since(request: HttpRequest, topic_id: int) -> HttpResponseBase:
    """What changed in a Lobby topic since a day."""
    topics = Topic.objects.in_lobby().visible_to(reader_of(request)).only("version")
    return since_page(request, topic_id, get_object_or_404(topics, pk=topic_id).version)


def since_page(request: HttpRequest, topic_id: int, version: int) -> HttpResponseBase:
    """What changed in a talk that the reader may see since ?from=, a day of theirs; a week ago if
    none is named, 422 if it is none.
    """
    today = timezone.localdate()
    text = request.GET.get("from", "")
    day = _day(text) if text else today - timedelta(days=USUAL_DAYS)

    def make() -> HttpResponse:
        topic = Topic.objects.get(pk=topic_id)
        context: dict[str, Any] = {"topic": topic, "typed": text or str(day), "day": day}
        context["offered"] = [
            {"day": str(today - timedelta(days=days)), "days": days} for days in OFFERED_DAYS
        ]
        if day:
            start = datetime.combine(day, time.min, tzinfo=timezone.get_current_timezone())
            context["start"] = f"{start.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
            context["changes"] = catching_up.since(topic, start.astimezone(UTC), muted.of(request))
        return render(request, "discussions/since.html", context, status=200 if day else 422)

    name = ("since", topic_id, version, day, today, timezone.get_current_timezone_name())
    return answers.shared(request, answers.etag_of(*name) if day else None, make, keep=bool(day))


def _day(text: str) -> date | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if newness.FIRST_YEAR <= day.year <= newness.LAST_YEAR else None
