"""What the checks of forum/moderation say to a draft."""

from dataclasses import replace

import pytest

from forum import markup
from forum.discussions.checks import Draft, run
from forum.moderation.checks import MOST_LINKS, guests, links

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
)


def saying(body, **changes):
    return replace(GUEST, body=body, html=markup.render(body, "markdown"), **changes)


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
    assert guests(replace(GUEST, is_member=True)) is None


def test_as_many_links_as_the_number_pass():
    assert links(saying("see https://example.org/a " * MOST_LINKS)) is None


@pytest.mark.parametrize(
    "one",
    ["https://example.org/a ", "www.example.org ", "[a](http://example.org) ", "a.example.com "],
)
@pytest.mark.parametrize("times", [MOST_LINKS + 1, 60])
@pytest.mark.parametrize("is_member", [True, False])
def test_one_link_more_is_held_however_it_is_written(one, times, is_member):
    verdict = links(saying(one * times, is_member=is_member))
    assert (verdict.outcome, verdict.code) == ("hold", "links")
    assert str(MOST_LINKS) in verdict.words


def test_an_address_with_scheme_and_www_is_one_link():
    assert links(saying("https://www.example.org/ " * MOST_LINKS)) is None


def test_staff_may_set_as_many_links_as_they_like():
    assert links(saying("https://example.org " * 30, is_member=True, is_staff=True)) is None


def test_a_held_text_has_a_code_that_fits_the_column():
    from forum.discussions.models import Comment

    most = Comment._meta.get_field("reason").max_length
    assert all(len(code) <= most for code in ("guest", "guests-closed", "links"))
