"""What the checks of forum/moderation say to a draft."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from forum import markup
from forum.discussions import checks as engine
from forum.discussions import form_marks
from forum.discussions.checks import Draft, Sent, Written, run
from forum.discussions.models import BODY_CHARS, Comment
from forum.discussions.trust import Record
from forum.moderation import checks
from forum.moderation.rules import Ruleset
from forum.moderation.wordlists import words_of

NOW = datetime(2026, 11, 20, 20, 0, tzinfo=UTC)
GUEST = Draft(
    body="A fine film.",
    html="<p>A fine film.</p>",
    name="Sunniva",
    is_member=False,
    is_staff=False,
    is_reply=False,
    is_edit=False,
    topic_id=1,
    network_key="",
    at=NOW,
    topic_since=NOW - timedelta(days=10),
)
STAFF = replace(GUEST, is_member=True, is_staff=True)
KNOWN, TRUSTED = Record(approved=3), Record(approved=25)


def saying(body, **changes):
    return replace(GUEST, body=body, html=markup.render(body, "markdown"), **changes)


def under(draft=GUEST, **rules):
    """Return the draft with these rules in force where it is posted."""
    return replace(draft, known={"rules": replace(Ruleset().at(1, None), **rules)})


def said(verdict):
    return (verdict.outcome, verdict.code) if verdict else None


def earlier(minutes=1, body=None, state="public", topic_id=1, pk=7):
    return Written(pk, NOW - timedelta(minutes=minutes), state, 3, topic_id, body, False, 0)


# ------------------------------------------------------------------------------------- as shipped


def test_as_shipped_a_guests_first_plain_comment_without_a_link_is_published_at_once(settings):
    assert engine.names() == [
        "rate", "token", "trap", "length", "closed", "guests", "slow", "repeat", "banned", "words",
        "links", "person", "record", "first", "reports", "topic", "spam_score",
    ]  # fmt: skip
    judgement = run(GUEST)
    assert (judgement.outcome, judgement.words) == ("public", "")
    assert [one.name for one in judgement.results] == engine.names()
    assert {one.outcome for one in judgement.results} == {"public"}


def test_every_check_of_the_settings_has_words_for_staff():
    assert set(engine.names()) <= set(checks.WORDS)


def test_a_check_changes_nothing_and_says_the_same_twice():
    draft = under(saying("https://a.example https://b.example casino"), held=words_of("casino"))
    assert run(draft) == run(draft)


# --------------------------------------------------------------------------------- how it was sent


def test_what_is_over_a_limit_is_refused_with_the_seconds_to_wait():
    verdict = checks.rate(replace(GUEST, sent=Sent(wait_s=12)))
    assert said(verdict) == ("refuse", "rate")
    assert verdict.params == {"wait": 12}
    assert "12 seconds" in verdict.told
    assert checks.rate(replace(GUEST, sent=Sent())) is None


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        (None, None),
        (Sent(), None),
        (Sent(asks_token=True), ("refuse", "token")),
        (Sent(asks_token=True, age_s=0), ("refuse", "haste")),
        (Sent(asks_token=True, age_s=form_marks.HASTE_S), ("refuse", "haste")),
        (Sent(asks_token=True, age_s=form_marks.HASTE_S + 1), None),
        (Sent(asks_token=True, age_s=-3600), None),  # the clock was set back
        (Sent(age_s=0), None),
    ],
)
def test_a_form_says_when_it_was_made_and_that_is_not_just_now(sent, expected):
    assert said(checks.token(replace(GUEST, sent=sent))) == expected


def test_what_fills_in_the_field_that_nobody_sees_is_spam_and_is_told_nothing():
    verdict = checks.trap(replace(GUEST, sent=Sent(trap="https://buy.example")))
    assert (verdict.outcome, verdict.words) == ("spam", "")
    assert checks.trap(replace(GUEST, sent=Sent(trap="  "))) is None
    assert checks.trap(GUEST) is None


@pytest.mark.parametrize(
    ("proof", "code"), [("", None), ("good", None), ("missing", "no-proof"), ("bad", "bad-proof")]
)
def test_a_wrong_or_missing_proof_of_work_holds_and_says_so(proof, code):
    verdict = checks.proof(replace(GUEST, sent=Sent(proof=proof)))
    assert said(verdict) == (("hold", code) if code else None)
    assert verdict is None or "a moderator reads this first" in verdict.words
    assert checks.proof(GUEST) is None


# -------------------------------------------------------------------------------------- the place


@pytest.mark.parametrize(("value", "outcome"), [("open", "public"), ("hold", "hold")])
def test_guests_write_as_the_setting_says(settings, value, outcome):
    settings.GUESTS = value
    assert run(GUEST).outcome == outcome


@pytest.mark.parametrize("changes", [{}, {"is_reply": True}, {"is_edit": True}])
def test_a_closed_site_refuses_what_guests_send_in_clear_words(settings, changes):
    settings.GUESTS = "closed"
    verdict = run(replace(GUEST, **changes))
    assert (verdict.outcome, verdict.code) == ("refuse", "guests-closed")
    assert "Only members can write here" in verdict.words


@pytest.mark.parametrize("value", ["open", "hold", "closed"])
def test_members_write_whatever_the_setting_for_guests(settings, value):
    settings.GUESTS = value
    assert checks.guests(replace(GUEST, is_member=True)) is None


@pytest.mark.parametrize(("site", "place"), [("open", "closed"), ("closed", "open")])
def test_the_rules_of_a_place_go_before_the_setting_for_guests(settings, site, place):
    settings.GUESTS = site
    expected = ("refuse", "guests-closed") if place == "closed" else None
    assert said(checks.guests(under(guests=place))) == expected


def test_a_locked_talk_takes_nothing_and_one_that_is_over_takes_it_from_staff_alone():
    assert said(checks.closed(replace(STAFF, is_locked=True))) == ("refuse", "topic-locked")
    assert checks.closed(under(close_after_days=11)) is None
    verdict = checks.closed(under(close_after_days=10))
    assert said(verdict) == ("refuse", "talk-over")
    assert "10 days" in verdict.told
    assert checks.closed(under(STAFF, close_after_days=10)) is None
    assert checks.closed(under(replace(GUEST, is_edit=True), close_after_days=10)) is None
    assert checks.closed(under(close_after_days=0)) is None


def test_a_slow_talk_says_from_when_on_a_person_may_write_again_and_why():
    draft = under(replace(GUEST, recent=(earlier(3), earlier(30))), slow_s=300)
    verdict = checks.slow(draft)
    assert said(verdict) == ("refuse", "slow")
    assert verdict.params["wait"] == 121
    assert "once in 5 minutes" in verdict.told
    assert "20:02:00" in verdict.told
    assert "your text is kept" in verdict.told


@pytest.mark.parametrize(
    "changes",
    [
        {"recent": ()},
        {"recent": (earlier(5),)},
        {"recent": (earlier(3, topic_id=2),)},
        {"recent": (earlier(3),), "is_staff": True},
        {"recent": (earlier(3),), "is_edit": True},
    ],
)
def test_nobody_waits_whom_slow_mode_does_not_concern(changes):
    assert checks.slow(under(replace(GUEST, **changes), slow_s=300)) is None


def test_what_is_deleted_counts_for_slow_mode_too():
    gone = replace(GUEST, recent=(earlier(3, state="deleted"),))
    assert said(checks.slow(under(gone, slow_s=300))) == ("refuse", "slow")


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (90, "90 seconds"),
        (60, "1 minute"),
        (300, "5 minutes"),
        (7200, "2 hours"),
        (3660, "61 minutes"),
    ],
)
def test_a_wait_is_said_in_the_largest_whole_unit(seconds, words):
    assert checks.in_words(seconds) == words


def test_where_staff_read_first_it_is_held_whether_the_talk_or_a_rule_says_so():
    assert checks.topic(GUEST) is None
    assert said(checks.topic(replace(GUEST, is_held_here=True))) == ("hold", "topic")
    assert said(checks.topic(under(hold=True))) == ("hold", "topic")
    assert checks.topic(under(STAFF, hold=True)) is None


# --------------------------------------------------------------------------------------- the text


@pytest.mark.parametrize(
    ("body", "code"),
    [("", "body-empty"), (" \n", "body-empty"), ("x" * (BODY_CHARS + 1), "body-long")],
)
def test_a_text_is_not_empty_and_not_too_long(body, code):
    assert checks.length(replace(GUEST, body=body)).code == code
    assert checks.length(replace(GUEST, body="x" * BODY_CHARS)) is None


def test_the_very_text_of_a_minute_ago_is_refused_and_leads_to_the_first():
    draft = saying("Once.", recent=(earlier(body="Other."), earlier(body="Once.", pk=9)))
    verdict = checks.repeat(draft)
    assert said(verdict) == ("refuse", "same-text")
    assert verdict.params == {"comment_id": 9}
    assert checks.repeat(replace(draft, is_edit=True)) is None
    assert checks.repeat(saying("Once.", recent=(earlier(body="Once.", state="deleted"),))) is None


def test_a_word_that_is_refused_is_named_and_one_that_is_held_is_not():
    verdict = checks.banned(under(saying("Buy CASINO now"), banned=words_of("casino")))
    assert said(verdict) == ("refuse", "banned-word")
    assert "casino" in verdict.told
    verdict = checks.words(under(saying("Buy CASINO now"), held=words_of("casino")))
    assert said(verdict) == ("hold", "word")
    assert "casino" not in verdict.words.lower()


def test_a_word_is_found_as_it_was_typed_and_as_it_is_shown():
    rules = {"held": words_of("casino\nbad.example")}
    assert checks.words(under(saying("ca*sin*o"), **rules))
    assert checks.words(under(saying("[here](https://bad.example/x)"), **rules))
    assert checks.words(under(saying("a fine film"), **rules)) is None
    assert checks.words(under(saying("casino", is_staff=True), **rules)) is None


LINK = "see https://example.org/a "


@pytest.mark.parametrize(("record", "most"), [(Record(), 1), (KNOWN, 3), (TRUSTED, 10)])
def test_as_many_links_pass_as_the_trust_in_the_author_allows(record, most):
    assert checks.links(saying(LINK * most, record=record)) is None
    verdict = checks.links(saying(LINK * (most + 1), record=record))
    assert said(verdict) == ("hold", "links")
    assert str(most) in verdict.words


def test_the_rules_say_how_many_links():
    assert said(checks.links(under(saying(LINK), links_new=0))) == ("hold", "links")
    assert checks.links(under(saying(LINK * 2, record=KNOWN), links_known=2)) is None


@pytest.mark.parametrize(
    "one",
    ["https://example.org/a ", "www.example.org ", "[a](http://example.org) ", "a.example.com "],
)
@pytest.mark.parametrize("times", [4, 60])
@pytest.mark.parametrize("is_member", [True, False])
def test_one_link_more_is_held_however_it_is_written(one, times, is_member):
    draft = saying(one * times, is_member=is_member, record=KNOWN)
    assert said(checks.links(draft)) == ("hold", "links")


def test_an_address_with_scheme_and_www_is_one_link():
    assert checks.links(saying("https://www.example.org/ " * 3, record=KNOWN)) is None


def test_staff_may_set_as_many_links_as_they_like():
    assert checks.links(saying("https://example.org " * 30, is_member=True, is_staff=True)) is None


# ------------------------------------------------------------------------------------- the author


def test_who_is_watched_is_held_and_the_record_that_was_looked_at_is_kept():
    watched = Record(removed=2)
    assert said(checks.record(replace(GUEST, record=watched))) == ("hold", "record")
    assert checks.record(replace(STAFF, record=watched)).outcome == "public"
    for one in (watched, TRUSTED):
        assert Record.of_code(checks.record(replace(GUEST, record=one)).note) == one


def test_what_somebody_writes_of_whom_staff_read_all_is_held():
    assert said(checks.person(replace(GUEST, is_author_held=True))) == ("hold", "person")
    assert checks.person(GUEST) is None


def test_first_comments_are_held_until_as_many_are_approved():
    rules = {"first_of_guests": 2, "first_of_members": 1}
    assert said(checks.first(under(**rules))) == ("hold", "first")
    one = replace(GUEST, record=Record(approved=1))
    assert said(checks.first(under(one, **rules))) == ("hold", "first")
    assert checks.first(under(replace(one, is_member=True), **rules)) is None
    assert checks.first(under(replace(one, record=Record(approved=2)), **rules)) is None
    assert checks.first(under(STAFF, **rules)) is None


@pytest.mark.parametrize(
    ("most", "reported", "expected"),
    [(3, 2, None), (3, 3, ("hold", "reported")), (0, 9, None)],
)
def test_who_was_reported_rightly_so_often_of_late_is_held(most, reported, expected):
    draft = replace(GUEST, record=Record(reported=reported))
    assert said(checks.reports(under(draft, reports=most))) == expected


def test_a_held_text_has_a_code_that_fits_the_column():
    most = Comment._meta.get_field("reason").max_length
    codes = "guest guests-closed links record first reported topic word trap check-failed".split()
    assert all(len(code) <= most for code in codes)
