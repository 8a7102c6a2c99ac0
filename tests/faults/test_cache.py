"""The cache that processes share hangs, is gone, comes back empty, or holds what nobody wrote."""

import os
import signal

import pytest
import redis

from tests import servers
from tests.faults import site as sites
from tests.faults.people import Guest, fields_of, settle

pytestmark = pytest.mark.redis
PROCESSES = 2
LIMIT = 6  # comments a minute of one author (settings.RATE_LIMITS)


@pytest.fixture
def cache():
    with servers.controlled("redis") as server:
        yield server


@pytest.fixture
def site(pattern, tmp_path, cache):
    settings = {"CACHE_URL": cache.address, "WEB_CONCURRENCY": str(PROCESSES), "RATE_LIMITS": "on"}
    with sites.running(tmp_path / "data", pattern, **settings) as running:
        yield running


def signed_in(site, name):
    make = "from forum.accounts.models import User; User.objects.create_user"
    site.manage("shell", "-v0", "-c", f"{make}('{name}', password='a long password')")
    member = Guest(site.port, name)
    fields = fields_of(member.ask("/login/").text) | {"login": name, "password": "a long password"}
    assert member.ask("/login/", fields).status == 302
    return member


def is_signed_in(member):
    return "Sign out" in member.ask("/lobby/").text


def write_until_limited(member, label):
    """Return the presses up to the first that is told to wait; a minute may end between them."""
    presses = []
    while len(presses) <= 2 * PROCESSES * LIMIT:
        presses.append(member.say(f"{label}, number {len(presses)}."))
        if presses[-1].answer.status == 429:
            return presses
        assert presses[-1].answer.status == 302
        assert presses[-1].answer.seconds < 10
    raise AssertionError("no limit held")


def test_a_cache_that_hangs_goes_and_comes_back_empty_leaves_limits_and_sessions(site, cache):
    members = [signed_in(site, name) for name in ("Ada", "Bo", "Cy", "Di")]
    presses = write_until_limited(members[0], "With the cache")
    assert len(presses) in range(LIMIT + 1, 2 * LIMIT + 2)

    os.kill(cache.process, signal.SIGSTOP)  # it takes what is said and answers nothing
    presses += write_until_limited(members[1], "While it hangs")
    os.kill(cache.process, signal.SIGCONT)

    cache.stop()
    assert all(is_signed_in(member) for member in members)
    assert Guest(site.port).ask("/readyz").status == 503
    presses += write_until_limited(members[2], "While it is gone")

    cache.start()  # and holds nothing any more
    assert all(is_signed_in(member) for member in members)
    sites.wait_until(lambda: Guest(site.port).ask("/readyz").status == 200, 10)
    presses += write_until_limited(members[3], "Wiped")
    settle(site, presses)
    assert "Traceback" not in Guest(site.port).ask("/lobby/1/").text


def test_garbage_in_the_cache_is_taken_for_nothing(site, cache):
    member = signed_in(site, "Ada")
    presses = [member.say("One.")]
    stored = redis.Redis.from_url(cache.address)
    names = list(stored.scan_iter())
    assert names
    for name in names:
        stored.set(name, b"\x80garbage of another version")
    presses += write_until_limited(member, "After it")
    stored.close()
    settle(site, presses)
