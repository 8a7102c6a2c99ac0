"""Everything that is done to films, people and categories; one transaction each.

Every function takes keywords only, writes the film's head (updated_at) and its Topic true in the
same transaction, and raises ValidationError. Objects that are passed in are only asked for their
id: what is stored is read again under a lock, and the stored object is returned.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from itertools import chain, count
from typing import IO, Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F, Q, QuerySet, Value
from django.db.models.functions import Greatest
from django.urls import URLPattern, get_resolver
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from films import posters, sources, words
from films.models import Category, Credit, Film, FormerSlug, Person, Source, check_slug
from forum import markup
from forum.accounts.models import User
from forum.discussions.models import Event, Topic

# What change_film and create_film take beside title, slug and category.
_LINES = {"original_title", "tagline", "imdb_id", "tmdb_id", "wikidata_id"}
_TEXTS = {"description", "description_format"}
_CODES = {"countries", "languages"}
_PLAIN = _LINES | _TEXTS | _CODES | {"year", "runtime_minutes"}
FIELDS = _PLAIN | {"title", "slug", "category"}  # all that change_film takes
_TICK = timedelta(microseconds=1)


@dataclass(frozen=True)
class NewSource:
    """A playable copy as it is entered; the address says the rest."""

    address: str
    label: str = ""
    length_s: int | None = None
    offset_s: int = 0  # second of the copy at which the film begins


# Films


@transaction.atomic
def create_film(
    *,
    title: str,
    slug: str = "",
    category: Category | None = None,
    categories: Iterable[Category] = (),
    credits: Sequence[tuple[Person, str]] = (),
    sources: Sequence[NewSource] = (),
    state: str = Film.State.DRAFT,
    at: datetime | None = None,
    is_demo: bool = False,
    **plain: Any,
) -> Film:
    """Make a film and the topic of its talk. `at`: since when it is in its state (now).

    `plain` are original_title, year, runtime_minutes, tagline, description, description_format,
    countries, languages, imdb_id, tmdb_id and wikidata_id.
    """
    at = at or timezone.now()
    film = Film(category=category, state=state, state_at=at)
    film.published_at = at if film.is_published else None
    _fill(film, {"title": title, **plain})
    _refuse_nonsense(film)
    film.topic = Topic.objects.create(title=film.title, path="/", is_demo=is_demo)
    film.slug = f"new-{film.topic_id}"
    film.save(force_insert=True)
    film.slug = slug_given(film, slug) if slug else _slug_made(film)
    film.save(update_fields=["slug"])
    _keep_topic_true(film)
    others = [other for other in categories if other != category]
    if others:
        set_categories(film=film, category=category, categories=others)
    if credits:
        set_credits(film=film, credits=credits)
    if sources:
        set_sources(film=film, sources=sources)
    return Film.objects.for_lists().get(pk=film.pk)


@transaction.atomic
def change_film(*, film: Film, **changes: Any) -> Film:
    """Change title, slug, category or any of create_film's `plain`; the rest stays as it is.

    An empty slug is made anew from the title; a changed one answers 301 from then on.
    """
    stored = _locked(film)
    slug = changes.pop("slug", stored.slug)
    if "category" in changes:
        stored.category = changes.pop("category")
    _fill(stored, changes)
    _refuse_nonsense(stored)
    if slug != stored.slug:
        _move(stored, slug_given(stored, slug) if slug else _slug_made(stored))
    _raise(stored)
    stored.save()
    if stored.category:
        stored.categories.remove(stored.category)
    _keep_topic_true(stored)
    return stored


@transaction.atomic
def set_film_state(*, film: Film, state: str, by: User | None = None) -> Film:
    """Publish, withdraw or take back to draft. Hidden films hide their talk on every address."""
    if state not in Film.State.values:
        raise ValidationError(_("There is no such state."), code="state")
    stored = _locked(film)
    if state == stored.state:
        return stored
    before, stored.state, stored.state_at = stored.state, state, timezone.now()
    if stored.is_published and not stored.published_at:
        stored.published_at = stored.state_at
    _raise(stored)
    stored.save(update_fields=["state", "state_at", "published_at", "updated_at"])
    Event.objects.create(
        actor_id=by.pk if by else None,
        verb="film",
        topic_id=stored.topic_id,
        before=before,
        after=state,
    )
    _keep_topic_true(stored)
    return stored


@transaction.atomic
def set_categories(
    *, film: Film, category: Category | None, categories: Iterable[Category]
) -> Film:
    """Set the main category and the further ones; the main one is never among the further."""
    stored = _locked(film)
    stored.category = category
    stored.categories.set([other for other in categories if other != category])
    return _saved(stored, "category")


@transaction.atomic
def set_credits(*, film: Film, credits: Sequence[tuple[Person, str]]) -> Film:
    """Make the film's credits exactly these (person, role), in this order."""
    stored = _locked(film)
    wanted = list(dict.fromkeys(credits))
    if any(role not in Credit.Role.values for _person, role in wanted):
        raise ValidationError(_("There is no such role."), code="role")
    stored.credits.all().delete()
    Credit.objects.bulk_create(
        Credit(film=stored, person=person, role=role, position=position)
        for position, (person, role) in enumerate(wanted)
    )
    return _saved(stored)


