"""What moderators decided about a comment, for its author: why, by which rule, and what can be done.

A guest comes with the pen of the browser, or by a private link that works without it. Of spam nothing
is said here: a spammer would learn which texts are taken for it.
"""

from dataclasses import dataclass
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from forum import counts, markup
from forum.accounts.limits import hit
from forum.accounts.readers import Reader, reader_of
from forum.discussions import answers, page, proofs, rules, services
from forum.discussions.models import Appeal, Comment, Event, Reason, State
from forum.discussions.services import appealing
from forum.discussions.status_links import link_of, reader_with

MOST_SHOWN = 50  # decisions about one comment
EXCERPT_CHARS = 600
STATUS = {"not-yours": 403, "appeal-none": 409, "moved": 409}
# What happened, as its author reads it; what is not here is nothing about the comment.
SAID = {
    "hold": gettext_lazy("A moderator took it from the page, to look at it again"),
    "remove": gettext_lazy("A moderator removed it"),
    "approve": gettext_lazy("A moderator let it stand on the page"),
    "restore": gettext_lazy("A moderator brought it back"),
    "redact": gettext_lazy("A moderator took a part out"),
    "edit-staff": gettext_lazy("A moderator changed the text"),
    "edit-accept": gettext_lazy("A moderator took your change"),
    "edit-drop": gettext_lazy("A moderator did not take your change"),
    "fold": gettext_lazy("A moderator folded it: readers open it by a press"),
    "unfold": gettext_lazy("A moderator unfolded it"),
    "lock-branch": gettext_lazy("A moderator closed it to new replies"),
    "open-branch": gettext_lazy("It takes replies again"),
}
# Why a check asked for a moderator, where to know it helps nobody to get round it.
CHECKED = {
    "guest": gettext_lazy("What guests write is read first here."),
    "topic": gettext_lazy("What is written in this talk is read first."),
    "links": gettext_lazy("It has many links."),
    "first": gettext_lazy("The first comments of everybody are read first here."),
    "check-failed": gettext_lazy("A check could not be made."),
    **proofs.WORDS,
}


class AppealForm(forms.Form):
    words = forms.CharField(
        label=gettext_lazy("What speaks against it"),
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"class": "in", "rows": 5, "dir": "auto"}),
    )


@dataclass(frozen=True)
class Line:
    """One thing that was decided, as its author reads it."""

    event: Event
    what: str
    why: str
    rule: str  # address of the rule
    words: str  # of the moderator
    is_now: bool  # the comment is still as it left it
    is_undone: bool
    appeal: Appeal | None


@require_http_methods(["GET", "HEAD", "POST"])
def status(request: HttpRequest, comment_id: int) -> HttpResponse:
    """The page for the author, member or pen; POST `words` appeals. 404 for anybody else."""
    return _answer(request, comment_id, reader_of(request), reverse("status", args=[comment_id]))


@require_http_methods(["GET", "HEAD", "POST"])
def by_link(request: HttpRequest, token: str) -> HttpResponse:
    """The same for whoever has the guest's private link."""
    found = reader_with(token)
    if found is None:
        raise Http404
    comment_id, reader = found
    return _answer(request, comment_id, reader, request.path)


def _answer(request: HttpRequest, comment_id: int, reader: Reader, here: str) -> HttpResponse:
    comment = _own_of(comment_id, reader)
    if request.method != "POST":
        return _page(request, comment, AppealForm(), here)
    form = AppealForm(request.POST)
    form.is_valid()
    who = f"member{reader.user.pk}" if reader.user else f"pen{comment.pen_id}"
    if wait := hit("appeal:author", who):
        form.add_error(None, _("That was quick. Please wait a little; your words are kept."))
        response = _page(request, comment, form, here, status=429)
        response.headers["Retry-After"] = str(wait)
        return response
    try:
        services.appeal(comment_id=comment_id, by=reader, words=form.cleaned_data["words"])
    except ValidationError as refusal:
        code = refusal.code or ""
        counts.refused(code)
        form.add_error("words" if code.startswith("words") else None, refusal)
        return _page(request, comment, form, here, status=STATUS.get(code, 422))
    return HttpResponseRedirect(f"{here}#appeal")


def _own_of(comment_id: int, reader: Reader) -> Comment:
    """Return the reader's comment. Raises Http404; for spam too."""
    rows = Comment.objects.by(reader).in_sight_of(reader).with_text()
    found = rows.filter(pk=comment_id).first()
    if found is None or found.state in (State.SPAM, State.ERASED):
        raise Http404
    return found


def _page(
    request: HttpRequest, comment: Comment, form: AppealForm, here: str, status: int = 200
) -> HttpResponse:
    event = appealing.appealable(comment)
    lines = lines_of(comment)
    context: dict[str, Any] = {
        "comment": comment,
        "topic": comment.thread.topic,
        "number": page.number_of(comment),
        "state_words": State(comment.state).label,
        "excerpt": markup.excerpt(comment.text.body_html, EXCERPT_CHARS),
        "lines": lines,
        "checked": _checked(comment, lines),
        "form": form if event else None,
        "refused": form if form.errors and not event else None,
        "until": appealing.appeal_until(event) if event else None,
        "link": settings.SITE_URL + link_of(comment) if comment.pen_id else "",
        "here": here,
        "by_pen": comment.is_by(reader_of(request)),
        "may_edit": comment.is_editable_by(reader_of(request)),
    }
    return answers.private(render(request, "discussions/status.html", context, status=status))


def lines_of(comment: Comment) -> list[Line]:
    """Return what was decided about a comment, the last first; one query."""
    rows = Event.objects.filter(comment_id=comment.pk, verb__in=SAID)
    found = rows.select_related("decision", "appeal").order_by("-pk")[:MOST_SHOWN]
    is_last = True
    lines = []
    for event in found:
        is_state = event.verb in services.MODERATION
        lines.append(_line(event, comment, is_last=is_last or not is_state))
        is_last = is_last and not is_state
    return lines


def _line(event: Event, comment: Comment, *, is_last: bool) -> Line:
    decision = getattr(event, "decision", None)
    is_undone = bool(decision and decision.undone_at)
    is_now = is_last and not is_undone and appealing.is_in_force(event, comment)
    is_removal = event.verb == "remove"
    return Line(
        event,
        str(SAID[event.verb]),
        str(dict(Reason.choices).get(event.reason, "")) if is_removal else "",
        rules.rule_of(event.reason) if is_removal else "",
        comment.text.told if is_removal and is_now else "",
        is_now,
        is_undone,
        getattr(event, "appeal", None),
    )


def _checked(comment: Comment, lines: list[Line]) -> str:
    """Return why a check holds a comment, "" where none does."""
    if comment.state != State.HELD or any(line.is_now for line in lines):
        return ""
    usual = _("One of the checks of this site asked for a moderator to read it.")
    return str(CHECKED.get(comment.reason, usual))
