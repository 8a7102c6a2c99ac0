"""Parts of pages that are the same for many, made once a language."""

from functools import cache
from typing import Any

from django import template
from django.conf import settings
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import get_language

register = template.Library()


@register.simple_tag
def constant(name: str) -> SafeString:
    """Return the template `name`, which knows nothing but site_name; made once if DEBUG is off."""
    if settings.DEBUG:
        return render_to_string(name, {"site_name": settings.SITE_NAME})
    return _made(name, settings.SITE_NAME, get_language() or "")


@cache
def _made(name: str, site_name: str, language: str) -> SafeString:
    return render_to_string(name, {"site_name": site_name})


class ForAnybody(template.Node):
    """What says the same to every unknown reader: made once for each template that holds it."""

    def __init__(self, nodes: template.NodeList) -> None:
        self.nodes = nodes
        self.made: dict[tuple[str | None, ...], SafeString] = {}

    def render(self, context: template.Context) -> SafeString:
        reader: Any = context.get("reader")
        name = context.template.name if context.template else None
        if reader is None or reader.is_known or name is None or settings.DEBUG:
            return self.nodes.render(context)
        key = (name, settings.SITE_NAME, get_language())
        if key not in self.made:
            self.made[key] = self.nodes.render(context)
        return self.made[key]


@register.tag
def for_anybody(parser: template.base.Parser, _token: template.base.Token) -> ForAnybody:
    """Hold what depends on nothing but who reads, and so is made once for all whom we don't know."""
    nodes = parser.parse(("endfor_anybody",))
    parser.delete_first_token()
    return ForAnybody(nodes)
