"""What a film was: its versions, what each changed, and the way back to one."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from films import changes, services
from films.admin.catalogue import CatalogueAdmin
from films.models import Film
from forum.accounts.readers import reader_of

VERSIONS_A_PAGE = 30
MOST_ID = 2**63 - 1


class HistoryPages(CatalogueAdmin):
    def get_urls(self) -> list[URLPattern]:
        revert = self.admin_site.admin_view(
            require_http_methods(["GET", "HEAD", "POST"])(self.revert)
        )
        route = "<int:film_id>/history/<int:version_id>/"
        return [path(route, revert, name="films_film_revert"), *super().get_urls()]

    def film_of(self, request: HttpRequest, film_id: Any) -> Film:
        """Return the film, whom its reader may see; 404, 403."""
        film = self.get_object(request, str(film_id))
        if film is None:
            raise Http404
        if not self.has_view_or_change_permission(request, film):
            raise PermissionDenied
        return film

    def page(self, request: HttpRequest, name: str, film: Film, **context: Any) -> TemplateResponse:
        """Return a page about a film, in the admin's frame."""
        shown = {**self.admin_site.each_context(request), "opts": self.opts, "film": film}
        status = context.pop("status", 200)
        template = f"admin/films/film/{name}.html"
        return TemplateResponse(request, template, shown | context, status=status)

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: Any = None
    ) -> HttpResponse:
        """The versions of a film, the latest first; ?before= goes on where a page ended."""
        film = self.film_of(request, object_id)
        rows = film.history.select_related("history_user").order_by("-history_id")
        before = request.GET.get("before", "")
        if before.isascii() and before.isdigit() and int(before[:20]) <= MOST_ID:
            rows = rows.filter(history_id__lt=int(before))
        found = list(rows[: VERSIONS_A_PAGE + 1])
        latest = film.history.order_by("-history_id").values_list("history_id", flat=True).first()
        return self.page(
            request,
            "history",
            film,
            title=_("History"),
            versions=_told(found),
            latest=latest,
            may_revert=self.has_change_permission(request, film),
            older=found[-2].history_id if len(found) > VERSIONS_A_PAGE else None,
        )

    def revert(self, request: HttpRequest, film_id: int, version_id: int) -> HttpResponse:
        """What going back to a version would change; POST goes back."""
        film = self.film_of(request, film_id)
        if not self.has_change_permission(request, film):
            raise PermissionDenied
        version = film.history.filter(history_id=min(version_id, MOST_ID)).first()
        if version is None:
            raise Http404
        refusal, status = "", 200
        if request.method == "POST":
            try:
                services.revert_film(
                    film=film,
                    version_id=version_id,
                    shown=request.POST.get("shown", ""),
                    by=reader_of(request).user,
                )
            except ValidationError as error:
                film = self.film_of(request, film_id)
                refusal = " ".join(error.messages)
                status = 409 if error.code == "changed-meanwhile" else 422
            else:
                self.message_user(request, _("The film is as it was then."), messages.SUCCESS)
                return HttpResponseRedirect(reverse("admin:films_film_history", args=[film.pk]))
        after = services.after_revert(film=film, version=version)
        now = services.version_now(film)
        then = changes.content(version)
        return self.page(
            request,
            "revert",
            film,
            title=_("Back to an earlier version"),
            version=version,
            changes=changes.changes(changes.content(now), changes.content(after)),
            left=changes.changes(changes.content(after), then),
            shown=services.seen(film),
            refusal=refusal,
            status=status,
        )


def _told(versions: list[Any]) -> list[dict[str, Any]]:
    """Return each version but a last one too many, with what it changed of the one before it."""
    told = []
    contents = [changes.content(version) for version in versions]
    for at, version in enumerate(versions[:VERSIONS_A_PAGE]):
        before = contents[at + 1] if at + 1 < len(versions) else None
        told.append(
            {
                "version": version,
                "words": _why(version),
                "changes": changes.changes(before, contents[at]) if before else [],
            }
        )
    return told


def _why(version: Any) -> str:
    """Return in words why a version was made, where it was more than a change."""
    if version.history_type == "+":
        return _("written down for the first time")
    kind, _colon, of = (version.history_change_reason or "").partition(":")
    words = {
        "revert": _("back to version %(of)s"),
        "merge": _("film %(of)s went into this one"),
        "merged": _("this film went into film %(of)s"),
        "unmerge": _("taken apart again from film %(of)s"),
    }
    return words[kind] % {"of": of} if kind in words else ""
