"""A WordPress export (WXR 1.0 to 1.2) into plain records. Reads only; memory holds one page at a time.

Where a rule is not obvious it is named beside the code; shared facts: the export leaves spam out,
keeps trash, writes comments flat with `comment_parent`, and repeats nothing about order.
"""

import gzip
import hashlib
import re
import zlib
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from email.utils import parsedate_to_datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import unquote
from xml.etree.ElementTree import ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

from forum.discussions.models import Reason, State
from forum.transfer.addresses import normal_address
from forum.transfer.records import BadFile, CommentRecord, FilmRecord
from forum.transfer.text import plain, showable_name, year_in

CHUNK = 64 * 1024  # bytes read at a time
MOST_TEXT = 16 * 1024 * 1024  # characters of one element; above it the file is refused
MOST_SILENT = 64 * 1024 * 1024  # bytes without one complete token; above it the file is refused
REF_CHARS = 200
MOST_DEEP = 100  # elements inside each other; an export has five
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
    def site(self) -> str:
        """The address of the site that was left, without scheme; the same for every export of it."""
        given = (self.head.get(key) for key in ("wp:base_blog_url", "wp:base_site_url", "link"))
        address = next((text for text in given if text), "")
        if not address:  # older and hand-made files: the host of the first page
            address = "/".join(self.first_link.split("/")[:3])
        return re.sub(r"^https?://", "", address).rstrip("/").lower()[:200] or "wordpress"


def read(path: Path, zone: tzinfo, tally: Tally) -> Iterator[FilmRecord]:
    """Yield the pages that may become films, in the order of the file, and fill `tally`.

    These are published posts, and published pages with comments; a type or a status that is
    missing means a published post. `zone` is that of the site, for dates without GMT.
    Raises BadFile.
    """
    target = _Target(zone, tally)
    parser = DefusedXMLParser(target=target, forbid_dtd=True)
    silent = 0
    with path.open("rb") as raw:
        for chunk in _chunks(raw):
            before = target.tokens
            _feed(parser, chunk)
            silent = silent + len(chunk) if before == target.tokens else 0
            if silent > MOST_SILENT:
                raise BadFile("one token goes on for 64 MiB")
            yield from target.take()
        _feed(parser, None)
    # Asked last, so that a broken file is told where it is broken.
    if not (target.is_rss and tally.version):
        raise BadFile("this is no WordPress export (an RSS file with WordPress's own elements)")


def _chunks(raw: BinaryIO) -> Iterator[bytes]:
    packed = raw.read(2) == b"\x1f\x8b"
    raw.seek(0)
    source: Any = gzip.GzipFile(fileobj=raw) if packed else raw
    try:
        while chunk := source.read(CHUNK):
            yield chunk
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise BadFile(f"the compressed file is damaged ({error})") from error


def _feed(parser: Any, chunk: bytes | None) -> None:
    """Hand bytes to the parser (None: the end), its complaints turned into BadFile."""
    try:
        parser.close() if chunk is None else parser.feed(chunk)
    except ParseError as error:
        why = str(error).split(":")[0]
        raise BadFile(f"malformed XML, {why}", *error.position) from error
    except DefusedXmlException as error:
        place = parser.parser
        raise BadFile(
            "it declares a document type or entities, which an export never does",
            place.CurrentLineNumber,
            place.CurrentColumnNumber,
        ) from error
    except (ValueError, LookupError) as error:  # encodings that the parser does not know
        raise BadFile(f"it cannot be decoded ({error})", 1) from error
    except BadFile as error:
        if not error.line:
            error.line = parser.parser.CurrentLineNumber
            error.column = parser.parser.CurrentColumnNumber
        raise


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


