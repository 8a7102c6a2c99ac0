"""The queue: what a card shows, deciding by its buttons, stale forms, the bar to undo."""

import ast
import re
from datetime import timedelta
from unittest import mock

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from forum import sql
from forum.accounts.models import User
from forum.accounts.readers import Reader
from forum.discussions import services
from forum.discussions.models import Comment, Decision, Event
from forum.moderation.words import WHAT
from tests.discussions.growing import grow
from tests.moderation.conftest import ALL, LIST, client_of, moderator
from tests.moderation.hostile import OWN, faults_of

DECISIONS = "/admin/discussions/decision/"


@pytest.fixture
def client(db):
    return client_of(moderator())


def html_of(answer):
    return answer.content.decode()


def seen_in(html, comment):
    return re.search(rf'name="seen_{comment.pk}" value="([^"]+)"', html)[1]


def press(client, verb, comment, **more):
    return client.post(LIST, {"one": f"{verb}:{comment.pk}", **more})


def state_of(comment):
    return Comment.objects.values_list("state", flat=True).get(pk=comment.pk)


def test_a_card_says_what_became_of_what_it_answers(client, say):
    parent = say("Cheap tickets.", name="Marta")
    say("Go away with that.", under=parent, state="held")
    assert "spam" not in html_of(client.get(LIST)).split("answers", 1)[1].split("</summary>")[0]
    services.moderate(comment_id=parent.pk, verb="spam", by=Reader(user=moderator("Olga")))
    summary = html_of(client.get(LIST)).split("answers", 1)[1].split("</summary>")[0]
    assert '<span class="state spam">spam</span>' in summary


def test_a_card_shows_parent_author_and_record(client, say):
    parent = say("What **was** asked, in many words.", name="Marta")
    member = User.objects.create_user("Sunniva")
    for state in ("public", "removed"):
        say(member=member, state=state)
    comment = say("The *answer*.", member=member, under=parent, state="held")
    html = html_of(client.get(LIST))
    card = html[html.index(f"Comment {comment.pk} by Sunniva") :]
    card = card[: card.index("</article>")]
    assert "answers <b><bdi>Marta</bdi></b>: <bdi>What was asked, in many words.</bdi>" in card
    assert "<p>What <strong>was</strong> asked, in many words.</p>" in card
    assert "<p>The <em>answer</em>.</p>" in card
    assert "</b>, member, 1 approved, 1 removed, first seen 0\xa0minutes ago" in card
    assert '<span class="number">1.1</span>' in card
    assert re.findall(r'data-verb="(\w+)"', card) == ["approve", "spam"]
    assert f'value="remove:{comment.pk}"' in card


def test_a_parent_that_is_gone_is_said_without_its_words(client, say):
    parent = say("A secret.")
    say(under=parent)
    services.erase_comment(comment_id=parent.pk, by=None)
    html = html_of(client.get(ALL))
    assert "a comment that is gone" in html
    assert "A secret." not in html


@pytest.mark.parametrize(
    ("verb", "state"), [("approve", "public"), ("spam", "spam"), ("remove", "removed")]
)
def test_a_button_of_a_card_decides_and_the_list_is_shown_again(client, say, verb, state):
    comment = say(state="held")
    sent = {f"reason_{comment.pk}": "unkind", f"words_{comment.pk}": "Be kind."}
    answer = press(client, verb, comment, **sent)
    assert (answer.status_code, answer.headers["Location"]) == (302, LIST)
    assert state_of(comment) == state
    told = Comment.objects.get(pk=comment.pk).reason_words
    assert told == ("Be kind." if verb == "remove" else "")


@pytest.mark.parametrize(
    "one", ["approve", "approve:x", "approve:-1", "x:1", "approve:" + "9" * 30]
)
def test_a_button_that_is_none_is_refused(client, say, one):
    comment = say(state="held")
    assert client.post(LIST, {"one": one}).status_code == 400
    assert state_of(comment) == "held"


