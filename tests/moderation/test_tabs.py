"""The queue's tabs and filters, why each comment is there, claims, and what a decision would leave."""

import re
from datetime import timedelta
from unittest import mock

import pytest
from django.test import Client
from django.utils import timezone

from films.services import create_category, create_film
from forum.accounts.models import User
from forum.accounts.readers import ANYBODY, Reader
from forum.discussions import services
from forum.discussions.models import (
    Appeal,
    Comment,
    CommentText,
    Decision,
    Event,
    HeldEdit,
    Report,
)
from forum.discussions.services import waiting
from forum.moderation import claims
from forum.moderation.models import Claim
from tests.discussions.growing import grow, threads
from tests.moderation.conftest import LIST, client_of, lately, moderator, person
from tests.moderation.hostile import OWN, faults_of


@pytest.fixture
def ines(db):
    return moderator()


@pytest.fixture
def client(ines):
    return client_of(ines)


def html_of(answer):
    return answer.content.decode()


def page(client, query=""):
    answer = client.get(f"{LIST}{query}")
    assert answer.status_code == 200, query
    return html_of(answer)


def ids(client, query=""):
    return [
        int(one)
        for one in re.findall(r'name="_selected_action" value="(\d+)"', page(client, query))
    ]


def card(html, comment):
    start = html.index(f"Comment {comment.pk} by")
    return html[start : html.index("</article>", start)]


def report(comment, reason="spam", words="", by=None, minutes=0):
    made = Report.objects.create(
        comment=comment, member=by, reason=reason, words=words,
        created_at=timezone.now() - timedelta(minutes=minutes),
    )  # fmt: skip
    waiting.keep_due(Comment.objects.get(pk=comment.pk))
    return made


def press(client, verb, comment, **more):
    return client.post(LIST, {"one": f"{verb}:{comment.pk}", **more})


def appeal_about(comment, by):
    services.moderate(comment_id=comment.pk, verb="remove", by=by, reason="unkind")
    event = Event.objects.latest("pk")
    return Appeal.objects.create(event=event, comment=comment, words="I meant <the film>.")


# ----------------------------------------------------------------------------------------- the tabs


def test_each_tab_shows_what_it_says_and_counts_it(client, ines, say):
    known = User.objects.create_user("Sunniva")
    old = [say(member=known) for _time in range(4)]
    Comment.objects.update(newcomer_at=None)
    held, public, new = say(member=known, state="held"), old[0], say(name="Somebody")
    report(public)
    mine = say(member=known)
    press(client, "hold", mine)
    press(client, "approve", mine)
    appealed = say(member=known)
    appeal_about(appealed, Reader(user=ines))
    found = {name: set(ids(client, f"?tab={name}")) for name in
             ("needs", "reported", "held", "newcomers", "appeals", "mine", "all")}  # fmt: skip
    assert found["needs"] == {public.pk, held.pk}
    assert found["reported"] == {public.pk}
    assert found["held"] == {held.pk}
    assert found["newcomers"] == {new.pk}
    assert found["appeals"] == {appealed.pk}
    assert found["mine"] == {mine.pk, appealed.pk}
    assert len(found["all"]) == Comment.objects.count()
    counts = client.get(f"{LIST}counts/").json()
    assert counts == {"needs": "2", "reported": "1", "held": "1", "newcomers": "1", "appeals": "1",
                      "mine": "3", "all": str(Comment.objects.count())}  # fmt: skip
    shown = re.findall(r'data-count="(\w+)" data-shown="\d+">([\d,+]+)<', page(client))
    assert dict(shown) == counts


def test_what_needs_a_decision_is_what_one_sees_first_in_the_order_it_is_due(client, say):
    first, second, third = say(state="held"), say(state="held"), say()
    report(third, minutes=1)  # counts for an hour
    assert ids(client) == [third.pk, first.pk, second.pk]
    assert "<h1>3 comments wait</h1>" in page(client)
    assert "The first has waited for 1\xa0hour" in page(client)


