"""Reading while somebody else writes: what is new, catching up, and how pages look."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.journeys.conftest import RAIN, SONG

pytestmark = pytest.mark.browser
A_WHILE = 31_000  # milliseconds


def test_what_is_new_is_asked_for_read_one_by_one_and_called_read(place, sits_down):
    reader, writer = sits_down(), sits_down()
    reader.comes_to(place.film)
    reader.follows(reader.link("Mark what is new"))
    reader.follows(reader.button("Mark what is new"))
    expect(reader.page).to_have_url(f"{place.film}#talk")

    writer.comes_to(place.film)
    writer.says("A late word.", name="Olav")
    writer.answers(RAIN, "It rains there still.")

    # In the list, in the head, and at each comment.
    reader.follows(reader.link("Films"))
    expect(reader.page.locator(".card")).to_contain_text("4 comments, 2 new")
    reader.follows(reader.page.locator(".card").get_by_role("link").first)
    expect(reader.page.locator(".kick").first).to_contain_text("4 comments, 2 new")
    marked = reader.page.locator("article[data-new]")
    expect(marked).to_have_count(2)
    expect(marked.locator("> details > summary > .fresh")).to_have_text(["new", "new"])
    expect(reader.comment(RAIN).locator("[data-new]")).to_have_count(1)

    # From one to the next and round: by a key, or by the links.
    first, second = marked.nth(0), marked.nth(1)
    if reader.scripts:
        reader.page.keyboard.press("n")
        expect(first).to_be_focused()
        reader.page.keyboard.press("n")
        expect(second).to_be_focused()
    else:
        reader.follows(reader.link("Next new"))
        expect(first).to_be_in_viewport()
        reader.follows(reader.link("next new", first))
    expect(second).to_be_in_viewport()
    reader.follows(reader.link("next new", second))
    expect(first).to_be_in_viewport()

    reader.follows(reader.button("Mark as read"))
    expect(marked).to_have_count(0)
    expect(reader.page.locator(".news")).to_contain_text("Nothing new since")
    # Who never asked for it reads without marks.
    writer.comes_again()
    expect(writer.page.locator(".fresh, [data-new]")).to_have_count(0)


def test_news_come_to_who_reads_and_a_day_is_caught_up_with(place, sits_down):
    reader, writer = sits_down(), sits_down()
    if reader.scripts:
        reader.page.clock.install()
    reader.comes_to(place.film)
    writer.comes_to(place.film)
    writer.answers(SONG, "My father hummed it.", name="Olav")
    writer.says("A thread of its own.")

    if reader.scripts:  # told on the open page, and brought by a press
        reader.page.wait_for_load_state("networkidle")
        reader.page.clock.fast_forward(A_WHILE)
        told = reader.link("2 new comments")
        expect(told).to_be_visible()
        reader.presses(told)
        expect(reader.comment("My father hummed it.")).to_be_focused()
        expect(reader.comment("A thread of its own.")).to_have_attribute("data-new", "")
    reader.follows(reader.link("catch me up"))
    reader.follows(reader.link("yesterday"))
    expect(reader.page.locator(".since-sum")).to_contain_text("2 new comments, 1 person.")
    expect(reader.page.get_by_role("heading", name="New threads")).to_be_visible()
    expect(reader.comment("A thread of its own.")).to_be_visible()

    # All of it in the talk, by the address that says since when: one that can be sent.
    reader.follows(reader.link("All of them, marked in the talk"))
    expect(reader.page).to_have_url(re.compile(r"\?since=[^#]+#talk$"))
    expect(reader.page.locator("article[data-new]")).to_have_count(2)
    writer.comes_to(reader.page.url)
    expect(writer.page.locator("article[data-new]")).to_have_count(0)  # their own
    other = sits_down()
    other.comes_to(reader.page.url)
    expect(other.page.locator("article[data-new]")).to_have_count(2)
    reader.follows(reader.link("catch me up"))
    reader.types("Since", "01012099")
    reader.follows(reader.button("Show"))
    expect(reader.page.locator("main")).to_contain_text("Nothing new since then")


def test_looks_are_chosen_for_this_browser_alone(place, sits_down):
    one, other = sits_down(), sits_down()
    size = "body => parseFloat(getComputedStyle(body).fontSize)"
    one.comes_to(place.film)
    before = one.comment(RAIN).locator(".comment-body").evaluate(size)
    one.follows(one.link("How pages look"))
    for name in ("compact", "larger", "with serifs"):
        one.chooses(name)
    one.follows(one.button("Keep"))
    expect(one.page).to_have_url(place.film)
    chosen = {"density": "compact", "size": "large", "face": "serif"}
    assert one.page.locator("body").evaluate("body => ({...body.dataset})") == chosen
    assert one.comment(RAIN).locator(".comment-body").evaluate(size) > before

    other.comes_to(place.film)
    assert other.page.locator("body").evaluate("body => ({...body.dataset})") == {}
    assert other.comment(RAIN).locator(".comment-body").evaluate(size) == before
    other.follows(other.link("How pages look"))
    expect(other.page.get_by_label("compact")).not_to_be_checked()
    # They are as they were chosen, when one comes to choose again.
    one.follows(one.link("How pages look"))
    for name in ("compact", "larger", "with serifs"):
        expect(one.page.get_by_label(name)).to_be_checked()
