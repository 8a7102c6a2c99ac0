"""One evening of a guest: read, fold, reply, be refused, keep the words, edit, delete, undelete."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.browser.conftest import watch

pytestmark = pytest.mark.browser

WORDS = "I was there too, in the *third* row."


def top_of(locator) -> float:
    """Return where an element begins, in pixels of the window."""
    return locator.bounding_box()["y"]


@pytest.mark.parametrize("scripts", [True, False], ids=["with JavaScript", "without"])
def test_read_fold_reply_edit_delete_undelete_be_refused_keep_the_words(
    scene, live_server, new_context, scripts
):
    # High enough for form and comment together, so that the page has no reason to move.
    window = {"width": 1280, "height": 1800}
    context = new_context(java_script_enabled=scripts, viewport=window)
    troubles = watch(context, live_server.url)
    page = context.new_page()
    film = live_server.url + scene.film.get_absolute_url()
    root, parent, last = (scene.comments[number] for number in (2, 3, 5))
    answered = page.locator(f"#c{parent.pk}")

    # Read: the talk, its numbers, no cookie.
    page.goto(film)
    expect(page.locator("[data-comment-count='16'] article.comment[data-number]")).to_have_count(17)
    expect(page.locator(f"#c{last.pk} > details > .comment-body")).to_have_text(
        "Because the boats don't either."
    )
    assert page.locator(f"#c{last.pk}").get_attribute("data-number") == "3.1.1.1"
    assert context.cookies() == []

    # Fold: the branch goes and comes back; a link into it opens it.
    fold = page.locator(f"#c{root.pk} > details > summary")
    fold.click()
    expect(answered).to_be_hidden()
    page.goto(f"{film}#c{parent.pk}")
    expect(answered).to_be_visible()
    page.goto("about:blank")
    page.goto(
        f"{film}#c{parent.pk}"
    )  # with JavaScript the fold was remembered; the target opens it
    expect(answered).to_be_visible()
    expect(page.locator(f"#c{root.pk} > details")).to_have_attribute("open", "")

    # Reply: in place under what is answered, or a page that shows it.
    answered.locator("> details > .acts >> text=reply").click()
    form = page.locator("form[data-form=comment]")
    body, name = form.locator("[name=body]"), form.locator("[name=name]")
    if scripts:
        expect(answered.locator("> details > [data-form-place] > form")).to_be_visible()
        expect(body).to_be_focused()
        assert page.url == f"{film}#c{parent.pk}"
    else:
        expect(page.locator(".quote .comment-body")).to_have_text("The harbour is the film!")
        assert page.url == f"{live_server.url}/comments/{parent.pk}/reply/"
    assert "pen" not in {cookie["name"] for cookie in context.cookies()}

    # Be refused, and keep the words.
    name.fill("Nadia")
    press(form, "Post reply")
    expect(form.locator(".alarm")).to_contain_text("Please write something")
    expect(name).to_have_value("Nadia")
    body.fill(WORDS)
    name.fill("Sunniva")  # a member's
    press(form, "Post reply")
    expect(form.locator(".alarm")).to_contain_text("A member has this name")
    expect(body).to_have_value(WORDS)
    expect(name).to_have_value("Sunniva")
    if scripts:
        expect(form.locator(".alarm")).to_be_focused()
    is_accessible(page, scripts)

    # See it first, then post it.
    press(form, "Preview")
    expect(form.locator(".preview em")).to_have_text("third")
    is_accessible(page, scripts)
    expect(body).to_have_value(WORDS)
    name.fill("Nadia")
    form.get_by_role("button", name="Post reply").scroll_into_view_if_needed()
    before = top_of(answered) if scripts else 0
    press(form, "Post reply")
    mine = page.locator("article.mine")
    expect(mine).to_be_visible()
    expect(mine.locator(".comment-author")).to_have_text("Nadia")
    expect(mine.locator(".guest")).to_have_text("guest")
    expect(mine.locator("em")).to_have_text("third")
    assert mine.get_attribute("data-parent") == str(parent.pk)
    assert mine.get_attribute("data-number") == "3.1.2"
    pk = mine.get_attribute("id").removeprefix("c")
    expect(form).to_have_count(0)
    if scripts:
        expect(answered.locator(f"> details > .kids > #c{pk}")).to_be_visible()
        expect(mine).to_be_focused()
        expect(mine).to_be_in_viewport(ratio=1)
        expect(page.locator("[data-live]")).to_have_text(re.compile("."))
        expect(page.locator("[data-comment-count='17']")).to_have_count(1)
        expect(page.locator(".kick a[href='#talk']")).to_have_text("17 comments")
        assert top_of(answered) == pytest.approx(before, abs=1)
    else:
        assert page.url == f"{film}#c{pk}"
    assert "pen" in {cookie["name"] for cookie in context.cookies()}
    is_accessible(page, scripts)

    # Edit.
    mine.locator("text=edit").click()
    expect(body).to_have_value(WORDS)
    body.fill("")
    press(form, "Save")
    expect(form.locator(".alarm")).to_contain_text("Please write something")
    body.fill("I was there too, in the *last* row.")
    press(form, "Save")
    expect(mine.locator("em")).to_have_text("last")
    expect(form).to_have_count(0)

    # Somebody else sees it at once, and cannot touch it.
    stranger = new_context(java_script_enabled=scripts).new_page()
    stranger.goto(film)
    expect(stranger.locator(f"#c{pk} em")).to_have_text("last")
    expect(stranger.locator(f"#c{pk} > details > .acts a")).to_have_text(
        ["vote", "reply", "report"]
    )

    # Delete, and bring it back.
    mine.locator("text=delete").click()
    expect(page.locator("main .comment-body")).to_contain_text("in the last row")
    page.get_by_role("button", name="Delete").click()
    expect(page.locator(".why")).to_contain_text("You deleted this")
    stranger.goto(film)
    expect(stranger.locator(f"#c{pk}")).to_have_count(0)
    page.get_by_role("link", name="bring it back").click()
    page.get_by_role("button", name="Bring it back").click()
    expect(mine.locator("em")).to_have_text("last")
    stranger.goto(film)
    expect(stranger.locator("[data-comment-count='17']")).to_have_count(1)
    expect(stranger.locator(f"#c{pk}")).to_be_visible()
    assert not troubles


def press(form, words: str) -> None:
    form.get_by_role("button", name=words).click()


def is_accessible(page, scripts: bool) -> None:
    if scripts:  # the rules are a script themselves
        assert Axe().run(page).response["violations"] == []