def test_the_formula_of_the_order_stands_on_the_page_in_words(client, say):
    html = page(client)
    for words in ("What has waited longest stands first.", "by 60 minutes of somebody new, by up to 120",
                  "by 2 minutes for each comment that its thread got in the hour", "by at most 60"):  # fmt: skip
        assert words in html, words


def test_an_empty_tab_says_so_in_its_own_words(client, db):
    assert "<h1>Nothing waits</h1>" in page(client)
    for name, words in (("held", "Nothing is held."), ("reported", "No report waits."),
                        ("appeals", "Nobody appeals against a decision.")):  # fmt: skip
        assert words in page(client, f"?tab={name}")


def test_a_tab_that_is_none_is_the_first(client, say):
    held = say(state="held")
    say()
    assert ids(client, "?tab=%00nonsense") == [held.pk]


def test_what_one_decided_oneself_stands_in_the_order_of_deciding(client, say):
    one, two = say(state="held"), say(state="held")
    press(client, "approve", two)
    press(client, "approve", one)
    assert ids(client, "?tab=mine") == [one.pk, two.pk]
    assert ids(client_of(moderator("Ruth")), "?tab=mine") == []


def test_a_newcomers_comment_is_approved_by_one_press_and_leaves_the_tab(client, say):
    comment = say()
    html = page(client, "?tab=newcomers")
    assert "Somebody new wrote it, and nobody of the staff has looked at it yet." in html
    press(client, "approve", comment)
    assert ids(client, "?tab=newcomers") == []


def test_an_appeal_shows_its_words_and_leads_to_the_comment(client, ines, say):
    comment = say()
    appeal_about(comment, Reader(user=ines))
    html = page(client, "?tab=appeals")
    assert "I meant &lt;the film&gt;." in html
    assert f'href="{LIST}{comment.pk}/change/"' in html


# -------------------------------------------------------------------------------------- the filters


def test_filters_by_film_category_and_language(client, say):
    film = create_film(
        title="Salt of the Harbour", category=create_category(name="Work"), state="published"
    )
    guest = say().pen
    author = services.Author(pen=guest, name="Nils")
    body = "This is the harbour of my father, and it was always the sea that he looked at."
    there = services.post_comment(author=author, body=body, topic_id=film.topic_id).comment
    say("Wieder einmal nicht zu Ende gesehen, aber das war auch nicht nötig für mich.")
    assert ids(client, f"?film={film.topic_id}") == [there.pk]
    assert ids(client, "?film=salt+of") == [there.pk]
    assert 'value="Salt of the Harbour"' in page(client, f"?film={film.topic_id}")
    assert ids(client, "?film=nowhere") == []
    assert ids(client, f"?category={film.category_id}") == [there.pk]
    assert ids(client, "?language=en") == [there.pk]


def test_that_nothing_waits_is_said_of_all_that_waits_alone(client, say):
    say(state="held")
    assert "<h1>1 comment waits</h1>" in page(client)
    for query in ("?tab=needs&author=member", "?tab=needs&q=zzz"):
        html = page(client, query)
        assert "Nothing waits" not in html
        assert "0 found" in html


def test_filters_by_reason(client, say):
    spam, unkind, links = say(), say(), say(state="held")
    edited, staff = say(edit="New."), say(state="held")
    report(spam, "spam")
    report(unkind, "unkind")
    Comment.objects.filter(pk=links.pk).update(reason="links")
    for why, found in (("report-spam", spam), ("report-unkind", unkind), ("check-links", links),
                       ("edit", edited), ("staff", staff)):  # fmt: skip
        assert ids(client, f"?tab=needs&why={why}") == [found.pk], why


