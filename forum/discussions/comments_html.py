"""Comments into HTML: one flat pass, the same bytes for every reader."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from html import escape
from typing import NamedTuple

from django.db import connection
from django.utils import timezone
from django.utils.dates import MONTHS
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from forum.accounts.models import User
from forum.discussions import tree, walk
from forum.discussions.models import EDITED_AFTER, Comment, CommentText, State, Topic
from forum.discussions.walk import Entry


class Said(NamedTuple):
    """What a comment's row on the page needs beside its place."""

    id: int
    author_name: str
    member_name: str | None
    created_at: datetime
    edited_at: datetime | None
    body_html: str
    staff_edited_at: datetime | None = None
    is_locked: bool = False


def said(comment_ids: Iterable[int]) -> dict[int, Said]:
    """Return {id: Said} of these comments; one query.

    Plain SQL: making it through the ORM and converting its rows cost as much as all the HTML.
    """
    ids = list(comment_ids)
    if not ids:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(_SAID.format(marks=",".join(["%s"] * len(ids))), ids)
        return {
            pk: Said(
                pk,
                name,
                member,
                moment(created),
                moment(edited) if edited else None,
                html,
                moment(by_staff) if by_staff else None,
                locked is not None,
            )
            for pk, name, member, created, edited, html, by_staff, locked in cursor.fetchall()
        }


_SAID = (  # the names put in are of our own tables
    "SELECT c.id, c.author_name, u.username, c.created_at, c.edited_at, t.body_html,"
    " c.staff_edited_at, c.locked_at"
    f" FROM {Comment._meta.db_table} c"
    f" JOIN {CommentText._meta.db_table} t ON t.comment_id = c.id"
    f" LEFT JOIN {User._meta.db_table} u ON u.id = c.member_id WHERE c.id IN ({{marks}})"
)


def moment(stored: datetime) -> datetime:
    """Return a moment as the driver gives it; SQLite's has no zone and is in UTC."""
    return stored if stored.tzinfo else stored.replace(tzinfo=UTC)


