"""Becoming a member, a code by mail, a second factor, a passkey: played in a browser, axe at each stop."""

import time

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from forum.accounts.models import User
from forum.discussions.models import Comment
from tests.accounts.conftest import code_of
from tests.browser.conftest import carry_pen, watch
from tests.browser.scene import PASSWORD

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
AXE = {"resultTypes": ["violations"], "rules": {"target-size": {"enabled": True}}}


@pytest.fixture
def mails(settings, mailoutbox):
    settings.MAILS = settings.ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = True
    settings.ACCOUNT_EMAIL_VERIFICATION = "mandatory"
    settings.ACCOUNT_SIGNUP_FIELDS = ["username*", "email*", "password1*"]
    return mailoutbox


def look(page: Page) -> None:
    """Ask axe about the page as it stands, light and dark."""
    page.evaluate(Axe().axe_script)
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        found = page.evaluate("options => axe.run(options)", AXE)["violations"]
        assert not [(one["id"], [node["html"] for node in one["nodes"]]) for one in found], page.url


def press(page: Page, words: str) -> None:
    page.get_by_role("button", name=words, exact=True).click()


def sign_in(page: Page, url: str, name: str, password: str) -> None:
    page.goto(f"{url}/login/")
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(password)
    press(page, "Sign in")


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without"])
def test_a_guest_becomes_a_member_without_losing_a_word(scene, site, new_context, mails, scripts):
    context = new_context(java_script_enabled=scripts)
    carry_pen(context, scene.pen_secret, site)
    heard, page = watch(context, site), context.new_page()
    page.goto(f"{site}/login/")
    page.get_by_role("link", name="Become a member").click()
    page.get_by_label("Name").fill("Admin")
    page.get_by_label("E-mail").fill("nils@example.org")
    page.get_by_label("Password").fill("soft lantern 9")
    press(page, "Become a member")
    expect(page.get_by_role("alert")).to_contain_text("kept for the site")
    expect(page.get_by_label("E-mail")).to_have_value("nils@example.org")
    if scripts:
        look(page)
    page.get_by_label("Name").fill("Nils")
    page.get_by_label("Password").fill("soft lantern 9")
    press(page, "Become a member")
    expect(page.locator("h1")).to_have_text("Confirm your address")
    if scripts:
        look(page)
    page.get_by_label("Code").fill(code_of(mails[-1]))
    press(page, "Go on")
    expect(page.locator("h1")).to_have_text("What you wrote here as a guest")
    mine = Comment.objects.filter(pen__name="Nils").count()
    assert mine > 1
    if scripts:
        look(page)
    press(page, f"Take over all {mine} comments")
    expect(page.get_by_role("status").first).to_contain_text(f"{mine} comments are yours now.")
    page.get_by_role("link", name="My comments").click()
    expect(page.get_by_text("I was the projectionist. Ask me.")).to_be_visible()
    assert Comment.objects.filter(member__username="Nils").count() == mine
    assert not heard


def test_a_password_is_replaced_by_a_code(scene, site, page, mails):
    User.objects.filter(username="Sunniva").update(email="sunniva@example.org")
    page.goto(f"{site}/login/")
    page.get_by_role("link", name="Password forgotten?").click()
    page.get_by_label("E-mail").fill("sunniva@example.org")
    press(page, "Send the code")
    look(page)
    page.get_by_label("Code").fill(code_of(mails[-1]))
    press(page, "Go on")
    look(page)
    page.get_by_label("New password").fill("soft lantern 10")
    page.get_by_label("The same once more").fill("soft lantern 10")
    press(page, "Take this one")
    expect(page.locator("h1")).to_have_text("Your password is new")


def test_an_app_is_set_up_and_asked_for(scene, site, page, new_context):
    from allauth.mfa.totp.internal import auth

    sign_in(page, site, "Nora", PASSWORD)
    page.get_by_role("link", name="Account", exact=True).click()
    page.get_by_role("link", name="Second factor and passkeys").click()
    page.get_by_role("link", name="Set it up").click()
    page.get_by_label("Password").fill(PASSWORD)
    press(page, "Go on")
    secret = page.locator("code.secret").inner_text()
    look(page)
    counter = int(time.time()) // 30
    code = auth.format_hotp_value(auth.hotp_value(secret, counter))
    page.get_by_label("Code").fill(code)
    press(page, "Set it up")
    look(page)
    recovery = page.locator(".codes code").all_inner_texts()
    assert len(recovery) == 10
    elsewhere = new_context().new_page()
    sign_in(elsewhere, site, "Nora", PASSWORD)
    expect(elsewhere.locator("h1")).to_have_text("One more thing")
    elsewhere.get_by_label("Code").fill("000000")
    elsewhere.get_by_role("button", name="Sign in", exact=True).click()
    expect(elsewhere.get_by_role("alert")).to_contain_text("This code is not right.")
    look(elsewhere)
    elsewhere.get_by_label("Code").fill(recovery[0])
    elsewhere.get_by_role("button", name="Sign in", exact=True).click()
    expect(elsewhere.get_by_role("link", name="Sign out")).to_be_visible()


def test_a_passkey_is_added_and_signs_in_under_the_strict_policy(scene, site, context):
    heard, page = watch(context, site), context.new_page()
    keys = context.new_cdp_session(page)
    keys.send("WebAuthn.enable")
    options = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True,
               "hasUserVerification": True, "isUserVerified": True,
               "automaticPresenceSimulation": True}  # fmt: skip
    keys.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    sign_in(page, site, "Nora", PASSWORD)
    page.goto(f"{site}/account/factor/passkeys/add/")
    page.get_by_label("Password").fill(PASSWORD)
    press(page, "Go on")
    page.get_by_label("Sign in with it alone, without the password").check()
    press(page, "Add it")
    expect(page.locator("h1")).to_have_text("Recovery codes")
    page.goto(f"{site}/logout/")
    press(page, "Sign out")
    page.goto(f"{site}/login/")
    press(page, "Sign in with a passkey")
    expect(page.get_by_role("link", name="Sign out")).to_be_visible()
    page.goto(f"{site}/account/factor/passkeys/")
    expect(page.get_by_text("My passkey")).to_be_visible()
    assert not heard


def test_a_member_leaves_and_thinks_again(scene, site, page):
    sign_in(page, site, "Nora", PASSWORD)
    page.goto(f"{site}/account/leave/")
    page.get_by_label("Password").fill(PASSWORD)
    press(page, "Go on")
    press(page, "Delete my account")
    expect(page.get_by_role("alert")).to_contain_text("Please choose")
    look(page)
    page.get_by_label("Keep them without my name").check()
    press(page, "Delete my account")
    expect(page.get_by_text("You are leaving")).to_be_visible()
    look(page)
    press(page, "Stay")
    expect(page.get_by_text("Good that you stay.")).to_be_visible()
