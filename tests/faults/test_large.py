"""What is far too large, sent to the real server."""

from pathlib import Path

import pytest

from tests.faults.people import NEW, Guest, check_sound

pytestmark = pytest.mark.long
MEGABYTE = 1024 * 1024


def memory_mb(pid):
    """Return what a process holds in memory (Linux)."""
    words = Path(f"/proc/{pid}/status").read_text().split("VmRSS:")[1]
    return int(words.split()[0]) / 1024


def test_a_comment_of_1_mb_is_refused_within_a_second_with_the_limit_and_little_memory(start):
    with start() as site:
        guest = Guest(site.port)
        form = guest.form()
        assert guest.press(form | {"body": "The first, so that all is loaded."}).answer.is_done
        (worker,) = site.workers()
        before = memory_mb(worker)
        answers = [guest.ask(NEW, form | {"body": f"{n} " + "x" * MEGABYTE}) for n in range(20)]
        assert {answer.status for answer in answers} == {413}
        assert all("may have 10,000 characters" in answer.text for answer in answers)
        assert max(answer.seconds for answer in answers) < 1
        assert memory_mb(worker) - before < 20
        # What fits is counted and comes back whole.
        press = guest.press(form | {"body": "x" * (MEGABYTE // 2)})
        assert press.answer.status == 422
        assert "at most 10,000 characters" in press.answer.text
        check_sound(site)


def test_large_bodies_many_fields_and_many_parameters_are_refused(start):
    with start() as site:
        guest = Guest(site.port)
        form = guest.form()
        large = guest.ask(NEW, form | {"body": "x" * int(2.6 * MEGABYTE)})
        assert (large.status, "1 MB" in large.text) == (413, True)
        many = guest.ask(NEW, form | {f"f{n}": "1" for n in range(10_000)})
        assert many.status == 413
        query = "&".join(f"p{n}=1" for n in range(100_000))
        assert guest.ask(f"/lobby/?{query}").status in (400, 414)
        assert guest.ask("/lobby/").status == 200
