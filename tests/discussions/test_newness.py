"""What is new since one was here: for members, for guests who chose it, for anybody by ?since=."""

import re
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.utils import timezone

from forum.accounts.models import User
from forum.accounts.readers import ANYBODY, Reader, pen_with_secret
from forum.discussions import newness, seen, services
from forum.discussions.kept import kept
from forum.discussions.models import Comment, Topic, Visit
from forum.discussions.services.visiting import forget_visits
from tests.accounts.conftest import PASSWORD, client_of, confirm
from tests.discussions.growing import grow, threads

pytestmark = pytest.mark.django_db
MINUTE, HOUR, DAY = (timedelta(**{unit: 1}) for unit in ("minutes", "hours", "days"))


class Clock:
    def __init__(self):
        self.at = datetime(2026, 11, 25, 12, tzinfo=UTC)

    def forward(self, by=HOUR):
        self.at += by


@pytest.fixture
def clock(monkeypatch):
    """The site's clock, which stands still until it is set forward."""
    found = Clock()
    monkeypatch.setattr(timezone, "now", lambda: found.at)
    return found


@pytest.fixture
def reader():
    return User.objects.create_user("Ingrid", "ingrid@example.org", PASSWORD)


@pytest.fixture
def as_reader(clock, reader):
    client = Client()
    client.force_login(reader)
    return client


@pytest.fixture
def signed_in(clock, reader):
    """Their browser after signing in by the form, as the cost of pages is counted."""
    return client_of(confirm(reader))


@pytest.fixture
def as_guest(clock):
    return Client()


def html_of(client, address):
    answer = client.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


def marked(html):
    """Return the ids of the comments that are marked as new, in the order of the page."""
    return [
        int(pk) for pk in re.findall(r'<article class="[^"]*new[^"]*" id="c(\d+)" data-new', html)
    ]


def form_of(html):
    found = re.search(
        r'<form method="post" action="(/topics/\d+/seen/)"( data-seen)?>(.*?)</form>', html
    )
    assert found
    fields = dict(re.findall(r'name="(at|csrfmiddlewaretoken)" value="([^"]+)"', found[3]))
    return found[1], bool(found[2]), fields, "Mark as read" in found[3]


def visit(client, topic, **more):
    """Look at a talk and let the page tell it, as its script does; `read`: press the button."""
    html = html_of(client, topic.get_absolute_url())
    action, _is_told, fields, _has_button = form_of(html)
    answer = client.post(action, {"at": fields["at"], **more})
    assert answer.status_code == (302 if more else 204)
    return html


def choose(client, topic):
    """Choose as a guest to have marked what is new."""
    page = html_of(client, f"/my/new/?topic={topic.pk}")
    assert "Mark what is new" in page
    answer = client.post("/my/new/", {"start": "1", "topic": topic.pk})
    assert answer.headers["Location"] == f"{topic.get_absolute_url()}#talk"


@pytest.fixture(params=["member", "guest"])
def person(request, topic):
    """Somebody whose visits are kept: a browser, after the first look at the talk."""
    client = request.getfixturevalue("as_reader" if request.param == "member" else "as_guest")
    if request.param == "guest":
        choose(client, topic)
    visit(client, topic)
    return client


# ------------------------------------------------------------------------------------- what is marked


def test_what_came_since_the_last_visit_is_marked_by_word_and_class_and_counted(
    topic, post, clock, person
):
    old = post("Old.")
    clock.forward()
    visit(person, topic)
    clock.forward()
    new, reply = post("New."), post("A reply.", old)
    html = html_of(person, topic.get_absolute_url())
    assert marked(html) == [reply.pk, new.pk]
    for pk in (new.pk, reply.pk):
        article = html.split(f'id="c{pk}"')[1].split("</summary>")[0]
        assert '<summary><span class="fresh">new</span><b class="comment-author"' in article
    assert '3 comments</a>, <span class="fresh">2 new</span>' in html
    assert "<b>2 new</b> since" in html


