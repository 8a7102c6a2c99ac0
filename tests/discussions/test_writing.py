"""Posting, changing and taking back as people do it, their mistakes included."""

import re
import uuid
from datetime import timedelta
from unittest import mock

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from forum.accounts.models import Pen, User
from forum.accounts.readers import ANYBODY
from forum.discussions import services
from forum.discussions.models import BODY_CHARS, Comment, HeldEdit, Topic
from tests.discussions.conftest import write

pytestmark = pytest.mark.django_db


@pytest.fixture
def new(topic):
    return reverse("comment_new", args=[topic.pk])


def test_a_guest_posts_and_the_way_back_holds_the_comment(client, new, topic):
    answer = write(
        client, new, body="I was there, *in the last row*.", name="la Golondrina - Europe"
    )
    comment = Comment.objects.get()
    assert answer.status_code == 302
    assert answer.headers["Location"] == f"{topic.get_absolute_url()}#c{comment.pk}"
    html = client.get(topic.get_absolute_url()).content.decode()
    assert "<em>in the last row</em>" in html
    assert "la Golondrina - Europe" in html


def test_the_pens_cookie_comes_with_posting_and_is_announced_beside_the_button(client, new):
    form = client.get(new)
    assert "pen" not in form.cookies
    assert b"Posting sets a cookie" in form.content
    answer = write(client, new)
    assert answer.cookies["pen"]["httponly"]
    assert answer.cookies["pen"]["samesite"] == "Lax"
    assert Pen.objects.get().secret_hash != answer.cookies["pen"].value


def test_a_post_without_its_token_is_refused_with_every_word_kept(new):
    client = Client(enforce_csrf_checks=True)
    answer = client.post(new, {"body": "Do not lose me.", "name": "Nils"})
    assert answer.status_code == 403
    assert b"Do not lose me." in answer.content
    assert b"cookies of this site must be allowed" in answer.content
    assert b"You are not allowed" not in answer.content
    assert not Comment.objects.exists()


def test_pressing_post_twice_makes_one_comment_and_one_pen(client, new):
    submission = str(uuid.uuid4())
    first = write(client, new, submission=submission)
    again = write(Client(), new, submission=submission)  # the first answer's cookie was lost
    assert first.headers["Location"] == again.headers["Location"]
    assert first.cookies["pen"].value == again.cookies["pen"].value
    assert Comment.objects.count() == Pen.objects.count() == 1


def test_a_first_post_whose_answer_was_lost_is_found_again_after_another_was_written(client, new):
    submission = str(uuid.uuid4())
    first = write(Client(), new, submission=submission)  # saved, but no cookie came
    write(client, new, body="Meanwhile.", submission=str(uuid.uuid4()))  # so this is another pen
    again = write(client, new, submission=submission)
    assert again.status_code == 302
    assert again.headers["Location"] == first.headers["Location"]
    assert Comment.objects.count() == Pen.objects.count() == 2
    # What another pen has sent under a form of its own stays another's.
    theirs = Comment.objects.latest("pk").text.submission
    stranger = Client()
    write(stranger, new, body="A stranger's.", submission=str(uuid.uuid4()))
    Comment.objects.filter(text__submission=theirs).update(pen=stranger_pen())
    assert write(client, new, submission=str(theirs)).status_code == 422


