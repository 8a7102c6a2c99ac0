"""A topic, people, and posting as they do it."""

import re
import uuid
from datetime import UTC, datetime, timedelta
from unittest import mock

import pytest
from django.conf import settings
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from forum.accounts.models import User
from forum.accounts.readers import ANYBODY, Reader, pen_with_secret
from forum.discussions import checks, services
from forum.discussions.kept import kept
from forum.discussions.models import Comment, Visit
from forum.discussions.seen import Seen, written
from tests.discussions.people import browser


@pytest.fixture(autouse=True)
def _nothing_kept():
    """Pages are made anew, and no limit counts what a test before did."""
    kept.clear()
    cache.clear()


@pytest.fixture(params=["member", "guest"])
def looked(request, topic, astrid):
    """looked(ago) -> the browser of somebody who saw the talk so long ago, and not since."""

    def was_here(ago):
        at = timezone.now() - ago
        if request.param == "member":
            Visit.objects.create(member=astrid, topic=topic, since=at, seen_at=at)
            return browser(astrid)
        client = Client()
        client.cookies[settings.SEEN_COOKIE_NAME] = written({topic.pk: Seen(at, at)}, at)
        return client

    return was_here


@pytest.fixture
def member(db):
    return User.objects.create_user("Sunniva", password="lantern-soft-9")


@pytest.fixture
def staff(db):
    return User.objects.create_superuser("Ruth", password="lantern-soft-9")


@pytest.fixture
def nora(db):
    """A member who reports."""
    return Reader(user=User.objects.create_user("Nora"))


@pytest.fixture
def ruth(db):
    """Staff that decides."""
    return Reader(user=User.objects.create_superuser("Ruth"))


@pytest.fixture
def guest(db):
    pen, _secret, _is_new = pen_with_secret("", "Nils")
    return services.Author(pen=pen, name="Nils")


@pytest.fixture
def post(topic, guest):
    """post(text, under=None, author=guest, state="public") -> Comment"""

    def post_one(text="Something was said.", under=None, author=None, state="public"):
        where = {"parent_id": under.pk} if under else {"topic_id": topic.pk}
        body = f"{text} {uuid.uuid4().hex[:6]}" if text == "Something was said." else text
        comment = services.post_comment(author=author or guest, body=body, **where).comment
        if state != "public":
            by = Reader(user=author.member if author else None, pen=guest.pen)
            if state == "deleted":
                services.delete_comment(comment_id=comment.pk, by=by)
            else:
                verb = {"held": "hold", "spam": "spam", "removed": "remove"}[state]
                services.moderate(comment_id=comment.pk, verb=verb, by=ANYBODY, reason="off-topic")
        return Comment.objects.get(pk=comment.pk)

    return post_one


@pytest.fixture
def as_member(member):
    client = Client()
    client.force_login(member)
    return client


@pytest.fixture
def as_staff(staff):
    client = Client()
    client.force_login(staff)
    return client


def write(client, address, **fields):
    """Fetch the form and post it as a browser without JavaScript does; return the answer."""
    form = client.get(address).content.decode()
    submission = re.search(r'name="submission" value="([^"]+)"', form)
    data = {"name": "Nils", "email": "", "body": "A word.", **fields}
    if submission:
        data.setdefault("submission", submission[1])
    opened = re.search(r'name="opened" value="([^"]+)"', form)
    if opened:
        data.setdefault("opened", opened[1])
    base = re.search(r'name="base" value="([^"]+)"', form)
    if base:
        data.setdefault("base", base[1])
    return client.post(address, data)


@pytest.fixture
def checked(settings):
    """checked(outcome, code, words): let this be the verdict on every text from now on."""

    def judge(outcome, code="", words=""):
        settings.COMMENT_CHECKS = [f"{__name__}.verdict"]
        checks._load.cache_clear()
        verdict.says = checks.Verdict(outcome, code, words)

    yield judge
    checks._load.cache_clear()


def verdict(draft):
    return verdict.says


class Clock:
    def __init__(self):
        self.now = datetime(2024, 5, 1, 20, 0, tzinfo=UTC)

    def forward(self, **much):
        self.now += timedelta(**much)


@pytest.fixture
def clock():
    """A clock that stands still until it is moved."""
    clock = Clock()
    with mock.patch("django.utils.timezone.now", side_effect=lambda: clock.now):
        yield clock


@pytest.fixture
def pen(guest):
    return Reader(pen=guest.pen)


@pytest.fixture
def by_member(member, post):
    """A comment of a member, and the member as a reader."""
    return post("A member's word", author=services.Author(member=member)), Reader(user=member)
