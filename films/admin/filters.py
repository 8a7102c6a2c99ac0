"""The filters of the list of films."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from films import offers
from films.models import Category, Film

Choices = list[tuple[str, str]]


def _once(request: HttpRequest, name: str, make: Callable[[], Choices]) -> Choices:
    """Return what `make` gives, asked once a request: counting facets makes every filter anew."""
    kept: dict[str, Choices] = request.__dict__.setdefault("film_filters", {})
    if name not in kept:
        kept[name] = make()
    return kept[name]


class DecadeFilter(admin.SimpleListFilter):
    title = _("decade")
    parameter_name = "decade"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        return _once(request, "decades", self._decades)

    def _decades(self) -> Choices:
        years = offers.years(Film.State.values)
        decades = sorted({year // 10 * 10 for year in years}, reverse=True)
        return [(str(one), f"{one}–{one + 9}") for one in decades] + [("none", str(_("no year")))]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        value = self.value() or ""
        if value == "none":
            return queryset.filter(year=None)
        if value in {str(one) for one in range(1880, 2200, 10)}:
            return queryset.of_years(int(value), int(value) + 9)
        return queryset


class CategoryFilter(admin.SimpleListFilter):
    title = _("main category")
    parameter_name = "category__id__exact"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        return _once(request, "categories", self._categories)

    def _categories(self) -> Choices:
        rows = Category.objects.order_by("name").values_list("pk", "name")
        return [*((str(pk), name) for pk, name in rows), ("none", str(_("none")))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Film]) -> QuerySet[Film]:
        value = self.value() or ""
        if value == "none":
            return queryset.filter(category=None)
        if value.isascii() and value.isdigit() and len(value) < 19:
            return queryset.filter(category=int(value))
        return queryset