def stranger_pen():
    return Pen.objects.latest("pk")


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"body": "   "}, "Please write something"),
        ({"body": "x" * (BODY_CHARS + 1)}, "at most 10,000 characters"),
        ({"name": ""}, "Please give a name"),
        ({"name": "x" * 61}, "at most 60 characters"),
        ({"name": "Moderator"}, "kept for the people"),
        ({"name": "Аdmin"}, "kept for the people"),  # a Cyrillic A
        ({"name": "sunniva"}, "A member has this name"),
        ({"name": "Ѕunniva!"}, "A member has this name"),  # a Cyrillic S
        ({"name": "a\u202eb"}, "turn text around"),
        ({"email": "nils.example.org"}, "An address looks like"),
    ],
)
def test_a_mistake_is_422_with_its_reason_and_every_word_kept(client, new, member, fields, words):
    typed = {"body": "Fifteen years later.", "name": "Nils", "email": "", **fields}
    answer = write(client, new, **typed)
    html = answer.content.decode()
    assert answer.status_code == 422
    assert words in html
    assert 'aria-invalid="true"' in html
    for text in filter(None, (typed["body"].strip(), typed["name"])):
        assert text in html
    assert not Comment.objects.exists()


def test_too_long_a_text_is_counted_before_anything_parses_it(client, new):
    with mock.patch("forum.markup.render") as render:
        assert write(client, new, body="x" * (BODY_CHARS + 1)).status_code == 422
        assert write(client, new, body="x" * (BODY_CHARS + 1), preview="1").status_code == 200
    render.assert_not_called()


def test_a_preview_is_the_servers_own_and_posts_nothing(client, new):
    answer = write(client, new, body="So *slow*.", preview="1")
    assert answer.status_code == 200
    assert b"So <em>slow</em>." in answer.content
    assert b"So *slow*." in answer.content
    assert not Comment.objects.exists()


def test_the_same_text_within_a_minute_is_told_with_a_link_to_the_first(client, new):
    write(client, new, body="Once is enough.")
    answer = write(client, new, body="Once is enough.")
    first = Comment.objects.get()
    assert answer.status_code == 409
    assert f'href="/comments/{first.pk}/#c{first.pk}"' in answer.content.decode()
    later = timezone.now() + timedelta(seconds=61)
    with mock.patch("django.utils.timezone.now", return_value=later):
        assert write(client, new, body="Once is enough.").status_code == 302


def test_a_reply_form_shows_what_it_answers(client, post):
    parent = post("Does anyone know the town?")
    html = client.get(reverse("reply", args=[parent.pk])).content.decode()
    assert "Does anyone know the town?" in html
    assert 'data-form="comment"' in html


@pytest.mark.parametrize(("state", "status"), [("removed", 409), ("deleted", 409), ("held", 409)])
def test_a_parent_taken_away_meanwhile_is_said_and_the_words_are_kept(client, post, state, status):
    parent = post("Here a moment ago.")
    address = reverse("reply", args=[parent.pk])
    form = client.get(address).content.decode()
    submission = re.search(r'name="submission" value="([^"]+)"', form)[1]
    verb = {"removed": "remove", "held": "hold"}.get(state)
    if verb:
        services.moderate(comment_id=parent.pk, verb=verb, by=ANYBODY, reason="advert")
    else:
        services.set_state(
            comment_id=parent.pk,
            to="deleted",
            sources=frozenset({"public"}),
            verb="delete",
            by=None,
        )
    data = {"name": "Mara", "body": "A careful answer.", "submission": submission}
    answer = client.post(address, data)
    assert answer.status_code == status
    assert b"Nils" not in answer.content  # a tombstone has no name
    assert b"A careful answer." in answer.content
    assert Comment.objects.count() == 1
    assert Pen.objects.count() == 1  # the parent's own: a refused first post leaves none behind


def test_a_reply_to_what_is_hidden_meanwhile_gives_the_words_back(client, topic, post):
    parent = post()
    Topic.objects.filter(pk=topic.pk).update(hidden_at=parent.created_at)
    for name, pk, status in (("reply", parent.pk, 410), ("comment_new", topic.pk, 404)):
        answer = client.post(reverse(name, args=[pk]), {"name": "Mara", "body": "A long letter."})
        assert answer.status_code == status
        assert b"A long letter." in answer.content


