"""Reading a comment on its own page, writing, changing, taking back; the Lobby."""

import base64
import hashlib
import hmac
from dataclasses import replace
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db.models import F
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from forum import markup
from forum.accounts import addresses
from forum.accounts.limits import hit, network_key
from forum.accounts.readers import Reader, give_pen, pen_with_secret, reader_of
from forum.discussions import answers, comments_html, overlay, page, services
from forum.discussions.forms import BodyForm, CommentForm
from forum.discussions.models import BODY_CHARS, Comment, State, Topic
from forum.errors import kept_words

# How a refusal of services is answered; what is not here is 422.
STATUS = {
    "topic-gone": 404,
    "parent-gone": 404,
    "topic-locked": 409,
    "thread-locked": 409,
    "parent-held": 409,
    "parent-removed": 409,
    "parent-spam": 409,
    "parent-deleted": 409,
    "parent-erased": 409,
    "same-text": 409,
    "moved": 409,
    "changed-meanwhile": 409,
    "gone-meanwhile": 409,
    "wrong-state": 409,
    "not-yours": 403,
    "not-editable": 403,
    "too-late": 403,
}
MINE_A_PAGE = 50
LOBBY_TOPICS = 200


# ---------------------------------------------------------------------------------------- reading


@require_safe
def comment_page(request: HttpRequest, comment_id: int) -> HttpResponseBase:
    """A comment with those above it and its replies. 404: never was; 410: was public."""
    reader = reader_of(request)
    comment = Comment.objects.with_text().filter(pk=comment_id).first()
    if comment is None or (comment.thread.topic.hidden_at and not reader.is_staff):
        return _gone_or_missing(request, comment_id)
    topic, options = comment.thread.topic, page.Options.of(request.GET)
    if comment.is_public:
        etag = answers.etag_of("comment", comment.pk, topic.pk, topic.version, options)
        return answers.shared(request, etag, lambda: _branch(request, comment, options, reader))
    if comment.is_by(reader) or reader.is_staff:
        return answers.private(_own(request, comment, reader))
    if not services.was_public(comment.pk):
        raise Http404
    return _branch(request, comment, options, reader, status=410)


def _gone_or_missing(request: HttpRequest, comment_id: int) -> HttpResponse:
    if not services.was_public(comment_id):
        raise Http404
    return _gone(request)


def _gone(request: HttpRequest) -> HttpResponse:
    context = {"status": 410, "is_comment": True, "kept": kept_words(request)}
    return render(request, "errors/410.html", context, status=410)


def _branch(
    request: HttpRequest, comment: Comment, options: page.Options, reader: Reader, status: int = 200
) -> HttpResponse:
    talk = page.branch(comment, comment.thread.topic, options)
    if status == 410 and not options.after and b'<div class="kids">' not in talk.html:
        return _gone(request)
    html = overlay.personal(talk.html, talk.topic.pk, reader)
    return render(
        request,
        "discussions/comment.html",
        {
            "comment": comment,
            "topic": talk.topic,
            "body_html": html.decode(),
            "excerpt": markup.excerpt(comment.text.body_html, 160) if comment.is_public else "",
        },
        status=status,
    )


def _own(request: HttpRequest, comment: Comment, reader: Reader) -> HttpResponse:
    """A comment that is not public, to its author or staff: its text, why, and the way back."""
    context = _own_context(comment, reader)
    return render(request, "discussions/own.html", context)


def _own_context(comment: Comment, reader: Reader, number: str = "") -> dict[str, Any]:
    # A spammer is not told which texts are taken for spam.
    shown = State.REMOVED if comment.state == State.SPAM and not reader.is_staff else comment.state
    return {
        "comment": comment,
        "shown_state": shown,
        "state_words": State(shown).label,
        "topic": comment.thread.topic,
        "number": number or page.number_of(comment),
        "depth": page.depth_of(comment),
        "body_html": comment.text.body_html if comment.is_text_visible_to(reader) else "",
        "words": comments_html.gone_words(comment.state),
        "is_author": comment.is_by(reader),
        "may_edit": comment.is_editable_by(reader),
        "may_undelete": comment.is_undeletable_by(reader),
    }


