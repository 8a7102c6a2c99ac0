"""Searching in the browser: what is suggested, by keyboard alone and by a press; without JavaScript."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from films import services
from tests.browser.conftest import watch

pytestmark = pytest.mark.browser
WIDTHS = pytest.mark.parametrize("width", [1280, 360])


@pytest.fixture
def shelf(scene):
    films = [services.create_film(title=title, year=1936, state="published")
             for title in ("Nightingale Mail", "Nightingale and Fog")]  # fmt: skip
    person = services.create_person(name="Ann Nightingale")
    services.edit_film(film=films[0], by=None, credits=[(person, "director")])
    return films


@WIDTHS
def test_suggestions_come_while_one_types_and_arrows_lead_to_them(
    shelf, live_server, page, context, width
):
    troubles = watch(context, live_server.url)
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.set_viewport_size({"width": width, "height": 700})
    page.goto(f"{live_server.url}/search/")
    box, links = page.get_by_role("searchbox"), page.locator(".suggested a")
    expect(box).to_be_focused()
    page.keyboard.type("nighting", delay=20)
    expect(links).to_have_text(["Nightingale and Fog", "Nightingale Mail", "Ann Nightingale"])
    assert sum("/suggest/" in address for address in asked) <= 4  # not one a letter
    expect(page.locator("[data-live]")).to_contain_text("arrow keys")
    assert Axe().run(page).response["violations"] == []
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    expect(links.nth(1)).to_be_focused()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    expect(box).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Escape")
    expect(links).to_have_count(0)
    expect(box).to_be_focused()
    page.keyboard.type("a", delay=20)
    expect(links).to_have_count(3)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Nightingale and Fog")
    assert troubles == []


def test_suggestions_go_where_the_focus_goes_elsewhere(shelf, live_server, page):
    page.goto(f"{live_server.url}/search/")
    page.keyboard.type("nighting", delay=20)
    expect(page.locator(".suggested a")).to_have_count(3)
    page.locator(".mast .name").focus()
    expect(page.locator(".suggested a")).to_have_count(0)


def test_the_script_of_suggestions_is_asked_for_at_the_first_focus(shelf, live_server, page):
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{live_server.url}/search/?q=nightingale")
    page.wait_for_load_state("networkidle")
    assert not any("suggest" in address for address in asked)
    page.get_by_role("searchbox").focus()
    page.wait_for_load_state("networkidle")
    assert sum("suggest.js" in address for address in asked) == 1


def test_without_javascript_the_form_finds_and_pages(shelf, live_server, browser):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{live_server.url}/search/")
    page.get_by_role("searchbox").fill("nightingale")
    page.get_by_role("button", name="Search").click()
    expect(page.locator('[data-result="film"]')).to_have_count(2)
    expect(page.locator('[data-result="person"] a')).to_have_text("Ann Nightingale")
    page.get_by_role("link", name="films", exact=True).click()
    page.get_by_role("link", name="newest first").click()
    expect(page.locator('[data-result="film"] a')).to_have_text(
        ["Nightingale and Fog", "Nightingale Mail"]
    )
    context.close()
