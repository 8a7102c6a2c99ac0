"""/sitemap.xml: one list while the site is small, else an index of parts by ranges of ids."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from html import escape
from typing import Any, NamedTuple

from django.conf import settings
from django.contrib.flatpages.models import FlatPage
from django.core.exceptions import BadRequest
from django.db.models import OuterRef, QuerySet, Subquery
from django.db.models.expressions import RawSQL
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.encoding import iri_to_uri
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from films.models import Category, Film, Person
from forum import sql
from forum.accounts.readers import ANYBODY
from forum.discussions import answers
from forum.discussions.models import Topic

_SCHEMA = "http://www.sitemaps.org/schemas/sitemap/0.9"
# A part is made in a tenth of a second. A file may have 50,000 addresses, an index as many files.
IDS_A_PART = 1_000


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
            return _list(_part(part, request.GET.get("n", "0")))
        parts = _parts()
        if len(parts) <= len(_PARTS):
            return _list(entry for name, number in parts for entry in _PARTS[name](number))
        own = escape(settings.SITE_URL + reverse("sitemap"))
        return _written(
            "sitemapindex",
            (f"<sitemap><loc>{own}?part={name}&amp;n={n}</loc></sitemap>" for name, n in parts),
        )

    return answers.shared(request, None, make)


def _list(entries: Iterable[Entry]) -> HttpResponse:
    return _written("urlset", map(_line, entries))


def _line(entry: Entry) -> str:
    at = entry.changed_at
    told = f"<lastmod>{at.isoformat(timespec='seconds')}</lastmod>" if at else ""
    return f"<url><loc>{escape(entry.address)}</loc>{told}</url>"


def _written(name: str, lines: Iterable[str]) -> HttpResponse:
    """Return the file. Written here: by a template a part took a third longer, 79 ms and not 59."""
    head = f'<?xml version="1.0" encoding="UTF-8"?>\n<{name} xmlns="{_SCHEMA}">\n'
    text = f"{head}{chr(10).join(lines)}\n</{name}>\n"
    return HttpResponse(text, content_type="application/xml")


def _parts() -> list[tuple[str, int]]:
    """Return (name, number) of the parts that have an address: a list without any is not valid. One query."""
    named: dict[str, QuerySet[Any]] = {
        "films": Film.objects.visible_to(ANYBODY),
        "people": _shown_people(),
        "topics": Topic.objects.in_lobby().visible_to(ANYBODY),
    }
    steps, told, values = [], [], []
    for name, rows in named.items():
        step, its = _step(name, rows)
        steps.append(step)
        values += its
        told.append(f"SELECT '{name}', number FROM {name} WHERE number IS NOT NULL")  # noqa: S608 (names of ours)
    found = sql.rows(f"WITH RECURSIVE {', '.join(steps)} {' UNION ALL '.join(told)}", values)
    order = list(_PARTS)
    return [("pages", 0), *sorted(found, key=lambda part: (order.index(part[0]), part[1]))]


def _step(name: str, rows: QuerySet[Any]) -> tuple[str, list[Any]]:
    """Return what finds the numbers of the parts that have some of `rows`, and its values.

    Each number is that of the first row beyond the part before: to look at all rows took 0.3 s of 100,000.
    """
    rows = rows.order_by("pk").values("pk")
    beyond = RawSQL(f"({name}.number + 1) * {IDS_A_PART}", [])  # noqa: S611 (names of ours)
    (first, its), (later, theirs) = (
        some[:1].query.sql_with_params() for some in (rows, rows.filter(pk__gte=beyond))
    )
    return (
        f"{name}(number) AS (SELECT ({first}) / {IDS_A_PART} UNION ALL"  # noqa: S608 (names of ours)
        f" SELECT ({later}) / {IDS_A_PART} FROM {name} WHERE number IS NOT NULL)",
        [*its, *theirs],
    )


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
    shown = Film.objects.visible_to(ANYBODY).filter(category=OuterRef("pk"))
    last = shown.order_by("-updated_at").values("updated_at")[:1]
    for category in Category.objects.annotate(at=Subquery(last)):
        yield _entry(category.get_absolute_url(), category.at)


def _films(number: int) -> Iterator[Entry]:
    films = Film.objects.visible_to(ANYBODY).filter(**_ids(number)).select_related("topic")
    rows = films.order_by("pk").values_list("slug", "updated_at", "topic__last_comment_at")
    for slug, updated_at, spoken_at in rows:
        yield _entry(reverse("film", args=[slug]), max(updated_at, spoken_at or updated_at))


def _people(number: int) -> Iterator[Entry]:
    rows = _shown_people().filter(**_ids(number)).order_by("pk")
    for slug, at in rows.values_list("slug", "at"):
        yield _entry(reverse("person", args=[slug]), at)


def _shown_people() -> QuerySet[Any]:
    """Return the people whom a film names that is shown; `at`: when one of these last changed. A value, of
    which no database makes a join of all people with all credits.
    """
    films = Film.objects.visible_to(ANYBODY).filter(credits__person=OuterRef("pk"))
    last = films.order_by("-updated_at").values("updated_at")[:1]
    return Person.objects.annotate(at=Subquery(last)).filter(at__isnull=False)


def _topics(number: int) -> Iterator[Entry]:
    topics = Topic.objects.in_lobby().visible_to(ANYBODY).filter(**_ids(number)).order_by("pk")
    for topic in topics:
        yield _entry(topic.get_absolute_url(), topic.last_comment_at or topic.created_at)


_PARTS = {"pages": _pages, "films": _films, "people": _people, "topics": _topics}


def _entry(path: str, changed_at: datetime | None = None) -> Entry:
    return Entry(settings.SITE_URL + iri_to_uri(path), changed_at)
