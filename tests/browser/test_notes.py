"""A note, in a real browser: added by keyboard, on a phone's width, with JavaScript and without."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from forum.discussions.models import Comment
from tests.browser.conftest import carry_pen, watch

pytestmark = pytest.mark.browser


def tab_to(page, selector, most=40):
    """Press Tab until what has the focus is that."""
    for _press in range(most):
        page.keyboard.press("Tab")
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
    raise AssertionError(f"{selector} is not reached by Tab")


@pytest.mark.parametrize("scripts", [True, False], ids=["with JavaScript", "without"])
def test_a_guest_adds_a_note_by_keyboard(new_context, scene, site, scripts):
    an_hour_ago = timezone.now() - timedelta(hours=1)
    Comment.objects.filter(pk=scene.mine.pk).update(created_at=an_hour_ago)
    context = new_context(java_script_enabled=scripts, viewport={"width": 360, "height": 740})
    carry_pen(context, scene.pen_secret, site)
    troubles = watch(context, site)
    page, pk = context.new_page(), scene.mine.pk
    page.goto(f"{site}{scene.film.get_absolute_url()}")
    link = page.locator(f"#a{pk} a[href$='/note/']")
    expect(page.locator(f"#a{pk} a[href$='/edit/']")).to_have_count(0)
    link.focus()
    page.keyboard.press("Enter")
    area = page.locator('[data-form="comment"] textarea')
    expect(area).to_be_visible()
    if scripts:
        expect(page.locator(f"#c{pk} textarea")).to_be_focused()  # opened in its place
    else:
        expect(page.locator(".quote")).to_contain_text("I was the projectionist.")
        tab_to(page, "textarea")
    page.keyboard.type("It was the second reel.")
    tab_to(page, "button.main")
    page.keyboard.press("Enter")
    body = page.locator(f"#c{pk} > details > .comment-body")
    expect(body).to_contain_text("Note of")
    expect(body).to_contain_text("It was the second reel.")
    expect(body).to_contain_text("I was the projectionist.")
    assert page.evaluate("document.scrollingElement.scrollWidth") <= 360
    assert troubles == []


def test_a_note_written_on_its_own_page_leaves_no_draft_behind(new_context, scene, site):
    an_hour_ago = timezone.now() - timedelta(hours=1)
    Comment.objects.filter(pk=scene.mine.pk).update(created_at=an_hour_ago)
    context = new_context(viewport={"width": 360, "height": 740})
    carry_pen(context, scene.pen_secret, site)
    page = context.new_page()
    page.goto(f"{site}/comments/{scene.mine.pk}/note/")
    expect(page.locator(".tools")).to_be_visible()  # what helps to write is there
    page.locator("textarea").press_sequentially("It was the second reel.")
    page.get_by_role("button", name="Add the note").click()
    expect(page.locator(f"#c{scene.mine.pk}").first).to_contain_text("It was the second reel.")
    drafts = "Object.keys(localStorage).filter(key => key.startsWith('draft '))"
    page.wait_for_function(f"!{drafts}.length")
    page.goto(f"{site}/comments/{scene.mine.pk}/note/")
    expect(page.locator(".tools")).to_be_visible()
    expect(page.locator(".other, .draft")).to_have_count(0)
    expect(page.locator("textarea")).to_have_value("")
