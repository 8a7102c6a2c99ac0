"""What a film page shows above its talk; three queries, whose SQL is made once.

Making SQL and instances through the ORM cost more here than all that the database did.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from itertools import groupby
from typing import Any, TypeVar

from django.db import connection, models
from django.http import Http404

from films.models import Category, Credit, Film, Person, Source
from forum.discussions.comments_html import moment
from forum.discussions.models import Topic

M = TypeVar("M", bound=models.Model)
# What only staff's forms and the search need is left where it is.
_LEFT_OUT = {"description", "description_format", "folded", "sort_title"}


@dataclass(frozen=True)
class Head:
    """What a film page shows above its talk; everything that raises film.updated_at."""

    film: Film
    credits: list[Credit]
    sources: list[Source]
    further: list[Category]

    def crew(self) -> list[tuple[str, list[Credit]]]:
        """Return the credits by role, roles in the order of the first of each."""
        order = list(dict.fromkeys(credit.role for credit in self.credits))
        ranked = sorted(self.credits, key=lambda credit: order.index(credit.role))
        return [
            (rows[0].get_role_display(), rows)
            for rows in (list(rows) for _role, rows in groupby(ranked, lambda one: one.role))
        ]


def read(film_id: int) -> Head:
    """Return the head of a film; its topic is film.topic. Raises Http404 if the film is gone."""
    film_names, topic_names = _names(Film), _names(Topic)
    film: Film | None = None
    further = []
    for row in _rows(_film_sql(), film_id):
        values = iter(row)
        if film is None:
            film = _made(Film, film_names, values)
            film.topic = _made(Topic, topic_names, values)
            category = _made(Category, _names(Category), values)
            film.category = category if category.pk else None
        name, slug = row[-2:]
        if slug:
            further.append(Category(name=name, slug=slug))
    if film is None:
        raise Http404  # it went between two queries
    return Head(film, list(_credits(film_id)), list(_sources(film_id)), further)


def topic_now(topic_id: int) -> Topic:
    """Return the topic of a film; one query. Raises Http404 if it is gone."""
    for row in _rows(_topic_sql(), topic_id):
        return _made(Topic, _names(Topic), row)
    raise Http404


def _credits(film_id: int) -> Iterator[Credit]:
    for row in _rows(_credits_sql(), film_id):
        values = iter(row)
        credit = _made(Credit, _names(Credit), values)
        credit.person = _made(Person, _names(Person), values)
        yield credit


def _sources(film_id: int) -> Iterator[Source]:
    for row in _rows(_sources_sql(), film_id):
        yield _made(Source, _names(Source), iter(row))


@cache
def _film_sql() -> str:
    """Return the query of a film, its topic and category: a row for each further one, or one."""
    names = [*_names(Film), *_under("topic", Topic), *_under("category", Category)]
    rows = Film.objects.filter(pk=0).order_by("categories__name")
    return _sql(rows.values_list(*names, "categories__name", "categories__slug"))


@cache
def _topic_sql() -> str:
    return _sql(Topic.objects.filter(pk=0).values_list(*_names(Topic)))


@cache
def _credits_sql() -> str:
    return _sql(
        Credit.objects.filter(film_id=0).values_list(*_names(Credit), *_under("person", Person))
    )


@cache
def _sources_sql() -> str:
    return _sql(Source.objects.filter(film_id=0).values_list(*_names(Source)))


@cache
def _names(model: type[models.Model]) -> tuple[str, ...]:
    names = (field.attname for field in model._meta.concrete_fields)
    return tuple(name for name in names if name not in _LEFT_OUT)


def _under(relation: str, model: type[models.Model]) -> list[str]:
    return [f"{relation}__{name}" for name in _names(model)]


def _sql(rows: models.QuerySet[Any, Any]) -> str:
    """Return the SQL of a query that is filtered by one number."""
    return str(rows.query.sql_with_params()[0])


def _rows(sql: str, number: int) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, [number])
        return list(cursor.fetchall())


def _made(model: type[M], names: tuple[str, ...], values: Iterable[Any]) -> M:
    """Return an instance from the next values, as the driver gives them."""
    found = [
        moment(value) if isinstance(value, datetime) else value
        for _name, value in zip(names, values, strict=False)
    ]
    return model.from_db("default", names, found)
