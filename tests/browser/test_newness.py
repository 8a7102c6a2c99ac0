"""What is new since one was here, for a member and a guest, with JavaScript and without, at 360 pixels."""

import re
from datetime import timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.utils import timezone
from playwright.sync_api import expect

from forum.accounts.readers import pen_with_secret
from forum.discussions import services
from forum.discussions.models import Comment, Visit
from forum.discussions.seen import read
from tests.browser.conftest import sign_in, watch
from tests.discussions.growing import grow

pytestmark = pytest.mark.browser
SCRIPTS = pytest.mark.parametrize("scripts", [True, False], ids=["with JavaScript", "without"])
PHONE = {"width": 360, "height": 740}


def long_ago(scene, hours=5):
    """Let all that is said be some hours old."""
    at = timezone.now() - timedelta(hours=hours)
    Comment.objects.update(created_at=at, state_at=at)
    scene.film.topic.__class__.objects.update(last_comment_at=at)


def say(scene, body, under=None):
    where = {"parent_id": under.pk} if under else {"topic_id": scene.film.topic_id}
    author = services.Author(pen=pen_with_secret("", "Olav")[0], name="Olav")
    return services.post_comment(author=author, body=body, **where).comment


def is_accessible(page, scripts):
    if scripts:
        found = Axe().run(page)
        assert found.violations_count == 0, found.generate_report()
    else:  # axe is a script; what it would say of the size of things is asked directly
        page.wait_for_load_state()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth") if scripts else True


def answered_by_somebody_else(scene, url, context):
    """Let a guest in a browser of their own answer by the form; return their comment."""
    page = context.new_page()
    page.goto(f"{url}/comments/{scene.comments[3].pk}/reply/")
    page.locator("[name=body]").fill("And an answer.")
    page.locator("[name=name]").fill("Mette")
    page.get_by_role("button", name="Post reply").click()
    expect(page.locator("article.mine")).to_contain_text("And an answer.")
    return Comment.objects.get(text__body="And an answer.")


@SCRIPTS
@pytest.mark.parametrize("kind", ["member", "guest"])
def test_choose_come_back_read_what_is_new_one_by_one_and_call_it_read(
    scene, live_server, new_context, scripts, kind
):
    long_ago(scene)
    context = new_context(java_script_enabled=scripts, viewport=PHONE)
    troubles = watch(context, live_server.url)
    page = context.new_page()
    film = live_server.url + scene.film.get_absolute_url()
    if kind == "member":
        sign_in(context, scene.newcomer, live_server.url)
        seen = timezone.now() - timedelta(hours=1)
        Visit.objects.create(
            member=scene.newcomer, topic_id=scene.film.topic_id, since=seen, seen_at=seen
        )
    else:
        page.goto(film)
        assert context.cookies() == []
        page.get_by_role("link", name="Mark what is new").click()
        is_accessible(page, scripts)
        page.get_by_role("button", name="Mark what is new").click()
        expect(page).to_have_url(re.compile(r"#talk$"))
        assert f"{settings.SEEN_COOKIE_NAME}" in {cookie["name"] for cookie in context.cookies()}
    new = [say(scene, "A late word.")]
    new.append(
        answered_by_somebody_else(scene, live_server.url, new_context(java_script_enabled=scripts))
    )

    # In the list, then in the talk: word, bar and count.
    page.goto(f"{live_server.url}/films/")
    expect(page.locator(".card", has_text="18 comments, 2 new")).to_have_count(1)
    page.goto(film)
    expect(page.locator(".kick").first).to_contain_text("18 comments, 2 new")
    marked = page.locator("article[data-new]")
    expect(marked).to_have_count(2)
    for one in new:
        article = page.locator(f"#c{one.pk}")
        expect(article.locator("> details > summary > .fresh")).to_have_text("new")
        bar = article.locator("> details > .comment-body")
        expect(bar).to_have_css("border-inline-start-width", "3px")
    is_accessible(page, scripts)

    # From one to the next, and round to the first; a folded branch opens.
    first, second = new[1], new[0]  # as they stand on the page
    page.locator(f"#c{scene.comments[2].pk} > details > summary").click()
    if scripts:
        page.keyboard.press("n")
    else:
        page.locator(".btn[data-next-new]").click()
    expect(page).to_have_url(f"{film}#c{first.pk}")
    if scripts:
        expect(page.locator(f"#c{first.pk}")).to_be_focused()
    expect(page.locator(f"#c{first.pk}")).to_be_in_viewport()
    page.locator(f"#a{first.pk}").get_by_role("link", name="next new").click()
    expect(page).to_have_url(f"{film}#c{second.pk}")
    page.locator(f"#a{second.pk}").get_by_role("link", name="next new").click()
    expect(page).to_have_url(f"{film}#c{first.pk}")

    # Reading is told by the page; the marks stay for this sitting, then the button takes them away.
    if scripts:
        with page.expect_response(lambda answer: answer.url.endswith("/seen/")) as told:
            page.reload()
        assert told.value.status == 204
        page.reload()
    expect(marked).to_have_count(2)
    page.get_by_role("button", name="Mark as read").click()
    expect(page).to_have_url(f"{film}#talk")
    expect(marked).to_have_count(0)
    expect(page.locator(".news")).to_contain_text("Nothing new since")
    is_accessible(page, scripts)
    assert troubles == []


