"""Guests: one name and two marks, what else one wrote, citing, forgetting, and coming back by a letter."""

import re

import pytest
from django.core import mail
from playwright.sync_api import expect

from forum.worker.work import QUEUES, Worker

pytestmark = pytest.mark.browser
FIRST, SECOND = "I flew here first.", "And I came after."


def test_two_of_one_name_are_told_apart_cited_and_forgotten(place, sits_down):
    one, two = sits_down(), sits_down()
    one.comes_to(place.film)
    mine = one.says(FIRST, name="Golondrina")
    expect(mine.locator(".another")).to_have_count(0)
    two.comes_to(place.film)
    theirs = two.says(SECOND, name="Golondrina")
    expect(theirs.locator(".another")).to_have_text("another")
    marks = [said.locator(".guest").get_attribute("data-mark") for said in (mine, theirs)]
    assert len(set(marks)) == 2
    one.comes_again()
    expect(one.comment(SECOND).locator(".another")).to_have_text("another")
    expect(one.comment(SECOND).locator(".guest")).to_have_attribute("data-mark", marks[1])

    # From the comment to all that its guest wrote, and to how it is cited.
    two.follows(two.numbered(FIRST))
    two.follows(two.link("More by this guest"))
    expect(two.page.get_by_role("heading", level=1)).to_have_text("By this guest")
    expect(two.page.locator(".slips")).to_contain_text(FIRST)
    expect(two.page.locator(".slips")).not_to_contain_text(SECOND)
    two.follows(two.page.locator(".slips .label a").first)
    two.follows(two.link("Cite this comment"))
    expect(two.page.locator(".sum")).to_have_text(re.compile(r"^[0-9a-f]{64}$"))
    expect(two.page.locator(".cited")).to_contain_text("Golondrina")

    one.follows(one.link("My comments"))
    one.follows(one.link("Forget this browser"))
    expect(one.page.get_by_label("Comments stay")).to_be_checked()
    one.follows(one.button("Forget me"))
    expect(one.page.get_by_role("heading", level=1)).to_have_text("Forgotten")
    assert one.page.context.cookies() == []
    one.goes_to_the_film()
    expect(one.page.locator(".yours")).to_have_count(0)
    two.comes_to(place.film)
    expect(two.comment(FIRST).locator(".comment-author")).to_have_text("Golondrina")
    expect(two.comment(SECOND).locator(".yours")).to_have_count(1)


@pytest.fixture
def letter(site, settings):
    """letter(): the address that stands in the last letter which the worker sent."""
    settings.MAILS = True
    settings.EMAIL_BACKEND = "forum.worker.backend.EmailBackend"
    settings.MAIL_CARRIER = "django.core.mail.backends.locmem.EmailBackend"
    settings.SITE_URL = site

    def link(way):
        worker = Worker()
        while sum(worker.turn(queue) for queue in QUEUES):
            pass
        return re.search(rf"{site}/mail/{way}/\S+", mail.outbox[-1].body)[0]

    return link


def test_a_lost_pen_comes_back_by_a_letter_in_another_browser(place, sits_down, letter):
    old, new = sits_down(), sits_down()
    old.comes_to(place.film)
    old.says(FIRST, name="Golondrina", email="gull@example.org")
    old.comes_to(letter("confirm"))
    old.follows(old.button("Yes, it is mine"))
    expect(old.page.get_by_role("heading", level=1)).to_have_text("Thank you, it is yours")

    new.comes_to(place.film)
    expect(new.comment(FIRST).locator(".yours")).to_have_count(0)
    new.follows(new.link("Sign in"))
    new.follows(new.link("Wrote here as a guest? Get your pen back"))
    new.types("Your e-mail address", "gull@example.org")
    new.follows(new.button("Send me a link"))
    expect(new.page.get_by_role("heading", level=1)).to_have_text("Look into your mail")
    new.comes_to(letter("pen"))
    new.follows(new.page.get_by_role("button", name="This is my pen"))
    expect(new.page.locator(".slips")).to_contain_text(FIRST)
    new.follows(new.link("edit"))
    new.is_ready()
    new.goes_on(" And here I am again.")
    new.follows(new.button("Save"))

    old.comes_to(place.film)
    expect(old.comment(FIRST)).to_contain_text("And here I am again.")
    expect(old.page.locator(".yours")).to_have_count(0)
