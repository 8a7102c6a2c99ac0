"""A moderator's evening, from the password to the last undo, in one browser and one session."""

import time

import pytest
from allauth.mfa.totp.internal import auth
from django.contrib.auth.models import Group
from django.core.cache import cache
from playwright.sync_api import expect

from films.models import Film
from forum.accounts.models import User
from forum.discussions.models import Comment
from tests.browser.conftest import watch
from tests.browser.scene import PASSWORD
from tests.browser.test_desk import DESK, detach_redact_and_undo, hold_many
from tests.browser.test_imports import export, work
from tests.moderation.conftest import member_of

pytestmark = pytest.mark.browser
HELD = 30


@pytest.fixture
def keeper(scene) -> tuple[User, str]:
    """Somebody who may do all but give rights, with an app for codes; and the app's secret."""
    member = member_of("administrator", "Greta")
    secret = auth.generate_totp_secret()
    auth.TOTP.activate(member, secret)
    assert Group.objects.get(user=member).name == "administrator"
    return member, secret


def test_a_shift_is_played(scene, keeper, live_server, new_context, settings, tmp_path):
    settings.IMPORTS_ROOT = tmp_path / "imports"
    cache.clear()
    url, (member, secret) = live_server.url, keeper
    waiting = [*hold_many(scene, HELD - 1), scene.held.pk]
    context = new_context()
    troubles, page = watch(context, url), context.new_page()
    said = page.locator(".messagelist")

    def state(pk) -> str:
        return Comment.objects.values_list("state", flat=True).get(pk=pk)

    def card(pk):
        return page.locator(f"[data-card]:has([value='{pk}'])")

    def held() -> list[int]:
        """The comments that wait, as the queue shows them: the newest first."""
        return list(
            Comment.objects.filter(state="held").order_by("-pk").values_list("pk", flat=True)
        )

    # Sign in, with a code of the app.
    page.goto(f"{url}/admin/")
    page.get_by_label("Name").fill(member.username)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.locator("h1")).to_have_text("One more thing")
    code = auth.format_hotp_value(auth.hotp_value(secret, int(time.time()) // 30))
    page.get_by_label("Code").fill(code)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url("**/admin/")

    # Thirty wait. Ten are decided by keyboard: six approved, two spam, two removed with a reason.
    page.goto(f"{url}{DESK}/comment/?state=held")
    assert sorted(held()) == sorted(waiting)
    expect(page.locator("[data-card]")).to_have_count(HELD)
    for key, verb, wanted in [("a", "approved", "public")] * 6 + [
        ("s", "marked as spam", "spam")
    ] * 2:
        now = held()[0]
        expect(card(now)).to_be_focused()
        page.keyboard.press(key)
        expect(said).to_have_text(f"#{now}: {verb}.")
        assert state(now) == wanted
    for _ in range(2):
        now = held()[0]
        expect(card(now)).to_be_focused()
        page.keyboard.press("r")
        reason = card(now).get_by_label("Reason")
        expect(reason).to_be_focused()
        reason.select_option("unkind")
        page.keyboard.press("Tab")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")  # on the button "Remove"
        expect(said).to_have_text(f"#{now}: removed.")
        assert state(now) == "removed"

    # Twenty by mouse: four one by one, one of them regretted, the rest in one go.
    for _ in range(4):
        now = held()[0]
        card(now).get_by_role("button", name="Approve").click()
        expect(said).to_have_text(f"#{now}: approved.")
    page.get_by_role("button", name="Undo").click()
    expect(said).to_have_text("Undone: approved.")
    assert state(now) == "held"
    rest = held()
    assert len(rest) == HELD - 13
    for pk in rest:
        page.get_by_label(f"Choose comment {pk}").check()
    page.get_by_label("Action").select_option("approve")
    page.get_by_role("button", name="Go", exact=True).click()
    for pk in rest:
        expect(said).to_contain_text(f"#{pk}")
    assert held() == []
    assert {state(pk) for pk in waiting} == {"public", "spam", "removed"}

    # A detach, a redaction, and both taken back.
    detach_redact_and_undo(page, url, scene.comments[4])

    # A film is added.
    page.goto(f"{url}/admin/films/film/add/")
    page.fill("[name=video]", "https://vimeo.com/76979871")
    expect(page.locator(".field-video .source-told")).to_have_text("Read as Vimeo, 76979871")
    page.fill("[name=title]", "The Ferry at Five")
    page.fill("[name=year]", "1966")
    expect(page.locator("[data-card] svg")).to_contain_text("Ferry")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator(".messagelist .success")).to_be_visible()
    assert Film.objects.get(title="The Ferry at Five").sources.get().kind == "vimeo"

    # A Disqus file comes in, and goes again whole.
    before = (Comment.objects.count(), Film.objects.count())
    file = tmp_path / "forum.xml"
    file.write_text(export(["The Ferry at Five (1966)", "Salt"]))
    page.goto(f"{url}/admin/transfer/importbatch/add/")
    page.get_by_label("The export").set_input_files(file)
    page.get_by_role("button", name="Read it").click()
    expect(page.get_by_role("status")).to_be_visible()
    work()
    expect(page.get_by_text("Nothing is written yet.")).to_be_visible()
    page.get_by_role("group", name="Salt").get_by_label("What becomes").select_option("new")
    page.get_by_role("button", name="Keep these choices").click()
    page.get_by_role("button", name="Bring it in").click()
    work()
    expect(page.get_by_role("link", name="Roll back")).to_be_visible()
    assert Comment.objects.count() == before[0] + 4
    page.get_by_role("link", name="Roll back").click()
    page.get_by_role("button", name="Roll it back").click()
    work()
    expect(page.get_by_text("4 comments went")).to_be_visible()
    assert (Comment.objects.count(), Film.objects.count()) == before

    # All of it stands in the log, in words.
    page.goto(f"{url}{DESK}/event/")
    expect(page.locator("#result_list")).to_contain_text("Greta")
    assert troubles == []
