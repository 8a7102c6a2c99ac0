"""Warnings, to whom they are for: read, and said to be read; then one writes again."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from forum.accounts.readers import Reader, reader_of
from forum.discussions import answers, services
from forum.discussions.models import Caution

MOST = 50


@require_http_methods(["GET", "HEAD", "POST"])
def mine(request: HttpRequest) -> HttpResponse:
    """What moderators told this member or guest, newest first; POST says that it was read."""
    reader = reader_of(request)
    if request.method == "POST":
        acknowledge(request, reader)
        return HttpResponseRedirect(reverse("my_warnings"))
    rows = Caution.objects.about(reader).filter(withdrawn_at=None)
    context = {
        "cautions": rows.order_by("-pk")[:MOST],
        "waiting": services.waiting_cautions(reader),
    }
    return answers.private(render(request, "discussions/warnings.html", context))


def acknowledge(request: HttpRequest, reader: Reader) -> None:
    """Note that the warnings up to the one that is named were read."""
    sent = request.POST.get("acknowledge", "")
    if sent.isascii() and sent.isdigit() and len(sent) < 19:
        services.acknowledge(by=reader, last_id=int(sent))


def line_for(reader: Reader) -> str:
    """Return the line over a talk that leads to a warning or says that a pen is closed; "" else."""
    who = reader.user or reader.pen
    if who is None:
        return ""
    if getattr(who, "closed_at", None):
        words = _("A moderator has closed your pen. What you wrote stays, and you can delete it.")
    elif who.warned_at:
        words = _("A moderator has warned you. Read it, then you can write again.")
    else:
        return ""
    address = reverse("my_warnings")
    return format_html('<p class="notice waits"><a href="{}">{}</a></p>', address, words)
