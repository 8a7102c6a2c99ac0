"""The request that this thread answers: its id, its page, what it asked of the database; and what
is counted and logged of it at its end: no path, no address, no name, nothing that was sent.
"""

import logging
import random
import re
import threading
from bisect import bisect_left
from collections.abc import Callable
from time import perf_counter
from typing import Any

from django.conf import settings
from django.db import connection
from django.http import HttpRequest

from forum import counts

log = logging.getLogger("forum.requests")
slow_log = logging.getLogger("forum.slow")
BOUNDS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
BUCKETS = (*(f"{bound:g}" for bound in BOUNDS_S), "+Inf")  # of the time that an answer took
METHODS = frozenset({"GET", "HEAD", "POST"})
NO_PAGE, STATIC = "none", "static"
ID = re.compile(r"[A-Za-z0-9._-]{1,64}", re.ASCII)
SQL_CHARS = 300


class Now(threading.local):
    """What this thread is at; the empty values outside of a request."""

    id = ""
    request: HttpRequest | None = None
    started = 0.0
    queries = 0


now = Now()


def begin(request: HttpRequest, given_id: str) -> str:
    """Note that this thread begins to answer; return the request's id: the given one if it is one."""
    if timed not in connection.execute_wrappers:  # a connection lives as long as its thread
        connection.execute_wrappers.append(timed)
    # Not a secret: it only tells requests apart.
    now.id = given_id if ID.fullmatch(given_id) else f"{random.getrandbits(64):016x}"
    now.request, now.queries, now.started = request, 0, perf_counter()
    return now.id


def end(request: HttpRequest, status: int) -> None:
    """Count the answer, and log one line of it where such lines are wanted."""
    took = perf_counter() - now.started
    page = page_of(request)
    method = request.method if request.method in METHODS else "other"
    counts.add_all(
        (
            (("requests", page, f"{method} {status}"), 1),
            (("seconds_bucket", page, BUCKETS[bisect_left(BOUNDS_S, took)]), 1),
            (("seconds", page, ""), took),
            (("queries", page, ""), now.queries),
        )
    )
    if log.isEnabledFor(logging.INFO):
        facts = {"page": page, "method": method, "status": status}
        facts |= {"ms": round(took * 1000, 1), "queries": now.queries}
        log.info("request", extra={"facts": facts})
    now.id, now.request = "", None


def page_of(request: HttpRequest) -> str:
    """Return the name of the address that answers, as forum/urls.py has it; never the path."""
    match = request.resolver_match
    if match is not None:
        return match.view_name or NO_PAGE
    return STATIC if request.path_info.startswith(settings.STATIC_URL) else NO_PAGE


def timed(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
    """Count a statement of the request at hand, and the slow ones by page."""
    started = perf_counter()
    try:
        return execute(sql, params, many, context)
    finally:
        now.queries += 1
        took = perf_counter() - started
        if took >= settings.SLOW_QUERY_S and now.request is not None:
            _tell_slow(sql, took, page_of(now.request))


def _tell_slow(sql: str, took: float, page: str) -> None:
    counts.add("slow_queries", page)
    facts = {"page": page, "ms": round(took * 1000), "sql": shape_of(sql)}
    slow_log.warning("slow query", extra={"facts": facts})


def shape_of(sql: str) -> str:
    """Return the beginning of a statement without the values in it."""
    return re.sub(r"'(?:[^']|'')*'|\b\d+\b", "?", " ".join(str(sql).split()))[:SQL_CHARS]
