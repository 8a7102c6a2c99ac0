"""The pages: the inbox and its count, following, feeds, muting; each without JavaScript."""

import re

import pytest
from django.test import Client
from django.utils import timezone

from forum.accounts.models import User
from forum.accounts.readers import ANYBODY
from forum.discussions import services
from forum.discussions.models import Follow, Mute, Notice
from tests.discussions.people import author, browser, guest, reader, told
from tests.discussions.test_telling import decide, say
from tests.statements import statements

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("no_checks")]
COUNT = re.compile(r'<b class="count">(\d+\+?)</b>')


@pytest.fixture
def answers(topic, astrid, bruno):
    """Three replies to Astrid, all told."""
    first = say("The harbour is the film.", author(astrid), topic=topic)
    found = [say(f"Answer {number}.", author(bruno), first) for number in range(3)]
    told()
    return found


def count_in(client, address="/"):
    found = COUNT.search(client.get(address).content.decode())
    return found[1] if found else ""


# ------------------------------------------------------------------------------------------ the inbox


def test_the_inbox_is_for_members_newest_first_with_the_words(answers, astrid):
    assert Client().get("/inbox/").headers["Location"] == "/login/?next=/inbox/"
    page = browser(astrid).get("/inbox/")
    words = page.content.decode()
    assert [words.index(f"Answer {number}.") for number in (2, 1, 0)] == sorted(
        words.index(f"Answer {number}.") for number in range(3)
    )
    assert "answered you" in words
    assert page.headers["Cache-Control"] == "private, no-cache"


def test_reading_the_inbox_marks_nothing_and_opening_marks_one(answers, astrid):
    client = browser(astrid)
    for _time in range(2):
        assert count_in(client, "/inbox/") == "3"
    newest = Notice.objects.order_by("-pk").first()
    assert client.get(f"/inbox/{newest.pk}/").status_code == 405
    answer = client.post(f"/inbox/{newest.pk}/")
    assert (answer.status_code, answer.headers["Location"]) == (
        302,
        f"/lobby/{answers[2].thread.topic_id}/#c{answers[2].pk}",
    )
    assert count_in(client) == "2"
    assert client.post(f"/inbox/{newest.pk}/", {"stay": "1"}).headers["Location"] == "/inbox/"
    assert count_in(client) == "2"


def test_what_was_read_in_its_talk_is_no_unread_notice(answers, astrid, bruno, topic):
    elsewhere = services.open_topic(title="Elsewhere", by=None)
    first = say("Another film.", author(astrid), topic=elsewhere)
    say("An answer there.", author(bruno), first)
    told()
    client = browser(astrid)
    html = client.get(topic.get_absolute_url()).content.decode()
    at = re.search(r'name="at" value="([^"]+)"', html)[1]
    later = say("Came while the page was read.", author(bruno), answers[0].parent)
    told()
    assert count_in(client) == "5"
    client.post(f"/topics/{topic.pk}/seen/", {"at": at})
    assert count_in(client) == "2"
    unread = Notice.objects.unread().filter(member=astrid)
    assert set(unread.values_list("comment__thread__topic", flat=True)) == {topic.pk, elsewhere.pk}
    assert later.pk in unread.values_list("comment", flat=True)


def test_all_read_leaves_what_came_since_the_page_was_made(answers, astrid, bruno, topic):
    client = browser(astrid)
    until = re.search(r'name="until" value="(\d+)"', client.get("/inbox/").content.decode())[1]
    say("Later.", author(bruno), answers[0].parent)
    told()
    assert client.post("/inbox/read/", {"until": until}).status_code == 302
    assert count_in(client) == "1"


def test_nobody_opens_the_notice_of_another(answers, bruno):
    notice = Notice.objects.first()
    assert browser(bruno).post(f"/inbox/{notice.pk}/").status_code == 404
    assert Notice.objects.unread().count() == 3


def test_what_is_gone_or_muted_since_keeps_its_words_for_itself(answers, astrid):
    services.mute_words(by=astrid, words="answer 1")
    decide(answers[2], "remove")
    words = browser(astrid).get("/inbox/").content.decode()
    assert "Answer 0." in words
    assert "Answer 1." not in words
    assert "Answer 2." not in words
    assert "A comment that is not here any more" in words
    assert "muted by you" in words


def test_the_inbox_goes_on_by_key_and_costs_the_same_at_every_length(answers, astrid, bruno):
    client = browser(astrid)
    client.get("/inbox/")
    with statements() as few:
        client.get("/inbox/")
    first = answers[0].parent
    for number in range(45):
        say(f"More {number}.", author(bruno), first)
    told()
    with statements() as many:
        words = client.get("/inbox/").content.decode()
    assert len(many) == len(few) <= 4
    assert words.count('class="unread"') == 40
    before = re.search(r'href="\?before=(\d+)"', words)[1]
    rest = client.get(f"/inbox/?before={before}").content.decode()
    assert rest.count('class="unread"') == 8
    assert "Answer 0." in rest


