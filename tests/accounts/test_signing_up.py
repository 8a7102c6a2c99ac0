"""Becoming a member: names, passwords, addresses, and what others may not learn from it."""

import re
from datetime import timedelta

import pytest
from django.contrib.auth.hashers import MD5PasswordHasher
from django.test import Client
from django.utils import timezone

from forum.accounts.models import KeptName, User
from forum.accounts.readers import pen_with_secret
from forum.accounts.upkeep import forget_unconfirmed
from forum.discussions import services
from tests.accounts.conftest import PASSWORD, code_of, sign_in


def join(name="Sunniva", password=PASSWORD, client=None, **more):
    client = client or Client()
    answer = client.post(
        "/signup/", {"username": name, "password1": password, "password2": password, **more}
    )
    answer.client = client
    return answer


# ---------------------------------------------------------------------------------- without mail


def test_a_name_and_a_password_make_a_member_who_is_signed_in(db):
    answer = join("la  Golondrina - Europe")
    assert answer.headers["Location"] == "/"
    member = User.objects.get()
    assert (member.username, member.email) == ("la Golondrina - Europe", "")
    assert list(User.objects.named_like("LA GOLONDRINA EUROPE")) == [member]
    assert answer.client.get("/").wsgi_request.user == member
    assert not member.is_staff
    assert not member.is_superuser


def test_without_mail_nothing_that_needs_it_is_offered_or_required(client, db):
    html = client.get("/signup/").content.decode()
    assert 'name="email"' not in html
    assert "This site sends no mail" in html
    assert "forgotten" not in client.get("/login/").content.decode()
    joined = join().client
    assert "E-mail" not in joined.get("/account/").content.decode()
    for path in ("account/reset/", "account/reset/code/", "account/email/", "account/email/code/"):
        assert joined.get(f"/{path}").status_code == 404, path
        assert joined.post(f"/{path}", {"email": "a@example.org"}).status_code == 404, path


def test_staff_see_a_line_that_no_mail_goes_out(db, settings):
    User.objects.create_user("Ruth", password=PASSWORD, is_staff=True)
    User.objects.create_user("Sunniva", password=PASSWORD)
    line = "This site sends no mail: nobody is asked for an address"
    assert line in sign_in("Ruth").client.get("/account/").content.decode()
    assert line not in sign_in("Sunniva").client.get("/account/").content.decode()
    settings.MAILS = True
    assert line not in sign_in("Ruth").client.get("/account/").content.decode()


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("Admin", "kept for the site"),
        ("M0derator", "kept for the site"),
        ("former member", "kept for the site"),
        ("…", "at least one letter"),
        ("a\u202eb", "control characters"),
        ("x" * 61, "at most 60"),
        ("RUTH", "looks the same"),
        ("Ｒｕｔｈ", "looks the same"),
    ],
)
def test_the_guests_rules_hold_for_names_and_every_typed_word_is_kept(db, name, words):
    User.objects.create_user("Ruth")
    answer = join(name)
    html = answer.content.decode()
    assert answer.status_code == 422
    assert words in html
    assert f'value="{name}"' in html
    assert PASSWORD not in html
    assert User.objects.count() == 1


def test_a_name_that_is_kept_since_its_member_left_is_not_free(db):
    later = timezone.now() + timedelta(days=1)
    KeptName.objects.create(name_hash=KeptName.hash_of("Sunniva"), until=later)
    assert "not free" in join("SUNNIVA").content.decode()
    KeptName.objects.update(until=timezone.now())
    assert join("SUNNIVA").status_code == 302


def test_a_name_taken_between_the_question_and_the_row_is_refused_in_words(db, monkeypatch):
    real = type(User.objects).free_name

    def free(self, name, *, but=None):
        monkeypatch.setattr(type(User.objects), "free_name", real)
        return name

    User.objects.create_user("Sunniva")  # somebody was faster
    monkeypatch.setattr(type(User.objects), "free_name", free)
    answer = join("Sunniva")
    assert answer.status_code == 422
    assert "looks the same" in answer.content.decode()
    assert User.objects.count() == 1


@pytest.mark.parametrize(
    ("password", "status"),
    [
        ("lantern", 422),  # 7
        ("password1", 422),
        ("sunniva1", 422),
        ("12345678901", 422),
        ("soft lantern", 302),
        ("ö" * 64, 302),
        ("four words and a whole sentence " * 8, 302),
    ],
)
def test_passwords_have_8_characters_or_more_and_are_no_common_ones(db, password, status):
    assert join(password=password).status_code == status
    if status == 302:
        assert User.objects.get().check_password(password)  # nothing is cut off


