"""Writing to each other: answers, quotations and names, what is hidden, and two windows of one person."""

import pytest
from playwright.sync_api import expect

from tests.browser.journeys.conftest import RAIN
from tests.browser.journeys.person import Person

pytestmark = pytest.mark.browser
LOST = "The third reel is lost."


def quotes(person: Person) -> None:
    """Open the form under LOST with a part of it quoted."""
    if person.scripts:  # the browser's own search leaves what it found selected
        assert person.page.evaluate("find('third reel')")
        person.opens(person.way(LOST, "reply"))
        expect(person.form.locator("textarea")).to_have_value("> third reel\n\n")
    else:
        person.opens(person.way(LOST, "reply"))
        person.follows(person.link("quote"))
        expect(person.form.locator("textarea")).to_have_value(f"> {LOST}\n\n")


def names(person: Person, name: str) -> None:
    """Write @name: chosen from the list where there is one."""
    person.goes_on(f"@{name[:3]}")
    if person.scripts:
        person.page.get_by_role("option", name=name).wait_for()
        person.page.keyboard.press("Enter")
    else:
        person.page.keyboard.type(f"{name[3:]} ")


def test_two_answer_quote_and_name_each_other_and_refused_words_are_kept(place, sits_down):
    nils, nadia = sits_down(), sits_down()
    nils.comes_to(place.film)
    nils.says(LOST, name="Nils")

    nadia.comes_to(place.film)
    quotes(nadia)
    names(nadia, "Nils")
    nadia.page.keyboard.type("by *whom*?")
    nadia.sends("Post reply")  # without a name
    expect(nadia.form.get_by_role("alert")).to_contain_text("Please give a name")
    nadia.is_ready()
    text = nadia.form.locator("textarea").input_value()
    assert text.startswith("> ")
    assert text.endswith("\n\n@Nils by *whom*?")
    nadia.types("Name", "Nadia")
    nadia.sends("Preview")
    expect(nadia.form.locator(".preview .mention")).to_have_text("@Nils")
    expect(nadia.form.locator(".preview em")).to_have_text("whom")
    nadia.is_ready()
    asked = nadia.posts("Post reply", "by whom?")
    expect(asked.locator(".comment-author")).to_have_text("Nadia")

    nadia.opens(nadia.link("edit", asked))
    nadia.goes_on(" And when?")
    nadia.sends("Save")
    expect(asked.locator(".comment-body")).to_contain_text("by whom? And when?")

    # He reads it, and answers: by a key where there are keys.
    nils.comes_again()
    hers = nils.comment("And when?")
    expect(hers.locator(".mention")).to_have_text("@Nils")
    expect(hers.locator("blockquote")).to_contain_text("third reel")
    if nils.scripts:
        nils.reaches(nils.numbered(LOST))
        nils.page.keyboard.press("j")
        expect(hers).to_be_focused()
        nils.page.keyboard.press("r")
        nils.is_ready()
    else:
        nils.opens(nils.way("And when?", "reply"))
    nils.types("Your reply", "By the archive, in spring.")
    nils.posts("Post reply", "By the archive, in spring.")
    nadia.comes_again()
    expect(asked.locator(".kids article")).to_contain_text("By the archive, in spring.")


def test_what_one_hides_another_opens_by_a_press(place, sits_down):
    writer, reader = sits_down(), sits_down()
    writer.comes_to(place.film)
    writer.opens(writer.way(RAIN, "reply"))
    if writer.scripts:
        writer.types("Your reply", "They all sail home.")
        writer.page.keyboard.press("Control+a")
        writer.presses(writer.button("Spoiler: hidden until pressed"))
        expect(writer.form.locator("textarea")).to_have_value(">!They all sail home.!<")
    else:
        writer.types("Your reply", ">!They all sail home.!<")
    writer.posts("Post reply", "They all sail home.", name="Olav")

    reader.comes_to(place.film)
    said = reader.comment("They all sail home.").locator(".comment-body")
    assert "sail home" not in reader.page.locator(".talk").inner_text()
    reader.presses(said.locator(".spoiler > summary"))
    assert "They all sail home." in said.inner_text()
    reader.page.keyboard.press("Enter")
    assert "sail home" not in said.inner_text()


def test_what_two_windows_of_one_person_save_is_shown_and_chosen(place, sits_down):
    first, reader = sits_down(), sits_down()
    first.comes_to(place.film)
    mine = first.says("The sound was cut.", name="Nadia")
    second = Person(first.page.context.new_page(), first.scripts)
    second.comes_to(place.film)
    second.opens(second.way("The sound was cut.", "edit"))
    first.opens(first.link("edit", mine))
    first.goes_on(" In Porto.")
    first.sends("Save")
    expect(mine.locator(".comment-body")).to_contain_text("The sound was cut. In Porto.")

    second.goes_on(" In Lisbon.")
    second.sends("Save")
    expect(second.form.locator(".preview .comment-body")).to_contain_text("In Porto.")
    expect(second.form.locator(".preview .changes ins")).to_contain_text("In Porto.")
    expect(second.form.locator("textarea")).to_have_value("The sound was cut. In Lisbon.")
    reader.comes_to(place.film)
    expect(reader.comment("The sound was cut.")).to_contain_text("In Porto.")

    # One is kept; the other is one press away while nobody has chosen.
    second.is_ready()
    second.sends("Save mine")
    expect(second.comment("The sound was cut.")).to_contain_text("In Lisbon.")
    expect(second.form).to_have_count(0)
    reader.comes_again()
    expect(reader.comment("The sound was cut.")).to_contain_text("In Lisbon.")
    first.opens(first.way("The sound was cut.", "edit"))
    expect(first.form.locator("textarea")).to_have_value("The sound was cut. In Lisbon.")
