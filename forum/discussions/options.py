"""What the address of a talk asks for."""

import re
from dataclasses import dataclass, replace
from typing import Any

from django.core.exceptions import BadRequest
from django.http import QueryDict
from django.utils.translation import gettext as _

from forum.discussions.walk import OLDEST, SORTS

TOKEN = re.compile(r"^(\d{1,18})\.(\d{1,18})$")


@dataclass(frozen=True)
class Options:
    """What an address asks of a talk: its order, where the page begins, and whether all of it."""

    sort: str = OLDEST
    token: str = ""
    after: int = 0
    show_all: bool = False

    @classmethod
    def of(cls, query: QueryDict) -> "Options":
        """Read ?sort=, ?page=, ?after= and ?all=; raise BadRequest where one makes no sense."""
        sort, token = query.get("sort", OLDEST) or OLDEST, query.get("page", "")
        after = query.get("after", "0") or "0"
        if sort not in SORTS:
            raise BadRequest(_("This order is not known: oldest, newest and discussed are."))
        if token and not TOKEN.match(token):
            raise BadRequest(_("This page does not exist. Begin at the first page of the talk."))
        if not (after.isascii() and after.isdigit() and len(after) < 19):
            raise BadRequest(_("“after” must be the number of a comment."))
        return cls(sort, token, int(after), query.get("all") == "1")

    def query(self, **changes: Any) -> str:
        """Return the query string for these options with `changes`, defaults left out."""
        wanted = replace(self, **changes)
        parts = []
        if wanted.sort != OLDEST:
            parts.append(f"sort={wanted.sort}")
        if wanted.show_all:
            parts.append("all=1")
        if wanted.token:
            parts.append(f"page={wanted.token}")
        if wanted.after:
            parts.append(f"after={wanted.after}")
        return "?" + "&amp;".join(parts) if parts else ""
