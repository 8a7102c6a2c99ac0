"""Parts of pages that are the same for many, made once a language."""

import secrets
from functools import cache
from typing import Any

from django import template
from django.conf import settings
from django.template.loader import render_to_string
from django.utils.html import conditional_escape, escape
from django.utils.safestring import SafeString, mark_safe
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


_WHO = secrets.token_hex(8)  # stands where a member's name goes
_UNREAD = secrets.token_hex(8)  # and this where the number of unread notices goes


class ByKind(template.Node):
    """What says the same to every reader of a kind (anybody, guest, member, staff) but for the name
    and what is unread.
    """

    def __init__(self, nodes: template.NodeList) -> None:
        self.nodes = nodes
        self.made: dict[tuple[object, ...], str] = {}

    def render(self, context: template.Context) -> SafeString:
        reader: Any = context.get("reader")
        name = context.template.name if context.template else None
        who = context.get("who", str(reader.user or "") if reader else "")
        unread: Any = context.get("unread", "")
        if reader is None or name is None or settings.DEBUG:
            with context.push(who=who):
                return self.nodes.render(context)
        kind = (reader.is_known, bool(reader.user), reader.is_staff)
        key = (name, settings.SITE_NAME, get_language(), kind)
        if key not in self.made:
            with context.push(who=_WHO, unread=_UNREAD):
                self.made[key] = self.nodes.render(context)
        made = self.made[key].replace(_WHO, escape(who))
        return mark_safe(made.replace(_UNREAD, conditional_escape(unread)))


@register.tag
def by_kind(parser: template.base.Parser, _token: template.base.Token) -> ByKind:
    """Hold what depends on the page's template, the kind of reader, and `who`, a member's name (a
    page may give another word for it), and `unread`: made once for each kind.
    """
    nodes = parser.parse(("endby_kind",))
    parser.delete_first_token()
    return ByKind(nodes)
