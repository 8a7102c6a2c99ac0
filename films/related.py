"""Related films: who is at one may like these. Found beforehand by the worker, with the reason.

What two films share counts: people in their credits, people who spoke about both, a shelf and a time.
The worker looks for those of a film that is new or was changed, and then for those of its new neighbours;
for every other film once a week, and a day after somebody spoke about it.
"""

import logging
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from django.db import DatabaseError, transaction
from django.db.models import F
from django.utils import timezone

from films.models import Credit, Film, Related
from forum.accounts.readers import ANYBODY
from forum.discussions.models import Comment

log = logging.getLogger(__name__)
MOST = 6
AT_ONCE = 10  # films in a turn of the worker
RENEWED = timedelta(days=7)
SOON = datetime(1970, 1, 1, tzinfo=UTC)  # of one whose turn is next, that itself did not change
# What a thing in common is worth
MADE, APPEARS = 4.0, 2.0  # a person in both credits: who made them; who is seen or heard
TALKER, FEWEST_TALKERS, MOST_TALKERS = 1.0, 2, 6
SHELF, YEARS = 1.0, 10  # so far apart they have no time in common
# What is looked at, at most
_CREDITS, _ON_SHELF, _TALKERS, _WORDS = 2_000, 200, 100, 3_000
_SEEN_OR_HEARD = {Credit.Role.WITH, Credit.Role.NARRATOR}


@dataclass
class Ties:
    """What a film has in common with another."""

    people: dict[int, float] = field(default_factory=dict)  # person: worth
    talkers: int = 0
    shelf: float = 0.0

    @property
    def worth(self) -> float:
        return sum(self.people.values()) + self._of_talkers + self.shelf

    @property
    def _of_talkers(self) -> float:
        return TALKER * min(self.talkers, MOST_TALKERS) if self.talkers >= FEWEST_TALKERS else 0

    def why(self) -> tuple[str, int | None, int]:
        """Return the strongest reason: what, the person of most worth, how many."""
        people = sum(self.people.values())
        if people and people >= self._of_talkers:
            first = min(self.people, key=lambda pk: (-self.people[pk], pk))
            return Related.Why.PEOPLE, first, len(self.people)
        if self._of_talkers > self.shelf:
            return Related.Why.TALKERS, None, self.talkers
        return Related.Why.SHELF, None, 1


def find_some() -> int:
    """Find the related films of some films whose turn it is; return of how many. For settings.ERRANDS."""
    films = Film.objects.order_by()
    due = films.filter(related_at=None).order_by("pk")[:AT_ONCE]
    ids = list(due.values_list("pk", flat=True))
    if not ids:
        long_ago = films.filter(related_at__lt=timezone.now() - RENEWED).order_by("related_at")
        ids = list(long_ago.values_list("pk", flat=True)[:AT_ONCE])
    for pk in ids:
        try:
            find(pk)
        except DatabaseError:
            raise  # it is away or busy: the turn stays
        except Exception:
            log.exception("related films of film %d could not be found", pk)
            Film.objects.filter(pk=pk).update(related_at=timezone.now())
    return len(ids)


@transaction.atomic
def find(film_id: int) -> None:
    """Find the related films of one film anew; if it was changed, its neighbours' turn is next."""
    film = Film.objects.filter(pk=film_id).first()
    if film is None:
        return
    wanted = rows_of(film)
    # The moment first: whoever changes the film meanwhile takes it away again.
    was = Film.objects.filter(pk=film_id, updated_at=film.updated_at)
    if not was.update(related_at=timezone.now()):
        return
    there = list(Related.objects.filter(film=film).order_by("position"))
    if [_plain(row) for row in there] != [_plain(row) for row in wanted]:
        Related.objects.filter(film=film).delete()
        Related.objects.bulk_create(wanted)
    if film.related_at is None:
        neighbours = {row.other_id for row in (*there, *wanted)}
        Film.objects.filter(pk__in=neighbours).exclude(related_at=None).update(related_at=SOON)


