"""What people do to the talk, one function each: states, counts, windows, versions, events."""

import uuid
from unittest import mock

import pytest
from django.core.exceptions import ValidationError
from django.db import transaction

from forum.accounts.models import Pen, User
from forum.accounts.readers import ANYBODY, Reader
from forum.discussions import checks, services
from forum.discussions.models import (
    Comment,
    CommentText,
    Event,
    HeldEdit,
    Revision,
    State,
    Topic,
)
from tests.discussions.acts import edit, now, refusal, version
from tests.discussions.judge import faults

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("no_checks")]


# Posting


def test_a_comment_is_posted_with_its_text_its_event_and_a_new_version(topic, guest):
    before = version(topic)
    posted = services.post_comment(
        author=guest, body="A *word*.", topic_id=topic.pk, network_key="a" * 24
    )
    comment = now(posted.comment)
    assert posted.is_new
    assert (comment.state, comment.name, comment.pen) == ("public", "Nils", guest.pen)
    assert comment.text.body == "A *word*."
    assert "<em>word</em>" in comment.text.body_html
    assert comment.text.network_key == "a" * 24
    assert version(topic) == before + 1
    event = Event.objects.get(comment_id=comment.pk)
    assert (event.verb, event.after, event.pen_id) == ("post", "public", guest.pen.pk)


def test_a_members_pen_is_not_written_down(topic, guest, member):
    author = services.Author(member=member, pen=guest.pen, name="Nils")
    comment = services.post_comment(author=author, body="Mine", topic_id=topic.pk).comment
    assert (comment.member, comment.pen, comment.author_name) == (member, None, "")
    assert Event.objects.get(comment_id=comment.pk).pen_id is None


def test_the_same_form_sent_twice_makes_one_comment(topic, guest):
    form = {"author": guest, "body": "Once", "topic_id": topic.pk, "submission": uuid.uuid4()}
    first, second = services.post_comment(**form), services.post_comment(**form)
    assert (first.is_new, second.is_new) == (True, False)
    assert first.comment == second.comment
    assert Comment.objects.count() == 1


def test_the_same_form_sent_twice_at_once_makes_one_comment(topic, guest, post):
    form = {"author": guest, "body": "Once", "submission": uuid.uuid4()}
    parent = post("Before")
    with mock.patch.object(services.posting, "judge", after(services.posting.judge, form, parent)):
        second = services.post_comment(parent_id=parent.pk, **form)
    assert not second.is_new
    assert CommentText.objects.filter(body="Once").count() == 1
    assert faults() == []


def after(judge, form, parent):
    """Return a judge that posts the form first: between the look for it and the writing of it."""
    sent = []

    def then(*args, **kwargs):
        if not sent:
            sent.append(True)
            services.post_comment(parent_id=parent.pk, **form)
        return judge(*args, **kwargs)

    return then


def test_a_form_that_another_author_sent_is_told_so(topic, guest, member):
    form = {"body": "Once", "topic_id": topic.pk, "submission": uuid.uuid4()}
    services.post_comment(author=guest, **form)
    author = services.Author(member=member)
    assert refusal(services.post_comment, author=author, **form) == "sent-before"
    assert Comment.objects.count() == 1


def test_the_same_text_within_a_minute_is_told_with_the_first(
    topic, guest, member, clock, settings
):
    settings.COMMENT_CHECKS = ["forum.moderation.checks.repeat"]
    first = services.post_comment(author=guest, body="Again\r\n", topic_id=topic.pk).comment
    with pytest.raises(ValidationError) as refused:
        services.post_comment(author=guest, body="Again", parent_id=first.pk)
    assert refused.value.code == "same-text"
    assert refused.value.params == {"comment_id": first.pk}
    services.post_comment(author=services.Author(member=member), body="Again", topic_id=topic.pk)
    clock.forward(seconds=61)
    services.post_comment(author=guest, body="Again", topic_id=topic.pk)
    assert Comment.objects.count() == 3


def test_a_text_that_was_taken_back_may_be_posted_again(topic, guest, pen, clock):
    first = services.post_comment(author=guest, body="Again", topic_id=topic.pk).comment
    services.delete_comment(comment_id=first.pk, by=pen)
    assert services.post_comment(author=guest, body="Again", topic_id=topic.pk).is_new


