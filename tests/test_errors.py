"""What a person sees when something is wrong: a fitting status, and every word they typed."""

import errno
import sqlite3
from unittest import mock

import pytest
from django.core.exceptions import BadRequest
from django.db import OperationalError, connection
from django.test import Client
from django.urls import reverse

from forum.discussions import services
from forum.discussions.models import Comment
from tests.faults.people import fields_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def quiet():
    """A client that gets the answer instead of the exception."""
    return Client(raise_request_exception=False)


@pytest.fixture
def new(db):
    topic = services.open_topic(title="The last row", by=None)
    return reverse("comment_new", args=[topic.pk])


def test_a_database_that_is_away_gives_503_with_the_words_and_when_to_try_again(quiet, new):
    with mock.patch(
        "forum.discussions.services.post_comment", side_effect=OperationalError("gone")
    ):
        answer = quiet.post(new, {"name": "Nils", "body": "Keep this sentence."})
    assert answer.status_code == 503
    assert b"Keep this sentence." in answer.content
    assert answer.headers["Retry-After"] == "10"


@pytest.mark.sqlite
@pytest.mark.django_db(transaction=True)
def test_a_sqlite_file_that_stays_locked_gives_503_and_pressing_again_gives_one(quiet, new):
    other = sqlite3.connect(connection.settings_dict["NAME"], uri=True)
    other.execute("BEGIN IMMEDIATE")
    answer = quiet.post(new, {"name": "Nils", "body": "Once."})
    other.rollback()
    other.close()
    assert answer.status_code == 503
    assert b"Once." in answer.content
    assert not Comment.objects.exists()
    assert quiet.post(new, {"name": "Nils", "body": "Once."}).status_code == 302
    assert Comment.objects.count() == 1


def test_a_fault_of_ours_gives_500_without_a_traceback_and_with_the_words(quiet, new):
    with mock.patch("forum.discussions.services.post_comment", side_effect=KeyError("inner-name")):
        answer = quiet.post(new, {"name": "Nils", "body": "Keep this too."})
    assert answer.status_code == 500
    assert b"Keep this too." in answer.content
    assert b"inner-name" not in answer.content
    assert b"Traceback" not in answer.content


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.ENOSPC, "No space left on device"),
        OSError(errno.EDQUOT, "Disk quota exceeded"),
    ],
)
def test_a_full_disk_gives_503_that_says_so_and_a_line_in_the_log(quiet, new, error, caplog):
    with mock.patch("forum.discussions.services.post_comment", side_effect=error):
        answer = quiet.post(new, {"name": "Nils", "body": "Keep this sentence."})
    assert answer.status_code == 503
    assert b"no room left" in answer.content
    assert b"Keep this sentence." in answer.content
    assert "THE DISK IS FULL" in caplog.text


def test_the_503_page_is_the_form_again_and_sent_it_makes_one_comment(new):
    client = Client(raise_request_exception=False, enforce_csrf_checks=True)
    form = fields_of(client.get(new).content.decode())
    form |= {"name": "Nils & Co", "body": "\nA <b>word</b>\nand more."}
    with mock.patch("forum.discussions.services.post_comment", side_effect=OperationalError):
        answer = client.post(new, form)
    again = fields_of(answer.content.decode())
    assert again["submission"] == form["submission"]
    assert [client.post(new, again).status_code for _press in range(2)] == [302, 302]
    comment = Comment.objects.with_text().get()
    assert (comment.author_name, comment.text.body) == ("Nils & Co", "A <b>word</b>\nand more.")


def test_the_500_and_503_pages_ask_the_database_nothing(quiet, new, django_assert_num_queries):
    for error in (KeyError("x"), OperationalError("x")):
        with (
            mock.patch("forum.discussions.views.lobby", side_effect=error),
            mock.patch("forum.discussions.models.TopicQuerySet.in_lobby", side_effect=error),
            django_assert_num_queries(0),
        ):
            assert quiet.get(reverse("lobby")).status_code in (500, 503)


def test_what_is_too_large_is_413_with_the_limit(quiet, new):
    answer = quiet.post(new, {"name": "Nils", "body": "x" * (1024 * 1024 + 1)})
    assert answer.status_code == 413
    assert b"1 MB" in answer.content


def test_a_thousand_fields_and_a_hundred_thousand_parameters_are_refused_or_harmless(quiet, new):
    assert quiet.post(new, {f"f{n}": "1" for n in range(2000)}).status_code == 413
    query = "&".join(f"p{n}=1" for n in range(100_000))
    assert quiet.get(f"{reverse('lobby')}?{query}").status_code < 500


def test_a_wrong_address_says_what_is_wrong(quiet, new):
    with mock.patch(
        "forum.discussions.models.TopicQuerySet.in_lobby",
        side_effect=BadRequest("That is no number."),
    ):
        answer = quiet.get(reverse("lobby"))
    assert answer.status_code == 400
    assert b"That is no number." in answer.content


def test_words_come_back_as_text_not_as_markup(quiet, new):
    with mock.patch("forum.discussions.services.post_comment", side_effect=KeyError("x")):
        answer = quiet.post(new, {"name": "Nils", "body": "</textarea><script>alert(1)</script>"})
    assert b"<script>alert(1)" not in answer.content
