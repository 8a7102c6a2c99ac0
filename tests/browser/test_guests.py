"""Two guests of one name in two browsers: who is who, what else they wrote, forgetting, coming back."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from forum.accounts import recovery
from forum.accounts.models import Pen
from forum.discussions.models import Comment
from tests.browser.conftest import watch

pytestmark = pytest.mark.browser
WAYS = pytest.mark.parametrize(
    ("scripts", "width"),
    [(True, 1280), (False, 1280), (True, 360), (False, 360)],
    ids=["with JavaScript", "without", "with JavaScript at 360", "without at 360"],
)


@pytest.fixture(autouse=True)
def _mails(settings):
    settings.MAILS = True


@pytest.fixture
def sits_down(new_context, live_server):
    """sits_down(): a page of somebody in a browser of their own, and what goes wrong there."""

    def make(scripts, width):
        context = new_context(java_script_enabled=scripts, viewport={"width": width, "height": 800})
        troubles = watch(context, live_server.url)
        return context.new_page(), troubles

    return make


def say(page, address, name, words):
    """Open the form under the talk, write, and return the comment as the page shows it."""
    page.goto(address)
    page.get_by_role("link", name="Say something about the film").click()
    page.get_by_label("Your comment").fill(words)
    page.get_by_label("Name").fill(name)
    page.get_by_role("button", name="Post", exact=True).click()
    said = page.locator("article.comment", has=page.get_by_text(words))
    expect(said).to_be_visible()
    return said


def mark_in(said):
    return said.locator(".guest").get_attribute("data-mark")


def axe_finds_nothing(page):
    found = Axe().run(page).response["violations"]
    assert found == [], [(one["id"], one["nodes"][0]["html"]) for one in found]


def fits(page, width):
    page.wait_for_load_state()  # without its style sheet no page fits
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@WAYS
def test_two_guests_of_one_name_are_told_apart(scene, live_server, sits_down, scripts, width):
    address = f"{live_server.url}{scene.film.get_absolute_url()}"
    (one, troubles), (two, more) = sits_down(scripts, width), sits_down(scripts, width)
    first = say(one, address, "Golondrina", "I flew here first.")
    second = say(two, address, "Golondrina", "And I came after.")
    expect(second.locator(".another")).to_have_text("another")
    expect(first.locator(".another")).to_have_count(0)
    assert mark_in(first) != mark_in(second)
    again = say(one, address, "Golondrina", "It is still me.")
    assert mark_in(again) == mark_in(first)
    expect(again.locator(".another")).to_have_count(0)
    # Both read the same.
    one.goto(address)
    theirs = one.locator("article.comment", has=one.get_by_text("And I came after."))
    expect(theirs.locator("summary").first).to_contain_text(
        re.compile(r"another\s+Golondrina\s+guest")
    )
    boxes = [theirs.locator(name).bounding_box() for name in (".another", ".comment-author")]
    assert boxes[0]["x"] + boxes[0]["width"] <= boxes[1]["x"]
    assert abs(boxes[0]["y"] - boxes[1]["y"]) < 12
    fits(one, width)
    assert [*troubles, *more] == []


@WAYS
def test_from_a_comment_to_all_that_its_guest_wrote(scene, live_server, sits_down, scripts, width):
    page, troubles = sits_down(scripts, width)
    page.goto(f"{live_server.url}{scene.mine.get_absolute_url()}")
    page.get_by_role("link", name="More by this guest").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("By this guest")
    expect(page.get_by_text("I was the projectionist. Ask me.")).to_be_visible()
    expect(page.get_by_text("Waiting for a word from the desk.")).to_have_count(0)
    fits(page, width)
    if scripts:
        axe_finds_nothing(page)
    assert troubles == []


def test_marks_are_drawn_each_figure_in_its_colour(scene, live_server, page):
    page.goto(f"{live_server.url}{scene.film.get_absolute_url()}")
    drawn = page.locator(".guest[data-mark]").first.evaluate(
        """one => ["::before", "::after"].map(part => {
          const style = getComputedStyle(one, part);
          return [style.clipPath, style.backgroundColor, parseFloat(style.inlineSize)];
        })"""
    )
    for shape, colour, width in drawn:
        assert shape != "none"
        assert colour != "rgba(0, 0, 0, 0)"
        assert width > 6


@WAYS
def test_a_browser_is_forgotten_by_one_press(scene, live_server, sits_down, scripts, width):
    page, troubles = sits_down(scripts, width)
    address = f"{live_server.url}{scene.film.get_absolute_url()}"
    say(page, address, "Golondrina", "Forget that I was here.")
    if scripts:
        page.evaluate("localStorage.setItem('kept', 'something')")
    page.goto(f"{live_server.url}/my/comments/")
    page.get_by_role("link", name="Forget this browser").click()
    expect(page.get_by_text("The pen goes, as Golondrina")).to_be_visible()
    fits(page, width)
    if scripts:
        axe_finds_nothing(page)
    page.get_by_role("button", name="Forget me").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Forgotten")
    assert page.context.cookies() == []
    if scripts:
        assert page.evaluate("localStorage.getItem('kept')") is None
    page.goto(address)
    said = page.locator("article.comment", has=page.get_by_text("Forget that I was here."))
    expect(said.locator(".yours")).to_have_count(0)
    expect(said.get_by_text("Golondrina")).to_be_visible()
    assert troubles == []


def test_words_can_be_erased_with_it(scene, live_server, sits_down):
    page, troubles = sits_down(True, 360)
    say(page, f"{live_server.url}{scene.film.get_absolute_url()}", "Golondrina", "Take this along.")
    page.goto(f"{live_server.url}/my/forget/")
    page.get_by_label("Erase them").check()
    page.get_by_role("button", name="Forget me").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Forgotten")
    assert not Comment.objects.filter(text__body="Take this along.").exists()
    assert not Pen.objects.filter(name="Golondrina").exists()
    assert troubles == []


@WAYS
def test_a_lost_pen_comes_back_in_another_browser(scene, live_server, sits_down, scripts, width):
    address = f"{live_server.url}{scene.film.get_absolute_url()}"
    (old, troubles), (new, more) = sits_down(scripts, width), sits_down(scripts, width)
    say(old, address, "Golondrina", "Written on the old machine.")
    Pen.objects.filter(name="Golondrina").update(
        email="gull@example.org", email_confirmed_at="2026-11-01T12:00Z"
    )
    new.goto(f"{live_server.url}/my/comments/")
    new.get_by_role("link", name="Wrote here before?").click()
    new.get_by_label("Your e-mail address").fill("gull@example.org")
    new.get_by_role("button", name="Send me a link").click()
    expect(new.get_by_role("heading", level=1)).to_have_text("Look into your mail")
    pens = list(recovery.pens_of("gull@example.org"))
    new.goto(f"{live_server.url}{recovery.back_path(pens)}")
    fits(new, width)
    if scripts:
        axe_finds_nothing(new)
    new.get_by_role("button", name="This is my pen").click()
    expect(new.get_by_text("Written on the old machine.")).to_be_visible()
    old.goto(f"{live_server.url}/my/comments/")
    expect(old.get_by_text("Written on the old machine.")).to_have_count(0)
    assert [*troubles, *more] == []


@WAYS
def test_a_comment_is_cited_and_its_hash_can_be_taken_again(
    scene, live_server, sits_down, scripts, width
):
    page, troubles = sits_down(scripts, width)
    comment = scene.comments[6]
    page.goto(f"{live_server.url}{comment.get_absolute_url()}")
    page.get_by_role("link", name="Cite this comment").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Cite this comment")
    sum_ = page.locator(".sum").inner_text()
    assert re.fullmatch(r"[0-9a-f]{64}", sum_)
    fits(page, width)
    if scripts:
        axe_finds_nothing(page)
        page.goto(f"{live_server.url}{comment.get_absolute_url()}")
        taken = page.locator(f"#c{comment.pk} .comment-body").first.evaluate(
            """async body => {
              const text = body.innerText.normalize("NFC").split(/\\s+/u).filter(Boolean).join(" ");
              const sum = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
              return [...new Uint8Array(sum)].map(one => one.toString(16).padStart(2, "0")).join("");
            }"""
        )
        assert taken == sum_
    assert troubles == []
