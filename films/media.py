"""Uploaded files, served by generated name alone, with answers to Range (RFC 9110, 14)."""

import re
from collections.abc import Iterator

from django.core.files.storage import default_storage
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase

CHUNK = 64 * 1024  # bytes
TYPES = {
    "webp": "image/webp",
    "png": "image/png",
    "jpg": "image/jpeg",
    "mp4": "video/mp4",
    "m4v": "video/x-m4v",
    "webm": "video/webm",
    "ogv": "video/ogg",
}
_NAME = re.compile(r"[0-9a-f]{32}(-[0-9]{2,4})?\.(webp|png|jpg|mp4|m4v|webm|ogv)", re.ASCII)
_RANGE = re.compile(r"bytes=([0-9]{0,18})-([0-9]{0,18})", re.ASCII)


class Unsatisfiable(Exception):
    """No byte of the file lies in the range that was asked for."""


def asked_range(header: str, size: int) -> tuple[int, int] | None:
    """Return (first, last) byte of a Range header for a file of `size` bytes, both included.

    None means the whole file: no header, more than one range, or one that is malformed.
    Raises Unsatisfiable.
    """
    found = _RANGE.fullmatch(header.strip())
    if not found or not (found[1] or found[2]):
        return None
    if not found[1]:
        first, last = max(0, size - int(found[2])), size - 1
    else:
        first, last = int(found[1]), min(int(found[2] or size - 1), size - 1)
        if found[2] and int(found[2]) < first:
            return None
    if first > last:
        raise Unsatisfiable
    return first, last


def answer(request: HttpRequest, name: str) -> HttpResponseBase:
    """Return the file, or the part that Range asks for; Http404 for any name that is not ours."""
    found = _NAME.fullmatch(name)
    if not found or not default_storage.exists(name):
        raise Http404
    size = default_storage.size(name)
    headers = {
        "Accept-Ranges": "bytes",
        "Cache-Control": "public, max-age=31536000, immutable",
        "Content-Disposition": f'inline; filename="{name}"',
        "Content-Type": TYPES[found[2]],
        "ETag": f'"{name}"',  # a name is never given twice
        "X-Content-Type-Options": "nosniff",
    }
    if headers["ETag"] in request.headers.get("If-None-Match", ""):
        return HttpResponse(status=304, headers=headers)
    try:
        part = asked_range(_range_of(request, headers["ETag"]), size)
    except Unsatisfiable:
        return HttpResponse(status=416, headers=headers | {"Content-Range": f"bytes */{size}"})
    first, last = part or (0, size - 1)
    headers["Content-Length"] = str(last - first + 1)
    if part:
        headers["Content-Range"] = f"bytes {first}-{last}/{size}"
    body = () if request.method == "HEAD" else _read(name, first, last)
    return StreamingHttpResponse(body, status=206 if part else 200, headers=headers)


def _range_of(request: HttpRequest, etag: str) -> str:
    """Return the Range header; "" where If-Range says that the client has another file."""
    if request.method != "GET" or request.headers.get("If-Range", etag).strip() != etag:
        return ""
    return request.headers.get("Range", "")


def _read(name: str, first: int, last: int) -> Iterator[bytes]:
    with default_storage.open(name) as file:
        file.seek(first)
        left = last - first + 1
        while left > 0 and (piece := file.read(min(CHUNK, left))):
            left -= len(piece)
            yield piece
