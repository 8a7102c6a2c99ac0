"""Apps, recovery codes and passkeys; the admin of a public site asks for one of them."""

from io import StringIO

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.staticfiles import finders
from django.core.management import CommandError, call_command
from django.test import Client

from forum.accounts.models import User
from tests.accounts.conftest import PASSWORD, client_of, sign_in

CODE = "/account/factor/code/"


def secret_in(answer):
    return answer.content.decode().split('<code class="secret">')[1].split("<")[0]


def code_for(secret):
    from allauth.mfa.totp.internal import auth

    # The step of now, between the one before and the one after, which are taken too.
    counters = list(auth.yield_hotp_counters_from_time())
    counter = counters[len(counters) // 2]
    return auth.format_hotp_value(auth.hotp_value(secret, counter))


def set_up(client):
    """Set up an app by the pages; return the secret and the recovery codes."""
    secret = secret_in(client.get("/account/factor/app/"))
    assert client.post("/account/factor/app/", {"code": "000000"}).status_code == 422
    secret = secret_in(client.post("/account/factor/app/", {"code": "000000"}))
    answer = client.post("/account/factor/app/", {"code": code_for(secret)}, follow=True)
    assert answer.redirect_chain[-1][0] == "/account/factor/codes/"
    html = answer.content.decode()
    return secret, [part.split("<")[0] for part in html.split("<li><code>")[1:]]


def test_an_app_is_set_up_and_asked_for_from_then_on(
    member, mails, django_capture_on_commit_callbacks
):
    client = client_of(member)
    with django_capture_on_commit_callbacks(execute=True):
        secret, codes = set_up(client)
    assert len(codes) == 10
    assert "An app that shows codes is your second factor" in mails[0].body
    answer = sign_in()
    assert answer.headers["Location"] == CODE
    browser = answer.client
    assert browser.get("/").wsgi_request.user.is_anonymous  # the password alone opens nothing
    assert browser.post(CODE, {"code": "000000"}).status_code == 422
    assert browser.post(CODE, {"code": code_for(secret)}).headers["Location"] == "/"
    assert browser.get("/").wsgi_request.user == member


def test_a_recovery_code_opens_once(member):
    _secret, codes = set_up(client_of(member))
    assert sign_in().client.post(CODE, {"code": codes[0]}).headers["Location"] == "/"
    assert sign_in().client.post(CODE, {"code": codes[0]}).status_code == 422
    assert sign_in().client.post(CODE, {"code": codes[1]}).headers["Location"] == "/"


def test_new_recovery_codes_close_the_old_ones(member):
    client = client_of(member)
    _secret, codes = set_up(client)
    client.post("/account/factor/codes/new/")
    assert sign_in().client.post(CODE, {"code": codes[0]}).status_code == 422


def test_the_app_is_taken_away_again(member):
    client = client_of(member)
    set_up(client)
    assert client.get("/account/factor/app/remove/").status_code == 200
    client.post("/account/factor/app/remove/")
    assert not Authenticator.objects.exists()
    assert sign_in().headers["Location"] == "/"


def test_codes_and_secrets_are_shown_to_nobody_who_did_not_give_the_password_again(member):
    set_up(client_of(member))
    client = Client()
    client.force_login(member)
    for path in ("app/", "app/remove/", "codes/", "codes/new/", "passkeys/add/"):
        html = client.get(f"/account/factor/{path}").content.decode()
        assert "<code" not in html or "****" in html, path


def test_passkeys_need_no_inline_script(member):
    client = client_of(member)
    pages = ["/login/", "/account/factor/passkeys/add/"]
    for page in pages:
        answer = client.get(page) if page != "/login/" else Client().get(page)
        html = answer.content.decode()
        policy = answer.headers["Content-Security-Policy"]
        assert "script-src 'self';" in policy
        for script in ("mfa/js/webauthn-json.js", "mfa/js/webauthn.js", "account/js/onload.js"):
            assert f"/static/{script}" in html
            assert finders.find(script)
        for piece in html.split("<script")[1:]:
            head = piece.split(">")[0]
            assert "src=" in head or 'type="application/json"' in head, head
    assert client.post(pages[1], {"name": "Key", "credential": "{}"}).status_code == 422


def test_a_key_that_nobody_registered_signs_nobody_in(member):
    client = Client()
    asked = client.get("/account/factor/passkeys/login/", headers={"Accept": "application/json"})
    assert "challenge" in asked.json()["request_options"]["publicKey"]
    answer = client.post("/account/factor/passkeys/login/", {"credential": "{}"})
    assert answer.headers["Location"] == "/login/"
    assert client.get("/").wsgi_request.user.is_anonymous


# ----------------------------------------------------------------------------------- the admin's door


@pytest.fixture
def staff(db):
    return User.objects.create_superuser("Ruth", "ruth@example.org", PASSWORD)


def test_staff_of_a_public_site_set_up_a_second_factor_before_the_admin_opens(staff, settings):
    settings.PUBLIC = True
    client = client_of(staff)
    for page in ("/admin/", "/admin/discussions/comment/", "/admin/accounts/user/add/"):
        assert client.get(page).headers["Location"] == "/account/factor/"
        assert client.post(page, {"username": "x"}).headers["Location"] == "/account/factor/"
    html = client.get("/account/factor/").content.decode()
    assert "opens once you have set up a second factor" in html
    set_up(client)
    assert client.get("/admin/").status_code == 200
    assert sign_in("Ruth").client.get("/admin/").status_code == 302  # not with the password alone


def test_on_a_private_machine_the_admin_opens_with_the_password(staff):
    assert client_of(staff).get("/admin/").status_code == 200


def test_members_of_a_public_site_need_none(member, settings):
    settings.PUBLIC = True
    assert client_of(member).get("/account/").status_code == 200


def test_a_lost_second_factor_is_reset_by_command(staff, settings, mails):
    settings.PUBLIC = True
    client = client_of(staff)
    set_up(client)
    out = StringIO()
    call_command("reset_second_factor", "ruth", stdout=out)
    assert "signs in with the password alone" in out.getvalue()
    assert not Authenticator.objects.exists()
    assert client.get("/").wsgi_request.user.is_anonymous  # whoever sat there is out
    assert sign_in("Ruth").headers["Location"] == "/"
    assert sign_in("Ruth").client.get("/admin/").headers["Location"] == "/account/factor/"
    assert "Staff have taken away your second factor" in mails[-1].body
    out = StringIO()
    call_command("reset_second_factor", "Ruth", stdout=out)
    assert "has no second factor" in out.getvalue()
    with pytest.raises(CommandError, match="No member is called"):
        call_command("reset_second_factor", "Nobody")