@pytest.mark.parametrize("body", ["", "  \n ", "\x00"])
def test_an_empty_text_is_refused(topic, guest, body):
    form = {"author": guest, "body": body, "topic_id": topic.pk}
    assert refusal(services.post_comment, **form) == "body-empty"


def test_a_text_has_10_000_characters_at_most(topic, guest):
    services.post_comment(author=guest, body="x" * 10_000, topic_id=topic.pk)
    form = {"author": guest, "body": "x" * 10_001, "topic_id": topic.pk}
    assert refusal(services.post_comment, **form) == "body-long"


@pytest.mark.parametrize("missing", [{"topic_id": 10**9}, {"parent_id": 10**9}, {"topic_id": None}])
def test_what_is_not_there_takes_no_comment(topic, guest, missing):
    code = refusal(services.post_comment, author=guest, body="Where?", **missing)
    assert code in {"topic-gone", "parent-gone"}


def test_a_hidden_topic_takes_comments_of_staff_alone(topic, guest, staff, clock):
    Topic.objects.filter(pk=topic.pk).update(hidden_at=clock.now)
    form = {"body": "In the dark", "topic_id": topic.pk}
    assert refusal(services.post_comment, author=guest, **form) == "topic-gone"
    assert services.post_comment(author=services.Author(member=staff), **form).is_new


def test_what_a_check_says_is_done(topic, guest, post, checked):
    parent = post("Before")
    before = version(topic)
    for outcome, state in ((checks.HOLD, "held"), (checks.SPAM, "spam")):
        checked(outcome, "links", "Too many links.")
        for where in ({"topic_id": topic.pk}, {"parent_id": parent.pk}):
            text = f"{outcome} {where}"
            posted = services.post_comment(author=guest, body=text, **where)
            assert (posted.comment.state, posted.comment.reason) == (state, "links")
            assert posted.words == "Too many links."
    checked(checks.REFUSE, "bad-words", "Not like this.")
    form = {"author": guest, "body": "No", "topic_id": topic.pk}
    assert refusal(services.post_comment, **form) == "bad-words"
    assert version(topic) == before  # no reader sees any of it
    assert Topic.objects.get(pk=topic.pk).comment_count == 1
    assert faults() == []


# States and counts


def counted(topic):
    """Return the topic's stored count after holding it against the rows."""
    assert faults() == []
    return Topic.objects.values_list("comment_count", flat=True).get(pk=topic.pk)


@pytest.mark.parametrize(
    ("verb", "state"), [("hold", "held"), ("spam", "spam"), ("remove", "removed")]
)
def test_staff_take_a_comment_away_and_bring_it_back(topic, post, staff, verb, state):
    first = post("First")
    reply = post("Reply", under=first)
    by = Reader(user=staff)
    before = version(topic)
    services.moderate(comment_id=reply.pk, verb=verb, by=by, reason="off-topic")
    assert now(reply).state == state
    assert now(reply).reason == "off-topic"
    assert counted(topic) == 1
    assert version(topic) > before
    back = "approve" if verb == "hold" else "restore"
    services.moderate(comment_id=reply.pk, verb=back, by=by)
    assert (now(reply).state, now(reply).reason) == ("public", "")
    assert counted(topic) == 2
    verbs = list(Event.objects.filter(comment_id=reply.pk).values_list("verb", "before", "after"))
    assert verbs[1:] == [(verb, "public", state), (back, state, "public")]


def test_counts_are_the_public_rows_in_every_state(topic, post, pen, staff, clock):
    comments = [post(f"Number {at}") for at in range(6)]
    for at, comment in enumerate(comments[:5]):
        post(f"Under {at}", under=comment)
    by = Reader(user=staff)
    assert counted(topic) == 11
    services.moderate(comment_id=comments[0].pk, verb="hold", by=by)
    services.moderate(comment_id=comments[1].pk, verb="spam", by=by)
    services.moderate(comment_id=comments[2].pk, verb="remove", by=by, reason="unkind")
    services.delete_comment(comment_id=comments[3].pk, by=pen)
    services.erase_comment(comment_id=comments[4].pk, by=by)
    assert counted(topic) == 6
    services.moderate(comment_id=comments[0].pk, verb="spam", by=by)
    assert counted(topic) == 6
    services.erase_comment(comment_id=comments[0].pk, by=by)
    services.undelete_comment(comment_id=comments[3].pk, by=pen)
    assert counted(topic) == 7


