"""Signing in and out; members are made by staff."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView, LogoutView
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from forum.accounts.limits import hit, network_key
from forum.accounts.names import skeleton


def limited(view: Callable[..., Any]) -> Callable[..., Any]:
    """Let a sign-in view be tried as often as settings.RATE_LIMITS says: by name and by network."""

    def tried(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        if request.method == "POST":
            name = skeleton(request.POST.get("username", "")[:300])
            wait = max(hit("login:name", name), hit("login:network", network_key(request)))
            if wait:
                return _too_often(request, wait)
        return view(request, *args, **kwargs)

    return tried


def _too_often(request: HttpRequest, wait: int) -> HttpResponse:
    form = AuthenticationForm(request, initial={"username": request.POST.get("username", "")})
    words = _("Too many attempts. Please try again in %(wait)d seconds.") % {"wait": wait}
    context = {"form": form, "words": words, "next": request.POST.get("next", "")}
    response = render(request, "accounts/login.html", context, status=429)
    response.headers["Retry-After"] = str(wait)
    return response


class _SignIn(LoginView):
    template_name = "accounts/login.html"
    extra_context = {"site_name": settings.SITE_NAME}  # not that of the row in django_site

    def form_invalid(self, form: AuthenticationForm) -> HttpResponse:
        return self.render_to_response(self.get_context_data(form=form), status=422)


class _SignOut(LogoutView):
    http_method_names = ["get", "head", "post", "options"]

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return render(request, "accounts/logout.html")


login = limited(_SignIn.as_view())
logout = _SignOut.as_view()
