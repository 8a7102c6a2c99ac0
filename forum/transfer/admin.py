"""Imports in the admin: a file is brought, read, chosen for, brought in and taken back. Every page and
every press asks for transfer.add_importbatch.
"""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.template.defaultfilters import filesizeformat
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.decorators import method_decorator
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_POST

from forum.accounts.admin import KeptAdmin
from forum.discussions.models import Comment
from forum.errors import answer
from forum.transfer import batches, reporting, uploads
from forum.transfer.choosing import Choices
from forum.transfer.models import ImportBatch
from forum.transfer.rolling_back import plan

MOST_FORM = 64 * 1024  # bytes of an upload's form beside the file
FOUND = 8  # films that the search offers
LISTED = 100
SAID = {
    "check": _("The worker reads it now; nothing is written."),
    "load": _("The worker brings it in now."),
    "undo": _("The worker takes it back now."),
}
SYSTEMS = {"wordpress": "WordPress", "disqus": "Disqus"}


class UploadForm(forms.Form):
    file = forms.FileField(
        label=_("The export"),
        help_text=_("An XML file of WordPress or Disqus, as it is or compressed (.gz)."),
        widget=forms.ClearableFileInput(attrs={"accept": ".xml,.wxr,.gz"}),
        max_length=200,
    )
    films = forms.ChoiceField(
        label=_("Pages that have no film here"),
        choices=[
            ("match", _("leave them out, unless I choose a film for them")),
            ("create", _("make a film of each")),
        ],
        widget=forms.RadioSelect,
        initial="match",
    )


