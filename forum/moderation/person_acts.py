"""What staff can do to a person, member or guest: the words, what each will change, and the deeds."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from allauth.usersessions.models import UserSession
from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from forum.accounts.readers import Reader
from forum.discussions import services
from forum.discussions.models import STAFF_WORDS_CHARS, Comment, Reason, Vote, about
from forum.moderation.dossier import in_words, rows_in_words
from forum.moderation.words import SUSPENDED_FOR

REASONS = [("", gettext_lazy("Choose one")), *SUSPENDED_FOR.items()]
HOURS = {
    "1": gettext_lazy("an hour"),
    "24": gettext_lazy("a day"),
    "72": gettext_lazy("three days"),
    "168": gettext_lazy("a week"),
    "720": gettext_lazy("thirty days"),
}


class NoForm(forms.Form):
    """An act that needs no more than a yes."""


class ReasonForm(forms.Form):
    reason = forms.ChoiceField(label=gettext_lazy("Reason"), choices=REASONS)


class WarnForm(ReasonForm):
    words = forms.CharField(
        label=gettext_lazy("In your words"),
        required=False,
        max_length=STAFF_WORDS_CHARS,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=gettext_lazy("They read this, and nobody else does."),
    )


class NoteForm(forms.Form):
    words = forms.CharField(
        label=gettext_lazy("Note"),
        max_length=STAFF_WORDS_CHARS,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=gettext_lazy("Moderators read it, and nobody else ever does."),
    )


class SuspendForm(ReasonForm):
    hours = forms.ChoiceField(
        label=gettext_lazy("For how long"),
        choices=[("", gettext_lazy("Choose one")), *HOURS.items()],
    )


class RemoveForm(forms.Form):
    reason = forms.ChoiceField(
        label=gettext_lazy("Reason"),
        choices=[
            ("", gettext_lazy("Choose one")),
            ("spam", gettext_lazy("it is spam")),
            *Reason.choices,
        ],
    )
    words = forms.CharField(
        label=gettext_lazy("In your words, if you like"),
        required=False,
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=gettext_lazy(
            "It stands with each comment, for its author. Of spam nothing is said."
        ),
    )


@dataclass(frozen=True)
class PersonAct:
    """One act: what its button and page say, to whom it applies, who may, and what it does.

    `do` returns words to add to what is said then, or nothing.
    """

    name: str
    words: Any
    effect: Callable[[Reader], list[str]]
    form: type[forms.Form]
    do: Callable[[Reader, dict[str, Any], Reader, str], Any]
    done: Any  # with %(name)s
    applies: Callable[[Reader], bool] = lambda person: True
    right: str = "discussions.moderate_comment"
    goes_on: Callable[[Reader], bool] = lambda person: False  # is there more of the same to do?


def is_closed(person: Reader) -> bool:
    if person.user:
        return not person.user.is_active
    return bool(person.pen and person.pen.closed_at)


def is_held(person: Reader) -> bool:
    return bool(person.row.held_at)


def _stay(person: Reader) -> str:
    rows = Comment.objects.by(person).counted()
    return _("What they wrote stays: %(rows)s.") % {"rows": rows_in_words(rows)}


def _warn_effect(person: Reader) -> list[str]:
    return [
        _("They read it when they write next, and on a page of their own."),
        _("They can write again once they have said that they read it; what they typed is kept."),
        _stay(person),
    ]


def _note_effect(person: Reader) -> list[str]:
    return [
        _("It stands on this page, with your name and the day."),
        _("It goes with the person, when they leave or are erased."),
    ]


def _hold_effect(person: Reader) -> list[str]:
    return [
        _("All that they write from now on waits until a moderator has read it. They are told so."),
        _stay(person),
    ]


def _free_effect(person: Reader) -> list[str]:
    waiting = Comment.objects.by(person).held().count()
    words = ngettext(
        "%(n)d comment that waits goes on waiting.",
        "%(n)d comments that wait go on waiting.",
        waiting,
    )
    return [_("What they write is public at once again."), words % {"n": waiting}]


def _close_effect(person: Reader) -> list[str]:
    votes = Vote.objects.filter(**about(person)).count()
    counted = ngettext("%(n)d vote", "%(n)d votes", votes) % {"n": votes}
    lines = [
        _("They can post, edit, vote and report no more, from this moment on."),
        _stay(person),
        _("Their votes stay counted: %(votes)s.") % {"votes": counted},
    ]
    if person.user:
        n = UserSession.objects.filter(user=person.user).count()
        words = ngettext(
            "They are signed out: %(n)d session ends.",
            "They are signed out: %(n)d sessions end.",
            n,
        )
        return [words % {"n": n}, _("Their profile is withheld."), *lines]
    words = _("Whoever empties the browser gets another pen: a block of the network can help.")
    return [*lines, words]


def _open_effect(person: Reader) -> list[str]:
    return [_("They can post, edit, vote and report again.")]


def _remove_effect(person: Reader) -> list[str]:
    rows = services.removable(person)
    counts = in_words(rows.count_by_state())
    under = Comment.objects.counted().filter(parent__in=rows.order_by().values("pk"))
    others = under.exclude(**about(person)).count()
    words = ngettext(
        "%(n)d reply of somebody else stays, under words that say that something was removed.",
        "%(n)d replies of others stay, under words that say that something was removed.",
        others,
    )
    return [
        _("Removed: %(rows)s (%(counts)s).") % {"rows": rows_in_words(rows), "counts": counts},
        words % {"n": others},
        _("It is one decision in the list: one undo within 30 days brings all of it back."),
        _("What they write after this is not touched: close the pen or account for that."),
    ]


def _suspend(person: Reader, data: dict[str, Any], by: Reader, seen: str) -> None:
    until = timezone.now() + timedelta(hours=int(data["hours"]))
    _close(person, by, data["reason"], until, seen)


def _close(person: Reader, by: Reader, reason: str, until: Any, seen: str) -> None:
    if seen and seen != services.person_seen(person):
        services.refuse_changed()
    if person.user:
        shown = services.member_seen(person.user)
        services.suspend(
            member_id=person.user.pk,
            by=by,
            until=until,
            reason=reason,
            seen=shown,
            is_ban=not until,
        )
    elif person.pen:
        services.close_pen(pen_id=person.pen.pk, by=by, until=until, reason=reason, seen=seen)


def _open(person: Reader, data: dict[str, Any], by: Reader, seen: str) -> None:
    if person.user:
        services.reinstate(member_id=person.user.pk, by=by)
    elif person.pen:
        services.open_pen(pen_id=person.pen.pk, by=by, seen=seen)


def _remove(person: Reader, data: dict[str, Any], by: Reader, seen: str) -> str:
    swept = services.remove_everything(
        person=person, by=by, reason=data["reason"], words=data["words"]
    )
    done = ngettext("%(n)d comment removed.", "%(n)d comments removed.", swept.count)
    if not swept.left:
        return done % {"n": swept.count}
    more = _("%(n)d are left: press again, it is the same decision.") % {"n": swept.left}
    return f"{done % {'n': swept.count}} {more}"


PERSON_ACTS = {
    act.name: act
    for act in [
        PersonAct(
            "note",
            gettext_lazy("Write a note"),
            _note_effect,
            NoteForm,
            lambda person, data, by, seen: services.write_note(
                person=person, by=by, words=data["words"]
            ),
            gettext_lazy("The note is kept."),
        ),
        PersonAct(
            "warn",
            gettext_lazy("Warn"),
            _warn_effect,
            WarnForm,
            lambda person, data, by, seen: services.warn(
                person=person, by=by, reason=data["reason"], words=data["words"], seen=seen
            ),
            gettext_lazy("%(name)s is warned."),
        ),
        PersonAct(
            "hold",
            gettext_lazy("Hold everything"),
            _hold_effect,
            ReasonForm,
            lambda person, data, by, seen: services.hold_person(
                person=person, by=by, held=True, reason=data["reason"], seen=seen
            ),
            gettext_lazy("All that %(name)s writes is held."),
            applies=lambda person: not is_held(person),
        ),
        PersonAct(
            "free",
            gettext_lazy("Hold no more"),
            _free_effect,
            NoForm,
            lambda person, data, by, seen: services.hold_person(
                person=person, by=by, held=False, seen=seen
            ),
            gettext_lazy("%(name)s writes without waiting again."),
            applies=is_held,
        ),
        PersonAct(
            "suspend",
            gettext_lazy("Suspend for a time"),
            _close_effect,
            SuspendForm,
            _suspend,
            gettext_lazy("%(name)s is suspended."),
            applies=lambda person: not is_closed(person),
            right="accounts.suspend_user",
        ),
        PersonAct(
            "ban",
            gettext_lazy("Ban"),
            _close_effect,
            ReasonForm,
            lambda person, data, by, seen: _close(person, by, data["reason"], None, seen),
            gettext_lazy("%(name)s is banned."),
            applies=lambda person: not is_closed(person),
            right="accounts.suspend_user",
        ),
        PersonAct(
            "open",
            gettext_lazy("Let in again"),
            _open_effect,
            NoForm,
            _open,
            gettext_lazy("%(name)s is let in again."),
            applies=is_closed,
            right="accounts.suspend_user",
        ),
        PersonAct(
            "remove-all",
            gettext_lazy("Remove everything"),
            _remove_effect,
            RemoveForm,
            _remove,
            "",
            applies=lambda person: services.removable(person).exists(),
            right="discussions.senior_comment",
            goes_on=lambda person: services.removable(person).exists(),
        ),
    ]
}
