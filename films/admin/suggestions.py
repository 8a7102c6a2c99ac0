"""Suggestions in the admin: what a film says now beside what is suggested, taken field by field."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from films import services
from films.models import Suggestion
from films.suggesting import SuggestionForm, like
from forum.accounts.admin import KeptAdmin
from forum.accounts.readers import has_right, reader_of


@admin.register(Suggestion)
class SuggestionAdmin(KeptAdmin):
    list_display = ["__str__", "is_correction", "state", "member", "created_at"]
    list_filter = ["state", "is_correction"]
    list_select_related = ["film", "member"]
    ordering = ["-pk"]

    def has_module_permission(self, request: HttpRequest) -> bool:
        return has_right(request, "films.change_film")

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_module_permission(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_module_permission(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """GET: what is suggested. POST: take what is ticked, or nothing, with an answer."""
        if not self.has_change_permission(request):
            raise PermissionDenied
        number = int(object_id) if object_id.isdigit() and len(object_id) < 19 else 0
        rows = Suggestion.objects.select_related("film", "member", "decided_by")
        suggestion = get_object_or_404(rows, pk=number)
        if request.method != "POST":
            return self._page(request, suggestion)
        try:
            return self._decided(request, suggestion)
        except ValidationError as refusal:
            status = 409 if getattr(refusal, "code", "") == "decided" else 422
            suggestion.refresh_from_db()
            return self._page(request, suggestion, refusal, status)

    def _decided(self, request: HttpRequest, suggestion: Suggestion) -> HttpResponse:
        by, answer = reader_of(request).user, request.POST.get("answer", "")[:2_000]
        assert by is not None
        if request.POST.get("act") == "decline":
            services.decline_suggestion(suggestion=suggestion, answer=answer, by=by)
            self.message_user(request, _("Nothing of it was taken."))
            return HttpResponseRedirect(reverse("admin:films_suggestion_changelist"))
        names = request.POST.getlist("take")
        film = services.accept_suggestion(suggestion=suggestion, names=names, answer=answer, by=by)
        self.message_user(request, _("Taken into “%(film)s”.") % {"film": film}, messages.SUCCESS)
        return HttpResponseRedirect(reverse("admin:films_film_change", args=[film.pk]))

    def _page(
        self,
        request: HttpRequest,
        suggestion: Suggestion,
        refusal: ValidationError | None = None,
        status: int = 200,
    ) -> TemplateResponse:
        film = suggestion.film if suggestion.is_correction else None
        now = services.current_of(film) if film else {}
        ticked = request.POST.getlist("take") if refusal else list(suggestion.fields)
        fields = SuggestionForm.base_fields
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Suggestion"),
            "suggestion": suggestion,
            "film": suggestion.film,
            "rows": [
                (name, fields[name].label, now.get(name, ""), text, name in ticked, name in suggestion.taken)
                for name, text in suggestion.fields.items()
                if name in fields
            ],
            "twins": [] if film else like(suggestion.fields),
            "answer": request.POST.get("answer", "") if refusal else suggestion.answer,
            "refusal": " ".join(refusal.messages) if refusal else "",
        }  # fmt: skip
        return TemplateResponse(request, "admin/films/suggestion.html", context, status=status)
