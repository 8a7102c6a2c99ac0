"""The demo: films with facts, talk that is invented, from the files in forum/transfer/demo/.

What is made is written down (DemoObject), so that demo_clearing takes out exactly that.
"""

import json
import random
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from django.contrib.auth.models import Group
from django.db import transaction

from films import services, words
from films.models import Category, Film, FormerSlug, Person
from forum.accounts.models import Pen, User
from forum.accounts.readers import hash_secret
from forum.discussions import tree
from forum.discussions.models import DOWN, UP, State, Topic, Vote
from forum.transfer.forest import plant
from forum.transfer.models import DemoObject
from forum.transfer.records import CommentRecord
from forum.transfer.talk import Plot, add_threads

FOLDER = Path(__file__).parent / "demo"
MODERATORS = "moderator"  # the group that forum.moderation makes
OPENED = datetime(2016, 1, 4, 19, 0, tzinfo=UTC)  # the first film of the demo is published
EVERY = timedelta(days=4)  # another quiet one; one with talk comes shortly before its first word


@dataclass
class Made:
    """What load_demo did. password: the moderator's, "" without one; nobody can ask for it again."""

    films: int = 0
    comments: int = 0
    topics: int = 0
    left_out: list[str] = field(default_factory=list)  # films whose address another has
    moderator: str = ""
    password: str = ""


def is_here() -> bool:
    return DemoObject.objects.exists()


@transaction.atomic
def load(folder: Path = FOLDER) -> Made:
    """Load the demo into a site that does not have it, whatever else is there."""
    made = Made()
    cast = _Cast(_read(folder / "people.json")["members"])
    for number, given in enumerate(_read(folder / "films.json")):
        if any(model.objects.filter(slug=given["slug"]).exists() for model in (Film, FormerSlug)):
            made.left_out.append(given["title"])
            continue
        path = folder / "talk" / f"{given['slug']}.json"
        talk = cast.records(_read(path)) if path.exists() else []
        first = min((one.created for one in talk), default=None)
        published = first - timedelta(days=3) if first else OPENED + number * EVERY
        if "published" in given:
            published = datetime.fromisoformat(given["published"])
        film = _film(given, published)
        made.films += 1
        made.comments += _talk(film.topic_id, talk, cast)
    for given in _read(folder / "lobby.json"):
        talk = cast.records(given["talk"])
        opened = min(one.created for one in talk) - timedelta(minutes=5)
        topic = Topic.objects.create(
            title=given["title"],
            folded=words.search_text(given["title"]),
            is_demo=True,
            created_at=opened,
        )
        _note("topic", [topic.pk])
        made.topics += 1
        made.comments += _talk(topic.pk, talk, cast)
    made.moderator, made.password = _moderator()
    return made


def _read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def _note(kind: str, ids: Iterable[int]) -> None:
    DemoObject.objects.bulk_create(DemoObject(kind=kind, object_id=pk) for pk in ids)


def _talk(topic_id: int, records: list[CommentRecord], cast: "_Cast") -> int:
    plot = Plot(topic_id, plant(records))
    add_threads(plot)
    ids = plot.ids
    _note("comment", ids.values())
    _vote(topic_id, [(ids[one.source_id], one) for one in records if one.source_id in ids], cast)
    return len(ids)


def _vote(topic_id: int, said: list[tuple[int, CommentRecord]], cast: "_Cast") -> None:
    """Let the demo's people vote, the same each time: most on few comments, and mostly for them."""
    dice = random.Random(f"{topic_id} {len(said)}")  # noqa: S311 (nothing is secret about it)
    voters = [("member_id", pk) for pk in cast.members.values()]
    voters += [("pen_id", pk) for pk in cast.pens.values()]
    votes = []
    for comment_id, one in said:
        author = ("member_id", one.member_id) if one.member_id else ("pen_id", one.pen_id)
        likely = dice.choice([0.02, 0.05, 0.1, 0.2, 0.4]) if one.state == State.PUBLIC else 0
        liked = dice.choice([0.6, 0.9, 0.95, 1.0])
        for who in voters:
            if who != author and dice.random() < likely:
                value = UP if dice.random() < liked else DOWN
                at = one.created + timedelta(hours=dice.randint(1, 200))
                votes.append(Vote(comment_id=comment_id, value=value, at=at, **{who[0]: who[1]}))
    Vote.objects.bulk_create(votes, batch_size=500)
    tree.recount_votes(*{vote.comment_id for vote in votes})
    if votes:
        Topic.objects.filter(pk=topic_id).update(voted_at=max(vote.at for vote in votes))


# Films


def _film(given: dict[str, Any], published: datetime) -> Film:
    film = services.create_film(
        title=given["title"],
        slug=given["slug"],
        original_title=given["original_title"],
        year=given["year"],
        runtime_minutes=given["runtime_minutes"],
        tagline=given["tagline"],
        description=given["description"],
        countries=" ".join(given["countries"]),
        languages=" ".join(given["languages"]),
        category=_category(given["category"]),
        categories=[_category(name) for name in given["categories"]],
        credits=[(_person(credit["person"]), credit["role"]) for credit in given["credits"]],
        sources=[services.NewSource(**source) for source in given.get("sources", [])],
        state=Film.State.PUBLISHED,
        at=published,
        is_demo=True,
    )
    _note("film", [film.pk])
    return film


def _category(name: str) -> Category:
    category = Category.objects.filter(name=name).first()
    if category is None:
        category = services.create_category(name=name)
        _note("category", [category.pk])
    return category


def _person(name: str) -> Person:
    person = Person.objects.filter(name=name).first()
    if person is None:
        person = services.create_person(name=name)
        _note("person", [person.pk])
    return person


# People


class _Cast:
    """Who speaks: members cannot sign in, guests have pens whose secret nobody has."""

    def __init__(self, members: Iterable[str]) -> None:
        self.members = {name: _member(name).pk for name in members}
        self.pens: dict[str, int] = {}

    def records(self, talk: Iterable[dict[str, str]]) -> list[CommentRecord]:
        return [self._record(given) for given in talk]

    def _record(self, given: dict[str, str]) -> CommentRecord:
        name, number = given["by"], given["n"]
        member_id = self.members.get(name)
        return CommentRecord(
            source_id=number,
            parent_source_id=number.rpartition(".")[0],
            author_name="" if member_id else name,
            created=datetime.fromisoformat(given["at"]),
            body_raw=given["text"],
            body_format="markdown",
            state=State(given.get("state", State.PUBLIC)),
            reason=given.get("reason", ""),
            member_id=member_id,
            pen_id=None if member_id else self._pen(name),
        )

    def _pen(self, name: str) -> int:
        if name not in self.pens:
            pen = Pen.objects.create(secret_hash=hash_secret(secrets.token_urlsafe(32)), name=name)
            _note("pen", [pen.pk])
            self.pens[name] = pen.pk
        return self.pens[name]


def _member(name: str) -> User:
    """Make a member of that name, or of one like it where somebody has it."""
    number = 1
    while User.objects.named_like(shown := name if number == 1 else f"{name} {number}").exists():
        number += 1
    member = User.objects.create_user(shown)  # without a password nobody signs in
    _note("user", [member.pk])
    return member


def _moderator() -> tuple[str, str]:
    """Make the demo's moderator; return name and password, or nothing if the group is not there."""
    group = Group.objects.filter(name=MODERATORS).first()
    if group is None:
        return "", ""
    password = secrets.token_urlsafe(12)
    member = _member("Usher")
    member.is_staff = True
    member.set_password(password)
    member.save(update_fields=["is_staff", "password"])
    member.groups.add(group)
    return member.username, password
