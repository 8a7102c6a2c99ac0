"""People and categories: made, renamed, and erased while no film holds them."""

from collections.abc import Iterable
from typing import Any

from django.core.exceptions import ValidationError
from django.db import router, transaction
from django.db.models import F, Q, QuerySet
from django.utils.translation import gettext as _

from films.models import Category, Film, Person
from films.services.addresses import slug_of_other
from films.services.storing import line, rise_all
from forum.discussions.models import Topic

AT_ONCE = 1_000  # people in one transaction


@transaction.atomic
def create_person(*, name: str, slug: str = "") -> Person:
    """Make a person of that name; two people may share a name, not an address."""
    person = Person(name=line(name))
    person.fold()
    person.clean_fields(exclude=["slug", "folded", "slips"])
    person.slug = slug_of_other(Person.objects.all(), slug, person.name, "person")
    person.save(force_insert=True)
    return person


@transaction.atomic
def rename_person(*, person: Person, name: str) -> Person:
    """Change a name everywhere it is shown; the address stays."""
    stored = Person.objects.select_for_update(no_key=True).get(pk=person.pk)
    stored.name = line(name)
    stored.fold()
    stored.clean_fields(exclude=["slug", "folded", "slips"])
    stored.save(update_fields=["name", "folded", "slips"])
    rise_all(Film.objects.filter(pk__in=stored.credits.values("film")))
    return stored


@transaction.atomic
def create_category(*, name: str, slug: str = "") -> Category:
    category = Category(name=line(name))
    category.full_clean(exclude=["slug"])
    category.slug = slug_of_other(Category.objects.all(), slug, category.name, "category")
    category.save(force_insert=True)
    return category


@transaction.atomic
def rename_category(*, category: Category, name: str) -> Category:
    """Change a name everywhere it is shown; the address stays."""
    stored = Category.objects.select_for_update(no_key=True).get(pk=category.pk)
    stored.name = line(name)
    stored.full_clean(exclude=["slug"])
    stored.save(update_fields=["name"])
    through = Film.categories.through.objects.filter(category_id=stored.pk)
    rise_all(Film.objects.filter(Q(category=stored) | Q(pk__in=through.values("film_id"))))
    _rename_in_bylines(stored)
    return stored


def films_that_hold(row: Person | Category) -> QuerySet[Film]:
    """Return the films, in any state, that have the person in their credits or the category."""
    if isinstance(row, Person):
        return Film.objects.filter(pk__in=row.credits.values("film"))
    through = Film.categories.through.objects.filter(category_id=row.pk)
    return Film.objects.filter(Q(category=row) | Q(pk__in=through.values("film_id")))


def erase_person(*, person: Person, shown: str = "") -> None:
    """Take out a person whom no film holds; their page answers 404 from then on.

    `shown` is the name that somebody saw. Raises Person.DoesNotExist; ValidationError: held,
    changed-meanwhile.
    """
    _erase(Person.objects.all(), person, shown)


def erase_category(*, category: Category, shown: str = "") -> None:
    """Take out a category that no film holds, as `erase_person` does."""
    _erase(Category.objects.all(), category, shown)


def erase_unheld(people: Iterable[int]) -> int:
    """Take out those of these people whom no film holds; return how many."""
    wanted, count = sorted(people), 0
    for start in range(0, len(wanted), AT_ONCE):
        some = Person.objects.filter(pk__in=wanted[start : start + AT_ONCE], credits=None)
        with transaction.atomic():
            free = [one.pk for one in some.order_by("pk").select_for_update(of=("self",))]
            # As in _erase: not delete().
            Person.objects.filter(pk__in=free)._raw_delete(router.db_for_write(Person))
        count += len(free)
    return count


@transaction.atomic
def _erase(rows: QuerySet[Any], row: Person | Category, shown: str) -> None:
    stored = rows.select_for_update().get(pk=row.pk)
    if shown and shown != stored.name:
        raise ValidationError(_("The name was changed meanwhile."), code="changed-meanwhile")
    if films_that_hold(stored).exists():
        raise ValidationError(_("Films hold this entry: take it out of them first."), code="held")
    # Not delete(): that would take it out of a film which takes it up this moment. The database refuses.
    rows.filter(pk=stored.pk)._raw_delete(router.db_for_write(type(row)))


def _rename_in_bylines(category: Category) -> None:
    """Write the category's new name to the topics of its films: one UPDATE a year."""
    films = Film.objects.filter(category=category)
    rows = Topic.objects.filter(film__in=films).order_by("pk").values_list("pk", flat=True)
    list(rows.select_for_update(no_key=True, of=("self",)))  # ascending, as everybody takes them
    for year in films.order_by().values_list("year", flat=True).distinct():
        topics = Topic.objects.filter(film__in=films.filter(year=year))
        byline = Film(year=year, category=category).year_and_category
        topics.update(byline=byline, version=F("version") + 1)
