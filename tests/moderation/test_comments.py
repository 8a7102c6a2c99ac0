"""Comments in the admin: what is shown, what is decided, by whom."""

import re

import pytest
from django.http import HttpResponse
from django.test import Client

from forum.accounts.models import User
from forum.accounts.readers import Reader
from forum.discussions import services
from forum.discussions.models import Comment, Event, Reason, State, Thread
from forum.discussions.services import posting
from forum.moderation import admin as comments_admin
from forum.moderation.decisions import VERBS, verbs_for
from tests.moderation.conftest import ALL, LIST, client_of, lately, moderator, person
from tests.moderation.hostile import OWN, STRINGS, faults_of

TO = {verb: to for verb, (to, _sources) in services.MODERATION.items()}
SOURCES = {verb: sources for verb, (_to, sources) in services.MODERATION.items()}
LISTED = [one for one in State.values if one not in (State.ERASED, State.PURGED)]
DECIDED = sorted({state for sources in SOURCES.values() for state in sources})


@pytest.fixture(autouse=True)
def _everybody_is_known(monkeypatch):
    """What newcomers write is asked about too: test_tabs.py."""
    monkeypatch.setattr(posting, "NEWCOMER_COMMENTS", 0)


@pytest.fixture
def client(db):
    return client_of(moderator())


def ids_in(html):
    return [int(one) for one in re.findall(r'name="_selected_action" value="(\d+)"', html)]


def listed(client, query="?tab=all"):
    answer = client.get(f"{LIST}{query}")
    assert answer.status_code == 200
    return ids_in(answer.content.decode())


def singly(client, comment, verb, reason="unkind"):
    return client.post(
        f"{LIST}{comment.pk}/decision/", {"verb": verb, "reason": reason}, follow=True
    )


def in_bulk(client, comments, verb, reason="unkind", query="", **more):
    ids = [getattr(one, "pk", one) for one in comments]
    data = {"action": verb, "reason": reason, "index": 0, "_selected_action": ids, **more}
    return client.post(f"{LIST}{query}", data, follow=True)


def said(answer):
    return [str(message) for message in answer.context["messages"]]


def state_of(comment):
    return Comment.objects.values_list("state", flat=True).get(pk=comment.pk)


# ---------------------------------------------------------------------------------------- reading


def test_the_queue_shows_film_author_state_date_and_the_text_as_readers_see_it(client, say):
    comment = say("The *harbour* at night. " * 20, name="la Golondrina - Europe")
    html = client.get(ALL).content.decode()
    assert "<bdi>The last row</bdi>" in html
    assert "<bdi>la Golondrina - Europe</bdi></b>, guest, first comment," in html
    assert '<span class="state public">public</span>' in html
    assert f"{comment.created_at:%H:%M}" in html
    assert re.search(r"\d seconds? ago</time>", html)
    assert "<p>The <em>harbour</em> at night. The <em>harbour</em>" in html


def test_what_waits_stands_first_and_then_the_newest(client, say):
    first, second, third, fourth = say(), say(state="held"), say(), say(state="held")
    assert listed(client) == [fourth.pk, second.pk, third.pk, first.pk]


@pytest.mark.parametrize("state", LISTED)
def test_the_list_is_filtered_by_state(client, say, state):
    every = {one: say(state=one) for one in LISTED}
    assert listed(client, f"?state={state}") == [every[state].pk]


def test_the_list_is_filtered_by_the_kind_of_author(client, say):
    member, guest, imported = say(member=User.objects.create_user("Sunniva")), say(), say()
    Comment.objects.filter(pk=imported.pk).update(pen=None)
    assert listed(client, "?author=member") == [member.pk]
    assert listed(client, "?author=guest") == [guest.pk]
    assert listed(client, "?author=imported") == [imported.pk]


def test_the_list_is_filtered_by_edits_that_wait_and_marks_them(client, say):
    say()
    comment = say(edit="A new text.")
    assert listed(client, "?why=edit") == [comment.pk]
    html = client.get(ALL).content.decode()
    assert "<p>A new text.</p>" in html
    assert f'value="accept:{comment.pk}"' in html
    assert f'value="drop:{comment.pk}"' in html


