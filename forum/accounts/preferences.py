"""How pages are shown to a member: language, time zone, density, keys."""

import zoneinfo
from collections.abc import Callable
from contextlib import ExitStack
from functools import cache
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from forum.accounts.forms import ReadingForm
from forum.accounts.models import User
from forum.accounts.readers import reader_of
from forum.accounts.views import refuse

LANGUAGE_COOKIE_SECONDS = 365 * 24 * 3600


def shown_as_chosen(get_response: Callable[[HttpRequest], HttpResponseBase]) -> Any:
    """Make every answer in the language and zone of who reads; without our cookies, in the site's.

    A page that is the same for all is thereby never made in a member's language or zone.
    """

    def middleware(request: HttpRequest) -> HttpResponseBase:
        user = None
        if settings.SESSION_COOKIE_NAME in request.COOKIES:
            user = reader_of(request).user
        chosen = user.language if user else request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME)
        with ExitStack() as own:
            if chosen in dict(settings.LANGUAGES):
                own.enter_context(translation.override(chosen))
            if user and user.zone in _zones():
                own.enter_context(timezone.override(user.zone))
            return get_response(request)

    return middleware


@cache
def _zones() -> frozenset[str]:
    """Return the names of the time zones; looking for them reads hundreds of files."""
    return frozenset(zoneinfo.available_timezones())


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def reading(request: HttpRequest) -> HttpResponse:
    """The language is kept in a cookie too, so that it stays when one has signed out here."""
    assert isinstance(request.user, User)
    form = ReadingForm(request.POST if request.method == "POST" else None, instance=request.user)
    if request.method != "POST" or not form.is_valid():
        response = render(request, "accounts/reading.html", {"form": form})
        refuse(response, {"form": form})
        return response
    form.save()
    messages.success(request, _("Kept. This is how pages look from now on."))
    answer = redirect("reading")
    if form.cleaned_data.get("language"):
        answer.set_cookie(
            settings.LANGUAGE_COOKIE_NAME,
            form.cleaned_data["language"],
            max_age=LANGUAGE_COOKIE_SECONDS,
            secure=settings.SESSION_COOKIE_SECURE,
            httponly=True,
            samesite="Lax",
        )
    elif settings.LANGUAGE_COOKIE_NAME in request.COOKIES:
        answer.delete_cookie(settings.LANGUAGE_COOKIE_NAME, samesite="Lax")
    return answer
