"""Profiles, guests' comments taken over, suspensions, and leaving for good."""

import json
from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.core.exceptions import ValidationError
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from films.models import Film
from films.services import (
    create_category,
    create_film,
    edit_film,
    merge_films,
    seen,
    set_film_state,
)
from forum.accounts.models import KeptName, Pen, User
from forum.accounts.readers import Reader, pen_with_secret
from forum.discussions import services, tree
from forum.discussions.models import Claim, Comment, Event, State, Topic, Vote
from forum.discussions.services import leaving
from forum.discussions.services.leaving import erase_leavers, forget_kept_names
from forum.discussions.services.people import end_suspensions, forget_claims
from forum.worker.models import Letter
from tests.accounts.conftest import PASSWORD, client_of, sign_in
from tests.accounts.stored import everything
from tests.statements import statements


@pytest.fixture
def film(db):
    return create_film(
        title="Anatomy of a Coup", category=create_category(name="Politics"), state="published"
    )


def say(topic_id, member=None, pen=None, body="", under=None, name="Nils"):
    author = services.Author(member=member, pen=pen, name="" if member else name)
    where = {"parent_id": under.pk} if under else {"topic_id": topic_id}
    body = body or f"Said, number {Comment.objects.count() + 1}."
    return services.post_comment(author=author, body=body, **where).comment


@pytest.fixture
def nils(db):
    """A guest: (pen, the browser that carries it)."""
    pen, secret, _is_new = pen_with_secret("", "Nils", "nils@example.org")
    client = Client()
    client.cookies["pen"] = secret
    return pen, client


def authors():
    return list(Comment.objects.order_by("pk").values_list("member__username", "author_name"))


# ----------------------------------------------------------------------------------------- profiles


def test_a_profile_shows_since_when_films_and_public_comments(member, topic, film):
    on_film = say(film.topic_id, member, body="About the film.")
    say(topic.pk, member, body="In the Lobby.")
    held = say(topic.pk, member, body="Waiting words.")
    services.moderate(comment_id=held.pk, verb="hold", by=Reader())
    say(topic.pk, User.objects.create_user("Ruth"), body="By another.")
    answer = Client().get(f"/members/{member.pk}/")
    html = answer.content.decode()
    assert "public" in answer.headers["Cache-Control"]
    assert f"Member since {member.date_joined:%B %Y}" in html
    assert html.count("Anatomy of a Coup") == 2  # among the films, and over the comment
    assert html.index("In the Lobby.") < html.index("About the film.")
    assert f'href="/comments/{on_film.pk}/"' in html
    for word in ("Waiting words.", "By another.", "sunniva@example.org"):
        assert word not in html
    owner = client_of(member).get(f"/members/{member.pk}/").content.decode()
    assert "Waiting words." not in owner  # it is what others see


def test_a_profile_leads_on_by_key_with_the_same_number_of_queries(member, topic):
    counts = []
    for n in (3, 120):
        while Comment.objects.count() < n:
            say(topic.pk, member)
        with CaptureQueriesContext(connection) as queries:
            answer = Client().get(f"/members/{member.pk}/")
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 6
    html = answer.content.decode()
    seen = html.count('<div class="comment-body"')
    while 'rel="next"' in html:
        address = html.split('rel="next" href="')[1].split('"')[0]
        html = Client().get(f"/members/{member.pk}/{address}").content.decode()
        seen += html.count('<div class="comment-body"')
    assert seen == 120
    for odd in ("x", "", "9" * 30, "-1", "²"):
        assert Client().get(f"/members/{member.pk}/?before={odd}").status_code == 200


def test_a_profile_stays_where_it_is_when_the_name_changes(member, topic):
    say(topic.pk, member)
    services.rename_member(member_id=member.pk, name="Solveig", by=None)
    assert "Solveig" in Client().get(f"/members/{member.pk}/").content.decode()


def test_a_comments_own_page_leads_to_the_profile_of_a_member_alone(member, topic, nils):
    by_member, by_guest = say(topic.pk, member), say(topic.pk, pen=nils[0])
    html = Client().get(by_member.get_absolute_url()).content.decode()
    assert f'href="/members/{member.pk}/"><span>More by <bdi>Sunniva</bdi></span></a>' in html
    assert "/members/" not in Client().get(by_guest.get_absolute_url()).content.decode()
    # The talk itself is as long as it was.
    assert "/members/" not in Client().get(topic.get_absolute_url()).content.decode()


