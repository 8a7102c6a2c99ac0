"""Addresses of playable copies: what they name, what is framed, what is linked. Pure.

Nothing is ever asked of another host here. A host is known exactly or not at all.
"""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import parse_qs, urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

YOUTUBE, VIMEO, ARCHIVE, PEERTUBE, FILE = "youtube", "vimeo", "archive", "peertube", "file"
ADDRESS_CHARS = 500
MOST_SECONDS = 24 * 3600


@dataclass(frozen=True)
class Parsed:
    """A copy: `key` is its id at the service, or a file's path; `host` only of files and PeerTube.

    An unlisted Vimeo film has its second part too: "76979871/8272103f6e".
    """

    kind: str
    host: str
    key: str


class Playable(Protocol):
    """A Parsed or a films.models.Source."""

    @property
    def kind(self) -> str: ...
    @property
    def host(self) -> str: ...
    @property
    def key(self) -> str: ...


@dataclass(frozen=True)
class _Rule:
    kind: str
    hosts: frozenset[str]
    path: re.Pattern[str]  # its groups, joined by "/", are the key
    query: str = ""  # the key stands in this part of the query instead


_HOST = re.compile(
    r"(?=.{4,200}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]*[a-z0-9])?"
)
_FILE = re.compile(r"(/[\w.~%!$&'()*+,;=:@-]+)+\.(mp4|webm|ogv|m4v)", re.ASCII | re.IGNORECASE)
_TUBE = frozenset(
    f"{name}{host}"
    for host in ("youtube.com", "youtube-nocookie.com")
    for name in ("", "www.", "m.", "music.")
)
_VIDEO = r"(?!videoseries|live_stream)[A-Za-z0-9_-]{11}"  # those two are no single film
_VIDEO_ID = re.compile(_VIDEO)
_PEERTUBE_ID = r"([A-Za-z0-9]{22}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})"
_RULES = (
    _Rule(YOUTUBE, _TUBE, re.compile(r"/watch/?"), query="v"),
    _Rule(YOUTUBE, _TUBE, re.compile(rf"/(?:shorts|embed|live|v)/({_VIDEO})/?")),
    _Rule(YOUTUBE, frozenset({"youtu.be"}), re.compile(rf"/({_VIDEO})/?")),
    _Rule(
        VIMEO,
        frozenset({"vimeo.com", "www.vimeo.com"}),
        re.compile(
            r"/(?:channels/[\w-]+/|groups/[\w-]+/videos/)?(\d{1,12})(?:/([0-9a-f]{6,20}))?/?"
        ),
    ),
    _Rule(VIMEO, frozenset({"player.vimeo.com"}), re.compile(r"/video/(\d{1,12})/?")),
    _Rule(
        ARCHIVE,
        frozenset({"archive.org", "www.archive.org"}),
        re.compile(r"/(?:details|embed)/([A-Za-z0-9][\w.-]{0,99})(?:/[^/]*)*", re.ASCII),
    ),
)
_PEERTUBE_PATH = re.compile(rf"/(?:w|videos/watch|videos/embed)/{_PEERTUBE_ID}/?")


def parse(address: str, embed_hosts: Collection[str] | None = None) -> Parsed:
    """Return what `address` names; raise ValidationError (code "source") if that is no known copy.

    Known are films of YouTube, Vimeo and the Internet Archive, of PeerTube on `embed_hosts`
    (settings.EMBED_HOSTS if None), and files: on https anywhere, or our own under /static/ and
    /media/.
    """
    address = address.strip()
    if (
        len(address) > ADDRESS_CHARS
        or not address.isascii()
        or re.search(r'[\s\\<>"\x00-\x20\x7f]', address)
    ):
        raise _unknown()
    if address.startswith("/"):
        return _own_file(address)
    host, path, query = _split(address)
    for rule in _RULES:
        if host in rule.hosts and (found := rule.path.fullmatch(path)):
            return Parsed(rule.kind, "", _key(rule, found, query))
    hosts = settings.EMBED_HOSTS if embed_hosts is None else embed_hosts
    if host in map(str.lower, hosts) and (found := _PEERTUBE_PATH.fullmatch(path)):
        return Parsed(PEERTUBE, host, found[1])
    if _FILE.fullmatch(path) and not _climbs(path) and not _is_service(host):
        return Parsed(FILE, host, path + (f"?{query}" if query else ""))
    raise _unknown()


def _split(address: str) -> tuple[str, str, str]:
    try:
        parts = urlsplit(address)
        plain = parts.scheme == "https" and not parts.username and not parts.password
        port = parts.port
    except ValueError:
        raise _unknown() from None
    host = parts.hostname or ""
    if parts.scheme == "http" and _is_service(host):
        plain = not parts.username and not parts.password  # old links; what is framed is https
    if not plain or "@" in parts.netloc or port not in (None, 443) or not _HOST.fullmatch(host):
        raise _unknown()
    return host, parts.path, parts.query


