"""/sitemap.xml: one list while the site is small, else an index of parts by ranges of ids."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, NamedTuple

from django.conf import settings
from django.contrib.flatpages.models import FlatPage
from django.core.exceptions import BadRequest
from django.db.models import F, Max, OuterRef, QuerySet, Subquery, Value
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.encoding import iri_to_uri
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from films.models import Category, Credit, Film, Person
from forum.accounts.readers import ANYBODY
from forum.discussions import answers
from forum.discussions.models import Topic

IDS_A_PART = 10_000  # a file may have 50,000 addresses


class Entry(NamedTuple):
    """An address and when its page last changed, if that is known."""

    address: str
    changed_at: datetime | None = None


@require_safe
def sitemap(request: HttpRequest) -> HttpResponseBase:
    """All addresses; or ?part=films&n=0 of them, as the index names them; 400 for any other."""

    def make() -> HttpResponse:
        part = request.GET.get("part", "")
        if part:
            return _render(request, {"entries": _part(part, request.GET.get("n", "0"))})
        parts = list(_parts())
        if len(parts) <= len(_PARTS):
            every = (entry for name, number in parts for entry in _PARTS[name](number))
            return _render(request, {"entries": every})
        own = settings.SITE_URL + reverse("sitemap")
        return _render(request, {"parts": [f"{own}?part={part}&n={n}" for part, n in parts]})

    return answers.shared(request, None, make)


def _render(request: HttpRequest, context: dict[str, object]) -> HttpResponse:
    return render(request, "films/sitemap.xml", context, content_type="application/xml")


def _parts() -> Iterator[tuple[str, int]]:
    """Return (name, number) of the parts that have an address: a list without any is not valid."""
    shown = Film.objects.visible_to(ANYBODY)
    films = _numbers("films", shown)
    people = _numbers("people", Credit.objects.filter(film__in=shown), "person_id")
    topics = _numbers("topics", Topic.objects.in_lobby().visible_to(ANYBODY))
    order = list(_PARTS)
    yield "pages", 0
    yield from sorted(films.union(people, topics), key=lambda part: (order.index(part[0]), part[1]))


def _numbers(name: str, rows: QuerySet[Any], key: str = "pk") -> QuerySet[Any, tuple[str, int]]:
    numbered = rows.order_by().values(part=Value(name), number=F(key) / IDS_A_PART)
    return numbered.values_list("part", "number").distinct()


def _part(name: str, number: str) -> Iterator[Entry]:
    if name not in _PARTS or not (number.isascii() and number.isdigit() and len(number) < 12):
        raise BadRequest(_("There is no such part of the list of pages."))
    return _PARTS[name](int(number))


def _ids(number: int) -> dict[str, int]:
    return {"pk__gte": number * IDS_A_PART, "pk__lt": (number + 1) * IDS_A_PART}


def _pages(_number: int) -> Iterator[Entry]:
    for name in ("home", "catalogue", "lobby"):
        yield _entry(reverse(name))
    for page in FlatPage.objects.filter(sites=settings.SITE_ID, registration_required=False):
        yield _entry(page.url)
    shown = Film.objects.visible_to(ANYBODY).filter(category=OuterRef("pk")).order_by()
    last = shown.values("category").annotate(at=Max("updated_at")).values("at")
    for category in Category.objects.annotate(at=Subquery(last)):
        yield _entry(category.get_absolute_url(), category.at)


def _films(number: int) -> Iterator[Entry]:
    films = Film.objects.visible_to(ANYBODY).filter(**_ids(number)).select_related("topic")
    rows = films.order_by("pk").values_list("slug", "updated_at", "topic__last_comment_at")
    for slug, updated_at, spoken_at in rows:
        yield _entry(reverse("film", args=[slug]), max(updated_at, spoken_at or updated_at))


def _people(number: int) -> Iterator[Entry]:
    shown = Film.objects.visible_to(ANYBODY)
    people = Person.objects.filter(**_ids(number), credits__film__in=shown).order_by("pk")
    rows = people.annotate(at=Max("credits__film__updated_at")).values_list("slug", "at")
    for slug, at in rows:
        yield _entry(reverse("person", args=[slug]), at)


def _topics(number: int) -> Iterator[Entry]:
    topics = Topic.objects.in_lobby().visible_to(ANYBODY).filter(**_ids(number)).order_by("pk")
    for topic in topics:
        yield _entry(topic.get_absolute_url(), topic.last_comment_at or topic.created_at)


_PARTS = {"pages": _pages, "films": _films, "people": _people, "topics": _topics}


def _entry(path: str, changed_at: datetime | None = None) -> Entry:
    return Entry(settings.SITE_URL + iri_to_uri(path), changed_at)
