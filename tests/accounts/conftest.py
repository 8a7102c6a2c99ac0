"""A site that sends mail, members, and what they carry."""

from types import SimpleNamespace

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
def clock(monkeypatch):
    """The clock of limits, which stands still a second into every window: clock.now in seconds."""
    stands = SimpleNamespace(now=3_600.0 * 500_000 + 1)
    stands.time = lambda: stands.now
    monkeypatch.setattr("forum.accounts.limits.time", stands)
    return stands


@pytest.fixture
def limits(settings, clock):
    settings.RATE_LIMITS_ON = True
    settings.RATE_LIMITS = dict(settings.RATE_LIMITS)
    return settings.RATE_LIMITS


@pytest.fixture
def member(db):
    return confirm(User.objects.create_user("Sunniva", "sunniva@example.org", PASSWORD))


@pytest.fixture
def topic(db):
    return services.open_topic(title="The last row", by=None)


def confirm(member):
    """Let the member's address be one that was confirmed."""
    member.emailaddress_set.create(email=member.email, primary=True, verified=True)
    return member


def sign_in(name="Sunniva", password=PASSWORD, client=None, **headers):
    """Sign in at the site's door; return the answer, whose client is answer.client."""
    client = client or Client(**headers)
    answer = client.post("/login/", {"login": name, "password": password})
    answer.client = client
    return answer


def client_of(user, **headers):
    """Return a browser in which the member has signed in, and given the password again just now."""
    client = sign_in(user.username, **headers).client
    client.post("/account/again/", {"password": PASSWORD})
    return client


def code_of(letter):
    """Return the code that a letter carries, on a line of its own."""
    return next(line.strip() for line in letter.body.splitlines() if line.startswith("    "))


@pytest.fixture
def factor():
    """factor(member): set up an app that shows codes; returns what it shows now."""
    from allauth.mfa.totp.internal import auth

    def set_up(member):
        secret = auth.generate_totp_secret()
        auth.TOTP.activate(member, secret)
        return lambda: auth.format_hotp_value(
            auth.hotp_value(secret, list(auth.yield_hotp_counters_from_time())[1])
        )

    return set_up