def test_a_folded_comment_says_how_much_below_it_is_new(topic, post, clock, person):
    root, other = post("Old."), post("Old too.")
    gone = post("Gone.", root)
    clock.forward()
    visit(person, topic)
    clock.forward()
    below = post("New.", post("Its answer is new too.", gone))
    services.moderate(comment_id=gone.pk, verb="remove", by=ANYBODY, reason="off-topic")
    html = html_of(person, topic.get_absolute_url())
    summaries = {
        pk: html.split(f'id="c{pk}"')[1].split("</summary>")[0]
        for pk in (root.pk, other.pk, below.parent_id, below.pk)
    }
    said = '<span class="fresh folded">%d new below</span>'
    assert said % 2 in summaries[root.pk]
    assert said % 1 in summaries[below.parent_id]
    assert "fresh folded" not in summaries[other.pk] + summaries[below.pk]


def test_a_first_visit_marks_nothing_and_says_nothing(topic, post, as_reader):
    post()
    html = html_of(as_reader, topic.get_absolute_url())
    assert marked(html) == []
    assert "since" not in html.split("<main")[1]
    assert "Mark what is new" not in html
    action, is_told, _fields, has_button = form_of(html)
    assert (action, is_told, has_button) == (f"/topics/{topic.pk}/seen/", True, False)


def test_ones_own_comments_are_never_new(topic, post, clock, as_reader, reader):
    visit(as_reader, topic)
    clock.forward()
    post("Mine.", author=services.Author(member=reader))
    theirs = post("Theirs.")
    assert marked(html_of(as_reader, topic.get_absolute_url())) == [theirs.pk]


def test_a_guests_own_comments_are_never_new(topic, post, clock, as_guest):
    choose(as_guest, topic)
    pen, secret, _is_new = pen_with_secret("", "Nadia")
    as_guest.cookies[settings.PEN_COOKIE_NAME] = secret
    clock.forward()
    post("Mine.", author=services.Author(pen=pen, name="Nadia"))
    theirs = post("Theirs.")
    assert marked(html_of(as_guest, topic.get_absolute_url())) == [theirs.pk]


def test_what_a_moderator_let_through_later_is_new_then_and_what_is_hidden_never_is(
    topic, post, clock, person
):
    waits, spam = post("Waits.", state="held"), post("Spam.", state="spam")
    clock.forward()
    visit(person, topic)
    clock.forward()
    assert marked(html_of(person, topic.get_absolute_url())) == []
    services.moderate(comment_id=waits.pk, verb="approve", by=ANYBODY)
    html = html_of(person, topic.get_absolute_url())
    assert marked(html) == [waits.pk]
    assert f"c{spam.pk}" not in html


def test_a_comment_that_came_while_the_page_was_read_is_new_the_next_time(
    topic, post, clock, person
):
    post("Seen.")
    clock.forward()
    html = html_of(person, topic.get_absolute_url())
    action, _is_told, fields, _has_button = form_of(html)
    clock.forward(timedelta(seconds=3))
    meanwhile = post("Meanwhile.")
    person.post(action, {"at": fields["at"]})
    clock.forward()
    assert marked(html_of(person, topic.get_absolute_url())) == [meanwhile.pk]


def test_what_is_committed_just_after_it_was_dated_is_not_missed(topic, post, clock, as_reader):
    late = post("Dated now, committed when the page is made.")
    Topic.objects.filter(pk=topic.pk).update(last_comment_at=None)
    clock.forward(timedelta(seconds=2))
    visit(as_reader, topic)
    assert marked(html_of(as_reader, topic.get_absolute_url())) == [late.pk]


# ------------------------------------------------------------------------------------ how long it stays


def test_reading_changes_nothing_until_the_page_tells_it(topic, post, clock, person, reader):
    clock.forward()
    new = post()
    before = list(Visit.objects.values()), dict(person.cookies)
    for headers in ({"Sec-Purpose": "prefetch;prerender"}, {"User-Agent": "Somebot"}, {}):
        answer = person.get(topic.get_absolute_url(), headers=headers)
        assert marked(answer.content.decode()) == [new.pk]
        assert settings.SEEN_COOKIE_NAME not in answer.cookies
    assert (list(Visit.objects.values()), dict(person.cookies))[0] == before[0]


