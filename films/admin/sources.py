"""All playable copies, to look up: they are changed on their film's page."""

from typing import Any

from django.contrib import admin
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from films.admin.catalogue import FOUND, CatalogueAdmin
from films.models import Source
from forum.accounts.readers import has_right
from forum.index import finding, language, tables


@admin.register(Source)
class SourceAdmin(CatalogueAdmin):
    list_display = ["film_shown", "kind", "address", "label", "length_s"]
    list_display_links = None
    list_filter = ["kind", ("length_s", admin.EmptyFieldListFilter)]
    list_select_related = ["film"]
    search_fields = ["address"]
    search_help_text = _("Words of the film's title, or a part of the address")
    ordering = ["-pk"]

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        term, asked = search_term.strip(), language.parse(search_term)
        found = Q(address__contains=term) | Q(label__icontains=term)
        if asked.terms:
            found |= Q(film__in=finding.ids(tables.FILM, asked, most=FOUND))
        return queryset.filter(found), False

    @admin.display(description=_("film"), ordering="film__sort_title")
    def film_shown(self, source: Source) -> SafeString:
        url = reverse("admin:films_film_change", args=[source.film_id])
        return format_html('<a href="{}"><bdi>{}</bdi></a>', url, source.film)

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return has_right(request, "films.view_film") or has_right(request, "films.change_film")

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False