class _Target:
    """What the parser calls. Keeps one item's texts and gives complete items out by take()."""

    def __init__(self, zone: tzinfo, tally: Tally) -> None:
        self.zone, self.tally = zone, tally
        self.tokens = 0
        self.path: list[str] = []
        self.text: list[str] | None = None  # of the element being read; None: not kept
        self.text_depth = self.text_chars = 0
        self.is_rss = False
        self.item: _Item | None = None
        self.done: list[FilmRecord] = []
        self.refs: dict[str, str] = {}  # of the pages so far: their addresses

    def take(self) -> list[FilmRecord]:
        done, self.done = self.done, []
        return done

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        self.tokens += 1
        name = _name(tag)
        self.path.append(name)
        depth = len(self.path)
        if depth > MOST_DEEP:
            raise BadFile("elements lie more than 100 deep inside each other")
        if depth == 1:
            self.is_rss = name == "rss"
        if name.startswith("wp:") and not self.tally.version:
            self.tally.version = _EXPORT.match(tag[1:].split("}")[0])[1]  # type: ignore[index]
        if self.path == ["rss", "channel", "item"]:
            self.item = _Item(self.zone)
        if self.text is None and self._is_kept(name, depth):
            self.text, self.text_depth, self.text_chars = [], depth, 0
            if self.item and name == "category":
                self.item.domain = attributes.get("domain", "category")

    def _is_kept(self, name: str, depth: int) -> bool:
        if depth == 3:
            return name in _HEAD
        if self.item is None:
            return False
        if depth == 4:
            return name in _ITEM
        return depth == 5 and (self.path[3], name) in _INNER

    def data(self, data: str) -> None:
        self.tokens += 1
        if self.text is not None:
            self.text.append(data)
            self.text_chars += len(data)
            if self.text_chars > MOST_TEXT:
                raise BadFile("one text has more than 16 million characters")

    def end(self, tag: str) -> None:
        self.tokens += 1
        depth, name = len(self.path), self.path.pop()
        text = None
        if self.text is not None and depth == self.text_depth:
            text, self.text = "".join(self.text), None
        if depth == 3 and name == "item" and self.item:
            record = self.item.finish(self.tally)
            self.item = None
            if record:
                record.ref = self._own_ref(record)
                self.done.append(record)
        elif depth == 3 and text is not None:
            self.tally.head[name] = text.strip()
        elif depth == 4 and self.item:
            self.item.field(name, text)
        elif depth == 5 and self.item and text is not None:
            self.item.part[name] = text

    def _own_ref(self, record: FilmRecord) -> str:
        """Return the page's ref; another one where two pages of a joined file have the same."""
        ref = record.ref if len(record.ref) <= REF_CHARS else _digest(record.ref)
        if self.refs.setdefault(ref, record.address) != record.address:
            ref = _digest(f"{ref} {record.address}")
        return ref

    def close(self) -> None:
        """Part of the parser's interface."""


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
        self.part: dict[str, str] = {}  # of the comment or meta being read
        self.comments: list[CommentRecord] = []
        self.undated: list[CommentRecord] = []  # those of self.comments that wait for a date
        self.tally = Tally()  # of this item alone

    def field(self, name: str, text: str | None) -> None:
        if name == "wp:comment":
            self._comment({key[11:]: value for key, value in self.part.items()})
        elif name == "wp:postmeta":
            key = self.part.get("wp:meta_key", "").strip().lower()
            if key in _YEAR_META:
                self.years.setdefault(key, self.part.get("wp:meta_value", ""))
        elif name == "category" and text is not None:
            shelf = self.categories if self.domain == "category" else self.tags
            if self.domain in ("category", "post_tag", "tag"):
                shelf.append(plain(text))
        elif text is not None:
            self.texts.setdefault(name, text)
        if name in ("wp:comment", "wp:postmeta"):
            self.part = {}

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
        return _sensible(moment)

    def _film(self, link: str, date: datetime | None) -> FilmRecord:
        address = normal_address(link)
        slug = unquote(self.get("wp:post_name"))
        ref = self.get("wp:post_id") or address or slug
        title = plain(self.get("title")) or _last_word(address) or slug or "Untitled"
        year, title = self._year(title)
        named = [name for name in self.categories if name and name.lower() != "uncategorized"]
        return FilmRecord(
            ref=ref or _digest(f"{title}{self.texts}"),
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
        )

    def _year(self, title: str) -> tuple[int | None, str]:
        """Return the year and the title, which loses a trailing "(2002)" if that is the year."""
        for key in _YEAR_META:
            year = year_in(self.years.get(key, ""))
            if year:
                break
        else:
            year = None
        trailing = re.match(r"^(.*\S)\s*\((\d{4})\)$", title)
        in_title = year_in(trailing[2]) if trailing else None
        if trailing and in_title and year in (None, in_title):
            return in_title, trailing[1]
        tagged = (year_in(tag) for tag in self.tags if _YEAR_TAG.match(tag))
        return year or next((tag for tag in tagged if tag), None), title


def _digest(text: str) -> str:
    """Return a short name for what has none or too long a one; the same in every run."""
    return "x" + hashlib.sha256(text.encode()).hexdigest()[:24]


def _last_word(address: str) -> str:
    words = re.findall(r"[^/?&=]+", unquote(address))
    return words[-1] if words else ""


def _sensible(moment: datetime | None) -> datetime | None:
    """Return the moment if a person can have written then, and every zone has a name for it."""
    return moment if moment and 1970 <= moment.year <= 2199 else None


def _gmt(text: str) -> datetime | None:
    """Return "2019-03-02 20:14:00" as UTC; None for zeros, nothing or nonsense."""
    text = text.strip()
    with suppress(ValueError):
        if len(text) == 19:
            return _sensible(datetime.fromisoformat(text).replace(tzinfo=UTC))
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
        source_id=raw.get("id", "").strip()[:50] or _digest(f"{raw}"),
        parent_source_id="" if parent in ("", "0") else parent[:50],
        author_name=showable_name(raw.get("author", "")),
        author_url=url[:500] if url.startswith(("http://", "https://")) else "",
        created=created,
        body_raw=body,
        body_format="wp",
        state=state,
        reason=Reason.OTHER.value if state == State.REMOVED else "",
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
