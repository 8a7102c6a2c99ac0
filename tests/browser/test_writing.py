"""Writing in a real browser: quoting, drafts, names, marks, time that is left, no network, two tabs."""

import json
import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from forum.discussions.models import Comment, CommentText
from tests.browser.conftest import carry_pen, sign_in, watch

pytestmark = pytest.mark.browser

WIDTHS = pytest.mark.parametrize("width", [1280, 360])
TARGETS = {"target-size": {"enabled": True}}
SELECT = """([selector, from, to]) => {
  const walker = document.createTreeWalker(document.querySelector(selector), NodeFilter.SHOW_TEXT);
  const range = document.createRange();
  let at = 0;
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    if (from >= at && from <= at + node.length) range.setStart(node, from - at);
    if (to >= at && to <= at + node.length) { range.setEnd(node, to - at); break; }
    at += node.length;
  }
  getSelection().removeAllRanges();
  getSelection().addRange(range);
}"""
SPOILER = (
    "<p>The end is not sad.</p>"
    '<details class="spoiler"><summary>Spoiler</summary><p>They all sail home.</p></details>'
    "<p>So I was told.</p>"
)


@pytest.fixture
def film(scene, live_server) -> str:
    return live_server.url + scene.film.get_absolute_url()


@pytest.fixture
def visitor(new_context, live_server):
    """visitor(width=1280, who=None, **options) -> a page of a browser that was never here."""
    troubles = []

    def make(width=1280, who=None, pen="", **options):
        context = new_context(viewport={"width": width, "height": 900}, **options)
        troubles.append(watch(context, live_server.url))
        if who:
            sign_in(context, who, live_server.url)
        if pen:
            carry_pen(context, pen, live_server.url)
        return context.new_page()

    yield make
    # What a test cuts off on purpose is told as well.
    cut = ("net::ERR_", "htmx:sendError", "htmx:afterRequest")
    assert not [
        line for heard in troubles for line in heard if not any(word in line for word in cut)
    ]


def form_of(page):
    return page.locator("form[data-form=comment]")


def area_of(page):
    return form_of(page).locator("[name=body]")


def acts(page, comment, words="reply"):
    return page.locator(f"#a{comment.pk}").get_by_role("link", name=words, exact=True)


def ready(page):
    """Wait until all that helps to write is there."""
    expect(form_of(page).locator(".tools")).to_be_visible()
    page.wait_for_timeout(100)  # drafts are asked for after the tools


def open_reply(page, comment):
    acts(page, comment).click()
    ready(page)


def kept(page) -> list[dict]:
    """Return the drafts on this device."""
    made = "Object.keys(localStorage).filter(k => k.startsWith('draft ')).map(k => localStorage[k])"
    return [json.loads(entry) for entry in page.evaluate(made)]


def write(page, words: str):
    """Write words, and wait until the device has them."""
    area_of(page).press_sequentially(words)
    value = area_of(page).input_value()
    until(page, lambda: value in [entry["text"] for entry in kept(page)])


def until(page, is_so):
    for _ in range(50):
        if is_so():
            return
        page.wait_for_timeout(100)
    raise AssertionError(kept(page))


def caret(page) -> list[int]:
    return area_of(page).evaluate("area => [area.selectionStart, area.selectionEnd]")


def is_accessible(page):
    page.evaluate(Axe().axe_script)
    options = {"resultTypes": ["violations"], "rules": TARGETS}
    found = page.evaluate("options => axe.run(options)", options)["violations"]
    assert not [(rule["id"], [node["html"][:200] for node in rule["nodes"]]) for rule in found]


# ------------------------------------------------------------------------------------------- quoting


