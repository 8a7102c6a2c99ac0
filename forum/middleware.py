"""What stands between the server and every view: ids, front server, content policy, compression."""

import gzip
import ipaddress
from collections.abc import Callable

import brotli
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import patch_vary_headers

from forum import present

Handler = Callable[[HttpRequest], HttpResponseBase]
COMPRESSED_TYPES = (
    "text/html",
    "text/plain",
    "application/xml",
    "application/atom+xml",
    "image/svg+xml",
)


def watched(get_response: Handler) -> Handler:
    """Give the request an id, count it and log it; the first of all, so that it times all others.

    The id of a front server that is trusted is taken over (X-Request-ID); the answer carries it, but
    for static files, of which a first visit asks a dozen and nobody ever asks again which one it was.
    """

    def middleware(request: HttpRequest) -> HttpResponseBase:
        given = request.META.pop("HTTP_X_REQUEST_ID", "")
        if given and not _is_trusted(request.META.get("REMOTE_ADDR", "")):
            given = ""
        name = present.begin(request, given)
        response = get_response(request)
        if not request.path_info.startswith(settings.STATIC_URL):
            response.headers["X-Request-ID"] = name
        present.end(request, response.status_code)
        return response

    return middleware


def front_server(get_response: Handler) -> Handler:
    """Believe X-Forwarded-For and -Proto from TRUSTED_PROXIES alone; drop them from anybody else.

    The client is the last address in the list that is not a trusted proxy.
    """

    def middleware(request: HttpRequest) -> HttpResponseBase:
        forwarded = request.META.pop("HTTP_X_FORWARDED_FOR", "")
        scheme = request.META.pop("HTTP_X_FORWARDED_PROTO", "")
        if _is_trusted(request.META.get("REMOTE_ADDR", "")):
            for address in reversed(
                [part.strip() for part in forwarded.split(",") if part.strip()]
            ):
                request.META["REMOTE_ADDR"] = address
                if not _is_trusted(address):
                    break
            if scheme in {"http", "https"}:
                request.META["wsgi.url_scheme"] = scheme
                request.environ["wsgi.url_scheme"] = scheme  # type: ignore[attr-defined]
        return get_response(request)

    return middleware


def _is_trusted(address: str) -> bool:
    if not settings.TRUSTED_PROXIES:
        return False
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return address == ""  # a Unix socket has no address; only a front server can open it
    ip = getattr(ip, "ipv4_mapped", None) or ip  # as a socket for both versions writes IPv4
    return any(ip in network for network in settings.TRUSTED_PROXIES)


def policy(extra: dict[str, list[str]] | None = None) -> str:
    """Return the Content-Security-Policy header; `extra` adds sources to its directives."""
    parts = {name: list(sources) for name, sources in settings.SECURE_CSP.items()}
    for name, sources in (extra or {}).items():
        parts.setdefault(name, []).extend(sources)
    return "; ".join(f"{name} {' '.join(sources)}" for name, sources in parts.items())


def content_policy(get_response: Handler) -> Handler:
    """Send the content policy. A view adds sources as `response.csp_extra`; a page that plays films
    needs its hosts in frame-src and media-src. Django's admin writes inline styles in places.
    """
    plain = policy()
    admin = policy({"style-src": ["'unsafe-inline'"]})

    def middleware(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        extra = getattr(response, "csp_extra", None)
        header = (
            policy(extra) if extra else admin if request.path_info.startswith("/admin/") else plain
        )
        response.headers.setdefault("Content-Security-Policy", header)
        response.headers["Permissions-Policy"] = settings.PERMISSIONS_POLICY
        # An answer that does not say how it may be kept is kept for nobody else.
        response.headers.setdefault("Cache-Control", "private, no-cache")
        return response

    return middleware


def accepts(request: HttpRequest) -> str:
    """Return the best encoding that the client takes: "br", "gzip" or ""."""
    offered = request.META.get("HTTP_ACCEPT_ENCODING", "").replace(" ", "").lower()
    pairs = (part.partition(";q=") for part in offered.split(","))
    # A weight of 0, written as 0, 0.0 or 0.00, is a refusal.
    names = {name for name, _sign, weight in pairs if not weight or weight.strip("0.")}
    return next((name for name in ("br", "gzip") if name in names), "")


def compress(content: bytes, encoding: str, *, well: bool = False) -> bytes:
    """Return `content` compressed; `well`: it will be sent many times and earns more effort.

    For 200 comments, in CPU ms and kB: brotli 1 takes 0.2 and gives 28, brotli 5 takes 1.4 and 23.
    """
    if encoding == "br":
        return brotli.compress(content, quality=5 if well else 1)
    return gzip.compress(content, compresslevel=6 if well else 1, mtime=0)


def decompress(content: bytes, encoding: str) -> bytes:
    return brotli.decompress(content) if encoding == "br" else gzip.decompress(content)


def compression(get_response: Handler) -> Handler:
    """Compress text that is not compressed yet; answers that carry an encoding are left alone."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        kind = response.headers.get("Content-Type", "").split(";")[0]
        if kind not in COMPRESSED_TYPES or not isinstance(response, HttpResponse):
            return response
        patch_vary_headers(response, ["Accept-Encoding"])
        encoding = accepts(request)
        if not encoding or len(response.content) < 500 or "Content-Encoding" in response.headers:
            return response
        response.content = compress(response.content, encoding)
        response.headers["Content-Encoding"] = encoding
        response.headers["Content-Length"] = str(len(response.content))
        return response

    return middleware


def heads(get_response: Handler) -> Handler:
    """Answer HEAD with the headers of GET and no body; a body is thrown away by the server, loudly."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        if request.method == "HEAD" and isinstance(response, HttpResponse):
            response.headers.setdefault("Content-Length", str(len(response.content)))
            response.content = b""
        return response

    return middleware
