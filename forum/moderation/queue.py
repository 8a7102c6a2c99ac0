"""The queue: comments as readers see them, with what a moderator needs beside; plain values."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Count, Q
from django.utils.translation import gettext as _

from forum import markup
from forum.accounts.readers import Reader
from forum.discussions import page, services
from forum.discussions.models import Comment, Decision, State
from forum.moderation.decisions import EDIT_VERBS, KINDS, VERBS, verbs_for
from forum.moderation.words import ago, what

PARENT_WORDS = 200  # characters of what it answers


@dataclass(frozen=True)
class Card:
    """One comment of the queue."""

    comment: Comment
    number: str
    kind: str  # of its author, in words
    others: str  # what else that author wrote, "12 public, 1 removed"
    parent: str  # name of whom it answers, "" if nobody
    parent_words: str
    has_edit: bool
    verbs: list[tuple[str, str]]  # (verb, words), remove apart
    may_remove: bool
    seen: str


def cards_of(comments: Sequence[Comment], reader: Reader) -> list[Card]:
    """Return the cards of a page; three queries, whatever its size."""
    parent_ids = {one.parent_id for one in comments} - {None}
    rows = Comment.objects.visible_to(reader).filter(pk__in=parent_ids)
    parents = {one.pk: one for one in rows.select_related("text", "member").defer("text__body")}
    numbers = page.numbers_of([one.pk for one in comments])
    counts = _counts(comments)
    return [
        _card(one, parents.get(one.parent_id or 0), numbers[one.pk], counts) for one in comments
    ]


def _card(
    comment: Comment,
    parent: Comment | None,
    number: str,
    counts: dict[tuple[str, int], dict[str, int]],
) -> Card:
    verbs = verbs_for(comment)
    gone = _("a comment that is gone") if comment.parent_id else ""
    return Card(
        comment=comment,
        number=number,
        kind=str(KINDS[comment.author_kind]),
        others=_in_words(comment, counts),
        parent=parent.name if parent else gone,
        parent_words=markup.excerpt(parent.text.body_html, PARENT_WORDS) if parent else "",
        has_edit=hasattr(comment, "held_edit"),
        verbs=[(one, str(VERBS[one][0])) for one in verbs if one not in ("remove", *EDIT_VERBS)],
        may_remove="remove" in verbs,
        seen=services.seen_of(comment),
    )


def _author(member_id: int | None, pen_id: int | None) -> tuple[str, int]:
    return ("member", member_id) if member_id else ("pen", pen_id or 0)


def _counts(comments: Sequence[Comment]) -> dict[tuple[str, int], dict[str, int]]:
    """Return {author: {state: how many}} of everything that these authors wrote; one query."""
    members = {one.member_id for one in comments} - {None}
    pens = {one.pen_id for one in comments} - {None}
    found: dict[tuple[str, int], dict[str, int]] = defaultdict(dict)
    theirs = Comment.objects.filter(Q(member__in=members) | Q(pen__in=pens)).exclude_purged()
    rows = theirs.order_by().values_list("member_id", "pen_id", "state").annotate(n=Count("pk"))
    for member_id, pen_id, state, count in rows:
        found[_author(member_id, pen_id)][state] = count
    return found


def _in_words(comment: Comment, counts: dict[tuple[str, int], dict[str, int]]) -> str:
    if not (comment.member_id or comment.pen_id):
        return ""
    mine = dict(counts[_author(comment.member_id, comment.pen_id)])
    mine[comment.state] = mine.get(comment.state, 1) - 1
    names = dict(State.choices)
    words = ", ".join(f"{n} {names[state]}" for state, n in sorted(mine.items()) if n)
    return words or _("nothing else yet")


@dataclass(frozen=True)
class Last:
    """What somebody decided last and can still undo, for the bar over the queue."""

    decision_id: int
    words: str
    ago: str

    @classmethod
    def of(cls, reader: Reader) -> "Last | None":
        """Return it; one query."""
        if reader.user is None:
            return None
        mine = Decision.objects.undoable().filter(event__actor_id=reader.user.pk)
        last = mine.select_related("event").order_by("-pk").first()
        if last is None:
            return None
        about = f"#{last.event.comment_id}: " if last.event.comment_id else ""
        return cls(last.pk, f"{about}{what(last.event)}", ago(last.event))
