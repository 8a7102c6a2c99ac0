"""A page in the admin: how moderation is doing, and how the spam score is."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext as _

from forum.accounts.readers import reader_of
from forum.moderation.health import SPANS, Health
from forum.moderation.models import Alarm


@admin.register(Alarm)
class HealthAdmin(admin.ModelAdmin):
    """For whoever may see comments in the admin or decide about them. Nothing is changed here."""

    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        user: Any = request.user  # somebody, or nobody with no right to anything
        may_see = user.has_perm("discussions.view_comment")
        return bool(may_see or reader_of(request).may_moderate())

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def get_urls(self) -> list[URLPattern]:
        look = self.admin_site.admin_view(self.changelist_view)
        return [path("health/", look, name="moderation_alarm_changelist")]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """GET span: "week", "month" or "quarter"."""
        if not self.has_view_permission(request) or request.method not in ("GET", "HEAD"):
            raise PermissionDenied
        span = request.GET.get("span", "month")
        context = {
            **self.admin_site.each_context(request),
            "title": _("How moderation is doing"),
            "opts": self.opts,
            "health": Health.now(span if span in SPANS else "month"),
        }
        return TemplateResponse(request, "admin/moderation/health.html", context)
