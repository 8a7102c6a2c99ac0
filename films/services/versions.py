"""The history of films: one FilmVersion for each change, and the way back to one.

django-simple-history makes the table; its own signal is switched off in models.py, because a change
of a film is more than a save(): its credits, sources and categories lie in other tables.
"""

from collections.abc import Iterable
from typing import Any

from django.utils import timezone

from films.models import Film
from forum.accounts.models import User

FilmVersion: Any = Film.history.model
_COLUMNS = [field.attname for field in FilmVersion.tracked_fields]


def keep(film: Film, *, by: User | None, why: str = "", is_first: bool = False) -> None:
    """Write down what the film is now, unless that is what the last version says already."""
    version = version_now(film)
    if not is_first and not why:
        last = film.history.order_by("-history_id").first()
        if last and last.parts == version.parts and _columns(last) == _columns(version):
            return
    version.history_date = timezone.now()
    version.history_type = "+" if is_first else "~"
    version.history_user_id = by.pk if by else None
    version.history_change_reason = why or None
    version.save(force_insert=True)


def keep_first(films: Iterable[tuple[Film, dict[str, Any]]]) -> None:
    """Write down the first versions of films that were made in one go, each with its parts."""
    FilmVersion.objects.bulk_create(
        FilmVersion(
            **{name: getattr(film, name) for name in _COLUMNS},
            parts=parts,
            history_date=timezone.now(),
            history_type="+",
        )
        for film, parts in films
    )


def version_now(film: Film) -> Any:
    """Return a FilmVersion of what the film is now, not saved."""
    columns = {name: getattr(film, name) for name in _COLUMNS}
    return FilmVersion(**columns, parts=_parts_of(film))


def _columns(version: Any) -> list[Any]:
    return [getattr(version, name) for name in _COLUMNS]


def _parts_of(film: Film) -> dict[str, Any]:
    sources = film.sources.values("address", "label", "length_s", "offset_s")
    credits = film.credits.values_list("person_id", "person__name", "role")
    return {
        "category": film.category.name if film.category else "",
        "categories": [list(row) for row in film.categories.values_list("pk", "name")],
        "credits": [list(row) for row in credits],
        "sources": list(sources),
    }
