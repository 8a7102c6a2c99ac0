"""What happens between a member and every view of theirs."""

from collections.abc import Callable
from urllib.parse import urlencode

from allauth.account.adapter import get_adapter
from allauth.core.exceptions import ReauthenticationRequired
from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _

Handler = Callable[[HttpRequest], HttpResponseBase]


class ask_again:
    """Ask for the password before what is delicate. allauth would keep the request meanwhile, its
    headers, the sender's address and typed passwords with it, in the session: nothing is kept here.
    """

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if not isinstance(error, ReauthenticationRequired):
            return None
        ways = get_adapter(request).get_reauthentication_methods(request.user)
        where = ways[0]["url"] if ways else reverse("login")
        return HttpResponseRedirect(f"{where}?{urlencode({'next': request.get_full_path()})}")


def second_factor(get_response: Handler) -> Handler:
    """Let staff of a public site into the admin once they have a second factor.

    Who has one was asked for it on signing in. One query a page of the admin.
    """

    def middleware(request: HttpRequest) -> HttpResponseBase:
        if (
            settings.PUBLIC
            and request.path_info.startswith("/admin/")
            and request.user.is_authenticated
            and request.user.is_staff
            and not is_mfa_enabled(request.user)
        ):
            words = _("The admin of a public site opens once you have set up a second factor.")
            messages.info(request, words)
            return HttpResponseRedirect(reverse("mfa_index"))
        return get_response(request)

    return middleware
