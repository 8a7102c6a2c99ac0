"""Events in words: who did what, to what, why. One home for the log, decisions and a comment's page."""

from collections.abc import Container, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Model
from django.utils import timezone
from django.utils.timesince import timesince
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from films.models import Film
from forum.accounts.models import Block, Pen, User
from forum.discussions.models import (
    Breach,
    Event,
    FoldReason,
    Reason,
    Report,
    State,
    Topic,
)
from forum.moderation.whys import HELD_FOR, held_for

WHAT = {
    "approve": gettext_lazy("approved"),
    "hold": gettext_lazy("held"),
    "spam": gettext_lazy("marked as spam"),
    "remove": gettext_lazy("removed"),
    "restore": gettext_lazy("restored"),
    "post": gettext_lazy("posted"),
    "edit": gettext_lazy("edited"),
    "edit-held": gettext_lazy("edited; the edit waits"),
    "edit-accept": gettext_lazy("the edit is accepted"),
    "edit-drop": gettext_lazy("the edit is dropped"),
    "edit-staff": gettext_lazy("edited by a moderator"),
    "redact": gettext_lazy("a part was taken out"),
    "delete": gettext_lazy("deleted"),
    "undelete": gettext_lazy("brought back"),
    "erase": gettext_lazy("erased"),
    "detach": gettext_lazy("made a thread of its own"),
    "merge": gettext_lazy("hung under another comment"),
    "move": gettext_lazy("moved to another talk"),
    "split": gettext_lazy("replies split off to a thread of their own"),
    "lock-branch": gettext_lazy("locked, with all below it"),
    "open-branch": gettext_lazy("unlocked, with all below it"),
    "fold": gettext_lazy("folded, with all below it"),
    "unfold": gettext_lazy("folded no more"),
    "slow": gettext_lazy("slowed, with all below it"),
    "slow-off": gettext_lazy("slowed no more"),
    "pin": gettext_lazy("pinned over the talk"),
    "unpin": gettext_lazy("pinned no more"),
    "feature": gettext_lazy("featured"),
    "unfeature": gettext_lazy("featured no more"),
    "purge": gettext_lazy("hidden, to be purged"),
    "purge-below": gettext_lazy("purged with what stood above it"),
    "purge-now": gettext_lazy("purged for good"),
    "undo": gettext_lazy("undone"),
    "report": gettext_lazy("reported by a reader"),
    "report-back": gettext_lazy("a report taken back by who made it"),
    "appeal": gettext_lazy("appealed against by its author"),
    "appeal-kept": gettext_lazy("appeal decided: the decision stays"),
    "appeal-won": gettext_lazy("appeal decided: the decision was taken back"),
    "open": gettext_lazy("talk opened"),
    "rename": gettext_lazy("talk renamed"),
    "lock": gettext_lazy("talk locked"),
    "unlock": gettext_lazy("talk unlocked"),
    "close": gettext_lazy("talk closed"),
    "notice": gettext_lazy("notice put over the talk"),
    "notice-off": gettext_lazy("notice taken away"),
    "hold-all": gettext_lazy("all new comments are held"),
    "hold-no-more": gettext_lazy("new comments are held no more"),
    "hold-guests": gettext_lazy("guests are held"),
    "free-guests": gettext_lazy("guests are held no more"),
    "move-talk": gettext_lazy("whole talk moved to another"),
    "rules": gettext_lazy("rules of posting changed"),
    "film": gettext_lazy("film"),
    "film-merge": gettext_lazy("film merged into another"),
    "film-unmerge": gettext_lazy("film parted from the one it was merged into"),
    "rollback": gettext_lazy("import rolled back"),
    "name": gettext_lazy("took another name"),
    "forget": gettext_lazy("a guest let this browser forget who wrote"),
    "claim": gettext_lazy("a guest's comments taken over"),
    "unclaim": gettext_lazy("a guest's comments given back"),
    "suspend": gettext_lazy("suspended"),
    "reinstate": gettext_lazy("let in again"),
    "ban": gettext_lazy("banned"),
    "warn": gettext_lazy("warned"),
    "read-warning": gettext_lazy("read a warning"),
    "note": gettext_lazy("a note written"),
    "hold-person": gettext_lazy("all they write is held"),
    "free-person": gettext_lazy("what they write is held no more"),
    "remove-all": gettext_lazy("all their comments removed"),
    "block": gettext_lazy("blocked"),
    "unblock": gettext_lazy("a block lifted"),
    "scope": gettext_lazy("moderates this part from now on"),
    "scope-off": gettext_lazy("a part to moderate taken away"),
    "leave": gettext_lazy("account to be deleted"),
    "stay": gettext_lazy("account kept after all"),
    "nameless": gettext_lazy("kept without a name"),
    "erase-member": gettext_lazy("account erased"),
}
SUSPENDED_FOR = dict(Breach.choices)  # why an account is suspended, a person warned, and so on
# What people do to what is their own, and what only follows from something else.
_OWN = {"post", "edit", "edit-held", "delete", "undelete", "purge-below"}
_OWN |= {
    "report",
    "report-back",
    "appeal",
    "name",
    "forget",
    "claim",
    "unclaim",
    "leave",
    "stay",
    "nameless",
}
_OWN |= {"read-warning"}
STAFF_VERBS = [verb for verb in WHAT if verb not in _OWN]
# What one chooses among in a log, under headings.
_GROUPS = [
    (gettext_lazy("Comments"), "approve hold spam remove restore undo redact edit-staff edit-accept"
     " edit-drop erase purge purge-below purge-now"),
    (gettext_lazy("Branches"), "fold unfold slow slow-off lock-branch open-branch pin unpin feature"
     " unfeature detach merge move split"),
    (gettext_lazy("Talks"), "open rename lock unlock close notice notice-off hold-all hold-no-more"
     " hold-guests free-guests move-talk"),
    (gettext_lazy("People"), "suspend reinstate ban warn note hold-person free-person remove-all block"
     " unblock scope scope-off erase-member"),
    (gettext_lazy("Reports and appeals"), "report report-back appeal appeal-kept appeal-won"),
    (gettext_lazy("Films, imports and rules"), "film film-merge film-unmerge rollback rules"),
    (gettext_lazy("What people do themselves"), "post edit edit-held delete undelete name forget claim"
     " unclaim read-warning leave stay nameless"),
]  # fmt: skip


