"""Writing a comment or a reply: the form, its preview, the post and every refusal."""

from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponsePermanentRedirect,
    HttpResponseRedirect,
)
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from forum import counts, sql
from forum.accounts import addresses, blocks
from forum.accounts.limits import hit, network_key
from forum.accounts.models import Pen
from forum.accounts.names import NAME_CHARS
from forum.accounts.readers import (
    Reader,
    give_pen,
    hash_secret,
    pen_with_secret,
    reader_of,
    secret_of,
)
from forum.discussions import (
    answers,
    checks,
    muting,
    namesakes,
    overlay,
    page,
    quotes,
    services,
    warnings,
)
from forum.discussions.forms import BodyForm, CommentForm
from forum.discussions.models import BODY_CHARS, Comment, State, Topic
from forum.discussions.views import gone_or_missing, in_any_state, in_sight, own_page_context
from forum.errors import kept_words

# How a refusal of services is answered; what is not here is 422.
STATUS = {
    "topic-gone": 404,
    "parent-gone": 404,
    "topic-locked": 409,
    "topic-closed": 409,
    "talk-over": 409,
    "guests-closed": 403,
    "comment-locked": 409,
    "still-editable": 409,
    "edit-waits": 409,
    "parent-purged": 409,
    "thread-locked": 409,
    "parent-held": 409,
    "parent-removed": 409,
    "parent-spam": 409,
    "parent-deleted": 409,
    "parent-erased": 409,
    "same-text": 409,
    "sent-already": 409,
    "moved": 409,
    "changed-meanwhile": 409,
    "same-fold": 409,
    "same-pace": 409,
    "same-pin": 409,
    "same-feature": 409,
    "too-many-pinned": 409,
    "gone-meanwhile": 409,
    "wrong-state": 409,
    "account-closed": 403,
    "pen-closed": 403,
    "warned": 403,
    "blocked": 403,
    "own-comment": 403,
    "out-of-scope": 403,
    "not-moderator": 403,
    "not-allowed": 403,
    "not-yours": 403,
    "not-editable": 403,
    "too-late": 403,
    "cooling": 429,
    "slow": 429,
    "rate": 429,
    "haste": 429,
}

# What a place says for good: there is no form then.
SHUT = ("topic-locked", "talk-over", "guests-closed")


@require_http_methods(["GET", "HEAD", "POST"])
def comment_new(request: HttpRequest, topic_id: int) -> HttpResponse:
    here = services.present_topic_id(topic_id)  # where the talk went; what is posted follows
    if here != topic_id and request.method != "POST":
        address = reverse("comment_new", args=[here])
        return answers.private(HttpResponsePermanentRedirect(address))
    topic = get_object_or_404(Topic.objects.visible_to(reader_of(request)), pk=here)
    return _write(request, topic, None)


@require_http_methods(["GET", "HEAD", "POST"])
def reply(request: HttpRequest, comment_id: int) -> HttpResponse:
    parent = in_sight(reader_of(request), comment_id)
    if parent is None:
        return gone_or_missing(request, comment_id)
    if request.method != "POST" and not parent.is_public:
        return gone_or_missing(request, comment_id)
    return _write(request, parent.thread.topic, parent)


def _write(request: HttpRequest, topic: Topic, parent: Comment | None) -> HttpResponse:
    """Show the form, its preview, or post; every refusal keeps what was typed."""
    reader = reader_of(request)
    if request.method != "POST":
        form = CommentForm(reader=reader, initial=_quotation(request, parent))
        return form_page(request, topic, parent, form, taken=_taken_name(form, topic, reader))
    form = CommentForm(request.POST, reader=reader)
    if "preview" in request.POST:
        taken = _taken_name(form, topic, reader)
        preview = preview_of(request, topic)
        return form_page(request, topic, parent, form, preview=preview, taken=taken)
    if not form.is_valid():
        counts.refused("form")
        return form_page(request, topic, parent, form, status=422)
    if "acknowledge" in request.POST:
        warnings.acknowledge(request, reader)
    try:
        refuse_blocked(request, reader, form)
        sent = _sent(request, form, reader)
        services.check_sent(services.Author(member=reader.user, pen=reader.pen), sent)
    except ValidationError as refusal:
        return _refused(request, topic, parent, form, refusal)
    return _post(request, topic, parent, form, reader, sent)


