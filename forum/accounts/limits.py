"""Rate limits as written numbers (settings.RATE_LIMITS), and the network key they count by."""

import hashlib
import hmac
import ipaddress
import logging
import time
from time import monotonic

from django.conf import settings
from django.core.cache import BaseCache, cache
from django.core.cache.backends.locmem import LocMemCache
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import ngettext

from forum import counts

log = logging.getLogger(__name__)
# Counts in this process alone while the shared cache is away: neither no limit nor a closed door.
_fallback = LocMemCache("limits-fallback", {"OPTIONS": {"MAX_ENTRIES": 100_000}})
# A cache that hangs costs its time-out at each call: it is asked again only after a while.
LEAVE_ALONE_S = 5
_asked_again_at = 0.0  # of monotonic()


def network_key(request: HttpRequest) -> str:
    """Return 24 hex digits: a keyed hash of the sender's /24 (IPv4) or /48 (IPv6).

    The address itself is never stored. Unknown senders share one key.
    """
    return _key(_network(request.META.get("REMOTE_ADDR", "")))


def key_of_network(address: str) -> str:
    """Return the key under which a typed address counts; "" if it is none."""
    network = _network(address.partition("/")[0].strip())
    return "" if network == "unknown" else _key(network)


def _key(network: str) -> str:
    key = hashlib.sha256(b"network" + settings.SECRET_KEY.encode()).digest()
    return hmac.new(key, network.encode(), hashlib.sha256).hexdigest()[:24]


def _network(sender: str) -> str:
    try:
        address = ipaddress.ip_address(sender)
    except ValueError:
        return "unknown"
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    width = 24 if address.version == 4 else 48
    return str(ipaddress.ip_network(f"{address}/{width}", strict=False))


def cut_address(request: HttpRequest) -> str:
    """Return the first address of the sender's /24 or /48; "0.0.0.0" if it is unknown."""
    network = _network(request.META.get("REMOTE_ADDR", ""))
    return "0.0.0.0" if network == "unknown" else network.partition("/")[0]  # noqa: S104


def count(wait: int) -> None:
    """Raise ValidationError "too-often" (params: wait) if `wait`, as `hit` returns it, is not 0."""
    if wait:
        words = ngettext(
            "Too many attempts. Please try again in %(wait)d second.",
            "Too many attempts. Please try again in %(wait)d seconds.",
            wait,
        )
        raise ValidationError(words, "too-often", {"wait": wait})


def hit(scope: str, key: str) -> int:
    """Count one act of `key` under `scope`; return 0, or the seconds to wait if it is over a limit.

    Windows are fixed and begin at multiples of their length. An empty key is not counted.
    """
    if not settings.RATE_LIMITS_ON or not key:
        return 0
    global _asked_again_at
    store = _fallback if monotonic() < _asked_again_at else cache
    try:
        wait = _hit(store, scope, key)
    except Exception as error:  # whichever library talks to the cache, its errors are its own
        log.error("the cache is away, limits are counted in this process: %s", error)
        _asked_again_at = monotonic() + LEAVE_ALONE_S
        wait = _hit(_fallback, scope, key)
    if wait:
        counts.refused(f"limit {scope}")
    return wait


def _hit(store: BaseCache, scope: str, key: str) -> int:
    now = time.time()
    wait = 0
    for times, seconds in settings.RATE_LIMITS[scope]:
        window = int(now // seconds)
        name = f"limit:{scope}:{seconds}:{window}:{key}"
        store.add(name, 0, timeout=seconds + 1)
        try:
            count = store.incr(name)
        except ValueError:  # it ended between the two calls
            count = 1
        if count > times:
            wait = max(wait, int((window + 1) * seconds - now) + 1)
    return wait
