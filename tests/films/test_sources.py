"""The table of addresses of playable copies."""

import pytest
from django.core.exceptions import ValidationError

from films.sources import Parsed, embed_url, page_url, parse, policy_hosts, seconds

HOSTS = ["tube.example.org"]
UUID = "9c9de5e8-0a1e-484a-b099-e80766180a6d"
SHORT = "kkGMgK9ZtnKfYAgnEtQxbv"

KNOWN = [
    ("https://www.youtube.com/watch?v=dQw4w9WgXcQ", Parsed("youtube", "", "dQw4w9WgXcQ")),
    ("http://youtube.com/watch?feature=x&v=dQw4w9WgXcQ&t=10", Parsed("youtube", "", "dQw4w9WgXcQ")),
    ("https://m.youtube.com/watch?v=dQw4w9WgXcQ#t=5", Parsed("youtube", "", "dQw4w9WgXcQ")),
    ("https://youtu.be/dQw4w9WgXcQ?si=abc", Parsed("youtube", "", "dQw4w9WgXcQ")),
    ("https://youtube.com/shorts/dQw4w9WgXcQ", Parsed("youtube", "", "dQw4w9WgXcQ")),
    ("https://www.youtube-nocookie.com/embed/dQw4w9WgXcQ", Parsed("youtube", "", "dQw4w9WgXcQ")),
    ("https://www.youtube.com/live/dQw4w9WgXcQ/", Parsed("youtube", "", "dQw4w9WgXcQ")),
    ("https://vimeo.com/76979871", Parsed("vimeo", "", "76979871")),
    ("https://vimeo.com/channels/staffpicks/76979871", Parsed("vimeo", "", "76979871")),
    ("https://vimeo.com/76979871/8272103f6e", Parsed("vimeo", "", "76979871/8272103f6e")),
    (
        "https://player.vimeo.com/video/76979871?h=8272103f6e",
        Parsed("vimeo", "", "76979871/8272103f6e"),
    ),
    ("https://archive.org/details/Night.Mail_1936", Parsed("archive", "", "Night.Mail_1936")),
    ("https://www.archive.org/embed/night-mail/reel1.mp4", Parsed("archive", "", "night-mail")),
    (f"https://tube.example.org/w/{SHORT}", Parsed("peertube", "tube.example.org", SHORT)),
    (f"https://TUBE.example.org/videos/watch/{UUID}", Parsed("peertube", "tube.example.org", UUID)),
    (f"https://tube.example.org/videos/embed/{UUID}", Parsed("peertube", "tube.example.org", UUID)),
    (
        "https://media.example.net/films/a%20b.MP4?x=1",
        Parsed("file", "media.example.net", "/films/a%20b.MP4?x=1"),
    ),
    ("https://media.example.net:443/a.webm", Parsed("file", "media.example.net", "/a.webm")),
    ("/static/demo/clip.mp4", Parsed("file", "", "/static/demo/clip.mp4")),
    ("/media/0123456789abcdef0123456789abcdef.webm", None),
    ("  https://youtu.be/dQw4w9WgXcQ  ", Parsed("youtube", "", "dQw4w9WgXcQ")),
]

UNKNOWN = [
    "",
    "dQw4w9WgXcQ",
    "javascript:alert(1)//youtube.com/watch?v=dQw4w9WgXcQ",
    "data:video/mp4;base64,AAAA",
    "ftp://media.example.net/a.mp4",
    "http://media.example.net/a.mp4",
    "//media.example.net/a.mp4",
    "https://media.example.net/a.mkv",
    "https://media.example.net/a.mp4/",
    "https://media.example.net:8443/a.mp4",
    "https://user:secret@media.example.net/a.mp4",
    "https://youtube.com@evil.example/watch?v=dQw4w9WgXcQ",
    "https://evil.example/watch?v=dQw4w9WgXcQ",
    "https://youtube.com.evil.example/watch?v=dQw4w9WgXcQ",
    "https://evilyoutube.com/watch?v=dQw4w9WgXcQ",
    "https://youtube.com./watch?v=dQw4w9WgXcQ",
    "https://youtube.com\\@evil.example/watch?v=dQw4w9WgXcQ",
    "https://youtube.com/watch?v=short",
    "https://youtube.com/watch?v=dQw4w9WgXcQ%22onload",
    "https://youtube.com/embed/videoseries?list=PL0",
    "https://youtube.com/a.mp4",
    "https://vimeo.com/about",
    "https://vimeo.com/76979871/not-a-hash",
    "https://archive.org/search?query=x",
    "https://archive.org/details/../admin",
    f"https://other.example.org/w/{SHORT}",
    f"https://sub.tube.example.org/w/{SHORT}",
    f"https://tube.example.org.evil.example/w/{SHORT}",
    f"http://tube.example.org/w/{SHORT}",
    f"https://tube.example.org/w/p/{SHORT}",
    "https://[::1]/a.mp4",
    "https://[/a.mp4",
    "https://127.0.0.1/a.mp4",
    "https://localhost/a.mp4",
    "https://a..b.example/a.mp4",
    "https://exa mple.org/a.mp4",
    "https://example.org;script-src/a.mp4",
    "https://example.org/a.mp4\nSet-Cookie: x",
    "https://example.org/<b>.mp4",
    "https://пример.example/a.mp4",
    "/static/../secret.mp4",
    "/static/%2e%2e/secret.mp4",
    "/staticx/clip.mp4",
    "/films/clip.mp4",
    "https://example.org/" + "a" * 500 + ".mp4",
]


