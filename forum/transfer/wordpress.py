"""A WordPress export (WXR 1.0 to 1.2) into plain records. Reads only; memory holds one page at a time.

Where a rule is not obvious it is named beside the code; shared facts: the export leaves spam out,
keeps trash, writes comments flat with `comment_parent`, and repeats nothing about order.
"""

import re
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from email.utils import parsedate_to_datetime
from functools import lru_cache
from pathlib import Path
from urllib.parse import unquote

from forum.discussions.models import Reason, State
from forum.transfer import streaming
from forum.transfer.addresses import last_word, normal_address
from forum.transfer.records import BadFile, CommentRecord, FilmRecord
from forum.transfer.text import digest, moment_of, plain, showable_name, title_and_year, year_in

REF_CHARS = 200
STATES = {
    "1": State.PUBLIC,
    "approved": State.PUBLIC,
    "0": State.HELD,
    "hold": State.HELD,
    "trash": State.REMOVED,
    "post-trashed": State.REMOVED,
    "spam": State.SPAM,
}
NO_DATE = datetime(1970, 1, 1, tzinfo=UTC)
_EXPORT = re.compile(r"^https?://(?:www\.)?wordpress\.org/export/([0-9.]+)/(excerpt/)?$")
_YEAR_META = ("year", "release_year")
_YEAR_TAG = re.compile(r"^\d{4}$")


@dataclass
class Tally:
    """What a reading of the file found beside its films."""

    version: str = ""
    head: dict[str, str] = field(default_factory=dict)
    items: Counter[str] = field(default_factory=Counter)  # "post, publish": how many
    left_out_items: Counter[str] = field(default_factory=Counter)  # those that do not come in
    left_out: Counter[str] = field(default_factory=Counter)  # comments, by why
    dates: Counter[str] = field(default_factory=Counter)  # comments without a GMT date, by source
    unknown_states: Counter[str] = field(default_factory=Counter)
    first_link: str = ""

    @property
    def name(self) -> str:
        return f"a WordPress export of {self.site} (WXR {self.version})"

    @property
    def site(self) -> str:
        """The address of the site that was left, without scheme; the same for every export of it."""
        given = (self.head.get(key) for key in ("wp:base_blog_url", "wp:base_site_url", "link"))
        address = next((text for text in given if text), "")
        if not address:  # older and hand-made files: the host of the first page
            address = "/".join(self.first_link.split("/")[:3])
        return re.sub(r"^https?://", "", address).rstrip("/").lower()[:200] or "wordpress"


class Export:
    """A file to be read once."""

    system = "wordpress"

    def __init__(self, path: Path, zone: tzinfo, heard: streaming.Heard | None = None) -> None:
        self.path, self.zone, self.heard = path, zone, heard
        self.tally = Tally()

    def pages(self) -> Iterator[FilmRecord]:
        """Yield what read() does. Raises BadFile, OSError."""
        return read(self.path, self.zone, self.tally, self.heard)

    def close(self) -> None:
        """Nothing is put aside."""


def read(
    path: Path, zone: tzinfo, tally: Tally, heard: streaming.Heard | None = None
) -> Iterator[FilmRecord]:
    """Yield the pages that may become films, in the order of the file, and fill `tally`.

    These are published posts, and published pages with comments; a type or a status that is
    missing means a published post. `zone` is that of the site, for dates without GMT.
    Raises BadFile.
    """
    target = _Target(zone, tally)
    yield from streaming.parse(path, target, heard)
    # Asked last, so that a broken file is told where it is broken.
    if not (target.is_rss and tally.version):
        raise BadFile("this is no WordPress export (an RSS file with WordPress's own elements)")


@lru_cache(maxsize=512)
def _name(tag: str) -> str:
    """Return "wp:comment" for a name of any version of the export, "content:encoded", …"""
    space, _, local = tag.rpartition("}")
    space = space.lstrip("{")
    if not space:
        return local
    export = _EXPORT.match(space)
    if export:
        return f"excerpt:{local}" if export[2] else f"wp:{local}"
    return f"content:{local}" if space.endswith("/modules/content/") else f"other:{local}"


