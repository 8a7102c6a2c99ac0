"""What staff can do to a member as a whole: the words, what each will change, and the deeds."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from allauth.account.models import EmailAddress
from allauth.usersessions.models import UserSession
from django import forms
from django.db.models import Count
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from forum.accounts.models import User
from forum.accounts.readers import Reader
from forum.discussions import services
from forum.discussions.models import Comment, Event, State
from forum.discussions.services.leaving import NAME_KEPT
from forum.moderation.words import SUSPENDED_FOR, Names, ago, why


class Moment(forms.DateTimeInput):
    input_type = "datetime-local"


class SuspendForm(forms.Form):
    reason = forms.ChoiceField(
        label=gettext_lazy("Reason"),
        choices=[("", gettext_lazy("Choose one")), *SUSPENDED_FOR.items()],
    )
    until = forms.DateTimeField(
        label=gettext_lazy("Until"),
        required=False,
        widget=Moment(format="%Y-%m-%dT%H:%M"),
        help_text=gettext_lazy("Left empty: until somebody of the staff lets them in again."),
    )


class NoForm(forms.Form):
    """An act that needs no more than a yes."""


class EraseForm(forms.Form):
    how = forms.ChoiceField(
        label=gettext_lazy("Their comments"),
        choices=[
            ("", gettext_lazy("Choose one")),
            (User.Leaving.DELETE, gettext_lazy("delete their comments")),
            (User.Leaving.KEEP, gettext_lazy("keep them without the name")),
        ],
    )
    sure = forms.BooleanField(label=gettext_lazy("I know that nothing brings it back"))


@dataclass(frozen=True)
class MemberAct:
    """One act: what its button and page say, to whom it applies, and what it does."""

    name: str
    words: Any
    effect: Callable[[User], list[str]]
    form: type[forms.Form]
    do: Callable[[User, dict[str, Any], Reader, str], Any]
    done: Any  # with %(name)s
    applies: Callable[[User], bool] = lambda member: True
    right: str = "accounts.change_user"  # either gives it: this, or that to change members
    is_final: bool = False
    closes: bool = True  # the account; that of some is never closed

    @property
    def url_name(self) -> str:
        return f"accounts_user_{self.name}"

    def seen(self, member: User) -> str:
        """Return what names the member as the page shows them; what is final counts comments too."""
        seen = services.member_seen(member)
        return (
            f"{seen}/{Comment.objects.by(Reader(user=member)).count()}" if self.is_final else seen
        )


def standing(member: User) -> str:
    """Return how an account stands, in words."""
    if member.is_nobody:
        return _("nobody's: kept comments stand under it")
    if member.is_active and member.leaves_at:
        return _("leaves on %(at)s") % {"at": _moment(member.leaves_at)}
    if member.is_active:
        return _("open")
    if member.suspended_until:
        return _("suspended until %(at)s") % {"at": _moment(member.suspended_until)}
    return _("suspended")


def _moment(at: Any) -> str:
    return date_format(localtime(at), "j F Y, H:i")


def _sessions(member: User) -> str:
    n = UserSession.objects.filter(user=member).count()
    if not n:
        return _("They are signed in nowhere now, and can sign in no more.")
    words = ngettext(
        "They are signed out: %(n)d session ends.", "They are signed out: %(n)d sessions end.", n
    )
    return words % {"n": n}


def _talks(rows: Any) -> str:
    n = rows.order_by().values("thread__topic_id").distinct().count()
    return ngettext("%(n)d talk", "%(n)d talks", n) % {"n": n}


def _comments(n: int) -> str:
    return ngettext("%(n)d comment", "%(n)d comments", n) % {"n": n}


def _suspend_effect(member: User) -> list[str]:
    rows = Comment.objects.counted().filter(member=member)
    stay = _("Their comments stay where readers see them: %(comments)s in %(talks)s.")
    return [
        _sessions(member),
        _("Nothing can be posted or edited from the account."),
        stay % {"comments": _comments(rows.count()), "talks": _talks(rows)},
        _("Their profile is withheld: its address answers as if there were nobody."),
        _("It ends at the moment chosen below; else when somebody lets them in again."),
    ]


def _reinstate_effect(member: User) -> list[str]:
    lines = [_("They can sign in, post and edit again, and their profile is shown.")]
    rows = Event.objects.filter(member_id=member.pk, verb="suspend").order_by("-pk")
    if event := rows.first():
        words = _("Suspended by %(who)s, %(ago)s ago: %(why)s.")
        who = Names.of([event]).who(event)
        lines.append(words % {"who": who, "ago": ago(event), "why": why(event)})
    if member.suspended_until:
        words = _("Else the suspension ends by itself on %(at)s.")
        lines.append(words % {"at": _moment(member.suspended_until)})
    return lines


def _erase_effect(member: User) -> list[str]:
    rows = Comment.objects.by(Reader(user=member)).order_by()
    counts = dict(rows.values_list("state").annotate(n=Count("pk")))
    kinds = ", ".join(f"{counts[code]} {words}" for code, words in State.choices if code in counts)
    total = _comments(sum(counts.values()))
    lines = [f"{total} ({kinds}), {_talks(rows)}." if counts else _("They have no comments.")]
    if counts:
        lines += [
            _("Deleted: text, earlier texts and name are blanked; the replies of others stay."),
            _(
                "Kept: what is public stays under “%(name)s”; what readers do not see is deleted"
                " all the same."
            )
            % {"name": _("former member")},
        ]
    stored = EmailAddress.objects.filter(user=member).values_list("email", flat=True)
    n = len({member.email, *stored} - {""})
    addresses = ngettext("%(n)d e-mail address", "%(n)d e-mail addresses", n) % {"n": n}
    gone = _("The account goes with %(addresses)s, the letters to it and its second factors.")
    return [
        *lines,
        gone % {"addresses": addresses},
        _sessions(member),
        _("Nobody else can take the name for %(days)d days.") % {"days": NAME_KEPT.days},
        _("This is final: nothing brings it back."),
    ]


def _erase(member: User, data: dict[str, Any], by: Reader, seen: str) -> None:
    shown = seen.rpartition("/")[0]  # without the number of comments
    services.erase_member(member_id=member.pk, by=by, how=data["how"], seen=shown)


MEMBER_ACTS = {
    act.name: act
    for act in [
        MemberAct(
            "suspend",
            gettext_lazy("Suspend"),
            _suspend_effect,
            SuspendForm,
            lambda member, data, by, seen: services.suspend(
                member_id=member.pk, by=by, until=data["until"], reason=data["reason"], seen=seen
            ),
            gettext_lazy("%(name)s is suspended."),
            applies=lambda member: member.is_active,
            right="accounts.suspend_user",
        ),
        MemberAct(
            "reinstate",
            gettext_lazy("Let in again"),
            _reinstate_effect,
            NoForm,
            lambda member, data, by, seen: services.reinstate(
                member_id=member.pk, by=by, seen=seen
            ),
            gettext_lazy("%(name)s is let in again."),
            applies=lambda member: not member.is_active,
            right="accounts.suspend_user",
            closes=False,
        ),
        MemberAct(
            "erase",
            gettext_lazy("Erase"),
            _erase_effect,
            EraseForm,
            _erase,
            gettext_lazy("The account is erased."),
            is_final=True,
        ),
    ]
}
