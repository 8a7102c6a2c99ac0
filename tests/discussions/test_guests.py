"""Guests: the mark of a pen, what else it wrote, and two people of one name."""

import re

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from forum.accounts.models import Pen
from forum.accounts.pen_marks import mark_of, words_of
from forum.accounts.readers import ANYBODY, Reader, pen_with_secret
from forum.discussions import page, services
from forum.discussions.kept import kept
from forum.discussions.models import Comment, Topic
from forum.discussions.options import Options
from tests.discussions.conftest import write
from tests.statements import statements

pytestmark = pytest.mark.django_db


@pytest.fixture
def other():
    return services.Author(pen=pen_with_secret("", "Nils")[0], name="Nils")


@pytest.fixture
def imported(topic, post, member):
    """imported(name) -> Comment of somebody whose words came from another site."""

    def make(name):
        comment = post()
        Comment.objects.filter(pk=comment.pk).update(pen=None, author_name=name)
        return comment

    return make


def shown(topic):
    return page.talk(Topic.objects.get(pk=topic.pk), Options()).html.decode()


def of_comment(html, comment):
    """Return the article of one comment, up to its text."""
    return html[html.index(f'id="c{comment.pk}"') :].partition("</summary>")[0]


def list_of(author, client=None):
    return (client or Client()).get(reverse("guest", args=[author.pen.public_id]))


# The mark


def test_all_that_a_pen_wrote_carries_one_mark_in_every_talk(topic, post, guest):
    elsewhere = services.open_topic(title="Another talk", by=None)
    renamed = services.Author(pen=guest.pen, name="Somebody else")
    one, two = post(), post(author=renamed)
    three = services.post_comment(author=guest, body="There.", topic_id=elsewhere.pk).comment
    mark = f'<i class="guest" data-mark="{mark_of(guest.pen.pk)}">guest</i>'
    assert all(mark in of_comment(shown(topic), comment) for comment in (one, two))
    assert mark in of_comment(shown(elsewhere), three)


def test_members_and_imported_names_have_no_mark(topic, post, member, imported):
    by_member, came = post(author=services.Author(member=member)), imported("Vera")
    html = shown(topic)
    assert "data-mark" not in html
    assert '<i class="guest">guest</i>' in of_comment(html, came)
    assert 'class="guest"' not in of_comment(html, by_member)
    assert Comment.objects.get(pk=came.pk).mark == ""


def test_a_mark_is_not_made_of_the_secret(topic, post, guest):
    post()
    before = shown(topic)
    Pen.objects.filter(pk=guest.pen.pk).update(secret_hash="0" * 64)
    assert shown(topic) == before
    assert guest.pen.secret_hash not in before


def test_a_new_comment_carries_the_mark_at_once(client, topic):
    form = reverse("comment_new", args=[topic.pk])
    token = re.search(r'name="submission" value="([^"]+)"', client.get(form).content.decode())[1]
    data = {"name": "Nils", "body": "A word.", "submission": token}
    answer = client.post(form, data, headers={"HX-Request": "true"}).content.decode()
    assert f'data-mark="{mark_of(Pen.objects.get().pk)}"' in answer


# By this guest


def test_the_page_of_a_comment_leads_to_what_else_its_guest_wrote(client, post, guest, member):
    mine, theirs = post("One"), post("Two", author=services.Author(member=member))
    address = f"/guests/{guest.pen.public_id}/"
    html = client.get(mine.get_absolute_url()).content.decode()
    assert f'href="{address}"' in html
    assert "More by this guest" in html
    assert "/guests/" not in client.get(theirs.get_absolute_url()).content.decode()
    listed = client.get(address)
    assert listed.status_code == 200
    assert words_of(guest.pen.mark) in listed.content.decode()
    assert f'href="{mine.get_absolute_url()}"' in listed.content.decode()


def test_the_list_has_what_is_public_newest_first_and_from_nobody_else(post, guest, other):
    first, second = post("The first"), post("The second")
    for state in ("held", "removed", "deleted", "spam"):
        post(f"What is {state}", state=state)
    post("Of another pen", author=other)
    html = list_of(guest).content.decode()
    assert html.index("The second") < html.index("The first")
    assert re.findall(r'href="/comments/(\d+)/"', html) == [str(second.pk), str(first.pk)]


def test_the_list_shows_neither_address_nor_network_nor_number_of_the_pen(client, topic):
    write(client, reverse("comment_new", args=[topic.pk]), email="nils@example.org")
    comment = Comment.objects.with_text().get()
    assert comment.text.network_key
    html = list_of(comment).content.decode()
    assert "example.org" not in html
    assert comment.text.network_key not in html
    assert comment.pen.secret_hash not in html
    assert re.fullmatch(r"[0-9a-f]{16}", comment.pen.public_id)


def test_the_list_is_found_by_its_key_page_by_page(post, guest, monkeypatch):
    monkeypatch.setattr("forum.discussions.guests.COMMENTS_A_PAGE", 2)
    made = [post(f"Comment {number}.") for number in range(5)]
    found, address = [], f"/guests/{guest.pen.public_id}/"
    path = address
    while path:
        html = Client().get(path).content.decode()
        found += re.findall(r'<a href="/comments/(\d+)/">', html)
        further = re.search(r'rel="next" href="(\?before=\d+)"', html)
        path = further and address + further[1]
    assert found == [str(comment.pk) for comment in reversed(made)]


def test_the_list_takes_the_same_few_queries_for_many_comments(post, guest):
    def queries(more):
        for _number in range(more):
            post()
        kept.clear()
        with statements() as said:
            assert list_of(guest).status_code == 200
        return [one for one in said if one.startswith("SELECT")]

    few, many = queries(1), queries(12)
    assert len(many) == len(few) <= 4


