"""Home, the catalogue, a film, a person; pictures; what robots ask for."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.contrib.flatpages.views import flatpage
from django.db.models import F
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponsePermanentRedirect,
)
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from films import browse, film_page, media, pieces, services
from films.models import Category, Film, FormerSlug, Person
from forum.accounts.readers import reader_of
from forum.discussions import answers, feeds
from forum.discussions.models import Topic

NEWEST_FILMS = 6
FILMS_OF_A_PERSON = 500


@require_safe
def home(request: HttpRequest) -> HttpResponseBase:
    """The newest films, and the latest words of the talks that were last spoken in."""

    def make() -> HttpResponse:
        films = Film.objects.visible_to(reader_of(request)).exclude(published_at=None)
        newest = films.for_lists().without_texts().order_by("-published_at", "-pk")[:NEWEST_FILMS]
        cards = [pieces.card(film, last_word=True) for film in newest]
        context = {"cards": cards, "voices": pieces.voices()}
        return render(request, "films/home.html", context)

    return answers.shared(request, None, make)


@require_safe
def catalogue(request: HttpRequest) -> HttpResponseBase:
    """All films, filtered and put in order by the address."""

    def make() -> HttpResponse:
        films = Film.objects.visible_to(reader_of(request)).exclude(published_at=None)
        choice = browse.Choice.of(request.GET)
        page = browse.page_of(films, choice)
        context = {
            "page": page,
            "cards": [pieces.card(film) for film in page.films],
            "filters": browse.filters(films, choice),
            "sorts": browse.sorts(choice),
        }
        return render(request, "films/catalogue.html", context)

    return answers.shared(request, None, make)


@require_safe
def category(request: HttpRequest, slug: str) -> HttpResponseBase:
    """The films of a category, its own and those that also stand there."""

    def make() -> HttpResponse:
        shelf = get_object_or_404(Category, slug=slug)
        films = Film.objects.visible_to(reader_of(request)).exclude(published_at=None)
        choice = browse.Choice.of(request.GET)
        context = {
            "category": shelf,
            "page": browse.page_of(browse.in_category(films, shelf), choice),
            "sorts": browse.sorts(choice),
        }
        return render(request, "films/category.html", context)

    return answers.shared(request, None, make)


@require_safe
def person(request: HttpRequest, slug: str) -> HttpResponseBase:
    """A person and their films, the latest first. Nobody is shown by hidden films alone."""

    def make() -> HttpResponse:
        somebody = get_object_or_404(Person, slug=slug)
        films = Film.objects.visible_to(reader_of(request)).filter(
            pk__in=somebody.credits.values("film")
        )
        latest = (
            films.for_lists()
            .without_texts()
            .order_by(F("year").desc(nulls_last=True), "sort_title", "pk")
        )
        shown = list(latest[:FILMS_OF_A_PERSON])
        if not shown and not reader_of(request).is_staff:
            raise Http404
        roles: dict[int, list[str]] = {}
        for credit in somebody.credits.filter(film__in=[film.pk for film in shown]):
            roles.setdefault(credit.film_id, []).append(credit.get_role_display())
        rows = [(film, roles.get(film.pk, [])) for film in shown]
        return render(request, "films/person.html", {"person": somebody, "rows": rows})

    return answers.shared(request, None, make)


# A film


def with_film(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Give the view the film of its address: 301 from a former one or a film that went into another,
    410 if it was withdrawn, and 404 for a draft, unless staff ask.
    """

    @wraps(view)
    def answer(request: HttpRequest, slug: str, **named: Any) -> HttpResponseBase:
        film = film_page.glimpse(slug)
        if film is None:
            former = FormerSlug.objects.select_related("film").filter(slug=slug).first()
            return _moved(request, former.film if former else None, named)
        if film.moved_to and "number" not in named:
            return _moved(request, services.present_film(film_id=film.pk), named)
        if film.moved_to or film.state == Film.State.PUBLISHED or reader_of(request).is_staff:
            return view(request, film, **named)
        if film.state == Film.State.DRAFT:
            raise Http404
        return answers.shared(
            request, None, lambda: render(request, "errors/410.html", {"status": 410}, status=410)
        )

    return answer


def _moved(request: HttpRequest, film: Film | None, named: dict[str, Any]) -> HttpResponseBase:
    """Answer 301 to the address a film has now; asked again each time, as it may come back."""
    if film is None or (film.is_draft and not reader_of(request).is_staff):
        raise Http404
    name = request.resolver_match.url_name if request.resolver_match else "film"
    address = reverse(name or "film", kwargs={"slug": film.slug, **named})
    query = request.META.get("QUERY_STRING", "")
    to = f"{address}?{query}" if query else address
    return answers.shared(request, None, lambda: HttpResponsePermanentRedirect(to))


@require_safe
@with_film
def film(request: HttpRequest, film: film_page.Glimpse) -> HttpResponseBase:
    return film_page.answer(request, film)


@require_safe
@with_film
def film_number(request: HttpRequest, film: film_page.Glimpse, number: str) -> HttpResponseBase:
    """The comment with that path number: 302 to its own page, 301 from a number it had before."""
    return answers.to_number(film.topic_id, number)


@require_safe
@with_film
def film_feed(request: HttpRequest, film: film_page.Glimpse) -> HttpResponseBase:
    return feeds.topic_feed(request, Topic.objects.get(pk=film.topic_id), request.path)


# Pages of the house, and files


@require_safe
def house_page(request: HttpRequest, url: str) -> HttpResponseBase:
    """A page that the owner edits."""
    return answers.shared(request, None, lambda: flatpage(request, url))


@require_safe
def uploaded(request: HttpRequest, name: str) -> HttpResponseBase:
    return media.answer(request, name)


@require_safe
def robots(request: HttpRequest) -> HttpResponse:
    """Everything may be read but forms, searches and the admin."""
    lines = [
        "User-agent: *",
        "Disallow: /admin/",
        "Disallow: /login/",
        "Disallow: /logout/",
        "Disallow: /my/",
        "Disallow: /search/",
        "Disallow: /topics/",
        "Disallow: /comments/*/reply/",
        "Allow: /",
        f"Sitemap: {settings.SITE_URL}{reverse('sitemap')}",
        "",
    ]
    return HttpResponse("\n".join(lines), content_type="text/plain; charset=utf-8")