def test_a_robot_that_fills_the_hidden_field_makes_no_account(db):
    answer = join(website="https://example.org")
    assert answer.status_code == 302  # it is told nothing
    assert not User.objects.exists()


def test_sign_ups_of_one_network_are_limited(db, limits):
    limits["signup:network"] = [(2, 3600)]
    assert [join(f"Name {n}").status_code for n in "abc"] == [302, 302, 429]
    refused = join("Name d")
    assert 0 < int(refused.headers["Retry-After"]) <= 3600
    assert 'value="Name d"' in refused.content.decode()
    assert join("Name d", client=Client(REMOTE_ADDR="192.0.2.7")).status_code == 302


# ------------------------------------------------------------------------------------- with mail


def test_with_mail_an_address_is_asked_for_and_confirmed_by_a_code(db, mails):
    assert 'name="email"' in Client().get("/signup/").content.decode()
    assert join().status_code == 422
    joined = join(email="Sunniva@example.org")
    assert joined.headers["Location"] == "/account/email/code/"
    browser = joined.client
    assert browser.get("/").wsgi_request.user.is_anonymous
    assert mails[0].to == ["sunniva@example.org"]
    assert browser.post("/account/email/code/", {"code": "WRONG1"}).status_code == 422
    answer = browser.post("/account/email/code/", {"code": code_of(mails[0])})
    assert answer.headers["Location"] == "/"
    assert browser.get("/").wsgi_request.user.email == "sunniva@example.org"
    assert sign_in().status_code == 302


def test_who_has_not_confirmed_is_asked_again_when_signing_in(db, mails):
    join(email="sunniva@example.org")
    answer = sign_in()
    assert answer.headers["Location"] == "/account/email/code/"
    assert answer.client.get("/").wsgi_request.user.is_anonymous


def test_a_member_without_an_address_signs_in_where_mail_came_later(db, mails):
    User.objects.create_user("Ruth", password=PASSWORD)
    answer = sign_in("Ruth")
    assert answer.client.get("/").wsgi_request.user.is_authenticated


def test_an_account_that_is_never_confirmed_is_gone_after_a_day(db, mails):
    User.objects.create_user("Ruth", "ruth@example.org", PASSWORD)  # staff made it
    sign_in("Ruth")
    join(email="sunniva@example.org")
    assert "0 deleted" in forget_unconfirmed()
    User.objects.update(date_joined=timezone.now() - timedelta(days=1, minutes=1))
    assert "1 deleted" in forget_unconfirmed()
    assert [one.username for one in User.objects.all()] == ["Ruth"]
    assert join(email="sunniva@example.org").status_code == 302


def page_of(answer):
    return answer.client.get(answer.headers["Location"]).content.decode()


def test_whether_an_address_has_an_account_is_told_neither_by_answer_nor_by_time(
    db, mails, monkeypatch
):
    User.objects.create_user("Ruth", "ruth@example.org", PASSWORD)
    hashed = []
    real = MD5PasswordHasher.encode
    monkeypatch.setattr(
        MD5PasswordHasher,
        "encode",
        lambda self, *args, **more: hashed.append(1) or real(self, *args, **more),
    )
    new = join("Sunniva", email="new@example.org")
    costs = [len(hashed)]
    known = join("Solveig", email="ruth@example.org")
    costs.append(len(hashed) - costs[0])
    assert costs[0] == costs[1] == 1  # what costs time: one hash each
    assert len(mails) == 2  # and one letter each
    assert new.status_code == known.status_code
    assert new.headers["Location"] == known.headers["Location"]
    words = [page_of(one).replace("new@", "ruth@") for one in (new, known)]
    assert "Confirm your address" in words[0]
    assert without_tokens(words[0]) == without_tokens(words[1])
    assert not User.objects.filter(username="Solveig").exists()
    assert "You are a member already" in mails[1].subject
    assert "/account/reset/" in mails[1].body


def without_tokens(html):
    return re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", html)


def test_codes_to_one_address_are_limited_whoever_asks(db, mails, limits):
    limits["mail:address"] = [(2, 3600)]
    limits["signup:network"] = [(99, 3600)]
    for number in range(4):
        join(
            f"Name {number}",
            email="victim@example.org",
            client=Client(REMOTE_ADDR=f"198.51.{number}.1"),
        )
    assert len(mails) == 2


def test_a_guest_is_led_to_what_they_wrote(db, topic):
    pen, secret, _is_new = pen_with_secret("", "Nils")
    author = services.Author(pen=pen, name="Nils")
    services.post_comment(author=author, body="As a guest.", topic_id=topic.pk)
    client = Client()
    client.cookies["pen"] = secret
    assert join("Nils", client=client).headers["Location"] == "/account/claim/"
