"""The two pages that letters to guests link to. A GET shows a button, a POST does what it says."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
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
    who, _pk, _key = addresses.read_stop(token) or ("", 0, "")
    is_link = bool(who)
    is_done = request.method == "POST" and addresses.stop(token)
    context = {"is_link": is_link, "is_done": is_done, "is_member": who == "member"}
    return render(request, "accounts/mail_stop.html", context, status=200 if is_link else 404)


@csrf_exempt  # a mail program presses here (RFC 8058): what allows it is the signed address alone
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def off(request: HttpRequest, token: str) -> HttpResponse:
    """End letters of one kind. 404 for what is no address of ours."""
    found = addresses.read_off(token)
    is_done = request.method == "POST" and addresses.off(token)
    who, _pk, what = found or ("", 0, "")
    context = {"what": what, "is_pen": who == "pen", "is_link": bool(found), "is_done": is_done}
    return render(request, "accounts/mail_off.html", context, status=200 if found else 404)