@WIDTHS
def test_what_is_selected_in_the_comment_is_quoted_into_its_reply(scene, film, visitor, width):
    page = visitor(width)
    page.goto(film)
    said = scene.comments[1]
    page.evaluate(SELECT, [f"#c{said.pk} .comment-body", 4, 33])
    open_reply(page, said)
    expect(area_of(page)).to_have_value(quoted(said, 4, 33))
    expect(area_of(page)).to_be_focused()
    length = len(quoted(said, 4, 33))
    assert caret(page) == [length, length]
    # By keyboard, under what was typed meanwhile.
    area_of(page).press_sequentially("Who did?")
    page.evaluate(SELECT, [f"#c{said.pk} .comment-body", 0, 13])
    acts(page, said).focus()
    page.keyboard.press("Enter")
    both = quoted(said, 4, 33) + "Who did?\n\n" + quoted(said, 0, 13)
    expect(area_of(page)).to_have_value(both)
    # What is selected elsewhere is not quoted.
    other = scene.comments[3]
    page.evaluate(SELECT, [f"#c{said.pk} .comment-body", 0, 13])
    open_reply(page, other)
    expect(area_of(page)).to_have_value("")


def quoted(comment: Comment, start: int, end: int) -> str:
    return f"> {comment.text.body[start:end].strip()}\n\n"


def test_a_quotation_keeps_lines_and_leaves_out_what_a_spoiler_hides(scene, film, visitor):
    said = scene.comments[1]
    CommentText.objects.filter(pk=said.pk).update(body_html=SPOILER)
    page = visitor()
    page.goto(f"{film}?sort=newest")
    body = page.locator(f"#c{said.pk} > details > .comment-body")
    expect(body.locator("details")).to_have_count(1)
    for is_open in (False, True):
        body.locator("details").evaluate("(details, open) => { details.open = open }", is_open)
        body.evaluate("body => getSelection().selectAllChildren(body)")
        open_reply(page, said)
        lines = "> The end is not sad.\n> \n> [spoiler]\n> \n> So I was told.\n\n"
        expect(area_of(page)).to_have_value(lines)
        area_of(page).fill("")
        page.wait_for_timeout(300)
        page.locator("[data-cancel]").click()
    body.locator("details p").evaluate("line => getSelection().selectAllChildren(line)")
    open_reply(page, said)
    expect(area_of(page)).to_have_value("")


def test_without_javascript_a_link_on_the_page_of_the_form_quotes(scene, film, visitor):
    page = visitor(360, java_script_enabled=False)
    page.goto(film)
    acts(page, scene.comments[3]).click()
    page.get_by_role("link", name="quote", exact=True).click()
    expect(area_of(page)).to_have_value("> The harbour is the film!\n\n")
    expect(page.locator(".tools, .draft, .other, .names")).to_have_count(0)
    area_of(page).press("Control+End")
    area_of(page).press_sequentially("It is.")
    form_of(page).locator("[name=name]").fill("Nadia")
    form_of(page).get_by_role("button", name="Post reply").click()
    expect(page.locator("article.mine blockquote")).to_have_text("The harbour is the film!")


# -------------------------------------------------------------------------------------------- drafts


@WIDTHS
def test_words_outlive_their_tab_until_they_are_posted(scene, film, visitor, width):
    page = visitor(width)
    context, said = page.context, scene.comments[3]
    page.goto(film)
    open_reply(page, said)
    write(page, "Half a thought")
    page.close()

    page = context.new_page()
    page.goto(f"{film}?sort=newest")
    open_reply(page, said)
    expect(area_of(page)).to_have_value("Half a thought")
    line = form_of(page).locator(".draft")
    assert re.search(r"Your draft from \d\d:\d\d is here", line.inner_text())
    expect(page.locator("[data-live]")).to_contain_text("Your draft from")
    is_accessible(page)
    page.close()

    # On a page of its own too; and another comment's form is empty.
    page = context.new_page()
    page.goto(f"{film[: film.index('/films')]}/comments/{scene.comments[4].pk}/reply/")
    ready(page)
    expect(area_of(page)).to_have_value("")
    page.goto(f"{film[: film.index('/films')]}/comments/{said.pk}/reply/")
    ready(page)
    expect(area_of(page)).to_have_value("Half a thought")
    assert len(kept(page)) == 1
    write(page, ", and the other half")
    form_of(page).get_by_role("button", name="Post reply").click()  # without a name
    expect(form_of(page).locator(".alarm")).to_contain_text("Please give a name")
    ready(page)
    assert [entry["text"] for entry in kept(page)] == ["Half a thought, and the other half"]
    form_of(page).locator("[name=name]").fill("Nadia")
    form_of(page).get_by_role("button", name="Post reply").click()
    expect(page.locator("article.mine .comment-body")).to_have_text(
        "Half a thought, and the other half"
    )
    until_empty(page)


