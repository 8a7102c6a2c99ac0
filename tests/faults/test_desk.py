"""The moderators' desk, killed in the middle of much work."""

import threading
import time

import pytest

from forum.discussions.models import State
from forum.moderation.admin import MOST_AT_ONCE
from tests.faults.people import Guest, check_sound

pytestmark = [pytest.mark.database, pytest.mark.long]
LIST = "/admin/discussions/comment/"
MADE = f"""
from django.conf import settings
from forum.accounts.models import User
from forum.accounts.readers import Reader
from forum.discussions import services
from tests.bench.shelf import session
keeper = User.objects.create_user("Keeper", is_staff=True, is_superuser=True)
author = services.Author(member=User.objects.create_user("Writer"))
for number in range({MOST_AT_ONCE}):
    made = services.post_comment(author=author, body=f"Waits, {{number}}", topic_id=1).comment
    services.moderate(comment_id=made.pk, verb="hold", by=Reader(user=keeper))
print(settings.SESSION_COOKIE_NAME, session(keeper))
"""
TWO_PROCESSES = {"WEB_CONCURRENCY": "2", "CACHE_URL": "redis://127.0.0.1:1/0"}


def decisions(site):
    """Return how many comments are in each state, and how often one was approved, by comment."""
    states = dict(site.rows("SELECT state, count(*) FROM discussions_comment GROUP BY state"))
    times = site.rows(
        "SELECT comment_id, count(*) FROM discussions_event WHERE verb = 'approve'"
        " GROUP BY comment_id"
    )
    return states, dict(times)


def test_many_decided_at_once_and_killed_midway_each_is_done_whole_and_the_rest_again(start):
    """Repeating the act finishes the rest; no comment is decided twice, none by half."""
    with start(**TWO_PROCESSES) as site:
        keeper = Guest(site.port)
        cookie, key = site.manage("shell", "-v0", "-c", MADE).split()[-2:]
        keeper.cookies[cookie] = key
        page = keeper.ask(f"{LIST}?all=").text
        token = page.split('name="csrfmiddlewaretoken" value="')[1].split('"')[0]
        ids = [pk for (pk,) in site.rows("SELECT id FROM discussions_comment ORDER BY id")]
        sent = {"action": "approve", "select_across": "0", "csrfmiddlewaretoken": token}
        parts = [0]
        for _attempt in range(20):
            answer = []
            press = threading.Thread(
                target=lambda answer=answer: answer.append(
                    keeper.ask(LIST, sent, also=[("_selected_action", pk) for pk in ids])
                )
            )
            press.start()
            while press.is_alive() and decisions(site)[0].get(State.PUBLIC, 0) == parts[-1]:
                time.sleep(0.002)  # until the first is decided
            site.kill(lambda workers: workers)  # whichever of them is at it
            press.join()
            states, times = decisions(site)
            parts.append(states.get(State.PUBLIC, 0))
            assert set(times.values()) <= {1}
            assert len(times) == parts[-1]
            if parts[-1] == len(ids):
                break
        print(parts, answer[0].status)
        assert any(0 < part < len(ids) for part in parts), f"never in the middle: {parts}"
        for _wait in range(100):  # the last kill may still be felt
            if keeper.ask(LIST, sent, also=[("_selected_action", pk) for pk in ids]).status == 302:
                break
            time.sleep(0.1)
        states, times = decisions(site)
        assert states == {State.PUBLIC: len(ids)}
        assert times == dict.fromkeys(ids, 1)
        check_sound(site)