@require_safe
def history(request: HttpRequest, comment_id: int) -> HttpResponse:
    """The earlier texts of a comment: to all once it has a public reply, before that to its author.

    What was replaced while it waited for a moderator stays between the author and staff.
    """
    reader = reader_of(request)
    comment = get_object_or_404(Comment.objects.visible_to(reader).with_text(), pk=comment_id)
    sees_all = comment.is_by(reader) or reader.is_staff
    if not (sees_all or comment.has_public_reply()):
        raise Http404
    revisions = comment.revisions.order_by("-pk")
    context = {
        "comment": comment,
        "revisions": revisions if sees_all else revisions.filter(was_public=True),
        "topic": comment.thread.topic,
        "number": page.number_of(comment),
    }
    return answers.private(render(request, "discussions/history.html", context))


# ---------------------------------------------------------------------------------------- writing


@require_http_methods(["GET", "HEAD", "POST"])
def comment_new(request: HttpRequest, topic_id: int) -> HttpResponse:
    topic = get_object_or_404(Topic.objects.visible_to(reader_of(request)), pk=topic_id)
    return _write(request, topic, None)


@require_http_methods(["GET", "HEAD", "POST"])
def reply(request: HttpRequest, comment_id: int) -> HttpResponse:
    parent = Comment.objects.with_text().filter(pk=comment_id).first()
    if parent is None or (parent.thread.topic.hidden_at and not reader_of(request).is_staff):
        return _gone_or_missing(request, comment_id)
    if request.method != "POST" and not parent.is_public:
        return _gone_or_missing(request, comment_id)
    return _write(request, parent.thread.topic, parent)


def _write(request: HttpRequest, topic: Topic, parent: Comment | None) -> HttpResponse:
    """Show the form, its preview, or post; every refusal keeps what was typed."""
    reader = reader_of(request)
    if settings.GUESTS == "closed" and not reader.user:
        status = 403 if request.method == "POST" else 200
        return _form(request, topic, parent, None, status=status, kept=kept_words(request))
    if request.method != "POST":
        return _form(request, topic, parent, CommentForm(reader=reader))
    form = CommentForm(request.POST, reader=reader)
    if "preview" in request.POST:
        return _form(request, topic, parent, form, preview=_preview(request))
    if not form.is_valid():
        return _form(request, topic, parent, form, status=422)
    wait = _limited(request, reader)
    if wait:
        return _too_fast(request, topic, parent, form, wait)
    return _post(request, topic, parent, form, reader)


def _preview(request: HttpRequest) -> str:
    """Return the text as the site will show it; too long a text is not parsed."""
    try:
        body = services.check_body(request.POST.get("body", ""))
    except ValidationError:
        return ""
    return markup.render(body, "markdown")


def _limited(request: HttpRequest, reader: Reader) -> int:
    """Count a post; return the seconds to wait, 0 if it may go ahead."""
    if reader.user:
        return hit("post:author", f"member{reader.user.pk}")
    network = network_key(request)
    wait = hit("post:network", network)
    if reader.pen:
        return max(wait, hit("post:author", f"pen{reader.pen.pk}"))
    return max(wait, hit("pen:network", network))


def _too_fast(
    request: HttpRequest, topic: Topic, parent: Comment | None, form: CommentForm, wait: int
) -> HttpResponse:
    form.add_error(
        None,
        ngettext(
            "That was quick. Please wait %(wait)d second and press again; your text is kept.",
            "That was quick. Please wait %(wait)d seconds and press again; your text is kept.",
            wait,
        )
        % {"wait": wait},
    )
    response = _form(request, topic, parent, form, status=429)
    response.headers["Retry-After"] = str(wait)
    return response


def _post(
    request: HttpRequest, topic: Topic, parent: Comment | None, form: CommentForm, reader: Reader
) -> HttpResponse:
    data = form.cleaned_data
    pen, secret, is_new_pen = reader.pen, "", False
    if not reader.user:
        if pen is None:
            pen, secret, is_new_pen = pen_with_secret(_secret_of(form), data["name"], data["email"])
        else:
            addresses.change_pen(pen, name=data["name"], email=data["email"])
    author = services.Author(member=reader.user, pen=pen, name=data.get("name", ""))
    try:
        posted = services.post_comment(
            author=author,
            body=data["body"],
            topic_id=topic.pk,
            parent_id=parent.pk if parent else None,
            submission=data.get("submission"),
            network_key="" if reader.user else network_key(request),
        )
    except ValidationError as refusal:
        if is_new_pen and pen:
            pen.delete()
        return _refused(request, topic, parent, form, refusal)
    if pen and posted.comment.state != State.SPAM:
        addresses.ask(pen, network=network_key(request))
    response = _posted(request, posted, Reader(user=reader.user, pen=pen))
    if secret:
        give_pen(response, secret)
    return response


