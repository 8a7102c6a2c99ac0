"""What a guest of this site wrote, for everybody, under the mark of their pen."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from forum.accounts.models import Pen
from forum.accounts.pen_marks import words_of
from forum.discussions import answers, muted, page
from forum.discussions.models import Comment

COMMENTS_A_PAGE = 50


@require_safe
def guest_page(request: HttpRequest, public_id: str) -> HttpResponseBase:
    """A guest's public comments, newest first. 404 where there are none, as for one that never was."""
    pen = get_object_or_404(Pen, public_id=public_id)
    before = request.GET.get("before", "")
    is_number = before.isascii() and before.isdigit() and len(before) < 19

    def make() -> HttpResponse:
        shown = _written(pen, int(before) if is_number else 0, muted.of(request))
        return render(request, "discussions/guest.html", shown)

    return answers.shared(request, None, make)


def _written(pen: Pen, before: int, what_is_muted: muted.Muted) -> dict[str, Any]:
    """Three queries, however many comments there are; a page is found by its key."""
    rows = Comment.objects.public().filter(pen=pen)
    rows = rows.filter(pk__lt=before) if before else rows
    found = list(rows.with_text().order_by("-pk")[: COMMENTS_A_PAGE + 1])
    if not found:
        raise Http404
    shown = found[:COMMENTS_A_PAGE]
    numbers = page.numbers_of([comment.pk for comment in shown])
    return {
        "mark": pen.mark,
        "mark_words": words_of(pen.mark),
        "name": shown[0].author_name,
        "comments": [
            {"comment": one, "number": numbers[one.pk], "is_muted": what_is_muted.hides(one)}
            for one in shown
        ],
        "next": shown[-1].pk if len(found) > COMMENTS_A_PAGE else None,
    }
