"""What ./run does inside the environment, once with the real server."""

import json
import os
import signal
import socket
import sqlite3
import stat
import subprocess
import sys
import threading
import time
import urllib.request
from contextlib import closing
from pathlib import Path

import pytest

from forum import start
from forum.accounts.models import User
from tests.lanes import plain_environment

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture
def port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def environment(folder, **settings):
    # A coverage or test setting of this run is no business of the server's.
    return {**plain_environment(folder), "DEMO": "off", "PYTHONUNBUFFERED": "1", **settings}


def serve(folder, port, number=signal.SIGINT, **settings):
    """Start the server, ask /readyz once, stop it; return (lines, errors, exit status, answer)."""
    process = subprocess.Popen(
        [sys.executable, "-m", "forum.start"], cwd=ROOT, text=True,
        env=environment(folder, PORT=str(port), **settings),
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        # Tests that run under nohup would hand down that a closed terminal means nothing.
        preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_DFL),
    )  # fmt: skip
    lines = []
    for line in process.stdout:
        lines.append(line.rstrip())
        if line.startswith("Foyer is open"):
            break
    else:
        pytest.fail(f"it did not open: {lines} {process.stderr.read()}")
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=30) as answer:
        ready = answer.read()
    process.send_signal(number)
    rest, errors = process.communicate(timeout=60)
    return lines + rest.splitlines(), errors, process.returncode, ready


def left_running(folder):
    """Return the processes that still work on the data in `folder`."""
    mark = f"DATA_DIR={folder}".encode()
    found = []
    for path in Path("/proc").glob("[0-9]*/environ"):
        try:
            if mark in path.read_bytes() and int(path.parent.name) != os.getpid():
                found.append(path.parent.name)
        except OSError:
            continue
    return found


def test_it_serves_stops_whole_and_starts_again_without_repeating_itself(tmp_path, port):
    lines, _errors, status, ready = serve(tmp_path, port)
    assert lines[0].startswith("Migrating the database (")
    assert lines[1:] == [
        "Collecting static files",
        f"Foyer is open: http://127.0.0.1:{port}  (Ctrl-C stops it)",
        "Stopped.",
    ]
    assert b'"ok": true' in ready
    assert status == 0
    assert left_running(tmp_path) == []

    lines, errors, status, _ready = serve(tmp_path, port, signal.SIGTERM)
    assert lines == [f"Foyer is open: http://127.0.0.1:{port}  (Ctrl-C stops it)", "Stopped."]
    assert "Traceback" not in errors
    assert status == 0
    assert left_running(tmp_path) == []

    # Migrations are due again: the file is copied aside before they run.
    subprocess.run(
        [sys.executable, "manage.py", "migrate", "transfer", "zero", "--verbosity", "0"],
        cwd=ROOT,
        env=environment(tmp_path),
        check=True,
    )
    lines, _errors, _status, ready = serve(tmp_path, port, signal.SIGHUP)
    copy = next(tmp_path.glob("foyer.sqlite3.before-*"))
    assert lines[0] == f"Copied the database to {copy}"
    assert lines[1].startswith("Migrating the database (")
    assert lines[-1] == "Stopped."
    assert b'"ok": true' in ready


def test_its_log_is_json_and_names_no_sender_where_that_is_asked_for(tmp_path, port):
    """One line for the request, one for what was no request; with WORKER_BESIDE=off there is no worker."""
    process = subprocess.Popen(
        [sys.executable, "-m", "forum.start"], cwd=ROOT, text=True,
        env=environment(tmp_path, PORT=str(port), LOG_FORMAT="json", WORKER_BESIDE="off"),
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    for line in process.stdout:
        if line.startswith("Foyer is open"):
            break
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=30) as answer:
        name = answer.headers["X-Request-ID"]
    with socket.create_connection(("127.0.0.1", port), timeout=30) as odd:
        odd.sendall(b"GET /hello Ann\r\n\r\n")
        assert b"400" in odd.recv(1000)
    beside = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    process.send_signal(signal.SIGINT)
    _rest, errors = process.communicate()
    lines = [json.loads(line) for line in errors.splitlines()]
    assert [line["request"] for line in lines if line.get("page") == "healthz"] == [name]
    assert [line["says"] for line in lines if line["name"] == "gunicorn.error"] == [
        "Invalid request"
    ]
    assert "127.0.0.1" not in errors
    assert "Ann" not in errors
    assert len(beside) == 1  # the process that answers


