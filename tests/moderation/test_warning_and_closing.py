"""People warned, held, suspended and banned, and the way back."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from forum.accounts.models import Pen, User
from forum.accounts.readers import Reader
from forum.discussions import services, tree
from forum.discussions.models import Caution, Comment, Decision, Event, Report, Vote
from forum.discussions.services import sanctions
from tests.moderation.acting import DATA, act, browser_of, code_of, now, page, post, undo
from tests.moderation.conftest import client_of, lately, member_of


@pytest.fixture
def client(senior):
    return client_of(senior)


def test_a_member_reads_a_warning_before_posting_again_and_keeps_the_text(client, sunniva, topic):
    act(client, sunniva, "warn")
    hers = client_of(sunniva)
    assert "Read it, then you can write again." in hers.get(f"/lobby/{topic.pk}/").content.decode()
    answer = post(hers, topic, "Typed with care.")
    html = answer.content.decode()
    assert answer.status_code == 403
    assert "Typed with care." in html
    assert "Speak of the film." in html
    assert not Comment.objects.exists()
    last = re.search(r'name="acknowledge" value="(\d+)"', html)[1]
    assert post(hers, topic, "Typed with care.", acknowledge=last).status_code == 302
    assert Comment.objects.get().text.body == "Typed with care."
    assert Caution.objects.get().acknowledged_at
    assert now(sunniva).warned_at is None
    assert Event.objects.filter(verb="read-warning", member_id=sunniva.pk).count() == 1


def test_a_guest_reads_it_on_the_page_of_their_pen(client, nils, topic, say):
    comment = say("Before.")
    act(client, nils, "warn")
    his = browser_of()
    assert post(his, topic).status_code == 403
    sent = {"body": "Changed.", "base": services.text_version(comment)}
    assert his.post(f"/comments/{comment.pk}/edit/", sent).status_code == 403
    html = his.get("/my/warnings/").content.decode()
    assert "Speak of the film." in html
    assert now(nils).warned_at
    last = re.search(r'name="acknowledge" value="(\d+)"', html)[1]
    assert his.post("/my/warnings/", {"acknowledge": last}).status_code == 302
    assert now(nils).warned_at is None
    assert post(his, topic).status_code == 302
    assert "read" in his.get("/my/warnings/").content.decode()
    # Nobody else's page has it.
    assert "Speak of the film." not in browser_of("another").get("/my/warnings/").content.decode()


def test_a_warning_that_came_meanwhile_still_waits_and_one_taken_back_does_not(client, nils, topic):
    act(client, nils, "warn")
    first = Caution.objects.get()
    act(client, nils, "warn", words="And again.")
    his = browser_of()
    assert post(his, topic, acknowledge=first.pk).status_code == 403
    assert now(nils).warned_at
    undo(client, "warn")
    assert now(nils).warned_at is None
    assert post(his, topic).status_code == 302
    assert "And again." not in his.get("/my/warnings/").content.decode()


def test_a_number_of_somebody_elses_warning_acknowledges_nothing(client, nils, sunniva):
    act(client, nils, "warn")
    client_of(sunniva).post("/my/warnings/", {"acknowledge": Caution.objects.get().pk})
    for text in ("", "x", "9" * 30):
        browser_of().post("/my/warnings/", {"acknowledge": text})
    assert Caution.objects.get().acknowledged_at is None


def test_everything_of_a_person_is_held_and_free_again_by_undo(client, nils, sunniva, topic):
    for who, browser in ((nils, browser_of()), (sunniva, client_of(sunniva))):
        act(client, who, "hold")
        post(browser, topic, f"Held, by {who}.")
        comment = Comment.objects.latest("pk")
        assert (comment.state, comment.reason) == ("held", "person")
        assert comment.due_at
        undo(client, "hold-person")
        post(browser, topic, f"Free, by {who}.")
        assert Comment.objects.latest("pk").state == "public"


def test_what_a_held_person_edits_waits_too(client, nils, say):
    comment = say("Before.")
    act(client, nils, "hold")
    sent = {"body": "Changed to something else.", "base": services.text_version(comment)}
    browser_of().post(f"/comments/{comment.pk}/edit/", sent)
    assert now(comment).held_edit.body == "Changed to something else."


def test_a_banned_pen_can_no_longer_post_vote_edit_or_bring_back(client, nils, say, sunniva):
    mine, other = say("Mine."), say("Hers.", member=sunniva)
    taken = say("Taken back.")
    services.delete_comment(comment_id=taken.pk, by=Reader(pen=nils))
    act(client, nils, "ban")
    his = browser_of()
    events = Event.objects.count()
    assert post(his, mine.thread.topic).status_code == 403
    assert (
        his.post(f"/comments/{mine.pk}/reply/", {"body": "More.", "name": "Nils"}).status_code
        == 403
    )
    sent = {"body": "Changed.", "base": services.text_version(mine)}
    assert his.post(f"/comments/{mine.pk}/edit/", sent).status_code == 403
    assert his.post(f"/comments/{other.pk}/vote/", {"value": "1"}).status_code == 403
    assert his.post(f"/comments/{taken.pk}/undelete/").status_code == 403
    assert Event.objects.count() == events
    assert Vote.objects.count() == 0
    # What is theirs they can still take away.
    assert his.post(f"/comments/{mine.pk}/delete/").status_code == 302
    assert "has closed your pen" in his.get(f"/lobby/{mine.thread.topic_id}/").content.decode()


def test_a_ban_is_not_outrun_by_a_post_on_its_way(nils, topic, say):
    """The pen was read before it was closed, as a request that is under way has it."""
    parent = say("Here first.", name="Vera")
    services.close_pen(pen_id=nils.pk, by=None, reason="hate")
    assert nils.closed_at is None
    author = services.Author(pen=nils, name="Nils")
    for where in ({"topic_id": topic.pk}, {"parent_id": parent.pk}):
        assert code_of(services.post_comment, author=author, body="Quick.", **where) == "pen-closed"
    assert Comment.objects.count() == 1
    assert list(tree.check()) == []


def test_a_suspended_member_is_out_everywhere_at_once(client, sunniva, say, topic):
    mine, other = say("Mine.", member=sunniva), say("Another's.")
    hers = client_of(sunniva)
    act(client, sunniva, "suspend")
    assert now(sunniva).suspended_until > timezone.now() + timedelta(hours=23)
    assert hers.get("/").wsgi_request.user.is_anonymous
    by = Reader(user=sunniva)  # as a request that is under way has them
    assert code_of(services.vote, comment_id=other.pk, by=by, value=1) == "account-closed"
    base = services.text_version(mine)
    assert (
        code_of(services.edit_comment, comment_id=mine.pk, by=by, body="New.", base=base)
        == "account-closed"
    )
    author = services.Author(member=sunniva)
    assert (
        code_of(services.post_comment, author=author, body="New.", topic_id=topic.pk)
        == "account-closed"
    )


def test_a_pen_is_closed_for_a_time_and_opens_by_itself(client, nils):
    act(client, nils, "suspend", hours="1")
    pen = now(nils)
    assert pen.closed_at
    assert sanctions.open_pens_again() == "pens closed for a time that is over: 0 opened"
    Pen.objects.update(closed_until=timezone.now() - timedelta(seconds=1))
    assert sanctions.open_pens_again() == "pens closed for a time that is over: 1 opened"
    assert now(nils).closed_at is None
    assert Event.objects.latest("pk").guest_id == nils.pk


@pytest.mark.parametrize("verb", ["suspend", "ban"])
def test_a_closing_is_taken_back_in_the_list_and_so_is_an_opening(client, nils, sunniva, verb):
    for who in (nils, sunniva):
        act(client, who, verb)
        undo(client, verb)
        assert not services.person_seen(reader(who)).startswith("x")
        assert is_open(who)
        act(client, who, verb)
        act(client, who, "open")
        assert is_open(who)
        undo(client, "reinstate")
        assert not is_open(who)
        assert "undone" in client.get("/admin/discussions/event/").content.decode()
        act(client, who, "open")


def reader(who):
    return Reader(user=who) if isinstance(who, User) else Reader(pen=who)


def is_open(who):
    who = now(who)
    return who.is_active if isinstance(who, User) else who.closed_at is None


def test_an_undo_is_refused_where_something_was_decided_since(client, nils):
    act(client, nils, "suspend")
    first = Decision.objects.latest("pk")
    act(client, nils, "open")
    act(client, nils, "ban")
    answer = client.post(f"/admin/discussions/decision/{first.pk}/undo/")
    assert answer.status_code == 409
    assert now(nils).closed_at


def test_a_page_that_is_out_of_date_is_told_what_happened(client, nils):
    shown = client.get(page(nils, "ban")).content.decode()
    seen = re.search(r'name="seen" value="([^"]*)"', shown)[1]
    act(client_of(member_of("senior", "Ruth")), nils, "hold")
    answer = client.post(page(nils, "ban"), {**DATA["ban"], "seen": seen})
    assert answer.status_code == 409
    assert lately("by Ruth, 0 seconds ago").search(answer.content.decode())
    assert now(nils).closed_at is None


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("warn", {"reason": ""}),
        ("warn", {"reason": "x"}),
        ("note", {"words": "  "}),
        ("hold", {"reason": ""}),
        ("suspend", {"hours": "9"}),
        ("ban", {"reason": ""}),
        ("remove-all", {"reason": ""}),
    ],
)
def test_what_is_not_filled_in_right_is_refused_and_kept(client, nils, say, name, data):
    say()
    before = Event.objects.count()
    answer = client.post(page(nils, name), {**DATA[name], "words": "Kept words.", **data})
    assert answer.status_code == 422
    if name in ("warn", "remove-all"):
        assert "Kept words." in answer.content.decode()
    assert Event.objects.count() == before


def test_a_banned_pen_reports_nothing(client, nils, say, sunniva):
    other = say("Hers.", member=sunniva)
    act(client, nils, "ban")
    answer = browser_of().post(f"/comments/{other.pk}/report/", {"reason": "spam"})
    assert answer.status_code == 403
    assert "has closed this pen" in answer.content.decode()
    assert not Report.objects.exists()
