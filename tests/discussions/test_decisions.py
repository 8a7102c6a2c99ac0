"""What staff decide about words, branches and topics, and how each decision is taken back."""

from datetime import timedelta
from unittest import mock

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from forum.accounts.models import User
from forum.accounts.readers import Reader
from forum.discussions import services, tree
from forum.discussions.models import (
    Comment,
    Decision,
    Event,
    HeldEdit,
    Revision,
    Topic,
)
from forum.discussions.services.undoing import WAYS
from tests.discussions.growing import chain, grow
from tests.discussions.judge import faults

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("no_checks")]


@pytest.fixture
def by(staff):
    return Reader(user=staff)


def now(comment):
    return Comment.objects.with_text().get(pk=comment.pk)


def base(comment):
    return services.text_version(now(comment))


def refusal(act, **kwargs):
    with pytest.raises(ValidationError) as refused:
        act(**kwargs)
    return refused.value.code


def undo_last(by):
    return services.undo(decision_id=Decision.objects.latest("pk").pk, by=by)


def version(topic):
    return Topic.objects.get(pk=topic.pk).version


def later(**much):
    moment = timezone.now() + timedelta(**much)
    return mock.patch("django.utils.timezone.now", return_value=moment)


def html_of(topic, client=None):
    return (
        (client or Client()).get(Topic.objects.get(pk=topic.pk).get_absolute_url()).content.decode()
    )


# ------------------------------------------------------------------------------ words taken out


def test_a_part_is_taken_out_and_the_earlier_text_is_for_senior_staff(topic, post, by, guest):
    comment = post("Call **me** at 555-1234. Really, 555-1234.")
    before = version(topic)
    services.redact_comment(comment_id=comment.pk, by=by, part="555-1234", base=base(comment))
    text = now(comment).text
    assert "555-1234" not in text.body + text.body_html
    assert text.body_html.count("[removed by a moderator]") == 2
    assert "<strong>me</strong>" in text.body_html
    assert "edited by a moderator" in html_of(topic)
    assert version(topic) > before
    assert Event.objects.latest("pk").verb == "redact"
    kept = Revision.objects.get()
    assert "555-1234" in kept.body
    moderator = Reader(user=User.objects.create_user("Ines", is_staff=True))
    for reader, sees in ((by, True), (moderator, False), (Reader(pen=guest.pen), False)):
        assert Revision.objects.visible_to(reader, comment).exists() == sees


def test_every_earlier_text_with_that_part_is_shut_and_no_other(post, by, guest):
    comment = post("My street is Elm Street.")
    for body in ("Harmless.", "Elm Street again, sorry.", "Elm Street, still."):
        pen = Reader(pen=guest.pen)
        services.edit_comment(comment_id=comment.pk, by=pen, body=body, base=base(comment))
    services.redact_comment(comment_id=comment.pk, by=by, part="Elm Street", base=base(comment))
    open_ = Revision.objects.filter(redacted_at=None).values_list("body", flat=True)
    assert list(open_) == ["Harmless."]


def test_no_page_of_the_history_shows_what_was_taken_out(post, by, guest, client, as_staff):
    comment = post("My street is Elm Street.")
    post("A reply", under=comment)
    services.redact_comment(comment_id=comment.pk, by=by, part="Elm Street", base=base(comment))
    page = f"/comments/{comment.pk}/history/"
    assert "Elm Street" not in client.get(page).content.decode()
    assert "Elm Street" in as_staff.get(page).content.decode()
    ines = Client()
    ines.force_login(User.objects.create_user("Ines", is_staff=True))
    assert "Elm Street" not in ines.get(page).content.decode()


def test_a_mark_is_words_and_never_a_link(post, by):
    comment = post("see secret(https://example.org/)")
    services.redact_comment(comment_id=comment.pk, by=by, part="secret", base=base(comment))
    assert ">removed by a moderator<" not in now(comment).text.body_html


def test_a_redaction_is_refused_where_it_takes_nothing_out(post, by, guest):
    comment = post("A word.")
    act = {"comment_id": comment.pk, "by": by, "base": base(comment)}
    for part in ("another", "", "A", "  "):
        assert refusal(services.redact_comment, part=part, **act) == "part-missing"
    assert (
        refusal(services.redact_comment, part="word", **act | {"base": "x"}) == "changed-meanwhile"
    )
    HeldEdit.objects.create(comment=comment, body="x", code="links", created_at=timezone.now())
    assert refusal(services.redact_comment, part="word", **act) == "edit-waits"
    assert now(comment).text.body == "A word."
    assert not Revision.objects.exists()


