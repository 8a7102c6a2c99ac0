"""Limits hold as they are written, on the cache of one process and on a real Redis."""

import ipaddress
import threading
import uuid

import pytest
from django.core.cache import cache
from django.core.cache.backends.locmem import LocMemCache
from django.test import RequestFactory

from forum.accounts import limits

pytestmark = pytest.mark.cache


@pytest.fixture
def clock(monkeypatch):
    """A clock that stands at the beginning of every window; clock.now moves it."""

    class Clock:
        now = 1_800_000_000.0

    monkeypatch.setattr(limits.time, "time", lambda: Clock.now)
    return Clock


@pytest.fixture(autouse=True)
def _limits(settings, clock, monkeypatch):
    monkeypatch.setattr(limits, "_asked_again_at", 0.0)
    settings.RATE_LIMITS_ON = True
    settings.RATE_LIMITS = {"post": [(3, 60), (5, 3600)], "read": [(100, 60)]}


@pytest.fixture
def key():
    return uuid.uuid4().hex


def waits(times, scope, key):
    return [limits.hit(scope, key) for _time in range(times)]


def test_the_times_that_are_written_pass_and_the_next_one_waits_for_the_window(key):
    assert waits(4, "post", key) == [0, 0, 0, 61]


def test_a_new_window_lets_in_again_and_the_longer_limit_holds_too(key, clock):
    assert waits(3, "post", key) == [0, 0, 0]
    clock.now += 60
    assert waits(3, "post", key) == [0, 0, 3600 - 60 + 1]


def test_to_wait_as_long_as_was_said_is_enough(key, clock, settings):
    settings.RATE_LIMITS = {"post": [(3, 60)]}
    clock.now += 17.5
    wait = waits(4, "post", key)[-1]
    assert wait == 43
    clock.now += wait
    assert limits.hit("post", key) == 0


def test_keys_and_scopes_are_counted_apart(key):
    waits(4, "post", key)
    assert limits.hit("post", key + "other") == 0
    assert limits.hit("read", key) == 0


def test_nobody_is_nobody_and_is_not_counted(settings):
    assert waits(10, "post", "") == [0] * 10


def test_off_is_off(key, settings):
    settings.RATE_LIMITS_ON = False
    assert waits(10, "post", key) == [0] * 10


def test_threads_together_get_no_more_than_is_written(key):
    passed = []

    def act():
        passed.extend(wait for wait in waits(50, "read", key) if not wait)

    threads = [threading.Thread(target=act) for _number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(passed) == 100


def test_many_other_keys_do_not_push_a_count_out(key):
    waits(4, "post", key)
    waits_of_others = [limits.hit("read", f"{key}{number}") for number in range(500)]
    assert not any(waits_of_others)
    assert limits.hit("post", key) > 0


def test_a_cache_that_is_away_neither_opens_nor_closes_the_door(key, monkeypatch, caplog):
    def away(*args, **kwargs):
        raise ConnectionError("nobody listens")

    monkeypatch.setattr(limits, "_fallback", LocMemCache(key, {}))
    monkeypatch.setattr(cache, "add", away, raising=False)
    assert waits(4, "post", key) == [0, 0, 0, 61]
    assert caplog.text.count("nobody listens") == 1  # it was left alone after that
    monkeypatch.setattr(limits, "_asked_again_at", 0.0)
    monkeypatch.undo()
    assert limits.hit("post", key) == 0


def network(address):
    return limits.network_key(RequestFactory(REMOTE_ADDR=address).get("/"))


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("203.0.113.1", "203.0.113.254", True),
        ("203.0.113.1", "203.0.114.1", False),
        ("2001:db8:1:2::1", "2001:db8:1:ffff::9", True),
        ("2001:db8:1::1", "2001:db8:2::1", False),
        ("203.0.113.1", "::ffff:203.0.113.7", True),
        ("", "not an address", True),
        ("", "203.0.113.1", False),
    ],
)
def test_neighbours_share_a_network_key(one, other, same):
    assert (network(one) == network(other)) is same


def test_a_network_key_does_not_tell_the_address_and_depends_on_the_secret(settings):
    key = network("203.0.113.1")
    assert len(key) == 24
    assert int(key, 16)
    with pytest.raises(ValueError, match="does not appear"):
        ipaddress.ip_address(key)
    settings.SECRET_KEY = "another" * 8
    assert network("203.0.113.1") != key
