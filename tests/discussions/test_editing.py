"""Editing: windows, earlier texts, refusals, and edits that wait."""

import pytest

from forum.accounts.readers import ANYBODY, Reader
from forum.discussions import checks, services
from forum.discussions.models import (
    Decision,
    HeldEdit,
    Revision,
)
from tests.discussions.acts import edit, now, refusal, version

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("no_checks")]


def test_an_edit_changes_the_text_and_keeps_the_earlier_one(topic, post, pen):
    comment = post("Before")
    before = version(topic)
    assert edit(comment, pen, "Now *this*")
    changed = now(comment)
    assert changed.text.body == "Now *this*"
    assert "<em>this</em>" in changed.text.body_html
    assert changed.edited_at
    assert [revision.body for revision in changed.revisions.all()] == ["Before"]
    assert version(topic) == before + 1


def test_a_guest_edits_for_15_minutes(topic, guest, pen, clock):
    comment = services.post_comment(author=guest, body="Before", topic_id=topic.pk).comment
    clock.forward(minutes=15)
    assert edit(comment, pen)
    clock.forward(seconds=1)
    assert refusal(edit, comment=comment, by=pen) == "not-editable"


def test_a_member_edits_for_24_hours_while_no_reply_is_public(topic, guest, member, clock):
    author, by = services.Author(member=member), Reader(user=member)
    comment = services.post_comment(author=author, body="Before", topic_id=topic.pk).comment
    reply = services.post_comment(author=guest, body="Reply", parent_id=comment.pk).comment
    clock.forward(minutes=15)
    assert edit(comment, by, "Within the first minutes")
    clock.forward(hours=2)
    assert refusal(edit, comment=comment, by=by) == "not-editable"
    services.moderate(comment_id=reply.pk, verb="spam", by=ANYBODY)
    assert edit(comment, by, "Nobody answers any more")
    clock.forward(hours=22)
    assert refusal(edit, comment=comment, by=by) == "not-editable"


def test_an_edit_is_shown_from_one_minute_on(topic, guest, pen, clock):
    comment = services.post_comment(author=guest, body="Before", topic_id=topic.pk).comment
    clock.forward(seconds=59)
    edit(comment, pen, "Quick")
    assert not now(comment).is_visibly_edited
    clock.forward(seconds=1)
    edit(comment, pen, "Slow")
    assert now(comment).is_visibly_edited


def test_an_edit_without_a_change_writes_nothing(topic, post, pen):
    comment = post("Before")
    before = version(topic)
    assert edit(comment, pen, "Before")
    assert not Revision.objects.exists()
    assert version(topic) == before


def test_an_edit_of_an_older_text_is_refused(topic, post, pen):
    comment = post("Before")
    base = services.text_version(comment)
    edit(comment, pen, "From one window")
    act = {"comment": comment, "by": pen, "body": "From another", "base": base}
    assert refusal(edit, **act) == "changed-meanwhile"
    assert now(comment).text.body == "From one window"


@pytest.mark.parametrize("state", ["spam", "removed", "deleted"])
def test_what_was_taken_away_meanwhile_is_not_edited(topic, post, pen, state):
    comment = post("Before", state=state)
    assert refusal(edit, comment=comment, by=pen) == "gone-meanwhile"


def test_nobody_edits_what_another_wrote(topic, post, by_member, staff):
    comment = post("Before")
    for other in (ANYBODY, by_member[1], Reader(user=staff)):
        assert refusal(edit, comment=comment, by=other) == "not-editable"


def test_an_edit_that_would_be_held_waits_until_staff_decide(topic, post, pen, staff, checked):
    comment = post("Before")
    before = version(topic)
    checked(checks.HOLD, "links")
    assert edit(comment, pen, "With a link") is False
    assert edit(comment, pen, "With another link") is False
    assert now(comment).text.body == "Before"
    assert version(topic) == before
    assert HeldEdit.objects.get().body == "With another link"
    services.decide_edit(comment_id=comment.pk, by=Reader(user=staff), accept=True)
    assert now(comment).text.body == "With another link"
    assert version(topic) == before + 1
    decide = {"comment_id": comment.pk, "by": Reader(user=staff), "accept": True}
    assert refusal(services.decide_edit, **decide) == "no-edit"


def test_an_edit_that_staff_drop_changes_nothing(topic, post, pen, staff, checked):
    comment = post("Before")
    checked(checks.HOLD, "links")
    edit(comment, pen, "With a link")
    services.decide_edit(comment_id=comment.pk, by=Reader(user=staff), accept=False)
    assert now(comment).text.body == "Before"
    assert not HeldEdit.objects.exists()


def test_an_edit_that_passes_replaces_one_that_waits(topic, post, pen, checked):
    comment = post("Before")
    checked(checks.HOLD, "links")
    edit(comment, pen, "With a link")
    checked(checks.PUBLIC)
    assert edit(comment, pen, "Harmless")
    assert not HeldEdit.objects.exists()


def test_each_text_keeps_what_checks_said_of_it(topic, post, pen, staff, checked):
    by = Reader(user=staff)

    def said(text):
        return [one[1:] for one in text.checked or []]

    def undo():
        services.undo(decision_id=Decision.objects.latest("pk").pk, by=by)

    checked(checks.PUBLIC, "first")
    comment = post("Before")
    checked(checks.HOLD, "links")
    edit(comment, pen, "With a link")
    assert said(HeldEdit.objects.get()) == [["hold", "links"]]
    assert said(now(comment).text) == [["public", "first"]]
    for accept in (False, True):
        services.decide_edit(comment_id=comment.pk, by=by, accept=accept)
        earlier = Revision.objects.get()
        if accept:
            assert said(now(comment).text) == [["hold", "links"]]
            assert (said(earlier), earlier.dropped_at) == ([["public", "first"]], None)
        else:
            assert said(now(comment).text) == [["public", "first"]]
            assert said(earlier) == [["hold", "links"]]
            assert earlier.dropped_at
        undo()
        assert said(HeldEdit.objects.get()) == [["hold", "links"]]
        assert said(now(comment).text) == [["public", "first"]]
    checked(checks.PUBLIC, "second")
    edit(comment, pen, "Harmless")
    assert said(now(comment).text) == [["public", "second"]]
    text = services.text_version(now(comment))
    services.edit_as_staff(comment_id=comment.pk, by=by, body="By staff", base=text)
    assert now(comment).text.checked is None  # nobody asked a check about that
    undo()
    assert said(now(comment).text) == [["public", "second"]]


def test_an_edit_that_is_refused_says_why(topic, post, pen, checked):
    comment = post("Before")
    checked(checks.REFUSE, "bad-words", "Not like this.")
    assert refusal(edit, comment=comment, by=pen) == "bad-words"
