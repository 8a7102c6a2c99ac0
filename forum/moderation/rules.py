"""The rules that checks go by: plain values, kept in the process as long as no newer version is there.

A Ruleset is one version: what holds everywhere and what places say otherwise. Its `at` makes the
Rules of one place, which stand on the draft (settings.COMMENT_FACTS). A narrower place wins wherever
it says something: a branch over its talk, that over its film's main category, that over the site.
What is said of a film that went into another holds for that one, as long as it is merged, wherever
its own rule says nothing.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from functools import cached_property
from typing import Any

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from films.models import Film
from forum import sql
from forum.discussions import tree
from forum.discussions.checks import Draft
from forum.discussions.models import Topic
from forum.moderation.models import RulesVersion
from forum.moderation.wordlists import NO_WORDS, Words, words_of

CATEGORY, TOPIC, BRANCH = "category", "topic", "branch"
KINDS = {CATEGORY: _("category"), TOPIC: _("talk"), BRANCH: _("branch")}
GUESTS = ("open", "hold", "closed")
MOST_PLACES = 300
MOST_STEPS = 20  # of a film that went into another, that into a third, and so on
MOST_SLOW_S = 24 * 3600


@dataclass(frozen=True)
class Place:
    """What one place says otherwise. Empty, or None: as the wider place says."""

    kind: str
    id: int
    guests: str = ""
    slow_s: int | None = None  # of a talk or category; a branch has its own act
    close_after_days: int | None = None  # the same; 0: never
    hold: bool | None = None  # of a category or branch; a talk has its own setting


@dataclass(frozen=True)
class Rules:
    """What holds in one place."""

    banned: Words = NO_WORDS
    held: Words = NO_WORDS
    links_new: int = 1
    links_known: int = 3
    links_trusted: int = 10
    first_of_guests: int = 0
    first_of_members: int = 0
    reports: int = 3
    guests: str = "open"
    slow_s: int = 0
    close_after_days: int = 0
    hold: bool = False

    def links_of(self, level: str) -> int:
        """Return how many links an author of this level (trust.LEVELS) sets without being read first."""
        by_level = {"known": self.links_known, "trusted": self.links_trusted}
        return by_level.get(level, self.links_new)


@dataclass(frozen=True)
class Ruleset:
    """One version of the rules, as it is stored and edited."""

    banned_words: str = ""  # a word or phrase a line
    held_words: str = ""
    links_new: int = 1
    links_known: int = 3
    links_trusted: int = 10
    first_of_guests: int = 0  # comments that are read first, until as many are approved
    first_of_members: int = 0
    reports: int = 3  # agreed ones of 30 days, from which an author is held; 0: never
    slow_s: int = 0
    close_after_days: int = 0
    places: tuple[Place, ...] = ()

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> "Ruleset":
        """Return the version that `values` are, as `values` writes them; what is not known is left out."""
        known = {one.name for one in fields(cls)} - {"places"}
        places = tuple(Place(**one) for one in values.get("places", ()))
        return cls(**{name: values[name] for name in known & set(values)}, places=places)

    @property
    def values(self) -> dict[str, Any]:
        return asdict(self)

    @cached_property
    def _by_place(self) -> dict[tuple[str, int], Place]:
        return {(one.kind, one.id): one for one in self.places}

    @cached_property
    def branches(self) -> frozenset[int]:
        return frozenset(one.id for one in self.places if one.kind == BRANCH)

    @cached_property
    def topics(self) -> frozenset[int]:
        return frozenset(one.id for one in self.places if one.kind == TOPIC)

    def at(
        self,
        topic_id: int,
        category_id: int | None,
        above: Iterable[int] = (),
        merged: Iterable[int] = (),
    ) -> Rules:
        """Return what holds for a reply below the comments `above`, from the root down, in a topic into
        which these went, as `merged_into` gives them.
        """
        keys = [(CATEGORY, category_id or 0), *((TOPIC, one) for one in merged), (TOPIC, topic_id)]
        keys += [(BRANCH, one) for one in above]
        rules = self._everywhere
        for place in (self._by_place[key] for key in keys if key in self._by_place):
            said = {
                name: getattr(place, name)
                for name in ("guests", "slow_s", "close_after_days", "hold")
            }
            rules = replace(rules, **{k: v for k, v in said.items() if v is not None and v != ""})
        return rules

    @property
    def _everywhere(self) -> Rules:
        return Rules(
            banned=words_of(self.banned_words),
            held=words_of(self.held_words),
            guests=settings.GUESTS,
            **{
                name: getattr(self, name)
                for name in (
                    "links_new",
                    "links_known",
                    "links_trusted",
                    "first_of_guests",
                    "first_of_members",
                    "reports",
                    "slow_s",
                    "close_after_days",
                )
            },
        )


def as_shipped() -> Rules:
    """Return the rules of a site where nobody has changed any."""
    return Ruleset().at(0, None)


# --------------------------------------------------------------------------- which are in force

_TOPICS = Topic._meta.db_table
_ASK = f"""
SELECT v.id, v.at, f.category_id, EXISTS(SELECT 1 FROM {_TOPICS} m WHERE m.moved_to_id = %s)
FROM (SELECT 1 AS one) o
LEFT JOIN {RulesVersion._meta.db_table} v
  ON v.id = (SELECT max(id) FROM {RulesVersion._meta.db_table})
