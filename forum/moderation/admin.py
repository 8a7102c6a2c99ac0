"""The queue in the admin: what waits first, as readers see it, decided singly and in bulk."""

from collections.abc import Callable
from functools import partial
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.admin.helpers import ActionForm
from django.core.exceptions import BadRequest, PermissionDenied, ValidationError
from django.core.paginator import Page
from django.db.models import Model, QuerySet
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseRedirect,
    JsonResponse,
    QueryDict,
)
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from forum.accounts.admin import CappedPaginator, KeptAdmin, ids_sent
from forum.accounts.readers import reader_of
from forum.discussions import answers, services
from forum.discussions.models import Comment, Reason
from forum.index import finding, language
from forum.index.tables import COMMENT
from forum.moderation import (  # noqa: F401 (they register more of the admin)
    appeals,
    block_pages,
    claims,
    desk,
    log,
    pages,
    people,
    person_pages,
    rules_admin,
    scope_pages,
)
from forum.moderation.act_pages import ActPages
from forum.moderation.acts import acts_for
from forum.moderation.case import Case
from forum.moderation.decisions import EDIT_VERBS, VERBS, Result, decide, reasons, taken, tell
from forum.moderation.filters import FILTERS
from forum.moderation.models import Claim
from forum.moderation.preview import PreviewPages
from forum.moderation.queue import Last, cards_of, headline
from forum.moderation.tabs import counted, tab_of
from forum.moderation.whys import order_in_words

admin.site.site_header = admin.site.site_title = settings.SITE_NAME

FOUND = 1_000  # of the newest, at most, are listed of what has the words
MOST_AT_ONCE = 200  # decisions of one request, a few seconds; the rest is said and chosen again
REASONS = [("", _("none")), *Reason.choices]


class DecisionForm(ActionForm):
    """The row over the list: what to do with the ticked comments, and why where one must say."""

    reason = forms.ChoiceField(label=_("Reason, to remove:"), choices=REASONS, required=False)


class VerbForm(forms.Form):
    """One decision on a comment's own page."""

    verb = forms.ChoiceField(choices=[(verb, words[0]) for verb, words in VERBS.items()])
    reason = forms.ChoiceField(choices=REASONS, required=False)