def test_filters_by_who_wrote_it_and_from_where(client, say):
    member = User.objects.create_user("Sunniva")
    one, other, theirs = say(name="Nils"), say(name="Nils"), say(name="Marta")
    ours = say(member=member)
    CommentText.objects.filter(pk__in=[one.pk, theirs.pk]).update(network_key="n" * 20)
    assert ids(client, "?author=member") == [ours.pk]
    assert ids(client, f"?pen={one.pen_id}") == [other.pk, one.pk]
    assert ids(client, f"?member={member.pk}") == [ours.pk]
    assert ids(client, f"?network={one.pk}") == [theirs.pk, one.pk]
    assert ids(client, f"?network={other.pk}") == []
    html = page(client, f"?network={one.pk}")
    assert "n" * 20 not in html
    assert "from the same network" in html


def test_filters_by_link_and_score(client, say):
    link, plain = say("See https://example.org/ there."), say()
    for comment, score in ((link, 950), (plain, 120)):
        CommentText.objects.filter(pk=comment.pk).update(spam_score=score)
    none = say()
    assert ids(client, "?links=with") == [link.pk]
    assert ids(client, "?links=without") == [none.pk, plain.pk]
    for value, found in (("900", link), ("500", link), ("low", plain), ("none", none)):
        assert ids(client, f"?score={value}") == [found.pk], value
    assert "95 % spam" in page(client, "?score=900")


def test_filters_are_one_form_and_stay_in_the_tab(client, say):
    held = say(state="held", name="Nils")
    say(name="Nils")
    assert ids(client, f"?tab=held&author=guest&pen={held.pen_id}") == [held.pk]
    assert '<input type="hidden" name="tab" value="held">' in page(client, "?tab=held&author=guest")
    assert "Nothing here is all of that at once." in page(client, "?tab=held&author=member")


# ------------------------------------------------------------------------------------------ its cost


def test_ten_thousand_open_items_take_as_many_queries_as_a_hundred_and_at_most_15(
    client, topic, django_assert_max_num_queries
):
    def costs():
        found = {}
        for tab in ("needs", "reported", "held", "newcomers", "appeals", "mine", "all"):
            with django_assert_max_num_queries(15) as asked:
                page(client, f"?tab={tab}")
            found[tab] = len(asked)
        return found

    grow(topic, threads(*[2] * 50), dict.fromkeys(range(100), "held"))
    few = costs()
    grow(topic, threads(*[2] * 4_950), dict.fromkeys(range(9_900), "held"))
    assert "10,000 comments wait" in page(client) or "5,000+" in page(client)
    assert costs() == few


# ----------------------------------------------------------------------------------------- the card


def test_a_card_says_why_it_is_there_with_reports_by_reason_and_what_they_say(client, say):
    comment = say()
    report(comment, "spam", "Buy <b>now</b>?")
    report(comment, "unkind", by=User.objects.create_user("Nora"))
    report(comment, "spam", by=User.objects.create_user("Vera"))
    html = card(page(client), comment)
    assert "3 readers reported it." in html
    assert re.findall(r'"state">([^<]+: \d)<', html) == [
        "spam: 2",
        "unkind: 1",
    ]
    assert "Buy &lt;b&gt;now&lt;/b&gt;?" in html
    assert "Nora" not in html


@pytest.mark.parametrize(("code", "words"), [
    ("", "A moderator holds it."),
    ("links", "It has more links than pass unread."),
    ("guest", "What guests write is read first."),
    ("of-tomorrow", "The check “of-tomorrow” holds it."),
])  # fmt: skip
def test_a_held_comment_says_what_holds_it(client, say, code, words):
    comment = say(state="held")
    Comment.objects.filter(pk=comment.pk).update(reason=code)
    assert words in card(page(client), comment)


def test_each_checks_result_is_there_and_what_was_not_run(client, say, settings):
    comment = say(state="held")
    settings.COMMENT_CHECKS = ["a.b.guests", "a.b.links", "c.late"]
    said = [["guests", "public", ""], ["links", "hold", "links"], ["old", "public", ""]]
    CommentText.objects.filter(pk=comment.pk).update(checked=said)
    html = card(page(client), comment)
    found = re.findall(r"<b>([^<]+)</b>: ([^<]+)<", html)
    assert found == [
        ("Guests", "passed"),
        ("Links, by trust", "held it: It has more links than pass unread."),
        ("late", "was not run"),
        ("old", "passed"),
    ]


