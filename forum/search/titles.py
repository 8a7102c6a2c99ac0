"""Films, people and topics by the words of their titles and names, or by words one slip away."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet

from films.models import Film, Person
from forum.accounts.readers import Reader
from forum.discussions.models import Topic
from forum.index import finding, folding
from forum.index.language import Asked
from forum.index.tables import FILM, PERSON, TOPIC, Kind
from forum.search import narrowing
from forum.search.places import Rank, place, token

CONSIDERED = 300  # of the latest that have the words, and of the most discussed; these are ranked
NEAR = 8
NEWEST, RELEVANCE = "newest", "relevance"


@dataclass(frozen=True)
class Found:
    """Results in their order, and the token of what follows ("": nothing does).

    `is_near`: none has the words; these have words like them.
    """

    rows: Sequence[Any] = ()
    next: str = ""
    is_near: bool = False


@dataclass(frozen=True)
class Shelf:
    """How a kind of title is looked for. like: the kinds of the parts of a rank, see places.py."""

    kind: Kind
    like: str
    rows: Callable[[Reader, Asked], QuerySet[Any]]
    rank: Callable[[Any, str], Rank]


def found_of(
    kind: Kind,
    asked: Asked,
    reader: Reader,
    *,
    most: int,
    sort: str = RELEVANCE,
    after: str = "",
) -> Found:
    """Return a page of films, of people whom a visible film names, or of topics of the Lobby.

    Films of some years or shelves are found without a word too.
    """
    shelf = SHELVES[kind]
    rows, words = shelf.rows(reader, asked), finding.expression(kind, asked)
    if not words and not _has_filters(kind, asked):
        return Found()
    if sort == NEWEST:
        return _newest(kind, rows, words, place(after, "i"), most)
    ids = finding.keys(kind, words, rows, most=CONSIDERED)
    return _ranked(shelf, asked, rows, ids, most, place(after, shelf.like))


def at_a_glance(asked: Asked, reader: Reader, most: dict[Kind, int]) -> dict[Kind, Found]:
    """Return the first results of several kinds, `most` of each; a query for all, and one for each."""
    rows = {kind: SHELVES[kind].rows(reader, asked) for kind in most}
    asks = [
        finding.Ask(kind, finding.expression(kind, asked), rows[kind], CONSIDERED) for kind in most
    ]
    ids = dict(zip(most, finding.keys_of_each(asks), strict=True))
    return {
        kind: _ranked(SHELVES[kind], asked, rows[kind], ids[kind], count, None)
        if asked.terms or _has_filters(kind, asked)
        else Found()
        for kind, count in most.items()
    }


def _has_filters(kind: Kind, asked: Asked) -> bool:
    return kind is FILM and bool(asked.years or asked.category) and not asked.without


def _ranked(
    shelf: Shelf,
    asked: Asked,
    rows: QuerySet[Any],
    ids: list[int],
    most: int,
    at: Rank | None,
) -> Found:
    """Return a page of what is considered, in order of rank, after the rank `at`."""
    begin = " ".join(asked.words)
    found = sorted(
        ((shelf.rank(row, begin), row) for row in _considered(shelf, rows, ids, asked)),
        key=lambda pair: pair[0],
    )
    shown = [pair for pair in found if at is None or pair[0] > at][: most + 1]
    more = token(shown[most - 1][0]) if len(shown) > most else ""
    return Found([row for _rank, row in shown[:most]], more)


def _newest(kind: Kind, rows: QuerySet[Any], words: str, after: Rank | None, most: int) -> Found:
    below = after[0] if after else finding.TOP
    if words:
        ids = finding.keys(kind, words, rows, below=below, most=most + 1)
    else:
        later = rows.filter(pk__lt=below).order_by("-pk")
        ids = list(later.values_list("pk", flat=True)[: most + 1])
    found = sorted(rows.filter(pk__in=ids[:most]), key=lambda row: -row.pk)
    return Found(found, token([ids[most - 1]]) if len(ids) > most else "")


def _considered(shelf: Shelf, rows: QuerySet[Any], ids: list[int], asked: Asked) -> list[Any]:
    """Return the rows that are ranked: all that match, or of very many the latest, those called exactly
    so, and those among the most discussed.
    """
    wanted = asked.words
    if not wanted:
        return list(rows.order_by("-pk")[:CONSIDERED])
    found = {row.pk: row for row in rows.filter(pk__in=ids)}
    if len(ids) == CONSIDERED and shelf.kind is FILM:
        named = rows.filter(sort_title=" ".join(wanted)).order_by("-pk")[:CONSIDERED]
        talked = (one for one in _talked_about(rows, asked) if _has(one.folded, wanted))
        for row in [*named, *talked]:
            found[row.pk] = row
    return list(found.values())


def _talked_about(films: QuerySet[Film], asked: Asked) -> QuerySet[Film]:
    """Return the most discussed of `films`; where they are all films, found by the talks."""
    if asked.years or asked.category:
        return films.order_by("-topic__comment_count", "-pk")[:CONSIDERED]
    topics = Topic.objects.exclude(path="").order_by("-comment_count", "-pk")
    return films.filter(topic__in=topics.values("pk")[:CONSIDERED])


def _has(folded: str, wanted: Sequence[str]) -> bool:
    return all(f" {word}" in folded for word in wanted)


# What is meant by words that nothing has


def near(kinds: Sequence[Kind], asked: Asked, reader: Reader) -> dict[Kind, Found]:
    """Return the films and people whose words are at most a slip or two from those that were typed."""
    typed, rows = asked.words, {kind: SHELVES[kind].rows(reader, asked) for kind in kinds}
    if not typed or asked.without:
        return {kind: Found(is_near=True) for kind in kinds}
    words = finding.slips(typed)
    asks = [finding.Ask(kind, words, rows[kind], CONSIDERED, "slips") for kind in kinds]
    return {
        kind: Found(_nearest(SHELVES[kind], typed, rows[kind].filter(pk__in=ids)), is_near=True)
        for kind, ids in zip(kinds, finding.keys_of_each(asks), strict=True)
    }


def _nearest(shelf: Shelf, typed: list[str], rows: QuerySet[Any]) -> list[Any]:
    line, found = " ".join(typed), []
    for row in rows:
        meant = row.folded.split()
        if all(any(folding.is_near(word, one) for one in meant) for word in typed):
            found.append((-folding.likeness(line, row.folded), shelf.rank(row, line), row))
    found.sort(key=lambda one: one[:2])
    return [row for _likeness, _rank, row in found[:NEAR]]


# The kinds


def _opening(row: Any, begin: str) -> tuple[int, int]:
    """Return what a rank begins with: whether it is called so, and whether its title begins so."""
    folded = row.folded.strip()
    return int(folded != begin), int(not folded.startswith(begin))


def _of_film(film: Film, begin: str) -> Rank:
    is_other = " ".join(folding.words(film.title)) != begin
    return int(is_other), _opening(film, begin)[1], -film.topic.comment_count, -film.pk


def _of_person(person: Person, begin: str) -> Rank:
    return *_opening(person, begin), " ".join(folding.words(person.name)), person.pk


def _of_topic(topic: Topic, begin: str) -> Rank:
    return *_opening(topic, begin), -topic.comment_count, -topic.pk


def _film_rows(reader: Reader, asked: Asked) -> QuerySet[Film]:
    rows = Film.objects.visible_to(reader).for_lists()
    return narrowing.films(rows.defer("description", "description_html", "slips"), asked)


def _person_rows(reader: Reader, asked: Asked) -> QuerySet[Person]:
    credited = Film.objects.visible_to(reader).filter(credits__person=OuterRef("pk"))
    return Person.objects.filter(Exists(credited)).defer("slips")


def _topic_rows(reader: Reader, asked: Asked) -> QuerySet[Topic]:
    return Topic.objects.in_lobby().visible_to(reader)


SHELVES = {
    FILM: Shelf(FILM, "iiii", _film_rows, _of_film),
    PERSON: Shelf(PERSON, "iisi", _person_rows, _of_person),
    TOPIC: Shelf(TOPIC, "iiii", _topic_rows, _of_topic),
}