@pytest.mark.parametrize("query", ["?state=nonsense", "?author=x", "?why=x", "?state=erased"])
def test_a_filter_that_does_not_exist_filters_nothing(client, say, query):
    comment = say()
    assert listed(client, query) == [comment.pk]


def test_search_looks_for_words_of_texts_and_for_whole_names(client, say):
    text, name = say("About the harbour."), say(name="Harbour")
    member = say(member=User.objects.create_user("Hárbour"))
    say("Nothing of it.")
    gone = say("A harbour that was removed.", state="removed")
    assert listed(client, "?q=harbour") == [gone.pk, member.pk, name.pk, text.pk]
    assert listed(client, "?q=harbours+-removed") == [text.pk]
    assert listed(client, "?q=harb") == []
    assert listed(client, "?q=harb*&state=removed") == [gone.pk]
    assert client.get(f"{LIST}?q=%00").status_code == 200


def test_what_is_erased_is_nowhere(client, say):
    comment = say("Out of the world.")
    services.erase_comment(comment_id=comment.pk, by=None)
    assert listed(client) == []
    assert client.get(f"{LIST}{comment.pk}/change/").status_code == 404


def test_the_list_asks_as_many_questions_for_3_comments_as_for_60(
    client, say, django_assert_max_num_queries
):
    def cost():
        with django_assert_max_num_queries(15) as found:
            client.get(ALL)
        return len(found)

    member = User.objects.create_user("Sunniva")
    say(under=say(member=member))
    for at in range(3):
        say(state=["held", "public", "removed"][at], edit="New." if at else "")
    small = cost()
    for at in range(57):
        say(name=f"Guest {at}", member=member if at % 3 else None, edit="New." if at % 2 else "")
    assert cost() == small


def test_pages_follow_one_another_at_the_same_cost(
    client, say, monkeypatch, django_assert_max_num_queries
):
    monkeypatch.setattr(comments_admin.CommentAdmin, "list_per_page", 3)
    expected = [say(state="held" if at % 4 == 0 else "public") for at in range(8)]
    expected.sort(key=lambda one: (one.state != "held", -one.pk))
    found, costs = [], set()
    for number in (1, 2, 3):
        with django_assert_max_num_queries(15) as queries:
            found += listed(client, f"?tab=all&p={number}")
        costs.add(len(queries))
    assert found == [one.pk for one in expected]
    assert len(costs) == 1


def test_the_page_of_a_comment_shows_what_is_needed_to_decide(client, say):
    parent = say("What **was** asked.", name="Marta")
    comment = say("What was <b>answered</b>.", under=parent, edit="Answered *anew*.")
    say(state="removed")
    services.moderate(comment_id=comment.pk, verb="hold", by=Reader(user=User.objects.get()))
    html = client.get(f"{LIST}{comment.pk}/change/").content.decode()
    assert "Comment 1.1" in html
    assert html.index("<p>What <strong>was</strong> asked.</p>") < html.index(
        "<p>What was &lt;b&gt;answered&lt;/b&gt;.</p>"
    )
    assert "<p>Answered <em>anew</em>.</p>" in html
    assert "1 removed" in html
    assert "<bdi>Nils (guest)</bdi>: posted" in html
    assert "<bdi>Ines</bdi>: held" in html
    assert re.findall(r'name="verb" value="(\w+)"', html) == [
        "accept",
        "drop",
        "approve",
        "spam",
        "remove",
    ]


def test_the_page_of_a_comment_costs_the_same_however_much_was_done(
    client, say, django_assert_max_num_queries
):
    def cost():
        with django_assert_max_num_queries(17) as found:
            client.get(f"{LIST}{comment.pk}/change/")
        return len(found)

    comment = say(under=say(), edit="New.")
    by = Reader(user=User.objects.get())
    services.moderate(comment_id=comment.pk, verb="hold", by=by)
    small = cost()
    for _again in range(5):
        services.moderate(comment_id=comment.pk, verb="approve", by=by)
        services.moderate(comment_id=comment.pk, verb="hold", by=by)
        say()
    assert cost() == small


