"""How a form is sent: the token that says when it was made, the field nobody sees, and the place."""

import re
from datetime import timedelta
from unittest import mock

import pytest
from django.core.cache import cache
from django.core.signing import Signer
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from forum.accounts.models import Pen
from forum.discussions import form_marks, services
from forum.discussions.models import Comment, Topic
from forum.moderation.models import RulesVersion
from forum.moderation.rules import Place, Ruleset

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _on(settings):
    settings.RATE_LIMITS_ON = True
    cache.clear()


@pytest.fixture
def new(topic):
    return reverse("comment_new", args=[topic.pk])


def put(*places, **changes):
    RulesVersion.objects.create(values=Ruleset(places=places, **changes).values)


def fields_of(answer):
    """Return the hidden fields of the form in an answer."""
    html = answer.content.decode()
    return dict(
        re.findall(r'<input type="hidden" name="(submission|opened)" value="([^"]*)"', html)
    )


def send(client, new, seconds=10, **fields):
    """Open the form, write for so many seconds, and send it with the fields given."""
    hidden = fields_of(client.get(new))
    data = {"name": "Nils", "email": "", "body": "A word.", **hidden, **fields}
    with mock.patch("forum.discussions.form_marks.time.time", return_value=now() + seconds):
        return client.post(new, data)


def now():
    return timezone.now().timestamp()


def result_of(name):
    return {one[0]: one[1:] for one in Comment.objects.get().text.checked}[name]


# -------------------------------------------------------------------------------------- the token


def test_a_form_that_was_read_and_written_in_is_posted(client, new):
    assert send(client, new).status_code == 302
    assert result_of("token") == ["public", ""]


def test_what_never_was_a_form_is_given_one_and_posted_from_there(client, new):
    answer = client.post(new, {"name": "Nils", "body": "Straight in."})
    assert answer.status_code == 422
    assert b"Straight in." in answer.content
    assert not Comment.objects.exists()
    assert not Pen.objects.exists()
    data = {"name": "Nils", "body": "Straight in.", **fields_of(answer)}
    with mock.patch("forum.discussions.form_marks.time.time", return_value=now() + 5):
        assert client.post(new, data).status_code == 302


def test_a_form_sent_in_the_same_moment_says_so_and_is_taken_a_little_later(client, new):
    answer = send(client, new, seconds=1)
    assert answer.status_code == 429
    assert b"A word." in answer.content
    data = {"name": "Nils", "body": "A word.", **fields_of(answer)}
    with mock.patch("forum.discussions.form_marks.time.time", return_value=now() + 5):
        assert client.post(new, data).status_code == 302


@pytest.mark.parametrize("said", ["", "x", "1/2:3", "{submission}/1", "{submission}/1:forged"])
def test_a_form_that_says_it_falsely_is_one_that_does_not_say_it(client, new, said):
    hidden = fields_of(client.get(new))
    answer = client.post(
        new, {"name": "Nils", "body": "A.", **hidden, "opened": said.format(**hidden)}
    )
    assert answer.status_code == 422
    assert form_marks.age_s(fields_of(answer)["opened"], hidden["submission"]) is not None


def test_no_other_signature_of_ours_counts():
    assert form_marks.age_s(Signer(salt="another").sign("a/1"), "a") is None


def test_what_is_said_of_another_form_is_believed_for_an_hour_and_of_its_own_for_ever():
    clock = "forum.discussions.form_marks.time.time"
    with mock.patch(clock, return_value=1_000):
        said = form_marks.opened("a")
    for later, of_another in ((0, 0), (3599, 3599), (3600, None), (10**6, None)):
        with mock.patch(clock, return_value=1_000 + later):
            assert form_marks.age_s(said, "a") == later
            assert form_marks.age_s(said, "b") == of_another


def test_members_and_a_site_without_limits_are_asked_for_no_token(client, as_member, new, settings):
    assert as_member.post(new, {"body": "A member."}).status_code == 302
    settings.RATE_LIMITS_ON = False
    assert client.post(new, {"name": "Nils", "body": "A guest."}).status_code == 302


def test_a_form_shown_again_still_says_when_it_was_first_made(client, new):
    hidden = fields_of(client.get(new))
    answer = client.post(new, {"name": "", "body": "No name.", **hidden})
    assert answer.status_code == 422
    assert fields_of(answer) == hidden


# ------------------------------------------------------------------------------ what nobody sees


