"""Reporting a comment: the form, with what the law asks for; and what came of one's reports."""

import uuid
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from forum import counts, markup
from forum.accounts.limits import hit, network_key
from forum.accounts.readers import (
    ANYBODY,
    Reader,
    give_pen,
    pen_in,
    pen_with_secret,
    reader_of,
    secret_of,
)
from forum.discussions import answers, page, rules, services
from forum.discussions.models import Comment, Report

REPORTS_A_PAGE = 50
EXCERPT_CHARS = 200
TAKEN_BACK = "taken-back"  # in the address that taking a report back leads to
STATUS = {
    "comment-gone": 404,
    "not-public": 409,
    "report-decided": 409,
    "own-comment": 403,
    "account-closed": 403,
    "pen-closed": 403,
}
# Of a refusal: the field that it is about, by how its code begins.
FIELDS = {
    "reason": "reason",
    "words": "words",
    "contact": "contact",
    "faith": "in_good_faith",
}


class ReportForm(forms.Form):
    """A report. What is wrong in it is said by the service, the one home of what a report needs."""

    reason = forms.ChoiceField(
        label=_("What is it about?"),
        required=False,
        choices=Report.Reason.choices,
        widget=forms.RadioSelect,
        error_messages={"invalid_choice": _("Please choose what it is about.")},
    )
    words = forms.CharField(
        label=_("In your words"),
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"class": "in", "rows": 4, "dir": "auto"}),
    )
    contact = forms.CharField(
        label=_("Your e-mail address"),
        required=False,
        widget=forms.EmailInput(attrs={"class": "in", "autocomplete": "email"}),
    )
    of_children = forms.BooleanField(
        label=_("It shows the sexual abuse of children: then no address is needed."),
        required=False,
    )
    in_good_faith = forms.BooleanField(
        label=_("I believe in good faith that what I say here is true and complete."),
        required=False,
    )
    submission = forms.UUIDField(required=False, widget=forms.HiddenInput)


@require_http_methods(["GET", "HEAD", "POST"])
def report(request: HttpRequest, comment_id: int) -> HttpResponse:
    """The form of a report, or what became of the one that was sent; POST `reason`, `words` and more,
    or `take_back` to take it back.

    A guest without a pen gets one by the POST, within the limit of new pens.
    """
    if request.method != "POST":
        return _page(request, comment_id)
    if "take_back" in request.POST:
        return _take_back(request, comment_id)
    form, reader = ReportForm(request.POST), reader_of(request)
    try:
        if not form.is_valid():
            return _page(request, comment_id, form, status=422)
        wait = _limited(request, reader)
        if wait:
            return _too_fast(request, comment_id, form, wait)
        reader, secret = _with_pen(form, comment_id, reader)
        _report(request, comment_id, reader, form.cleaned_data)
    except ValidationError as refusal:
        return _refused(request, comment_id, form, refusal)
    response = HttpResponseRedirect(reverse("report", args=[comment_id]))
    if secret:
        give_pen(response, secret)
    return response


def _take_back(request: HttpRequest, comment_id: int) -> HttpResponse:
    try:
        services.take_back_report(comment_id=comment_id, by=reader_of(request))
    except ValidationError as refusal:
        code = refusal.code or ""
        counts.refused(code or "other")
        words = " ".join(refusal.messages)
        return _page(request, comment_id, status=STATUS.get(code, 409), words=words)
    return HttpResponseRedirect(f"{reverse('report', args=[comment_id])}?{TAKEN_BACK}")


def _report(request: HttpRequest, comment_id: int, reader: Reader, sent: dict[str, Any]) -> None:
    services.report_comment(
        comment_id=comment_id,
        by=reader,
        reason=sent["reason"],
        words=sent["words"],
        contact=sent["contact"],
        in_good_faith=sent["in_good_faith"],
        of_children=sent["of_children"],
        pen=pen_in(request) if reader.user else None,
    )


def _with_pen(form: ReportForm, comment_id: int, reader: Reader) -> tuple[Reader, str]:
    """Return who reports, and the secret of the pen that a guest gets by it: none for what is refused."""
    if reader.is_known:
        return reader, ""
    services.refuse_report(Comment.objects.filter(pk=comment_id).first(), reader)
    services.refuse_words(**{name: form.cleaned_data[name] for name in services.REPORT_WORDS})
    pen, secret, _is_new = pen_with_secret(secret_of(form.cleaned_data["submission"]), "")
    return Reader(pen=pen), secret


