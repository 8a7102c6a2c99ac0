"""Who is told of a comment: replies and follows, once each, after the commit, never what is not public."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from forum.accounts.models import Pen, User
from forum.accounts.readers import ANYBODY
from forum.discussions import services, tree
from forum.discussions.models import Comment, CommentText, Follow, Mute, Notice
from forum.discussions.services import telling
from tests.discussions.people import author, counts_hold, guest, person, reader, told
from tests.statements import statements

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _mails(settings):
    settings.MAILS, settings.COMMENT_CHECKS = True, []


def say(text, who, under=None, topic=None):
    where = {"parent_id": under.pk} if under else {"topic_id": topic.pk}
    return services.post_comment(author=who, body=text, **where).comment


def decide(comment, verb):
    services.moderate(comment_id=comment.pk, verb=verb, by=ANYBODY, reason="off-topic")


def test_who_wrote_a_comment_is_told_of_a_reply_without_following_anything(topic, astrid, bruno):
    first = say("The harbour is the film.", author(astrid), topic=topic)
    answer = say("Then why does it end?", author(bruno), first)
    assert told() == {"Astrid": [("reply", answer.pk)]}
    astrid.refresh_from_db()
    assert astrid.unread == 1
    assert told() == {"Astrid": [("reply", answer.pk)]}


def test_nobody_is_told_of_their_own_words(topic, astrid):
    services.follow(by=reader(astrid), topic_id=topic.pk)
    first = say("The harbour is the film.", author(astrid), topic=topic)
    say("And the rain.", author(astrid), first)
    assert told() == {}


def test_followers_of_a_talk_a_branch_and_a_person_are_told_each_once(topic, astrid, bruno):
    first = say("The harbour is the film.", author(bruno), topic=topic)
    told()
    clara, dora, emil = person("Clara"), person("Dora"), person("Emil")
    services.follow(by=reader(clara), topic_id=topic.pk)
    services.follow(by=reader(dora), comment_id=first.pk)
    services.follow(by=reader(emil), person_id=astrid.pk)
    for what in ({"topic_id": topic.pk}, {"comment_id": first.pk}, {"person_id": astrid.pk}):
        services.follow(by=reader(bruno), **what)
    answer = say("Then why does it end?", author(astrid), first)
    below = say("Because it must.", author(emil), answer)
    apart = say("Another thing.", author(emil), topic=topic)
    assert told() == {
        "Bruno": [("reply", answer.pk), ("follow", below.pk), ("follow", apart.pk)],
        "Clara": [("follow", answer.pk), ("follow", below.pk), ("follow", apart.pk)],
        "Dora": [("follow", answer.pk), ("follow", below.pk)],
        "Emil": [("follow", answer.pk)],
        "Astrid": [("reply", below.pk)],
    }
    assert counts_hold()


def test_to_follow_twice_is_to_follow_once_and_letting_go_ends_it(topic, astrid, guest):
    for _time in range(2):
        services.follow(by=reader(astrid), topic_id=topic.pk)
    assert Follow.objects.count() == 1
    services.unfollow(by=reader(astrid), topic_id=topic.pk)
    say("A word.", guest, topic=topic)
    assert told() == {}


def test_the_database_refuses_a_follow_of_two_things_or_by_nobody(topic, astrid, bruno):
    for wrong in (
        {"member": astrid},
        {"topic": topic},
        {"member": astrid, "topic": topic, "person": bruno},
        {"member": astrid, "person": astrid},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            Follow.objects.create(**wrong)


def test_only_a_guest_with_a_confirmed_address_follows_and_only_by_mail(topic, astrid):
    without, _secret = guest("Nora", confirmed=False)
    with pytest.raises(ValidationError) as refusal:
        services.follow(by=reader(without), topic_id=topic.pk)
    assert refusal.value.code == "not-allowed"
    known, _secret = guest("Nils")
    services.follow(by=reader(known), topic_id=topic.pk)
    comment = say("A word.", author(astrid), topic=topic)
    assert told() == {"Nils": [("follow", comment.pk)]}
    Pen.objects.update(email_confirmed_at=None)
    say("Another.", author(astrid), topic=topic)
    assert len(told()["Nils"]) == 1


def test_nobody_follows_themselves(astrid):
    with pytest.raises(ValidationError) as refusal:
        services.follow(by=reader(astrid), person_id=astrid.pk)
    assert refusal.value.code == "follow-self"


def test_who_is_named_is_told_and_that_is_more_than_following(topic, astrid, bruno):
    say("The harbour is the film.", author(astrid), topic=topic)
    services.follow(by=reader(astrid), topic_id=topic.pk)
    named = say("As @Astrid said.", author(bruno), topic=topic)
    assert told() == {"Astrid": [("mention", named.pk)]}


def test_who_is_named_by_an_edit_is_told_then_and_once(topic, astrid, bruno):
    say("The harbour is the film.", author(astrid), topic=topic)
    first = say("As somebody said.", author(bruno), topic=topic)
    told()
    for words in ("As @Astrid said.", "As @Astrid said, once."):
        comment = Comment.objects.get(pk=first.pk)
        base = services.text_version(comment)
        services.edit_comment(comment_id=first.pk, by=reader(bruno), body=words, base=base)
        assert told() == {"Astrid": [("mention", first.pk)]}


# ---------------------------------------------------------------------------- what is not public


@pytest.mark.parametrize("verb", ["hold", "spam", "remove"])
def test_what_is_not_public_any_more_is_told_to_nobody(topic, astrid, bruno, verb):
    first = say("The harbour is the film.", author(astrid), topic=topic)
    gone = say("Buy boats.", author(bruno), first)
    decide(gone, verb)
    # Its author alone hears of it, and of spam nobody.
    assert told() == ({} if verb == "spam" else {"Bruno": [("decision", gone.pk)]})
    assert not CommentText.objects.filter(is_news=True).exists()


def test_a_held_comment_gives_its_notices_when_it_is_approved(topic, astrid, bruno, settings):
    settings.COMMENT_CHECKS = ["forum.moderation.checks.topic"]
    first = say("The harbour is the film.", author(astrid), topic=topic)
    services.set_topic(topic_id=topic.pk, by=None, all_held=True)
    waiting = say("Then why does it end?", author(bruno), first)
    assert Comment.objects.get(pk=waiting.pk).state == "held"
    assert told() == {}
    decide(waiting, "approve")
    assert told() == {"Astrid": [("reply", waiting.pk)], "Bruno": [("decision", waiting.pk)]}


def test_what_comes_back_is_not_told_again(topic, astrid, bruno):
    first = say("The harbour is the film.", author(astrid), topic=topic)
    answer = say("Then why does it end?", author(bruno), first)
    told()
    services.read_notices(member_id=astrid.pk, until_id=10**9)
    decide(answer, "remove")
    decide(answer, "restore")
    assert told()["Astrid"] == [("reply", answer.pk)]
    astrid.refresh_from_db()
    assert astrid.unread == 0


def test_under_a_hidden_film_nobody_is_told(topic, astrid, bruno):
    first = say("The harbour is the film.", author(astrid), topic=topic)
    say("Then why does it end?", author(bruno), first)
    topic.hidden_at = timezone.now()
    topic.save()
    assert told() == {}


def test_what_was_written_long_ago_is_no_news(topic, astrid, bruno):
    first = say("The harbour is the film.", author(astrid), topic=topic)
    old = say("Then why does it end?", author(bruno), first)
    ago = timezone.now() - timedelta(days=31)
    Comment.objects.filter(pk=old.pk).update(created_at=ago)
    assert told() == {}


def test_whom_one_has_muted_tells_one_nothing(topic, astrid, bruno):
    nils, _secret = guest("Nils")
    first = say("The harbour is the film.", author(astrid), topic=topic)
    services.mute_author(by=astrid, person_id=bruno.pk)
    services.mute_author(by=astrid, comment=say("A guest's.", nils, topic=topic))
    services.mute_words(by=astrid, words="boats")
    services.follow(by=reader(astrid), topic_id=topic.pk)
    say("By a muted member.", author(bruno), first)
    say("By a muted guest.", nils, first)
    say("Many BOATS here.", author(person("Clara")), first)
    heard = say("A steamboats company.", author(person("Dora")), first)
    assert told() == {"Astrid": [("reply", heard.pk)]}


def test_muting_takes_what_was_told_of_them_out_of_the_inbox(topic, astrid, bruno):
    first = say("The harbour is the film.", author(astrid), topic=topic)
    say("Then why does it end?", author(bruno), first)
    told()
    services.mute_author(by=astrid, person_id=bruno.pk)
    astrid.refresh_from_db()
    assert (Notice.objects.count(), astrid.unread, astrid.has_mutes) == (0, 0, True)
    services.unmute(by=astrid, mute_id=Mute.objects.get().pk)
    astrid.refresh_from_db()
    assert not astrid.has_mutes


# --------------------------------------------------------------- what becomes of it: moves and ends


def test_a_talk_that_went_into_another_keeps_its_followers_and_gives_them_back(
    topic, astrid, bruno
):
    other = services.open_topic(title="The first row", by=None)
    say("To be moved.", author(bruno), topic=topic)
    services.follow(by=reader(astrid), topic_id=topic.pk)
    moved = services.move_talk(topic_id=topic.pk, to_id=other.pk, by=None)
    there = say("Written there.", author(bruno), topic=other)
    assert told()["Astrid"][-1] == ("follow", there.pk)
    assert services.follows(reader(astrid), topic_id=other.pk)
    services.move_talk_back(topic_id=topic.pk, threads=moved, by=None)
    say("Of the other talk alone.", author(bruno), topic=other)
    assert told()["Astrid"][-1] == ("follow", there.pk)
    services.move_talk(topic_id=topic.pk, to_id=other.pk, by=None)
    services.unfollow(by=reader(astrid), topic_id=other.pk)
    assert not Follow.objects.exists()


def test_a_branch_that_was_moved_keeps_its_followers(topic, astrid, bruno):
    other = services.open_topic(title="The first row", by=None)
    first = say("The harbour is the film.", author(bruno), topic=topic)
    branch = say("Then why does it end?", author(bruno), first)
    services.follow(by=reader(astrid), comment_id=branch.pk)
    services.detach_branch(comment_id=branch.pk, by=None, topic_id=other.pk)
    answer = say("Because it must.", author(bruno), branch)
    services.merge_thread(
        thread_id=Comment.objects.get(pk=branch.pk).thread_id, under_id=first.pk, by=None
    )
    later = say("It did.", author(bruno), answer)
    assert told()["Astrid"] == [("follow", answer.pk), ("follow", later.pk)]


@pytest.mark.parametrize("way", ["erase", "purge"])
def test_what_is_erased_or_purged_ends_its_follows_and_notices(topic, astrid, bruno, way):
    first = say("The harbour is the film.", author(astrid), topic=topic)
    answer = say("Then why does it end?", author(bruno), first)
    services.follow(by=reader(astrid), comment_id=answer.pk)
    told()
    if way == "erase":
        services.erase_comment(comment_id=answer.pk, by=None)
    else:
        services.purge_branch(comment_id=answer.pk, by=None)
    astrid.refresh_from_db()
    assert (Follow.objects.count(), Notice.objects.count(), astrid.unread) == (0, 0, 0)
    with pytest.raises(ValidationError) as refusal:
        services.follow(by=reader(astrid), comment_id=answer.pk)
    assert refusal.value.code == "target-gone"


def test_a_branch_that_waits_for_its_purge_is_silent_and_comes_back_with_its_followers(
    topic, astrid, bruno
):
    first = say("The harbour is the film.", author(bruno), topic=topic)
    services.follow(by=reader(astrid), comment_id=first.pk)
    services.hide_branch(comment_id=first.pk, by=None)
    assert Follow.objects.count() == 1
    assert told() == {}


def test_whole_threads_that_an_import_takes_back_leave_no_notice_behind(topic, astrid, bruno):
    first = say("The harbour is the film.", author(astrid), topic=topic)
    answer = say("Then why does it end?", author(bruno), first)
    told()
    with transaction.atomic():
        tree.lock(first.thread_id)
        tree.unload([first.thread_id])
        services.forget_comments([first.pk, answer.pk])
    assert Notice.objects.count() == 0
    assert counts_hold()


def test_a_member_who_is_erased_leaves_no_follow_mute_or_notice(topic, astrid, bruno):
    first = say("The harbour is the film.", author(astrid), topic=topic)
    say("Then why does it end?", author(bruno), first)
    told()
    services.follow(by=reader(astrid), topic_id=topic.pk)
    services.follow(by=reader(bruno), person_id=astrid.pk)
    services.mute_author(by=bruno, person_id=astrid.pk)
    services.erase_member(member_id=astrid.pk, by=None, how="keep")
    assert not Follow.objects.exists()
    assert not Mute.objects.exists()
    assert not Notice.objects.exists()


def test_a_claimed_guests_follows_are_the_members_and_who_muted_the_guest_mutes_them(
    topic, astrid, bruno
):
    nils, _secret = guest("Nils")
    mine = say("By a guest.", nils, topic=topic)
    services.follow(by=reader(nils), topic_id=topic.pk)
    services.mute_author(by=bruno, comment=mine)
    services.claim_pen(pen_id=nils.pen.pk, by=reader(astrid))
    answer = say("An answer.", author(person("Clara")), mine)
    assert told() == {"Astrid": [("reply", answer.pk)]}  # and no second letter to the guest
    assert services.follows(reader(astrid), topic_id=topic.pk)
    assert Mute.objects.filter(member=bruno, person=astrid).exists()
    services.unclaim(by=reader(astrid))
    assert not services.follows(reader(astrid), topic_id=topic.pk)
    assert not Mute.objects.filter(person=astrid).exists()
    assert services.follows(reader(nils), topic_id=topic.pk)
    services.claim_pen(pen_id=nils.pen.pk, by=reader(astrid))
    later = timezone.now() + timedelta(days=2)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(timezone, "now", lambda: later)
        services.people.forget_claims()
    assert not Pen.objects.filter(pk=nils.pen.pk).exists()
    assert services.follows(reader(astrid), topic_id=topic.pk)


# --------------------------------------------------------------------------------- what it costs


def test_posting_says_no_statement_more_whoever_follows(topic, astrid, bruno):
    def cost(text):
        with statements() as said:
            say(text, author(bruno), topic=topic)
        return len(said)

    cost("The first.")  # what every process reads once
    before = cost("The second.")
    people = [User(username=f"P{number}", skeleton=f"p{number}") for number in range(50)]
    people = User.objects.bulk_create(people)
    Follow.objects.bulk_create(Follow(member=one, topic=topic) for one in people)
    assert cost("The third.") == before
    assert Notice.objects.count() == 0


def test_many_followers_are_told_in_parts_each_with_the_same_number_of_statements(
    topic, bruno, monkeypatch
):
    people = [User(username=f"P{number}", skeleton=f"p{number}") for number in range(40)]
    people = User.objects.bulk_create(people)
    Follow.objects.bulk_create(Follow(member=one, topic=topic) for one in people)

    def cost(text, at_once):
        monkeypatch.setattr(telling, "AT_ONCE", at_once)
        comment = say(text, author(bruno), topic=topic)
        with statements() as said:
            assert telling.tell(comment.pk) == 40
        return len(said)

    one, four = cost("The first.", 40), cost("The second.", 10)
    monkeypatch.setattr(telling, "AT_ONCE", 80)
    assert four - one == 3 * (one - cost_of_none(topic, bruno))
    assert counts_hold()


def cost_of_none(topic, bruno):
    """Return the statements of telling of a comment that nobody follows."""
    Follow.objects.all().delete()
    comment = say("The third.", author(bruno), topic=topic)
    with statements() as said:
        telling.tell(comment.pk)
    return len(said)


def test_telling_that_was_cut_short_goes_on_where_it_was(topic, bruno, monkeypatch):
    people = [User(username=f"P{number}", skeleton=f"p{number}") for number in range(10)]
    people = User.objects.bulk_create(people)
    Follow.objects.bulk_create(Follow(member=one, topic=topic) for one in people)
    monkeypatch.setattr(telling, "AT_ONCE", 4)
    comment = say("A word.", author(bruno), topic=topic)
    real, calls = telling._tell_members, []

    def fail_at_the_second(*args):
        calls.append(args)
        if len(calls) == 2:
            raise ZeroDivisionError
        return real(*args)

    monkeypatch.setattr(telling, "_tell_members", fail_at_the_second)
    assert telling.tell_news() == 1
    assert Notice.objects.count() == 4
    task = DBTaskResult.objects.get()
    assert (task.task_path, task.args_kwargs["args"]) == (
        "forum.discussions.services.telling.tell_again",
        [comment.pk],
    )
    telling.tell_again.call(comment.pk)
    assert Notice.objects.count() == 10
    assert counts_hold()
    assert telling.tell_news() == 0


def test_counts_that_went_wrong_are_put_right_and_old_notices_go(topic, astrid, bruno):
    first = say("The harbour is the film.", author(astrid), topic=topic)
    say("Then why does it end?", author(bruno), first)
    told()
    User.objects.filter(pk=astrid.pk).update(unread=7)
    User.objects.filter(pk=bruno.pk).update(unread=2)
    assert telling.count_unread_again() == "unread counts: 2 put right"
    assert counts_hold()
    Notice.objects.update(created_at=timezone.now() - timedelta(days=91))
    assert telling.forget_notices() == "notices of long ago: 0 deleted"
    services.read_notices(member_id=astrid.pk, until_id=10**9)
    assert telling.forget_notices() == "notices of long ago: 1 deleted"
