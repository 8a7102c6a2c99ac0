"""What staff does to a branch: folded, slow, pinned, featured, split; what readers then see."""

import re
import threading
from datetime import timedelta
from unittest import mock

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test import Client
from django.utils import timezone

from forum.accounts.readers import Reader, pen_with_secret
from forum.discussions import page, services, tree
from forum.discussions.models import (
    MOST_PINNED,
    Comment,
    Decision,
    Event,
    FoldReason,
    Thread,
    Topic,
)
from forum.discussions.walk import SORTS
from tests.discussions.judge import faults
from tests.statements import statements

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("no_checks")]


@pytest.fixture
def by(staff):
    return Reader(user=staff)


@pytest.fixture
def talk(post):
    made = {}
    for number in ("1", "1.1", "1.1.1", "1.1.2", "1.2", "1.3", "1.3.1", "1.4", "2", "2.1", "3"):
        made[number] = post(f"This is {number}", under=made.get(number.rpartition(".")[0]))
    return made


def someone(name):
    pen, _secret, _is_new = pen_with_secret(f"secret of {name}", name)
    return services.Author(pen=pen, name=name)


def now(comment):
    return Comment.objects.with_text().get(pk=comment.pk)


def refusal(act, **kwargs):
    with pytest.raises(ValidationError) as refused:
        act(**kwargs)
    return refused.value.code


def undo_last(by):
    return services.undo(decision_id=Decision.objects.latest("pk").pk, by=by)


def later(**much):
    return mock.patch("django.utils.timezone.now", return_value=timezone.now() + timedelta(**much))


def html_of(topic, query="", client=None):
    address = Topic.objects.get(pk=topic.pk).get_absolute_url()
    return (client or Client()).get(address + query).content.decode()


def article(html, comment):
    """Return the opening of a comment, up to its text."""
    return html[html.index(f'id="c{comment.pk}"') :].partition("comment-body")[0]


def numbers(topic):
    rows = Comment.objects.filter(thread__topic=topic).values_list("pk", "text__body")
    ways = tree.ordinals_down_to([pk for pk, _body in rows])
    return {body: ".".join(map(str, ways[pk])) for pk, body in rows}


# ------------------------------------------------------------------------------ folded


def test_a_folded_branch_says_why_and_how_much_is_in_it_and_opens_without_javascript(
    talk, topic, by
):
    services.fold_branch(comment_id=talk["1.1"].pk, by=by, reason="quarrel")
    opening = article(html_of(topic), talk["1.1"])
    assert '<details class="low"><summary>' in opening
    assert "folded by a moderator, with 2 replies: a quarrel between a few" in opening
    assert "This is 1.1.2" in html_of(topic)  # it is all there, behind the fold
    assert '<details class="low">' not in article(html_of(topic), talk["1.1.1"])
    own = Client().get(f"/comments/{talk['1.1'].pk}/").content.decode()
    assert "<details open>" in article(
        own, talk["1.1"]
    )  # who follows a link there wants to read it
    assert "folded by a moderator" in article(own, talk["1.1"])


def test_what_is_folded_stays_counted_fed_found_and_answered(talk, topic, by, guest):
    before = Topic.objects.get(pk=topic.pk)
    feed = f"/lobby/{topic.pk}/comments.atom"
    entries = Client().get(feed).content.count(b"<entry>")
    services.fold_branch(comment_id=talk["1.1"].pk, by=by, reason="off-topic")
    after = Topic.objects.get(pk=topic.pk)
    assert (after.comment_count, after.last_comment_at) == (
        before.comment_count,
        before.last_comment_at,
    )
    assert after.version > before.version
    assert Client().get(feed).content.count(b"<entry>") == entries
    services.post_comment(author=guest, body="Still", parent_id=talk["1.1.1"].pk)
    assert "with 3 replies" in html_of(topic)


def test_a_fold_is_taken_away_and_back_with_its_reason(talk, topic, by):
    fold = {"comment_id": talk["1.1"].pk, "by": by}
    assert refusal(services.fold_branch, **fold, reason="ugly") == "reason-missing"
    assert refusal(services.unfold_branch, **fold) == "same-fold"
    services.fold_branch(**fold, reason="spoiler")
    assert refusal(services.fold_branch, **fold, reason="other") == "same-fold"
    services.unfold_branch(**fold)
    assert "folded by a moderator" not in html_of(topic)
    undo_last(by)
    assert now(talk["1.1"]).fold_reason == "spoiler"
    services.moderate(comment_id=talk["1.2"].pk, verb="hold", by=by)
    assert (
        refusal(services.fold_branch, comment_id=talk["1.2"].pk, by=by, reason="other")
        == "not-public"
    )


