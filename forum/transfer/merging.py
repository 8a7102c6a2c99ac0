"""Which threads of a Disqus forum are one page: the same address in other dress, then the title. Pure.

One page becomes several threads when it is asked for by http and https, with www and without, with
a query that only says where a visitor came from, on the domain that the site had before.
"""

import re
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import urlsplit

from films import words
from forum.transfer.addresses import last_word, normal_address
from forum.transfer.text import plain

# Queries that say who sent the visitor, never which page is meant.
_TRACKING = re.compile(
    r"^(?:utm_\w+|fbclid|gclid|dclid|msclkid|yclid|igshid|mc_[ce]id|_ga|_gl|ref|ref_src|source|spref"
    r"|share|replytocom|amp|m|fb_\w+|action_\w+|from|via|cid|nr|s?ns_\w+)$",
    re.I,
)


@dataclass(slots=True)
class Thread:
    """A thread as the file has it. `number` is its place in the order of the file."""

    number: int
    ref: str = ""
    link: str = ""
    identifier: str = ""
    title: str = ""
    created: datetime | None = None
    is_deleted: bool = False

    def links(self) -> list[str]:
        """Return the addresses by which it is known; an identifier often is one."""
        return [link for link in (self.link, self.identifier) if address_of(link)]

    def addresses(self) -> list[str]:
        """Return path and query of each, in one spelling, without what is the visitor's own."""
        return list(dict.fromkeys(address_of(link) for link in self.links()))


def address_of(link: str) -> str:
    """Return path and query of a link without what tracks its visitors; empty if it is none."""
    address = normal_address(link.partition("#")[0])
    path, _, query = address.partition("?")
    kept = [part for part in query.split("&") if part and not _TRACKING.match(_name(part))]
    return f"{path}?{'&'.join(kept)}" if kept else path


def _name(part: str) -> str:
    return part.partition("=")[0]


def host_of(link: str) -> str:
    try:
        host = urlsplit(link.strip()).hostname or ""
    except ValueError:
        return ""
    return host.removeprefix("www.")


def _page_key(link: str) -> str:
    """Return what links to one page have in common; on other domains only paths that say something."""
    address = address_of(link)
    path, _, query = address.partition("?")
    path = re.sub(r"/index\.\w{2,5}$", "/", path).rstrip("/").lower() or "/"
    key = f"{path}?{query}" if query else path
    return f"{host_of(link)}{key}" if path == "/" else key


@dataclass
class _Sets:
    """Sets that grow together (union-find), over the places of a list."""

    up: list[int] = field(default_factory=list)

    def top(self, at: int) -> int:
        while self.up[at] != at:
            self.up[at] = self.up[self.up[at]]
            at = self.up[at]
        return at

    def join(self, some: Iterable[int]) -> None:
        """Make one set of all in which these stand; the smallest place is its top."""
        tops = sorted({self.top(at) for at in some})
        for at in tops[1:]:
            self.up[at] = tops[0]


def pages_of(threads: Sequence[Thread]) -> list[list[Thread]]:
    """Return the threads of each page, pages and threads in the order of the file."""
    sets = _Sets(list(range(len(threads))))
    _join_by(
        sets, ((_page_key(link), at) for at, one in enumerate(threads) for link in one.links())
    )
    by_title: dict[str, list[int]] = {}
    for at, one in enumerate(threads):
        if key := words.sort_key(plain(one.title)):
            by_title.setdefault(key, []).append(at)
    for same in by_title.values():
        _join_by_title(sets, threads, same)
    pages: dict[int, list[Thread]] = {}
    for at, one in enumerate(threads):
        pages.setdefault(sets.top(at), []).append(one)
    return list(pages.values())


def _join_by(sets: _Sets, keyed: Iterable[tuple[Hashable, int]]) -> None:
    groups: dict[Hashable, list[int]] = {}
    for key, at in keyed:
        groups.setdefault(key, []).append(at)
    for some in groups.values():
        sets.join(some)


def _join_by_title(sets: _Sets, threads: Sequence[Thread], same: Sequence[int]) -> None:
    """Join threads of one title: those whose addresses end alike, then all, unless one site has two
    pages of that title (films of one name, or a title that every page has).
    """
    if len({sets.top(at) for at in same}) == 1:
        return
    _join_by(sets, ((last_word((threads[at].addresses() or [""])[0]).lower(), at) for at in same))
    hosts: dict[str, set[int]] = {}
    for at in same:
        for link in threads[at].links() or [""]:
            hosts.setdefault(host_of(link), set()).add(sets.top(at))
    if all(len(pages) == 1 for pages in hosts.values()):
        sets.join(same)
