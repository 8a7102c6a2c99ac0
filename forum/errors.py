"""Answers when something is wrong: a kind page, a fitting status, and every word that was typed."""

import errno
import logging
import sqlite3
import sys
from typing import Any

from django.core.exceptions import (
    BadRequest,
    RequestDataTooBig,
    TooManyFieldsSent,
    TooManyFilesSent,
)
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from forum import counts, present

log = logging.getLogger(__name__)
POSTGRESQL_DISK_FULL = "53100"
_KEPT_FIELDS = ("body", "words", "name", "email")
_HIDDEN_FIELDS = ("submission", "opened", "proof", "base")  # what the form knows itself by


def kept_words(request: HttpRequest) -> list[tuple[str, str]]:
    """Return the texts of a refused POST as (field, text), so that the page can give them back."""
    if request.method != "POST":
        return []
    try:
        return [(field, request.POST[field]) for field in _KEPT_FIELDS if request.POST.get(field)]
    except Exception:  # the body itself may be what is wrong
        return []


def answer(request: HttpRequest, status: int, words: str = "", **context: Any) -> HttpResponse:
    """Return the page for `status` (templates/errors/<status>.html) with `words` as its reason."""
    context |= {"words": words, "kept": kept_words(request), "status": status}
    return render(request, f"errors/{status}.html", context, status=status)


def handler400(request: HttpRequest, exception: Exception) -> HttpResponse:
    if isinstance(exception, RequestDataTooBig | TooManyFieldsSent | TooManyFilesSent):
        counts.refused("too-large")
        return _plain(request, 413, _("What was sent is too large: 1 MB and 1,000 fields at most."))
    return _plain(request, 400, str(exception) if isinstance(exception, BadRequest) else "")


def handler403(request: HttpRequest, exception: Exception) -> HttpResponse:
    return answer(request, 403, str(exception) if exception.args else "")


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The cookie that protects a form did not come back: the page says what to do about that."""
    counts.refused("csrf")
    return answer(request, 403, reason="csrf")


def handler404(request: HttpRequest, exception: Exception) -> HttpResponse:
    return answer(request, 404)


def handler429(request: HttpRequest) -> HttpResponse:
    response = answer(request, 429)
    response.headers["Retry-After"] = "60"
    return response


def handler500(request: HttpRequest) -> HttpResponse:
    """503 where the database is away or busy or a disk is full, else 500. Neither asks the database
    anything. The page of a form that was not saved is that form again, to be sent as it was.
    """
    error = sys.exc_info()[1]
    if is_disk_full(error):
        log.critical("THE DISK IS FULL, nothing can be saved: %s", error)
        return _not_done(request, _("There is no room left to save anything."))
    if is_database_away(error):
        log.error("the database did not answer: %s", error)
        return _not_done(request, _("The site's database did not answer in time."))
    return _plain(request, 500, "")


def is_disk_full(error: BaseException | None) -> bool:
    """Return True if the error says that the database or a file of ours found no room."""
    while error is not None:
        if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
            return True
        if getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL:
            return True
        if getattr(error, "sqlstate", None) == POSTGRESQL_DISK_FULL:
            return True
        error = error.__cause__ or error.__context__
    return False


def is_database_away(error: BaseException | None) -> bool:
    """Return True if the error says that the database could not be reached or was too busy."""
    while error is not None:
        if (
            isinstance(error, OperationalError | InterfaceError)
            or type(error).__name__ == "PoolTimeout"
        ):
            return True
        error = error.__cause__ or error.__context__
    return False


def _not_done(request: HttpRequest, words: str) -> HttpResponse:
    hidden = []
    if kept_words(request):
        hidden = [(name, request.POST[name]) for name in _HIDDEN_FIELDS if name in request.POST]
    again = {"hidden": hidden, "token": get_token(request)} if hidden else None
    response = _plain(request, 503, words, again=again)
    response.headers["Retry-After"] = "10"
    return response


def _plain(request: HttpRequest, status: int, words: str, **context: Any) -> HttpResponse:
    # Without a request context: no session, no reader, no query.
    from django.conf import settings

    context |= {
        "words": words,
        "status": status,
        "kept": kept_words(request),
        "site_name": settings.SITE_NAME,
        "bare": True,
        "request_id": present.now.id if status >= 500 else "",
        "path": request.get_full_path(),
        "is_post": request.method == "POST",
    }
    return HttpResponse(render_to_string(f"errors/{status}.html", context), status=status)