def test_staff_edit_in_the_format_the_text_has_and_the_author_edits_no_more(post, by, guest, topic):
    comment = post("Some *words*.")
    services.edit_as_staff(comment_id=comment.pk, by=by, body="Other *words*.", base=base(comment))
    assert now(comment).text.body_html.strip() == "<p>Other <em>words</em>.</p>"
    assert "edited by a moderator" in html_of(topic)
    assert not now(comment).is_editable_by(Reader(pen=guest.pen))
    act = {"comment_id": comment.pk, "by": by, "base": base(comment)}
    assert refusal(services.edit_as_staff, body="Other *words*.", **act) == "same-text"
    assert refusal(services.edit_as_staff, body="  ", **act) == "body-empty"
    Comment.objects.filter(pk=comment.pk).update(state="erased")
    assert refusal(services.edit_as_staff, body="x", **act) == "gone-meanwhile"


def test_an_imported_text_keeps_its_format(topic, by):
    (pk,) = grow(topic, [None])
    comment = Comment.objects.get(pk=pk)
    services.edit_as_staff(comment_id=pk, by=by, body="*plain* & more", base=base(comment))
    text = now(comment).text
    assert (text.body_format, text.body_html) == ("plain", "<p>*plain* &amp; more</p>")


@pytest.mark.parametrize("verb", ["redact", "edit-staff"])
def test_undone_the_text_its_marks_and_its_history_are_as_before(post, by, guest, verb):
    comment = post("The old words.")
    pen = Reader(pen=guest.pen)
    services.edit_comment(comment_id=comment.pk, by=pen, body="The new words.", base=base(comment))
    before, revisions = now(comment), list(Revision.objects.values())
    act = {"comment_id": comment.pk, "by": by, "base": base(comment)}
    if verb == "redact":
        services.redact_comment(part="words", **act)
    else:
        services.edit_as_staff(body="Something else.", **act)
    undo_last(by)
    after = now(comment)
    for name in ("edited_at", "staff_edited_at", "state"):
        assert getattr(after, name) == getattr(before, name), name
    assert (after.text.body, after.text.body_html) == (before.text.body, before.text.body_html)
    assert list(Revision.objects.values()) == revisions
    assert after.is_editable_by(pen)


# ------------------------------------------------------------------------------ states, and undoing


@pytest.mark.parametrize(
    ("state", "verb"),
    [
        (source, verb)
        for verb, (_to, sources) in services.MODERATION.items()
        for source in sorted(sources)
    ],
)
def test_a_decision_about_a_state_is_taken_back(topic, post, by, state, verb):
    comment = post(state=state)
    services.moderate(comment_id=comment.pk, verb=verb, by=by, reason="unkind")
    before = version(topic)
    undo_last(by)
    assert now(comment).state == state
    assert version(topic) > before
    event = Event.objects.latest("pk")
    assert (event.verb, event.after, event.actor_id) == ("undo", state, by.user.pk)
    assert faults() == []


def test_the_reason_comes_back_with_the_state(post, by):
    comment = post(state="removed")
    services.moderate(comment_id=comment.pk, verb="restore", by=by)
    undo_last(by)
    assert (now(comment).state, now(comment).reason) == ("removed", "off-topic")


def test_its_author_is_told_the_words_that_staff_chose(post, by):
    comment = post()
    act = {"comment_id": comment.pk, "by": by}
    services.moderate(verb="remove", reason="unkind", words=" Please be kind. ", **act)
    assert now(comment).reason_words == "Please be kind."
    services.moderate(verb="restore", **act)
    assert now(comment).reason_words == ""
    services.moderate(verb="remove", reason="unkind", words="x" * 600, **act)
    assert len(now(comment).reason_words) == 500
    services.moderate(verb="restore", **act)
    services.moderate(verb="remove", reason="unkind", **act)
    assert now(comment).reason_words == "it attacks a person"


def test_what_was_seen_otherwise_is_not_decided(post, by):
    comment = post(state="held")
    seen = services.seen_of(now(comment))
    act = {"comment_id": comment.pk, "by": by, "reason": "unkind", "seen": seen}
    services.moderate(verb="approve", **act)
    events = Event.objects.count()
    assert refusal(services.moderate, verb="remove", **act) == "changed-meanwhile"
    assert refusal(services.decide_edit, comment_id=comment.pk, by=by, accept=True, seen=seen) == (
        "changed-meanwhile"
    )
    assert Event.objects.count() == events
    assert now(comment).state == "public"


