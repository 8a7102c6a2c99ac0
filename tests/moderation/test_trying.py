"""Rules tried against what was posted: the live checks, run again, say the same."""

import itertools
import random
from datetime import UTC, datetime, timedelta
from unittest import mock

import pytest
from django.core.exceptions import ValidationError

from films.services import create_category, create_film
from forum.accounts.models import User
from forum.accounts.readers import ANYBODY, Reader, pen_with_secret
from forum.discussions import checks, services
from forum.discussions.checks import Sent
from forum.discussions.models import Comment, Revision, State
from forum.moderation import trying
from forum.moderation.models import RulesVersion
from forum.moderation.rules import Place, Ruleset
from tests.statements import statements

pytestmark = pytest.mark.django_db
START = datetime(2026, 10, 20, 8, 0, tzinfo=UTC)
WORDS = "film harbour rain sound cut night radio song projector reel casino buy prize".split()
PLAIN = "film harbour rain sound cut night radio song projector reel".split()


class Clock:
    def __init__(self):
        self.now = START

    def forward(self, **much):
        self.now += timedelta(**much)


@pytest.fixture
def clock():
    clock = Clock()
    with mock.patch("django.utils.timezone.now", side_effect=lambda: clock.now):
        yield clock


def put(ruleset):
    return RulesVersion.objects.create(values=ruleset.values)


def text(chance):
    words = [chance.choice(WORDS if chance.random() < 0.2 else PLAIN) for _ in range(12)]
    links = chance.choice([0, 0, 0, 0, 1, 2, 4])
    return " ".join(words) + " https://example.org/a" * links


class Month:
    """A site on which people write, and staff decide, for a month."""

    def __init__(self, clock, seed, posts):
        self.clock, self.chance = clock, random.Random(seed)
        category, other = create_category(name="Post"), create_category(name="Rail")
        self.films = [
            create_film(title=f"Film {at}", category=(category, other)[at % 2], state="published")
            for at in range(4)
        ]
        self.people = [
            services.Author(member=User.objects.create_user(f"Member {at}")) for at in range(4)
        ]
        for at in range(8):
            self.people.append(
                services.Author(pen=pen_with_secret(f"{at}", "x")[0], name=f"G {at}")
            )
        self.staff = User.objects.create_superuser("Ruth")
        self.people.append(services.Author(member=self.staff))
        self.desk = User.objects.create_superuser("Olga")  # nobody decides about their own
        self.refused = 0
        services.set_topic(topic_id=self.films[3].topic_id, by=None, guests_held=True)
        self.said = []
        self.ruleset = self.rules()
        put(self.ruleset)
        for _post in range(posts):
            self.post()
            self.decide()
            clock.forward(minutes=self.chance.choice([0, 1, 5, 40, 180]), seconds=7)

    def rules(self):
        return Ruleset(
            banned_words="prize", held_words="casino\nbuy", links_new=1, links_known=2,
            first_of_guests=1, reports=1, slow_s=30,
            places=(
                Place("category", self.films[1].category_id, guests="hold"),
                Place("topic", self.films[0].topic_id, slow_s=600),
            ),
        )  # fmt: skip

    def post(self):
        film = self.chance.choice(self.films)
        above = [one for one in self.said if one.thread.topic_id == film.topic_id]
        parent = self.chance.choice([None, *above[-6:]]) if above else None
        where = {"parent_id": parent.pk} if parent else {"topic_id": film.topic_id}
        trap = "x" if self.chance.random() < 0.05 else ""
        try:
            made = services.post_comment(
                author=self.chance.choice(self.people), body=text(self.chance),
                sent=Sent(trap=trap), **where,
            ).comment  # fmt: skip
        except ValidationError:
            self.refused += 1
            return
        if made.is_public:
            self.said.append(Comment.objects.select_related("thread").get(pk=made.pk))

    def decide(self):
        by = Reader(user=self.desk)
        held = list(Comment.objects.held().order_by("pk"))
        if held and self.chance.random() < 0.7:
            verb = self.chance.choice(["approve", "approve", "approve", "remove", "spam"])
            services.moderate(comment_id=held[0].pk, verb=verb, by=by, reason="other")
        elif self.said and self.chance.random() < 0.15:
            one = self.said.pop(self.chance.randrange(len(self.said)))
            if not one.has_public_reply():
                services.moderate(comment_id=one.pk, verb="remove", by=by, reason="other")
        if self.said and self.chance.random() < 0.1:
            self.edit(self.said[-1])

    def edit(self, comment):
        comment = Comment.objects.with_text().get(pk=comment.pk)
        by = Reader(user=comment.member, pen=comment.pen)
        if not comment.is_editable_by(by):
            return
        base = services.text_version(comment)
        services.edit_comment(comment_id=comment.pk, by=by, body="Otherwise, in a word.", base=base)


