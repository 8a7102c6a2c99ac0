"""What changed in a talk since a day: new threads, the most answered branches, what was edited.

Comments themselves, chosen by counting people; nothing is summed up in words of ours.
"""

from collections import Counter
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from forum.discussions import muted, muting, tree, walk
from forum.discussions.comments_html import CommentsHtml, Said, said
from forum.discussions.models import Comment, Topic
from forum.discussions.muted import NOTHING, Muted
from forum.discussions.walk import PUBLIC, Entry

MOST_LOOKED_AT = 1_000  # of the new comments, the latest
THREADS, BRANCHES, CHANGED = 12, 8, 8  # shown
REPLIES_SHOWN = 3  # under a branch
COUNTED_A_PERSON = 2


class New(NamedTuple):
    """A comment that became public since the day."""

    id: int
    parent_id: int | None
    author: tuple[Any, ...]
    at: datetime


@dataclass
class Branch:
    """New comments that hang together, and the comment they hang below: an older one, or, of a new
    thread, its first.
    """

    head_id: int
    is_thread: bool
    new: list[New] = field(default_factory=list)  # the first first; of a thread its head too

    @property
    def people(self) -> int:
        return len({one.author for one in self.new})

    @property
    def replies(self) -> int:
        return len(self.new) - self.is_thread

    @property
    def score(self) -> tuple[int, int, datetime]:
        """People first; then replies, of which a person has two counted; then the latest.

        So two who answer each other forty times stand below three who say one thing each.
        """
        by_author = Counter(one.author for one in self.new)
        counted = sum(min(times, COUNTED_A_PERSON) for times in by_author.values())
        return self.people, counted, max(one.at for one in self.new)


def branches(new: Iterable[New]) -> list[Branch]:
    """Return the branches that comments, the first first, make: the best of `score` first."""
    tops: dict[int, Branch] = {}  # by comment, new or the older one above
    found: dict[int, Branch] = {}
    for one in new:
        branch = tops.get(one.parent_id or 0)
        if branch is None:
            head = one.parent_id or one.id
            branch = found.setdefault(head, Branch(head, is_thread=one.parent_id is None))
        tops[one.id] = branch
        branch.new.append(one)
    return sorted(found.values(), key=lambda branch: branch.score, reverse=True)


@dataclass(frozen=True)
class Card:
    """One comment as the page shows it: `way`: those above it (number, address, name, body_html,
    is_muted); `more` leads on, at `address`.
    """

    comment_html: str
    way: list[dict[str, Any]]
    way_words: str
    more: str
    address: str


@dataclass(frozen=True)
class Changes:
    """What the page shows, and how much there is in all (counted to MOST_LOOKED_AT)."""

    threads: list[Card]
    answered: list[Card]
    edited: list[Card]
    comments: int
    people: int
    has_more_comments: bool
    has_more_threads: bool


def since(topic: Topic, start: datetime, what_is_muted: Muted = NOTHING) -> Changes:
    """Return what changed in a talk since a moment; four queries at most, six for who has muted somebody.

    What its reader muted is no news and counts for nothing; where it is shown, for what answers it or
    because it was edited, it is veiled.
    """
    latest, has_more = _new(topic.pk, start)
    silent = muted.silent([one.id for one in latest], what_is_muted)
    new = [one for one in latest if one.id not in silent]
    found = branches(new)
    threads = sorted((one for one in found if one.is_thread), key=lambda one: -one.head_id)
    answered = [one for one in found if not one.is_thread][:BRANCHES]
    edited = _edited(topic.pk, start, {one.head_id for one in answered})
    shown = [*threads[:THREADS], *answered, *edited]
    cards = _cards(topic, shown, start, what_is_muted)
    return Changes(
        threads=[cards[one.head_id] for one in threads[:THREADS] if one.head_id in cards],
        answered=[cards[one.head_id] for one in answered if one.head_id in cards],
        edited=[cards[one.head_id] for one in edited if one.head_id in cards],
        comments=len(new),
        people=len({one.author for one in new}),
        has_more_comments=has_more,
        has_more_threads=len(threads) > THREADS,
    )


def _new(topic_id: int, start: datetime) -> tuple[list[New], bool]:
    rows = Comment.objects.public().on_topic(topic_id).filter(state_at__gte=start)
    columns = ("pk", "parent_id", "member_id", "pen_id", "author_name", "state_at")
    latest = rows.order_by("-state_at", "-pk").values_list(*columns)[: MOST_LOOKED_AT + 1]
    found = [
        New(pk, parent_id, (member_id, pen_id, "" if pen_id else name), at)
        for pk, parent_id, member_id, pen_id, name, at in latest
    ]
    kept = sorted(found[:MOST_LOOKED_AT], key=lambda one: one.id)  # a parent before its replies
    return kept, len(found) > MOST_LOOKED_AT


