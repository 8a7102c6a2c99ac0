"""The staff page of the worker and the mail in a real browser."""

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from forum.worker.models import Letter, Tick
from tests.browser.conftest import sign_in, watch
from tests.browser.desks import look_at

pytestmark = pytest.mark.browser


def fail_some():
    for number in range(3):
        Letter.objects.create(
            kind="decision", to=f"somebody.{number}@a-rather-long-domain-name.example.org",
            text="A word.", message_id=str(number), state="given-up", attempts=6,
            error="550 5.7.1 " + "no-spaces-in-here" * 12,
        )  # fmt: skip
    Tick.objects.create(hour=timezone.now(), done_at=timezone.now(), words="dust: 3 wiped")


@pytest.mark.parametrize("width", [1280, 360])
def test_it_is_accessible_and_fits(scene, live_server, new_context, width):
    fail_some()
    context = new_context(viewport={"width": width, "height": 900}, reduced_motion="reduce")
    sign_in(context, scene.staff, live_server.url)
    page = context.new_page()
    page.goto(f"{live_server.url}/admin/worker/letter/")
    look_at(page, width)


@pytest.mark.parametrize("scripts", [True, False], ids=["with JavaScript", "without"])
def test_staff_try_one_again_and_then_the_rest(scene, live_server, new_context, scripts):
    fail_some()
    context = new_context(java_script_enabled=scripts)
    troubles = watch(context, live_server.url)
    sign_in(context, scene.staff, live_server.url)
    page = context.new_page()
    page.goto(f"{live_server.url}/admin/worker/letter/")
    page.locator(".troubles tr", has_text="somebody.1@").get_by_role("button").click()
    expect(page.locator(".messagelist")).to_contain_text("1 is queued again.")
    page.get_by_role("button", name="Try all again").click()
    expect(page.locator(".messagelist")).to_contain_text("2 are queued again.")
    expect(page.locator(".figures")).to_contain_text("Letters that wait")
    expect(page.get_by_role("heading", name="What failed").locator("..")).to_contain_text(
        "Nothing."
    )
    assert not Letter.objects.failed().exists()
    assert troubles == []
