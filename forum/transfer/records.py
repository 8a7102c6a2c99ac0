"""Plain records: what every format is read into, and all that the loader takes. No database."""

from dataclasses import dataclass, field
from datetime import datetime


class BadFile(Exception):
    """A file that is refused. `line` and `column` say where, as the parser counts; 0: nowhere."""

    def __init__(self, why: str, line: int = 0, column: int = 0) -> None:
        super().__init__(why)
        self.why = why
        self.line = line
        self.column = column


@dataclass(slots=True)
class CommentRecord:
    """A comment as a source has it. `state` is one of discussions' State values."""

    source_id: str  # unique within its page
    parent_source_id: str  # "" at the top
    author_name: str
    created: datetime  # UTC
    body_raw: str
    body_format: str
    state: str
    author_url: str = ""  # http or https
    reason: str = ""  # of a removed one
    member_id: int | None = None  # else the author is the pen or, without one, the bare name
    pen_id: int | None = None
    item: str = ""  # the page on which source_id is one of a kind; "": its FilmRecord's ref
    twin: str = ""  # its id at Disqus, whichever system has it


@dataclass(slots=True)
class FilmRecord:
    """A page of a source and its comments, in any order."""

    ref: str  # the source's own id of the page
    title: str
    slug: str  # the last part of its address there; may be empty
    address: str  # path and query there; may be empty
    year: int | None = None
    category: str = ""
    categories: list[str] = field(default_factory=list)  # further ones
    description: str = ""
    description_format: str = "markdown"
    published: datetime | None = None
    is_draft: bool = False
    comments: list[CommentRecord] = field(default_factory=list)
    more_refs: list[str] = field(default_factory=list)  # further ids of the same page there
    more_addresses: list[str] = field(default_factory=list)
    # (system, site, ref) of the same page in another system; an empty site: any
    aliases: list[tuple[str, str, str]] = field(default_factory=list)

    @property
    def refs(self) -> list[str]:
        return [self.ref, *self.more_refs]

    @property
    def addresses(self) -> list[str]:
        return list(dict.fromkeys(each for each in (self.address, *self.more_addresses) if each))