def test_back_and_reload_right_after_the_visit_keep_the_marks_and_a_later_visit_does_not(
    topic, post, clock, person
):
    clock.forward()
    new = post()
    clock.forward()
    visit(person, topic)
    clock.forward(5 * MINUTE)
    assert marked(visit(person, topic)) == [new.pk]
    clock.forward(12 * MINUTE)
    assert marked(visit(person, topic)) == [new.pk]  # still the same sitting
    clock.forward(seen.SITTING + MINUTE)
    assert marked(visit(person, topic)) == []


def test_mark_as_read_takes_the_marks_away_at_once_and_leads_back_to_the_talk(
    topic, post, clock, person
):
    clock.forward()
    post()
    html = html_of(person, topic.get_absolute_url())
    action, is_told, fields, has_button = form_of(html)
    assert is_told and has_button  # noqa: PT018
    answer = person.post(action, {"at": fields["at"], "read": "1"})
    assert answer.headers["Location"] == f"{topic.get_absolute_url()}#talk"
    html = html_of(person, topic.get_absolute_url())
    assert marked(html) == []
    assert "Nothing new since" in html


def test_an_older_tab_brings_nothing_back(topic, post, clock, person):
    old_page = form_of(html_of(person, topic.get_absolute_url()))
    clock.forward()
    post()
    clock.forward()
    visit(person, topic, read="1")
    assert person.post(old_page[0], {"at": old_page[2]["at"]}).status_code == 204
    assert marked(html_of(person, topic.get_absolute_url())) == []


def test_a_moment_to_come_is_taken_as_now(topic, post, clock, person):
    person.post(f"/topics/{topic.pk}/seen/", {"at": "2999-01-01T00:00:00+00:00", "read": "1"})
    clock.forward()
    new = post()
    assert marked(html_of(person, topic.get_absolute_url())) == [new.pk]


@pytest.mark.parametrize(
    "at", ["", "x", "2026-11-25T12:00:00", "0001-01-01T00:00:00+23:00", "\x00"]
)
def test_a_visit_without_a_moment_is_400_and_writes_nothing(topic, as_reader, at):
    answer = as_reader.post(f"/topics/{topic.pk}/seen/", {"at": at})
    assert answer.status_code == 400
    assert not Visit.objects.exists()


def test_a_visit_is_told_by_post_with_the_forms_token_alone(topic, reader):
    client = Client(enforce_csrf_checks=True)
    client.force_login(reader)
    address = f"/topics/{topic.pk}/seen/"
    assert client.get(address).status_code == 405
    action, _is_told, fields, _has_button = form_of(html_of(client, topic.get_absolute_url()))
    assert client.post(action, {"at": fields["at"]}).status_code == 403
    assert not Visit.objects.exists()
    assert client.post(action, fields).status_code == 204
    assert Visit.objects.get().member == reader


def test_a_visit_to_no_talk_or_a_hidden_one_is_404(topic, as_reader):
    Topic.objects.filter(pk=topic.pk).update(hidden_at=timezone.now())
    for pk in (topic.pk, 10**6, 10**18):
        answer = as_reader.post(f"/topics/{pk}/seen/", {"at": timezone.now().isoformat()})
        assert answer.status_code == 404


# -------------------------------------------------------------------------------------------- next new


def test_links_lead_from_one_new_comment_to_the_next_and_from_the_last_to_the_first(
    topic, post, clock, person
):
    first = post("Old.")
    clock.forward()
    visit(person, topic)
    clock.forward()
    new = [post("A."), post("B.", first), post("C.")]
    html = html_of(person, topic.get_absolute_url())
    order = marked(html)
    assert sorted(order) == [one.pk for one in new]
    assert f'<a class="btn" data-next-new href="#c{order[0]}">Next new</a>' in html
    for pk, after in zip(order, [*order[1:], order[0]], strict=True):
        acts = html.split(f'<p class="acts" id="a{pk}">')[1].split("</p>")[0]
        assert f'<a class="after" data-next-new href="#c{after}">next new</a>' in acts