def test_a_form_that_is_out_of_date_is_told_who_did_what_and_when(client, say):
    comment = say(state="held")
    seen = seen_in(html_of(client.get(LIST)), comment)
    boss = moderator("Ruth")
    services.moderate(comment_id=comment.pk, verb="approve", by=Reader(user=boss))
    events = Event.objects.count()
    moment = Event.objects.latest("pk").at + timedelta(seconds=20)
    with mock.patch("django.utils.timezone.now", return_value=moment):
        one = press(client, "hold", comment, **{f"seen_{comment.pk}": seen})
        decision = {"verb": "hold", f"seen_{comment.pk}": seen}
        own = client.post(f"{LIST}{comment.pk}/decision/", decision)
        data = {"action": "hold", "index": 0, "_selected_action": [comment.pk]}
        many = client.post(LIST, {**data, f"seen_{comment.pk}": seen}, follow=True)
    words = f"#{comment.pk}: already approved by Ruth, 20 seconds ago."
    assert [one.status_code, own.status_code, many.status_code] == [409, 409, 200]
    for answer in (one, own, many):
        assert words in html_of(answer)
    assert Event.objects.count() == events  # no second line with another outcome
    assert state_of(comment) == "public"


def test_a_text_that_was_edited_meanwhile_is_not_approved_unread(client, say):
    comment = say("Harmless.", state="held")
    seen = seen_in(html_of(client.get(LIST)), comment)
    services.edit_comment(
        comment_id=comment.pk,
        by=Reader(pen=Comment.objects.get(pk=comment.pk).pen),
        body="Not so harmless.",
        base=services.text_version(comment),
    )
    answer = press(client, "approve", comment, **{f"seen_{comment.pk}": seen})
    assert answer.status_code == 409
    assert "this comment was changed meanwhile" in html_of(answer)
    assert state_of(comment) == "held"


def test_the_bar_undoes_ones_own_last_decision(client, say):
    comment = say(state="held")
    assert "Your last decision" not in html_of(client.get(LIST))
    press(client, "approve", comment)
    html = html_of(client.get(LIST))
    assert f"Your last decision: #{comment.pk} by Nils: approved" in html
    address = re.search(r'class="undo-bar" method="post" action="([^"]+)"', html)[1]
    answer = client.post(address, {"back": "queue"}, follow=True)
    assert answer.redirect_chain == [(LIST, 302)]
    assert "Undone: approved." in html_of(answer)
    assert state_of(comment) == "held"
    assert "Your last decision" not in html_of(client_of(moderator("Ruth")).get(LIST))


def test_a_comments_own_page_has_the_bar_too_and_an_undo_comes_back_to_it(client, say):
    comment = say(state="held")
    address = f"{LIST}{comment.pk}/change/"
    assert 'data-verb="approve"' in html_of(client.get(address))  # what the keys press
    client.post(f"{LIST}{comment.pk}/decision/", {"verb": "approve"})
    html = html_of(client.get(address))
    undo = re.search(r'class="undo-bar" method="post" action="([^"]+)"', html)[1]
    answer = client.post(undo, {"back": comment.pk}, follow=True)
    assert answer.redirect_chain == [(address, 302)]
    assert state_of(comment) == "held"


def test_what_was_decided_by_one_press_is_undone_by_one_press(client, say):
    first = say(state="held")
    press(client, "approve", first)
    some = [say(state="held") for _one in range(3)]
    data = {"action": "spam", "index": 0, "_selected_action": [one.pk for one in some]}
    client.post(LIST, data)
    html = html_of(client.get(LIST))
    assert "Your last decision: 3 comments: marked as spam" in html
    last = Decision.objects.get(event__comment_id=some[2].pk)
    address = f"{DECISIONS}{last.pk}/undo/"
    answer = client.post(address, {"back": "queue", "together": "1"}, follow=True)
    assert "Undone for 3 comments: marked as spam." in html_of(answer)
    assert [state_of(one) for one in some] == ["held"] * 3
    assert state_of(first) == "public"
    assert f"#{first.pk} by Nils: approved" in html_of(client.get(LIST))