def test_nothing_is_undone_twice_or_late_or_after_something_happened(post, by):
    comment = post(state="held")
    services.moderate(comment_id=comment.pk, verb="approve", by=by)
    decision = Decision.objects.latest("pk")
    services.moderate(comment_id=comment.pk, verb="hold", by=by)
    services.moderate(comment_id=comment.pk, verb="approve", by=by)
    assert refusal(services.undo, decision_id=decision.pk, by=by) == "changed-meanwhile"
    last = undo_last(by)
    assert refusal(services.undo, decision_id=last.pk, by=by) == "undone-already"
    services.moderate(comment_id=comment.pk, verb="approve", by=by)
    decision = Decision.objects.latest("pk")
    with later(days=30, minutes=1):
        assert refusal(services.undo, decision_id=decision.pk, by=by) == "too-late"
        assert "can be undone no more" in services.forget_decisions()
    assert not Decision.objects.exists()


def test_what_is_gone_cannot_be_brought_back_by_an_undo(post, by):
    comment = post(state="held")
    services.moderate(comment_id=comment.pk, verb="approve", by=by)
    services.purge_branch(comment_id=comment.pk, by=by)
    assert refusal(undo_last, by=by) == "changed-meanwhile"


@pytest.mark.parametrize("accept", [True, False])
def test_a_decision_about_an_edit_that_waits_is_taken_back(post, by, accept):
    comment = post("The old text.")
    held = HeldEdit.objects.create(
        comment=comment, body="The new text.", code="links", created_at=timezone.now()
    )
    services.decide_edit(comment_id=comment.pk, by=by, accept=accept)
    assert not HeldEdit.objects.exists()
    undo_last(by)
    again = HeldEdit.objects.get()
    assert (again.body, again.code, again.created_at) == (held.body, "links", held.created_at)
    assert now(comment).text.body == "The old text."
    assert not Revision.objects.exists()


# ------------------------------------------------------------------------------ branches


@pytest.fixture
def talk(post):
    made = {}
    for number in ("1", "1.1", "1.1.1", "1.2", "2", "2.1"):
        under = made.get(number.rpartition(".")[0])
        made[number] = post(f"This is {number}", under=under)
    return made


def test_a_locked_branch_takes_no_replies_at_any_depth_and_says_so_once(
    talk, topic, guest, by, client
):
    assert services.lock_branch(comment_id=talk["1.1"].pk, by=by, locked=True) == 2
    for number in ("1.1", "1.1.1"):
        act = {"author": guest, "body": f"Late {number}", "parent_id": talk[number].pk}
        assert refusal(services.post_comment, **act) == "comment-locked"
    services.post_comment(author=guest, body="Fine", parent_id=talk["1"].pk)
    html = html_of(topic)
    assert html.count("Locked by a moderator") == 1
    assert f"/comments/{talk['1.1.1'].pk}/reply/" not in html
    assert f"/comments/{talk['1.2'].pk}/reply/" in html
    page = f"/comments/{talk['1.1'].pk}/reply/"
    answer = client.post(page, {"name": "Nils", "email": "", "body": "Every word."})
    assert answer.status_code == 409
    assert "Every word." in answer.content.decode()
    assert (
        refusal(services.lock_branch, comment_id=talk["1.1"].pk, by=by, locked=True) == "same-lock"
    )
    merge = {"thread_id": talk["2"].thread_id, "under_id": talk["1.1"].pk, "by": by}
    assert refusal(services.merge_thread, **merge) == "comment-locked"


def test_a_lock_is_taken_back_alone_where_a_part_was_locked_before(talk, by, guest):
    services.lock_branch(comment_id=talk["1.1.1"].pk, by=by, locked=True)
    services.lock_branch(comment_id=talk["1"].pk, by=by, locked=True)
    undo_last(by)
    locked = Comment.objects.filter(locked_at__isnull=False).values_list("pk", flat=True)
    assert list(locked) == [talk["1.1.1"].pk]
    services.lock_branch(comment_id=talk["1"].pk, by=by, locked=False)
    assert not Comment.objects.filter(locked_at__isnull=False).exists()
    undo_last(by)
    services.lock_branch(comment_id=talk["1"].pk, by=by, locked=False)
    services.post_comment(author=guest, body="Again", parent_id=talk["1.1.1"].pk)


