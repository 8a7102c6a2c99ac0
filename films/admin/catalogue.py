"""What the admin's pages of the catalogue share."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from forum.accounts.admin import KeptAdmin
from forum.index import finding, language, tables

FOUND = 1_000  # of the latest, at most, are listed of what has the words


class KeptForm(forms.ModelForm):
    """A form that comes back with every word where a service refused what the form had allowed."""

    refusal: ValidationError | None = None

    def clean(self) -> Any:
        if self.refusal:
            raise self.refusal
        return super().clean()


class CatalogueAdmin(KeptAdmin):
    """Search by the words of titles and names; what is refused is 422 with the form as it was sent."""

    kind: tables.Kind  # what it looks for
    show_facets = admin.ShowFacets.ALLOW  # counts when they are asked for: a query a filter

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        asked = language.parse(search_term)
        if asked.terms:
            queryset = queryset.filter(pk__in=finding.ids(self.kind, asked, most=FOUND))
        return queryset, False

    def get_form(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        form: Any = super().get_form(request, *args, **kwargs)
        form.refusal = getattr(request, "refusal", None)  # a class of this request's own
        return form

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            answer = super().changeform_view(request, *args, **kwargs)
        except ValidationError as refusal:
            # The form said yes and the service no: somebody else was faster in between. Django has
            # rolled back what was done until then.
            request.refusal = refusal  # type: ignore[attr-defined]
            answer = super().changeform_view(request, *args, **kwargs)
        if request.method == "POST" and (getattr(answer, "context_data", None) or {}).get("errors"):
            answer.status_code = 422
        return answer