def test_the_profile_of_a_closed_account_is_not_there_and_nothing_leads_to_it(member, topic):
    address = say(topic.pk, member).get_absolute_url()
    assert "/members/" in Client().get(address).content.decode()
    services.suspend(member_id=member.pk, by=None, reason="spam")
    assert Client().get(f"/members/{member.pk}/").status_code == 404
    never_made = Client().get("/members/999999/")
    assert never_made.status_code == 404
    assert never_made.content == Client().get(f"/members/{member.pk}/").content
    html = Client().get(address).content.decode()
    assert "/members/" not in html
    assert "Sunniva" in html  # what was said stays said
    services.reinstate(member_id=member.pk, by=None)
    assert Client().get(f"/members/{member.pk}/").status_code == 200
    assert "/members/" in Client().get(address).content.decode()


def test_films_that_are_hidden_are_hidden_on_profiles(member, film):
    say(film.topic_id, member)
    set_film_state(film=film, state="withdrawn")
    assert "Anatomy" not in Client().get(f"/members/{member.pk}/").content.decode()


# ------------------------------------------------------------------------------------------- claims


def claim_in(client, member, **sent):
    client.post("/login/", {"login": member.username, "password": PASSWORD})
    return client.post("/account/claim/", sent)


def test_a_guests_comments_are_shown_first_and_taken_over_by_one_post(member, topic, nils):
    pen, client = nils
    mine = [say(topic.pk, pen=pen, name=name) for name in ("Nils", "Nils again")]
    say(topic.pk, pen=pen_with_secret("", "gull")[0], name="gull")
    client.post("/login/", {"login": "Sunniva", "password": PASSWORD})
    html = client.get("/account/claim/").content.decode()
    assert "2 comments were written in this browser" in html
    assert "Nils again" in html
    assert authors() == [
        (None, "Nils"),
        (None, "Nils again"),
        (None, "gull"),
    ]  # looking is not taking
    before = Topic.objects.get().version
    answer = client.post("/account/claim/", follow=True)
    assert "2 comments are yours now." in answer.content.decode()
    assert authors() == [("Sunniva", ""), ("Sunniva", ""), (None, "gull")]
    assert Topic.objects.get().version > before
    assert "Nils" not in Client().get(topic.get_absolute_url()).content.decode()
    events = Event.objects.filter(verb="claim")
    assert [(one.actor_id, one.comment_id) for one in events] == [
        (member.pk, one.pk) for one in mine
    ]
    assert "Said, number 1." in client.get("/my/comments/").content.decode()
    assert client.post("/account/claim/").status_code == 409  # nothing is left to take


def test_a_guest_who_only_voted_is_offered_their_votes(member, topic, nils):
    _pen, client = nils
    voted = say(topic.pk, pen=pen_with_secret("", "gull")[0], name="gull")
    assert client.post(f"/comments/{voted.pk}/vote/", {"value": "1"}).status_code == 302
    client.post("/login/", {"login": "Sunniva", "password": PASSWORD})
    assert "Take over 1 vote" in client.get("/account/claim/").content.decode()
    answer = client.post("/account/claim/", follow=True).content.decode()
    assert "The votes of this browser are yours now." in answer
    assert [(vote.member, vote.pen) for vote in Vote.objects.all()] == [(member, None)]
    assert "Take over" not in client.get("/account/claim/").content.decode()


def test_a_claim_is_undone_for_a_day_name_by_name(member, topic, nils):
    pen, client = nils
    for name in ("Nils", "Nils again"):
        say(topic.pk, pen=pen, name=name)
    claim_in(client, member)
    later = say(topic.pk, member)  # her own is not given away
    before = Topic.objects.get().version
    html = client.get("/account/claim/").content.decode()
    assert "2 comments were taken over in the last day." in html
    client.post("/account/claim/", {"undo": "1"})
    assert authors() == [(None, "Nils"), (None, "Nils again"), ("Sunniva", "")]
    assert Comment.objects.filter(pen=pen).count() == 2
    assert Comment.objects.get(pk=later.pk).member == member
    assert Topic.objects.get().version > before
    assert not Claim.objects.exists()
    claim_in(client, member)
    Claim.objects.update(at=timezone.now() - timedelta(days=1, minutes=1))
    assert "taken over" not in client.get("/account/claim/").content.decode()
    client.post("/account/claim/", {"undo": "1"})
    assert authors()[0] == ("Sunniva", "")


