"""What the form of a film asks while somebody types: the card, what an address names, its twins.

Fragments of HTML for static/js/film_*.js, and one page that shows the same without JavaScript.
"""

from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from films import sources, twins
from films.admin.catalogue import CatalogueAdmin
from films.admin.parts import source_told
from films.models import Category, Film
from forum import markup

TITLE_CHARS = 200


class LookUps(CatalogueAdmin):
    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("card/", view(require_safe(self.card)), name="films_film_card"),
            path("source/", view(require_safe(self.source)), name="films_film_source"),
            path("twins/", view(require_safe(self.twins)), name="films_film_twins"),
            path("preview/", view(require_POST(self.preview)), name="films_film_preview"),
            *super().get_urls(),
        ]

    def _refuse_others(self, request: HttpRequest) -> None:
        if not (self.has_add_permission(request) or self.has_change_permission(request)):
            raise PermissionDenied

    def card(self, request: HttpRequest) -> HttpResponse:
        """The title card of the words in the address, as SVG in HTML."""
        self._refuse_others(request)
        return HttpResponse(_film_of(request.GET).card())

    def source(self, request: HttpRequest) -> HttpResponse:
        """What the address in the address names, in a line; 422 with the reason if nothing."""
        self._refuse_others(request)
        try:
            copy = sources.parse(request.GET.get("address", ""))
        except ValidationError as refusal:
            return HttpResponse(format_html("{}", " ".join(refusal.messages)), status=422)
        return render(request, "admin/films/film/_source.html", {"told": source_told(copy)})

    def twins(self, request: HttpRequest) -> HttpResponse:
        """The films that this one may be already; nothing where there are none."""
        self._refuse_others(request)
        found = _twins_of(request.GET)
        return render(request, "admin/films/film/_twins.html", {"twins": found})

    def preview(self, request: HttpRequest) -> TemplateResponse:
        """What was typed, shown as it will look; nothing is stored."""
        self._refuse_others(request)
        film, sent = _film_of(request.POST), request.POST
        form = sent.get("description_format", "")
        known = form in dict(Film._meta.get_field("description_format").flatchoices)
        context = {
            **self.admin_site.each_context(request),
            "title": _("Preview of a film"),
            "opts": self.opts,
            "film": film,
            "description_html": markup.render(sent.get("description", "")[:100_000], form)
            if known
            else "",
            "copies": [_told(address) for address in _addresses(sent)],
            "twins": _twins_of(sent),
        }
        return TemplateResponse(request, "admin/films/film/preview.html", context)


def _film_of(sent: QueryDict) -> Film:
    """Return a film, not stored, with what a card shows of it."""
    title = " ".join(sent.get("title", "")[:TITLE_CHARS].split())
    category_id = sent.get("category", "")
    category = None
    if category_id.isascii() and category_id.isdigit() and len(category_id) < 19:
        category = Category.objects.filter(pk=int(category_id)).first()
    return Film(title=title, year=_year(sent), category=category)


def _year(sent: QueryDict) -> int | None:
    year = sent.get("year", "").strip()
    return int(year) if year.isascii() and year.isdigit() and len(year) == 4 else None


def _addresses(sent: QueryDict) -> list[str]:
    names = [name for name in sent if name.startswith("sources-") and name.endswith("-address")]
    found = [sent.get(name, "") for name in ("video", *names[:50])]
    return [address.strip() for address in found if address.strip()]


def _told(address: str) -> dict[str, Any]:
    try:
        return {"address": address, "told": source_told(sources.parse(address))}
    except ValidationError as refusal:
        return {"address": address, "words": " ".join(refusal.messages)}


def _twins_of(sent: QueryDict) -> list[twins.Twin]:
    own = sent.get("film", "")
    copies = []
    for address in _addresses(sent):
        try:
            copies.append(sources.parse(address))
        except ValidationError:
            continue
    return twins.twins_of(
        title=sent.get("title", "")[:TITLE_CHARS],
        original_title=sent.get("original_title", "")[:TITLE_CHARS],
        year=_year(sent),
        copies=copies,
        but=int(own) if own.isascii() and own.isdigit() and len(own) < 19 else None,
    )
