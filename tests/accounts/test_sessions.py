"""A session and its member in one query, under every condition that Django itself asks for."""

import pytest
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.auth import logout
from django.contrib.sessions.models import Session
from django.test import Client, RequestFactory
from django.utils import timezone

from forum.accounts.models import User
from forum.accounts.sessions import SessionStore, authentication
from tests.accounts.conftest import client_of

pytestmark = pytest.mark.django_db


def who(client):
    return client.get("/healthz").wsgi_request.user


def test_a_session_and_its_member_come_with_one_query(member, django_assert_num_queries):
    browser = client_of(member)
    with django_assert_num_queries(1):
        found = who(browser)
        assert found.is_authenticated
    assert found == member
    fields = [field.attname for field in User._meta.concrete_fields]
    plain = User.objects.get(pk=member.pk)
    assert [getattr(found, name) for name in fields] == [getattr(plain, name) for name in fields]
    assert found.date_joined.tzinfo is not None


def test_a_session_that_is_not_in_the_list_is_signed_in_all_the_same(member):
    browser = Client()
    browser.force_login(member)
    assert not UserSession.objects.exists()
    assert who(browser) == member


def test_the_list_signs_nobody_in_whom_the_session_does_not_name(member):
    browser = client_of(member)
    UserSession.objects.update(user=User.objects.create_user("Ruth"))
    assert who(browser) == member
    member.delete()
    assert who(browser).is_anonymous


@pytest.mark.parametrize("change", ["closed", "password", "ended", "expired", "deleted"])
def test_a_session_ends_at_once_with_what_it_stands_on(member, change):
    browser = client_of(member)
    assert who(browser) == member
    if change == "closed":
        User.objects.update(is_active=False)
    elif change == "password":
        member.set_password("another long password")
        member.save()
    elif change == "ended":
        Session.objects.all().delete()
    elif change == "expired":
        Session.objects.update(expire_date=timezone.now())
    else:
        member.delete()
    assert who(browser).is_anonymous


def test_a_session_of_a_door_that_is_shut_is_nobodys(member, settings):
    browser = client_of(member)
    settings.AUTHENTICATION_BACKENDS = ["django.contrib.auth.backends.ModelBackend"]
    assert who(browser).is_anonymous


def test_a_changed_secret_with_the_old_one_kept_signs_nobody_out(member, settings):
    browser = client_of(member)
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another secret that is long enough to be one, and then some"
    assert who(browser) == member
    settings.SECRET_KEY_FALLBACKS = []
    assert who(browser) == member  # the session was written anew


@pytest.mark.parametrize(
    "key", ["x", "a" * 400, "\x00" * 32, "%00", "'; --", "ключ" * 8, "", "../" * 9]
)
def test_any_cookie_that_is_no_session_reads_as_nobody(key):
    store = SessionStore(key)
    assert store.get("anything") is None
    assert store.session_key is None
    client = Client()
    client.cookies[settings.SESSION_COOKIE_NAME] = key.encode().decode("latin-1")
    answer = client.get("/")
    assert answer.status_code == 200
    assert answer.wsgi_request.user.is_anonymous


def test_who_signs_out_is_nobody_within_the_same_request(member):
    browser = client_of(member)
    request = RequestFactory().get("/")
    request.session = SessionStore(browser.cookies[settings.SESSION_COOKIE_NAME].value)
    authentication(lambda request: None).process_request(request)
    assert request.user == member
    logout(request)
    assert request.user.is_anonymous
    assert who(browser).is_anonymous
