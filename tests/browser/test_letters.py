"""What a guest does with the letter that asks whether an address is theirs, in a real browser."""

import pytest
from playwright.sync_api import expect

from forum.accounts.models import Pen
from tests.browser.conftest import watch

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("scripts", [True, False], ids=["with JavaScript", "without"])
def test_an_address_is_confirmed_and_given_up_by_a_press(scene, live_server, new_context, scripts):
    context = new_context(java_script_enabled=scripts)
    troubles = watch(context, live_server.url)
    page = context.new_page()
    page.goto(f"{live_server.url}/mail/confirm/{scene.confirm}/")
    page.get_by_role("button", name="Yes, it is mine").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Thank you, it is yours")
    mine = Pen.objects.get(email="nils@example.org")
    assert mine.email_confirmed_at

    page.goto(f"{live_server.url}/mail/stop/{scene.stop}/")
    page.get_by_role("button", name="Stop the letters").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("No more letters")
    mine.refresh_from_db()
    assert mine.email == ""
    assert troubles == []
