"""The filters of a query: author:, film:, year:, category:, before:, after:, as rows are asked for them."""

from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from films.models import Category, Film
from forum.accounts.readers import Reader
from forum.index import finding, folding, tables
from forum.index.language import Asked, Term

MOST_FILMS = 50  # that film: may mean
MOST_SHELVES = 20


def films_meant(asked: Asked, reader: Reader) -> list[int]:
    """Return the topics of the films that film: means; one query. Those with exactly that title alone,
    if there are any.
    """
    named = folding.words(asked.film)
    words = finding.expression(tables.FILM, Asked(terms=tuple(Term((word,)) for word in named)))
    rows = Film.objects.visible_to(reader)
    ids = finding.keys(tables.FILM, words, rows, most=MOST_FILMS)
    found = list(rows.filter(pk__in=ids).values_list("topic_id", "title", "original_title"))
    exact = [one[0] for one in found if named in (folding.words(one[1]), folding.words(one[2]))]
    return sorted(exact or [one[0] for one in found])


def films(rows: QuerySet[Film], asked: Asked) -> QuerySet[Film]:
    """Return those of `rows` of the years and on the shelves that are asked for."""
    if asked.years:
        rows = rows.filter(year__range=asked.years)
    if asked.category:
        shelves = _shelves(asked.category)
        further = Film.categories.through.objects.filter(
            film_id=OuterRef("pk"), category_id__in=shelves
        )
        rows = rows.filter(Q(category__in=shelves) | Exists(further))
    return rows


def comments(rows: Any, asked: Asked, reader: Reader) -> Any:
    """Return those of `rows`, comments, that pass the filters but for before: and after:."""
    if asked.film:
        rows = rows.filter(thread__topic__in=films_meant(asked, reader))
    if asked.years or asked.category:
        talked = Film.objects.filter(topic=OuterRef("thread__topic_id"))
        rows = rows.filter(Exists(films(talked, asked)))
    if asked.author:
        rows = rows.by_member_named(asked.author) | rows.by_other_named(asked.author)
    return rows


def keys_between(asked: Asked) -> tuple[int, int]:
    """Return the keys of comments from which on, and below which, before: and after: leave."""
    least = tables.key_of(asked.after, 0) if asked.after else 0
    below = tables.key_of(asked.before, 0) if asked.before else finding.TOP
    return least, below


def _shelves(name: str) -> list[int]:
    """Return the categories whose names have all these words, or words that begin so."""
    wanted = folding.words(name)
    found = []
    for pk, words in Category.objects.values_list("pk", "name"):
        has = folding.words(words)
        if all(any(one.startswith(word) for one in has) for word in wanted):
            found.append(pk)
    return found[:MOST_SHELVES]
