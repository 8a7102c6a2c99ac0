"""A guest forgets the pen in the browser, or gets a lost one back."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.conf import settings as site
from django.core import mail
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from forum.accounts import recovery
from forum.accounts.models import Pen
from forum.accounts.readers import Reader, hash_secret, our_cookies, pen_with_secret
from forum.discussions import pens, services
from forum.discussions.models import Comment, Event, Follow, State
from forum.worker.models import Letter
from tests.discussions.conftest import write
from tests.statements import statements

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def _mails(settings):
    settings.MAILS, settings.SITE_URL = True, "http://testserver"
    at_once = "django_tasks.backends.immediate.ImmediateBackend"
    settings.TASKS = {"default": {"BACKEND": at_once, "QUEUES": ["default", "mail"]}}
    cache.clear()


@pytest.fixture
def form(topic):
    return reverse("comment_new", args=[topic.pk])


@pytest.fixture
def asks(form):
    """A guest's browser that has posted twice, with an address that was confirmed."""
    client = Client()
    for body in ("One word.", "Another word."):
        assert write(client, form, body=body, email="nils@example.org").status_code == 302
    Pen.objects.update(email_asked_at=timezone.now(), email_confirmed_at=timezone.now())
    mail.outbox.clear()
    return client


def pen_cookie(client):
    return client.cookies[site.PEN_COOKIE_NAME].value


# Forget me


def test_the_page_says_first_what_goes_and_changes_nothing(asks):
    html = asks.get("/my/forget/").content.decode()
    assert "The pen goes, as Nils and with 2 comments" in html
    assert '<th scope="row">pen</th>' in html
    assert "except by a letter to the address that you confirmed" in html
    assert Pen.objects.get().secret_hash == hash_secret(pen_cookie(asks))


def test_one_press_takes_every_cookie_of_ours_and_what_scripts_keep(asks):
    for name in our_cookies():
        if name not in asks.cookies:
            asks.cookies[name] = "x"
    answer = asks.post("/my/forget/")
    assert (answer.status_code, answer["Location"]) == (302, "/my/forgotten/")
    assert {name for name in our_cookies() if answer.cookies[name]["max-age"] == 0} == set(
        our_cookies()
    )
    assert answer["Clear-Site-Data"] == '"storage"'


def test_afterwards_no_cookie_is_set_again(asks):
    asks.post("/my/forget/")
    for name in our_cookies():
        asks.cookies.pop(name, None)
    answer = asks.get("/my/forgotten/")
    assert answer.status_code == 200
    assert not answer.cookies
    assert "Set-Cookie" not in answer.headers


def test_the_secret_ends_on_the_server_too(asks, form):
    secret = pen_cookie(asks)
    asks.post("/my/forget/")
    copied = Client()
    copied.cookies[site.PEN_COOKIE_NAME] = secret
    comment = Comment.objects.first()
    assert copied.get(f"/comments/{comment.pk}/edit/").status_code == 404


def test_comments_stay_under_name_and_mark_unless_one_says_otherwise(asks, topic):
    mark = Pen.objects.get().mark
    asks.post("/my/forget/")
    rows = Comment.objects.order_by("pk")
    assert [(one.name, one.mark, one.state) for one in rows] == [("Nils", mark, "public")] * 2
    assert Pen.objects.get().email == "nils@example.org"


def test_the_address_goes_too_where_one_says_so(asks):
    Letter.objects.create(to="nils@example.org", kind="x")
    asks.post("/my/forget/", {"address": "1"})
    pen = Pen.objects.get()
    assert (pen.email, pen.email_asked_at, pen.email_confirmed_at) == ("", None, None)
    assert not Letter.objects.exists()


def test_erasing_takes_words_names_and_the_pen_itself(asks, topic):
    pen = Pen.objects.get()
    asks.post("/my/forget/", {"comments": "erase"})
    for comment in Comment.objects.with_text():
        assert (comment.state, comment.name, comment.pen, comment.text.body) == (
            State.ERASED, "", None, "",
        )  # fmt: skip
    assert not Pen.objects.exists()
    assert Client().get(f"/guests/{pen.public_id}/").status_code == 404
    topic.refresh_from_db()
    assert topic.comment_count == 0
    assert Event.objects.filter(verb="forget", pen_id=pen.pk).exists()


def test_erasing_leaves_answers_of_others_and_comments_of_others(asks, topic, member):
    comment = Comment.objects.order_by("pk").first()
    reply = services.post_comment(
        author=services.Author(member=member), body="An answer.", parent_id=comment.pk
    ).comment
    asks.post("/my/forget/", {"comments": "erase"})
    assert Comment.objects.get(pk=reply.pk).is_public
    assert "An answer." in Client().get(topic.get_absolute_url()).content.decode()


def test_what_a_pen_followed_goes_with_it(asks, topic):
    pen = Pen.objects.get()
    services.follow(by=Reader(pen=pen), topic_id=topic.pk)
    asks.post("/my/forget/", {"comments": "erase"})
    assert not Follow.objects.exists()


