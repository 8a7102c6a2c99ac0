"""Many films made in a few statements, for lists of a hundred thousand; each is what create_film makes."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any

from django.db import transaction
from django.utils import timezone

from films import words
from films.models import Category, Credit, Film, FilmCountry, FormerSlug, Person
from films.services import addresses, storing, versions
from forum.discussions.models import Topic


@dataclass
class NewFilm:
    """A film to be made. `film` comes from prepared(); the main category is never among the further."""

    film: Film
    categories: Sequence[Category] = ()
    credits: Sequence[tuple[Person, str]] = ()


def prepared(*, title: str, state: str, **plain: Any) -> Film:
    """Return a film that is not stored, checked as create_film does it. Raises ValidationError."""
    film = Film(state=state, state_at=timezone.now())
    film.published_at = film.state_at if film.is_published else None
    storing.fill(film, {"title": title, **plain})
    storing.refuse_nonsense(film)
    return film


@transaction.atomic
def create_films(new: Sequence[NewFilm]) -> None:
    """Store films with topics, categories, credits, countries and first versions; ids are set.

    Raises IntegrityError where something else took an address at the same moment.
    """
    films = [one.film for one in new]
    for film, slug in zip(films, _slugs(films), strict=True):
        film.slug = slug
    topics = Topic.objects.bulk_create(_topic_of(film) for film in films)
    for film, topic in zip(films, topics, strict=True):
        film.topic, film.slug = topic, film.slug or f"new-{topic.pk}"
    Film.objects.bulk_create(films)
    _name_the_nameless(films)
    _store_parts(new)
    order = {pk: at for at, pk in enumerate(Category.objects.values_list("pk", flat=True))}
    versions.keep_first((one.film, _parts_of(one, order)) for one in new)


def _topic_of(film: Film) -> Topic:
    return Topic(
        title=film.title,
        folded=words.search_text(film.title),
        path=f"/films/{film.slug}/",
        byline=film.year_and_category,
        runtime_minutes=film.runtime_minutes,
        hidden_at=None if film.is_published else film.state_at,
    )


def _slugs(films: Sequence[Film]) -> list[str]:
    """Return a free address for each film, as slug_made gives them; "" where a title gives none."""
    bases = [_base(film) for film in films]
    asked = {*bases, *(f"{base}-{film.year}" for base, film in zip(bases, films, strict=True))}
    taken = _taken(asked)
    made = []
    for base, film in zip(bases, films, strict=True):
        slug = _free(base, film.year, taken) if base else ""
        taken.add(slug)
        made.append(slug)
    return made


def _base(film: Film) -> str:
    slug = words.slug_of(film.title)
    return "" if slug in addresses.url_words() else slug


def _taken(slugs: Iterable[str]) -> set[str]:
    rows = (model.objects.filter(slug__in=slugs) for model in (Film, FormerSlug))
    return {slug for each in rows for slug in each.values_list("slug", flat=True)}


def _free(base: str, year: int | None, taken: set[str]) -> str:
    simple = [base, f"{base}-{year}"] if year else [base]
    for slug in simple:
        if slug not in taken:
            return slug
    for first in count(2, 50):
        numbered = [f"{base}-{number}" for number in range(first, first + 50)]
        known = _taken(numbered) | taken
        if slug := next((one for one in numbered if one not in known), ""):
            return slug
    raise AssertionError("unreachable")


def _name_the_nameless(films: Sequence[Film]) -> None:
    """Give films whose titles make no address one of their ids."""
    for film in films:
        if film.slug == f"new-{film.topic_id}":
            film.slug = addresses.slug_made(film)
            film.save(update_fields=["slug"])
            Topic.objects.filter(pk=film.topic_id).update(path=f"/films/{film.slug}/")


def _store_parts(new: Sequence[NewFilm]) -> None:
    Shelf = Film.categories.through
    Shelf.objects.bulk_create(
        Shelf(film_id=one.film.pk, category_id=other.pk) for one in new for other in one.categories
    )
    FilmCountry.objects.bulk_create(
        FilmCountry(film=one.film, code=code) for one in new for code in one.film.countries.split()
    )
    Credit.objects.bulk_create(
        Credit(film=one.film, person=person, role=role, position=position)
        for one in new
        for position, (person, role) in enumerate(dict.fromkeys(one.credits))
    )


def _parts_of(one: NewFilm, order: dict[int, int]) -> dict[str, Any]:
    main = one.film.category
    further = sorted(one.categories, key=lambda other: order[other.pk])
    return {
        "category": main.name if main else "",
        "categories": [[other.pk, other.name] for other in further],
        "credits": [[person.pk, person.name, role] for person, role in dict.fromkeys(one.credits)],
        "sources": [],
    }


@transaction.atomic
def people_named(names: Iterable[str]) -> dict[str, Person]:
    """Return {name: person} of names as one_line gives them; who is not here yet is made."""
    wanted = list(dict.fromkeys(names))
    found: dict[str, Person] = {}
    for person in Person.objects.filter(name__in=wanted).order_by("-pk"):
        found[person.name] = person  # of several the first
    missing = [Person(name=name) for name in wanted if name not in found]
    slugs = {words.slug_of(one.name) or "person" for one in missing}
    taken = set(Person.objects.filter(slug__in=slugs).values_list("slug", flat=True))
    for person in missing:
        person.fold()
        person.slug = _person_slug(words.slug_of(person.name) or "person", taken)
        taken.add(person.slug)
    for person in Person.objects.bulk_create(missing):
        found[person.name] = person
    return found


def _person_slug(base: str, taken: set[str]) -> str:
    if base not in taken:
        return base
    near = Person.objects.filter(slug__startswith=f"{base}-").values_list("slug", flat=True)
    known = taken | set(near)
    return next(slug for slug in (f"{base}-{n}" for n in count(2)) if slug not in known)