def test_an_edit_that_waits_says_on_its_card_and_page_what_each_check_said(client, say, settings):
    comment = say(edit="With a link.")
    settings.COMMENT_CHECKS = ["a.b.guests", "a.b.links"]
    said = [["guests", "public", ""], ["links", "hold", "links"]]
    HeldEdit.objects.filter(comment=comment).update(checked=said, spam_score=874)
    for html in (card(page(client), comment), page(client, f"{comment.pk}/change/")):
        shown = html[html.index("With a link.") :]
        assert "Checks, 87 % spam" in shown
        assert re.findall(r"<b>([^<]+)</b>: ([^<]+)<", shown)[:2] == [
            ("Guests", "passed"),
            ("Links, by trust", "held it: It has more links than pass unread."),
        ]


def test_the_record_that_was_looked_at_is_told_in_words(client, say, settings):
    comment = say(state="held")
    settings.COMMENT_CHECKS = ["a.b.record", "a.b.topic", "a.b.outside"]
    said = [["record", "hold", "12-3-1-0"], ["topic", "hold", "talk"], ["outside", "not-run", ""]]
    CommentText.objects.filter(pk=comment.pk).update(checked=said)
    found = re.findall(r"<b>([^<]+)</b>: ([^<]+)<", card(page(client), comment))
    assert found == [
        ("The author&#x27;s record", "held it: watched, 12 approved, 3 removed, 1 spam"),
        ("Read first in this talk", "held it: The talk is kept so."),
        ("Outside check", "was not run"),
    ]


def test_the_parent_and_the_first_of_the_thread_are_there_on_one_expand(client, say):
    root = say("The *first* word.", name="Marta")
    middle = say("In between.", name="Oskar", under=root)
    last = say("The last.", under=middle, state="held")
    html = card(page(client), last)
    inside = html[html.index("<details") : html.index("</details>")]
    for words in ("<p>The <em>first</em> word.</p>", "<p>In between.</p>", "Marta", "Oskar"):
        assert words in inside
    reply = say("Under the first.", under=root, state="held")
    html = card(page(client), reply)
    assert html.count("<p>The <em>first</em> word.</p>") == 1


def test_an_authors_line_counts_what_else_they_wrote(client, say):
    for state in ("public", "public", "public", "removed"):
        say(state=state)
    Comment.objects.update(created_at=timezone.now() - timedelta(days=2, hours=1))
    comment = say(state="held")
    html = card(page(client), comment)
    assert "</b>, guest, 3 approved, 1 removed, first seen 2\xa0days ago," in html


def test_b_leads_to_the_person(client, say):
    guest, member = say(state="held"), say(state="held", member=User.objects.create_user("Sunniva"))
    html = page(client)
    assert re.search(rf'href="/admin/moderation/guest/{guest.pen_id}/[^"]*" data-person', html)
    assert re.search(rf'href="/admin/moderation/person/{member.member_id}/[^"]*" data-person', html)


# ------------------------------------------------------------------------------------------- claims


def test_who_takes_a_comment_up_is_seen_by_others_for_ten_minutes(client, ines, say):
    comment, ruth = say(state="held"), client_of(moderator("Ruth"))
    answer = client.post(f"{LIST}{comment.pk}/claim/", follow=True)
    assert "You have it before you: others see that." in html_of(answer)
    assert "<bdi>Ines</bdi> took it up 0\xa0minutes ago." in card(page(ruth), comment)
    assert "took it up" not in card(page(client), comment)
    late = timezone.now() + timedelta(minutes=10, seconds=1)
    with mock.patch("django.utils.timezone.now", return_value=late):
        assert "took it up" not in card(page(ruth), comment)