def test_what_is_new_on_other_pages_is_counted_led_to_and_not_called_seen(
    topic, clock, as_reader, reader
):
    grow(topic, threads(*[2] * 150))
    topic.refresh_from_db()
    Visit.objects.create(member=reader, topic=topic, since=clock.at - DAY, seen_at=clock.at - DAY)
    last = Comment.objects.order_by("-created_at").first()
    Comment.objects.filter(pk=last.pk).update(state_at=clock.at)
    html = html_of(as_reader, topic.get_absolute_url())
    assert marked(html) == []
    assert "<b>1 new</b>" in html
    assert "0 of them on this page" in html
    assert f'data-next-new href="/comments/{last.pk}/#c{last.pk}"' in html
    assert form_of(html)[1] is False
    assert marked(html_of(as_reader, f"{topic.get_absolute_url()}?sort=newest")) == [last.pk]
    assert marked(html_of(as_reader, f"/comments/{last.pk}/")) == [last.pk]


def test_a_comments_own_page_marks_and_tells_no_visit(topic, post, clock, as_reader):
    root = post()
    clock.forward()
    visit(as_reader, topic)
    clock.forward()
    reply = post("New.", root)
    html = html_of(as_reader, f"/comments/{root.pk}/")
    assert marked(html) == [reply.pk]
    assert "/seen/" not in html


# ----------------------------------------------------------------------------------------------- since


def test_a_link_with_since_marks_for_anybody_and_writes_nothing(topic, post, clock, client):
    post("Old.")
    clock.forward()
    moment = clock.at
    clock.forward()
    new = post("New.")
    address = f"{topic.get_absolute_url()}?since={moment:%Y-%m-%dT%H:%M:%SZ}"
    answer = client.get(address)
    html = answer.content.decode()
    assert marked(html) == [new.pk]
    assert '2 comments</a>, <span class="fresh">1 new</span>' in html
    assert "<form" not in html
    assert not answer.cookies
    assert answer.headers["Cache-Control"] == "public, no-cache"
    assert client.get(address, headers={"If-None-Match": answer.headers["ETag"]}).status_code == 304
    assert marked(html_of(client, topic.get_absolute_url())) == []


@pytest.mark.parametrize(
    "since",
    [
        "2026-11-25T12:30:00Z",
        "2026-11-25T12:30:00",  # without a zone: UTC
        "2026-11-25T13:30:00+01:00",
        "2026-11-25T13:30:00 01:00",  # as a "+" arrives that was not encoded
        "2026-11-25 12:30",
        "2026-11-25T12:30:00.000000Z",
    ],
)
def test_since_takes_any_iso_moment_and_one_without_a_zone_is_utc(
    topic, post, clock, client, since
):
    post("Old.")
    clock.forward()
    new = post("New.")
    answer = client.get(topic.get_absolute_url(), {"since": since})
    assert marked(answer.content.decode()) == [new.pk]


def test_since_a_day_is_since_its_beginning(topic, post, clock, client):
    new = post()
    assert marked(html_of(client, f"{topic.get_absolute_url()}?since=2026-11-25")) == [new.pk]
    assert marked(html_of(client, f"{topic.get_absolute_url()}?since=2026-11-26")) == []


@pytest.mark.parametrize(
    "bad",
    [
        "x",
        "2026-13-01",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-14:00",
        "1",
        "\x00",
        "<b>",
    ],
)
def test_a_since_that_makes_no_sense_is_400_and_says_how_one_looks(topic, post, client, bad):
    comment = post()
    for address in (topic.get_absolute_url(), comment.get_absolute_url()):
        answer = client.get(address, {"since": bad})
        assert answer.status_code == 400
        assert "must be a moment like 2026-11-25T18:00:00Z" in answer.content.decode()


def test_since_a_moment_to_come_nothing_is_new(topic, post, client):
    post()
    html = html_of(client, f"{topic.get_absolute_url()}?since=2999-01-01T00:00:00Z")
    assert marked(html) == []
    assert "Nothing new since" in html


def test_pages_with_since_are_not_kept_in_memory(topic, post, client):
    post()
    html_of(client, topic.get_absolute_url())
    html_of(client, f"{topic.get_absolute_url()}?since=2026-11-25T11:00:00Z")
    before = kept.used_bytes  # with the places of marks, which are the same for all
    for minute in range(50):
        html_of(client, f"{topic.get_absolute_url()}?since=2026-11-25T12:{minute:02}:00Z")
    assert kept.used_bytes == before