def test_the_way_to_the_next_that_waits_is_offered(client, say):
    comment, other = say(state="held"), say(state="held")
    html = client.get(f"{LIST}{comment.pk}/change/").content.decode()
    assert f'/{other.pk}/change/" data-next>The next that waits' in html


def test_nothing_hostile_runs_in_the_list_or_on_a_page(say, client):
    rows = [say(f"{text}\n\n{at}", name=text[:200], edit=text) for at, text in enumerate(STRINGS)]
    for row, text in zip(rows, STRINGS, strict=True):
        other = services.open_topic(title=text, by=None)
        Thread.objects.filter(pk=row.thread_id).update(topic=other)
    answer = client.get(f"{ALL}&all=")
    assert len(ids_in(answer.content.decode())) == len(STRINGS)
    assert faults_of(answer) == []
    for row in [*rows[: len(OWN)], *rows[len(OWN) :: 10]]:
        assert faults_of(client.get(f"{LIST}{row.pk}/change/")) == []
    for text in OWN:
        assert faults_of(client.get(LIST, {"q": text})) == []


@pytest.mark.parametrize("text", OWN[:4])
def test_what_looks_for_faults_finds_them_where_nothing_is_escaped(text):
    assert faults_of(HttpResponse(f"<p title=''>{text}<a title='{text}'>")) != []


def test_names_in_messages_are_escaped(say):
    name = "<img src=x onerror=alert(1)>"
    boss, other = client_of(moderator(name)), client_of(moderator("Ines"))
    comment = say()
    singly(boss, comment, "remove")
    answer = singly(other, comment, "remove")
    (words,) = said(answer)
    assert lately(f"#{comment.pk}: already removed by {name}, 0 seconds ago.").fullmatch(words)
    assert faults_of(answer) == []


# --------------------------------------------------------------------------------------- deciding


@pytest.mark.parametrize("act", [singly, lambda client, one, verb: in_bulk(client, [one], verb)])
@pytest.mark.parametrize("verb", list(TO))
@pytest.mark.parametrize("state", DECIDED)
def test_each_verb_leads_from_its_states_to_one_and_is_written_down(client, say, act, verb, state):
    comment = say(state=state)
    before = Event.objects.count()
    answer = act(client, comment, verb)
    if state in SOURCES[verb]:
        assert state_of(comment) == TO[verb]
        event = Event.objects.latest("pk")
        assert (event.verb, event.before, event.after) == (verb, state, TO[verb])
        assert event.actor_id == User.objects.get().pk
        assert event.reason == ("unkind" if verb == "remove" else "")
        assert said(answer) == [f"#{comment.pk}: {VERBS[verb][1]}."]
    else:
        assert state_of(comment) == state
        assert Event.objects.count() == before
        assert said(answer) == [f"#{comment.pk}: it was {State(state).label} already."]


def test_the_page_offers_only_what_applies(say):
    for state in State.values:
        comment = Comment.objects.select_related("held_edit").get(pk=say(state=state).pk)
        offered = set(verbs_for(comment))
        assert offered == {verb for verb in TO if state in SOURCES[verb]}


@pytest.mark.parametrize("act", [singly, lambda client, one, *say: in_bulk(client, [one], *say)])
@pytest.mark.parametrize("reason", ["", "nonsense", "<script>"])
def test_removing_without_one_of_the_reasons_changes_nothing(client, say, act, reason):
    comment = say()
    answer = act(client, comment, "remove", reason)
    assert state_of(comment) == State.PUBLIC
    assert len(said(answer)) == 1


@pytest.mark.parametrize("reason", Reason.values)
def test_the_reason_is_kept_with_the_comment(client, say, reason):
    comment = say()
    singly(client, comment, "remove", reason)
    comment.refresh_from_db()
    assert comment.reason == reason
    assert comment.reason_words == Reason(reason).label


@pytest.mark.parametrize("verb", ["accept", "drop"])
@pytest.mark.parametrize("act", [singly, lambda client, one, verb: in_bulk(client, [one], verb)])
def test_an_edit_that_waits_is_accepted_or_dropped(client, say, act, verb):
    comment = say("The old text.", edit="The new text.")
    assert said(act(client, comment, verb)) == [f"#{comment.pk}: {VERBS[verb][1]}."]
    kept = Comment.objects.select_related("text", "held_edit").get(pk=comment.pk)
    assert kept.text.body == ("The new text." if verb == "accept" else "The old text.")
    assert not hasattr(kept, "held_edit")
    assert Event.objects.latest("pk").verb == f"edit-{verb}"
    assert said(act(client, comment, verb)) == [f"#{comment.pk}: no edit of this comment waits."]


