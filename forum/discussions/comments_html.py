"""Comments into HTML: one flat pass, the same bytes for every reader."""

from collections.abc import Container, Iterable, Sequence
from datetime import UTC, datetime, tzinfo
from functools import cache, lru_cache
from html import escape
from typing import NamedTuple

from django.conf import settings
from django.utils import timezone
from django.utils.dates import MONTHS
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from forum.accounts.models import User
from forum.accounts.pen_marks import mark_of
from forum.discussions import scores, tree, walk
from forum.discussions.models import EDITED_AFTER, CommentText, FoldReason, State, Topic
from forum.discussions.walk import PUBLIC, Entry


class Said(NamedTuple):
    """A tree.Row, and what the comment says: all that its HTML needs."""

    id: int
    parent_id: int | None
    thread_id: int
    state: str
    depth: int
    ordinal: int
    created_at: str  # as tree.as_text, and so the other moments
    ups: int
    downs: int
    author_name: str
    member_name: str | None
    edited_at: str | None
    body_html: str
    staff_edited_at: str | None
    is_locked: bool
    language: str
    pen_id: int | None
    is_namesake: bool
    kind: str
    fold_reason: str  # "" unless staff folded the branch
    slow_s: int  # 0 unless the branch is slow
    is_featured: bool
    version: int  # of the topic when it was read; 0: not asked


# Plain SQL: making it through the ORM and converting its rows cost as much as all the HTML.
_JOINS = (  # the names put in are of our own tables
    f"JOIN {CommentText._meta.db_table} t ON t.comment_id = c.id"
    f" LEFT JOIN {User._meta.db_table} u ON u.id = c.member_id"
)


def _columns(topic_id: int) -> tuple[str, ...]:
    """Return what Said has beyond tree.Row; without a topic the version is 0."""
    version = f"(SELECT version FROM {Topic._meta.db_table} WHERE id = {int(topic_id)})"
    return (
        "c.author_name",
        "u.username",
        tree.as_text("c.edited_at"),
        # What nobody may read is not fetched.
        f"CASE WHEN c.state = '{PUBLIC}' THEN t.body_html ELSE '' END",
        tree.as_text("c.staff_edited_at"),
        "c.locked_at IS NOT NULL",
        "c.language",
        "c.pen_id",
        "c.is_namesake",
        "c.kind",
        "c.fold_reason",
        "COALESCE(c.slow_s, 0)",
        "c.featured_at IS NOT NULL",
        version if topic_id else "0",
    )


def said(comment_ids: Iterable[int], topic_id: int = 0) -> dict[int, Said]:
    """Return {id: Said} of these comments; one query. With the topic's version if it is named."""
    found = tree.some_with(list(comment_ids), Said._make, _columns(topic_id), _JOINS)
    return {one.id: one for one in found}


def rows_said(thread_ids: Sequence[int]) -> list[Said]:
    """Return every comment of the threads in stored order, with its words; one query."""
    return tree.rows_with(thread_ids, Said._make, _columns(0), _JOINS)


def moment(stored: datetime | str) -> datetime:
    """Return a moment as the driver gives it (SQLite's has no zone and is in UTC) or as_text."""
    at = datetime.fromisoformat(stored) if isinstance(stored, str) else stored
    return at if at.tzinfo else at.replace(tzinfo=UTC)


class Phrases(NamedTuple):
    """What comments have in words, in one language; links in two parts, an id stands between."""

    reply: tuple[str, str]
    report: tuple[str, str]
    vote: tuple[str, str]
    guest: str
    moderator: str  # who says it as one
    another: str  # who took a name later
    edited: str
    staff_edited: str
    earlier: str
    in_reply_to: str
    date: str
    months: dict[int, str]


@cache
def phrases(_language: str | None) -> Phrases:
    """Return the phrases of the language that is active; asked for once a language."""
    return Phrases(
        reply=_reply_link(),
        report=_report_link(),
        vote=_vote_link(),
        guest=_("guest"),
        moderator=f' <b class="tag">{_("moderator")}</b>',
        another=f'<span class="another">{_("another")}</span> ',
        edited=_("edited"),
        staff_edited=_("edited by a moderator"),
        earlier=_("Earlier texts"),
        in_reply_to=_("in reply to"),
        date=_("%(day)d %(month)s %(year)d, %(time)s"),
        months={number: str(name) for number, name in MONTHS.items()},
    )