def _sent(request: HttpRequest, form: CommentForm, reader: Reader) -> checks.Sent:
    """Return how the form came, and count it."""
    wait = _limited(request, reader)
    return checks.Sent(
        wait_s=wait,
        proof="" if wait else form.proved,
        trap=form.cleaned_data.get("website", ""),
        asks_token=settings.RATE_LIMITS_ON and not reader.user,
        age_s=form.age_s,
    )


def refuse_blocked(request: HttpRequest, reader: Reader, form: BodyForm | None = None) -> None:
    """Raise ValidationError "blocked" for a guest whom a block is about; one query, none for members.

    Asked where limits are counted: a block knows the network and the address, which no service does.
    """
    if reader.user:
        return
    data = form.cleaned_data if form else {}
    name = data.get("name") or (reader.pen.name if reader.pen else "")
    email = data.get("email") or (reader.pen.email if reader.pen else "")
    blocks.refuse(network=network_key(request), name=name, email=email)


def _quotation(request: HttpRequest, parent: Comment | None) -> dict[str, str]:
    """Return the words that a reply with ?quote=1 begins with."""
    if parent is None or "quote" not in request.GET:
        return {}
    return {"body": quotes.quotation(parent.text.body_html)}


def _taken_name(form: CommentForm, topic: Topic, reader: Reader) -> str:
    """Return the name in a guest's form if somebody else has it in this talk, else ""."""
    name = str(form["name"].value() or "") if "name" in form.fields else ""
    name = " ".join(name.split())[:NAME_CHARS]
    return name if name and namesakes.is_namesake(name, reader.pen, topic.pk) else ""


def preview_of(request: HttpRequest, topic: Topic) -> str:
    """Return the text as the site will show it; too long a text is not parsed."""
    try:
        body = services.check_body(request.POST.get("body", ""))
    except ValidationError:
        return ""
    return services.worded(body, topic.pk).html


def _limited(request: HttpRequest, reader: Reader) -> int:
    """Count a post; return the seconds to wait, 0 if it may go ahead."""
    if reader.user:
        return hit("post:author", f"member{reader.user.pk}")
    network = network_key(request)
    wait = hit("post:network", network)
    if reader.pen:
        return max(wait, hit("post:author", f"pen{reader.pen.pk}"))
    return max(wait, hit("pen:network", network))


def _post(
    request: HttpRequest,
    topic: Topic,
    parent: Comment | None,
    form: CommentForm,
    reader: Reader,
    sent: checks.Sent,
) -> HttpResponse:
    data = form.cleaned_data
    pen, secret, is_new_pen = reader.pen, "", False
    if not reader.user:
        if pen is None:
            # A first post pressed twice makes one pen.
            secret = secret_of(data.get("submission"))
            pen, secret, is_new_pen = pen_with_secret(secret, data["name"], data["email"])
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
            language=data["language"],
            as_moderator=bool(data.get("as_moderator")),
            network_key="" if reader.user else network_key(request),
            sent=sent,
        )
    except ValidationError as refusal:
        if is_new_pen and pen:
            pen.delete()
        first = _sent_without_an_answer(form) if refusal.code == "sent-before" else None
        if first:
            return HttpResponseRedirect(page.address_of(first, first.thread.topic))
        return _refused(request, topic, parent, form, refusal)
    if pen and posted.comment.state != State.SPAM:
        addresses.ask(pen, network=network_key(request))
    if pen:
        muting.keep(request, pen)  # also what was muted before there was an address
    response = _posted(request, posted, Reader(user=reader.user, pen=pen))
    if secret:
        give_pen(response, secret)
    return response


