"""A film goes into another: which one, what will move, and back again for 30 days."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from films import services, twins
from films.admin.catalogue import FOUND
from films.admin.history import MOST_ID, HistoryPages
from films.changes import label_of
from films.models import Film, FilmMerge
from forum.accounts.readers import has_right, reader_of
from forum.index import finding, language
from forum.index.tables import FILM

FOUND_SHOWN = 20
GET_AND_POST = require_http_methods(["GET", "HEAD", "POST"])


class MergePages(HistoryPages):
    def get_urls(self) -> list[URLPattern]:
        def view(one: Any) -> Any:
            return self.admin_site.admin_view(GET_AND_POST(one))

        return [
            path("<int:film_id>/merge/", view(self.merge), name="films_film_merge"),
            path("merges/<int:merge_id>/undo/", view(self.unmerge), name="films_film_unmerge"),
            *super().get_urls(),
        ]

    def _changeable(self, request: HttpRequest, film_id: str) -> Film:
        """Return a film that the reader may change, also one that went into another; 403, 404."""
        film = self.film_of(request, film_id)
        if not has_right(request, "films.change_film"):
            raise PermissionDenied
        return film

    def merge(self, request: HttpRequest, film_id: int) -> HttpResponse:
        """Choose the film that this one goes into, see what will move, and let it go."""
        film = self._changeable(request, str(film_id))
        chosen = request.POST.get("into") or request.GET.get("into", "")
        if not chosen:
            return self._choose(request, film)
        if not (chosen.isascii() and chosen.isdigit() and int(chosen[:20]) <= MOST_ID):
            raise Http404
        into = self._changeable(request, chosen)
        refusal: ValidationError | None = None
        if request.method == "POST":
            try:
                services.merge_films(
                    film=film,
                    into=into,
                    shown=request.POST.get("shown", ""),
                    by=reader_of(request).user,
                )
            except ValidationError as error:
                refusal = error
                film, into = (
                    self._changeable(request, str(film_id)),
                    self._changeable(request, chosen),
                )
            else:
                text = _("“%(film)s” went into this film. It can be undone for 30 days.")
                self.message_user(request, text % {"film": film}, messages.SUCCESS)
                return HttpResponseRedirect(reverse("admin:films_film_change", args=[into.pk]))
        return self._merge_preview(request, film, into, refusal)

    def _merge_preview(
        self, request: HttpRequest, film: Film, into: Film, refusal: ValidationError | None
    ) -> TemplateResponse:
        plan = None
        try:
            plan = services.merge_plan(film=film, into=into)
        except ValidationError as error:
            refusal = refusal or error
        return self.page(
            request,
            "merge",
            film,
            title=_("Merge into another film"),
            into=into,
            plan=plan,
            ids=_named(plan.ids) if plan else [],
            shown=services.seen(film, into),
            **_said(refusal, request),
        )

    def _choose(self, request: HttpRequest, film: Film) -> TemplateResponse:
        """Films that this one may be, and others by words of their titles."""
        query = request.GET.get("q", "")[:200]
        near = twins.twins_of(
            title=film.title,
            original_title=film.original_title,
            year=film.year,
            copies=film.sources.all(),
            but=film.pk,
        )
        found = self.get_queryset(request).filter(topic__moved_to=None).exclude(pk=film.pk)
        asked = language.parse(query)
        if asked.terms:
            found = found.filter(pk__in=finding.ids(FILM, asked, most=FOUND))
        return self.page(
            request,
            "merge_choose",
            film,
            title=_("Merge into another film"),
            near=[one.film for one in near],
            found=found.order_by("sort_title", "pk")[:FOUND_SHOWN] if query.strip() else [],
            query=query,
        )

    def unmerge(self, request: HttpRequest, merge_id: int) -> HttpResponse:
        """What undoing a merge would bring back; POST undoes it."""
        rows = FilmMerge.objects.select_related("film__topic", "into__topic", "by")
        merge = rows.filter(pk=min(merge_id, MOST_ID)).first()
        if merge is None:
            raise Http404
        film = self._changeable(request, str(merge.film_id))
        into = self._changeable(request, str(merge.into_id))
        refusal: ValidationError | None = None
        if request.method == "POST":
            try:
                notes = services.undo_merge(
                    merge=merge,
                    shown=request.POST.get("shown", ""),
                    by=reader_of(request).user,
                )
            except ValidationError as error:
                refusal = error
            else:
                self.message_user(request, _("The film is back, as it was."), messages.SUCCESS)
                for note in notes:
                    self.message_user(request, note, messages.WARNING)
                return HttpResponseRedirect(reverse("admin:films_film_change", args=[film.pk]))
        may_undo = True
        try:
            services.refuse_undo(merge, into)
        except ValidationError as error:
            may_undo, refusal = False, refusal or error
        return self.page(
            request,
            "unmerge",
            film,
            title=_("Undo a merge"),
            into=into,
            merge=merge,
            until=services.undo_until(merge),
            may_undo=may_undo,
            ids=_named(merge.moved["ids"]),
            notes=services.what_stays(merge=merge, film=film, into=into) if may_undo else [],
            shown=services.seen(film, into),
            **_said(refusal, request),
        )

    def merges_of(self, film: Film) -> list[dict[str, Any]]:
        """Return the merges of a film that are not undone, with the last day of their undoing."""
        rows = FilmMerge.objects.filter(undone_at=None).select_related("film", "into")
        found = list(rows.filter(film=film)) + list(rows.filter(into=film).order_by("-pk")[:10])
        return [{"merge": one, "until": services.undo_until(one)} for one in found]

    def render_change_form(
        self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any
    ) -> Any:
        film = kwargs.get("obj")
        context["merges"] = self.merges_of(film) if film else []
        return super().render_change_form(request, context, *args, **kwargs)


def _named(ids: dict[str, str]) -> list[tuple[str, str]]:
    return [(label_of(name), value) for name, value in ids.items()]


def _said(refusal: ValidationError | None, request: HttpRequest) -> dict[str, Any]:
    """Return the words of a refusal and the status: 409 for what changed meanwhile, else 422."""
    if refusal is None:
        return {"refusal": "", "status": 200}
    meanwhile = refusal.code in ("changed-meanwhile", "merged", "undone", "moved")
    status = 200 if request.method != "POST" else 409 if meanwhile else 422
    return {"refusal": " ".join(refusal.messages), "status": status}
