"""What a film page shows above its talk; one query, whose SQL is made once.

Making SQL and instances through the ORM cost more here than all that the database did, and every
query costs the driver as much again: the rows of other tables come with the film's, as JSON.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from itertools import groupby
from typing import Any, TypeVar

from django.db import connection, models
from django.db.models.expressions import RawSQL
from django.http import Http404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from films.models import Category, Credit, Film, Person, Related, Source
from forum import sql
from forum.discussions.comments_html import moment
from forum.discussions.models import Topic

M = TypeVar("M", bound=models.Model)
_SOURCE = ("kind", "address", "host", "key", "label", "length_s", "offset_s")
_RELATED = ("other__title", "other__slug", "other__year", "other__category__name", "why",
            "person__name", "number")  # fmt: skip
# What only staff's forms and the search need is left where it is.
_LEFT_OUT = {"description", "description_format", "folded", "slips", "sort_title"}


@dataclass(frozen=True)
class Neighbour:
    """A related film, and why it is one (films/related.py)."""

    title: str
    slug: str
    year: int | None
    category: str | None
    why: str
    person: str | None
    number: int

    @property
    def address(self) -> str:
        return reverse("film", args=[self.slug])

    @property
    def reason(self) -> str:
        """Return in words what the two films share."""
        if self.why == Related.Why.SHELF:
            return _("%(category)s, near in time") % {"category": self.category}
        if self.why == Related.Why.TALKERS:
            words = ngettext(
                "%(number)d person spoke about both",
                "%(number)d people spoke about both",
                self.number,
            )
            return words % {"number": self.number}
        words = (
            _("also with %(person)s") if self.number == 1 else _("also with %(person)s and others")
        )
        return words % {"person": self.person}


@dataclass(frozen=True)
class Head:
    """What a film page shows above its talk; everything that raises film.updated_at, and what is
    related to it.
    """

    film: Film
    credits: list[Credit]
    sources: list[Source]
    further: list[Category]
    related: list[Neighbour]

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
    for row in sql.rows(_film_sql(), [film_id]):
        values = iter(row)
        film = _made(Film, _names(Film), values)
        film.topic = _made(Topic, _names(Topic), values)
        category = _made(Category, _names(Category), values)
        film.category = category if category.pk else None
        further, credits, sources, related = (json.loads(text or "[]") for text in values)
        return Head(
            film,
            [
                Credit(role=role, person=Person(name=name, slug=slug))
                for role, name, slug in credits
            ],
            [Source(**dict(zip(_SOURCE, values, strict=True))) for values in sources],
            [Category(name=name, slug=slug) for name, slug in further],
            [Neighbour(*values) for values in related],
        )
    raise Http404  # it went between two queries


def topic_now(topic_id: int) -> Topic:
    """Return the topic of a film; one query. Raises Http404 if it is gone."""
    for row in sql.rows(_topic_sql(), [topic_id]):
        return _made(Topic, _names(Topic), row)
    raise Http404


@cache
def _film_sql() -> str:
    """Return the query of a film, its topic and category, and of its parts: JSON in three columns."""
    names = [*_names(Film), *_under("topic", Topic), *_under("category", Category)]
    parts = {
        "j_further": _json(
            Film.categories.through.objects.order_by("category__name"),
            ("category__name", "category__slug"),
        ),
        "j_credits": _json(
            Credit.objects.order_by("position", "pk"), ("role", "person__name", "person__slug")
        ),
        "j_sources": _json(Source.objects.order_by("position", "pk"), _SOURCE),
        "j_related": _json(Related.objects.shown(), _RELATED),
    }
    rows = Film.objects.filter(pk=0).annotate(**parts)
    return _sql(rows.values_list(*names, *parts))


def _json(rows: models.QuerySet[Any, Any], names: tuple[str, ...]) -> RawSQL:
    """Return an expression for those of `rows` that are the film's: lists in a list, or NULL."""
    # Under another name: else a film that is joined would be taken for the one whose rows these are.
    query = rows.filter(film_id=0).values_list(*names).query
    inner, values = query.relabeled_clone({Film._meta.db_table: "other_film"}).sql_with_params()
    columns = ", ".join(f"v{number}" for number in range(len(names)))
    of_film = f"{Film._meta.db_table}.{Film._meta.pk.column}"
    inner = str(inner) % tuple(of_film if value == 0 else f"'{value}'" for value in values)
    collect, array = ("json_group_array", "json_array")
    if connection.vendor == "postgresql":
        collect, array = ("json_agg", "json_build_array")
    lists = f"CAST({collect}({array}({columns})) AS TEXT)"
    return RawSQL(  # noqa: S611  (every name in it is of our own tables)
        f"WITH r({columns}) AS ({inner}) SELECT {lists} FROM r",  # noqa: S608
        (),
        models.TextField(),
    )


@cache
def _topic_sql() -> str:
    return _sql(Topic.objects.filter(pk=0).values_list(*_names(Topic)))


@cache
def _names(model: type[models.Model]) -> tuple[str, ...]:
    names = (field.attname for field in model._meta.concrete_fields)
    return tuple(name for name in names if name not in _LEFT_OUT)


def _under(relation: str, model: type[models.Model]) -> list[str]:
    return [f"{relation}__{name}" for name in _names(model)]


def _sql(rows: models.QuerySet[Any, Any]) -> str:
    """Return the SQL of a query that is filtered by one number."""
    return str(rows.query.sql_with_params()[0])


def _made(model: type[M], names: tuple[str, ...], values: Iterable[Any]) -> M:
    """Return an instance from the next values, as the driver gives them."""
    found = [
        moment(value) if isinstance(value, datetime) else value
        for _name, value in zip(names, values, strict=False)
    ]
    return model.from_db("default", names, found)
