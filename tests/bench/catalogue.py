"""What the ways through the catalogue cost with many films: `./run bench catalogue`.

--small: sizes for trying it out, nothing written. Words: the databases ("postgresql", "sqlite").
"""

import gc
import statistics
import sys
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from tests.bench import report, turns
from tests.bench.databases import POSTGRESQL, SQLITE, lanes
from tests.bench.databases import run as python

SIZES = [1_000, 100_000]  # films
SMALL = [500, 5_000]
COMMENTS_A_FILM = {POSTGRESQL: 10, SQLITE: 1}
ROUNDS = 25
LIMITS = ("BEGIN", "SET LOCAL", "COMMIT")  # what limits the time of a search, and asks nothing
GROWTH, QUERIES = 3, 8  # times the same page at the smaller size; of a page that nobody asked for
NOTES = f"""\
In the process, medians of {ROUNDS} rounds in turns with a site of each size; nothing of the pages is kept.
PostgreSQL has {COMMENTS_A_FILM[POSTGRESQL]} comments a film, SQLite {COMMENTS_A_FILM[SQLITE]}. A process reads all
films once, before its first list; that is told apart and has no bar. Where the time of a search is limited,
BEGIN, SET LOCAL and COMMIT are not counted."""


def main(words: list[str]) -> None:
    small, parts = "--small" in words, []
    with lanes() as both:
        chosen = [lane for lane in both if lane.name.lower() in words] or both
        python(both[0].environment(both[0].first), *"manage.py collectstatic --noinput -v0".split())
        for lane in chosen:
            sizes = SMALL if small else SIZES
            environments = [lane.another() for _films in sizes]
            fill = f"fill_{COMMENTS_A_FILM[lane.name]}"
            for films, environment in zip(sizes, environments, strict=True):
                python(environment, "-m", "tests.bench.inside", __name__, fill, str(films))
                print(f"  {lane.name}: {films:,} films made", flush=True)
            found = turns.measured(__name__, sizes, environments)
            parts.append(f"### {lane.name}\n\n{table(found)}\n\n{verdict(found)}")
    text = "\n\n".join([NOTES, *parts])
    if small:
        print(text)
    else:
        report.write("catalogue", "Ways through the catalogue", text)
    if any("**missed**" in part for part in parts) and not small:
        sys.exit("a bar was missed")


Found = list[tuple[int, dict[str, Any]]]


def table(found: Found) -> str:
    head = ["page", *(f"{films:,} films, ms" for films, _one in found), "grows", "queries"]
    first, last = found[0][1], found[-1][1]
    return report.table(
        head,
        [
            [name, *(f"{one['ms'][name]:.1f}" for _films, one in found),
             f"{last['ms'][name] / first['ms'][name]:.2f}x", last["queries"][name]]
            for name in last["ms"]
        ],
    )  # fmt: skip


def verdict(found: Found) -> str:
    first, last = found[0][1], found[-1][1]
    missed = [
        f"{name} ({last['ms'][name] / first['ms'][name]:.2f}x, {last['queries'][name]} queries)"
        for name in last["ms"]
        if last["ms"][name] > GROWTH * first["ms"][name] or last["queries"][name] > QUERIES
    ]
    most = max(last["ms"][name] / first["ms"][name] for name in last["ms"])
    words = f"**missed** by {', '.join(missed)}" if missed else f"kept, the most is {most:.2f}x"
    reading = ", ".join(f"{one['reading_s']:.2f} s of {films:,}" for films, one in found)
    memory = ", ".join(f"{one['memory_mb']:.0f} MB of {films:,}" for films, one in found)
    return (
        f"- At most {GROWTH}x and {QUERIES} queries: {words}.\n"
        f"- A new process reads all films in {reading}; they take {memory}.\n"
        f"- One film that changed is read in {last['change_ms']:.1f} ms."
    )


# Inside the site


def fill_10(films: int) -> Any:
    return _filled(films, 10)


def fill_1(films: int) -> Any:
    return _filled(films, 1)


def _filled(films: int, comments_a_film: int) -> Any:
    from tests.bench import growth_site

    growth_site.COMMENTS_A_FILM = comments_a_film
    return growth_site.fill(films * comments_a_film)


