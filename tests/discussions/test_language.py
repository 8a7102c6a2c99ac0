"""The language of a comment: guessed when it is saved, said where it is not the page's, chosen by its
author.
"""

import re

import pytest
from django.test import Client
from django.urls import reverse

from forum.accounts.readers import Reader
from forum.discussions import services
from forum.discussions.models import Comment, Revision
from tests.discussions.conftest import write

pytestmark = pytest.mark.django_db

GERMAN = "Ich habe den Film nicht verstanden, aber die Musik ist schön."
ENGLISH = "I saw it in the last row, and the rain was in the sound of it."


@pytest.fixture
def new(topic):
    return reverse("comment_new", args=[topic.pk])


def body_of(html, comment):
    return re.search(rf'id="c{comment.pk}".*?(<div class="comment-body"[^>]*>)', html, re.S)[1]


def test_the_language_is_said_where_it_is_not_the_pages_and_the_direction_always(
    client, topic, post
):
    german, english, unknown = post(GERMAN), post(ENGLISH), post("Metropolis!")
    assert [one.language for one in (german, english, unknown)] == ["de", "en", ""]
    html = Client().get(topic.get_absolute_url()).content.decode()
    assert body_of(html, german) == '<div class="comment-body" dir="auto" lang="de">'
    for one in (english, unknown):
        assert body_of(html, one) == '<div class="comment-body" dir="auto">'


def test_an_author_chooses_another_and_the_choice_outlives_an_edit(client, new):
    write(client, new, body=GERMAN, language="nl")
    comment = Comment.objects.get()
    assert comment.language == "nl"
    address = reverse("edit", args=[comment.pk])
    form = client.get(address).content.decode()
    assert '<option value="nl" selected>Nederlands</option>' in form
    write(client, address, body=GERMAN + " Ja.", language="nl")
    comment.refresh_from_db()
    assert comment.language == "nl"
    write(client, address, body=ENGLISH, language="")
    comment.refresh_from_db()
    assert comment.language == "en"


def test_a_guess_is_no_choice_and_is_made_again(client, new):
    write(client, new, body=GERMAN)
    comment = Comment.objects.get()
    form = client.get(reverse("edit", args=[comment.pk])).content.decode()
    assert '<option value="" selected>' in form
    services.edit_as_staff(
        comment_id=comment.pk, by=Reader(), body=ENGLISH, base=services.text_version(comment)
    )
    comment.refresh_from_db()
    assert comment.language == "en"


def test_choosing_the_language_alone_is_no_edit_that_readers_are_told_of(client, new, topic):
    write(client, new, body=GERMAN)
    comment = Comment.objects.get()
    topic.refresh_from_db()
    write(client, reverse("edit", args=[comment.pk]), body=GERMAN, language="da")
    comment.refresh_from_db()
    assert (comment.language, comment.edited_at) == ("da", None)
    assert not Revision.objects.exists()
    assert type(topic).objects.get().version > topic.version  # pages that were kept show it


def test_a_language_that_is_none_is_422_with_the_text_kept(client, new):
    answer = write(client, new, body=GERMAN, language='x" onclick="')
    assert answer.status_code == 422
    assert GERMAN in answer.content.decode()
    assert not Comment.objects.exists()


def test_the_choice_waits_under_more_and_stays_open_once_made(client, new):
    form = client.get(new).content.decode()
    assert '<details class="further">' in form
    shown = write(client, new, body=GERMAN, language="nl", preview="1").content.decode()
    assert '<details class="further" open>' in shown
