"""The clock is an hour fast and set back; the clocks of two servers differ."""

import contextlib
import shutil

import pytest

from tests import servers
from tests.faults import site as sites
from tests.faults.people import Guest, check_sound, fields_of, settle

HOUR_S = 3600


@contextlib.contextmanager
def wrong(folder, pattern, clock_file, ahead_s, **settings):
    """Yield a running site whose clock is `ahead_s` fast, and a function that sets it."""

    def set_clock(seconds):
        clock_file.write_text(str(seconds))

    set_clock(ahead_s)
    shutil.copytree(pattern, folder)
    site = sites.Site(folder, module="tests.faults.clock", CLOCK_FILE=str(clock_file), **settings)
    site.start()
    try:
        yield site, set_clock
    finally:
        site.stop()


def test_an_hour_fast_and_set_back_keeps_order_windows_and_limits(pattern, tmp_path):
    with wrong(tmp_path / "data", pattern, tmp_path / "clock", HOUR_S, RATE_LIMITS="on") as (
        site,
        set_clock,
    ):
        guest = Guest(site.port, reads_s=3.1)
        presses = [guest.say(f"Fast {number}.") for number in range(3)]
        ids = [row[0] for row in site.rows("SELECT id FROM discussions_comment ORDER BY id")]
        form, edit = guest.form(), guest.ask(f"/comments/{ids[0]}/edit/")
        assert edit.status == 200

        set_clock(0)
        # Forms, tokens and the pen from the fast hour are as good as before.
        presses.append(guest.press(form | {"body": "Set back 0."}))
        assert presses[-1].answer.status == 302
        presses += [guest.say(f"Set back {number}.") for number in range(1, 3)]
        # Six in the hour to come and none yet in this minute: nobody waits for the clock.
        assert [press.answer.status for press in presses] == [302] * 6
        stored = site.rows(
            "SELECT t.body FROM discussions_comment c JOIN discussions_commenttext t"
            " ON t.comment_id = c.id ORDER BY c.id"
        )
        assert [body for (body,) in stored] == [press.body for press in presses]
        page = guest.ask("/lobby/1/").text
        assert "in 59 minutes" not in page
        places = [page.index(press.body) for press in presses]
        assert places == sorted(places)

        # The window of an edit is never negative or endless: its 15 minutes end where they began.
        fields = fields_of(edit.text) | {"body": "Fast 0, edited."}
        assert guest.ask(f"/comments/{ids[0]}/edit/", fields).status == 302
        set_clock(HOUR_S + 16 * 60)
        assert guest.ask(f"/comments/{ids[0]}/edit/").status == 403
        set_clock(0)
        assert guest.ask(f"/comments/{ids[0]}/edit/").status == 200
        presses[0].fields["body"] = "Fast 0, edited."
        settle(site, presses)
        check_sound(site)


@pytest.mark.long
@pytest.mark.postgresql
def test_two_servers_30_s_apart_know_each_others_sessions_and_forms(pattern, tmp_path):
    with servers.postgresql() as address, contextlib.ExitStack() as stack:
        shared = {"DATABASE_URL": address, "SECRET_KEY": "of both servers " * 4}
        one = stack.enter_context(sites.running(tmp_path / "one", pattern, **shared))
        two, _set = stack.enter_context(
            wrong(tmp_path / "two", pattern, tmp_path / "clock", 30, **shared)
        )
        make = "from forum.accounts.models import User; User.objects.create_user"
        one.manage("shell", "-v0", "-c", f"{make}('Ada', password='a long password')")
        for first, second in ((one, two), (two, one)):
            member = Guest(first.port, "Ada")
            fields = fields_of(member.ask("/login/").text)
            member.ask("/login/", fields | {"login": "Ada", "password": "a long password"})
            guest = Guest(first.port, "Nils")
            forms = [member.form() | {"body": f"Ada to {second.port}"}]
            forms.append(guest.form() | {"body": f"Nils to {second.port}"})
            member.port = guest.port = second.port
            assert "Sign out" in member.ask("/lobby/").text
            presses = [member.press(forms[0]), guest.press(forms[1])]
            assert [press.answer.status for press in presses] == [302, 302]
        check_sound(one)
