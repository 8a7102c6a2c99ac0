"""What a first visit to a film page costs over the wire, from the real server with real static files."""

import os
import signal
import socket
import subprocess
import sys
from urllib.parse import urlsplit

import pytest

from tests.lanes import plain_environment
from tests.servers import ROOT

pytestmark = pytest.mark.browser

KB = 1000  # bytes


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    """The address of the film page of scene.py, served as ./run serves it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    folder = tmp_path_factory.mktemp("data")
    environment = plain_environment(folder) | {"DEMO": "off", "PORT": str(port)}
    environment["PYTHONUNBUFFERED"] = "1"
    server = subprocess.Popen(
        [sys.executable, "-m", "forum.start"],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
        preexec_fn=os.setpgrp,
    )
    try:
        assert server.stdout
        assert any(line.startswith("Foyer is open") for line in server.stdout)
        words = "from tests.browser import scene; print(scene.build().film.get_absolute_url())"
        manage = [sys.executable, "manage.py", "shell", "--no-imports", "-c", words]
        path = subprocess.check_output(manage, cwd=ROOT, env=environment, text=True)
        yield f"http://127.0.0.1:{port}{path.strip()}"
    finally:
        server.send_signal(signal.SIGINT)
        server.communicate(timeout=30)


@pytest.fixture
def visit(context):
    """visit(page, address) -> {url: (kind, bytes over the wire)} of all that came over it."""

    def go(page, address):
        asked: dict[str, dict] = {}
        tools = context.new_cdp_session(page)
        tools.on(
            "Network.requestWillBeSent",
            lambda event: asked.setdefault(
                event["requestId"],
                {"url": event["request"]["url"], "bytes": 0, "kind": event.get("type")},
            ),
        )
        tools.on("Network.requestServedFromCache", lambda event: asked.pop(event["requestId"], 0))
        tools.on(
            "Network.loadingFinished",
            lambda event: asked.get(event["requestId"], {}).update(
                bytes=event["encodedDataLength"]
            ),
        )
        tools.send("Network.enable")
        page.goto(address)
        page.wait_for_load_state("networkidle")
        tools.detach()
        return {one["url"]: (one["kind"], one["bytes"]) for one in asked.values() if one["bytes"]}

    return go  # fmt: skip


def weight(asked, *kinds) -> int:
    return sum(size for kind, size in asked.values() if not kinds or kind in kinds)


def test_a_first_visit_is_light_and_asks_one_host_alone(address, visit, page, context):
    asked = visit(page, address)
    assert page.locator("[data-comment-count='16'] article.comment").count() >= 16
    assert page.evaluate("document.fonts.check('400 20px Newsreader')")
    assert page.evaluate("Boolean(window.htmx)")
    assert {urlsplit(url).netloc for url in asked} == {urlsplit(address).netloc}
    assert {kind for kind, _size in asked.values()} >= {"Document", "Stylesheet", "Script", "Font"}
    assert weight(asked) <= 150 * KB, asked
    assert weight(asked, "Script") <= 25 * KB, asked
    assert weight(asked, "Font") <= 70 * KB, asked
    assert context.cookies() == []


def test_a_second_visit_asks_for_the_page_alone_and_gets_none_of_it(address, visit, page):
    visit(page, address)
    page.goto("about:blank")
    asked = visit(page, address)
    assert list(asked) == [address]
    assert weight(asked) < 1 * KB  # 304


def test_static_files_are_kept_for_a_year_and_compressed(address, page):
    answers = []
    page.on("response", lambda answer: answers.append(answer))
    page.goto(address)
    page.wait_for_load_state("networkidle")
    for answer in answers:
        if "/static/" in answer.url:
            assert "immutable" in answer.headers["cache-control"], answer.url
        if answer.request.resource_type in ("document", "script", "stylesheet"):
            assert answer.headers.get("content-encoding") in ("br", "gzip"), answer.url
