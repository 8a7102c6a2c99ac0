"""The spam score: what it looks at, what it learns from decisions and unlearns, what it holds."""

import itertools
import random
import threading
import time

import pytest
from django.core.management import call_command
from django.db import connections

from forum.accounts.models import User
from forum.accounts.readers import ANYBODY, Reader
from forum.discussions import checks, services
from forum.discussions.checks import Draft, gather
from forum.discussions.models import BODY_CHARS, CommentText, Event
from forum.moderation.checks import spam_score
from forum.moderation.models import Lesson, SpamWord
from forum.moderation.spam import bayes, features, learning, table
from tests.moderation import spam_talk
from tests.statements import statements

CHECK = "forum.moderation.checks.spam_score"


@pytest.fixture(autouse=True)
def _nothing_known():
    table.look_again()
    yield
    table.look_again()


def draft(body, **changes):
    plain = {
        "html": "", "name": "Nils", "is_member": False, "is_staff": False, "is_reply": False,
        "is_edit": False, "topic_id": 1, "network_key": "",
    }  # fmt: skip
    return gather(Draft(body=body, **{**plain, **changes}), ["spam_score"])


def counts():
    """Return all that is counted, by key."""
    rows = SpamWord.objects.exclude(key=SpamWord.LINE).values_list("key", "spam", "ham")
    return {key: (spam, ham) for key, spam, ham in rows if spam or ham}


def of_lessons():
    """Return what the counts should be: the sum of the lessons."""
    found = {}
    for lesson in Lesson.objects.all():
        for key in [SpamWord.TOTAL, *learning._unpacked(lesson.keys)]:
            spam, ham = found.get(key, (0, 0))
            found[key] = (spam + lesson.is_spam, ham + (not lesson.is_spam))
    return found


@pytest.fixture
def said(say):
    """said(text, is_spam) -> a comment about which staff have decided so."""

    names = itertools.count(1)

    def decide(text, is_spam):
        comment = say(text, state="held", name=f"Nils {next(names)}")
        services.moderate(comment_id=comment.pk, verb="spam" if is_spam else "approve", by=ANYBODY)
        return comment

    return decide


@pytest.fixture
def taught(said):
    """Enough was decided and learned to say something."""
    for number in range(bayes.LEAST):
        said(
            f"check out my new channel {number}, please subscribe http://cheap{number}.xyz/ref",
            True,
        )
        said(f"the ending of this film, number {number}, stays with me", False)
    learning.learn_decided()


# ------------------------------------------------------------------------------------- what it looks at


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("see http://example.xyz/ref?id=3", "links one"),
        ("http://example.xyz/ref?id=3", "a link for the most part"),
        ("go to cheap-meds . com now", "links one"),
        ("go to cheapmeds dot com now", "links one"),
        ("hxxp://bad.example.ru", "ending ru"),
        ("CHECK THIS OUT EVERYBODY", "capitals most"),
        ("wow!!!!!!", "a sign again and again"),
        ("s u b s c r i b e to me", "w subscribe"),
        ("s.u.b.s.c.r.i.b.e", "letters set apart"),
        ("sub\u200bscri\u200bbe", "w subscribe"),
        ("sub\u200bscribe", "invisible signs"),
        ("ѕubѕсribе now", "w subscribe"),
        ("ѕubѕсribе now", "words of two scripts"),
        ("ch4nn3l", "w channel"),
        ("subscriiiiiiibe", "w subscribe"),
        ("ｓｕｂｓｃｒｉｂｅ", "w subscribe"),
        ("please check out my new channel", "asks for one's own"),
        ("subscribe to me", "asks for oneself"),
        ("write to me at joe.smith77@example.org", "mail"),
        ("call +1 (555) 010-9922", "telephone"),
        ("earn $500 a day", "money"),
        ("подпишись на канал", "script CYRILLIC"),
        ("映画が好きです", "script HIRAGANA"),
        ("a\nb\na", "a line twice"),
    ],
)
def test_words_and_shapes_are_seen_through_disguises(text, name):
    assert name in features.named(text)