@pytest.mark.parametrize("reason", FoldReason.values)
def test_each_reason_has_words(talk, topic, by, reason):
    services.fold_branch(comment_id=talk["3"].pk, by=by, reason=reason)
    said = str(FoldReason(reason).label)
    assert f"folded by a moderator: {said}" in html_of(topic)


def test_staff_see_a_folded_branch_open_and_that_it_is_folded(talk, topic, by, as_staff):
    services.fold_branch(comment_id=talk["1.1"].pk, by=by, reason="quarrel")
    opening = article(html_of(topic, client=as_staff), talk["1.1"])
    assert '<details open class="low">' in opening
    assert "folded by a moderator" in opening


# ------------------------------------------------------------------------------ slow


@pytest.fixture
def slow(talk, by):
    services.slow_branch(comment_id=talk["1.1"].pk, by=by, minutes=10)
    return talk


def test_a_slow_branch_takes_one_reply_a_person_in_that_time_at_any_depth(slow):
    ada, bo = someone("Ada"), someone("Bo")
    first = services.post_comment(author=ada, body="One", parent_id=slow["1.1.1"].pk).comment
    for under in (slow["1.1"], slow["1.1.2"], first):
        act = {"author": ada, "body": f"Two {under.pk}", "parent_id": under.pk}
        assert refusal(services.post_comment, **act) == "cooling"
    services.post_comment(author=bo, body="Others may", parent_id=first.pk)
    services.post_comment(author=ada, body="Beside it", parent_id=slow["1.2"].pk)
    services.post_comment(author=ada, body="And above it", parent_id=slow["1"].pk)
    with later(minutes=9, seconds=50):
        assert refusal(services.post_comment, **act) == "cooling"
    with later(minutes=10, seconds=1):
        services.post_comment(**act)


def test_who_wrote_its_first_comment_waits_for_nothing_yet(topic, by):
    ada = someone("Ada")
    top = services.post_comment(author=ada, body="The top", topic_id=topic.pk).comment
    services.slow_branch(comment_id=top.pk, by=by, minutes=10)
    services.post_comment(author=ada, body="One", parent_id=top.pk)
    act = {"author": ada, "body": "Two", "parent_id": top.pk}
    assert refusal(services.post_comment, **act) == "cooling"


def test_two_slow_branches_of_a_thread_do_not_wait_for_each_other(slow, by):
    services.slow_branch(comment_id=slow["1.3"].pk, by=by, minutes=30)
    ada = someone("Ada")
    services.post_comment(author=ada, body="Here", parent_id=slow["1.1"].pk)
    services.post_comment(author=ada, body="And there", parent_id=slow["1.3"].pk)


def test_staff_do_not_wait_and_a_deleted_reply_counts(slow, staff):
    author = services.Author(member=staff)
    for at in range(3):
        services.post_comment(author=author, body=f"As staff {at}", parent_id=slow["1.1"].pk)
    ada = someone("Ada")
    gone = services.post_comment(author=ada, body="Gone", parent_id=slow["1.1"].pk).comment
    services.delete_comment(comment_id=gone.pk, by=Reader(pen=ada.pen))
    act = {"author": ada, "body": "Once more", "parent_id": slow["1.1"].pk}
    assert refusal(services.post_comment, **act) == "cooling"


def test_the_form_says_until_when_and_why_and_keeps_the_text(slow, topic):
    client = Client()
    address = f"/comments/{slow['1.1'].pk}/reply/"
    data = {"name": "Ada", "email": "", "body": "First."}
    assert client.post(address, data).status_code == 302
    shown = client.get(address).content.decode()
    assert "A moderator slowed this part of the talk: one reply a person every 10 minutes." in shown
    answer = client.post(address, data | {"body": "Every word of it."})
    assert answer.status_code == 429
    assert 0 < int(answer.headers["Retry-After"]) <= 601
    html = answer.content.decode()
    assert "Not yet: please post this from" in html
    assert "Every word of it." in html
    until = re.search(r'posted from <time datetime="([^"]+)">', html)[1]
    assert (
        timezone.now()
        < timezone.datetime.fromisoformat(until)
        <= timezone.now() + timedelta(minutes=10)
    )
    fresh = Client().get(address).content.decode()  # somebody else
    assert "slowed this part" not in fresh


