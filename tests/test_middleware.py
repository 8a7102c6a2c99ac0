"""Front servers are believed where they are trusted, pages are compressed once, a policy is sent."""

import gzip
import ipaddress

import brotli
import pytest
from django.http import HttpResponse, StreamingHttpResponse
from django.test import RequestFactory

from forum import middleware

PROXIES = [ipaddress.ip_network("10.0.0.0/8"), ipaddress.ip_network("fd00::/8")]
LONG = "A line of a page that is long enough to be worth it. " * 40


def seen(address, forwarded="", scheme=""):
    """Return (client address, is it https) as a view sees a request that came from `address`."""
    headers = {"X-Forwarded-For": forwarded, "X-Forwarded-Proto": scheme}
    sent = {name: value for name, value in headers.items() if value}
    request = RequestFactory(REMOTE_ADDR=address, headers=sent).get("/")
    middleware.front_server(lambda _request: HttpResponse())(request)
    assert "HTTP_X_FORWARDED_FOR" not in request.META
    assert "HTTP_X_FORWARDED_PROTO" not in request.META
    return request.META["REMOTE_ADDR"], request.is_secure()


@pytest.mark.parametrize("trusted", [[], PROXIES])
def test_a_stranger_cannot_say_who_they_are(settings, trusted):
    settings.TRUSTED_PROXIES = trusted
    assert seen("203.0.113.9", "198.51.100.1", "https") == ("203.0.113.9", False)


@pytest.mark.parametrize(
    ("address", "forwarded", "client"),
    [
        ("10.0.0.1", "198.51.100.1", "198.51.100.1"),
        ("10.0.0.1", "198.51.100.1, 10.2.3.4", "198.51.100.1"),
        ("10.0.0.1", "127.0.0.1, 198.51.100.1, 10.2.3.4", "198.51.100.1"),
        ("10.0.0.1", "10.2.3.4", "10.2.3.4"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("::ffff:10.0.0.1", "198.51.100.1", "198.51.100.1"),
        ("fd00::1", "2001:db8::7", "2001:db8::7"),
        ("", "198.51.100.1", "198.51.100.1"),
    ],
)
def test_the_client_is_the_last_address_that_is_no_front_server(
    settings, address, forwarded, client
):
    settings.TRUSTED_PROXIES = PROXIES
    assert seen(address, forwarded) == (client, False)


def test_a_trusted_front_server_says_that_it_spoke_https(settings):
    settings.TRUSTED_PROXIES = PROXIES
    assert seen("10.0.0.1", "198.51.100.1", "https") == ("198.51.100.1", True)
    assert seen("10.0.0.1", "198.51.100.1", "gopher") == ("198.51.100.1", False)


def sent(response, accept):
    """Return the response as a client gets it that sends this Accept-Encoding."""
    request = RequestFactory(headers={"Accept-Encoding": accept}).get("/")
    return middleware.compression(lambda _request: response)(request)


@pytest.mark.parametrize(
    ("accept", "encoding"),
    [
        ("gzip, deflate, br", "br"),
        ("gzip", "gzip"),
        ("br;q=0, gzip;q=0.5", "gzip"),
        ("br;q=0.0, gzip; q=0.1", "gzip"),
        ("GZIP", "gzip"),
        ("gzip;q=0", None),
        ("identity", None),
        ("", None),
    ],
)
def test_a_page_is_sent_in_the_best_encoding_that_the_client_takes(accept, encoding):
    response = sent(HttpResponse(LONG), accept)
    assert response.headers.get("Content-Encoding") == encoding
    unpack = {"br": brotli.decompress, "gzip": gzip.decompress, None: bytes}[encoding]
    assert unpack(response.content).decode() == LONG
    assert response.headers["Vary"] == "Accept-Encoding"
    if encoding:
        assert int(response.headers["Content-Length"]) == len(response.content) < len(LONG) / 4


@pytest.mark.parametrize(
    "response",
    [
        HttpResponse("short"),
        HttpResponse(LONG.encode(), content_type="image/webp"),
        HttpResponse(LONG, headers={"Content-Encoding": "zstd"}),
        HttpResponse(LONG, content_type="application/json"),
    ],
)
def test_what_is_short_packed_already_or_no_page_is_left_alone(response):
    before = response.content
    assert sent(response, "gzip, br").content == before
    assert response.headers.get("Content-Encoding") in {None, "zstd"}


def test_a_stream_stays_a_stream():
    response = sent(StreamingHttpResponse([LONG]), "gzip, br")
    assert response.streaming
    assert "Content-Encoding" not in response.headers


def test_head_has_the_headers_of_get_and_no_body():
    request = RequestFactory(headers={"Accept-Encoding": "br"}).head("/")
    packed = middleware.compression(lambda _request: HttpResponse(LONG))
    answer = middleware.heads(packed)(request)
    assert answer.content == b""
    assert answer.headers["Content-Length"] == str(len(sent(HttpResponse(LONG), "br").content))
    stream = StreamingHttpResponse([LONG])
    assert middleware.heads(lambda _request: stream)(request).streaming


def policy_of(path="/", **extra):
    response = HttpResponse()
    if extra:
        response.csp_extra = extra["extra"]
    request = RequestFactory().get(path)
    answer = middleware.content_policy(lambda _request: response)(request)
    header = answer.headers["Content-Security-Policy"]
    return {part.split()[0]: part.split()[1:] for part in header.split("; ")}, answer


def test_every_page_has_a_policy_that_lets_nothing_foreign_or_inline_in():
    policy, answer = policy_of()
    assert policy["default-src"] == ["'none'"]
    assert policy["script-src"] == policy["style-src"] == ["'self'"]
    assert policy["frame-ancestors"] == policy["base-uri"] == ["'none'"]
    assert "frame-src" not in policy
    assert "camera=()" in answer.headers["Permissions-Policy"]


def test_a_page_adds_the_hosts_it_plays_from_and_no_other_page_has_them():
    extra = {"frame-src": ["https://tube.example.org"], "media-src": ["https://files.example.org"]}
    policy, _answer = policy_of(extra=extra)
    assert policy["frame-src"] == ["https://tube.example.org"]
    assert policy["media-src"] == ["'self'", "https://files.example.org"]
    assert "frame-src" not in policy_of()[0]
    assert policy_of()[0]["media-src"] == ["'self'"]


def test_inline_styles_are_for_the_admin_alone():
    assert policy_of("/admin/films/film/")[0]["style-src"] == ["'self'", "'unsafe-inline'"]
    assert policy_of("/admin/films/film/")[0]["script-src"] == ["'self'"]
    assert policy_of("/administration/")[0]["style-src"] == ["'self'"]


def test_the_answers_of_the_site_carry_these_headers(client):
    answer = client.get("/healthz")
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["X-Frame-Options"] == "DENY"
    assert answer.headers["Referrer-Policy"] == "same-origin"
