"""A film that goes into another: what moves, and how it comes back whole within 30 days."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from films.changes import label_of
from films.models import Category, Credit, Film, FilmMerge, Person, Source
from films.services import storing, versions
from films.services.reverting import refuse_stale
from forum.accounts.models import User
from forum.accounts.readers import Reader
from forum.discussions import services as talk
from forum.discussions.models import Comment, Event, Thread

UNDO_WINDOW = timedelta(days=30)
IDS = ("imdb_id", "tmdb_id", "wikidata_id")


@dataclass(frozen=True)
class Plan:
    """What would move from a film to another, and what is there already."""

    sources: list[Source]
    sources_there: list[Source]
    credits: list[Credit]
    credits_there: list[Credit]
    main: Category | None  # becomes the main category of a film without one
    categories: list[Category]
    ids: dict[str, str]
    takes_poster: bool
    threads: int
    comments: int
    people: int  # who wrote them


def present_film(*, film_id: int) -> Film:
    """Return the film, or the one that it went into."""
    film = Film.objects.for_lists().get(pk=film_id)
    if not film.is_merged:
        return film
    return Film.objects.for_lists().get(topic=talk.present_topic_id(film.topic_id))


def merge_plan(*, film: Film, into: Film) -> Plan:
    """Return what merge_films would do. Raises ValidationError as it does."""
    _refuse(film, into)
    have = set(into.sources.values_list("kind", "host", "key"))
    sources = list(film.sources.all())
    acted = set(into.credits.values_list("person_id", "role"))
    credits = list(film.credits.select_related("person"))
    further = [one for one in (film.category, *film.categories.all()) if one]
    main = film.category if into.category is None else None
    known = {into.category, main, *into.categories.all()}
    comments = Comment.objects.on_topic(film.topic_id)
    return Plan(
        sources=[one for one in sources if (one.kind, one.host, one.key) not in have],
        sources_there=[one for one in sources if (one.kind, one.host, one.key) in have],
        credits=[one for one in credits if (one.person_id, one.role) not in acted],
        credits_there=[one for one in credits if (one.person_id, one.role) in acted],
        main=main,
        categories=[one for one in further if one not in known],
        ids={name: getattr(film, name) for name in IDS if _is_taken(film, into, name)},
        takes_poster=bool(film.poster and not into.poster),
        threads=Thread.objects.filter(topic=film.topic_id).count(),
        comments=comments.count(),
        people=comments.order_by().values("member", "pen", "author_name").distinct().count(),
    )


def _is_taken(film: Film, into: Film, name: str) -> bool:
    return bool(getattr(film, name) and not getattr(into, name))


def _refuse(film: Film, into: Film) -> None:
    if film.pk == into.pk:
        raise ValidationError(_("A film does not go into itself."), code="same-film")
    if into.is_merged or film.is_merged:
        raise ValidationError(_("One of them went into another film already."), code="merged")
    if film.is_published and not into.is_published:
        words = _(
            "Publish “%(film)s” first: its address will answer for both, and the talk of both."
        )
        raise ValidationError(words, code="merge-hidden", params={"film": into})
    if film.topic.is_demo != into.topic.is_demo:
        words = _("A film of the demo and one of yours stay apart: the demo goes as it came.")
        raise ValidationError(words, code="merge-demo")


@transaction.atomic
def merge_films(*, film: Film, into: Film, shown: str, by: User | None) -> FilmMerge:
    """Let a film go into another: its copies, credits, categories, ids, poster and whole talk move
    where the other has none of them, its address answers 301, and it is withdrawn.

    `shown` is seen(film, into) of the preview. Raises ValidationError: same-film, merged,
    merge-hidden, merge-demo, changed-meanwhile, moved.
    """
    film, into = _both(film, into)
    refuse_stale(shown, film, into)
    plan = merge_plan(film=film, into=into)
    moved: dict[str, Any] = {"state": film.state, "ids": plan.ids}
    moved |= _move_parts(plan, into)
    if plan.takes_poster:
        moved["poster"] = [film.poster, film.poster_width, film.poster_height]
        _give_poster(film, into)
    for name, value in plan.ids.items():
        setattr(into, name, value)
        setattr(film, name, "")
    film.state, film.state_at = Film.State.WITHDRAWN, timezone.now()
    _save(film, into)
    versions.keep(film, by=by, why=f"merged:{into.pk}")
    versions.keep(into, by=by, why=f"merge:{film.pk}")
    merge = FilmMerge(film=film, into=into, by=by)
    threads = talk.move_talk(topic_id=film.topic_id, to_id=into.topic_id, by=_reader(by))
    merge.moved = moved | {"threads": [list(one) for one in threads]}
    merge.save(force_insert=True)
    _log("film-merge", film, into, by)
    return merge


@transaction.atomic
def undo_merge(*, merge: FilmMerge, shown: str, by: User | None) -> list[str]:
    """Bring a film back that went into another; return in words what did not come with it.

    Raises ValidationError: undone, too-late, merged (the other one went on meanwhile),
    changed-meanwhile.
    """
    film, into = _both(merge.film, merge.into)
    merge = FilmMerge.objects.select_for_update(no_key=True).get(pk=merge.pk)
    refuse_undo(merge, into)
    refuse_stale(shown, film, into)
    moved = merge.moved
    notes = what_stays(merge=merge, film=film, into=into)
    _bring_parts_back(moved, film, into)
    for name, value in moved["ids"].items():
        setattr(film, name, value)
        if getattr(into, name) == value:
            setattr(into, name, "")
    if moved.get("poster") and into.poster == moved["poster"][0]:
        _give_poster(into, film)
    film.state, film.state_at = moved["state"], timezone.now()
    _save(film, into)
    versions.keep(film, by=by, why=f"unmerge:{into.pk}")
    versions.keep(into, by=by, why=f"unmerge:{film.pk}")
    merge.undone_at, merge.undone_by = timezone.now(), by
    merge.save(update_fields=["undone_at", "undone_by"])
    threads = [talk.MovedThread(*row) for row in moved["threads"]]
    talk.move_talk_back(topic_id=film.topic_id, threads=threads, by=_reader(by))
    _log("film-unmerge", film, into, by)
    return notes


def undo_until(merge: FilmMerge) -> datetime:
    return merge.at + UNDO_WINDOW


def refuse_undo(merge: FilmMerge, into: Film) -> None:
    """Raise ValidationError if the merge cannot be undone any more, or not yet."""
    if merge.undone_at:
        raise ValidationError(_("This was undone already."), code="undone")
    if timezone.now() > undo_until(merge):
        raise ValidationError(_("The 30 days for undoing this are over."), code="too-late")
    if into.is_merged:
        words = _("“%(film)s” went into another film meanwhile. Undo that first.")
        raise ValidationError(words, code="merged", params={"film": into})


def what_stays(*, merge: FilmMerge, film: Film, into: Film) -> list[str]:
    """Return in words what changed since the merge and so does not come back as it was."""
    moved, notes = merge.moved, []
    for name, value in moved["ids"].items():
        if getattr(into, name) != value:
            text = _("The number at %(name)s was changed meanwhile: the new one stays.")
            notes.append(text % {"name": label_of(name)})
    if moved.get("poster") and into.poster != moved["poster"][0]:
        notes.append(_("The poster was replaced meanwhile: it is gone."))
    ids = [pk for pk, _ordinal in moved["threads"]]
    gone = len(ids) - Thread.objects.filter(pk__in=ids, topic=into.topic_id).count()
    if gone:
        text = ngettext(
            "%(n)d thread was moved on or deleted meanwhile: it stays as it is.",
            "%(n)d threads were moved on or deleted meanwhile: they stay as they are.",
            gone,
        )
        notes.append(text % {"n": gone})
    begun = Thread.objects.filter(topic=into.topic_id, created_at__gt=merge.at).exclude(pk__in=ids)
    if new := begun.count():
        text = ngettext(
            "%(n)d thread was begun since then: it stays with “%(film)s”.",
            "%(n)d threads were begun since then: they stay with “%(film)s”.",
            new,
        )
        notes.append(text % {"n": new, "film": into})
    return notes


# The steps


def _both(film: Film, into: Film) -> tuple[Film, Film]:
    """Return both as stored, their rows locked, ascending."""
    found = {
        one.pk: storing.locked(one, even_merged=True)
        for one in sorted((film, into), key=lambda one: one.pk)
    }
    return found[film.pk], found[into.pk]


def _save(film: Film, into: Film) -> None:
    for one in (film, into):
        storing.rise(one)
        one.save()


def _log(verb: str, film: Film, into: Film, by: User | None) -> None:
    """Write down what was done, then the topics, which are locked by now."""
    Event.objects.create(
        actor_id=by.pk if by else None,
        verb=verb,
        topic_id=into.topic_id,
        before=str(film.pk),
        after=str(into.pk),
    )
    for one in sorted((film, into), key=lambda one: one.topic_id):
        storing.keep_topic_true(one)


def _reader(by: User | None) -> Reader | None:
    return Reader(user=by) if by else None


def _give_poster(giver: Film, taker: Film) -> None:
    for name in ("poster", "poster_width", "poster_height"):
        setattr(taker, name, getattr(giver, name))
    giver.poster, giver.poster_width, giver.poster_height = "", 0, 0


def _move_parts(plan: Plan, into: Film) -> dict[str, Any]:
    """Move copies, credits and categories; return what moved, for JSON."""
    names = ("kind", "host", "key", "address", "label", "length_s", "offset_s", "position")
    moved = {
        "sources": [{name: getattr(one, name) for name in names} for one in plan.sources],
        "credits": [[one.person_id, one.role, one.position] for one in plan.credits],
        "main": plan.main.pk if plan.main else None,
        "categories": [one.pk for one in plan.categories],
    }
    parts: list[tuple[Sequence[Any], int]] = [
        (plan.sources, into.sources.count()),
        (plan.credits, into.credits.count()),
    ]
    for rows, base in parts:
        for at, row in enumerate(rows):
            row.film, row.position = into, base + at
            row.save(update_fields=["film", "position"])
    into.categories.add(*plan.categories)
    if plan.main:
        into.category = plan.main
    return moved


def _bring_parts_back(moved: dict[str, Any], film: Film, into: Film) -> None:
    """Give copies and credits back, made anew where they were taken out meanwhile."""
    for one in moved["sources"]:
        key = {name: one[name] for name in ("kind", "host", "key")}
        if not into.sources.filter(**key).update(film=film, position=one["position"]):
            Source.objects.get_or_create(film=film, **key, defaults=one)
    ids = [person_id for person_id, _role, _position in moved["credits"]]
    people = set(Person.objects.filter(pk__in=ids).values_list("pk", flat=True))
    for person_id, role, position in moved["credits"]:
        key = {"person_id": person_id, "role": role}
        if into.credits.filter(**key).update(film=film, position=position):
            continue
        if person_id in people:
            Credit.objects.get_or_create(film=film, **key, defaults={"position": position})
    into.categories.remove(*moved["categories"])
    if moved["main"] and into.category_id == moved["main"]:
        into.category = None