class _Target(streaming.Target):
    """Keeps one item's texts and gives complete items out."""

    def __init__(self, zone: tzinfo, tally: Tally) -> None:
        super().__init__()
        self.zone, self.tally = zone, tally
        self.is_rss = False
        self.item: _Item | None = None
        self.refs: dict[str, str] = {}  # of the pages so far: their addresses

    def name(self, tag: str) -> str:
        if tag.startswith("{http") and not self.tally.version:
            export = _EXPORT.match(tag[1:].split("}")[0])
            if export and not export[2]:
                self.tally.version = export[1]
        return _name(tag)

    def opened(self, name: str, depth: int, attributes: dict[str, str]) -> bool:
        if depth == 1:
            self.is_rss = name == "rss"
        if depth == 3 and self.path == ["rss", "channel", "item"]:
            self.item = _Item(self.zone)
        if depth == 3:
            return name in _HEAD
        if self.item is None:
            return False
        if depth == 4:
            if name == "category":
                self.item.domain = attributes.get("domain", "category")
            return name in _ITEM
        if depth == 5:
            return (self.path[3], name) in _INNER
        return depth == 6 and self.path[4] == "wp:commentmeta" and name in _META

    def closed(self, name: str, depth: int, text: str | None) -> None:
        if depth == 3 and name == "item" and self.item:
            record = self.item.finish(self.tally)
            self.item = None
            if record:
                record.ref = self._own_ref(record)
                self.done.append(record)
        elif depth == 3 and text is not None:
            self.tally.head[name] = text.strip()
        elif self.item is None:
            return
        elif depth == 4:
            self.item.field(name, text)
        elif depth == 5:
            if name == "wp:commentmeta":
                self.item.comment_meta()
            elif text is not None:
                self.item.part[name] = text
        elif depth == 6 and text is not None:
            self.item.meta[name] = text

    def _own_ref(self, record: FilmRecord) -> str:
        """Return the page's ref; another one where two pages of a joined file have the same."""
        ref = record.ref if len(record.ref) <= REF_CHARS else digest(record.ref)
        if self.refs.setdefault(ref, record.address) != record.address:
            ref = digest(f"{ref} {record.address}")
        return ref


_HEAD = {"link", "wp:base_site_url", "wp:base_blog_url"}
_ITEM = {
    "title",
    "link",
    "pubDate",
    "content:encoded",
    "category",
    "wp:post_id",
    "wp:post_date",
    "wp:post_date_gmt",
    "wp:post_name",
    "wp:status",
    "wp:post_type",
    "wp:post_password",
}
_META = {"wp:meta_key", "wp:meta_value"}
_INNER = {
    ("wp:postmeta", "wp:meta_key"),
    ("wp:postmeta", "wp:meta_value"),
    ("wp:comment", "wp:comment_id"),
    ("wp:comment", "wp:comment_author"),
    ("wp:comment", "wp:comment_author_url"),
    ("wp:comment", "wp:comment_date"),
    ("wp:comment", "wp:comment_date_gmt"),
    ("wp:comment", "wp:comment_content"),
    ("wp:comment", "wp:comment_approved"),
    ("wp:comment", "wp:comment_type"),
    ("wp:comment", "wp:comment_parent"),
}


