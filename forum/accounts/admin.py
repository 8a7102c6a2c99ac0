"""What the site's admin pages share, and the list of guests."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import allauth.account.admin
import allauth.mfa.admin
import allauth.usersessions.admin  # noqa: F401 (they register what is taken out below)
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import BadRequest
from django.core.paginator import Paginator
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from forum.accounts.models import Pen

MOST_ID = 2**63 - 1
MOST_ROWS = 5_000  # that one list counts and leafs through; search and filters lead to the rest

# Side doors to what members alone set: addresses, second factors, sessions.
admin.site.unregister([EmailAddress, Authenticator, UserSession])


def ids_sent(request: HttpRequest) -> list[int]:
    """Return the ids that were ticked in a list, each once. Raises BadRequest if one is no id."""
    sent = dict.fromkeys(request.POST.getlist(ACTION_CHECKBOX_NAME))
    if not all(one.isascii() and one.isdigit() and int(one[:20]) <= MOST_ID for one in sent):
        raise BadRequest("an id is a number")
    return [int(one) for one in sent]


class CappedPaginator(Paginator):
    """Counts no further than MOST_ROWS: counting a million rows takes seconds."""

    @cached_property
    def count(self) -> int:
        rows: Any = self.object_list
        return int(rows.order_by()[:MOST_ROWS].count())


@dataclass(frozen=True)
class Way:
    """A link from the form of a row to the page of an act on it."""

    words: Any
    address: str


class KeptAdmin(admin.ModelAdmin):
    """Rows that are never deleted in the admin; lists count once."""

    show_full_result_count = False  # facets are counted when somebody asks for them
    paginator = CappedPaginator
    acts_on_all = True  # "choose all" means every row; then there may be no more than are counted

    def ways(self, request: HttpRequest, obj: Any) -> list[Way]:
        """Return what whoever asks can do with the row beside changing it."""
        return []

    def render_change_form(
        self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any
    ) -> Any:
        row = kwargs.get("obj")
        context["ways"] = self.ways(request, row) if row else []
        return super().render_change_form(request, context, *args, **kwargs)

    def act_page(
        self,
        request: HttpRequest,
        obj: Model,
        *,
        words: Any,
        effect: Iterable[Any],
        form: forms.Form | None,
        seen: str,
        is_final: bool = False,
        status: int = 200,
        **context: Any,
    ) -> TemplateResponse:
        """Return the page of an act: what will change, line by line, and the form that does it.

        Without a form the act cannot be done, and `refusal` in `context` says why.
        """
        shown = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": words,
            "thing": obj,
            "back": reverse(
                f"admin:{self.opts.app_label}_{self.opts.model_name}_change", args=[obj.pk]
            ),
            "effect": [str(line) for line in effect],
            "form": form,
            "seen": seen,
            "is_final": is_final,
        }
        return TemplateResponse(request, "admin/act.html", shown | context, status=status)

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        title = capfirst(self.opts.verbose_name_plural)
        return super().changelist_view(request, {"title": title, **(extra_context or {})})

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def response_action(
        self, request: HttpRequest, queryset: QuerySet[Any], *args: Any, **kwargs: Any
    ) -> Any:
        ids_sent(request)
        is_all = request.POST.get("select_across") not in ("", "0", None)
        if is_all and self.acts_on_all and queryset[MOST_ROWS : MOST_ROWS + 1].exists():
            words = _("That is more than %(n)d rows: narrow the list first. Nothing was done.")
            self.message_user(request, words % {"n": MOST_ROWS}, messages.WARNING)
            return None
        return super().response_action(request, queryset, *args, **kwargs)


@admin.register(Pen)
class PenAdmin(KeptAdmin):
    """Guests, to look up: the secret of a pen is not shown, and nothing is changed here."""

    list_display = ["name", "email", "created_at"]
    list_display_links = ["name"]
    list_filter = ["created_at"]
    search_fields = ["name", "email"]
    search_help_text = _("A name or an e-mail address")
    ordering = ["-pk"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    fields = ["name", "email", "created_at"]
