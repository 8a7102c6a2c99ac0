"""What the admin's pages of the catalogue ask of the database, at 50 and at 10,000 rows."""

import pytest
from django.utils import timezone

from films import services, sources, words
from films.models import Category, Credit, Film, Person, Source
from forum.discussions.models import Topic
from tests.films.test_admin import CATEGORIES, LIST, PEOPLE, editor

__all__ = ["editor"]  # a fixture
COPIES = "/admin/films/source/"
SIZES = (50, 10_000)
LISTS = [
    LIST,
    f"{LIST}?q=film+4",
    f"{LIST}?state__exact=published&decade=1930&o=-2",
    f"{LIST}?_facets=True",
    f"{LIST}?o=5",
    PEOPLE,
    f"{PEOPLE}?q=person+4",
    f"{PEOPLE}?o=3",
    CATEGORIES,
    f"{CATEGORIES}?q=cat",
    COPIES,
    f"{COPIES}?q=film+4",
    f"{COPIES}?kind__exact=file&_facets=True",
]


def fill(first, last):
    """Write films with a topic, a person, a credit, two copies and a version each, in bulk."""
    now, at = timezone.now(), range(first, last)
    shelf = [Category(name=f"Category {n}", slug=f"category-{n}") for n in at if n < 40]
    Category.objects.bulk_create(shelf)
    shelf = list(Category.objects.all())
    topics = Topic.objects.bulk_create(
        Topic(title=f"Film {n}", path=f"/films/film-{n}/") for n in at
    )
    films = Film.objects.bulk_create(
        Film(
            topic=topics[n - first],
            title=f"Film {n}",
            slug=f"film-{n}",
            year=1900 + n % 100,
            category=shelf[n % len(shelf)],
            state="published",
            published_at=now,
            folded=words.search_text(f"Film {n}"),
            sort_title=f"film {n}",
            title_key=words.skeleton(f"Film {n}"),
        )
        for n in at
    )
    people = Person.objects.bulk_create(
        Person(name=f"Person {n}", slug=f"person-{n}", folded=f" person {n}") for n in at
    )
    Credit.objects.bulk_create(
        Credit(film=film, person=one, role="director")
        for film, one in zip(films, people, strict=True)
    )
    Source.objects.bulk_create(
        Source(film=film, kind=sources.FILE, host="files.example.org", key=f"/{film.pk}-{n}.mp4",
               address=f"https://files.example.org/{film.pk}-{n}.mp4")
        for film in films for n in range(2)
    )  # fmt: skip
    return films[0]


def cost_of(client, address, most, check):
    with check(most, info=address) as found:
        answer = client.get(address)
    assert answer.status_code == 200, address
    return len(found)


def test_lists_and_forms_cost_the_same_at_50_and_at_10_000_rows(
    editor, django_assert_max_num_queries
):
    def costs():
        lists = {one: cost_of(editor, one, 12, django_assert_max_num_queries) for one in LISTS}
        pages = {one: cost_of(editor, one, 20, django_assert_max_num_queries) for one in forms}
        return lists | pages

    film = fill(0, SIZES[0])
    pk, who = film.pk, film.credits.get().person_id
    forms = [
        f"{LIST}add/",
        f"{LIST}{pk}/change/",
        f"{PEOPLE}{who}/change/",
        f"{CATEGORIES}{film.category_id}/change/",
        f"{LIST}{pk}/history/",
        f"{LIST}{pk}/merge/",
        f"{LIST}{pk}/merge/?into={pk + 1}",
        f"{LIST}twins/?title=Film+4",
        "/admin/autocomplete/?app_label=films&model_name=credit&field_name=person&term=person+4",
    ]
    costs()  # what is asked once in the life of a process
    small = costs()
    fill(*SIZES)
    assert Film.objects.count() == SIZES[1]
    assert costs() == small


def test_a_list_counts_no_more_than_it_shows(editor, make):
    make()
    for address in (LIST, PEOPLE, CATEGORIES, COPIES):
        assert editor.get(address).context_data["cl"].show_full_result_count is False


@pytest.mark.parametrize("address", [LIST, COPIES])
def test_facets_are_counted_when_they_are_asked_for(editor, make, address):
    make(sources=[services.NewSource("https://files.example.org/a.mp4")])
    assert "_facets=True" in editor.get(address).content.decode()  # the way to them
    html = editor.get(f"{address}?_facets=True").content.decode()
    assert "published (1)" in html or "file (1)" in html
