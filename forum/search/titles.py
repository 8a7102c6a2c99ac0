"""Films, people and topics by the words of their titles and names, or by words one slip away."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import Any, NamedTuple

from django.db.models import Exists, OuterRef, QuerySet

from films import words
from films.models import Film, Person
from forum import sql
from forum.accounts.readers import Reader
from forum.discussions.models import Topic
from forum.index import finding, folding
from forum.index.language import Asked, Term
from forum.index.tables import FILM, PERSON, TOPIC, Kind
from forum.search.narrowing import Question
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
class Way:
    """How a kind of title is looked for. like: the kinds of the parts of a rank, see places.py.

    `load`: the rows as they are shown; `found`: those of them that may be found. rank: returns the rank of
    a row from the words that were asked for, its own, and its columns `ranks`.
    """

    kind: Kind
    like: str
    load: Callable[[Reader], QuerySet[Any]]
    found: Callable[[QuerySet[Any], Question], QuerySet[Any]]
    ranks: tuple[str, ...]
    rank: Callable[..., Rank]


@dataclass(frozen=True)
class Look:
    """One kind, as it is asked for."""

    way: Way
    question: Question

    @cached_property
    def rows(self) -> QuerySet[Any]:
        """Who may be found."""
        return self.way.found(self.load, self.question)

    @cached_property
    def load(self) -> QuerySet[Any]:
        """All that could be shown. What was found is read from here: of people nothing is asked again."""
        return self.way.load(self.question.reader)

    @property
    def expression(self) -> str:
        return finding.expression(self.way.kind, self.question.asked)

    @property
    def begin(self) -> str:
        """How a title that is meant begins; "" without a word."""
        return " ".join(self.question.asked.words)

    @property
    def has_filters(self) -> bool:
        """Whether something is found without a word."""
        asks_less = not (self.question.means_all_films or self.question.asked.without)
        return self.way.kind is FILM and asks_less

    @property
    def is_known(self) -> bool:
        """Whether what is found is put in order by what the catalogue in memory knows of it."""
        return self.way.kind is FILM and self.question.knows_films

    def ask(self, expression: str, column: str = "words") -> finding.Ask:
        # Topics of the Lobby are few, and the database may begin with them.
        kind = self.way.kind
        return finding.Ask(kind, expression, self.rows, CONSIDERED, column, is_narrow=kind is TOPIC)


def found_of(
    kind: Kind,
    question: Question,
    *,
    most: int,
    sort: str = RELEVANCE,
    after: str = "",
) -> Found:
    """Return a page of films, of people whom a visible film names, or of topics of the Lobby.

    Films of some years or shelves are found without a word too.
    """
    look = Look(WAYS[kind], question)
    if not look.expression and not look.has_filters:
        return Found()
    if sort == NEWEST:
        return _newest(look, place(after, "i"), most)
    if look.is_known:
        return _known(look, most, place(after, look.way.like))
    [ids] = finding.keys_of_each([look.ask(look.expression)])
    return _ranked(look, ids, most, place(after, look.way.like))


def at_a_glance(question: Question, most: dict[Kind, int]) -> dict[Kind, Found]:
    """Return the first results of several kinds, `most` of each; a query for all, and one for each; for
    known films two.
    """
    looks = [Look(WAYS[kind], question) for kind in most]
    asks = {look.way.kind: look.ask(look.expression) for look in looks if not look.is_known}
    ids = dict(zip(asks, finding.keys_of_each(list(asks.values())), strict=True))
    found = {}
    for look in looks:
        kind = look.way.kind
        if not (question.asked.terms or look.has_filters):
            found[kind] = Found()
        elif look.is_known:
            found[kind] = _known(look, most[kind], None)
        else:
            found[kind] = _ranked(look, ids[kind], most[kind], None)
    return found


def _ranked(look: Look, ids: list[int], most: int, at: Rank | None) -> Found:
    """Return a page of what is considered, in order of rank, after the rank `at`."""
    asked = look.question.asked
    considered = _ranks(look, _considered(look, ids))
    ranked = sorted((one for one in considered if has(one.folded, asked)), key=lambda one: one.rank)
    shown = [one for one in ranked if at is None or one.rank > at][: most + 1]
    more = token(shown[most - 1].rank) if len(shown) > most else ""
    return Found([one.row() for one in shown[:most]], more)


def _known(look: Look, most: int, at: Rank | None) -> Found:
    """Do as _ranked of films that the catalogue in memory knows: the titles alone are read of those that are
    considered, and no more than they say of those that are not shown.
    """
    begin, question = look.begin, look.question
    if look.expression:
        films = _titles(look)
    else:
        place_of = (-at[-2], -at[-1]) if at else None
        films = [(pk, "", "") for pk in question.most_discussed(most + 1, place_of)]
    comments = question.comments_of(pk for pk, _folded, _title in films)
    ranks = (
        _of_film(begin, folded, pk, title, comments[pk])
        for pk, folded, title in films
        if pk in comments
    )
    shown = sorted(rank for rank in ranks if at is None or rank > at)[: most + 1]
    more = token(shown[most - 1]) if len(shown) > most else ""
    numbers = [-rank[-1] for rank in shown[:most]]
    found = {film.pk: film for film in look.load.filter(pk__in=numbers)}
    return Found([found[pk] for pk in numbers if pk in found], more)


def _titles(look: Look) -> list[tuple[int, str, str]]:
    """Return (id, words, title) of known films that have the words, each once, in no order; one query. Of
    few films all are looked at, of many the latest that the index finds and the foremost.
    """
    question = look.question
    films: Any = Film.objects.visible_to(question.reader).order_by()
    films = films.values_list("pk", "folded", "title")
    if question.means_few_films:
        rows = question.of_few(films)
    else:
        foremost = sql.numbered(films, question.foremost(look.begin, CONSIDERED))
        rows = finding.rows_of(look.ask(look.expression), films).union(foremost, all=True)
    return list({row[0]: row for row in rows if has(row[1], question.asked)}.values())


class Ranked(NamedTuple):
    """A row that may be shown: its rank, its words, and what makes an instance of it."""

    rank: Rank
    folded: str
    row: Callable[[], Any]


def _ranks(look: Look, rows: QuerySet[Any]) -> Iterator[Ranked]:
    """Yield the rows with their ranks, in no order; one query."""
    way, found = look.way, sql.unmade(rows)
    begin, places = look.begin, found.places("folded", *way.ranks)
    for row in found.rows:
        folded, *values = (row[place] for place in places)
        yield Ranked(way.rank(begin, folded, *values), folded, partial(found.build, row))


def _newest(look: Look, after: Rank | None, most: int) -> Found:
    below = after[0] if after else finding.TOP
    if look.is_known and look.question.means_few_films and look.expression:
        ids = sorted((pk for pk, *_words in _titles(look) if pk < below), reverse=True)
    elif look.expression:
        ask = replace(look.ask(look.expression), below=below, most=most + 1)
        [ids] = finding.keys_of_each([ask])
    else:
        later = look.rows.filter(pk__lt=below).order_by("-pk")
        ids = list(later.values_list("pk", flat=True)[: most + 1])
    found = sorted(look.load.filter(pk__in=ids[:most]), key=lambda row: -row.pk)
    return Found(found, token([ids[most - 1]]) if len(ids) > most else "")


def _considered(look: Look, ids: list[int]) -> QuerySet[Any]:
    """Return the rows that are ranked: all that match, or of very many the latest; of very many films those
    called exactly so and those among the most discussed, too, whether they match or not.
    """
    begin, question = look.begin, look.question
    if look.way.kind is not FILM or (begin and len(ids) < CONSIDERED):
        return sql.numbered(look.load, ids)
    if question.means_all_films:
        return look.load.filter(pk__in=_numbers(pk__in=ids).union(*_foremost(begin)))
    if not begin:
        latest = look.rows.order_by("-pk").values_list("pk", flat=True)
        ids = list(latest[:CONSIDERED])
    return sql.numbered(look.rows, {*ids, *question.foremost(begin, CONSIDERED)})


def _foremost(begin: str) -> list[QuerySet[Any]]:
    """Return the most discussed of all films, found by their talks, and those that stand in order under
    this title.
    """
    topics = Topic.objects.exclude(path="").order_by("-comment_count", "-pk").values("pk")
    called = Film.objects.filter(sort_title=words.sort_key(begin)).order_by("-pk").values("pk")
    return [_numbers(topic__in=topics[:CONSIDERED]), _numbers(pk__in=called[:CONSIDERED])]


def _numbers(**those: Any) -> QuerySet[Any]:
    return Film.objects.filter(**those).order_by().values("pk")


# What is meant by words that nothing has


def near(kinds: Sequence[Kind], question: Question) -> dict[Kind, Found]:
    """Return the films and people whose words are at most a slip or two from those that were typed."""
    typed = question.asked.words
    if not typed or question.asked.without:
        return {kind: Found(is_near=True) for kind in kinds}
    found = {}
    for kind in kinds:
        look = Look(WAYS[kind], question)
        alike = finding.rows_of(look.ask(finding.slips(typed), "slips"), look.load)
        found[kind] = Found(_nearest(look, alike), is_near=True)
    return found


def has(folded: str, asked: Asked) -> bool:
    """Return whether a title has the words that are asked for, and none that are not wanted: what the
    index is asked by finding.expression.
    """
    return all(_says(folded, one) for one in asked.terms) and not any(
        _says(folded, one) for one in asked.without
    )


def _says(folded: str, term: Term) -> bool:
    end = "" if term.begins or not term.is_quoted else " "
    if len(set(term.words)) < len(term.words):  # as finding._term: none stands next to another then
        return all(f" {word}{end}" in f"{folded} " for word in term.words)
    return f" {' '.join(term.words)}{end}" in f"{folded} "


def _nearest(look: Look, rows: QuerySet[Any]) -> list[Any]:
    typed, found = look.question.asked.words, []
    for one in _ranks(look, rows):
        meant = one.folded.split()
        if all(any(folding.is_near(word, its) for its in meant) for word in typed):
            found.append((-folding.likeness(" ".join(typed), one.folded), one.rank, one.row))
    found.sort(key=lambda one: one[:2])
    return [row() for _likeness, _rank, row in found[:NEAR]]


# The kinds


def _opening(begin: str, title: str, folded: str) -> tuple[int, int]:
    """Return what a rank begins with: whether it is called so, and whether its title begins so, in words with
    those that it says twice or, as the index has them, without.
    """
    if not begin:
        return 0, 0
    called = title, folded.strip()
    return int(begin not in called), int(not any(one.startswith(begin) for one in called))


def _of_film(begin: str, folded: str, pk: int, title: str, comments: int) -> Rank:
    return *_opening(begin, " ".join(folding.words(title)), folded), -comments, -pk


def _of_person(begin: str, folded: str, pk: int, name: str) -> Rank:
    called = " ".join(folding.words(name))
    return *_opening(begin, called, folded), called, pk


def _of_topic(begin: str, folded: str, pk: int, title: str, comments: int) -> Rank:
    return *_opening(begin, " ".join(folding.words(title)), folded), -comments, -pk


def _films(reader: Reader) -> QuerySet[Film]:
    rows = Film.objects.visible_to(reader).for_lists()
    return rows.defer("description", "description_html", "slips")


def _people(_reader: Reader) -> QuerySet[Person]:
    return Person.objects.defer("slips")


def _topics(reader: Reader) -> QuerySet[Topic]:
    return Topic.objects.in_lobby().visible_to(reader)


def _meant(films: QuerySet[Film], question: Question) -> QuerySet[Film]:
    return question.films(films)


def _credited(people: QuerySet[Person], question: Question) -> QuerySet[Person]:
    films = Film.objects.visible_to(question.reader).filter(credits__person=OuterRef("pk"))
    return people.filter(Exists(films))


def _all(topics: QuerySet[Topic], _question: Question) -> QuerySet[Topic]:
    return topics


WAYS = {
    FILM: Way(FILM, "iiii", _films, _meant, ("id", "title", "topic__comment_count"), _of_film),
    PERSON: Way(PERSON, "iisi", _people, _credited, ("id", "name"), _of_person),
    TOPIC: Way(TOPIC, "iiii", _topics, _all, ("id", "title", "comment_count"), _of_topic),
}
