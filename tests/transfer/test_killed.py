"""An import that is killed (SIGKILL) and run again ends as one that was not."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from django.db import connection

from tests.transfer.wxr import comment, item, wxr

ROOT = Path(__file__).resolve().parents[2]
FILMS, COMMENTS = 8, 900  # the command tells of its progress after some 5,000, then after each page


@pytest.fixture
def databases(tmp_path, transactional_db):
    """Yield the addresses of two empty databases of the kind under test, with their tables."""
    if connection.vendor == "sqlite":
        files = [tmp_path / "killed.sqlite3", tmp_path / "whole.sqlite3"]
        run(f"sqlite:///{files[0]}", "manage.py", "migrate", "-v0")
        shutil.copy(*files)
        yield [f"sqlite:///{file}" for file in files]
        return
    at = connection.settings_dict
    host = f"{at['HOST'] or 'localhost'}:{at['PORT'] or 5432}"
    names = [f"killed_{os.getpid()}", f"whole_{os.getpid()}"]
    addresses = [f"postgresql://{at['USER']}:{at['PASSWORD']}@{host}/{name}" for name in names]
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {names[0]}")
        run(addresses[0], "manage.py", "migrate", "-v0")
        cursor.execute(f"CREATE DATABASE {names[1]} TEMPLATE {names[0]}")
    yield addresses
    with connection.cursor() as cursor:
        for name in names:
            cursor.execute(f"DROP DATABASE {name} WITH (FORCE)")


def environment(address):
    return os.environ | {"DATABASE_URL": address, "PYTHONUNBUFFERED": "1"}


def run(address, *words):
    done = subprocess.run(
        [sys.executable, *words], cwd=ROOT, env=environment(address), capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def stored(address):
    found = json.loads(run(address, "-m", "tests.transfer.stored"))
    assert found["faults"] == []
    return found["stored"]


def kill_in_the_middle(address, words, heads=0):
    """Start the command; kill it when it tells of its progress, after `heads` lines of the file."""
    process = subprocess.Popen(
        [sys.executable, *words],
        cwd=ROOT,
        env=environment(address),
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        for _line in range(heads):
            process.stdout.readline()
        line = process.stdout.readline()
        process.kill()
    assert line.startswith("…")
    assert process.returncode == -9


def test_an_import_killed_twice_and_run_again_ends_as_a_clean_one(databases, tmp_path):
    killed, whole = databases
    path = tmp_path / "export.xml"
    path.write_text(wxr(*[page(number) for number in range(FILMS)]))
    words = ["manage.py", "import_comments", "--format=wordpress", "--films=create", str(path)]

    counts = []
    for _time in range(2):
        kill_in_the_middle(killed, words)
        counts.append(len(stored(killed)[1]))
    assert 0 < counts[0] < counts[1] < FILMS * COMMENTS
    said = run(killed, *words)
    assert f"{counts[1]} here already" in said
    run(whole, *words)
    clean = stored(whole)
    assert len(clean[1]) == FILMS * COMMENTS
    assert stored(killed) == clean


def test_a_list_of_films_killed_twice_and_run_again_ends_as_a_clean_one(databases, tmp_path):
    killed, whole = databases
    path = tmp_path / "films.csv"
    rows = [
        f"Film {n % 6_000},{1950 + n % 70},Person {n % 300},Genre {n % 9},{n}\n"
        for n in range(16_000)
    ]
    path.write_text("title,year,director,genre,id\n" + "".join(rows))
    words = ["manage.py", "import_films", str(path)]

    counts = []
    for heads in (4, 5):  # it tells of its progress in rows, of those that are here too
        kill_in_the_middle(killed, words, heads)
        counts.append(len(stored(killed)[0]))
    assert 0 < counts[0] < counts[1] < 16_000
    assert f"{counts[1]:,} here already" in run(killed, *words)
    run(whole, *words)
    clean = stored(whole)
    assert len(clean[0]) == 16_000
    assert [row[:4] + row[6:8] for row in stored(killed)[0]] == [
        row[:4] + row[6:8] for row in clean[0]
    ]


def page(number):
    """Return a page whose slug, title and category others have too, with replies in odd order."""
    first = number * COMMENTS + 1
    comments = [
        comment(
            first + n,
            parent=first + (n * 7) % n if n % 3 else 0,
            body=f"Comment {first + n}",
            date_gmt=f"2015-01-{n % 28 + 1:02} 12:00:00",
        )
        for n in range(COMMENTS)
    ]
    return item(
        *reversed(comments), post_id=number + 1, wp__post_name="same", title="The same (1999)"
    )
