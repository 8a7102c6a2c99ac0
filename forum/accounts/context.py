"""What every page's template knows."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from forum.accounts.readers import reader_of


def site(request: HttpRequest) -> dict[str, Any]:
    """Return the site's name and address and who is reading."""
    return {
        "site_name": settings.SITE_NAME,
        "site_url": settings.SITE_URL,
        "reader": reader_of(request),
        "guests": settings.GUESTS,
        "mails": settings.MAILS,
    }
