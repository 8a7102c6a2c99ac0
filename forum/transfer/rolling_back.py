"""An import taken back: its comments, as far as nobody else wrote below them, the films it made, as far
as nobody else touched them, and its notes of them. docs/decisions/0083.

An import is known by its label, with which its rows are marked: of a file that somebody brought by the
admin ImportBatch.label, of a list of films that of the run.
"""

from collections.abc import Callable, Container, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from django.db import transaction
from django.db.models import F

from films import services
from films.models import Credit, Film
from forum.discussions import tree
from forum.discussions.models import Comment, Event, State, Thread, Topic
from forum.discussions.services import forget_comments
from forum.transfer.models import FilmRef, ImportRef, OldAddress
from forum.transfer.outside import split

AT_ONCE = 1_000  # comments, threads or films
LISTED = 200  # of what stays
BURIED = {State.ERASED, "purged"}


@dataclass
class Undone:
    """What goes, or went, and what stays."""

    comments: int = 0
    films: int = 0
    people: int = 0  # whom no film holds any more; a plan does not count them
    addresses: int = 0
    staying: list[int] = field(default_factory=list)  # comments, the first of them
    staying_count: int = 0
    others: int = 0  # comments of others in the same threads
    films_staying: list[str] = field(default_factory=list)

    def note_staying(self, ids: list[int]) -> None:
        self.staying_count += len(ids)
        self.staying += ids[: LISTED - len(self.staying)]


def plan(label: str) -> Undone:
    """Return what rolling back would do; writes nothing."""
    found, ours = Undone(), _ours(label)
    held: set[int] = set()
    threads: set[int] = set()
    for topic_id, thread_ids in _talks(ours):
        threads.update(thread_ids)
        for rows in _threads(thread_ids):
            parts = split(rows, ours)
            found.comments += len(parts.gone)
            found.others += parts.others
            found.note_staying([row.id for row in parts.held_up])
            if len(parts.gone) < len(rows):
                held.add(topic_id)
    held |= _talks_of_others(label, threads)
    staying = set()
    untouched = _untouched(label)
    for film in (one for some in _films(label) for one in some):
        if film.pk in untouched and film.topic_id not in held:
            found.films += 1
        else:
            staying.add(film.pk)
            found.films_staying.append(str(film))
    addresses = OldAddress.objects.filter(batch=label).values_list("film_id", flat=True)
    found.addresses = sum(film_id not in staying for film_id in addresses)
    return found


def roll_back(label: str, *, by_id: int | None, progress: Callable[[int, int], None]) -> Undone:
    """Take the import back, film by film, each in a transaction. Run again, it goes on.

    progress: hears how many comments and films were looked at, and of how many.
    """
    done, ours = Undone(), _ours(label)
    total = len(ours) + len(_made(label))
    for topic_id, thread_ids in _talks(ours):
        _clear_topic(label, topic_id, thread_ids, ours, done, by_id)
        progress(done.comments, total)
    untouched = _untouched(label)
    for films in _films(label):
        credits = Credit.objects.filter(film__in=[film.pk for film in films])
        people = set(credits.values_list("person_id", flat=True))
        for film in films:
            if film.pk in untouched and _delete_film(label, film, by_id):
                done.films += 1
            else:
                done.films_staying.append(str(film))
            progress(done.comments + done.films + len(done.films_staying), total)
        done.people += services.erase_unheld(people)
    with transaction.atomic():
        kept = FilmRef.objects.filter(batch=label, made_at__isnull=False).values("film")
        done.addresses = OldAddress.objects.filter(batch=label).exclude(film__in=kept).delete()[0]
        ImportRef.objects.filter(batch=label, made=False).delete()
        FilmRef.objects.filter(batch=label).exclude(film__in=kept).delete()
    return done


def _ours(label: str) -> dict[int, int]:
    """Return {comment: the note of it} of all that the batch wrote."""
    rows = ImportRef.objects.filter(batch=label, made=True)
    return dict(rows.values_list("comment_id", "pk"))


def _talks(ours: dict[int, int]) -> Iterator[tuple[int, list[int]]]:
    """Yield each topic in which our comments stand, with their threads, ascending."""
    threads: set[tuple[int, int]] = set()
    ids = iter(ours)
    while some := list(islice(ids, AT_ONCE)):
        rows = Comment.objects.filter(pk__in=some).order_by()
        threads.update(rows.values_list("thread__topic_id", "thread_id"))
    topics: dict[int, list[int]] = {}
    for topic_id, thread_id in sorted(threads):
        topics.setdefault(topic_id, []).append(thread_id)
    yield from topics.items()


