"""Full disks: under the database, under the log, under what is uploaded."""

import shutil

import pytest

from tests import servers
from tests.faults import site as sites
from tests.faults.people import Guest, check_sound, settle, write_until
from tests.faults.volumes import mounted

LONG = "word " * 1_900  # near the limit of a comment


@pytest.fixture
def disk():
    with mounted(40) as volume:
        yield volume


def assert_writes_stop_and_reads_go_on(site, disk, but_kb):
    """Fill the disk, write until it is said, read, make room, and write again without a restart."""
    guest = Guest(site.port)
    presses = [guest.say(f"Before. {LONG}")]
    disk.fill(but_kb=but_kb)
    refused = write_until(guest, presses, 503, body=LONG)
    assert "no room left" in refused.answer.text
    assert "THE DISK IS FULL" in site.log()
    assert guest.ask("/lobby/1/").status == 200
    assert guest.ask("/lobby/").status == 200
    assert Guest(site.port).ask("/search/?q=faults").status == 200
    disk.empty()
    settle(site, presses)
    assert guest.say("After.").answer.status == 302
    check_sound(site)


def test_a_full_disk_under_sqlite_stops_writing_not_reading(pattern, disk):
    with sites.running(disk.folder / "data", pattern) as site:
        assert_writes_stop_and_reads_go_on(site, disk, but_kb=64)
        assert site.rows("PRAGMA integrity_check") == [("ok",)]


@pytest.mark.long
@pytest.mark.postgresql
def test_a_full_disk_under_postgresql_stops_writing_not_reading(pattern, tmp_path):
    with mounted(300) as disk, servers.controlled("postgresql", disk.folder) as server:
        settings = {"DATABASE_URL": server.address}
        with sites.running(tmp_path / "data", pattern, **settings) as site:
            assert_writes_stop_and_reads_go_on(site, disk, but_kb=64)


def test_a_full_disk_under_the_log_breaks_no_request(pattern, tmp_path, disk):
    # The cache is away, which is an error to be logged; so is, as JSON, every request.
    settings = {"CACHE_URL": "redis://127.0.0.1:1/0", "RATE_LIMITS": "on", "LOG_FORMAT": "json"}
    folder = tmp_path / "data"
    shutil.copytree(pattern, folder)
    site = sites.Site(folder, **settings)
    site.log_path = disk.folder / "log"
    site.start()
    try:
        guest = Guest(site.port, reads_s=3.1)
        presses = [guest.say("One.")]
        assert "the cache is away" in site.log()
        disk.fill()
        size = site.log_path.stat().st_size
        presses += [guest.say(body) for body in ("Two.", "Three.")]
        assert guest.ask("/no-such-page/").status == 404
        assert site.log_path.stat().st_size - size < 4096  # the rest of its last block
        disk.empty()
        presses.append(guest.say("Four."))
        assert site.log_path.stat().st_size > size
    finally:
        site.stop()
    assert [press.answer.status for press in presses] == [302] * 4
    settle(site, presses)