def numbers(topic):
    rows = Comment.objects.filter(thread__topic=topic).values_list("pk", "text__body")
    ways = tree.ordinals_down_to([pk for pk, _body in rows])
    return {body: ".".join(map(str, ways[pk])) for pk, body in rows}


@pytest.mark.parametrize("act", ["detach", "detach elsewhere", "merge", "move"])
def test_a_move_is_taken_back_to_the_very_numbers_and_those_between_lead_on(
    talk, topic, by, act, client
):
    other = services.open_topic(title="Another", by=None)
    before = numbers(topic)
    if act == "detach":
        services.detach_branch(comment_id=talk["1.1"].pk, by=by)
    elif act == "detach elsewhere":
        services.detach_branch(comment_id=talk["1.1"].pk, by=by, topic_id=other.pk)
    elif act == "merge":
        services.merge_thread(thread_id=talk["2"].thread_id, under_id=talk["1.1"].pk, by=by)
    else:
        services.move_thread(thread_id=talk["1"].thread_id, topic_id=other.pk, by=by)
    moved = {one: numbers(one) for one in (topic, other)}
    assert moved[topic] != before
    undo_last(by)
    assert numbers(topic) == before
    assert numbers(other) == {}
    assert faults() == []
    for one, found in moved.items():
        for body, number in found.items():
            if before[body] != number or one == other:
                pk = Comment.objects.get(text__body=body).pk
                answer = client.get(f"/lobby/{one.pk}/{number}")
                assert (answer.status_code, answer.headers["Location"]) == (301, f"/comments/{pk}/")


def test_a_move_is_not_taken_back_after_another(talk, topic, by):
    other = services.open_topic(title="Another", by=None)
    services.detach_branch(comment_id=talk["1.1"].pk, by=by)
    detached = Decision.objects.latest("pk")
    thread_id = now(talk["1.1"]).thread_id
    services.move_thread(thread_id=thread_id, topic_id=other.pk, by=by)
    moved = Decision.objects.latest("pk")
    services.merge_thread(thread_id=thread_id, under_id=talk["2"].pk, by=by)
    for one in (detached, moved):
        assert refusal(services.undo, decision_id=one.pk, by=by) == "changed-meanwhile"
    undo_last(by)
    services.undo(decision_id=moved.pk, by=by)
    services.undo(decision_id=detached.pk, by=by)
    assert numbers(topic)["This is 1.1.1"] == "1.1.1"
    assert faults() == []


# ------------------------------------------------------------------------------ purging


@pytest.fixture
def gone(talk, by):
    """1.1 and 1.1.1 wait for their purge; 1.1.1 was held before."""
    services.moderate(comment_id=talk["1.1.1"].pk, verb="hold", by=by)
    assert services.hide_branch(comment_id=talk["1.1"].pk, by=by, reason="illegal") == 2
    return [talk["1.1"], talk["1.1.1"]]


def test_what_is_to_be_purged_is_hidden_at_once_from_everybody(gone, topic, guest, as_staff, talk):
    author = Client()
    author.force_login(User.objects.create_user("Marta"))
    Comment.objects.filter(pk=gone[0].pk).update(
        member=User.objects.get(username="Marta"), pen=None, author_name=""
    )
    for client in (Client(), as_staff, author):
        assert "This is 1.1" not in html_of(topic, client)
        assert client.get(f"/comments/{gone[0].pk}/").status_code == 410
        for way in ("reply", "edit", "history", "delete"):
            answer = client.get(f"/comments/{gone[0].pk}/{way}/")
            assert answer.status_code in (404, 410), way
    assert "This is 1.1" not in as_staff.get("/admin/discussions/comment/").content.decode()
    assert as_staff.get(f"/admin/discussions/comment/{gone[0].pk}/change/").status_code == 404
    assert "This is" not in author.get("/my/comments/").content.decode()
    assert "This is 1.1" not in Client().get("/feeds/comments.atom").content.decode()
    assert Topic.objects.get(pk=topic.pk).comment_count == 4
    act = {"author": guest, "body": "Late", "parent_id": gone[0].pk}
    assert refusal(services.post_comment, **act) == "parent-purged"
    assert faults() == []


def test_a_purge_is_taken_back_with_every_state(gone, topic, by):
    undo_last(by)
    assert [now(one).state for one in gone] == ["public", "held"]
    assert Topic.objects.get(pk=topic.pk).comment_count == 5
    assert faults() == []


