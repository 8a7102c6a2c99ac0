"""Days on pages. Django's own date filter takes ten times as long, and lists are full of them."""

from datetime import datetime

from django import template
from django.utils import timezone
from django.utils.dates import MONTHS
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

register = template.Library()


@register.filter
def day(at: datetime) -> SafeString:
    """Return <time> with the day of a moment in the present zone, "25 November 2026"."""
    here = timezone.localtime(at)
    words = _("%(day)d %(month)s %(year)d") % {
        "day": here.day,
        "month": MONTHS[here.month],
        "year": here.year,
    }
    return format_html('<time datetime="{}">{}</time>', here.isoformat(timespec="seconds"), words)
