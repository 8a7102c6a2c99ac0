"""What the address of a talk asks for."""

import re
from dataclasses import dataclass, replace
from typing import Any

from django.conf import settings
from django.core.exceptions import BadRequest
from django.http import QueryDict
from django.utils.translation import gettext as _

from forum.discussions.walk import BEST, CONTROVERSIAL, DISCUSSED, NEWEST, OLDEST, SORTS

ORDER_COOKIE_SECONDS = 365 * 24 * 3600
THREADS_BY = {  # the column of Thread by which an order puts threads, and which way it goes
    OLDEST: ("created_at", ">", "ASC"),
    NEWEST: ("created_at", "<", "DESC"),
    DISCUSSED: ("comment_count", "<", "DESC"),
    BEST: ("best", "<", "DESC"),
    CONTROVERSIAL: ("controversy", "<", "DESC"),
}
TOKEN = re.compile(r"^p?(\d{1,18})\.(\d{1,18})$")  # "p": the page before ended with a pinned thread


def orders_offered() -> tuple[str, ...]:
    """Return the orders that pages offer; the others are known all the same, as links are kept."""
    without = {"off": {BEST, CONTROVERSIAL}, "up": {CONTROVERSIAL}}.get(settings.VOTES, set())
    return tuple(sort for sort in SORTS if sort not in without)


def order_cookie() -> str:
    """Return the cookie that keeps an order as order.js sets it; a "*" stands for the order."""
    safe = "; secure" if settings.SESSION_COOKIE_SECURE else ""
    name = settings.ORDER_COOKIE_NAME
    return f"{name}=*; path=/; max-age={ORDER_COOKIE_SECONDS}; samesite=lax{safe}"


def order_names() -> dict[str, str]:
    """Return the orders in words."""
    return {
        OLDEST: _("oldest first"),
        NEWEST: _("newest first"),
        DISCUSSED: _("most discussed"),
        BEST: _("best first"),
        CONTROVERSIAL: _("most controversial"),
    }


@dataclass(frozen=True)
class Options:
    """What an address asks of a talk: its order, where the page begins, and whether all of it."""

    sort: str = OLDEST
    token: str = ""
    after: int = 0
    show_all: bool = False

    @classmethod
    def of(cls, query: QueryDict, usual: str = OLDEST) -> "Options":
        """Read ?sort=, ?page=, ?after= and ?all=; raise BadRequest where one makes no sense.

        `usual`: the order of an address that names none.
        """
        sort, token = query.get("sort", "") or usual, query.get("page", "")
        after = query.get("after", "0") or "0"
        if sort not in SORTS:
            raise BadRequest(
                _("This order is not known. Known are: %(orders)s.") % {"orders": ", ".join(SORTS)}
            )
        if token and not TOKEN.match(token):
            raise BadRequest(_("This page does not exist. Begin at the first page of the talk."))
        if not (after.isascii() and after.isdigit() and len(after) < 19):
            raise BadRequest(_("“after” must be the number of a comment."))
        return cls(sort, token, int(after), query.get("all") == "1")

    def query(self, **changes: Any) -> str:
        """Return the query string for these options with `changes`; other defaults are left out, but
        the order is named, as each reader may have another usual one.
        """
        wanted = replace(self, **changes)
        parts = [f"sort={wanted.sort}"]
        if wanted.show_all:
            parts.append("all=1")
        if wanted.token:
            parts.append(f"page={wanted.token}")
        if wanted.after:
            parts.append(f"after={wanted.after}")
        return "?" + "&amp;".join(parts)
