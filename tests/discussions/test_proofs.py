"""Proof of work: what a guest's form asks for, what is held without it, and that it counts once."""

import base64
import html as html_module
import json
import re
import uuid
from datetime import timedelta
from unittest import mock

import altcha
import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from forum.discussions import checks, proofs
from forum.discussions.models import Comment, Proof

pytestmark = [pytest.mark.django_db, pytest.mark.database]


@pytest.fixture(autouse=True)
def _on(settings, monkeypatch):
    settings.PROOF_OF_WORK = True
    settings.COMMENT_CHECKS = ["forum.moderation.checks.proof", *settings.COMMENT_CHECKS]
    monkeypatch.setattr(proofs, "ROUNDS", 2)
    monkeypatch.setattr(proofs, "TRIES", range(3, 9))


@pytest.fixture
def new(topic):
    return reverse("comment_new", args=[topic.pk])


def challenge_in(answer):
    """Return the challenge in a form, "" if it has none."""
    found = re.search(r'name="proof" data-proof="([^"]*)"', answer.content.decode())
    return html_module.unescape(found[1]) if found else ""


def hidden_in(answer, name):
    pattern = rf'<input type="hidden" name="{name}" value="([^"]*)"'
    found = re.search(pattern, answer.content.decode())
    return html_module.unescape(found[1]) if found else None


def solved(text):
    """Return what a browser sends that has solved the challenge."""
    challenge = altcha.Challenge.from_dict(json.loads(text))
    return altcha.Payload(challenge, altcha.solve_challenge(challenge)).to_base64()


def changed(proof, **changes):
    """Return the proof with other parameters."""
    told = json.loads(base64.b64decode(proof))
    told["challenge"]["parameters"] |= changes
    return base64.b64encode(json.dumps(told).encode()).decode()


def send(client, new, proof="", **fields):
    data = {"name": "Nils", "email": "", "body": "A word.", "submission": uuid.uuid4()}
    return client.post(new, {**data, "proof": proof, **fields}, follow=True)


def last():
    return Comment.objects.latest("pk")


def test_a_guest_who_sends_the_solution_is_public_at_once(client, new):
    send(client, new, solved(challenge_in(client.get(new))))
    assert last().state == "public"
    assert Proof.objects.count() == 1


def test_without_a_solution_it_is_held_told_so_and_nothing_is_lost(client, new):
    assert b"Without JavaScript a moderator reads" in client.get(new).content
    answer = send(client, new, body="A long thought.")
    assert (last().state, last().reason) == ("held", "no-proof")
    assert b"A long thought." in answer.content
    assert b"did not do the small sum" in answer.content
    assert b"a moderator reads this first" in answer.content
    status = client.get(reverse("status", args=[last().pk]))
    assert b"did not do the small sum" in status.content
    assert not Proof.objects.exists()


def test_a_solution_counts_for_one_form_however_often_that_is_sent(client, new):
    proof = solved(challenge_in(client.get(new)))
    form = uuid.uuid4()
    send(client, new, proof, submission=form)
    first = last()
    send(client, new, proof, submission=form)
    assert Comment.objects.get() == first
    answer = send(Client(), new, proof, name="Vera", body="Another word.")
    assert (last().state, last().reason) == ("held", "bad-proof")
    assert b"used before" in answer.content
    send(Client(), new, proof, name="Olga", body="One more.", submission="")
    assert last().reason == "bad-proof"


def test_what_is_no_form_of_ours_uses_a_solution_up_too(client, new):
    proof = solved(challenge_in(client.get(new)))
    send(client, new, proof, submission="")
    assert last().state == "public"
    send(client, new, proof, submission="", body="Again.")
    assert last().reason == "bad-proof"


def test_a_refused_form_keeps_its_proof_and_asks_for_no_other(client, new):
    proof = solved(challenge_in(client.get(new)))
    refused = send(client, new, proof, name="")
    assert refused.status_code == 422
    assert challenge_in(refused) == ""
    assert hidden_in(refused, "proof") == proof
    send(client, new, hidden_in(refused, "proof"))
    assert last().state == "public"


def test_a_preview_uses_nothing_up(client, new):
    proof = solved(challenge_in(client.get(new)))
    shown = send(client, new, proof, preview="1")
    assert hidden_in(shown, "proof") == proof
    assert not Proof.objects.exists()


@pytest.mark.parametrize(
    "spoil",
    [
        lambda proof: "x",
        lambda proof: "é",
        lambda proof: proof[:-8],
        lambda proof: proof + "x" * 3000,
        lambda proof: changed(proof, cost=1),
        lambda proof: changed(proof, keyPrefix=""),
        lambda proof: changed(proof, expiresAt=4_000_000_000),
        lambda proof: changed(proof, expiresAt="soon"),
        *[
            lambda proof, told=told: base64.b64encode(json.dumps(told).encode()).decode()
            for told in ([], {}, 7, "a", {"challenge": 1, "solution": 2}, {"challenge": {}},
                         {"challenge": {"parameters": []}, "solution": []})
        ],
    ],
)  # fmt: skip
def test_what_is_wrong_is_held_and_never_an_error(client, new, spoil):
    answer = send(client, new, spoil(solved(challenge_in(client.get(new)))))
    assert answer.status_code == 200
    assert (last().state, last().reason) == ("held", "bad-proof")
    assert not Proof.objects.exists()


def test_a_challenge_of_another_site_is_worth_nothing(client, new, settings):
    proof = solved(challenge_in(client.get(new)))
    settings.SECRET_KEY = "another" * 8
    assert not proofs.is_true(proof)


def test_a_challenge_ends_and_what_was_used_is_forgotten_then(client, new):
    proof = solved(challenge_in(client.get(new)))
    send(client, new, proof)
    assert "0 deleted" in proofs.forget_proofs()
    later = timezone.now() + timedelta(seconds=proofs.LIVES_S + 2)
    with mock.patch("time.time", return_value=later.timestamp()):
        assert not proofs.is_true(proof)
    with mock.patch("django.utils.timezone.now", return_value=later):
        assert "1 deleted" in proofs.forget_proofs()
    assert not Proof.objects.exists()


def test_the_hourly_tick_forgets(settings):
    assert "forum.discussions.proofs.forget_proofs" in settings.TICKS


def test_members_are_asked_for_nothing(as_member, new):
    assert challenge_in(as_member.get(new)) == ""
    send(as_member, new)
    assert last().state == "public"


def test_where_the_setting_is_off_nobody_is_asked(client, new, settings):
    settings.PROOF_OF_WORK = False
    page = client.get(new)
    assert challenge_in(page) == ""
    assert b"Without JavaScript" not in page.content
    send(client, new)
    assert last().state == "public"
    assert not Proof.objects.exists()


def test_what_is_over_a_limit_uses_no_solution_up(client, new, settings):
    settings.RATE_LIMITS_ON = True
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "pen:network": [(0, 3600)]}
    answer = send(client, new, solved(challenge_in(client.get(new))))
    assert answer.status_code == 429
    assert not Proof.objects.exists()


def test_a_form_that_only_reads_writes_nothing(client, new):
    client.get(new)
    assert not Proof.objects.exists()


def test_each_way_a_proof_can_be_has_words_for_its_author():
    assert set(proofs.CODES.values()) == set(proofs.WORDS)
    assert checks.Sent().proof == ""