def test_when_the_day_is_over_the_guest_and_their_address_are_forgotten(member, topic, nils):
    pen, client = nils
    say(topic.pk, pen=pen)
    claim_in(client, member)
    assert "0 settled" in forget_claims()
    assert Pen.objects.filter(pk=pen.pk).exists()
    Claim.objects.update(at=timezone.now() - timedelta(days=1, minutes=1))
    assert "1 settled" in forget_claims()
    assert not Pen.objects.exists()
    assert "nils@example.org" not in everything()
    # The browser still has its cookie, and may write as a guest again.
    client.post("/logout/")
    form = f"/topics/{topic.pk}/comments/new/"
    assert (
        client.post(form, {"body": "A guest again.", "name": "Nils", "email": ""}).status_code
        == 302
    )


def test_a_pen_that_wrote_again_is_not_forgotten(member, topic, nils):
    pen, client = nils
    say(topic.pk, pen=pen)
    claim_in(client, member)
    say(topic.pk, pen=pen, body="As a guest, later.")
    Claim.objects.update(at=timezone.now() - timedelta(days=2))
    forget_claims()
    assert Pen.objects.get() == pen


def test_without_a_pen_there_is_nothing_to_take(member, topic, nils):
    say(topic.pk, pen=nils[0])
    client = client_of(member)
    assert "nothing from a guest" in client.get("/account/claim/").content.decode()
    assert client.post("/account/claim/").status_code == 409
    assert authors() == [(None, "Nils")]


def test_threads_comments_then_topics_are_taken_when_a_pen_is_claimed(member, topic, film, nils):
    for topic_id in (film.topic_id, topic.pk):
        say(topic_id, pen=nils[0])
    with statements() as said:
        services.claim_pen(pen_id=nils[0].pk, by=Reader(user=member))
    written = [one.split('"')[1] for one in said if one.startswith("UPDATE")]
    topics = ["discussions_topic", "discussions_topic"]
    reports = "discussions_report"  # in a transaction of its own
    assert written == ["discussions_comment", "discussions_mention", *topics, reports]
    assert list(tree.check()) == []


# -------------------------------------------------------------------------------------- suspensions


def test_a_suspension_has_a_reason_raises_versions_and_is_written_down(member, topic):
    say(topic.pk, member)
    ruth = User.objects.create_user("Ruth", is_staff=True)
    by = Reader(user=ruth)
    with pytest.raises(ValidationError, match="needs a reason"):
        services.suspend(member_id=member.pk, by=by)
    before = Topic.objects.get().version
    services.suspend(member_id=member.pk, by=by, reason="spam")
    assert Topic.objects.get().version == before + 1
    assert not UserSession.objects.exists()
    services.reinstate(member_id=member.pk, by=by)
    assert Topic.objects.get().version == before + 2
    events = Event.objects.filter(member_id=member.pk).order_by("pk")
    assert [(one.verb, one.actor_id, one.reason) for one in events] == [
        ("suspend", ruth.pk, "spam"),
        ("reinstate", ruth.pk, ""),
    ]
    with pytest.raises(ValidationError, match="not suspended"):
        services.reinstate(member_id=member.pk, by=by)


def test_nobody_suspends_themselves_or_a_superuser(member):
    root = User.objects.create_superuser("Root")
    for who, by in ((root, member), (member, member)):
        with pytest.raises(ValidationError, match="cannot be suspended"):
            services.suspend(member_id=who.pk, by=Reader(user=by), reason="spam")