def _secret_of(form: CommentForm) -> str:
    """Return the secret of the pen that this form makes.

    It follows from the form's submission id, so that a first post pressed twice makes one pen.
    """
    submission = form.cleaned_data.get("submission")
    if submission is None:
        return ""
    digest = hmac.new(settings.SECRET_KEY.encode(), f"pen{submission}".encode(), hashlib.sha256)
    return base64.urlsafe_b64encode(digest.digest()).decode().rstrip("=")


def _refused(
    request: HttpRequest,
    topic: Topic,
    parent: Comment | None,
    form: CommentForm,
    refusal: ValidationError,
) -> HttpResponse:
    code = refusal.code or ""
    first_id = (refusal.params or {}).get("comment_id")
    form.add_error("body" if code.startswith("body") else None, refusal)
    status = STATUS.get(code, 422)
    return _form(request, topic, parent, form, status=status, first_id=first_id)


def _posted(request: HttpRequest, posted: services.Posted, reader: Reader) -> HttpResponse:
    """Answer a post: the comment itself for htmx, else the way to a page that holds it."""
    comment = Comment.objects.with_text().get(pk=posted.comment.pk)
    topic = comment.thread.topic
    if not request.headers.get("HX-Request"):
        return HttpResponseRedirect(page.address_of(comment, topic))
    if comment.is_public:
        html = overlay.personal(page.fragment(comment, topic).encode(), topic.pk, reader).decode()
        context: dict[str, Any] = {"comment": comment, "topic": topic, "body_html": html}
    else:
        context = _own_context(comment, reader) | {"waits": True}
    return answers.private(render(request, "discussions/_posted.html", context))


def _form(
    request: HttpRequest,
    topic: Topic,
    parent: Comment | None,
    form: BodyForm | None,
    *,
    status: int = 200,
    preview: str = "",
    **context: Any,
) -> HttpResponse:
    """Return the form as a page of its own, or as a fragment for htmx."""
    context |= {
        "topic": topic,
        "parent": parent,
        "parent_number": page.number_of(parent) if parent else "",
        "form": form,
        "preview": {"body_html": preview} if preview else None,
        "limit": f"{BODY_CHARS:,}",
        "action": request.path,
    }
    is_fragment = bool(request.headers.get("HX-Request"))
    template = "discussions/_form.html" if is_fragment else "discussions/form_page.html"
    return answers.private(render(request, template, context, status=status))


# ----------------------------------------------------------------------------- changing, taking back


def _own_or_404(reader: Reader, comment_id: int) -> Comment:
    rows = Comment.objects.by(reader).in_sight_of(reader).with_text()
    return get_object_or_404(rows, pk=comment_id)


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, comment_id: int) -> HttpResponse:
    """Edit one's own comment; a change from elsewhere meanwhile is shown beside the typed text."""
    reader = reader_of(request)
    comment = _own_or_404(reader, comment_id)
    if request.method != "POST":
        status = 200 if comment.is_editable_by(reader) else 403
        form = BodyForm(initial={"body": comment.text.body})
        return _edit_form(request, comment, form, status=status, closed=status == 403)
    form = BodyForm(request.POST)
    if "preview" in request.POST:
        return _edit_form(request, comment, form, preview=_preview(request))
    if not form.is_valid():
        return _edit_form(request, comment, form, status=422)
    who = f"member{reader.user.pk}" if reader.user else f"pen{reader.pen.pk if reader.pen else ''}"
    wait = hit("edit:author", who)
    if wait:
        return _too_fast_edit(request, comment, form, wait)
    try:
        is_changed = services.edit_comment(
            comment_id=comment.pk,
            by=reader,
            body=form.cleaned_data["body"],
            base=request.POST.get("base", ""),
            network_key="" if reader.user else network_key(request),
        )
    except ValidationError as refusal:
        form.add_error(None, refusal)
        status = STATUS.get(refusal.code or "", 422)
        now = Comment.objects.with_text().get(pk=comment.pk)
        return _edit_form(request, now, form, status=status, conflict=status == 409)
    if not is_changed:
        return _edit_form(request, comment, form, waits=True)
    comment = Comment.objects.with_text().get(pk=comment.pk)
    return HttpResponseRedirect(page.address_of(comment, comment.thread.topic))


