"""The admin's start page says to those who may moderate what waits for them."""

from typing import Any

from django import template

from forum.accounts.readers import reader_of
from forum.moderation.tabs import WAITING, Counted, counted

register = template.Library()


@register.simple_tag(takes_context=True)
def waiting(context: dict[str, Any]) -> list[Counted]:
    """Return the queue's tabs that ask for a decision, with their counts; one query.

    Empty, without a query, for who may not moderate.
    """
    reader = reader_of(context["request"])
    return counted(reader, WAITING) if reader.may_moderate() else []