def test_a_suspension_ends_by_itself(member):
    until = timezone.now() + timedelta(days=1)
    services.suspend(member_id=member.pk, by=None, until=until, reason="spam")
    assert "0 ended" in end_suspensions()
    assert sign_in().headers["Location"] == "/account/closed/"
    User.objects.update(suspended_until=timezone.now() - timedelta(seconds=1))
    assert "1 ended" in end_suspensions()
    assert sign_in().headers["Location"] == "/"
    with pytest.raises(ValidationError, match="over already"):
        services.suspend(member_id=member.pk, by=None, until=timezone.now(), reason="spam")


def test_who_is_suspended_cannot_post_even_with_a_request_on_its_way(member, topic):
    stale = User.objects.get(pk=member.pk)  # as the request loaded it
    services.suspend(member_id=member.pk, by=None, reason="spam")
    with pytest.raises(ValidationError, match="account is closed"):
        say(topic.pk, stale)
    others = say(topic.pk, User.objects.create_user("Ruth"))
    with pytest.raises(ValidationError, match="account is closed"):
        say(topic.pk, stale, under=others)
    assert Comment.objects.get() == others


# ------------------------------------------------------------------------------------------ leaving


def test_leaving_asks_for_the_password_and_for_what_becomes_of_the_comments(member, mails):
    client = Client()
    client.force_login(member)
    assert client.get("/account/leave/").headers["Location"].startswith("/account/again/")
    client = client_of(member)
    html = client.get("/account/leave/").content.decode()
    assert "Delete my comments" in html
    assert "Keep them without my name" in html
    assert client.post("/account/leave/").status_code == 422
    assert client.post("/account/leave/", {"how": "burn"}).status_code == 422
    member.refresh_from_db()
    assert member.leaves_at is None
    client.post("/account/leave/", {"how": "keep"})
    member.refresh_from_db()
    assert (
        timedelta(hours=23, minutes=59) < member.leaves_at - timezone.now() <= timedelta(hours=24)
    )
    assert "erased in 24 hours" in mails[-1].body


def test_for_24_hours_one_can_return(member, topic):
    say(topic.pk, member)
    client_of(member).post("/account/leave/", {"how": "delete"})
    assert "0 erased" in erase_leavers()
    client = client_of(member)  # signing in alone is no change of mind
    html = client.get("/account/").content.decode()
    assert "You are leaving" in html
    client.post("/account/leave/", {"stay": "1"})
    User.objects.filter(leaves_at__isnull=False).update(leaves_at=timezone.now())
    assert "0 erased" in erase_leavers()
    assert "You are leaving" not in client.get("/account/").content.decode()
    assert [one.verb for one in Event.objects.exclude(member_id=None)] == ["leave", "stay"]


def test_an_administrator_cannot_leave(db):
    root = User.objects.create_superuser("Root", password=PASSWORD)
    answer = client_of(root).post("/account/leave/", {"how": "delete"})
    assert answer.status_code == 422
    assert "administrator cannot leave" in answer.content.decode()


WORDS = {
    "open": "The harbour is the film.",
    "edited": "A second thought about the boats.",
    "first": "A first thought about the boats.",
    "held": "Somebody should look at this.",
    "deleted": "I should not have said that.",
    "guest": "Said before I was a member.",
}


