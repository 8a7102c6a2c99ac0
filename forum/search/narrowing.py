"""The filters of a query: author:, film:, year:, category:, before:, after:, as rows are asked for them."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property, reduce
from operator import or_
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from films import shelf, words
from films.models import Category, Film
from forum import sql
from forum.accounts.readers import Reader
from forum.index import finding, folding, tables
from forum.index.language import Asked, Term

MOST_FILMS = 50  # that film: may mean
MOST_SHELVES = 20
FEW = 2_000  # films that are asked for one by one


def films_named(title: str, reader: Reader) -> list[int]:
    """Return the topics of the films that film: means; two queries. Those with exactly that title alone,
    if there are any.
    """
    named = folding.words(title)
    asked = finding.expression(tables.FILM, Asked(terms=tuple(Term((word,)) for word in named)))
    rows = Film.objects.visible_to(reader)
    ids = finding.keys(tables.FILM, asked, rows, most=MOST_FILMS)
    found = list(rows.filter(pk__in=ids).values_list("topic_id", "title", "original_title"))
    exact = [one[0] for one in found if named in (folding.words(one[1]), folding.words(one[2]))]
    return sorted(exact or [one[0] for one in found])


@dataclass(frozen=True)
class Question:
    """What is asked, and by whom; the films it means, those of its years and shelves, are read once."""

    asked: Asked
    reader: Reader

    @property
    def means_all_films(self) -> bool:
        return not (self.asked.years or self.asked.category)

    @property
    def knows_films(self) -> bool:
        """Whether its films are known here: those of years and shelves are, but for drafts, which staff see."""
        return not (self.means_all_films or self.reader.is_staff)

    @property
    def means_no_films(self) -> bool:
        """Whether it is known that nothing is of its years and shelves."""
        return self.knows_films and not self._set

    @cached_property
    def means_few_films(self) -> bool:
        """Whether its films are a short list that is known here."""
        return self.knows_films and self._set.bit_count() <= FEW

    def means_few_comments(self, most: int) -> bool:
        """Whether its years and shelves have so few comments that it is quicker to begin with them than to go
        through the latest of all: to find `most` of them there, at least most * all / few are looked at.
        """
        if self.means_all_films:
            return False
        limit = most * self._catalogue.comments
        if self._talked.bit_count() ** 2 > limit:
            return False
        return sum(row.comments for row in self._catalogue.rows_of(self._talked)) ** 2 <= limit

    def of_few(self, rows: Any) -> Any:
        """Return those of `rows` that are of its years and shelves, by their numbers: they are few."""
        return sql.numbered(rows, [row.id for row in self._catalogue.rows_of(self._set)])

    def of_talked(self, rows: Any) -> Any:
        """Do so of films that are talked about, which have few comments."""
        if not self.knows_films:
            return self.films(rows)
        return sql.numbered(rows, [row.id for row in self._catalogue.rows_of(self._talked)])

    def films(self, rows: QuerySet[Film]) -> QuerySet[Film]:
        """Return those of `rows` that are of its years and shelves."""
        if self.means_no_films:
            return rows.none()
        if self.asked.years:
            rows = rows.filter(year__range=self.asked.years)
        if self.asked.category:
            further = Film.categories.through.objects.filter(
                film_id=OuterRef("pk"), category_id__in=self._categories
            )
            rows = rows.filter(Q(category__in=self._categories) | Exists(further))
        return rows

    def foremost(self, begin: str, most: int) -> list[int]:
        """Return ids of its films that were published once: `most` that stand in order under this title,
        and as many of the most discussed.
        """
        called = self._catalogue.called(self._set, words.sort_key(begin), most)
        return [*called, *self.most_discussed(most)]

    def most_discussed(self, most: int, after: tuple[int, int] | None = None) -> list[int]:
        """Return ids of the most discussed of its films that were published once, after a place in their
        order: (comments, id).
        """
        return self._catalogue.first(self._set, shelf.DISCUSSED, most, after)

    def comments_of(self, ids: Iterable[int]) -> dict[int, int]:
        """Return {id: comments} of those of these films that were published once."""
        rows = self._catalogue.rows_of(self._catalogue.of_ids(ids))
        return {row.id: row.comments for row in rows}

    @cached_property
    def _categories(self) -> list[int]:
        return _categories(self.asked.category)

    @cached_property
    def _catalogue(self) -> shelf.Shelf:
        return shelf.now()

    @cached_property
    def _talked(self) -> int:
        return self._set & self._catalogue.named(shelf.TALKED)

    @cached_property
    def _set(self) -> int:
        some, named = self._catalogue.shown_to(self.reader), self._catalogue.named
        if self.asked.years:
            first, last = self.asked.years
            years = (one for one in self._catalogue.values_of("year") if first <= one <= last)
            some &= reduce(or_, (named(("year", one)) for one in years), 0)
        if self.asked.category:
            some &= reduce(or_, (named(("category", one)) for one in self._categories), 0)
        return some


def comments(rows: Any, question: Question, *, are_few: bool) -> Any:
    """Return those of `rows`, comments, that pass the filters but for before: and after:. are_few: what
    means_few_comments says. The database then begins with their films, if it is told their numbers.
    """
    asked = question.asked
    if question.means_no_films:
        return rows.none()
    if asked.film:
        rows = rows.filter(thread__topic__in=films_named(asked.film, question.reader))
    if not question.means_all_films:
        talked = Film.objects.filter(topic=OuterRef("thread__topic_id"))
        films = question.of_talked(talked) if are_few else question.films(talked)
        rows = rows.filter(Exists(films))
    if asked.author:
        rows = rows.by_member_named(asked.author) | rows.by_other_named(asked.author)
    return rows


def keys_between(asked: Asked) -> tuple[int, int]:
    """Return the keys of comments from which on, and below which, before: and after: leave."""
    least = tables.key_of(asked.after, 0) if asked.after else 0
    below = tables.key_of(asked.before, 0) if asked.before else finding.TOP
    return least, below


def _categories(name: str) -> list[int]:
    """Return the categories whose names have all these words, or words that begin so."""
    wanted = folding.words(name)
    found = []
    for pk, called in Category.objects.values_list("pk", "name"):
        has = folding.words(called)
        if all(any(one.startswith(word) for one in has) for word in wanted):
            found.append(pk)
    return found[:MOST_SHELVES]