@pytest.mark.parametrize("seed", range(2))
def test_a_replayed_month_gets_the_live_verdicts_item_by_item(clock, seed):
    month = Month(clock, seed, posts=160)
    found = trying.pasts(branches=False, now=clock.now)
    live = {
        pk: (held, [tuple(one) for one in told])
        for pk, held, told in Comment.objects.exclude_purged().values_list(
            "pk", "text__submission", "text__checked"
        )
    }
    assert len(found) == len(live) > 60
    first = Revision.objects.filter(dropped_at=None).order_by("-pk")
    for pk, told in first.values_list("comment_id", "checked"):
        live[pk] = (live[pk][0], [tuple(one) for one in told])
    for past in found:
        replayed = trying.judge(past, month.ruleset)
        assert list(replayed.results) == live[past.id][1], past.id
    # The month has something of everything.
    assert month.refused > 5
    said = set(itertools.chain.from_iterable(told for _held, told in live.values()))
    for name in ("trap", "guests", "words", "links", "first", "topic", "record"):
        assert any(one[0] == name and one[1] in ("hold", "spam") for one in said), name


def test_what_came_without_a_proof_of_work_is_replayed_as_it_was_judged(clock, settings):
    settings.COMMENT_CHECKS = ["forum.moderation.checks.proof", "forum.moderation.checks.links"]
    topic_id = create_film(title="The Lamp", state="published").topic_id
    author = services.Author(pen=pen_with_secret("a", "x")[0], name="G")
    for proof in ("good", "missing", "bad", ""):
        sent = Sent(proof=proof)
        services.post_comment(author=author, body=f"Said {proof}.", topic_id=topic_id, sent=sent)
    found = trying.pasts(branches=False, now=clock.now)
    told = [trying.judge(past, Ruleset()).results[0][1:] for past in found]
    assert sorted(told) == [
        ("hold", "bad-proof"), ("hold", "no-proof"), ("public", ""), ("public", "")
    ]  # fmt: skip


def test_the_figures_count_what_was_held_approved_and_removed(clock):
    month = Month(clock, 3, posts=60)
    found = trying.pasts(branches=False, now=clock.now)
    live = trying.trial(found, month.ruleset)
    was_held = {past.id for past in found if past.was_held}
    assert set(live.held) == was_held
    assert live.refused == live.freed == []
    states = dict(Comment.objects.values_list("pk", "state"))
    assert {pk for pk in live.held if states[pk] == State.PUBLIC} == live.stood & was_held
    figures = live.figures
    assert figures["held"] == len(was_held)
    gone = [pk for pk in was_held if states[pk] in (State.REMOVED, State.SPAM)]
    assert figures["held_removed"] == len(gone)
    assert figures["held_approved"] <= len(live.stood)
    nothing = trying.trial(found, Ruleset(links_new=99, links_known=99, reports=0))
    assert set(nothing.freed) <= was_held
    assert nothing.figures["freed"] == len(nothing.freed) > 0
    everything = trying.trial(found, Ruleset(banned_words="\n".join(PLAIN)))
    assert len(everything.refused) > len(found) / 2


def test_would_have_held_41_of_which_you_approved_38(clock, topic, say):
    by = Reader(user=User.objects.create_superuser("Ruth"))
    pasts = [say(f"At the casino, {at}", name=f"Guest {at}") for at in range(41)]
    for at, comment in enumerate(pasts):
        services.moderate(comment_id=comment.pk, verb="hold", by=by)
        verb = "approve" if at < 38 else "remove"
        services.moderate(comment_id=comment.pk, verb=verb, by=by, reason="other")
    say("Nothing of the kind.")
    figures = trying.trial(
        trying.pasts(branches=False, now=clock.now), Ruleset(held_words="casino")
    ).figures
    assert figures["looked_at"] == 42
    assert (figures["held"], figures["held_approved"], figures["held_removed"]) == (41, 38, 3)


def test_slow_mode_is_tried_by_the_moments_of_what_was_posted(clock, topic, say):
    for minutes in (0, 2, 20, 1):
        clock.forward(minutes=minutes)
        say(f"After {minutes}")
    found = trying.pasts(branches=False, now=clock.now)
    refused = trying.trial(found, Ruleset(slow_s=300)).refused
    assert [past.id for past in found][1::2] == refused


def test_a_branch_is_tried_where_it_hangs(clock, say):
    root, other = say(), say()
    below = say(under=say(under=root))
    found = trying.pasts(branches=True, now=clock.now)
    held = trying.trial(found, Ruleset(places=(Place("branch", root.pk, hold=True),))).held
    assert held == [below.parent_id, below.pk]
    assert other.pk not in held