def test_every_result_of_many_is_said(client, say):
    held, public, removed = say(state="held"), say(), say(state="removed")
    assert said(in_bulk(client, [held, public, removed, 987654], "approve")) == [
        f"#{held.pk}: approved.",
        f"#{public.pk}: it was public already.",
        f"#{removed.pk}: it was removed already.",
        "#987654: there is no such comment.",
    ]


def test_very_many_results_are_said_by_kind(client, say):
    held = [say(state="held") for _one in range(12)]
    public = say()
    words = said(in_bulk(client, [*held, public], "approve"))
    assert words[0].startswith(f"12 comments: approved (#{held[0].pk}, ")
    assert words[1] == f"1 comment: it was public already (#{public.pk})."
    assert {state_of(one) for one in held} == {"public"}


def test_a_comment_ticked_under_a_filter_that_another_moderator_decided_is_said(client, say):
    comment = say(state="held")
    singly(client_of(moderator("Ruth")), comment, "approve")
    answer = in_bulk(client, [comment], "approve", query="?state=held")
    (words,) = said(answer)
    assert lately(f"#{comment.pk}: already approved by Ruth, 0 seconds ago.").fullmatch(words)


def test_all_of_a_filtered_list_are_decided_and_nothing_else(client, say):
    held = [say(state="held", name="Nils") for _one in range(3)]
    public, other = say(name="Nils"), say(state="held", name="Marta")
    query = f"?pen={held[0].pen_id}"
    in_bulk(client, held[:1], "approve", query=query, select_across=1)
    assert {state_of(one) for one in held} == {"public"}
    assert state_of(other) == "held"
    assert Event.objects.filter(comment_id=public.pk, verb="approve").count() == 0


def test_more_than_a_number_are_decided_in_parts(client, say, monkeypatch):
    monkeypatch.setattr(comments_admin, "MOST_AT_ONCE", 2)
    held = [say(state="held") for _one in range(3)]
    all_of = {"query": "?tab=all", "select_across": 1}
    answer = in_bulk(client, held[:1], "approve", **all_of)
    assert said(answer)[-1].startswith("There are more: only 2")
    assert [state_of(one) for one in held] == ["held", "public", "public"]
    in_bulk(client, held[:1], "approve", **all_of)
    assert {state_of(one) for one in held} == {"public"}


def test_all_of_a_list_has_edits_only_where_they_wait(client, say):
    comment, other = say(edit="New."), say()
    answer = in_bulk(client, [other], "accept", select_across=1)
    assert said(answer) == [f"#{comment.pk}: the edit is accepted."]


@pytest.mark.parametrize("sent", ["x", "-1", "1 OR 1=1", "9" * 40, "²", ""])
def test_an_id_that_is_none_is_refused(client, say, sent):
    comment = say(state="held")
    assert in_bulk(client, [sent], "approve").status_code == 400
    assert client.get(f"{LIST}{sent or 'x'}/change/").status_code in (302, 404)
    assert state_of(comment) == "held"


def test_readers_see_each_decision_at_the_next_request(client, say, topic):
    comment = say("Said in the last row.", state="held")
    reader = Client()

    def is_read():
        answer = reader.get(topic.get_absolute_url())
        assert answer.status_code == 200
        return "Said in the last row." in answer.content.decode()

    assert not is_read()
    for verb, is_seen in [
        ("approve", True),
        ("remove", False),
        ("restore", True),
        ("spam", False),
        ("restore", True),
        ("hold", False),
    ]:
        singly(client, comment, verb)
        assert is_read() == is_seen, verb


# ------------------------------------------------------------------------------------- who may what


