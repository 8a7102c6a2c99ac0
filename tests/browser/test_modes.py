"""A film page on paper and in forced colours: what carries meaning stays, what cannot be pressed goes."""

import pytest

pytestmark = pytest.mark.browser
A4_PX = 794  # the width of the sheet at 96 dots an inch
SHOWN = "one => one.checkVisibility({contentVisibilityAuto: true})"


def test_on_paper_every_word_stands_and_nothing_asks_to_be_pressed(page, scene, live_server):
    page.set_viewport_size({"width": A4_PX, "height": 1123})
    page.goto(f"{live_server.url}/films/{scene.film.slug}/")
    page.locator(f"#c{scene.comments[2].pk} summary").first.click()  # fold a thread
    folded = page.locator(f"#c{scene.comments[3].pk} > details > .comment-body")
    assert not folded.evaluate(SHOWN)
    page.emulate_media(media="print")
    bodies = page.locator(".comment-body")
    assert all(body.evaluate(SHOWN) for body in bodies.all())
    for name in (".mast ul", ".acts", ".sort", "#say", ".cue", ".foot"):
        found = page.locator(name)
        assert found.count(), name
        assert not any(one.is_visible() for one in found.all()), name
    assert page.evaluate("document.scrollingElement.scrollWidth") <= A4_PX
    ink = page.locator(".comment-body").first.evaluate("one => getComputedStyle(one).color")
    assert ink == "rgb(0, 0, 0)"


def test_in_forced_colours_depth_target_and_focus_are_seen(new_context, scene, live_server):
    page = new_context(forced_colors="active").new_page()
    target = scene.comments[4]
    page.goto(f"{live_server.url}/films/{scene.film.slug}/#c{target.pk}")
    style = "(one, name) => getComputedStyle(one)[name]"
    kids = page.locator(".kids").first
    assert kids.evaluate(style, "borderInlineStartStyle") == "solid"
    assert float(kids.evaluate(style, "borderInlineStartWidth").removesuffix("px")) >= 1
    body = page.locator(f"#c{target.pk} > details > .comment-body")
    assert body.evaluate(style, "outlineStyle") == "solid"
    page.keyboard.press("Tab")
    focused = page.locator(":focus")
    assert focused.evaluate(style, "outlineStyle") != "none"
    here = page.locator(".mast [aria-current]")
    assert here.evaluate(style, "borderBlockEndStyle") == "solid"
