"""Appeals in the admin: what was decided, what its author says against it, and the answer."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import F, Model
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from forum import markup
from forum.accounts.admin import KeptAdmin
from forum.accounts.readers import Reader, reader_of
from forum.discussions import page, services
from forum.discussions.models import REPORT_CHARS, Appeal, Comment
from forum.discussions.services import appealing
from forum.moderation.words import Names, ago, what, why

STATUS = {"not-allowed": 403, "decided-already": 409, "changed-meanwhile": 409, "moved": 409}
EXCERPT_CHARS = 1_000


class DecideForm(forms.Form):
    """What becomes of the decision, and what its author is told."""

    answer = forms.CharField(
        label=_("Your answer to the author"),
        required=False,
        max_length=REPORT_CHARS,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("Needed where the decision stays. Your name is not shown."),
    )


class WaitsFilter(admin.SimpleListFilter):
    title, parameter_name = _("which"), "which"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("open", _("to be decided")), *[one for one in Appeal.Outcome.choices if one[0]]]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        value = self.value() or ""
        if value == "open":
            return queryset.open()
        return queryset.filter(outcome=value) if value in Appeal.Outcome.values else queryset


@admin.register(Appeal)
class AppealAdmin(KeptAdmin):
    """Those that wait first. An appeal is decided on its page, by whoever did not make the decision."""

    list_display = ["__str__", "against", "said", "created_at", "outcome_words"]
    list_filter = [WaitsFilter]
    list_select_related = ["event"]
    list_per_page = 50
    sortable_by = ()
    ordering = [F("decided_at").desc(nulls_first=True), "-pk"]
    actions = None

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return reader_of(request).may_moderate()

    def has_module_permission(self, request: HttpRequest) -> bool:
        return reader_of(request).may_moderate()

    @admin.display(description=_("against"))
    def against(self, row: Appeal) -> str:
        return what(row.event)

    @admin.display(description=_("what its author says"))
    def said(self, row: Appeal) -> str:
        short = f"{row.words[:120]}…" if len(row.words) > 120 else row.words
        return format_html("<bdi>{}</bdi>", short)

    @admin.display(description=_("outcome"))
    def outcome_words(self, row: Appeal) -> str:
        return str(row.get_outcome_display())

    def get_queryset(self, request: HttpRequest) -> Any:
        return _within(super().get_queryset(request), reader_of(request))

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        if request.method == "POST":
            raise PermissionDenied
        return super().changelist_view(request, extra_context)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """GET: the case. POST `outcome` ("kept", "overturned") and `answer`: decide, or say why not."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        found = self._appeal(request, object_id)
        if request.method != "POST":
            return self._page(request, found, DecideForm())
        form = DecideForm(request.POST)
        if not form.is_valid():
            return self._page(request, found, form, status=422)
        try:
            services.decide_appeal(
                appeal_id=found.pk,
                by=reader_of(request),
                outcome=request.POST.get("outcome", ""),
                answer=form.cleaned_data["answer"],
            )
        except ValidationError as refusal:
            code = refusal.code or ""
            form.add_error("answer" if code.startswith("answer") else None, refusal)
            now = self._appeal(request, object_id)
            return self._page(request, now, form, status=STATUS.get(code, 422))
        messages.success(request, _("#%(id)d: the appeal is decided.") % {"id": found.comment_id})
        return HttpResponseRedirect(
            f"{reverse('admin:discussions_comment_changelist')}?tab=appeals"
        )

    def _appeal(self, request: HttpRequest, object_id: str) -> Appeal:
        is_id = object_id.isascii() and object_id.isdigit() and len(object_id) < 19
        rows = _within(Appeal.objects.all(), reader_of(request))
        rows = rows.select_related("event__decision", "decided_by")
        found = rows.filter(pk=int(object_id) if is_id else 0).first()
        if found is None:
            raise Http404
        found.comment = Comment.objects.with_text().get(pk=found.comment_id)
        return found

    def _page(
        self, request: HttpRequest, found: Appeal, form: forms.Form, status: int = 200
    ) -> HttpResponse:
        comment = found.comment
        reader = reader_of(request)
        judge = appealing.judge_of(found, reader)
        parents = Comment.objects.visible_to(reader).with_text()
        context = {
            **self.admin_site.each_context(request),
            "title": _("Appeal about #%(id)d") % {"id": comment.pk},
            "opts": self.opts,
            "appeal": found,
            "comment": comment,
            "number": page.number_of(comment),
            "parent": parents.filter(pk=comment.parent_id or 0).first(),
            "body_html": comment.text.body_html,
            "what": what(found.event),
            "why": why(found.event),
            "ago": ago(found.event),
            "who": Names.of([found.event]).who(found.event),
            "in_force": appealing.is_in_force(found.event, comment),
            "judge": judge,
            "form": form if judge.may and not found.decided_at else None,
            "refusal": form.non_field_errors() if form.errors else "",
            "excerpt": markup.excerpt(comment.text.body_html, EXCERPT_CHARS),
        }
        template = "admin/discussions/appeal/change_form.html"
        return TemplateResponse(request, template, context, status=status)


def _within(rows: Any, reader: Reader) -> Any:
    """Return the appeals that are about the part of the site where somebody decides."""
    if services.decides_everywhere(reader):
        return rows
    return rows.filter(comment__in=services.in_scope(Comment.objects.all(), reader))
