"""The page of a person: what they did, role by role, the latest first."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

from django.core.exceptions import BadRequest
from django.utils.translation import gettext as _

from films.models import Credit, Film, Person
from forum.accounts.readers import Reader

MOST = 500  # films shown


@dataclass(frozen=True)
class Role:
    """What somebody did, and in how many films."""

    value: str
    words: str
    count: int
    is_current: bool


@dataclass(frozen=True)
class Work:
    """Films that somebody did the same for. `years`: (year or None, films of it), the latest first."""

    roles: list[Role]
    years: list[tuple[int | None, list[Film]]]

    @property
    def words(self) -> str:
        return ", ".join(role.words for role in self.roles)


def role_of(text: str) -> str:
    """Return the role that an address asks for, "" for all of them; BadRequest for one not known."""
    if text and text not in Credit.Role.values:
        raise BadRequest(_("There is no such role."))
    return text


def work(person: Person, reader: Reader, asked: str) -> tuple[list[Role], list[Work]]:
    """Return what a person did in films that `reader` may see, the role with most films first; and
    the films, role by role: of the one that is asked for, or of all. Two queries.

    Roles in the very same films stand together.
    """
    films = Film.objects.visible_to(reader).filter(pk__in=person.credits.values("film"))
    shown = films.for_lists().without_texts().order_by("-year", "sort_title", "pk")[:MOST]
    by_id = {film.pk: film for film in shown}
    pairs = person.credits.filter(film__in=list(by_id)).order_by()
    found: dict[str, set[int]] = {}
    for value, film_id in pairs.values_list("role", "film_id"):
        found.setdefault(value, set()).add(film_id)
    order = list(Credit.Role.values)
    ranked = sorted(found, key=lambda value: (-len(found[value]), order.index(value)))
    roles = [
        Role(role, str(Credit.Role(role).label), len(found[role]), role == asked) for role in ranked
    ]
    together: dict[frozenset[int], list[Role]] = {}
    for role in roles:
        if asked in ("", role.value):
            together.setdefault(frozenset(found[role.value]), []).append(role)
    return roles, [
        Work(some, list(_by_year([by_id[pk] for pk in ids]))) for ids, some in together.items()
    ]


def _by_year(films: list[Film]) -> Iterator[tuple[int | None, list[Film]]]:
    def year(film: Film) -> int:
        return -(film.year or 0)

    films.sort(key=lambda film: (year(film), film.sort_title, film.pk))
    for _minus, some in groupby(films, year):
        of_year = list(some)
        yield of_year[0].year, of_year
