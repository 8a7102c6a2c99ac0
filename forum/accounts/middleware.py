"""What happens between a member and every view of theirs."""

from collections.abc import Callable
from urllib.parse import urlencode

from allauth.account.adapter import get_adapter
from allauth.core.exceptions import ReauthenticationRequired
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import reverse

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
