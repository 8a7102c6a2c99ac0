"""Blocks of a network, a mail domain and a pattern of names."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from forum.accounts import blocks
from forum.accounts.limits import key_of_network
from forum.accounts.models import Block, Pen, User
from forum.accounts.readers import pen_with_secret
from forum.discussions.models import Comment
from tests.moderation.acting import BLOCKS, browser_of, code_of, fill, post, undo
from tests.moderation.conftest import client_of


@pytest.fixture
def client(senior):
    return client_of(senior)


@pytest.mark.parametrize(
    ("pattern", "name", "is_met"),
    [
        ("buy*now", "Buy it now", True),
        ("buy*now", "B U Y ... N 0 W", True),
        ("buy*now", "buynow", True),
        ("buy*now", "Nowbuy", False),
        ("buy", "buyer", False),
        ("*casino*", "my Саѕіno", True),
        ("aba*aba", "aba", False),
        ("*a*a*a*a", "a" * 50_000 + "b", False),
    ],
)
def test_a_pattern_of_names_is_plain_text_with_stars(pattern, name, is_met):
    assert blocks.is_met("name", pattern, name=name) is is_met


@pytest.mark.parametrize(
    ("value", "email", "is_met"),
    [
        ("example.org", "n@example.org", True),
        ("example.org", "n@mail.EXAMPLE.org", True),
        ("example.org", "n@notexample.org", False),
        ("spam*.example", "n@spam77.example", True),
        ("example.org", "", False),
    ],
)
def test_a_mail_domain_is_met_with_what_stands_below_it(value, email, is_met):
    assert blocks.is_met("domain", value, email=email) is is_met


@pytest.mark.parametrize(
    ("kind", "typed", "code"),
    [
        ("name", "*", "block-wide"),
        ("name", "a*b", "block-wide"),
        ("name", "a*b*c*d*e*f", "block-wide"),
        ("name", "", "block-empty"),
        ("domain", "*.com", "block-domain"),
        ("domain", "example", "block-domain"),
        ("network", "nowhere", "block-network"),
        ("network", "", "block-network"),
    ],
)
def test_a_block_of_nearly_everybody_or_of_nothing_is_refused(kind, typed, code):
    assert code_of(blocks.clean, kind=kind, typed=typed) == code


def test_a_block_is_shown_first_holds_at_posting_and_sign_up_and_ends(client, topic, say, settings):
    settings.MAILS = False
    say(name="Buy me now")
    User.objects.create_user("Buy.It.Now")
    html = fill(client).content.decode()
    assert "1 guest could write no more while it lasts: Buy me now." in html
    assert "1 member is such a one, and is not touched: suspend them by name: Buy.It.Now." in html
    assert not Block.objects.exists()
    fill(client, do=True)
    answer = post(Client(), topic, "Cheap!", name="BUY that now")
    assert answer.status_code == 403
    assert "Cheap!" in answer.content.decode()
    assert (
        "buy"
        not in re.search(r'role="alert".*?</ul>', answer.content.decode(), re.DOTALL)[0].lower()
    )
    assert Pen.objects.filter(name="BUY that now").count() == 0
    sent = {"username": "buy all now", "password1": "lantern-soft-9", "password2": "lantern-soft-9"}
    assert "Nothing can be sent from here" in Client().post("/signup/", sent).content.decode()
    assert not User.objects.filter(username="buy all now").exists()
    assert Block.objects.get().met == 2
    Block.objects.update(made_at=timezone.now() - timedelta(days=9), until=timezone.now())
    assert post(Client(), topic, "Cheap!", name="BUY that now").status_code == 302


def test_a_network_is_blocked_by_its_key_alone_and_forgotten_when_it_ends(client, topic, nils):
    there = {"REMOTE_ADDR": "203.0.113.9"}
    his = Client(**there)
    assert post(his, topic, "From there.").status_code == 302
    pen = Comment.objects.latest("pk").pen
    html = fill(client, query=f"?guest={pen.pk}", kind="network", value="").content.decode()
    assert "1 comment of the last 30 days came from there." in html
    fill(client, do=True, query=f"?guest={pen.pk}", kind="network", value="")
    block = Block.objects.get()
    assert block.value == key_of_network("203.0.113.200")
    assert post(his, topic, "And again.").status_code == 403
    assert post(Client(**there), topic, "Another browser.").status_code == 403
    comment = Comment.objects.latest("pk")
    other = pen_with_secret("vera", "Vera")[0]
    voter = browser_of("vera")
    voter.defaults.update(there)
    assert voter.post(f"/comments/{comment.pk}/vote/", {"value": "1"}).status_code == 403
    assert other
    assert post(Client(REMOTE_ADDR="198.51.100.1"), topic, "Elsewhere.").status_code == 302
    assert block.value not in client.get(BLOCKS).content.decode()
    assert fill(client, kind="network", value="203.0.113.7", days="365").status_code == 422
    client.post(f"{BLOCKS}{block.pk}/lift/")
    assert post(his, topic, "Let in.").status_code == 302
    assert blocks.forget_networks().endswith("1 forgotten")
    assert Block.objects.get().value == ""


def test_a_member_who_is_here_is_not_met_by_a_block(client, topic, sunniva):
    fill(client, do=True, kind="name", value="sunniva")
    assert post(client_of(sunniva), topic).status_code == 302


def test_a_block_and_its_lifting_are_undone_in_the_list(client):
    fill(client, do=True)
    assert fill(client, do=True).status_code == 422
    undo(client, "block")
    assert not Block.objects.in_force().exists()
    fill(client, do=True)
    block = Block.objects.in_force().get()
    client.post(f"{BLOCKS}{block.pk}/lift/")
    assert not Block.objects.in_force().exists()
    undo(client, "unblock")
    assert Block.objects.in_force().get() == block
    assert "blocked: a pattern of names" in client.get("/admin/discussions/event/").content.decode()
