"""Editing in two windows at once, and until when one may: nothing typed is lost."""

import re
import time
from datetime import datetime, timedelta
from unittest import mock

import pytest
from django.urls import reverse
from django.utils import timezone

from forum.accounts.readers import Reader
from forum.discussions import services
from forum.discussions.changes import ADDED, MOST_WORDS, REMOVED, SAME, pieces
from forum.discussions.models import Comment, Revision
from tests.discussions.conftest import write

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("before", "after", "found"),
    [
        ("a b c", "a b c", [(SAME, "a b c")]),
        ("a b c", "a x c", [(SAME, "a "), (REMOVED, "b "), (ADDED, "x "), (SAME, "c")]),
        ("a c", "a b c", [(SAME, "a "), (ADDED, "b "), (SAME, "c")]),
        ("a b c", "a c", [(SAME, "a "), (REMOVED, "b "), (SAME, "c")]),
        ("", "a", [(ADDED, "a")]),
        ("x " * MOST_WORDS, "y", []),
    ],
)  # fmt: skip
def test_what_changed_between_two_texts_is_told_word_by_word(before, after, found):
    assert pieces(before, after) == found


def test_comparing_the_longest_texts_takes_little_time():
    started = time.process_time()
    pieces("a b " * 500, "b a " * 500)
    pieces(" ".join(map(str, range(1000))), " ".join(map(str, range(1000, 0, -1))))
    assert time.process_time() - started < 1


@pytest.fixture
def conflict(client, topic):
    """(the answer to the second window, the comment): both windows were opened on one text."""
    write(client, reverse("comment_new", args=[topic.pk]), body="The harbour at *night*.")
    comment = Comment.objects.get()
    address = reverse("edit", args=[comment.pk])
    form = client.get(address).content.decode()
    base = re.search(r'name="base" value="([^"]+)"', form)[1]
    client.post(address, {"body": "The harbour at *dawn*.", "base": base})
    return client.post(address, {"body": "The pier <at> night.", "base": base}), comment


def test_both_texts_and_what_changed_are_shown(conflict):
    answer, _comment = conflict
    html = answer.content.decode()
    assert answer.status_code == 409
    assert "The pier &lt;at&gt; night.</textarea>" in html  # what I typed
    assert "The harbour at <em>dawn</em>." in html  # what is there, as it is shown
    assert "<pre" in html  # and as it was typed
    assert "The harbour at *dawn*.</pre>" in html
    assert "<del>*night*.</del><ins>*dawn*.</ins>" in html


def test_one_chooses_by_saving_mine_or_keeping_what_is_there(client, conflict):
    answer, comment = conflict
    html = answer.content.decode()
    assert "Save mine</button>" in html
    assert f'href="{comment.get_absolute_url()}">Keep what is there' in html
    base = re.search(r'name="base" value="([^"]+)"', html)[1]
    again = client.post(
        reverse("edit", args=[comment.pk]), {"body": "The pier <at> night.", "base": base}
    )
    assert again.status_code == 302
    comment.text.refresh_from_db()
    assert comment.text.body == "The pier <at> night."
    kept = list(Revision.objects.values_list("body", flat=True))
    assert kept == ["The harbour at *night*.", "The harbour at *dawn*."]  # nothing is lost


def test_a_preview_on_the_way_still_notices_the_other_window(client, topic):
    write(client, reverse("comment_new", args=[topic.pk]), body="One.")
    comment = Comment.objects.get()
    address = reverse("edit", args=[comment.pk])
    base = re.search(r'name="base" value="([^"]+)"', client.get(address).content.decode())[1]
    client.post(address, {"body": "Two.", "base": base})
    shown = client.post(address, {"body": "Three.", "base": base, "preview": "1"})
    assert f'name="base" value="{base}"' in shown.content.decode()
    assert client.post(address, {"body": "Three.", "base": base}).status_code == 409


@pytest.mark.parametrize("base", ["", "yesterday", "2026-11-26", "9999-12-31T23:59:59+00:00"])
def test_a_form_that_says_nothing_sensible_shows_both_texts_all_the_same(client, topic, base):
    write(client, reverse("comment_new", args=[topic.pk]), body="One.")
    comment = Comment.objects.get()
    answer = client.post(reverse("edit", args=[comment.pk]), {"body": "Two.", "base": base})
    html = answer.content.decode()
    assert answer.status_code == 409
    assert "One.</pre>" in html
    assert "Two.</textarea>" in html
    assert "<del>" not in html


def test_what_staff_took_out_meanwhile_is_not_shown_as_a_change(client, topic, staff):
    write(client, reverse("comment_new", args=[topic.pk]), body="Call 555-1234 now.")
    comment = Comment.objects.get()
    base = services.text_version(comment)
    services.redact_comment(
        comment_id=comment.pk, by=Reader(user=staff), part="555-1234", base=base
    )
    reader = Reader(pen=Comment.objects.get().pen)
    assert services.text_at(Comment.objects.get(), base, reader) is None


# ----------------------------------------------------------------------------------- until when


def until_of(html):
    return datetime.fromisoformat(re.search(r'data-until="([^"]+)"', html)[1])


def test_the_form_says_until_when_one_may_edit_in_words_and_for_a_countdown(client, topic):
    write(client, reverse("comment_new", args=[topic.pk]), body="One.")
    comment = Comment.objects.get()
    html = client.get(reverse("edit", args=[comment.pk])).content.decode()
    until = comment.created_at + timedelta(minutes=15)
    assert until_of(html) == until
    assert f"You can edit until {timezone.localtime(until).day}" in html
    assert f"{timezone.localtime(until):%H:%M}" in html


def test_a_member_whom_nobody_answered_has_a_day_and_an_answer_ends_it(
    as_member, member, topic, post
):
    author = services.Author(member=member)
    comment = services.post_comment(author=author, body="One.", topic_id=topic.pk).comment
    address = reverse("edit", args=[comment.pk])
    html = as_member.get(address).content.decode()
    assert until_of(html) == comment.created_at + timedelta(hours=24)
    post("An answer.", under=comment)
    html = as_member.get(address).content.decode()
    assert until_of(html) == comment.created_at + timedelta(minutes=15)


def test_once_it_is_over_no_countdown_is_shown(client, topic):
    write(client, reverse("comment_new", args=[topic.pk]), body="One.")
    address = reverse("edit", args=[Comment.objects.get().pk])
    later = timezone.now() + timedelta(minutes=16)
    with mock.patch("django.utils.timezone.now", return_value=later):
        assert "data-until" not in client.get(address).content.decode()
