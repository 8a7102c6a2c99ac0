"""People and categories in the admin."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Count, F, Func, IntegerField, Model, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from films import services
from films.admin.catalogue import CatalogueAdmin, KeptForm
from films.models import Category, Credit, Film, Person
from forum.accounts.admin import Way
from forum.index import tables

HOLDERS_SHOWN = 50


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
    erase: Callable[..., Any]

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> list[str]:
        return ["slug"] if obj else []

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if not change:
            made = type(self).create(name=obj.name, slug=obj.slug)
            obj.pk, obj.slug = made.pk, made.slug
        elif "name" in form.changed_data:
            type(self).rename(obj, name=obj.name)

    # ------------------------------------------------------------------------------ erasing

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.erase_view)
        name = f"films_{self.opts.model_name}_erase"
        return [path("<int:row_id>/erase/", view, name=name), *super().get_urls()]

    def ways(self, request: HttpRequest, obj: Any) -> list[Way]:
        if not self.has_change_permission(request, obj):
            return []
        address = reverse(f"admin:films_{self.opts.model_name}_erase", args=[obj.pk])
        return [Way(_("Erase"), address)]

    @method_decorator(require_http_methods(["GET", "HEAD", "POST"]))
    def erase_view(self, request: HttpRequest, row_id: int) -> HttpResponse:
        """GET: what will go, or which films hold it. POST: erase it, or say why not (409)."""
        if not self.has_change_permission(request):
            raise PermissionDenied
        row = self.get_object(request, str(row_id))
        if row is None and request.method == "POST":
            self.message_user(request, _("It is gone already."))
        elif row is None:
            raise Http404
        elif request.method != "POST":
            return self._erase_page(request, row)
        else:
            try:
                with transaction.atomic():
                    self.log_deletions(request, self.get_queryset(request).filter(pk=row.pk))
                    type(self).erase(row, shown=request.POST.get("seen", ""))
            except ValidationError as refusal:
                row = self.get_object(request, str(row_id))
                words = " ".join(refusal.messages)
                return self._erase_page(request, row, status=409, refusal=words)
            self.message_user(request, _("“%(name)s” is erased.") % {"name": row})
        return HttpResponseRedirect(reverse(f"admin:films_{self.opts.model_name}_changelist"))

    def _erase_page(self, request: HttpRequest, row: Any, **context: Any) -> TemplateResponse:
        films = services.films_that_hold(row).order_by("sort_title", "pk")
        held = films.count()
        if held:
            words = ngettext(
                "%(n)d film holds this entry. Only what no film holds can be erased.",
                "%(n)d films hold this entry. Only what no film holds can be erased.",
                held,
            )
            context["refusal"] = words % {"n": held}
        return self.act_page(
            request,
            row,
            words=_("Erase"),
            effect=[
                _("No film holds it, so nothing else changes."),
                _("Its page, %(path)s, answers that there is no such page.")
                % {"path": row.get_absolute_url()},
                _("Nothing brings it back; the name can be entered again."),
            ],
            form=None if held else forms.Form(),
            seen=row.name,
            is_final=True,
            holders=[
                {"words": one, "address": reverse("admin:films_film_change", args=[one.pk])}
                for one in films[:HOLDERS_SHOWN]
            ],
            **context,
        )

    @admin.display(description=_("films"), ordering="film_count")
    def film_count(self, row: Any) -> int:
        return int(row.film_count)


@admin.register(Person)
class PersonAdmin(NamedAdmin):
    search_fields = ["folded"]
    kind = tables.PERSON

    @staticmethod
    def create(**fields: str) -> Person:
        return services.create_person(**fields)

    @staticmethod
    def rename(person: Person, name: str) -> None:
        services.rename_person(person=person, name=name)

    @staticmethod
    def erase(person: Person, shown: str) -> None:
        services.erase_person(person=person, shown=shown)

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

    @staticmethod
    def erase(category: Category, shown: str) -> None:
        services.erase_category(category=category, shown=shown)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        films = Film.objects.filter(category=OuterRef("pk")).order_by().values("category")
        count = Subquery(films.annotate(n=Count("pk")).values("n"), output_field=IntegerField())
        return super().get_queryset(request).annotate(film_count=Coalesce(count, 0))

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        return queryset.filter(name__icontains=search_term), False
