"""Reading along, by keyboard alone and by a press on a line: keys, folds, looks."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.db.models import F
from playwright.sync_api import expect

from forum.discussions.models import Topic
from tests.browser.conftest import carry_pen, sign_in, watch
from tests.discussions.growing import grow, threads

pytestmark = pytest.mark.browser
WIDTHS = pytest.mark.parametrize("width", [1280, 360])


def at(page) -> str:
    return page.evaluate("document.activeElement.id || document.activeElement.tagName")


@pytest.fixture
def film(scene, live_server):
    return live_server.url + scene.film.get_absolute_url()


@pytest.fixture
def press(page):
    """press("j", "#c1"): press a key, and see the focus there."""

    def one(key, where=""):
        page.keyboard.press(key)
        if where:
            expect(page.locator(where)).to_be_focused()

    return one


def names(scene):
    return [f"#c{comment.pk}" for comment in scene.comments]


@WIDTHS
def test_keys_move_through_the_talk_and_what_has_the_focus_is_seen(
    scene, film, page, press, width, context
):
    troubles = watch(context, film.partition("/films/")[0])
    page.emulate_media(reduced_motion="reduce")  # a gliding page shows what has the focus later
    page.set_viewport_size({"width": width, "height": 700})
    page.goto(film)
    c = names(scene)
    press("j", c[0])
    press("j", c[1])
    press("j", c[2])
    press("j", c[3])
    press("j", c[4])
    press("t", c[2])
    press("j", c[3])
    press("J", c[3])  # it has no sibling
    press("p", c[2])
    press("J", c[6])
    press("J", c[8])
    press("K", c[6])
    expect(page.locator(f"{c[6]} > details > .comment-body")).to_be_in_viewport()
    outline = "one => getComputedStyle(one).outlineStyle"
    assert page.locator(f"{c[6]} > details > .comment-body").evaluate(outline) == "solid"
    assert page.locator(c[6]).evaluate(outline) == "none"
    assert page.locator(c[6]).get_attribute("tabindex") == "-1"
    assert not troubles


def test_a_key_goes_on_from_what_is_in_sight(scene, film, page, press):
    page.emulate_media(
        reduced_motion="reduce"
    )  # else the first key still glides when the reader leafs on
    page.goto(film)
    c = names(scene)
    press("j", c[0])
    page.evaluate("document.fonts.ready")
    page.locator(c[4]).evaluate("one => one.scrollIntoView({behavior: 'instant'})")
    page.evaluate("document.activeElement.blur()")
    press("j", c[4])


def test_a_link_to_what_is_on_another_page_of_the_talk_leads_there(scene, film, page, live_server):
    elsewhere = scene.chain[-1]
    page.goto(f"{film}#c{elsewhere.pk}")
    page.wait_for_url(f"**/comments/{elsewhere.pk}/")
    expect(page.locator(f"#c{elsewhere.pk}")).to_be_in_viewport()
    page.goto(f"{live_server.url}/about/#c1")  # no talk is there
    page.wait_for_load_state("networkidle")
    assert page.url.endswith("/about/#c1")


@WIDTHS
def test_enter_folds_and_folded_replies_are_passed_over(scene, film, page, press, width):
    page.set_viewport_size({"width": width, "height": 700})
    page.goto(film)
    c = names(scene)
    for number in range(3):
        press("j", c[number])
    press("Enter", c[2])
    expect(page.locator(c[3])).to_be_hidden()
    press("j", c[6])
    press("k", c[2])
    page.reload()  # remembered on this device
    expect(page.locator(c[3])).to_be_hidden()
    page.locator(c[1]).evaluate("one => { one.tabIndex = -1; one.focus() }")
    press("j", c[2])
    press("Enter")
    expect(page.locator(c[3])).to_be_visible()


@WIDTHS
def test_r_replies_in_place_and_letters_in_the_form_are_letters(scene, film, page, press, width):
    page.set_viewport_size({"width": width, "height": 700})
    page.goto(film)
    c = names(scene)
    press("j", c[0])
    press("j", c[1])
    page.keyboard.press("r")
    body = page.locator(f"{c[1]} > details > [data-form-place] [name=body]")
    expect(body).to_be_focused()
    page.keyboard.type("jk? nJ")
    expect(body).to_have_value("jk? nJ")
    expect(page.locator("dialog")).to_have_count(0)


def test_e_edits_what_is_mine_and_nothing_else(scene, live_server, film, new_context):
    context = new_context()
    carry_pen(context, scene.pen_secret, live_server.url)
    page = context.new_page()
    page.goto(f"{film}#c{scene.comments[9].pk}")
    page.locator(f"#c{scene.comments[8].pk}").evaluate("one => { one.tabIndex = -1; one.focus() }")
    page.keyboard.press("j")
    expect(page.locator(f"#c{scene.comments[9].pk}")).to_be_focused()
    page.keyboard.press("e")
    expect(page.locator("form[data-form]")).to_have_count(0)
    page.locator(f"#c{scene.mine.pk}").evaluate("one => { one.tabIndex = -1; one.focus() }")
    page.keyboard.press("e")
    expect(page.locator(f"#c{scene.mine.pk} form [name=body]")).to_have_value(
        "I was the projectionist. Ask me."
    )


def test_n_presses_next_new_where_there_is_one(film, page):
    page.goto(film)
    page.keyboard.press("n")  # nothing is there to be pressed
    page.evaluate(
        """() => {
        const button = Object.assign(document.createElement("button"), {onclick: () => button.title = "pressed"});
        button.dataset.nextNew = "";
        document.querySelector("#talk").prepend(button);
      }"""
    )
    page.keyboard.press("n")
    expect(page.locator("[data-next-new]")).to_have_attribute("title", "pressed")


@pytest.mark.parametrize("chord", ["Control+j", "Alt+j", "Meta+j"])
def test_a_key_held_with_another_is_the_browsers(scene, film, page, press, chord):
    page.goto(film)
    press("j", names(scene)[0])
    page.keyboard.press(chord)
    page.wait_for_timeout(100)
    assert at(page) == names(scene)[0][1:]


@WIDTHS
def test_the_list_of_keys_opens_closes_and_gives_the_focus_back(
    scene, film, page, press, width, context
):
    page.set_viewport_size({"width": width, "height": 700})
    troubles = watch(context, film.partition("/films/")[0])
    page.goto(film)
    c = names(scene)
    press("j", c[0])
    page.keyboard.press("?")
    dialog = page.get_by_role("dialog", name="Keys")
    expect(dialog).to_be_visible()
    expect(dialog).to_contain_text("next comment")
    assert dialog.evaluate("one => one.contains(document.activeElement)")
    page.keyboard.press("j")
    assert Axe().run(page).response["violations"] == []
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(page.locator(c[0])).to_be_focused()
    page.keyboard.press("?")
    dialog.get_by_role("button", name="Close").press("Enter")
    expect(page.locator(c[0])).to_be_focused()
    assert not troubles


def test_no_script_of_keys_is_asked_for_before_a_key_is_pressed(film, page):
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(film)
    page.wait_for_load_state("networkidle")
    assert not [url for url in asked if "keys" in url]
    page.keyboard.press("x")
    page.keyboard.press("j")
    expect(page.locator("article:focus")).to_have_count(1)
    assert len([url for url in asked if "keys" in url]) == 1


@pytest.mark.parametrize("who", ["a guest", "a member"])
def test_keys_can_be_switched_off(scene, live_server, film, new_context, who):
    context = new_context()
    if who == "a member":
        sign_in(context, scene.member, live_server.url)
    page = context.new_page()
    page.goto(film)
    page.get_by_role("link", name="How pages look").press("Enter")
    keys = page.get_by_label("Keyboard shortcuts of one key")
    expect(keys).to_be_checked()
    keys.press("Space")
    page.get_by_role("button", name="Keep").press("Enter")
    if who == "a guest":
        page.wait_for_url(film)
    else:
        page.goto(film)
    assert page.get_attribute("body", "data-keys") == "off"
    page.keyboard.press("j")
    page.wait_for_timeout(200)
    assert at(page) == "BODY"


@pytest.mark.parametrize("scripts", [True, False], ids=["with JavaScript", "without"])
def test_looks_are_chosen_by_keyboard_and_there_from_the_first_byte(film, new_context, scripts):
    context = new_context(
        java_script_enabled=scripts, viewport={"width": 360, "height": 700}, locale="en-GB"
    )
    page = context.new_page()
    page.goto(film)
    body = page.locator(".comment-body").first
    before = body.evaluate("one => getComputedStyle(one).fontSize")
    page.get_by_role("link", name="How pages look").press("Enter")
    for name in ("compact", "larger", "with serifs"):
        page.get_by_label(name, exact=True).press("Space")
    page.get_by_role("button", name="Keep").press("Enter")
    page.wait_for_url(film)
    assert page.locator("body").evaluate("one => ({...one.dataset})") == {
        "density": "compact",
        "size": "large",
        "face": "serif",
    }
    assert float(body.evaluate("one => getComputedStyle(one).fontSize")[:-2]) > float(before[:-2])
    assert "Newsreader" in body.evaluate("one => getComputedStyle(one).fontFamily")
    assert page.evaluate("document.scrollingElement.scrollWidth") <= 360


@WIDTHS
@pytest.mark.parametrize("scripts", [True, False], ids=["with JavaScript", "without"])
def test_catching_up_by_keyboard_from_the_talk_to_a_day_and_on(
    scene, film, new_context, width, scripts
):
    window = {"width": width, "height": 800}
    page = new_context(java_script_enabled=scripts, viewport=window).new_page()
    page.goto(film)
    page.get_by_role("link", name="catch me up").press("Enter")
    expect(page.get_by_role("heading", name="New threads")).to_be_visible()
    day = page.get_by_label("Since")
    day.fill("2999-01-01")
    page.get_by_role("button", name="Show").press("Enter")
    expect(page.locator("main")).to_contain_text("Nothing new since then")
    page.get_by_role("link", name="a week ago").press("Enter")
    answered = page.locator(f"#c{scene.comments[2].pk}")
    expect(answered).to_be_visible()
    page.get_by_role("link", name="3 new replies").press("Enter")
    expect(page.locator(f"#c{scene.comments[3].pk}")).to_be_visible()
    assert f"/comments/{scene.comments[2].pk}/?since=" in page.url
    assert page.evaluate("document.scrollingElement.scrollWidth") <= width


@pytest.mark.parametrize("scripts", [True, False], ids=["with JavaScript", "without"])
def test_the_map_stands_beside_a_long_talk_and_a_press_leads_there(
    scene, film, new_context, scripts
):
    ids = grow(scene.film.topic, threads(50, 30))
    Topic.objects.update(version=F("version") + 1)
    page = new_context(java_script_enabled=scripts).new_page()
    page.emulate_media(reduced_motion="reduce")
    page.goto(film)
    drawing = page.locator(".map svg")
    talk = page.locator(".talk")
    expect(drawing).to_be_visible()
    assert drawing.bounding_box()["x"] > page.locator("#say").bounding_box()["x"] + 600
    drawing.scroll_into_view_if_needed()
    row = page.locator(f".map a[href='#c{ids[60]}'] path")  # no box, as a line has no height
    place = row.evaluate("one => (({x, y, width}) => ({x, y, width}))(one.getBoundingClientRect())")
    page.mouse.click(place["x"] + place["width"] / 2, place["y"])
    target = page.locator(f"#c{ids[60]} > details > .comment-body")
    expect(target).to_be_in_viewport()
    expect(drawing).to_be_in_viewport()  # it comes along
    if scripts:
        assert Axe().run(page).response["violations"] == []
    page.set_viewport_size({"width": 360, "height": 700})
    expect(drawing).to_be_hidden()
    assert page.evaluate("document.scrollingElement.scrollWidth") <= 360
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 1280, "height": 900})
    expect(drawing).to_be_hidden()
    page.emulate_media(media="screen", forced_colors="active")
    expect(drawing).to_be_visible()
    expect(talk).to_be_visible()


def test_a_key_leads_past_a_long_talk_and_none_into_the_map(scene, film, page):
    grow(scene.film.topic, threads(50, 30))
    Topic.objects.update(version=F("version") + 1)
    page.goto(film)
    way = page.get_by_role("link", name="Past the talk")
    way.focus()
    expect(way).to_be_in_viewport()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.matches('article a.n')")
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#say")).to_be_in_viewport()


# ------------------------------------------------------------------------------------------ folds


@WIDTHS
@pytest.mark.parametrize("aside_px", [-11, 0, 11])
def test_a_press_on_the_line_folds_its_replies_and_is_remembered(
    scene, film, page, width, aside_px
):
    page.set_viewport_size({"width": width, "height": 700})
    page.goto(film)
    root, reply = page.locator(names(scene)[2]), page.locator(names(scene)[3])
    kids = root.locator("> details > .kids")
    kids.scroll_into_view_if_needed()
    box = kids.bounding_box()
    page.mouse.click(box["x"] + aside_px, box["y"] + 30)
    expect(reply).to_be_hidden()
    expect(root.locator("> details > summary")).to_be_in_viewport()
    page.reload()
    expect(reply).to_be_hidden()
    root.locator("> details > summary").press("Enter")  # the keyboard's way
    expect(reply).to_be_visible()


def test_choosing_text_never_folds(scene, film, page):
    page.goto(film)
    root = page.locator(names(scene)[2])
    name = root.locator("> details > summary > .comment-author")
    name.scroll_into_view_if_needed()
    box = name.bounding_box()
    page.mouse.move(box["x"] + 2, box["y"] + 8)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] - 2, box["y"] + 8, steps=5)
    page.mouse.up()
    assert page.evaluate("getSelection().toString()")
    expect(root.locator("> details")).to_have_attribute("open", "")
    page.evaluate("getSelection().removeAllRanges()")
    name.dblclick()
    assert page.evaluate("getSelection().toString()")
    expect(root.locator("> details")).to_have_attribute("open", "")
    kids = root.locator("> details > .kids")
    box, text = kids.bounding_box(), page.locator(f"{names(scene)[3]} .comment-body").first
    end = text.bounding_box()
    page.mouse.move(end["x"] + 60, end["y"] + 8)
    page.mouse.down()
    page.mouse.move(box["x"] + 1, end["y"] + 8, steps=5)  # ends on the line
    page.mouse.up()
    expect(root.locator("> details")).to_have_attribute("open", "")