def test_a_member_is_signed_out_here_and_keeps_the_account(as_member, member):
    html = as_member.get("/my/forget/").content.decode()
    assert "This signs you out here; your account stays." in html
    as_member.post("/my/forget/")
    assert as_member.get("/account/").status_code == 302
    member.refresh_from_db()
    assert member.is_active


def test_who_was_never_here_has_nothing_to_forget(client):
    html = client.get("/my/forget/").content.decode()
    assert "The pen goes" not in html
    assert client.post("/my/forget/").status_code == 302


def test_forgetting_needs_the_token_of_the_form(asks):
    strict = Client(enforce_csrf_checks=True)
    strict.cookies[site.PEN_COOKIE_NAME] = pen_cookie(asks)
    assert strict.post("/my/forget/", {"comments": "erase"}).status_code == 403
    assert Comment.objects.counted().count() == 2


def test_every_cookie_of_the_settings_is_ours_and_has_words():
    named = {value for name, value in vars(site._wrapped).items() if name.endswith("_COOKIE_NAME")}
    assert set(our_cookies()) >= {value for value in named if value != "django_language"}
    assert {name.removeprefix("__Host-") for name in our_cookies()} == set(pens.COOKIES)


def test_the_privacy_page_names_every_cookie_and_leads_to_forgetting(client):
    html = client.get("/privacy/").content.decode()
    for name in pens.COOKIES:
        assert f"<td>{name}</td>" in html
    assert 'href="/my/forget/"' in html


# A lost pen


def ask(client, address="nils@example.org"):
    return client.post("/my/pen/", {"email": address})


def link():
    return re.search(r"http://testserver(/mail/pen/\S+/)", mail.outbox[-1].body)[1]


def test_the_link_of_the_letter_gives_the_pen_to_this_browser(asks):
    new = Client()
    assert ask(new).status_code == 200
    (letter,) = mail.outbox
    assert letter.to == ["nils@example.org"]
    path = link()
    html = new.get(path).content.decode()
    assert "Nils" in html
    assert "2 comments" in html
    pen = Pen.objects.get()
    answer = new.post(path, {"pen": pen.public_id})
    assert (answer.status_code, answer["Location"]) == (302, "/my/comments/")
    assert "One word." in new.get("/my/comments/").content.decode()
    assert "One word." not in asks.get("/my/comments/").content.decode()  # it has moved


def test_reading_the_link_changes_nothing(asks):
    ask(Client())
    before = Pen.objects.values().get()
    for _scanner in range(3):
        answer = Client().get(link())
        assert answer.status_code == 200
        assert "no-store" in answer.headers["Cache-Control"]
        assert site.PEN_COOKIE_NAME not in answer.cookies
    assert Pen.objects.values().get() == before


def test_the_link_works_once(asks):
    ask(Client())
    path, pen = link(), Pen.objects.get()
    assert Client().post(path, {"pen": pen.public_id}).status_code == 302
    for answer in (Client().post(path, {"pen": pen.public_id}), Client().get(path)):
        assert answer.status_code == 404
        assert site.PEN_COOKIE_NAME not in answer.cookies


@pytest.mark.django_db(transaction=True)
def test_of_presses_at_once_one_gets_the_pen(asks):
    token = recovery.back_path(list(recovery.pens_of("nils@example.org"))).split("/")[3]
    public_id = Pen.objects.get().public_id

    def press(_number):
        try:
            return recovery.give_back(token, public_id)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as people:
        given = [one for one in people.map(press, range(4)) if one]
    assert len(given) == 1
    assert Pen.objects.get().secret_hash == hash_secret(given[0][1])


def test_the_link_ends_after_two_hours(asks, monkeypatch):
    ask(Client())
    path, now = link(), timezone.now()
    for hours, status in ((1.9, 200), (2.1, 404)):
        later = (now + hours * HOUR).timestamp()
        monkeypatch.setattr("django.core.signing.time.time", lambda later=later: later)
        assert Client().get(path).status_code == status
    assert Client().post(path, {"pen": Pen.objects.get().public_id}).status_code == 404


@pytest.mark.parametrize("change", ["forgotten", "address taken out", "another address"])
def test_the_link_ends_with_what_it_was_for(asks, change):
    ask(Client())
    path, public_id = link(), Pen.objects.get().public_id
    if change == "forgotten":
        asks.post("/my/forget/", {"address": "1"})
    if change == "address taken out":
        Pen.objects.update(email="", email_confirmed_at=None)
    if change == "another address":
        Pen.objects.update(email="vera@example.org")
    assert Client().post(path, {"pen": public_id}).status_code == 404


@pytest.mark.parametrize("spoil", [
    lambda path: path[:-3] + "xx/",
    lambda path: "/mail/pen/nonsense/",
    lambda path: path.replace("/pen/", "/confirm/"),
])  # fmt: skip
def test_a_link_that_is_not_ours_does_nothing(asks, spoil):
    ask(Client())
    path = spoil(link())
    assert Client().post(path, {"pen": Pen.objects.get().public_id}).status_code == 404
    assert Pen.objects.get().secret_hash == hash_secret(pen_cookie(asks))


