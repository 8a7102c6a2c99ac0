"""The site's addresses and some that fail on purpose, for the pages that say so. Tests only."""

from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.db import OperationalError
from django.shortcuts import render
from django.urls import path

from forum import urls
from forum.urls import handler400, handler403, handler404, handler500

__all__ = ["handler400", "handler403", "handler404", "handler500", "urlpatterns"]


def _raise(error):
    def view(request):
        raise error

    return view


def _page(status):
    return lambda request: render(request, f"errors/{status}.html", {"seconds": 40}, status=status)


urlpatterns = [
    path("test/forbidden/", _raise(PermissionDenied())),
    path("test/large/", _raise(RequestDataTooBig())),
    path("test/unready/", _page(422)),
    path("test/fast/", _page(429)),
    path("test/torn/", _raise(ZeroDivisionError())),
    path("test/away/", _raise(OperationalError("no connection"))),
    *urls.urlpatterns,
]