LEFT JOIN {Film._meta.db_table} f ON f.topic_id = %s
"""  # noqa: S608 (names of ours)
_WENT = f"""
WITH RECURSIVE went(into_id, id, step) AS (
  SELECT moved_to_id, id, 1 FROM {_TOPICS} WHERE {{}} UNION ALL
  SELECT went.into_id, t.id, went.step + 1 FROM {_TOPICS} t
  JOIN went ON t.moved_to_id = went.id WHERE went.step < {MOST_STEPS})
SELECT into_id, id FROM went ORDER BY step DESC, id
"""  # noqa: S608 (names of ours)
_kept: tuple[Any, Ruleset] = ((None, None), Ruleset())


def of_draft(draft: Draft) -> Rules:
    """Return what holds where the draft is posted: a fact of settings.COMMENT_FACTS.

    One narrow statement asks which version is in force, and for the film's category, so that every
    process knows of a change at once; the version itself is read when it has changed. One more where
    some branch has rules of its own and the draft is a reply; one where another film went into this
    one and films have rules.
    """
    here = draft.topic_id
    pk, at, category_id, is_merged = sql.rows(_ASK, [here, here])[0]
    ruleset = _version(pk, at)
    merged = merged_into([here])[here] if is_merged and ruleset.topics else []
    above: list[int] = []
    if ruleset.branches and draft.parent_id:
        above = [one.id for one in tree.ancestors(draft.parent_id) if one.id in ruleset.branches]
    return ruleset.at(here, category_id, above, merged)


def merged_into(topic_ids: Sequence[int]) -> Mapping[int, list[int]]:
    """Return {topic: those whose talk went into it}, over however many steps, the farthest first; one
    query.
    """
    found: dict[int, list[int]] = defaultdict(list)
    where, values = sql.among("moved_to_id", topic_ids)
    for into, pk in sql.rows(_WENT.format(where), values):
        found[into].append(pk)
    return found


def _version(pk: int | None, at: Any) -> Ruleset:
    global _kept
    if _kept[0] != (pk, at):
        values = RulesVersion.objects.values_list("values", flat=True).get(pk=pk) if pk else {}
        _kept = ((pk, at), Ruleset.of(values))
    return _kept[1]


def in_force() -> tuple[RulesVersion | None, Ruleset]:
    """Return the newest version, None while nobody has changed anything, and what it says."""
    version = RulesVersion.objects.select_related("by").order_by("-pk").first()
    return version, Ruleset.of(version.values if version else {})