@pytest.fixture(params=["nobody", "member", "staff", "viewer", "other staff"])
def powerless(request, db):
    """A client that may not decide, and the status its POST gets."""
    if request.param == "nobody":
        return Client(), 302
    if request.param == "member":
        return client_of(User.objects.create_user("Sunniva")), 302
    rights = {
        "staff": [],
        "viewer": ["discussions.view_comment"],
        "other staff": [
            "discussions.change_comment",
            "discussions.delete_comment",
            "discussions.add_comment",
        ],
    }[request.param]
    return client_of(person("Ruth", *rights)), 403


@pytest.mark.parametrize("verb", list(VERBS))
def test_who_may_not_decide_is_refused_by_direct_post_too(powerless, say, verb):
    client, status = powerless
    state = "held" if verb == "approve" else "removed" if verb == "restore" else "public"
    comment = say(state=state, edit="New.")
    before = Event.objects.count()
    data = {"action": verb, "reason": "unkind", "index": 0, "_selected_action": [comment.pk]}
    answers = [
        client.post(LIST, data),
        client.post(LIST, {**data, "select_across": 1}),
        client.post(f"{LIST}?state={state}", data),
        client.post(f"{LIST}{comment.pk}/decision/", {"verb": verb, "reason": "unkind"}),
        client.post(f"{LIST}{comment.pk}/change/", {"state": "public"}),
    ]
    assert [one.status_code for one in answers] == [status] * len(answers)
    if status == 302:
        assert all(one.headers["Location"].startswith("/admin/login/") for one in answers)
    assert state_of(comment) == state
    assert Event.objects.count() == before
    assert Comment.objects.filter(held_edit__isnull=False).count() == 1


def test_a_viewer_reads_and_is_offered_no_decision(say):
    comment = say(edit="New.")
    viewer = client_of(person("Ruth", "discussions.view_comment"))
    assert 'name="action"' not in viewer.get(LIST).content.decode()
    assert 'name="verb"' not in viewer.get(f"{LIST}{comment.pk}/change/").content.decode()


def test_staff_without_the_right_to_view_sees_nothing(say):
    client = client_of(person("Ruth"))
    assert client.get(LIST).status_code == 403
    assert client.get(f"{LIST}{say().pk}/change/").status_code == 403


@pytest.mark.parametrize("make", [moderator, lambda: User.objects.create_superuser("Root")])
def test_nobody_adds_changes_or_deletes_a_comment_here(say, make):
    client = client_of(make())
    comment = say("As it was said.")
    sent = {"post": "yes", "state": "spam", "author_name": "x", "_save": "1"}
    for page in ("add/", f"{comment.pk}/delete/", f"{comment.pk}/change/"):
        assert client.post(f"{LIST}{page}", sent).status_code == 403, page
    assert client.get(f"{LIST}add/").status_code == 403
    assert client.get(f"{LIST}{comment.pk}/delete/").status_code == 403
    in_bulk(client, [comment], "delete_selected", post="yes")
    kept = Comment.objects.select_related("text").get(pk=comment.pk)
    assert (kept.state, kept.text.body) == ("public", "As it was said.")


def test_a_get_never_decides(client, say):
    comment = say()
    assert client.get(f"{LIST}{comment.pk}/decision/?verb=spam").status_code == 405
    client.get(f"{LIST}?action=spam&_selected_action={comment.pk}&index=0")
    assert state_of(comment) == "public"


def test_a_decision_needs_the_token_of_the_form(say):
    user, comment = moderator(), say()
    client = Client(enforce_csrf_checks=True)
    client.force_login(user)
    decision = client.post(f"{LIST}{comment.pk}/decision/", {"verb": "spam"})
    data = {"action": "spam", "index": 0, "_selected_action": [comment.pk]}
    assert [decision.status_code, client.post(LIST, data).status_code] == [403, 403]
    assert state_of(comment) == "public"


def test_a_moderator_who_lost_the_right_decides_nothing_more(say):
    user, comment = moderator(), say()
    client = client_of(user)
    user.groups.clear()
    assert client.post(f"{LIST}{comment.pk}/decision/", {"verb": "spam"}).status_code == 403
    user.is_staff = False
    user.save()
    assert client.post(f"{LIST}{comment.pk}/decision/", {"verb": "spam"}).status_code == 302
    assert state_of(comment) == "public"
