"""Votes: one a person and comment, what they come to, and how pages follow them."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.utils import timezone

from forum.accounts.models import Pen, User
from forum.accounts.readers import Reader, pen_with_secret
from forum.discussions import scores, services, tree
from forum.discussions.models import Comment, Event, Thread, Topic, Vote
from forum.discussions.services import voting
from forum.discussions.services.people import forget_claims
from tests.discussions.voting import pens, sums, vote, voted
from tests.statements import statements

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _plain(settings):
    settings.COMMENT_CHECKS = []
    settings.SCORE_HIDDEN_MINUTES, settings.SCORE_SHOWN_FROM_POINTS = 0, 1


def code_of(comment, by, value=1):
    with pytest.raises(ValidationError) as refusal:
        vote(comment, by, value)
    return refusal.value.code


# One a person and comment


def test_a_vote_is_counted_once_whatever_is_pressed(post, member):
    comment, reader = post(), Reader(user=member)
    for value, expected in ((1, (1, 0)), (1, (1, 0)), (-1, (0, 1)), (0, (0, 0)), (0, (0, 0))):
        assert vote(comment, reader, value).value == value
        assert sums(comment) == expected
        assert Vote.objects.count() == sum(expected)
    assert tree.check() == []


def test_the_database_itself_refuses_a_second_vote_and_a_vote_of_nobody(post, member):
    comment = post()
    Vote.objects.create(comment=comment, member=member, value=1)
    pen = pen_with_secret("", "Nora")[0]
    for wrong in (
        {"member": member, "value": -1},
        {"value": 1},
        {"member": member, "pen": pen, "value": 1},
        {"pen": pen, "value": 2},
        {"pen": pen, "value": 0},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            Vote.objects.create(comment=comment, **wrong)


@pytest.mark.parametrize("state", ["held", "spam", "removed", "deleted"])
def test_what_is_not_public_takes_no_vote(post, member, state):
    comment = post(state=state)
    code = code_of(comment, Reader(user=member))
    assert code == "not-public"  # it was public once; else it is not even there
    assert sums(comment) == (0, 0)


def test_what_never_was_public_is_not_there(post, topic, member, settings):
    settings.COMMENT_CHECKS = ["forum.moderation.checks.topic"]
    services.set_topic(topic_id=topic.pk, by=None, all_held=True)
    assert code_of(post(), Reader(user=member)) == "comment-gone"


def test_nobody_votes_on_their_own(post, guest, member):
    comment = post()
    assert code_of(comment, Reader(pen=guest.pen)) == "own-comment"
    own = post(author=services.Author(member=member))
    assert code_of(own, Reader(user=member)) == "own-comment"
    with pytest.raises(ValidationError) as refusal:  # written from this browser before signing in
        services.vote(comment_id=comment.pk, by=Reader(user=member), value=1, pen=guest.pen)
    assert refusal.value.code == "own-comment"


def test_a_hidden_or_locked_talk_takes_no_votes(post, topic, member):
    comment, reader = post(), Reader(user=member)
    Topic.objects.filter(pk=topic.pk).update(hidden_at=timezone.now())
    assert code_of(comment, reader) == "comment-gone"
    Topic.objects.filter(pk=topic.pk).update(hidden_at=None, locked_at=timezone.now())
    assert code_of(comment, reader) == "votes-locked"
    Topic.objects.filter(pk=topic.pk).update(locked_at=None)
    services.lock_branch(comment_id=comment.pk, by=None, locked=True)
    assert code_of(comment, reader) == "votes-locked"
    services.lock_branch(comment_id=comment.pk, by=None, locked=False)
    Thread.objects.update(locked_at=timezone.now())
    assert code_of(comment, reader) == "votes-locked"


def test_a_closed_account_does_not_vote(post, member):
    comment = post()
    services.suspend(member_id=member.pk, by=None, reason="spam")
    assert code_of(comment, Reader(user=member)) == "account-closed"


def test_the_setting_leaves_only_up_or_nothing(post, member, settings):
    comment, reader = post(), Reader(user=member)
    settings.VOTES = "up"
    assert code_of(comment, reader, -1) == "vote-unknown"
    assert vote(comment, reader).value == 1
    settings.VOTES = "off"
    assert code_of(comment, reader) == "votes-off"


def test_no_event_says_who_voted(post, member):
    comment = post()
    before = Event.objects.count()
    vote(comment, Reader(user=member))
    assert Event.objects.count() == before


def test_a_vote_on_a_root_takes_its_thread_first_and_no_topic_waits(post, member):
    root = post()
    reply = post(under=root)
    vote(root, pens(1)[0])  # the topic has noted that there are votes
    with statements() as said:
        vote(root, Reader(user=member))
    with statements() as of_reply:
        vote(reply, Reader(user=member))
    assert not [
        text for text in (*said, *of_reply) if text.startswith('UPDATE "discussions_topic"')
    ]
    assert not [text for text in of_reply if text.startswith('UPDATE "discussions_thread"')]
    if connection.vendor == "postgresql":
        locks = [text for text in said if "FOR NO KEY UPDATE" in text]
        assert ["thread" in locks[0], "comment" in locks[1]] == [True, True]
        assert not [text for text in of_reply if "discussions_thread" in text and "FOR NO" in text]


@pytest.mark.django_db(transaction=True)
def test_pressed_by_eight_at_once_it_is_one_vote(post, member, topic):
    root = post()
    reply = post(under=root)
    readers = [Reader(user=member), *pens(3)]
    refused = []

    def press(number):
        try:
            comment = (root, reply)[number % 2]
            return vote(comment, readers[number % 4], (1, -1, 1, 0)[number % 4])
        except Exception as error:
            refused.append(error)
            return None
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as crowd:
        list(crowd.map(press, range(160)))
    assert refused == []
    assert Vote.objects.count() == len(set(Vote.objects.values_list("member", "pen", "comment")))
    assert tree.check() == []
    assert sums(root) == (2, 0)  # readers 0 and 2
    assert sums(reply) == (0, 1)  # reader 1; 3 takes back what it never gave


# Sums that are wrong


def test_wrong_sums_are_found_and_mended(post, member):
    root = post()
    reply = post(under=root)
    vote(root, Reader(user=member))
    vote(reply, Reader(user=member), -1)
    best = Thread.objects.get().best
    Comment.objects.filter(pk=reply.pk).update(downs=4)
    Comment.objects.filter(pk=root.pk).update(ups=0)
    assert {fault.comment_id for fault in tree.check()} >= {root.pk, reply.pk}
    tree.repair([root.thread_id])
    assert (sums(root), sums(reply)) == ((1, 0), (0, 1))
    Thread.objects.update(best=5, controversy=5)
    (fault,) = tree.check()
    assert fault.thread_id == root.thread_id
    tree.repair([root.thread_id])
    assert (Thread.objects.get().best, tree.check()) == (best, [])


def test_a_moved_branch_keeps_its_votes_and_stands_among_threads_by_them(post, topic, member):
    root = post()
    reply = post(under=root)
    voted(reply, ups=3, downs=2)
    thread = services.detach_branch(comment_id=reply.pk, by=None)
    expected = (scores.best(3, 2), scores.controversy(3, 2))
    assert Thread.objects.values_list("best", "controversy").get(pk=thread.pk) == expected
    services.merge_thread(thread_id=thread.pk, under_id=root.pk, by=None)
    assert sums(reply) == (3, 2)
    assert tree.check() == []


def test_a_purge_takes_the_votes_along(post):
    root = post()
    reply = post(under=root)
    voted(reply, ups=2)
    voted(root, downs=1)
    services.purge_branch(comment_id=reply.pk, by=None)
    assert Vote.objects.count() == 1
    services.purge_branch(comment_id=root.pk, by=None)
    assert Vote.objects.count() == 0


# Who goes, and who comes back as a member


def test_a_claim_makes_a_guests_votes_the_members(post, guest, member):
    mine, others, both, theirs = post(), *(post(author=other(name)) for name in "ABC")
    pen, reader = Reader(pen=guest.pen), Reader(user=member)
    vote(mine, reader, 1)  # of what will be their own
    vote(others, pen, 1)
    vote(both, pen, 1)
    vote(both, reader, -1)
    vote(theirs, reader, 1)
    services.claim_pen(pen_id=guest.pen.pk, by=reader)
    votes = Vote.objects.order_by("comment").values_list("comment", "member", "pen", "value")
    assert list(votes) == [
        (others.pk, member.pk, None, 1),
        (both.pk, member.pk, None, -1),
        (theirs.pk, member.pk, None, 1),
    ]
    assert [sums(one) for one in (mine, others, both, theirs)] == [(0, 0), (1, 0), (0, 1), (1, 0)]
    assert tree.check() == []


def test_a_claim_that_is_taken_back_gives_the_guest_their_votes_back(post, guest, member):
    mine, before, others, again = post(), *(post(author=other(name)) for name in "ABC")
    pen, reader = Reader(pen=guest.pen), Reader(user=member)
    vote(before, reader, 1)
    vote(others, pen, -1)
    vote(again, pen, -1)
    services.claim_pen(pen_id=guest.pen.pk, by=reader)
    assert sums(others) == (0, 1)
    vote(again, pen, 1)  # signed out, on a shared computer
    assert sums(again) == (1, 1)
    assert services.unclaim(by=reader) == 1
    votes = Vote.objects.order_by("comment").values_list("comment", "member", "pen", "value")
    assert list(votes) == [
        (before.pk, member.pk, None, 1),
        (others.pk, None, guest.pen.pk, -1),
        (again.pk, None, guest.pen.pk, 1),
    ]
    assert [sums(one) for one in (mine, before, others, again)] == [(0, 0), (1, 0), (0, 1), (1, 0)]
    assert tree.check() == []
    vote(mine, reader, 1)  # is another's again


def other(name):
    return services.Author(pen=pen_with_secret("", name)[0], name=name)


def test_a_guests_vote_on_a_comment_of_the_claiming_member_goes(post, guest, member):
    own = post(author=services.Author(member=member))
    vote(own, Reader(pen=guest.pen))
    assert services.claim_pen(pen_id=guest.pen.pk, by=Reader(user=member)) == 0
    assert (Vote.objects.count(), sums(own)) == (0, (0, 0))


@pytest.mark.parametrize("how", ["keep", "delete"])
def test_the_votes_of_who_leaves_go_and_sums_follow(post, member, guest, how, monkeypatch):
    monkeypatch.setattr(voting, "AT_ONCE", 2)
    comments = [post() for _ in range(5)]
    claimed = services.Author(pen=pen_with_secret("", "Nora")[0], name="Nora")
    post(author=claimed)
    for comment in comments:
        vote(comment, Reader(user=member), -1)
        voted(comment, ups=1)
    services.claim_pen(pen_id=claimed.pen.pk, by=Reader(user=member))
    vote(comments[0], Reader(pen=claimed.pen))  # after signing out
    services.erase_member(member_id=member.pk, by=None, how=how)
    assert [sums(comment) for comment in comments] == [(1, 0)] * 5
    assert Vote.objects.count() == 5
    assert not User.objects.filter(pk=member.pk).exists()
    assert not Pen.objects.filter(pk=claimed.pen.pk).exists()
    assert tree.check() == []


def test_the_votes_of_a_guest_who_is_erased_go_too(post, guest):
    comment = post(author=other("A"))
    voted(comment, ups=1)
    vote(comment, Reader(pen=guest.pen), -1)
    services.forget_guest(pen=guest.pen, erase=True)
    assert (sums(comment), Vote.objects.count()) == ((1, 0), 1)
    assert not Pen.objects.filter(pk=guest.pen.pk).exists()


def test_a_pen_that_has_voted_since_is_not_forgotten_with_its_claim(post, member, guest, clock):
    comment, mine = post(author=other("A")), post()
    services.claim_pen(pen_id=guest.pen.pk, by=Reader(user=member))
    vote(comment, Reader(pen=guest.pen))
    clock(2 * 24 * 3600)
    forget_claims()
    assert Pen.objects.filter(pk=guest.pen.pk).exists()
    assert Comment.objects.get(pk=mine.pk).member == member


# What pages show, and for how long


@pytest.fixture
def clock(monkeypatch):
    """clock(seconds): that much later."""
    here = {"now": timezone.now()}
    monkeypatch.setattr(timezone, "now", lambda: here["now"])

    def later(seconds):
        here["now"] += timedelta(seconds=seconds)

    return later


def test_a_vote_raises_no_version_and_is_on_the_page_after_a_minute(
    client, post, topic, clock, django_assert_num_queries
):
    comment = post()
    address = topic.get_absolute_url()
    clock(3600)
    before = Topic.objects.get(pk=topic.pk).version
    first = client.get(address)
    voted(comment, ups=2)
    assert Topic.objects.get(pk=topic.pk).version == before
    assert b"data-score" not in first.content
    for _press in range(2):
        client.get(address)
    with django_assert_num_queries(1):
        client.get(address)
    clock(scores.KEPT_S)
    assert b'<b data-score="2">2 points</b>' in client.get(address).content
    clock(scores.KEPT_S + scores.STAMP_S + scores.SLIP_S)
    client.get(address)
    clock(30 * 24 * 3600)  # nobody votes any more: the page is kept by its version alone
    with django_assert_num_queries(1):
        again = client.get(address)
    assert b'data-score="2"' in again.content


def test_votes_that_follow_each_other_are_all_shown_within_a_minute(client, post, topic, clock):
    comment = post()
    clock(7200)
    for number, reader in enumerate(pens(8), 1):
        vote(comment, reader)
        html = client.get(topic.get_absolute_url()).content.decode()
        clock(scores.KEPT_S // 3)
        if number > 3:
            found = re.search(r'data-score="(\d+)"', html)
            assert found
            assert int(found[1]) >= number - 3
    clock(scores.KEPT_S)
    assert b'data-score="8"' in client.get(topic.get_absolute_url()).content


def test_a_score_is_not_told_while_young_or_near_zero(client, post, topic, clock, settings):
    settings.SCORE_HIDDEN_MINUTES, settings.SCORE_SHOWN_FROM_POINTS = 15, 2
    one, two = post(), post()
    voted(one, ups=1)
    voted(two, ups=1, downs=3)
    address = topic.get_absolute_url()
    assert b"data-score" not in client.get(address).content
    clock(15 * 60 + scores.KEPT_S)
    html = client.get(address).content.decode()
    assert re.findall(r'data-score="(-?\d+)"', html) == ["-2"]


def test_a_branch_of_low_score_starts_folded_and_says_why(client, post, topic, as_staff, clock):
    root = post()
    low = post(under=root)
    post(under=low)
    voted(low, downs=4)
    clock(120)
    assert '<details class="low">' not in client.get(topic.get_absolute_url()).content.decode()
    vote(low, Reader(pen=other("One more").pen), -1)
    clock(120)
    html = client.get(topic.get_absolute_url()).content.decode()
    assert html.count('<details class="low">') == 1
    assert "folded for its low score, with 1 reply" in html
    own = client.get(f"/comments/{low.pk}/").content.decode()
    assert '<details class="low">' not in own
    desk = as_staff.get(topic.get_absolute_url()).content.decode()
    assert '<details class="low">' not in desk
    assert '<details open class="low">' in desk


def test_with_votes_off_nothing_of_them_is_left(client, post, topic, settings, clock, as_member):
    comment = post()
    voted(comment, downs=5)
    clock(7200)
    settings.VOTES = "off"
    for who in (client, as_member):
        html = who.get(topic.get_absolute_url()).content.decode()
        for word in ("/vote/", "data-score", 'class="low"', "sort=best", "data-vote"):
            assert word not in html
    assert as_member.get(f"/comments/{comment.pk}/vote/").status_code == 200


# The buttons


def test_a_reader_without_a_cookie_finds_a_link_and_behind_it_the_form(client, post, topic):
    comment = post()
    for address in (topic.get_absolute_url(), f"/comments/{comment.pk}/"):
        html = client.get(address).content.decode()
        assert f'<a class="vote" href="/comments/{comment.pk}/vote/">vote</a>' in html
        assert "<form" not in html
    html = client.get(f"/comments/{comment.pk}/vote/").content.decode()
    assert f'data-form="vote" action="/comments/{comment.pk}/vote/"' in html


def test_a_known_reader_finds_the_form_on_the_comments_own_page(as_member, post, topic):
    root = post()
    comment = post(under=root)
    html = as_member.get(f"/comments/{comment.pk}/").content.decode()
    (form,) = re.findall(r"<form[^>]*data-form=\"vote\".*?</form>", html)
    assert f'action="/comments/{comment.pk}/vote/"' in form
    assert [int(value) for value in re.findall(r'name="value" value="(-?\d)"', form)] == [1, -1]
    assert html.count('id="vote"') == 1
    talk = as_member.get(topic.get_absolute_url()).content.decode()
    assert talk.count('id="vote"') == 1
    assert talk.count("data-vote>") == 2
    assert 'class="vote" href' not in talk


def test_nobody_finds_a_button_on_their_own_comment(as_member, member, post, topic):
    own = post(author=services.Author(member=member))
    voted(own, ups=2)
    for address in (topic.get_absolute_url(), f"/comments/{own.pk}/"):
        html = as_member.get(address).content.decode()
        assert f"/comments/{own.pk}/vote/" not in html
        assert '<b data-score="2">2 points</b>' in html


def test_who_just_voted_sees_it_at_once(as_member, member, post, topic):
    comment = post()
    voted(comment, ups=2)
    as_member.get(topic.get_absolute_url())
    answer = as_member.post(f"/comments/{comment.pk}/vote/", {"value": "1"})
    assert answer.headers["Location"] == f"{topic.get_absolute_url()}#c{comment.pk}"
    html = as_member.get(topic.get_absolute_url()).content.decode()
    assert 'value="0" aria-pressed="true" aria-label="up, 3 points"' in html
    assert '<b data-score="3">3 points</b>' in html


def test_the_way_back_is_the_page_that_the_button_was_on(as_member, post, topic):
    comment = post()
    address = f"/comments/{comment.pk}/vote/"
    talk, own = topic.get_absolute_url(), f"/comments/{comment.pk}/"
    for referer, expected in (
        (f"http://testserver{talk}?sort=best", f"{talk}?sort=best#c{comment.pk}"),
        (f"http://testserver{own}", f"{own}#c{comment.pk}"),
        (f"http://elsewhere.example{own}", f"{talk}#c{comment.pk}"),
        (f"http://testserver{address}", f"{talk}#c{comment.pk}"),
        ("http://testserver/account/", f"{talk}#c{comment.pk}"),
    ):
        answer = as_member.post(address, {"value": "1"}, headers={"Referer": referer})
        assert answer.headers["Location"] == expected


def test_a_script_gets_the_buttons_and_plain_words(as_member, member, post, guest):
    comment = post()
    script = {"HX-Request": "true"}
    address = f"/comments/{comment.pk}/vote/"
    answer = as_member.post(address, {"value": "1"}, headers=script)
    assert answer.content.decode().startswith("<button ")
    assert b'aria-pressed="true"' in answer.content
    wrong = as_member.post(address, {"value": "7"}, headers=script)
    assert wrong.status_code == 422
    assert wrong.content.startswith(b"<button ")  # as they stand, and why not
    assert b'aria-pressed="true"' in wrong.content
    own = post(author=services.Author(member=member))
    refused = as_member.post(f"/comments/{own.pk}/vote/", {"value": "1"}, headers=script)
    assert refused.status_code == 403
    assert b'role="alert">This comment is yours: others vote on it.</span>' in refused.content


def test_refusals_are_pages_in_plain_words(as_member, member, post, settings):
    own = post(author=services.Author(member=member))
    answer = as_member.post(f"/comments/{own.pk}/vote/", {"value": "1"})
    assert (answer.status_code, b"others vote on it" in answer.content) == (403, True)
    assert as_member.post("/comments/987654/vote/", {"value": "1"}).status_code == 404
    assert as_member.get("/comments/987654/vote/").status_code == 404
    locked = post()
    services.lock_branch(comment_id=locked.pk, by=None, locked=True)
    answer = as_member.post(f"/comments/{locked.pk}/vote/", {"value": "1"})
    assert (answer.status_code, b"no votes here" in answer.content) == (409, True)
    settings.RATE_LIMITS_ON = True
    settings.RATE_LIMITS = settings.RATE_LIMITS | {"vote:author": [(1, 60)]}
    comment = post()
    assert as_member.post(f"/comments/{comment.pk}/vote/", {"value": "1"}).status_code == 302
    answer = as_member.post(f"/comments/{comment.pk}/vote/", {"value": "0"})
    assert (answer.status_code, b"That was quick" in answer.content) == (429, True)
    assert int(answer.headers["Retry-After"]) > 0


def test_a_get_writes_nothing(as_member, post):
    comment = post()
    with statements() as said:
        as_member.get(f"/comments/{comment.pk}/vote/?value=1")
    assert not [text for text in said if text.startswith(("INSERT", "UPDATE", "DELETE"))]
    assert Vote.objects.count() == 0


# Guests


def test_a_guest_who_votes_gets_a_pen_and_pressing_twice_makes_one(client, post):
    comment = post()
    address = f"/comments/{comment.pk}/vote/"
    form = client.get(address).content.decode()
    submission = re.search(r'name="submission" value="([^"]+)"', form)[1]
    before = Pen.objects.count()
    for browser in (client, Client()):  # the second press comes before the first cookie
        answer = browser.post(address, {"value": "1", "submission": submission})
        assert answer.status_code == 302
        assert "pen" in answer.cookies
    assert Pen.objects.count() == before + 1
    assert sums(comment) == (1, 0)
    assert 'aria-pressed="true"' in client.get(f"/comments/{comment.pk}/").content.decode()


def test_a_refused_vote_makes_no_pen(client, post, settings):
    comment = post()
    services.lock_branch(comment_id=comment.pk, by=None, locked=True)
    before = Pen.objects.count()
    address = f"/comments/{comment.pk}/vote/"
    assert client.post(address, {"value": "1"}).status_code == 409
    assert client.post(address, {"value": "x"}).status_code == 422
    services.lock_branch(comment_id=comment.pk, by=None, locked=False)
    settings.GUESTS = "closed"
    assert client.post(address, {"value": "1"}).status_code == 403
    assert b"Sign in" in client.get(address).content
    assert Pen.objects.count() == before


def test_new_pens_are_limited_by_network_for_voting_as_for_posting(post, settings):
    comment = post()
    settings.RATE_LIMITS_ON = True
    settings.RATE_LIMITS = settings.RATE_LIMITS | {"pen:network": [(2, 3600)]}
    tries = [Client().post(f"/comments/{comment.pk}/vote/", {"value": "1"}) for _ in range(3)]
    assert [answer.status_code for answer in tries] == [302, 302, 429]
    assert sums(comment) == (2, 0)


def test_the_privacy_page_tells_of_votes_and_of_the_cookie_of_an_order(client):
    html = client.get("/privacy/").content.decode()
    for words in ("If you vote", "a guest posts, votes or reports", "<td>order</td>"):
        assert html.count(words) == 1