def _sent_without_an_answer(form: CommentForm) -> Comment | None:
    """Return the comment that this form made under the pen that it makes.

    Its sender never got that pen's cookie where the answer was lost, and has another pen by now.
    """
    secret = secret_of(form.cleaned_data.get("submission"))
    pen = Pen.objects.filter(secret_hash=hash_secret(secret)).first() if secret else None
    rows = Comment.objects.with_text().filter(text__submission=form.cleaned_data["submission"])
    return rows.filter(pen=pen).first() if pen else None


def _refused(
    request: HttpRequest,
    topic: Topic,
    parent: Comment | None,
    form: CommentForm,
    refusal: ValidationError,
) -> HttpResponse:
    code = refusal.code or ""
    counts.refused(code or "other")
    params = refusal.params or {}
    form.add_error("body" if code.startswith("body") else None, refusal)
    response = form_page(
        request,
        topic,
        parent,
        form,
        status=STATUS.get(code, 422),
        first_id=params.get("comment_id"),
    )
    if "wait" in params:
        response.headers["Retry-After"] = str(params["wait"])
    return response


def _posted(request: HttpRequest, posted: services.Posted, reader: Reader) -> HttpResponse:
    """Answer a post: the comment itself for htmx, else the way to a page that holds it."""
    is_whole = not request.headers.get("HX-Request")
    if is_whole and posted.topic:
        return HttpResponseRedirect(page.address_of(posted.comment, posted.topic))
    comment = sql.first(in_any_state, posted.comment.pk)
    assert comment  # no row of a comment is ever deleted while its post is answered
    topic = comment.thread.topic
    if is_whole:
        return HttpResponseRedirect(page.address_of(comment, topic))
    if comment.is_public:
        token = overlay.token_of(request, reader)  # without it one's own had the link to a vote
        shared = page.fragment(comment, topic).encode()
        html = overlay.personal(shared, topic.pk, reader, token=token).decode()
        context: dict[str, Any] = {"comment": comment, "topic": topic, "body_html": html}
    else:
        context = own_page_context(comment, reader) | {"waits": True}
    return answers.private(render(request, "discussions/_posted.html", context))


def form_page(
    request: HttpRequest,
    topic: Topic,
    parent: Comment | None,
    form: BodyForm | None,
    *,
    status: int = 200,
    preview: str = "",
    **context: Any,
) -> HttpResponse:
    """Return the form as a page of its own, or as a fragment for htmx.

    Where the place takes nothing from this reader the form gives its reason, and the words back.
    """
    place = None if "editing" in context else _foretold(request, topic, parent)
    if place and place.code in SHUT:
        status = STATUS[place.code] if request.method == "POST" else 200
        form, context["kept"] = None, kept_words(request)
    context |= {
        "place": place if place and place.words else None,
        "topic": topic,
        "parent": parent,
        "parent_number": page.number_of(parent) if parent else "",
        "cooling": _cooling(request, parent) if parent else None,
        "form": form,
        "preview": {"body_html": preview} if preview else None,
        "limit": f"{context.get('room', BODY_CHARS):,}",
        "action": request.path,
        "cautions": services.waiting_cautions(reader_of(request)),
    }
    is_fragment = bool(request.headers.get("HX-Request"))
    template = "discussions/_form.html" if is_fragment else "discussions/form_page.html"
    return answers.private(render(request, template, context, status=status))


def _foretold(request: HttpRequest, topic: Topic, parent: Comment | None) -> checks.Judgement:
    reader = reader_of(request)
    author = services.Author(member=reader.user, pen=reader.pen)
    return services.foretold(author, topic, parent)


def _cooling(request: HttpRequest, parent: Comment) -> services.Cooling | None:
    reader = reader_of(request)
    return services.cooling_of(parent, services.Author(member=reader.user, pen=reader.pen))
