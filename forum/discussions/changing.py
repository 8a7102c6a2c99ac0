"""Changing one's own comment, taking it back and bringing it back."""

from typing import Any

from django.core.exceptions import ValidationError
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseRedirect,
)
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from forum import counts
from forum.accounts.limits import hit, network_key
from forum.accounts.readers import (
    Reader,
    reader_of,
)
from forum.discussions import (
    answers,
    page,
    services,
    warnings,
)
from forum.discussions.changes import pieces
from forum.discussions.forms import BodyForm
from forum.discussions.models import Comment
from forum.discussions.writing import STATUS, form_page, preview_of, refuse_blocked


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
        form = BodyForm(
            initial={"body": comment.text.body, "language": services.chosen_language(comment)}
        )
        return _edit_form(request, comment, form, status=status, closed=status == 403)
    form = BodyForm(request.POST)
    if "preview" in request.POST:
        return _edit_form(request, comment, form, preview=preview_of(request, comment.thread.topic))
    if not form.is_valid():
        counts.refused("form")
        return _edit_form(request, comment, form, status=422)
    who = f"member{reader.user.pk}" if reader.user else f"pen{reader.pen.pk if reader.pen else ''}"
    wait = hit("edit:author", who)
    if wait:
        return _too_fast_edit(request, comment, form, wait)
    if "acknowledge" in request.POST:
        warnings.acknowledge(request, reader)
        comment = _own_or_404(reader, comment_id)
    try:
        refuse_blocked(request, reader)
        is_changed = services.edit_comment(
            comment_id=comment.pk,
            by=reader,
            body=form.cleaned_data["body"],
            base=request.POST.get("base", ""),
            language=form.cleaned_data["language"],
            network_key="" if reader.user else network_key(request),
        )
    except ValidationError as refusal:
        counts.refused(refusal.code or "other")
        form.add_error(None, refusal)
        status = STATUS.get(refusal.code or "", 422)
        now = Comment.objects.with_text().get(pk=comment.pk)
        return _edit_form(
            request, now, form, status=status, conflict=_conflict(request, now, refusal)
        )
    if not is_changed:
        return _edit_form(request, comment, form, waits=True)
    comment = Comment.objects.with_text().get(pk=comment.pk)
    return HttpResponseRedirect(page.address_of(comment, comment.thread.topic))


def _conflict(
    request: HttpRequest, comment: Comment, refusal: ValidationError
) -> dict[str, Any] | None:
    """Return what the form shows where the comment was changed in another window meanwhile: what
    changed there since this form was opened.
    """
    if refusal.code != "changed-meanwhile":
        return None
    began = services.text_at(comment, request.POST.get("base", ""), reader_of(request))
    return {"pieces": [] if began is None else pieces(began, comment.text.body)}


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
    context |= {
        "editing": comment,
        "base": base,
        "until": comment.editable_until(reader_of(request)),
    }
    return form_page(request, comment.thread.topic, None, form, **context)


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
        counts.refused(refusal.code or "other")
        context["words"] = " ".join(refusal.messages)
        status = STATUS.get(refusal.code or "", 422)
        return answers.private(render(request, "discussions/take.html", context, status=status))
    comment = Comment.objects.with_text().get(pk=comment.pk)
    return HttpResponseRedirect(page.address_of(comment, comment.thread.topic))
