"""Addresses of the site that was left."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponsePermanentRedirect
from django.http.response import HttpResponseBase

from forum.transfer.models import OldAddress

Handler = Callable[[HttpRequest], HttpResponseBase]


def old_addresses(get_response: Handler) -> Handler:
    """Answer 301 to the film where nothing else answers and an import brought this address."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        if response.status_code != 404 or request.method not in ("GET", "HEAD"):
            return response
        address = request.get_full_path()[:500]
        found = OldAddress.objects.select_related("film").filter(address=address).first()
        return HttpResponsePermanentRedirect(found.film.get_absolute_url()) if found else response

    return middleware