def test_the_count_stands_in_the_head_of_kept_pages_without_a_query_more(answers, astrid, topic):
    client, address = browser(astrid), topic.get_absolute_url()
    client.get(address)
    with statements() as with_unread:
        assert count_in(client, address) == "3"
    services.read_notices(member_id=astrid.pk, until_id=10**9)
    with statements() as without:
        assert count_in(client, address) == ""
    assert len(with_unread) == len(without)
    User.objects.filter(pk=astrid.pk).update(unread=250)
    assert count_in(client, address) == "99+"
    assert count_in(Client(), address) == ""


# ----------------------------------------------------------------------------------------- following


def test_following_is_a_press_on_a_page_of_its_own(topic, answers, astrid, bruno):
    client = browser(astrid)
    for address in (
        f"/topics/{topic.pk}/follow/",
        f"/comments/{answers[0].pk}/follow/",
        f"/members/{bruno.pk}/follow/",
    ):
        assert 'value="follow"' in client.get(address).content.decode()
        assert client.post(address, {"act": "follow"}).headers["Location"] == address
        assert 'value="unfollow"' in client.get(address).content.decode()
    assert Follow.objects.filter(member=astrid).count() == 3
    words = client.get("/my/following/").content.decode()
    assert words.count("Let go") == 3
    client.post("/my/following/", {"end": Follow.objects.first().pk})
    client.post(f"/members/{bruno.pk}/follow/", {"act": "unfollow"})
    assert Follow.objects.count() == 1


def test_pages_link_to_their_follow_page_and_feed(topic, answers, bruno):
    for page, follow, feed in (
        (
            topic.get_absolute_url(),
            f"/topics/{topic.pk}/follow/",
            f"/lobby/{topic.pk}/comments.atom",
        ),
        (
            f"/comments/{answers[0].pk}/",
            f"/comments/{answers[0].pk}/follow/",
            f"/comments/{answers[0].pk}/feed.atom",
        ),
        (f"/members/{bruno.pk}/", f"/members/{bruno.pk}/follow/", f"/members/{bruno.pk}/feed.atom"),
    ):
        words = Client().get(page).content.decode()
        head, body = words.split("<body", 1)
        assert f'href="{follow}"' in body
        assert f'href="{feed}"' in body
        assert f'type="application/atom+xml" href="{feed}"' in head


def test_anybody_else_is_told_how_and_is_refused(topic):
    words = Client().get(f"/topics/{topic.pk}/follow/").content.decode()
    assert "Sign in" in words
    assert 'value="follow"' not in words
    assert Client().post(f"/topics/{topic.pk}/follow/", {"act": "follow"}).status_code == 403
    assert Client().get("/my/following/").status_code == 404


def test_what_is_not_public_cannot_be_followed(answers, astrid):
    decide(answers[0], "hold")
    assert browser(astrid).get(f"/comments/{answers[0].pk}/follow/").status_code == 404


def test_a_guest_with_a_confirmed_address_follows_from_the_page(topic, settings):
    settings.MAILS = True
    nils, secret = guest("Nils")
    client = Client()
    client.cookies[settings.PEN_COOKIE_NAME] = secret
    client.post(f"/topics/{topic.pk}/follow/", {"act": "follow"})
    assert Follow.objects.get().pen == nils.pen
    assert "Let go" in client.get("/my/following/").content.decode()


# ---------------------------------------------------------------------------------------------- feeds


def test_the_feed_of_a_branch_has_this_comment_and_all_below_wherever_it_is(topic, answers, bruno):
    below = say("Far below.", author(bruno), answers[1])
    other = services.open_topic(title="The first row", by=None)
    feed = f"/comments/{answers[1].pk}/feed.atom"

    def said():
        words = Client().get(feed).content.decode()
        return [text in words for text in ("Answer 1.", "Far below.", "Answer 0.")]

    assert said() == [True, True, False]
    services.detach_branch(comment_id=answers[1].pk, by=None, topic_id=other.pk)
    assert said() == [True, True, False]
    decide(answers[1], "remove")
    assert said() == [False, True, False]
    assert "Bruno on" not in Client().get(feed).content.decode().split("<entry>")[0]
    services.purge_branch(comment_id=below.pk, by=None)
    services.purge_branch(comment_id=answers[1].pk, by=None)
    assert Client().get(feed).status_code == 410
    assert Client().get("/comments/999999/feed.atom").status_code == 404


