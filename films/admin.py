"""Films, people and categories in the admin; every write goes through films/services.py."""

from collections.abc import Callable, Sequence
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.widgets import AutocompleteSelect
from django.core.exceptions import ValidationError
from django.db.models import Count, Model, QuerySet
from django.forms.models import BaseInlineFormSet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from films import posters, services, sources, words
from films.models import Category, Credit, Film, Person, Source
from forum.accounts.admin import KeptAdmin
from forum.accounts.readers import reader_of

TWINS_SHOWN = 3


class CatalogueAdmin(KeptAdmin):
    """What films, people and categories share: search in folded words, refusals of services said."""

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        for word in words.search_words(search_term):
            queryset = queryset.filter(folded__contains=f" {word}")
        return queryset, False

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return super().changeform_view(request, *args, **kwargs)
        except ValidationError as refusal:
            # The form said yes and the service no: somebody else was faster in between.
            self.message_user(request, " ".join(refusal.messages), messages.ERROR)
            return HttpResponseRedirect(request.get_full_path())


# --------------------------------------------------------------------------- people and categories


class NamedForm(forms.ModelForm):
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
        films = Count("credits__film", distinct=True)
        return super().get_queryset(request).annotate(film_count=films)


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


# ------------------------------------------------------------------------------ the parts of a film


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
    def clean_address(self) -> str:
        address = self.cleaned_data["address"].strip()
        sources.parse(address)
        return str(address)


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