def test_the_moment_of_the_last_visit_is_a_link_that_shows_the_same_to_anybody(
    topic, post, clock, person, client
):
    clock.forward()
    new = post()
    html = html_of(person, topic.get_absolute_url())
    link = re.search(r'since <a href="([^"#]+)#talk"><time datetime="[^T"]+">', html)[1]
    assert "?since=2026-11-25T" in link
    assert marked(html_of(Client(), link)) == [new.pk]


def test_the_orders_and_further_pages_of_a_talk_with_since_ask_for_the_same(topic, client):
    grow(topic, threads(*[2] * 150))
    html = html_of(client, f"{topic.get_absolute_url()}?since=2019-03-02T22:00:00Z")
    asked = f"{topic.get_absolute_url()}?since=2019-03-02T22:00:00.000000Z"
    assert f'href="{asked}&amp;sort=newest#talk"' in html
    following = re.search(r'rel="next" href="([^"]+)"', html)[1].replace("&amp;", "&")
    assert following.startswith(f"{asked}&sort=oldest&page=")
    assert len(marked(html)) + len(marked(html_of(client, following))) == 193  # minutes 107 to 299
    newest = html_of(client, f"{asked}&sort=newest")
    assert f'href="{asked}&amp;sort=oldest#talk" data-sort="oldest">oldest first' in newest


def test_since_is_for_members_too_and_tells_no_visit_by_itself(topic, post, clock, as_reader):
    new = post()
    clock.forward()
    visit(as_reader, topic)
    html = html_of(as_reader, f"{topic.get_absolute_url()}?since=2026-11-25")
    assert marked(html) == [new.pk]
    assert form_of(html)[1:4:2] == (False, True)


# ------------------------------------------------------------------------------------ guests' own choice


def test_anybody_is_asked_by_a_plain_link_and_reading_sets_no_cookie(topic, post, client):
    post()
    answer = client.get(topic.get_absolute_url())
    assert f'<a href="/my/new/?topic={topic.pk}" rel="nofollow">Mark what is new</a>' in (
        answer.content.decode()
    )
    assert not answer.cookies


def test_the_cookie_is_small_and_kept_from_scripts(topic, as_guest):
    choose(as_guest, topic)
    cookie = as_guest.cookies[settings.SEEN_COOKIE_NAME]
    assert cookie["httponly"] and cookie["samesite"] == "Lax"  # noqa: PT018
    assert cookie["max-age"] == 365 * 24 * 3600
    assert len(cookie.value) < 25
    assert not Visit.objects.exists()


def test_whoever_has_the_cookie_alone_gets_a_private_answer(topic, post, as_guest):
    post()
    choose(as_guest, topic)
    client = Client()
    client.cookies[settings.SEEN_COOKIE_NAME] = as_guest.cookies[settings.SEEN_COOKIE_NAME].value
    answer = client.get(topic.get_absolute_url())
    assert answer.headers["Cache-Control"] == "private, no-cache"
    assert "ETag" not in answer.headers


@pytest.mark.parametrize("bad", ["", "1-x", "2-7.a", "1-7.zzzzzzzzzzzzz", "x" * 4_000])
def test_a_bad_cookie_counts_as_none(topic, post, as_guest, bad):
    post()
    as_guest.cookies[settings.SEEN_COOKIE_NAME] = bad
    html = html_of(as_guest, topic.get_absolute_url())
    assert marked(html) == []
    assert "Mark what is new" in html
    assert "/seen/" not in html
    assert html_of(as_guest, "/lobby/")
    assert "Mark what is new" in html_of(as_guest, "/my/new/")


def test_a_guest_takes_the_cookie_away_where_it_was_chosen(topic, as_guest):
    choose(as_guest, topic)
    assert "Mark nothing any more" in html_of(as_guest, "/my/new/")
    as_guest.post("/my/new/", {"stop": "1"})
    assert as_guest.cookies[settings.SEEN_COOKIE_NAME].value == ""


def test_a_visit_of_a_guest_who_has_not_chosen_sets_no_cookie(topic, client):
    answer = client.post(f"/topics/{topic.pk}/seen/", {"at": timezone.now().isoformat()})
    assert answer.status_code == 204
    assert not answer.cookies


