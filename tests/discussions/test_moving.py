"""Threads and branches that move: their permalinks stay, and their old numbers lead on."""

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from films.services import create_film
from forum.accounts.readers import Reader
from forum.discussions import numbers, services
from forum.discussions.models import Comment, Event, FormerNumber, Thread, Topic
from tests.discussions.judge import faults
from tests.discussions.test_tree import writes
from tests.statements import statements

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("no_checks")]


@pytest.fixture
def film(db):
    return create_film(title="Night Mail", state="published")


@pytest.fixture
def other(db):
    return create_film(title="Salesman", state="published")


@pytest.fixture
def talk(film, guest):
    """Two threads on a film: {number: comment}."""
    made = {}
    for number in ("1", "1.1", "2", "1.1.1", "1.1.2", "1.2", "1.1.2.1"):
        under = made.get(number.rpartition(".")[0])
        where = {"parent_id": under.pk} if under else {"topic_id": film.topic_id}
        body = f"This is {number}"
        made[number] = services.post_comment(author=guest, body=body, **where).comment
    return made


def move(comment, film):
    return services.move_thread(thread_id=comment.thread_id, topic_id=film.topic_id, by=None)


def asked(client, film, number):
    """Return (status, where it leads) of a number in the film's address."""
    answer = client.get(f"/films/{film.slug}/{number}")
    return answer.status_code, answer.headers.get("Location")


def page_of(comment):
    return f"/comments/{comment.pk}/"


def test_a_moved_thread_is_one_row_with_a_new_number_and_both_talks_count_again(
    talk, film, other, guest, staff
):
    services.post_comment(author=guest, body="There before", topic_id=other.topic_id)
    before = {one.pk: one.version for one in Topic.objects.all()}
    thread = services.move_thread(
        thread_id=talk["1"].thread_id, topic_id=other.topic_id, by=Reader(user=staff)
    )
    assert (thread.pk, thread.topic_id, thread.ordinal) == (
        talk["1"].thread_id,
        other.topic_id,
        2,
    )
    assert Comment.objects.get(pk=talk["1"].pk).ordinal == 2
    counts = dict(Topic.objects.values_list("pk", "comment_count"))
    assert counts == {film.topic_id: 1, other.topic_id: 7}
    assert all(one.version > before[one.pk] for one in Topic.objects.all())
    event = Event.objects.latest("pk")
    assert (event.verb, event.actor_id, event.comment_id, event.topic_id) == (
        "move",
        staff.pk,
        talk["1"].pk,
        other.topic_id,
    )
    assert (event.before, event.after) == (str(film.topic_id), str(other.topic_id))
    assert faults() == []


def test_the_next_thread_of_both_talks_gets_a_number_nobody_had(talk, film, other, guest):
    move(talk["1"], other)
    for one, number in ((film, 3), (other, 2)):
        new = services.post_comment(author=guest, body="Next", topic_id=one.topic_id).comment
        assert new.ordinal == number
        Comment.objects.filter(pk=new.pk).update(created_at="2020-01-01T00:00Z")


def test_a_moved_thread_keeps_its_permalink_and_readers_find_it_in_the_other_talk(
    talk, film, other, client
):
    move(talk["1"], other)
    answer = client.get(page_of(talk["1.1"]))
    assert answer.status_code == 200
    assert "Salesman" in answer.content.decode()
    assert "This is 1.1.2.1" in client.get(f"/films/{other.slug}/").content.decode()
    here = client.get(f"/films/{film.slug}/").content.decode()
    assert "This is 2" in here
    assert "This is 1" not in here


def test_a_thread_that_is_moved_nowhere_is_refused(talk, film):
    for topic_id, code in ((film.topic_id, "same-topic"), (10**6, "topic-gone")):
        with pytest.raises(ValidationError) as refused:
            services.move_thread(thread_id=talk["1"].thread_id, topic_id=topic_id, by=None)
        assert refused.value.code == code
    with pytest.raises(Thread.DoesNotExist):
        services.move_thread(thread_id=10**6, topic_id=film.topic_id, by=None)
    assert not FormerNumber.objects.exists()


def test_a_move_takes_its_thread_first_and_its_topics_last_and_numbers_at_the_end(talk, other):
    with statements() as said:
        move(talk["1"], other)
    written = writes(said)
    first = written.index("update topic")
    assert written[:2] == ["insert former", "update thread"]
    assert set(written[first:]) == {"update topic", "update thread", "update comment"}
    assert written[first:].count("update comment") == 1


