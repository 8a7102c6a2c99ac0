"""The filters of the queue."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from forum.discussions.models import State
from forum.moderation.decisions import KINDS


class Filter(admin.SimpleListFilter):
    choose: Callable[[Any, str], Any]
    options: list[tuple[str, Any]]

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return self.options

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        value = self.value()
        return type(self).choose(queryset, value) if value in dict(self.options) else queryset


class StateFilter(Filter):
    title, parameter_name = _("state"), "state"
    options = [
        (one, words) for one, words in State.choices if one not in (State.ERASED, State.PURGED)
    ]

    @staticmethod
    def choose(rows: Any, value: str) -> Any:
        return rows.in_state(value)


class AuthorFilter(Filter):
    title, parameter_name = _("author"), "author"
    options = list(KINDS.items())

    @staticmethod
    def choose(rows: Any, value: str) -> Any:
        return rows.from_author(value)


class EditFilter(Filter):
    title, parameter_name = _("edit"), "edit"
    options = [("waits", _("waits"))]

    @staticmethod
    def choose(rows: Any, value: str) -> Any:
        return rows.with_edit_waiting()