@pytest.fixture
def leaver(topic, film, nils, mails):
    """A member who has left traces everywhere."""
    pen, client = nils
    ruth = User.objects.create_superuser("Ruth", password=PASSWORD)
    say(topic.pk, pen=pen, body=WORDS["guest"])
    sent = {"username": "Marit Solberg", "email": "marit@example.org", "password1": PASSWORD}
    client.post("/signup/", sent)
    client.post("/account/email/code/", {"code": _code(mails)})
    client.post("/account/claim/")
    member = User.objects.get(username="Marit Solberg")
    client.post("/account/again/", {"password": PASSWORD})
    client.get("/account/factor/app/")
    Authenticator.objects.create(user=member, type="totp", data={"secret": "x"})
    say(film.topic_id, member, body=WORDS["open"])
    edited = say(topic.pk, member, body=WORDS["first"])
    services.edit_comment(
        comment_id=edited.pk,
        by=Reader(user=member),
        body=WORDS["edited"],
        base=services.text_version(Comment.objects.get(pk=edited.pk)),
    )
    held = say(topic.pk, member, body=WORDS["held"])
    services.moderate(comment_id=held.pk, verb="hold", by=Reader(user=ruth))
    deleted = say(topic.pk, member, body=WORDS["deleted"])
    services.delete_comment(comment_id=deleted.pk, by=Reader(user=member))
    say(topic.pk, User.objects.create_user("Nora"), body="An answer by another.", under=edited)
    for number, address in enumerate(["marit@example.org", "Nils@example.org"]):
        Letter.objects.create(to=address, subject="Marit Solberg", message_id=f"<{number}@x>")
    # Staff have looked at the account and changed it: the admin's own log has its name.
    staff = client_of(ruth)
    change = {"username": "Marit Solberg", "email": "marit@example.org", "is_active": "on",
              "is_staff": "on", "date_joined_0": "2026-01-01", "date_joined_1": "10:00"}  # fmt: skip
    assert staff.post(f"/admin/accounts/user/{member.pk}/change/", change).status_code == 302
    member.refresh_from_db()
    assert member.is_staff
    # As staff they changed a film, merged another into it and took a part out of a comment; staff
    # took a part out of one of theirs, and edited another.
    edit_film(film=film, by=member, tagline="Told by those who were awake")
    twin = create_film(title="Anatomy of a Coup, again", state="published", by=member)
    film.refresh_from_db()
    merge_films(film=twin, into=film, shown=seen(twin, film), by=member)
    other = Comment.objects.get(text__body="An answer by another.")
    here = {"comment_id": other.pk, "base": services.text_version(other)}
    services.redact_comment(part="another", by=Reader(user=member), **here)
    services.suspend(member_id=other.member_id, by=Reader(user=member), until=None, reason="unkind")
    opened = Comment.objects.get(text__body=WORDS["open"])
    base = services.text_version(opened)
    services.redact_comment(comment_id=opened.pk, part="harbour", by=Reader(user=ruth), base=base)
    return member, client


def _code(mails):
    return next(line.strip() for line in mails[-1].body.splitlines() if line.startswith("    "))


def traces(member_id):
    """Return everything stored, and every page where a person could still be."""
    root = client_of(User.objects.get(username="Ruth"))
    pages = ["/", "/lobby/", "/feeds/comments.atom", "/films/", "/search/?q=Sol", "/sitemap.xml"]
    pages += [f"/members/{member_id}/", "/films/anatomy-of-a-coup/"]
    pages += ["/films/anatomy-of-a-coup/comments.atom"]
    pages += [one.get_absolute_url() for one in Topic.objects.in_lobby()]
    for pk in Comment.objects.values_list("pk", flat=True):
        pages += [f"/comments/{pk}/", f"/comments/{pk}/history/"]
        pages.append(f"/admin/discussions/comment/{pk}/change/")
    pages += ["/admin/", "/admin/accounts/user/", "/admin/accounts/pen/"]
    pages += ["/admin/discussions/comment/", "/admin/accounts/user/?q=sol"]
    pages += ["/admin/discussions/comment/?q=Sol", "/admin/discussions/event/"]
    pages += ["/admin/discussions/decision/", "/admin/films/film/"]
    pages += [
        f"/admin/films/film/{pk}/history/" for pk in Film.objects.values_list("pk", flat=True)
    ]
    html = [Client().get(page).content.decode() for page in pages if "/admin/" not in page]
    html += [root.get(page).content.decode() for page in pages]
    return everything(), html


def erased(member, how):
    services.leave(member_id=member.pk, how=how, by=Reader(user=member))
    User.objects.filter(pk=member.pk).update(leaves_at=timezone.now() - timedelta(minutes=1))
    assert "1 erased" in erase_leavers()


NAMES = ["Marit", "Solberg", "marit@", "nils@example.org"]


def test_this_test_would_find_what_is_left(leaver):
    stored, html = traces(leaver[0].pk)
    for word in [*NAMES, *WORDS.values()]:
        assert word in stored, word
    for word in ("Marit Solberg", WORDS["open"], WORDS["first"], WORDS["deleted"]):
        assert any(word in page for page in html), word


