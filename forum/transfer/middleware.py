"""Addresses of the site that was left."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponsePermanentRedirect
from django.http.response import HttpResponseBase

from forum.transfer.addresses import SHORT_LINK, also_asked_as, normal_address
from forum.transfer.models import OldAddress

Handler = Callable[[HttpRequest], HttpResponseBase]


def old_addresses(get_response: Handler) -> Handler:
    """Answer 301 to the film where nothing else answers and an import brought this address."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        if request.method not in ("GET", "HEAD"):
            return get_response(request)
        # The home page answers every query, so that "/?p=44" must be looked for before it.
        if SHORT_LINK.match(request.get_full_path()):
            return _redirect(request) or get_response(request)
        response = get_response(request)
        return (response.status_code == 404 and _redirect(request)) or response

    return middleware


def _redirect(request: HttpRequest) -> HttpResponsePermanentRedirect | None:
    asked = also_asked_as(normal_address(request.get_full_path()))
    found = OldAddress.objects.select_related("film").filter(address__in=asked)
    best = min(found, key=lambda old: asked.index(old.address), default=None)
    return HttpResponsePermanentRedirect(best.film.get_absolute_url()) if best else None
