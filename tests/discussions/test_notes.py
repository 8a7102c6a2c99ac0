"""Notes: what authors add to what they can edit no more, and that nothing above a note changes by it."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from html import escape
from unittest import mock

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from forum.accounts.readers import ANYBODY, Reader
from forum.discussions import overlay, page, services
from forum.discussions.checks import HOLD, Verdict
from forum.discussions.models import (
    BODY_CHARS,
    Comment,
    Event,
    HeldEdit,
    Mention,
    Revision,
    Topic,
)
from forum.discussions.options import Options
from forum.discussions.services import noting
from tests.discussions.conftest import write

pytestmark = pytest.mark.django_db
WORDS = "I saw it in the last row."


def hold_addresses(draft):
    return Verdict(HOLD, "address", "Read first.") if "http" in draft.body else None


@pytest.fixture(autouse=True)
def _plain(settings):
    settings.COMMENT_CHECKS = []


@pytest.fixture
def author(member):
    return services.Author(member=member)


@pytest.fixture
def reader(member):
    return Reader(user=member)


@pytest.fixture
def say(topic, author):
    """say(words, hours=30) -> a member's comment, written so long ago."""

    def say_one(words=WORDS, hours=30, by=author):
        made = services.post_comment(author=by, body=words, topic_id=topic.pk).comment
        at = timezone.now() - timedelta(hours=hours)
        Comment.objects.filter(pk=made.pk).update(created_at=at, state_at=at)
        return now(made)

    return say_one


def now(comment):
    return Comment.objects.with_text().get(pk=comment.pk)


def address_of(comment):
    return reverse("note", args=[comment.pk])


def add(comment, by, note="I was wrong.", base=None):
    base = services.text_version(now(comment)) if base is None else base
    return services.add_note(comment_id=comment.pk, by=by, note=note, base=base)


def day(at=None):
    return f"{timezone.localtime(at):%-d %B %Y}"


# ----------------------------------------------------------------------------------------- adding one


def test_a_note_goes_below_the_text_under_its_day_and_leads_back(as_member, say, topic):
    comment = say()
    version = Topic.objects.get(pk=topic.pk).version
    form = as_member.get(address_of(comment))
    html = form.content.decode()
    assert form.status_code == 200
    assert f"<p>{WORDS}</p>" in html  # as it stands
    assert re.search(r'<textarea name="body"[^>]*>\s*</textarea>', html)
    answer = write(as_member, address_of(comment), body="It was the *first* row.")
    assert answer.status_code == 302
    assert answer.headers["Location"].endswith(f"#c{comment.pk}")
    after = now(comment)
    assert after.text.body == f"{WORDS}\n\n**Note of {day()}:**\nIt was the *first* row."
    assert after.text.body_html == (
        f"<p>{WORDS}</p>\n<p><strong>Note of {day()}:</strong><br>\nIt was the <em>first</em> row.</p>"
    )
    assert "first row" in after.text.words  # search finds it
    assert Topic.objects.get(pk=topic.pk).version > version
    assert Event.objects.filter(verb="edit", comment_id=comment.pk).count() == 1
    shown = Client().get(topic.get_absolute_url()).content.decode()
    assert f"<strong>Note of {day()}:</strong>" in shown
    assert ">edited <time" in shown


def test_a_guest_adds_one_by_the_pen_once_the_minutes_are_over(client, topic):
    write(client, reverse("comment_new", args=[topic.pk]), body=WORDS)
    comment = Comment.objects.get()
    assert client.get(address_of(comment)).status_code == 409  # it can still be edited
    Comment.objects.update(created_at=timezone.now() - timedelta(minutes=16))
    assert write(client, address_of(comment), body="Or the one before.").status_code == 302
    assert now(comment).text.body.endswith(":**\nOr the one before.")


def test_who_was_answered_adds_one_though_a_day_is_not_over(as_member, say, post):
    comment = say(hours=1)
    assert as_member.get(address_of(comment)).status_code == 409
    post("Which row?", under=comment)
    assert as_member.get(address_of(comment)).status_code == 200
    assert write(as_member, address_of(comment), body="The last but one.").status_code == 302


def test_the_earlier_text_stays_in_the_history(as_member, say, post, client):
    comment = say()
    add(comment, Reader(user=comment.member))
    assert Revision.objects.get().body == WORDS
    assert WORDS in as_member.get(reverse("history", args=[comment.pk])).content.decode()
    post("So you say.", under=comment)
    shown = client.get(reverse("history", args=[comment.pk])).content.decode()
    assert shown.count(WORDS) == 2
    assert shown.count("Note of") == 1


def test_several_notes_stand_one_after_the_other_as_far_as_there_is_room(as_member, say, reader):
    comment = say("x" * (BODY_CHARS - 150))
    for words in ("One.", "Two."):
        add(comment, reader, words)
    body = now(comment).text.body
    assert re.findall(r"\*\*Note of [^*]+:\*\*\n(\w+\.)", body) == ["One.", "Two."]
    room = services.room_for_note(now(comment))
    assert f'data-limit="{room}"' in as_member.get(address_of(comment)).content.decode()
    refused = write(as_member, address_of(comment), body="y" * (room + 1))
    assert refused.status_code == 422
    assert "y" * (room + 1) in refused.content.decode()
    assert write(as_member, address_of(comment), body="y" * room).status_code == 302
    assert len(now(comment).text.body) == BODY_CHARS
    assert f"Up to {0} characters" in as_member.get(address_of(comment)).content.decode()