def test_the_talk_says_at_the_top_of_a_slow_branch_that_it_is_slow(slow, topic):
    html = html_of(topic)
    assert html.count("Slowed by a moderator: one reply a person every 10 minutes.") == 1
    acts = html[html.index(f'id="a{slow["1.1"].pk}"') :].partition("</p>")[0]
    assert "Slowed by a moderator" in acts


def test_a_slow_branch_that_is_moved_stays_slow(slow, topic, by):
    services.detach_branch(comment_id=slow["1.1.1"].pk, by=by)
    ada = someone("Ada")
    services.post_comment(author=ada, body="One", parent_id=slow["1.1.1"].pk)
    act = {"author": ada, "body": "Two", "parent_id": slow["1.1.1"].pk}
    assert refusal(services.post_comment, **act) == "cooling"


def test_undone_a_branch_has_the_pace_it_had_part_by_part(talk, by):
    services.slow_branch(comment_id=talk["1.1.2"].pk, by=by, minutes=60)
    services.slow_branch(comment_id=talk["1"].pk, by=by, minutes=5)
    since = {"author": someone("Ada"), "body": "Since", "parent_id": talk["1.3.1"].pk}
    assert services.post_comment(**since).comment.slow_s == 300
    undo_last(by)
    slow = Comment.objects.filter(slow_s__isnull=False).values_list("pk", "slow_s")
    assert dict(slow) == {talk["1.1.2"].pk: 3600}
    services.slow_branch(comment_id=talk["1"].pk, by=by, minutes=5)
    services.slow_branch(comment_id=talk["1"].pk, by=by, minutes=0)
    assert not Comment.objects.filter(slow_s__isnull=False).exists()
    assert refusal(services.slow_branch, comment_id=talk["1"].pk, by=by, minutes=0) == "same-pace"
    assert (
        refusal(services.slow_branch, comment_id=talk["1"].pk, by=by, minutes=7)
        == "minutes-unknown"
    )
    undo_last(by)
    assert now(talk["1.4"]).slow_s == 300


def test_a_reply_elsewhere_asks_nothing_more_and_one_in_a_slow_branch_two_statements(slow):
    def cost(parent, name):
        author = someone(name)
        with statements() as said:
            services.post_comment(author=author, body=f"By {name}", parent_id=parent.pk)
        return len(said)

    cost(slow["1.2"], "Cyd")  # what a process reads once: the rules in force
    assert cost(slow["1.1"], "Bo") == cost(slow["1.2"], "Ada") + 2


@pytest.mark.django_db(transaction=True)
def test_two_replies_of_one_person_at_the_same_moment_are_one(slow):
    ada = someone("Ada")
    gate, results = threading.Barrier(4), []
    meet = services.cooling.refuse_heated

    def both_look_before_either_writes(parent, author):
        meet(parent, author)
        if gate.n_waiting < 4 and not gate.broken:
            gate.wait(10)

    def send(at):
        try:
            services.post_comment(author=ada, body=f"At once {at}", parent_id=slow["1.1"].pk)
            results.append("posted")
        except ValidationError as refused:
            results.append(refused.code)
        finally:
            connection.close()

    with mock.patch(
        "forum.discussions.services.posting.refuse_heated", both_look_before_either_writes
    ):
        threads = [threading.Thread(target=send, args=(at,)) for at in range(4)]
        for one in threads:
            one.start()
        for one in threads:
            one.join()
    assert sorted(results) == ["cooling"] * 3 + ["posted"]
    assert faults() == []


# ------------------------------------------------------------------------------ pinned


def order_of(topic, talk, query=""):
    ids = [int(pk) for pk in re.findall(r'id="c(\d+)" data-number="\d+"', html_of(topic, query))]
    names = {comment.pk: number for number, comment in talk.items()}
    return [names[pk] for pk in ids]


