"""Reporting, appealing and deciding in a real browser: by a guest, an author and a moderator at the keyboard."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from forum.accounts.readers import Reader, pen_with_secret
from forum.discussions import services
from forum.discussions.models import Appeal, Comment, Report
from tests.browser.conftest import carry_pen, sign_in, watch
from tests.browser.desks import look_at
from tests.moderation.conftest import moderator

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("scripts", [True, False], ids=["with JavaScript", "without"])
def test_a_guest_reports_and_reads_what_came_of_it(new_context, scene, site, scripts):
    context = new_context(java_script_enabled=scripts, viewport={"width": 360, "height": 740})
    troubles = watch(context, site)
    page, comment = context.new_page(), scene.comments[1]
    page.goto(f"{site}{scene.film.get_absolute_url()}")
    link = page.locator(f"#a{comment.pk} a[href$='/report/']")
    assert link.bounding_box()["height"] >= 24
    link.click()
    expect(page.locator('form[data-form="report"]')).to_be_visible()
    expect(page.locator(".lawful")).to_be_hidden()
    page.get_by_label("it may be against the law").check()
    expect(page.locator(".lawful")).to_be_visible()  # without a script too
    page.get_by_label("something else").check()
    page.get_by_role("button", name="Send the report").click()
    expect(page.get_by_role("alert")).to_contain_text("say in a few words")
    page.get_by_label("In your words").fill("It names my neighbour.")
    page.get_by_role("button", name="Send the report").click()
    expect(page.locator(".lead-word")).to_contain_text("Thank you")
    assert Report.objects.filter(comment=comment, words="It names my neighbour.").exists()
    services.moderate(
        comment_id=comment.pk, verb="remove", by=Reader(user=scene.staff), reason="private"
    )
    page.get_by_role("link", name="All your reports").click()
    expect(page.locator(".reported")).to_contain_text("A moderator agreed")
    assert troubles == []


@pytest.mark.parametrize("scripts", [True, False], ids=["with JavaScript", "without"])
def test_a_report_is_taken_back_by_keyboard(new_context, scene, site, scripts):
    pen, secret, _is_new = pen_with_secret("", "Gina")
    comment = scene.comments[1]
    services.report_comment(comment_id=comment.pk, by=Reader(pen=pen), reason="unkind")
    window = {"viewport": {"width": 360, "height": 740}, "reduced_motion": "reduce"}
    context = new_context(java_script_enabled=scripts, **window)
    carry_pen(context, secret, site)
    troubles = watch(context, site)
    page = context.new_page()
    page.goto(f"{site}{scene.film.get_absolute_url()}")
    link = page.locator(f"#a{comment.pk} a[href$='/report/']")
    expect(link).to_have_text("reported by you")
    page.locator(f"#c{comment.pk} > details > summary").press("Enter")  # it starts folded
    link.focus()
    page.keyboard.press("Enter")
    button = page.get_by_role("button", name="Take the report back")
    expect(button).to_be_visible()
    if scripts:
        page.evaluate(Axe().axe_script)
        assert page.evaluate("axe.run()")["violations"] == []
    assert page.evaluate("document.scrollingElement.scrollWidth") <= 360
    button.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("status").filter(has_text="taken back")).to_be_visible()
    expect(page.locator('form[data-form="report"]')).to_be_visible()
    assert not Report.objects.filter(pen=pen).exists()
    page.goto(f"{site}{scene.film.get_absolute_url()}")
    expect(link).to_have_text("report")
    assert troubles == []


@pytest.mark.parametrize("scripts", [True, False], ids=["with JavaScript", "without"])
def test_an_author_appeals_from_the_page_that_says_why(new_context, scene, site, scripts):
    services.moderate(
        comment_id=scene.mine.pk,
        verb="remove",
        by=Reader(user=scene.staff),
        reason="off-topic",
        words="Tell us about the film.",
    )
    context = new_context(java_script_enabled=scripts)
    carry_pen(context, scene.pen_secret, site)
    page = context.new_page()
    page.goto(f"{site}/my/comments/")
    page.locator("li", has_text="removed").get_by_role(
        "link", name="what was decided"
    ).first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("It was removed")
    expect(page.locator(".decided")).to_contain_text("Tell us about the film.")
    page.get_by_label("What speaks against it").fill("I ran the projector.")
    page.get_by_role("button", name="Appeal").click()
    expect(page.locator("#appeal")).to_contain_text("waits for a moderator")
    assert Appeal.objects.get().words == "I ran the projector."
    page.get_by_role("link", name="The rule").click()
    expect(page.locator("#off-topic")).to_be_in_viewport()


def appealed(scene) -> Appeal:
    member = scene.member
    comment = next(one for one in scene.comments if one.member_id == member.pk)
    services.moderate(
        comment_id=comment.pk, verb="remove", by=Reader(user=scene.staff), reason="unkind"
    )
    return services.appeal(
        comment_id=comment.pk, by=Reader(user=member), words="I named nobody. " * 12
    )


def test_an_appeal_is_read_and_decided_by_keyboard_alone(new_context, scene, site):
    appeal = appealed(scene)
    context = new_context()
    sign_in(context, moderator("Olga"), site)
    troubles = watch(context, site)
    page = context.new_page()
    page.goto(f"{site}/admin/discussions/appeal/")
    for _press in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.closest('#result_list') !== null"):
            break
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="What its author says against it")).to_be_visible()
    page.locator("[name=answer]").focus()
    page.keyboard.type("You are right.")
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Take the decision back")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(".messagelist")).to_contain_text("the appeal is decided")
    assert Comment.objects.get(pk=appeal.comment_id).state == "public"
    assert troubles == []


@pytest.mark.parametrize("width", [1280, 360])
def test_the_page_of_an_appeal_fits_and_is_accessible(new_context, scene, site, width):
    appeal = appealed(scene)
    window = {"viewport": {"width": width, "height": 900}, "reduced_motion": "reduce"}
    context = new_context(**window)
    sign_in(context, moderator("Olga"), site)
    page = context.new_page()
    for address in ("", f"{appeal.pk}/change/"):
        page.goto(f"{site}/admin/discussions/appeal/{address}")
        look_at(page, width)
