"""How pages are shown: to a member language, time zone, type and keys; to anybody type and keys."""

import zoneinfo
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import asdict
from functools import cache
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone, translation
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from forum.accounts.forms import LettersForm, LooksForm, ReadingForm
from forum.accounts.looks import Looks, keep, looks_of
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
            if user and user.zone in known_zones():
                own.enter_context(timezone.override(user.zone))
            return get_response(request)

    return middleware


@cache
def known_zones() -> frozenset[str]:
    """Return the names of the time zones; looking for them reads hundreds of files."""
    return frozenset(zoneinfo.available_timezones())


def zone_of(member: User | None) -> Any:
    """Return a context in which moments are written in a member's zone, else in the site's."""
    zone = member.zone if member else ""
    return timezone.override(zone if zone in known_zones() else None)


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
    _keep(form)
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


@require_http_methods(["GET", "HEAD", "POST"])
def looks(request: HttpRequest) -> HttpResponse:
    """How pages look in this browser, kept in one cookie; it leads back to where one came from."""
    if reader_of(request).user:
        return redirect("reading")
    if request.method != "POST":
        form = LooksForm(initial={**asdict(looks_of(request)), "next": _came_from(request)})
        return render(request, "accounts/looks.html", {"form": form})
    form = LooksForm(request.POST)
    if not form.is_valid():
        response = render(request, "accounts/looks.html", {"form": form})
        refuse(response, {"form": form})
        return response
    chosen = dict(form.cleaned_data)
    to = chosen.pop("next")
    answer = redirect(to if url_has_allowed_host_and_scheme(to, allowed_hosts=None) else "looks")
    keep(answer, Looks(**chosen))
    return answer


def _came_from(request: HttpRequest) -> str:
    """Return the page of ours that the reader came from, without its host; "" if it was none."""
    page = urlsplit(request.META.get("HTTP_REFERER", ""))
    if page.netloc != request.get_host() or page.path == request.path:
        return ""
    return f"{page.path}?{page.query}" if page.query else page.path


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def letters(request: HttpRequest) -> HttpResponse:
    """When letters about what stands in the inbox go out."""
    assert isinstance(request.user, User)
    form = LettersForm(request.POST if request.method == "POST" else None, instance=request.user)
    if request.method != "POST" or not form.is_valid():
        response = render(request, "accounts/letters.html", {"form": form})
        refuse(response, {"form": form})
        return response
    _keep(form)
    messages.success(request, _("Kept."))
    return redirect("letters")


def _keep(form: Any) -> None:
    """Save what the form shows and no more: other columns may have changed since it was opened."""
    form.instance.save(update_fields=list(form.fields))