class CommentsHtml:
    """Collects the HTML of comments; levels are opened and closed by one flat pass."""

    def __init__(self, topic: Topic, words: dict[int, Said], here: int = 0) -> None:
        self.words, self.here = words, here
        self.base: tuple[int, ...] = ()
        self.out: list[str] = []
        self.numbers: dict[int, str] = {}
        self.folded: dict[int, str] = {}
        # Looked up once a page, not once a comment.
        self.reply = "" if topic.locked_at else _("reply")
        self.locked = _("Locked by a moderator: no new replies here.")
        self.staff_edited = _("edited by a moderator")
        self.guest, self.edited, self.in_reply_to = _("guest"), _("edited"), _("in reply to")
        self.date = _("%(day)d %(month)s %(year)d, %(time)s")
        self.months = [str(MONTHS[month]) for month in range(1, 13)]
        self.zone = timezone.get_current_timezone()

    def html(self) -> str:
        return "".join(self.out)

    def add(self, entries: Sequence[Entry], *, base: tuple[int, ...], more: str = "") -> None:
        """Add a thread or branch; base: ordinals down to its root; `more` stands at its end.

        Where the page goes on in the middle of a branch, no article holds all: then it stands last.
        """
        self.base = base
        open_levels: list[list[str]] = []  # [what closes the kids, what comes after them]

        def close() -> None:
            self.out.extend(open_levels.pop())

        for entry, level in zip(entries, walk.levels(entries), strict=True):
            while len(open_levels) > level:
                close()
            if open_levels and not open_levels[-1][0]:
                open_levels[-1][0] = "</div>"
                self.out.append('<div class="kids">')
            own = more if entry is entries[0] and not entry.far else ""
            opened, closed = self._comment(entry, level, own)
            self.out.append(opened)
            open_levels.append(["", closed])
        while open_levels:
            close()
        if entries and entries[0].far:
            self.out.append(more)

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
        number = self.numbers[row.id] = walk.number(self.base, entry.path)
        if row.id == self.here:
            extra += " here"
        parent = row.parent_id or ""
        if entry.continues:
            words = ngettext(
                "Continue this conversation: %(count)d more below",
                "Continue this conversation: %(count)d more below",
                entry.continues,
            ) % {"count": entry.continues}
            more += f'<p class="more"><a href="/comments/{row.id}/">{words}</a></p>'
        place = (
            f'id="c{row.id}" data-number="{number}" data-depth="{row.depth}" data-parent="{parent}"'
            f'><a class="n" href="/comments/{row.id}/">{number}</a>'
        )
        one = self.words.get(row.id)
        if one is None or row.state != State.PUBLIC:
            return (
                f'<article class="comment gone{extra}" data-state="tombstone" {place}'
                f'<p class="note">{gone_words(row.state)}</p>',
                f"{more}</article>",
            )
        summary = self._who(entry, one) + self._folded(entry)
        return (
            f'<article class="comment{extra}" {place}<details open><summary>{summary}</summary>'
            f"{self._in_reply(entry, level)}"
            f'<div class="comment-body" dir="auto">{one.body_html}</div>{self._acts(row.parent_id, one)}',
            f"{more}</details></article>",
        )

    def _who(self, entry: Entry, one: Said) -> str:
        name = escape(one.member_name or one.author_name)
        guest = "" if one.member_name else f' <i class="guest">{self.guest}</i>'
        edited = ""
        if one.staff_edited_at:
            edited = f'<span class="by-staff">{self.staff_edited}</span>'
            edited = f"{edited} {self.time(one.staff_edited_at)}"
        elif one.edited_at and one.edited_at - one.created_at >= EDITED_AFTER:
            edited = f"{self.edited} {self.time(one.edited_at)}"
        if edited:
            if entry.is_answered:  # then the earlier texts are for all to read
                edited = f'<a href="/comments/{one.id}/history/">{edited}</a>'
            edited = f' <span class="edited">{edited}</span>'
        return f'<b class="comment-author" dir="auto">{name}</b>{guest} {self.time(one.created_at)}{edited}'

    def _folded(self, entry: Entry) -> str:
        """Return the words that stand in for the replies of a folded comment."""
        count = entry.replies
        if count not in self.folded:
            words = ngettext(
                "folded, with %(count)d reply", "folded, with %(count)d replies", count
            )
            self.folded[count] = f' <span class="folded">{words % {"count": count}}</span>'
        return self.folded[count] if count else ""

    def _acts(self, parent_id: int | None, one: Said) -> str:
        """Return the line below a comment; at the top of what is locked it says so."""
        link = (
            f'<a class="lead" href="/comments/{one.id}/reply/" data-form-link>{self.reply}</a>'
            if self.reply
            else ""
        )
        if one.is_locked:
            above = self.words.get(parent_id or 0)
            is_top = not (above and above.is_locked)
            link = f'<span class="quiet">{self.locked}</span>' if is_top else ""
        return f'<p class="acts" id="a{one.id}">{link}</p>'

    def _in_reply(self, entry: Entry, level: int) -> str:
        parent_id = entry.row.parent_id
        if not parent_id or (level < 4 and not entry.far):
            return ""
        parent = self.words.get(parent_id)
        name = escape(parent.member_name or parent.author_name) if parent else ""
        number = self.numbers.get(parent_id) or walk.number((*self.base, *entry.path)[:-1], ())
        target = f"#c{parent_id}" if parent_id in self.numbers else f"/comments/{parent_id}/"
        who = ", ".join(part for part in (name, number) if part)
        kind = "re far" if entry.far else "re"
        return f'<p class="{kind}">{self.in_reply_to} <a href="{target}">{who}</a></p>'

    def time(self, at: datetime) -> str:
        """Return <time> with the exact date in the site's zone."""
        here = at.astimezone(self.zone)
        shown = self.date % {
            "day": here.day,
            "month": self.months[here.month - 1],
            "year": here.year,
            "time": f"{here.hour:02}:{here.minute:02}",
        }
        return f'<time datetime="{at.isoformat(timespec="seconds")}">{shown}</time>'


def gone_words(state: str) -> str:
    """Return what a tombstone says."""
    return {
        State.HELD: _("waits for a moderator"),
        State.SPAM: _("removed"),
        State.REMOVED: _("removed by a moderator"),
        State.DELETED: _("deleted by its author"),
    }.get(State(state), _("deleted"))
