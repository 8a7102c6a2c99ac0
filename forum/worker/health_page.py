"""A page of figures in the admin: how something is doing over some days, with nothing to change."""

from collections.abc import Callable, Mapping
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.text import capfirst


class HealthPage(admin.ModelAdmin):
    """Stands where the list of a model's rows would: at health/, named after the model.

    Who comes of it says whom it lets in (has_view_permission); its template extends
    admin/worker/health_page.html, and the figures are `health` there.
    """

    spans: Mapping[str, Any]  # what ?span= may be, and the words of it
    usual: str  # of them, where nothing else is asked for
    figures: Callable[[str], Any]  # of a span: `span`, `pictures`, and what the template tells
    template: str
    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def get_urls(self) -> list[URLPattern]:
        look = self.admin_site.admin_view(self.changelist_view)
        name = f"{self.opts.app_label}_{self.opts.model_name}_changelist"
        return [path("health/", look, name=name)]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """GET span: one of `spans`; another is as none."""
        if not self.has_view_permission(request) or request.method not in ("GET", "HEAD"):
            raise PermissionDenied
        span = request.GET.get("span", "")
        context = {
            **self.admin_site.each_context(request),
            "title": capfirst(self.opts.verbose_name_plural),
            "opts": self.opts,
            "spans": self.spans.items(),
            "health": self.figures(span if span in self.spans else self.usual),
        }
        return TemplateResponse(request, self.template, context)
