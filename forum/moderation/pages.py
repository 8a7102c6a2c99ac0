"""The pages that the owner writes: about, rules, privacy, contact and others. Sites are not shown."""

from typing import Any

import django.contrib.sites.admin  # noqa: F401 (registers what is taken out below)
from django.conf import settings
from django.contrib import admin
from django.contrib.flatpages.admin import FlatPageAdmin
from django.contrib.flatpages.forms import FlatpageForm
from django.contrib.flatpages.models import FlatPage
from django.contrib.sites.models import Site
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from forum.discussions.rules import ANCHORS

LINKED = ("/about/", "/rules/", "/privacy/", "/contact/")  # from the foot of every page


class PageForm(FlatpageForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.url == "/rules/":
            words = _("Reasons lead to the parts of this page that have these ids: %(ids)s.")
            ids = ", ".join(sorted(set(ANCHORS.values())))
            self.fields["content"].help_text = words % {"ids": ids}

    def clean_url(self) -> str:
        url = super().clean_url()
        if FlatPage.objects.filter(url=url).exclude(pk=self.instance.pk).exists():
            raise ValidationError(_("Another page has this address."), code="url-taken")
        return url


admin.site.unregister(Site)
admin.site.unregister(FlatPage)


@admin.register(FlatPage)
class PageAdmin(FlatPageAdmin):
    form = PageForm
    fieldsets = None
    fields = ["url", "title", "content"]
    list_display = ["title", "url"]
    list_filter = ()
    show_full_result_count = False

    def get_readonly_fields(self, request: HttpRequest, obj: FlatPage | None = None) -> list[str]:
        return ["url"] if obj and obj.url in LINKED else []

    def has_delete_permission(self, request: HttpRequest, obj: FlatPage | None = None) -> bool:
        is_linked = getattr(obj, "url", "") in LINKED
        return not is_linked and super().has_delete_permission(request, obj)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        form.instance.sites.set([settings.SITE_ID])
