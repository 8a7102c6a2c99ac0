"""The inbox: what a member was told of, newest first. A GET of it marks nothing as read."""

from collections.abc import Sequence
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from forum import markup
from forum.accounts.models import User
from forum.discussions import answers, muted, page, services
from forum.discussions.models import Notice, Report

A_PAGE = 40
EXCERPT_CHARS = 280
# What a notice says that tells of no comment.
LINKED = {
    "film": gettext_lazy("What became of a film or a correction that you suggested"),
    "warned": gettext_lazy("A moderator has warned you"),
    "unwarned": gettext_lazy("A moderator took a warning back"),
    "closed": gettext_lazy("A moderator closed your account"),
    "opened": gettext_lazy("A moderator opened your account again"),
    "held": gettext_lazy("A moderator reads what you write before others see it"),
    "freed": gettext_lazy("What you write is on the page at once again"),
    "removed": gettext_lazy("A moderator removed comments of yours"),
    "restored": gettext_lazy("Comments of yours that were removed are back"),
}


@login_required
@require_safe
def inbox(request: HttpRequest) -> HttpResponse:
    """What this member was told of; ?before= is the id of the last notice of the page before."""
    assert isinstance(request.user, User)
    before = request.GET.get("before", "")
    rows = Notice.objects.filter(member=request.user).with_comment().order_by("-pk")
    if before.isascii() and before.isdigit() and len(before) < 19:
        rows = rows.filter(pk__lt=int(before))
    found = list(rows[: A_PAGE + 1])
    shown = found[:A_PAGE]
    context = {
        "notices": _shown(shown, request.user, muted.of(request).words),
        "first": shown[0].pk if shown else 0,
        "next": shown[-1].pk if len(found) > A_PAGE else None,
        "is_later": bool(before),
    }
    return answers.private(render(request, "discussions/inbox.html", context))


def _shown(notices: list[Notice], member: User, words: Sequence[str]) -> list[dict[str, Any]]:
    """Return what each line says. What is not public any more, or muted, keeps its words for itself."""
    numbers = page.numbers_of([notice.comment_id for notice in notices if notice.comment_id])
    outcomes = _outcomes(notices, member)
    lines = []
    for notice in notices:
        comment = notice.comment
        if comment is None:
            lines.append({"notice": notice, "is_here": False, "words": LINKED.get(notice.kind, "")})
            continue
        is_here = comment.is_public and not comment.thread.topic.hidden_at
        is_quiet = is_here and muted.says(comment.text.body_html, words)
        lines.append(
            {
                "notice": notice,
                "comment": comment,
                "topic": comment.thread.topic,
                "number": numbers[comment.pk],
                "is_here": is_here,
                "is_muted": is_quiet,
                "outcome": outcomes.get(comment.pk, ""),
                "excerpt": markup.excerpt(comment.text.body_html, EXCERPT_CHARS)
                if is_here and not is_quiet
                else "",
            }
        )
    return lines


def _outcomes(notices: list[Notice], member: User) -> dict[int, str]:
    """Return {comment: what came of this member's report of it}; one query, none without such notices."""
    ids = [one.comment_id for one in notices if one.comment_id and one.kind == Notice.Kind.REPORT]
    rows = Report.objects.filter(member=member, comment__in=ids) if ids else []
    return {one.comment_id: one.outcome for one in rows}


@login_required
@require_POST
def open_notice(request: HttpRequest, notice_id: int) -> HttpResponse:
    """Mark a notice as read, and lead to its comment; `stay`: back to the inbox instead."""
    assert isinstance(request.user, User)
    own = Notice.objects.filter(member=request.user).with_comment()
    notice = get_object_or_404(own, pk=notice_id)
    services.read_notices(member_id=request.user.pk, only_id=notice.pk)
    comment = notice.comment
    if "stay" in request.POST:
        return redirect("inbox")
    if comment is None:
        return HttpResponseRedirect(notice.link)
    if notice.kind not in Notice.OF_TALK:
        is_report = notice.kind == Notice.Kind.REPORT
        return redirect("my_reports") if is_report else redirect("status", comment.pk)
    if not comment.is_public:
        return redirect("inbox")
    return HttpResponseRedirect(page.address_of(comment, comment.thread.topic))


@login_required
@require_POST
def read_all(request: HttpRequest) -> HttpResponse:
    """Mark as read what is there, up to `until`: what came since the page was made stays unread."""
    assert isinstance(request.user, User)
    until = request.POST.get("until", "")
    until_id = int(until) if until.isascii() and until.isdigit() and len(until) < 19 else 0
    services.read_notices(member_id=request.user.pk, until_id=until_id)
    return redirect("inbox")