def _is_service(host: str) -> bool:
    return any(host in rule.hosts for rule in _RULES)


def _key(rule: _Rule, found: re.Match[str], query: str) -> str:
    fields = parse_qs(query, max_num_fields=50) if query.count("&") < 50 else {}
    if rule.query:
        key = fields.get(rule.query, [""])[0]
        if not _VIDEO_ID.fullmatch(key):
            raise _unknown()
        return key
    parts = [part for part in found.groups() if part]
    unlisted = fields.get("h", [""])[0]
    if rule.kind == VIMEO and len(parts) == 1 and re.fullmatch(r"[0-9a-f]{6,20}", unlisted):
        parts.append(unlisted)
    return "/".join(parts)


def _own_file(address: str) -> Parsed:
    inside = address.startswith((settings.STATIC_URL, settings.MEDIA_URL))
    if not inside or not _FILE.fullmatch(address) or _climbs(address):
        raise _unknown()
    return Parsed(FILE, "", address)


def _climbs(path: str) -> bool:
    lowered = path.lower()
    return (
        "%2e" in lowered or "%2f" in lowered or "%5c" in lowered or "/.." in path or "/./" in path
    )


def _unknown() -> ValidationError:
    return ValidationError(
        _(
            "This address is not known as a film. Known are films on YouTube, Vimeo, the Internet "
            "Archive and the PeerTube hosts of this site, and https addresses of .mp4, .webm, .ogv "
            "and .m4v files."
        ),
        code="source",
    )


def seconds(text: str) -> int:
    """Return the second that `?t=` asks for; 0 if it is no number from 0 to a day."""
    if text.isascii() and text.isdigit() and len(text) <= 6 and int(text) <= MOST_SECONDS:
        return int(text)
    return 0


def is_own(source: Playable) -> bool:
    """Return True if the copy is a file of this site."""
    return source.kind == FILE and not source.host


def page_url(source: Playable, start_s: int = 0) -> str:
    """Return the address of the copy's own page (or file) at that second of the copy."""
    at = max(0, start_s)
    if source.kind == YOUTUBE:
        return f"https://www.youtube.com/watch?v={source.key}" + (f"&t={at}s" if at else "")
    if source.kind == VIMEO:
        return f"https://vimeo.com/{source.key}" + (f"#t={at}s" if at else "")
    if source.kind == ARCHIVE:
        return f"https://archive.org/details/{source.key}" + (f"?start={at}" if at else "")
    if source.kind == PEERTUBE:
        return f"https://{source.host}/w/{source.key}" + (f"?start={at}s" if at else "")
    return _file_url(source, at)


def embed_url(source: Playable, start_s: int = 0) -> str:
    """Return the address that is framed (or played) from that second of the copy."""
    at = max(0, start_s)
    if source.kind == YOUTUBE:
        start = f"&start={at}" if at else ""
        return f"https://www.youtube-nocookie.com/embed/{source.key}?autoplay=1&rel=0{start}"
    if source.kind == VIMEO:
        number, _slash, unlisted = source.key.partition("/")
        secret = f"&h={unlisted}" if unlisted else ""
        start = f"#t={at}s" if at else ""
        return f"https://player.vimeo.com/video/{number}?autoplay=1&dnt=1{secret}{start}"
    if source.kind == ARCHIVE:
        start = f"&start={at}" if at else ""
        return f"https://archive.org/embed/{source.key}?autoplay=1{start}"
    if source.kind == PEERTUBE:
        start = f"&start={at}s" if at else ""
        return f"https://{source.host}/videos/embed/{source.key}?autoplay=1&p2p=0{start}"
    return _file_url(source, at)


def _file_url(source: Playable, at: int) -> str:
    origin = f"https://{source.host}" if source.host else ""
    return f"{origin}{source.key}" + (f"#t={at}" if at else "")


_FRAMES = {
    YOUTUBE: "https://www.youtube-nocookie.com",
    VIMEO: "https://player.vimeo.com",
    ARCHIVE: "https://archive.org",
}


def policy_hosts(sources: Iterable[Playable]) -> dict[str, list[str]]:
    """Return what a page that plays these copies adds to its content policy.

    Keys are "frame-src" and "media-src", only where there is something to add.
    """
    frames: dict[str, None] = {}
    media: dict[str, None] = {}
    for source in sources:
        if source.kind == FILE:
            if source.host:
                media[f"https://{source.host}"] = None
        else:
            frames[_FRAMES.get(source.kind) or f"https://{source.host}"] = None
    found = {"frame-src": list(frames), "media-src": list(media)}
    return {name: hosts for name, hosts in found.items() if hosts}