def test_its_day_is_that_of_the_site_in_the_language_of_the_site(say, reader, settings):
    settings.TIME_ZONE = "Asia/Tokyo"
    timezone.get_default_timezone.cache_clear()
    comment = say()
    try:
        with (
            mock.patch(
                "django.utils.timezone.now", return_value=datetime(2099, 11, 26, 20, tzinfo=UTC)
            ),
            timezone.override("America/Los_Angeles"),  # as this reader has set it
        ):
            add(comment, reader)
    finally:
        timezone.get_default_timezone.cache_clear()
    assert "**Note of 27 November 2099:**\n" in now(comment).text.body


def test_a_preview_shows_it_under_its_day_and_adds_nothing(as_member, say):
    comment = say()
    shown = write(as_member, address_of(comment), body="With *this*.", preview="1")
    assert f"<strong>Note of {day()}:</strong><br>\nWith <em>this</em>." in shown.content.decode()
    assert now(comment).text.body == WORDS


def test_who_is_named_in_a_note_is_told_and_a_chosen_language_stays(say, reader, post):
    comment = say("Kort sagt.")
    Comment.objects.filter(pk=comment.pk).update(language="da")
    post("A word.")  # by Nils
    add(comment, reader, "As @Nils said.")
    assert [one.pen.name for one in Mention.objects.select_related("pen")] == ["Nils"]
    assert now(comment).language == "da"


# ---------------------------------------------------------------------- what stands above stays as it is


@pytest.mark.parametrize(
    ("body", "note", "end"),
    [
        ("One.", "Two.", ""),
        ("- a\n- b", "- c", ""),
        ("> said", "> and said", ""),
        ("    code", "words", ""),
        ("- ```\n  code", "words", ""),
        ("```\ncode", "words", "\n```"),
        ("~~~~py\n```\ncode", "words", "\n~~~~"),
        (">!He dies.!<", ">!She too.!<", ""),
        ("a || b", "c || d", ""),
        ("a [word]", "[word]: https://example.org", ""),
        ("*half", "a mark*", ""),
    ],
)
def test_a_note_begins_anew_whatever_stands_above_it(body, note, end):
    assert noting.with_note(body, note) == f"{body}{end}\n\n{noting.under_its_day(note)}"


@pytest.mark.parametrize(
    ("body", "note"),
    [
        ("He >!dies.", "Not so!<, he said."),
        ("||He dies.", "Not so.||"),
        ("https://example.org/a " * 15, "https://example.org/b " * 15),
    ],
)
def test_a_note_that_would_change_what_stands_above_is_refused_and_kept(as_member, say, body, note):
    comment = say(body)
    refused = write(as_member, address_of(comment), body=note)
    assert refused.status_code == 422
    assert "would look different" in refused.content.decode()
    assert escape(note.strip()) in refused.content.decode()
    assert now(comment).text.body == comment.text.body


# -------------------------------------------------------------------------------------------- who may


def lock(comment, staff):
    services.lock_topic(topic_id=comment.thread.topic_id, by=staff, locked=True)


def lock_branch(comment, staff):
    services.lock_branch(comment_id=comment.pk, by=staff, locked=True)


def hold(comment, staff):
    services.moderate(comment_id=comment.pk, verb="hold", by=staff)


def change(comment, staff):
    base = services.text_version(now(comment))
    services.edit_as_staff(comment_id=comment.pk, by=staff, body="Gentler.", base=base)


def renew(comment, _staff):
    Comment.objects.filter(pk=comment.pk).update(created_at=timezone.now())


@pytest.mark.parametrize(
    ("act", "status", "words"),
    [
        (lock, 409, "This talk is locked"),
        (lock_branch, 409, "has locked this part"),
        (hold, 409, "Readers do not see this comment"),
        (change, 403, "A moderator has changed this comment"),
        (renew, 409, "You can still edit this comment"),
    ],
)
def test_where_none_is_taken_the_page_and_the_post_say_why_and_the_words_are_kept(
    as_member, say, staff, topic, act, status, words
):
    comment = say()
    base = services.text_version(comment)
    act(comment, Reader(user=staff))
    shown = as_member.get(address_of(comment))
    assert (shown.status_code, "<textarea" in shown.content.decode()) == (status, False)
    assert words in shown.content.decode()
    before = now(comment).text.body
    refused = as_member.post(address_of(comment), {"body": "My own words.", "base": base})
    html = refused.content.decode()
    assert refused.status_code == status
    assert words in html
    assert "My own words.</textarea>" in html
    assert now(comment).text.body == before
    mine = as_member.get(reverse("my_comments")).content.decode()
    assert (
        address_of(comment) not in mine + as_member.get(topic.get_absolute_url()).content.decode()
    )


