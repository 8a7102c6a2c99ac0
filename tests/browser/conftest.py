"""A real browser (tests/servers.py finds it) and who sits before it."""

import time
from collections.abc import Callable, Iterator
from importlib import import_module
from types import SimpleNamespace
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from django.db import connection
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from forum.accounts.models import User
from forum.discussions.kept import kept
from tests.browser import scene as scenes
from tests.servers import find_browser

FLAGS = (
    "--no-sandbox --disable-gpu --disable-quic --disable-dev-shm-usage --no-first-run"
    " --disable-background-networking --disable-component-update --disable-sync"
)
# What a page may not do, told to the console, where watch() hears it.
TELL_VIOLATIONS = """document.addEventListener("securitypolicyviolation",
  event => console.error("policy:", event.violatedDirective, event.blockedURI))"""


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=find_browser(), args=FLAGS.split())
        yield chromium
        chromium.close()


@pytest.fixture
def new_context(browser: Browser) -> Iterator[Callable[..., BrowserContext]]:
    """new_context(**options): a browser of somebody who was never here."""
    made = []

    def make(**options: Any) -> BrowserContext:
        usual = {"viewport": {"width": 1280, "height": 900}, "locale": "en-GB"}
        made.append(browser.new_context(**{**usual, **options}))
        made[-1].set_default_timeout(20_000)  # milliseconds
        return made[-1]

    yield make
    for context in made:
        context.close()


@pytest.fixture
def context(new_context) -> BrowserContext:
    return new_context()


@pytest.fixture
def page(context: BrowserContext) -> Page:
    return context.new_page()


@pytest.fixture
def site(live_server) -> str:
    """The address of a site without films; what migrations wrote is there."""
    kept.clear()
    # A test with a live server empties every table; Django's own way back to what migrations wrote
    # does not work beside the browser's event loop.
    import_module("films.migrations.0002_house_pages").put(apps, None)
    change = import_module("films.migrations.0017_rules_by_anchor").change
    change(apps, SimpleNamespace(connection=connection))
    return live_server.url


@pytest.fixture
def scene(site) -> scenes.Scene:
    """The site of scene.py, served."""
    return scenes.build()


def carry_pen(context: BrowserContext, secret: str, url: str) -> None:
    """Let the browser be that of the guest with this pen."""
    context.add_cookies([{"name": settings.PEN_COOKIE_NAME, "value": secret, "url": url}])


def sign_in(context: BrowserContext, user: User, url: str) -> None:
    """Let the browser be that of a member who has signed in, and given the password again just now."""
    client = Client()
    client.force_login(user)
    session = client.session
    again = {"method": "password", "at": time.time(), "reauthenticated": True}
    session["account_authentication_methods"] = [again]
    session["account_authentication_methods_user"] = str(user.pk)
    session.save()
    name = settings.SESSION_COOKIE_NAME
    context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": url}])


def watch(context: BrowserContext, url: str) -> list[str]:
    """Return a list that fills with what goes wrong: errors, broken policies, other hosts."""
    troubles: list[str] = []

    def hear(message) -> None:
        # The answer of an error page is told as an error too.
        if message.type == "error" and "the server responded with a status" not in message.text:
            troubles.append(f"{message.page and message.page.url}: {message.text}")

    def ask(request) -> None:
        if not request.url.startswith((f"{url}/", "data:", "about:")):
            troubles.append(f"asked: {request.url}")

    context.add_init_script(TELL_VIOLATIONS)
    context.on("console", hear)
    context.on("weberror", lambda error: troubles.append(f"script: {error.error}"))
    context.on("request", ask)
    return troubles