class _Item:
    """One <item> as it is read."""

    def __init__(self, zone: tzinfo) -> None:
        self.zone = zone
        self.texts: dict[str, str] = {}
        self.domain = ""  # of the category being read
        self.categories: list[str] = []
        self.tags: list[str] = []
        self.years: dict[str, str] = {}
        self.threads: list[str] = []  # of Disqus, copied beside this page
        self.part: dict[str, str] = {}  # of the comment or meta being read
        self.meta: dict[str, str] = {}  # of the comment's meta being read
        self.comments: list[CommentRecord] = []
        self.undated: list[CommentRecord] = []  # those of self.comments that wait for a date
        self.tally = Tally()  # of this item alone

    def field(self, name: str, text: str | None) -> None:
        if name == "wp:comment":
            self._comment({key[11:]: value for key, value in self.part.items()})
        elif name == "wp:postmeta":
            key = self.part.get("wp:meta_key", "").strip().lower()
            value = self.part.get("wp:meta_value", "")
            if key in _YEAR_META:
                self.years.setdefault(key, value)
            elif key == "dsq_thread_id" and 0 < len(value.strip()) <= REF_CHARS:
                self.threads.append(value.strip())
        elif name == "category" and text is not None:
            shelf = self.categories if self.domain == "category" else self.tags
            if self.domain in ("category", "post_tag", "tag"):
                shelf.append(plain(text))
        elif text is not None:
            self.texts.setdefault(name, text)
        if name in ("wp:comment", "wp:postmeta"):
            self.part = {}

    def comment_meta(self) -> None:
        """A comment's meta has ended: Disqus's copies carry their number there."""
        if self.meta.get("wp:meta_key", "").strip() == "dsq_post_id":
            self.part["wp:comment_twin"] = self.meta.get("wp:meta_value", "")
        self.meta = {}

    def get(self, name: str) -> str:
        return self.texts.get(name, "").strip()

    def _comment(self, raw: dict[str, str]) -> None:
        kind = raw.get("type", "").strip().lower()
        if kind not in ("", "comment"):
            self.tally.left_out[kind[:40]] += 1
            return
        created = self._written(raw)
        comment = _comment(raw, created or NO_DATE, self.tally)
        self.comments.append(comment)
        if created is None:
            self.undated.append(comment)

    def _written(self, raw: dict[str, str]) -> datetime | None:
        """Return when a comment was written: its GMT date, else the local one."""
        moment = _gmt(raw.get("date_gmt", ""))
        if moment is None:
            moment = _local(raw.get("date", ""), self.zone)
            if moment:
                self.tally.dates["the local date, read in the site's zone"] += 1
        return moment

    def finish(self, tally: Tally) -> FilmRecord | None:
        """Return the item as a record, None if it does not come in."""
        kind, status = self.get("wp:post_type") or "post", self.get("wp:status") or "publish"
        tally.items[f"{kind}, {status}"] += 1
        tally.first_link = tally.first_link or self.get("link")
        tally.left_out += self.tally.left_out
        is_page = kind == "page" and self.comments
        if status != "publish" or not (kind == "post" or is_page):
            tally.left_out_items[f"{kind}, {status}"] += 1
            if self.comments:
                tally.left_out["on pages that do not come in"] += len(self.comments)
            return None
        record = self._film(self.get("link"), self._published())
        tally.dates += self.tally.dates
        tally.unknown_states += self.tally.unknown_states
        if self.undated:
            how = (
                "the date of their page" if record.published else "1 January 1970, for want of any"
            )
            tally.dates[how] += len(self.undated)
        for comment in self.undated:
            comment.created = record.published or NO_DATE
        record.comments = _distinct(self.comments, tally)
        return record

    def _published(self) -> datetime | None:
        moment = _gmt(self.get("wp:post_date_gmt")) or _local(self.get("wp:post_date"), self.zone)
        if moment is None:
            with suppress(ValueError, TypeError, OverflowError):
                moment = parsedate_to_datetime(self.get("pubDate"))
                moment = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
        return moment_of(moment)

    def _film(self, link: str, date: datetime | None) -> FilmRecord:
        address = normal_address(link)
        slug = unquote(self.get("wp:post_name"))
        ref = self.get("wp:post_id") or address or slug
        title = plain(self.get("title")) or last_word(address) or slug or "Untitled"
        year, title = self._year(title)
        named = [name for name in self.categories if name and name.lower() != "uncategorized"]
        return FilmRecord(
            ref=ref or digest(f"{title}{self.texts}"),
            title=title,
            slug=slug,
            address=address,
            year=year,
            category=named[0] if named else "",
            categories=list(dict.fromkeys(named[1:])),
            description=self.texts.get("content:encoded", ""),
            description_format="wp",
            published=date,
            is_draft=bool(self.get("wp:post_password")),
            aliases=[("disqus", "", thread) for thread in self.threads],
        )

    def _year(self, title: str) -> tuple[int | None, str]:
        """Return the year and the title, which loses a trailing "(2002)" if that is the year."""
        for key in _YEAR_META:
            year = year_in(self.years.get(key, ""))
            if year:
                break
        else:
            year = None
        in_title, without = title_and_year(title)
        if in_title and year in (None, in_title):
            return in_title, without
        tagged = (year_in(tag) for tag in self.tags if _YEAR_TAG.match(tag))
        return year or next((tag for tag in tagged if tag), None), title


def _gmt(text: str) -> datetime | None:
    """Return "2019-03-02 20:14:00" as UTC; None for zeros, nothing or nonsense."""
    text = text.strip()
    with suppress(ValueError):
        if len(text) == 19:
            return moment_of(datetime.fromisoformat(text).replace(tzinfo=UTC))
    return None


def _local(text: str, zone: tzinfo) -> datetime | None:
    moment = _gmt(text)
    return moment.replace(tzinfo=zone).astimezone(UTC) if moment else None


def _comment(raw: dict[str, str], created: datetime, tally: Tally) -> CommentRecord:
    approved = raw.get("approved", "").strip().lower()
    if approved not in STATES:
        tally.unknown_states[approved[:40] or "(empty)"] += 1
    state = STATES.get(approved, State.HELD)
    parent, url = raw.get("parent", "").strip(), raw.get("author_url", "").strip()
    body = raw.get("content", "")
    return CommentRecord(
        source_id=raw.get("id", "").strip()[:50] or digest(f"{raw}"),
        parent_source_id="" if parent in ("", "0") else parent[:50],
        author_name=showable_name(raw.get("author", "")),
        author_url=url[:500] if url.startswith(("http://", "https://")) else "",
        created=created,
        body_raw=body,
        body_format="wp",
        state=state.value,
        reason=Reason.OTHER.value if state == State.REMOVED else "",
        twin=raw.get("twin", "").strip()[:50],
    )


def _distinct(comments: list[CommentRecord], tally: Tally) -> list[CommentRecord]:
    """Return comments with different ids: one that is there twice once, others renamed "11#2"."""
    kept: dict[str, CommentRecord] = {}
    for comment in comments:
        source_id, times = comment.source_id, 1
        while comment.source_id in kept and kept[comment.source_id] != comment:
            times += 1
            comment.source_id = f"{source_id}#{times}"
        if comment.source_id in kept:
            tally.left_out["the same comment twice"] += 1
        kept[comment.source_id] = comment
    return list(kept.values())