def renew_talked_about() -> str:
    """Give films a turn that somebody spoke about since their last; return what was done, in words."""
    now = timezone.now()
    films = Film.objects.filter(
        related_at__lt=now - timedelta(days=1),
        related_at__gt=SOON,
        topic__last_comment_at__gt=now - timedelta(days=2),
        topic__last_comment_at__gte=F("related_at"),
    )
    ids = list(films.values_list("pk", flat=True)[:1_000])
    Film.objects.filter(pk__in=ids).exclude(related_at=None).update(related_at=SOON)
    return f"films with new talk: related ones of {len(ids):,} looked for again"


def rows_of(film: Film) -> list[Related]:
    """Return the related films of a film, not saved, the nearest first; none of a hidden one."""
    if not Film.objects.visible_to(ANYBODY).filter(pk=film.pk).exists():
        return []
    found: defaultdict[int, Ties] = defaultdict(Ties)
    for other, person, worth in _by_people(film):
        people = found[other].people
        people[person] = max(worth, people.get(person, 0))
    for other, worth in _on_shelf(film):
        found[other].shelf = worth
    for other, number in _by_talkers(film).items():
        found[other].talkers = number
    public = Film.objects.visible_to(ANYBODY).filter(pk__in=list(found))
    said = dict(public.values_list("pk", "topic__comment_count"))
    near = [pk for pk in found if pk in said and found[pk].worth]
    near.sort(key=lambda pk: (-found[pk].worth, -said[pk], pk))
    rows = []
    for position, pk in enumerate(near[:MOST]):
        why, person_id, number = found[pk].why()
        rows.append(
            Related(film=film, other_id=pk, position=position, why=why, person_id=person_id,
                    number=number)
        )  # fmt: skip
    return rows


def _plain(row: Related) -> tuple[object, ...]:
    return row.other_id, row.position, str(row.why), row.person_id, row.number


def _by_people(film: Film) -> Iterator[tuple[int, int, float]]:
    """Yield (other film, person, worth) for who is in both credits."""
    people = Credit.objects.filter(film=film).values("person")
    rows = Credit.objects.filter(person__in=people).exclude(film=film).order_by("-film")
    for other, person, role in rows.values_list("film_id", "person_id", "role")[:_CREDITS]:
        yield other, person, APPEARS if role in _SEEN_OR_HEARD else MADE


def _on_shelf(film: Film) -> Iterator[tuple[int, float]]:
    """Yield (other film, worth) for those of the same main category that are near in time."""
    here = film.year
    if film.category_id is None or here is None:
        return
    rows = Film.objects.filter(
        category=film.category_id, year__gt=here - YEARS, year__lt=here + YEARS
    )
    rows = rows.exclude(pk=film.pk).order_by("year", "pk")
    for other, year in rows.values_list("pk", "year")[:_ON_SHELF]:
        yield other, SHELF * (1 - abs((year or 0) - here) / YEARS)


def _by_talkers(film: Film) -> dict[int, int]:
    """Return how many people who spoke about the film lately spoke about others, too."""
    words = Comment.objects.public().exclude(member=None)
    here = (
        words.filter(thread__topic=film.topic_id).order_by("-pk").values_list("member", flat=True)
    )
    members = list(dict.fromkeys(here[: _TALKERS * 5]))[:_TALKERS]
    said = words.filter(member__in=members).exclude(thread__topic=film.topic_id).order_by("-pk")
    pairs = set(said.values_list("member", "thread__topic")[:_WORDS])
    who: defaultdict[int, set[int]] = defaultdict(set)
    for member, topic in pairs:
        who[topic].add(member)
    films = Film.objects.filter(topic__in=list(who)).values_list("pk", "topic_id")
    return {pk: len(who[topic]) for pk, topic in films}
