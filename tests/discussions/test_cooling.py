"""A branch that two people heat up slows down, says so, and loses no word."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from forum.accounts.models import Pen, User
from forum.accounts.readers import ANYBODY, Reader, hash_secret
from forum.discussions import services, tree
from forum.discussions.cooling import FAST, Turn, wait_for_reports, wait_until
from forum.discussions.models import Comment
from tests.statements import statements

ME, YOU, THIRD = ("member", 1), ("pen", 2), ("member", 3)
NOW = datetime(2026, 11, 26, 21, 0, tzinfo=UTC)


def turns(who, gap_minutes=1):
    """Return the turns of these people, the latest first, this many minutes apart."""
    return [Turn(one, NOW - timedelta(minutes=gap_minutes) * at) for at, one in enumerate(who)]


@pytest.mark.parametrize(
    ("who", "gap_minutes", "wait_minutes"),
    [
        ([YOU], 1, 0),
        ([YOU, ME], 1, 0),
        ([YOU, ME, YOU], 1, 0),
        ([YOU, ME, YOU, ME], 1, 1),
        ([YOU, ME, YOU, ME, YOU], 1, 2),
        ([YOU, ME, YOU, ME, YOU, ME], 1, 4),
        ([YOU, ME, YOU, ME, YOU, ME, YOU], 1, 8),
        ([YOU, ME] * 4, 1, 15),
        ([YOU, ME] * 8, 1, 15),
        ([YOU, ME] * 4, 20, 15),  # as fast as FAST says
        ([YOU, ME] * 4, 21, 0),  # with a rest after each
        ([YOU, ME, YOU, THIRD, YOU, ME], 1, 0),  # a third person came between
        ([YOU, ME, YOU, ME, THIRD, ME], 1, 1),
        ([THIRD, YOU, ME, YOU, ME, YOU], 1, 0),  # the third is answered
        ([YOU, THIRD, YOU, THIRD, YOU], 1, 0),  # I come in from outside
        ([ME, YOU, ME, YOU, ME], 1, 0),  # on to one's own
        ([YOU, YOU, ME, YOU, ME], 1, 0),
        ([], 1, 0),
    ],
)
def test_the_wait_grows_with_a_fast_exchange_of_two(who, gap_minutes, wait_minutes):
    until = wait_until(turns(who, gap_minutes), ME)
    assert until == (NOW + timedelta(minutes=wait_minutes) if wait_minutes else None)


def test_a_rest_ends_the_exchange_so_that_waiting_is_over_some_time():
    heated = turns([YOU, ME] * 4)
    rested = [Turn(ME, NOW + FAST + timedelta(minutes=1)), *heated]
    assert wait_until(heated, ME)
    assert wait_until(rested, YOU) is None


@pytest.mark.parametrize(
    ("who", "reports", "wait_minutes"),
    [
        ([YOU], [0], 0),
        ([YOU], [1], 3),
        ([YOU, THIRD], [1, 2], 5),
        ([YOU, ME], [0, 1], 4),  # of what I wrote myself: twice
        ([YOU, ME, YOU], [2, 1, 0], 6),
        ([YOU, ME], [0, 40], 15),
        ([], [], 0),
    ],
)
def test_the_wait_grows_with_reports_and_those_of_ones_own_count_twice(who, reports, wait_minutes):
    chain = [one._replace(reports=count) for one, count in zip(turns(who), reports, strict=True)]
    until = wait_for_reports(chain, ME)
    assert until == (NOW + timedelta(minutes=wait_minutes) if wait_minutes else None)


# ------------------------------------------------------------------------------------ on the site


@pytest.fixture(autouse=True)
def _limited(settings):
    settings.RATE_LIMITS_ON = True
    token = "forum.moderation.checks.token"  # tests write faster than people
    settings.COMMENT_CHECKS = [one for one in settings.COMMENT_CHECKS if one != token]


@pytest.fixture
def exchange(topic, member, guest):
    """exchange(turns) -> the last comment of an exchange of a guest and a member, now and by turns;
    the member's turn is next after an odd number.
    """
    people = (guest, services.Author(member=member))

    def make(count):
        at, last = timezone.now() - timedelta(seconds=count), None
        for number in range(count):
            posted = services.post_comment(
                author=people[number % 2],
                body=f"Turn {number}",
                **({"parent_id": last.pk} if last else {"topic_id": topic.pk}),
            )
            last = posted.comment
            # As if it had been written earlier: an exchange this fast would be slowed down here.
            early = at - timedelta(days=1) + timedelta(minutes=number)
            Comment.objects.filter(pk=last.pk).update(created_at=early)
        for number, pk in enumerate(Comment.objects.order_by("pk").values_list("pk", flat=True)):
            Comment.objects.filter(pk=pk).update(created_at=at + timedelta(seconds=number))
        return Comment.objects.get(pk=last.pk)

    return make


def answer(client, comment, **fields):
    address = reverse("reply", args=[comment.pk])
    form = client.get(address).content.decode()
    submission = re.search(r'name="submission" value="([^"]+)"', form)[1]
    data = {"body": "A heated word.", "submission": submission, **fields}
    return client.post(address, data)


@pytest.mark.django_db
def test_a_heated_branch_refuses_with_429_says_until_when_and_why_and_keeps_the_text(
    exchange, as_member
):
    last = exchange(5)
    before = Comment.objects.count()
    refused = answer(as_member, last)
    html = refused.content.decode()
    assert refused.status_code == 429
    assert 0 < int(refused.headers["Retry-After"]) <= 120
    assert "A heated word." in html
    assert "a quick exchange between two people" in html
    until = timezone.localtime(last.created_at + timedelta(minutes=2))
    assert f"{until:%H:%M:%S}" in html
    assert datetime.fromisoformat(re.search(r'from <time datetime="([^"]+)"', html)[1]) == until
    assert Comment.objects.count() == before


@pytest.mark.django_db
def test_the_form_says_so_before_anything_is_typed(exchange, as_member):
    html = as_member.get(reverse("reply", args=[exchange(5).pk])).content.decode()
    assert "a quick exchange between two people" in html
    assert re.search(r"posted from <time[^>]*>\d\d:\d\d:\d\d</time> on", html)


@pytest.mark.django_db
def test_the_text_is_taken_once_the_wait_is_over(exchange, as_member):
    last = exchange(5)
    early = last.created_at - timedelta(minutes=3)
    Comment.objects.filter(pk=last.pk).update(created_at=early)
    assert b"a quick exchange" not in as_member.get(reverse("reply", args=[last.pk])).content
    assert answer(as_member, last).status_code == 302


@pytest.mark.django_db
def test_others_answer_at_once_guests_and_members(exchange):
    last = exchange(5)
    assert answer(Client(), last, name="Mara").status_code == 302
    other = Client()
    other.force_login(User.objects.create_user("Astrid"))
    assert answer(other, last, body="Another word.").status_code == 302


@pytest.mark.django_db
def test_a_guests_pen_is_slowed_down_as_a_member_is(exchange):
    last = exchange(6)  # the member spoke last
    pen = Comment.objects.get(pk=last.parent_id).pen
    Pen.objects.filter(pk=pen.pk).update(secret_hash=hash_secret("of Nils"))
    client = Client()
    client.cookies["pen"] = "of Nils"
    assert answer(client, last, name="Nils").status_code == 429


@pytest.mark.django_db
def test_staff_and_a_site_without_limits_do_not_wait(exchange, as_member, member, settings):
    last = exchange(5)
    User.objects.filter(pk=member.pk).update(is_staff=True)
    assert answer(as_member, last).status_code == 302
    User.objects.filter(pk=member.pk).update(is_staff=False)
    settings.RATE_LIMITS_ON = False
    assert answer(as_member, last, body="Another word.").status_code == 302


@pytest.mark.django_db
def test_an_edit_in_a_heated_branch_is_free(exchange, as_member):
    last = exchange(6)  # the member's own
    base = services.text_version(last)
    changed = as_member.post(reverse("edit", args=[last.pk]), {"body": "Calmer.", "base": base})
    assert changed.status_code == 302


@pytest.mark.django_db
def test_a_reply_that_is_not_deep_or_not_new_asks_nothing_more(
    post, guest, settings, monkeypatch, django_assert_num_queries
):
    asked = []
    way_up = tree.written_above

    def written_above(*given):
        asked.append(given)
        with django_assert_num_queries(1):
            return way_up(*given)

    monkeypatch.setattr(tree, "written_above", written_above)
    first = post("One.", author=services.Author(member=User.objects.create_user("Astrid")))
    shallow = post("Two.", under=first)

    def cost(parent, body):
        asked.clear()
        with statements() as said:
            services.post_comment(author=guest, body=body, parent_id=parent.pk)
        return len(said), len(asked)

    settings.RATE_LIMITS_ON = False
    free = cost(first, "free")
    settings.RATE_LIMITS_ON = True
    assert cost(first, "limited") == free
    assert free[1] == 0
    deep = shallow
    other = services.Author(member=User.objects.create_user("Ada"))
    for number in range(3):
        deep = post(f"Deeper {number}", under=deep, author=other)
    assert cost(deep, "deep and new")[1] == 1
    long_ago = timezone.now() - timedelta(minutes=16)
    Comment.objects.filter(pk=deep.pk).update(created_at=long_ago)
    assert cost(deep, "deep and old")[1] == 0


@pytest.mark.django_db
def test_an_imported_name_ends_the_exchange(exchange, as_member):
    last = exchange(5)
    Comment.objects.filter(pk=last.parent_id).update(member=None, author_name="From afar")
    assert answer(as_member, last).status_code == 302


# ------------------------------------------------------------------------------------- by reports


@pytest.fixture
def reported(post, topic, guest):
    """A guest's comment of just now that somebody has reported, with the one that reported it."""
    comment = post("They know nothing.")
    nora = Reader(user=User.objects.create_user("Nora"))
    services.report_comment(comment_id=comment.pk, by=nora, reason="unkind")
    return Comment.objects.get(pk=comment.pk)