def test_a_pen_of_another_address_is_not_given(asks):
    stranger, _secret, _is_new = pen_with_secret("", "Vera", "vera@example.org")
    Pen.objects.filter(pk=stranger.pk).update(email_confirmed_at=timezone.now())
    ask(Client())
    answer = Client().post(link(), {"pen": stranger.public_id})
    assert site.PEN_COOKIE_NAME not in answer.cookies
    assert Pen.objects.get(pk=stranger.pk).secret_hash == stranger.secret_hash


def test_of_several_pens_one_chooses_and_the_link_ends_for_all(asks, form):
    other = Client()
    write(other, form, name="Vera", body="From the library.", email="Nils@Example.org")
    Pen.objects.update(email_confirmed_at=timezone.now())
    mail.outbox.clear()
    ask(Client())
    path, new = link(), Client()
    html = new.get(path).content.decode()
    assert html.count('name="pen"') == 2
    vera, nils = Pen.objects.get(name="Vera"), Pen.objects.get(name="Nils")
    assert new.post(path, {"pen": vera.public_id}).status_code == 302
    assert "From the library." in new.get("/my/comments/").content.decode()
    assert Client().post(path, {"pen": nils.public_id}).status_code == 404


@pytest.mark.parametrize("why", ["nobody", "not confirmed"])
def test_the_answer_is_the_same_whoever_has_the_address(asks, why):
    known = ask(Client())
    sent = len(mail.outbox)
    if why == "not confirmed":
        Pen.objects.update(email_confirmed_at=None)
    unknown = ask(Client(), "nils@example.org" if why == "not confirmed" else "vera@example.org")
    assert known.content == unknown.content
    assert known.status_code == unknown.status_code == 200
    assert len(mail.outbox) == sent


def test_the_request_looks_for_no_pen_so_that_it_takes_the_same_time(asks, settings):
    queue = "django_tasks_db.DatabaseBackend"
    settings.TASKS = {"default": {"BACKEND": queue, "QUEUES": ["default", "mail"]}}
    asked = []
    for address in ("nils@example.org", "vera@example.org"):
        with statements() as said:
            ask(Client(), address)
        asked.append(said)
        assert not any("accounts_pen" in one for one in said)
    assert len(asked[0]) == len(asked[1]) > 0
    assert mail.outbox == []  # the worker looks, and writes
    queued = DBTaskResult.objects.filter(task_path="forum.accounts.recovery.send_link")
    assert queued.count() == 2


def test_the_fourth_letter_of_an_hour_is_not_sent_and_nobody_is_told(asks, settings):
    settings.RATE_LIMITS_ON = True
    settings.RATE_LIMITS = settings.RATE_LIMITS | {"back:network": [(100, 3600)]}
    answers = [ask(Client()) for _time in range(4)]
    assert {answer.status_code for answer in answers} == {200}
    assert len(mail.outbox) == 3
    assert settings.RATE_LIMITS["back:address"][0][1] <= recovery.LINK_HOURS * 3600


def test_a_network_that_asks_too_often_waits(settings, client):
    settings.RATE_LIMITS_ON = True
    for number in range(10):
        assert ask(client, f"{number}@example.org").status_code == 200
    answer = ask(client)
    assert answer.status_code == 429
    assert int(answer["Retry-After"]) > 0


def test_an_address_that_is_none_comes_back_with_a_word(client):
    answer = ask(client, "nils")
    assert answer.status_code == 422
    assert "An address looks like nils@example.org." in answer.content.decode()


def test_without_mail_nothing_is_offered(client, settings):
    for address in ("/my/comments/", "/login/"):
        settings.MAILS = True
        assert "/my/pen/" in client.get(address).content.decode()
        settings.MAILS = False
        assert "/my/pen/" not in client.get(address).content.decode()
    assert client.get("/my/pen/").status_code == 404


def test_a_member_takes_over_what_came_back(asks, member):
    ask(Client())
    client = Client()
    client.force_login(member)
    client.post(link(), {"pen": Pen.objects.get().public_id})
    assert (
        "2 comments were written in this browser" in client.get("/account/claim/").content.decode()
    )


def test_the_pen_that_is_put_aside_is_named(asks, form):
    other = Client()
    write(other, form, name="Somebody", body="In between.")
    ask(other)
    assert "Somebody" in other.get(link()).content.decode()


# The name in the form


def test_the_form_says_before_posting_that_a_name_is_taken(asks, form):
    fields = {"name": "nils", "email": "", "body": "A word.", "preview": "1"}
    html = Client().post(form, fields).content.decode()
    assert "Somebody else is called <bdi>nils</bdi> in this talk." in html
    assert "Somebody else" not in asks.get(form).content.decode()
    assert "Somebody else" not in Client().post(form, fields | {"name": "Vera"}).content.decode()


def test_a_guest_whose_name_is_taken_reads_it_on_opening_the_form(asks, form):
    _pen, secret, _is_new = pen_with_secret("", "Nils")
    client = Client()
    client.cookies[site.PEN_COOKIE_NAME] = secret
    assert "Somebody else is called <bdi>Nils</bdi>" in client.get(form).content.decode()