@pytest.mark.parametrize(
    ("state", "verb"),
    [
        ("public", "approve"),
        ("public", "restore"),
        ("held", "hold"),
        ("held", "restore"),
        ("spam", "spam"),
        ("spam", "approve"),
        ("spam", "hold"),
        ("removed", "remove"),
        ("removed", "approve"),
        ("deleted", "restore"),
        ("deleted", "approve"),
        ("deleted", "remove"),
    ],
)
def test_an_act_that_does_not_apply_is_refused(topic, post, staff, state, verb):
    comment = post("A word", state=state)
    if state == "public":  # a newcomer's first words are looked at once
        services.moderate(comment_id=comment.pk, verb="approve", by=Reader(user=staff))
    act = {"comment_id": comment.pk, "verb": verb, "by": Reader(user=staff), "reason": "unkind"}
    assert refusal(services.moderate, **act) == "wrong-state"
    assert now(comment).state == state


def test_removing_needs_a_reason(topic, post, staff):
    act = {"comment_id": post("A word").pk, "verb": "remove", "by": Reader(user=staff)}
    assert refusal(services.moderate, **act) == "reason-missing"


@pytest.mark.parametrize("verb", ["approve", "restore", "hold", "spam", "remove"])
def test_nothing_brings_back_what_was_erased(topic, post, staff, verb):
    comment = post("A word")
    services.erase_comment(comment_id=comment.pk, by=None)
    act = {"comment_id": comment.pk, "verb": verb, "by": Reader(user=staff), "reason": "unkind"}
    assert refusal(services.moderate, **act) == "wrong-state"


def test_the_last_activity_is_that_of_public_comments(topic, guest, staff, clock):
    first = services.post_comment(author=guest, body="One", topic_id=topic.pk).comment
    start = clock.now
    clock.forward(hours=1)
    late = services.post_comment(author=guest, body="Two", parent_id=first.pk).comment
    assert Topic.objects.get(pk=topic.pk).last_comment_at == clock.now
    services.moderate(comment_id=late.pk, verb="spam", by=Reader(user=staff))
    first.thread.refresh_from_db()
    assert first.thread.last_activity_at == start
    assert Topic.objects.get(pk=topic.pk).last_comment_at == start
    services.moderate(comment_id=first.pk, verb="spam", by=Reader(user=staff))
    assert Topic.objects.get(pk=topic.pk).last_comment_at is None


# Deleting, bringing back, erasing


def test_an_author_takes_back_and_brings_back_within_24_hours(topic, guest, pen, clock):
    comment = services.post_comment(author=guest, body="Regret", topic_id=topic.pk).comment
    clock.forward(days=400)  # own comments can be deleted at any time
    services.delete_comment(comment_id=comment.pk, by=pen)
    assert counted(topic) == 0
    clock.forward(hours=24)
    services.undelete_comment(comment_id=comment.pk, by=pen)
    assert now(comment).state == "public"
    services.delete_comment(comment_id=comment.pk, by=pen)
    clock.forward(hours=24, seconds=1)
    assert refusal(services.undelete_comment, comment_id=comment.pk, by=pen) == "too-late"


def test_a_held_comment_comes_back_held(topic, post, pen, staff):
    comment = post("A word", state="held")
    services.delete_comment(comment_id=comment.pk, by=pen)
    services.undelete_comment(comment_id=comment.pk, by=pen)
    assert now(comment).state == "held"
    assert counted(topic) == 0


def test_what_staff_removed_its_author_cannot_bring_back(topic, post, pen):
    comment = post("A word", state="removed")
    assert refusal(services.undelete_comment, comment_id=comment.pk, by=pen) == "wrong-state"
    assert refusal(services.delete_comment, comment_id=comment.pk, by=pen) == "wrong-state"


def test_only_its_author_takes_a_comment_back(topic, post, by_member):
    comment = post("A guest's word")
    _theirs, member = by_member
    stranger = Reader(pen=Pen.objects.create(secret_hash="x", name="Nils"))
    for other in (ANYBODY, member, stranger):
        for act in (services.delete_comment, services.undelete_comment):
            assert refusal(act, comment_id=comment.pk, by=other) == "not-yours"


