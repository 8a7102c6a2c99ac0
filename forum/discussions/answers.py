"""How a page that is the same for all is sent: version as ETag, nothing personal in a shared copy."""

import hashlib
import re
import secrets
import time
from collections.abc import Callable
from typing import Any, NamedTuple

from django.conf import settings
from django.contrib import messages
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponsePermanentRedirect,
    HttpResponseRedirect,
)
from django.http.response import HttpResponseBase
from django.middleware.csrf import get_token
from django.template.response import SimpleTemplateResponse
from django.urls import reverse
from django.utils.cache import get_conditional_response, patch_vary_headers
from django.utils.translation import get_language

from forum import sql
from forum.accounts.readers import has_our_cookie
from forum.discussions import numbers
from forum.discussions.kept import kept
from forum.middleware import accepts, compress, decompress

KEPT_S = 60  # at most, of a page without an ETag: what it shows may depend on the day
# What pages show of the settings: browsers keep their copies over a restart that changes them.
_SHOWN = (
    "SITE_NAME",
    "SITE_URL",
    "GUESTS",
    "VOTES",
    "SCORE_HIDDEN_MINUTES",
    "EMBED_HOSTS",
    "TIME_ZONE",
)


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
    under is one that nobody asks for again. A page without an ETag is kept for as long as nothing at all
    is written to the database, and a minute at most.
    """
    if has_our_cookie(request):
        return private(make())
    response: HttpResponseBase | None = None
    if etag and request.META.get("HTTP_IF_NONE_MATCH"):
        response = get_conditional_response(request, etag=etag)
    if response is None:
        name = etag or _state_of(request) if keep else None
        response = _kept_or_made(request, name, make) if name else make()
    if response.status_code in (200, 304) and etag:
        response.headers.setdefault("ETag", etag)
    response.headers.setdefault("Cache-Control", "public, no-cache")
    patch_vary_headers(response, ["Cookie", "Accept-Encoding"])
    return response


_TOKEN = re.compile(rb'(name="csrfmiddlewaretoken" value=")\w+')
_TOKEN_GOES = f"token{secrets.token_hex(8)}".encode()  # stands where it goes in what is kept


def own(
    request: HttpRequest, member_id: int, make: Callable[[], HttpResponse | SimpleTemplateResponse]
) -> HttpResponse:
    """Return what `make` answers, private, and keep it for this member's next look at the address.

    For as long as nothing is written, as `shared` keeps pages. A page that says something once (a
    message) is not kept, and each answer has a token of its own in its forms.
    """
    state = None if len(messages.get_messages(request)) else _state_of(request)
    key = ("own", member_id, state)
    content: bytes | None = kept.get(key) if state else None
    if content is None:
        response = make()
        if isinstance(response, SimpleTemplateResponse):
            response.render()
        if state and response.status_code == 200:
            content = _TOKEN.sub(rb"\1" + _TOKEN_GOES, response.content)
            kept.put(key, content, len(content))
        return private(response)
    token = get_token(request).encode()
    return private(HttpResponse(content.replace(_TOKEN_GOES, token)))


def _state_of(request: HttpRequest) -> str | None:
    """Return a name for the page at this address as it is now; None where there is none."""
    state = sql.state()
    if state is None:
        return None
    address = (request.scheme, request.get_host(), request.get_full_path())
    return "|".join(map(str, (*address, state, int(time.time() // KEPT_S), get_language())))


class _Answer(NamedTuple):
    """What is kept of an answer; is_rough: compressed in a hurry, for its first reader alone."""

    content: bytes
    content_type: str
    csp_extra: Any
    is_rough: bool


def _kept_or_made(
    request: HttpRequest, name: str, make: Callable[[], HttpResponse]
) -> HttpResponse:
    """Return the answer kept under this name, or make it.

    Who comes first does not wait for good compression; who comes second shows that it is worth it.
    """
    encoding = accepts(request)
    key = ("answer", name, encoding)
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
