"""Signing in, up and out through django-allauth, answered as this site answers; where one is signed in."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from allauth.account import views as account
from allauth.account.decorators import reauthentication_required
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.sessions.models import Session
from django.db import IntegrityError, transaction
from django.forms import BaseForm
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from forum.accounts.devices import device_words
from forum.accounts.models import User

View = Callable[..., HttpResponseBase]


def answered(view: View) -> View:
    """Let a view with a form answer 422 where the form is refused, 429 where it came too often."""

    @wraps(view)
    def shown(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        response = view(request, *args, **kwargs)
        if request.method == "POST" and isinstance(response, TemplateResponse):
            refuse(response, response.context_data or {})
        return response

    return shown


def refuse(response: HttpResponse, context: dict[str, Any]) -> None:
    """Give the response the status of the refused form in its context, if there is one."""
    forms = [form for form in context.values() if isinstance(form, BaseForm) and form.is_bound]
    errors = [one for form in forms for some in form.errors.as_data().values() for one in some]
    if not errors or response.status_code != 200:
        return
    response.status_code = 422
    waits = [(one.params or {})["wait"] for one in errors if one.code == "too-often"]
    if waits:
        response.status_code = 429
        response.headers["Retry-After"] = str(max(waits))


def needs_mail(view: View) -> View:
    """404 where the site sends no mail."""

    @wraps(view)
    def offered(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not settings.MAILS:
            raise Http404
        return view(request, *args, **kwargs)

    return offered


@answered
def signup(request: HttpRequest) -> HttpResponseBase:
    """Make the account, its address and its letter in one transaction, or none of them."""
    try:
        with transaction.atomic():
            return account.signup(request)
    except IntegrityError:  # somebody took the name meanwhile; the form will say so
        return account.signup(request)


# The password is asked again on opening the form, so that nothing typed is lost by the question.
email = reauthentication_required(account.email, app="allauth.account")


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def sessions(request: HttpRequest) -> HttpResponse:
    """Where one is signed in; POST `end` (an id, or "others") signs out there."""
    assert isinstance(request.user, User)
    if request.method == "POST":
        chosen = UserSession.objects.filter(user=request.user)
        chosen = chosen.exclude(session_key=request.session.session_key)
        end = request.POST.get("end", "")
        if end != "others":
            chosen = chosen.filter(pk=int(end) if end.isascii() and end.isdigit() else 0)
        end_sessions(chosen)
        messages.success(request, _("Signed out there."))
        return redirect("sessions")
    living = Session.objects.filter(expire_date__gt=timezone.now()).values("session_key")
    found = UserSession.objects.filter(user=request.user, session_key__in=living).order_by("-pk")
    rows = [
        {
            "session": one,
            "device": device_words(one.user_agent),
            "is_here": one.session_key == request.session.session_key,
        }
        for one in found
    ]
    return render(request, "accounts/sessions.html", {"rows": rows})


def end_sessions(chosen: Any) -> None:
    """Sign out where these sessions (a queryset of UserSession) are."""
    with transaction.atomic():
        keys = list(chosen.values_list("session_key", flat=True))
        Session.objects.filter(session_key__in=keys).delete()
        chosen.delete()


@login_required
def overview(request: HttpRequest) -> HttpResponse:
    """What a member can set."""
    return render(request, "accounts/overview.html")