def _too_fast_edit(
    request: HttpRequest, comment: Comment, form: BodyForm, wait: int
) -> HttpResponse:
    form.add_error(
        None, _("That was quick. Please wait a little and press again; your text is kept.")
    )
    response = _edit_form(request, comment, form, status=429)
    response.headers["Retry-After"] = str(wait)
    return response


def _edit_form(
    request: HttpRequest, comment: Comment, form: BodyForm, **context: Any
) -> HttpResponse:
    base = request.POST.get("base", "") or services.text_version(comment)
    if context.get("conflict"):
        base = services.text_version(comment)
    return _form(request, comment.thread.topic, None, form, editing=comment, base=base, **context)


@require_http_methods(["GET", "HEAD", "POST"])
def delete(request: HttpRequest, comment_id: int) -> HttpResponse:
    return _take(request, comment_id, "delete", services.delete_comment)


@require_http_methods(["GET", "HEAD", "POST"])
def undelete(request: HttpRequest, comment_id: int) -> HttpResponse:
    return _take(request, comment_id, "undelete", services.undelete_comment)


def _take(request: HttpRequest, comment_id: int, verb: str, act: Any) -> HttpResponse:
    """Ask, then take a comment back or bring it back."""
    reader = reader_of(request)
    comment = _own_or_404(reader, comment_id)
    context = {"comment": comment, "topic": comment.thread.topic, "verb": verb}
    if request.method != "POST":
        return answers.private(render(request, "discussions/take.html", context))
    try:
        comment = act(comment_id=comment.pk, by=reader)
    except ValidationError as refusal:
        context["words"] = " ".join(refusal.messages)
        status = STATUS.get(refusal.code or "", 422)
        return answers.private(render(request, "discussions/take.html", context, status=status))
    comment = Comment.objects.with_text().get(pk=comment.pk)
    return HttpResponseRedirect(page.address_of(comment, comment.thread.topic))


@require_safe
def my_comments(request: HttpRequest) -> HttpResponse:
    """Everything that this member or pen wrote, newest first, held ones with it."""
    reader = reader_of(request)
    before = request.GET.get("before", "")
    rows = Comment.objects.by(reader).in_sight_of(reader).with_text().order_by("-pk")
    if before.isascii() and before.isdigit() and len(before) < 19:
        rows = rows.filter(pk__lt=int(before))
    found = list(rows[: MINE_A_PAGE + 1])
    numbers = page.numbers_of([comment.pk for comment in found])
    context = {
        "comments": [
            _own_context(comment, reader, numbers[comment.pk]) for comment in found[:MINE_A_PAGE]
        ],
        "next": found[MINE_A_PAGE - 1].pk if len(found) > MINE_A_PAGE else None,
    }
    return answers.private(render(request, "discussions/my_comments.html", context))


# ---------------------------------------------------------------------------------------- the Lobby


@require_safe
def lobby(request: HttpRequest) -> HttpResponseBase:
    """Topics without a film, the latest talk first."""

    def make() -> HttpResponse:
        topics = Topic.objects.in_lobby().visible_to(reader_of(request))
        latest = topics.order_by(F("last_comment_at").desc(nulls_last=True), "-pk")
        shown = list(latest[:LOBBY_TOPICS])
        context = {"topics": shown, "has_demo": any(topic.is_demo for topic in shown)}
        return render(request, "discussions/lobby.html", context)

    return answers.shared(request, None, make)


@require_safe
def topic_page(request: HttpRequest, topic_id: int) -> HttpResponseBase:
    """A Lobby topic with its talk."""
    reader = reader_of(request)
    topic = get_object_or_404(Topic.objects.in_lobby().visible_to(reader), pk=topic_id)
    options = replace(page.Options.of(request.GET), after=0)

    def make() -> HttpResponse:
        talk = page.talk(topic, options)
        html = overlay.personal(talk.html, topic.pk, reader)
        context = {"topic": talk.topic, "body_html": html.decode(), "options": options}
        return render(request, "discussions/topic.html", context)

    return answers.shared(request, answers.etag_of("topic", topic.pk, topic.version, options), make)


@require_safe
def topic_number(request: HttpRequest, topic_id: int, number: str) -> HttpResponse:
    """302 from a path number to the comment's own page."""
    topic = get_object_or_404(Topic.objects.in_lobby().visible_to(reader_of(request)), pk=topic_id)
    comment_id = page.find_number(topic.pk, number)
    if comment_id is None:
        raise Http404
    return HttpResponseRedirect(reverse("comment", args=[comment_id]))
