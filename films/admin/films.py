"""Films in the admin: the list, and the form that makes and changes one."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import Model, QuerySet
from django.forms import Script
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from films import services
from films.admin.filters import CategoryFilter, DecadeFilter
from films.admin.forms import FilmForm
from films.admin.lookups import LookUps
from films.admin.parts import CreditInline, SourceInline
from films.admin.states import StatePages
from films.models import Credit, Film, Source
from forum.accounts.readers import reader_of
from forum.index import tables


@admin.register(Film)
class FilmAdmin(StatePages, LookUps):
    form = FilmForm
    inlines = [SourceInline, CreditInline]
    autocomplete_fields = ["category", "categories"]
    list_display = ["title", "year", "category", "state_shown", "comments", "published_at"]
    list_filter = ["state", DecadeFilter, CategoryFilter]
    search_fields = ["folded"]
    kind = tables.FILM
    search_help_text = _("Words of the title")
    ordering = ["-pk"]
    actions = ["publish"]
    readonly_fields = ["card_shown", "poster_shown", "state_shown"]

    class Media:
        css = {"all": ["css/parts.css", "css/film_desk.css"]}
        js = [Script(f"js/{name}.js", type="module") for name in ("film_form", "select_names")]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Film]:
        return super().get_queryset(request).select_related("topic", "category")

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        may_write = self.has_change_permission(request, obj) if obj else True
        upload = ["new_poster", "no_poster"] if obj and may_write else []
        state = "state" if obj is None or obj.is_draft else "state_shown"
        head = ["title", "is_another", "original_title", ("year", "runtime_minutes"), state]
        if not may_write:
            head.remove("is_another")
        if obj is None:
            head.insert(0, "video")
        return [
            (None, {"fields": ["card_shown", *head], "classes": ["film-head"]}),
            (_("On the shelf"), {"fields": ["category", "categories", "slug"]}),
            (_("Words"), {"fields": ["tagline", "description", "description_format"]}),
            (_("Poster"), {"fields": ["poster_shown", *upload] if obj else ["new_poster"]}),
            (
                _("Codes"),
                {
                    "fields": [
                        ("countries", "languages"),
                        ("imdb_id", "tmdb_id", "wikidata_id"),
                    ]
                },
            ),
        ]

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        if isinstance(obj, Film) and obj.is_merged:
            return (
                False  # nobody changes a film that went into another; undoing that brings it back
            )
        return super().has_change_permission(request, obj)

    @admin.display(description=_("comments"), ordering="topic__comment_count")
    def comments(self, film: Film) -> int:
        return film.topic.comment_count

    @admin.display(description=_("state"), ordering="state")
    def state_shown(self, film: Film) -> SafeString:
        words = _("went into another") if film.is_merged else film.get_state_display()
        kind = "removed" if film.is_withdrawn else "public" if film.is_published else "held"
        return format_html('<span class="state {}">{}</span>', kind, words)

    @admin.display(description=_("title card"))
    def card_shown(self, film: Film) -> SafeString:
        address = reverse("admin:films_film_card")
        return format_html('<div class="film-card" data-card="{}">{}</div>', address, film.card())

    @admin.display(description=_("poster"))
    def poster_shown(self, film: Film) -> SafeString | str:
        if not film.poster:
            return str(_("none: a title card stands in its place"))
        return format_html('<img class="poster" src="{}" alt="">', film.poster_url)

    # ---------------------------------------------------------------------------------- writing

    def save_model(self, request: HttpRequest, obj: Film, form: Any, change: bool) -> None:
        """Write nothing yet: save_related writes the film and its parts as one change."""

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        data, by = form.cleaned_data, reader_of(request).user
        names = [name for name in services.FIELDS if name in form.fields]
        wanted = self._parts(data, formsets)
        if change:
            wanted |= {name: data[name] for name in names if name in form.changed_data}
            for name in {"categories", "state"} & set(form.changed_data):
                wanted[name] = data[name]
            if data.get("new_poster") or data.get("no_poster"):
                wanted["poster"] = data["new_poster"] or None
            if wanted:
                services.edit_film(film=form.instance, by=by, **wanted)
        else:
            wanted |= {name: data[name] for name in (*names, "categories", "state")}
            poster = data.get("new_poster")
            form.instance.pk = services.create_film(by=by, poster=poster, **wanted).pk
        form.instance.refresh_from_db()

    def _parts(self, data: dict[str, Any], formsets: Any) -> dict[str, Any]:
        """Return the credits and sources that were changed, as the services take them."""
        wanted: dict[str, Any] = {}
        for formset in formsets:
            formset.new_objects, formset.changed_objects, formset.deleted_objects = [], [], []
            changed = formset.has_changed()
            if formset.model is Credit and changed:
                rows = formset.wanted()
                wanted["credits"] = [(row["person"], row["role"]) for row in rows]
            elif formset.model is Source and (changed or data.get("video")):
                wanted["sources"] = formset.new_sources(data.get("video", ""))
        return wanted

    # ---------------------------------------------------------------------------------- actions

    @admin.action(description=_("Publish drafts"), permissions=["change"])
    def publish(self, request: HttpRequest, queryset: QuerySet[Film]) -> None:
        """Publish the drafts among the ticked films; what was withdrawn comes back by its own page."""
        state, done, left = Film.State.PUBLISHED, 0, 0
        for film in queryset.order_by("pk"):
            if not film.is_draft and not film.is_merged:  # that is refused below, with the reason
                left += film.is_withdrawn
                continue
            try:
                services.set_film_state(film=film, state=state, by=reader_of(request).user)
                done += 1
            except ValidationError as refusal:
                words = f"{film}: {' '.join(refusal.messages)}"
                self.message_user(request, words, messages.ERROR)
        text = ngettext("%(n)d film is now %(state)s.", "%(n)d films are now %(state)s.", done)
        self.message_user(request, text % {"n": done, "state": state.label})
        if left:
            text = ngettext(
                "%(n)d film is withdrawn: publish it again from its own page.",
                "%(n)d films are withdrawn: publish each again from its own page.",
                left,
            )
            self.message_user(request, text % {"n": left}, messages.WARNING)
