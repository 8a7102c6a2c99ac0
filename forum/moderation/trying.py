"""What other rules would have done: the checks of posting, run again over what was posted.

A comment of the last DAYS is made into the draft that it was; what cannot be read from it any more
(the author's record, how its form came, what was asked elsewhere) stands in the results that posting
kept. Then the same checks.run judges it as judged it live, with other rules in draft.known.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from django.db.models import F, OuterRef, Subquery
from django.utils import timezone

from films.models import Film
from forum.discussions import checks, proofs, tree
from forum.discussions.checks import Draft, Judgement, Sent, Written
from forum.discussions.models import Comment, Event, Revision, State
from forum.discussions.records import SAME_TEXT, SLOW, record_of
from forum.discussions.trust import LOOKED_AT, Record
from forum.moderation.rules import Ruleset, merged_into
from forum.moderation.spam.table import Judged

DAYS = 30
MOST = 5_000  # comments, the newest; more take a page too long
SHOWN = 20  # of each kind, as examples
TRIED = (State.PUBLIC, State.HELD, State.SPAM, State.REMOVED, State.DELETED)


@dataclass(frozen=True)
class Past:
    """A comment as it was posted; plain values."""

    id: int
    draft: Draft  # with all but the rules
    state: str  # today
    was_held: bool  # live, or called spam
    is_approved: bool  # staff let it through
    category_id: int | None
    above: tuple[int, ...]  # ids from the root down to its parent, where asked for
    merged: tuple[int, ...] = ()  # topics that went into its own, where asked for


@dataclass
class Trial:
    """What rules do to what was posted: ids of comments."""

    looked_at: int = 0
    held: list[int] = field(default_factory=list)
    refused: list[int] = field(default_factory=list)
    stood: set[int] = field(default_factory=set)  # of these: public today
    approved: set[int] = field(default_factory=set)  # of these: as staff let them through
    removed: set[int] = field(default_factory=set)  # of these: removed or spam today
    freed: list[int] = field(default_factory=list)  # held live and public under these rules

    @property
    def figures(self) -> dict[str, int]:
        """The numbers, as a version of the rules keeps them."""
        held, refused = set(self.held), set(self.refused)
        return {
            "looked_at": self.looked_at,
            "held": len(held),
            "held_approved": len(held & self.approved),
            "held_stood": len(held & self.stood - self.approved),
            "held_removed": len(held & self.removed),
            "refused": len(refused),
            "refused_stood": len(refused & self.stood),
            "refused_removed": len(refused & self.removed),
            "freed": len(self.freed),
            "freed_removed": len(set(self.freed) & self.removed),
        }


def judge(past: Past, ruleset: Ruleset) -> Judgement:
    """Return what the checks say to a comment of the past under these rules. Pure."""
    rules = ruleset.at(past.draft.topic_id, past.category_id, past.above, past.merged)
    return checks.run(replace(past.draft, known={**past.draft.known, "rules": rules}))


def trial(pasts: Iterable[Past], ruleset: Ruleset) -> Trial:
    """Return what these rules do to what was posted. Pure."""
    found = Trial()
    for past in pasts:
        found.looked_at += 1
        outcome = judge(past, ruleset).outcome
        if outcome in (checks.HOLD, checks.SPAM):
            found.held.append(past.id)
        elif outcome == checks.REFUSE:
            found.refused.append(past.id)
        elif past.was_held:
            found.freed.append(past.id)
        else:
            continue
        if past.state == State.PUBLIC:
            found.stood.add(past.id)
            if past.is_approved:
                found.approved.add(past.id)
        elif past.state in (State.REMOVED, State.SPAM):
            found.removed.add(past.id)
    return found


def pasts(*, branches: bool, talks: bool = False, now: datetime | None = None) -> list[Past]:
    """Return what was posted here in the last DAYS, the oldest first, at most the newest MOST.

    Imported comments never came to a check, and erased ones have no text. `branches`: with the
    comments above each, which rules of branches ask for; `talks`: with the topics that went into that
    of each, which rules of talks ask for. Four queries, and one more for either.
    """
    now = now or timezone.now()
    rows = _rows(now - timedelta(days=DAYS))
    ids = [row["pk"] for row in rows]
    first_texts = _first_texts(ids)
    approved = set(
        Event.objects.filter(comment_id__in=ids, verb__in=("approve", "restore")).values_list(
            "comment_id", flat=True
        )
    )
    topic_ids = {row["topic_id"] for row in rows}
    categories = dict(
        Film.objects.filter(topic_id__in=topic_ids).values_list("topic_id", "category_id")
    )
    merged = merged_into(sorted(topic_ids)) if talks and topic_ids else {}
    parents = sorted({row["parent_id"] for row in rows} - {None}) if branches else []
    ways = tree.ways_to(parents) if parents else {}
    recent: dict[Any, list[Written]] = defaultdict(list)
    found = []
    for row in rows:
        if row["pk"] in first_texts:
            row = {**row, **first_texts[row["pk"]]}
        mine = recent[row["member_id"] or f"pen{row['pen_id']}"]
        draft = _draft(row, mine)
        found.append(
            Past(
                id=row["pk"],
                draft=draft,
                state=row["state"],
                was_held=_was_held(row),
                is_approved=row["pk"] in approved,
                category_id=categories.get(row["topic_id"]),
                above=tuple(step.id for step in ways.get(row["parent_id"], ())),
                merged=tuple(merged.get(row["topic_id"], ())),
            )
        )
        at, place = row["created_at"], (row["thread_id"], row["topic_id"])
        mine.insert(0, Written(row["pk"], at, row["state"], *place, row["body"], False, 0))
        del mine[LOOKED_AT:]
    return found


def _rows(since: datetime) -> list[dict[str, Any]]:
    """Return the rows of the last days, the oldest first; one query."""
    rows = Comment.objects.in_state(*TRIED).filter(created_at__gte=since).exclude(text__body="")
    rows = rows.exclude(member=None, pen=None).order_by("-pk")
    values = rows.values(
        "pk",
        "parent_id",
        "thread_id",
        "member_id",
        "pen_id",
        "author_name",
        "state",
        "reason",
        "created_at",
        topic_id=F("thread__topic_id"),
        topic_since=F("thread__topic__created_at"),
        username=F("member__username"),
        is_staff=F("member__is_staff"),
        body=F("text__body"),
        body_html=F("text__body_html"),
        network_key=F("text__network_key"),
        checked=F("text__checked"),
        spam_score=F("text__spam_score"),
    )
    return list(values[:MOST])[::-1]


def _first_texts(ids: Sequence[int]) -> dict[int, dict[str, Any]]:
    """Return {id: what was posted, and what checks said} of those that were changed since; one query.

    What checks said is not there of what was changed before each text kept its own: then it stands
    with the text of today.
    """
    stood = Revision.objects.filter(dropped_at=None)
    first = stood.filter(comment_id=OuterRef("comment_id")).order_by("pk").values("pk")
    rows = Revision.objects.filter(comment_id__in=ids, pk=Subquery(first[:1]))
    found = {}
    names = ("body", "body_html", "checked", "spam_score")
    for pk, *values in rows.values_list("comment_id", *names):
        row = dict(zip(names, values, strict=True))
        found[pk] = {k: row[k] for k in names if k.startswith("body") or row["checked"] is not None}
    return found


def _draft(row: dict[str, Any], mine: Sequence[Written]) -> Draft:
    said = {one[0]: one for one in row["checked"] or ()}
    at = row["created_at"]
    recent = tuple(
        one._replace(
            body=one.body if one.at >= at - SAME_TEXT else None,
            topic_id=one.topic_id if one.at >= at - SLOW else None,
        )
        for one in mine
    )
    return Draft(
        body=row["body"],
        html=row["body_html"],
        name=row["username"] or row["author_name"],
        is_member=row["member_id"] is not None,
        is_staff=bool(row["is_staff"]),
        is_reply=row["parent_id"] is not None,
        is_edit=False,
        topic_id=row["topic_id"],
        network_key=row["network_key"],
        parent_id=row["parent_id"],
        thread_id=row["thread_id"] if row["parent_id"] else 0,
        at=at,
        topic_since=row["topic_since"],
        is_author_held=said.get("person", ("", ""))[1] == checks.HOLD,
        is_held_here=said.get("topic", ("", "", ""))[2] == "talk",
        sent=_sent(said),
        record=_record(said, mine),
        recent=recent,
        known={"spam_score": _judged(row["spam_score"], said), "outside": _outside(said)},
    )


def _sent(said: dict[str, Any]) -> Sent:
    code = said.get("proof", ("", "", ""))[2]
    proof = next((one for one, its in proofs.CODES.items() if its == code), "")
    trap = "x" if said.get("trap", ("", ""))[1] == checks.SPAM else ""
    return Sent(trap=trap, proof=proof)


def _record(said: dict[str, Any], mine: Sequence[Written]) -> Record:
    try:
        return Record.of_code(said["record"][2])
    except (KeyError, ValueError, TypeError):
        return record_of(mine)  # posted before records were kept


def _judged(score: int | None, said: dict[str, Any]) -> Judged | None:
    """Return what the spam score was, and whether it held the comment then."""
    if score is None:
        return None
    return Judged(score, said.get("spam_score", ("", ""))[1] == checks.HOLD)


def _outside(said: dict[str, Any]) -> tuple[str, str] | None:
    """Return what the outside check answered then; None where it was not asked or did not answer."""
    _name, outcome, code = said.get("outside", ("", checks.NOT_RUN, ""))
    return None if outcome == checks.NOT_RUN else (outcome, code)


def _was_held(row: dict[str, Any]) -> bool:
    """Return True if the checks held it, by their results or, before these were kept, by what it is."""
    if row["checked"]:
        said = row["checked"]
        return any(one[1] in (checks.HOLD, checks.SPAM) or one[2] == "check-failed" for one in said)
    return row["state"] == State.HELD
