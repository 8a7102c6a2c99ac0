"""What annoyed during an hour at the queue, in a browser: places kept, keys that reach, ways back in sight."""

import pytest
from playwright.sync_api import expect

from forum.discussions.models import Comment
from tests.browser.conftest import sign_in, watch
from tests.browser.test_desk import DESK, hold_many
from tests.moderation.conftest import member_of

pytestmark = pytest.mark.browser


@pytest.fixture
def desk(scene, live_server, new_context):
    """(page, ids): the queue with eight that wait, the longest first, and nothing else."""
    Comment.objects.filter(newcomer_at__isnull=False).update(newcomer_at=None)
    ids = [scene.held.pk, *hold_many(scene, 7)]
    context = new_context()
    sign_in(context, member_of("moderator", "Ines"), live_server.url)
    troubles, page = watch(context, live_server.url), context.new_page()
    page.goto(f"{live_server.url}{DESK}/comment/")
    yield page, ids
    assert not troubles


def card(page, pk):
    return page.locator(f"[data-card]:has([value='{pk}'])")


def state(pk):
    return Comment.objects.values_list("state", flat=True).get(pk=pk)


def test_after_a_decision_about_several_one_stands_where_one_stood(desk):
    page, ids = desk
    for _one in range(3):
        page.keyboard.press("x")
        page.keyboard.press("j")
    expect(page.locator(".action-counter")).to_contain_text("3 of 8")
    expect(card(page, ids[3])).to_be_focused()
    page.keyboard.press("s")
    expect(page.locator(".messagelist")).to_contain_text(f"#{ids[2]}: marked as spam.")
    expect(card(page, ids[3])).to_be_focused()
    page.keyboard.press("u")
    expect(page.locator(".messagelist")).to_contain_text("Undone for 3 comments")
    assert [state(pk) for pk in ids] == ["held"] * 8


def test_what_was_held_is_passed_over_by_the_next_key(desk):
    page, _ids = desk
    page.goto(f"{page.url}?tab=all&state=public&q=")
    first = page.locator("[data-card]").first.locator(".action-select").get_attribute("value")
    page.goto(page.url.replace("&state=public", ""))
    page.locator(f"[data-card]:has([value='{first}']) header").click()
    expect(card(page, first)).to_be_focused()
    page.keyboard.press("h")
    expect(page.locator(".messagelist")).to_contain_text(f"#{first}: held.")
    expect(card(page, first)).not_to_be_focused()


def test_a_removal_is_left_by_escape_and_its_reason_chosen_by_number(desk):
    page, ids = desk
    expect(card(page, ids[0])).to_be_focused()
    page.keyboard.press("r")
    expect(card(page, ids[0]).get_by_label("Reason")).to_be_focused()
    expect(card(page, ids[0]).get_by_role("button", name="Remove")).to_be_in_viewport()
    page.keyboard.press("Escape")
    expect(card(page, ids[0])).to_be_focused()
    expect(card(page, ids[0]).get_by_label("Reason")).to_be_hidden()
    page.keyboard.press("r")
    page.keyboard.press("6")
    page.keyboard.press("Enter")
    expect(page.locator(".messagelist")).to_contain_text(f"#{ids[0]}: removed.")
    assert Comment.objects.get(pk=ids[0]).reason == "off-topic"


def test_every_key_of_the_list_of_keys_can_be_read(desk):
    page, _ids = desk
    page.keyboard.press("?")
    hidden = page.evaluate(
        """() => [...document.querySelectorAll("[data-keys] kbd")].slice(1).filter(key => {
          const box = key.getBoundingClientRect();
          return !key.contains(document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2));
        }).map(key => key.textContent)"""
    )
    assert hidden == []


def test_the_way_back_is_in_sight_in_the_middle_of_the_page(desk):
    page, _ids = desk
    page.set_viewport_size({"width": 360, "height": 640})
    for _one in range(5):
        page.keyboard.press("j")
    page.keyboard.press("a")
    expect(page.locator(".messagelist")).to_have_count(1)
    page.wait_for_load_state()
    page.keyboard.press("k")
    expect(page.locator("[data-undo]")).to_be_in_viewport()


def test_a_comments_own_page_is_worked_by_the_same_keys(desk):
    page, ids = desk
    page.keyboard.press("o")
    expect(page.get_by_role("heading", name="Decide")).to_be_visible()
    page.wait_for_load_state()  # a page can be read before its script listens to keys; so below
    page.keyboard.press("a")
    expect(page.locator(".messagelist")).to_contain_text(f"#{ids[0]}: approved.")
    page.wait_for_load_state()
    page.keyboard.press("u")
    expect(page.locator(".messagelist")).to_contain_text("Undone: approved.")
    page.wait_for_load_state()
    assert state(ids[0]) == "held"
    page.keyboard.press("j")
    page.wait_for_url(f"**/{ids[1]}/change/")