@pytest.mark.parametrize(("address", "parsed"), KNOWN)
def test_known_addresses(address, parsed):
    assert parse(address, HOSTS) == (parsed or Parsed("file", "", address))


@pytest.mark.parametrize("address", UNKNOWN)
def test_everything_else_is_refused(address):
    with pytest.raises(ValidationError) as error:
        parse(address, HOSTS)
    assert error.value.code == "source"


def test_peertube_is_known_on_the_hosts_of_the_settings_alone(settings):
    settings.EMBED_HOSTS = []
    with pytest.raises(ValidationError):
        parse(f"https://tube.example.org/w/{SHORT}")
    settings.EMBED_HOSTS = ["Tube.example.org"]
    assert parse(f"https://tube.example.org/w/{SHORT}").kind == "peertube"


@pytest.mark.parametrize(
    ("source", "embed", "page"),
    [
        (
            Parsed("youtube", "", "dQw4w9WgXcQ"),
            "https://www.youtube-nocookie.com/embed/dQw4w9WgXcQ?autoplay=1&rel=0&start=75",
            "https://www.youtube.com/watch?v=dQw4w9WgXcQ&t=75s",
        ),
        (
            Parsed("vimeo", "", "76979871/8272103f6e"),
            "https://player.vimeo.com/video/76979871?autoplay=1&dnt=1&h=8272103f6e#t=75s",
            "https://vimeo.com/76979871/8272103f6e#t=75s",
        ),
        (
            Parsed("archive", "", "night-mail"),
            "https://archive.org/embed/night-mail?autoplay=1&start=75",
            "https://archive.org/details/night-mail?start=75",
        ),
        (
            Parsed("peertube", "tube.example.org", SHORT),
            f"https://tube.example.org/videos/embed/{SHORT}?autoplay=1&p2p=0&start=75s",
            f"https://tube.example.org/w/{SHORT}?start=75s",
        ),
        (
            Parsed("file", "media.example.net", "/a.mp4"),
            "https://media.example.net/a.mp4#t=75",
            "https://media.example.net/a.mp4#t=75",
        ),
        (Parsed("file", "", "/static/a.mp4"), "/static/a.mp4#t=75", "/static/a.mp4#t=75"),
    ],
)
def test_a_copy_is_framed_and_linked_at_the_second(source, embed, page):
    assert embed_url(source, 75) == embed
    assert page_url(source, 75) == page
    assert "75" not in embed_url(source) + page_url(source).replace("76979871", "")


@pytest.mark.parametrize(
    ("text", "second"),
    [("75", 75), ("0", 0), ("86400", 86400), ("86401", 0), ("-1", 0), ("1m", 0), ("", 0), ("٣", 0)],
)
def test_the_second_asked_for_is_a_number_or_nothing(text, second):
    assert seconds(text) == second


def test_the_policy_names_each_host_once_and_nothing_for_our_own_files():
    assert policy_hosts(
        [
            Parsed("youtube", "", "dQw4w9WgXcQ"),
            Parsed("youtube", "", "xxxxxxxxxxx"),
            Parsed("peertube", "tube.example.org", SHORT),
            Parsed("file", "media.example.net", "/a.mp4"),
        ]
    ) == {
        "frame-src": ["https://www.youtube-nocookie.com", "https://tube.example.org"],
        "media-src": ["https://media.example.net"],
    }
    assert policy_hosts([Parsed("file", "", "/static/a.mp4")]) == {}