@pytest.mark.parametrize("sort", SORTS)
def test_a_pinned_thread_stands_first_in_every_order_and_says_so(talk, topic, by, sort):
    services.pin_thread(comment_id=talk["2"].pk, by=by, pinned=True)
    assert order_of(topic, talk, f"?sort={sort}")[0] == "2"
    assert sorted(order_of(topic, talk, f"?sort={sort}")) == ["1", "2", "3"]
    html = html_of(topic, f"?sort={sort}")
    assert html.count('<span class="tag">pinned</span>') == 1
    assert '<span class="tag">pinned</span>' in article(html, talk["2"])
    own = Client().get(f"/comments/{talk['2.1'].pk}/").content.decode()
    assert '<span class="tag">pinned</span>' in article(own, talk["2"])


@pytest.mark.parametrize("sort", SORTS)
def test_pages_show_every_thread_once_whatever_is_pinned(topic, post, by, sort, monkeypatch):
    roots = [post(f"Thread {at}") for at in range(9)]
    for at in (7, 2, 4):
        for reply in range(3):
            post(f"Reply {at} {reply}", under=roots[at])
        services.pin_thread(comment_id=roots[at].pk, by=by, pinned=True)
    monkeypatch.setattr(page, "PAGE_COMMENTS", 5)
    seen, query, pages = [], f"?sort={sort}", 0
    while query:
        html = html_of(topic, query)
        seen += re.findall(r'id="c(\d+)" data-number="\d+" data-depth="0"', html)
        following = re.search(r'rel="next" href="[^"?]*(\?[^"#]*)', html)
        query = following[1].replace("&amp;", "&") if following else ""
        pages += 1
    assert [int(pk) for pk in seen[:3]] == [roots[4].pk, roots[2].pk, roots[7].pk]  # the last first
    assert sorted(map(int, seen)) == [one.pk for one in roots]
    assert pages > 3


def test_a_talk_has_three_pinned_threads_at_most(topic, post, by):
    roots = [post(f"Thread {at}") for at in range(MOST_PINNED + 1)]
    for root in roots[:-1]:
        services.pin_thread(comment_id=root.pk, by=by, pinned=True)
    last = {"comment_id": roots[-1].pk, "by": by, "pinned": True}
    assert refusal(services.pin_thread, **last) == "too-many-pinned"
    services.pin_thread(comment_id=roots[0].pk, by=by, pinned=False)
    services.pin_thread(**last)
    assert (
        refusal(services.undo, decision_id=Decision.objects.get(event__verb="unpin").pk, by=by)
        == "too-many-pinned"
    )
    assert Thread.objects.filter(pinned_at__isnull=False).count() == MOST_PINNED


@pytest.mark.django_db(transaction=True)
def test_pinned_at_once_by_several_they_are_still_three(topic, post, by):
    roots = [post(f"Thread {at}") for at in range(8)]
    results = []

    def pin(root):
        try:
            services.pin_thread(comment_id=root.pk, by=by, pinned=True)
            results.append("pinned")
        except ValidationError as refused:
            results.append(refused.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=pin, args=(root,)) for root in roots]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert sorted(results) == ["pinned"] * MOST_PINNED + ["too-many-pinned"] * 5
    assert Thread.objects.filter(pinned_at__isnull=False).count() == MOST_PINNED


def test_a_pin_stays_behind_when_its_thread_is_moved_or_merged_and_comes_back_with_an_undo(
    talk, topic, by
):
    other = services.open_topic(title="Another", by=None)
    assert (
        refusal(services.pin_thread, comment_id=talk["1.1"].pk, by=by, pinned=True) == "not-thread"
    )
    services.pin_thread(comment_id=talk["2"].pk, by=by, pinned=True)
    at = Thread.objects.get(pk=talk["2"].thread_id).pinned_at
    services.move_thread(thread_id=talk["2"].thread_id, topic_id=other.pk, by=by)
    assert not Thread.objects.filter(pinned_at__isnull=False).exists()
    undo_last(by)
    assert Thread.objects.get(pk=now(talk["2"]).thread_id).pinned_at == at
    services.merge_thread(thread_id=now(talk["2"]).thread_id, under_id=talk["1.2"].pk, by=by)
    undo_last(by)
    assert Thread.objects.get(pk=now(talk["2"]).thread_id).pinned_at == at
    assert faults() == []


# ------------------------------------------------------------------------------ featured


