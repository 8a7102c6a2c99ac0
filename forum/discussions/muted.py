"""Whom and what a reader has muted: a member's in the database, a guest's in a cookie of their browser,
and, where they left an address, a copy of the cookie with their pen, for who writes letters.

The cookie is no secret and gives no right, so it is read strictly and not signed. "1", then "-" and the
number of a comment in base 36 for each muted author, "." and the words, quoted, for each muted phrase.
An author is known by a comment of theirs, so that the cookie names neither member nor pen.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from urllib.parse import quote, unquote

from django.conf import settings
from django.db.models import Q
from django.http import HttpRequest

from forum import markup
from forum.accounts.readers import reader_of
from forum.discussions import muted_words
from forum.discussions.models import WORDS_CHARS, Comment, Mute
from forum.index import folding

MOST_IN_COOKIE = 30  # authors, and as many words
_COOKIE_CHARS = 3_000
_ENTRY = re.compile(r"-([0-9a-z]{1,12})|\.([A-Za-z0-9%_~]{1,720})", re.ASCII)
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True, slots=True)
class Kept:
    """What a guest's cookie says: a comment of each muted author, and words; the latest last."""

    comment_ids: tuple[int, ...] = ()
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Muted:
    """What a reader does not want to read; false where that is nothing."""

    people: frozenset[int] = frozenset()
    pens: frozenset[int] = frozenset()
    words: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.people or self.pens or self.words)

    @property
    def by_author(self) -> Q:
        """Which comments are of whom they muted; none where that is nobody."""
        found = Q(pk__in=())
        if self.people:
            found |= Q(member__in=self.people)
        return found | Q(pen__in=self.pens) if self.pens else found

    def hides(self, comment: Comment) -> bool:
        """Return True if a comment that was read with its text is behind them; no query."""
        is_by = comment.member_id in self.people or comment.pen_id in self.pens
        return is_by or says(comment.text.body_html, self.words)


NOTHING = Muted()


def read(cookie: str | None) -> Kept | None:
    """Return what a cookie says; None for none and for any that is bad."""
    if cookie is None or len(cookie) > _COOKIE_CHARS or not cookie.startswith("1"):
        return None
    ids, words, at = [], [], 1
    while at < len(cookie):
        found = _ENTRY.match(cookie, at)
        if found is None:
            return None
        if found[1]:
            ids.append(int(found[1], 36))
        else:
            words.append(unquote(found[2]))
        at = found.end()
    if max(len(ids), len(words)) > MOST_IN_COOKIE or any(len(one) > WORDS_CHARS for one in words):
        return None
    return Kept(tuple(ids), tuple(words))


def joined(one: Kept, more: Kept) -> Kept:
    """Return what both keep, each once, what `more` keeps last."""
    ids = (pk for pk in one.comment_ids if pk not in more.comment_ids)
    words = (some for some in one.words if some not in more.words)
    return Kept((*ids, *more.comment_ids), (*words, *more.words))


def written(kept: Kept) -> str | None:
    """Return the cookie for what is kept, "" for nothing; None if that is too much for one."""
    if kept == Kept():
        return ""
    words = [quote(one, safe="").replace(".", "%2E").replace("-", "%2D") for one in kept.words]
    parts = [f"-{_base36(pk)}" for pk in kept.comment_ids] + [f".{one}" for one in words]
    cookie = f"1{''.join(parts)}"
    is_small = max(len(kept.comment_ids), len(words)) <= MOST_IN_COOKIE
    return cookie if is_small and len(cookie) <= _COOKIE_CHARS else None


def _base36(number: int) -> str:
    found = ""
    while number:
        number, digit = divmod(number, 36)
        found = _DIGITS[digit] + found
    return found or "0"


def kept_in(request: HttpRequest) -> Kept:
    """Return what this browser's cookie says, nothing where there is none or a bad one."""
    return read(request.COOKIES.get(settings.MUTED_COOKIE_NAME)) or Kept()


def of(request: HttpRequest) -> Muted:
    """Return what who reads has muted; one query once a request, none where that is nothing."""
    found: Muted | None = getattr(request, "_foyer_muted", None)
    if found is None:
        found = _of(request)
        request._foyer_muted = found  # type: ignore[attr-defined]  # goes with the request
    return found


def _of(request: HttpRequest) -> Muted:
    member = reader_of(request).user
    if member:
        if not member.has_mutes:
            return NOTHING
        mutes = Mute.objects.filter(member=member).order_by("words")
        rows = list(mutes.values_list("person_id", "pen_id", "words"))
        return _muted(rows, [words for _person, _pen, words in rows if words])
    kept = kept_in(request)
    ids = kept.comment_ids
    authors = Comment.objects.filter(pk__in=ids).order_by().values_list("member_id", "pen_id")
    return _muted([(*one, None) for one in authors] if ids else [], kept.words)


def _muted(
    rows: Iterable[tuple[int | None, int | None, str | None]], words: Iterable[str]
) -> Muted:
    rows = list(rows)
    people = frozenset(person for person, _pen, _words in rows if person)
    return Muted(people, frozenset(pen for _person, pen, _words in rows if pen), tuple(words))


def silent(comment_ids: Sequence[int], muted: Muted) -> set[int]:
    """Return which of these comments are behind somebody's mutes; one query, none for nothing."""
    if not muted or not comment_ids:
        return set()
    said = Q(pk__in=())
    for words in muted.words:  # more than say them: only those are read
        said |= Q(text__words__contains=folding.running(words))
    rows = Comment.objects.filter(muted.by_author | said, pk__in=comment_ids).order_by()
    found = set()
    for pk, person, pen, html in rows.values_list("pk", "member_id", "pen_id", "text__body_html"):
        is_by = person in muted.people or pen in muted.pens
        if is_by or says(html or "", muted.words):
            found.add(pk)
    return found


def says(body_html: str, words: Iterable[str]) -> bool:
    """Return True if one of these words stands in what safe HTML shows."""
    return bool(words) and muted_words.says(markup.plain(body_html), words)
