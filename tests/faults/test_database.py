"""The database goes and comes back while people post. PostgreSQL alone can go without the site."""

import json
import threading
import time

import pytest

from tests import servers
from tests.faults import site as sites
from tests.faults.people import Guest, Writers, check_sound, settle

pytestmark = pytest.mark.postgresql
ANSWER_S = 5  # within which every page says 503
BACK_S = 5  # after which no page says it any more


@pytest.fixture
def database():
    with servers.controlled("postgresql") as server:
        yield server


@pytest.fixture
def site(pattern, tmp_path, database):
    with sites.running(tmp_path / "data", pattern, DATABASE_URL=database.address) as running:
        yield running


def test_restarted_during_200_posts_each_is_there_once(site, database):
    with Writers(site, people=8, each=25, pause_s=0.1) as writers:
        for _restart in range(3):
            time.sleep(0.6)
            database.stop()
            time.sleep(0.2)
            database.start()
            back_at = time.monotonic()
    assert len(writers.presses) == 200
    late = [p for p in writers.presses if p.answer.status == 503 and p.at > back_at + BACK_S]
    assert not late
    print({s: writers.count(s) for s in (302, 503, 0)})
    assert writers.count(503) > 0, "the restarts met no post"
    assert writers.count(0) == 0
    settle(site, writers.presses)
    check_sound(site)
    assert "Traceback" not in Guest(site.port).ask("/lobby/1/").text


def test_a_restart_while_nobody_looks_is_seen_by_nobody(site, database):
    readers = [threading.Thread(target=Guest(site.port).ask, args=["/lobby/"]) for _n in range(16)]
    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join()  # the pool holds several connections now
    database.stop()
    database.start()
    assert [Guest(site.port).ask("/lobby/").status for _n in range(20)] == [200] * 20


@pytest.mark.long
def test_down_for_a_minute_every_page_says_so_in_5_s_and_it_recovers_alone(site, database):
    guests = [Guest(site.port, f"Guest {number}") for number in range(12)]
    forms = [guest.form() | {"body": f"{guest.name} waits"} for guest in guests]
    css = Guest(site.port).ask("/lobby/").text.split('rel="stylesheet" href="')[1].split('"')[0]
    database.stop()
    ends = time.monotonic() + 60
    answers, presses = [], []

    def keep_asking(guest, form):
        while time.monotonic() < ends:
            answers.append(guest.ask("/lobby/"))
            presses.append(guest.press(form))
            time.sleep(0.5)

    threads = [
        threading.Thread(target=keep_asking, args=pair) for pair in zip(guests, forms, strict=True)
    ]
    for thread in threads:
        thread.start()
    time.sleep(10)
    while time.monotonic() < ends - 5:
        static = Guest(site.port).ask(css)
        assert (static.status, static.seconds < 2) == (200, True)
        assert Guest(site.port).ask("/healthz").status == 200
        ready = Guest(site.port).ask("/readyz")
        assert ready.status == 503
        assert json.loads(ready.text)["parts"]["database"].startswith("away")
        assert json.loads(ready.text)["parts"]["cache"] == "ok"
        time.sleep(2)
    for thread in threads:
        thread.join()
    answers += [press.answer for press in presses]
    assert {answer.status for answer in answers} == {503}
    assert max(answer.seconds for answer in answers) < ANSWER_S
    database.start()
    back_at = time.monotonic()
    while Guest(site.port).ask("/lobby/").status != 200:
        assert time.monotonic() < back_at + BACK_S
        time.sleep(0.1)
    last = list({press.body: press for press in presses}.values())
    settle(site, last)
    check_sound(site)
