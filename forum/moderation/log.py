"""What was done, in words, and what of it can be taken back."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.http.response import HttpResponseBase
from django.urls import URLPattern, path, reverse
from django.utils.decorators import method_decorator
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from forum.accounts.admin import KeptAdmin
from forum.accounts.models import User
from forum.accounts.readers import Reader, reader_of
from forum.discussions import services
from forum.discussions.models import Decision, Event, Topic
from forum.discussions.writing import STATUS
from forum.moderation.decisions import why_not
from forum.moderation.words import STAFF_VERBS, WHAT, Names, grouped, what, why

MOST_STAFF = 100
# Who takes these back beside who may moderate: whoever may do them.
UNDO_RIGHTS = {
    "purge": "discussions.senior_comment",
    "remove-all": "discussions.senior_comment",
    **dict.fromkeys(("suspend", "ban", "reinstate", "block", "unblock"), "accounts.suspend_user"),
}


def may_undo(event: Event, reader: Reader) -> bool:
    """Return True if whoever asks may take back what this event tells of."""
    right = UNDO_RIGHTS.get(event.verb)
    has_right = right is None or bool(reader.user and reader.user.has_perm(right))
    return reader.may_moderate() and has_right


class KindFilter(admin.SimpleListFilter):
    """A list to choose from, under headings; `kept` is what else the address asks for."""

    title, parameter_name = _("kind"), "kind"
    template = "admin/discussions/event/_kind.html"
    kept: list[tuple[str, str]] = []

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("staff", _("what staff decided")), *WHAT.items()]

    def choices(self, changelist: Any) -> Any:
        self.kept = [one for one in changelist.params.items() if one[0] != self.parameter_name]
        return [("", [("", _("all")), ("staff", _("what staff decided"))]), *grouped(WHAT)]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        value = self.value() or ""
        if value == "staff":
            return queryset.filter(verb__in=STAFF_VERBS)
        return queryset.filter(verb=value) if value in WHAT else queryset


class PersonFilter(admin.SimpleListFilter):
    """The people of the staff; anybody else is found by search, or from their own page."""

    title, parameter_name = _("person"), "actor"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        staff = User.objects.filter(is_staff=True).order_by("username")[:MOST_STAFF]
        return [(str(pk), name) for pk, name in staff.values_list("pk", "username")]

    def has_output(self) -> bool:
        return True

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        value = self.value() or ""
        is_id = value.isascii() and value.isdigit() and len(value) < 19
        return queryset.filter(actor_id=int(value)) if is_id else queryset


class ToldAdmin(KeptAdmin):
    """A list of what was done: nothing is added, changed or deleted here."""

    show_facets = admin.ShowFacets.NEVER  # it would count what the list does not
    list_display_links = None
    list_per_page = 100
    sortable_by = ()
    names: Names

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return reader_of(request).may_moderate()

    def has_module_permission(self, request: HttpRequest) -> bool:
        return reader_of(request).may_moderate()

    def get_queryset(self, request: HttpRequest) -> Any:
        """All, or what concerns the part of the site that whoever asks moderates."""
        rows, topics = super().get_queryset(request), services.topics_of(reader_of(request))
        if topics is None:
            return rows
        return rows.filter(**{f"{self.way}topic_id__in": topics.values("pk")})

    @staticmethod
    def event_of(row: Any) -> Event:
        return row if isinstance(row, Event) else row.event

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        found: Any = super().get_changelist_instance(request)
        found.result_list = list(found.result_list)
        names = Names.of(self.event_of(row) for row in found.result_list)
        for row in found.result_list:
            row.names = names
        return found

    @admin.display(description=_("when"))
    def when(self, row: Any) -> str:
        return date_format(localtime(self.event_of(row).at), "j M Y, H:i:s")

    @admin.display(description=_("who"))
    def who(self, row: Any) -> str:
        return format_html("<bdi>{}</bdi>", row.names.who(self.event_of(row)))

    @admin.display(description=_("what"))
    def what(self, row: Any) -> str:
        return what(self.event_of(row))

    @admin.display(description=_("to what"))
    def to_what(self, row: Any) -> str:
        event = self.event_of(row)
        title = row.names.topic(event) or row.names.whom(event)
        if not event.comment_id:
            return format_html("<bdi>{}</bdi>", title)
        address = reverse("admin:discussions_comment_change", args=[event.comment_id])
        link = format_html('<a href="{}">#{}</a>', address, event.comment_id)
        return format_html("{} <bdi>{}</bdi>", link, title)

    @admin.display(description=_("why"))
    def why(self, row: Any) -> str:
        return why(self.event_of(row))

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """A number is a comment's; else the name of a member or the title of a film or topic."""
        term, way = search_term.strip().replace("\x00", ""), self.way
        if term.lstrip("#").isdecimal() and term.isascii() and len(term) < 19:
            return queryset.filter(**{f"{way}comment_id": int(term.lstrip("#"))}), False
        if term:
            members = User.objects.filter(username__icontains=term).values("pk")
            topics = Topic.objects.filter(title__icontains=term).values("pk")
            found = Q(**{f"{way}actor_id__in": members}) | Q(**{f"{way}topic_id__in": topics})
            queryset = queryset.filter(found)
        return queryset, False

    way = ""


