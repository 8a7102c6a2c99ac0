"""All that staff know of one person: how they stand, rates, timeline, notes, links; plain values."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from allauth.account.models import EmailAddress
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from forum import markup
from forum.accounts.models import Pen, User
from forum.accounts.readers import Reader
from forum.discussions.models import (
    Appeal,
    Claim,
    Comment,
    CommentText,
    Event,
    Note,
    Report,
    State,
    about,
)
from forum.moderation.member_acts import standing
from forum.moderation.words import STAFF_VERBS, Names, what, why

RATE_DAYS = 90
LINES = 40  # of a timeline, on one page
NETWORKS = 20  # of the newest, by which other pens are looked for
LINKED = 12  # pens or members named by one hint
NOTES = 100


@dataclass(frozen=True)
class Rate:
    """A share of a person's, with how it is made: `formula` in words, `sum` with its numbers."""

    name: str
    part: int
    whole: int
    formula: str

    @property
    def share(self) -> str:
        return f"{self.part / self.whole:.0%}".replace("%", " %") if self.whole else "–"

    @property
    def sum(self) -> str:
        return f"{self.part:,} ÷ {self.whole:,}"


@dataclass(frozen=True)
class Line:
    """One thing of a timeline. `kind`: "wrote", "decided" or "person"."""

    at: datetime
    kind: str
    words: str
    why: str = ""
    who: str = ""
    address: str = ""
    excerpt: str = ""
    state: str = ""
    state_words: str = ""


@dataclass(frozen=True)
class Hint:
    """Why two names may be one person: a hint, never a proof. `others`: (name, address)."""

    words: str
    caution: str
    others: list[tuple[str, str]]


@dataclass(frozen=True)
class Dossier:
    """What the page of a person shows; the number of queries does not grow with what they wrote."""

    name: str
    standing: list[str]
    counts: str  # "12 public, 1 removed"
    since: datetime
    rates: list[Rate]
    notes: list[Note]
    hints: list[Hint]
    lines: list[Line]
    earlier: str  # the moment from which older lines go on; "" if there are none

    @classmethod
    def of(cls, person: Reader, before: datetime | None = None) -> "Dossier":
        who = person.row
        lines, earlier = timeline(person, before)
        return cls(
            name=str(who),
            standing=standing_of(person),
            counts=counts_of(person),
            since=who.date_joined if isinstance(who, User) else who.created_at,
            rates=rates_of(person),
            notes=list(Note.objects.about(person).select_related("by").order_by("-pk")[:NOTES]),
            hints=hints_of(person),
            lines=lines,
            earlier=earlier.isoformat() if earlier else "",
        )


def moment(at: datetime) -> str:
    return date_format(localtime(at), "j F Y, H:i")


def standing_of(person: Reader) -> list[str]:
    """Return how a person stands, in words; [] where nothing was decided about a guest."""
    lines = []
    pen = person.pen
    if person.user:
        lines.append(standing(person.user))
    elif pen and pen.closed_at:
        until = pen.closed_until
        lines.append(_("closed until %(at)s") % {"at": moment(until)} if until else _("banned"))
    if person.row.held_at:
        lines.append(_("all they write is held"))
    if person.row.warned_at:
        lines.append(_("has a warning to read"))
    return lines


def counts_of(person: Reader) -> str:
    counts = Comment.objects.by(person).exclude_purged().count_by_state()
    return in_words(counts)


def in_words(counts: dict[str, int]) -> str:
    """Return "12 public, 1 removed"."""
    names = dict(State.choices)
    words = [f"{counts[state]:,} {names[state]}" for state in State if counts.get(state)]
    return ", ".join(words) or _("nothing yet")


# ------------------------------------------------------------------------------------------- rates


