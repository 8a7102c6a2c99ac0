"""How a page that is the same for all is sent: version as ETag, nothing personal in a shared copy."""

import hashlib
from collections.abc import Callable
from typing import Any, NamedTuple

from django.conf import settings
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponsePermanentRedirect,
    HttpResponseRedirect,
)
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.cache import get_conditional_response, patch_vary_headers
from django.utils.translation import get_language

from forum.accounts.readers import has_our_cookie
from forum.discussions import numbers
from forum.discussions.kept import kept
from forum.middleware import accepts, compress, decompress

# What pages show of the settings: browsers keep their copies over a restart that changes them.
_SHOWN = ("SITE_NAME", "SITE_URL", "GUESTS", "EMBED_HOSTS", "TIME_ZONE")


def etag_of(*parts: object) -> str:
    """Return a weak ETag from versions, never from the page; language, release and the settings
    that pages show are parts.
    """
    shown = [getattr(settings, name) for name in _SHOWN]
    named = "|".join(map(str, (*parts, get_language(), settings.RELEASE, *shown)))
    return f'W/"{hashlib.sha256(named.encode()).hexdigest()[:20]}"'


def shared(
    request: HttpRequest, etag: str | None, make: Callable[[], HttpResponse], *, keep: bool = True
) -> HttpResponseBase:
    """Return 304 or what `make` answers, with the headers of a page that is the same for all.

    A request with any cookie of ours gets a private answer without ETag: what is personal in it
    changes without the version. Else the bytes are compressed and kept under the ETag
    (`keep`), which names the version: should writers be faster than the page, the ETag it goes
    under is one that nobody asks for again.
    """
    if has_our_cookie(request):
        return private(make())
    response: HttpResponseBase | None = None
    if etag and request.META.get("HTTP_IF_NONE_MATCH"):
        response = get_conditional_response(request, etag=etag)
    if response is None:
        response = _kept_or_made(request, etag, make) if etag and keep else make()
    if response.status_code in (200, 304) and etag:
        response.headers.setdefault("ETag", etag)
    response.headers.setdefault("Cache-Control", "public, no-cache")
    patch_vary_headers(response, ["Cookie", "Accept-Encoding"])
    return response


class _Answer(NamedTuple):
    """What is kept of an answer; is_rough: compressed in a hurry, for its first reader alone."""

    content: bytes
    content_type: str
    csp_extra: Any
    is_rough: bool


def _kept_or_made(
    request: HttpRequest, etag: str, make: Callable[[], HttpResponse]
) -> HttpResponse:
    """Return the answer kept under the ETag, or make it.

    Who comes first does not wait for good compression; who comes second shows that it is worth it.
    """
    encoding = accepts(request)
    key = ("answer", etag, encoding)
    found: _Answer | None = kept.get(key)
    if found is None:
        made = make()
        if made.status_code != 200:
            return made
        content = compress(made.content, encoding) if encoding else made.content
        extra = getattr(made, "csp_extra", None)
        found = _Answer(content, made.headers["Content-Type"], extra, is_rough=bool(encoding))
        kept.put(key, found, len(content))
    elif found.is_rough:
        content = compress(decompress(found.content, encoding), encoding, well=True)
        found = found._replace(content=content, is_rough=False)
        kept.put(key, found, len(content))
    response = HttpResponse(found.content, content_type=found.content_type)
    response.csp_extra = found.csp_extra  # type: ignore[attr-defined]
    if encoding:
        response.headers["Content-Encoding"] = encoding
    return response


def private(response: HttpResponse) -> HttpResponse:
    """Mark an answer as one person's own."""
    response.headers["Cache-Control"] = "private, no-cache"
    patch_vary_headers(response, ["Cookie", "Accept-Encoding"])
    return response


def to_number(topic_id: int, number: str) -> HttpResponse:
    """Return the way to the page of the comment with this number: 302, or 301 where it has moved.

    Raises Http404 if no comment has or had it.
    """
    found = numbers.find(topic_id, number)
    if found is None:
        raise Http404
    address = reverse("comment", args=[found.id])
    if found.has_moved:
        return HttpResponsePermanentRedirect(address)
    return HttpResponseRedirect(address)
