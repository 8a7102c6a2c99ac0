"""Processes of the site are killed, stopped and replaced while people post."""

import random
import signal
import time

import pytest

from tests.faults.people import NEW, Answer, Guest, Press, Writers, check_sound, settle

pytestmark = pytest.mark.database
# Two processes want a cache that they share; with the limits off nothing is ever asked of it.
TWO_PROCESSES = {"WEB_CONCURRENCY": "2", "CACHE_URL": "redis://127.0.0.1:1/0"}


def letters_of(site):
    """Return how many letters there are, and how many go to a guest who has no comment."""
    mine = (
        "SELECT 1 FROM accounts_pen p JOIN discussions_comment c ON c.pen_id = p.id"
        ' WHERE p.email = l."to"'
    )
    all_of = "SELECT count(*) FROM worker_letter l"
    return site.rows(all_of)[0][0], site.rows(f"{all_of} WHERE NOT EXISTS ({mine})")[0][0]


@pytest.mark.long
def test_a_worker_killed_every_second_under_load_loses_and_doubles_nothing(start):
    chance = random.Random(4)
    with start(**TWO_PROCESSES, EMAIL_URL="smtp://127.0.0.1:1") as site:
        kills, waits = 0, []
        with Writers(site, people=8, each=75, pause_s=0.2) as writers:
            begun = time.monotonic()
            while writers.are_writing():
                site.kill(lambda workers: [chance.choice(workers)])
                kills += 1
                reader = Guest(site.port)
                while (answer := reader.ask("/lobby/")).status == 0:
                    pass  # it was on the process that died: asked again, as a browser does
                assert answer.status == 200
                waits.append(answer.seconds)
                time.sleep(max(0, begun + kills - time.monotonic()))
        assert kills >= 10
        print(kills, max(waits), {s: writers.count(s) for s in (302, 503, 0)})
        letters, to_nobody = letters_of(site)
        assert letters > 0
        assert to_nobody == 0, "a letter for a comment that is not there"
        settle(site, writers.presses)
        check_sound(site)
        assert "Traceback" not in Guest(site.port).ask("/lobby/1/").text


@pytest.mark.long
def test_a_new_version_started_while_people_post_finishes_answers_and_takes_old_forms(start):
    with start() as site:
        with Writers(site, people=8, each=60, pause_s=0.3) as writers:
            time.sleep(2)
            site.stop(signal.SIGTERM)
            unanswered = [press for press in writers.presses if press.answer.status == 0]
            bodies = site.bodies()
            assert not [press for press in unanswered if press.body in bodies], "cut while answered"
            site.start()
        assert writers.count(0) > 0, "nobody pressed while it was closed"
        assert writers.count(302) > 100
        assert writers.count(302, 0) == 8 * 60
        settle(site, writers.presses)  # forms of the old version, sent to the new one
        check_sound(site)


@pytest.mark.long
def test_who_goes_away_before_the_answer_has_one_comment_or_none(start):
    with start(EMAIL_URL="smtp://127.0.0.1:1") as site:
        presses = []
        for number in range(40):
            guest = Guest(site.port, f"Guest {number}")
            form = guest.form() | {"body": f"Gone, number {number}"}
            guest.send_and_go(form, after_s=0.002 * (number % 10))
            presses.append(Press(guest, NEW, form, Answer(0), time.monotonic()))
        settle(site, presses)
        assert letters_of(site) == (0, 0)
        assert "Traceback" not in site.log()
        check_sound(site)
