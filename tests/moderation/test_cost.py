"""What the admin's pages cost: at most 12 queries a list and 20 a form, the same at 10,000 rows."""

import pytest
from django.contrib import admin
from django.contrib.flatpages.models import FlatPage

from films.models import Category, Film, Person
from films.services import NewSource, create_category, create_film, create_person
from forum.accounts.models import Pen, User
from forum.discussions.models import Topic
from tests.discussions.growing import grow, threads
from tests.moderation.conftest import client_of, member_of

MOST_OF_A_LIST, MOST_OF_A_FORM, MANY = 12, 20, 10_000
MOST_OF_THE_QUEUE = 15
LISTS = [
    "discussions/comment",
    "discussions/topic",
    "accounts/user",
    "accounts/pen",
    "films/film",
    "films/person",
    "films/category",
    "flatpages/flatpage",
]
pytestmark = pytest.mark.django_db


@pytest.fixture(params=["superuser", "administrator"])
def client(request):
    if request.param == "superuser":
        return client_of(User.objects.create_superuser("Root"))
    return client_of(member_of("administrator", "Olga"))


@pytest.fixture
def small(say):
    """One or two of everything, and more than one page of comments."""
    member = User.objects.create_user("Sunniva")
    say(under=say(member=member, state="public"))
    say(state="held", under=say())
    grow(Topic.objects.get(), threads(*[2] * 30))
    category = create_category(name="Politics")
    person = create_person(name="Ana Vidal")
    for title in ("Night Mail", "Salesman"):
        create_film(title=title, category=category, credits=[(person, "director")], state="published",
                    sources=[NewSource("https://www.youtube.com/watch?v=aBcDeFgHiJk")])  # fmt: skip


def make_many():
    User.objects.bulk_create(
        User(username=f"Member {n}", skeleton=f"member{n}") for n in range(MANY)
    )
    Pen.objects.bulk_create(Pen(name=f"Guest {n}", secret_hash=f"{n}") for n in range(MANY))
    Person.objects.bulk_create(
        Person(name=f"Person {n}", slug=f"person-{n}", folded=f" person {n}") for n in range(MANY)
    )
    Category.objects.bulk_create(
        Category(name=f"Category {n}", slug=f"category-{n}") for n in range(MANY)
    )
    topics = Topic.objects.bulk_create(Topic(title=f"Talk {n}") for n in range(MANY))
    Film.objects.bulk_create(
        Film(title=f"Film {n}", slug=f"film-{n}", year=1900 + n % 120, topic=topic,
             sort_title=f"film {n}", folded=f" film {n}", category=Category.objects.first())
        for n, topic in enumerate(topics)
    )  # fmt: skip
    FlatPage.objects.bulk_create(FlatPage(url=f"/page-{n}/", title=f"Page {n}") for n in range(200))
    grow(topics[0], threads(*[10] * (MANY // 10)), {5: "held"})


def cost(client, address, most, django_assert_max_num_queries):
    with django_assert_max_num_queries(most) as found:
        assert client.get(address).status_code == 200
    return len(found)


def test_lists_and_forms_cost_few_queries_and_the_same_at_10_000_rows(
    client, small, django_assert_max_num_queries
):
    models = {one._meta.label_lower.replace(".", "/"): one for one in admin.site._registry}
    forms = {name: models[name].objects.order_by("pk").last().pk for name in LISTS}
    forms["accounts/user"] = User.objects.get(username="Sunniva").pk
    addresses = {f"/admin/{name}/": MOST_OF_A_LIST for name in LISTS}
    addresses["/admin/discussions/comment/"] = MOST_OF_THE_QUEUE
    addresses["/admin/discussions/comment/?tab=all"] = MOST_OF_THE_QUEUE
    addresses |= {f"/admin/{name}/?q=1": MOST_OF_A_LIST for name in LISTS if "flat" not in name}
    addresses["/admin/discussions/comment/?q=1"] = MOST_OF_THE_QUEUE + 2  # what the index found
    addresses |= {f"/admin/{name}/{pk}/change/": MOST_OF_A_FORM for name, pk in forms.items()}

    def costs():
        return {
            address: cost(client, address, most, django_assert_max_num_queries)
            for address, most in addresses.items()
        }

    before = costs()
    make_many()
    grown = {address: n for address, n in costs().items() if n > before[address]}
    # A search that finds something asks for what the rows show; without rows there is nothing to ask.
    assert {address for address in grown if "?q=" not in address} == set()


def test_no_list_counts_everything_beside_what_it_shows():
    for model, one in admin.site._registry.items():
        assert not one.show_full_result_count, model


@pytest.mark.parametrize("name", [one for one in LISTS if "flat" not in one and "pen" not in one])
def test_every_list_is_searched_and_shows_counts_of_its_filters_when_asked(
    client, small, name, django_assert_max_num_queries
):
    one = next(
        a for m, a in admin.site._registry.items() if m._meta.label_lower == name.replace("/", ".")
    )
    assert one.search_fields
    most = MOST_OF_THE_QUEUE if name == "discussions/comment" else MOST_OF_A_LIST
    more = 6  # each filter counts, and one asks whether the films of who looks are limited
    cost(client, f"/admin/{name}/?_facets=True", most + more, django_assert_max_num_queries)
