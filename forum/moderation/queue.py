"""The queue: comments as readers see them, with what a moderator needs beside; plain values."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Count, Min, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.timesince import timesince
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from forum import markup
from forum.accounts.readers import Reader
from forum.discussions import page, services
from forum.discussions.models import Appeal, Comment, Decision, Event, Report, State
from forum.moderation import claims
from forum.moderation.decisions import EDIT_VERBS, KINDS, VERBS, verbs_for
from forum.moderation.models import Claim
from forum.moderation.whys import Checked, Told, checked, whys
from forum.moderation.words import Names, ago, since, what

PARENT_WORDS = 200  # characters of what it answers


@dataclass(frozen=True)
class Said:
    """A comment that stands above another: who said what."""

    name: str
    body_html: str
    created_at: datetime
    address: str
    excerpt: str
    state: str
    state_words: str


@dataclass(frozen=True)
class Card:
    """One comment of the queue."""

    comment: Comment
    number: str
    author: str  # in one line, "guest, 3 approved, 1 removed, first seen 2 days ago"
    answers: str  # whom it answers, "" if nobody
    parent: Said | None
    root: Said | None  # of its thread, where that is not the parent
    edit_html: str  # what it would say, where an edit waits
    edit_checks: list[Checked]
    edit_score: str
    edit_verbs: list[tuple[str, str]]
    verbs: list[tuple[str, str]]  # (verb, words), remove apart
    may_remove: bool
    seen: str
    whys: list[str]
    told: Told
    checks: list[Checked]
    score: str  # of the spam score, "" where there is none
    person: str  # address of who wrote it, "" if the import alone knew
    same: list[tuple[str, str]]  # (query, words) of what else comes from there
    ago: str  # how long ago it was written
    claim: Claim | None  # of somebody else
    appeal: Appeal | None


@dataclass(frozen=True)
class Around:
    """What a page of cards needs beside its comments, by their ids; one query each."""

    above: dict[int, Comment]  # parents, by id
    roots: dict[int, Comment]  # by thread
    numbers: dict[int, str]
    records: dict[tuple[str, int], "Record"]
    reports: dict[int, list[Report]]
    claims: dict[int, Claim]
    appeals: dict[int, Appeal]

    @classmethod
    def of(cls, comments: Sequence[Comment], reader: Reader, *, appeals: bool) -> "Around":
        ids = [one.pk for one in comments]
        parents = {one.parent_id for one in comments} - {None}
        threads = {one.thread_id for one in comments if one.parent_id}
        rows = Comment.objects.visible_to(reader).above(parents, threads) if parents else []
        above = {one.pk: one for one in rows}
        reports: dict[int, list[Report]] = defaultdict(list)
        for report in Report.objects.open().filter(comment__in=ids).order_by("pk"):
            reports[report.comment_id].append(report)
        open_appeals = Appeal.objects.open().filter(comment__in=ids) if appeals else []
        return cls(
            above=above,
            roots={one.thread_id: one for one in above.values() if one.parent_id is None},
            numbers=page.numbers_of(ids),
            records=_records(comments),
            reports=reports,
            claims=claims.of_others(ids, reader),
            appeals={one.comment_id: one for one in open_appeals},
        )


def cards_of(comments: Sequence[Comment], reader: Reader, *, appeals: bool = False) -> list[Card]:
    """Return the cards of a page; five queries, whatever its size, one more for appeals."""
    around = Around.of(comments, reader, appeals=appeals)
    return [_card(one, around, reader) for one in comments]


def _card(comment: Comment, around: Around, reader: Reader) -> Card:
    verbs = verbs_for(comment, reader)
    parent = around.above.get(comment.parent_id or 0)
    root = around.roots.get(comment.thread_id)
    told = Told.of(around.reports.get(comment.pk, ()))
    gone = _("a comment that is gone") if comment.parent_id else ""
    has_edit = hasattr(comment, "held_edit")
    is_far = root is not None and root.pk not in (comment.pk, comment.parent_id)
    return Card(
        comment=comment,
        number=around.numbers[comment.pk],
        author=_author_line(comment, around.records),
        answers=parent.name if parent else gone,
        parent=_said(parent) if parent else None,
        root=_said(root) if root and is_far else None,
        edit_html=_edit_html(comment),
        edit_checks=checked(comment.held_edit.checked) if has_edit else [],
        edit_score=score_in_words(comment.held_edit.spam_score) if has_edit else "",
        edit_verbs=[(one, str(VERBS[one][0])) for one in verbs if one in EDIT_VERBS],
        verbs=[(one, str(VERBS[one][0])) for one in verbs if one not in ("remove", *EDIT_VERBS)],
        may_remove="remove" in verbs,
        seen=services.seen_of(comment),
        whys=whys(comment, told),
        told=told,
        checks=checked(comment.text.checked),
        score=score_in_words(comment.text.spam_score),
        person=person_address(comment),
        same=_same(comment),
        ago=since(comment.created_at),
        claim=around.claims.get(comment.pk),
        appeal=around.appeals.get(comment.pk),
    )


def _edit_html(comment: Comment) -> str:
    if not hasattr(comment, "held_edit"):
        return ""
    return markup.render(comment.held_edit.body, "markdown")


def _said(comment: Comment) -> Said:
    html = comment.text.body_html
    address = reverse("admin:discussions_comment_change", args=[comment.pk])
    excerpt = markup.excerpt(html, PARENT_WORDS)
    states = (comment.state, str(comment.get_state_display()))
    return Said(comment.name, html, comment.created_at, address, excerpt, *states)


def score_in_words(permille: int | None) -> str:
    return "" if permille is None else _("%(n)d %% spam") % {"n": round(permille / 10)}


def person_address(comment: Comment) -> str:
    """Return where staff read and decide about who wrote it."""
    if comment.member_id:
        return reverse("admin:moderation_person_change", args=[comment.member_id])
    return reverse("admin:moderation_guest_change", args=[comment.pen_id]) if comment.pen_id else ""


def _same(comment: Comment) -> list[tuple[str, str]]:
    found = []
    if comment.pen_id:
        found.append((f"tab=all&pen={comment.pen_id}", _("same guest")))
    if comment.member_id:
        found.append((f"tab=all&member={comment.member_id}", _("same member")))
    if comment.text.network_key:
        found.append((f"tab=all&network={comment.pk}", _("same network")))
    return found


# ------------------------------------------------------------------------------- who wrote it


@dataclass
class Record:
    """What somebody wrote here: how many comments in each state, and since when."""

    states: dict[str, int] = field(default_factory=dict)
    first_at: datetime | None = None


def _author(member_id: int | None, pen_id: int | None) -> tuple[str, int]:
    return ("member", member_id) if member_id else ("pen", pen_id or 0)


def _records(comments: Sequence[Comment]) -> dict[tuple[str, int], Record]:
    """Return {author: their record}, of everything that these authors wrote; one query."""
    members = {one.member_id for one in comments} - {None}
    pens = {one.pen_id for one in comments} - {None}
    found: dict[tuple[str, int], Record] = defaultdict(Record)
    theirs = Comment.objects.filter(Q(member__in=members) | Q(pen__in=pens)).exclude_purged()
    rows = theirs.order_by().values_list("member_id", "pen_id", "state")
    for member_id, pen_id, state, count, first in rows.annotate(
        n=Count("pk"), at=Min("created_at")
    ):
        record = found[_author(member_id, pen_id)]
        record.states[state] = count
        record.first_at = min(first, record.first_at or first)
    return found


_IN_WORDS: list[tuple[str, Any]] = [  # the states that a record names, in this order
    (State.PUBLIC, lambda n: ngettext("%(n)d approved", "%(n)d approved", n)),
    (State.HELD, lambda n: ngettext("%(n)d waiting", "%(n)d waiting", n)),
    (State.REMOVED, lambda n: ngettext("%(n)d removed", "%(n)d removed", n)),
    (State.SPAM, lambda n: ngettext("%(n)d spam", "%(n)d spam", n)),
    (State.DELETED, lambda n: ngettext("%(n)d taken back", "%(n)d taken back", n)),
]


def _author_line(comment: Comment, records: dict[tuple[str, int], Record]) -> str:
    """Return "guest, 3 approved, 1 removed, first seen 2 days ago": what they wrote beside this one."""
    parts = [str(KINDS.get(comment.author_kind, ""))]
    if comment.member_id or comment.pen_id:
        record = records[_author(comment.member_id, comment.pen_id)]
        others = record.states | {comment.state: record.states.get(comment.state, 1) - 1}
        words = [say(others[state]) % {"n": others[state]} for state, say in _IN_WORDS
                 if others.get(state)]  # fmt: skip
        parts += words or [_("first comment")]
        if record.first_at and words:
            parts.append(_("first seen %(ago)s ago") % {"ago": timesince(record.first_at, depth=1)})
    return ", ".join(part for part in parts if part)


# ------------------------------------------------------------------------------------- the page


@dataclass(frozen=True)
class Last:
    """What somebody decided last and can still undo, for the bar over the queue."""

    decision_id: int
    words: str
    ago: str
    is_of_many: bool = False  # several were decided at once, and are undone at once

    @classmethod
    def of(cls, reader: Reader, about: Comment | None = None) -> "Last | None":
        """Return it; three queries at most, one where it is to be `about` a comment."""
        if reader.user is None:
            return None
        mine = Decision.objects.undoable().filter(event__actor_id=reader.user.pk)
        mine = mine.filter(event__comment_id=about.pk) if about else mine
        last = mine.select_related("event").order_by("-pk").first()
        if last is None:
            return None
        if about:
            return cls(last.pk, what(last.event), ago(last.event))
        together = services.decided_together(last).count() if "together" in last.details else 1
        if together > 1:
            count = ngettext("%(n)d comment", "%(n)d comments", together) % {"n": together}
            return cls(last.pk, f"{count}: {what(last.event)}", ago(last.event), True)
        return cls(last.pk, _about(last.event), ago(last.event))


def _about(event: Event) -> str:
    """Return what was done and whom it concerned: "#7 by Nils: removed", "Nils: banned"."""
    whom = Names.of([event]).whom(event) if event.member_id or event.guest_id else ""
    if event.comment_id:
        rows = Comment.objects.select_related("member", "pen").filter(pk=event.comment_id)
        told = {"id": event.comment_id, "name": getattr(rows.first(), "name", "–")}
        whom = _("#%(id)d by %(name)s") % told
    return f"{whom}: {what(event)}" if whom else what(event)


def headline(count: int, cards: Sequence[Card]) -> tuple[str, str]:
    """Return the heading of what needs a decision, and a line under it: since when the first waits."""
    if not cards:
        return _("Nothing waits"), ""
    words = ngettext("%(n)s comment waits", "%(n)s comments wait", count) % {"n": f"{count:,}"}
    due = cards[0].comment.due_at
    if due is None:
        return words, ""
    return words, _("The first has waited for %(time)s") % {"time": timesince(due, timezone.now())}
