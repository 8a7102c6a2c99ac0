"""Plain search over titles of films and names of people: every word asked for begins a word."""

from dataclasses import dataclass

from django.db.models import BooleanField, Case, Exists, OuterRef, Q, Value, When

from films import words
from films.models import Credit, Film, Person
from forum.accounts.readers import Reader

MOST_FILMS = 48
MOST_PEOPLE = 24


@dataclass(frozen=True)
class Found:
    """What a search found; `is_cut` says that there is more than is shown."""

    films: list[Film]
    people: list[Person]
    is_cut: bool


def films_and_people(query: str, reader: Reader) -> Found:
    """Return films and people that `reader` may see and that have every word of `query`.

    Case and accents do not matter. Two queries; none where the query has no word.
    """
    asked = words.search_words(query)
    if not asked:
        return Found([], [], is_cut=False)
    begins = Case(
        When(folded__startswith=f" {' '.join(asked)}", then=Value(True)),
        default=Value(False),
        output_field=BooleanField(),
    )
    has_all = Q()
    for word in asked:
        has_all &= Q(folded__contains=f" {word}")
    visible = Film.objects.visible_to(reader)
    films = visible.filter(has_all).for_lists()
    credited = Credit.objects.filter(person=OuterRef("pk"), film__in=visible)
    people = Person.objects.filter(has_all).filter(Exists(credited))
    found = list(films.order_by(begins.desc(), "-topic__comment_count", "pk")[: MOST_FILMS + 1])
    named = list(people.order_by(begins.desc(), "name", "pk")[: MOST_PEOPLE + 1])
    return Found(
        found[:MOST_FILMS],
        named[:MOST_PEOPLE],
        is_cut=len(found) > MOST_FILMS or len(named) > MOST_PEOPLE,
    )
