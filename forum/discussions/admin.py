"""Topics in the admin: opened and renamed in the Lobby; how a talk is kept, with a preview."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.decorators import method_decorator
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from forum.accounts.admin import KeptAdmin
from forum.accounts.readers import reader_of
from forum.discussions import services
from forum.discussions.models import Comment, Topic
from forum.index import finding, language
from forum.index.tables import TOPIC

FOUND = 1_000  # of the latest, at most, are listed of what has the words


class TopicForm(forms.ModelForm):
    locked = forms.BooleanField(
        label=_("Locked"), required=False, help_text=_("A locked talk takes no more comments.")
    )

    class Meta:
        model = Topic
        fields = ["title"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["locked"].initial = bool(self.instance.locked_at)

    def clean_title(self) -> str:
        return " ".join(self.cleaned_data["title"].split())


class SettingsForm(forms.Form):
    """How a talk is kept. `initial` is how it is kept now."""

    locked = forms.BooleanField(
        label=_("Locked"), required=False, help_text=_("It takes no more comments.")
    )
    closed = forms.BooleanField(
        label=_("Closed"),
        required=False,
        help_text=_("It takes no comments and no edits, and says so."),
    )
    closed_words = forms.CharField(
        label=_("Why it is closed"), max_length=300, required=False, help_text=_("Readers see it.")
    )
    notice = forms.CharField(
        label=_("Notice over the talk"),
        max_length=500,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Readers see it before the first comment."),
    )
    all_held = forms.BooleanField(
        label=_("Hold every new comment"),
        required=False,
        help_text=_("A moderator reads it before others see it."),
    )
    guests_held = forms.BooleanField(
        label=_("Hold what guests write"),
        required=False,
        help_text=_("Members write as usual."),
    )

    @classmethod
    def now(cls, topic: Topic) -> dict[str, Any]:
        return {
            "locked": bool(topic.locked_at),
            "closed": bool(topic.closed_at),
            "closed_words": topic.closed_words,
            "notice": topic.notice,
            "all_held": bool(topic.all_held_at),
            "guests_held": bool(topic.guests_held_at),
        }

    def changes(self) -> list[tuple[Any, str]]:
        """Return (label, its new value in words) of what is other than now."""
        on, off = _("yes"), _("no")
        words = {True: on, False: off, "": _("none")}
        return [
            (
                self.fields[name].label,
                str(words.get(self.cleaned_data[name], self.cleaned_data[name])),
            )
            for name in self.changed_data
        ]


class PlaceFilter(admin.SimpleListFilter):
    title = _("place")
    parameter_name = "place"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("lobby", _("Lobby")), ("films", _("films"))]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        if self.value() == "lobby":
            return queryset.in_lobby()
        return queryset.of_films() if self.value() == "films" else queryset


class LockedFilter(admin.SimpleListFilter):
    title = _("locked")
    parameter_name = "locked"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("yes", _("yes")), ("no", _("no"))]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        if self.value() in ("yes", "no"):
            return queryset.filter(locked_at__isnull=self.value() == "no")
        return queryset


@admin.register(Topic)
class TopicAdmin(KeptAdmin):
    """A film's topic takes its title from the film: here it is only kept as staff decide."""

    form = TopicForm
    list_display = ["title", "place", "comment_count", "last_comment_at", "kept", "settings_link"]
    list_filter = [PlaceFilter, LockedFilter]
    search_fields = ["title"]
    search_help_text = _("Words of the title")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        asked = language.parse(search_term)
        if asked.terms:
            queryset = queryset.filter(pk__in=finding.ids(TOPIC, asked, most=FOUND))
        return queryset, False

    ordering = ["-last_comment_at", "-pk"]
    actions = ["lock", "unlock"]

    def get_queryset(self, request: HttpRequest) -> Any:
        """All topics, or those in which whoever asks moderates."""
        rows, topics = super().get_queryset(request), services.topics_of(reader_of(request))
        return rows if topics is None else rows.filter(pk__in=topics.values("pk"))

    def has_add_permission(self, request: HttpRequest) -> bool:
        may = super().has_add_permission(request)
        return may and services.decides_everywhere(reader_of(request))

    @admin.display(description=_("place"))
    def place(self, topic: Topic) -> str:
        return str(_("film") if topic.path else _("Lobby"))

    @admin.display(description=_("kept"))
    def kept(self, topic: Topic) -> str:
        words = [_("closed")] if topic.closed_at else [_("locked")] if topic.locked_at else []
        words += [_("notice")] if topic.notice else []
        words += [_("all held")] if topic.all_held_at else []
        words += [_("guests held")] if topic.guests_held_at else []
        return ", ".join(map(str, words)) or "–"

    @admin.display(description=_("settings"))
    def settings_link(self, topic: Topic) -> str:
        address = reverse("admin:discussions_topic_settings", args=[topic.pk])
        return format_html('<a href="{}">{}</a>', address, _("How it is kept"))

    def has_moderate_permission(self, request: HttpRequest) -> bool:
        return reader_of(request).may_moderate() or self.has_change_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return super().has_view_permission(request, obj) or reader_of(request).may_moderate()

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.settings_view)
        route = path("<int:topic_id>/settings/", view, name="discussions_topic_settings")
        return [route, *super().get_urls()]

    @method_decorator(require_http_methods(["GET", "HEAD", "POST"]))
    def settings_view(self, request: HttpRequest, topic_id: int) -> HttpResponse:
        """How a talk is kept. POST shows what will change; POST with `do` does it."""
        if not self.has_moderate_permission(request):
            raise PermissionDenied
        topic = self.get_queryset(request).filter(pk=topic_id).first()
        if topic is None:
            raise Http404
        now = SettingsForm.now(topic)
        if request.method != "POST":
            return self._settings_page(request, topic, SettingsForm(initial=now))
        form = SettingsForm(request.POST, initial=now)
        if not form.is_valid():
            return self._settings_page(request, topic, form, status=422)
        if request.POST.get("seen", "") not in ("", str(topic.version_of_settings)):
            words = _("Somebody changed this meanwhile. What you see beside is how it is now.")
            form.add_error(None, words)
            return self._settings_page(request, topic, form, status=409)
        if "do" not in request.POST:
            return self._settings_page(request, topic, form, preview=form.changes())
        wanted = {name: form.cleaned_data[name] for name in form.changed_data}
        services.set_topic(topic_id=topic_id, by=reader_of(request), **wanted)
        messages.success(request, _("It is kept so from now on."))
        return HttpResponseRedirect(request.path)

    def _settings_page(
        self, request: HttpRequest, topic: Topic, form: forms.Form, status: int = 200, **more: Any
    ) -> HttpResponse:
        rows = Comment.objects.on_topic(topic.pk).exclude_purged()
        context = {
            **self.admin_site.each_context(request),
            "title": _("How the talk is kept"),
            "opts": self.opts,
            "topic": topic,
            "form": form,
            "held": rows.held().count(),
            "people": rows.count_authors(),
            **more,
        }
        template = "admin/discussions/topic/settings.html"
        return TemplateResponse(request, template, context, status=status)

    def get_fields(self, request: HttpRequest, obj: Topic | None = None) -> Any:
        if obj is None:
            return ["title"]
        may_change = self.has_change_permission(request, obj)
        return ["title", "locked" if may_change else "locked_at"]

    def get_readonly_fields(self, request: HttpRequest, obj: Topic | None = None) -> list[str]:
        return ["title"] if obj and obj.path else []

    def save_model(self, request: HttpRequest, obj: Topic, form: Any, change: bool) -> None:
        by = reader_of(request)
        if not change:
            obj.pk = services.open_topic(title=obj.title, by=by).pk
            return
        if "title" in form.changed_data:
            services.rename_topic(topic_id=obj.pk, title=obj.title, by=by)
        if "locked" in form.changed_data:
            services.lock_topic(topic_id=obj.pk, by=by, locked=form.cleaned_data["locked"])

    @admin.action(description=_("Lock: no more comments"), permissions=["moderate"])
    def lock(self, request: HttpRequest, queryset: QuerySet[Topic]) -> None:
        self._lock(request, queryset.filter(locked_at=None), locked=True)

    @admin.action(description=_("Unlock"), permissions=["moderate"])
    def unlock(self, request: HttpRequest, queryset: QuerySet[Topic]) -> None:
        self._lock(request, queryset.exclude(locked_at=None), locked=False)

    def _lock(self, request: HttpRequest, topics: QuerySet[Topic], *, locked: bool) -> None:
        done = 0
        for pk in list(topics.values_list("pk", flat=True)):
            services.lock_topic(topic_id=pk, by=reader_of(request), locked=locked)
            done += 1
        words = (
            ngettext("%(n)d topic locked.", "%(n)d topics locked.", done)
            if locked
            else ngettext("%(n)d topic unlocked.", "%(n)d topics unlocked.", done)
        )
        self.message_user(request, words % {"n": done})