def test_next_new_leads_on_from_where_one_reads_and_from_the_last_to_the_first(
    scene, live_server, page, context
):
    long_ago(scene)
    sign_in(context, scene.newcomer, live_server.url)
    seen = timezone.now() - timedelta(hours=1)
    Visit.objects.create(
        member=scene.newcomer, topic_id=scene.film.topic_id, since=seen, seen_at=seen
    )
    new = [
        say(scene, "Under the first.", scene.comments[0]),
        say(scene, "One."),
        say(scene, "Two."),
    ]
    page.goto(live_server.url + scene.film.get_absolute_url())
    press = page.locator(".btn[data-next-new]").evaluate
    for one in (*new, new[0]):
        press("link => link.click()")  # as the key n does
        expect(page.locator(f"#c{one.pk}")).to_be_focused()
    page.locator(f"#c{new[1].pk}").evaluate("one => { one.tabIndex = -1; one.focus() }")
    press("link => link.click()")
    expect(page.locator(f"#c{new[2].pk}")).to_be_focused()


@SCRIPTS
def test_next_new_leads_over_the_pages_of_a_talk_and_round_by_keyboard(
    scene, live_server, new_context, scripts
):
    long_ago(scene)
    ids = grow(scene.film.topic, [None, None, *range(1, 20), *[None] * 210])
    first, deepest = Comment.objects.get(pk=ids[0]), Comment.objects.get(pk=ids[20])
    context = new_context(java_script_enabled=scripts, viewport=PHONE)
    troubles = watch(context, live_server.url)
    sign_in(context, scene.newcomer, live_server.url)
    seen = timezone.now() - timedelta(hours=1)
    Visit.objects.create(
        member=scene.newcomer, topic_id=scene.film.topic_id, since=seen, seen_at=seen
    )
    new = [say(scene, "Here.", first), say(scene, "Deep.", deepest)]
    new += [say(scene, "Beside it.", deepest), say(scene, "On the last page.")]
    page = context.new_page()
    film = live_server.url + scene.film.get_absolute_url()
    page.goto(film)
    address, button = film, page.get_by_role("link", name="Next new", exact=True)
    for one in (*new, new[0], new[1]):
        if scripts:
            page.keyboard.press("n")
        else:
            button.press("Enter")
        if one is not new[0] or address != film:
            address = f"{live_server.url}{one.get_absolute_url()}"
        expect(page).to_have_url(f"{address}#c{one.pk}")
        expect(page.locator(f"#c{one.pk}[data-new]")).to_be_in_viewport()
        is_accessible(page, scripts)
        button = page.locator(f"#a{one.pk}").get_by_role("link", name="next new")
        expect(button).to_be_visible()
    # A press leads from the comment that it stands at, wherever the focus was.
    page.goto(f"{live_server.url}{deepest.get_absolute_url()}#c{new[1].pk}")
    link = page.locator(f"#a{new[2].pk}").get_by_role("link", name="next new")
    if scripts:  # Safari does not give the focus to a link that is pressed
        link.dispatch_event("click", {"detail": 1})
    else:
        link.click()
    expect(page).to_have_url(f"{live_server.url}{new[3].get_absolute_url()}#c{new[3].pk}")
    assert troubles == []