def rates_of(person: Reader) -> list[Rate]:
    """Return the rates of a person, each with its formula. What nobody decided about counts as public."""
    theirs = Comment.objects.by(person)
    lately = theirs.filter(created_at__gte=timezone.now() - timedelta(days=RATE_DAYS))
    return [
        _removed(_("Removed, in all"), theirs.count_by_state(), _("of all that they wrote")),
        _removed(
            _("Removed, of late"),
            lately.count_by_state(),
            _("of what they wrote in the last %(n)d days") % {"n": RATE_DAYS},
        ),
        _right(
            _("Reports about them that were right"),
            Report.objects.filter(comment__in=theirs.values("pk")),
        ),
        _right(
            _("Their own reports that were right"),
            Report.objects.filter(**about(person)),
        ),
        _overturned(person),
    ]


def _removed(name: str, counts: dict[str, int], which: str) -> Rate:
    gone = counts.get(State.REMOVED, 0) + counts.get(State.SPAM, 0)
    whole = gone + counts.get(State.PUBLIC, 0)
    formula = _("removed and spam ÷ removed, spam and public, %(which)s")
    return Rate(name, gone, whole, formula % {"which": which})


def _right(name: str, reports: Any) -> Rate:
    outcomes = list(reports.order_by().values_list("outcome", flat=True))
    agreed = outcomes.count(Report.Outcome.AGREED)
    whole = agreed + outcomes.count(Report.Outcome.DECLINED)
    return Rate(name, agreed, whole, _("agreed ÷ agreed and declined; open ones do not count"))


def _overturned(person: Reader) -> Rate:
    theirs = Comment.objects.by(person).values("pk")
    outcomes = list(Appeal.objects.filter(comment__in=theirs).values_list("outcome", flat=True))
    won = outcomes.count(Appeal.Outcome.OVERTURNED)
    whole = won + outcomes.count(Appeal.Outcome.KEPT)
    return Rate(_("Appeals that they won"), won, whole, _("overturned ÷ overturned and kept"))


# ---------------------------------------------------------------------------------------- timeline


def timeline(person: Reader, before: datetime | None) -> tuple[list[Line], datetime | None]:
    """Return the newest lines before a moment, and the moment from which older ones go on."""
    wrote = _before(Comment.objects.by(person).exclude_purged(), "created_at", before)
    theirs = Comment.objects.by(person).order_by().values("pk")
    decided = Event.objects.filter(comment_id__in=theirs, verb__in=[*STAFF_VERBS, "delete"])
    member_id, pen_id = getattr(person.user, "pk", 0), getattr(person.pen, "pk", 0)
    on_person = Event.objects.filter(Q(member_id=member_id) if member_id else Q(guest_id=pen_id))
    events = [
        *_before(decided, "at", before),
        *_before(on_person, "at", before),
    ]
    names = Names.of(events)
    lines = [_wrote(one) for one in wrote] + [_event(one, names) for one in events]
    lines.sort(key=lambda line: line.at, reverse=True)
    shown = lines[:LINES]
    return shown, shown[-1].at if len(lines) > LINES else None


def _before(rows: Any, name: str, before: datetime | None) -> list[Any]:
    rows = rows.filter(**{f"{name}__lt": before}) if before else rows
    if rows.model is Comment:
        rows = rows.select_related("text", "thread__topic").defer("text__body", "text__words")
    return list(rows.order_by(f"-{name}", "-pk")[: LINES + 1])


def _wrote(comment: Comment) -> Line:
    return Line(
        at=comment.created_at,
        kind="wrote",
        words=_("wrote on %(title)s") % {"title": comment.thread.topic.title},
        address=reverse("admin:discussions_comment_change", args=[comment.pk]),
        excerpt=markup.excerpt(comment.text.body_html, 160),
        state=comment.state,
        state_words=str(comment.get_state_display()),
    )


def _event(event: Event, names: Names) -> Line:
    address = ""
    if event.comment_id:
        address = reverse("admin:discussions_comment_change", args=[event.comment_id])
    return Line(
        at=event.at,
        kind="decided" if event.comment_id else "person",
        words=(f"#{event.comment_id}: " if event.comment_id else "") + what(event),
        why=why(event),
        who=names.who(event),
        address=address,
    )


