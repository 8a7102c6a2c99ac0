"""The first reading of a file: everything is counted, nothing is written."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime

from forum.transfer.forest import plant
from forum.transfer.records import FilmRecord

Reading = Callable[[], Iterable[FilmRecord]]


@dataclass
class Survey:
    """What a file holds. Texts are not kept, so that its size does not matter."""

    pages: int = 0
    drafts: int = 0
    states: Counter[str] = field(default_factory=Counter)
    depths: Counter[int] = field(default_factory=Counter)
    orphans: int = 0
    circles: int = 0
    first: datetime | None = None
    last: datetime | None = None
    no_year: list[str] = field(default_factory=list)
    # page: {parent's id: the other page on which that parent stands}
    strays: dict[str, dict[str, str]] = field(default_factory=dict)
    stray_comments: int = 0

    @property
    def comments(self) -> int:
        return self.states.total()


def survey(read: Reading) -> Survey:
    """Return what `read()` gives, counted. It is called again only if a parent is not on its page."""
    found = Survey()
    wanted: dict[str, list[str]] = {}  # parent's id: pages that ask for it, one entry a reply
    for page in read():
        found.pages += 1
        found.drafts += page.is_draft
        if page.year is None:
            found.no_year.append(page.title)
        forest = plant(page.comments)
        found.depths += forest.depths()
        found.circles += forest.circles
        found.orphans += len(forest.orphans)
        if not page.is_draft:
            for source_id in forest.orphans:
                parent = forest.comments[source_id].parent_source_id
                wanted.setdefault(parent, []).append(page.ref)
        for comment in page.comments:
            found.states[comment.state] += 1
            found.first = min(found.first or comment.created, comment.created)
            found.last = max(found.last or comment.created, comment.created)
    if wanted:
        _find_strays(read, wanted, found)
    return found


def _find_strays(read: Reading, wanted: dict[str, list[str]], found: Survey) -> None:
    """Look for the parents in the whole file; one that is there on exactly one page is theirs.

    Drafts are left out on both sides: what is said there must not become public here.
    """
    homes: dict[str, list[str]] = {}
    for page in read():
        if not page.is_draft:
            for comment in page.comments:
                if comment.source_id in wanted:
                    homes.setdefault(comment.source_id, []).append(page.ref)
    for parent, pages in homes.items():
        if len(pages) == 1:
            for asking in wanted[parent]:
                found.strays.setdefault(asking, {})[parent] = pages[0]
            found.stray_comments += len(wanted[parent])
    found.orphans -= found.stray_comments
