"""A site that sends mail, members, and what they carry."""

import pytest
from django.core.cache import cache
from django.test import Client

from forum.accounts.models import User
from forum.discussions import services
from forum.discussions.kept import kept

PASSWORD = "lantern-soft-9"


@pytest.fixture(autouse=True)
def _nothing_kept():
    kept.clear()
    cache.clear()


@pytest.fixture
def mails(settings, mailoutbox):
    """The settings of a site with EMAIL_URL; returns the letters that it wrote."""
    settings.MAILS = settings.ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = True
    settings.ACCOUNT_EMAIL_VERIFICATION = "mandatory"
    settings.ACCOUNT_SIGNUP_FIELDS = ["username*", "email*", "password1*"]
    return mailoutbox


@pytest.fixture
def limits(settings):
    settings.RATE_LIMITS_ON = True
    settings.RATE_LIMITS = dict(settings.RATE_LIMITS)
    return settings.RATE_LIMITS


@pytest.fixture
def member(db):
    return User.objects.create_user("Sunniva", "sunniva@example.org", PASSWORD)


@pytest.fixture
def topic(db):
    return services.open_topic(title="The last row", by=None)


def sign_in(name="Sunniva", password=PASSWORD, client=None, **headers):
    """Sign in at the site's door; return the answer, whose client is answer.client."""
    client = client or Client(**headers)
    answer = client.post("/login/", {"login": name, "password": password})
    answer.client = client
    return answer


def client_of(user, **headers):
    """Return a browser in which the member has signed in just now, so that nothing is asked again."""
    return sign_in(user.username, **headers).client


def code_of(letter):
    """Return the code that a letter carries, on a line of its own."""
    return next(line.strip() for line in letter.body.splitlines() if line.startswith("    "))
