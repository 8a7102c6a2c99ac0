"""Addresses of films, people and categories."""

import re
from functools import cache
from itertools import chain, count
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.urls import URLPattern, get_resolver
from django.utils.translation import gettext_lazy as _

from films import words
from films.models import Film, FormerSlug, check_slug


def move(film: Film, slug: str) -> None:
    """Give the film its new address and let the old one answer 301 for ever."""
    film.former_slugs.filter(slug=slug).delete()
    FormerSlug.objects.create(film=film, slug=film.slug)
    film.slug = slug


def slug_made(film: Film) -> str:
    """Return a free address from the title; where the title gives none, film-<id>."""
    slug = words.slug_of(film.title)
    if not slug or slug in url_words():
        slug = f"film-{film.pk}"
    with_year = [f"{slug}-{film.year}"] if film.year else []
    choices = chain([slug], with_year, (f"{slug}-{number}" for number in count(2)))
    return next(choice for choice in choices if _is_free(film, choice))


def slug_given(film: Film, text: str) -> str:
    """Return the address that a person chose for a film; raise ValidationError if it cannot be."""
    slug = words.slug_of(text)
    check_slug(slug)
    if slug in url_words():
        raise ValidationError(
            _("The site itself has this word in its addresses."), code="slug-word"
        )
    if not _is_free(film, slug):
        raise ValidationError(_("Another film has or had this address."), code="slug-taken")
    return slug


def _is_free(film: Film, slug: str) -> bool:
    # In this order: a film that leaves an address writes both rows in one transaction.
    if Film.objects.filter(slug=slug).exclude(pk=film.pk).exists():
        return False
    return not FormerSlug.objects.filter(slug=slug).exclude(film_id=film.pk).exists()


def slug_of_other(rows: QuerySet[Any], slug: str, name: str, kind: str) -> str:
    """Return a free address; one that was given and is taken is refused."""
    if slug:
        check_slug(slug)
        if rows.filter(slug=slug).exists():
            raise ValidationError(_("This address is taken."), code="slug-taken")
        return slug
    base = words.slug_of(name) or kind
    taken = set(rows.filter(slug__startswith=base).values_list("slug", flat=True))
    number = 1
    while (slug := base if number == 1 else f"{base}-{number}") in taken:
        number += 1
    return slug


@cache
def url_words() -> frozenset[str]:
    """Return the words of the URL table; no film stands under one of them."""
    found = {settings.STATIC_URL.strip("/"), settings.MEDIA_URL.strip("/")}
    patterns = list(get_resolver().url_patterns)
    while patterns:
        pattern = patterns.pop()
        route = re.sub(r"<[^>]*>|\(.*?\)", "/", str(pattern.pattern))
        found.update(part for part in re.split(r"[/.^$]", route) if words.is_slug(part))
        if not isinstance(pattern, URLPattern) and pattern.namespace != "admin":
            patterns += pattern.url_patterns
    return frozenset(found)
