"""Comments in the admin: what waits first, decided singly and in bulk, never edited or deleted."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.admin.helpers import ActionForm
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Page, Paginator
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.decorators import method_decorator
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from forum import markup
from forum.accounts.admin import KeptAdmin, ids_sent
from forum.accounts.readers import reader_of
from forum.discussions import services
from forum.discussions.models import Comment, Reason, State
from forum.moderation import pages, people  # noqa: F401 (they register more of the admin)
from forum.moderation.case import Case
from forum.moderation.decisions import EDIT_VERBS, KINDS, VERBS, decide, tell

admin.site.site_header = admin.site.site_title = settings.SITE_NAME

FIRST_WORDS = 160  # characters of a comment in the list
MOST_AT_ONCE = 200  # decisions of one request, a few seconds; the rest is said and chosen again
REASONS = [("", _("none")), *Reason.choices]


class DecisionForm(ActionForm):
    """The row over the list: what to do with the ticked comments, and why where one must say."""

    reason = forms.ChoiceField(label=_("Reason, to remove:"), choices=REASONS, required=False)


class VerbForm(forms.Form):
    """One decision on a comment's own page."""

    verb = forms.ChoiceField(choices=[(verb, words[0]) for verb, words in VERBS.items()])
    reason = forms.ChoiceField(choices=REASONS, required=False)


class _Filter(admin.SimpleListFilter):
    choose: Callable[[Any, str], Any]
    options: list[tuple[str, Any]]

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return self.options

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        value = self.value()
        return type(self).choose(queryset, value) if value in dict(self.options) else queryset


class StateFilter(_Filter):
    title, parameter_name = _("state"), "state"
    options = [
        (one, words) for one, words in State.choices if one not in (State.ERASED, State.PURGED)
    ]

    @staticmethod
    def choose(rows: Any, value: str) -> Any:
        return rows.in_state(value)


class AuthorFilter(_Filter):
    title, parameter_name = _("author"), "author"
    options = list(KINDS.items())

    @staticmethod
    def choose(rows: Any, value: str) -> Any:
        return rows.from_author(value)


class EditFilter(_Filter):
    title, parameter_name = _("edit"), "edit"
    options = [("waits", _("waits"))]

    @staticmethod
    def choose(rows: Any, value: str) -> Any:
        return rows.with_edit_waiting()


class IdsFirst(Paginator):
    """Sorts ids alone and fetches the rows of one page: whole rows are sorted several times slower."""

    def page(self, number: int | str) -> Page:
        found: Any = super().page(number)
        rows: Any = self.object_list
        found.object_list = rows.filter(pk__in=list(found.object_list.values_list("pk", flat=True)))
        return found


def _bulk(verb: str) -> Callable[..., None]:
    @admin.action(description=VERBS[verb][0], permissions=["moderate"])
    def act(self: "CommentAdmin", request: HttpRequest, queryset: QuerySet[Comment]) -> None:
        self.decide_many(request, queryset, verb)

    act.__name__ = verb
    return act


