"""What staff read of a person, who may read it, and who may act on whom."""

import re

import pytest
from django.test import Client
from django.utils import timezone

from forum.accounts.limits import key_of_network
from forum.accounts.models import Pen, User
from forum.accounts.readers import Reader
from forum.discussions import services
from forum.discussions.models import CommentText, Event
from tests.moderation.acting import BLOCKS, DATA, GUESTS, PEOPLE, act, browser_of, fill, page, post
from tests.moderation.conftest import LIST, client_of, member_of, moderator
from tests.moderation.hostile import OWN, faults_of


@pytest.fixture
def client(senior):
    return client_of(senior)


def test_a_page_tells_all_of_a_person_rates_with_their_formula_and_a_timeline(
    client, senior, say, sunniva
):
    kept, gone = say("Kept, and well said.", member=sunniva), say("Sold here.", member=sunniva)
    by = Reader(user=senior)
    services.moderate(comment_id=gone.pk, verb="remove", by=by, reason="advert")
    for name in ("warn", "note"):
        act(client, sunniva, name)
    services.suspend(member_id=sunniva.pk, by=by, reason="advert")
    html = client.get(f"{PEOPLE}{sunniva.pk}/change/").content.decode()
    for words in (
        "1 public, 1 removed",
        "50 %",
        "1 ÷ 2",
        "removed and spam ÷ removed, spam and public, of all that they wrote",
        "Kept, and well said.",
        f"#{gone.pk}: removed",
        "it advertises",
        "warned",
        "suspended",
        "Seen before under another name.",
        "has a warning to read",
    ):
        assert words in html, words
    assert f"{LIST}{kept.pk}/change/" in html
    order = [
        html.index(words)
        for words in ("suspended, advertises", "warned, attacks people", "Sold here.", "Kept, and")
    ]
    assert order == sorted(order)


def test_a_guests_page_is_the_same_and_shows_no_address(client, say, nils):
    say("By a guest.")
    Pen.objects.update(email="nils@example.org")
    html = client.get(f"{GUESTS}{nils.pk}/change/").content.decode()
    assert "By a guest." in html
    assert "nils@example.org" not in html
    assert "nils@example.org" not in client.get(GUESTS).content.decode()


def test_a_long_timeline_goes_on_page_by_page_and_costs_the_same(
    client, say, nils, django_assert_max_num_queries
):
    say()
    with django_assert_max_num_queries(30) as few:
        client.get(f"{GUESTS}{nils.pk}/change/")
    for number in range(60):
        say(f"Number {number}.")
    with django_assert_max_num_queries(len(few)):
        html = client.get(f"{GUESTS}{nils.pk}/change/").content.decode()
    assert "Number 59." in html
    assert "Number 5.<" not in html
    earlier = re.search(r'rel="next" href="([^"]+)"', html)[1]
    assert "Number 5.<" in client.get(f"{GUESTS}{nils.pk}/change/{earlier}").content.decode()


def test_linked_pens_are_hints_in_words_and_never_a_proof(client, say, nils, sunniva):
    say("One.", name="Nils"), say("Two.", name="Vera"), say("Three.", name="Odd")
    vera, odd = Pen.objects.get(name="Vera"), Pen.objects.get(name="Odd")
    network = key_of_network("203.0.113.7")
    CommentText.objects.filter(comment__pen__in=[nils, vera]).update(network_key=network)
    Pen.objects.filter(pk__in=[nils.pk, odd.pk]).update(
        email="n@example.org", email_confirmed_at=timezone.now()
    )
    html = client.get(f"{GUESTS}{nils.pk}/change/").content.decode()
    assert "Hints, never a proof." in html
    network_line, address_line = re.findall(
        r"<li>(Wrote from.*?|Confirmed the.*?)</li>", html, re.DOTALL
    )
    assert "Vera" in network_line
    assert "Odd" not in network_line
    assert "can be a whole town" in network_line
    assert "Odd" in address_line
    assert network not in html
    for pen in (vera, odd):
        services.claim_pen(pen_id=pen.pk, by=Reader(user=sunniva))
    html = client.get(f"{GUESTS}{vera.pk}/change/").content.decode()
    assert re.search(r"One member took.*Sunniva.*Odd", html, re.DOTALL)


def test_notes_are_read_by_moderators_alone(client, nils, say, sunniva):
    say("By Nils.")
    act(client, nils, "note")
    for browser in (
        Client(),
        browser_of(),
        client_of(sunniva),
        client_of(member_of("viewer", "Vi")),
    ):
        for address in (
            f"{GUESTS}{nils.pk}/change/",
            "/my/warnings/",
            f"/guests/{nils.public_id}/",
        ):
            answer = browser.get(address)
            assert b"Seen before" not in answer.content
    assert b"Seen before" in client_of(moderator()).get(f"{GUESTS}{nils.pk}/change/").content


def test_nobody_acts_on_who_is_stronger_on_themselves_or_on_the_former_member(senior, client):
    ines = client_of(moderator())
    root = User.objects.create_superuser("Root")
    for browser, who in ((ines, senior), (client, senior), (client, root), (ines, root)):
        for name, data in DATA.items():
            assert browser.post(page(who, name), data).status_code == 403, (who, name)
    nobody = services.former_member()
    assert client.post(page(nobody, "ban"), DATA["ban"]).status_code == 404
    superuser = client_of(root)
    assert superuser.post(page(root, "warn"), DATA["warn"]).status_code == 403
    assert Event.objects.filter(member_id__in=[senior.pk, root.pk, nobody.pk]).count() == 0


@pytest.mark.parametrize("text", OWN)
def test_nothing_hostile_runs_on_these_pages(client, say, text, topic):
    name = " ".join(text.split())[:60]
    member = User.objects.create_user(name)
    say(text, member=member), say(text + "!", name=name)
    pen = Pen.objects.get(name=name)
    for who in (member, pen):
        for one in DATA:
            answers = [
                client.get(page(who, one)),
                client.post(
                    page(who, one), dict.fromkeys(("reason", "words", "hours", "seen"), text)
                ),
            ]
            for answer in answers:
                assert faults_of(answer) == [], one
        act(client, who, "note", words=text)
        act(client, who, "warn", words=text)
        act(client, who, "hold")
    for address in (PEOPLE, GUESTS, BLOCKS, page(member, "change"), page(pen, "change")):
        assert faults_of(client.get(address)) == [], address
    for data in ({"value": text}, {"kind": text}, {"value": text, "do": "1"}):
        assert faults_of(fill(client, **data)) == []
    assert faults_of(client.get(BLOCKS)) == []
    assert faults_of(client_of(member).get("/my/warnings/")) == []
    assert faults_of(post(client_of(member), topic)) == []