def until_empty(page):
    until(page, lambda: not kept(page))


def test_a_draft_goes_when_its_comment_stands_under_its_parent(scene, film, visitor):
    page = visitor()
    page.goto(film)
    open_reply(page, scene.comments[3])
    write(page, "Said once.")
    form_of(page).locator("[name=name]").fill("Sunniva")  # a member's
    form_of(page).get_by_role("button", name="Post reply").click()
    expect(form_of(page).locator(".alarm")).to_contain_text("A member has this name")
    ready(page)
    assert [entry["text"] for entry in kept(page)] == ["Said once."]
    form_of(page).locator("[name=name]").fill("Nadia")
    form_of(page).get_by_role("button", name="Post reply").click()
    expect(page.locator("article.mine")).to_be_visible()
    until_empty(page)
    # And an edit.
    mine = page.locator("article.mine")
    mine.get_by_role("link", name="edit").click()
    ready(page)
    write(page, " Twice.")
    form_of(page).get_by_role("button", name="Save").click()
    expect(mine.locator(".comment-body")).to_have_text("Said once. Twice.")
    until_empty(page)


def test_a_draft_can_be_thrown_away_and_that_undone(scene, film, visitor):
    page = visitor()
    page.goto(film)
    open_reply(page, scene.comments[3])
    write(page, "Never mind")
    page.reload()
    open_reply(page, scene.comments[3])
    form_of(page).get_by_role("button", name="Discard it").press("Enter")
    expect(area_of(page)).to_have_value("")
    expect(area_of(page)).to_be_focused()
    expect(form_of(page).locator(".draft")).to_have_count(0)
    until_empty(page)
    page.keyboard.press("Control+z")
    expect(area_of(page)).to_have_value("Never mind")


@pytest.mark.parametrize("in_place", [True, False], ids=["in place", "on its page"])
def test_a_post_whose_answer_was_lost_is_known_and_not_written_twice(
    scene, film, visitor, in_place
):
    page = visitor()
    address = f"**/comments/{scene.comments[3].pk}/reply/"

    def lose(route):
        if route.request.method != "POST":
            return route.continue_()
        route.fetch(max_redirects=0)  # it arrives
        return route.abort()

    if in_place:
        page.goto(film)
        open_reply(page, scene.comments[3])
    else:
        page.goto(address.replace("**", film[: film.index("/films")]))
        ready(page)
    write(page, "Said, and not heard.")
    form_of(page).locator("[name=name]").fill("Nadia")
    page.route(address, lose)
    form_of(page).get_by_role("button", name="Post reply").click()
    page.wait_for_timeout(1000)
    page.unroute(address)
    assert Comment.objects.filter(text__body="Said, and not heard.").count() == 1
    page = page.context.new_page()
    page.goto(film)
    until_empty(page)
    open_reply(page, scene.comments[3])
    expect(area_of(page)).to_have_value("")