# --------------------------------------------------------------------------------------- lists, and all


def test_lists_and_the_page_of_what_is_new_count_it(topic, post, clock, person):
    other = services.open_topic(title="Never looked at", by=None)
    services.post_comment(author=author_of(), body="Elsewhere.", topic_id=other.pk)
    clock.forward()
    post()
    post()
    lobby = html_of(person, "/lobby/")
    assert '2 comments, <span class="fresh">2 new</span>' in lobby
    assert lobby.count("new</span>") == 1
    page = html_of(person, "/my/new/")
    assert "The last row" in page
    assert "Never looked at" not in page
    assert "new</span>" not in html_of(Client(), "/lobby/")


def test_a_list_counts_no_more_what_a_visit_has_told(topic, post, clock, person):
    clock.forward()
    new = post()
    assert marked(visit(person, topic)) == [new.pk]
    assert "new</span>" not in html_of(person, "/lobby/")
    assert marked(html_of(person, topic.get_absolute_url())) == [new.pk]


def author_of():
    return services.Author(pen=pen_with_secret("", "Olav")[0], name="Olav")


def test_all_talks_are_called_read_at_once_but_for_what_came_since_the_page_was_made(
    topic, post, clock, person
):
    clock.forward()
    post()
    page = html_of(person, "/my/new/")
    at = re.search(r'name="at" value="([^"]+)"', page)[1]
    clock.forward(MINUTE)
    later = post("Later.")
    answer = person.post("/my/new/", {"all": "1", "at": at}, follow=True)
    assert "Everything is called read" in answer.content.decode()
    assert marked(html_of(person, topic.get_absolute_url())) == [later.pk]


@pytest.mark.parametrize("at", ["", "x", "2026-11-25"])
def test_all_read_without_a_moment_is_400(as_reader, topic, at):
    assert as_reader.post("/my/new/", {"all": "1", "at": at}).status_code == 400


def test_more_than_99_in_a_list_are_not_counted(topic, clock, as_reader, reader):
    grow(topic, threads(*[3] * 40))
    Visit.objects.create(
        member=reader, topic=topic, since=clock.at - 9_999 * DAY, seen_at=clock.at - 9_999 * DAY
    )
    assert '120 comments, <span class="fresh">99+ new</span>' in html_of(as_reader, "/lobby/")
    assert len(marked(html_of(as_reader, topic.get_absolute_url()))) == 120


# ------------------------------------------------------------------------------------ leaving and moving


def test_visits_go_with_their_member(topic, as_reader, reader):
    visit(as_reader, topic)
    services.erase_member(member_id=reader.pk, by=None)
    assert not User.objects.filter(pk=reader.pk).exists()
    assert not Visit.objects.exists()


def test_visits_lead_to_the_talk_that_theirs_went_into_and_back(
    topic, post, clock, as_reader, reader
):
    other = services.open_topic(title="The first row", by=None)
    both = User.objects.create_user("Both")
    for member, where, days in ((reader, topic, 3), (both, topic, 5), (both, other, 1)):
        at = clock.at - days * DAY
        Visit.objects.create(member=member, topic=where, since=at, seen_at=at)
    new = post("New.")
    moved = services.move_talk(topic_id=topic.pk, to_id=other.pk, by=None)
    there = {one.member_id: one.seen_at for one in Visit.objects.filter(topic=other)}
    assert there == {reader.pk: clock.at - 3 * DAY, both.pk: clock.at - 5 * DAY}
    assert marked(html_of(as_reader, other.get_absolute_url())) == [new.pk]
    # A page of the old talk that is still open tells the visit of the new one.
    clock.forward()
    as_reader.post(f"/topics/{topic.pk}/seen/", {"at": clock.at.isoformat()})
    assert Visit.objects.get(topic=other, member=reader).seen_at == clock.at
    services.move_talk_back(topic_id=topic.pk, threads=moved, by=None)
    assert Visit.objects.get(topic=topic, member=reader).seen_at == clock.at - HOUR - 3 * DAY