@pytest.mark.parametrize(
    "text",
    [
        "I liked it. To me the end is in the U.S. and so on",
        "great film.So sad",
        "at 12.30 or 13:45",
    ],
)
def test_a_full_stop_makes_no_link(text):
    assert "links none" in features.named(text)


HOSTILE = [
    "", " ", "\u200b" * BODY_CHARS, "a" * BODY_CHARS, "a " * (BODY_CHARS // 2), "." * BODY_CHARS,
    "1" * BODY_CHARS, "1-" * (BODY_CHARS // 2), "http://" * (BODY_CHARS // 7), "a." * (BODY_CHARS // 2),
    "@" * BODY_CHARS, "a@" * (BODY_CHARS // 2), "a@a." * (BODY_CHARS // 4), "\n" * BODY_CHARS,
    "a-" * (BODY_CHARS // 2), "$1" * (BODY_CHARS // 2), "ﷺ" * BODY_CHARS, "\U000e0041" * BODY_CHARS,
    "а" * BODY_CHARS, "أ" * BODY_CHARS, "क्षि" * (BODY_CHARS // 4), "漢" * BODY_CHARS, "😀" * BODY_CHARS,
    "é" * BODY_CHARS, "z̷̧̢" * (BODY_CHARS // 4), "\ud800", "a dot " * (BODY_CHARS // 6), "w . " * (BODY_CHARS // 4),
    "dot com " * (BODY_CHARS // 8), "a . com " * (BODY_CHARS // 8), "watch?v=" * (BODY_CHARS // 8),
]  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_any_text_is_looked_at_in_bounded_time(text):
    before = time.thread_time()
    keys = features.of(text)
    assert time.thread_time() - before < 0.1
    assert len(keys) <= features.MOST
    assert all(0 <= key < 2**32 for key in keys)


def test_random_texts_of_any_signs_are_looked_at_in_bounded_time():
    chance = random.Random(4)
    for _n in range(40):
        alphabet = chance.choices("ab.@ :/-1$\n#?=[]{}()dotcmwh!'\u200b\u0430\u0301\u3042", k=6)
        text = "".join(chance.choices(alphabet, k=BODY_CHARS))
        before = time.thread_time()
        assert len(features.of(text)) <= features.MOST
        assert time.thread_time() - before < 0.1, alphabet


def test_the_same_text_has_the_same_numbers_on_every_machine():
    assert features.number("w subscribe") == 3240977400


# ----------------------------------------------------------------------------------------- the arithmetic


def test_nothing_is_said_before_there_are_enough_lessons_of_both():
    assert not bayes.is_taught((bayes.LEAST - 1, 1_000))
    assert not bayes.is_taught((1_000, bayes.LEAST - 1))
    assert bayes.is_taught((bayes.LEAST, bayes.LEAST))


def test_the_score_is_the_formula_of_bayes():
    # Odds of one name: (9 + 1/2) / (10 + 1) over (1 + 1/2) / (20 + 1), as natural logarithm, over 8.
    assert bayes.score([(9, 1)], (10, 20)) == round(1000 / (1 + 2.718281828459045 ** (-2.4935 / 8)))
    assert bayes.score([], (10, 20)) == 500
    assert bayes.score([(0, 0)], (10, 20)) == 500
    assert bayes.score([(10, 0)] * 400, (10, 10)) == 1000
    assert bayes.score([(0, 10)] * 400, (10, 10)) == 0


def test_much_spam_does_not_make_everybody_else_suspect():
    assert bayes.score([(500, 10)], (1_000, 20)) == 500


def test_the_line_is_where_no_more_than_a_share_of_what_is_no_spam_lies_over_it():
    ham = list(range(300, 900))
    line = bayes.line(ham)
    assert sum(score >= line for score in ham) == int(bayes.HAM_HELD * len(ham))
    assert bayes.line([]) == bayes.FIRST_LINE
    assert bayes.line([3] * 500) == bayes.LINES[0]
    assert bayes.line([1000] * 500) == bayes.LINES[1]


def test_the_line_is_drawn_as_if_each_had_not_been_learned():
    """What only one text had says nothing for that text."""
    assert bayes.score_without([(0, 1)], (30, 30), is_spam=False) == bayes.score([], (30, 29))
    assert bayes.score_without([(1, 0)], (30, 30), is_spam=True) == bayes.score([], (29, 30))


# ---------------------------------------------------------------------------------------------- learning


@pytest.mark.django_db
def test_it_says_nothing_and_holds_nothing_before_it_has_learned_enough(said, topic):
    for _n in range(bayes.LEAST - 1):
        said("check out my channel", True)
        said("what an ending", False)
    learning.learn_decided()
    assert spam_score(draft("check out my channel")) is None


@pytest.mark.django_db
def test_what_was_marked_as_spam_is_held_and_what_was_approved_is_not(taught):
    held = spam_score(draft("hey check out my channel and subscribe http://cheap99.xyz/ref"))
    assert (held.outcome, held.code) == ("hold", "spam-score")
    passed = spam_score(draft("that ending stays with me"))
    assert passed.outcome == "public"
    assert passed.spam_score < 500 < held.spam_score
    assert spam_score(draft("hey check out my channel", is_staff=True)) is None


@pytest.mark.django_db
def test_it_holds_and_never_removes_and_the_score_is_stored_by_the_insert(taught, say, topic):
    author = say("Somebody is here.").pen
    texts = (
        "please subscribe and check out my new channel http://cheap5.xyz/ref",
        "the film stays with me, the ending too",
    )
    spam, ham = (
        services.post_comment(
            author=services.Author(pen=author, name="Nils"), body=text, topic_id=topic.pk
        ).comment
        for text in texts
    )
    assert (spam.state, spam.reason) == ("held", "spam-score")
    assert ham.state == "public"
    assert spam.text.spam_score > 500 > ham.text.spam_score


@pytest.mark.django_db
def test_its_words_teach_no_spammer(taught):
    words = spam_score(
        draft("please subscribe, check out my new channel http://cheap5.xyz/ref")
    ).words
    assert not any(word in words.lower() for word in ("spam", "score", "link", "channel"))


@pytest.mark.django_db
def test_posting_asks_one_narrow_query_and_none_before_enough_was_learned(said, taught):
    with statements() as asked:
        table.judge("check out my channel")
    assert [one.startswith("SELECT key, spam, ham FROM") for one in asked] == [True]
    SpamWord.objects.all().delete()
    table.look_again()
    with statements() as asked:
        for _again in range(5):
            assert table.judge("check out my channel") is None
    assert len(asked) == 1


@pytest.mark.django_db
def test_undo_unlearns_and_an_earlier_word_of_staff_counts_again(said, say):
    said("the ending was fine", False)
    learning.learn_decided()
    before = counts()
    comment = say("check out my channel")
    for verbs, is_spam in [(("spam",), None), (("hold", "approve", "spam"), False)]:
        for verb in verbs:
            services.moderate(comment_id=comment.pk, verb=verb, by=ANYBODY)
        learning.learn_decided()
        assert Lesson.objects.get(pk=comment.pk).is_spam
        event = Event.objects.filter(comment_id=comment.pk, verb="spam").latest("pk")
        services.undo(decision_id=event.decision.pk, by=ANYBODY)
        learning.learn_decided()
        lesson = Lesson.objects.filter(pk=comment.pk).first()
        assert (lesson.is_spam if lesson else None) is is_spam
        assert counts() == of_lessons()
        assert (counts() == before) == (is_spam is None)


@pytest.mark.django_db
@pytest.mark.parametrize("is_spam", [True, False])
def test_what_is_removed_edited_deleted_or_erased_teaches_nothing_any_more(said, is_spam):
    comment = said("check out my channel", is_spam)
    learning.learn_decided()
    assert counts()
    services.erase_comment(comment_id=comment.pk, by=ANYBODY)
    learning.learn_decided()
    assert (counts(), Lesson.objects.count()) == ({}, 0)


@pytest.mark.django_db
def test_a_text_that_was_changed_after_staff_read_it_teaches_nothing(said, staff_reader):
    comment = said("a fine film", False)
    learning.learn_decided()
    assert Lesson.objects.count() == 1
    base = services.text_version(comment)
    services.edit_as_staff(
        comment_id=comment.pk, by=staff_reader, body="subscribe to me", base=base
    )
    learning.learn_decided()
    assert (counts(), Lesson.objects.count()) == ({}, 0)


@pytest.fixture
def staff_reader(db):
    return Reader(user=User.objects.create_superuser("Ruth"))


@pytest.mark.django_db
def test_what_was_purged_is_forgotten(said):
    comment, other = said("check out my channel", True), said("fine", False)
    learning.learn_decided()
    services.purge_branch(comment_id=comment.pk, by=ANYBODY)
    assert "1 forgotten" in learning.forget_gone()
    assert list(Lesson.objects.values_list("pk", flat=True)) == [other.pk]
    assert counts() == of_lessons()


@pytest.mark.django_db
@pytest.mark.parametrize("how", ["erase", "keep"])
def test_what_was_learned_from_a_member_goes_with_their_words(say, how):
    member = User.objects.create_user("Sunniva")
    comment = say("what an ending", member=member, state="held")
    services.moderate(comment_id=comment.pk, verb="approve", by=ANYBODY)
    learning.learn_decided()
    before = counts()
    assert before
    services.erase_member(member_id=member.pk, by=None, how=how)
    learning.learn_decided()
    # Kept without a name they teach as before: a lesson knows no name.
    assert counts() == (before if how == "keep" else {})


@pytest.mark.django_db
def test_claiming_moving_and_merging_change_no_lesson(said, say):
    comment, other = said("what an ending", False), say("Elsewhere.")
    elsewhere = services.open_topic(title="The first row", by=None)
    learning.learn_decided()
    before = counts()
    member = User.objects.create_user("Sunniva")
    services.claim_pen(pen_id=comment.pen_id, by=Reader(user=member))
    services.move_thread(thread_id=comment.thread_id, topic_id=elsewhere.pk, by=ANYBODY)
    services.move_thread(thread_id=other.thread_id, topic_id=elsewhere.pk, by=ANYBODY)
    services.merge_thread(thread_id=comment.thread_id, under_id=other.pk, by=ANYBODY)
    learning.learn_decided()
    assert counts() == before == of_lessons()
    call_command("learn_spam")
    assert counts() == before


@pytest.mark.django_db
def test_a_word_of_checks_is_no_word_of_staff(say):
    say("check out my channel", state="spam")  # a state that no moderator gave
    learning.learn_decided()
    assert Lesson.objects.count() == 0


@pytest.mark.django_db
def test_looking_twice_changes_nothing(taught):
    before = counts()
    CommentText.objects.update(is_to_learn=True)
    while CommentText.objects.filter(is_to_learn=True).exists():
        learning.learn_decided()
    assert counts() == before == of_lessons()


@pytest.mark.django_db
def test_learning_from_scratch_gives_the_same_counts(said, say, capsys):
    chance = random.Random(2)
    for text, is_spam, _at in spam_talk.texts(3, 60):
        comment = said(text or "…", is_spam)
        if chance.random() < 0.3:
            verb = "restore" if is_spam else "spam"
            services.moderate(comment_id=comment.pk, verb=verb, by=ANYBODY)
        if chance.random() < 0.3:
            learning.learn_decided()
    learning.learn_decided()
    before, lessons = counts(), set(Lesson.objects.values_list("pk", "is_spam", "score"))
    assert before == of_lessons()
    SpamWord.objects.filter(key__gt=0).update(spam=77)  # as if something had gone wrong
    call_command("learn_spam")
    assert counts() == before
    assert {one[:2] for one in Lesson.objects.values_list("pk", "is_spam")} == {
        one[:2] for one in lessons
    }
    spam, ham = before[SpamWord.TOTAL]
    assert (
        f"Learned from {spam} comments marked as spam and {ham} approved."
        in capsys.readouterr().out
    )


@pytest.mark.django_db(transaction=True)
def test_counts_are_exact_when_many_decide_and_several_workers_learn(say):
    comments = [say(f"subscribe to my channel {n}", name=f"N{n}") for n in range(16)]
    stop = threading.Event()
    faults = []

    def quietly(act):
        def run():
            try:
                act()
            except Exception as error:
                faults.append(error)
            finally:
                connections.close_all()

        return run

    def learn():
        while not stop.is_set():
            learning.learn_decided()

    def decide(mine):
        for comment in mine:
            services.moderate(comment_id=comment.pk, verb="spam", by=ANYBODY)
            services.moderate(comment_id=comment.pk, verb="restore", by=ANYBODY)
            if comment.pk % 2:
                services.moderate(comment_id=comment.pk, verb="spam", by=ANYBODY)

    learners = [threading.Thread(target=quietly(learn)) for _n in range(2)]
    deciders = [
        threading.Thread(target=quietly(lambda n=n: decide(comments[n::4]))) for n in range(4)
    ]
    for thread in [*learners, *deciders]:
        thread.start()
    for thread in deciders:
        thread.join(60)
    stop.set()
    for thread in learners:
        thread.join(60)
    while learning.learn_decided():
        pass
    assert faults == []
    odd = sum(comment.pk % 2 for comment in comments)
    assert counts()[SpamWord.TOTAL] == (odd, len(comments) - odd)
    assert counts() == of_lessons()


@pytest.mark.django_db
def test_each_lesson_keeps_the_score_its_text_had_before(taught, said):
    comment = said("please subscribe to my new channel http://cheap7.xyz/ref", True)
    expected = table.judge(comment.text.body).score
    learning.learn_decided()
    lesson = Lesson.objects.get(pk=comment.pk)
    assert lesson.score == expected
    assert SpamWord.objects.get(key=SpamWord.LINE).spam >= bayes.LINES[0]
    assert Lesson.objects.scored().count() < Lesson.objects.count()  # the first had none


@pytest.mark.django_db
def test_no_word_of_anybody_is_kept(taught):
    stored = str(list(SpamWord.objects.values())) + str(list(Lesson.objects.values()))
    assert "channel" not in stored
    assert {type(value) for row in SpamWord.objects.values() for value in row.values()} == {int}


@pytest.mark.django_db
def test_every_check_is_asked_and_the_score_is_kept_beside_a_graver_word(taught, settings):
    settings.COMMENT_CHECKS = ["forum.moderation.checks.guests", CHECK]
    settings.GUESTS = "hold"
    verdict = checks.run(draft("that ending stays with me"))
    assert (verdict.outcome, verdict.code) == ("hold", "guest")
    assert verdict.spam_score is not None


@pytest.mark.django_db
def test_what_was_found_right_as_it_stands_teaches_and_its_undo_unlearns(say):
    comment = say("what an ending", name="Somebody new")
    services.moderate(comment_id=comment.pk, verb="approve", by=ANYBODY)
    learning.learn_decided()
    assert not Lesson.objects.get(pk=comment.pk).is_spam
    event = Event.objects.filter(comment_id=comment.pk, verb="approve").latest("pk")
    services.undo(decision_id=event.decision.pk, by=ANYBODY)
    learning.learn_decided()
    assert (counts(), Lesson.objects.count()) == ({}, 0)


@pytest.mark.django_db
def test_a_decision_that_an_appeal_took_back_teaches_nothing_until_it_stands_again(say):
    comment = say("subscribe to me")
    for verb, before, after, learned in [
        ("spam", "public", "spam", True),
        ("undo", "spam", "public", None),
        ("undo", "public", "spam", True),  # of the appeal
        ("undo", "lock-branch", "", True),  # of something else
    ]:
        Event.objects.create(verb=verb, comment_id=comment.pk, before=before, after=after)
        verdict = learning._standing(Event.objects.all()).get(comment.pk)
        assert (verdict.is_spam if verdict else None) is learned
