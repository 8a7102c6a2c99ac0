"""What readers get, and what is never shared."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from forum.accounts.readers import ANYBODY, Reader
from forum.discussions import page, services
from forum.discussions.models import Comment, Topic
from tests.discussions.conftest import write

pytestmark = pytest.mark.django_db


def test_a_reader_without_cookies_gets_the_same_bytes_no_cookie_no_form_and_no_token(
    client, topic, post
):
    comment = post("To all the same.")
    for address in (topic.get_absolute_url(), comment.get_absolute_url(), reverse("lobby")):
        first, second = (
            client.get(address),
            Client().get(address, headers={"Accept-Language": "fr"}),
        )
        assert first.content == second.content
        assert not first.cookies
        assert b"csrfmiddlewaretoken" not in first.content
        assert b'method="post"' not in first.content


def test_a_shared_page_names_its_version_and_answers_304_until_somebody_writes(client, topic, post):
    post()
    address = topic.get_absolute_url()
    first = client.get(address)
    assert first.headers["Cache-Control"] == "public, no-cache"
    assert {"Cookie", "Accept-Encoding"} <= set(first.headers["Vary"].split(", "))
    etag = first.headers["ETag"]
    assert etag.startswith('W/"')
    assert client.get(address, headers={"If-None-Match": etag}).status_code == 304
    post()
    changed = client.get(address, headers={"If-None-Match": etag})
    assert changed.status_code == 200
    assert changed.headers["ETag"] != etag


def test_walking_in_and_out_never_shows_another_persons_page(topic, member, post):
    """Anonymous, post, back, log in, back, log out, back: with If-None-Match as a browser sends it."""
    client, etags = Client(), {}

    def visit(address):
        headers = {"If-None-Match": etags[address]} if address in etags else {}
        answer = client.get(address, headers=headers)
        etags.pop(address, None)
        if "ETag" in answer.headers:
            etags[address] = answer.headers["ETag"]
        return answer

    address = topic.get_absolute_url()
    assert visit(address).status_code == 200
    assert visit(address).status_code == 304
    write(client, reverse("comment_new", args=[topic.pk]), body="Mine as a guest.")
    mine = visit(address)
    assert mine.status_code == 200
    assert b'class="yours"' in mine.content
    assert mine.headers["Cache-Control"] == "private, no-cache"
    assert "ETag" not in mine.headers
    client.post(reverse("login"), {"login": "Sunniva", "password": "lantern-soft-9"})
    signed_in = visit(address)
    assert b"Sign out" in signed_in.content
    assert b'class="yours"' not in signed_in.content
    client.post(reverse("logout"))
    signed_out = visit(address)
    assert b"Sign in" in signed_out.content
    assert b"Sign out" not in signed_out.content
    assert signed_out.headers["Cache-Control"] == "private, no-cache"  # the pen is still here


def test_the_head_of_a_comment_has_what_others_rely_on(client, topic, post):
    root = post("The first.")
    reply = post("The second.", under=root)
    html = client.get(topic.get_absolute_url()).content.decode()
    assert (
        f'<article class="comment" id="c{reply.pk}" data-number="1.1" data-depth="1"'
        f' data-parent="{root.pk}">' in html
    )
    assert 'data-comment-count="2"' in html
    assert 'data-parent=""' in html
    assert re.search(
        r'<b class="comment-author" dir="auto">Nils</b> <i class="guest"[^>]*>guest</i>', html
    )
    assert re.search(r'<time datetime="20\d\d-[^"]+\+00:00">', html)


def test_a_permalink_shows_those_above_the_comment_its_replies_and_the_way_to_the_whole(
    client, topic, post
):
    root = post("Root of it.")
    middle = post("In the middle.", under=root)
    leaf = post("Below it.", under=middle)
    other = post("Elsewhere.")
    answer = client.get(middle.get_absolute_url())
    html = answer.content.decode()
    assert answer.status_code == 200
    assert f'class="comment above" id="c{root.pk}"' in html
    assert f'class="comment here" id="c{middle.pk}" data-number="1.1"' in html
    assert f'id="c{leaf.pk}" data-number="1.1.1"' in html
    assert f'id="c{other.pk}"' not in html
    assert f'rel="canonical" href="http://127.0.0.1:8000{topic.get_absolute_url()}"' in html
    assert "View the whole talk" in html


def test_what_never_was_is_404_and_what_was_public_is_410(client, post, staff):
    assert client.get("/comments/987654321/").status_code == 404
    held = post("Never seen.", state="public")
    services.moderate(comment_id=held.pk, verb="remove", by=ANYBODY, reason="advert")
    answer = client.get(held.get_absolute_url())
    assert answer.status_code == 410
    assert b"by its author, by a moderator" in answer.content
    gone = post("Seen, then gone for good.")
    services.purge_branch(comment_id=gone.pk, by=None)
    assert client.get(gone.get_absolute_url()).status_code == 410


def test_a_removed_comment_with_replies_says_410_and_still_leads_to_them(client, post):
    root = post("Said in anger.")
    reply = post("Said in answer.", under=root)
    services.moderate(comment_id=root.pk, verb="remove", by=ANYBODY, reason="unkind")
    answer = client.get(root.get_absolute_url())
    html = answer.content.decode()
    assert answer.status_code == 410
    assert f'id="c{reply.pk}"' in html
    assert "Said in anger" not in html


def test_the_author_sees_the_reason_and_staff_the_text_of_what_was_removed(
    topic, member, as_member, as_staff
):
    author = services.Author(member=member)
    posted = services.post_comment(author=author, body="Too much.", topic_id=topic.pk).comment
    services.moderate(comment_id=posted.pk, verb="remove", by=ANYBODY, reason="unkind")
    own = as_member.get(posted.get_absolute_url())
    assert own.status_code == 200
    assert b"it attacks a person" in own.content
    assert b"Too much." not in own.content
    assert b"Too much." in as_staff.get(posted.get_absolute_url()).content


def test_staff_read_on_a_tombstone_who_wrote_it_and_why_it_is_gone(
    client, topic, post, as_staff, as_member
):
    root = post("Gone.")
    post("An answer.", root)
    services.moderate(comment_id=root.pk, verb="remove", by=ANYBODY, reason="off-topic")
    mine = post("Taken back.")
    post("Another answer.", mine)
    services.delete_comment(comment_id=mine.pk, by=Reader(pen=mine.pen))
    address = topic.get_absolute_url()
    html = as_staff.get(address).content.decode()
    assert (
        '<p class="note">removed by a moderator (Nils: it is not about the film or the talk)</p>'
        in html
    )
    assert '<p class="note">deleted by its author (Nils)</p>' in html
    for somebody in (client, as_member):
        html = somebody.get(address).content.decode()
        assert '<p class="note">removed by a moderator</p>' in html
        assert '<p class="note">deleted by its author</p>' in html


def test_a_held_comment_is_seen_by_its_author_and_staff_alone(
    client, topic, member, as_member, as_staff, post
):
    author = services.Author(member=member)
    held = services.post_comment(author=author, body="Wait for me.", topic_id=topic.pk).comment
    services.moderate(comment_id=held.pk, verb="hold", by=ANYBODY)
    post("Another one.")
    assert b"Wait for me." in as_member.get(held.get_absolute_url()).content
    assert b"Wait for me." in as_staff.get(held.get_absolute_url()).content
    talk = as_member.get(topic.get_absolute_url()).content
    assert b"Wait for me." not in talk
    assert b"1 comment of yours waits" in talk
    for address in (topic.get_absolute_url(), reverse("site_feed")):
        assert b"Wait for me." not in client.get(address).content


def test_nothing_of_a_hidden_topic_is_reached_by_any_address(client, topic, post, as_staff):
    comment = post("Behind the curtain.")
    Topic.objects.filter(pk=topic.pk).update(hidden_at=comment.created_at)
    addresses = [
        topic.get_absolute_url(),
        comment.get_absolute_url(),
        reverse("reply", args=[comment.pk]),
        reverse("comment_new", args=[topic.pk]),
        reverse("history", args=[comment.pk]),
        reverse("topic_number", args=[topic.pk, "1"]),
    ]
    for address in addresses:
        answer = client.get(address)
        assert answer.status_code in (404, 410), address
        assert b"Behind the curtain." not in answer.content
    assert b"Behind the curtain." not in client.get(reverse("site_feed")).content
    assert b"The last row" not in client.get(reverse("lobby")).content
    assert b"Behind the curtain." in as_staff.get(topic.get_absolute_url()).content


def test_a_path_number_leads_to_its_comment(client, topic, post):
    root = post()
    post(under=root)
    second = post(under=root)
    answer = client.get(f"/lobby/{topic.pk}/1.2")
    assert (answer.status_code, answer.headers["Location"]) == (302, second.get_absolute_url())
    assert client.get(f"/lobby/{topic.pk}/1.3").status_code == 404
    assert client.get(f"/lobby/{topic.pk}/1..2").status_code == 404


def test_an_address_that_makes_no_sense_is_400_with_words(client, topic):
    for query in ("sort=sideways", "page=x", "after=-1", "page=999999999999999999.1"):
        answer = client.get(f"{topic.get_absolute_url()}?{query}")
        assert answer.status_code == 400, query


def test_earlier_texts_are_for_all_once_somebody_answered(client, topic, as_member, member, post):
    author = services.Author(member=member)
    comment = services.post_comment(author=author, body="First try.", topic_id=topic.pk).comment
    write(as_member, reverse("edit", args=[comment.pk]), body="Second try.")
    address = reverse("history", args=[comment.pk])
    assert client.get(address).status_code == 404
    assert b"First try." in as_member.get(address).content
    Comment.objects.filter(pk=comment.pk).update(
        edited_at=comment.created_at + timedelta(minutes=2)
    )
    post("Now I have read it.", under=comment)
    assert b"First try." in client.get(address).content
    assert f'href="{address}"'.encode() in client.get(topic.get_absolute_url()).content


def test_the_same_number_of_queries_at_3_and_at_150_comments(
    client, topic, post, django_assert_num_queries
):
    for _ in range(3):
        post()
    with django_assert_num_queries(4):  # topic, threads, rows with words, version again
        client.get(topic.get_absolute_url())
    for _ in range(147):
        post()
    with django_assert_num_queries(4):
        client.get(topic.get_absolute_url())
    with django_assert_num_queries(1):
        client.get(topic.get_absolute_url())


def test_the_feed_holds_public_comments_with_lasting_ids(client, topic, post):
    comment = post("In the feed.")
    post("Not in the feed.", state="removed")
    answer = client.get(reverse("site_feed"))
    assert answer.headers["Content-Type"].startswith("application/atom+xml")
    text = answer.content.decode()
    assert "In the feed." in text
    assert "Not in the feed." not in text
    assert "<name>Nils (guest)</name>" in text
    assert f"<id>http://127.0.0.1:8000{comment.get_absolute_url()}</id>" in text


def test_what_is_shown_under_a_sort_is_marked_and_kept_apart(client, topic, post):
    first, second = post("One."), post("Two.")
    newest = client.get(f"{topic.get_absolute_url()}?sort=newest").content.decode()
    assert newest.index(f'id="c{second.pk}"') < newest.index(f'id="c{first.pk}"')
    oldest = client.get(topic.get_absolute_url()).content.decode()
    assert oldest.index(f'id="c{first.pk}"') < oldest.index(f'id="c{second.pk}"')
    assert '<span aria-current="true">newest first</span>' in newest


def test_the_way_back_after_posting_leads_to_a_page_that_holds_the_comment(client, topic, post):
    node = post()
    for _ in range(12):
        node = post(under=node)
        topic.refresh_from_db()
        address = page.address_of(node, topic)
        assert f'id="c{node.pk}"' in client.get(address.split("#")[0]).content.decode()


def test_a_setting_that_pages_show_ends_a_304(client, topic, settings):
    address = topic.get_absolute_url()
    etag = client.get(address).headers["ETag"]
    assert client.get(address, headers={"If-None-Match": etag}).status_code == 304
    for name, value in (
        ("GUESTS", "closed"),
        ("SITE_NAME", "Lantern"),
        ("TIME_ZONE", "Asia/Tokyo"),
    ):
        setattr(settings, name, value)
        changed = client.get(address, headers={"If-None-Match": etag})
        assert changed.status_code == 200, name
        etag = changed.headers["ETag"]


def test_the_feed_of_the_site_is_private_to_who_has_a_cookie_of_ours(client, as_member, post):
    post()
    shared = client.get(reverse("site_feed"))
    assert shared.headers["Cache-Control"] == "public, no-cache"
    assert "Cookie" in shared.headers["Vary"]
    assert as_member.get(reverse("site_feed")).headers["Cache-Control"] == "private, no-cache"


def test_a_text_that_was_replaced_while_it_waited_is_never_for_all(
    client, topic, as_member, member, post
):
    author = services.Author(member=member)
    comment = services.post_comment(author=author, body="Too much.", topic_id=topic.pk).comment
    services.moderate(comment_id=comment.pk, verb="hold", by=ANYBODY)
    write(as_member, reverse("edit", args=[comment.pk]), body="Gentler.")
    services.moderate(comment_id=comment.pk, verb="approve", by=ANYBODY)
    write(as_member, reverse("edit", args=[comment.pk]), body="Gentler still.")
    post("Now it can be answered.", under=comment)
    address = reverse("history", args=[comment.pk])
    shown = client.get(address).content
    assert b"Gentler." in shown
    assert b"Too much." not in shown
    assert b"Too much." in as_member.get(address).content


def test_ones_own_comments_under_a_hidden_topic_wait_out_of_sight(topic, member, as_member):
    author = services.Author(member=member)
    comment = services.post_comment(author=author, body="Behind it.", topic_id=topic.pk).comment
    Topic.objects.filter(pk=topic.pk).update(hidden_at=comment.created_at)
    for name in ("edit", "delete", "undelete"):
        assert as_member.get(reverse(name, args=[comment.pk])).status_code == 404
    mine = as_member.get(reverse("my_comments")).content
    assert b"Behind it." not in mine
    assert b"The last row" not in mine
    Topic.objects.filter(pk=topic.pk).update(hidden_at=None)
    assert b"Behind it." in as_member.get(reverse("my_comments")).content


def test_an_author_is_not_told_that_a_text_counts_as_spam(topic, member, as_member, as_staff):
    author = services.Author(member=member)
    comment = services.post_comment(author=author, body="Buy it.", topic_id=topic.pk).comment
    services.moderate(comment_id=comment.pk, verb="spam", by=ANYBODY)
    for address in (comment.get_absolute_url(), reverse("my_comments")):
        html = as_member.get(address).content.lower()
        assert b"removed" in html
        assert b"spam" not in html
        assert b"buy it." not in html
    assert b">spam<" in as_staff.get(comment.get_absolute_url()).content


def test_my_comments_take_the_same_queries_for_three_and_for_forty(topic, member, as_member):
    author, last = services.Author(member=member), None
    sizes = iter((3, 40))
    counts = []
    for size in sizes:
        while Comment.objects.count() < size:
            where = {"parent_id": last.pk} if last else {"topic_id": topic.pk}
            body = f"Thought {Comment.objects.count()}."
            last = services.post_comment(author=author, body=body, **where).comment
        with CaptureQueriesContext(connection) as found:  # new ones: who may edit them is asked too
            html = as_member.get(reverse("my_comments")).content.decode()
        counts.append(len(found))
    assert ">1.1.1<" in html
    assert counts[0] == counts[1]
