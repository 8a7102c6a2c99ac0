"""A site of any size, in bulk: `python -m tests.bench.inside tests.bench.growth_site fill COMMENTS`.

First comes what is measured, the same in every size: a film with 200 comments, a category of 60
films, a person with 30, a member and a guest with 60 comments, a Lobby topic, 60 comments that are
held, and enough films, people, members and guests that every list has a full page and every filter
all that it offers. Then everything else, in proportion to the comments.
"""

import random
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import chain, islice
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from films import words
from films.management.commands.generate_talk import WORDS, generate
from films.models import Category, Credit, Film, FilmCountry, Person, Source
from films.services import storing, versions
from forum.accounts.models import Pen, User
from forum.accounts.names import skeleton
from forum.accounts.readers import hash_secret
from forum.discussions import tree
from forum.discussions.bulk import copy_rows
from forum.discussions.models import Comment, Decision, Event, Topic
from forum.discussions.tree import loading
from forum.index import tables
from tests.bench.growth_commands import TALK

FILM, SHELF, PERSON = "measured-film", "measured-shelf", "measured-person"
MEMBER, STAFF, PEN_SECRET = "Measurer", "Moderator", "measured-pen"
ALWAYS = 120  # people, members, guests, Lobby topics that every size has
FILMS = 220  # that every size has: 60 on the measured shelf, 60 of each country, 100 of the 1990s
COMMENTS_A_FILM = 100
OF_THE_FILM, OF_THE_TALK = 200, 50
OWN = 60  # comments of the member, of the guest, and that are held
BEGIN = datetime(2011, 5, 3, 18, 0, tzinfo=UTC)
COUNTRIES = (
    "FR DE GB US JP IT ES PT SE NO DK FI PL CZ HU RO GR TR IR IN CN KR BR AR CL MX CA AU NZ ZA"
    " EG MA SN NG KE RU UA GE IL LB"
).split()
EVENT = ["pen_id", "actor_id", "verb", "comment_id", "thread_id", "topic_id", "before", "after",
         "reason", "at"]  # fmt: skip


def fill(comments: int) -> dict[str, Any]:
    """Fill an empty database; return how many comments it has, and the seconds it took."""
    begin, is_large = time.perf_counter(), connection.vendor == "postgresql"
    with connection.cursor() as cursor:
        if is_large:  # no look at foreign keys: check_trees goes through all of it afterwards
            cursor.execute("SET session_replication_role = replica")
        written = make(comments)
        if is_large:  # that has kept triggers away too
            for kind in tables.KINDS:
                tables.rebuild(kind)
        seconds = time.perf_counter() - begin
        cursor.execute("VACUUM ANALYZE" if is_large else "ANALYZE")
    return {"seconds": seconds, "comments": written}


