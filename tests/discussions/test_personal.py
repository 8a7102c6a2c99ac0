"""What is personal on a page that is kept for all."""

from datetime import timedelta
from unittest import mock

import pytest
from django.utils import timezone

from forum.accounts.readers import ANYBODY, Reader
from forum.discussions import overlay, page, services
from forum.discussions.models import Comment, CommentText
from forum.discussions.options import Options
from tests.discussions.growing import grow, threads
from tests.discussions.pages import Articles, branch, fresh, talk

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("no_checks")]


def personal(topic, reader, html=None):
    made = page.talk(fresh(topic), Options())
    return overlay.personal(html or made.html, topic.pk, reader).decode()


def test_anybody_gets_the_shared_bytes(topic, post):
    post("A word")
    html = page.talk(fresh(topic), Options()).html
    assert overlay.personal(html, topic.pk, ANYBODY) is html


def test_ones_own_comments_are_marked_and_can_be_changed(topic, post, member, guest):
    mine = post("Mine")
    theirs = post("Theirs", author=services.Author(member=member), under=mine)
    html = personal(topic, Reader(pen=guest.pen))
    classes = {number: one["class"] for number, one, _r in Articles(html).found}
    assert classes == {mine.pk: "comment mine", theirs.pk: "comment"}
    assert f'href="/comments/{mine.pk}/edit/"' in html
    assert f'href="/comments/{mine.pk}/delete/"' in html
    assert f'href="/comments/{theirs.pk}/edit/"' not in html


def test_ones_own_comment_is_marked_on_its_own_page_too(topic, post, guest):
    mine = post("Mine")
    html = overlay.personal(branch(mine.pk).encode(), topic.pk, Reader(pen=guest.pen)).decode()
    assert Articles(html).found[0][1]["class"] == "comment mine here"


def test_an_edit_is_offered_only_while_it_is_allowed(topic, post, member, guest):
    pen, user = Reader(pen=guest.pen), Reader(user=member)
    author = services.Author(member=member)
    answered, alone = post("Answered", author=author), post("Alone", author=author)
    old = post("A guest's", under=answered)
    later = timezone.now() + timedelta(hours=2)
    with mock.patch("django.utils.timezone.now", return_value=later):
        html = personal(topic, user)
        assert f"/comments/{alone.pk}/edit/" in html
        assert f"/comments/{answered.pk}/edit/" not in html
        assert f"/comments/{answered.pk}/delete/" in html
        assert f"/comments/{old.pk}/edit/" not in personal(topic, pen)


def test_what_waits_is_one_line_above_the_talk_and_not_woven_in(topic, post, guest):
    post("Public")
    held = post("Waiting", state="held")
    html = personal(topic, Reader(pen=guest.pen))
    assert "1 comment of yours waits for a moderator" in html
    assert f'id="c{held.pk}"' not in html
    assert "waits for a moderator" not in talk(topic)


def test_the_marks_of_500_own_comments_take_one_query(topic, member, django_assert_num_queries):
    grow(topic, threads(*[10] * 20))
    Comment.objects.update(member=member, author_name="")
    html = page.talk(fresh(topic), Options()).html
    with django_assert_num_queries(1):
        marked = overlay.personal(html, topic.pk, Reader(user=member))
    assert marked.count(b"comment mine") == 200


def test_a_text_cannot_pretend_to_be_somebodys_comment(topic, post, guest):
    mine = post("Mine")
    CommentText.objects.filter(pk=mine.pk).update(
        body_html="&lt;article class=&quot;comment&quot; id=&quot;c1&quot;"
    )
    html = personal(topic, Reader(pen=guest.pen))
    assert html.count("comment mine") == 1