def test_nobody_adds_one_to_what_is_anothers(client, as_staff, say, post, staff):
    comment = say()
    for browser in (client, as_staff):
        assert browser.get(address_of(comment)).status_code == 404
        assert browser.post(address_of(comment), {"body": "Mine."}).status_code == 404
    for by in (ANYBODY, Reader(user=staff)):
        with pytest.raises(ValidationError) as refusal:
            add(comment, by)
        assert refusal.value.code == "not-yours"


def test_who_is_shut_out_adds_none(say, reader, member, guest, topic):
    comment, other = say(), say("A guest's.", by=guest)
    services.suspend(member_id=member.pk, by=None, reason="unkind")
    services.close_pen(pen_id=guest.pen.pk, by=None, reason="unkind")
    codes = []
    for one, by in ((comment, reader), (other, Reader(pen=guest.pen))):
        with pytest.raises(ValidationError) as refusal:
            add(one, by)
        codes.append(refusal.value.code)
    assert codes == ["account-closed", "pen-closed"]


def test_the_link_stands_where_editing_is_offered_no_more(as_member, say, topic, client):
    old, young = say(), say("A moment ago.", hours=0)
    for address in (topic.get_absolute_url(), reverse("my_comments")):
        html = as_member.get(address).content.decode()
        assert f'href="{address_of(old)}"' in html
        assert f'href="{reverse("edit", args=[old.pk])}"' not in html
        assert f'href="{reverse("edit", args=[young.pk])}"' in html
        assert address_of(young) not in html
    assert f'href="{address_of(old)}"' in as_member.get(old.get_absolute_url()).content.decode()
    late = as_member.get(reverse("edit", args=[old.pk]))
    assert late.status_code == 403
    assert f'href="{address_of(old)}"' in late.content.decode()
    assert "/note/" not in client.get(topic.get_absolute_url()).content.decode()


def test_the_links_take_no_query_more(say, reader, topic, client, django_assert_num_queries):
    for number in range(12):
        say(f"Number {number}.")
    html = page.talk(Topic.objects.get(pk=topic.pk), Options()).html
    with django_assert_num_queries(1):
        marked = overlay.personal(html, topic.pk, reader)
    assert marked.count(b"/note/") == 12
    client.get(topic.get_absolute_url())
    with django_assert_num_queries(1):
        client.get(topic.get_absolute_url())


# ------------------------------------------------------------------------------------- as edits go


def test_what_a_check_holds_waits_and_no_other_takes_its_place(
    as_member, say, reader, staff, settings
):
    settings.COMMENT_CHECKS = [f"{__name__}.hold_addresses"]
    comment = say()
    waits = write(as_member, address_of(comment), body="See https://example.org.")
    assert "Your change waits for a moderator" in waits.content.decode()
    assert now(comment).text.body == WORDS
    base = services.text_version(now(comment))
    again = as_member.post(address_of(comment), {"body": "And this.", "base": base})
    assert again.status_code == 409
    assert "And this.</textarea>" in again.content.decode()
    assert "waits for a moderator" in as_member.get(address_of(comment)).content.decode()
    assert HeldEdit.objects.get().body.endswith("See https://example.org.")
    services.decide_edit(comment_id=comment.pk, by=Reader(user=staff), accept=True)
    assert now(comment).text.body.endswith(":**\nSee https://example.org.")
    assert as_member.get(address_of(comment)).status_code == 200


def test_of_two_windows_the_second_shows_what_is_there_and_adds_below_it(as_member, say):
    comment = say()
    base = services.text_version(comment)
    as_member.post(address_of(comment), {"body": "One.", "base": base})
    answer = as_member.post(address_of(comment), {"body": "Two.", "base": base})
    html = answer.content.decode()
    assert answer.status_code == 409
    assert "Two.</textarea>" in html
    assert re.search(r"<ins>[^<]*One\.", html)
    base = re.search(r'name="base" value="([^"]+)"', html)[1]
    assert as_member.post(address_of(comment), {"body": "Two.", "base": base}).status_code == 302
    body = now(comment).text.body
    assert body.index(WORDS) < body.index("One.") < body.index("Two.")


@pytest.mark.django_db(transaction=True)
def test_of_notes_sent_at_once_one_stands_and_the_others_are_told(say, reader):
    comment = say()
    base = services.text_version(comment)

    def press(number):
        try:
            return add(comment, reader, f"Words {number}.", base)
        except ValidationError as refusal:
            return refusal.code
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(press, range(4)))
    assert sorted(map(str, results)) == ["True", *["changed-meanwhile"] * 3]
    assert now(comment).text.body.count("Note of") == 1


def test_an_empty_one_and_one_too_fast_are_refused_with_every_word(as_member, say, settings):
    settings.RATE_LIMITS_ON = True
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "edit:author": [(1, 3600)]}
    comment = say()
    assert write(as_member, address_of(comment), body=" \n").status_code == 422
    assert write(as_member, address_of(comment), body="One.").status_code == 302
    answer = write(as_member, address_of(comment), body="Two.")
    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) > 0
    assert "Two.</textarea>" in answer.content.decode()
