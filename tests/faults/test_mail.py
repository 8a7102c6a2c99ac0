"""The mail server takes the connection and then says nothing, for as long as the test lasts."""

import contextlib
import socket

import pytest

from tests.faults.people import Guest, check_sound, fields_of, settle

USUAL_S = 2  # with other tests beside it; without them some hundredths
pytestmark = [pytest.mark.database, pytest.mark.long]


@contextlib.contextmanager
def silent_server():
    with socket.create_server(("127.0.0.1", 0), backlog=100) as silent:
        yield silent, silent.getsockname()[1]


def test_a_mail_server_that_hangs_slows_no_post_no_sign_up_and_no_reset(start):
    with silent_server() as (silent, port), start(EMAIL_URL=f"smtp://127.0.0.1:{port}") as site:
        answers, presses = [], []
        for number in range(10):
            guest = Guest(site.port, f"Guest {number}")
            form = guest.form() | {"body": f"Word {number}", "email": f"g{number}@example.org"}
            presses.append(guest.press(form))
        visitor = Guest(site.port)
        form = fields_of(visitor.ask("/signup/").text)
        new = {"username": "Ada", "email": "ada@example.org", "password1": "a long password"}
        answers.append(visitor.ask("/signup/", form | new))
        reset = "/account/reset/"
        for address in ("ada@example.org", "nobody@example.org"):
            stranger = Guest(site.port)
            form = fields_of(stranger.ask(reset).text)
            answers.append(stranger.ask(reset, form | {"email": address}))
        assert [answer.status for answer in answers] == [302] * 3
        assert answers[1].headers["Location"] == answers[2].headers["Location"]
        assert max(answer.seconds for answer in answers) < USUAL_S
        assert max(press.answer.seconds for press in presses) < USUAL_S
        # The worker beside the site hangs on the first letters; every other one waits in its place.
        silent.settimeout(30)
        silent.accept()[0].close()
        states = site.rows("SELECT state, count(*) FROM worker_letter GROUP BY state")
        assert sum(count for _state, count in states) >= 12
        assert {state for state, _count in states} <= {"queued", "sending"}
        settle(site, presses)
        check_sound(site)
