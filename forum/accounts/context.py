"""What every page's template knows."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.translation import gettext as _

from forum.accounts.looks import looks_of
from forum.accounts.models import User
from forum.accounts.readers import reader_of

MOST_SHOWN = 100  # unread notices; above it "99+"


def unread_words(member: User | None) -> str:
    """Return the HTML of how many notices are unread, as it stands in the head of every page."""
    if member is None or not member.unread:
        return ""
    count = str(member.unread) if member.unread < MOST_SHOWN else f"{MOST_SHOWN - 1}+"
    return format_html(' <b class="count">{}</b><span class="sr"> {}</span>', count, _("unread"))


def site(request: HttpRequest) -> dict[str, Any]:
    """Return the site's name and address and who is reading, and how pages look to them."""
    return {
        "site_name": settings.SITE_NAME,
        "site_url": settings.SITE_URL,
        "reader": reader_of(request),
        "looks": looks_of(request),
        "unread": unread_words(reader_of(request).user),
        "guests": settings.GUESTS,
        "mails": settings.MAILS,
        "is_public": settings.PUBLIC,
    }