@transaction.atomic
def set_sources(*, film: Film, sources: Sequence[NewSource]) -> Film:
    """Make the film's playable copies exactly these, in this order. A copy that stays keeps its id.

    Raises ValidationError for an address that names no known copy, or the same copy twice.
    """
    stored = _locked(film)
    old = {(row.kind, row.host, row.key): row for row in stored.sources.all()}
    kept = [_source(stored, new, position, old) for position, new in enumerate(sources)]
    if len({(row.kind, row.host, row.key) for row in kept}) < len(kept):
        raise ValidationError(_("The same copy stands here twice."), code="source-twice")
    for row in old.values():
        row.delete()
    for row in kept:
        row.save()
    return _saved(stored)


def set_poster(*, film: Film, upload: IO[bytes] | None) -> Film:
    """Give the film this picture as its poster, or none; the files it had go on commit."""
    new = posters.store(upload) if upload else posters.Stored("", 0, 0)
    try:
        with transaction.atomic():
            stored = _locked(film)
            old = (stored.poster, stored.poster_width)
            stored.poster, stored.poster_width, stored.poster_height = (
                new.name,
                new.width,
                new.height,
            )
            if old[0]:
                transaction.on_commit(lambda: posters.delete(*old))
            return _saved(stored, "poster", "poster_width", "poster_height")
    except BaseException:
        if new.name:
            posters.delete(new.name, new.width)
        raise


@transaction.atomic
def touch(*, film: Film) -> Film:
    """Say that what the film's head shows has changed."""
    return _saved(_locked(film))


@transaction.atomic
def rerender(*, film: Film) -> bool:
    """Make the description's HTML anew by today's rules; return whether that changed it."""
    stored = _locked(film)
    made = markup.render(stored.description, stored.description_format)
    if made == stored.description_html:
        return False
    stored.description_html = made
    _saved(stored, "description_html")
    return True


# People and categories


@transaction.atomic
def create_person(*, name: str, slug: str = "") -> Person:
    """Make a person of that name; two people may share a name, not an address."""
    person = Person(name=_line(name))
    person.folded = words.search_text(person.name)
    person.clean_fields(exclude=["slug", "folded"])
    person.slug = _slug_of_other(Person.objects.all(), slug, person.name, "person")
    person.save(force_insert=True)
    return person


@transaction.atomic
def rename_person(*, person: Person, name: str) -> Person:
    """Change a name everywhere it is shown; the address stays."""
    stored = Person.objects.select_for_update(no_key=True).get(pk=person.pk)
    stored.name = _line(name)
    stored.folded = words.search_text(stored.name)
    stored.clean_fields(exclude=["slug", "folded"])
    stored.save(update_fields=["name", "folded"])
    _raise_all(Film.objects.filter(pk__in=stored.credits.values("film")))
    return stored


@transaction.atomic
def create_category(*, name: str, slug: str = "") -> Category:
    category = Category(name=_line(name))
    category.full_clean(exclude=["slug"])
    category.slug = _slug_of_other(Category.objects.all(), slug, category.name, "category")
    category.save(force_insert=True)
    return category


@transaction.atomic
def rename_category(*, category: Category, name: str) -> Category:
    """Change a name everywhere it is shown; the address stays."""
    stored = Category.objects.select_for_update(no_key=True).get(pk=category.pk)
    stored.name = _line(name)
    stored.full_clean(exclude=["slug"])
    stored.save(update_fields=["name"])
    through = Film.categories.through.objects.filter(category_id=stored.pk)
    _raise_all(Film.objects.filter(Q(category=stored) | Q(pk__in=through.values("film_id"))))
    _rename_in_bylines(stored)
    return stored


# The parts


def _locked(film: Film) -> Film:
    """Return the stored film, its row locked to the end. Topic rows come after, never before."""
    rows = Film.objects.select_related("topic", "category")
    return rows.select_for_update(no_key=True, of=("self",)).get(pk=film.pk)


def _raise(film: Film) -> None:
    film.updated_at = max(timezone.now(), film.updated_at + _TICK)  # also when a clock went back


def _raise_all(films: QuerySet[Film]) -> None:
    films.update(updated_at=Greatest(F("updated_at") + _TICK, Value(timezone.now())))


def _saved(film: Film, *fields: str) -> Film:
    _raise(film)
    film.save(update_fields=[*fields, "updated_at"])
    return film


def _fill(film: Film, changes: dict[str, Any]) -> None:
    unknown = changes.keys() - _PLAIN - {"title"}
    if unknown:
        raise TypeError(f"a film has no {', '.join(sorted(unknown))}")
    for name, value in changes.items():
        if name == "title" or name in _LINES:
            value = _line(value)
        elif name in _CODES:
            value = codes_of(name, value)
        setattr(film, name, value)
    film.description = film.description.replace("\x00", "")
    film.folded = words.search_text(film.title, film.original_title)
    film.sort_title = words.sort_key(film.title)