def grouped(verbs: Container[str]) -> list[tuple[str, list[tuple[str, str]]]]:
    """Return these verbs as (heading, [(verb, words)]), by their words; no heading without any."""
    found = []
    for heading, some in _GROUPS:
        shown = [(verb, str(WHAT[verb])) for verb in some.split() if verb in verbs]
        if shown:
            found.append((str(heading), sorted(shown, key=lambda one: one[1])))
    return found


@dataclass(frozen=True)
class Names:
    """The names that a page of events needs, by id."""

    members: dict[int, str]
    guests: dict[int, str]
    topics: dict[int, str]

    @classmethod
    def of(cls, events: Iterable[Event]) -> "Names":
        """Look them up; three queries."""
        rows = list(events)

        def found(model: type[Model], fields: str, name: str) -> dict[int, str]:
            ids = {getattr(row, field) for row in rows for field in fields.split()} - {None}
            return dict(model._default_manager.filter(pk__in=ids).values_list("pk", name))

        return cls(
            found(User, "actor_id member_id", "username"),
            found(Pen, "pen_id guest_id", "name"),
            found(Topic, "topic_id", "title"),
        )

    def who(self, event: Event) -> str:
        if event.actor_id:
            return self.members.get(event.actor_id, _("somebody who is gone"))
        if event.pen_id:
            return _("%(name)s (guest)") % {"name": self.guests.get(event.pen_id, _("a guest"))}
        return _("the site")

    def topic(self, event: Event) -> str:
        return self.topics.get(event.topic_id or 0, "")

    def whom(self, event: Event) -> str:
        """Return the name of whom it concerns as a whole; "" if that is nobody."""
        gone = _("somebody who is gone")
        if event.member_id:
            return self.members.get(event.member_id, gone)
        if event.guest_id:
            return _("%(name)s (guest)") % {"name": self.guests.get(event.guest_id, gone)}
        return ""


def what(event: Event) -> str:
    """Return what was done, without who and why."""
    words = str(WHAT.get(event.verb, event.verb))
    states = dict(State.choices)
    if event.verb == "post" and event.after != State.PUBLIC:
        return f"{words}, {states.get(event.after, event.after)}"
    if event.verb == "undo":
        was = WHAT.get(event.before)
        if was:
            return _("undone: %(what)s") % {"what": was}
        return _("undone: %(state)s again") % {"state": states.get(event.after, event.after)}
    if event.verb == "film":
        shown = dict(Film.State.choices).get(event.after, event.after)
        return _("film is now %(state)s") % {"state": shown}
    if event.verb in ("block", "unblock"):
        return f"{words}: {dict(Block.Kind.choices).get(event.after, event.after)}"
    return words


_ABOUT_PEOPLE = {"suspend", "ban", "warn", "hold-person", "block"}


def why(event: Event) -> str:
    """Return why it was done, "" where no reason was given; of what waits, what a check found."""
    words: dict[str, Any] = HELD_FOR | dict(Reason.choices) | {"spam": _("it is spam")}
    words["language"] = _("its language was changed")
    if event.verb in _ABOUT_PEOPLE:
        words = SUSPENDED_FOR
    if event.verb in ("report", "report-back"):
        words = dict(Report.Reason.choices)
    if event.verb == "fold":
        words = dict(FoldReason.choices)
    is_held = event.reason and event.after == State.HELD
    return str(words.get(event.reason) or (held_for(event.reason) if is_held else event.reason))


def ago(event: Event) -> str:
    """Return how long ago it was done."""
    return since(event.at)


def since(at: datetime) -> str:
    """Return how long ago a moment was: "20 seconds", "5 minutes"."""
    seconds = max(0, int((timezone.now() - at).total_seconds()))
    if seconds < 120:
        return ngettext("%(n)d second", "%(n)d seconds", seconds) % {"n": seconds}
    return timesince(at, depth=1)


def meanwhile(comment_id: int) -> str:
    """Return what staff did to a comment last, with who and when; "" if its author was last."""
    return _told(Event.objects.filter(comment_id=comment_id).order_by("-pk").first())


def meanwhile_to_guest(pen_id: int) -> str:
    """Return what staff did to a guest last, as `meanwhile` does."""
    return _told(Event.objects.filter(guest_id=pen_id).order_by("-pk").first())


def meanwhile_to_member(member_id: int) -> str:
    """Return what staff did to a member last, as `meanwhile` does."""
    return _told(Event.objects.filter(member_id=member_id).order_by("-pk").first())


def _told(last: Event | None) -> str:
    if last is None or not last.actor_id or last.verb not in STAFF_VERBS:
        return ""
    return _("already %(what)s by %(name)s, %(ago)s ago") % {
        "what": what(last),
        "name": Names.of([last]).who(last),
        "ago": ago(last),
    }
