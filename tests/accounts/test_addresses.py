"""Letters to guests: an address is asked about once, confirmed by a press, given up by another."""

import re
import sys
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone

from forum.accounts import addresses
from forum.accounts.models import Pen, QuietAddress, User
from forum.accounts.readers import pen_with_secret
from forum.discussions import services
from forum.discussions.models import Comment
from tests.accounts.conftest import confirm
from tests.discussions.conftest import write

pytestmark = pytest.mark.django_db
LOCAL = "django.core.mail.backends.locmem.EmailBackend"


@pytest.fixture(autouse=True)
def _mails(settings):
    settings.MAILS, settings.SITE_URL = True, "http://testserver"


@pytest.fixture
def form():
    topic = services.open_topic(title="The last row", by=None)
    return f"/topics/{topic.pk}/comments/new/"


def links():
    """Return the paths of the last letter: (the one that confirms, the one that stops)."""
    found = re.findall(r"http://testserver(/mail/\S+)", mail.outbox[-1].body)
    return [next(path for path in found if f"/{verb}/" in path) for verb in ("confirm", "stop")]


def say(client, form, body, email="nils@example.org", **fields):
    answer = write(client, form, body=body, email=email, **fields)
    assert answer.status_code == 302
    return Pen.objects.order_by("-pk").first()


def test_a_guest_who_leaves_an_address_gets_one_letter_that_asks(client, form):
    pen = say(client, form, "A word.")
    (letter,) = mail.outbox
    assert (letter.to, letter.subject) == (["nils@example.org"], "Foyer: is this address yours?")
    assert pen.email_asked_at
    assert pen.email_confirmed_at is None
    say(client, form, "Another word.")
    assert len(mail.outbox) == 1


def test_the_letter_carries_no_word_that_a_stranger_chose(client, form):
    say(client, form, "Buy at evil.example now.", name="evil.example")
    text, html = mail.outbox[0].body, mail.outbox[0].alternatives[0][0]
    assert "evil" not in text + html


@pytest.mark.parametrize("change", ["no EMAIL_URL", "no address", "spam"])
def test_otherwise_nobody_is_asked(client, form, settings, monkeypatch, change):
    if change == "no EMAIL_URL":
        settings.MAILS = False
    if change == "spam":
        settings.COMMENT_CHECKS = ["tests.discussions.judge.spam"]
        judge = SimpleNamespace(spam=lambda draft: services.posting.checks.Verdict("spam", "x"))
        monkeypatch.setitem(sys.modules, "tests.discussions.judge", judge)
    say(client, form, "A word.", email="" if change == "no address" else "nils@example.org")
    assert mail.outbox == []
    assert Pen.objects.get().email_asked_at is None


def test_without_email_url_the_form_offers_no_letters(client, form, settings):
    assert b"one letter asks whether it is yours" in client.get(form).content
    settings.MAILS = False
    assert b"letter" not in client.get(form).content


def test_reading_the_link_confirms_nothing_and_pressing_does_once(client, form):
    pen = say(client, form, "A word.")
    path, _stop = links()
    for _time in range(2):  # a mail scanner, and then the person, on another machine
        answer = Client().get(path)
        assert (answer.status_code, b"Yes, it is mine" in answer.content) == (200, True)
        assert answer.headers["Cache-Control"].startswith("max-age=0, no-cache, no-store")
    assert Pen.objects.get(pk=pen.pk).email_confirmed_at is None
    answer = Client().post(path)
    assert (answer.status_code, b"Thank you, it is yours" in answer.content) == (200, True)
    at = Pen.objects.get(pk=pen.pk).email_confirmed_at
    assert at
    assert Client().post(path).status_code == 200
    assert Pen.objects.get(pk=pen.pk).email_confirmed_at == at


def test_a_press_needs_the_token_of_the_form(form, client):
    say(client, form, "A word.")
    strict = Client(enforce_csrf_checks=True)
    for path in links():
        assert strict.post(path).status_code == 403
    assert Pen.objects.get().email_confirmed_at is None


def test_the_link_ends_after_three_days(client, form, monkeypatch):
    say(client, form, "A word.")
    path, _stop = links()
    now = timezone.now()
    for days, status in ((2.9, 200), (3.1, 404)):
        later = now + timedelta(days=days)
        monkeypatch.setattr("django.core.signing.time.time", lambda later=later: later.timestamp())
        assert client.get(path).status_code == status
    assert client.post(path).status_code == 404
    assert Pen.objects.get().email_confirmed_at is None


def test_after_the_link_has_ended_a_later_comment_asks_once_more(client, form):
    say(client, form, "A word.")
    old, _stop = links()
    Pen.objects.update(email_asked_at=timezone.now() - timedelta(days=3, minutes=1))
    say(client, form, "Another word.")
    say(client, form, "A third.")
    assert len(mail.outbox) == 2
    assert client.post(old).status_code == 404
    assert client.post(links()[0]).status_code == 200


@pytest.mark.parametrize("spoil", [
    lambda path: path[:-3] + "xx/",
    lambda path: "/mail/confirm/nonsense/",
    lambda path: path.replace("/confirm/", "/stop/"),
])  # fmt: skip
def test_a_link_that_is_not_ours_does_nothing(client, form, spoil):
    say(client, form, "A word.")
    path = spoil(links()[0])
    assert (client.get(path).status_code, client.post(path).status_code) == (404, 404)
    pen = Pen.objects.get()
    assert (pen.email, pen.email_confirmed_at) == ("nils@example.org", None)