def codes_of(name: str, text: str) -> str:
    """Return the codes of `text` ("countries" or "languages") as they are stored: "GB FR"."""
    codes = text.upper() if name == "countries" else text.lower()
    return " ".join(dict.fromkeys(codes.replace(",", " ").split()))


def _refuse_nonsense(film: Film) -> None:
    film.clean_fields(
        exclude=["topic", "slug", "folded", "sort_title", "category", "description_html"]
    )
    film.description_html = markup.render(film.description, film.description_format)


def _line(text: str) -> str:
    """Return one line of text: control characters and double spaces gone."""
    return " ".join(
        "".join(" " if unicodedata.category(s) in ("Cc", "Cs") else s for s in text).split()
    )


def _source(
    film: Film, new: NewSource, position: int, old: dict[tuple[str, str, str], Source]
) -> Source:
    """Return the row for `new`: a new one, or that of the same copy, taken out of `old`."""
    parsed = sources.parse(new.address)
    found = (parsed.kind, parsed.host, parsed.key)
    row = old.pop(found, None) or Source(
        film=film, kind=parsed.kind, host=parsed.host, key=parsed.key
    )
    row.address, row.label, row.position = new.address.strip(), _line(new.label), position
    row.length_s, row.offset_s = new.length_s, new.offset_s
    row.clean_fields(exclude=["film"])
    return row


# Addresses


def _keep_topic_true(film: Film) -> None:
    """Write to the topic what the talk shows of its film."""
    Topic.objects.filter(pk=film.topic_id).update(
        title=film.title,
        path=f"/films/{film.slug}/",
        byline=film.year_and_category,
        runtime_minutes=film.runtime_minutes,
        hidden_at=None if film.is_published else film.state_at,
        version=F("version") + 1,
    )


def _rename_in_bylines(category: Category) -> None:
    """Write the category's new name to the topics of its films: one UPDATE a year."""
    films = Film.objects.filter(category=category)
    rows = Topic.objects.filter(film__in=films).order_by("pk").values_list("pk", flat=True)
    list(rows.select_for_update(no_key=True, of=("self",)))  # ascending, as everybody takes them
    for year in films.order_by().values_list("year", flat=True).distinct():
        topics = Topic.objects.filter(film__in=films.filter(year=year))
        byline = Film(year=year, category=category).year_and_category
        topics.update(byline=byline, version=F("version") + 1)


def _move(film: Film, slug: str) -> None:
    """Give the film its new address and let the old one answer 301 for ever."""
    film.former_slugs.filter(slug=slug).delete()
    FormerSlug.objects.create(film=film, slug=film.slug)
    film.slug = slug


def _slug_made(film: Film) -> str:
    """Return a free address from the title; where the title gives none, film-<id>."""
    slug = words.slug_of(film.title)
    if not slug or slug in url_words():
        slug = f"film-{film.pk}"
    with_year = [f"{slug}-{film.year}"] if film.year else []
    choices = chain([slug], with_year, (f"{slug}-{number}" for number in count(2)))
    return next(choice for choice in choices if _is_free(film, choice))


def slug_given(film: Film, text: str) -> str:
    """Return the address that a person chose for a film; raise ValidationError if it cannot be."""
    slug = words.slug_of(text)
    check_slug(slug)
    if slug in url_words():
        raise ValidationError(
            _("The site itself has this word in its addresses."), code="slug-word"
        )
    if not _is_free(film, slug):
        raise ValidationError(_("Another film has or had this address."), code="slug-taken")
    return slug


def _is_free(film: Film, slug: str) -> bool:
    # In this order: a film that leaves an address writes both rows in one transaction.
    if Film.objects.filter(slug=slug).exclude(pk=film.pk).exists():
        return False
    return not FormerSlug.objects.filter(slug=slug).exclude(film_id=film.pk).exists()


def _slug_of_other(rows: QuerySet[Any], slug: str, name: str, kind: str) -> str:
    """Return a free address; one that was given and is taken is refused."""
    if slug:
        check_slug(slug)
        if rows.filter(slug=slug).exists():
            raise ValidationError(_("This address is taken."), code="slug-taken")
        return slug
    base = words.slug_of(name) or kind
    taken = set(rows.filter(slug__startswith=base).values_list("slug", flat=True))
    number = 1
    while (slug := base if number == 1 else f"{base}-{number}") in taken:
        number += 1
    return slug


@cache
def url_words() -> frozenset[str]:
    """Return the words of the URL table; no film stands under one of them."""
    found = {settings.STATIC_URL.strip("/"), settings.MEDIA_URL.strip("/")}
    patterns = list(get_resolver().url_patterns)
    while patterns:
        pattern = patterns.pop()
        route = re.sub(r"<[^>]*>|\(.*?\)", "/", str(pattern.pattern))
        found.update(part for part in re.split(r"[/.^$]", route) if words.is_slug(part))
        if not isinstance(pattern, URLPattern) and pattern.namespace != "admin":
            patterns += pattern.url_patterns
    return frozenset(found)