@admin.register(Event)
class EventAdmin(ToldAdmin):
    """The log: who did what to what, when and why."""

    list_display = ["when", "who", "what", "to_what", "why"]
    list_filter = [KindFilter, PersonFilter]
    search_fields = ["verb"]  # get_search_results says where it looks
    search_help_text = _("A name, the title of a film or talk, or the number of a comment")
    ordering = ["-pk"]

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        return lookup in ("topic_id", "actor_id", "pen_id", "comment_id") or super().lookup_allowed(
            lookup, value, request
        )

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        return super().changelist_view(request, {"title": _("The log"), **(extra_context or {})})


class WaitsFilter(admin.SimpleListFilter):
    title, parameter_name = _("which"), "which"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("mine", _("mine")), ("purge", _("to be purged"))]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        if self.value() == "mine":
            return queryset.filter(event__actor_id=request.user.pk)
        if self.value() == "purge":
            return queryset.filter(pk__in=Decision.objects.to_purge().values("pk"))
        return queryset


@admin.register(Decision)
class DecisionAdmin(ToldAdmin):
    """What staff decided in the last 30 days, each with the way back."""

    list_display = ["when", "who", "what", "to_what", "why", "way_back"]
    list_filter = [WaitsFilter]
    search_fields = ["event__verb"]
    search_help_text = EventAdmin.search_help_text
    list_select_related = ["event"]
    ordering = ["-pk"]
    actions = None
    way = "event__"

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        found: Any = super().get_changelist_instance(request)
        reader = reader_of(request)
        for row in found.result_list:
            row.may_undo = row.is_undoable and may_undo(row.event, reader)
        return found

    @admin.display(description=_("take it back"))
    def way_back(self, row: Any) -> str:
        if row.undone_at:
            return str(_("undone"))
        if not row.may_undo:
            return "–"
        address = reverse("admin:discussions_decision_undo", args=[row.pk])
        # A button of the form round the list, which holds the token.
        return format_html(
            '<button class="button" formaction="{}" formmethod="post">{}</button>',
            address,
            _("Undo"),
        )

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.undo_view)
        route = path("<int:decision_id>/undo/", view, name="discussions_decision_undo")
        return [route, *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        if request.method == "POST":
            raise PermissionDenied
        return super().changelist_view(request, extra_context)

    @method_decorator(require_POST)
    def undo_view(self, request: HttpRequest, decision_id: int) -> HttpResponseBase:
        """Take the decision back; say why not where something happened meanwhile (409)."""
        reader = reader_of(request)
        if not reader.may_moderate():
            raise PermissionDenied
        decision = Decision.objects.select_related("event").filter(pk=decision_id).first()
        if decision is None:
            self.message_user(request, _("This can be undone no more."), messages.WARNING)
            return HttpResponseRedirect(reverse("admin:discussions_decision_changelist"))
        if not may_undo(decision.event, reader):
            raise PermissionDenied
        if request.POST.get("together"):
            self._undo_together(request, decision)
        else:
            try:
                services.undo(decision_id=decision_id, by=reader)
            except ValidationError as refusal:
                return self._refused(request, decision, refusal)
            self.message_user(request, _("Undone: %(what)s.") % {"what": what(decision.event)})
        back = request.POST.get("back", "")
        if back.isascii() and back.isdigit() and len(back) < 19:
            address = reverse("admin:discussions_comment_change", args=[back])
            return HttpResponseRedirect(address)
        back = "comment" if back == "queue" else "decision"
        address = reverse(f"admin:discussions_{back}_changelist")
        # Our own query string, read and written anew: nothing but names and values can be in it.
        query = QueryDict(request.POST.get("query", "")[:2_000]).urlencode()
        return HttpResponseRedirect(f"{address}?{query}" if query else address)

    def _undo_together(self, request: HttpRequest, decision: Decision) -> None:
        """Take back all that was decided by one press, each on its own, and say what came of it."""
        reader, count, refused = reader_of(request), 0, []
        for one in list(services.decided_together(decision)):
            try:
                services.undo(decision_id=one.pk, by=reader)
                count += 1
            except ValidationError as refusal:
                refused.append(f"#{one.event.comment_id}: {' '.join(refusal.messages)}")
        words = ngettext(
            "Undone for %(n)d comment: %(what)s.", "Undone for %(n)d comments: %(what)s.", count
        )
        self.message_user(request, words % {"n": count, "what": what(decision.event)})
        for line in refused:
            self.message_user(request, line, messages.WARNING)

    def _refused(
        self, request: HttpRequest, decision: Decision, refusal: ValidationError
    ) -> HttpResponse:
        words = " ".join(refusal.messages)
        if refusal.code in services.REFUSED:
            raise PermissionDenied(words)
        if refusal.code == "changed-meanwhile" and decision.event.comment_id:
            words = f"{words} ({why_not(decision.event.comment_id, refusal)})"
        self.message_user(request, words, messages.WARNING)
        request.method = "GET"
        answer = super().changelist_view(request)
        answer.status_code = STATUS.get(refusal.code or "", 409)
        return answer