def test_a_featured_comment_is_marked_and_stands_in_a_list_and_a_feed_of_its_talk(
    talk, topic, by, client
):
    head = html_of(topic)
    assert "featured" not in head
    services.feature_comment(comment_id=talk["1.1.1"].pk, by=by, featured=True)
    services.feature_comment(comment_id=talk["2"].pk, by=by, featured=True)
    html, address = html_of(topic), f"/topics/{topic.pk}/featured/"
    for number in ("1.1.1", "2"):
        assert '<span class="tag">featured</span>' in article(html, talk[number])
    assert f'<a href="{address}">2 featured</a>' in html
    shown = client.get(address).content.decode()
    assert shown.index("This is 2<") < shown.index("This is 1.1.1<")  # the last chosen first
    assert "It answers 2 comments" in shown
    feed = client.get(f"/topics/{topic.pk}/featured.atom").content.decode()
    assert feed.count("<entry>") == 2
    assert "This is 1.1.1" in feed
    services.feature_comment(comment_id=talk["2"].pk, by=by, featured=False)
    assert "This is 2<" not in client.get(address).content.decode()
    assert f'<a href="{address}">1 featured</a>' in html_of(topic)
    undo_last(by)
    assert Topic.objects.get(pk=topic.pk).featured_count == 2


def test_what_is_not_public_is_in_no_list_of_what_is_featured(talk, topic, by, client):
    services.feature_comment(comment_id=talk["1.1"].pk, by=by, featured=True)
    again = {"comment_id": talk["1.1"].pk, "by": by, "featured": True}
    assert refusal(services.feature_comment, **again) == "same-feature"
    services.moderate(comment_id=talk["1.1"].pk, verb="remove", by=by, reason="other")
    assert Topic.objects.get(pk=topic.pk).featured_count == 0
    assert (
        "Nothing is featured here." in client.get(f"/topics/{topic.pk}/featured/").content.decode()
    )
    assert "<entry>" not in client.get(f"/topics/{topic.pk}/featured.atom").content.decode()
    services.moderate(comment_id=talk["1.1"].pk, verb="restore", by=by)
    assert Topic.objects.get(pk=topic.pk).featured_count == 1
    services.moderate(comment_id=talk["1.2"].pk, verb="hold", by=by)
    held = {"comment_id": talk["1.2"].pk, "by": by, "featured": True}
    assert refusal(services.feature_comment, **held) == "not-public"
    Topic.objects.filter(pk=topic.pk).update(hidden_at=timezone.now())
    assert client.get(f"/topics/{topic.pk}/featured/").status_code == 404


def test_what_is_featured_goes_along_with_its_branch(talk, topic, by):
    other = services.open_topic(title="Another", by=None)
    services.feature_comment(comment_id=talk["1.1.1"].pk, by=by, featured=True)
    services.detach_branch(comment_id=talk["1.1"].pk, by=by, topic_id=other.pk)
    counts = dict(Topic.objects.values_list("pk", "featured_count"))
    assert counts == {topic.pk: 0, other.pk: 1}
    assert faults() == []
    Topic.objects.filter(pk=other.pk).update(featured_count=2)
    assert any("featured" in str(fault) for fault in tree.check())


# ------------------------------------------------------------------------------ split


def split(talk, by, *chosen, **more):
    ids = [talk[number].pk for number in chosen]
    body = more.pop("body", "Where it was filmed")
    where = talk[chosen[0].rpartition(".")[0]].pk
    return services.split_replies(comment_id=where, reply_ids=ids, body=body, by=by, **more)


def test_chosen_replies_become_a_thread_together_with_all_below_them(talk, topic, by, client):
    before = Topic.objects.get(pk=topic.pk).comment_count
    thread = split(talk, by, "1.3", "1.1")
    found = numbers(topic)
    assert found["Where it was filmed"] == "4"
    assert {body: found[body] for body in found if body.startswith("This is 1")} == {
        "This is 1": "1",
        "This is 1.2": "1.2",
        "This is 1.4": "1.4",
        "This is 1.1": "4.1",
        "This is 1.1.1": "4.1.1",
        "This is 1.1.2": "4.1.2",
        "This is 1.3": "4.2",
        "This is 1.3.1": "4.2.1",
    }
    assert faults() == []
    assert Topic.objects.get(pk=topic.pk).comment_count == before + 1
    assert thread.comment_count == 6
    for old, new in (("1.1", "1.1"), ("1.1.2", "1.1.2"), ("1.3.1", "1.3.1")):
        answer = client.get(f"/lobby/{topic.pk}/{old}")
        assert answer.headers["Location"] == f"/comments/{talk[new].pk}/"
    events = Event.objects.filter(verb__in=["post", "split"]).order_by("-pk")[:2]
    assert next((one.verb, one.comment_id) for one in events) == ("split", talk["1"].pk)
    root = Comment.objects.get(thread=thread, parent=None)
    assert (root.member_id, root.is_public) == (by.user.pk, True)


