"""A moderator's evening, from the password to the last undo, in one browser and one session."""

import time

import pytest
from allauth.mfa.totp.internal import auth
from django.contrib.auth.models import Group
from django.core.cache import cache
from playwright.sync_api import expect

from films.models import Film
from forum.accounts.models import User
from forum.accounts.readers import Reader
from forum.discussions import services
from forum.discussions.models import Comment
from forum.moderation import claims
from tests.browser.conftest import sign_in, watch
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


def tab_to(page, selector, most=150) -> None:
    """Press Tab until what has the focus is that."""
    for _press in range(most):
        page.keyboard.press("Tab")
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
    raise AssertionError(f"{selector} cannot be reached")


def test_a_shift_of_forty_by_keyboard_alone(scene, live_server, new_context):
    url, ruth = live_server.url, Reader(user=member_of("moderator", "Ruth M."))
    appealed = scene.comments[0]
    Comment.objects.filter(newcomer_at__isnull=False).update(newcomer_at=None)
    services.moderate(comment_id=appealed.pk, verb="remove", by=ruth, reason="off-topic")
    sunniva = Reader(user=scene.member)
    services.appeal(comment_id=appealed.pk, by=sunniva, words="It is about the rain in it.")
    reported = scene.comments[2]
    services.report_comment(comment_id=reported.pk, by=sunniva, reason="unkind")
    waiting = [scene.held.pk, *hold_many(scene, 38)]
    context = new_context()
    sign_in(context, member_of("moderator", "Ines"), url)
    troubles, page = watch(context, url), context.new_page()
    said, press = page.locator(".messagelist"), page.keyboard.press

    def card(pk):
        return page.locator(f"[data-card]:has([value='{pk}'])")

    def state(pk) -> str:
        return Comment.objects.values_list("state", flat=True).get(pk=pk)

    def decide(key, verb, wanted) -> int:
        """Decide about the first that waits, which has the focus; return which it was."""
        pk = waiting.pop(0)
        expect(card(pk)).to_be_focused()
        press(key)
        expect(said).to_have_text(f"#{pk}: {verb}.")
        assert state(pk) == wanted
        return pk

    page.goto(f"{url}{DESK}/comment/")
    expect(page.locator("h1")).to_have_text("40 comments wait")
    # The reported one is first: a report counts for an hour of waiting.
    expect(card(reported.pk)).to_be_focused()
    expect(card(reported.pk)).to_contain_text("unkind: 1")
    press("a")
    expect(said).to_have_text(f"#{reported.pk}: approved.")
    for _item in range(9):
        decide("a", "approved", "public")
    for _item in range(3):
        decide("s", "marked as spam", "spam")

    # An undo: what was decided stands where it stood.
    last = decide("a", "approved", "public")
    expect(card(waiting[0])).to_be_focused()
    press("u")
    expect(said).to_have_text("Undone: approved.")
    assert state(last) == "held"
    waiting.insert(0, last)
    decide("a", "approved", "public")

    # Two are removed: r, the reason by its first letters, Enter.
    for _item in range(2):
        pk = waiting.pop(0)
        expect(card(pk)).to_be_focused()
        press("r")
        expect(card(pk).get_by_label("Reason")).to_be_focused()
        page.keyboard.type("1")
        press("Enter")
        expect(said).to_have_text(f"#{pk}: removed.")
        assert state(pk) == "removed"

    # Somebody else has taken the next one up meanwhile: told once, and then one decides all the same.
    expect(card(waiting[0])).to_be_focused()
    claims.take(comment_id=waiting[0], by=ruth)
    press("a")
    expect(said).to_contain_text("Ruth M. took it up")
    assert state(waiting[0]) == "held"
    expect(card(waiting[0])).to_contain_text("took it up")
    decide("a", "approved", "public")

    # Five are chosen and marked as spam in one go, each with its result; then all that are left.
    expect(card(waiting[0])).to_be_focused()  # by the script, which listens to keys by then
    for _item in range(5):
        press("x")
        press("j")
    press("s")
    for pk in waiting[:5]:
        expect(said).to_contain_text(f"#{pk}: marked as spam.")
    del waiting[:5]
    expect(page.locator("[data-card]")).to_have_count(len(waiting))
    assert len(waiting) == 18
    expect(card(waiting[0])).to_be_focused()
    press("X")
    press("a")
    expect(said).to_contain_text("18 comments: approved")
    expect(page.locator("h1")).to_have_text("Nothing waits")
    page.wait_for_load_state()

    # The appeal: its tab, its page, the decision is taken back.
    press("5")
    expect(card(appealed.pk)).to_contain_text("It is about the rain in it.")
    page.wait_for_load_state()
    press("o")
    expect(page.locator("h1")).to_have_text(f"Appeal about #{appealed.pk}")
    tab_to(page, "[name=outcome][value=overturned]")
    press("Enter")
    expect(said).to_contain_text("the appeal is decided")
    assert state(appealed.pk) == "public"
    assert not Comment.objects.due().exists()
    assert not troubles
