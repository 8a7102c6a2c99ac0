"""What helps to write, as the server gives it: quotations, how long one may edit, and what has arrived."""

import re
import uuid
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from forum.accounts.readers import Reader
from forum.discussions import quotes, services
from forum.discussions.models import EDIT_WINDOW, LONG_EDIT_WINDOW, Comment, CommentText
from tests.discussions.conftest import write


@pytest.mark.parametrize(
    ("html", "lines"),
    [
        ("<p>One &amp; two</p>\n<p>Three</p>", "> One & two\n>\n> Three\n\n"),
        ("<p>One<br>\ntwo</p>", "> One\n> two\n\n"),
        ("<ul>\n<li>One</li>\n<li>Two</li>\n</ul>", "> - One\n> - Two\n\n"),
        ("<pre><code>a  b\n  c</code></pre>", "> a  b\n>   c\n\n"),
        ("<p>One <em>two</em></p>", "> One two\n\n"),
        ("", ""),
    ],
)
def test_words_become_lines_of_a_quotation(html, lines):
    assert quotes.quotation(html) == lines


def test_what_a_spoiler_hides_is_not_quoted():
    hidden = (
        '<details class="spoiler"><summary>Spoiler</summary><p>He is <b>dead</b>.</p></details>'
    )
    made = quotes.quotation(f"<p>Before</p>{hidden}<p>After</p>")
    assert made == "> Before\n>\n> [spoiler]\n>\n> After\n\n"
    assert quotes.quotation(hidden) == ""


@pytest.mark.django_db
def test_a_reply_can_begin_with_the_words_it_answers(client, post):
    parent = post("The boats\n\nnever *come* back.")
    address = reverse("reply", args=[parent.pk])
    assert f'href="{address}?quote=1"' in client.get(address).content.decode()
    html = client.get(f"{address}?quote=1").content.decode()
    area = re.search(r"<textarea[^>]*>\s*(.*?)</textarea>", html, re.S)
    assert area
    assert area[1] == "&gt; The boats\n&gt;\n&gt; never come back.\n\n"
    assert Comment.objects.count() == 1


@pytest.mark.django_db
def test_a_form_that_arrived_says_so_to_who_knows_its_id(client, topic):
    submission = uuid.uuid4()
    address = reverse("sent", args=[submission])
    assert client.get(address).status_code == 404
    write(client, reverse("comment_new", args=[topic.pk]), submission=str(submission))
    client.cookies.clear()  # the answer was lost, and the pen with it
    answer = client.get(address)
    assert answer.json() == {"address": f"/comments/{Comment.objects.get().pk}/"}
    assert "private" in answer.headers["Cache-Control"]
    assert CommentText.objects.get().submission == submission


@pytest.mark.django_db
def test_the_form_says_until_when_one_may_edit(client, guest, member, post):
    by_guest, by_member = post(), post(author=services.Author(member=member))
    pen = Reader(pen=guest.pen)
    assert by_guest.editable_until(pen) == by_guest.created_at + EDIT_WINDOW
    reader = Reader(user=member)
    assert by_member.editable_until(reader) == by_member.created_at + LONG_EDIT_WINDOW
    post(under=by_member)
    assert by_member.editable_until(reader) == by_member.created_at + EDIT_WINDOW
    assert by_member.editable_until(pen) is None
    client.force_login(member)
    html = client.get(reverse("edit", args=[by_member.pk])).content.decode()
    until = timezone.localtime(by_member.created_at + EDIT_WINDOW)
    assert f'data-until="{until:%Y-%m-%dT%H:%M}' in html
    assert "You can edit until" in html
    Comment.objects.filter(pk=by_member.pk).update(created_at=timezone.now() - timedelta(hours=1))
    late = client.get(reverse("edit", args=[by_member.pk]))
    assert late.status_code == 403
    assert b"data-until" not in late.content


@pytest.mark.django_db
def test_what_was_changed_after_an_answer_was_lost_is_not_dropped(client, topic):
    address, submission = reverse("comment_new", args=[topic.pk]), str(uuid.uuid4())
    write(client, address, body="First words.", submission=submission)  # its answer was lost
    again = write(client, address, body="First words, and more.", submission=submission)
    assert again.status_code == 409
    html = again.content.decode()
    assert "Your first words were posted already" in html
    assert "First words, and more." in html
    assert f'href="/comments/{Comment.objects.get().pk}/#c' in html
    same = write(client, address, body="First words.", submission=submission)
    assert same.status_code == 302
