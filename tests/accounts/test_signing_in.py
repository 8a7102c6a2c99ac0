"""Signing in, out and resetting: limits that lock nobody out, and nothing told about accounts."""

import json
import re
from datetime import timedelta

import pytest
from django.contrib.auth.hashers import MD5PasswordHasher
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from forum.accounts.devices import device_words
from forum.accounts.models import User
from forum.discussions import services
from tests.accounts.conftest import PASSWORD, client_of, code_of, confirm, sign_in
from tests.accounts.stored import everything

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
PHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)"
    " Version/18.5 Mobile/15E148 Safari/604.1"
)


# ----------------------------------------------------------------------------------------- in, out


def test_any_spelling_that_looks_the_same_signs_in(member):
    assert sign_in("sUNNIVA").headers["Location"] == "/"
    assert sign_in("Sunníva").status_code == 302
    assert sign_in("Solveig").status_code == 422


def test_a_refused_sign_in_keeps_the_name_and_the_way_on_but_no_password(member):
    sent = {"login": "Sunniva", "password": "wrong-word-1", "next": "/lobby/"}
    answer = Client().post("/login/", sent)
    html = answer.content.decode()
    assert answer.status_code == 422
    assert 'value="Sunniva"' in html
    assert 'name="next" value="/lobby/"' in html
    assert "wrong-word-1" not in html
    assert Client().post("/login/", {**sent, "password": PASSWORD}).headers["Location"] == "/lobby/"
    away = {**sent, "password": PASSWORD, "next": "https://example.org/"}
    assert Client().post("/login/", away).headers["Location"] == "/"


def test_wrong_password_and_unknown_name_get_the_same_answer_for_the_same_work(member, monkeypatch):
    work = []
    real = MD5PasswordHasher.encode
    monkeypatch.setattr(
        MD5PasswordHasher, "encode", lambda self, *a, **k: work.append(1) or real(self, *a, **k)
    )
    pages = []
    for name in ("Sunniva", "Solveig"):
        answer = sign_in(name, "wrong-word-1")
        pages.append((answer.status_code, _plain(answer, name)))
        pages[-1] += (len(work),)
        work.clear()
    assert pages[0] == pages[1]
    assert pages[0][2] == 1


def _plain(answer, name):
    html = answer.content.decode().replace(name, "NAME")
    return re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", html)


def test_signing_in_gives_a_new_session_and_signing_out_ends_it(member):
    client = client_of(member)
    first = client.cookies["session"].value
    assert Session.objects.filter(pk=first).exists()
    assert client.get("/logout/").status_code == 200
    assert client.get("/").wsgi_request.user == member  # asking is not doing
    client.post("/logout/")
    assert not Session.objects.filter(pk=first).exists()
    assert client.get("/").wsgi_request.user.is_anonymous
    assert client_of(member).cookies["session"].value != first


# ------------------------------------------------------------------------------------------ limits


def test_failures_from_one_network_lock_nobody_else_out(member, limits):
    statuses = [
        sign_in(password="wrong", REMOTE_ADDR=f"203.0.113.{n % 250}").status_code for n in range(60)
    ]
    assert statuses[:10] == [422] * 10
    assert set(statuses[10:]) == {429}
    assert sign_in(REMOTE_ADDR="192.0.2.1").status_code == 302  # the owner, anywhere else


def test_failures_from_many_networks_keep_the_owner_waiting_a_minute_at_most(member, limits, clock):
    home = {"REMOTE_ADDR": "192.0.2.1"}
    client_of(member, **home)
    for n in range(120):
        sign_in(password="wrong", REMOTE_ADDR=f"10.{n}.0.1")
    # Where the owner has signed in before, nobody's failures count; elsewhere they wait.
    assert sign_in(REMOTE_ADDR="192.0.2.200").status_code == 302
    refused = sign_in(REMOTE_ADDR="198.51.100.1")
    assert refused.status_code == 429
    assert 0 < int(refused.headers["Retry-After"]) <= 60
    assert 'value="Sunniva"' in refused.content.decode()
    clock.now += 61
    assert sign_in(REMOTE_ADDR="198.51.100.1").status_code == 302


def test_a_network_that_tries_many_names_is_stopped(db, limits):
    statuses = [sign_in(f"Name {n}", "wrong").status_code for n in range(40)]
    assert statuses == [422] * 30 + [429] * 10


def test_codes_of_the_second_factor_are_limited(member, limits, factor):
    factor(member)
    client = sign_in().client
    statuses = [
        client.post("/account/factor/code/", {"code": "000000"}).status_code for _again in range(12)
    ]
    assert statuses == [422] * 10 + [429] * 2
    assert sign_in().status_code == 302  # the password is still right


def test_only_posts_are_counted(member, limits):
    for _again in range(50):
        assert Client().get("/login/").status_code == 200
    assert sign_in().status_code == 302


