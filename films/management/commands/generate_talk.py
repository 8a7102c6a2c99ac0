"""Fill a film with invented talk of a known shape, for measurements."""

import random
from argparse import ArgumentParser
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.db.models import F

from films.models import Film
from forum import markup
from forum.discussions import tree
from forum.discussions.models import Topic

BIGGEST_SHARE = 0.15  # of all comments stand in the largest thread
BATCH = 5_000  # comments a transaction, whole threads
BEGIN = datetime(2011, 5, 3, 18, 0, tzinfo=UTC)
YEARS = timedelta(days=365 * 14)
NAMES = "Nils Vera Kofi Margit Oskar Teresa J.B. Ольга ليلى 健太 M. Ana Tuesday Bao".split()
WORDS = (
    "the a of and in that it was film light camera people slow train street window house year"
    " music cut hands face wind water snow smoke factory morning night voice silence map letter"
    " question answer never always only again once why who remembers forgets waits walks laughs"
    " projector reel lens grain colour grey red room door table bread coat child mother village"
).split()


class Command(BaseCommand):
    help = "Generates invented talk under a film: deterministic for a seed, in bulk, with progress."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--film", required=True, metavar="SLUG")
        parser.add_argument("--comments", required=True, type=int, metavar="N")
        parser.add_argument("--seed", required=True, type=int, metavar="S")
        parser.add_argument("--max-depth", type=int, default=12, metavar="D")

    def handle(self, *args: Any, **options: Any) -> None:
        film = Film.objects.filter(slug=options["film"]).first()
        if film is None:
            raise CommandError(f"No film has the address {options['film']!r}.")
        if options["comments"] < 1 or options["max_depth"] < 1:
            raise CommandError("--comments and --max-depth must be 1 or more.")
        done = 0
        threads = generate(options["comments"], options["seed"], options["max_depth"])
        for batch in _batches(threads):
            _write(film.topic_id, batch)
            done += len(batch)
            self.stdout.write(f"{done:,} of {options['comments']:,} comments")


def sizes(comments: int) -> list[int]:
    """Return how many comments each thread has: skewed, the largest 15 %, their sum `comments`."""
    biggest = max(1, round(comments * BIGGEST_SHARE))
    found: list[int] = []
    left = comments
    while left:
        size = min(left, max(1, int(biggest / (1 + len(found)) ** 0.95)))
        found.append(size)
        left -= size
    return found


def generate(comments: int, seed: int, max_depth: int) -> Iterator[list[tree.Loaded]]:
    """Yield threads of `comments` comments in all; the same for the same three numbers.

    max_depth: levels below a root at most.
    """
    chance = random.Random(f"{seed}/{comments}/{max_depth}")  # noqa: S311 (no secret)
    order = sizes(comments)
    chance.shuffle(order)
    step = YEARS / (comments + 1)
    key = 0
    for number, size in enumerate(order):
        begin = BEGIN + YEARS * number / len(order)
        rows: list[tree.Loaded] = []
        depths: list[int] = []
        for at in range(size):
            parent = _parent(chance, depths, max_depth) if at else None
            depths.append(0 if parent is None else depths[parent] + 1)
            rows.append(
                _comment(
                    chance, key + at, parent if parent is None else key + parent, begin + step * at
                )
            )
        key += size
        yield rows


def _parent(chance: random.Random, depths: list[int], max_depth: int) -> int:
    """Return which comment is answered: the root, one of the latest, or any, but none too deep."""
    roll = chance.random()
    if roll < 0.25:
        return 0
    first = max(0, len(depths) - 6) if roll < 0.75 else 0
    at = chance.randrange(first, len(depths))
    return at if depths[at] < max_depth else 0


def _comment(chance: random.Random, key: int, parent: int | None, at: datetime) -> tree.Loaded:
    paragraphs = [_sentence(chance) for _ in range(chance.choice((1, 1, 1, 2, 3)))]
    body = "\n\n".join(paragraphs)
    return tree.Loaded(
        key=key,
        parent=parent,
        created_at=at,
        body=body,
        body_format="plain",
        body_html=markup.render(body, "plain"),
        html_version=markup.HTML_VERSION,
        author_name=chance.choice(NAMES),
    )


def _sentence(chance: random.Random) -> str:
    words = chance.choices(WORDS, k=chance.randint(4, 45))
    return " ".join(words).capitalize() + "."


def _batches(threads: Iterator[list[tree.Loaded]]) -> Iterator[list[tree.Loaded]]:
    batch: list[tree.Loaded] = []
    for thread in threads:
        batch += thread
        if len(batch) >= BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


@transaction.atomic
def _write(topic_id: int, rows: list[tree.Loaded]) -> None:
    roots = sum(row.parent is None for row in rows)
    Topic.objects.filter(pk=topic_id).update(threads_given=F("threads_given") + roots)
    given = Topic.objects.values_list("threads_given", flat=True).get(pk=topic_id) - roots
    tree.bulk_load(topic_id, rows, threads_given=given)
    tree.recount_topics(topic_id)
