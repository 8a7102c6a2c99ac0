"""Ways through the catalogue: decades, years, people, and a film by chance."""

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from films import browse, people, pieces, timeline
from films.models import FIRST_YEAR, Film, Person
from films.shelf import Name
from forum.accounts.readers import reader_of
from forum.discussions import answers, newness

FIRST_DECADE = FIRST_YEAR - FIRST_YEAR % 10


@require_safe
def decades(request: HttpRequest) -> HttpResponseBase:
    """All decades, each with the films of it that are talked about most."""

    def make() -> HttpResponse:
        found = browse.Found(reader_of(request), browse.Choice())
        bars = timeline.decades(found)
        rows = timeline.some_of_each(found, [bar for bar in bars if bar.count])
        newness.count(request, [film.topic for _bar, films in rows for film in films])
        return render(request, "films/decades.html", {"bars": bars, "rows": rows})

    return answers.shared(request, None, make)


@require_safe
def decade(request: HttpRequest, decade: int) -> HttpResponseBase:
    """The films of a decade; 404 for what is none, or has no film."""
    if decade % 10 or not FIRST_DECADE <= decade < 3000:
        raise Http404
    return _of_time(request, ("decade", decade))


@require_safe
def year(request: HttpRequest, year: int) -> HttpResponseBase:
    """The films of a year; 404 for one without a film."""
    return _of_time(request, ("year", year))


def _of_time(request: HttpRequest, of: Name) -> HttpResponseBase:
    def make() -> HttpResponse:
        kind, value = of[0], int(str(of[1]))
        decade = value - value % 10
        every = browse.Found(reader_of(request), browse.Choice())
        found = browse.Found(reader_of(request), browse.Choice.of(request.GET), of, every.shelf)
        if not found.base:
            raise Http404
        page = found.page()
        newness.count(request, [film.topic for film in page.films])
        bars = timeline.decades(every, decade)
        walked = bars if kind == "decade" else timeline.year_bars(every, value)
        before, after = timeline.beside(walked)
        context = {
            "heading": browse.words_of(kind, value),
            "narrower": f"?{kind}={value}",
            "decades": bars,
            "years": timeline.years(every, decade, value if kind == "year" else None),
            "before": before,
            "after": after,
            "page": page,
            "cards": pieces.cards(page.films),
            "sorts": browse.sorts(found.choice),
        }
        return render(request, "films/time.html", context)

    return answers.shared(request, None, make)


@require_safe
def person(request: HttpRequest, slug: str) -> HttpResponseBase:
    """A person and their films by role and year. Nobody is shown by hidden films alone."""

    def make() -> HttpResponse:
        somebody = get_object_or_404(Person, slug=slug)
        asked, reader = people.role_of(request.GET.get("role", "")), reader_of(request)
        roles, work = people.work(somebody, reader, asked)
        films = {film.pk: film for one in work for _year, some in one.years for film in some}
        if not roles and not reader.is_staff:
            raise Http404
        newness.count(request, [film.topic for film in films.values()])
        context = {
            "person": somebody,
            "roles": roles,
            "work": work,
            "asked": asked,
            "count": len(films),
            "narrower": browse.Choice(person=somebody).query(),
        }
        return render(request, "films/person.html", context)

    return answers.shared(request, None, make)


@require_safe
def random_film(request: HttpRequest) -> HttpResponse:
    """The way to a film by chance, of those that the address asks for; to the list if there is none."""
    found = browse.Found(reader_of(request), browse.Choice.of(request.GET))
    pk = found.shelf.any_of(found.films)
    film = Film.objects.visible_to(reader_of(request)).filter(pk=pk or 0).first()
    where = film.get_absolute_url() if film else f"../{found.choice.query()}"
    response = HttpResponseRedirect(where)
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    return response