def _threads(thread_ids: list[int]) -> Iterator[list[tree.Row]]:
    """Yield the rows of each thread."""
    for start in range(0, len(thread_ids), AT_ONCE):
        rows: dict[int, list[tree.Row]] = {}
        for row in tree.rows_of(thread_ids[start : start + AT_ONCE]):
            rows.setdefault(row.thread_id, []).append(row)
        yield from rows.values()


@transaction.atomic
def _clear_topic(
    label: str,
    topic_id: int,
    thread_ids: list[int],
    ours: dict[int, int],
    done: Undone,
    by_id: int | None,
) -> None:
    """Take our comments out of a topic's threads, which are locked first and read after."""
    there = Thread.objects.filter(pk__in=thread_ids, topic=topic_id).values_list("pk", flat=True)
    tree.lock(*there)
    whole: list[int] = []
    gone: list[int] = []  # whose notes go with them
    taken: list[int] = []
    mixed: set[int] = set()
    for rows in list(_threads(sorted(there))):
        parts, thread_id = split(rows, ours), rows[0].thread_id
        # What somebody erased or purged does not come back by another import: its note stays.
        buried = {row.id for row in rows if row.state in BURIED}
        gone += [pk for pk in parts.gone if pk not in buried]
        taken += parts.gone
        done.comments += len(parts.gone)
        done.others += parts.others
        done.note_staying([row.id for row in parts.held_up])
        if len(parts.gone) == len(rows):
            whole.append(thread_id)
            continue
        for comment_id in parts.tops:
            tree.purge(comment_id, thread_id=thread_id)
            mixed.add(thread_id)
    tree.unload(whole)
    tree.recount_threads(*mixed)
    notes = [ours[pk] for pk in gone]
    for start in range(0, len(notes), AT_ONCE):
        ImportRef.objects.filter(pk__in=notes[start : start + AT_ONCE]).delete()
    if whole or mixed:
        Event.objects.create(
            actor_id=by_id,
            verb="rollback",
            topic_id=topic_id,
            before=str(len(gone)),
            reason=label,
        )
    tree.recount_topics(topic_id)
    forget_comments(taken)


# Films


def _made(label: str) -> list[int]:
    """Return the ids of films that the batch made and that are here still."""
    rows = FilmRef.objects.filter(batch=label, made_at__isnull=False)
    return sorted(rows.values_list("film_id", flat=True))


def _films(label: str) -> Iterator[list[Film]]:
    """Yield the films of `_made`, ascending, some at once."""
    made = _made(label)
    for start in range(0, len(made), AT_ONCE):
        yield list(Film.objects.filter(pk__in=made[start : start + AT_ONCE]).order_by("pk"))


def _talks_of_others(label: str, threads: Container[int]) -> set[int]:
    """Return the topics of films of `_made` that have a thread which is none of these."""
    marks = FilmRef.objects.filter(batch=label, made_at__isnull=False)
    rows = Thread.objects.filter(topic__film__in=marks.values("film")).order_by()
    found = rows.values_list("topic_id", "pk").iterator()
    return {topic_id for topic_id, pk in found if pk not in threads}


def _untouched(label: str) -> set[int]:
    """Return the ids of films that are as the batch made them and that no other import names."""
    made = FilmRef.objects.filter(batch=label, made_at=F("film__updated_at"))
    others: list[Any] = [FilmRef, OldAddress]
    for model in others:
        rows = model.objects.exclude(batch=label).filter(film__in=made.values("film"))
        made = made.exclude(film__in=rows.values("film"))
    return set(made.values_list("film_id", flat=True))


@transaction.atomic
def _delete_film(label: str, film: Film, by_id: int | None) -> bool:
    """Delete a film that is nothing but what the import made; False if somebody wrote there."""
    topic_id = film.topic_id
    Topic.objects.select_for_update().get(pk=topic_id)
    if Thread.objects.filter(topic=topic_id).exists():
        return False
    OldAddress.objects.filter(film=film).delete()
    FilmRef.objects.filter(film=film).delete()
    film.delete()
    Topic.objects.filter(pk=topic_id).delete()
    Event.objects.create(actor_id=by_id, verb="rollback", topic_id=topic_id, reason=label)
    return True
