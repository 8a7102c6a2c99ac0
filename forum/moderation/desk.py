"""A page in the admin: how moderation is doing, and how the spam score is."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from forum.accounts.readers import has_right, reader_of
from forum.moderation.health import Health
from forum.moderation.models import Alarm
from forum.worker.health_page import HealthPage


@admin.register(Alarm)
class HealthAdmin(HealthPage):
    """For whoever may see comments in the admin or decide about them."""

    spans = {"week": _("7 days"), "month": _("30 days"), "quarter": _("90 days")}
    usual = "month"
    figures = Health.now
    template = "admin/moderation/health.html"

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        may_see = has_right(request, "discussions.view_comment")
        return may_see or reader_of(request).may_moderate()