def test_search_engines_leave_the_list_alone_and_it_is_shared(post, guest):
    post()
    answer = list_of(guest)
    assert '<meta name="robots" content="noindex">' in answer.content.decode()
    assert answer.headers["Cache-Control"] == "public, no-cache"
    assert not answer.cookies


@pytest.mark.parametrize("how", ["never was", "nothing public", "claimed", "erased"])
def test_without_public_comments_there_is_no_list(client, post, guest, member, how):
    comment = post()
    if how == "never was":
        assert client.get("/guests/0123456789abcdef/").status_code == 404
        return
    assert list_of(guest).status_code == 200
    if how == "nothing public":
        services.delete_comment(comment_id=comment.pk, by=Reader(pen=guest.pen))
    if how == "claimed":
        services.claim_pen(pen_id=guest.pen.pk, by=Reader(user=member))
    if how == "erased":
        services.erase_comment(comment_id=comment.pk, by=None)
    assert list_of(guest).status_code == 404


def test_a_claimed_comment_loses_mark_and_list_and_gets_them_back_with_unclaim(
    client, topic, post, guest, member
):
    comment = post()
    services.claim_pen(pen_id=guest.pen.pk, by=Reader(user=member))
    assert "data-mark" not in shown(topic)
    html = client.get(comment.get_absolute_url()).content.decode()
    assert "More by this guest" not in html
    assert f"/members/{member.pk}/" in html
    services.unclaim(by=Reader(user=member))
    assert mark_of(guest.pen.pk) in shown(topic)
    assert list_of(guest).status_code == 200


# Two people of one name


def is_another(topic, comment):
    return '<span class="another">another</span> <b' in of_comment(shown(topic), comment)


@pytest.mark.parametrize("name", ["Nils", "NILS", "Níls", "N i l s"])
def test_a_second_pen_that_takes_a_name_is_called_another_and_not_stopped(
    topic, post, guest, other, name
):
    first = post()
    second = post(author=services.Author(pen=other.pen, name=name))
    assert second.is_public
    assert is_another(topic, second)
    assert not is_another(topic, first)
    assert second.called == f"another {name}"


def test_who_had_the_name_first_is_never_another(topic, post, other):
    post()
    post(author=other)
    assert not is_another(topic, post("The first one again"))
    assert is_another(topic, post("The second one again", author=other))


def test_names_that_do_not_look_alike_are_left_alone(topic, post, other):
    post()
    later = post(author=services.Author(pen=other.pen, name="Nilsson"))
    assert not is_another(topic, later)


def test_a_name_of_imported_words_is_taken_too_and_they_do_not_change(topic, imported, post, other):
    came = imported("Vera")
    later = post(author=services.Author(pen=other.pen, name="vera"))
    assert is_another(topic, later)
    assert not is_another(topic, came)


@pytest.mark.parametrize("where", ["another talk", "what is not public"])
def test_a_name_that_readers_do_not_see_here_is_free(topic, post, other, where):
    if where == "another talk":
        topic = services.open_topic(title="Another talk", by=None)
        post()
        later = services.post_comment(author=other, body="There.", topic_id=topic.pk).comment
    else:
        post(state="held")
        later = post(author=other)
    assert not is_another(topic, later)


def test_another_is_the_same_for_all_and_named_where_it_is_answered(topic, post, other):
    post()
    under = post("Deep", author=other)
    for number in range(5):
        under = post(f"Deeper {number}", under=under, author=other)
    assert ">another Nils, 2.1.1.1</a>" in shown(topic)
    assert page.talk(Topic.objects.get(pk=topic.pk), Options()).is_settled


def test_a_member_who_claims_is_nobodys_namesake(topic, post, other, member):
    post()
    later = post(author=other)
    services.claim_pen(pen_id=other.pen.pk, by=Reader(user=member))
    assert not is_another(topic, later)
    services.unclaim(by=Reader(user=member))
    assert is_another(topic, later)


def test_another_goes_along_when_its_talk_moves(topic, post, other):
    post()
    later = post(author=other)
    there = services.open_topic(title="Another talk", by=None)
    services.move_thread(thread_id=later.thread_id, topic_id=there.pk, by=ANYBODY)
    assert is_another(there, later)
    assert is_another(there, post("Once more", under=later, author=other))


def test_only_a_guests_first_words_in_a_talk_look_at_its_names(topic, post, guest, member):
    post()

    def looks(author):
        with statements() as said:
            post(author=author)
        return sum("SELECT DISTINCT c.author_name" in one for one in said)

    assert looks(services.Author(member=member)) == 0
    assert looks(guest) == 1
    assert looks(services.Author(pen=pen_with_secret("", "Vera")[0], name="Vera")) == 2


def test_feeds_say_another_too(client, topic, post, other):
    post()
    post(author=other)
    assert "another Nils (guest) on" in client.get("/feeds/comments.atom").content.decode()


def test_forms_and_what_waits_call_it_another_with_its_mark(client, post, other):
    post()
    later = post(author=other)
    form = client.get(f"/comments/{later.pk}/reply/").content.decode()
    assert "Reply to another Nils, 2" in form
    assert f'data-mark="{other.pen.mark}"' in form
    services.moderate(comment_id=later.pk, verb="hold", by=ANYBODY)
    pen, secret, _is_new = pen_with_secret("", "Nils")
    Comment.objects.filter(pk=later.pk).update(pen=pen)
    client.cookies[settings.PEN_COOKIE_NAME] = secret
    own = client.get(f"/comments/{later.pk}/").content.decode()
    assert f'<i class="guest" data-mark="{pen.mark}">guest</i>' in own
    assert '<span class="another">another</span>' in own
