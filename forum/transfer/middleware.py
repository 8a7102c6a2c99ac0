"""Addresses of the site that was left."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponsePermanentRedirect
from django.http.response import HttpResponseBase

from films.models import Film
from forum.accounts.readers import reader_of
from forum.transfer.addresses import SHORT_LINK, also_asked_as, normal_address
from forum.transfer.models import OldAddress

Handler = Callable[[HttpRequest], HttpResponseBase]


def old_addresses(get_response: Handler) -> Handler:
    """Answer 301 to the film where nothing else answers and an import brought this address. Of a film
    that the reader may not see it tells nothing.
    """

    def middleware(request: HttpRequest) -> HttpResponseBase:
        if request.method not in ("GET", "HEAD"):
            return get_response(request)
        # The home page answers every query, so that "/?p=44" must be looked for before it.
        short = bool(SHORT_LINK.match(request.get_full_path()))
        film = _film(request) if short else None
        if film and film.is_published:
            return _redirect(film)
        response = get_response(request)
        if response.status_code == 404 and not short:
            film = _film(request)
        # Who is reading is known only now, after the views.
        if film and (film.is_published or reader_of(request).is_staff):
            return _redirect(film)
        return response

    return middleware


def _film(request: HttpRequest) -> Film | None:
    asked = also_asked_as(normal_address(request.get_full_path()))
    found = OldAddress.objects.select_related("film").filter(address__in=asked)
    best = min(found, key=lambda old: asked.index(old.address), default=None)
    return best.film if best else None


def _redirect(film: Film) -> HttpResponsePermanentRedirect:
    return HttpResponsePermanentRedirect(film.get_absolute_url())
