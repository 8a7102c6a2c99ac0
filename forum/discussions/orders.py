"""The order in which somebody likes to read talks: chosen once, kept for a member or a browser."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from forum.accounts.models import User
from forum.accounts.readers import reader_of
from forum.discussions import answers
from forum.discussions.options import ORDER_COOKIE_SECONDS, order_names, orders_offered
from forum.discussions.walk import SORTS


def usual_order(request: HttpRequest) -> str:
    """Return the order for an address that names none: the member's, the browser's, the site's."""
    chosen = request.COOKIES.get(settings.ORDER_COOKIE_NAME, "")
    if settings.SESSION_COOKIE_NAME in request.COOKIES:
        user = reader_of(request).user
        chosen = user.order if user else chosen
    return chosen if chosen in SORTS else settings.TALK_ORDER


@require_http_methods(["GET", "HEAD", "POST"])
def order(request: HttpRequest) -> HttpResponse:
    """Ask in which order talks are shown; POST keeps it, and leads back to the talk."""
    back = request.POST.get("back") or request.GET.get("back", "")
    if not (back.startswith("/") and url_has_allowed_host_and_scheme(back, allowed_hosts=None)):
        back = "/"
    sort = request.POST.get("sort") or request.GET.get("sort", "")  # in the address from order.js
    if request.method == "POST" and sort in SORTS:
        return _keep(request, sort, back)
    names = order_names()
    context = {
        "orders": [(sort, names[sort]) for sort in orders_offered()],
        "chosen": sort or usual_order(request),
        "back": back,
        "words": _("Please choose one of these.") if request.method == "POST" else "",
    }
    status = 422 if request.method == "POST" else 200
    return answers.private(render(request, "discussions/order.html", context, status=status))


def _keep(request: HttpRequest, sort: str, back: str) -> HttpResponse:
    user = reader_of(request).user
    response = HttpResponseRedirect(f"{back}#talk")
    if user:
        User.objects.filter(pk=user.pk).update(order=sort)
        return response
    response.set_cookie(
        settings.ORDER_COOKIE_NAME,
        sort,
        max_age=ORDER_COOKIE_SECONDS,
        secure=settings.SESSION_COOKIE_SECURE,
        samesite="Lax",  # not httponly: order.js sets it too, on a page that has no form
    )
    return response