@pytest.mark.django_db
def test_a_reply_to_what_was_reported_waits_for_everybody_says_why_and_keeps_the_text(
    reported, as_member
):
    html = as_member.get(reverse("reply", args=[reported.pk])).content.decode()
    assert "Readers have reported something in this conversation" in html
    refused = answer(as_member, reported, body="Nor do you.")
    assert refused.status_code == 429
    assert 100 < int(refused.headers["Retry-After"]) <= 181  # two minutes and one
    html = refused.content.decode()
    assert "readers reported something here" in html
    assert "Nor do you." in html


@pytest.mark.django_db
def test_where_a_moderator_saw_nothing_wrong_nobody_waits_and_where_one_agreed_all_do(
    reported, as_member, post, guest
):
    services.moderate(comment_id=reported.pk, verb="approve", by=ANYBODY)
    assert answer(as_member, reported, body="Well.").status_code == 302
    deep = Comment.objects.get(pk=reported.pk)
    for number in range(4):
        other = services.Author(member=User.objects.create_user(f"Ada {number}"))
        deep = post(f"Deeper {number}", under=deep, author=other)
    middle = Comment.objects.get(pk=deep.parent_id)
    nora = Reader(user=User.objects.get(username="Nora"))
    services.report_comment(comment_id=middle.pk, by=nora, reason="unkind")
    services.edit_as_staff(
        comment_id=middle.pk, by=ANYBODY, body="Milder.", base=services.text_version(middle)
    )
    assert answer(as_member, deep, body="Still.").status_code == 429


@pytest.mark.django_db
def test_what_was_reported_long_ago_slows_nobody_and_its_author_goes_on(reported, as_member, guest):
    services.post_comment(author=guest, body="I go on.", parent_id=reported.pk)
    early = timezone.now() - timedelta(minutes=16)
    Comment.objects.filter(pk=reported.pk).update(created_at=early)
    assert answer(as_member, reported, body="Late.").status_code == 302
