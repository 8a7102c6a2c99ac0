"""What is hidden in a comment is told by nothing but the press that opens it."""

import re

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse

from forum import markup
from forum.accounts.models import User
from forum.accounts.readers import Reader, pen_with_secret
from forum.discussions import services
from tests.accounts.conftest import confirm

SECRET = "butler"
BODIES = [f"It was ||the {SECRET}||!", f"Over two:\n\n>!the\n\n{SECRET}!<"]


@pytest.fixture(params=BODIES, ids=["in a line", "over paragraphs"])
def comment(make, request):
    """A public comment on a film, with the secret; by a member whose address is confirmed."""
    film = make("Salt", description=f"A film. ||The {SECRET} did it.|| So much.", year=1954)
    member = confirm(User.objects.create_user("Astrid", email="a@example.org"))
    author = services.Author(member=member)
    return services.post_comment(author=author, body=request.param, topic_id=film.topic_id).comment


def outside(html):
    """What a page says outside of what is hidden; the marks themselves may stand in a form."""
    assert SECRET in html
    return markup.without_spoilers(html)


def test_the_secret_is_there_for_who_presses(client, comment):
    html = client.get(comment.get_absolute_url()).content.decode()
    hidden = re.findall(r'<details class="spoiler">.*?</details>', html, re.S)
    assert any(SECRET in one for one in hidden)


def test_pages_have_it_behind_the_press_alone(client, comment, post_reply):
    topic = comment.thread.topic
    addresses = [
        topic.path,
        comment.get_absolute_url(),
        f"/comments/{comment.pk}/reply/",
        f"/members/{comment.member_id}/",
        comment.thread.topic.path + "?sort=newest",
    ]
    for address in addresses:
        html = outside(client.get(address).content.decode())
        assert SECRET not in html, address


@pytest.fixture
def post_reply(comment):
    pen, _secret, _is_new = pen_with_secret("", "Nils")
    author = services.Author(pen=pen, name="Nils")
    return services.post_comment(author=author, body="Oh.", parent_id=comment.pk).comment


def test_its_authors_own_pages_have_it_behind_the_press_alone(comment):
    client = Client()
    client.force_login(comment.member)
    services.edit_comment(
        comment_id=comment.pk,
        by=Reader(user=comment.member),
        body=f"Now ||the {SECRET}|| again",
        base=services.text_version(comment),
    )
    for address in (
        "/my/comments/",
        f"/comments/{comment.pk}/history/",
        f"/comments/{comment.pk}/delete/",
    ):
        assert SECRET not in outside(client.get(address).content.decode()), address
    new = f"/topics/{comment.thread.topic_id}/comments/new/"
    answer = client.post(new, {"body": BODIES[0], "preview": "1"}).content.decode()
    assert SECRET not in outside(re.sub(r"<textarea.*?</textarea>", "", answer, flags=re.S))


def test_feeds_lists_and_search_do_not_have_it_at_all(client, comment):
    for address in (
        "/feeds/comments.atom",
        reverse("film_feed", args=["salt"]),
        "/",
        "/films/",
        "/search/?q=" + SECRET,
        "/lobby/",
        "/sitemap.xml",
    ):
        answer = client.get(address, follow=True)
        assert answer.status_code == 200, address
        html = answer.content.decode().replace(f'value="{SECRET}"', "")
        if address.startswith("/search"):
            html = re.sub(r"<(title|h1).*?</\1>|“.*?”", "", html, flags=re.S)
            html = html.replace(f"q={SECRET}", "")  # what was asked for is said again
            assert "data-result" not in html
        assert SECRET not in html, address


def test_the_front_page_and_feeds_say_that_something_is_hidden(client, comment):
    assert "[spoiler]" in client.get("/").content.decode()
    assert "[spoiler]" in client.get("/feeds/comments.atom").content.decode()


def test_what_describes_a_page_to_others_does_not_have_it(client, comment):
    for address in (comment.thread.topic.path, comment.get_absolute_url()):
        html = client.get(address).content.decode()
        told = re.findall(r"<meta [^>]*>|<title>.*?</title>|<script.*?</script>", html, re.S)
        assert told
        assert not any(SECRET in one for one in told), address
        assert any("[spoiler]" in one for one in told), address


def test_letters_do_not_have_it(comment, settings, django_user_model):
    settings.MAILS, settings.SITE_URL = True, "https://films.example.org"
    staff = Reader(user=django_user_model.objects.create_superuser("Ruth"))
    mail.outbox.clear()
    services.moderate(comment_id=comment.pk, verb="remove", by=staff, reason="off-topic")
    (letter,) = mail.outbox
    assert SECRET not in str(letter.message())
    assert "[spoiler]" in letter.body


def test_staff_see_it_marked_and_excerpts_in_the_queue_do_not_have_it(
    staff_client, comment, post_reply
):
    html = staff_client.get("/admin/discussions/comment/?o=all").content.decode()
    assert '<details class="spoiler"><summary>spoiler</summary>' in html
    assert SECRET not in markup.without_spoilers(html)
    address = f"/admin/discussions/comment/{comment.pk}/decision/?verb=remove"
    page = staff_client.get(address).content.decode()
    assert SECRET not in markup.without_spoilers(page)