def test_words_outlive_a_session_and_belong_to_their_writer(scene, film, visitor, live_server):
    page = visitor(who=scene.member)
    context = page.context
    page.goto(film)
    open_reply(page, scene.comments[3])
    write(page, "A member's words")
    context.clear_cookies()  # the session has ended
    form_of(page).get_by_role("button", name="Post reply").click()
    expect(page.locator("form .alarm, .alarm").first).to_be_visible()
    expect(area_of(page)).to_have_value("A member's words")
    # Who writes here as a guest does not see them.
    page.goto(film)
    open_reply(page, scene.comments[3])
    expect(area_of(page)).to_have_value("")
    # The member does.
    sign_in(context, scene.member, live_server.url)
    page.goto(film)
    open_reply(page, scene.comments[3])
    expect(area_of(page)).to_have_value("A member's words")
    # Another member does not, and after that nobody.
    sign_in(context, scene.newcomer, live_server.url)
    page.goto(film)
    open_reply(page, scene.comments[3])
    expect(area_of(page)).to_have_value("")
    until_empty(page)


def test_who_signs_out_leaves_no_words_on_the_device(scene, film, visitor, live_server):
    page = visitor(who=scene.member)
    page.goto(film)
    open_reply(page, scene.comments[3])
    write(page, "Between us")
    other = page.context.new_page()
    other.goto(f"{live_server.url}/logout/")
    expect(other.locator("main")).to_contain_text("goes from this browser")
    other.locator("main").get_by_role("button", name="Sign out").click()
    other.wait_for_url(f"{live_server.url}/")
    assert other.evaluate("localStorage.length") == 0
    area_of(page).press_sequentially(", still open here")
    page.wait_for_timeout(400)
    assert kept(page) == []


def test_twenty_drafts_are_kept_and_the_oldest_goes(scene, film, visitor):
    page = visitor()
    page.goto(film)
    page.evaluate("""() => { for (let n = 0; n < 20; n++) localStorage.setItem(`draft /comments/${n}/reply/ 0.5`,
      JSON.stringify({who: "", text: `No ${n}`, at: Date.now() - 1e6 + n})) }""")
    open_reply(page, scene.comments[3])
    write(page, "The latest")
    found = {entry["text"] for entry in kept(page)}
    assert len(found) == 20
    assert "The latest" in found
    assert "No 0" not in found
    assert "No 1" in found


def test_without_storage_one_can_still_write(scene, film, visitor):
    page = visitor()
    page.add_init_script(
        "Object.defineProperty(window, 'localStorage', {get() { throw new DOMException('no') }})"
    )
    page.goto(film)
    open_reply(page, scene.comments[3])
    area_of(page).press_sequentially("All the same")
    area_of(page).press("Control+b")
    form_of(page).locator("[name=name]").fill("Nadia")
    form_of(page).get_by_role("button", name="Post reply").click()
    expect(page.locator("article.mine")).to_contain_text("All the same")


# ------------------------------------------------------------------------------------------ two tabs


@WIDTHS
def test_newer_words_of_another_tab_are_offered_beside_ones_own(scene, film, visitor, width):
    first = visitor(width)
    second = first.context.new_page()
    for page in (first, second):
        page.goto(film)
        open_reply(page, scene.comments[3])
    write(first, "From the first")
    other = second.locator(".other")
    expect(other.locator("blockquote")).to_have_text("From the first")
    is_accessible(second)
    write(second, "From the second")
    expect(first.locator(".other blockquote")).to_have_text("From the second")
    expect(area_of(first)).to_have_value("From the first")
    # Kept: nothing changes here. Taken: one can go back.
    other.get_by_role("button", name="Keep what is below").press("Enter")
    expect(other).to_have_count(0)
    expect(area_of(second)).to_have_value("From the second")
    first.locator(".other").get_by_role("button", name="Take these words").press("Enter")
    expect(area_of(first)).to_have_value("From the second")
    first.keyboard.press("Control+z")
    expect(area_of(first)).to_have_value("From the first")


# --------------------------------------------------------------------------------------------- names