# ------------------------------------------------------------------------------------------- reset


def test_a_lost_password_is_replaced_with_a_code_once(member, mails):
    elsewhere = client_of(member)
    client = Client()
    answer = client.post("/account/reset/", {"email": "sunniva@example.org"})
    assert answer.headers["Location"] == "/account/reset/code/"
    code = code_of(mails[0])
    assert client.post("/account/reset/code/", {"code": "WRONG1"}).status_code == 422
    assert client.post("/account/reset/code/", {"code": code}).status_code == 302
    new = {"password1": "short", "password2": "short"}
    assert client.post("/account/reset/new/", new).status_code == 422
    new = {"password1": "soft-lantern-10", "password2": "soft-lantern-10"}
    assert client.post("/account/reset/new/", new).headers["Location"] == "/account/reset/done/"
    assert client.get("/account/reset/done/").status_code == 200
    assert sign_in().status_code == 422
    assert sign_in(password="soft-lantern-10").status_code == 302
    assert elsewhere.get("/").wsgi_request.user.is_anonymous  # every session is over
    assert client.get("/").wsgi_request.user.is_anonymous  # it is no way round the second factor
    assert "Your password was changed." in mails[1].body
    again = client.post("/account/reset/code/", {"code": code})
    assert again.headers["Location"] == "/login/"


def test_a_reset_answers_the_same_for_every_address(member, mails):
    pages = []
    for address in ("sunniva@example.org", "nobody@example.org"):
        client = Client()
        answer = client.post("/account/reset/", {"email": address})
        page = client.get(answer.headers["Location"])
        pages.append((answer.status_code, answer.headers["Location"], _plain(page, address)))
    assert pages[0] == pages[1]
    assert [letter.subject for letter in mails] == [
        "Your code for a new password",
        "No account has this address",
    ]


def test_three_wrong_codes_end_a_reset(member, mails):
    client = Client()
    client.post("/account/reset/", {"email": "sunniva@example.org"})
    for _again in range(3):
        client.post("/account/reset/code/", {"code": "WRONG1"})
    answer = client.post("/account/reset/code/", {"code": code_of(mails[0])})
    assert answer.headers["Location"] == "/login/"


def test_resets_of_one_network_are_limited(mails, limits, db):
    limits["reset:network"] = [(2, 3600)]
    sent = {"email": "a@example.org"}
    assert [Client().post("/account/reset/", sent).status_code for _n in range(3)] == [
        302,
        302,
        429,
    ]


# -------------------------------------------------------------------------------- address, password


def test_a_new_address_is_confirmed_and_the_old_one_is_told(member, mails):
    client = client_of(member)
    answer = client.post("/account/email/", {"email": "new@example.org", "action_add": "1"})
    assert answer.headers["Location"] == "/account/email/code/"
    member.refresh_from_db()
    assert member.email == "sunniva@example.org"  # not before the code
    answer = client.post("/account/email/code/", {"code": code_of(mails[0])})
    member.refresh_from_db()
    assert member.email == "new@example.org"
    assert [one.email for one in member.emailaddress_set.all()] == ["new@example.org"]
    assert [letter.to for letter in mails] == [["new@example.org"], ["sunniva@example.org"]]
    assert "Another address was given for your account" in mails[1].body


def test_an_address_that_another_member_has_is_refused_without_saying_so(member, mails):
    other = User.objects.create_user("Ruth", "ruth@example.org", PASSWORD)
    confirm(other)
    client = client_of(member)
    answer = client.post("/account/email/", {"email": "ruth@example.org", "action_add": "1"})
    assert answer.headers["Location"] == "/account/email/code/"
    client.post("/account/email/code/", {"code": code_of(mails[0])})  # even with the code
    member.refresh_from_db()
    assert member.email == "sunniva@example.org"


def test_what_is_delicate_asks_for_the_password_again_and_keeps_nothing(member, mails):
    client = Client(REMOTE_ADDR="203.0.113.77")
    client.force_login(member)  # signed in long ago
    for path in ("/account/email/", "/account/factor/app/", "/account/leave/"):
        answer = client.get(path)
        assert answer.headers["Location"] == f"/account/again/?next={path.replace('/', '%2F')}"
        answer = client.post(path, {"email": "typed@example.org", "password": "typed-word"})
        assert answer.status_code == 302
    kept = json.dumps([one.get_decoded() for one in Session.objects.all()])
    for word in ("203.0.113", "typed"):
        assert word not in kept
    assert client.post("/account/again/", {"password": "wrong"}).status_code == 422
    sent = {"password": PASSWORD, "next": "/account/email/"}
    assert client.post("/account/again/", sent).headers["Location"] == "/account/email/"
    assert client.get("/account/email/").status_code == 200