def test_who_fills_in_the_field_that_nobody_sees_posts_spam_and_is_answered_as_anybody(client, new):
    answer = send(client, new, website="https://buy.example")
    assert answer.status_code == 302
    comment = Comment.objects.get()
    assert (comment.state, comment.reason) == ("spam", "trap")
    assert result_of("trap") == ["spam", "trap"]
    assert b"spam" not in client.get(answer.headers["Location"]).content.lower()


def test_the_field_is_out_of_sight_and_reach(client, new):
    html = client.get(new).content.decode()
    field = re.search(r'<div class="sr" aria-hidden="true">.*?name="website".*?</div>', html)[0]
    assert 'tabindex="-1"' in field
    assert "Leave this empty" in field


# -------------------------------------------------------------------------------------- the limits


def test_what_is_over_a_limit_writes_nothing_and_makes_no_pen(client, new, settings):
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "pen:network": [(1, 3600)]}
    assert send(client, new).status_code == 302
    other = Client()
    answer = send(other, new, body="Another.")
    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) > 0
    assert b"Another." in answer.content
    assert Pen.objects.count() == Comment.objects.count() == 1


# --------------------------------------------------------------------------------------- the place


def test_the_form_says_before_a_word_is_written_that_guests_cannot_write_in_this_talk(
    client, as_member, topic, new
):
    put(Place("topic", topic.pk, guests="closed"))
    other = services.open_topic(title="Elsewhere", by=None)
    assert b"Guests cannot write here" in client.get(new).content
    assert b"<textarea" not in client.get(new).content
    hidden = fields_of(client.get(reverse("comment_new", args=[other.pk])))
    with mock.patch("forum.discussions.form_marks.time.time", return_value=now() + 5):
        refused = client.post(new, {"name": "Nils", "body": "Hello, all of you?", **hidden})
    assert refused.status_code == 403
    assert b"Hello, all of you?" in refused.content
    assert not Pen.objects.exists()
    assert send(as_member, new).status_code == 302


def test_the_form_says_in_a_branch_that_guests_cannot_answer_there(client, post):
    root = post("Root.")
    below = post("Below.", under=root)
    put(Place("branch", root.pk, guests="closed"))
    assert b"Guests cannot write here" in client.get(reverse("reply", args=[below.pk])).content
    put(Place("branch", root.pk, guests="hold"))
    page = client.get(reverse("reply", args=[below.pk]))
    assert b"read by a moderator before others see it" in page.content
    assert b"<textarea" in page.content


def test_the_form_says_until_when_a_slow_talk_waits_and_why_and_keeps_the_text(client, topic, new):
    put(Place("topic", topic.pk, slow_s=300))
    assert b"This talk is slow" not in client.get(new).content
    assert send(client, new, body="First.").status_code == 302
    page = client.get(new).content
    assert b"each person writes once in 5 minutes" in page
    assert b"<textarea" in page
    answer = send(client, new, body="Second.")
    assert answer.status_code == 429
    assert 290 < int(answer.headers["Retry-After"]) <= 301
    assert b"Second." in answer.content
    later = timezone.now() + timedelta(minutes=5, seconds=1)
    with mock.patch("django.utils.timezone.now", return_value=later):
        assert b"This talk is slow" not in client.get(new).content
        assert send(client, new, seconds=400, body="Second.").status_code == 302


def test_a_talk_that_is_over_says_so_in_place_of_a_form_and_gives_the_words_back(
    client, topic, new
):
    put(close_after_days=30)
    assert send(client, new, body="In time.").status_code == 302
    hidden = fields_of(client.get(new))
    Topic.objects.filter(pk=topic.pk).update(created_at=timezone.now() - timedelta(days=31))
    page = client.get(new).content
    assert b"take comments for 30 days" in page
    assert b"<textarea" not in page
    with mock.patch("forum.discussions.form_marks.time.time", return_value=now() + 5):
        answer = client.post(new, {"name": "Nils", "body": "Too late.", **hidden})
    assert answer.status_code == 409
    assert b"Too late." in answer.content


def test_what_guests_write_is_held_where_the_place_says_so(client, topic, new):
    put(Place("topic", topic.pk, guests="hold"))
    assert b"read by a moderator before others see it" in client.get(new).content
    send(client, new)
    assert Comment.objects.get().state == "held"


def test_asking_what_the_place_says_writes_nothing(client, topic, new):
    put(Place("topic", topic.pk, slow_s=60))
    client.get(new)
    assert (Comment.objects.count(), Pen.objects.count()) == (0, 0)
