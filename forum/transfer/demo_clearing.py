"""Taking the demo out: exactly what load_demo made, and nothing that visitors wrote."""

from collections import Counter
from dataclasses import dataclass, field
from functools import partial

from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import F, Q

from films.models import Category, Film, FilmMerge, Person
from films.services import set_poster
from forum.accounts.models import Pen, User
from forum.accounts.readers import Reader
from forum.discussions import services, tree
from forum.discussions.models import Comment, State, Thread, Topic
from forum.transfer.models import DemoObject
from forum.transfer.outside import Branches, split


@dataclass
class Plan:
    """What clearing takes out, and what stays because visitors wrote below it."""

    gone: Counter[str] = field(default_factory=Counter)  # by kind, in words
    erased: int = 0  # comments that stay as tombstones
    films_kept: list[str] = field(default_factory=list)
    topics_kept: list[str] = field(default_factory=list)


def _ids(kind: str) -> set[int]:
    return set(DemoObject.objects.filter(kind=kind).values_list("object_id", flat=True))


def _blanked(found: Branches) -> list[int]:
    return [row.id for row in found.held_up if row.state != State.ERASED]


def _threads(demo: set[int]) -> dict[int, list[tree.Row]]:
    """Return the rows of every thread that holds a comment of the demo, wherever it was moved."""
    found = Comment.objects.filter(pk__in=demo).values_list("thread_id", flat=True).distinct()
    rows: dict[int, list[tree.Row]] = {}
    for row in tree.rows_of(sorted(found)):
        rows.setdefault(row.thread_id, []).append(row)
    return rows


def _kept_topics(demo: set[int]) -> set[int]:
    """Return the demo's topics under which somebody else wrote."""
    topics = Topic.objects.filter(Q(pk__in=_ids("topic")) | Q(film__in=_ids("film")))
    written = Comment.objects.exclude(pk__in=demo).filter(thread__topic__in=topics)
    return set(written.values_list("thread__topic_id", flat=True))


def plan() -> Plan:
    """Return what `clear` would do; writes nothing."""
    demo, planned = _ids("comment"), Plan()
    for rows in _threads(demo).values():
        found = split(rows, demo)
        planned.gone["comments"] += len(found.gone)
        planned.erased += len(_blanked(found))
    kept = _kept_topics(demo)
    films = Film.objects.filter(pk__in=_ids("film"))
    lobby = Topic.objects.filter(pk__in=_ids("topic"))
    planned.films_kept = [str(film) for film in films.filter(topic__in=kept)]
    planned.topics_kept = [topic.title for topic in lobby.filter(pk__in=kept)]
    planned.gone["films"] = films.exclude(topic__in=kept).count()
    planned.gone["topics of the Lobby"] = lobby.exclude(pk__in=kept).count()
    planned.gone["members"] = len(_ids("user"))
    planned.gone["guests"] = len(_ids("pen"))
    return planned


@transaction.atomic
def clear() -> Plan:
    """Take the demo out; return what was done. What visitors wrote stays, with what holds it up."""
    done, demo = plan(), _ids("comment")
    _take_votes_back()
    _clear_talk(demo)
    kept = _kept_topics(demo)
    films = Film.objects.filter(pk__in=_ids("film")).select_related("topic")
    FilmMerge.objects.filter(Q(film__in=films) | Q(into__in=films)).delete()
    Topic.objects.filter(film__in=films).update(moved_to=None)
    topics = list(films.exclude(topic__in=kept).values_list("topic_id", flat=True))
    for film in films.exclude(topic__in=kept):
        if film.poster:
            set_poster(film=film, upload=None)
        if film.share:
            transaction.on_commit(partial(default_storage.delete, film.share))
    films.exclude(topic__in=kept).delete()
    lobby = _ids("topic") - kept
    Topic.objects.filter(pk__in=[*topics, *lobby]).delete()
    # What stays is a visitor's talk under a real film, no demo any more.
    Topic.objects.filter(pk__in=kept).update(is_demo=False, version=F("version") + 1)
    Person.objects.filter(pk__in=_ids("person"), credits=None).delete()
    Category.objects.filter(pk__in=_ids("category"), films=None, more_films=None).delete()
    _clear_people()
    DemoObject.objects.all().delete()
    return done


def _clear_talk(demo: set[int]) -> None:
    threads = _threads(demo)
    topics = Thread.objects.filter(pk__in=threads).values_list("topic_id", flat=True)
    topic_ids = set(topics)
    tree.lock(*threads)
    for thread_id, rows in sorted(threads.items()):
        found = split(rows, demo)
        for comment_id in found.tops:
            tree.purge(comment_id, thread_id=thread_id)
        if len(found.gone) < len(rows):
            tree.recount_threads(thread_id)
        for comment_id in _blanked(found):
            services.erase_comment(comment_id=comment_id, by=None)
    tree.recount_topics(*topic_ids)
    services.forget_comments(demo)


def _take_votes_back() -> None:
    """Take back what the demo's people voted, first, as it takes locks of threads."""
    for user in User.objects.filter(pk__in=_ids("user")):
        services.forget_votes(by=Reader(user=user))
    for pen in Pen.objects.filter(pk__in=_ids("pen")):
        services.forget_votes(by=Reader(pen=pen))


def _clear_people() -> None:
    """Delete the demo's people but those who wrote something that stays: its moderator may have."""
    users, pens = _ids("user"), _ids("pen")
    users -= set(Comment.objects.filter(member__in=users).values_list("member_id", flat=True))
    pens -= set(Comment.objects.filter(pen__in=pens).values_list("pen_id", flat=True))
    User.objects.filter(pk__in=users).delete()
    Pen.objects.filter(pk__in=pens).delete()
