"""Voting and choosing an order: two people in fresh browsers, with scripts and without, by keyboard."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from forum.discussions.kept import kept
from forum.discussions.models import Comment, Vote
from tests.browser.conftest import sign_in, watch

pytestmark = pytest.mark.browser


@pytest.fixture(autouse=True)
def _told_at_once(settings):
    settings.SCORE_HIDDEN_MINUTES, settings.SCORE_SHOWN_FROM_POINTS = 0, 1


def sums(comment):
    return Comment.objects.values_list("ups", "downs").get(pk=comment.pk)


def cell(page, comment):
    return page.locator(f"#a{comment.pk} [data-vote]")


def test_a_member_votes_in_place_by_keyboard_and_the_focus_stays(context, page, scene, site):
    sign_in(context, scene.newcomer, site)
    troubles = watch(context, site)
    comment = scene.comments[1]
    page.goto(f"{site}{scene.film.get_absolute_url()}")
    up = cell(page, comment).locator("button").first
    up.focus()
    page.keyboard.press("Enter")
    expect(up).to_have_attribute("aria-pressed", "true")
    expect(up).to_have_attribute("aria-label", "up, 1 point")
    expect(up).to_be_focused()
    expect(cell(page, comment).locator("[data-score]")).to_have_text("1 point")
    assert sums(comment) == (1, 0)
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    down = cell(page, comment).locator("button").last
    expect(down).to_have_attribute("aria-pressed", "true")
    expect(down).to_be_focused()
    assert sums(comment) == (0, 1)
    page.keyboard.press("Enter")  # taken back
    expect(down).to_have_attribute("aria-pressed", "false")
    assert Vote.objects.count() == 0
    assert page.url.endswith(scene.film.get_absolute_url())
    box = down.bounding_box()
    assert min(box["width"], box["height"]) >= 24
    assert troubles == []


def test_on_the_comments_own_page_its_form_votes_with_scripts_and_without(new_context, scene, site):
    comment = scene.comments[1]
    for scripts in (True, False):
        context = new_context(java_script_enabled=scripts, viewport={"width": 360, "height": 740})
        sign_in(context, scene.newcomer, site)
        page = context.new_page()
        page.goto(f"{site}/comments/{comment.pk}/")
        page.locator('form[data-form="vote"] button[value="1"]').press("Enter")
        pressed = page.locator('form[data-form="vote"] button[aria-pressed="true"]')
        expect(pressed).to_have_count(1)
        assert sums(comment) == (1, 0)
        kept.clear()  # the page of before the vote may be shown for as long as scores.KEPT_S
        another = new_context(java_script_enabled=scripts).new_page()  # of somebody else
        another.goto(f"{site}/comments/{comment.pk}/")
        expect(another.locator(f"#a{comment.pk} [data-score]")).to_have_text("1 point")
        pressed.press("Enter")
        expect(page.locator('form[data-form="vote"] [aria-pressed="true"]')).to_have_count(0)
        assert sums(comment) == (0, 0)


@pytest.mark.parametrize("scripts", [True, False])
def test_a_guest_at_360_pixels_votes_by_the_page_behind_the_link(new_context, scene, site, scripts):
    context = new_context(java_script_enabled=scripts, viewport={"width": 360, "height": 740})
    page, comment = context.new_page(), scene.comments[1]
    page.goto(f"{site}{scene.film.get_absolute_url()}")
    page.click(f"#a{comment.pk} a.vote")
    page.click("text=Vote up")
    page.wait_for_url(f"**{scene.film.get_absolute_url()}#c{comment.pk}")
    assert sums(comment) == (1, 0)
    expect(cell(page, comment).locator('[aria-pressed="true"]')).to_have_count(1)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360 if scripts else True


@pytest.mark.parametrize("where", ["talk", "comment"])
def test_a_guests_first_post_brings_the_buttons_without_a_reload(context, page, scene, site, where):
    troubles = watch(context, site)
    comment = scene.comments[1]
    addresses = {"talk": scene.film.get_absolute_url(), "comment": f"/comments/{comment.pk}/"}
    page.set_viewport_size({"width": 360, "height": 740})
    page.goto(f"{site}{addresses[where]}")
    expect(page.locator(f"#a{comment.pk} a.vote")).to_be_visible()
    page.locator(f"#a{comment.pk}").get_by_role("link", name="reply", exact=True).press("Enter")
    form = page.locator("form[data-form=comment]")
    form.locator("[name=body]").fill("The first I ever wrote here.")
    form.locator("[name=name]").fill("Nadia")
    form.get_by_role("button", name="Post reply").press("Enter")
    mine = page.locator("article.mine")
    expect(mine).to_be_focused()
    expect(page.locator("a.vote")).to_have_count(0)  # of one's own comment neither
    expect(mine.locator("[data-vote]")).to_have_count(0)
    expect(page.get_by_role("link", name="My comments")).to_be_attached()
    place = page.locator("[data-vote]") if where == "comment" else cell(page, comment)
    up = place.locator("button").first
    up.press("Enter")
    expect(up).to_have_attribute("aria-pressed", "true")
    expect(up).to_be_focused()
    assert sums(comment) == (1, 0)
    assert Vote.objects.get().pen.name == "Nadia"
    expect(mine).to_be_visible()  # all without a reload
    assert troubles == []


def test_what_is_refused_is_said_beside_the_buttons(context, page, scene, site):
    sign_in(context, scene.newcomer, site)
    comment = scene.comments[1]
    page.goto(f"{site}{scene.film.get_absolute_url()}")
    Comment.objects.filter(pk=comment.pk).update(locked_at=comment.created_at)
    cell(page, comment).locator("button").first.click()
    expect(cell(page, comment).locator("[role=alert]")).to_contain_text("locked")


@pytest.mark.parametrize("who", ["member", "guest"])
def test_an_order_that_is_followed_is_the_usual_one_from_then_on(context, page, scene, site, who):
    if who == "member":
        sign_in(context, scene.newcomer, site)
    address = f"{site}{scene.film.get_absolute_url()}"
    page.goto(address)
    page.click('.sort [data-sort="newest"]')
    page.wait_for_url("**sort=newest**")
    page.wait_for_load_state("networkidle")
    page.goto(address)
    expect(page.locator(".sort [aria-current]")).to_have_text("newest first")


def test_a_low_branch_is_folded_and_a_link_into_it_opens_it(context, page, scene, site):
    comment = scene.comments[2]
    reply = Comment.objects.filter(parent=comment).first()
    Comment.objects.filter(pk=comment.pk).update(downs=6)
    kept.clear()
    page.goto(f"{site}{scene.film.get_absolute_url()}")
    expect(page.locator(f"#c{comment.pk} > details")).not_to_have_attribute("open", "")
    expect(page.locator(f"#c{comment.pk} > details > summary .folded")).to_contain_text("low score")
    page.goto(f"{site}{scene.film.get_absolute_url()}#c{reply.pk}")
    page.reload()
    expect(page.locator(f"#c{reply.pk} .comment-body").first).to_be_visible()


def test_axe_finds_nothing_on_the_pages_of_votes(new_context, scene, site):
    Comment.objects.filter(pk=scene.comments[2].pk).update(downs=6)
    Comment.objects.filter(pk=scene.comments[1].pk).update(ups=3)
    kept.clear()
    for scheme in ("light", "dark"):
        context = new_context(color_scheme=scheme)
        page = context.new_page()
        for address in (f"/comments/{scene.comments[1].pk}/vote/", "/order/"):
            page.goto(f"{site}{address}")
            found = Axe().run(page)
            assert found.violations_count == 0, found.generate_report()
        sign_in(context, scene.newcomer, site)
        for address in (scene.film.get_absolute_url(), f"/comments/{scene.comments[1].pk}/"):
            page.goto(f"{site}{address}")
            found = Axe().run(page)
            assert found.violations_count == 0, found.generate_report()
