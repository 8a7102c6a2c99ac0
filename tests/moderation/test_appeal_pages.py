"""The page of an appeal in the admin: who may, what it does, and what it does with hostile words."""

import pytest
from django.test import Client

from forum.accounts.models import User
from forum.accounts.readers import Reader
from forum.discussions import services
from forum.discussions.models import Appeal, Comment
from tests.moderation.conftest import client_of, member_of, moderator
from tests.moderation.hostile import OWN, faults_of

pytestmark = pytest.mark.django_db
LIST = "/admin/discussions/appeal/"
ROLES = ["viewer", "moderator", "senior", "editor", "administrator"]


@pytest.fixture
def ines(db):
    return moderator("Ines")


@pytest.fixture
def appeal(say, ines):
    author = Reader(user=User.objects.create_user("Sunniva"))
    comment = say("They know nothing.", member=author.user)
    services.moderate(
        comment_id=comment.pk, verb="remove", by=Reader(user=ines), reason="unkind", words="Kindly."
    )
    return services.appeal(comment_id=comment.pk, by=author, words="I named nobody.")


def page_of(appeal):
    return f"{LIST}{appeal.pk}/change/"


def state_of(appeal):
    return Comment.objects.get(pk=appeal.comment_id).state


def test_another_moderator_reads_the_case_and_takes_the_decision_back(appeal):
    client = client_of(moderator("Olga"))
    html = client.get(page_of(appeal)).content.decode()
    for part in ("They know nothing.", "I named nobody.", "Kindly.", "Ines", "What will change"):
        assert part in html, part
    answer = client.post(page_of(appeal), {"outcome": "overturned", "answer": ""})
    assert answer.headers["Location"] == "/admin/discussions/comment/?tab=appeals"
    assert state_of(appeal) == "public"
    assert "the decision was taken back" in client.get(f"{LIST}?which=overturned").content.decode()
    again = client.post(page_of(appeal), {"outcome": "kept", "answer": "Late."})
    assert again.status_code == 409
    assert state_of(appeal) == "public"


def test_the_case_shows_what_the_comment_answers(say, ines):
    author, parent = Reader(user=User.objects.create_user("Sunniva")), say("You are a liar.")
    comment = say("No, you are.", member=author.user, under=parent)
    services.moderate(comment_id=comment.pk, verb="remove", by=Reader(user=ines), reason="unkind")
    made = services.appeal(comment_id=comment.pk, by=author, words="Look at what I answered.")
    html = client_of(moderator("Olga")).get(page_of(made)).content.decode()
    assert html.index("What it answers") < html.index("You are a liar.")


def test_keeping_asks_for_an_answer_and_keeps_what_was_typed(appeal):
    client = client_of(moderator("Olga"))
    answer = client.post(page_of(appeal), {"outcome": "kept", "answer": " "})
    assert answer.status_code == 422
    assert "tell the author why" in answer.content.decode()
    answer = client.post(page_of(appeal), {"outcome": "sideways", "answer": "My long answer."})
    assert answer.status_code == 422
    assert "My long answer." in answer.content.decode()
    client.post(page_of(appeal), {"outcome": "kept", "answer": "It names them."})
    appeal.refresh_from_db()
    assert (appeal.outcome, appeal.answer, state_of(appeal)) == (
        "kept",
        "It names them.",
        "removed",
    )


def test_who_decided_first_is_told_so_and_decides_only_where_nobody_else_can(appeal, ines):
    client = client_of(ines)
    html = client.get(page_of(appeal)).content.decode()
    assert "You made this decision yourself" in html
    other = moderator("Olga")
    html = client.get(page_of(appeal)).content.decode()
    assert "another moderator decides" in html
    assert "data-form" not in html
    answer = client.post(page_of(appeal), {"outcome": "overturned", "answer": "x"})
    assert answer.status_code == 403
    User.objects.filter(pk=other.pk).update(is_active=False)
    client.post(page_of(appeal), {"outcome": "overturned", "answer": ""})
    assert state_of(appeal) == "public"


@pytest.mark.parametrize("role", ["nobody", "member", *ROLES])
def test_an_appeal_is_read_and_decided_by_those_who_moderate_and_by_nobody_else(appeal, role):
    if role == "nobody":
        client = Client()
    elif role == "member":
        client = client_of(User.objects.create_user("Olga"))
    else:
        client = client_of(member_of(role, "Olga"))
    may = role in ("moderator", "senior", "administrator")
    refused = 302 if role in ("nobody", "member") else 403
    for address in (LIST, page_of(appeal)):
        assert client.get(address).status_code == (200 if may else refused), address
    answer = client.post(page_of(appeal), {"outcome": "overturned", "answer": ""})
    assert answer.status_code == (302 if may else refused)
    assert state_of(appeal) == ("public" if may else "removed")


def test_nothing_is_added_deleted_or_changed_by_the_admins_own_ways(appeal):
    client = client_of(User.objects.create_superuser("Root"))
    assert client.get(f"{LIST}add/").status_code == 403
    assert client.post(f"{LIST}{appeal.pk}/delete/", {"post": "yes"}).status_code == 403
    data = {"action": "delete_selected", "_selected_action": [appeal.pk], "index": 0, "post": "yes"}
    assert client.post(LIST, data).status_code == 403
    assert Appeal.objects.count() == 1
    for number in ("0", "x", "9" * 30):
        assert client.get(f"{LIST}{number}/change/").status_code in (302, 404)


@pytest.mark.parametrize("text", OWN)
def test_nothing_hostile_runs_in_what_an_author_or_a_moderator_says(say, ines, text):
    author = Reader(user=User.objects.create_user("Sunniva"))
    comment = say(text, member=author.user)
    services.moderate(
        comment_id=comment.pk, verb="remove", by=Reader(user=ines), reason="unkind", words=text
    )
    reporter = Reader(user=User.objects.create_user("Nora"))
    other = say("Another.")
    services.report_comment(comment_id=other.pk, by=reporter, reason="other", words=text)
    appeal = services.appeal(comment_id=comment.pk, by=author, words=text)
    client = client_of(moderator("Olga"))
    for address in (LIST, page_of(appeal)):
        assert faults_of(client.get(address)) == [], address
    client.post(page_of(appeal), {"outcome": "kept", "answer": text})
    assert faults_of(client.get(page_of(appeal))) == []
    assert faults_of(client_of(author.user).get(f"/comments/{comment.pk}/status/")) == []
    for address in ("/my/reports/", f"/comments/{other.pk}/report/"):
        assert faults_of(client_of(reporter.user).get(address)) == [], address
    sent = client_of(reporter.user).post(f"/comments/{comment.pk}/report/", {"words": text})
    assert sent.status_code in (404, 409, 422)
    assert faults_of(sent) == []