def test_a_guests_visits_lead_to_the_talk_that_theirs_went_into(topic, post, clock, as_guest):
    choose(as_guest, topic)
    other = services.open_topic(title="The first row", by=None)
    clock.forward()
    new = post("New.")
    services.move_talk(topic_id=topic.pk, to_id=other.pk, by=None)
    assert marked(visit(as_guest, other, read="1")) == [new.pk]
    clock.forward()
    later = services.post_comment(author=author_of(), body="Later.", topic_id=other.pk).comment
    assert marked(html_of(as_guest, other.get_absolute_url())) == [later.pk]


def test_visits_go_with_a_talk_that_is_deleted(as_reader):
    gone = services.open_topic(title="Opened by mistake", by=None)
    visit(as_reader, gone)
    gone.delete()
    assert not Visit.objects.exists()


def test_a_claim_changes_no_visit_and_what_was_claimed_is_ones_own(
    topic, post, clock, guest, as_reader, reader
):
    visit(as_reader, topic)
    clock.forward()
    comment = post("By the pen.")
    before = list(Visit.objects.values())
    services.claim_pen(pen_id=guest.pen.pk, by=Reader(user=reader))
    assert list(Visit.objects.values()) == before
    assert comment.pk not in marked(html_of(as_reader, topic.get_absolute_url()))


def test_visits_are_forgotten_after_a_year(topic, clock, as_reader):
    visit(as_reader, topic)
    clock.forward(364 * DAY)
    assert forget_visits() == "visits older than 365 days: 0 forgotten"
    clock.forward(2 * DAY)
    assert forget_visits() == "visits older than 365 days: 1 forgotten"


@pytest.mark.django_db(transaction=True)
def test_many_looks_at_once_make_one_visit_up_to_the_latest():
    topic = services.open_topic(title="The last row", by=None)
    reader = User.objects.create_user("Ingrid")
    first = timezone.now()
    ready = threading.Barrier(8)

    def look(number):
        ready.wait()
        at = first + number * timedelta(seconds=1)
        services.record_visit(member=reader, topic_id=topic.pk, at=at)
        connection.close()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(look, range(8)))
    one = Visit.objects.get()
    assert first <= one.since <= one.seen_at == first + timedelta(seconds=7)


# -------------------------------------------------------------------------------------------- its cost


def test_marks_take_one_query_whatever_the_length_of_the_talk(
    topic, clock, signed_in, reader, django_assert_num_queries
):
    Visit.objects.create(
        member=reader, topic=topic, since=clock.at - 9_999 * DAY, seen_at=clock.at - 9_999 * DAY
    )
    for more in (3, 60):
        grow(topic, threads(*[3] * more))
        html_of(signed_in, topic.get_absolute_url())
        # session and member, the topic, own comments, what is new, own votes
        with django_assert_num_queries(5):
            html_of(signed_in, topic.get_absolute_url())


@pytest.mark.parametrize("kind", ["member", "guest"])
def test_a_list_takes_one_query_more_whatever_its_length(
    topic, post, clock, signed_in, as_guest, kind, django_assert_num_queries
):
    client = signed_in if kind == "member" else as_guest
    for size in (1, 20):
        talks = [services.open_topic(title=f"Talk {n}", by=None) for n in range(size)]
        for one in talks:
            if kind == "guest":
                client.post("/my/new/", {"start": "1", "topic": one.pk})
            else:
                visit(client, one)
        with django_assert_num_queries(4 if kind == "member" else 3):
            html_of(client, "/lobby/")


def test_new_comments_of_a_long_talk_are_found_by_the_index(topic, clock, reader):
    grow(topic, threads(*[20] * 100))
    other = services.open_topic(title="Another", by=None)
    grow(other, threads(*[20] * 100))
    at = clock.at - DAY
    Visit.objects.create(member=reader, topic=topic, since=at, seen_at=at)
    for text, values in (
        (newness._member_sql(connection.vendor, "best"), [at, at, reader.pk, reader.pk, topic.pk]),
        (newness._in_order("%s", "%s", "", "best"), [topic.pk, at]),
    ):
        with connection.cursor() as cursor:
            explain = "EXPLAIN QUERY PLAN" if connection.vendor == "sqlite" else "EXPLAIN"
            cursor.execute(f"{explain} {text}", values)
            plan = str(cursor.fetchall())
        assert "comment_by_appearance" in plan
