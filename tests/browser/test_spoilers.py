"""What is hidden in a comment is seen once it is pressed, and by nothing before: not on paper either."""

import pytest

from forum.discussions import services

pytestmark = pytest.mark.browser

BODY = """The killer is ||the butler|| and not her.

||He dies.

- and *she*
- lives||

- in ||a list||
"""
HIDDEN = ["the butler", "He dies.", "lives", "a list"]

SEEN = """words => {
  const walker = document.createTreeWalker(document.querySelector(".talk"), NodeFilter.SHOW_TEXT);
  for (let node; (node = walker.nextNode()); ) {
    if (!node.data.includes(words)) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    const boxes = [...range.getClientRects()];
    const isShown = node.parentElement.checkVisibility({ contentVisibilityAuto: true });
    return isShown && boxes.some((box) => box.width * box.height > 0);
  }
}"""


@pytest.fixture
def comment(scene):
    author = services.Author(member=scene.member)
    return services.post_comment(author=author, body=BODY, topic_id=scene.topic.pk).comment


@pytest.mark.parametrize("scripts", [True, False])
@pytest.mark.parametrize("width", [1280, 360])
def test_it_opens_by_keyboard_and_is_not_seen_before(new_context, site, comment, scripts, width):
    context = new_context(java_script_enabled=scripts, viewport={"width": width, "height": 800})
    page = context.new_page()
    page.goto(site + comment.get_absolute_url())
    for words in HIDDEN:
        assert words not in page.locator(".talk").inner_text()
    for summary in page.locator(".spoiler > summary").all():
        assert summary.bounding_box()["height"] >= 24
        summary.focus()
        page.keyboard.press("Enter")
    for words in HIDDEN:
        assert words in page.locator(".talk").inner_text()
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("media", ["screen", "print"])
def test_no_box_of_it_is_drawn_before_on_the_screen_and_on_paper(page, site, comment, media):
    page.goto(site + comment.get_absolute_url())
    page.emulate_media(media=media)
    for words in HIDDEN:
        assert page.evaluate(SEEN, words) is False, words
    assert page.evaluate(SEEN, "The killer is") is True
