"""People and categories in the admin."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Count, F, Func, IntegerField, Model, OuterRef, QuerySet, Subquery
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from films import services
from films.admin.catalogue import CatalogueAdmin, KeptForm
from films.models import Category, Credit, Person


class NamedForm(KeptForm):
    slug = forms.CharField(
        label=_("Address"),
        required=False,
        max_length=80,
        help_text=_("The last part of its page's address. Left empty it is made from the name."),
    )


class NamedAdmin(CatalogueAdmin):
    """Something that has a name and keeps its address."""

    form = NamedForm
    fields = ["name", "slug"]
    list_display = ["name", "slug", "film_count"]
    ordering = ["name", "pk"]
    create: Callable[..., Any]
    rename: Callable[..., Any]

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> list[str]:
        return ["slug"] if obj else []

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if not change:
            made = type(self).create(name=obj.name, slug=obj.slug)
            obj.pk, obj.slug = made.pk, made.slug
        elif "name" in form.changed_data:
            type(self).rename(obj, name=obj.name)

    @admin.display(description=_("films"), ordering="film_count")
    def film_count(self, row: Any) -> int:
        return int(row.film_count)


@admin.register(Person)
class PersonAdmin(NamedAdmin):
    search_fields = ["folded"]

    @staticmethod
    def create(**fields: str) -> Person:
        return services.create_person(**fields)

    @staticmethod
    def rename(person: Person, name: str) -> None:
        services.rename_person(person=person, name=name)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        # A look into an index for each row that is shown, not a grouping of all credits.
        rows = Credit.objects.filter(person=OuterRef("pk")).order_by()
        films = rows.annotate(
            n=Func(F("film"), function="COUNT", template="COUNT(DISTINCT %(expressions)s)")
        )
        count = Subquery(films.values("n"), output_field=IntegerField())
        return super().get_queryset(request).annotate(film_count=count)


@admin.register(Category)
class CategoryAdmin(NamedAdmin):
    search_fields = ["name"]

    @staticmethod
    def create(**fields: str) -> Category:
        return services.create_category(**fields)

    @staticmethod
    def rename(category: Category, name: str) -> None:
        services.rename_category(category=category, name=name)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).annotate(film_count=Count("films"))

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        return queryset.filter(name__icontains=search_term), False