def test_what_is_older_imported_or_erased_is_not_tried(clock, say):
    old = say("Long ago.")
    clock.forward(days=31)
    new, gone, purged = say("Of today."), say("Erased."), say("Purged.")
    services.erase_comment(comment_id=gone.pk, by=None)
    services.hide_branch(
        comment_id=purged.pk, by=Reader(user=User.objects.create_superuser("R")), reason="illegal"
    )
    Comment.objects.filter(pk=say("Imported.").pk).update(pen=None, author_name="From afar")
    assert [past.id for past in trying.pasts(branches=False, now=clock.now)] == [new.pk]
    assert old.pk != new.pk


def test_an_edited_comment_is_tried_as_it_was_first_posted(clock, say):
    comment = say("At the casino.")
    clock.forward(minutes=1)
    by = Reader(pen=comment.pen)
    base = services.text_version(Comment.objects.get(pk=comment.pk))
    services.edit_comment(comment_id=comment.pk, by=by, body="At the harbour.", base=base)
    found = trying.pasts(branches=False, now=clock.now)
    assert trying.trial(found, Ruleset(held_words="casino")).held == [comment.pk]


def test_trying_takes_as_many_statements_for_many_comments_as_for_few(clock, say):
    def cost():
        with statements() as said:
            trying.pasts(branches=True, now=clock.now)
        return len(said)

    say(under=say())
    few = cost()
    for at in range(12):
        say(under=say(name=f"Guest {at}"))
    assert cost() == few <= 5


def test_trying_asks_the_database_nothing_and_no_check_changes_anything(clock, say):
    for at in range(3):
        say(f"Said, {at}")
    found = trying.pasts(branches=False, now=clock.now)
    with statements() as said:
        first = trying.trial(found, Ruleset(held_words="said"))
        again = trying.trial(found, Ruleset(held_words="said"))
    assert said == []
    assert first == again
    assert len(first.held) == 3


def test_a_comment_of_the_time_before_results_were_kept_is_tried_too(clock, say):
    comment = say("At the casino.", state="held")
    comment.text.checked = None
    comment.text.save(update_fields=["checked"])
    (past,) = trying.pasts(branches=False, now=clock.now)
    assert past.was_held
    assert trying.judge(past, Ruleset()).outcome == checks.PUBLIC
    assert trying.judge(past, Ruleset(held_words="casino")).outcome == checks.HOLD


def test_what_is_tried_is_what_was_posted_and_no_edit(clock, settings):
    settings.COMMENT_CHECKS = ["forum.moderation.checks.words"]
    ruth = Reader(user=User.objects.create_superuser("Ruth"))
    topic_id = create_film(title="The Lamp", state="published").topic_id
    guest = services.Author(pen=pen_with_secret("a", "x")[0], name="G")
    made = services.post_comment(author=guest, body="At the casino.", topic_id=topic_id).comment
    put(Ruleset(held_words="buy"))
    for body, accept in (("Buy one.", False), ("Buy two.", True)):
        base = services.text_version(Comment.objects.get(pk=made.pk))
        by = Reader(pen=guest.pen)
        assert not services.edit_comment(comment_id=made.pk, by=by, body=body, base=base)
        services.decide_edit(comment_id=made.pk, by=ruth, accept=accept)
    assert Comment.objects.get(pk=made.pk).text.body == "Buy two."
    (past,) = trying.pasts(branches=False, now=clock.now)
    assert past.draft.body == "At the casino."
    assert not past.was_held
    assert trying.judge(past, Ruleset(held_words="casino")).outcome == checks.HOLD


def test_a_talks_own_hold_is_tried_as_it_was_judged(clock, settings):
    settings.COMMENT_CHECKS = ["forum.moderation.checks.topic"]
    author = services.Author(pen=pen_with_secret("a", "x")[0], name="G")
    topic_id = create_film(title="The Lamp", state="published").topic_id
    for is_held in (False, True):
        services.set_topic(topic_id=topic_id, by=None, guests_held=is_held)
        services.post_comment(author=author, body=f"Held: {is_held}.", topic_id=topic_id)
    live = [one.text.checked for one in Comment.objects.with_text().order_by("pk")]
    assert live == [[["topic", "public", ""]], [["topic", "hold", "talk"]]]
    found = trying.pasts(branches=False, now=clock.now)
    replayed = [[list(one) for one in trying.judge(past, Ruleset()).results] for past in found]
    assert replayed == live
    assert trying.trial(found, Ruleset()).freed == []


def test_only_so_many_of_the_newest_are_tried(clock, say, monkeypatch):
    monkeypatch.setattr(trying, "MOST", 2)
    comments = [say() for _ in range(3)]
    found = trying.pasts(branches=False, now=clock.now)
    assert [past.id for past in found] == [one.pk for one in comments[1:]]


def test_an_approval_is_staffs_and_nobody_elses(clock, say):
    say("Held.", state="held")
    services.moderate(comment_id=Comment.objects.get().pk, verb="approve", by=ANYBODY)
    (past,) = trying.pasts(branches=False, now=clock.now)
    assert past.is_approved
