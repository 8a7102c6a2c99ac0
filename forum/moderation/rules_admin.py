"""The rules in the admin: what is changed is tried first against what was posted of late."""

import hashlib
import json
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from forum import markup
from forum.accounts.admin import KeptAdmin
from forum.accounts.readers import reader_of
from forum.discussions import services, trust
from forum.discussions.models import Comment
from forum.moderation import trying
from forum.moderation.models import RulesVersion
from forum.moderation.rule_changes import change_rules
from forum.moderation.rule_forms import PlaceForms, RulesForm, initial_places, without_gone
from forum.moderation.rules import Ruleset, in_force

VERSIONS_SHOWN = 10
TRUST = {  # how it is counted, for the page
    "looked": trust.LOOKED_AT,
    "removed": trust.REMOVED_COSTS,
    "spam": trust.SPAM_COSTS,
    "levels": [(level.words, level.since) for level in trust.LEVELS],
}
EXCERPT_CHARS = 160


@admin.register(RulesVersion)
class RulesAdmin(KeptAdmin):
    """One page: the rules in force, a form to change them, the trial, and the versions before."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        may = super().has_view_permission(request, obj) or reader_of(request).may_moderate()
        return bool(may)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        may = super().has_change_permission(request, obj)
        return may and services.decides_everywhere(reader_of(request))

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def change_view(self, request: HttpRequest, object_id: str, *args: Any, **kw: Any) -> Any:
        """A version has no page of its own: the form shows it, to be tried and brought back."""
        if request.method == "POST":
            raise PermissionDenied
        address = reverse("admin:moderation_rulesversion_changelist")
        return HttpResponseRedirect(f"{address}?version={object_id}")

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        return rules_view(self, request)


def rules_view(page: RulesAdmin, request: HttpRequest) -> HttpResponse:
    """GET: the rules. POST: try them; with `do`, of what was tried, put them in force."""
    if not page.has_view_permission(request):
        raise PermissionDenied
    version, now = in_force()
    seen = version.pk if version else 0
    if request.method != "POST":
        shown, gone = without_gone(_asked_for(request) or now)
        return _page(page, request, *_forms(shown), version=version, gone=gone)
    if not page.has_change_permission(request):
        raise PermissionDenied
    form = RulesForm(request.POST)
    places: Any = PlaceForms(request.POST, prefix="places")
    if not (form.is_valid() & places.is_valid()):
        return _page(page, request, form, places, version=version, status=422)
    ruleset = form.ruleset(places.places())
    tried = _try(ruleset, now)
    if "do" not in request.POST or request.POST.get("tried") != _name_of(ruleset):
        return _page(page, request, form, places, version=version, tried=tried, ruleset=ruleset)
    try:
        made = change_rules(
            ruleset=ruleset,
            by=reader_of(request),
            seen=_number(request.POST.get("seen", ""), seen),
            tried=tried["after"].figures,
        )
    except ValidationError as refusal:
        form.add_error(None, refusal)
        status = 409 if refusal.code == "changed-meanwhile" else 422
        again: dict[str, Any] = {"version": version, "tried": tried, "ruleset": ruleset}
        return _page(page, request, form, places, status=status, **again)
    messages.success(request, _("These rules are in force now: version %(n)d.") % {"n": made.pk})
    return HttpResponseRedirect(request.path)


def _number(text: str, otherwise: int) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else otherwise


def _asked_for(request: HttpRequest) -> Ruleset | None:
    """Return the earlier version that is asked for, None if none is. Raises Http404."""
    number = request.GET.get("version", "")
    if not number:
        return None
    found = RulesVersion.objects.filter(pk=_number(number, 0)).first()
    if found is None:
        raise Http404
    return Ruleset.of(found.values)


def _forms(ruleset: Ruleset) -> tuple[RulesForm, Any]:
    form = RulesForm(initial=RulesForm.initial_of(ruleset))
    return form, PlaceForms(initial=initial_places(ruleset), prefix="places")


def _name_of(ruleset: Ruleset) -> str:
    """Return what names these very rules, for the form that puts in force what was tried."""
    words = json.dumps(ruleset.values, sort_keys=True).encode()
    return hashlib.sha256(words).hexdigest()[:24]


def _try(after: Ruleset, before: Ruleset) -> dict[str, Any]:
    """Return the trials of both, and examples of what the new rules would hold, refuse and free."""
    pasts = trying.pasts(
        branches=bool(after.branches or before.branches), talks=bool(after.topics or before.topics)
    )
    new, old = trying.trial(pasts, after), trying.trial(pasts, before)
    return {
        "before": old,
        "after": new,
        "examples": [
            (kind, _examples(sorted(set(ids) - set(others), reverse=True)))
            for kind, ids, others in (
                (_("Would be held now, and was not under the rules in force"), new.held, old.held),
                (_("Would be refused"), new.refused, old.refused),
                (_("Was held, and would be published"), new.freed, old.freed),
            )
        ],
    }


def _examples(ids: list[int]) -> list[dict[str, Any]]:
    rows = Comment.objects.exclude_purged().with_text().filter(pk__in=ids[: trying.SHOWN])
    return [
        {
            "id": one.pk,
            "name": one.called,
            "state": one.state,
            "state_words": one.get_state_display(),
            "excerpt": markup.excerpt(one.text.body_html, EXCERPT_CHARS),
        }
        for one in rows.order_by("-pk")
    ]


def _page(
    page: RulesAdmin,
    request: HttpRequest,
    form: RulesForm,
    places: Any,
    *,
    version: RulesVersion | None,
    status: int = 200,
    tried: dict[str, Any] | None = None,
    ruleset: Ruleset | None = None,
    gone: int = 0,
) -> HttpResponse:
    versions = RulesVersion.objects.select_related("by").order_by("-pk")[:VERSIONS_SHOWN]
    context = {
        **page.admin_site.each_context(request),
        "title": _("Rules of posting"),
        "opts": page.opts,
        "form": form,
        "places": places,
        "version": version,
        "versions": versions,
        "shown": request.GET.get("version", ""),
        "seen": version.pk if version else 0,
        "tried": tried,
        "tried_name": _name_of(ruleset) if ruleset else "",
        "days": trying.DAYS,
        "most": trying.MOST,
        "gone": gone,
        "trust": TRUST,
        "may_change": page.has_change_permission(request),
    }
    template = "admin/moderation/rulesversion/rules.html"
    return TemplateResponse(request, template, context, status=status)
