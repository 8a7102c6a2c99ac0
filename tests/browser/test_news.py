"""News of a talk on an open page: two people in two fresh browsers, and text that stands still."""

import re
from itertools import pairwise

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from forum.accounts.readers import ANYBODY
from forum.discussions import services
from tests.browser.conftest import carry_pen, watch

pytestmark = pytest.mark.browser
WIDTHS = pytest.mark.parametrize("width", [1280, 360])
A_WHILE = 31_000  # milliseconds


@pytest.fixture
def film(scene, live_server):
    return live_server.url + scene.film.get_absolute_url()


@pytest.fixture
def reader(new_context, film, live_server):
    """reader(width): the film's page, open before somebody who was never here, on a clock of the test's."""

    def open_page(width=1280, address=film, scripts=True, pen=""):
        context = new_context(viewport={"width": width, "height": 800}, java_script_enabled=scripts)
        page = context.new_page()
        page.troubles = watch(context, live_server.url)
        if pen:
            carry_pen(context, pen, live_server.url)
        page.clock.install()
        page.goto(address)
        page.wait_for_load_state("networkidle")
        return page

    return open_page


def say(scene, body, under=None):
    where = {"parent_id": under.pk} if under else {"topic_id": scene.film.topic_id}
    author = services.Author(member=scene.newcomer)
    return services.post_comment(author=author, body=body, **where).comment


def hide(page, hidden: bool):
    """Let the page believe that its tab is behind another."""
    page.evaluate(
        """hidden => {
        Object.defineProperty(document, "hidden", {configurable: true, get: () => hidden});
        document.dispatchEvent(new Event("visibilitychange"));
      }""",
        hidden,
    )


@WIDTHS
@pytest.mark.parametrize("scripts", [True, False], ids=["with JavaScript", "without"])
def test_what_one_person_writes_is_told_to_another_who_reads(
    scene, film, reader, new_context, width, scripts
):
    mine = reader(width, scripts=scripts)
    answered = scene.comments[3]
    here = mine.locator(f"#c{answered.pk} > details > .comment-body")
    mine.locator(f"#c{scene.comments[2].pk}").scroll_into_view_if_needed()
    before = here.bounding_box()

    theirs = reader(width, scripts=scripts)  # somebody else writes, by keyboard
    link = theirs.locator(f"#c{answered.pk} > details > .acts >> text=reply")
    if scripts:
        theirs.locator(f"#c{answered.pk}").evaluate("one => { one.tabIndex = -1; one.focus() }")
        theirs.keyboard.press("r")
    else:
        link.press("Enter")
    form = theirs.locator("form[data-form=comment]")
    form.locator("[name=body]").fill("I know that harbour.")
    form.locator("[name=name]").fill("Nadia")
    form.get_by_role("button", name="Post reply").press("Enter")
    expect(theirs.locator("article.mine")).to_be_visible()
    said = say(scene, "A thread of its own.")

    if not scripts:  # a page without scripts stands as it is until it is asked for again
        mine.reload()
        expect(mine.locator(f"#c{said.pk}")).to_be_visible()
        return
    mine.clock.fast_forward(A_WHILE)
    bar = mine.get_by_role("link", name="2 new comments")
    expect(bar).to_be_visible()
    expect(bar).to_be_in_viewport()
    branch = mine.locator(f"#a{answered.pk} >> text=1 new reply here")
    expect(branch).to_be_visible()
    expect(mine.locator("[data-live]")).to_have_text("2 new comments")
    assert here.bounding_box() == before
    assert Axe().run(mine).response["violations"] == []

    branch.press("Enter")
    new = mine.locator(f"#c{answered.pk} > details > .kids > article:last-child")
    expect(new).to_be_focused()
    expect(new).to_be_in_viewport()
    expect(new).to_contain_text("I know that harbour.")
    expect(new).to_have_attribute("data-new", "")
    expect(mine.locator(f".talk > #c{said.pk}")).to_be_visible()
    expect(mine.locator("[data-bring]")).to_have_count(0)
    expect(mine.locator(".kick a[href='#talk']")).to_have_text("18 comments")
    assert mine.url == film
    mine.clock.fast_forward(2 * A_WHILE)
    expect(mine.locator("[data-bring]")).to_have_count(0)  # nothing is told twice
    assert not mine.troubles
    assert not theirs.troubles


def test_pressing_the_notice_leads_to_the_first_by_keyboard(scene, reader):
    page = reader()
    folded = page.locator(f"#c{scene.comments[0].pk} > details > summary")
    folded.click()
    first = say(scene, "First.", scene.comments[0])
    say(scene, "Second.")
    page.clock.fast_forward(A_WHILE)
    expect(page.get_by_role("link", name="2 new comments")).to_be_visible()
    page.locator("h2").first.click()
    page.keyboard.press("n")
    expect(page.locator(f"#c{first.pk}")).to_be_focused()


