"""Any decision is taken back after three others and two new replies: text, place, counts, feeds."""

import re
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.utils import timezone

from forum.accounts.models import Block, Pen, User
from forum.accounts.readers import Reader, pen_with_secret
from forum.discussions import services, tree
from forum.discussions.models import (
    Appeal,
    Caution,
    Comment,
    Decision,
    HeldEdit,
    Report,
    Thread,
    Topic,
)
from forum.discussions.services.undoing import WAYS as KNOWN
from tests.discussions.judge import faults

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("no_checks")]
NUMBERS = ("1", "1.1", "1.1.1", "1.1.2", "1.2", "2", "2.1", "3", "3.1", "4", "4.1", "5")
KEPT = ("state", "reason", "author_name", "created_at", "edited_at", "staff_edited_at")
KEPT += ("locked_at", "slow_s", "folded_at", "fold_reason", "featured_at", "language")


@dataclass
class World:
    """A talk of five threads, another talk, and who decides."""

    topic: Topic
    other: Topic
    by: Reader
    second: Reader  # of the staff
    author: Reader  # of all that was said
    talk: dict[str, Comment] = field(default_factory=dict)

    def pk(self, number: str) -> int:
        return self.talk[number].pk

    def thread(self, number: str) -> int:
        return Comment.objects.get(pk=self.pk(number)).thread_id

    def held_edit(self) -> dict[str, Any]:
        now = self.talk["1.1"].created_at
        HeldEdit.objects.create(comment_id=self.pk("1.1"), body="Edited", code="x", created_at=now)
        Comment.objects.filter(pk=self.pk("1.1")).update(due_at=now)
        return {"comment_id": self.pk("1.1"), "by": self.by}

    def base(self) -> dict[str, Any]:
        text = Comment.objects.with_text().get(pk=self.pk("1.1"))
        which = {"comment_id": self.pk("1.1"), "by": self.by}
        return {**which, "base": services.text_version(text)}


@pytest.fixture
def world(topic, post, staff, guest):
    second = Reader(user=User.objects.create_superuser("Greta"))
    other = services.open_topic(title="Another", by=None)
    made = World(topic, other, Reader(user=staff), second, Reader(pen=guest.pen))
    pen, _secret, _is_new = pen_with_secret("secret of Cora", "Cora")
    cora = services.Author(pen=pen, name="Cora")
    for number in NUMBERS:
        under = made.talk.get(number.rpartition(".")[0])
        author = cora if number >= "3" else None  # else the guest of all tests
        made.talk[number] = post(f"This is {number}", under=under, author=author)
    return made


def moderate(verb, *before):
    """Return what comes before the decision, and the decision."""

    def ready(w):
        for one in before:
            services.moderate(comment_id=w.pk("1.1"), verb=one, by=w.by, reason="other")

    def do(w):
        services.moderate(comment_id=w.pk("1.1"), verb=verb, by=w.by, reason="other", words="So")

    return ready, do


def appealed(w):
    which = {"comment_id": w.pk("1.1")}
    services.report_comment(**which, by=Reader(user=w.second.user), reason="unkind")
    services.moderate(**which, verb="remove", by=w.second, reason="unkind", words="Too sharp")
    services.appeal(**which, by=w.author, words="It was a joke")


def judge(outcome):
    def do(w):
        pk = Appeal.objects.get().pk
        services.decide_appeal(appeal_id=pk, by=w.by, outcome=outcome, answer="So it is")

    return appealed, do


def reported(w):
    services.report_comment(comment_id=w.pk("1.1"), by=w.second, reason="unkind")


def closed(w, days=0):
    until = timezone.now() + timedelta(days=days) if days else None
    services.close_pen(pen_id=w.author.pen.pk, by=w.by, reason="unkind", until=until)


def person(w):
    return {"person": Reader(pen=Pen.objects.get(pk=w.author.pen.pk)), "by": w.by}


def held(w):
    services.hold_person(**person(w), held=True, reason="unkind")


def blocked(w):
    until, kind = timezone.now() + timedelta(days=5), Block.Kind.DOMAIN
    services.block(kind=kind, value="spam.example", until=until, reason="unkind", by=w.by)


def setting(before=None, **change):
    def ready(w):
        if before:
            services.set_topic(topic_id=w.topic.pk, by=w.by, **before)

    return ready, lambda w: services.set_topic(topic_id=w.topic.pk, by=w.by, **change)


def branch(act, number="1.1", before=None, **more):
    def ready(w):
        if before is not None:
            act(comment_id=w.pk(number), by=w.by, **before)

    return ready, lambda w: act(comment_id=w.pk(number), by=w.by, **more)