@pytest.mark.parametrize("how", ["delete", "keep"])
def test_nothing_of_who_left_remains(leaver, how):
    member, client = leaver
    member_id, skeleton = member.pk, member.skeleton
    erased(member, how)
    stored, html = traces(member_id)
    gone = [WORDS["held"], WORDS["deleted"]]
    if how == "delete":
        gone = list(WORDS.values())
    for word in [*NAMES, *gone, skeleton]:
        assert word not in stored, word
        assert not [page for page in html if word in page], word
    assert "An answer by another." in stored
    assert not User.objects.filter(pk=member_id).exists()
    for model in (EmailAddress, Authenticator, Claim, Letter):
        assert not model.objects.exists()
    assert not UserSession.objects.filter(user__username__startswith="Marit").exists()
    assert client.get("/").wsgi_request.user.is_anonymous
    assert sign_in("Marit Solberg").status_code == 422
    assert Client().get(f"/members/{member_id}/").status_code == 404
    assert list(tree.check()) == []


def test_kept_comments_stand_under_a_name_that_is_nobodys(leaver, topic, film):
    member, _client = leaver
    counts = dict(Topic.objects.values_list("pk", "comment_count"))
    theirs = Topic.objects.exclude(moved_to__isnull=False)  # that of the merged film is empty
    versions = dict(theirs.values_list("pk", "version"))
    erased(member, "keep")
    html = Client().get("/films/anatomy-of-a-coup/").content.decode()
    assert "is the film." in html
    assert '<b class="comment-author" dir="auto">former member</b> <time' in html
    assert dict(Topic.objects.values_list("pk", "comment_count")) == counts
    assert all(one.version > versions[one.pk] for one in theirs.all())
    nobody = services.former_member()
    assert nobody == User.objects.get(is_nobody=True)
    assert Client().get(f"/members/{nobody.pk}/").status_code == 404
    with pytest.raises(ValidationError):
        services.reinstate(member_id=nobody.pk, by=None)
    states = Comment.objects.filter(member=nobody).values_list("state", flat=True)
    assert set(states) == {State.PUBLIC}


def test_deleted_comments_leave_their_places_and_the_answers_of_others(leaver, topic):
    member, _client = leaver
    erased(member, "delete")
    html = Client().get(topic.get_absolute_url()).content.decode()
    assert "An answer by " in html
    assert Comment.objects.in_state(State.ERASED).count() == 5
    assert not Comment.objects.in_state(State.ERASED).exclude(member=None, pen=None).exists()


def test_the_name_is_not_free_at_once_and_is_kept_as_a_keyed_hash_alone(leaver):
    member, _client = leaver
    erased(member, "delete")
    kept = KeptName.objects.get()
    assert kept.until - timezone.now() > timedelta(days=179)
    for name in ("Marit Solberg", "marit solberg", "M a r i t Solberg"):
        with pytest.raises(ValidationError, match="not free"):
            User.objects.free_name(name)
    topic_id = Topic.objects.in_lobby().get().pk
    words = {"body": "It is me.", "name": "Marit Solberg", "email": ""}
    assert Client().post(f"/topics/{topic_id}/comments/new/", words).status_code == 422
    KeptName.objects.update(until=timezone.now() - timedelta(seconds=1))
    assert "1 free again" in forget_kept_names()
    assert User.objects.free_name("Marit Solberg") == "Marit Solberg"


def test_an_erasure_cut_short_is_finished_by_the_next(leaver, monkeypatch):
    member, _client = leaver
    real, done = leaving.erase_comment, []

    def fail_at_the_third(**act):
        if len(done) == 2:
            raise RuntimeError("planted")
        done.append(act)
        real(**act)

    monkeypatch.setattr(leaving, "erase_comment", fail_at_the_third)
    services.leave(member_id=member.pk, how="delete", by=Reader(user=member))
    User.objects.filter(pk=member.pk).update(leaves_at=timezone.now())
    with pytest.raises(RuntimeError, match="planted"):
        erase_leavers()
    assert User.objects.filter(pk=member.pk).exists()
    monkeypatch.setattr(leaving, "erase_comment", real)
    assert "1 erased" in erase_leavers()
    assert "Marit" not in json.dumps(everything())
