"""Everything of a person removed by one decision, and brought back by one undo."""

import pytest

from forum.accounts.readers import Reader
from forum.discussions import services, tree
from forum.discussions.models import Comment, Decision, Removed, Report
from forum.discussions.services import removing
from tests.moderation.acting import PEOPLE, act, browser_of, now, page, post, undo
from tests.moderation.conftest import client_of


@pytest.fixture
def client(senior):
    return client_of(senior)


@pytest.fixture
def talk(say, topic, sunniva):
    """A talk of Nils and others, one reply of his held, one removed before."""
    root = say("By Nils, with a reply below.")
    return {
        "root": root,
        "answer": say("By Sunniva.", member=sunniva, under=root),
        "own": say("Nils again.", under=root),
        "held": say("Waiting.", state="held"),
        "before": say("Removed before.", state="removed"),
        "other": say("Vera's.", name="Vera"),
    }


def states(talk):
    return {name: now(comment).state for name, comment in talk.items()}


def counts(topic):
    topic = now(topic)
    return topic.comment_count, [thread.comment_count for thread in topic.thread_set.order_by("pk")]


def test_everything_goes_by_one_decision_with_counts_right_and_comes_back_exactly(
    client, nils, talk, topic
):
    before, counted = states(talk), counts(topic)
    html = client.get(page(nils, "remove-all")).content.decode()
    assert "3 comments in 1 talk (2 public, 1 held)" in html
    assert "1 reply of somebody else stays" in html
    said = act(client, nils, "remove-all").content.decode()
    assert "3 comments removed." in said
    assert states(talk) == {**before, "root": "removed", "own": "removed", "held": "removed"}
    assert counts(topic) == (2, [1, 0, 0, 1])
    assert list(tree.check()) == []
    assert now(talk["root"]).text.told == "All of it sells something."
    decision = Decision.objects.get(event__verb="remove-all")
    html = client.get("/admin/discussions/decision/").content.decode()
    assert html.count(f"/admin/discussions/decision/{decision.pk}/undo/") == 1
    assert Removed.objects.filter(decision=decision).count() == 3
    undo(client, "remove-all")
    assert states(talk) == before
    assert counts(topic) == counted
    assert now(talk["held"]).due_at
    assert list(tree.check()) == []
    assert now(talk["root"]).text.told == ""
    assert not Removed.objects.exists()


def test_undo_brings_nothing_back_that_was_decided_since(client, senior, nils, talk, topic):
    act(client, nils, "remove-all")
    by = Reader(user=senior)
    # One was restored and removed again for itself, one was erased, one purged, and he wrote anew.
    services.moderate(comment_id=talk["own"].pk, verb="restore", by=by)
    services.moderate(comment_id=talk["own"].pk, verb="remove", by=by, reason="hate")
    services.erase_comment(comment_id=talk["held"].pk, by=by)
    post(browser_of(), topic, "Written after.")
    new = Comment.objects.latest("pk")
    services.moderate(comment_id=new.pk, verb="remove", by=by, reason="unkind")
    undo(client, "remove-all")
    assert states(talk) == {
        "root": "public",
        "answer": "public",
        "own": "removed",
        "held": "erased",
        "before": "removed",
        "other": "public",
    }
    assert now(talk["own"]).reason == "hate"
    assert now(new).state == "removed"
    assert list(tree.check()) == []


def test_undo_passes_over_what_was_purged_since(client, senior, nils, talk, topic):
    act(client, nils, "remove-all")
    services.purge_branch(comment_id=talk["own"].pk, by=Reader(user=senior))
    assert undo(client, "remove-all").status_code == 200
    assert now(talk["root"]).state == "public"
    assert Decision.objects.get(event__verb="remove-all").undone_at


def test_cut_short_it_goes_on_as_the_same_decision(senior, nils, talk, topic, monkeypatch):
    monkeypatch.setattr(removing, "AT_ONCE", 1)
    his, by = Reader(pen=nils), Reader(user=senior)
    swept = services.remove_everything(person=his, by=by, reason="advert", most=2)
    assert (swept.count, swept.left) == (2, 1)
    calls = []
    change = removing.change_state

    def killed(*args):
        calls.append(args)
        raise KeyboardInterrupt

    monkeypatch.setattr(removing, "change_state", killed)
    with pytest.raises(KeyboardInterrupt):
        services.remove_everything(person=his, by=by, reason="advert")
    assert len(calls) == 1
    assert list(tree.check()) == []
    monkeypatch.setattr(removing, "change_state", change)
    again = services.remove_everything(person=his, by=by, reason="advert")
    assert (again.decision.pk, again.count, again.left) == (swept.decision.pk, 1, 0)
    assert Decision.objects.filter(event__verb="remove-all").count() == 1
    # An undo that is cut short goes on, too.
    monkeypatch.setattr(removing, "change_state", killed)
    with pytest.raises(KeyboardInterrupt):
        services.undo(decision_id=swept.decision.pk, by=by)
    assert Decision.objects.get(pk=swept.decision.pk).undone_at is None
    monkeypatch.setattr(removing, "change_state", change)
    services.undo(decision_id=swept.decision.pk, by=by)
    assert Comment.objects.by(his).in_state("public").count() == 2
    assert list(tree.check()) == []


def test_all_of_a_members_spam_goes_as_spam_and_says_nothing(client, say, sunniva):
    comment = say("Sold here.", member=sunniva)
    act(client, sunniva, "remove-all", reason="spam")
    assert (now(comment).state, now(comment).text.told) == ("spam", "")
    assert "it is spam" in client.get("/admin/discussions/event/").content.decode()


def test_reports_about_it_are_settled_and_wait_again_after_the_undo(client, nils, talk, sunniva):
    services.report_comment(comment_id=talk["own"].pk, by=Reader(user=sunniva), reason="spam")
    assert now(talk["own"]).due_at
    act(client, nils, "remove-all")
    report = Report.objects.get()
    assert (report.outcome, now(talk["own"]).due_at) == ("agreed", None)
    assert "1 ÷ 1" in client.get(f"{PEOPLE}{sunniva.pk}/change/").content.decode()
    undo(client, "remove-all")
    assert Report.objects.get().settled_at is None
    assert now(talk["own"]).due_at


def test_what_was_removed_as_a_guests_comes_back_as_the_members_who_claimed_it(
    client, nils, sunniva, talk, topic
):
    act(client, nils, "remove-all")
    services.claim_pen(pen_id=nils.pk, by=Reader(user=sunniva))
    undo(client, "remove-all")
    assert now(talk["root"]).state == "public"
    assert now(talk["root"]).member == sunniva
    assert list(tree.check()) == []
