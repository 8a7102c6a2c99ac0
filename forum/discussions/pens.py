"""What a guest does about the pen in the browser: forget it, or get a lost one back."""

from typing import Any

from django import forms
from django.contrib.auth import logout
from django.core.exceptions import ValidationError
from django.db.models import Count, Max
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from forum.accounts import recovery
from forum.accounts.limits import network_key
from forum.accounts.models import Pen
from forum.accounts.readers import give_pen, our_cookies, pen_in
from forum.accounts.views import needs_mail, refuse
from forum.discussions import answers, muting, services
from forum.discussions.models import Comment

# What each cookie is for, by its name without the prefix that https gives it.
COOKIES = {
    "pen": gettext_lazy("lets this browser edit and delete what it wrote as a guest"),
    "seen": gettext_lazy("says up to when talks have been read here"),
    "preferences": gettext_lazy("keeps how pages look here"),
    "order": gettext_lazy("keeps the order in which talks are shown here"),
    "muted": gettext_lazy("keeps whom and which words are muted here"),
    "language": gettext_lazy("shows pages in the language chosen here"),
    "session": gettext_lazy("keeps a member signed in"),
    "csrf": gettext_lazy("shows that a form that is sent was opened on this site"),
}


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def forget(request: HttpRequest) -> HttpResponseBase:
    """Say what goes and what stays; POST takes every cookie of ours from this browser.

    `comments`: "keep" (as without it) or "erase"; `address`: forget the pen's address too.
    """
    pen = pen_in(request)
    if request.method != "POST":
        return render(request, "discussions/forget.html", _before_forgetting(request, pen))
    if pen:
        is_erased = request.POST.get("comments") == "erase"
        services.forget_guest(pen=pen, erase=is_erased, forget_address="address" in request.POST)
    logout(request)  # a member's session ends on the server too
    answer = HttpResponseRedirect(reverse("forgotten"))
    for name in (*our_cookies(), "messages"):
        answer.delete_cookie(name, samesite="Lax")
    # What scripts keep on the device: drafts, folds. Browsers heed it over https.
    answer.headers["Clear-Site-Data"] = '"storage"'
    return answer


def _before_forgetting(request: HttpRequest, pen: Pen | None) -> dict[str, Any]:
    here = [name for name in our_cookies() if name in request.COOKIES]
    return {
        "pen": pen,
        "count": Comment.objects.filter(pen=pen).count() if pen else 0,
        "cookies": [(name, COOKIES[name.removeprefix("__Host-")]) for name in here],
    }


@require_safe
def forgotten(request: HttpRequest) -> HttpResponseBase:
    """What a browser without cookies of ours reads: it has no form, for which one would be set."""
    return answers.shared(request, None, lambda: render(request, "discussions/forgotten.html"))


class LostForm(forms.Form):
    email = forms.EmailField(
        label=gettext_lazy("Your e-mail address"),
        widget=forms.EmailInput(attrs={"class": "in", "autocomplete": "email"}),
        error_messages={
            "required": gettext_lazy("Please give the address that you confirmed."),
            "invalid": gettext_lazy("An address looks like nils@example.org."),
        },
    )


@never_cache
@needs_mail
@require_http_methods(["GET", "HEAD", "POST"])
def ask_back(request: HttpRequest) -> HttpResponse:
    """Ask for the letter. The answer is the same whether anybody has the address."""
    form = LostForm(request.POST if request.method == "POST" else None)
    is_asked = False
    if form.is_valid():
        try:
            recovery.ask(form.cleaned_data["email"], network=network_key(request))
            is_asked = True
        except ValidationError as refusal:
            form.add_error(None, refusal)
    context = {"form": form, "is_asked": is_asked, "hours": recovery.LINK_HOURS}
    response = render(request, "discussions/pen_lost.html", context)
    refuse(response, {"form": form})
    return response


@never_cache
@needs_mail
@require_http_methods(["GET", "HEAD", "POST"])
def back(request: HttpRequest, token: str) -> HttpResponseBase:
    """Offer the pens of a link; POST `pen` gives that one to this browser. 404: it works no more."""
    if request.method == "POST":
        given = recovery.give_back(token, request.POST.get("pen", ""))
        if given:
            answer = HttpResponseRedirect(reverse("my_comments"))
            give_pen(answer, given[1])
            muting.bring_back(request, answer, given[0])
            return answer
    pens = recovery.read_back(token)
    counted = Comment.objects.filter(pen__in=pens).order_by().values("pen")
    rows = {row["pen"]: row for row in counted.annotate(count=Count("pk"), last=Max("created_at"))}
    here = pen_in(request)
    context = {
        "pens": [(pen, rows.get(pen.pk, {"count": 0})) for pen in pens],
        "here": here if here not in pens else None,
        "hours": recovery.LINK_HOURS,
    }
    return render(request, "discussions/pen_back.html", context, status=200 if pens else 404)
