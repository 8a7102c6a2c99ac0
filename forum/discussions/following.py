"""Following a talk, a branch or a person: each has a page with a button, and a list of all."""

from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from forum import counts
from forum.accounts.limits import hit
from forum.accounts.models import User
from forum.accounts.readers import Reader, reader_of
from forum.discussions import answers, page, services
from forum.discussions.models import Comment, Follow, Topic

LISTED = 1_000  # as many as one may follow
STATUS = {"not-allowed": 403, "target-gone": 410, "follow-self": 409, "follow-many": 409}


@require_http_methods(["GET", "HEAD", "POST"])
def topic(request: HttpRequest, topic_id: int) -> HttpResponse:
    here = services.present_topic_id(topic_id)
    found = get_object_or_404(Topic.objects.visible_to(reader_of(request)), pk=here)
    feed = f"{found.get_absolute_url()}comments.atom"
    context = {
        "kind": "topic",
        "title": found.title,
        "feed": feed,
        "back": found.get_absolute_url(),
    }
    return _page(request, context, topic_id=found.pk)


@require_http_methods(["GET", "HEAD", "POST"])
def comment(request: HttpRequest, comment_id: int) -> HttpResponse:
    rows = Comment.objects.public().with_text()
    found = get_object_or_404(rows, pk=comment_id)
    context = {
        "kind": "comment",
        "title": found.thread.topic.title,
        "name": found.name,
        "number": page.number_of(found),
        "feed": reverse("branch_feed", args=[found.pk]),
        "back": found.get_absolute_url(),
    }
    return _page(request, context, comment_id=found.pk)


@require_http_methods(["GET", "HEAD", "POST"])
def person(request: HttpRequest, member_id: int) -> HttpResponse:
    found = get_object_or_404(User, pk=member_id, is_active=True)
    context = {
        "kind": "person",
        "title": found.username,
        "feed": reverse("member_feed", args=[found.pk]),
        "back": reverse("member", args=[found.pk]),
    }
    return _page(request, context, person_id=found.pk)


def _page(request: HttpRequest, context: dict[str, Any], **what: int) -> HttpResponse:
    """Show whether it is followed, with the button that changes it; POST `act`: follow, unfollow."""
    reader = reader_of(request)
    context |= {"may_follow": services.may_follow(reader), "mails": settings.MAILS}
    context["is_self"] = bool(reader.user and what.get("person_id") == reader.user.pk)
    if request.method != "POST":
        context["is_followed"] = services.follows(reader, **what)
        return answers.private(render(request, "discussions/follow.html", context))
    try:
        _act(request, reader, what)
    except ValidationError as refusal:
        counts.refused(refusal.code or "other")
        context["words"] = " ".join(refusal.messages)
        context["is_followed"] = services.follows(reader, **what)
        status = STATUS.get(refusal.code or "", 422)
        response = render(request, "discussions/follow.html", context, status=status)
        return answers.private(response)
    return HttpResponseRedirect(request.path)


def _act(request: HttpRequest, reader: Reader, what: dict[str, int]) -> None:
    who = f"member{reader.user.pk}" if reader.user else f"pen{reader.pen.pk if reader.pen else 0}"
    if wait := hit("follow:author", who):
        raise ValidationError(
            _("That was quick. Please wait %(n)d seconds and press again."),
            "too-often",
            {"n": wait},
        )
    act = services.unfollow if request.POST.get("act") == "unfollow" else services.follow
    act(by=reader, **what)


@require_http_methods(["GET", "HEAD", "POST"])
def mine(request: HttpRequest) -> HttpResponse:
    """All that this member or guest follows; POST `end`, an id, lets go of one."""
    reader = reader_of(request)
    if not reader.is_known:
        raise Http404
    own = Follow.objects.by(reader)
    if request.method == "POST":
        end = request.POST.get("end", "")
        own.filter(pk=int(end) if end.isascii() and end.isdigit() and len(end) < 19 else 0).delete()
        return HttpResponseRedirect(request.path)
    rows = own.select_related("topic", "comment__thread__topic", "comment__member", "person")
    found = [one for one in rows.order_by("-pk")[:LISTED] if _is_here(one)]
    numbers = page.numbers_of([one.comment_id for one in found if one.comment_id])
    follows = [
        {"follow": one, "topic": _talk_of(one), "number": numbers.get(one.comment_id, "")}
        for one in found
    ]
    return answers.private(render(request, "discussions/following.html", {"follows": follows}))


def _is_here(one: Follow) -> bool:
    """What is hidden for now is left out; its follow stays, for the day it comes back."""
    if one.person:
        return bool(one.person.is_active)
    topic = one.topic or one.comment.thread.topic
    return not topic.hidden_at or bool(one.topic and one.topic.moved_to_id)


def _talk_of(one: Follow) -> Topic | None:
    """Return the talk that a follow is about, where it is now; None for one of a person."""
    if one.topic and one.topic.moved_to_id:
        return Topic.objects.get(pk=services.present_topic_id(one.topic.pk))
    return one.topic or (one.comment.thread.topic if one.comment_id else None)