# ------------------------------------------------------------------------------------------- links


def hints_of(person: Reader) -> list[Hint]:
    """Return what lets one think that somebody else is the same person; at most three hints."""
    found = [_by_network(person), _by_address(person), _by_claim(person)]
    return [hint for hint in found if hint.others]


def page_of(who: User | Pen) -> str:
    """Return the address of the page that moderators have of a person."""
    name = "person" if isinstance(who, User) else "guest"
    return reverse(f"admin:moderation_{name}_change", args=[who.pk])


def _named(people: Iterable[User | Pen]) -> list[tuple[str, str]]:
    return [(str(one), page_of(one)) for one in people]


def _by_network(person: Reader) -> Hint:
    theirs = Comment.objects.by(person).order_by().values("pk")
    keys = CommentText.objects.exclude(network_key="").filter(comment__in=theirs)
    newest = keys.order_by("-pk").values_list("network_key", flat=True)[: 10 * NETWORKS]
    wanted = list(dict.fromkeys(newest))[:NETWORKS]
    same = CommentText.objects.exclude(network_key="").filter(network_key__in=wanted)
    pens = Pen.objects.filter(pk__in=same.values("comment__pen"))
    if person.pen:
        pens = pens.exclude(pk=person.pen.pk)
    return Hint(
        _("Wrote from the same network within 30 days:"),
        _("A network can be a whole town, a school or a telephone company."),
        _named(pens.order_by("-pk")[:LINKED]) if wanted else [],
    )


def _by_address(person: Reader) -> Hint:
    """Others with the same address, confirmed by both."""
    addresses: list[str] = []
    if person.user:
        rows = EmailAddress.objects.filter(user=person.user, verified=True)
        addresses = [one.lower() for one in rows.values_list("email", flat=True)]
    elif person.pen and person.pen.email and person.pen.email_confirmed_at:
        addresses = [person.pen.email.lower()]
    others: list[User | Pen] = []
    for address in addresses[:LINKED]:
        pens = Pen.objects.filter(email__iexact=address, email_confirmed_at__isnull=False)
        others += pens.exclude(pk=person.pen.pk if person.pen else 0)[:LINKED]
        members = User.objects.filter(
            emailaddress__email__iexact=address, emailaddress__verified=True
        )
        others += members.exclude(pk=person.user.pk if person.user else 0)[:LINKED]
    return Hint(
        _("Confirmed the same e-mail address:"),
        _("Whoever reads that mailbox is behind both, and that can be more than one."),
        _named(others[:LINKED]),
    )


def _by_claim(person: Reader) -> Hint:
    """Who took a guest's comments over, and other guests whose comments the same member took."""
    claims = Claim.objects.all()
    if person.user:
        pens = Pen.objects.filter(pk__in=claims.filter(member=person.user).values("pen"))
        others: list[User | Pen] = [*pens[:LINKED]]
    else:
        pen = person.pen
        members = User.objects.filter(pk__in=claims.filter(pen=pen).values("member"))
        pens = Pen.objects.filter(pk__in=claims.filter(member__in=members).values("pen"))
        others = [*members[:LINKED], *pens.exclude(pk=pen.pk if pen else 0)[:LINKED]]
    return Hint(
        _("One member took the comments of both over:"),
        _("They had the browser of both in their hands."),
        _named(others),
    )


def rows_in_words(rows: Any) -> str:
    """Return "12 comments in 3 talks" of these comments; two queries."""
    count = rows.order_by().count()
    talks = rows.order_by().values("thread__topic_id").distinct().count()
    return _("%(comments)s in %(talks)s") % {
        "comments": ngettext("%(n)d comment", "%(n)d comments", count) % {"n": count},
        "talks": ngettext("%(n)d talk", "%(n)d talks", talks) % {"n": talks},
    }
