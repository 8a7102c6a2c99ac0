"""The page that moderators have of a person, and the pages of what they can do to them."""

from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.text import capfirst
from django.utils.translation import gettext as gettext_now
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from forum.accounts.admin import KeptAdmin, Way
from forum.accounts.models import Pen, User
from forum.accounts.readers import Reader, has_right, reader_of
from forum.discussions import services
from forum.discussions.writing import STATUS
from forum.moderation.dossier import Dossier, page_of, standing_of
from forum.moderation.member_pages import is_in_reach
from forum.moderation.models import Guest, Person
from forum.moderation.person_acts import PERSON_ACTS, PersonAct
from forum.moderation.words import meanwhile_to_guest, meanwhile_to_member


class PersonPages(KeptAdmin):
    """What both kinds of people have: a page of all that is known, and a page for each act."""

    kind: str  # "person" or "guest"
    actions = None
    list_per_page = 50
    sortable_by = ()

    def person(self, pk: int) -> Reader:
        """Return whom a page is about. Raises Http404."""
        raise NotImplementedError

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Whoever moderates all of the site: a person's doings reach all over it."""
        reader = reader_of(request)
        return reader.may_moderate() and services.decides_everywhere(reader)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def may_act(self, request: HttpRequest, person: Reader, act: PersonAct) -> bool:
        """Return True if whoever asks may do this to the person, however they stand."""
        if not self.has_view_permission(request) or not has_right(request, act.right):
            return False
        if person.user is None:
            return True
        is_spared = services.is_out_of_reach(person.user, reader_of(request))
        return not is_spared and is_in_reach(person.user, request)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.act_view)
        return [
            path(
                f"<int:person_id>/{name}/",
                view,
                {"name": name},
                name=f"moderation_{self.kind}_{name.replace('-', '_')}",
            )
            for name in PERSON_ACTS
        ] + super().get_urls()

    def ways_of(self, request: HttpRequest, person: Reader, pk: int) -> list[Way]:
        found = [
            Way(
                act.words,
                reverse(f"admin:moderation_{self.kind}_{act.name.replace('-', '_')}", args=[pk]),
            )
            for act in PERSON_ACTS.values()
            if self.may_act(request, person, act) and act.applies(person)
        ]
        if has_right(request, "accounts.suspend_user"):
            address = reverse("admin:accounts_block_add")
            if services.network_of(person):
                query = f"?{self.kind}={pk}"
                found.append(Way(_("Block the network"), f"{address}{query}"))
        return found

    # -------------------------------------------------------------------------------- a person's page

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        if request.method == "POST" or not self.has_view_permission(request):
            raise PermissionDenied
        if not (object_id.isascii() and object_id.isdigit() and len(object_id) < 19):
            raise Http404
        person = self.person(int(object_id))
        context = {
            **self.admin_site.each_context(request),
            "title": str(person.row),
            "opts": self.opts,
            "person": person,
            "kind": self.kind,
            "dossier": Dossier.of(person, _moment(request.GET.get("before", ""))),
            "is_later": "before" in request.GET,
            "acts": self.ways_of(request, person, int(object_id)),
        }
        return TemplateResponse(request, "admin/moderation/person.html", context)

    # -------------------------------------------------------------------------------------- the acts

    @method_decorator(require_http_methods(["GET", "HEAD", "POST"]))
    def act_view(self, request: HttpRequest, person_id: int, name: str) -> HttpResponse:
        """GET: what will change and whom it concerns. POST: do it, or say why not."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        act, person = PERSON_ACTS[name], self.person(person_id)
        if not self.may_act(request, person, act):
            raise PermissionDenied
        if request.method != "POST":
            return self._act_page(request, person, act, act.form() if act.applies(person) else None)
        form = act.form(request.POST)
        if not form.is_valid():
            return self._act_page(request, person, act, form, status=422)
        seen = request.POST.get("seen", "")
        try:
            if not act.applies(person):
                services.refuse_changed()
            said = act.do(person, form.cleaned_data, reader_of(request), seen)
        except ValidationError as refusal:
            return self._refused(request, person_id, act, form, refusal)
        words = said if isinstance(said, str) else act.done % {"name": person.row}
        messages.success(request, words)
        there = request.path if act.goes_on(person) else page_of(person.row)
        return HttpResponseRedirect(there)

    def _refused(
        self,
        request: HttpRequest,
        pk: int,
        act: PersonAct,
        form: forms.Form,
        refusal: ValidationError,
    ) -> HttpResponse:
        """Show the page anew with what was typed, and say what happened meanwhile."""
        status = STATUS.get(refusal.code or "", 422)
        if status == 403:
            raise PermissionDenied(" ".join(refusal.messages))
        words = " ".join(refusal.messages)
        if status == 409:
            told = meanwhile_to_member(pk) if self.kind == "person" else meanwhile_to_guest(pk)
            words = " ".join([words, f"{capfirst(told)}." if told else ""]).rstrip()
        form.add_error(None, words)
        person = self.person(pk)
        if not act.applies(person):
            return self._act_page(request, person, act, None, status=status, refusal=words)
        return self._act_page(request, person, act, form, status=status)

    def _act_page(
        self, request: HttpRequest, person: Reader, act: PersonAct, form: Any, **context: Any
    ) -> TemplateResponse:
        if form is None:
            context.setdefault(
                "refusal", gettext_now("This does not apply: they stand as it says above.")
            )
        return self.act_page(
            request,
            person.row,
            words=act.words,
            effect=act.effect(person) if form else [],
            form=form,
            seen=services.person_seen(person),
            standing=", ".join(standing_of(person)),
            **context,
        )


@admin.register(Person)
class PersonAdmin(PersonPages):
    """Members, found by name; a moderator is shown no address."""

    kind = "person"
    list_display = ["username", "stands", "date_joined"]
    search_fields = ["username"]
    search_help_text = _("A name")
    ordering = ["-pk"]

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).filter(is_nobody=False)

    @admin.display(description=_("stands"))
    def stands(self, member: User) -> str:
        return ", ".join(standing_of(Reader(user=member)))

    def person(self, pk: int) -> Reader:
        found = User.objects.filter(pk=pk, is_nobody=False).first()
        if found is None:
            raise Http404
        return Reader(user=found)


@admin.register(Guest)
class GuestAdmin(PersonPages):
    """Guests by the name that they last wrote under."""

    kind = "guest"
    list_display = ["name", "stands", "created_at"]
    search_fields = ["name"]
    search_help_text = _("A name")
    ordering = ["-pk"]

    @admin.display(description=_("stands"))
    def stands(self, pen: Pen) -> str:
        return ", ".join(standing_of(Reader(pen=pen))) or "–"

    def person(self, pk: int) -> Reader:
        found = Pen.objects.filter(pk=pk).first()
        if found is None:
            raise Http404
        return Reader(pen=found)


def _moment(text: str) -> datetime | None:
    """Return the moment of ?before=; None where it makes no sense."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return at if timezone.is_aware(at) else None