@WIDTHS
def test_a_name_in_this_talk_is_chosen_by_keyboard(scene, film, visitor, width):
    page = visitor(width)
    page.goto(film)
    open_reply(page, scene.comments[3])
    area = area_of(page)
    area.press_sequentially("Thank you, @sun")
    names = page.get_by_role("listbox", name="Names in this talk")
    expect(names.get_by_role("option")).to_have_text(["Sunniva"])
    expect(page.locator("[data-live]")).to_have_text("Names in this talk: 1")
    expect(area).to_have_attribute("aria-controls", names.get_attribute("id") or "")
    chosen = area.get_attribute("aria-activedescendant")
    expect(page.locator(f"#{chosen}")).to_have_attribute("aria-selected", "true")
    is_accessible(page)
    area.press("Enter")
    expect(area).to_have_value("Thank you, @Sunniva ")
    expect(names).to_have_count(0)
    assert area.get_attribute("aria-activedescendant") is None
    # Through the list, away with it, and no list for an address.
    area.press_sequentially("and @")
    expect(names).to_be_visible()
    first = names.get_by_role("option").nth(0).inner_text()
    area.press("ArrowDown")
    area.press("ArrowUp")
    area.press("Tab")
    expect(area).to_have_value(f"Thank you, @Sunniva and @{first} ")
    area.press_sequentially("or @go")
    expect(names.get_by_role("option")).to_have_text(["la Golondrina - Europe"])
    area.press("Escape")
    expect(names).to_have_count(0)
    area.press("Enter")
    expect(area).to_have_value(f"Thank you, @Sunniva and @{first} or @go\n")
    area.press_sequentially("nils@sun")
    page.wait_for_timeout(400)
    expect(names).to_have_count(0)
    area.press("Control+z")


def test_a_name_is_chosen_by_touch(scene, film, visitor):
    page = visitor(360, has_touch=True)
    page.goto(film)
    open_reply(page, scene.comments[3])
    area_of(page).press_sequentially("@gol")
    page.get_by_role("option", name="la Golondrina").tap()
    expect(area_of(page)).to_have_value("@la Golondrina - Europe ")
    expect(area_of(page)).to_be_focused()


# --------------------------------------------------------------------------------------------- marks


@WIDTHS
def test_marks_are_set_by_buttons_and_keys_and_can_be_undone(scene, film, visitor, width):
    page = visitor(width)
    page.goto(film)
    open_reply(page, scene.comments[3])
    area, tools = area_of(page), form_of(page).get_by_role("group", name="Format")
    area.press_sequentially("the rain")
    area.press("Control+a")
    for name, made in [
        ("Bold", "**the rain**"),
        ("Emphasis", "*the rain*"),
        ("Link", "[the rain](https://)"),
        ("Spoiler: hidden until pressed", ">!the rain!<"),
        ("Quotation", "> the rain"),
        ("List", "- the rain"),
    ]:
        tools.get_by_role("button", name=name, exact=True).click()
        expect(area).to_have_value(made)
        expect(area).to_be_focused()
        area.press("Control+z")
        expect(area).to_have_value("the rain")
        area.press("Control+a")
    # By keys, twice is not at all, and white space stays outside.
    area.press("Control+b")
    area.press("Control+i")
    expect(area).to_have_value("***the rain***")
    area.press("Control+i")
    area.press("Control+b")
    expect(area).to_have_value("the rain")
    page.keyboard.press("Shift+Tab")
    expect(tools.get_by_role("button", name="Spoiler")).to_be_focused()
    # Every line that is selected.
    area.fill("one\ntwo")
    area.press("Control+a")
    tools.get_by_role("button", name="Quotation").press("Enter")
    expect(area).to_have_value("> one\n> two")


def test_control_and_enter_post(scene, film, visitor):
    page = visitor(pen=scene.pen_secret)
    page.goto(film)
    open_reply(page, scene.comments[3])
    area_of(page).press_sequentially("By keys alone.")
    area_of(page).press("Control+Enter")
    expect(page.locator(f"#c{scene.comments[3].pk} article.mine")).to_contain_text("By keys alone.")


# --------------------------------------------------------------------------------- time and network


