"""Which moderators decide about which part of the site: given and taken away by superusers alone."""

from typing import Any

from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from forum.accounts.models import User
from forum.accounts.readers import reader_of
from forum.discussions.services.acts import log
from forum.moderation.member_pages import is_superuser
from forum.moderation.models import Scope


@admin.register(Scope)
class ScopeAdmin(admin.ModelAdmin):
    """A moderator without a part decides everywhere: taking the last one away gives them the whole."""

    list_display = ["member", "part", "made_at"]
    list_select_related = ["member", "category", "film"]
    fields = ["member", "category", "film"]
    raw_id_fields = ["film"]
    ordering = ["-pk"]
    show_full_result_count = False
    actions = None

    @admin.display(description=_("decides about"))
    def part(self, scope: Scope) -> str:
        return str(scope)

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "member":
            kwargs["queryset"] = User.objects.filter(is_staff=True, is_superuser=False)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).order_by("member__username", "pk")

    def has_module_permission(self, request: HttpRequest) -> bool:
        return is_superuser(request)

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return is_superuser(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return is_superuser(request)

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False  # another part is another row, with an event of its own

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return is_superuser(request)

    def save_model(self, request: HttpRequest, obj: Scope, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        topic_id = obj.film.topic_id if obj.film else None
        log(reader_of(request), "scope", None, topic_id, member=obj.member)

    def delete_model(self, request: HttpRequest, obj: Scope) -> None:
        topic_id = obj.film.topic_id if obj.film else None
        log(reader_of(request), "scope-off", None, topic_id, member=obj.member)
        super().delete_model(request, obj)
