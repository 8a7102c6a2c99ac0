"""A bare Django on the site's database: what `startproject` gives, f3, or no middleware, f2."""

import os

from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.urls import path

from forum.settings import (  # noqa: F401
    AUTH_USER_MODEL,
    DATABASES,
    DEFAULT_AUTO_FIELD,
    SECRET_KEY,
    USE_TZ,
)

ALLOWED_HOSTS = ["*"]
ROOT_URLCONF = __name__
INSTALLED_APPS = [
    "forum.accounts",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
]
MIDDLEWARE = (
    []
    if os.environ["FLOOR"] == "f2"
    else [
        "django.middleware.security.SecurityMiddleware",
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.common.CommonMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
        "django.contrib.messages.middleware.MessageMiddleware",
        "django.middleware.clickjacking.XFrameOptionsMiddleware",
    ]
)
BODY = b"x" * 28_000  # about what a film page with 200 comments sends


def prebuilt(request: HttpRequest) -> HttpResponse:
    # As every middleware is left out, nothing else says it; the answer would go out in pieces.
    return HttpResponse(BODY, headers={"Content-Length": str(len(BODY))})


def trivial(request: HttpRequest) -> HttpResponse:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        cursor.fetchone()
    return HttpResponse(BODY if request.user.is_anonymous else b"")


urlpatterns = [path("", prebuilt if os.environ["FLOOR"] == "f2" else trivial)]