def test_recent_decisions_are_listed_and_undone(client, say):
    comment = say()
    press(client, "remove", comment, **{f"reason_{comment.pk}": "advert"})
    html = html_of(client.get(DECISIONS))
    assert "it advertises" in html
    decision = Decision.objects.get()
    assert f'formaction="{DECISIONS}{decision.pk}/undo/"' in html
    client.post(f"{DECISIONS}{decision.pk}/undo/")
    assert state_of(comment) == "public"
    html = html_of(client.get(DECISIONS))
    assert "formaction" not in html
    answer = client.post(f"{DECISIONS}{decision.pk}/undo/")
    assert answer.status_code == 409
    assert "This was undone already." in html_of(answer)


def test_an_undo_is_refused_with_words_when_something_happened_meanwhile(client, say):
    comment = say()
    press(client, "hold", comment)
    first = Decision.objects.get()
    services.moderate(comment_id=comment.pk, verb="spam", by=Reader(user=moderator("Ruth")))
    answer = client.post(f"{DECISIONS}{first.pk}/undo/")
    assert answer.status_code == 409
    assert "cannot be undone any more. (already marked as spam by Ruth" in html_of(answer)
    assert state_of(comment) == "spam"
    answer = client.post(f"{DECISIONS}987654/undo/", follow=True)
    assert "This can be undone no more." in html_of(answer)


def test_a_get_undoes_nothing(client, say):
    press(client, "hold", say())
    assert client.get(f"{DECISIONS}{Decision.objects.get().pk}/undo/").status_code == 405
    assert client.post(DECISIONS, {"action": "x"}).status_code == 403


# ---------------------------------------------------------------------------------------- the log

LOG = "/admin/discussions/event/"


def test_the_log_says_who_did_what_to_what_when_and_why(client, say):
    comment = say(name="Nils")
    press(client, "remove", comment, **{f"reason_{comment.pk}": "advert"})
    html = html_of(client.get(LOG))
    row = html[html.index("field-when") :]
    for words in (
        "<bdi>Ines</bdi>",
        "removed",
        f">#{comment.pk}</a>",
        "The last row",
        "advertises",
    ):
        assert words in row, words
    assert "<bdi>Nils (guest)</bdi>" in html
    assert f"{timezone.localtime():%Y}" in row


def test_the_log_is_filtered_by_person_film_and_kind(client, say):
    comment, ruth = say(), moderator("Ruth")
    press(client, "hold", comment)
    services.moderate(comment_id=comment.pk, verb="approve", by=Reader(user=ruth))
    other = services.open_topic(title="Elsewhere", by=Reader(user=ruth))

    def verbs(query):
        answer = client.get(f"{LOG}?{query}")
        assert answer.status_code == 200
        return [row.verb for row in answer.context["cl"].result_list]

    assert verbs(f"actor={ruth.pk}") == ["open", "approve"]
    assert verbs("kind=hold") == ["hold"]
    assert verbs("kind=staff") == ["open", "approve", "hold", "open"]
    assert verbs(f"topic_id={other.pk}") == ["open"]
    assert verbs("q=ruth") == ["open", "approve"]
    assert verbs("q=last+row") == ["approve", "hold", "post", "open"]
    assert verbs(f"q=%23{comment.pk}") == ["approve", "hold", "post"]
    for query in ("kind=x", "actor=x", "q=%00", "actor=" + "9" * 30):
        assert client.get(f"{LOG}?{query}").status_code == 200, query


@pytest.mark.parametrize("address", [LOG, DECISIONS, f"{LOG}?kind=staff"])
def test_the_log_costs_at_most_12_queries_at_any_size(
    client, say, topic, address, django_assert_max_num_queries
):
    def cost():
        with django_assert_max_num_queries(12) as found:
            assert client.get(address).status_code == 200
        return len(found)

    press(client, "hold", say())
    small = cost()
    Event.objects.bulk_create(
        [
            Event(verb="approve", actor_id=n % 50 + 1, topic_id=topic.pk, comment_id=n)
            for n in range(10_000)
        ]
    )
    events = Event.objects.filter(decision=None, verb="approve")
    Decision.objects.bulk_create([Decision(event=event) for event in events])
    assert cost() <= small


def test_nobody_writes_the_log(client, say):
    press(client, "hold", say())
    pk = Event.objects.latest("pk").pk
    for address in (f"{LOG}add/", f"{LOG}{pk}/delete/", f"{DECISIONS}add/"):
        assert client.post(address, {"post": "yes"}).status_code == 403
    assert Event.objects.filter(pk=pk).exists()


