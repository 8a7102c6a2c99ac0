"""Suspending, letting in again and erasing a member: shown first, done by POST, by those who may."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from forum.accounts.models import User
from forum.accounts.readers import Reader
from forum.discussions import services
from forum.discussions.models import Comment, Event, Topic
from forum.discussions.services.leaving import erase_leavers
from tests.moderation.conftest import client_of, lately, member_of, person
from tests.moderation.hostile import OWN, faults_of

MEMBERS = "/admin/accounts/user/"
LOG = "/admin/discussions/event/"
PASSWORD = "lantern-soft-9"
ACTS = {
    "suspend": {"reason": "unkind"},
    "reinstate": {},
    "erase": {"how": "delete", "sure": "on"},
}


@pytest.fixture
def client(db):
    return client_of(member_of("administrator", "Greta"))


@pytest.fixture
def member(db):
    return User.objects.create_user("Sunniva", email="s@example.org", password=PASSWORD)


def page(member, name):
    return f"{MEMBERS}{member.pk}/{name}/"


def seen(client, member, name):
    html = client.get(page(member, name)).content.decode()
    return {"seen": re.search(r'name="seen" value="([^"]*)"', html)[1]}


def ways(client, member):
    html = client.get(f"{MEMBERS}{member.pk}/change/").content.decode()
    return set(re.findall(rf'href="{page(member, "([a-z]+)")}"', html)) & set(ACTS)


def sign_in(member):
    client = Client()
    client.post("/login/", {"login": member.username, "password": PASSWORD})
    return client


def test_a_suspension_is_shown_first_and_ends_sessions_and_profile(client, member, say, topic):
    say(member=member)
    say(member=member, state="held")
    browser = sign_in(member)
    html = client.get(page(member, "suspend")).content.decode()
    for words in ("1 session ends", "1 comment in 1 talk", "profile is withheld", "Until"):
        assert words in html
    assert User.objects.get(pk=member.pk).is_active
    before = Topic.objects.get().version
    until = (timezone.now() + timedelta(days=2)).strftime("%Y-%m-%dT%H:%M")
    sent = {"reason": "unkind", "until": until, **seen(client, member, "suspend")}
    answer = client.post(page(member, "suspend"), sent, follow=True)
    assert "Sunniva is suspended." in answer.content.decode()
    assert "suspended until" in answer.content.decode()
    member.refresh_from_db()
    assert (member.is_active, member.suspended_until is None) == (False, False)
    assert Topic.objects.get().version > before
    assert browser.get("/").wsgi_request.user.is_anonymous
    assert Client().get(f"/members/{member.pk}/").status_code == 404
    log = client.get(LOG).content.decode()
    assert re.search(r"Greta.*suspended.*Sunniva.*attacks people", log, re.DOTALL)


def test_who_was_suspended_is_let_in_again_and_the_page_says_why_it_was(client, member):
    services.suspend(member_id=member.pk, by=Reader(user=member_of("senior", "Ruth")), reason="advert")  # fmt: skip
    assert ways(client, member) == {"reinstate", "erase"}
    html = client.get(page(member, "reinstate")).content.decode()
    assert lately("Suspended by Ruth, 0 seconds ago: advertises.").search(html)
    client.post(page(member, "reinstate"), seen(client, member, "reinstate"))
    assert User.objects.get(pk=member.pk).is_active
    assert ways(client, member) == {"suspend", "erase"}
    assert "let in again" in client.get(LOG).content.decode()


@pytest.mark.parametrize("how", ["delete", "keep"])
def test_an_account_is_erased_with_its_comments_deleted_or_without_the_name(
    client, member, say, how
):
    answered = say("Said by her.", member=member)
    say("Answered by him.", under=answered)
    say(member=member, state="held")
    sign_in(member)
    html = client.get(page(member, "erase")).content.decode()
    for words in (
        "2 comments (1 public, 1 held), 1 talk.",
        "1 e-mail address",
        "1 session ends",
        "This is final: nothing brings it back.",
    ):
        assert words in html
    nora = User.objects.create_user("Nora")
    assert "with 0 e-mail addresses" in client.get(page(nora, "erase")).content.decode()
    sent = {"how": how, "sure": "on", **seen(client, member, "erase")}
    answer = client.post(page(member, "erase"), sent, follow=True)
    assert answer.redirect_chain[-1][0] == MEMBERS
    assert "The account is erased." in answer.content.decode()
    assert not User.objects.filter(pk=member.pk).exists()
    kept = Comment.objects.filter(text__body="Said by her.").first()
    assert (kept.member.is_nobody if kept else how) == (True if how == "keep" else "delete")
    assert Comment.objects.filter(text__body="Answered by him.").exists()
    log = client.get(LOG).content.decode()
    assert re.search(r"Greta.*account erased.*somebody who is gone", log, re.DOTALL)
    again = client.post(page(member, "erase"), sent, follow=True)
    assert "This account is gone." in again.content.decode()


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("suspend", {"until": "2031-05-06T10:00"}),
        ("suspend", {"reason": "nonsense"}),
        ("suspend", {"reason": "unkind", "until": "2001-05-06T10:00"}),
        ("suspend", {"reason": "unkind", "until": "soon"}),
        ("erase", {"how": "keep"}),
        ("erase", {"sure": "on"}),
        ("erase", {"how": "x", "sure": "on"}),
    ],
)
def test_what_is_not_filled_in_right_is_refused_and_kept(client, member, name, data):
    before = Event.objects.count()
    answer = client.post(page(member, name), {**data, **seen(client, member, name)})
    assert answer.status_code == 422
    html = answer.content.decode()
    assert data.get("until", "") in html
    if data.get("reason") == "unkind":
        assert 'value="unkind" selected' in html
    assert Event.objects.count() == before
    assert User.objects.get(pk=member.pk).is_active


def test_a_page_that_is_out_of_date_is_told_what_happened(client, member, say):
    sent = {name: {**ACTS[name], **seen(client, member, name)} for name in ("suspend", "erase")}
    services.suspend(member_id=member.pk, by=Reader(user=member_of("senior", "Ruth")), reason="advert")  # fmt: skip
    for name, data in sent.items():
        answer = client.post(page(member, name), data)
        assert answer.status_code == 409
        told = lately("Already suspended by Ruth, 0 seconds ago")
        assert told.search(answer.content.decode())
    # A final act is not done with comments that its page did not count.
    services.reinstate(member_id=member.pk, by=None)
    shown = seen(client, member, "erase")
    say(member=member)
    assert client.post(page(member, "erase"), {**ACTS["erase"], **shown}).status_code == 409
    assert client.post(page(member, "reinstate")).status_code == 409
    assert Event.objects.filter(verb="erase-member").count() == 0


def refusals(client, member):
    return {name: client.post(page(member, name), data).status_code for name, data in ACTS.items()}


@pytest.mark.parametrize("role", ["nobody", "member", "staff", "viewer", "moderator", "editor"])
def test_who_may_not_is_refused_by_direct_post(role, member):
    client = {
        "nobody": Client,
        "member": lambda: client_of(User.objects.create_user("Nora")),
        "staff": lambda: client_of(person("Olga")),
    }.get(role, lambda: client_of(member_of(role, "Olga")))()
    status = 302 if role in ("nobody", "member") else 403
    assert refusals(client, member) == dict.fromkeys(ACTS, status)
    assert {client.get(page(member, name)).status_code for name in ACTS} == {status}
    assert User.objects.get(pk=member.pk).is_active
    assert not Event.objects.exists()


def test_senior_staff_suspend_and_let_in_but_do_not_erase(member):
    client = client_of(member_of("senior", "Greta"))
    assert ways(client, member) == {"suspend"}
    assert client.post(page(member, "erase"), ACTS["erase"]).status_code == 403
    assert client.post(page(member, "suspend"), ACTS["suspend"]).status_code == 302
    assert ways(client, member) == {"reinstate"}
    assert client.post(page(member, "reinstate")).status_code == 302


def test_nobody_touches_who_is_stronger_themselves_or_the_former_member(client):
    me = User.objects.get(username="Greta")
    strong = person("Strong", "auth.change_group")
    for spared in (me, strong, User.objects.create_superuser("Root"), services.former_member()):
        wanted = dict.fromkeys(ACTS, 403) | ({"reinstate": 409} if spared == me else {})
        assert refusals(client, spared) == wanted
        assert ways(client, spared) == set()
    # Not while they are suspended either: a new password, let in again, and one would be them.
    services.suspend(member_id=strong.pk, by=None, reason="taken-over")
    assert client.post(page(strong, "reinstate")).status_code == 403
    assert client.post(f"{MEMBERS}{strong.pk}/password/", {"password1": "x"}).status_code == 403
    root = client_of(User.objects.get(username="Root"))
    assert (
        root.post(page(User.objects.get(username="Root"), "erase"), ACTS["erase"]).status_code
        == 403
    )
    assert root.post(f"{MEMBERS}{services.former_member().pk}/change/", {}).status_code == 403
    assert root.post(page(strong, "reinstate")).status_code == 302


def test_a_leaver_who_became_an_administrator_stays_and_holds_nobody_up(member):
    other = User.objects.create_user("Nora")
    for one in (member, other):
        services.leave(member_id=one.pk, how="delete", by=Reader(user=one))
    User.objects.update(leaves_at=timezone.now())
    User.objects.filter(pk=member.pk).update(is_superuser=True)
    assert "1 erased" in erase_leavers()
    assert User.objects.get(is_nobody=False) == member


@pytest.mark.parametrize("text", OWN)
def test_nothing_hostile_runs_on_these_pages(client, text):
    member = User.objects.create_user(" ".join(text.split())[:60])
    for name in ("suspend", "erase"):
        assert faults_of(client.get(page(member, name))) == []
        sent = dict.fromkeys(("reason", "until", "how", "sure", "seen"), text)
        assert faults_of(client.post(page(member, name), sent)) == []
    services.suspend(member_id=member.pk, by=None, reason=text)
    for address in (page(member, "reinstate"), page(member, "suspend"), LOG):
        assert faults_of(client.get(address)) == []