@admin.register(Comment)
class CommentAdmin(KeptAdmin):
    """The text is shown as readers see it. Only the permission to moderate lets anybody act."""

    list_display = ["topic", "who", "state_shown", "written", "first_words"]
    list_display_links = ["first_words"]
    list_filter = [StateFilter, AuthorFilter, EditFilter]
    search_fields = ["text__body", "author_name", "member__username"]
    search_help_text = _("Words of the text, or a name")
    action_form = DecisionForm
    paginator = IdsFirst
    actions = [_bulk(verb) for verb in VERBS]
    change_form_template = "admin/discussions/comment/change_form.html"

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_moderate_permission(self, request: HttpRequest) -> bool:
        return reader_of(request).may_moderate()

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return super().has_view_permission(request, obj) or self.has_moderate_permission(request)

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:  # type: ignore[override]
        return lookup == "thread__topic" or super().lookup_allowed(lookup, value, request)

    def get_queryset(self, request: HttpRequest) -> Any:
        rows = Comment.objects.visible_to(reader_of(request)).with_text()
        return rows.select_related("held_edit").defer("text__body", "held_edit__body").held_first()

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.decision_view)
        route = path("<int:comment_id>/decision/", view, name="discussions_comment_decision")
        return [route, *super().get_urls()]

    # ------------------------------------------------------------------------------------ the list

    @admin.display(description=_("film or topic"))
    def topic(self, comment: Comment) -> str:
        return format_html("<bdi>{}</bdi>", comment.thread.topic.title)

    @admin.display(description=_("author"))
    def who(self, comment: Comment) -> str:
        return format_html("<bdi>{}</bdi>, {}", comment.name, KINDS[comment.author_kind])

    @admin.display(description=_("state"), ordering="state")
    def state_shown(self, comment: Comment) -> str:
        words = [comment.get_state_display()]
        if hasattr(comment, "held_edit"):
            words.append(str(_("an edit waits")))
        return format_html('<span class="state {}">{}</span>', comment.state, ", ".join(words))

    @admin.display(description=_("written"), ordering="created_at")
    def written(self, comment: Comment) -> str:
        return date_format(localtime(comment.created_at), "j M Y, H:i")

    @admin.display(description=_("first words"))
    def first_words(self, comment: Comment) -> str:
        words = markup.excerpt(comment.text.body_html, FIRST_WORDS)
        return format_html("<bdi>{}</bdi>", words) if words else str(_("(no words)"))

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        if request.method == "POST" and not self.has_moderate_permission(request):
            raise PermissionDenied
        return super().changelist_view(request, extra_context)

    def decide_many(self, request: HttpRequest, queryset: Any, verb: str) -> None:
        """Decide about the ticked comments, or about all of the list to which the verb applies."""
        if request.POST.get("select_across") in ("", "0", None):
            ids = ids_sent(request)
        else:
            if verb in EDIT_VERBS:
                queryset = queryset.with_edit_waiting()
            else:
                queryset = queryset.in_state(*services.MODERATION[verb][1])
            ids = list(queryset.values_list("pk", flat=True)[: MOST_AT_ONCE + 1])
        results = []
        try:
            for pk in ids[:MOST_AT_ONCE]:
                results.append(self._decide(request, pk, verb))
        except ValidationError as refusal:
            self.message_user(request, " ".join(refusal.messages), messages.ERROR)
        for is_done, words in tell(results):
            self.message_user(request, words, messages.SUCCESS if is_done else messages.WARNING)
        if len(ids) > MOST_AT_ONCE:
            more = _("There are more: only %(n)d are decided at once. Choose the rest again.")
            self.message_user(request, more % {"n": MOST_AT_ONCE}, messages.WARNING)

    def _decide(self, request: HttpRequest, pk: int, verb: str) -> Any:
        reason = request.POST.get("reason", "")
        return decide(comment_id=pk, verb=verb, by=reader_of(request), reason=reason)

    # ---------------------------------------------------------------------------- a comment's page

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        if request.method == "POST" or not self.has_view_permission(request):
            raise PermissionDenied
        comment = self.get_object(request, object_id)
        if comment is None:
            raise Http404
        context = {
            **self.admin_site.each_context(request),
            "title": _("Comment #%(id)d") % {"id": comment.pk},
            "opts": self.opts,
            "case": Case.of(comment, reader_of(request)),
            "may_act": self.has_moderate_permission(request),
            "reasons": Reason.choices,
        }
        return TemplateResponse(request, self.change_form_template, context)

    @method_decorator(require_POST)
    def decision_view(self, request: HttpRequest, comment_id: int) -> HttpResponseBase:
        """POST verb (and reason): decide, say what came of it, show the comment again."""
        if not self.has_moderate_permission(request):
            raise PermissionDenied
        form = VerbForm(request.POST)
        if not form.is_valid():
            self.message_user(request, _("This cannot be decided."), messages.ERROR)
        else:
            try:
                result = self._decide(request, comment_id, form.cleaned_data["verb"])
                level = messages.SUCCESS if result.is_done else messages.WARNING
                self.message_user(request, str(result), level)
            except ValidationError as refusal:
                self.message_user(request, " ".join(refusal.messages), messages.ERROR)
        return HttpResponseRedirect(reverse("admin:discussions_comment_change", args=[comment_id]))
