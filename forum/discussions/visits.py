"""Telling that a talk was seen, calling it read, and the page of all that is new."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from forum.accounts.readers import reader_of
from forum.discussions import answers, newness, services
from forum.discussions.models import Topic, Visit
from forum.discussions.seen import Seen, written

SEEN_COOKIE_SECONDS = 365 * 24 * 3600
MOST_TALKS = 200


@require_POST
def seen(request: HttpRequest, topic_id: int) -> HttpResponse:
    """A talk was seen as it was at `at`: 204; with `read` it is called read, and shown again."""
    reader = reader_of(request)
    here = services.present_topic_id(topic_id)
    topic = get_object_or_404(Topic.objects.visible_to(reader), pk=here)
    is_read = "read" in request.POST
    at = _moment_of(request, topic)
    response = HttpResponse(status=204)
    if is_read:
        response = HttpResponseRedirect(f"{topic.get_absolute_url()}#talk")
    kept = newness.seen_in(request)
    if reader.user and is_read:
        services.mark_read(member=reader.user, topic_id=topic.pk, at=at)
    elif reader.user:
        services.record_visit(member=reader.user, topic_id=topic.pk, at=at)
    elif kept is not None:
        _keep(response, _with(kept, topic.pk, at, is_read=is_read))
    if reader.user and reader.user.unread:  # what was read here is no notice any more
        services.read_notices(member_id=reader.user.pk, topic_id=topic.pk, at=at)
    return answers.private(response)


def _moment_of(request: HttpRequest, topic: Topic) -> datetime:
    """Return the moment until which a page showed all, as the page told it; never one to come."""
    try:
        at = datetime.fromisoformat(request.POST.get("at", ""))
        if at.tzinfo is None or at.year < newness.FIRST_YEAR:
            raise ValueError
        return min(at, max(filter(None, (topic.last_comment_at, timezone.now()))))
    except (ValueError, OverflowError):
        raise BadRequest(_("This page was too old for that. Open the talk again.")) from None


def _with(kept: dict[int, Seen], topic_id: int, at: datetime, *, is_read: bool) -> dict[int, Seen]:
    """Return what a guest has seen once they have seen this talk; it is the latest then."""
    before = kept.pop(topic_id, Seen(at, at))
    now = before.after(at)
    return {**kept, topic_id: Seen(now.seen_at, now.seen_at) if is_read else now}


def _keep(response: HttpResponse, seen: dict[int, Seen]) -> None:
    response.set_cookie(
        settings.SEEN_COOKIE_NAME,
        written(seen, timezone.now()),
        max_age=SEEN_COOKIE_SECONDS,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


@require_http_methods(["GET", "HEAD", "POST"])
def my_news(request: HttpRequest) -> HttpResponse:
    """The talks in which something is new to who reads; here guests choose to have it marked.

    POST `start` (with `topic`), `stop`, or `all`: everything is called read.
    """
    if request.method != "POST":
        return answers.private(render(request, "discussions/my_news.html", _news(request)))
    kept = newness.seen_in(request)
    topic = _topic(request.POST.get("topic", ""), request)
    response = HttpResponseRedirect(reverse("my_news"))
    if "start" in request.POST:
        if topic:
            response = HttpResponseRedirect(f"{topic.get_absolute_url()}#talk")
            _keep(response, _with(kept or {}, topic.pk, timezone.now(), is_read=False))
        else:
            _keep(response, kept or {})
    elif "stop" in request.POST:
        response.delete_cookie(settings.SEEN_COOKIE_NAME, samesite="Lax")
    elif "all" in request.POST:
        _call_all_read(request, response)
    return answers.private(response)


def _topic(text: str, request: HttpRequest) -> Topic | None:
    """Return the talk of this id, if there is one that may be read here."""
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        return None
    topics = Topic.objects.visible_to(reader_of(request))
    return topics.filter(pk=services.present_topic_id(int(text))).first()


def _call_all_read(request: HttpRequest, response: HttpResponse) -> None:
    """Call every talk read as it was when the page of the form was made."""
    try:
        at = min(datetime.fromisoformat(request.POST.get("at", "")), timezone.now())
    except (ValueError, TypeError):
        raise BadRequest(_("This page was too old for that. Open the talk again.")) from None
    reader, kept = reader_of(request), newness.seen_in(request)
    if reader.user:
        services.mark_all_read(member=reader.user, at=at)
    elif kept is not None:
        latest = {pk: max(one.seen_at, at) for pk, one in kept.items()}
        _keep(response, {pk: Seen(moment, moment) for pk, moment in latest.items()})
    messages.success(request, _("Everything is called read. What comes now is new."))


def _news(request: HttpRequest) -> dict[str, Any]:
    """Four queries at most, whatever the number of talks."""
    reader, kept = reader_of(request), newness.seen_in(request)
    at = timezone.now()
    ids = list(kept or ())
    if reader.user:
        visits = Visit.objects.filter(member=reader.user).order_by("-seen_at")
        ids = list(visits.values_list("topic_id", flat=True)[:MOST_TALKS])
    talks = list(Topic.objects.visible_to(reader).filter(pk__in=ids, moved_to=None))
    newness.count(request, talks)
    fresh = [topic for topic in talks if topic.new_words]
    fresh.sort(
        key=lambda topic: (topic.last_comment_at or topic.created_at, topic.pk), reverse=True
    )
    return {
        "talks": fresh,
        "at": at.isoformat(),
        "is_kept": reader.user or kept is not None,
        "topic": None if reader.user else _topic(request.GET.get("topic", ""), request),
    }
