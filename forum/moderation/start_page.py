"""The admin's start page says to those who may moderate what waits for them."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.template.response import TemplateResponse

from forum.accounts.readers import reader_of
from forum.moderation.tabs import WAITING, counted

_as_it_was = admin.site.index


def index(request: HttpRequest, extra_context: dict[str, Any] | None = None) -> TemplateResponse:
    """Show the start page, with the counts of the queue's tabs for who may moderate; one query more."""
    reader = reader_of(request)
    waiting = counted(reader, WAITING) if reader.may_moderate() else []
    return _as_it_was(request, {**(extra_context or {}), "waiting": waiting})


admin.site.index = index  # type: ignore[method-assign]