def test_nothing_hostile_runs_in_the_queue_the_log_or_decisions(client):
    for text in OWN:
        topic = services.open_topic(title=text, by=None)
        (pk,) = grow(topic, [None])
        Comment.objects.filter(pk=pk).update(author_name=text[:200])
        User.objects.create_user(text[:60], is_staff=True)
        press(client, "remove", Comment(pk=pk), **{f"reason_{pk}": "advert", f"words_{pk}": text})
        services.set_topic(topic_id=topic.pk, by=None, notice=text, closed=True, closed_words=text)
        for page in (f"/admin/discussions/topic/{topic.pk}/settings/", topic.get_absolute_url()):
            assert faults_of(client.get(page)) == []
        assert faults_of(client.get(f"{LIST}{pk}/change/")) == []
    for page in (LIST, ALL, LOG, DECISIONS, f"{LIST}?state=removed"):
        assert faults_of(client.get(page)) == []


def verbs_logged():
    """Return every verb that a service gives to log(), read from the syntax trees."""
    found = set()
    for package in ("forum", "films"):
        for path in sorted((settings.BASE_DIR / package).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Call) and ast.unparse(node.func) in (
                    "log",
                    "_log",
                    "Event",
                ):
                    given = node.args[:2] + [
                        one.value for one in node.keywords if one.arg == "verb"
                    ]
                    for one in given:
                        found |= {
                            leaf.value
                            for leaf in ast.walk(one)
                            if isinstance(leaf, ast.Constant) and isinstance(leaf.value, str)
                        }
    return found - {""}


def test_every_verb_has_words():
    verbs = verbs_logged()
    assert {"film-merge", "suspend", "erase-member", "purge-below", "detach"} <= verbs
    assert verbs - set(WHAT) == set()


def test_the_log_says_whom_a_suspension_concerns(client, django_user_model):
    ruth = django_user_model.objects.create_superuser("Ruth")
    whom = django_user_model.objects.create_user("Sunniva")
    services.suspend(member_id=whom.pk, by=Reader(user=ruth), reason="unkind")
    client.force_login(ruth)
    html = client.get("/admin/discussions/event/").content.decode()
    row = html.split('<td class="field-when', 1)[1] if "field-when" in html else html
    assert "suspended" in row
    assert "Sunniva" in row


def shown_to(client):
    return client.get(ALL).content.decode()


@pytest.mark.django_db(transaction=True)
def test_the_queue_is_kept_for_its_reader_until_anything_is_written(say):
    comment = say("A word.", state="held")
    ines, kai = client_of(moderator()), client_of(moderator("Kai"))
    # Tests that run beside this one write into the same PostgreSQL: here nothing is written.
    with mock.patch.object(sql, "state", return_value="as it was"):
        shown_to(ines)
        with CaptureQueriesContext(connection) as queries:
            assert "A word." in shown_to(ines)
        assert len(queries) == 2  # the session and its member
    assert "Kai" in shown_to(kai)
    assert "Kai" not in shown_to(ines)
    services.moderate(comment_id=comment.pk, verb="remove", by=Reader(), reason="unkind")
    assert 'class="state removed"' in shown_to(ines)


@pytest.mark.django_db(transaction=True)
def test_the_forms_of_a_kept_queue_are_taken_and_a_message_is_said_once(say):
    comment = say(state="held")
    client = Client(enforce_csrf_checks=True)
    client.force_login(moderator())
    pages = [shown_to(client) for _time in range(3)]
    tokens = [set(re.findall(r'csrfmiddlewaretoken" value="(\w+)"', page)) for page in pages]
    assert tokens[1]
    assert not tokens[1] & tokens[2]
    sent = {"one": f"approve:{comment.pk}", "csrfmiddlewaretoken": tokens[2].pop()}
    assert client.post(LIST, sent).status_code == 302
    assert "messagelist" in shown_to(client)
    assert "messagelist" not in shown_to(client)
    assert "messagelist" not in shown_to(client)