def measure(_films: int) -> dict[str, Any]:
    """Return {"ms": {page: median}, "queries": {page: number}, "reading_s", "memory_mb", "change_ms"}."""
    from django.test.utils import setup_test_environment

    from films import related, shelf
    from forum.discussions.kept import kept
    from tests.bench.growth_pages import client
    from tests.bench.growth_site import FILM
    from tests.statements import statements

    setup_test_environment()
    memory, begin = _memory_mb(), time.perf_counter()
    shelf.now()
    reading_s, memory = time.perf_counter() - begin, _memory_mb() - memory
    related.find(_film(FILM).pk)
    # As forum/wsgi.py: a full collection took 0.2 s, of the same page in each round.
    gc.collect()
    gc.freeze()
    browser, pages = client(), _pages()
    ms: dict[str, list[float]] = {name: [] for name in pages}
    queries: dict[str, int] = {}
    for number in turns.rounds(ROUNDS + 2):
        for name, path in pages.items():
            kept.clear()
            begin = time.perf_counter()
            answer = browser.get(path)
            took = (time.perf_counter() - begin) * 1_000
            if answer.status_code not in (200, 302):
                sys.exit(f"{path} answered {answer.status_code}")
            if number >= 2:  # what is read and planned once
                ms[name].append(took)
    for name, path in pages.items():
        kept.clear()
        with statements() as said:
            browser.get(path)
        queries[name] = sum(not one.startswith(LIMITS) for one in said)
    return {
        "ms": {name: statistics.median(some) for name, some in ms.items()},
        "queries": queries,
        "reading_s": reading_s,
        "memory_mb": memory,
        "change_ms": _change_ms(),
    }


def _film(slug: str) -> Any:
    from films.models import Film

    return Film.objects.get(slug=slug)


def _pages() -> dict[str, str]:
    """Return {name: path} of every way through the catalogue."""
    from django.conf import settings

    from tests.bench.growth_pages import later
    from tests.bench.growth_site import FILM, PERSON, SHELF

    site: Any = None
    return {
        "home": "/",
        "all films": "/films/",
        "half way, newest first": later("newest", 10**9)(site),
        "half way, most discussed first": later("discussed", 10**9)(site),
        "half way, by title": later("title", 10**9)(site),
        "a category that grows": "/films/?category=shelf-1",
        "a category of 60": f"/films/?category={SHELF}",
        "a decade that grows": "/films/?decade=1990",
        "a year that grows": "/films/?year=1995&sort=title",
        "a country that grows": "/films/?country=FR",
        "a language": "/films/?language=fr&sort=discussed",
        "a length": "/films/?length=medium",
        "a person": f"/films/?person={PERSON}",
        "talked about": "/films/?talk=yes",
        "no word yet": "/films/?talk=no&sort=title",
        "playable here": "/films/?play=here",
        "seven at once": "/films/?category=shelf-1&decade=1990&country=FR&language=fr&length=medium"
        "&talk=yes&play=here",
        "seven at once that nothing is": f"/films/?category={SHELF}&year=1999&country=FR&language=zz"
        f"&length=long&person={PERSON}&talk=no",
        "decades": "/decades/",
        "a decade's own page": "/decades/1990/",
        "a year's own page": "/years/1995/",
        "a category's own page": "/categories/shelf-1/",
        "a person's page": f"/people/{PERSON}/",
        "a film by chance": "/films/random/?country=FR",
        "a film's page": f"/films/{FILM}/",
        "the Lobby": "/lobby/",
        "search: a word of every title": "/search/?q=night",
        "search: one film": "/search/?q=measured",
        "search: nothing": "/search/?q=zeppelin",
        "search: a slip": "/search/?q=measurd",
        "search: films, newest first": "/search/?q=night&in=films&sort=newest",
        "search: people": "/search/?q=person&in=people",
        "search: comments": "/search/?q=night&in=comments",
        "search: the Lobby": "/search/?q=talk&in=topics",
        "search: films of a year": "/search/?q=night+year:1995",
        "search: films of ten years": "/search/?q=night+year:1990s",
        "search: films of a shelf": "/search/?q=night+category:measured",
        "search: films of eleven shelves": "/search/?q=night+category:shelf-1",
        "what the search suggests": "/search/suggest/?q=nig",
        "suggest a film": "/films/suggest/",
        "films like a suggestion": "/films/suggest/like?title=Measured+film&year=1995",
        "a category's feed": "/categories/shelf-1/films.atom",
        "a person's feed": f"/people/{PERSON}/films.atom",
        "a search's feed": "/search/comments.atom?q=night",
        "sitemap": "/sitemap.xml",
        "sitemap: pages": "/sitemap.xml?part=pages",
        "sitemap: films": "/sitemap.xml?part=films&n=0",
        "sitemap: people": "/sitemap.xml?part=people&n=1",
        "sitemap: topics": "/sitemap.xml?part=topics&n=0",
        "a film's oEmbed": f"/oembed?{urlencode({'url': f'{settings.SITE_URL}/films/{FILM}/'})}",
    }


def _change_ms() -> float:
    """Return what the first list after a change of one film takes more, to know of it."""
    from films import shelf
    from films.models import Film
    from tests.bench.growth_site import FILM

    took = []
    for year in (1980, 1981, 1982, 1983, 1984):
        Film.objects.filter(slug=FILM).update(year=year)
        begin = time.perf_counter()
        shelf.now()
        took.append((time.perf_counter() - begin) * 1_000)
    return statistics.median(took)


def _memory_mb() -> float:
    """Return what this process holds of memory; 0 where that cannot be read."""
    try:
        return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 / 1_000_000
    except OSError:
        return 0
