"""Members and groups in the admin. It stands above discussions, which must hear of a new name."""

from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import AdminUserCreationForm, UserChangeForm
from django.db.models import Model
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from forum.accounts.admin import KeptAdmin
from forum.accounts.models import User
from forum.discussions import services

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
class MemberAdmin(KeptAdmin, UserAdmin):
    """Only a superuser gives powers, or changes somebody who has them all."""

    form = MemberForm
    add_form = NewMemberForm
    list_display = ["username", "email", "is_active", "is_staff", "last_login"]
    list_filter = ["is_active", "is_staff", "is_superuser", "groups"]
    search_fields = ["username", "email"]
    ordering = ["username"]
    fieldsets = [
        (None, {"fields": ["username", "password", "email"]}),
        (_("Rights"), {"fields": ["is_active", *POWERS]}),
        (_("Dates"), {"fields": ["last_login", "date_joined"]}),
    ]

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> list[str]:
        dates = ["last_login", "date_joined"]
        return dates if request.user.is_superuser else [*dates, *POWERS]  # type: ignore[union-attr]

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        if getattr(obj, "is_superuser", False) and not request.user.is_superuser:  # type: ignore[union-attr]
            return False
        return super().has_change_permission(request, obj)

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        # The admin's view has opened the transaction in which both are written; topics come first.
        if change and {"username", "is_active"} & set(form.changed_data):
            services.raise_versions_of(obj)
        super().save_model(request, obj, form, change)