def test_a_claim_is_told_before_one_decides_and_hinders_nobody(client, ines, say):
    comment, ruth = say(state="held"), moderator("Ruth")
    claims.take(comment_id=comment.pk, by=Reader(user=ruth))
    answer = press(client, "approve", comment)
    assert answer.status_code == 409
    told = lately("Ruth took it up 0 seconds ago; decide again if you want to all the same")
    assert told.search(html_of(answer))
    assert Comment.objects.get(pk=comment.pk).state == "held"
    (known,) = re.findall(rf'name="claim_{comment.pk}" value="(\d+)"', html_of(answer))
    press(client, "approve", comment, **{f"claim_{comment.pk}": known})
    assert Comment.objects.get(pk=comment.pk).state == "public"
    assert not Claim.objects.exists()


def test_a_bulk_decision_tells_of_claims_one_by_one(client, say):
    free, taken = say(state="held"), say(state="held")
    claims.take(comment_id=taken.pk, by=Reader(user=moderator("Ruth")))
    data = {"action": "approve", "index": 0, "_selected_action": [free.pk, taken.pk]}
    html = html_of(client.post(LIST, data, follow=True))
    assert f"#{free.pk}: approved." in html
    assert f"#{taken.pk}: Ruth took it up" in html
    assert Comment.objects.get(pk=taken.pk).state == "held"


def test_a_second_claim_is_refused_with_the_name_of_the_first(client, say):
    comment = say(state="held")
    claims.take(comment_id=comment.pk, by=Reader(user=moderator("Ruth")))
    answer = client.post(f"{LIST}{comment.pk}/claim/", headers={"Accept": "application/json"})
    assert answer.status_code == 409
    assert answer.json()["words"].startswith(f"#{comment.pk}: Ruth has it until ")
    assert client.post(f"{LIST}{comment.pk}/claim/").status_code == 409
    assert Claim.objects.get().member.username == "Ruth"


def test_a_claim_is_made_by_post_alone_and_by_moderators(client, say):
    comment = say(state="held")
    assert client.get(f"{LIST}{comment.pk}/claim/").status_code == 405
    viewer = client_of(person("Vera", "discussions.view_comment"))
    assert viewer.post(f"{LIST}{comment.pk}/claim/").status_code == 403
    assert client.post(f"{LIST}987654/claim/").status_code == 404
    page(client)
    client.get(f"{LIST}{comment.pk}/change/")
    client.get(f"{LIST}{comment.pk}/preview/")
    assert not Claim.objects.exists()


def test_claims_go_with_who_leaves_outlive_a_purge_and_are_forgotten(say, ines):
    comment, by = say(state="held"), Reader(user=ines)
    claims.take(comment_id=comment.pk, by=by)
    services.purge_branch(comment_id=comment.pk, by=None)
    with mock.patch(
        "django.utils.timezone.now", return_value=timezone.now() + timedelta(minutes=11)
    ):
        assert claims.forget_claims() == "claims on comments that are over: 1 deleted"
    claims.take(comment_id=say().pk, by=by)
    services.erase_member(member_id=ines.pk, by=None, how="delete")
    assert not Claim.objects.exists()


def test_a_claim_that_is_over_is_anybodys(say, ines):
    comment, ruth = say(state="held"), Reader(user=moderator("Ruth"))
    claims.take(comment_id=comment.pk, by=Reader(user=ines))
    assert claims.take(comment_id=comment.pk, by=ruth).member == ines
    with mock.patch(
        "django.utils.timezone.now", return_value=timezone.now() + timedelta(minutes=11)
    ):
        assert claims.take(comment_id=comment.pk, by=ruth).member == ruth.user


# ---------------------------------------------------------------------------------------- the preview


def previews(client, comment):
    html = html_of(client.get(f"{LIST}{comment.pk}/preview/"))
    return {
        name: re.search(rf'data-preview-of="{name}">(.*?)</div>\s*<(?:p|form)', html, re.DOTALL)[1]
        for name in ("remove", "fold", "branch")
    } | {"page": html}