def test_a_changed_password_ends_every_other_session(member, mails):
    here, elsewhere = client_of(member), client_of(member)
    new = {"oldpassword": "wrong", "password1": "soft-lantern-10", "password2": "soft-lantern-10"}
    answer = here.post("/account/password/", new)
    assert answer.status_code == 422
    assert "soft-lantern-10" not in answer.content.decode()
    assert here.post("/account/password/", {**new, "oldpassword": PASSWORD}).status_code == 302
    assert here.get("/").wsgi_request.user == member
    assert elsewhere.get("/").wsgi_request.user.is_anonymous
    assert "Your password was changed." in mails[-1].body


# ---------------------------------------------------------------------------------------- sessions


def test_sessions_are_listed_by_device_and_day_and_end_elsewhere(member):
    here = client_of(member, HTTP_USER_AGENT=FIREFOX)
    phone = client_of(member, HTTP_USER_AGENT=PHONE)
    third = client_of(member)
    other = client_of(User.objects.create_user("Ruth", password=PASSWORD))
    html = here.get("/account/sessions/").content.decode()
    assert "Firefox on Linux" in html
    assert "Safari on iPhone" in html
    assert f"Since {timezone.localtime().day} " in html
    number = html.split('name="end" value="')[1:]
    ids = [part.split('"')[0] for part in number]
    # Nobody ends another person's.
    other.post("/account/sessions/", {"end": ids[0]})
    assert third.get("/").wsgi_request.user == phone.get("/").wsgi_request.user == member
    here.post("/account/sessions/", {"end": ids[1]})
    assert phone.get("/").wsgi_request.user.is_anonymous
    assert third.get("/").wsgi_request.user == member
    here.post("/account/sessions/", {"end": "others"})
    assert third.get("/").wsgi_request.user.is_anonymous
    assert here.get("/").wsgi_request.user == member
    assert here.post("/account/sessions/", {"end": "x"}).status_code == 302


@pytest.mark.parametrize(
    ("user_agent", "words"),
    [
        (FIREFOX, "Firefox on Linux"),
        (PHONE, "Safari on iPhone"),
        (
            "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/1 Chrome/140.0 Safari/1 Edg/140.0",
            "Edge on Windows",
        ),
        (
            "Mozilla/5.0 (Linux; Android 15) AppleWebKit/1 Chrome/140.0 Mobile Safari/1",
            "Chrome on Android",
        ),
        ("curl/8.1", "A browser that does not say which"),
        ("", "A browser that does not say which"),
    ],
)
def test_a_browser_in_words(user_agent, words):
    assert device_words(user_agent) == words


@pytest.mark.parametrize(
    ("address", "cut"),
    [("203.0.113.77", "203.0.113.0"), ("2001:db8:1234:5678::9", "2001:db8:1234::")],
)
def test_no_table_ever_holds_a_full_address(member, mails, topic, address, cut):
    client = Client(REMOTE_ADDR=address)
    guest = Client(REMOTE_ADDR=address)
    words = {"body": "As a guest.", "name": "Nils", "email": ""}
    assert guest.post(f"/topics/{topic.pk}/comments/new/", words).status_code == 302
    sign_in(password="wrong", client=client)
    sign_in(client=client)
    client.post("/account/leave/", {"how": "keep"})  # asks for the password first
    client.post("/account/again/", {"password": PASSWORD})
    client.post(f"/topics/{topic.pk}/comments/new/", {"body": "As a member."})
    client.post("/account/email/", {"email": "new@example.org", "action_add": "1"})
    client.post("/account/email/code/", {"code": code_of(mails[-1])})
    client.get("/account/factor/app/")
    client.post("/account/password/", {"oldpassword": "x", "password1": "y", "password2": "z"})
    guest.post("/signup/", {"username": "Nora", "email": "nora@example.org", "password1": PASSWORD})
    guest.post("/account/reset/", {"email": "sunniva@example.org"})
    stored = everything()
    assert cut in stored  # the session list has it, so this test looks in the right places
    assert address not in stored
    letters = "".join(str(letter.message()) for letter in mails)
    assert address not in letters


# ------------------------------------------------------------------------------- suspended members


def test_a_suspended_member_is_signed_out_everywhere_and_told_when_signing_in(member, topic):
    browsers = [client_of(member), client_of(member)]
    form = f"/topics/{topic.pk}/comments/new/"
    until = timezone.now() + timedelta(days=7)
    services.suspend(member_id=member.pk, by=None, until=until, reason="spam")
    for browser in browsers:
        assert browser.get("/").wsgi_request.user.is_anonymous
        assert browser.post(form, {"body": "Still here."}).status_code == 422  # as a guest, unnamed
    answer = sign_in()
    assert answer.headers["Location"] == "/account/closed/"
    assert "This account is closed" in answer.client.get("/account/closed/").content.decode()
    assert answer.client.get("/").wsgi_request.user.is_anonymous
    assert (
        sign_in(password="wrong").status_code == 422
    )  # who does not know the password learns nothing