def test_a_visit_is_told_once_the_talk_was_before_ones_eyes_for_a_while_and_never_hidden(
    scene, live_server, page, context
):
    context.add_init_script("""
      window.covered = true;
      Object.defineProperty(Document.prototype, "hidden", { get: () => window.covered });
    """)
    sign_in(context, scene.newcomer, live_server.url)
    told = []
    page.on("request", lambda request: request.method == "POST" and told.append(request.url))
    page.goto(f"{live_server.url}{scene.film.get_absolute_url()}#talk")
    page.wait_for_timeout(3_600)
    assert told == []  # in a tab behind others
    uncover = "window.covered = false; document.dispatchEvent(new Event('visibilitychange'))"
    page.evaluate(uncover)
    page.wait_for_timeout(1_000)
    page.evaluate(uncover.replace("false", "true"))
    page.wait_for_timeout(2_600)
    assert told == []  # not long enough
    with page.expect_response(lambda answer: answer.url.endswith("/seen/")):
        page.evaluate(uncover)
    page.evaluate(uncover)
    page.wait_for_timeout(3_600)
    assert len(told) == 1
    assert Visit.objects.get().member == scene.newcomer


def test_a_page_that_is_made_beforehand_tells_nothing_until_it_is_opened(
    scene, live_server, page, context
):
    context.add_init_script("""
      window.early = true;
      Object.defineProperty(Document.prototype, "prerendering", { get: () => window.early });
    """)
    sign_in(context, scene.newcomer, live_server.url)
    page.goto(f"{live_server.url}{scene.film.get_absolute_url()}#talk")
    page.wait_for_timeout(3_600)
    assert not Visit.objects.exists()
    with page.expect_response(lambda answer: answer.url.endswith("/seen/")):
        page.evaluate(
            "window.early = false; document.dispatchEvent(new Event('prerenderingchange'))"
        )


def test_a_talk_that_was_never_scrolled_to_is_not_called_seen(scene, live_server, new_context):
    context = new_context(viewport={"width": 360, "height": 300})
    sign_in(context, scene.newcomer, live_server.url)
    page = context.new_page()
    page.goto(live_server.url + scene.film.get_absolute_url())
    page.wait_for_timeout(3_600)
    assert not Visit.objects.exists()
    with page.expect_response(lambda answer: answer.url.endswith("/seen/")):
        page.locator("#talk-h").scroll_into_view_if_needed()


def test_going_back_keeps_the_marks(scene, live_server, page, context):
    long_ago(scene)
    sign_in(context, scene.newcomer, live_server.url)
    seen = timezone.now() - timedelta(hours=1)
    Visit.objects.create(
        member=scene.newcomer, topic_id=scene.film.topic_id, since=seen, seen_at=seen
    )
    new = say(scene, "A late word.")
    with page.expect_response(lambda answer: answer.url.endswith("/seen/")):
        page.goto(f"{live_server.url}{scene.film.get_absolute_url()}#talk")
    page.goto(f"{live_server.url}/films/")
    expect(page.locator(".card .fresh")).to_have_count(0)
    page.go_back()
    expect(page.locator(f"#c{new.pk}[data-new]")).to_be_visible()


def test_a_guests_cookie_tells_the_moment_of_the_talk_alone(scene, live_server, page, context):
    page.goto(f"{live_server.url}/my/new/?topic={scene.film.topic_id}")
    page.get_by_role("button", name="Mark what is new").click()
    cookie = next(one for one in context.cookies() if one["name"] == settings.SEEN_COOKIE_NAME)
    assert list(read(cookie["value"])) == [scene.film.topic_id]
    assert cookie["httpOnly"]
    assert not Visit.objects.exists()