def test_a_reply_to_a_thread_moved_meanwhile_is_counted_where_it_is(
    talk, film, other, guest, monkeypatch
):
    judge, done = services.posting.judge, []

    def then_judge(*args, **kwargs):
        done or done.append(move(talk["1"], other))
        return judge(*args, **kwargs)

    monkeypatch.setattr(services.posting, "judge", then_judge)
    services.post_comment(author=guest, body="Late", parent_id=talk["1.1"].pk)
    counts = dict(Topic.objects.values_list("pk", "comment_count"))
    assert counts == {film.topic_id: 1, other.topic_id: 7}
    assert faults() == []


def test_old_numbers_lead_on_after_a_move_and_what_stood_below_by_prefix(talk, film, other, client):
    assert asked(client, film, "1.1.2") == (302, page_of(talk["1.1.2"]))
    move(talk["1"], other)
    for number in ("1", "1.1", "1.1.2", "1.1.2.1"):
        assert asked(client, film, number) == (301, page_of(talk[number])), number
        assert asked(client, other, number) == (302, page_of(talk[number])), number
    assert asked(client, film, "2") == (302, page_of(talk["2"]))
    for number in ("1.9", "1.1.2.1.1", "3", "1..2", "1.1."):
        assert asked(client, film, number)[0] == 404, number


def test_old_numbers_lead_on_after_a_branch_was_detached(talk, film, client):
    services.detach_branch(comment_id=talk["1.1.2"].pk, by=None)
    assert asked(client, film, "1.1.2") == (301, page_of(talk["1.1.2"]))
    assert asked(client, film, "1.1.2.1") == (301, page_of(talk["1.1.2.1"]))
    assert asked(client, film, "3.1") == (302, page_of(talk["1.1.2.1"]))


def test_old_numbers_lead_on_after_a_thread_was_hung_under_another(talk, film, client):
    services.merge_thread(thread_id=talk["1"].thread_id, under_id=talk["2"].pk, by=None)
    for number in ("1", "1.1.2.1"):
        assert asked(client, film, number) == (301, page_of(talk[number]))
        assert asked(client, film, f"2.{number}") == (302, page_of(talk[number]))


def test_old_numbers_are_followed_through_several_moves(talk, film, other, client):
    """1.1 leaves, then 1.1.2 leaves it, then all goes to another film: the first numbers hold."""
    first = services.detach_branch(comment_id=talk["1.1"].pk, by=None)
    second = services.detach_branch(comment_id=talk["1.1.2"].pk, by=None)
    for thread in (first, second):
        services.move_thread(thread_id=thread.pk, topic_id=other.topic_id, by=None)
    for number in ("1.1", "1.1.1", "1.1.2", "1.1.2.1"):
        assert asked(client, film, number) == (301, page_of(talk[number])), number
    assert asked(client, film, "3.2.1") == (301, page_of(talk["1.1.2.1"]))


def test_a_moved_comment_that_was_purged_is_said_to_be_gone(talk, film, other, client):
    move(talk["1"], other)
    services.purge_branch(comment_id=talk["1"].pk, by=None)
    assert asked(client, film, "1") == (301, page_of(talk["1"]))
    assert client.get(page_of(talk["1"])).status_code == 410


def test_the_lobby_follows_old_numbers_too(topic, post, other, client):
    root = post()
    reply = post(under=root)
    services.move_thread(thread_id=root.thread_id, topic_id=other.topic_id, by=None)
    answer = client.get(f"/lobby/{topic.pk}/1.1")
    assert (answer.status_code, answer.headers["Location"]) == (301, page_of(reply))


def test_a_number_costs_one_query_moved_or_not(talk, film, other, django_assert_num_queries):
    move(talk["1"], other)
    with django_assert_num_queries(1):
        assert numbers.find(film.topic_id, "1.1.2.1") == (talk["1.1.2.1"].pk, True)
    with django_assert_num_queries(1):
        assert numbers.find(other.topic_id, "1.1.2.1") == (talk["1.1.2.1"].pk, False)


def test_a_thread_that_comes_back_and_goes_again_is_found_by_all_its_numbers(
    talk, film, other, client
):
    for one in (other, film, other):
        services.move_thread(thread_id=talk["1"].thread_id, topic_id=one.topic_id, by=None)
    for one, number in ((film, "1.2"), (other, "1.2"), (film, "3.2")):
        assert asked(client, one, number) == (301, page_of(talk["1.2"])), number
    assert asked(client, other, "2.2") == (302, page_of(talk["1.2"]))


def test_the_database_refuses_a_number_below_nothing_or_below_two(film):
    for where in ({}, {"topic_id": film.topic_id, "parent_id": 7}):
        with pytest.raises(IntegrityError, match="former_number_below_one"), transaction.atomic():
            FormerNumber.objects.create(ordinal=1, comment_id=7, **where)