def test_the_time_for_editing_is_counted_down_and_said_once(scene, film, visitor):
    page = visitor(pen=scene.pen_secret)
    page.clock.install(time="2001-02-03T04:05:06Z")  # a clock of the device that is wrong
    page.goto(film)
    acts(page, scene.mine, "edit").click()
    line = form_of(page).locator(".until")
    expect(line).to_contain_text("You can edit until")
    page.clock.fast_forward(3_000)
    expect(line).to_have_text(re.compile(r"^14:\d\d remaining$"))
    said = page.locator("[data-live]")
    expect(said).to_have_text("")
    page.clock.fast_forward("14:00")
    expect(line).to_have_text(re.compile(r"^0:\d\d remaining$"))
    expect(said).to_have_text("One minute left to edit.")
    said.evaluate("said => { said.textContent = '' }")
    page.clock.fast_forward(2_000)
    expect(said).to_have_text("")
    area_of(page).press_sequentially("Kept. ")
    page.clock.fast_forward("01:00")
    expect(line).to_contain_text("The time for editing is over")
    assert "Kept. " in area_of(page).input_value()


@WIDTHS
@pytest.mark.parametrize("in_place", [True, False], ids=["in place", "on its page"])
def test_without_a_network_it_says_so_and_keeps_the_words(scene, film, visitor, width, in_place):
    page = visitor(width, pen=scene.pen_secret)
    page.goto(film)
    if in_place:
        open_reply(page, scene.comments[3])
    else:
        page.goto(acts(page, scene.comments[3]).evaluate("link => link.href"))
        ready(page)
    area_of(page).press_sequentially("Through the tunnel")
    page.context.set_offline(True)
    area_of(page).press("Control+Enter")
    alarm = form_of(page).get_by_role("alert")
    expect(alarm).to_have_text(
        "You are offline, so nothing was sent. Your words stay here and on this device."
    )
    expect(alarm).to_be_focused()
    expect(area_of(page)).to_have_value("Through the tunnel")
    assert [entry["text"] for entry in kept(page)] == ["Through the tunnel"]
    page.context.set_offline(False)
    expect(alarm).to_have_text("You are online again: press Post.")
    assert not Comment.objects.filter(text__body="Through the tunnel").exists()
    form_of(page).get_by_role("button", name="Post reply").press("Enter")
    expect(page.locator("article.mine", has_text="Through the tunnel")).to_be_visible()


# ------------------------------------------------------------------------------------------- together


def test_two_people_write_to_each_other_by_keyboard_on_small_screens(scene, film, visitor):
    nadia, nils = visitor(360), visitor(360, pen=scene.pen_secret)
    nadia.goto(film)
    acts(nadia, scene.mine).press("Enter")
    ready(nadia)
    area_of(nadia).press_sequentially("Which reel, @Nil")
    nadia.get_by_role("option", name="Nils").wait_for()
    nadia.keyboard.press("Enter")
    nadia.keyboard.type("? ")
    nadia.keyboard.press("Control+b")
    nadia.keyboard.type("Which")
    form_of(nadia).locator("[name=name]").fill("Nadia")
    area_of(nadia).press("Control+Enter")
    expect(nadia.locator("article.mine strong")).to_have_text("Which")
    pk = nadia.locator("article.mine").get_attribute("id")[1:]

    nils.goto(f"{film}#c{pk}")
    said = Comment.objects.get(pk=pk)
    nils.evaluate(SELECT, [f"#c{pk} .comment-body", 0, 10])
    acts(nils, said).press("Enter")
    ready(nils)
    expect(area_of(nils)).to_have_value("> Which reel\n\n")
    nils.keyboard.type("The third.")
    nils.keyboard.press("Control+Enter")
    expect(nils.locator(f"#c{pk} article.mine blockquote")).to_have_text("Which reel")
    nadia.reload()
    expect(nadia.locator(f"#c{pk} article blockquote")).to_have_text("Which reel")
    until_empty(nadia)
    until_empty(nils)