def test_erasing_leaves_no_word_and_no_name(topic, post, by_member, clock):
    comment, member = by_member
    services.edit_comment(
        comment_id=comment.pk, by=member, body="Other", base=services.text_version(comment)
    )
    HeldEdit.objects.create(comment=comment, body="Third", code="x", created_at=clock.now)
    reply = post("A reply", under=comment)
    services.erase_comment(comment_id=comment.pk, by=None)
    gone = now(comment)
    assert (gone.member, gone.pen, gone.author_name) == (None, None, "")
    assert (gone.text.body, gone.text.body_html, gone.text.author_url) == ("", "", "")
    assert (gone.text.submission, gone.text.network_key) == (None, "")
    assert list(Revision.objects.values_list("body", "body_html")) == [("", "")]
    assert not HeldEdit.objects.exists()
    assert now(reply).parent_id == comment.pk
    assert counted(topic) == 1


# Topics, versions, events


def test_a_topic_needs_a_title_and_is_opened_with_an_event(staff):
    assert refusal(services.open_topic, title="  ", by=None) == "title-empty"
    topic = services.open_topic(title=" The  last row ", by=Reader(user=staff))
    assert topic.title == "The last row"
    event = Event.objects.get(topic_id=topic.pk)
    assert (event.verb, event.actor_id) == ("open", staff.pk)


def test_what_changes_a_topic_raises_its_version(topic):
    seen = [version(topic)]
    services.rename_topic(topic_id=topic.pk, title="Another", by=None)
    seen.append(version(topic))
    services.lock_topic(topic_id=topic.pk, by=None, locked=True)
    seen.append(version(topic))
    services.lock_topic(topic_id=topic.pk, by=None, locked=False)
    seen.append(version(topic))
    assert seen == sorted(set(seen))
    assert Topic.objects.get(pk=topic.pk).title == "Another"


def test_a_new_name_of_a_member_raises_the_versions_of_their_topics_alone(topic, by_member):
    _comment, member = by_member
    other = services.open_topic(title="Another", by=None)
    before = version(topic), version(other)
    with transaction.atomic():
        services.raise_versions_of(member.user)
        User.objects.filter(pk=member.user.pk).update(username="Ida")
    assert (version(topic), version(other)) == (before[0] + 1, before[1])


def test_events_hold_ids_and_codes_and_nothing_that_was_written(topic, post, pen, staff, by_member):
    comment = post("A secret word")
    by = Reader(user=staff)
    edit(comment, pen, "Another secret word")
    services.moderate(comment_id=comment.pk, verb="remove", by=by, reason="unkind")
    services.moderate(comment_id=comment.pk, verb="restore", by=by)
    services.delete_comment(comment_id=comment.pk, by=pen)
    reply = post("Secret too", under=by_member[0])
    services.detach_branch(comment_id=reply.pk, by=by)
    services.purge_branch(comment_id=reply.pk, by=by)
    rows = list(Event.objects.values())
    words = {word for row in rows for word in row.values() if isinstance(word, str)}
    states = set(State.values)
    numbers = {word for word in words if word.isdigit()}
    verbs = {"open", "post", "edit", "remove", "restore", "delete", "detach", "purge-now"}
    assert words - states - numbers <= verbs | {"unkind", ""}
    assert {"actor_id", "pen_id", "comment_id", "thread_id", "topic_id"} <= set(rows[0])
    assert not [field for field in Event._meta.concrete_fields if field.is_relation]
    removal = Event.objects.get(verb="remove")
    assert (removal.actor_id, removal.reason) == (staff.pk, "unkind")


def test_what_fails_leaves_no_event_behind(topic, post, staff):
    comment = post("A word")
    before = Event.objects.count()
    refusal(services.moderate, comment_id=comment.pk, verb="restore", by=Reader(user=staff))
    refusal(services.detach_branch, comment_id=comment.pk, by=None)
    assert Event.objects.count() == before


def test_what_was_public_once_is_known_for_ever(topic, post, checked, guest):
    seen = post("Seen")
    services.purge_branch(comment_id=seen.pk, by=None)
    checked(checks.HOLD, "links")
    held = services.post_comment(author=guest, body="Unseen", topic_id=topic.pk).comment
    assert services.was_public(seen.pk)
    assert not services.was_public(held.pk)
    assert not services.was_public(10**9)
