"""./run test itself: nothing is left out in silence, no server outlives who asked for it."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests import lanes, servers
from tests.faults import record


@pytest.fixture
def ran(monkeypatch):
    """Lanes that do not run but answer as `ran` says: {name: (exit status, closing line)}."""
    answers = {lane.name: (0, f"{lane.name}: 9 passed in 1.00s") for lane in lanes.LANES}
    monkeypatch.setattr(lanes, "run_lane", lambda lane, _long, _words: answers[lane.name])
    monkeypatch.setattr(lanes, "FOUND", {})
    return answers


def test_every_lane_runs_and_the_last_line_is_pytests_own(ran, capsys):
    assert lanes.main([]) == 0
    said = capsys.readouterr().out.splitlines()
    assert [line for line in said if " passed in " in line] == [words for _, words in ran.values()]
    assert said[-1] == ran["nginx"][1]
    assert "Left out: tests marked long (--long runs them)" in said


def test_the_last_lines_say_which_lane_was_left_out_and_by_which_flag(ran, capsys):
    assert lanes.main(["--no-browser", "--no-redis", "--long"]) == 0
    said = capsys.readouterr().out
    assert "Left out: the Redis lane (--no-redis), the browser lane (--no-browser)" in said
    assert ran["browser"][1] not in said
    lanes.main(["--long"])
    assert "Left out: nothing\n" in capsys.readouterr().out


@pytest.mark.parametrize("lane", ["sqlite", "postgresql", "redis", "browser", "nginx"])
def test_one_failing_lane_fails_the_whole(ran, lane):
    ran[lane] = (1, "1 failed, 8 passed in 1.00s")
    assert lanes.main([]) == 1


def test_a_server_that_does_not_start_fails_its_lane(ran, monkeypatch, capsys):
    def missing(*_):
        raise servers.Missing("postgresql did not start")

    monkeypatch.setattr(lanes, "run_lane", missing)
    assert lanes.main([]) == 1
    assert "postgresql did not start" in capsys.readouterr().out


def test_a_lane_without_tests_is_a_failure_unless_tests_were_chosen(ran):
    ran["redis"] = (lanes.NOTHING_RAN, "no tests ran in 0.10s")
    assert lanes.main([]) == 1
    assert lanes.main(["-k", "names"]) == 0
    ran |= dict.fromkeys(ran, ran["redis"])
    assert lanes.main(["-k", "no such name"]) == 1


def test_words_that_are_no_flag_of_ours_go_to_pytest():
    options, for_pytest = lanes.parse(["--long", "tests/films", "-x", "--no-header"])
    assert options.long
    assert for_pytest == ["tests/films", "-x", "--no-header"]


@pytest.fixture
def nothing_here(monkeypatch):
    monkeypatch.setattr(lanes, "FOUND", dict.fromkeys(lanes.FOUND, lambda: None))
    done = []
    monkeypatch.setattr(lanes.subprocess, "run", lambda words, **_: done.append(words))
    return done


def test_what_is_missing_fails_with_the_one_line_that_brings_it(nothing_here):
    with pytest.raises(SystemExit) as stopped:
        lanes.have_what_is_needed(lanes.LANES, may_install=False)
    assert (
        "Install: apt-get install postgresql redis-server chromium-headless-shell nginx-light\n"
        in str(stopped.value)
    )
    assert nothing_here == []


def test_only_what_a_lane_needs_is_missed(nothing_here):
    lanes.have_what_is_needed(lanes.LANES[:1], may_install=False)


def test_root_may_have_it_installed(nothing_here, monkeypatch):
    monkeypatch.setattr(lanes.os, "geteuid", lambda: 0)
    with pytest.raises(SystemExit):
        lanes.have_what_is_needed(lanes.LANES, may_install=True)
    assert nothing_here[0] == ["apt-get", "-qq", "update"]
    assert nothing_here[1][-4:] == [
        "postgresql",
        "redis-server",
        "chromium-headless-shell",
        "nginx-light",
    ]


def test_another_user_has_nothing_installed(nothing_here, monkeypatch):
    monkeypatch.setattr(lanes.os, "geteuid", lambda: 1000)
    with pytest.raises(SystemExit):
        lanes.have_what_is_needed(lanes.LANES, may_install=True)
    assert nothing_here == []


def test_the_closing_line_is_found_behind_colours_and_split_letters():
    code = "import sys, time; w = sys.stdout.buffer.write; w('é one\\n'.encode()[:1]);"
    code += " sys.stdout.flush(); w('é one\\n'.encode()[1:]); print('\\x1b[32m3 passed\\x1b[0m in 1s\\n')"
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
    assert lanes.repeat(process) == "3 passed in 1s"
    process.stdout.close()


def test_a_lane_does_not_see_the_settings_of_who_runs_it(monkeypatch, tmp_path):
    monkeypatch.setenv("SITE_URL", "https://films.example.org")
    monkeypatch.setenv("DATABASE_URL", "postgresql://db.example.org/films")
    environment = lanes.plain_environment(tmp_path)
    assert environment["DATA_DIR"] == str(tmp_path)
    assert not {"SITE_URL", "DATABASE_URL"} & environment.keys()
    assert environment["PATH"] == os.environ["PATH"]


def listens(address):
    parts = urlsplit(address)
    with socket.socket() as probe:
        return probe.connect_ex((parts.hostname, parts.port)) == 0


def wait_until_closed(address):
    while listens(address):
        time.sleep(0.02)


@pytest.mark.redis
def test_a_server_ends_with_the_block_that_asked_for_it():
    with servers.redis() as address:
        assert listens(address)
    assert not listens(address)


@pytest.mark.redis
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_server_ends_with_the_process_that_asked_for_it(number):
    code = "from tests import servers\nwith servers.redis() as address: print(address, flush=True); input()"
    asker = subprocess.Popen(
        [sys.executable, "-c", code],
        cwd=servers.ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    address = asker.stdout.readline().strip()
    assert listens(address)
    asker.send_signal(number)
    asker.communicate()
    wait_until_closed(address)


def test_a_program_that_is_not_here_is_missed(monkeypatch, tmp_path):
    monkeypatch.setattr(servers, "find_redis", lambda: None)
    with pytest.raises(servers.Missing, match="neither Redis nor Valkey"):
        servers._start_redis(tmp_path)


def test_a_browser_is_looked_for_where_it_is_named_first(monkeypatch, tmp_path):
    program = tmp_path / "chrome"
    program.touch(mode=0o755)
    monkeypatch.setenv("CHROMIUM", str(program))
    assert servers.find_browser() == str(program)
    monkeypatch.setenv("CHROMIUM", str(tmp_path / "gone"))
    monkeypatch.setenv("PATH", str(tmp_path))
    assert servers.find_browser() == str(program)


REPORT = """<testsuites><testsuite>
<testcase classname="tests.faults.test_disks" name="test_full" time="4.4"/>
<testcase classname="tests.faults.test_disks" name="test_late" time="1"><failure/></testcase>
<testcase classname="tests.faults.test_disks" name="test_none" time="0"><skipped message="no root"/></testcase>
<testcase classname="tests.test_env" name="test_other" time="1"/>
</testsuite></testsuites>"""


def test_a_long_run_writes_down_each_fault_with_its_outcome(ran, monkeypatch, tmp_path):
    def run_lane(lane, _long, words):
        files = [word for word in words if word.startswith("--junitxml=")]
        if lane.name == "sqlite" and files:
            Path(files[0].removeprefix("--junitxml=")).write_text(REPORT)
        return ran[lane.name]

    page = tmp_path / "operations.md"
    page.write_text("# Operations\n\nBy hand.\n")
    monkeypatch.setattr(record, "PAGE", page)
    monkeypatch.setattr(lanes, "run_lane", run_lane)
    for _time in range(2):
        assert lanes.main(["--long", "tests/faults"]) == 0
    written = page.read_text()
    assert written.startswith("# Operations\n\nBy hand.\n")
    assert written.count("<!-- faults begins -->") == 1
    assert "| SQLite | test_disks: test_full | passed | 4 |" in written
    assert "| SQLite | test_disks: test_late | FAILED | 1 |" in written
    assert "| SQLite | test_disks: test_none | not run: no root | 0 |" in written
    assert "test_other" not in written

    page.unlink()
    lanes.main(["tests/faults"])  # not long
    lanes.main(["--long", "-k", "one"])  # not all
    assert not page.exists()