@lru_cache(maxsize=8_192)  # days: twenty years
def day_words(day: str, language: str | None) -> tuple[str, str]:
    """Return "2026-11-27" in words of the language that is active, in two parts round the time."""
    say = phrases(language)
    year, month, number = map(int, day.split("-"))
    said = {"day": number, "month": say.months[month], "year": year, "time": "\0"}
    before, _time, after = (say.date % said).partition("\0")
    return before, after


class CommentsHtml:
    """Collects the HTML of comments; levels are opened and closed by one flat pass."""

    def __init__(
        self, topic: Topic, words: dict[int, Said], here: int = 0, pinned: Container[int] = ()
    ) -> None:
        self.words, self.here = words, here
        self.pinned = pinned  # ids of threads
        self.base: tuple[int, ...] = ()
        self.out: list[str] = []
        self.numbers: dict[int, str] = {}
        self.folded: dict[tuple[int, bool], str] = {}
        self.scores: dict[int, str] = {}
        language = self.language = get_language()
        say = self.say = phrases(language)
        self.reply = () if topic.locked_at else say.reply
        self.vote = () if topic.locked_at or settings.VOTES == "off" else say.vote
        # By pen; what was imported from elsewhere has none, and no mark.
        self.guests: dict[int | None, str] = {None: f' <i class="guest">{say.guest}</i>'}
        self.now = timezone.now()
        zone = timezone.get_current_timezone()
        self.unsaid = ("", (language or "").partition("-")[0])  # languages
        self.zone: tzinfo | None = None if str(zone) == "UTC" else zone

    def html(self) -> str:
        return "".join(self.out)

    def add(self, entries: Sequence[Entry], *, base: tuple[int, ...], more: str = "") -> None:
        """Add a thread or branch; base: ordinals down to its root; `more` stands at its end.

        Where the page goes on in the middle of a branch, no article holds all: then it stands last.
        """
        self.base = base
        out = self.out
        if len(entries) == 1 and not entries[0].far:  # as most threads are
            out.extend(self._comment(entries[0], 0, more))
            return
        closing: list[str] = []  # of the open levels, the innermost last
        has_kids: list[bool] = []
        for entry, level in zip(entries, walk.levels(entries), strict=True):
            while len(closing) > level:
                out.append(f"</div>{closing.pop()}" if has_kids.pop() else closing.pop())
            if closing and not has_kids[-1]:
                has_kids[-1] = True
                out.append('<div class="kids">')
            own = more if entry is entries[0] and not entry.far else ""
            opened, closed = self._comment(entry, level, own)
            out.append(opened)
            closing.append(closed)
            has_kids.append(False)
        while closing:
            out.append(f"</div>{closing.pop()}" if has_kids.pop() else closing.pop())
        if entries and entries[0].far:
            out.append(more)

    def add_above(self, way: Sequence[tree.Step]) -> None:
        """Add the last comment of `way`, which stands above the page's own."""
        step, parent_id = way[-1], way[-2].id if len(way) > 1 else None
        row = tree.Row(step.id, parent_id, 0, step.state, len(way) - 1, step.ordinal, None)
        self.base = tuple(one.ordinal for one in way)
        entry = Entry(row, 0, (), far=parent_id is not None and parent_id not in self.numbers)
        self.out.extend(self._comment(entry, 0, "", extra=" above"))

    def _comment(self, entry: Entry, level: int, more: str, *, extra: str = "") -> tuple[str, str]:
        """Return what opens and what closes a comment; its replies stand between."""
        row = entry.row
        pk, parent_id = row.id, row.parent_id
        number = self.numbers[pk] = walk.number(self.base, entry.path)
        if pk == self.here:
            extra += " here"
        if entry.continues:
            more += self._continue(pk, entry.continues)
        place = (
            f'id="c{pk}" data-number="{number}" data-depth="{row.depth}"'
            f' data-parent="{parent_id or ""}"><a class="n" href="/comments/{pk}/">{number}</a>'
        )
        one = self.words.get(pk)
        if one is None or row.state != PUBLIC:
            return (
                f'<article class="comment gone{extra}" data-state="tombstone" {place}'
                f'<p class="note">{gone_words(row.state)}</p>',
                f"{more}</article>",
            )
        name, guest, another = one.member_name, "", ""
        if not name:
            name = one.author_name
            guest = self.guests.get(one.pen_id) or self._guest(one.pen_id)
            if one.is_namesake:
                another = self.say.another
        if one.kind:
            guest += self.say.moderator
        edited = self._edited(one) if one.edited_at or one.staff_edited_at else ""
        lang = "" if one.language in self.unsaid else f' lang="{one.language}"'
        is_low = bool(one.downs) and pk != self.here and scores.is_folded(one.ups, one.downs)
        if one.fold_reason:
            is_low = pk != self.here
            folded = self._folded_by_staff(entry.replies, one.fold_reason)
        else:
            folded = self._folded(entry.replies, is_low) if entry.replies or is_low else ""
        if one.is_featured or (self.pinned and parent_id is None and one.thread_id in self.pinned):
            folded = self._raised(one) + folded
        opening = '<details class="low">' if is_low else "<details open>"
        above = self._in_reply(entry) if parent_id and (level >= 4 or entry.far) else ""
        act = f"{self.reply[0]}{pk}{self.reply[1]}" if self.reply else ""
        report = f"{self.say.report[0]}{pk}{self.say.report[1]}"
        score = self._score(one) if one.ups or one.downs else ""
        if one.is_locked:
            act = score + self._locked(parent_id)
        else:
            vote = f"{self.vote[0]}{pk}{self.vote[1]}" if self.vote else ""
            act = f"{vote}{score}{act}"
            if one.slow_s:
                report += self._slow(one)
        if edited and entry.is_answered:  # then the earlier texts are for all to read
            report += f'<a href="/comments/{pk}/history/">{self.say.earlier}</a>'
        return (
            f'<article class="comment{extra}" {place}{opening}<summary>'
            f'{another}<b class="comment-author" dir="auto">{escape(name)}</b>{guest} {self.time(one.created_at)}'
            f'{edited}{folded}</summary>{above}<div class="comment-body" dir="auto"{lang}>{one.body_html}'
            f'</div><p class="acts" id="a{pk}">{act}{report}</p>',
            f"{more}</details></article>",
        )

    def _guest(self, pen_id: int | None) -> str:
        """Return the word that says who writes without an account, with the mark of the pen."""
        mark = mark_of(pen_id or 0)
        self.guests[pen_id] = f' <i class="guest" data-mark="{mark}">{self.say.guest}</i>'
        return self.guests[pen_id]

    def _continue(self, comment_id: int, count: int) -> str:
        words = ngettext(
            "Continue this conversation: %(count)d more below",
            "Continue this conversation: %(count)d more below",
            count,
        ) % {"count": count}
        return f'<p class="more"><a href="/comments/{comment_id}/">{words}</a></p>'

    def _edited(self, one: Said) -> str:
        """Return that and when a comment was edited, and whether by staff; "" if the author did so
        so soon that nobody saw it.
        """
        if one.staff_edited_at:
            edited = f'<span class="by-staff">{self.say.staff_edited}</span>'
            edited = f"{edited} {self.time(one.staff_edited_at)}"
        elif one.edited_at and moment(one.edited_at) - moment(one.created_at) >= EDITED_AFTER:
            edited = f"{self.say.edited} {self.time(one.edited_at)}"
        else:
            return ""
        return f' <span class="edited">{edited}</span>'

    def _locked(self, parent_id: int | None) -> str:
        """Return what stands in place of the reply link: words, at the top of what is locked."""
        above = self.words.get(parent_id or 0)
        if above and above.is_locked:
            return ""
        words = _("Locked by a moderator: no new replies here.")
        return f'<span class="quiet">{words}</span>'

    def _slow(self, one: Said) -> str:
        """Return what stands at the top of a slow branch, "" below it."""
        above = self.words.get(one.parent_id or 0)
        if not self.reply or (above and above.slow_s):
            return ""
        return f'<span class="quiet">{slow_words(one.slow_s)}</span>'

    def _raised(self, one: Said) -> str:
        """Return the words for what staff raised above other comments; no link, for a press on them
        folds.
        """
        words = ""
        if one.parent_id is None and one.thread_id in self.pinned:
            words = f' <span class="tag">{_("pinned")}</span>'
        if one.is_featured:
            words += f' <span class="tag">{_("featured")}</span>'
        return words

    def _folded_by_staff(self, count: int, reason: str) -> str:
        """Return the words that stay on a branch that staff folded: how much it is, and why."""
        words = ngettext(
            "folded by a moderator, with %(count)d reply: %(why)s",
            "folded by a moderator, with %(count)d replies: %(why)s",
            count,
        )
        if not count:
            words = _("folded by a moderator: %(why)s")
        why = dict(FoldReason.choices).get(reason, reason)
        return f' <span class="tag">{escape(words % {"count": count, "why": why})}</span>'

    def _folded(self, count: int, is_low: bool) -> str:
        """Return the words that stand in for a folded comment: its replies, and why it is folded if
        nobody has folded it.
        """
        name = (count, is_low)
        if name not in self.folded:
            words = ngettext(
                "folded, with %(count)d reply", "folded, with %(count)d replies", count
            )
            if is_low:
                words = ngettext(
                    "folded for its low score, with %(count)d reply",
                    "folded for its low score, with %(count)d replies",
                    count,
                )
            self.folded[name] = f' <span class="folded">{words % {"count": count}}</span>'
        return self.folded[name]

    def _score(self, one: Said) -> str:
        """Return a score in words, "" while it is not told."""
        if not scores.is_told(one.ups, one.downs, self.now - moment(one.created_at)):
            return ""
        score = one.ups - one.downs
        if score not in self.scores:
            self.scores[score] = f'<b data-score="{score}">{score_words(score)}</b>'
        return self.scores[score]

    def _in_reply(self, entry: Entry) -> str:
        parent_id = entry.row.parent_id or 0
        parent = self.words.get(parent_id)
        name = escape(parent.member_name or parent.author_name) if parent else ""
        if parent and parent.is_namesake and not parent.member_name:
            name = f"{_('another')} {name}"
        number = self.numbers.get(parent_id) or walk.number((*self.base, *entry.path)[:-1], ())
        target = f"#c{parent_id}" if parent_id in self.numbers else f"/comments/{parent_id}/"
        who = ", ".join(part for part in (name, number) if part)
        kind = "re far" if entry.far else "re"
        return f'<p class="{kind}">{self.say.in_reply_to} <a href="{target}">{who}</a></p>'

    def time(self, stored: str) -> str:
        """Return <time> with the exact date in the site's zone, of a moment as text."""
        here = stored if self.zone is None else str(moment(stored).astimezone(self.zone))
        before, after = day_words(here[:10], self.language)
        at = f"{before}{here[11:16]}{after}"
        return f'<time datetime="{stored[:10]}T{stored[11:19]}+00:00">{at}</time>'


