"""Home, the catalogue, a film, a person; pictures; what robots ask for."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.contrib.flatpages.views import flatpage
from django.db.models import Exists, OuterRef
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

from films import browse, facets, film_page, front, media, pieces, services
from films.models import Category, Film, FormerSlug
from forum.accounts.readers import reader_of
from forum.discussions import along, answers, feeds, muted, newness, week
from forum.discussions.models import Topic


@require_safe
def home(request: HttpRequest) -> HttpResponseBase:
    """The newest films, what is talked about now, an old film with new talk, the last words."""

    def make() -> HttpResponse:
        shown = front.front(reader_of(request), what_is_muted=muted.of(request))
        newness.count(request, shown.topics())
        cards = pieces.cards([*shown.newest, *([shown.old] if shown.old else [])], last_word=True)
        said = shown.said()
        of_old = 1 if shown.old and said and said[0].topic_id == shown.old.topic_id else 0
        voices = pieces.voices(said, pieces.VOICES + of_old)
        context = {
            "cards": cards[: len(shown.newest)],
            "now": shown.now,
            "old": shown.old,
            "old_card_html": cards[-1] if shown.old else "",
            "old_voices": voices[:of_old],
            "voices": voices[of_old:],
        }
        return render(request, "films/home.html", context)

    return answers.shared(request, None, make)


@require_safe
def catalogue(request: HttpRequest) -> HttpResponseBase:
    """All films, filtered and put in order by the address."""

    def make() -> HttpResponse:
        shelves = list(Category.objects.all())
        found = browse.Found(reader_of(request), browse.Choice.of(request.GET, shelves))
        page = found.page()
        newness.count(request, [film.topic for film in page.films])
        context = {
            "page": page,
            "cards": pieces.cards(page.films),
            "chosen": facets.chosen(found),
            "filters": facets.filters(found, page.films, shelves),
            "nearest": found.nearest() if not page.count else [],
            "sorts": browse.sorts(found.choice),
        }
        return render(request, "films/catalogue.html", context)

    return answers.shared(request, None, make)


@require_safe
def category(request: HttpRequest, slug: str) -> HttpResponseBase:
    """The films of a category, its own and those that also stand there."""

    def make() -> HttpResponse:
        shelf = get_object_or_404(Category, slug=slug)
        found = browse.Found(
            reader_of(request), browse.Choice.of(request.GET), ("category", shelf.pk)
        )
        page = found.page()
        newness.count(request, [film.topic for film in page.films])
        # From few topics to their films: from 50,000 films to their topics is slow on SQLite.
        films = Film.objects.on_shelf(shelf).filter(topic=OuterRef("pk"))
        spoken = Topic.objects.filter(Exists(films))
        context = {
            "category": shelf,
            "page": page,
            "week": week.talked(spoken.visible_to(reader_of(request))),
            "sorts": browse.sorts(found.choice),
        }
        return render(request, "films/category.html", context)

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


@require_safe
@with_film
def film_news(request: HttpRequest, film: film_page.Glimpse) -> HttpResponseBase:
    """How many comments came since a moment, for a page that is open."""
    return along.news_of(request, film.topic_id, film.version)


@require_safe
@with_film
def film_since(request: HttpRequest, film: film_page.Glimpse) -> HttpResponseBase:
    """What changed in the talk since a day."""
    return along.since_page(request, film.topic_id, film.version)


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
        "Disallow: /films/suggest",
        "Disallow: /films/random/",
        "Disallow: /comments/*/reply/",
        "Disallow: /comments/*/report/",
        "Allow: /",
        f"Sitemap: {settings.SITE_URL}{reverse('sitemap')}",
        "",
    ]
    return HttpResponse("\n".join(lines), content_type="text/plain; charset=utf-8")