class PartInline(admin.TabularInline):
    """A part of a film: who may change the film may change it."""

    extra = 1
    formset = PartFormSet

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return request.user.has_perm("films.view_film") or self._may_write(request)

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return self._may_write(request, obj)

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return self._may_write(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return self._may_write(request, obj)

    def _may_write(self, request: HttpRequest, obj: Model | None = None) -> bool:
        # Django asks with the film, and with None on the page that adds one.
        rights = ["films.change_film"] if obj else ["films.change_film", "films.add_film"]
        return any(request.user.has_perm(right) for right in rights)


class CreditInline(PartInline):
    model = Credit
    form = CreditForm
    fields = ["person", "role", "position"]
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
    fields = ["address", "label", "length_s", "offset_s", "position"]


# ------------------------------------------------------------------------------------------- films


class FilmForm(forms.ModelForm):
    slug = forms.CharField(
        label=_("Address"),
        required=False,
        max_length=220,
        help_text=_(
            "The last part of the page's address. Left empty it is made from the title; an old one"
            " leads to the new one for ever."
        ),
    )
    new_poster = forms.FileField(
        label=_("New poster"),
        required=False,
        help_text=_("JPEG, PNG or WebP, at most 8 MB, at least 320 pixels wide and high."),
        widget=forms.FileInput(attrs={"accept": "image/jpeg,image/png,image/webp"}),
    )
    no_poster = forms.BooleanField(label=_("Take the poster away"), required=False)

    def clean_slug(self) -> str:
        text = self.cleaned_data["slug"]
        is_new = text and text != self.instance.slug
        return services.slug_given(self.instance, text) if is_new else text

    def clean_countries(self) -> str:
        return services.codes_of("countries", self.cleaned_data["countries"])

    def clean_languages(self) -> str:
        return services.codes_of("languages", self.cleaned_data["languages"])

    def clean_new_poster(self) -> Any:
        upload = self.cleaned_data["new_poster"]
        if upload:
            posters.check(upload)
        return upload


class DecadeFilter(admin.SimpleListFilter):
    title = _("decade")
    parameter_name = "decade"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        years = Film.objects.order_by().values_list("year", flat=True).distinct()
        decades = sorted({year // 10 * 10 for year in years if year}, reverse=True)
        return [(str(one), f"{one}–{one + 9}") for one in decades] + [("none", str(_("no year")))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Film]) -> QuerySet[Film]:
        value = self.value() or ""
        if value == "none":
            return queryset.filter(year=None)
        if value in {str(one) for one in range(1880, 2200, 10)}:
            return queryset.filter(year__range=(int(value), int(value) + 9))
        return queryset


@admin.register(Film)
class FilmAdmin(CatalogueAdmin):
    form = FilmForm
    inlines = [CreditInline, SourceInline]
    autocomplete_fields = ["category", "categories"]
    list_display = ["title", "year", "category", "state", "comments", "published_at"]
    list_filter = ["state", DecadeFilter, "category"]
    list_select_related = ["category", "topic"]
    search_fields = ["folded"]
    search_help_text = _("Words of the title")
    ordering = ["-pk"]
    actions = ["publish", "withdraw", "to_draft"]
    readonly_fields = ["poster_shown"]

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        may_write = self.has_change_permission(request, obj) if obj else True
        upload = ["new_poster", "no_poster"] if obj and may_write else []
        return [
            (None, {"fields": ["title", "original_title", "year", "runtime_minutes", "state"]}),
            (_("On the shelf"), {"fields": ["category", "categories", "slug"]}),
            (_("Words"), {"fields": ["tagline", "description", "description_format"]}),
            (_("Poster"), {"fields": ["poster_shown", *upload] if obj else ["new_poster"]}),
            (
                _("Codes"),
                {"fields": ["countries", "languages", "imdb_id", "tmdb_id", "wikidata_id"]},
            ),
        ]

    @admin.display(description=_("comments"), ordering="topic__comment_count")
    def comments(self, film: Film) -> int:
        return film.topic.comment_count

    @admin.display(description=_("poster"))
    def poster_shown(self, film: Film) -> SafeString | str:
        if not film.poster:
            return str(_("none: a title card stands in its place"))
        return format_html('<img class="poster" src="{}" alt="">', film.poster_url)

    # ---------------------------------------------------------------------------------- writing

    def save_model(self, request: HttpRequest, obj: Film, form: Any, change: bool) -> None:
        values = {name: form.cleaned_data[name] for name in services.FIELDS if name in form.fields}
        if change:
            changes = {name: values[name] for name in form.changed_data if name in values}
            if changes:
                services.change_film(film=obj, **changes)
            if "state" in form.changed_data:
                services.set_film_state(film=obj, state=obj.state, by=reader_of(request).user)
        else:
            obj.pk = services.create_film(**values, state=obj.state).pk
        if "categories" in form.changed_data or "category" in form.changed_data:
            services.set_categories(
                film=obj,
                category=form.cleaned_data["category"],
                categories=form.cleaned_data["categories"],
            )
        if form.cleaned_data.get("new_poster") or form.cleaned_data.get("no_poster"):
            services.set_poster(film=obj, upload=form.cleaned_data["new_poster"])
        obj.refresh_from_db()
        self._warn_of_twins(request, obj)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Write the parts; categories are written already, so nothing is left of the form's own."""
        for formset in formsets:
            self.save_formset(request, form, formset, change)

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        formset.new_objects, formset.changed_objects, formset.deleted_objects = [], [], []
        if not formset.has_changed():
            return
        rows = formset.wanted()
        if formset.model is Credit:
            credits = [(row["person"], row["role"]) for row in rows]
            services.set_credits(film=form.instance, credits=credits)
        else:
            names = ("address", "label", "length_s", "offset_s")
            new = [services.NewSource(**{name: row[name] for name in names}) for row in rows]
            services.set_sources(film=form.instance, sources=new)

    def _warn_of_twins(self, request: HttpRequest, film: Film) -> None:
        twins = Film.objects.filter(sort_title=film.sort_title, year=film.year)
        for twin in twins.exclude(pk=film.pk)[:TWINS_SHOWN]:
            link = format_html(
                '<a href="{}">{}</a>', reverse("admin:films_film_change", args=[twin.pk]), twin
            )
            text = _("Another film has this title and year: {}.")
            self.message_user(request, format_html(str(text), link), messages.WARNING)

    # ---------------------------------------------------------------------------------- actions

    @admin.action(description=_("Publish"), permissions=["change"])
    def publish(self, request: HttpRequest, queryset: QuerySet[Film]) -> None:
        self._set_state(request, queryset, Film.State.PUBLISHED)

    @admin.action(description=_("Withdraw"), permissions=["change"])
    def withdraw(self, request: HttpRequest, queryset: QuerySet[Film]) -> None:
        self._set_state(request, queryset, Film.State.WITHDRAWN)

    @admin.action(description=_("Take back to draft"), permissions=["change"])
    def to_draft(self, request: HttpRequest, queryset: QuerySet[Film]) -> None:
        self._set_state(request, queryset, Film.State.DRAFT)

    def _set_state(self, request: HttpRequest, films: QuerySet[Film], state: Film.State) -> None:
        done = 0
        for film in films.order_by("pk"):
            if film.state != state:
                services.set_film_state(film=film, state=state, by=reader_of(request).user)
                done += 1
        text = ngettext("%(n)d film is now %(state)s.", "%(n)d films are now %(state)s.", done)
        self.message_user(request, text % {"n": done, "state": state.label})
