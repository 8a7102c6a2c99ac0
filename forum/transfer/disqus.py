"""A Disqus export into plain records. Threads and posts lie flat in the file, in any order: they are
put aside on the disk while it is read and taken out page by page. Nothing of mail or network
addresses is kept.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from functools import lru_cache
from pathlib import Path
from typing import Any

from forum.discussions.models import State
from forum.transfer import streaming
from forum.transfer.addresses import last_word
from forum.transfer.merging import Thread, host_of, pages_of
from forum.transfer.records import BadFile, CommentRecord, FilmRecord
from forum.transfer.spool import Spool
from forum.transfer.text import digest, moment_of, plain, showable_name, title_and_year

REF_CHARS = 200
NO_DATE = datetime(1970, 1, 1, tzinfo=UTC)
LOST_LISTED = 1_000  # posts of missing threads that are named
_ID = "{http://disqus.com/disqus-internals}id"
_COLUMNS = ["id", "parent", "thread", "name", "created", "state", "body"]
_WORDPRESS = re.compile(
    r"^(\d{1,12}) (https?://\S+)$"
)  # what its plugin for WordPress writes as id
_YES, _NO = {"true", "1", "yes"}, {"false", "0", "no", ""}


@dataclass
class Tally:
    """What a reading of the file found beside its films."""

    forum: str = ""
    first_link: str = ""
    threads: int = 0
    posts: int = 0
    left_out_threads: Counter[str] = field(default_factory=Counter)
    left_out: Counter[str] = field(default_factory=Counter)  # posts, by why
    dates: Counter[str] = field(default_factory=Counter)
    unknown_states: Counter[str] = field(default_factory=Counter)
    merged: int = 0  # threads that are a page with others before them
    lost: list[str] = field(default_factory=list)  # posts whose thread is not in the file

    @property
    def site(self) -> str:
        return (self.forum or host_of(self.first_link) or "disqus").lower()[:200]

    @property
    def name(self) -> str:
        return f"a Disqus export of {self.site}"


class Export:
    """A file to be read once."""

    system = "disqus"

    def __init__(self, path: Path, zone: tzinfo, heard: streaming.Heard | None = None) -> None:
        self.path, self.heard = path, heard
        self.tally = Tally()
        self._spool = Spool(_COLUMNS)

    def pages(self) -> Iterator[FilmRecord]:
        """Yield the pages that may become films and fill `tally`. Raises BadFile, OSError."""
        target = _Target(self._spool, self.tally)
        for _nothing in streaming.parse(self.path, target, self.heard):
            pass
        if not target.is_disqus:
            raise BadFile("this is no Disqus export (its first element is not <disqus>)")
        self._spool.done()
        live = [one for one in target.threads.values() if one.ref and not one.is_deleted]
        self._tell_of_others(target)
        for threads in pages_of(live):
            self.tally.merged += len(threads) - 1
            page = self._page(threads)
            if page.comments:
                yield page
            else:
                self.tally.left_out_threads["empty"] += len(threads)

    def close(self) -> None:
        self._spool.close()

    def _tell_of_others(self, target: "_Target") -> None:
        """Count what stands on deleted threads and list what stands on none."""
        counts = self._spool.counts()
        for ref, thread in target.threads.items():
            if thread.is_deleted:
                self.tally.left_out_threads["deleted"] += 1
                self.tally.left_out["on deleted threads"] += counts.get(thread.number, 0)
            elif not thread.ref:
                self.tally.left_out["of threads that are not in the file"] += counts[thread.number]
                room = LOST_LISTED - len(self.tally.lost)
                for row, _at in zip(self._spool.take([thread.number]), range(room), strict=False):
                    self.tally.lost.append(f"post {row[0]} of thread {ref}")

    def _page(self, threads: list[Thread]) -> FilmRecord:
        """Return the page that these threads are."""
        by_date = sorted(threads, key=lambda one: (one.created or NO_DATE, one.number))
        newest = [*reversed(by_date)]
        addresses = list(dict.fromkeys(each for one in newest for each in one.addresses()))
        address = addresses[0] if addresses else ""
        titles = (plain(one.title) for one in newest)
        title = next(filter(None, titles), "") or last_word(address) or "Untitled"
        year, title = title_and_year(title)
        dates = (one.created for one in by_date)
        published = next(filter(None, dates), None)
        refs = [one.ref for one in by_date]
        return FilmRecord(
            ref=refs[0],
            title=title,
            slug=last_word(address),
            address=address,
            year=year,
            published=published,
            comments=self._comments(threads, published),
            more_refs=refs[1:],
            more_addresses=addresses[1:],
            aliases=[alias for one in threads for alias in _aliases(one)],
        )

    def _comments(self, threads: list[Thread], published: datetime | None) -> list[CommentRecord]:
        comments: dict[str, CommentRecord] = {}
        for row in self._spool.take([one.number for one in threads]):
            one = _comment(row)
            if one.source_id in comments:
                self.tally.left_out["the same post twice"] += 1
                continue
            if row[4] is None:
                how = "the date of their thread" if published else "1 January 1970, for want of any"
                self.tally.dates[how] += 1
                one.created = published or NO_DATE
            comments[one.source_id] = one
        return list(self._standing(comments))

    def _standing(self, comments: dict[str, CommentRecord]) -> Iterable[CommentRecord]:
        """Yield what comes in: live posts, and the others where a live reply stands on them."""
        held_up: set[str] = set()
        for one in comments.values():
            if one.state in (State.PUBLIC, State.HELD):
                at = one.parent_source_id
                while at in comments and at not in held_up:
                    held_up.add(at)
                    at = comments[at].parent_source_id
        for one in comments.values():
            if one.state in (State.PUBLIC, State.HELD) or one.source_id in held_up:
                yield one
            else:
                why = "spam" if one.state == State.SPAM else "deleted, without a reply"
                self.tally.left_out[why] += 1


def _aliases(thread: Thread) -> list[tuple[str, str, str]]:
    found = _WORDPRESS.match(thread.identifier)
    return [("wordpress", host_of(found[2]), found[1])] if found else []


def _comment(row: tuple[Any, ...]) -> CommentRecord:
    source_id, parent, thread, name, created, state, body = row
    return CommentRecord(
        source_id=source_id,
        parent_source_id=parent,
        author_name=name,
        created=datetime.fromisoformat(created) if created else NO_DATE,
        body_raw=body,
        body_format="html",
        state=state,
        item=thread,
        twin=source_id,
    )


@lru_cache(maxsize=512)
def _name(tag: str) -> str:
    return tag.rpartition("}")[2]


class _Target(streaming.Target):
    """Threads into memory, posts onto the disk."""

    def __init__(self, spool: Spool, tally: Tally) -> None:
        super().__init__()
        self.spool, self.tally = spool, tally
        self.is_disqus = False
        self.threads: dict[str, Thread] = {}  # also those that posts alone name; they have no ref
        self.own_id = ""  # dsq:id of the thread or post being read
        self.part: dict[str, str] = {}  # its texts
        self.kind = ""  # "thread", "post" or another child of the root

    def name(self, tag: str) -> str:
        return _name(tag)

    def opened(self, name: str, depth: int, attributes: dict[str, str]) -> bool:
        if depth == 1:
            self.is_disqus = name == "disqus"
        elif depth == 2:
            self.kind, self.own_id = name, attributes.get(_ID, "")
            self.part = {}
        elif depth == 3:
            if name in ("thread", "parent") and _ID in attributes:
                self.part[name] = attributes[_ID]
            return name in _KEPT
        elif depth == 4:
            return (self.path[2], name) in _INNER
        return False

    def closed(self, name: str, depth: int, text: str | None) -> None:
        if depth == 4 and text is not None:
            self.part.setdefault(self.path[2] if name == "id" else name, text)
        elif depth == 3 and text is not None:
            self.part.setdefault(name, text)
        elif depth == 2 and self.is_disqus:
            if name == "thread":
                self._thread()
            elif name == "post":
                self._post()
            self.tally.forum = self.tally.forum or self._get("forum")

    def _get(self, name: str) -> str:
        return self.part.get(name, "").strip()

    def _known(self, ref: str) -> Thread:
        if ref not in self.threads:
            self.threads[ref] = Thread(len(self.threads))
        return self.threads[ref]

    def _thread(self) -> None:
        self.tally.threads += 1
        identifier, link = self._get("id"), self._get("link")
        ref = _short(self.own_id.strip() or identifier) or digest(f"{self.part}")
        thread = self._known(ref)
        if thread.ref:
            self.tally.left_out_threads["there twice"] += 1
            return
        thread.ref, thread.link, thread.identifier = ref, link[:1000], identifier[:1000]
        thread.title = self._get("title")[:1000]
        thread.created = _moment(self._get("createdAt"))
        thread.is_deleted = self._get("isDeleted").lower() in _YES
        self.tally.first_link = self.tally.first_link or link

    def _post(self) -> None:
        self.tally.posts += 1
        body = self.part.get("message", "").strip()
        created = _moment(self._get("createdAt"))
        state = self._state()
        source_id = self.own_id.strip() or self._get("id") or digest(f"{self.part}")
        thread = _short(self._get("thread"))
        row = (
            source_id[:50],
            self._get("parent")[:50],
            thread,
            showable_name(self._get("name") or self._get("username")),
            created.isoformat() if created else None,
            state.value,
            body,
        )
        self.spool.put(self._known(thread).number, row)

    def _state(self) -> State:
        """Spam and deleted posts are never public; nor is what says something unheard of."""
        spam, deleted = self._get("isSpam").lower(), self._get("isDeleted").lower()
        if spam in _YES:
            return State.SPAM
        if deleted in _YES:
            return State.DELETED
        for name, value, usual in (
            ("isSpam", spam, _NO),
            ("isDeleted", deleted, _NO),
            ("isApproved", self._get("isApproved").lower(), _YES | {""}),
        ):
            if value not in usual:
                self.tally.unknown_states[f"{name} {value[:40]}"] += 1
                return State.HELD
        return State.PUBLIC


_KEPT = {
    "id",
    "forum",
    "link",
    "title",
    "message",
    "createdAt",
    "isDeleted",
    "isSpam",
    "isApproved",
}
_INNER = {("author", "name"), ("author", "username"), ("thread", "id"), ("parent", "id")}


def _short(ref: str) -> str:
    return ref if len(ref) <= REF_CHARS else digest(ref)


def _moment(text: str) -> datetime | None:
    """Return "2011-03-07T20:46:25Z" in UTC; one without a zone is in UTC too."""
    try:
        moment = datetime.fromisoformat(text)
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return moment_of(moment.astimezone(UTC))
    except (ValueError, OverflowError):
        return None
