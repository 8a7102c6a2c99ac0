"""Everything a moderator reads before deciding about one comment; plain values for the template."""

from dataclasses import dataclass
from typing import Any

from forum import markup
from forum.accounts.readers import Reader
from forum.discussions import page, services
from forum.discussions.models import Comment, Event, HeldEdit, Report, State
from forum.moderation.decisions import EDIT_VERBS, KINDS, VERBS, verbs_for
from forum.moderation.models import Claim
from forum.moderation.queue import person_address, score_in_words
from forum.moderation.whys import Checked, Told, checked, whys
from forum.moderation.words import Names, what, why

MOST_EVENTS = 100


@dataclass(frozen=True)
class Line:
    """One event: when, who, what."""

    at: Any
    who: str
    words: str


@dataclass(frozen=True)
class Case:
    """What the page of a comment shows. `others`: (state in words, count) of the same author."""

    comment: Comment
    kind: str  # of its author, in words
    number: str
    parent: Comment | None
    held_edit: dict[str, Any] | None  # body_html, created_at, code, checks, score
    others: list[tuple[str, int]]
    others_query: str  # of the list, for the link to them
    events: list[Line]
    verbs: list[tuple[str, str]]  # (verb, words), remove and those of edits apart
    may_remove: bool
    next_id: int | None  # of a comment that waits
    whys: list[str]
    told: Told
    checks: list[Checked]
    score: str
    person: str
    claim: Claim | None  # of somebody else
    is_mine: bool  # taken up by whoever reads
    seen: str  # names the comment as it is shown

    @classmethod
    def of(cls, comment: Comment, reader: Reader) -> "Case":
        """Return the case; at most 13 queries."""
        verbs = verbs_for(comment, reader)
        waiting = services.in_scope(Comment.objects.visible_to(reader), reader).due()
        waiting = waiting.exclude(pk=comment.pk)
        claim = Claim.objects.live().filter(comment_id=comment.pk).select_related("member").first()
        is_mine = bool(claim and reader.user and claim.member_id == reader.user.pk)
        told = Told.of(list(Report.objects.open().filter(comment=comment)))
        parents = Comment.objects.visible_to(reader).with_text()
        others, query = _others(comment)
        return cls(
            comment=comment,
            kind=str(KINDS[comment.author_kind]),
            number=page.number_of(comment),
            parent=parents.filter(pk=comment.parent_id).first() if comment.parent_id else None,
            held_edit=_held_edit(comment),
            others=others,
            others_query=query,
            events=_events(comment),
            verbs=[
                (one, str(VERBS[one][0])) for one in verbs if one not in ("remove", *EDIT_VERBS)
            ],
            may_remove="remove" in verbs,
            next_id=waiting.values_list("pk", flat=True).first(),
            seen=services.seen_of(comment),
            whys=whys(comment, told),
            told=told,
            checks=checked(comment.text.checked),
            score=score_in_words(comment.text.spam_score),
            person=person_address(comment),
            claim=None if is_mine else claim,
            is_mine=is_mine,
        )


def _held_edit(comment: Comment) -> dict[str, Any] | None:
    held: HeldEdit | None = getattr(comment, "held_edit", None)
    if held is None:
        return None
    made = markup.render(held.body, "markdown")
    return {
        "body_html": made,
        "created_at": held.created_at,
        "code": held.code,
        "checks": checked(held.checked),
        "score": score_in_words(held.spam_score),
    }


def _others(comment: Comment) -> tuple[list[tuple[str, int]], str]:
    """Return how many other comments its member or pen has in each state, and their list's query."""
    author = "member" if comment.member_id else "pen" if comment.pen_id else ""
    if not author:
        return [], ""
    author_id = getattr(comment, f"{author}_id")
    rows = Comment.objects.filter(**{author: author_id}).exclude(pk=comment.pk)
    rows = rows.exclude_purged()
    names = dict(State.choices)
    counts = [(str(names[state]), n) for state, n in sorted(rows.count_by_state().items())]
    return counts, f"{author}={author_id}"


def _events(comment: Comment) -> list[Line]:
    """Return what was done to the comment, oldest first, at most MOST_EVENTS."""
    rows = list(Event.objects.filter(comment_id=comment.pk).order_by("pk")[:MOST_EVENTS])
    names = Names.of(rows)
    return [Line(row.at, names.who(row), _line(row)) for row in rows]


def _line(event: Event) -> str:
    reason = why(event)
    return f"{what(event)}: {reason}" if reason else what(event)