def test_a_link_to_stop_is_none_to_confirm(client, form):
    say(client, form, "A word.")
    path = links()[1].replace("/stop/", "/confirm/")
    assert client.post(path).status_code == 404


def test_another_address_is_asked_about_anew_and_the_old_link_is_dead(client, form):
    pen = say(client, form, "A word.")
    old, _stop = links()
    client.post(old)
    say(client, form, "Another word.", email="else@example.org")
    pen.refresh_from_db()
    assert (pen.email, pen.email_confirmed_at) == ("else@example.org", None)
    assert mail.outbox[-1].to == ["else@example.org"]
    assert client.post(old).status_code == 404
    say(client, form, "A third.", email="nils@example.org")
    assert client.post(old).status_code == 404
    assert client.post(links()[0]).status_code == 200


def test_an_address_and_a_network_are_asked_as_often_as_written_and_no_more(client, form, settings):
    settings.RATE_LIMITS_ON = True
    token = "forum.moderation.checks.token"  # a form open for a moment is not what this is about
    settings.COMMENT_CHECKS = [one for one in settings.COMMENT_CHECKS if one != token]
    settings.RATE_LIMITS = {
        **settings.RATE_LIMITS, "post:network": [(99, 60)], "pen:network": [(99, 60)],
        "confirm:network": [(4, 3600)],
    }  # fmt: skip
    assert settings.RATE_LIMITS["confirm:address"] == [(2, 86400), (4, 30 * 86400)]
    for number in range(3):
        say(Client(), form, f"Word {number}.", email="Nils@example.org")
    assert len(mail.outbox) == 2
    for number in range(3):
        say(Client(), form, f"More {number}.", email=f"n{number}@example.org")
    assert len(mail.outbox) == 3  # four of this network were counted, one of them in vain


def test_pressing_no_forgets_the_address_and_it_is_never_asked_again(client, form):
    say(client, form, "A word.")
    path = links()[1]
    assert b"Stop the letters" in client.get(path).content
    assert QuietAddress.objects.count() == 0
    answer = client.post(path)
    assert b"We do not write to you about comments any more." in answer.content
    assert client.post(path).status_code == 200
    pen = Pen.objects.get()
    assert (pen.email, pen.email_asked_at, pen.email_confirmed_at) == ("", None, None)
    say(Client(), form, "Another word.", email="NILS@example.org")
    assert len(mail.outbox) == 1
    assert "nils" not in str(list(QuietAddress.objects.values())).lower()


def test_an_address_that_wanted_no_letters_is_forgotten_after_a_year():
    young = QuietAddress.objects.create(address_hash="a")
    old = timezone.now() - timedelta(days=366)
    QuietAddress.objects.create(address_hash="b", at=old)
    assert addresses.forget_quiet() == "addresses that wanted no letters a year ago: 1 forgotten"
    assert list(QuietAddress.objects.all()) == [young]


def test_a_member_stops_letters_and_keeps_the_address(client):
    member = User.objects.create_user("Sunniva", email="s@example.org")
    assert addresses.address_of(member=member, pen=None) == ""  # not confirmed
    confirm(member)
    assert addresses.address_of(member=member, pen=None) == "s@example.org"
    path = addresses.stop_link(member).removeprefix("http://testserver")
    client.get(path)
    member.refresh_from_db()
    assert member.mail_decisions
    client.post(path)
    member.refresh_from_db()
    assert (member.mail_decisions, member.email) == (False, "s@example.org")
    assert addresses.address_of(member=member, pen=None) == ""


def test_nobody_writes_to_a_guest_who_has_not_confirmed_or_a_member_who_is_switched_off():
    pen, _secret, _is_new = pen_with_secret("", "Nils", "nils@example.org")
    assert addresses.address_of(member=None, pen=pen) == ""
    pen.email_confirmed_at = timezone.now()
    assert addresses.address_of(member=None, pen=pen) == "nils@example.org"
    assert addresses.address_of(member=None, pen=None) == ""
    member = User.objects.create_user("Sunniva", email="s@example.org", is_active=False)
    assert addresses.address_of(member=member, pen=pen) == ""


def test_with_allauth_only_a_verified_address_counts(monkeypatch):
    """Its table is asked where it is installed; here a stand-in for the one model that is asked."""
    asked = {}

    class Rows(list):
        def filter(self, **words):
            asked.update(words)
            return self

        def order_by(self, *words):
            return self

        def values_list(self, *words, flat):
            return self

        def first(self):
            return self[0] if self else None

    rows = Rows(["verified@example.org"])
    table = SimpleNamespace(EmailAddress=SimpleNamespace(objects=rows))
    monkeypatch.setitem(sys.modules, "allauth.account.models", table)
    monkeypatch.setattr(addresses.apps, "is_installed", lambda name: name == "allauth.account")
    member = User.objects.create_user("Sunniva", email="s@example.org")
    assert addresses.address_of(member=member, pen=None) == "verified@example.org"
    assert asked == {"user_id": member.pk, "verified": True}
    rows.clear()
    assert addresses.address_of(member=member, pen=None) == ""


def test_a_refused_comment_asks_nobody(client, form):
    answer = write(client, form, body=" ", email="nils@example.org")
    assert (answer.status_code, Comment.objects.count(), mail.outbox) == (422, 0, [])