def unlocked_in_part():
    def ready(w):
        services.lock_branch(comment_id=w.pk("1.1.1"), by=w.by, locked=True)

    return ready, lambda w: services.lock_branch(comment_id=w.pk("1.1"), by=w.by, locked=False)


def nothing(w):
    pass


def folded(w):
    services.fold_branch(comment_id=w.pk("1.1"), by=w.by, reason="quarrel")


WAYS = {
    "approve": moderate("approve", "hold"),
    "hold": moderate("hold"),
    "spam": moderate("spam"),
    "remove": moderate("remove"),
    "restore": moderate("restore", "remove"),
    "purge": branch(services.hide_branch, reason="illegal"),
    "redact": (nothing, lambda w: services.redact_comment(**w.base(), part="is 1")),
    "edit-staff": (nothing, lambda w: services.edit_as_staff(**w.base(), body="Other words")),
    "edit-accept": (World.held_edit, lambda w: services.decide_edit(
        comment_id=w.pk("1.1"), by=w.by, accept=True)),
    "appeal-kept": judge("kept"),
    "appeal-won": judge("overturned"),
    "remove reported": (reported, moderate("remove")[1]),
    "suspend": (nothing, lambda w: closed(w, days=3)),
    "ban": (nothing, closed),
    "reinstate": (closed, lambda w: services.open_pen(pen_id=w.author.pen.pk, by=w.by)),
    "hold-person": (nothing, held),
    "free-person": (held, lambda w: services.hold_person(**person(w), held=False)),
    "warn": (nothing, lambda w: services.warn(**person(w), reason="unkind")),
    "remove-all": (nothing, lambda w: services.remove_everything(**person(w), reason="other")),
    "block": (nothing, blocked),
    "unblock": (blocked, lambda w: services.unblock(block_id=Block.objects.get().pk, by=w.by)),
    "fold reported": (reported, folded),
    "edit-drop": (World.held_edit, lambda w: services.decide_edit(
        comment_id=w.pk("1.1"), by=w.by, accept=False)),
    "detach": branch(services.detach_branch),
    "detach elsewhere": (nothing, lambda w: services.detach_branch(
        comment_id=w.pk("1.1"), by=w.by, topic_id=w.other.pk)),
    "merge": (nothing, lambda w: services.merge_thread(
        thread_id=w.thread("1"), under_id=w.pk("2.1"), by=w.by)),
    "move": (nothing, lambda w: services.move_thread(
        thread_id=w.thread("1"), topic_id=w.other.pk, by=w.by)),
    "lock-branch": branch(services.lock_branch, locked=True),
    "open-branch": branch(services.lock_branch, before={"locked": True}, locked=False),
    "open-branch in part": unlocked_in_part(),
    "fold": (nothing, folded),
    "unfold": (folded, lambda w: services.unfold_branch(comment_id=w.pk("1.1"), by=w.by)),
    "slow": branch(services.slow_branch, minutes=5),
    "slow-off": branch(services.slow_branch, before={"minutes": 10}, minutes=0),
    "pin": branch(services.pin_thread, number="1", pinned=True),
    "unpin": branch(services.pin_thread, number="1", before={"pinned": True}, pinned=False),
    "feature": branch(services.feature_comment, featured=True),
    "unfeature": branch(services.feature_comment, before={"featured": True}, featured=False),
    "split": (nothing, lambda w: services.split_replies(
        comment_id=w.pk("1"), reply_ids=[w.pk("1.1"), w.pk("1.2")], body="Apart", by=w.by)),
    "split elsewhere": (nothing, lambda w: services.split_replies(
        comment_id=w.pk("1.1"), reply_ids=[w.pk("1.1.2")], body="Apart", by=w.by,
        topic_id=w.other.pk)),
    "lock": setting(locked=True),
    "unlock": setting({"locked": True}, locked=False),
    "close": setting(closed=True, closed_words="Over."),
    "notice": setting({"notice": "Old."}, notice="New."),
    "notice-off": setting({"notice": "Old."}, notice=""),
    "hold-all": setting(all_held=True),
    "hold-no-more": setting({"all_held": True}, all_held=False),
    "hold-guests": setting(guests_held=True),
    "free-guests": setting({"guests_held": True}, guests_held=False),
}  # fmt: skip
SETTINGS = ("locked_at", "closed_at", "closed_words", "notice", "all_held_at", "guests_held_at")


