"""Parts of pages that are the same on every page, made once a language."""

from functools import cache

from django import template
from django.conf import settings
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.utils.safestring import SafeString
from django.utils.translation import get_language

register = template.Library()


@register.simple_tag
def constant(name: str) -> SafeString:
    """Return the template `name`, which knows nothing but site_name; made once if DEBUG is off."""
    # The address of a file stands for those of all: they change together.
    if settings.DEBUG:
        return render_to_string(name, {"site_name": settings.SITE_NAME})
    return _made(name, settings.SITE_NAME, get_language() or "", static("css/site.css"))


@cache
def _made(name: str, site_name: str, language: str, files: str) -> SafeString:
    return render_to_string(name, {"site_name": site_name})
