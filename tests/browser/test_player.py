"""The player: nothing of another host before play is pressed, then a frame that knows its bounds."""

import re

import pytest
from playwright.sync_api import expect

from films.services import NewSource, create_film
from tests.browser.conftest import watch

pytestmark = pytest.mark.browser

SECOND = 754
# The copy as entered, its label, and what is framed or played from SECOND on.
COPIES = {
    "YouTube": (
        "https://youtu.be/aBcDeFgHiJk",
        f"https://www.youtube-nocookie.com/embed/aBcDeFgHiJk?autoplay=1&rel=0&start={SECOND}",
    ),
    "Vimeo": (
        "https://vimeo.com/76979871",
        f"https://player.vimeo.com/video/76979871?autoplay=1&dnt=1#t={SECOND}s",
    ),
    "Archive": (
        "https://archive.org/details/night-mail",
        f"https://archive.org/embed/night-mail?autoplay=1&start={SECOND}",
    ),
    "PeerTube": (
        "https://tube.example.org/w/9c9de5e8-0a1e-484a-b099-e80766180a6d",
        "https://tube.example.org/videos/embed/9c9de5e8-0a1e-484a-b099-e80766180a6d"
        f"?autoplay=1&p2p=0&start={SECOND}s",
    ),
}
FILES = {
    "Elsewhere": ("https://files.example.org/film.mp4", f"https://files.example.org/film.mp4#t={SECOND}"),
    "Ours": ("/static/film.webm", f"/static/film.webm#t={SECOND}"),
}  # fmt: skip


@pytest.fixture
def film(site, settings):
    settings.EMBED_HOSTS = ["tube.example.org"]
    addresses = {label: address for label, (address, _played) in (COPIES | FILES).items()}
    copies = [NewSource(address, label=label) for label, address in addresses.items()]
    return create_film(title="Night Mail", sources=copies, state="published")


@pytest.fixture
def foreign(context, live_server):
    """Return the requests to other hosts; none gets out."""
    asked = []

    def answer(route):
        asked.append(route.request)
        route.fulfill(body="<p>A player</p>", content_type="text/html")

    outside = f"^(?!{live_server.url}/)"
    context.route(re.compile(outside), answer)
    return asked


def play(page, label: str) -> None:
    names = list(COPIES | FILES)
    page.locator("a[data-player]").nth(names.index(label)).click()


def test_nothing_foreign_is_asked_for_until_play_is_pressed(page, film, foreign, live_server):
    page.goto(live_server.url + film.get_absolute_url())
    page.wait_for_load_state("networkidle")
    assert page.locator("a[data-player]").count() == len(COPIES | FILES)
    assert page.locator("iframe, video, audio, object, embed").count() == 0
    assert not foreign


@pytest.mark.parametrize("label", COPIES)
def test_a_pressed_player_is_framed_within_bounds_at_the_second(
    page, film, foreign, live_server, label
):
    troubles = watch(page.context, live_server.url)
    page.goto(f"{live_server.url}{film.get_absolute_url()}?t={SECOND}")
    play(page, label)
    frame = page.locator("#film > iframe")
    expect(frame).to_be_focused()
    page.frame_locator("#film > iframe").locator("text=A player").wait_for()
    assert page.locator("#film > iframe").get_attribute("src") == COPIES[label][1]
    assert [request.url for request in foreign] == [COPIES[label][1].partition("#")[0]]
    # Origin and no more: YouTube shows nothing without, and nobody needs the rest.
    assert foreign[0].all_headers()["referer"] == f"{live_server.url}/"
    assert frame.get_attribute("referrerpolicy") == "strict-origin-when-cross-origin"
    permitted = set(frame.get_attribute("sandbox").split())
    assert permitted == {"allow-scripts", "allow-same-origin", "allow-presentation", "allow-popups"}
    assert "fullscreen" in frame.get_attribute("allow")
    assert frame.get_attribute("title") == "Night Mail"
    assert [trouble for trouble in troubles if not trouble.startswith("asked: ")] == []


@pytest.mark.parametrize("label", FILES)
def test_a_file_plays_in_the_browsers_own_player(page, film, foreign, live_server, label):
    troubles = watch(page.context, live_server.url)
    page.goto(f"{live_server.url}{film.get_absolute_url()}?t={SECOND}")
    with page.expect_request("**/film.*"):
        play(page, label)
    video = page.locator("#film > video")
    assert video.get_attribute("src") == FILES[label][1]
    assert video.get_attribute("controls") is not None
    assert not [trouble for trouble in troubles if "policy" in trouble]
    assert len(foreign) == (label == "Elsewhere")


def test_a_second_copy_takes_the_place_of_the_first(page, film, foreign, live_server):
    page.goto(live_server.url + film.get_absolute_url())
    play(page, "YouTube")
    play(page, "Vimeo")
    expect(page.locator("#film iframe")).to_have_count(1)
    assert "vimeo" in page.locator("#film iframe").get_attribute("src")


def test_without_javascript_a_link_leads_to_the_copys_own_page_at_the_second(
    film, new_context, live_server
):
    page = new_context(java_script_enabled=False).new_page()
    page.goto(f"{live_server.url}{film.get_absolute_url()}?t={SECOND}")
    links = page.locator("a[data-player]")
    assert [links.nth(at).get_attribute("href") for at in range(links.count())] == [
        f"https://www.youtube.com/watch?v=aBcDeFgHiJk&t={SECOND}s",
        f"https://vimeo.com/76979871#t={SECOND}s",
        f"https://archive.org/details/night-mail?start={SECOND}",
        f"https://tube.example.org/w/9c9de5e8-0a1e-484a-b099-e80766180a6d?start={SECOND}s",
        f"https://files.example.org/film.mp4#t={SECOND}",
        f"/static/film.webm#t={SECOND}",
    ]
