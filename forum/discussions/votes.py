"""Voting on a comment: the page that asks, and the POST behind the buttons of every page."""

import uuid
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import Resolver404, resolve, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from forum import counts
from forum.accounts import blocks
from forum.accounts.limits import hit, network_key
from forum.accounts.readers import Reader, give_pen, pen_in, pen_with_secret, reader_of, secret_of
from forum.discussions import answers, page, scores, vote_marks
from forum.discussions.models import Comment, Vote, voter
from forum.discussions.services import voting

STATUS = {
    "vote-unknown": 422,
    "votes-off": 403,
    "own-comment": 403,
    "account-closed": 403,
    "pen-closed": 403,
    "blocked": 403,
    "guests-closed": 403,
    "comment-gone": 404,
    "too-fast": 429,
}  # others are 409


@require_http_methods(["GET", "HEAD", "POST"])
def vote(request: HttpRequest, comment_id: int) -> HttpResponse:
    """The form for a vote; POST `value` 1, -1 or 0, which takes a vote back.

    A guest without a pen gets one by the POST, as by posting: within the same limit of new pens.
    """
    reader = reader_of(request)
    if request.method != "POST":
        return _form(request, comment_id, reader)
    try:
        value = _value(request)
        reader, secret = _voter(request, reader, comment_id)
        pen = pen_in(request) if reader.user else None
        voted = voting.vote(comment_id=comment_id, by=reader, value=value, pen=pen)
    except ValidationError as refusal:
        return _refused(request, comment_id, reader_of(request), refusal)
    response = _voted(request, voted)
    if secret:
        give_pen(response, secret)
    return response


def _value(request: HttpRequest) -> int:
    """Return the vote that was sent. Raises ValidationError: votes-off, vote-unknown."""
    sent = request.POST.get("value", "")
    value = int(sent) if sent in ("1", "0", "-1") else 9
    voting.refuse_value(value)
    return value


def _voter(request: HttpRequest, reader: Reader, comment_id: int) -> tuple[Reader, str]:
    """Return who votes, and the secret of the pen that a guest gets by it. Raises ValidationError:
    guests-closed, blocked, too-fast, and what voting refuses at once, so that no pen is made for that.
    """
    if settings.GUESTS == "closed" and not reader.user:
        raise ValidationError(_("Guests cannot vote here at the moment."), "guests-closed")
    if not reader.user:
        name, email = (reader.pen.name, reader.pen.email) if reader.pen else ("", "")
        blocks.refuse(network=network_key(request), name=name, email=email)
    wait = _limited(request, reader)
    if wait:
        words = ngettext(
            "That was quick. Please wait %(wait)d second and press again.",
            "That was quick. Please wait %(wait)d seconds and press again.",
            wait,
        )
        raise ValidationError(words % {"wait": wait}, "too-fast", {"wait": wait})
    if reader.is_known:
        return reader, ""
    voting.refuse_vote(Comment.objects.filter(pk=comment_id).first(), reader)
    pen, secret, _is_new = pen_with_secret(secret_of(_submission(request)), "")
    return Reader(pen=pen), secret


def _limited(request: HttpRequest, reader: Reader) -> int:
    """Count a vote; return the seconds to wait, 0 if it may go ahead."""
    if reader.user:
        return hit("vote:author", f"member{reader.user.pk}")
    network = network_key(request)
    wait = hit("vote:network", network)
    if reader.pen:
        return max(wait, hit("vote:author", f"pen{reader.pen.pk}"))
    return max(wait, hit("pen:network", network))


def _submission(request: HttpRequest) -> uuid.UUID | None:
    """Return the id of the form, so that a first vote pressed twice makes one pen."""
    try:
        return uuid.UUID(request.POST.get("submission", ""))
    except ValueError:
        return None


def _form(
    request: HttpRequest,
    comment_id: int,
    reader: Reader,
    *,
    words: str = "",
    status: int = 200,
) -> HttpResponse:
    comment = Comment.objects.visible_to(reader).with_text().filter(pk=comment_id).first()
    if comment is None:
        raise Http404
    context: dict[str, Any] = {"comment": comment, "topic": comment.thread.topic, "words": words}
    try:
        voting.refuse_value(1)
        voting.refuse_vote(comment, reader)
        may_vote = settings.GUESTS != "closed" or bool(reader.user)
    except ValidationError as refusal:
        may_vote, context["words"] = False, words or " ".join(refusal.messages)
    context |= {
        "may_vote": may_vote,
        "value": _value_of(comment, reader),
        "score": _told(comment),
        "number": page.number_of(comment),
        "may_down": settings.VOTES != "up",
        "submission": uuid.uuid4(),
    }
    return answers.private(render(request, "discussions/vote.html", context, status=status))


def _refused(
    request: HttpRequest, comment_id: int, reader: Reader, refusal: ValidationError
) -> HttpResponse:
    """Answer in plain words: the page of the vote, or the words alone for a script."""
    code = refusal.code or ""
    counts.refused(code or "other")
    words, status = " ".join(refusal.messages), STATUS.get(code, 409)
    comment = Comment.objects.visible_to(reader).filter(pk=comment_id).first()
    if status == 404 or comment is None:
        raise Http404
    if _is_script(request):
        response = HttpResponse(_buttons(comment, _value_of(comment, reader), words), status=status)
    else:
        response = _form(request, comment_id, reader, words=words, status=status)
    if status == 429:
        response.headers["Retry-After"] = str((refusal.params or {}).get("wait", 60))
    return answers.private(response)


def _voted(request: HttpRequest, voted: voting.Voted) -> HttpResponse:
    """Lead back to where the comment stands; a script gets the buttons as they are now."""
    comment = voted.comment
    if _is_script(request):
        return answers.private(HttpResponse(_buttons(comment, voted.value)))
    return HttpResponseRedirect(_way_back(request, comment))


def _buttons(comment: Comment, value: int, wrong: str = "") -> str:
    return vote_marks.buttons(comment.pk, value, _told(comment), wrong)


def _told(comment: Comment) -> int | None:
    """Return the score if readers are told it."""
    age = timezone.now() - comment.created_at
    is_told = scores.is_told(comment.ups, comment.downs, age)
    return comment.ups - comment.downs if is_told else None


def _value_of(comment: Comment, reader: Reader) -> int:
    """Return how this reader voted."""
    if not reader.is_known:
        return 0
    mine = Vote.objects.filter(comment=comment, **voter(reader))
    return mine.values_list("value", flat=True).first() or 0


def _is_script(request: HttpRequest) -> bool:
    return bool(request.headers.get("HX-Request"))


def _way_back(request: HttpRequest, comment: Comment) -> str:
    """Return the page that the button was on, at the comment, if it is one of ours that holds it."""
    from_page = urlsplit(request.headers.get("Referer", ""))
    at = f"#c{comment.pk}"
    topic = Comment.objects.select_related("thread__topic").get(pk=comment.pk).thread.topic
    here = from_page.path
    is_ours = from_page.netloc == request.get_host()
    is_talk = here == topic.get_absolute_url() or _names(here) == "comment"
    if is_ours and is_talk and here != reverse("vote", args=[comment.pk]):
        query = f"?{from_page.query}" if from_page.query else ""
        return f"{here}{query}{at}"
    return page.address_of(comment, topic)


def _names(path: str) -> str:
    try:
        return resolve(path).url_name or ""
    except Resolver404:
        return ""
