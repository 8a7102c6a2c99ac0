"""Making a film and changing it. One change, however much of the film it touches, is one version."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import IO, Any, Final

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from films import posters
from films.models import Category, Film, Person
from films.services import addresses, storing, versions
from films.services.storing import NewSource
from forum import markup
from forum.accounts.models import User
from forum.discussions.models import Event, Topic

KEEP: Final[Any] = object()  # of a poster: it stays as it is


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
    poster: IO[bytes] | None = None,
    by: User | None = None,
    **plain: Any,
) -> Film:
    """Make a film and the topic of its talk. `at`: since when it is in its state (now).

    `plain` are original_title, year, runtime_minutes, tagline, description, description_format,
    countries, languages, imdb_id, tmdb_id and wikidata_id.
    """
    with _stored(poster) as picture, transaction.atomic():
        at = at or timezone.now()
        film = Film(category=category, state=state, state_at=at)
        film.published_at = at if film.is_published else None
        storing.fill(film, {"title": title, **plain})
        storing.refuse_nonsense(film)
        _change_poster(film, picture)
        film.topic = Topic.objects.create(title=film.title, path="/", is_demo=is_demo)
        film.slug = f"new-{film.topic_id}"
        film.save(force_insert=True)
        film.slug = addresses.slug_given(film, slug) if slug else addresses.slug_made(film)
        storing.rise(film)
        film.save(update_fields=["slug", "updated_at"])
        film.categories.set([other for other in categories if other != category])
        storing.write_countries(film)
        storing.write_credits(film, credits)
        storing.write_sources(film, sources)
        versions.keep(film, by=by, is_first=True)
        storing.keep_topic_true(film)
        return Film.objects.for_lists().get(pk=film.pk)


def edit_film(
    *,
    film: Film,
    by: User | None = None,
    why: str = "",
    state: str | None = None,
    categories: Iterable[Category] | None = None,
    credits: Sequence[tuple[Person, str]] | None = None,
    sources: Sequence[NewSource] | None = None,
    poster: IO[bytes] | None = KEEP,
    **changes: Any,
) -> Film:
    """Change all that is named, as one version; what is not named stays as it is.

    `changes` are what change_film takes. `poster` is a picture, or None for no poster any more.
    Hidden films hide their talk on every address. `why` is a code that versions.py has words for.
    """
    with _stored(poster) as new, transaction.atomic():
        stored = storing.locked(film)
        before, named = stored.state, set(changes)
        _change_head(stored, changes)
        if state is not None and state != before:
            _change_state(stored, state)
        if categories is not None or "category" in named:
            further = stored.categories.all() if categories is None else categories
            stored.categories.set([other for other in further if other != stored.category])
        if "countries" in named:
            storing.write_countries(stored)
        if credits is not None:
            storing.write_credits(stored, credits)
        if sources is not None:
            storing.write_sources(stored, sources)
        if poster is not KEEP:
            _change_poster(stored, new)
        storing.rise(stored)
        stored.save()
        versions.keep(stored, by=by, why=why)
        if stored.state != before:
            Event.objects.create(
                actor_id=by.pk if by else None,
                verb="film",
                topic_id=stored.topic_id,
                before=before,
                after=stored.state,
            )
        if named or stored.state != before:
            storing.keep_topic_true(stored)
        return stored


def change_film(*, film: Film, by: User | None = None, **changes: Any) -> Film:
    """Change title, slug, category or any of create_film's `plain`; the rest stays as it is.

    An empty slug is made anew from the title; a changed one answers 301 from then on.
    """
    unknown = changes.keys() - storing.FIELDS
    if unknown:
        raise TypeError(f"change_film does not take {', '.join(sorted(unknown))}")
    return edit_film(film=film, by=by, **changes)


def set_categories(
    *,
    film: Film,
    category: Category | None,
    categories: Iterable[Category],
    by: User | None = None,
) -> Film:
    """Set the main category and the further ones; the main one is never among the further."""
    return edit_film(film=film, by=by, category=category, categories=categories)


def set_credits(
    *, film: Film, credits: Sequence[tuple[Person, str]], by: User | None = None
) -> Film:
    """Make the film's credits exactly these (person, role), in this order."""
    return edit_film(film=film, by=by, credits=credits)


def set_sources(*, film: Film, sources: Sequence[NewSource], by: User | None = None) -> Film:
    """Make the film's playable copies exactly these, in this order. A copy that stays keeps its id.

    Raises ValidationError for an address that names no known copy, or the same copy twice.
    """
    return edit_film(film=film, by=by, sources=sources)


def set_poster(*, film: Film, upload: IO[bytes] | None, by: User | None = None) -> Film:
    """Give the film this picture as its poster, or none; the files it had go on commit."""
    return edit_film(film=film, by=by, poster=upload)


@transaction.atomic
def touch(*, film: Film) -> Film:
    """Say that what the film's head shows has changed."""
    stored = storing.locked(film, even_merged=True)
    storing.rise(stored)
    stored.save(update_fields=["updated_at"])
    return stored


@transaction.atomic
def rerender(*, film: Film) -> bool:
    """Make the description's HTML anew by today's rules; return whether that changed it."""
    stored = storing.locked(film, even_merged=True)
    made = markup.render(stored.description, stored.description_format)
    if made == stored.description_html:
        return False
    stored.description_html = made
    storing.rise(stored)
    stored.save(update_fields=["description_html", "updated_at"])
    return True


# The steps


def _change_head(film: Film, changes: dict[str, Any]) -> None:
    slug = changes.pop("slug", film.slug)
    if "category" in changes:
        film.category = changes.pop("category")
    storing.fill(film, changes)
    storing.refuse_nonsense(film)
    if slug != film.slug:
        to = addresses.slug_given(film, slug) if slug else addresses.slug_made(film)
        if to != film.slug:
            addresses.move(film, to)


def _change_state(film: Film, state: str) -> None:
    if state not in Film.State.values:
        raise ValidationError(_("There is no such state."), code="state")
    film.state, film.state_at = state, timezone.now()
    if film.is_published and not film.published_at:
        film.published_at = film.state_at


@contextmanager
def _stored(upload: IO[bytes] | None) -> Iterator[posters.Stored]:
    """Store a poster for as long as the block that is to use it succeeds."""
    new = posters.Stored("", 0, 0)
    if upload is not None and upload is not KEEP:
        new = posters.store(upload)
    try:
        yield new
    except BaseException:
        if new.name:
            posters.delete(new.name, new.width)
        raise


def _change_poster(film: Film, new: posters.Stored) -> None:
    old = (film.poster, film.poster_width)
    film.poster, film.poster_width, film.poster_height = new.name, new.width, new.height
    if old[0]:
        transaction.on_commit(lambda: posters.delete(*old))
