"""Posting to the owner's webhook: signed, to an address that was looked at, following nothing.

The address is the owner's, from the environment, never a reader's. Still the name in it is resolved
once, and the connection goes to the very address that was found fit: a public one over TLS, or this
machine itself where the owner wrote so.
"""

import hashlib
import hmac
import http.client
import ipaddress
import json
import socket
import ssl
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

EACH_S = 10  # a step of the network
WHOLE_S = 30  # all of it
MOST_BYTES = 4096  # of an answer; more is not read
PASSING = {408, 425, 429}  # refusals that another try may mend, as may every 5xx


class Refused(Exception):
    """No other try helps: the address is not fit, or the other side said so."""


class Failed(Exception):
    """This try failed; another may not."""


def signature(key: str, timestamp: int, body: bytes) -> str:
    """Return HMAC-SHA256 of "timestamp.body" in hexadecimal digits.

    Who receives it computes the same, compares in constant time, and refuses a timestamp that is
    more than some minutes old: then nobody can send an old one again.
    """
    signed = f"{timestamp}.".encode() + body
    return hmac.new(key.encode(), signed, hashlib.sha256).hexdigest()


def post(url: str, key: str, facts: Mapping[str, Any]) -> None:
    """Post `facts` as JSON. Raises Refused or Failed."""
    host = urlsplit(url).hostname or ""
    status, _answer = _sent(url, key, facts, WHOLE_S)
    if 200 <= status < 300:
        return
    if status >= 500 or status in PASSING:
        raise Failed(f"{host} answered {status}")
    raise Refused(f"{host} answered {status}")  # a redirect too: none is followed


def ask(url: str, key: str, facts: Mapping[str, Any], *, whole_s: float) -> bytes:
    """Post `facts` as JSON, and return the first MOST_BYTES of the answer. Raises Refused or Failed."""
    status, answer = _sent(url, key, facts, whole_s)
    if not 200 <= status < 300:
        raise Failed(f"answered {status}")
    return answer


def _sent(url: str, key: str, facts: Mapping[str, Any], whole_s: float) -> tuple[int, bytes]:
    """Post `facts`, signed; return the status and the beginning of the answer."""
    parts = urlsplit(url)
    body = json.dumps(facts, sort_keys=True).encode()
    now = int(time.time())
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "Foyer",
        "X-Foyer-Timestamp": str(now),
        "X-Foyer-Signature": f"sha256={signature(key, now, body)}",
        "Connection": "close",
    }
    host = parts.hostname or ""
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    is_safe = parts.scheme == "https"
    try:
        return _asked(host, parts.port, is_safe, path, body, headers, whole_s)
    except (OSError, http.client.HTTPException) as error:
        raise Failed(f"{host}: {type(error).__name__}") from error


def _asked(
    host: str,
    port: int | None,
    is_safe: bool,
    path: str,
    body: bytes,
    headers: dict[str, str],
    whole_s: float,
) -> tuple[int, bytes]:
    make = http.client.HTTPSConnection if is_safe else http.client.HTTPConnection
    connection = make(host, port, timeout=EACH_S)
    connection.sock = _connected(host, connection.port, is_safe)
    end = threading.Timer(whole_s, _shut, [connection])  # for who answers a byte at a time
    end.daemon = True
    end.start()
    try:
        if is_safe:
            context = ssl.create_default_context()
            connection.sock = context.wrap_socket(
                connection.sock, server_hostname=host, do_handshake_on_connect=False
            )
            connection.sock.do_handshake()
        connection.request("POST", path, body, headers)
        answer = connection.getresponse()
        return answer.status, answer.read(MOST_BYTES)
    finally:
        end.cancel()
        connection.close()


def _shut(connection: http.client.HTTPConnection) -> None:
    with suppress(OSError, AttributeError):
        connection.sock.shutdown(socket.SHUT_RDWR)


def _connected(host: str, port: int, is_safe: bool) -> socket.socket:
    """Return a connection to the first fit address of the host. Raises Refused, OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    for family, kind, protocol, _name, where in found:
        if not is_fit(str(where[0]), is_safe):
            raise Refused(f"{host} is at an address that is not public")
        sock = socket.socket(family, kind, protocol)
        sock.settimeout(EACH_S)
        try:
            sock.connect(where)
        except OSError:
            sock.close()
            continue
        return sock
    raise OSError("nobody answers")


def is_fit(address: str, is_safe: bool) -> bool:
    """Return True for a public address over TLS, and for this machine's own in the clear."""
    at = ipaddress.ip_address(address.partition("%")[0])
    at = getattr(at, "ipv4_mapped", None) or at
    if not is_safe:
        return at.is_loopback
    return at.is_global and not at.is_multicast
