"""Which film a page is about, or the film that is made of it."""

from itertools import count

from django.db.models import Q

from films import services, words
from films.models import Category, Film, FormerSlug
from forum.transfer.models import FilmRef
from forum.transfer.records import FilmRecord


def find_by_refs(system: str, site: str, page: FilmRecord) -> tuple[Film | None, bool]:
    """Return the film that the page became before, and whether by this system's own ids.

    Else the film which the same page became when another system's export was brought in.
    """
    ours = Q(system=system, site=site, item__in=page.refs)
    # An export of WordPress names threads of Disqus without their forum.
    wanted = ours | Q(system=system, site="", item__in=page.refs)
    for other, host, ref in page.aliases:
        alias = Q(system=other, item=ref)
        wanted |= alias & (Q(site=host) | Q(site__startswith=f"{host}/")) if host else alias
    found = list(FilmRef.objects.select_related("film").filter(wanted).order_by("pk"))
    own = [ref for ref in found if (ref.system, ref.site) == (system, site)]
    return ((own or found)[0].film if found else None), bool(own)


def find_by_import(system: str, page: FilmRecord) -> Film | None:
    """Return the film to which another system's import gave one of the page's addresses."""
    if not page.addresses:
        return None
    others = FilmRef.objects.exclude(system=system).values("film")
    return Film.objects.filter(old_addresses__address__in=page.addresses, pk__in=others).first()


def find_film(page: FilmRecord) -> Film | None:
    """Return the one film that the page is about, by old address, slug, title and year.

    Never a film of the demo; never one of another year. A film that went into another leads there.
    """
    film = _named_film(page)
    return services.present_film(film_id=film.pk) if film else None


def _named_film(page: FilmRecord) -> Film | None:
    films = Film.objects.filter(topic__is_demo=False)
    if page.addresses:
        film = films.filter(old_addresses__address__in=page.addresses).first()
        if film:
            return film
    if page.year is not None:
        films = films.filter(year__in=[page.year]) | films.filter(year=None)
    slug = words.slug_of(page.slug)
    film = films.filter(slug=slug).first() or films.filter(former_slugs__slug=slug).first()
    if film:
        return film
    named = films.filter(sort_title=words.sort_key(page.title))
    if page.year is not None:
        named = named.filter(year=page.year)
    found = list(named[:2])
    return found[0] if len(found) == 1 else None


def make_film(page: FilmRecord) -> Film:
    """Return the film made of a page; the same page gives the same film in every run."""
    main = _category(page.category)
    further = [other for name in page.categories if (other := _category(name))]
    return services.create_film(
        title=page.title[:200],
        slug=_free_slug(page),
        year=page.year,
        category=main,
        categories=further,
        description=page.description,
        description_format=page.description_format,
        state=Film.State.DRAFT if page.is_draft else Film.State.PUBLISHED,
        at=page.published,
    )


def _category(name: str) -> Category | None:
    name = name[:60].strip()
    if not name:
        return None
    # In Python, as SQLite compares letters other than ASCII exactly.
    for category in Category.objects.all():
        if category.name.casefold() == name.casefold():
            return category
    return services.create_category(name=name)


def _free_slug(page: FilmRecord) -> str:
    """Return the last part of the old address if it is free, else one made from it or the title."""
    slugs = (words.slug_of(text) for text in (page.slug, page.title, f"film {page.ref}"))
    base = next(slug for slug in slugs if slug and slug not in services.url_words())
    for number in count(1):
        slug = base if number == 1 else f"{base}-{number}"
        if not any(model.objects.filter(slug=slug).exists() for model in (Film, FormerSlug)):
            return slug
    raise AssertionError("unreachable")
