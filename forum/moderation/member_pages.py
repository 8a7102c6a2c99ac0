"""The page of each act on a member: what will change, and then, by POST, the deed."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.decorators import method_decorator
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from forum.accounts.admin import KeptAdmin, Way
from forum.accounts.models import User
from forum.accounts.readers import has_right, reader_of
from forum.discussions import services
from forum.moderation.member_acts import MEMBER_ACTS, MemberAct, standing
from forum.moderation.words import meanwhile_to_member

STATUS = {"not-allowed": 403, "changed-meanwhile": 409, "wrong-state": 409}


class MemberActPages(KeptAdmin):
    def may_act(self, request: HttpRequest, member: User, act: MemberAct) -> bool:
        """Return True if whoever asks may do this to the member, however the account stands."""
        may = super().has_change_permission(request) or has_right(request, act.right)
        may = may and services.decides_everywhere(reader_of(request))
        is_spared = act.closes and services.is_out_of_reach(member, reader_of(request))
        return may and not is_spared and is_in_reach(member, request)

    def act_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.act_view)
        return [
            path(f"<int:member_id>/{name}/", view, {"name": name}, name=act.url_name)
            for name, act in MEMBER_ACTS.items()
        ]

    def ways(self, request: HttpRequest, obj: Any) -> list[Way]:
        return [
            Way(act.words, reverse(f"admin:{act.url_name}", args=[obj.pk]))
            for act in MEMBER_ACTS.values()
            if act.applies(obj) and self.may_act(request, obj, act)
        ]

    @method_decorator(require_http_methods(["GET", "HEAD", "POST"]))
    def act_view(self, request: HttpRequest, member_id: int, name: str) -> HttpResponse:
        """GET: what will change and whom it concerns. POST: do it, or say why not."""
        act, member = MEMBER_ACTS[name], User.objects.filter(pk=member_id).first()
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied
        if member is None:
            return self._gone(request)
        if not self.may_act(request, member, act):
            raise PermissionDenied
        if request.method != "POST":
            form = act.form() if act.applies(member) else None
            return self._act_page(request, member, act, form)
        form = act.form(request.POST)
        if not form.is_valid():
            return self._act_page(request, member, act, form, status=422)
        seen = request.POST.get("seen", "")
        try:
            if not act.applies(member) or (seen and seen != act.seen(member)):
                raise ValidationError(_("This account was changed meanwhile."), "changed-meanwhile")
            act.do(member, form.cleaned_data, reader_of(request), seen)
        except ValidationError as refusal:
            return self._refused(request, member_id, act, form, refusal)
        messages.success(request, act.done % {"name": member})
        if act.is_final:
            return HttpResponseRedirect(reverse("admin:accounts_user_changelist"))
        return HttpResponseRedirect(reverse("admin:accounts_user_change", args=[member_id]))

    def _refused(
        self,
        request: HttpRequest,
        member_id: int,
        act: MemberAct,
        form: forms.Form,
        refusal: ValidationError,
    ) -> HttpResponse:
        """Show the page anew with what was typed, and say what happened meanwhile."""
        status = STATUS.get(refusal.code or "", 422)
        words = " ".join(refusal.messages)
        if status == 409:
            words = " ".join([words, capfirst(meanwhile_to_member(member_id))]).rstrip()
        form.add_error("until" if refusal.code == "until-past" else None, words)
        member = User.objects.get(pk=member_id)
        if not act.applies(member):
            return self._act_page(request, member, act, None, status=status, refusal=words)
        return self._act_page(request, member, act, form, status=status)

    def _act_page(
        self, request: HttpRequest, member: User, act: MemberAct, form: Any, **context: Any
    ) -> TemplateResponse:
        if form is None:
            context.setdefault(
                "refusal", _("This does not apply: the account is as it says above.")
            )
        return self.act_page(
            request,
            member,
            words=act.words,
            effect=act.effect(member) if form else [],
            form=form,
            seen=act.seen(member),
            is_final=act.is_final,
            standing=standing(member),
            **context,
        )

    def _gone(self, request: HttpRequest) -> HttpResponse:
        """Say that a member was erased meanwhile; 404 to who only looks."""
        if request.method != "POST":
            raise Http404
        messages.warning(request, _("This account is gone."))
        return HttpResponseRedirect(reverse("admin:accounts_user_changelist"))


def is_superuser(request: HttpRequest) -> bool:
    user = reader_of(request).user
    return bool(user and user.is_active and user.is_superuser)


def is_in_reach(member: User, request: HttpRequest) -> bool:
    """Return True if `member` may do nothing that whoever asks may not: they could sign in as them.

    The former member, who is nobody, is touched by none.
    """
    asking = reader_of(request).user
    if member.is_nobody or asking is None:
        return False
    if is_superuser(request):
        return True
    if member.is_superuser:
        return False
    # A suspended member may do nothing now, and is let in again with all that they may.
    once_open = member if member.is_active else User(pk=member.pk, is_active=True)
    return once_open.get_all_permissions() <= asking.get_all_permissions()