def test_nothing_is_done_to_what_is_to_be_purged_but_bringing_it_back(gone, talk, by):
    pk = gone[0].pk
    assert refusal(services.hide_branch, comment_id=pk, by=by) == "gone-meanwhile"
    assert refusal(services.detach_branch, comment_id=pk, by=by) == "gone-meanwhile"
    assert refusal(services.lock_branch, comment_id=pk, by=by, locked=True) == "gone-meanwhile"
    act = {"thread_id": talk["2"].thread_id, "under_id": pk, "by": by}
    assert refusal(services.merge_thread, **act) == "gone-meanwhile"
    for verb in services.MODERATION:
        act = {"comment_id": pk, "verb": verb, "by": by, "reason": "unkind"}
        assert refusal(services.moderate, **act) == "wrong-state"


def test_a_branch_purged_within_a_branch_comes_back_only_with_its_own(talk, by):
    services.hide_branch(comment_id=talk["1.1.1"].pk, by=by)
    inner = Decision.objects.latest("pk")
    services.hide_branch(comment_id=talk["1"].pk, by=by)
    undo_last(by)
    assert now(talk["1.1.1"]).state == "purged"
    services.undo(decision_id=inner.pk, by=by)
    assert now(talk["1.1.1"]).state == "public"


def test_the_tick_deletes_after_30_days_and_every_page_answers_410(gone, talk, by, client):
    with later(days=29):
        call_command("tick")
    assert Comment.objects.filter(pk=gone[0].pk).exists()
    with later(days=31):
        call_command("tick")
    assert not Comment.objects.filter(pk__in=[one.pk for one in gone]).exists()
    assert not Decision.objects.exists()
    assert [client.get(f"/comments/{one.pk}/").status_code for one in gone] == [410, 410]
    assert faults() == []
    assert "0 deleted" in services.purge_what_is_due()


def test_an_undone_purge_deletes_nothing_and_one_within_another_goes_once(talk, by):
    services.hide_branch(comment_id=talk["2"].pk, by=by)
    undo_last(by)
    services.hide_branch(comment_id=talk["1.1.1"].pk, by=by)
    services.hide_branch(comment_id=talk["1"].pk, by=by)
    with later(days=31):
        assert services.purge_what_is_due() == "comments whose purge was due: 4 deleted"
        assert services.purge_what_is_due() == "comments whose purge was due: 0 deleted"
    assert Comment.objects.count() == 2


@pytest.mark.parametrize("way", ["now", "later"])
def test_imported_ones_and_those_below_answer_410_too(topic, client, by, way):
    pks = grow(topic, chain(12), {3: "spam"})
    if way == "now":
        assert services.purge_branch(comment_id=pks[0], by=by) == 12
    else:
        services.hide_branch(comment_id=pks[0], by=by)
    found = [client.get(f"/comments/{pk}/").status_code for pk in pks]
    assert found == [410, 410, 410, 404, *[410] * 8]


def test_a_big_branch_is_hidden_and_brought_back_in_few_statements(
    topic, by, django_assert_max_num_queries
):
    pks = grow(topic, [None, *[0] * 1_999])
    with django_assert_max_num_queries(60):  # SQLite takes few values in one statement
        services.hide_branch(comment_id=pks[0], by=by)
    with django_assert_max_num_queries(26):
        undo_last(by)
    assert Topic.objects.get(pk=topic.pk).comment_count == 2_000


# ------------------------------------------------------------------------------ topics


def test_a_closed_talk_is_read_only_and_says_so(topic, post, guest, by, client):
    comment = post("As it was.")
    services.set_topic(topic_id=topic.pk, by=by, closed=True, closed_words="See you  next <year>.")
    pen = Reader(pen=guest.pen)
    act = {"comment_id": comment.pk, "by": pen, "body": "Not.", "base": base(comment)}
    assert refusal(services.edit_comment, **act) == "topic-closed"
    late = {"author": guest, "body": "Late", "topic_id": topic.pk}
    assert refusal(services.post_comment, **late) == "topic-locked"
    html = html_of(topic)
    assert "This talk is closed. It stays here to be read. See you next &lt;year&gt;." in html
    assert "/reply/" not in html
    services.set_topic(topic_id=topic.pk, by=by, closed=False)
    now_ = Topic.objects.get(pk=topic.pk)
    assert (now_.locked_at, now_.closed_at, now_.closed_words) == (None, None, "")
    assert services.edit_comment(**act)


def test_a_notice_stands_over_the_talk(topic, post, by):
    services.set_topic(topic_id=topic.pk, by=by, notice="  The director <answers> on Friday.\n")
    assert '<p class="notice" dir="auto">The director &lt;answers&gt; on Friday.</p>' in html_of(
        topic
    )