def test_what_i_just_wrote_is_no_news_to_me(scene, reader):
    page = reader(pen=scene.pen_secret)
    page.locator("#say a").press("Enter")
    page.locator("form [name=body]").fill("Mine.")
    page.get_by_role("button", name="Post", exact=True).press("Enter")
    expect(page.locator("article.mine", has_text="Mine.")).to_be_focused()
    asked = []
    page.on("response", lambda answer: asked.append(answer.url) if "/news" in answer.url else None)
    with page.expect_response(re.compile(r"/news\?")):
        page.clock.fast_forward(A_WHILE)
    expect(page.locator("[data-bring]")).to_have_count(0)
    author = services.Author(
        pen=scene.mine.pen, name="Nils"
    )  # in another tab, or on another device
    where = {"topic_id": scene.film.topic_id}
    mine = services.post_comment(author=author, body="Mine, elsewhere.", **where).comment
    with page.expect_response(re.compile(r"&mine")):
        page.clock.fast_forward(2 * A_WHILE)
    page.wait_for_timeout(100)
    expect(page.locator("[data-bring]")).to_have_count(0)
    said = say(scene, "Not mine.")
    page.clock.fast_forward(2 * A_WHILE)
    bar = page.get_by_role("link", name="1 new comment")
    expect(bar).to_be_visible()
    bar.press("Enter")
    expect(page.locator(f"#c{said.pk}")).to_have_attribute("data-new", "")
    expect(page.locator(f"#c{mine.pk}.mine:not([data-new])")).to_be_visible()


def test_a_hidden_tab_asks_nothing_and_asks_at_once_when_it_is_seen_again(scene, reader):
    page = reader()
    asked = []
    # "&mine" asks once what of it is one's own or muted, where something came.
    page.on(
        "request",
        lambda request: (
            asked.append(request.url) if re.search(r"/news\?since=[^&]+$", request.url) else None
        ),
    )
    with page.expect_response(re.compile(r"/news\?")):
        page.clock.fast_forward(A_WHILE)
    assert len(asked) == 1
    hide(page, True)
    for _ in range(5):
        page.clock.fast_forward(2 * A_WHILE)
    assert len(asked) == 1
    say(scene, "Meanwhile.")
    with page.expect_response(re.compile(r"/news\?")):
        hide(page, False)
        page.clock.fast_forward(1)
    expect(page.get_by_role("link", name="1 new comment")).to_be_visible()
    assert len(asked) == 2


def test_questions_are_30_to_60_seconds_apart_carry_no_cookie_and_are_answered_304(scene, reader):
    page = reader(pen=scene.pen_secret)
    cookies, answers = [], []

    def hear(request):
        if "/news?" in request.url:
            cookies.append(request.headers.get("cookie"))

    page.on("request", hear)
    tools = page.context.new_cdp_session(page)
    tools.on("Network.responseReceivedExtraInfo", lambda event: answers.append(event["statusCode"]))
    tools.send("Network.enable")
    page.evaluate(
        """() => {
        const [ask, times] = [window.fetch, (window.times = [])];
        window.fetch = (...what) => (times.push(Date.now() / 1000), ask(...what));
      }"""
    )
    for number in range(1, 9):
        while page.evaluate("window.times.length") < number:
            page.clock.run_for(1_000)
        page.wait_for_timeout(200)  # for the answer, while that clock stands
    times = page.evaluate("window.times")
    apart = [later - sooner for sooner, later in pairwise(times)]
    assert len(apart) >= 7
    assert min(apart) >= 29
    assert max(apart) <= 62
    assert set(cookies) == {None}
    assert answers.count(304) >= len(answers) - 2  # the script, and the first answer


def test_a_server_that_is_away_is_asked_ever_less_often(scene, reader):
    page = reader()
    asked = []
    page.route("**/news?*", lambda route: (asked.append(1), route.abort())[1])
    for _ in range(30 * 60):
        page.clock.run_for(1_000)
    page.wait_for_timeout(100)
    assert 4 <= len(asked) <= 8


def test_news_on_another_page_of_the_talk_are_a_plain_link(scene, reader, live_server):
    page = reader(address=f"{live_server.url}{scene.comments[2].get_absolute_url()}")
    new = say(scene, "Below.", scene.comments[5])
    page.clock.fast_forward(A_WHILE)
    bar = page.get_by_role("link", name="1 new comment", exact=True)
    expect(bar).to_have_attribute("href", f"/comments/{new.pk}/")
    page.route(page.url, lambda route: route.fulfill(body="<p>nothing of ours</p>"))
    bar.press("Enter")
    page.wait_for_url(f"**/comments/{new.pk}/")
    expect(page.locator(f"#c{new.pk}")).to_be_visible()


def test_what_is_taken_back_again_is_no_longer_told(scene, reader):
    page = reader()
    new = say(scene, "Soon gone.", scene.comments[0])
    page.clock.fast_forward(A_WHILE)
    expect(page.get_by_role("link", name="1 new comment", exact=True)).to_be_visible()
    services.moderate(comment_id=new.pk, verb="remove", by=ANYBODY, reason="off-topic")
    page.clock.fast_forward(A_WHILE)
    expect(page.locator("[data-bring]")).to_have_count(0)