@pytest.mark.parametrize("command", [["-m", "forum.start"], ["manage.py", "check"]])
def test_a_malformed_setting_is_one_line(tmp_path, command):
    done = subprocess.run(
        [sys.executable, *command], cwd=ROOT, env=environment(tmp_path, PORT="eight"),
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "PORT: 'eight' is not a number from 1 to 65535\n"


def test_a_database_that_does_not_answer_is_one_line(tmp_path, port):
    address = f"postgresql://foyer@127.0.0.1:{port}/foyer"  # nobody listens there
    done = subprocess.run(
        [sys.executable, "-m", "forum.start"], cwd=ROOT,
        env=environment(tmp_path, DATABASE_URL=address, PORT=str(port)),
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr.startswith("DATABASE_URL: the database does not answer")
    assert done.stderr.count("\n") == 1


def said(capsys):
    words = capsys.readouterr().err
    assert words.count("\n") == 1
    return words


def test_a_taken_port_is_named(capsys):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(SystemExit) as stopped:
            start.take_port("127.0.0.1", port)
    assert stopped.value.code == 1
    assert said(capsys).startswith(f"PORT: {port} is taken.")


def test_an_address_of_another_machine_is_named(capsys):
    with pytest.raises(SystemExit):
        start.take_port("192.0.2.1", 8000)
    assert said(capsys).startswith("HOST: 192.0.2.1 is not an address of this machine")


@pytest.mark.parametrize("host", ["::1", "[::1]", "localhost"])
def test_a_host_may_be_a_name_or_an_address_of_either_kind(host, port):
    with closing(start.take_port(host, port)) as listener:
        assert listener.getsockname()[1] == port


def test_a_folder_that_cannot_be_written_is_named(tmp_path, capsys):
    (tmp_path / "file").touch()
    with pytest.raises(SystemExit):
        start.check_writable(tmp_path / "file" / "data")
    assert said(capsys).startswith(f"DATA_DIR: {tmp_path}/file/data cannot be written")


def test_a_database_in_use_is_copied_whole(tmp_path):
    path = tmp_path / "foyer.sqlite3"
    with closing(sqlite3.connect(path)) as writer:
        writer.execute("PRAGMA journal_mode=WAL")
        writer.execute("CREATE TABLE talk (words TEXT)")
        writer.execute("INSERT INTO talk VALUES ('kept')")
        writer.commit()
        path.chmod(0o600)
        copy = start.copy_aside(path)
    assert copy.parent == tmp_path
    assert not copy.name.endswith(".sqlite3")
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    with closing(sqlite3.connect(copy)) as kept:
        assert kept.execute("SELECT words FROM talk").fetchall() == [("kept",)]


def test_an_empty_database_is_not_copied(tmp_path):
    assert start.copy_aside(tmp_path / "foyer.sqlite3") is None
    assert list(tmp_path.glob("*before*")) == []


def test_a_copy_that_fails_stops_before_the_migration(tmp_path, monkeypatch, capsys):
    path = tmp_path / "foyer.sqlite3"
    with closing(sqlite3.connect(path)) as writer:
        writer.execute("CREATE TABLE talk (words TEXT)")

    def full(*args):
        raise OSError("no space left")

    monkeypatch.setattr(start.shutil, "copymode", full)
    with pytest.raises(SystemExit):
        start.copy_aside(path)
    assert "(no space left); it was not migrated." in said(capsys)
    assert list(tmp_path.glob("*before*")) == []


@pytest.fixture
def commands(monkeypatch):
    called = []
    monkeypatch.setattr(
        "django.core.management.call_command", lambda *words, **_: called.append(words)
    )
    return called


@pytest.mark.django_db
def test_the_demo_fills_an_empty_site_and_no_other(settings, commands):
    settings.DEMO = False
    start.load_demo()
    assert commands == []
    settings.DEMO = True
    start.load_demo()
    assert commands == [("load_demo",)]
    User.objects.create_user("Sunniva", password="lantern-soft-9")
    start.load_demo()
    assert commands == [("load_demo",)]


def test_static_files_are_collected_once_a_release(settings, commands, tmp_path):
    settings.DATA_DIR = tmp_path
    for release in ("one", "one", "two"):
        settings.RELEASE = release
        start.collect_static()
    assert commands == [("collectstatic",)] * 2


@pytest.fixture
def program(monkeypatch, tmp_path):
    """program(script): what runs in place of Python; return the file in which it writes."""

    def put(script):
        path, log = tmp_path / "python", tmp_path / "log"
        path.write_text(f'#!/bin/sh\necho "$*" >> {log}\n{script}\n')
        path.chmod(0o755)
        monkeypatch.setattr(start.sys, "executable", str(path))
        return log

    return put


def lines_of(log, count):
    while not log.exists() or len(log.read_text().splitlines()) < count:
        time.sleep(0.02)
    return log.read_text().splitlines()


def until_no_keeper():
    while any(thread.name == "keeper" for thread in threading.enumerate()):
        time.sleep(0.02)


def test_a_worker_that_ends_is_started_again_after_waits_that_grow(monkeypatch, program):
    log, waits = program("exit 1"), []
    keeper = start.Keeper()

    def wait(seconds):
        waits.append(seconds)
        return len(waits) == 9

    monkeypatch.setattr(keeper.stopped, "wait", wait)
    keeper.start()
    assert lines_of(log, 9) == [f"{ROOT / 'manage.py'} worker --beside"] * 9
    until_no_keeper()
    assert waits == [1, 2, 4, 8, 16, 32, 60, 60, 60]
    keeper.stop()


def test_a_worker_is_told_to_end_with_the_server(program):
    keeper = start.Keeper()
    log = program("exec sleep 60")
    keeper.start()
    lines_of(log, 1)
    keeper.stop()
    assert keeper.child.returncode == -signal.SIGTERM
    until_no_keeper()
    assert len(log.read_text().splitlines()) == 1


def test_a_worker_that_does_not_end_is_killed_after_a_while(monkeypatch, program):
    monkeypatch.setattr(start, "GRACE_S", 0.1)
    keeper = start.Keeper()
    log = program("trap '' TERM; echo deaf >> $0.deaf; while :; do sleep 1; done")
    keeper.start()
    lines_of(log.with_name("python.deaf"), 1)
    keeper.stop()
    assert keeper.child.returncode == -signal.SIGKILL
    until_no_keeper()


def worker_at_work(folder, but=""):
    """Wait for a worker whose sign is not `but`; return its name and process id."""
    while True:
        with closing(sqlite3.connect(folder / "foyer.sqlite3")) as database:
            rows = database.execute("SELECT name FROM worker_sign ORDER BY id DESC").fetchall()
        if rows and rows[0][0] != but:
            return rows[0][0], int(rows[0][0].split("-")[-2])
        time.sleep(0.05)


def test_the_worker_comes_back_when_it_is_killed_and_ends_when_the_server_is(tmp_path, port):
    server = subprocess.Popen(
        [sys.executable, "-m", "forum.start"], cwd=ROOT, text=True,
        env=environment(tmp_path, PORT=str(port)),
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    with server:
        while not server.stdout.readline().startswith("Foyer is open"):
            assert server.poll() is None
        name, pid = worker_at_work(tmp_path)
        os.kill(pid, signal.SIGKILL)
        _name, pid = worker_at_work(tmp_path, but=name)
        server.kill()  # nothing can be told to anybody any more
        while Path(f"/proc/{pid}").exists():
            time.sleep(0.05)