def test_a_talk_can_hold_all_or_guests_for_a_moderator(topic, guest, member, staff, by, settings):
    settings.COMMENT_CHECKS = ["forum.moderation.checks.topic"]

    def states(*authors):
        return [
            services.post_comment(
                author=one, body=f"{name} {len(found)}", topic_id=topic.pk
            ).comment.state
            for one in authors
        ]

    authors = [guest, services.Author(member=member), services.Author(member=staff)]
    name, found = "first", Event.objects.all()
    services.set_topic(topic_id=topic.pk, by=by, guests_held=True)
    assert states(*authors) == ["held", "public", "public"]
    assert "a moderator reads what guests write" in html_of(topic)
    name = "second"
    services.set_topic(topic_id=topic.pk, by=by, guests_held=False, all_held=True)
    assert states(*authors) == ["held", "held", "public"]
    assert "A moderator reads every new comment here" in html_of(topic)
    comment = Comment.objects.filter(member=member, state="public").get()
    edit = {"comment_id": comment.pk, "by": Reader(user=member), "body": "Slipped in"}
    assert services.edit_comment(**edit, base=base(comment)) is False


@pytest.mark.parametrize(
    ("change", "verb"),
    [
        ({"locked": True}, "lock"),
        ({"closed": True, "closed_words": "Over."}, "close"),
        ({"notice": "A new one."}, "notice"),
        ({"all_held": True}, "hold-all"),
        ({"guests_held": True}, "hold-guests"),
    ],
)
def test_a_setting_is_written_down_and_taken_back_unless_it_was_changed_again(
    topic, by, change, verb
):
    services.set_topic(topic_id=topic.pk, by=by, notice="The old one.")
    fields = ("locked_at", "closed_at", "closed_words", "notice", "all_held_at", "guests_held_at")
    before = Topic.objects.values(*fields).get(pk=topic.pk)
    (event,) = services.set_topic(topic_id=topic.pk, by=by, **change)
    assert (event.verb, event.topic_id, event.actor_id) == (verb, topic.pk, by.user.pk)
    seen = version(topic)
    decision = Decision.objects.latest("pk")
    undo_last(by)
    assert Topic.objects.values(*fields).get(pk=topic.pk) == before
    assert version(topic) > seen
    services.set_topic(topic_id=topic.pk, by=by, **change)
    assert services.set_topic(topic_id=topic.pk, by=by, **change) == []
    decision = Decision.objects.latest("pk")
    off = {name: "" if isinstance(value, str) else False for name, value in change.items()}
    services.set_topic(topic_id=topic.pk, by=by, **off)
    assert refusal(services.undo, decision_id=decision.pk, by=by) == "changed-meanwhile"


def test_every_decision_has_a_way_back(by):
    kept = {"purge", "redact", "edit-staff", "edit-accept", "edit-drop", "detach", "merge", "move"}
    kept |= {"lock-branch", "open-branch", *services.MODERATION}
    assert kept <= set(WAYS)
    assert all(len(verb) <= Event._meta.get_field("verb").max_length for verb in WAYS)


def nobody_is_there(_question):
    raise EOFError


def test_the_command_purges_and_says_what_is_final(talk, capsys, monkeypatch):
    call_command("purge_comment", talk["2"].pk)
    assert "2 hidden from everybody; deleted in 30 days" in capsys.readouterr().out
    with pytest.raises(CommandError, match="is to be purged"):
        call_command("purge_comment", talk["2"].pk)
    monkeypatch.setattr("builtins.input", lambda words: "no")
    with pytest.raises(CommandError, match="Nothing was deleted"):
        call_command("purge_comment", talk["1.1"].pk, "--now")
    monkeypatch.setattr("builtins.input", nobody_is_there)
    with pytest.raises(CommandError, match="--yes deletes without asking"):
        call_command("purge_comment", talk["1.1"].pk, "--now")
    assert Comment.objects.filter(pk=talk["1.1"].pk).exists()
    call_command("purge_comment", talk["1.1"].pk, "--now", "--yes")
    assert "2 deleted for good. This is final." in capsys.readouterr().out
    assert not Comment.objects.filter(pk=talk["1.1"].pk).exists()
    with pytest.raises(CommandError, match="no such comment"):
        call_command("purge_comment", talk["1.1"].pk)
    assert Event.objects.filter(verb="purge-now", reason="illegal").count() == 1
