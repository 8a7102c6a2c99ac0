"""Topics in the admin: opened and renamed in the Lobby, locked anywhere, through services."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from forum.accounts.admin import KeptAdmin
from forum.accounts.readers import reader_of
from forum.discussions import services
from forum.discussions.models import Topic


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
    """A film's topic takes its title from the film: here it is only locked."""

    form = TopicForm
    list_display = ["title", "place", "comment_count", "last_comment_at", "locked_at"]
    list_filter = [PlaceFilter, LockedFilter]
    search_fields = ["title"]
    ordering = ["-last_comment_at", "-pk"]
    actions = ["lock", "unlock"]

    @admin.display(description=_("place"))
    def place(self, topic: Topic) -> str:
        return str(_("film") if topic.path else _("Lobby"))

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

    @admin.action(description=_("Lock: no more comments"), permissions=["change"])
    def lock(self, request: HttpRequest, queryset: QuerySet[Topic]) -> None:
        self._lock(request, queryset.filter(locked_at=None), locked=True)

    @admin.action(description=_("Unlock"), permissions=["change"])
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