def test_a_preview_shows_the_three_ways_with_counts_and_those_concerned(client, say):
    top = say("The bone of contention.", name="Nils")
    reply = say("I disagree.", name="Marta", under=top)
    say("And I.", name="Oskar", under=reply)
    found = previews(client, top)
    assert "removed by a moderator" in found["remove"]
    assert "bone of contention" not in found["remove"]
    assert "I disagree." in found["remove"]
    assert "<details>" in found["fold"]
    assert "folded, with 2 replies" in found["fold"]
    assert "Readers see nothing in its place" in found["branch"]
    assert "2 replies stay below it." in found["page"]
    assert "3 comments (3 public) by 3 people: Marta, Nils, Oskar." in found["page"]
    assert 'id="c' not in found["remove"] + found["fold"]


def test_what_the_preview_of_a_removal_shows_is_what_readers_see_then(client, say, topic):
    top = say("The bone of contention.", name="Nils")
    say("I disagree.", name="Marta", under=top)
    shown = previews(client, top)["remove"]
    services.moderate(comment_id=top.pk, verb="remove", by=ANYBODY, reason="unkind")
    html = html_of(Client().get(topic.get_absolute_url()))
    for words in re.findall(
        r'<p class="note">[^<]+</p>|<div class="comment-body"[^>]*>.*?</div>', shown
    ):
        assert words in html


def test_a_comment_without_replies_leaves_nothing(client, say):
    found = previews(client, say())
    assert "readers see nothing in its place" in found["remove"]
    assert "1 comment, by Nils." in found["page"]


def test_a_preview_removes_by_its_own_form_and_writes_nothing_itself(client, say):
    comment = say()
    before = Event.objects.count()
    html = previews(client, comment)["page"]
    assert Event.objects.count() == before
    seen = re.search(rf'name="seen_{comment.pk}" value="([^"]+)"', html)[1]
    data = {"verb": "remove", "reason": "unkind", f"seen_{comment.pk}": seen}
    client.post(f"{LIST}{comment.pk}/decision/", data)
    assert Comment.objects.get(pk=comment.pk).state == "removed"
    assert client.post(f"{LIST}{comment.pk}/preview/").status_code == 405


def test_a_preview_is_for_moderators(say, db):
    comment = say()
    viewer = client_of(person("Vera", "discussions.view_comment"))
    assert viewer.get(f"{LIST}{comment.pk}/preview/").status_code == 403


# ------------------------------------------------------------------------------------ undo and hostile


def test_the_bar_leads_back_to_the_tab_it_was_on(client, say):
    comment = say(state="held")
    press(client, "approve", comment)
    data = {"back": "queue", "query": "tab=held&pen=3&x=//evil.example/"}
    answer = client.post(f"/admin/discussions/decision/{Decision.objects.get().pk}/undo/", data)
    assert answer.headers["Location"] == f"{LIST}?tab=held&pen=3&x=%2F%2Fevil.example%2F"


def test_nothing_hostile_runs_in_any_tab_filter_or_preview(client, ines, say):
    for number, text in enumerate(OWN):
        top = say(f"{text}\n\n{number}", name=text[:60])
        comment = say(f"{text}\n\nunder {number}", name=text[:60], under=top, state="held")
        report(top, "unlawful", text)
        Comment.objects.filter(pk=comment.pk).update(reason=text[:20])
        CommentText.objects.filter(pk=comment.pk).update(checked=[[text, text, text]])
        claims.take(comment_id=comment.pk, by=Reader(user=moderator(f"Ruth {text}"[:60])))
        assert faults_of(client.get(f"{LIST}{comment.pk}/preview/")) == []
        assert faults_of(client.get(f"{LIST}{top.pk}/preview/")) == []
        assert faults_of(client.get(f"{LIST}{comment.pk}/change/")) == []
        assert (
            faults_of(client.get(LIST, {"film": text, "why": text, "q": text, "pen": text})) == []
        )
        appealed = say(name=text[:60])
        Appeal.objects.filter(pk=appeal_about(appealed, Reader(user=ines)).pk).update(words=text)
    for tab in ("needs", "reported", "held", "newcomers", "appeals", "mine", "all"):
        assert faults_of(client.get(f"{LIST}?tab={tab}")) == []