class IdsFirst(CappedPaginator):
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
class CommentAdmin(ActPages, PreviewPages, KeptAdmin):
    """The text is shown as readers see it. Only the permission to moderate lets anybody act."""

    list_display = ["__str__"]  # the page shows cards: templates/admin/discussions/comment/
    list_per_page = 50
    list_max_show_all = 200  # four fields a card: a form may have 1,000
    list_filter = FILTERS
    search_fields = ["text__words", "author_name", "member__username"]
    search_help_text = _("Words of the text, or a whole name; the newest 1,000 are looked at")
    action_form = DecisionForm
    paginator = IdsFirst
    acts_on_all = False  # decide_many takes some and says that there are more
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

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        return lookup == "thread__topic" or super().lookup_allowed(lookup, value, request)

    def get_queryset(self, request: HttpRequest) -> Any:
        reader = reader_of(request)
        rows = services.in_scope(Comment.objects.visible_to(reader), reader).with_text()
        return rows.select_related("held_edit").defer("text__body", "text__words")

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.decision_view)
        claim = self.admin_site.admin_view(self.claim_view)
        counts = self.admin_site.admin_view(self.counts_view)
        return [
            path("<int:comment_id>/decision/", view, name="discussions_comment_decision"),
            path("<int:comment_id>/claim/", claim, name="discussions_comment_claim"),
            path("counts/", counts, name="discussions_comment_counts"),
            *self.preview_urls(),
            *self.act_urls(),
            *super().get_urls(),
        ]

    def get_search_results(
        self, request: HttpRequest, queryset: Any, search_term: str
    ) -> tuple[Any, bool]:
        """Comments in any state that have the words, or whose author has that name."""
        term = search_term.replace("\x00", " ").strip()
        if not term:
            return queryset, False
        found = set(finding.ids(COMMENT, language.parse(term), most=FOUND))
        # Parts, not OR: each finds its rows by an index.
        parts = [Comment.objects.by_member_named(term), Comment.objects.by_other_named(term)]
        members, others = (rows.order_by().values_list("pk", flat=True) for rows in parts)
        found |= set(members.union(others).order_by("-pk")[:FOUND])
        return queryset.filter(pk__in=found), False

    # ------------------------------------------------------------------------------------ the list

    def get_paginator(self, request: HttpRequest, queryset: Any, *args: Any, **kwargs: Any) -> Any:
        # A tab as it is was counted with the others; what is searched or filtered is counted now.
        found: Any = super().get_paginator(request, queryset, *args, **kwargs)
        tab = tab_of(request.GET)
        if not set(request.GET) - {"tab", "p", "all", "e"} and not tab.counted:
            found.count = {one.name: one.count for one in self._tabs(request)}[tab.name]
        return found

    def _tabs(self, request: HttpRequest) -> Any:
        if not hasattr(request, "_tabs"):
            request._tabs = counted(reader_of(request))  # type: ignore[attr-defined]
        return request._tabs  # type: ignore[attr-defined]

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        found: Any = super().get_changelist_instance(request)
        reader, tab = reader_of(request), tab_of(request.GET)
        found.may_act = self.has_moderate_permission(request)
        found.cards = cards_of(list(found.result_list), reader, appeals=tab.name == "appeals")
        found.last = Last.of(reader) if found.may_act else None
        found.reasons = reasons()
        found.tab, found.tabs = tab, self._tabs(request)
        found.headline, found.since = str(tab.words), ""
        found.is_narrowed = sum(bool(one.asked) for one in found.filter_specs if one.kind != "tab")
        is_whole = not (found.query or found.is_narrowed or found.page_num > 1)
        if tab.name == "needs" and is_whole:
            found.headline, found.since = headline(found.result_count, found.cards)
        found.order_in_words = order_in_words()
        found.query_now = request.GET.urlencode()
        return found

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        if request.method == "POST" and not self.has_moderate_permission(request):
            raise PermissionDenied
        if "one" in request.POST:
            return self.decide_one(request)
        if request.method == "POST":
            return super().changelist_view(request, extra_context)
        # Between two decisions of anybody it stays as it is, and making it costs the most of all pages.
        show = partial(super().changelist_view, request, extra_context)
        return answers.own(request, int(request.user.pk or 0), show)

    def decide_one(self, request: HttpRequest) -> HttpResponse:
        """Decide by a button of a card, and show the list again: 409 if somebody was faster."""
        verb, _colon, number = request.POST["one"].partition(":")
        if verb not in VERBS or not (number.isascii() and number.isdigit() and len(number) < 19):
            raise BadRequest("no such decision")
        is_stale = self.decide_and_say(request, int(number), verb)
        if not is_stale:
            return HttpResponseRedirect(request.get_full_path())
        request.method, request.POST = "GET", QueryDict()
        answer = super().changelist_view(request)
        answer.status_code = 409
        return answer

    def decide_and_say(self, request: HttpRequest, pk: int, verb: str) -> bool:
        """Decide, say what came of it, and return True if somebody was faster."""
        try:
            result = self._decide(request, pk, verb)
        except ValidationError as refusal:
            self.message_user(request, " ".join(refusal.messages), messages.ERROR)
            return False
        if result.is_refused:
            raise PermissionDenied(str(result))
        level = messages.SUCCESS if result.is_done else messages.WARNING
        self.message_user(request, str(result), level)
        return bool(result.is_stale)

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
        results, begun = [], timezone.now()
        try:
            for pk in ids[:MOST_AT_ONCE]:
                results.append(self._decide(request, pk, verb))
        except ValidationError as refusal:
            self.message_user(request, " ".join(refusal.messages), messages.ERROR)
        services.put_together(
            comment_ids=[one.comment_id for one in results if one.is_done],
            verb=f"edit-{verb}" if verb in EDIT_VERBS else verb,
            by=reader_of(request),
            since=begun,
        )
        for is_done, words in tell(results):
            self.message_user(request, words, messages.SUCCESS if is_done else messages.WARNING)
        if len(ids) > MOST_AT_ONCE:
            more = _("There are more: only %(n)d are decided at once. Choose the rest again.")
            self.message_user(request, more % {"n": MOST_AT_ONCE}, messages.WARNING)

    def _decide(self, request: HttpRequest, pk: int, verb: str) -> Any:
        """Decide with what was chosen for this comment, or else for all that are ticked."""
        sent, reader = request.POST, reader_of(request)
        claim = claims.of_others([pk], reader).get(pk)
        if claim and sent.get(f"claim_{pk}") != str(claim.member_id):
            return taken(claim)
        result: Result = decide(
            comment_id=pk,
            verb=verb,
            by=reader,
            reason=sent.get(f"reason_{pk}") or sent.get("reason", ""),
            words=sent.get(f"words_{pk}") or sent.get("words", ""),
            seen=sent.get(f"seen_{pk}", ""),
        )
        if result.is_done:
            claims.release(comment_id=pk)
        return result

    @method_decorator(require_POST)
    def claim_view(self, request: HttpRequest, comment_id: int) -> HttpResponseBase:
        """Take a comment up for ten minutes, or say who has it (409); scripts ask before a page is read."""
        reader = reader_of(request)
        if not reader.may_moderate():
            raise PermissionDenied
        if not self.get_queryset(request).filter(pk=comment_id).exists():
            raise Http404
        claim = claims.take(comment_id=comment_id, by=reader)
        is_mine = claim.member_id == request.user.pk
        if request.headers.get("Accept") == "application/json":
            return JsonResponse({"words": claimed(claim)}, status=200 if is_mine else 409)
        self.message_user(
            request, claimed(claim), messages.SUCCESS if is_mine else messages.WARNING
        )
        if not is_mine:
            return self._page_of(request, comment_id, status=409)
        return HttpResponseRedirect(reverse("admin:discussions_comment_change", args=[comment_id]))

    @method_decorator(require_safe)
    def counts_view(self, request: HttpRequest) -> HttpResponse:
        """How many comments each tab has, for the page that is open."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        return answers.private(JsonResponse({one.name: one.shown for one in self._tabs(request)}))

    # ---------------------------------------------------------------------------- a comment's page

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        if request.method == "POST" or not self.has_view_permission(request):
            raise PermissionDenied
        return self._page_of(request, object_id)

    def _page_of(self, request: HttpRequest, object_id: Any, status: int = 200) -> HttpResponse:
        comment = self.get_object(request, str(object_id))
        if comment is None:
            raise Http404
        may_act = self.has_moderate_permission(request)
        context = {
            **self.admin_site.each_context(request),
            "title": _("Comment #%(id)d") % {"id": comment.pk},
            "opts": self.opts,
            "case": Case.of(comment, reader_of(request)),
            "may_act": may_act,
            "last": Last.of(reader_of(request), about=comment) if may_act else None,
            "acts": acts_for(comment, reader_of(request)) if may_act else [],
            "reasons": reasons(),
        }
        return TemplateResponse(request, self.change_form_template, context, status=status)

    @method_decorator(require_POST)
    def decision_view(self, request: HttpRequest, comment_id: int) -> HttpResponseBase:
        """POST verb (and reason, words): decide, say what came of it, show the comment again."""
        if not self.has_moderate_permission(request):
            raise PermissionDenied
        form, is_stale = VerbForm(request.POST), False
        if form.is_valid():
            is_stale = self.decide_and_say(request, comment_id, form.cleaned_data["verb"])
        else:
            self.message_user(request, _("This cannot be decided."), messages.ERROR)
        if is_stale and Comment.objects.visible_to(reader_of(request)).filter(pk=comment_id):
            return self._page_of(request, comment_id, status=409)
        return HttpResponseRedirect(reverse("admin:discussions_comment_change", args=[comment_id]))


def claimed(claim: Claim) -> str:
    """Return who has a comment before them, and for how long still."""
    until = date_format(localtime(claim.until), "H:i")
    words = gettext("#%(id)d: %(name)s has it until %(time)s.")
    return words % {"id": claim.comment_id, "name": claim.member, "time": until}