def seen(w, but=()):
    """Return all that an undo has to bring back, of the comments there were but these."""
    comments = {
        n: Comment.objects.with_text().get(pk=one.pk) for n, one in w.talk.items() if n not in but
    }
    ways = tree.ordinals_down_to([one.pk for one in comments.values()])
    return {
        "text": {n: (one.text.body, one.text.body_html) for n, one in comments.items()},
        "place": {n: (one.thread.topic_id, ways[one.pk]) for n, one in comments.items()},
        "kept": {n: [getattr(one, name) for name in KEPT] for n, one in comments.items()},
        "edits": list(HeldEdit.objects.values_list("comment_id", "body", "code")),
        "pinned": list(Thread.objects.filter(comment__in=[w.pk("1"), w.pk("2")], pinned_at__isnull=False)
                       .values_list("pinned_at")),
        "appeals": list(Appeal.objects.values_list("outcome", "decided_at", "answer")),
        "reports": list(Report.objects.values_list("outcome", "settled_at")),
        "due": {n: one.due_at is not None for n, one in comments.items()},
        "people": [(bool(closed_at), *rest) for closed_at, *rest in Pen.objects.filter(
            pk=w.author.pen.pk).values_list("closed_at", "closed_until", "held_at")],
        "cautions": Caution.objects.filter(withdrawn_at=None).count(),
        "blocks": list(Block.objects.in_force().values_list("value", "until")),
        "told": {n: one.reason_words for n, one in comments.items()},
        "settings": list(Topic.objects.order_by("pk").values_list(*SETTINGS)),
    }  # fmt: skip


def counted(w):
    rows = Topic.objects.order_by("pk").values_list("comment_count", "featured_count")
    return [tuple(row) for row in rows]


def fed(w):
    """Return the addresses in the feeds of both talks, of the site and of two branches."""
    found = []
    for address in (
        f"/lobby/{w.topic.pk}/comments.atom",
        f"/lobby/{w.other.pk}/comments.atom",
        "/feeds/comments.atom",
        f"/comments/{w.pk('1')}/feed.atom",
        f"/comments/{w.pk('2')}/feed.atom",
        f"/topics/{w.topic.pk}/featured.atom",
    ):
        feed = Client().get(address).content.decode()
        found.append(set(re.findall(r"<id>\S+/comments/(\d+)/</id>", feed)))
    return found


def reply(w, name, *numbers):
    """Reply to the first of these that takes it, or begin a thread in the other talk."""
    pen, _secret, _is_new = pen_with_secret(f"secret of {name}", name)
    author = services.Author(pen=pen, name=name)
    for number in numbers:
        try:
            said = {"author": author, "body": f"By {name}", "parent_id": w.pk(number)}
            return services.post_comment(**said).comment, number
        except ValidationError:
            continue
    said = {"author": author, "body": f"By {name}", "topic_id": w.other.pk}
    return services.post_comment(**said).comment, ""


def test_every_decision_that_can_be_taken_back_is_tried_here():
    assert {name.split()[0] for name in WAYS} == set(KNOWN)


@pytest.mark.parametrize("name", list(WAYS))
def test_after_three_further_decisions_and_two_replies_all_is_as_it_was(world, name):
    ready, do = WAYS[name]
    ready(world)
    before, counts, feeds = seen(world, but=("3.1", "4", "4.1")), counted(world), fed(world)
    do(world)
    decision = Decision.objects.select_related("event").latest("pk")
    assert decision.event.verb == name.split()[0]
    assert (seen(world, but=("3.1", "4", "4.1")), counted(world), fed(world)) != (
        before,
        counts,
        feeds,
    )

    services.moderate(comment_id=world.pk("3.1"), verb="remove", by=world.by, reason="other")
    services.fold_branch(comment_id=world.pk("4"), by=world.by, reason="settled")
    services.lock_branch(comment_id=world.pk("4.1"), by=world.by, locked=True)
    below, under = reply(world, "Ada", "1.1.1", "1.2", "1", "2")
    beside, _number = reply(world, "Bo", "5")
    services.undo(decision_id=decision.pk, by=world.by)

    assert seen(world, but=("3.1", "4", "4.1")) == before
    at = [one.pk for one in Topic.objects.order_by("pk")]
    gained = [0, 0]
    for one in (below, beside):
        one = Comment.objects.select_related("thread").get(pk=one.pk)
        gained[at.index(one.thread.topic_id)] += one.is_public
    gained[at.index(world.topic.pk)] -= 1  # what was removed meanwhile
    assert counted(world) == [(n + more, f) for (n, f), more in zip(counts, gained, strict=True)]
    came = [{str(one.pk) for one in (below, beside) if one.is_public}] * 6
    found, gone = fed(world), {str(world.pk("3.1"))}
    assert [feed - one for feed, one in zip(found, came, strict=True)] == [
        feed - gone for feed in feeds
    ]
    assert came[0] <= found[2]
    assert not under.startswith("1") or not below.is_public or str(below.pk) in found[3]
    assert faults() == []