def test_a_locked_topic_takes_nothing_and_offers_nothing(client, topic, new, post):
    parent = post()
    address = reverse("reply", args=[parent.pk])
    services.lock_topic(topic_id=topic.pk, by=None, locked=True)
    for where in (new, address):
        answer = client.post(where, {"name": "Nils", "body": "One more thing."})
        assert answer.status_code == 409
        assert b"One more thing." in answer.content
    html = client.get(topic.get_absolute_url()).content.decode()
    assert "/reply/" not in html
    assert "takes no more comments" in html


def test_who_writes_too_fast_is_told_how_long_to_wait_and_keeps_the_text(client, new, settings):
    settings.RATE_LIMITS_ON = True
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "post:author": [(1, 3600)]}
    settings.COMMENT_CHECKS = ["forum.moderation.checks.rate"]
    write(client, new, body="One.")
    write(client, new, body="Two.")
    answer = write(client, new, body="Three.")
    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) > 0
    assert b"Three." in answer.content


def test_closed_to_guests_says_so_and_lets_members_in(client, new, as_member, settings):
    settings.GUESTS = "closed"
    assert b"Members can" in client.get(new).content
    refused = client.post(new, {"name": "Nils", "body": "Hello, all of you?"})
    assert refused.status_code == 403
    assert b"Hello, all of you?" in refused.content
    assert b"writing does" in client.get(reverse("login")).content
    assert write(as_member, new, body="Hello.").status_code == 302


def test_htmx_gets_the_comment_itself_or_the_form_with_its_reasons(client, new):
    headers = {"HX-Request": "true"}
    form = client.get(new, headers=headers).content.decode()
    assert "<html" not in form
    assert 'data-form="comment"' in form
    wrong = client.post(new, {"name": "Nils", "body": ""}, headers=headers)
    assert wrong.status_code == 422
    assert b"<html" not in wrong.content
    right = client.post(new, {"name": "Nils", "body": "In place."}, headers=headers)
    comment = Comment.objects.get()
    assert right.status_code == 200
    assert (
        right.content.decode()
        .strip()
        .startswith(f'<article class="comment mine" id="c{comment.pk}"')
    )


def test_a_comment_that_is_held_leads_to_its_own_page_and_waits_there(client, new, settings):
    settings.GUESTS = "hold"
    answer = write(client, new, body="Let me in.")
    held = Comment.objects.get()
    assert held.state == "held"
    assert answer.headers["Location"] == held.get_absolute_url()
    assert b"Let me in." in client.get(held.get_absolute_url()).content
    assert b"Let me in." in client.get(reverse("my_comments")).content
    assert Client().get(held.get_absolute_url()).status_code == 404
    in_place = client.post(
        reverse("comment_new", args=[held.thread.topic_id]),
        {"name": "Nils", "body": "And me."},
        headers={"HX-Request": "true"},
    )
    assert b"Waits for a moderator" in in_place.content


def test_a_guest_edits_within_15_minutes_and_not_after(client, new):
    write(client, new, body="Frist.")
    comment = Comment.objects.get()
    address = reverse("edit", args=[comment.pk])
    assert write(client, address, body="First.").status_code == 302
    assert b"First." in client.get(comment.get_absolute_url()).content
    later = timezone.now() + timedelta(minutes=16)
    with mock.patch("django.utils.timezone.now", return_value=later):
        assert client.get(address).status_code == 403
        answer = client.post(address, {"body": "Too late.", "base": "x"})
    assert answer.status_code == 403
    assert b"Too late." in answer.content


def test_a_member_edits_for_24_hours_while_nobody_has_answered(topic, member, as_member, post):
    comment = services.post_comment(
        author=services.Author(member=member), body="Slow thought.", topic_id=topic.pk
    ).comment
    address = reverse("edit", args=[comment.pk])
    later = timezone.now() + timedelta(hours=23)
    with mock.patch("django.utils.timezone.now", return_value=later):
        assert write(as_member, address, body="Slower thought.").status_code == 302
    post("An answer.", under=comment)
    with mock.patch("django.utils.timezone.now", return_value=later):
        assert as_member.get(address).status_code == 403