@admin.register(ImportBatch)
class ImportAdmin(KeptAdmin):
    list_display = ["name", "format", "state_shown", "created_at", "by", "size_shown"]
    list_select_related = ["by"]
    ordering = ["-pk"]
    actions = None

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return self.has_add_permission(request)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_add_permission(request)

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).defer("report", "choices")

    def get_urls(self) -> list[URLPattern]:
        view, name = self.admin_site.admin_view, "transfer_importbatch"
        return [
            path("add/", self.upload_view, name=f"{name}_add"),
            path("<int:pk>/change/", view(self.batch_view), name=f"{name}_change"),
            path("<int:pk>/progress/", view(self.progress_view), name=f"{name}_progress"),
            path("<int:pk>/start/", view(self.start_view), name=f"{name}_start"),
            path("<int:pk>/choices/", view(self.choices_view), name=f"{name}_choices"),
            path("<int:pk>/undo/", view(self.undo_view), name=f"{name}_undo"),
            path("films/", view(self.films_view), name=f"{name}_films"),
            *super().get_urls(),
        ]

    @admin.display(description=_("format"), ordering="system")
    def format(self, batch: ImportBatch) -> str:
        return SYSTEMS.get(batch.system, batch.system)

    @admin.display(description=_("state"), ordering="state")
    def state_shown(self, batch: ImportBatch) -> str:
        return format_html('<span class="state">{}</span>', batch.get_state_display())

    @admin.display(description=_("size"), ordering="size")
    def size_shown(self, batch: ImportBatch) -> str:
        return filesizeformat(batch.size)

    # ------------------------------------------------------------------------------------- pages

    @property
    def upload_view(self) -> Any:
        """The upload. Who may not bring files, or brings one too large, is told before it is read."""
        inner = self.admin_site.admin_view(self._upload)

        def view(request: HttpRequest) -> HttpResponseBase:
            if request.method == "POST" and self.admin_site.has_permission(request):
                if not self.has_add_permission(request):
                    raise PermissionDenied
                size = request.META.get("CONTENT_LENGTH") or "0"
                if size.isdigit() and (words := uploads.too_large(int(size) - MOST_FORM)):
                    return answer(request, 413, words)
            return inner(request)

        return csrf_exempt(view)  # `inner` asks for the token once all that is known

    def _upload(self, request: HttpRequest) -> HttpResponseBase:
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = UploadForm(request.POST or None, request.FILES or None)
        assert request.user.is_authenticated
        if request.method == "POST" and form.is_valid():
            file = form.cleaned_data["file"]
            creates = form.cleaned_data["films"] == "create"
            try:
                batch = batches.bring(
                    name=file.name,
                    chunks=file.chunks(),
                    creates=creates,
                    by=request.user,
                )
            except ValidationError as refusal:
                form.add_error("file", refusal)
            else:
                return HttpResponseRedirect(batch.get_absolute_url())
        status = 422 if request.method == "POST" else 200
        context = self._context(request, _("Bring an export"), form=form)
        return TemplateResponse(request, "admin/transfer/upload.html", context, status=status)

    @method_decorator(require_GET)
    def batch_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        batch = self._batch(request, pk)
        return self._page(request, batch, Choices.of(batch, request.GET.get("part", "1")))

    @method_decorator(require_GET)
    def progress_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """How far the worker is, to be asked again; at its end the page is loaded anew."""
        batch = self._batch(request, pk)
        if not batch.is_at_work:
            return HttpResponse(headers={"HX-Refresh": "true"})
        return render(request, "admin/transfer/_progress.html", {"batch": batch})

    @method_decorator(require_POST)
    def start_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """POST act: "check", "load" or "undo"."""
        batch, act = self._batch(request, pk), request.POST.get("act", "")
        assert request.user.is_authenticated
        try:
            if act not in batches.ACTS:
                raise ValidationError(_("There is no such act."), "act")
            batches.start(batch=batch, act=act, by=request.user)
        except ValidationError as refusal:
            self.message_user(request, " ".join(refusal.messages), messages.ERROR)
        else:
            self.message_user(request, SAID[act])
        return HttpResponseRedirect(batch.get_absolute_url())

    @method_decorator(require_POST)
    def choices_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """POST ref-N, do-N and film-N of the rows of one part."""
        batch = self._batch(request, pk)
        part = request.POST.get("part", "1")
        shown = Choices.of(batch, part)
        found = shown.read(request.POST)
        if found is None:
            return self._page(request, batch, shown, status=422)
        try:
            batches.choose(batch=batch, choices=found)
        except ValidationError as refusal:
            self.message_user(request, " ".join(refusal.messages), messages.ERROR)
        else:
            words = _("Your choices are kept. Read it again to see what comes of them.")
            self.message_user(request, words, messages.SUCCESS)
        return HttpResponseRedirect(f"{batch.get_absolute_url()}?part={shown.number}#choices-h")

    @method_decorator(require_GET)
    def undo_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """What rolling back would do, before it is done."""
        batch = self._batch(request, pk)
        if not batch.may("undo"):
            return HttpResponseRedirect(batch.get_absolute_url())
        found = plan(batch.label)
        staying = Comment.objects.filter(pk__in=found.staying[:LISTED]).with_text().order_by("pk")
        context = self._context(
            request, _("Roll back"), batch=batch, plan=found, staying=list(staying)
        )
        return TemplateResponse(request, "admin/transfer/undo.html", context)

    @method_decorator(require_GET)
    def films_view(self, request: HttpRequest) -> HttpResponse:
        """Options for the film that somebody begins to write (a datalist)."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        text = next((str(request.GET[k]) for k in request.GET if k.startswith("film-")), "")
        films = batches.films_like(text)[:FOUND]
        return render(request, "admin/transfer/_films.html", {"films": films})

    # ----------------------------------------------------------------------------------- the parts

    def _batch(self, request: HttpRequest, pk: int) -> ImportBatch:
        if not self.has_add_permission(request):
            raise PermissionDenied
        batch = ImportBatch.objects.select_related("by").filter(pk=pk).first()
        if batch is None:
            raise Http404
        return batch

    def _context(self, request: HttpRequest, title: Any, **more: Any) -> dict[str, Any]:
        frame = self.admin_site.each_context(request)
        return {**frame, "title": title, "opts": self.opts, "systems": SYSTEMS, **more}

    def _page(
        self, request: HttpRequest, batch: ImportBatch, choices: Choices, status: int = 200
    ) -> HttpResponse:
        report = batch.report
        is_done = batch.wrote or bool(report.get("undone"))
        context = self._context(
            request,
            batch.name,
            batch=batch,
            system=SYSTEMS.get(batch.system, batch.system),
            choices=choices,
            parts=reporting.lines(report, is_done=is_done) if report else [],
            report=report,
            may={act: batch.may(act) for act in batches.ACTS},
            refresh=reverse("admin:transfer_importbatch_progress", args=[batch.pk]),
        )
        return TemplateResponse(request, "admin/transfer/batch.html", context, status=status)
