"""The first page: the newest films, what is talked about now, an old film with new talk, last words."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone

from films import pieces, warmth
from films.models import Film
from forum.accounts.readers import Reader
from forum.discussions import muted
from forum.discussions.models import Topic
from forum.discussions.muted import NOTHING, Muted

NEWEST = 6
WARM = 6
LOOKED_AT = 40  # warmest talks, of which films are asked for
OLD_YEARS = 30  # since it was made: an old film


@dataclass(frozen=True)
class Now:
    """A film that is talked about, by so many people lately: 0 where all of it was said long ago."""

    film: Film
    people: int


@dataclass(frozen=True)
class Front:
    newest: list[Film]
    now: list[Now]
    old: Film | None  # the warmest of those made long ago; it stands alone and not among `now`
    latest: list[pieces.Lately]  # without what the reader muted

    def topics(self) -> list[Topic]:
        films = [*self.newest, *(one.film for one in self.now), *([self.old] if self.old else [])]
        return [film.topic for film in films]

    def said(self) -> list[pieces.Lately]:
        """Return the latest comments, the last one about the old film before all others."""
        old = self.old.topic_id if self.old else None
        return [*[one for one in self.latest if one.topic_id == old][:1], *self.latest]


def front(reader: Reader, now: datetime | None = None, what_is_muted: Muted = NOTHING) -> Front:
    """Return what the first page shows to `reader`; three queries, four for who has muted somebody."""
    at = now or timezone.now()
    films = Film.objects.visible_to(reader).exclude(published_at=None).for_lists().without_texts()
    newest = list(films.order_by("-published_at", "-pk")[:NEWEST])
    latest = pieces.lately()
    words = (warmth.Word(one.topic_id, one.who, one.created_at) for one in latest)
    warm = warmth.warmest(words, at)[:LOOKED_AT]
    by_topic: dict[Any, Film] = {
        film.topic_id: film for film in films.filter(topic__in=[one.talk for one in warm])
    }
    found = [Now(by_topic[one.talk], one.people) for one in warm if one.talk in by_topic]
    before = at.year - OLD_YEARS
    old = next((one.film for one in found if (one.film.year or at.year) <= before), None)
    shown = [one for one in found if one.film != old]
    silent = muted.silent([one.pk for one in latest], what_is_muted)
    heard = [one for one in latest if one.pk not in silent]
    return Front(newest, shown[:WARM], old, heard)