def _limited(request: HttpRequest, reader: Reader) -> int:
    """Count a report; return the seconds to wait, 0 if it may go ahead."""
    if reader.user:
        return hit("report:author", f"member{reader.user.pk}")
    network = network_key(request)
    wait = hit("report:network", network)
    if reader.pen:
        return max(wait, hit("report:author", f"pen{reader.pen.pk}"))
    return max(wait, hit("pen:network", network))


def _too_fast(request: HttpRequest, comment_id: int, form: ReportForm, wait: int) -> HttpResponse:
    words = ngettext(
        "That was quick. Please wait %(wait)d second and press again; your words are kept.",
        "That was quick. Please wait %(wait)d seconds and press again; your words are kept.",
        wait,
    )
    form.add_error(None, words % {"wait": wait})
    response = _page(request, comment_id, form, status=429)
    response.headers["Retry-After"] = str(wait)
    return response


def _refused(
    request: HttpRequest, comment_id: int, form: ReportForm, refusal: ValidationError
) -> HttpResponse:
    code = refusal.code or ""
    counts.refused(code or "other")
    status = STATUS.get(code, 409 if code == "moved" else 422)
    if status == 404:
        raise Http404
    form.add_error(FIELDS.get(code.partition("-")[0]) if status == 422 else None, refusal)
    return _page(request, comment_id, form, status=status)


def _page(
    request: HttpRequest,
    comment_id: int,
    form: ReportForm | None = None,
    *,
    status: int = 200,
    words: str = "",
) -> HttpResponse:
    """The form, or what became of this reader's report; of a comment that went meanwhile nothing is
    shown but what was typed. `words`: why a report was not taken back.
    """
    reader = reader_of(request)
    comment = Comment.objects.visible_to(reader).with_text().filter(pk=comment_id).first()
    mine = Report.objects.by(reader).filter(comment=comment_id).first()
    was_taken = mine is None and form is None and TAKEN_BACK in request.GET
    if comment is None and mine is None and form is None and not was_taken:
        raise Http404
    context: dict[str, Any] = {
        "comment": comment,
        "topic": comment.thread.topic if comment else None,
        "number": page.number_of(comment) if comment else "",
        "mine": mine,
        "words": words,
        "was_taken": was_taken,
        "form": form or ReportForm(initial={"submission": uuid.uuid4()}),
        "is_own": bool(comment and comment.is_by(reader)),
        "is_shown": bool(comment and comment.is_public),
    }
    response = render(request, "discussions/report.html", context, status=status)
    return answers.private(response)


@require_safe
def my_reports(request: HttpRequest) -> HttpResponse:
    """What this member or pen reported and what came of it, the last first; ?before= leafs on."""
    reader, before = reader_of(request), request.GET.get("before", "")
    rows = Report.objects.by(reader)
    if before.isascii() and before.isdigit() and len(before) < 19:
        rows = rows.filter(pk__lt=int(before))
    rows = rows.select_related("comment__text", "comment__thread__topic").order_by("-pk")
    found = list(rows[: REPORTS_A_PAGE + 1])
    shown = found[:REPORTS_A_PAGE]
    numbers = page.numbers_of([one.comment_id for one in shown])
    context = {
        "reports": [_line(one, reader, numbers[one.comment_id]) for one in shown],
        "next": shown[-1].pk if len(found) > REPORTS_A_PAGE else None,
    }
    return answers.private(render(request, "discussions/my_reports.html", context))


def _line(one: Report, reader: Reader, number: str) -> dict[str, Any]:
    """Return what a line says; what others do not read any more keeps its words and its place."""
    comment = one.comment
    is_here = comment.is_text_visible_to(ANYBODY)
    return {
        "report": one,
        "number": number,
        "topic": comment.thread.topic if not comment.thread.topic.hidden_at else None,
        "is_here": is_here,
        "excerpt": markup.excerpt(comment.text.body_html, EXCERPT_CHARS) if is_here else "",
        "rule": rules.rule_of(one.reason),
    }
