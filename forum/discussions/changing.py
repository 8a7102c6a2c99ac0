"""Changing one's own comment, adding a note to it, taking it back and bringing it back."""

from collections.abc import Callable
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
from forum.discussions.forms import BodyForm, NoteForm
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
        form = BodyForm(
            initial={"body": comment.text.body, "language": services.chosen_language(comment)}
        )
        if comment.is_editable_by(reader):
            return _edit_form(request, comment, form)
        return _edit_form(
            request,
            comment,
            form,
            status=403,
            closed=_("The time for editing this comment is over."),
            may_note=not comment.bar_to_note(reader),
        )
    form = BodyForm(request.POST)
    if "preview" in request.POST:
        return _edit_form(request, comment, form, preview=preview_of(request, comment.thread.topic))
    return _save(request, comment, form, _edit, _edit_form)


def _edit(form: BodyForm, **given: Any) -> bool:
    data = form.cleaned_data
    return services.edit_comment(body=data["body"], language=data["language"], **given)


@require_http_methods(["GET", "HEAD", "POST"])
def note(request: HttpRequest, comment_id: int) -> HttpResponse:
    """Add a note to one's own comment that can be edited no more; POST `body`, and `base` as in edit."""
    reader = reader_of(request)
    comment = _own_or_404(reader, comment_id)
    room = services.room_for_note(comment)
    if request.method == "POST":
        form = NoteForm(request.POST, room=room)
        if "preview" in request.POST:
            return _note_form(request, comment, form, preview=_note_preview(request, comment))
        return _save(request, comment, form, _add_note, _note_form)
    form = NoteForm(room=room)
    try:
        services.refuse_note(comment, reader)
    except ValidationError as refusal:
        bar, words = refusal.code or "", " ".join(refusal.messages)
        may_edit = bar == "still-editable"
        return _note_form(
            request, comment, form, status=STATUS[bar], closed=words, may_edit=may_edit
        )
    return _note_form(request, comment, form)


def _add_note(form: BodyForm, **given: Any) -> bool:
    return services.add_note(note=form.cleaned_data["body"], **given)


def _note_preview(request: HttpRequest, comment: Comment) -> str:
    """Return a note as the site will show it, with the line that it begins with."""
    try:
        words = services.check_body(request.POST.get("body", ""))
    except ValidationError:
        return ""
    return services.worded(services.under_its_day(words), comment.thread.topic_id).html


def _note_form(
    request: HttpRequest, comment: Comment, form: BodyForm, **context: Any
) -> HttpResponse:
    context |= {"noting": True, "room": services.room_for_note(comment)}
    return _form_of(request, comment, form, context)


def _save(
    request: HttpRequest,
    comment: Comment,
    form: BodyForm,
    act: Callable[..., bool],
    show: Callable[..., HttpResponse],
) -> HttpResponse:
    """Change the text by `act` as the form says; `show` answers every refusal, with what was typed."""
    reader = reader_of(request)
    if not form.is_valid():
        counts.refused("form")
        return show(request, comment, form, status=422)
    who = f"member{reader.user.pk}" if reader.user else f"pen{reader.pen.pk if reader.pen else ''}"
    wait = hit("edit:author", who)
    if wait:
        return _too_fast(show, request, comment, form, wait)
    if "acknowledge" in request.POST:
        warnings.acknowledge(request, reader)
        comment = _own_or_404(reader, comment.pk)
    try:
        refuse_blocked(request, reader)
        is_changed = act(
            form,
            comment_id=comment.pk,
            by=reader,
            base=request.POST.get("base", ""),
            network_key="" if reader.user else network_key(request),
        )
    except ValidationError as refusal:
        return _refused(show, request, comment, form, refusal)
    if not is_changed:
        return show(request, comment, form, waits=True)
    comment = Comment.objects.with_text().get(pk=comment.pk)
    return HttpResponseRedirect(page.address_of(comment, comment.thread.topic))


def _refused(
    show: Callable[..., HttpResponse],
    request: HttpRequest,
    comment: Comment,
    form: BodyForm,
    refusal: ValidationError,
) -> HttpResponse:
    counts.refused(refusal.code or "other")
    form.add_error(None, refusal)
    status = STATUS.get(refusal.code or "", 422)
    now = Comment.objects.with_text().get(pk=comment.pk)
    may_edit = refusal.code == "still-editable"
    conflict = _conflict(request, now, refusal)
    return show(request, now, form, status=status, conflict=conflict, may_edit=may_edit)


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


def _too_fast(
    show: Callable[..., HttpResponse],
    request: HttpRequest,
    comment: Comment,
    form: BodyForm,
    wait: int,
) -> HttpResponse:
    form.add_error(
        None, _("That was quick. Please wait a little and press again; your text is kept.")
    )
    response = show(request, comment, form, status=429)
    response.headers["Retry-After"] = str(wait)
    return response


def _edit_form(
    request: HttpRequest, comment: Comment, form: BodyForm, **context: Any
) -> HttpResponse:
    context["until"] = comment.editable_until(reader_of(request))
    return _form_of(request, comment, form, context)


def _form_of(
    request: HttpRequest, comment: Comment, form: BodyForm, context: dict[str, Any]
) -> HttpResponse:
    base = request.POST.get("base", "") or services.text_version(comment)
    if context.get("conflict"):
        base = services.text_version(comment)
    context |= {"editing": comment, "base": base}
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