def _edited(topic_id: int, start: datetime, but: set[int]) -> list[Branch]:
    """Return those that are older and were edited since, by author or staff."""
    rows = (
        Comment.objects.public().on_topic(topic_id).filter(state_at__lt=start).exclude(pk__in=but)
    )
    edited = rows.filter(Q(edited_at__gte=start) | Q(staff_edited_at__gte=start))
    latest = edited.order_by("-edited_at", "-pk").values_list("pk", flat=True)
    return [Branch(pk, is_thread=False) for pk in latest[:CHANGED]]


def _cards(
    topic: Topic, shown: Sequence[Branch], start: datetime, what_is_muted: Muted
) -> dict[int, Card]:
    """Return the card of each of these by its head's id; what is gone meanwhile has none."""
    ways = tree.ways_to([branch.head_id for branch in shown])
    wanted = {step.id for way in ways.values() for step in way}
    for branch in shown:
        wanted.update(_direct(branch))
    words = said(wanted)
    silent = muting.silent_among(words.values(), what_is_muted)
    page = CommentsHtml(topic, words)
    return {
        branch.head_id: _card(page, branch, ways[branch.head_id], silent, start)
        for branch in shown
        if branch.head_id in words
    }


def _direct(branch: Branch) -> list[int]:
    """Return the ids of the first new replies right below the head."""
    return [one.id for one in branch.new if one.parent_id == branch.head_id][:REPLIES_SHOWN]


def _card(
    page: CommentsHtml,
    branch: Branch,
    way: Sequence[tree.Step],
    silent: Container[int],
    start: datetime,
) -> Card:
    words = page.words
    head: Any = words[branch.head_id]  # a Said is a tree.Row with more
    ordinals = tuple(step.ordinal for step in way)
    above = _above(way, words, silent)
    direct = [pk for pk in _direct(branch) if pk in words]
    below: list[Any] = [words[pk] for pk in direct if words[pk].state == PUBLIC]
    entries = [Entry(head, 0, ()), *(Entry(one, 1, (one.ordinal,)) for one in below)]
    page.out.clear()
    page.add(entries, base=ordinals)
    return Card(
        comment_html=muting.veil_those(page.html(), silent),
        way=above,
        way_words=_way_words(len(above)),
        more=_more(branch) if branch.new else _("How it was before"),
        address=f"/comments/{branch.head_id}/"
        + (f"?since={start:%Y-%m-%dT%H:%M:%SZ}" if branch.new else "history/"),
    )


def _above(
    way: Sequence[tree.Step], words: dict[int, Said], silent: Container[int]
) -> list[dict[str, Any]]:
    """Return what stands above the last comment of a way, as Card.way has it."""
    ordinals = tuple(step.ordinal for step in way)
    return [
        {
            "number": walk.number(ordinals[: at + 1], ()),
            "address": reverse("comment", args=[step.id]),
            "name": words[step.id].member_name or words[step.id].author_name,
            "body_html": words[step.id].body_html,
            "is_muted": step.id in silent,
        }
        for at, step in enumerate(way[:-1])
        if step.id in words and step.state == PUBLIC
    ]


def _way_words(count: int) -> str:
    return ngettext(
        "It answers %(count)d comment", "It answers %(count)d comments", count
    ) % {"count": count}  # fmt: skip


def cards_of(
    topic: Topic, comment_ids: Sequence[int], what_is_muted: Muted = NOTHING
) -> list[Card]:
    """Return the cards of these comments of a topic in this order, without replies, what their reader
    muted veiled; two queries, three for who has muted somebody.
    """
    ways = tree.ways_to(comment_ids)
    words = said({step.id for way in ways.values() for step in way})
    silent = muting.silent_among(words.values(), what_is_muted)
    page = CommentsHtml(topic, words)
    cards = []
    for pk in comment_ids:
        if pk not in words or words[pk].state != PUBLIC:
            continue  # it went meanwhile
        way, one = ways[pk], words[pk]
        page.out.clear()
        head: Any = one  # a Said is a tree.Row with more
        page.add([Entry(head, 0, ())], base=tuple(step.ordinal for step in way))
        above, html = _above(way, words, silent), muting.veil_those(page.html(), silent)
        more, address = _("In the talk, with its replies"), f"/comments/{pk}/"
        cards.append(Card(html, above, _way_words(len(above)), more, address))
    return cards


def _more(branch: Branch) -> str:
    if not branch.replies:
        return ""
    replies = ngettext(
        "%(count)d new reply", "%(count)d new replies", branch.replies
    ) % {"count": branch.replies}  # fmt: skip
    people = ngettext("%(count)d person", "%(count)d people", branch.people) % {
        "count": branch.people
    }
    if branch.is_thread:
        return _("%(replies)s, %(people)s in all") % {"replies": replies, "people": people}
    return _("%(replies)s by %(people)s") % {"replies": replies, "people": people}