def make(comments: int) -> int:
    """Write the site into an empty database; return how many comments it has."""
    chance = random.Random(4)
    shelves = make_categories()
    cast = People(chance)
    films = max(10, comments // COMMENTS_A_FILM - FILMS)
    with transaction.atomic():
        cast.more(ALWAYS, ALWAYS)
        always = make_films(chance, 0, FILMS, shelves, cast)
        lobby = Topic.objects.bulk_create(
            Topic(title=title, folded=words.search_text(title))
            for title in (f"Measured talk {number} of the Lobby" for number in range(ALWAYS))
        )
    texts = list(islice(chain.from_iterable(generate(3_000, 1, 12)), 3_000))
    talk = Talk(chance, cast, texts)
    talk.load(measured(talk, always, lobby))
    left = comments - talk.written
    with transaction.atomic():
        cast.more(comments // 20, comments // 10)
        more = make_films(chance, FILMS, FILMS + films, shelves, cast)
    homes = [film.topic_id for film in more]
    talk.load(spread(chance, talk, homes, left))
    decide(chance, comments // 1_000 + 2 * OWN)
    return talk.written


# Films, people


def make_categories() -> list[Category]:
    """Return the shelf that is measured, and 23 more."""
    first = Category(name="Measured shelf", slug=SHELF)
    return Category.objects.bulk_create(
        [first, *(Category(name=f"Shelf {at}", slug=f"shelf-{at}") for at in range(23))]
    )


class People:
    """Who writes and who is in the credits. The first of each are those that are measured."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.members: list[int] = []
        self.pens: list[int] = []
        self.persons: list[Person] = []
        for name in (MEMBER, STAFF):
            is_staff = name == STAFF
            make = User.objects.create_superuser if is_staff else User.objects.create_user
            member = make(name, password="lantern-soft-9")
            self.members += [] if is_staff else [member.pk]

    def more(self, members: int, pens: int) -> None:
        names = [f"Member {at}" for at in range(len(self.members), members)]
        rows = (User(username=one, skeleton=skeleton(one), password="!") for one in names)
        self.members += [one.pk for one in User.objects.bulk_create(rows, batch_size=2_000)]
        at = range(len(self.pens), pens)
        secrets = [PEN_SECRET if one == 0 else f"pen {one}" for one in at]
        new = (Pen(secret_hash=hash_secret(one), name="Nils", email="") for one in secrets)
        self.pens += [one.pk for one in Pen.objects.bulk_create(new, batch_size=2_000)]

    def credits(self, count: int) -> list[Person]:
        """Return `count` new people, the measured one first of all."""
        at = range(len(self.persons), len(self.persons) + count)
        rows = [Person(name=f"Person {one}", slug=f"person-{one}") for one in at]
        if not self.persons:
            rows[0].name, rows[0].slug = "Measured person", PERSON
        for row in rows:
            row.fold()
        self.persons += Person.objects.bulk_create(rows, batch_size=2_000)
        return self.persons[at.start :]


def make_films(
    chance: random.Random, first: int, last: int, shelves: Sequence[Category], cast: People
) -> list[Film]:
    """Make films `first` to `last` with topics, credits, a source and a version each."""
    numbers = range(first, last)
    if not numbers:
        return []
    topics = Topic.objects.bulk_create((Topic(title="-", path="/") for _at in numbers), 2_000)
    films = [film(at, topic, shelves) for at, topic in zip(numbers, topics, strict=True)]
    Film.objects.bulk_create(films, 1_000)
    for one, topic in zip(films, topics, strict=True):
        topic.title, topic.path = one.title, f"/films/{one.slug}/"
        topic.byline, topic.folded = one.year_and_category, words.search_text(one.title)
    Topic.objects.bulk_update(topics, ["title", "path", "byline", "folded"], 500)
    crew = cast.credits(len(films) * 2 if first else ALWAYS * 2)
    others = crew[1:]  # once: a copy for each credit would take longer than all the rest
    rows = [Credit(film=one, person=chance.choice(others), role=role, position=position)
            for one in films for position, role in enumerate(("director", "writer", "editor"))]  # fmt: skip
    if not first:
        rows += [Credit(film=one, person=crew[0], role="narrator") for one in films[:30]]
    Credit.objects.bulk_create(rows, 2_000)
    Source.objects.bulk_create(
        (Source(film=one, kind="youtube", key=f"k{one.pk}", host="",
                address=f"https://www.youtube.com/watch?v=k{one.pk}") for one in films), 2_000)  # fmt: skip
    further = Film.categories.through
    further.objects.bulk_create(
        further(film_id=one.pk, category_id=shelves[1 + at % 2].pk)
        for at, one in enumerate(films) if shelves[1 + at % 2].pk != one.category_id
    )  # fmt: skip
    FilmCountry.objects.bulk_create(
        (FilmCountry(film=one, code=code) for one in films for code in one.countries.split()),
        2_000,
    )
    keep_versions(films)
    return films


def film(number: int, topic: Topic, shelves: Sequence[Category]) -> Film:
    """Return a film. The first 60 stand on the measured shelf, the others on all others."""
    some = " ".join(WORDS[(number * step) % len(WORDS)] for step in (1, 3, 7)).title()
    title = f"Measured {some}" if number == 0 else f"The Night of {some} {number}"
    at = BEGIN + timedelta(hours=7 * number)
    one = Film(
        topic=topic, slug=f"film-{number}", state="published", published_at=at, state_at=at,
        category=shelves[0] if number < OWN else shelves[1 + number % (len(shelves) - 1)],
    )  # fmt: skip
    storing.fill(one, {
        "title": title,
        "year": year_of(number),
        "runtime_minutes": 52 + number % 60,
        "description": f"A film about {some.lower()}. " * 8,
        "description_format": "plain",
        "countries": countries_of(number),
        "languages": "fr en",
    })  # fmt: skip
    storing.refuse_nonsense(one)
    one.slug = {0: FILM, 1: TALK}.get(number, one.slug)
    return one


def year_of(number: int) -> int:
    if number < ALWAYS:
        return 1910 + number  # each year once
    return 1990 + number % 10 if number < FILMS else 1931 + number % 90


def countries_of(number: int) -> str:
    if number < ALWAYS:
        return "GL" if number < OWN else COUNTRIES[number % len(COUNTRIES)]
    other = COUNTRIES[number * 7 % len(COUNTRIES)]
    return " ".join(dict.fromkeys(["FR", other] if number < FILMS or number % 2 else [other]))


def keep_versions(films: Sequence[Film]) -> None:
    """Write the first version of each, as services/versions.py does for one."""
    now = timezone.now()
    rows = []
    for one in films:
        columns = {name: getattr(one, name) for name in versions._COLUMNS}
        rows.append(versions.FilmVersion(**columns, history_date=now, history_type="+"))
    versions.FilmVersion.objects.bulk_create(rows, 1_000)


# Talk


class Talk:
    """Writes comments in batches and counts them."""

    AT_ONCE = 20_000

    def __init__(self, chance: random.Random, cast: People, texts: Sequence[tree.Loaded]) -> None:
        self.chance, self.cast, self.texts = chance, cast, texts
        self.written = self.key = 0

    def threads(
        self, count: int, *, depth: int = 12, by: Sequence[tuple[int | None, int | None]] = ()
    ) -> list[tree.Loaded]:
        """Return `count` comments as whole threads in reading order. by: their members and pens."""
        chance, rows = self.chance, []
        at = BEGIN + timedelta(minutes=chance.randrange(7_000_000))
        way: list[int] = []  # keys from the root down to the last comment
        for number in range(count):
            level = 0 if chance.random() < 0.3 else min(len(way), 1 + chance.randrange(depth))
            del way[level:]
            at += timedelta(minutes=chance.randrange(1, 240))
            member, pen = by[number] if number < len(by) else self._somebody()
            rows.append(self._comment(way[-1] if way else None, at, member, pen))
            way.append(self.key)
        return rows

    def _somebody(self) -> tuple[int | None, int | None]:
        """Return a member, a guest's pen, or neither: an imported name."""
        roll = self.chance.random()
        if roll < 0.4:
            return self.chance.choice(self.cast.members[1:]), None
        return None, self.chance.choice(self.cast.pens[1:]) if roll < 0.8 else None

    def _comment(
        self, parent: int | None, at: datetime, member: int | None, pen: int | None
    ) -> tree.Loaded:
        self.key += 1
        text, roll = self.texts[self.key % len(self.texts)], self.chance.random()
        state = "public" if roll < 0.97 else "removed" if roll < 0.98 else "deleted"
        return tree.Loaded(
            key=self.key, parent=parent, created_at=at, body=text.body, body_format="plain",
            body_html=text.body_html, html_version=text.html_version, state=state,
            author_name="" if member else text.author_name, member_id=member, pen_id=pen,
            reason="off-topic" if state == "removed" else "",
        )  # fmt: skip

    def load(self, talks: Iterator[tuple[int, list[tree.Loaded]]]) -> None:
        """Write (topic, its comments in reading order); a topic comes once."""
        batch: list[loading.Load] = []
        size = 0
        for topic_id, rows in talks:
            batch.append(loading.Load(topic_id, rows, 0))
            size += len(rows)
            if size >= self.AT_ONCE:
                self._write(batch)
                batch, size = [], 0
        self._write(batch)

    @transaction.atomic
    def _write(self, loads: list[loading.Load]) -> None:
        loading.bulk_load_many(loads)
        copy_rows(Event, EVENT, chain.from_iterable(map(self._events, loads)))
        ids = [load.topic_id for load in loads]
        tree.recount_topics(*ids)
        marks = ",".join(["%s"] * len(ids))
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE discussions_topic SET threads_given = (SELECT COUNT(*) FROM"
                " discussions_thread t WHERE t.topic_id = discussions_topic.id)"
                f" WHERE id IN ({marks})",
                ids,
            )
        self.written += sum(len(load.comments) for load in loads)

    @staticmethod
    def _events(load: loading.Load) -> Iterator[tuple[Any, ...]]:
        for one in load.comments:
            who = (one.pen_id, one.member_id)
            where = (load.ids[one.key], None, load.topic_id)
            yield (*who, "post", *where, "", str(one.state), "", one.created_at)


def decide(chance: random.Random, count: int) -> None:
    """Write that staff removed comments, each with what is needed to take it back."""
    actor = User.objects.get(username=STAFF).pk
    removed = Comment.objects.in_state("removed").order_by("pk").select_related("thread")
    rows = list(removed[:count]) or list(Comment.objects.select_related("thread")[:1])
    events = Event.objects.bulk_create(
        Event(actor_id=actor, verb="remove", comment_id=one.pk, topic_id=one.thread.topic_id,
              before="public", after="removed", reason="off-topic")
        for one in chance.choices(rows, k=count)
    )  # fmt: skip
    Decision.objects.bulk_create((Decision(event=one) for one in events), 1_000)


def measured(
    talk: Talk, films: Sequence[Film], lobby: Sequence[Topic]
) -> Iterator[tuple[int, list[tree.Loaded]]]:
    """Yield what every size has: some 800 comments."""
    member, pen = talk.cast.members[0], talk.cast.pens[0]
    own = [(member, None)] * 3 + [(None, pen)] * 3
    yield films[0].topic_id, talk.threads(OF_THE_FILM, by=own)
    yield films[1].topic_id, talk.threads(OF_THE_TALK)
    for one in films[2:21]:
        yield one.topic_id, talk.threads(10, by=own)
    rows = talk.threads(OWN + 4)
    for one in rows[4:]:
        one.state, one.reason = "held", "links"
    yield films[21].topic_id, rows
    for one in films[22:]:
        yield one.topic_id, talk.threads(1)
    yield lobby[0].pk, talk.threads(100)
    for topic in lobby[1:]:
        yield topic.pk, talk.threads(1)


def spread(
    chance: random.Random, talk: Talk, topics: Sequence[int], comments: int
) -> Iterator[tuple[int, list[tree.Loaded]]]:
    """Yield the other comments, unevenly, as films differ: from 1 to some 40 times the mean."""
    weights = [1 / (1 + number) ** 0.5 for number in range(len(topics))]
    chance.shuffle(weights)
    total, left = sum(weights), comments
    for topic_id, weight in zip(topics, weights, strict=True):
        count = min(left, max(1, round(comments * weight / total)))
        if count:
            yield topic_id, talk.threads(count)
        left -= count
    if left:
        extra = Topic.objects.create(title="All that is left")
        yield extra.pk, talk.threads(left)
