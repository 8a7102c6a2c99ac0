"""The parts of a film on its page in the admin: credits and playable copies."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AutocompleteSelect
from django.core.exceptions import ValidationError
from django.db.models import Model, QuerySet
from django.forms.models import BaseInlineFormSet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from films import sources
from films.models import Credit, Person, Source
from films.services import NewSource
from forum.accounts.readers import has_right


def asks_what_it_is() -> dict[str, str]:
    """Return what lets static/js/film_form.js tell below a field what its address names."""
    return {
        "data-source": reverse("admin:films_film_source"),
        "inputmode": "url",
        "autocomplete": "off",
        "spellcheck": "false",
        "placeholder": "https://",
    }


class PersonSelect(AutocompleteSelect):
    """Shows the person of a stored credit by the name at hand, not by a query for each row."""

    known: Person | None = None

    def optgroups(self, name: str, value: Sequence[str], attrs: Any = None) -> Any:
        if self.known is None or list(value) != [str(self.known.pk)]:
            return super().optgroups(name, value, attrs)
        chosen = self.create_option(name, value[0], str(self.known), True, 0)
        return [(None, [chosen], 0)]


class CreditForm(forms.ModelForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.person_id and "person" in self.fields:
            self.fields["person"].widget.widget.known = self.instance.person


class SourceForm(forms.ModelForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "address" in self.fields:
            self.fields["address"].widget.attrs |= asks_what_it_is()

    def clean_address(self) -> str:
        address = self.cleaned_data["address"].strip()
        sources.parse(address)
        return str(address)


def source_told(source: sources.Playable) -> SafeString:
    """Return what an address names: "YouTube, aBcDeFgHiJk", a link to its own page."""
    name = source.host or Source.Kind(source.kind).label
    url = sources.page_url(source)
    return format_html(
        '<bdi>{}</bdi>, <a href="{}" rel="noreferrer"><code>{}</code></a>', name, url, source.key
    )


class PartFormSet(BaseInlineFormSet):
    """Rows that are written by a service, all at once and in their order."""

    def wanted(self) -> list[dict[str, Any]]:
        """Return the filled rows that are to stay, by position."""
        rows = [form.cleaned_data for form in self.forms if form not in self.deleted_forms]
        return sorted(
            (row for row in rows if row.get("person") or row.get("address")),
            key=lambda row: row.get("position") or 0,
        )


class SourceFormSet(PartFormSet):
    def clean(self) -> None:
        super().clean()
        if not any(self.errors):
            parsed = [sources.parse(row["address"]) for row in self.wanted()]
            if len(set(parsed)) < len(parsed):
                raise ValidationError(_("The same copy stands here twice."), code="source-twice")

    def new_sources(self, first: str) -> list[NewSource]:
        """Return the copies as the services take them; `first` is an address that goes before."""
        names = ("address", "label", "length_s", "offset_s")
        found = [NewSource(**{name: row[name] for name in names}) for row in self.wanted()]
        known = {sources.parse(one.address) for one in found}
        if first and sources.parse(first) not in known:
            found.insert(0, NewSource(first))
        return found


class PartInline(admin.StackedInline):
    """A part of a film: who may change the film may change it. Its rows wrap on small screens."""

    extra = 1
    formset = PartFormSet

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return has_right(request, "films.view_film") or self._may_write(request)

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return self._may_write(request, obj)

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return self._may_write(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return self._may_write(request, obj)

    def _may_write(self, request: HttpRequest, obj: Model | None = None) -> bool:
        # Django asks with the film, and with None on the page that adds one.
        rights = ["films.change_film"] if obj else ["films.change_film", "films.add_film"]
        return any(has_right(request, right) for right in rights)


class CreditInline(PartInline):
    model = Credit
    form = CreditForm
    fields = [("person", "role", "position")]
    autocomplete_fields = ["person"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Credit]:
        return super().get_queryset(request).select_related("person")

    def formfield_for_foreignkey(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        if db_field.name == "person":
            kwargs["widget"] = PersonSelect(db_field, self.admin_site)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)


class SourceInline(PartInline):
    model = Source
    form = SourceForm
    formset = SourceFormSet
    fields = ["address", "read_as", ("label", "length_s", "offset_s", "position")]
    readonly_fields = ["read_as"]

    @admin.display(description=_("read as"))
    def read_as(self, source: Source) -> SafeString | str:
        return source_told(source) if source.key else ""
