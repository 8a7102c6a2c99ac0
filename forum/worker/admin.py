"""Two pages in the admin: how the worker and the mail are doing, with another try for what failed;
and how the whole site is doing, in pictures."""

import uuid
from typing import Any

import django_tasks_db.admin  # noqa: F401 (registers what is taken out below)
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST
from django_tasks_db.models import DBTaskResult

from forum.worker.delivery import try_again
from forum.worker.desk import Desk
from forum.worker.health import Health
from forum.worker.health_page import HealthPage
from forum.worker.models import Letter, Tally
from forum.worker.work import do_again

MOST_AT_ONCE = 500  # letters queued again by one request; the rest by the next

admin.site.unregister(DBTaskResult)  # its arguments and tracebacks are for nobody to browse


@admin.register(Letter)
class DeskAdmin(admin.ModelAdmin):
    """`worker.view_letter` lets one look, `worker.change_letter` try again. No letter is ever read."""

    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_urls(self) -> list[URLPattern]:
        look = self.admin_site.admin_view(self.changelist_view)
        retry = self.admin_site.admin_view(self.retry_view)
        mark = self.admin_site.admin_view(self.mark_view)
        return [
            path("", look, name="worker_letter_changelist"),
            path("retry/", retry, name="worker_letter_retry"),
            path("came-back/", mark, name="worker_letter_came_back"),
        ]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        if not self.has_view_permission(request) or request.method not in ("GET", "HEAD"):
            raise PermissionDenied
        context = {
            **self.admin_site.each_context(request),
            "title": _("Worker and mail"),
            "opts": self.opts,
            "desk": Desk.now(),
            "may_act": self.has_change_permission(request),
        }
        return TemplateResponse(request, "admin/worker/desk.html", context)

    @method_decorator(require_POST)
    def retry_view(self, request: HttpRequest) -> HttpResponse:
        """POST what: "letter:5", "task:<id>" or "all". Say how many are queued again."""
        self._require_right(request)
        kind, _colon, pk = request.POST.get("what", "").partition(":")
        count = 0
        if kind in ("letter", "all"):
            letters = Letter.objects.failed().order_by("pk")
            if kind == "letter":
                letters = letters.filter(pk=int(pk) if pk.isascii() and pk.isdigit() else 0)
            count += sum(try_again(letter) for letter in letters[:MOST_AT_ONCE])
        if kind in ("task", "all"):
            tasks = DBTaskResult.objects.failed()
            if kind == "task":
                tasks = tasks.filter(pk__in=[pk] if _is_uuid(pk) else [])
            count += do_again(tasks)
        return self._back(
            request,
            ngettext("%(n)d is queued again.", "%(n)d are queued again.", count) % {"n": count}
            if count
            else _("Nothing was queued again: it is not among what failed any more."),
            messages.SUCCESS if count else messages.WARNING,
        )

    @method_decorator(require_POST)
    def mark_view(self, request: HttpRequest) -> HttpResponse:
        """POST address: letters to it came back, none is sent to it for 30 days."""
        self._require_right(request)
        address = request.POST.get("address", "").strip()[:320]
        if address and Letter.objects.came_back(address):
            words = _("Nothing more is sent to %(address)s for 30 days.") % {"address": address}
            return self._back(request, words, messages.SUCCESS)
        words = _("No letter went to %(address)s in the last 30 days.") % {"address": address}
        return self._back(request, words, messages.WARNING)

    def _require_right(self, request: HttpRequest) -> None:
        if not self.has_change_permission(request):
            raise PermissionDenied

    def _back(self, request: HttpRequest, words: str, level: int) -> HttpResponse:
        self.message_user(request, words, level)
        return HttpResponseRedirect(reverse("admin:worker_letter_changelist"))


@admin.register(Tally)
class HealthAdmin(HealthPage):
    """For whoever may see the worker and the mail: `worker.view_letter`."""

    spans = {"day": gettext_lazy("24 hours"), "week": gettext_lazy("7 days")}
    usual = "day"
    figures = Health.now
    template = "admin/worker/health.html"

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        user: Any = request.user  # somebody, or nobody with no right to anything
        return bool(user.has_perm("worker.view_letter"))


def _is_uuid(words: str) -> bool:
    try:
        return bool(uuid.UUID(words))
    except ValueError:
        return False