def test_an_edit_is_shown_with_its_time_from_one_minute_on(client, new):
    write(client, new, body="Quick.")
    comment = Comment.objects.get()
    address = reverse("edit", args=[comment.pk])
    write(client, address, body="Quick!")
    assert b'class="edited"' not in client.get(comment.get_absolute_url()).content
    later = timezone.now() + timedelta(minutes=2)
    with mock.patch("django.utils.timezone.now", return_value=later):
        write(client, address, body="Not so quick.")
    assert b'class="edited"' in client.get(comment.get_absolute_url()).content


def test_an_edit_from_two_windows_is_told_and_shows_both_texts(client, new):
    write(client, new, body="One.")
    comment = Comment.objects.get()
    address = reverse("edit", args=[comment.pk])
    form = client.get(address).content.decode()
    base = re.search(r'name="base" value="([^"]+)"', form)[1]
    client.post(address, {"body": "From the first window.", "base": base})
    answer = client.post(address, {"body": "From the second window.", "base": base})
    assert answer.status_code == 409
    assert b"From the first window." in answer.content
    assert b"From the second window." in answer.content


def test_an_edit_that_would_be_held_is_not_applied_and_waits(client, new, topic, settings):
    write(client, new, body="Harmless.")
    comment = Comment.objects.get()
    settings.GUESTS = "hold"
    answer = write(client, reverse("edit", args=[comment.pk]), body="Not so harmless.")
    assert b"waits for a moderator" in answer.content
    assert b"Harmless." in Client().get(topic.get_absolute_url()).content
    assert HeldEdit.objects.get().body == "Not so harmless."


def test_deleting_and_bringing_back_within_24_hours(client, new, topic):
    write(client, new, body="Regret.")
    comment = Comment.objects.get()
    delete, undelete = (reverse(name, args=[comment.pk]) for name in ("delete", "undelete"))
    assert b"Delete your comment?" in client.get(delete).content
    assert client.post(delete).status_code == 302
    assert b"Regret." not in Client().get(topic.get_absolute_url()).content
    assert b"bring it back" in client.get(comment.get_absolute_url()).content
    assert client.post(undelete).status_code == 302
    assert b"Regret." in Client().get(topic.get_absolute_url()).content
    client.post(delete)
    later = timezone.now() + timedelta(hours=25)
    with mock.patch("django.utils.timezone.now", return_value=later):
        assert client.post(undelete).status_code == 403


def test_nobody_edits_deletes_or_brings_back_what_another_wrote(client, new, as_member):
    write(client, new, body="Mine.")
    comment = Comment.objects.get()
    for name in ("edit", "delete", "undelete"):
        for other in (Client(), as_member):
            answer = other.post(reverse(name, args=[comment.pk]), {"body": "Stolen.", "base": "x"})
            assert answer.status_code == 404, name
    comment.refresh_from_db()
    assert comment.state == "public"


def test_get_never_writes(client, new, post):
    comment = post()
    before = (Comment.objects.count(), Pen.objects.count(), User.objects.count())
    for name in ("comment", "reply", "edit", "delete", "undelete", "history"):
        client.get(reverse(name, args=[comment.pk]))
    client.get(new)
    assert (Comment.objects.count(), Pen.objects.count(), User.objects.count()) == before
    assert Comment.objects.get().state == "public"


def test_signing_in_is_limited_as_written_and_says_how_long(client, member, settings):
    settings.RATE_LIMITS_ON = True
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "login:pair": [(2, 3600)]}
    wrong = {"login": "Sunniva", "password": "wrong"}
    assert [client.post(reverse("login"), wrong).status_code for _ in range(3)] == [422, 422, 429]
    assert int(client.post(reverse("login"), wrong).headers["Retry-After"]) > 0
