"""The two pages that letters to guests link to. A GET shows a button, a POST does what it says."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from forum.accounts import addresses


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def confirm(request: HttpRequest, token: str) -> HttpResponse:
    """Is this address yours? 404 for a link that is too old, or of another address."""
    is_post = request.method == "POST"
    pen = addresses.confirm(token) if is_post else addresses.read_confirm(token)
    context: dict[str, Any] = {"pen": pen, "days": addresses.CONFIRM_DAYS}
    if pen:
        context |= {"is_done": pen.email_confirmed_at, "stop_token": addresses.stop_token(pen)}
    status = 200 if pen else 404
    return render(request, "accounts/mail_confirm.html", context, status=status)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def stop(request: HttpRequest, token: str) -> HttpResponse:
    """No more letters, please. 404 for what is no link of ours."""
    is_link = addresses.read_stop(token) is not None
    is_done = request.method == "POST" and addresses.stop(token)
    context = {"is_link": is_link, "is_done": is_done}
    return render(request, "accounts/mail_stop.html", context, status=200 if is_link else 404)
