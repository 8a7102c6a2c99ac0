"""Several act on one thing at the same moment, through two processes of the real site."""

import re
import threading
import time
from functools import partial

import pytest

from tests.faults import staff
from tests.faults.people import Guest, Writers, check_sound, fields_of, settle

pytestmark = [pytest.mark.database, pytest.mark.long]
TWO_PROCESSES = {"WEB_CONCURRENCY": "2", "CACHE_URL": "redis://127.0.0.1:1/0"}


@pytest.fixture
def site(start):
    with start(**TWO_PROCESSES) as running:
        yield running


def at_once(*acts):
    """Do all at the same moment, each in a thread; return what they gave."""
    results, errors = [None] * len(acts), []
    together = threading.Barrier(len(acts))

    def do(place, act):
        together.wait()
        try:
            results[place] = act()
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=do, args=pair) for pair in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]
    return results


def number_of(press):
    """The id of the comment that a press led to."""
    return int(re.search(r"#c(\d+)$|/comments/(\d+)/", press.answer.headers["Location"])[1])


def test_a_form_sent_four_times_at_once_makes_one_comment_and_one_pen(site):
    presses = []
    for number in range(20):
        guest = Guest(site.port, f"Guest {number}")
        form = guest.form() | {"body": f"Impatient, number {number}"}
        same = at_once(*[partial(guest.press, form)] * 4)
        assert [press.answer.status for press in same] == [302] * 4
        assert len({press.answer.headers["Location"] for press in same}) == 1
        presses.append(same[0])
    settle(site, presses)
    assert site.rows("SELECT count(*) FROM accounts_pen") == [(20,)]
    check_sound(site)


def test_a_removal_wins_over_an_edit_at_the_same_moment_and_the_text_comes_back(site):
    told = {302: 0, 409: 0}
    with staff.at_work(site) as do:
        for number in range(25):
            guest = Guest(site.port)
            posted = number_of(guest.say(f"As it was, {number}"))
            path = f"/comments/{posted}/edit/"
            form = fields_of(guest.ask(path).text) | {"body": f"Edited, {number} & more"}
            pause = 0.004 * (number % 8)
            edited, _removed = at_once(
                partial(guest.press, form, path),
                lambda pause=pause, posted=posted: time.sleep(pause) or do("remove", posted),
            )
            told[edited.answer.status] += 1
            found = site.rows(
                "SELECT c.state, t.body FROM discussions_comment c"
                " JOIN discussions_commenttext t ON t.comment_id = c.id WHERE c.id = %s",
                [posted],
            )
            if edited.answer.status == 409:
                assert "taken away while you were editing" in edited.answer.text
                assert found == [("removed", f"As it was, {number}")]
            else:
                assert found == [("removed", f"Edited, {number} & more")]
            late = guest.press(form, path)
            assert late.answer.status == 409
    assert sum(told.values()) == 25
    check_sound(site)


def test_two_edits_at_the_same_moment_the_second_is_told_and_sees_both(site):
    for number in range(25):
        guest = Guest(site.port)
        posted = number_of(guest.say(f"As it was, {number}"))
        path = f"/comments/{posted}/edit/"
        form = fields_of(guest.ask(path).text)
        bodies = [f"This window, {number}", f"That window, {number}"]
        presses = at_once(*[
            partial(guest.press, form | {"body": body}, path)
            for body in bodies
        ])  # fmt: skip
        assert sorted(press.answer.status for press in presses) == [302, 409]
        kept, told = sorted(presses, key=lambda press: press.answer.status)
        assert kept.body in told.answer.text
        body = site.rows("SELECT body FROM discussions_commenttext WHERE comment_id = %s", [posted])
        assert body == [(kept.body,)]
        earlier = site.rows("SELECT body FROM discussions_revision WHERE comment_id = %s", [posted])
        assert earlier == [(f"As it was, {number}",)]
    check_sound(site)


def test_a_branch_removed_while_people_reply_in_it_shows_none_and_gives_the_words_back(site):
    root = number_of(Guest(site.port).say("The root"))
    writers = Writers(site, people=8, each=15, pause_s=0.02, path=f"/comments/{root}/reply/")
    with staff.at_work(site) as do, writers:
        while len(writers.presses) < 40:
            time.sleep(0.01)
        do("hide", root)
    assert writers.count(302) >= 40
    assert writers.count(404, 409, 410) > 0, "nobody was late"
    assert writers.count(302) + writers.count(404, 409, 410) == 8 * 15
    assert site.rows("SELECT count(*) FROM discussions_comment WHERE state <> 'purged'") == [(0,)]
    bodies = site.bodies()
    assert len(bodies) == 1 + writers.count(302)
    assert Guest(site.port).ask("/lobby/1/").text.count("says number") == 0
    check_sound(site)
