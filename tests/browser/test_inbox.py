"""Two people, two browsers: one is answered by the other, is told, reads and follows; with JavaScript
and without, by keyboard, on a wide and a narrow screen.
"""

import pytest

from forum.discussions.services import telling
from tests.browser.conftest import sign_in, watch

pytestmark = pytest.mark.browser


@pytest.fixture(params=["scripts", "no scripts", "narrow"])
def open_as(request, new_context, live_server):
    """open_as(user): a page of that member's browser, and what goes wrong in it."""
    troubles = []

    def open_one(user):
        options = {"java_script_enabled": request.param != "no scripts"}
        if request.param == "narrow":
            options["viewport"] = {"width": 360, "height": 740}
        context = new_context(**options)
        if user:
            sign_in(context, user, live_server.url)
        troubles.append(watch(context, live_server.url))
        return context.new_page()

    yield open_one
    assert [one for some in troubles for one in some] == []


def press(page, name, role="button"):
    page.get_by_role(role, name=name, exact=True).first.press("Enter")


def test_who_is_answered_finds_it_in_the_inbox_reads_it_there_and_has_read_it(
    open_as, scene, live_server
):
    hers, his = open_as(scene.member), open_as(scene.newcomer)
    first = next(one for one in scene.comments if one.member_id == scene.member.pk)
    his.goto(f"{live_server.url}/comments/{first.pk}/reply/")
    his.get_by_label("Your reply").fill("I always wondered about that rain.")
    press(his, "Post reply")
    his.get_by_text("I always wondered about that rain.").wait_for()
    while telling.tell_news():
        pass
    hers.goto(live_server.url)
    before = int(hers.locator(".mast .count").inner_text())
    hers.get_by_role("link", name="Inbox").press("Enter")
    line = hers.locator(".notices > li").first
    assert "Nora answered you" in line.inner_text()
    assert "I always wondered about that rain." in line.inner_text()
    assert hers.evaluate("document.scrollingElement.scrollWidth <= innerWidth")
    line.get_by_role("button", name="Read it there").press("Enter")
    hers.wait_for_url("**#c*")
    assert hers.locator(":target").inner_text().count("I always wondered about that rain.") == 1
    count = hers.locator(".mast .count")
    assert (int(count.inner_text()) if count.count() else 0) == before - 1
    hers.goto(f"{live_server.url}/inbox/")
    assert hers.locator(".notices > li.unread").count() == before - 1
    press(hers, "Mark all as read")
    hers.get_by_text("All read").wait_for()
    assert hers.locator(".mast .count").count() == 0


def test_a_person_is_followed_and_let_go_by_keyboard(open_as, scene, live_server):
    page = open_as(scene.newcomer)
    page.goto(f"{live_server.url}/members/{scene.member.pk}/")
    page.get_by_role("link", name="Follow", exact=True).press("Enter")
    press(page, "Follow")
    page.get_by_text("You follow it.").wait_for()
    page.get_by_role("link", name="What you follow").press("Enter")
    assert "Sunniva" in page.locator(".ties").inner_text()
    page.get_by_role("button", name="Let go").press("Enter")
    page.get_by_text("Nothing yet.").wait_for()


@pytest.mark.parametrize("who", ["member", "guest"])
def test_who_is_muted_folds_into_a_line_that_opens(open_as, scene, live_server, who):
    page = open_as(scene.newcomer if who == "member" else None)
    page.goto(f"{live_server.url}/members/{scene.member.pk}/")
    page.get_by_role("link", name="Mute", exact=True).press("Enter")
    press(page, "Mute")
    page.locator(".ties").get_by_role("link", name="Sunniva").wait_for()
    page.goto(f"{live_server.url}/films/{scene.film.slug}/")
    veil = page.locator("details.veil").first
    body = veil.locator(".comment-body")
    assert not body.is_visible()
    veil.locator("summary").press("Enter")
    assert body.is_visible()


def test_who_is_muted_folds_in_lists_results_and_since_a_day_too(open_as, scene, live_server):
    page = open_as(scene.newcomer)
    page.goto(f"{live_server.url}/members/{scene.member.pk}/")
    words = page.locator(".slips .comment-body").first.inner_text().split()[0]
    page.get_by_role("link", name="Mute", exact=True).press("Enter")
    press(page, "Mute")
    since = f"/films/{scene.film.slug}/since/?from=2020-01-01"
    for at in (f"/members/{scene.member.pk}/", f"/search/?q={words}&in=comments", since):
        page.goto(live_server.url + at)
        veil = page.locator("details.veil").first
        body = veil.locator(".comment-body, blockquote")
        assert not body.is_visible(), at
        veil.locator("summary").press("Enter")
        assert body.is_visible(), at
        assert page.evaluate("document.scrollingElement.scrollWidth <= innerWidth")
