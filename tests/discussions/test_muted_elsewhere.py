"""What is muted folds or is left out beyond the talk, too: catching up, the first page, search, lists."""

import re
from datetime import timedelta

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from forum.accounts.models import Pen
from forum.discussions import services
from forum.discussions.models import Comment
from tests.discussions.people import author, browser, guest, person, reader
from tests.discussions.test_newness import html_of
from tests.discussions.test_telling import say
from tests.statements import statements

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("no_checks")]
VEIL = '<details class="veil"><summary>muted by you</summary>'
BODY = re.compile(
    r'<div class="comment-body"[^>]*>\s*<p>([^<]*)|<blockquote dir="auto">([^\n]*?)</b'
)
VEILED = re.compile(re.escape(VEIL) + r"\s*(?:" + BODY.pattern + ")")


@pytest.fixture
def talk(topic, bruno):
    """Said about a lantern: by a member, below by a guest, and by a member whose words can be muted."""
    nils, _secret = guest("Nils")
    first = say("A lantern, says Bruno.", author(bruno), topic=topic)
    second = say("A lantern, says Nils.", nils, first)
    return [first, second, say("A boring lantern.", author(person("Vera")), first)]


@pytest.fixture(params=["member", "guest"])
def reads(request, astrid):
    """Somebody who mutes: a member, or a guest with a pen."""
    if request.param == "member":
        return browser(astrid)
    client = Client()
    client.cookies[settings.PEN_COOKIE_NAME] = guest("Jo")[1]
    return client


def plain(html):
    return re.sub(r"<[^>]*>", "", html)


def folded(client, address):
    """Return the words of the comments at this address, and which of them are behind a veil."""
    html = html_of(client, address)
    assert html.count("<details") == html.count("</details>")
    shown = ["".join(one) for one in BODY.findall(html)]
    return [plain(one) for one in shown], [plain("".join(one)) for one in VEILED.findall(html)]


BY_BRUNO, BY_NILS, BORING = "A lantern, says Bruno.", "A lantern, says Nils.", "A boring lantern."


def mute_all(client, talk):
    for comment in talk[:2]:
        assert client.post(f"/comments/{comment.pk}/mute/").status_code == 302
    assert client.post("/account/muted/", {"words": "boring"}).status_code == 302


def test_catching_up_leaves_out_what_its_reader_muted_and_folds_it_above_and_edited(
    topic, talk, reads, bruno
):
    address = f"/lobby/{topic.pk}/since/"
    before, none = folded(reads, address)
    assert (len(before), none) == (3, [])
    assert "3 new comments, 3 people." in html_of(reads, address)
    mute_all(reads, talk)
    assert folded(reads, address) == ([], [])
    assert "Nothing new since then." in html_of(reads, address)
    Comment.objects.update(state_at=timezone.now() - timedelta(days=30))
    say("Another lantern.", author(person("Wim")), talk[1])
    shown, veiled = folded(reads, address)
    assert shown == [BY_BRUNO, BY_NILS, "Another lantern."]  # it, and those above
    assert veiled == [BY_BRUNO, BY_NILS]
    assert "1 new comment, 1 person." in html_of(reads, address)
    Comment.objects.filter(pk=talk[2].pk).update(edited_at=timezone.now())
    shown, veiled = folded(reads, address)
    assert BORING in shown
    assert BORING in veiled


def test_featured_comments_fold_too(topic, talk, reads, staff):
    for comment in talk:
        services.feature_comment(comment_id=comment.pk, by=reader(staff), featured=True)
    mute_all(reads, talk)
    shown, veiled = folded(reads, f"/topics/{topic.pk}/featured/")
    assert set(shown) == set(veiled) == {BY_BRUNO, BY_NILS, BORING}
    assert folded(Client(), f"/topics/{topic.pk}/featured/")[1] == []


@pytest.mark.parametrize("where", ["q=lantern", "q=lantern&in=comments", "q=lantern&topic="])
def test_comments_that_are_found_fold(topic, talk, reads, where):
    say("A lantern of another.", author(person("Wim")), topic=topic)
    address = f"/search/?{where}{topic.pk if where.endswith('=') else ''}"
    assert folded(reads, address)[1] == []
    mute_all(reads, talk)
    shown, veiled = folded(reads, address)
    assert shown == ["A lantern of another.", BORING, BY_NILS, BY_BRUNO]
    assert veiled == [BORING, BY_NILS, BY_BRUNO]


def test_the_lists_of_a_member_and_of_a_guest_fold(topic, talk, reads, bruno):
    vera = talk[2].member
    say("Nothing of the kind.", author(vera), topic=topic)
    nils = Pen.objects.get(name="Nils").public_id
    pages = (f"/members/{bruno.pk}/", f"/guests/{nils}/", f"/members/{vera.pk}/")
    assert [folded(reads, one)[1] for one in pages] == [[], [], []]
    mute_all(reads, talk)
    assert folded(reads, pages[0]) == ([BY_BRUNO], [BY_BRUNO])
    assert folded(reads, pages[1]) == ([BY_NILS], [BY_NILS])
    assert folded(reads, pages[2]) == (["Nothing of the kind.", BORING], [BORING])


def addresses(topic, bruno):
    nils = Pen.objects.get(name="Nils").public_id
    lists = (f"/members/{bruno.pk}/", f"/guests/{nils}/", "/search/?q=lantern")
    return (f"/lobby/{topic.pk}/since/", f"/topics/{topic.pk}/featured/", *lists)


def test_what_others_read_has_no_veil_and_is_kept_without_one(topic, talk, reads, bruno, staff):
    services.feature_comment(comment_id=talk[0].pk, by=reader(staff), featured=True)
    mute_all(reads, talk)
    say("Another lantern.", author(person("Wim")), talk[1])  # new, below what is muted
    for address in addresses(topic, bruno):
        answer = reads.get(address)
        assert VEIL in answer.content.decode(), address
        assert answer.headers["Cache-Control"] == "private, no-cache"
        assert "ETag" not in answer.headers
        for _kept in range(3):  # made, kept, taken from what is kept
            assert "veil" not in html_of(Client(), address), address
        assert "veil" not in html_of(browser(bruno), address), address


def count_of(client, address):
    html_of(client, address)
    with statements() as said:
        html_of(client, address)
    return len(said)


def test_lists_and_results_cost_one_query_more_for_who_muted_and_none_for_others(
    topic, talk, reads, bruno
):
    say("Another lantern.", author(person("Wim")), talk[1])
    # Catching up asks of what is new, and what is laid over cards as the talk does, whose they are.
    more = dict.fromkeys(addresses(topic, bruno), 1) | {f"/lobby/{topic.pk}/since/": 3}
    del more[f"/topics/{topic.pk}/featured/"]
    before = {address: count_of(reads, address) for address in more}
    other = {address: count_of(browser(bruno), address) for address in more}
    mute_all(reads, talk)
    assert {one: count_of(reads, one) - before[one] for one in more} == more
    assert {address: count_of(browser(bruno), address) for address in more} == other


def test_words_alone_cost_a_guest_no_query(topic, talk, bruno):
    client = Client()
    client.cookies[settings.PEN_COOKIE_NAME] = guest("Jo")[1]
    lists = addresses(topic, bruno)[1:]  # catching up asks which of what is new say them
    before = [count_of(client, address) for address in lists]
    client.post("/account/muted/", {"words": "lantern"})
    assert [count_of(client, address) for address in lists] == before
    assert len(folded(client, "/search/?q=lantern")[1]) == 3
