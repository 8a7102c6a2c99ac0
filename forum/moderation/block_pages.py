"""Blocks in the admin: what one would concern is shown first, then it is made; and lifted."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Model
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.html import format_html
from django.utils.translation import gettext as gettext_now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from forum.accounts import blocks
from forum.accounts.admin import KeptAdmin
from forum.accounts.models import Block, Pen, User
from forum.accounts.readers import Reader, has_right, reader_of
from forum.discussions import services
from forum.discussions.models import CommentText
from forum.discussions.writing import STATUS
from forum.moderation.words import SUSPENDED_FOR

LOOKED_AT = 5_000  # of the newest guests and members, held against a pattern
NAMED = 12
DAYS = [1, 3, 7, 14, 30, 90, 365]


class BlockForm(forms.Form):
    """What is to be blocked. `person`: whose network, where nothing is typed."""

    kind = forms.ChoiceField(label=_("What"), choices=[("", _("Choose one")), *Block.Kind.choices])
    value = forms.CharField(
        label=_("Which"),
        required=False,
        max_length=100,
        help_text=_(
            "example.org, also for all below it; a name as buy*now, where a star stands for anything;"
            " an address such as 203.0.113.7, of which only a key is kept."
        ),
    )
    days = forms.TypedChoiceField(
        label=_("For how long"),
        coerce=int,
        choices=[("", _("Choose one")), *((n, ngettext("%d day", "%d days", n) % n) for n in DAYS)],
        help_text=_("A network at most 30 days: no longer are its keys kept."),
    )
    reason = forms.ChoiceField(
        label=_("Reason"), choices=[("", _("Choose one")), *SUSPENDED_FOR.items()]
    )

    def __init__(self, *args: Any, network: str = "", **kwargs: Any) -> None:
        self.network = network
        super().__init__(*args, **kwargs)
        if network:
            self.fields["value"].help_text = _(
                "Left empty: the network from which they wrote last."
            )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        kind, typed = data.get("kind"), data.get("value") or ""
        if kind == Block.Kind.NETWORK and not typed.strip() and self.network:
            data["stored"] = self.network
        elif kind:
            try:
                data["stored"] = blocks.clean(kind, typed)
            except ValidationError as refusal:
                self.add_error("value", refusal)
        if kind and data.get("days"):
            data["until"] = timezone.now() + timedelta(days=data["days"])
            if data["until"] > blocks.last_moment(kind):
                self.add_error("days", _("That is too long for this kind."))
        return data


@dataclass(frozen=True)
class Concerned:
    """Whom a block would have been about, of those who are known here."""

    comments: int  # of the last 30 days, for a network
    guests: list[str]
    members: list[str]
    is_all: bool  # everybody was looked at

    @classmethod
    def of(cls, kind: str, value: str) -> "Concerned":
        """Look: a network by its key, the others among the newest LOOKED_AT; at most four queries."""
        if kind == Block.Kind.NETWORK:
            texts = CommentText.objects.exclude(network_key="").filter(network_key=value)
            pens = Pen.objects.filter(pk__in=texts.values("comment__pen"))
            names = list(pens.order_by("-pk").values_list("name", flat=True)[:LOOKED_AT])
            return cls(texts.count(), names, [], True)
        guests = Pen.objects.order_by("-pk").values_list("name", "email")
        members = (
            User.objects.filter(is_nobody=False).order_by("-pk").values_list("username", "email")
        )
        found, is_all = [], True
        for rows in (guests, members):
            some = list(rows[: LOOKED_AT + 1])
            is_all = is_all and len(some) <= LOOKED_AT
            found.append(
                [
                    name
                    for name, email in some[:LOOKED_AT]
                    if blocks.is_met(kind, value, name=name, email=email)
                ]
            )
        return cls(0, found[0], found[1], is_all)

    def lines(self) -> list[str]:
        """Return it in words, each with the first names."""
        lines = []
        if self.comments:
            words = ngettext(
                "%(n)d comment of the last 30 days came from there.",
                "%(n)d comments of the last 30 days came from there.",
                self.comments,
            )
            lines.append(words % {"n": self.comments})
        words = ngettext(
            "%(n)d guest could write no more while it lasts",
            "%(n)d guests could write no more while it lasts",
            len(self.guests),
        )
        lines.append(_told(words, self.guests))
        words = ngettext(
            "%(n)d member is such a one, and is not touched: suspend them by name",
            "%(n)d members are such ones, and are not touched: suspend them by name",
            len(self.members),
        )
        lines.append(_told(words, self.members))
        if not self.is_all:
            lines.append(
                gettext_now("The newest %(n)s of each were looked at.") % {"n": f"{LOOKED_AT:,}"}
            )
        lines.append(gettext_now("Nobody can sign up so while it lasts. What was written stays."))
        return lines


def _told(words: str, names: list[str]) -> str:
    shown = ", ".join(dict.fromkeys(names[:NAMED]))
    counted = words % {"n": len(names)}
    return f"{counted}: {shown}." if shown else f"{counted}."


@admin.register(Block)
class BlockAdmin(KeptAdmin):
    """Who takes no part for a while. Nothing is changed here: a block is made, and lifted."""

    list_display = ["kind", "which", "why", "until", "met", "made_by", "way_out"]
    list_display_links = None
    list_filter = ["kind"]
    list_select_related = ["made_by"]
    ordering = ["-pk"]
    actions = None
    sortable_by = ()

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        may = has_right(request, "accounts.suspend_user")
        return may and services.decides_everywhere(reader_of(request))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    @admin.display(description=_("which"))
    def which(self, block: Block) -> str:
        return format_html("<bdi>{}</bdi>", str(block))

    @admin.display(description=_("why"))
    def why(self, block: Block) -> str:
        return str(SUSPENDED_FOR.get(block.reason, block.reason))

    @admin.display(description=_("lift it"))
    def way_out(self, block: Block) -> str:
        if block.lifted_at:
            return str(_("lifted"))
        if not block.is_in_force:
            return str(_("over"))
        address = reverse("admin:accounts_block_lift", args=[block.pk])
        # A button of the form round the list, which holds the token.
        return format_html(
            '<button class="button" formaction="{}" formmethod="post">{}</button>',
            address,
            _("Lift"),
        )

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.lift_view)
        return [path("<int:block_id>/lift/", view, name="accounts_block_lift"), *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        if request.method == "POST":
            raise PermissionDenied
        return super().changelist_view(request, extra_context)

    def change_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        raise PermissionDenied

    @method_decorator(require_POST)
    def lift_view(self, request: HttpRequest, block_id: int) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        try:
            services.unblock(block_id=block_id, by=reader_of(request))
            messages.success(request, gettext_now("The block is lifted."))
        except Block.DoesNotExist:
            messages.warning(request, gettext_now("There is no such block."))
        except ValidationError as refusal:
            messages.warning(request, " ".join(refusal.messages))
        return HttpResponseRedirect(reverse("admin:accounts_block_changelist"))

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """POST shows whom it would concern; POST with `do` makes the block."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        person = _person(request)
        network = services.network_of(person) if person else ""
        if request.method != "POST":
            initial = {"kind": Block.Kind.NETWORK} if network else {}
            return self._page(request, BlockForm(initial=initial, network=network), person)
        form = BlockForm(request.POST, network=network)
        if not form.is_valid():
            return self._page(request, form, person, status=422)
        data = form.cleaned_data
        if "do" not in request.POST:
            concerned = Concerned.of(data["kind"], data["stored"])
            return self._page(request, form, person, concerned=concerned.lines())
        try:
            services.block(
                kind=data["kind"],
                value=data["stored"],
                until=data["until"],
                reason=data["reason"],
                by=reader_of(request),
            )
        except ValidationError as refusal:
            form.add_error(None, refusal)
            status = STATUS.get(refusal.code or "", 422)
            return self._page(request, form, person, status=status)
        messages.success(request, gettext_now("The block holds from now on."))
        return HttpResponseRedirect(reverse("admin:accounts_block_changelist"))

    def _page(
        self,
        request: HttpRequest,
        form: BlockForm,
        person: Reader | None,
        *,
        status: int = 200,
        concerned: list[str] | None = None,
    ) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": _("Block"),
            "opts": self.opts,
            "form": form,
            "whose": person.row if person else None,
            "concerned": concerned,
        }
        return TemplateResponse(request, "admin/moderation/block.html", context, status=status)


def _person(request: HttpRequest) -> Reader | None:
    """Return whose network it is about: ?guest= or ?person=, an id."""
    for name, model in (("guest", Pen), ("person", User)):
        pk = request.GET.get(name, "")
        if pk.isascii() and pk.isdigit() and len(pk) < 19:
            found: Any = model.objects.filter(pk=int(pk)).first()
            if found:
                return Reader(user=found) if name == "person" else Reader(pen=found)
    return None
