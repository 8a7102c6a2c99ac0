"""What was decided about people goes along when they are claimed, leave or are forgotten."""

from datetime import timedelta

import pytest
from django.utils import timezone

from forum.accounts.models import Block, Pen, User
from forum.accounts.readers import Reader
from forum.discussions import services
from forum.discussions.models import Caution, Claim, Event, Note
from forum.discussions.services.leaving import erase_leavers
from forum.discussions.services.people import forget_claims
from tests.moderation.acting import PEOPLE, act, fill, now, undo
from tests.moderation.conftest import client_of, member_of


@pytest.fixture
def client(senior):
    return client_of(senior)


def test_a_hold_and_a_warning_come_along_with_a_claimed_pen(client, senior, nils, sunniva, say):
    say("By Nils.")
    for name in ("hold", "warn", "note"):
        act(client, nils, name)
    services.claim_pen(pen_id=nils.pk, by=Reader(user=sunniva))
    member = now(sunniva)
    assert member.held_at
    assert member.warned_at
    assert "Seen before" in client.get(f"{PEOPLE}{sunniva.pk}/change/").content.decode()
    hers = Reader(user=member)
    last = services.waiting_cautions(hers)[-1]
    assert services.acknowledge(by=hers, last_id=last.pk) == 1
    Claim.objects.update(at=timezone.now() - timedelta(days=2))
    forget_claims()
    assert not Pen.objects.filter(pk=nils.pk).exists()
    assert (Note.objects.get().member, Caution.objects.get().member) == (sunniva, sunniva)


def test_a_closed_pen_is_no_way_to_an_account(client, nils, sunniva, say):
    comment = say("By Nils.")
    act(client, nils, "ban")
    hers = client_of(sunniva)
    hers.cookies["pen"] = "secret of Nils"
    answer = hers.post("/account/claim/")
    assert answer.status_code == 409
    assert "A moderator has closed this pen" in answer.content.decode()
    assert now(comment).pen_id == nils.pk


@pytest.mark.parametrize("how", ["delete", "keep"])
def test_notes_and_warnings_go_with_a_member_who_leaves(client, sunniva, say, how):
    say(member=sunniva)
    for name in ("warn", "note", "hold", "remove-all"):
        act(client, sunniva, name)
    services.leave(member_id=sunniva.pk, how=how, by=Reader(user=sunniva))
    User.objects.filter(pk=sunniva.pk).update(leaves_at=timezone.now())
    erase_leavers()
    assert not Note.objects.exists()
    assert not Caution.objects.exists()
    assert "somebody who is gone" in client.get("/admin/discussions/event/").content.decode()
    # The decision about them is refused kindly, and nothing breaks.
    assert undo(client, "remove-all").status_code in (200, 409)


def test_they_go_with_a_guest_who_is_forgotten(client, nils, say):
    say("By Nils.")
    for name in ("warn", "note"):
        act(client, nils, name)
    services.forget_guest(pen=now(nils), erase=True)
    assert not Note.objects.exists()
    assert not Caution.objects.exists()
    assert Event.objects.filter(verb="warn", guest_id=nils.pk).exists()


def test_who_made_a_block_or_note_may_leave(nils, client):
    other = member_of("senior", "Ruth")
    services.write_note(person=Reader(pen=nils), by=Reader(user=other), words="Hm.")
    fill(client_of(other), do=True)
    services.erase_member(member_id=other.pk, by=None, how="delete")
    assert Note.objects.get().by is None
    assert Block.objects.get().made_by is None
