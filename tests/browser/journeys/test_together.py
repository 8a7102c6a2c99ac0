"""What one does and another feels: votes, following, muting, reporting."""

import re

import pytest
from playwright.sync_api import expect

from forum.accounts.readers import Reader
from forum.discussions import services
from forum.discussions.kept import kept
from forum.discussions.models import Appeal, Comment, Vote
from tests.browser.journeys.conftest import RAIN, SONG, tell
from tests.browser.scene import PASSWORD

pytestmark = pytest.mark.browser


def test_two_vote_on_each_other_and_one_takes_it_back(place, sits_down, settings):
    settings.SCORE_HIDDEN_MINUTES, settings.SCORE_SHOWN_FROM_POINTS = 0, 1
    nadia, nils = sits_down(), sits_down()
    nadia.comes_to(place.film)
    nadia.says("The boats are real.", name="Nadia")
    nils.comes_to(place.film)
    nils.says("So is the rain.", name="Nils")

    # By the buttons beside the comment.
    place_of = nils.comment("The boats are real.").locator("[data-vote]")
    up, down = place_of.locator("button").first, place_of.locator("button").last
    nils.acts(up)
    expect(up).to_have_attribute("aria-pressed", "true")
    expect(place_of.locator("[data-score]")).to_have_text("1 point")
    nils.acts(down)
    expect(down).to_have_attribute("aria-pressed", "true")
    expect(up).to_have_attribute("aria-pressed", "false")
    nils.acts(up)
    expect(up).to_have_attribute("aria-pressed", "true")

    # On the comment's own page.
    nadia.comes_again()
    nadia.follows(nadia.numbered("So is the rain."))
    pressed = nadia.page.locator("form[data-form=vote] [aria-pressed=true]")
    nadia.acts(nadia.page.locator("form[data-form=vote] button[value='1']"))
    expect(pressed).to_have_count(1)
    kept.clear()  # a minute later
    nils.follows(nils.numbered("So is the rain."))
    expect(nils.comment("So is the rain.").locator("[data-score]")).to_have_text("1 point")
    nadia.acts(pressed)
    expect(pressed).to_have_count(0)
    only = Vote.objects.get()
    assert (only.value, only.comment.text.body) == (1, "The boats are real.")
    kept.clear()
    nadia.follows(nadia.link("View the whole talk"))
    nadia.follows(nadia.numbered("The boats are real."))
    own = nadia.comment("The boats are real.")
    expect(own.locator("[data-score]")).to_have_text("1 point")
    expect(own.locator("[data-vote]")).to_have_count(0)


def test_an_order_is_chosen_and_remembered_for_oneself_alone(place, sits_down):
    one, other = sits_down(), sits_down()
    one.comes_to(place.film)
    one.follows(one.link("newest first"))
    if not one.scripts:
        one.follows(one.link("always in this order"))
        expect(one.page.get_by_label("newest first")).to_be_checked()
        one.follows(one.button("Keep this order"))
    other.comes_to(place.film)
    other.says("The last word.", name="Olav")
    one.goes_to_the_film()
    said = "article.comment > details > .comment-body"
    expect(one.page.locator(said)).to_have_text(["The last word.", SONG, RAIN])
    expect(one.page.locator(".sort [aria-current]")).to_have_text("newest first")
    expect(other.page.locator(said)).to_have_text([RAIN, SONG, "The last word."])
    other.comes_again()
    expect(other.page.locator(said)).to_have_text([RAIN, SONG, "The last word."])


def test_a_talk_and_a_conversation_are_followed_and_what_comes_is_read_in_the_inbox(
    place, sits_down
):
    nora, olav = sits_down(), sits_down()
    nora.comes_to(place.url)
    nora.follows(nora.link("Sign in"))
    nora.types("Name", "Nora")
    nora.types("Password", PASSWORD)
    nora.follows(nora.button("Sign in"))
    nora.goes_to_the_film()
    nora.follows(nora.link("Follow this talk"))
    nora.follows(nora.button("Follow"))
    expect(nora.page.locator("main")).to_contain_text("You follow it.")

    olav.comes_to(place.film)
    olav.says("A thread of its own.", name="Olav")
    tell()
    inbox = nora.page.get_by_role("link", name=re.compile("^Inbox"))
    count = nora.page.locator(".mast .count")
    nora.comes_again()
    expect(count).to_have_text("1")
    nora.follows(inbox)
    line = nora.page.locator(".notices > li.unread")
    expect(line).to_contain_text(re.compile(r"Olav\s+guest\s+wrote, in what you follow"))
    expect(line).to_contain_text("A thread of its own.")
    nora.follows(nora.button("Read it there", line))
    expect(nora.page.locator(":target")).to_contain_text("A thread of its own.")
    expect(count).to_have_count(0)
    nora.follows(inbox)
    expect(nora.page.locator(".kick")).to_have_text("All read")

    # She lets the talk go, and follows one conversation of it.
    nora.follows(nora.link("What you follow"))
    nora.follows(nora.page.get_by_role("button", name="Let go"))
    expect(nora.page.locator(".ties")).to_contain_text("Nothing yet.")
    nora.goes_to_the_film()
    nora.follows(nora.numbered(SONG))
    nora.follows(nora.link("Follow this conversation"))
    nora.follows(nora.button("Follow"))
    olav.says("Elsewhere in the talk.")
    olav.answers(SONG, "My father hummed it.")
    tell()
    nora.follows(inbox)
    expect(line).to_have_count(1)
    expect(line).to_contain_text("My father hummed it.")
    nora.follows(nora.button("Mark all as read"))
    expect(nora.page.locator(".kick")).to_have_text("All read")


