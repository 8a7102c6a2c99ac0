"""What a text must pass: dotted paths that each look at a plain draft."""

import logging

import pytest

from forum.discussions import checks
from forum.discussions.checks import HOLD, NOT_RUN, PUBLIC, REFUSE, SPAM, Draft, Verdict
from forum.discussions.trust import Record

DRAFT = Draft(
    body="A word",
    html="<p>A word</p>",
    name="Nils",
    is_member=False,
    is_staff=False,
    is_reply=False,
    is_edit=False,
    topic_id=1,
    network_key="",
)
seen = []


def silent(draft):
    seen.append(draft)


def says_public(draft):
    return Verdict(PUBLIC)


def says_hold(draft):
    return Verdict(HOLD, "first", "The first one.")


def says_hold_too(draft):
    return Verdict(HOLD, "second", "The second one.")


def says_spam(draft):
    return Verdict(SPAM, "spam")


def says_refuse(draft):
    return Verdict(REFUSE, "refused", "No.")


def raises(draft):
    raise RuntimeError("the network is away")


def talks_nonsense(draft):
    return Verdict("perhaps")


@pytest.fixture
def run(settings):
    """run(check, …) -> Verdict"""

    def run_these(*names):
        settings.COMMENT_CHECKS = [f"{__name__}.{each.__name__}" for each in names]
        return checks.run(DRAFT)

    seen.clear()
    return run_these


def test_without_checks_every_text_is_public(run):
    assert run().outcome == PUBLIC


def test_every_check_sees_the_draft_as_plain_values(run):
    assert run(silent, says_hold, silent).outcome == HOLD
    assert seen == [DRAFT, DRAFT]
    plain = str | bool | int | None | tuple | dict | Record
    assert all(isinstance(value, plain) for value in vars(DRAFT).values())


@pytest.mark.parametrize(
    ("order", "outcome"),
    [
        ([says_public, silent], PUBLIC),
        ([says_hold, says_public], HOLD),
        ([says_spam, says_hold], SPAM),
        ([says_hold, says_spam], SPAM),
        ([says_refuse, says_spam, says_hold], REFUSE),
        ([says_hold, says_refuse], REFUSE),
    ],
)
def test_the_gravest_verdict_counts_in_whatever_order(run, order, outcome):
    assert run(*order).outcome == outcome


def test_of_equals_the_first_one_speaks(run):
    assert run(says_hold, says_hold_too).code == "first"


@pytest.mark.parametrize("broken", [raises, talks_nonsense])
def test_a_check_that_fails_holds_the_comment_and_is_logged(run, broken, caplog):
    with caplog.at_level(logging.ERROR):
        verdict = run(broken)
    assert (verdict.outcome, verdict.code) == (HOLD, "check-failed")
    assert verdict.words
    assert broken.__name__ in caplog.text


def test_a_check_that_fails_hides_no_graver_word(run):
    assert run(raises, says_refuse).outcome == REFUSE
    assert run(says_spam, raises).outcome == SPAM


def notes(draft):
    return Verdict(PUBLIC, note="12-0-0-0")


def was_away(draft):
    return Verdict(HOLD, "away", was_run=False)


def knows(draft):
    return Verdict(HOLD, str(draft.known["fact"]))


def fact(draft):
    return len(draft.body)


def no_fact(draft):
    raise RuntimeError("the database is away")


def test_each_check_is_named_and_its_result_kept_in_order(run):
    assert run(silent, says_hold, notes, says_spam).results == (
        ("silent", PUBLIC, ""),
        ("says_hold", HOLD, "first"),
        ("notes", PUBLIC, "12-0-0-0"),
        ("says_spam", SPAM, "spam"),
    )


def test_a_check_that_could_not_be_made_was_not_run_and_its_stand_in_counts(run):
    assert run(raises).results == (("raises", NOT_RUN, "check-failed"),)
    verdict = run(was_away)
    assert (verdict.outcome, verdict.results) == (HOLD, (("was_away", NOT_RUN, "away"),))


def test_what_was_said_is_told_by_the_checks_of_today_and_what_was_not_asked_was_not_run(settings):
    settings.COMMENT_CHECKS = ["a.first", "a.later"]
    kept = [["gone", HOLD, "x"], ["first", PUBLIC, ""]]
    assert checks.told(kept) == [
        ("first", PUBLIC, ""),
        ("later", NOT_RUN, ""),
        ("gone", HOLD, "x"),
    ]
    assert [one.outcome for one in checks.told(None)] == [NOT_RUN, NOT_RUN]


def test_what_layers_above_know_is_gathered_before_and_a_fact_that_fails_is_none(settings, caplog):
    settings.COMMENT_FACTS = {"fact": f"{__name__}.fact", "none": f"{__name__}.no_fact"}
    settings.COMMENT_CHECKS = [f"{__name__}.knows"]
    with caplog.at_level(logging.ERROR):
        draft = checks.gather(DRAFT)
    assert draft.known == {"fact": len(DRAFT.body), "none": None}
    assert "none could not be told" in caplog.text
    assert checks.run(draft).code == str(len(DRAFT.body))
    assert checks.gather(DRAFT, ["none"]).known == {"none": None}


def test_every_check_of_the_settings_can_be_loaded_and_run(settings):
    assert settings.COMMENT_CHECKS
    assert checks.run(DRAFT).outcome in {PUBLIC, HOLD}
