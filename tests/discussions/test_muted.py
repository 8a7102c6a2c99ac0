"""Muting without an account, in a cookie; what is muted is no news; what comes along into an account."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from forum.accounts.models import Pen
from forum.discussions import muted, services
from forum.discussions.models import Mute, Visit
from forum.discussions.muted import Kept
from forum.discussions.seen import Seen, read, written
from tests.accounts.test_signing_up import join
from tests.discussions.people import author, browser, guest, person
from tests.discussions.test_newness import html_of, marked
from tests.discussions.test_telling import say
from tests.statements import statements

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("no_checks")]
HOUR = timedelta(hours=1)
COOKIE = settings.MUTED_COOKIE_NAME
VEIL = '<details class="veil"><summary>muted by you</summary>'


@pytest.fixture
def talk(topic, bruno):
    """Three comments of three authors: a member, a guest, and a member whose words can be muted."""
    nils, _secret = guest("Nils")
    found = [say("By Bruno.", author(bruno), topic=topic), say("By Nils.", nils, topic=topic)]
    return [*found, say("A boring harbour.", author(person("Vera")), topic=topic)]


def veiled(client, topic):
    return html_of(client, topic.get_absolute_url()).count(VEIL)


def mute_all(client, talk):
    """Mute a member, a guest and words, as anybody can."""
    for comment in talk[:2]:
        address = f"/comments/{comment.pk}/mute/"
        assert address in html_of(client, comment.get_absolute_url())
        assert "nobody is told" in html_of(client, address).lower()
        assert client.post(address).headers["Location"] == "/account/muted/"
    assert client.post("/account/muted/", {"words": "  boring  "}).status_code == 302


# ------------------------------------------------------------------------------ a guest's, in a cookie


def test_a_guest_mutes_members_guests_and_words_for_this_browser_alone(topic, talk):
    client = Client()
    mute_all(client, talk)
    assert veiled(client, topic) == 3
    assert veiled(Client(), topic) == 0
    assert html_of(client, talk[2].get_absolute_url()).count(VEIL) == 1
    assert not Mute.objects.exists()
    page = html_of(client, "/account/muted/")
    for name in ("Bruno", "Nils", "boring"):
        assert name in page
    for end in (talk[0].pk, talk[1].pk, ".boring"):
        assert f'name="end" value="{end}"' in page
        client.post("/account/muted/", {"end": end})
    assert client.cookies[COOKIE].value == ""
    assert veiled(client, topic) == 0


def test_all_that_the_muted_wrote_is_muted_and_what_they_write_later(topic, talk, bruno):
    client = Client()
    client.post(f"/members/{bruno.pk}/mute/")
    assert veiled(client, topic) == 1
    say("Bruno again.", author(bruno), talk[1])
    assert veiled(client, topic) == 2


def test_the_cookie_is_small_says_neither_member_nor_pen_and_makes_answers_private(topic, talk):
    client = Client()
    mute_all(client, talk)
    cookie = client.cookies[COOKIE]
    assert (cookie["httponly"], cookie["samesite"]) == (True, "Lax")
    assert len(cookie.value) < 40
    kept = muted.read(cookie.value)
    assert kept == Kept((talk[0].pk, talk[1].pk), ("boring",))
    alone = Client()
    alone.cookies[COOKIE] = cookie.value
    answer = alone.get(topic.get_absolute_url())
    assert answer.headers["Cache-Control"] == "private, no-cache"
    assert "ETag" not in answer.headers


@pytest.mark.parametrize(
    "bad", ["", "x", "2-a", "1-", "1-A", "1.", "1-zzzzzzzzzzzzz", "1" + ".a" * 31, "x" * 4_000]
)
def test_a_bad_cookie_counts_as_none(topic, talk, bad):
    assert muted.read(bad) is None
    client = Client()
    client.cookies[COOKIE] = bad
    assert veiled(client, topic) == 0
    assert "Nobody, and no words" in html_of(client, "/account/muted/")


@pytest.mark.parametrize("words", ["x", "two words", "Größe", "- . % ~", "море", "漢字", "a" * 60])
def test_words_of_any_script_come_back_as_they_went_into_the_cookie(words):
    kept = Kept((1, 36, 2**40), (words, "x"))
    assert muted.read(muted.written(kept)) == kept


def test_a_browser_keeps_so_many_and_says_so():
    client = Client()
    for number in range(30):
        assert client.post("/account/muted/", {"words": f"word {number}"}).status_code == 302
    answer = client.post("/account/muted/", {"words": "one more"})
    assert answer.status_code == 422
    assert "let go of some first" in answer.content.decode()
    assert 'value="one more"' in answer.content.decode()


def test_a_guest_does_not_mute_what_is_their_own_or_nobodys(topic, talk, astrid):
    client, (nils, secret) = Client(), guest("Jo")
    mine = say("Mine.", nils, topic=topic)
    client.cookies[settings.PEN_COOKIE_NAME] = secret
    assert f"/comments/{mine.pk}/mute/" not in html_of(client, mine.get_absolute_url())
    assert client.post(f"/comments/{mine.pk}/mute/").status_code == 409
    assert client.post(f"/members/{astrid.pk}/mute/").status_code == 409  # wrote nothing yet
    assert COOKIE not in client.cookies


def test_mutes_of_a_guest_cost_two_queries_and_none_where_nothing_is_muted(topic, talk):
    client = Client()
    client.cookies[settings.PEN_COOKIE_NAME] = guest("Jo")[1]
    html_of(client, topic.get_absolute_url())
    with statements() as before:
        html_of(client, topic.get_absolute_url())
    mute_all(client, talk)
    html_of(client, topic.get_absolute_url())
    with statements() as after:
        html_of(client, topic.get_absolute_url())
    assert len(after) - len(before) == 2


# ------------------------------------------------------------------------------ what is muted is no news


@pytest.fixture
def was_here(looked):
    """Who looked at the talk an hour ago, before there was a word."""
    return looked(HOUR)


def test_what_is_muted_is_not_new_in_the_talk_its_head_and_lists(topic, talk, was_here):
    address = topic.get_absolute_url()
    assert len(marked(html_of(was_here, address))) == 3
    assert "3 comments, <span" in " ".join(html_of(was_here, "/lobby/").split())
    mute_all(was_here, talk)
    assert marked(html_of(was_here, address)) == []
    assert "Nothing new since" in html_of(was_here, address)
    for page in (address, "/lobby/", "/my/new/"):
        assert "fresh" not in html_of(was_here, page)
    other = say("Of another.", author(person("Wim")), topic=topic)
    assert marked(html_of(was_here, address)) == [other.pk]
    for page in (address, "/lobby/", "/my/new/"):
        assert '<span class="fresh">1 new</span>' in html_of(was_here, page)


def test_what_is_muted_is_not_new_since_a_moment_neither(topic, talk, was_here):
    address = f"{topic.get_absolute_url()}?since=2020-01-01"
    mute_all(was_here, talk[:1])
    assert marked(html_of(was_here, address)) == [talk[1].pk]
    assert len(marked(html_of(Client(), address))) == 3


# --------------------------------------------------------------------- what comes along into an account


@pytest.fixture
def reads(topic, talk):
    """A guest who has marked what is new and muted some: (browser, when they looked)."""
    client, at = Client(), timezone.now() - HOUR
    there = services.open_topic(title="Elsewhere", by=None)
    seen = {topic.pk: Seen(at - HOUR, at), there.pk: Seen(at, at), 10**9: Seen(at, at)}
    client.cookies[settings.SEEN_COOKIE_NAME] = written(seen, at)
    mute_all(client, talk)
    return client


def visits_of(member):
    return dict(Visit.objects.filter(member=member).values_list("topic__title", "seen_at"))


def test_who_signs_up_goes_on_reading_where_they_were(topic, talk, reads):
    before = html_of(reads, topic.get_absolute_url())
    answer = join("Nadia", client=reads)
    assert answer.status_code == 302
    mine = Visit.objects.get(topic=topic)
    assert mine.member.username == "Nadia"
    assert timedelta(0) <= timezone.now() - HOUR - mine.seen_at < timedelta(minutes=1)
    assert timedelta(minutes=59) < mine.seen_at - mine.since < timedelta(minutes=61)
    assert set(visits_of(mine.member)) == {"The last row", "Elsewhere"}
    after = html_of(reads, topic.get_absolute_url())
    assert marked(after) == marked(before)
    assert after.count(VEIL) == before.count(VEIL) == 3
    assert Mute.objects.filter(member=mine.member).count() == 3


def test_who_claims_keeps_of_each_talk_the_newest_moment(topic, reads, astrid):
    mine, secret = guest("Jo")
    say("A guest's word.", mine, topic=topic)
    reads.cookies[settings.PEN_COOKIE_NAME] = secret
    now = timezone.now()
    older, newer = now - timedelta(days=9), now - timedelta(minutes=1)
    Visit.objects.create(member=astrid, topic=topic, since=older, seen_at=older)
    elsewhere = services.open_topic(title="Seen later", by=None)
    Visit.objects.create(member=astrid, topic=elsewhere, since=newer, seen_at=newer)
    seen = read(reads.cookies[settings.SEEN_COOKIE_NAME].value)
    reads.cookies[settings.SEEN_COOKIE_NAME] = written(
        {**seen, elsewhere.pk: Seen(older, older)}, now
    )
    reads.force_login(astrid)
    assert reads.post("/account/claim/").status_code == 302
    found = visits_of(astrid)
    assert found["Seen later"] == newer
    assert now - found["The last row"] < timedelta(hours=2)
    assert "Elsewhere" in found


def test_a_moment_to_come_is_no_visit_to_come(topic, astrid):
    later = timezone.now() + timedelta(days=400)
    services.bring_visits(member=astrid, seen={topic.pk: Seen(later, later)})
    assert Visit.objects.get().seen_at <= timezone.now()


def test_what_was_seen_of_a_talk_that_went_elsewhere_holds_there(topic, astrid):
    there = services.open_topic(title="Elsewhere", by=None)
    client, at = browser(astrid), timezone.now() - HOUR
    mine, secret = guest("Jo")
    say("A guest's word.", mine, topic=topic)
    services.move_talk(topic_id=topic.pk, to_id=there.pk, by=None)
    client.cookies[settings.SEEN_COOKIE_NAME] = written({topic.pk: Seen(at, at)}, at)
    client.cookies[settings.PEN_COOKIE_NAME] = secret
    client.post("/account/claim/")
    assert set(visits_of(astrid)) == {"Elsewhere"}


def test_an_own_comment_that_was_muted_as_a_guest_is_muted_no_more(topic, astrid):
    client, (jo, secret) = Client(), guest("Jo")
    first = say("Of another's pen.", jo, topic=topic)
    client.post(f"/comments/{first.pk}/mute/")
    client.cookies[settings.PEN_COOKIE_NAME] = secret
    assert Pen.objects.count() == 1
    client.force_login(astrid)
    client.post("/account/claim/")
    assert not Mute.objects.exists()