@pytest.mark.parametrize("elsewhere", [False, True])
def test_a_split_is_taken_back_to_the_very_places_and_what_answered_its_words_stays(
    talk, topic, by, guest, elsewhere
):
    other = services.open_topic(title="Another", by=None)
    before = numbers(topic)
    thread = split(talk, by, "1.1", "1.3", "1.4", topic_id=other.pk if elsewhere else None)
    root = Comment.objects.get(thread=thread, parent=None)
    said = {"author": guest, "body": "Under the words", "parent_id": root.pk}
    answered = services.post_comment(**said).comment
    new = services.post_comment(author=guest, body="Below", parent_id=talk["1.1.1"].pk).comment
    services.post_comment(author=guest, body="Meanwhile", parent_id=talk["1"].pk)
    undo_last(by)
    after = numbers(topic)
    assert {body: after[body] for body in before} == before
    assert (after["Below"], after["Meanwhile"]) == ("1.1.1.1", "1.5")
    assert now(new).is_public
    assert now(root).state == "removed"
    assert now(answered).is_public
    assert faults() == []


def test_a_split_undone_leaves_no_trace_where_nobody_answered_its_words(talk, topic, by):
    count = Topic.objects.get(pk=topic.pk).comment_count
    split(talk, by, "1.1.2", "1.1.1")
    undo_last(by)
    assert Topic.objects.get(pk=topic.pk).comment_count == count
    assert "Where it was filmed" not in html_of(topic)
    assert faults() == []


def test_a_split_is_refused_where_somebody_was_faster_or_nothing_was_chosen(talk, topic, by, guest):
    ask = {"comment_id": talk["1"].pk, "by": by, "body": "Words"}
    assert refusal(services.split_replies, **ask, reply_ids=[]) == "replies-missing"
    assert refusal(services.split_replies, **ask, reply_ids=range(51)) == "replies-many"
    strange = [talk["1.1"].pk, talk["2.1"].pk]
    assert refusal(services.split_replies, **ask, reply_ids=strange) == "gone-meanwhile"
    assert (
        refusal(services.split_replies, **{**ask, "body": " "}, reply_ids=strange) == "body-empty"
    )
    chosen = [talk["1.1"].pk]
    assert refusal(services.split_replies, **ask, reply_ids=chosen, topic_id=987) == "topic-gone"
    assert not Event.objects.filter(verb="split").exists()
    split(talk, by, "1.1", "1.2")
    decision = Decision.objects.latest("pk")
    services.detach_branch(comment_id=talk["1.1"].pk, by=by)
    assert refusal(services.undo, decision_id=decision.pk, by=by) == "changed-meanwhile"


@pytest.mark.parametrize("names", [("1.1",), ("1.1", "1.2", "1.3", "1.4")])
def test_a_split_takes_as_many_statements_for_one_reply_as_for_many(talk, topic, by, names, post):
    for at in range(12):
        post(f"More {at}", under=talk["1.1"])
    with statements() as said:
        split(talk, by, *names)
    writes = [one for one in said if one.startswith(("UPDATE", "INSERT", "DELETE"))]
    assert len(writes) == 17


@pytest.mark.parametrize(
    "act",
    [
        lambda pk, by: services.fold_branch(comment_id=pk, by=by, reason="other"),
        lambda pk, by: services.slow_branch(comment_id=pk, by=by, minutes=10),
        lambda pk, by: services.pin_thread(comment_id=pk, by=by, pinned=True),
        lambda pk, by: services.feature_comment(comment_id=pk, by=by, featured=True),
    ],
    ids=["fold", "slow", "pin", "feature"],
)
def test_an_act_and_its_undo_take_the_same_statements_for_a_big_branch(post, by, act):
    def cost(root):
        with statements() as said:
            act(root.pk, by)
            undo_last(by)
        return len(said)

    small, big = post("Small"), post("Big")
    for at in range(30):
        post(f"Reply {at}", under=big)
    assert cost(small) == cost(big)