def test_the_feed_of_a_member_has_their_public_words_alone(topic, answers, bruno, astrid):
    decide(answers[0], "hold")
    feed = f"/members/{bruno.pk}/feed.atom"
    words = Client().get(feed).content.decode()
    assert [text in words for text in ("Answer 0.", "Answer 1.", "The harbour")] == [
        False,
        True,
        False,
    ]
    User.objects.filter(pk=bruno.pk).update(is_active=False)
    assert Client().get(feed).status_code == 404


def test_the_feed_of_a_branch_is_kept_by_the_version(topic, answers, bruno):
    feed = f"/comments/{answers[0].pk}/feed.atom"
    first = Client().get(feed)
    again = Client().get(feed, headers={"if-none-match": first.headers["ETag"]})
    assert again.status_code == 304
    say("Below.", author(bruno), answers[0])
    assert Client().get(feed, headers={"if-none-match": first.headers["ETag"]}).status_code == 200


def test_a_feed_under_a_hidden_film_is_closed(topic, answers):
    topic.hidden_at = timezone.now()
    topic.save()
    for address in (f"/comments/{answers[0].pk}/feed.atom", f"/lobby/{topic.pk}/comments.atom"):
        assert Client().get(address).status_code in (404, 410), address


# --------------------------------------------------------------------------------------------- muting


def test_a_muted_author_folds_into_a_line_for_oneself_alone_and_replies_stay_open(
    topic, answers, astrid, bruno
):
    say("By Astrid, below.", author(astrid), answers[0])
    client, address = browser(astrid), topic.get_absolute_url()
    plain = client.get(address).content.decode()
    ask = f"/members/{bruno.pk}/mute/"
    assert "Mute" in client.get(ask).content.decode()
    assert client.post(ask).headers["Location"] == "/account/muted/"
    page = client.get(address).content.decode()
    veil = '<details class="veil"><summary>muted by you</summary><div class="comment-body"'
    assert page.count(veil) == 3
    assert page.count("<details") - plain.count("<details") == 3
    assert page.count("</details>") == page.count("<details")
    below = page.index("By Astrid, below.")
    assert page.rindex("</details>", 0, below) > page.rindex(veil, 0, below)
    assert "veil" not in Client().get(address).content.decode()
    assert "veil" not in browser(bruno).get(address).content.decode()
    client.post("/account/muted/", {"end": Mute.objects.get().pk})
    assert "veil" not in client.get(address).content.decode()


def test_muted_words_fold_the_comments_that_show_them(topic, answers, astrid):
    client, address = browser(astrid), topic.get_absolute_url()
    assert client.post("/account/muted/", {"words": "answer   1"}).status_code == 302
    page = client.get(address).content.decode()
    assert page.count('class="veil"') == 1
    assert page.index("veil") < page.index("Answer 1.") < page.index("Answer 2.")
    comment = client.get(f"/comments/{answers[1].pk}/").content.decode()
    assert comment.count('class="veil"') == 1


def test_a_guest_is_muted_by_any_of_their_comments(topic, astrid):
    nils, _secret = guest("Nils")
    comment = say("A guest's.", nils, topic=topic)
    say("Another of the guest's.", nils, topic=topic)
    client = browser(astrid)
    assert (
        f"/comments/{comment.pk}/mute/" in client.get(f"/comments/{comment.pk}/").content.decode()
    )
    client.post(f"/comments/{comment.pk}/mute/")
    assert client.get(topic.get_absolute_url()).content.decode().count('class="veil"') == 2
    assert "Nils" in client.get("/account/muted/").content.decode()


@pytest.mark.parametrize("words", ["", "  ", "…", "x" * 61])
def test_what_is_no_word_is_refused_and_kept(astrid, words):
    answer = browser(astrid).post("/account/muted/", {"words": words})
    assert answer.status_code == 422
    assert f'value="{words}"' in answer.content.decode()
    assert not Mute.objects.exists()


def test_nobody_mutes_themselves(answers, astrid):
    mine = answers[0].parent
    assert browser(astrid).post(f"/comments/{mine.pk}/mute/").status_code == 409


def test_mutes_cost_two_queries_and_none_where_nothing_is_muted(topic, answers, astrid, bruno):
    client, address = browser(astrid), topic.get_absolute_url()
    client.get(address)
    with statements() as before:
        client.get(address)
    services.mute_author(by=astrid, person_id=bruno.pk)
    services.mute_words(by=astrid, words="harbour")
    with statements() as after:
        client.get(address)
    assert len(after) - len(before) == 2


def test_posts_need_the_token_of_their_form(answers, astrid, topic):
    client = Client(enforce_csrf_checks=True)
    client.force_login(astrid)
    for address in ("/inbox/read/", f"/topics/{topic.pk}/follow/", "/account/muted/"):
        assert client.post(address).status_code == 403, address
    assert services.follows(ANYBODY, topic_id=topic.pk) is False
    assert not services.follows(reader(astrid), topic_id=topic.pk)
