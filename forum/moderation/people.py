"""Members and groups in the admin. It stands above discussions, which must hear of a new name.

Nobody raises their own rights: only superusers give powers, and nobody else changes a person who may
do what they themselves may not.
"""

from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.forms import AdminUserCreationForm, UserChangeForm
from django.contrib.auth.models import Group
from django.db.models import Count, Model
from django.http import HttpRequest
from django.urls import URLPattern
from django.utils.translation import gettext_lazy as _

from forum.accounts.models import User
from forum.discussions import services
from forum.moderation.member_acts import standing
from forum.moderation.member_pages import MemberActPages, is_in_reach, is_superuser

POWERS = ("is_staff", "is_superuser", "groups", "user_permissions")


class NewMemberForm(AdminUserCreationForm):
    class Meta(AdminUserCreationForm.Meta):
        model = User

    def clean_username(self) -> str:
        # Not Django's comparison of letter case: User.clean refuses every name that looks the same.
        return str(self.cleaned_data["username"])


class MemberForm(UserChangeForm):
    class Meta(UserChangeForm.Meta):
        model = User


@admin.register(User)
class MemberAdmin(MemberActPages, UserAdmin):
    """Only a superuser gives powers, or changes somebody who has them all.

    An account is closed, opened and erased on a page of its own, never by a field of the form.
    """

    form = MemberForm
    add_form = NewMemberForm
    list_display = ["username", "email", "is_active", "is_staff", "last_login"]
    list_filter = ["is_active", "is_staff", "is_superuser", "groups", "date_joined"]
    search_fields = ["username", "email"]
    search_help_text = _("A name or an e-mail address")
    ordering = ["username"]
    fieldsets = [
        (None, {"fields": ["username", "password", "email"]}),
        (_("Rights"), {"fields": ["standing", *POWERS]}),
        (_("Dates"), {"fields": ["last_login", "date_joined"]}),
    ]

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> list[str]:
        told = ["standing", "last_login", "date_joined"]
        return told if is_superuser(request) else [*told, *POWERS]

    @admin.display(description=_("account"))
    def standing(self, member: User) -> str:
        return standing(member)

    def get_fieldsets(self, request: HttpRequest, obj: Model | None = None) -> Any:
        found = super().get_fieldsets(request, obj)
        if obj is None or is_superuser(request):
            return found
        return [  # single rights are the superuser's business, and slow to show
            (name, {"fields": [one for one in parts["fields"] if one != "user_permissions"]})
            for name, parts in found
        ]

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        may = super().has_change_permission(request, obj)
        return may and (not isinstance(obj, User) or is_in_reach(obj, request))

    def get_urls(self) -> list[URLPattern]:
        return [*self.act_urls(), *super().get_urls()]

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        # The admin's view has opened the transaction in which both are written; topics come first.
        if change and "username" in form.changed_data:
            services.raise_versions_of(obj)
        super().save_model(request, obj, form, change)


admin.site.unregister(Group)


@admin.register(Group)
class RightsAdmin(GroupAdmin):
    """Groups and their rights: seen and changed by superusers alone."""

    list_display = ["name", "rights"]
    show_full_result_count = False

    @admin.display(description=_("rights"))
    def rights(self, group: Group) -> int:
        return int(group.rights)  # type: ignore[attr-defined]

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).annotate(rights=Count("permissions"))

    def has_module_permission(self, request: HttpRequest) -> bool:
        return is_superuser(request)

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return is_superuser(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return is_superuser(request)

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return is_superuser(request)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False  # the migration's groups stay; a member is taken out of them