def test_who_is_muted_folds_for_oneself_alone_and_is_read_again(place, sits_down):
    reader, loud = sits_down(), sits_down()
    loud.comes_to(place.film)
    loud.says("Nobody needs this film.", name="Grim")
    reader.comes_to(place.film)
    reader.follows(reader.numbered("Nobody needs this film."))
    reader.follows(reader.link("Mute Grim"))
    reader.follows(reader.button("Mute"))
    expect(reader.page.locator(".ties")).to_contain_text("Grim")

    loud.says("Nor this talk.")
    reader.goes_to_the_film()
    veil = reader.page.locator("details.veil")
    expect(veil).to_have_count(2)
    body = veil.first.locator(".comment-body")
    expect(body).to_be_hidden()
    expect(reader.comment(RAIN)).to_be_visible()
    reader.presses(veil.first.locator("summary"))
    expect(body).to_be_visible()
    loud.comes_again()
    expect(loud.page.locator(".veil")).to_have_count(0)
    other = sits_down()
    other.comes_to(place.film)
    expect(other.comment("Nor this talk.").locator("> details > .comment-body")).to_be_visible()

    reader.follows(reader.link("How pages look"))
    reader.follows(reader.link("Whom and which words you muted"))
    reader.follows(reader.page.get_by_role("button", name="Unmute"))
    reader.goes_to_the_film()
    expect(veil).to_have_count(0)
    expect(reader.comment("Nor this talk.").locator("> details > .comment-body")).to_be_visible()


def test_what_is_reported_is_decided_told_to_both_and_appealed_against(place, sits_down):
    author, reader = sits_down(), sits_down()
    staff = Reader(user=place.staff)
    author.comes_to(place.film)
    said = author.says("Your neighbour is a thief.", name="Grim")
    pk = int(said.get_attribute("id")[1:])

    reader.comes_to(place.film)
    reader.follows(reader.way("Your neighbour is a thief.", "report"))
    reader.chooses("something else")
    reader.follows(reader.button("Send the report"))
    expect(reader.page.get_by_role("alert")).to_contain_text("say in a few words")
    reader.types("In your words", "It names my neighbour.")
    reader.follows(reader.button("Send the report"))
    expect(reader.page.locator(".lead-word")).to_contain_text("Thank you")
    reader.goes_to_the_film()
    theirs = reader.page.locator(f"#c{pk} > details")
    expect(theirs).not_to_have_attribute("open", "")
    expect(theirs.locator("> summary .folded")).to_have_text("reported by you")
    reader.presses(theirs.locator("> summary"))
    expect(reader.link("reported by you", theirs)).to_be_visible()
    author.comes_again()
    expect(said.locator("> details")).to_have_attribute("open", "")
    expect(author.page.locator("main")).not_to_contain_text("reported")

    services.moderate(
        comment_id=pk, verb="remove", by=staff, reason="private", words="No names, please."
    )
    reader.follows(reader.link("My comments"))
    reader.follows(reader.link("Your reports"))
    expect(reader.page.locator(".reported")).to_contain_text("A moderator agreed")
    author.follows(author.link("My comments"))
    author.follows(author.link("what was decided"))
    expect(author.page.get_by_role("heading", level=1)).to_have_text("It was removed")
    expect(author.page.locator(".decided")).to_contain_text("No names, please.")
    author.types("What speaks against it", "It is what the film says.")
    author.follows(author.button("Appeal"))
    expect(author.page.locator("#appeal")).to_contain_text("waits for a moderator")

    services.decide_appeal(
        appeal_id=Appeal.objects.get().pk, by=staff, outcome="overturned", answer="So it does."
    )
    assert Comment.objects.get(pk=pk).is_public
    author.comes_again()
    expect(author.page.get_by_role("heading", level=1)).to_have_text("It stands on the page")
    expect(author.page.locator("#appeal")).to_contain_text("So it does.")
    reader.goes_to_the_film()
    expect(theirs).to_be_visible()
