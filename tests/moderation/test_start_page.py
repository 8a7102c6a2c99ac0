"""The admin's start page: what waits, for those who may decide about it and for nobody else."""

import re
from unittest import mock

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from films.services import create_category, create_film
from forum.accounts.models import User
from forum.accounts.readers import Reader
from forum.discussions import services
from forum.discussions.models import Appeal, Comment, Event, Report
from forum.discussions.services import waiting
from forum.moderation.models import Scope
from tests.moderation.conftest import LIST, client_of, member_of, moderator, person

START = "/admin/"
pytestmark = pytest.mark.django_db


def counts(client):
    html = client.get(START).content.decode()
    assert ("What waits for you" in html) == ('class="module waiting"' in html)
    found = re.findall(rf'<a href="{LIST}\?tab=(\w+)"><b>([\d,+]+)</b> ([\w ]+)</a>', html)
    return {name: (count, words) for name, count, words in found}


def report(comment):
    Report.objects.create(comment=comment, reason="spam")
    waiting.keep_due(Comment.objects.get(pk=comment.pk))


def test_it_says_what_waits_and_leads_to_each_tab(say):
    ines = moderator()
    say(state="held")
    say(state="held")
    report(say())
    services.moderate(
        comment_id=say().pk, verb="remove", by=Reader(user=ines), reason="unkind", words=""
    )
    gone = Event.objects.latest("pk")
    Appeal.objects.create(event=gone, comment_id=gone.comment_id, words="Why?")
    client = client_of(ines)
    assert counts(client) == {
        "needs": ("3", "Needs decision"),
        "reported": ("1", "Reported"),
        "held": ("2", "Held"),
        "appeals": ("1", "Appeals"),
    }
    shown = client.get(f"{LIST}counts/").json()
    for name, (count, _words) in counts(client).items():
        assert shown[name] == count
        assert client.get(f"{LIST}?tab={name}").status_code == 200


def test_who_may_not_moderate_sees_nothing_of_it(say):
    say(state="held")
    for client in (
        client_of(member_of("viewer", "Olga")),
        client_of(member_of("editor", "Edda")),
        client_of(person("Ruth", "accounts.view_user")),
    ):
        with CaptureQueriesContext(connection) as asked:
            assert counts(client) == {}
        assert not [one for one in asked.captured_queries if "counted" in (one["sql"] or "")]


def test_a_moderator_of_one_film_sees_what_waits_there(say):
    film = create_film(title="Ours", category=create_category(name="History"), state="published")
    say(state="held")
    olga = member_of("moderator", "Olga")
    Scope.objects.create(member=olga, film=film)
    client = client_of(User.objects.get(pk=olga.pk))
    assert counts(client)["needs"][0] == "0"


def test_it_takes_the_one_query_of_the_tabs_however_much_waits(say):
    client = client_of(moderator())
    client.get(START)

    def cost():
        with CaptureQueriesContext(connection) as asked:
            assert client.get(START).status_code == 200
        return len(asked)

    with mock.patch("forum.moderation.start_page.counted", return_value=[]):
        without = cost()
    assert cost() == without + 1
    for number in range(20):
        say(name=f"N{number}", state="held")
    assert cost() == without + 1
