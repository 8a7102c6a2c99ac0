"""Proof of work in a real browser: posted at once with JavaScript, held and told so without."""

import pytest
from playwright.sync_api import expect

from forum.discussions.models import Comment
from tests.browser.conftest import watch

pytestmark = pytest.mark.browser


@pytest.fixture(autouse=True)
def _on(settings):
    settings.PROOF_OF_WORK = True
    settings.COMMENT_CHECKS = ["forum.moderation.checks.proof", *settings.COMMENT_CHECKS]


def write(page, words):
    page.get_by_label("Your comment").fill(words)
    page.get_by_label("Name").fill("Vera")
    page.get_by_role("button", name="Post", exact=True).click()
    said = page.locator("article.comment", has=page.get_by_text(words))
    expect(said).to_be_visible()
    return said


@pytest.mark.parametrize("in_place", [True, False], ids=["in place", "on its own page"])
def test_a_guest_posts_at_once_and_hears_nothing_of_it(scene, live_server, context, in_place):
    troubles = watch(context, live_server.url)
    page = context.new_page()
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{live_server.url}{scene.film.get_absolute_url()}")
    assert not any("proof.js" in url for url in asked)
    link = page.get_by_role("link", name="Say something about the film")
    if in_place:
        link.click()
    else:
        page.goto(f"{live_server.url}{link.get_attribute('href')}")
    expect(page.get_by_text("Without JavaScript")).to_have_count(0)
    said = write(
        page, "Worked for, and worth it."
    )  # sooner than the work is done: it is waited for
    expect(said).not_to_contain_text("moderator")
    assert Comment.objects.latest("pk").state == "public"
    assert any("proof.js" in url for url in asked)
    assert troubles == []


def test_a_form_that_was_refused_is_sent_again_with_its_proof(scene, live_server, page):
    page.goto(f"{live_server.url}{scene.film.get_absolute_url()}")
    page.get_by_role("link", name="Say something about the film").click()
    page.get_by_label("Your comment").fill("Without a name at first.")
    page.get_by_role("button", name="Post", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("Not posted yet")
    write(page, "Without a name at first.")
    assert Comment.objects.latest("pk").state == "public"


def test_without_javascript_it_is_held_and_the_guest_told_before_and_after(
    scene, live_server, new_context
):
    page = new_context(java_script_enabled=False).new_page()
    page.goto(f"{live_server.url}{scene.film.get_absolute_url()}")
    page.get_by_role("link", name="Say something about the film").click()
    expect(page.get_by_text("Without JavaScript a moderator reads what you write")).to_be_visible()
    said = write(page, "By hand, without a sum.")
    expect(said).to_contain_text("a moderator reads this first. Nothing of it is lost.")
    assert Comment.objects.latest("pk").reason == "no-proof"


def test_where_a_browser_cannot_work_it_posts_all_the_same(scene, live_server, page):
    page.add_init_script("Object.defineProperty(crypto, 'subtle', { value: undefined })")
    page.goto(f"{live_server.url}{scene.film.get_absolute_url()}")
    page.get_by_role("link", name="Say something about the film").click()
    expect(write(page, "From an old machine.")).to_contain_text("a moderator reads this first")
