"""Atom: the newest films of a category and of a person."""

from collections.abc import Iterable

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.utils.feedgenerator import Atom1Feed
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from films import browse
from films.models import Category, Film, FilmQuerySet, Person
from forum.accounts.readers import ANYBODY
from forum.discussions import answers

ENTRIES = 50


@require_safe
def category_feed(request: HttpRequest, slug: str) -> HttpResponseBase:
    """The films that came to this shelf last, as its main category or a further one."""

    def make() -> HttpResponse:
        shelf = get_object_or_404(Category, slug=slug)
        found = browse.Found(ANYBODY, browse.Choice(), ("category", shelf.pk))
        rows = Film.objects.visible_to(ANYBODY).filter(pk__in=found.first(ENTRIES))
        return _atom(request, shelf.name, shelf.get_absolute_url(), _newest(rows))

    return answers.shared(request, None, make)


@require_safe
def person_feed(request: HttpRequest, slug: str) -> HttpResponseBase:
    """The films of this person that came last. 404 where their page is."""

    def make() -> HttpResponse:
        somebody = get_object_or_404(Person, slug=slug)
        rows = Film.objects.visible_to(ANYBODY).filter(pk__in=somebody.credits.values("film"))
        films = _newest(rows)
        if not films:
            raise Http404
        return _atom(request, somebody.name, somebody.get_absolute_url(), films)

    return answers.shared(request, None, make)


def _newest(rows: FilmQuerySet) -> list[Film]:
    return list(rows.for_lists().order_by("-published_at", "-pk")[:ENTRIES])


def _atom(request: HttpRequest, name: str, link: str, films: Iterable[Film]) -> HttpResponse:
    feed = Atom1Feed(
        title=_("%(name)s: newest films") % {"name": name},
        link=settings.SITE_URL + link,
        description="",
        language=get_language(),
        feed_url=settings.SITE_URL + request.path,
        author_name=settings.SITE_NAME,
    )
    for film in films:
        address = settings.SITE_URL + film.get_absolute_url()
        feed.add_item(
            title=str(film),
            link=address,
            unique_id=f"{settings.SITE_URL}/films/#{film.pk}",  # an address may change
            description=film.description_html,
            pubdate=film.published_at,
            updateddate=film.updated_at,
        )
    return HttpResponse(
        feed.writeString("utf-8"), content_type="application/atom+xml; charset=utf-8"
    )