def _reply_link() -> tuple[str, str]:
    """Return the link to the form of a reply in two parts; the comment's id stands between."""
    return '<a class="lead" href="/comments/', f'/reply/" data-form-link>{_("reply")}</a>'


def _report_link() -> tuple[str, str]:
    """Return the link to the page that reports, in two parts; overlay.py takes it from one's own."""
    return '<a href="/comments/', f'/report/">{_("report")}</a>'


def _vote_link() -> tuple[str, str]:
    """Return the link to the page of a vote in two parts; overlay.py puts buttons in its place."""
    return '<a class="vote" href="/comments/', f'/vote/">{_("vote")}</a>'


def score_words(score: int) -> str:
    """Return "3 points"."""
    return ngettext("%(count)d point", "%(count)d points", score) % {"count": score}


def slow_words(seconds: int) -> str:
    """Return what is said of a branch that takes one reply a person in so many seconds."""
    minutes = max(1, round(seconds / 60))
    return ngettext(
        "Slowed by a moderator: one reply a person a minute.",
        "Slowed by a moderator: one reply a person every %(n)d minutes.",
        minutes,
    ) % {"n": minutes}


def gone_words(state: str) -> str:
    """Return what a tombstone says."""
    return {
        State.HELD: _("waits for a moderator"),
        State.SPAM: _("removed"),
        State.REMOVED: _("removed by a moderator"),
        State.DELETED: _("deleted by its author"),
    }.get(State(state), _("deleted"))
