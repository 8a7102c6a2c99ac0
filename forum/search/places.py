"""Where a page of results begins: after a row's rank, which stays right while rows come and go. Pure."""

import base64
import binascii
import json
from collections.abc import Sequence
from typing import Any

_CHARS = 800
_MOST = 1 << 63

Rank = tuple[Any, ...]  # of integers and texts; a smaller one stands first


def token(rank: Sequence[Any]) -> str:
    raw = json.dumps(list(rank), separators=(",", ":"), ensure_ascii=False).encode()
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def place(text: str, like: str) -> Rank | None:
    """Return the rank that a token names, None for none that we made: the first page is shown then.

    like: the kinds of its parts, "i" an integer, "s" a text: "iisi".
    """
    kinds = {"i": int, "s": str}
    try:
        if not text.isascii() or not 0 < len(text) <= _CHARS:
            return None
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        parts = json.loads(raw)
        if type(parts) is not list or [kinds[one] for one in like] != list(map(type, parts)):
            return None
        if any(type(one) is int and not -_MOST < one < _MOST for one in parts):
            return None
    except (ValueError, RecursionError, binascii.Error):
        return None
    return tuple(parts)
