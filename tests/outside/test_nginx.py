"""A real nginx with the file that is shipped, before the site, and before an upstream that is odd."""

import contextlib
import gzip
import http.client
import ipaddress
import socket
import ssl
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from unittest import mock

import brotli
import pytest
from django.urls import reverse

from forum import present
from forum.accounts.models import User
from forum.discussions import services
from tests import servers
from tests.test_architecture import ROOT

pytestmark = pytest.mark.nginx
PAGE = "a page that is the same for all, and long enough to be worth it " * 50
PACK = {"br": brotli.compress, "gzip": gzip.compress}
COOKIES = ["session", "csrf", "pen", "language", "seen", "preferences", "order", "muted"]
PUBLIC = {"Cache-Control": "public, no-cache", "Vary": "Cookie, Accept-Encoding"}


class Odd:
    """What the upstream answers, and what it was asked."""

    def __init__(self):
        self.asked = []
        self.headers = dict(PUBLIC)
        self.status = 200
        self.wait_s = 0.0
        self.length = None

    def answer(self, handler):
        self.asked.append((handler.command, handler.path, handler.headers))
        time.sleep(self.wait_s)
        body = f"{len(self.asked)}: {PAGE}".encode()
        headers = dict(self.headers)
        encoding = handler.headers.get("Accept-Encoding", "")
        if encoding in PACK:
            body = PACK[encoding](body)
            headers["Content-Encoding"] = encoding
        handler.send_response(self.status)
        for name, value in headers.items():
            handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        if handler.command != "HEAD":
            handler.wfile.write(body)


@pytest.fixture
def odd():
    """An upstream of a few lines; its port stands in `odd.port`."""
    site = Odd()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self):
            site.answer(self)

        def do_POST(self):
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            site.answer(self)

        do_HEAD = do_GET

        def log_message(self, *words):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    site.port = server.server_address[1]
    yield site
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def front(odd):
    with servers.nginx(odd.port) as found:
        yield found


def ask(port, path="/", method="GET", body=None, **headers):
    """Return the answer, its body read; underscores in names are dashes."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    connection.request(method, path, body=body, headers=sent)
    answer = connection.getresponse()
    answer.body = answer.read()
    connection.close()
    return answer


def kept(answer):
    return answer.headers["X-Kept"]


# ------------------------------------------------------------------------------------- the kept second


def test_an_anonymous_page_is_kept_for_a_second_and_then_made_anew(front, odd):
    started = time.monotonic()
    first, second = ask(front.port), ask(front.port)
    assert time.monotonic() - started < 0.9
    assert (kept(first), kept(second)) == ("MISS", "HIT")
    assert first.body == second.body
    assert second.headers["Cache-Control"] == "public, no-cache"
    time.sleep(2.1)
    third = ask(front.port)
    assert kept(third) != "HIT"
    assert third.body != first.body
    assert len(odd.asked) == 2


@pytest.mark.parametrize("prefix", ["", "__Host-"])
@pytest.mark.parametrize("name", COOKIES)
def test_whoever_has_a_cookie_of_the_site_is_given_no_kept_page_and_gives_none(
    front, odd, name, prefix
):
    for cookie in (f"{prefix}{name}=x", f"other=1; {prefix}{name}=x", f"other=1;{prefix}{name}="):
        known = ask(front.port, f"/{name}", Cookie=cookie)
        assert kept(known) in {"BYPASS", "MISS"}
        assert kept(ask(front.port, f"/{name}", Cookie=cookie)) != "HIT"
    anybody = ask(front.port, f"/{name}")
    assert kept(anybody) == "MISS"  # nothing of theirs was kept
    assert kept(ask(front.port, f"/{name}")) == "HIT"
    assert kept(ask(front.port, f"/{name}", Cookie=cookie)) == "BYPASS"


def test_every_cookie_that_the_site_sets_is_known_to_the_file(settings):
    names = {
        getattr(settings, name).removeprefix("__Host-")
        for name in dir(settings)
        if name.endswith("_COOKIE_NAME") and getattr(settings, name)
    }
    line = next(line for line in _shipped().splitlines() if "__Host-" in line and "session" in line)
    known = set(line.split("__Secure-)?(")[1].split(")=")[0].split("|"))
    assert names <= known
    assert set(COOKIES) <= known


def _shipped():
    return (ROOT / "deploy/nginx/foyer.conf").read_text()


def test_a_cookie_of_somebody_else_changes_nothing(front):
    assert kept(ask(front.port, "/", Cookie="_tracker=1; mysession=2; pension=3")) == "MISS"
    assert kept(ask(front.port)) == "HIT"


def test_an_answer_that_sets_a_cookie_is_never_kept(front, odd):
    odd.headers["Set-Cookie"] = "pen=secret"
    assert [kept(ask(front.port)) for _time in range(3)] == ["MISS"] * 3
    assert len(odd.asked) == 3


@pytest.mark.parametrize(
    "policy", ["private, no-cache", "no-store", "public, max-age=3600", "public, no-cache, private", None]
)  # fmt: skip
def test_what_the_site_does_not_call_public_is_never_kept(front, odd, policy):
    del odd.headers["Cache-Control"]
    if policy:
        odd.headers["Cache-Control"] = policy
    assert [kept(ask(front.port)) for _time in range(3)] == ["MISS"] * 3


@pytest.mark.parametrize("status", [301, 302, 404, 410, 500, 503])
def test_only_pages_are_kept(front, odd, status):
    odd.status = status
    assert [ask(front.port).status for _time in range(2)] == [status] * 2
    assert len(odd.asked) == 2


def test_a_post_passes_and_is_never_answered_from_what_is_kept(front, odd):
    ask(front.port)
    for _time in range(2):
        assert kept(ask(front.port, method="POST", body=b"body=words")) != "HIT"
    assert [method for method, _path, _headers in odd.asked] == ["GET", "POST", "POST"]


def test_credentials_get_and_give_no_kept_page(front):
    assert kept(ask(front.port, Authorization="Bearer x")) != "HIT"
    assert kept(ask(front.port)) == "MISS"


def test_encodings_are_not_mixed(front, odd):
    unpack = {"br": brotli.decompress, "gzip": gzip.decompress, None: bytes}
    for accept, encoding in [
        ("gzip, deflate, br, zstd", "br"), ("gzip, deflate", "gzip"), ("", None), ("identity", None),
        ("br;q=0, gzip;q=0.5", "gzip"), ("br;q=0.0", None), ("gzip;q=0.0,br;q=1.0", "br"), ("brotli", None),
    ]:  # fmt: skip
        answer = ask(front.port, Accept_Encoding=accept)
        assert answer.headers["Content-Encoding"] == encoding, accept
        assert PAGE.encode() in unpack[encoding](answer.body)
        assert "Accept-Encoding" in answer.headers["Vary"]
    assert {headers.get("Accept-Encoding", "") for _m, _p, headers in odd.asked} == {
        "br",
        "gzip",
        "",
    }


def test_a_page_of_one_host_or_query_is_not_that_of_another(front):
    assert kept(ask(front.port, "/?sort=new")) == "MISS"
    assert kept(ask(front.port, "/?sort=old")) == "MISS"
    assert kept(ask(front.port, "/?sort=new", Host="other.example.org")) == "MISS"
    assert kept(ask(front.port, "/?sort=new")) == "HIT"


def test_a_reader_who_has_the_page_is_told_so_from_what_is_kept(front, odd):
    odd.headers["ETag"] = 'W/"abc"'
    ask(front.port)
    answer = ask(front.port, If_None_Match='W/"abc"')
    assert (answer.status, answer.body, len(odd.asked)) == (304, b"", 1)


def test_many_who_ask_at_once_make_one_question(front, odd):
    odd.wait_s = 0.3
    threads = [threading.Thread(target=ask, args=[front.port]) for _number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(odd.asked) == 1


def test_static_files_are_kept_as_long_as_the_site_says(front, odd):
    odd.headers = {
        "Cache-Control": "max-age=315360000, public, immutable",
        "Vary": "Accept-Encoding",
    }
    first = ask(front.port, "/static/css/site.0123.css", Accept_Encoding="br")
    time.sleep(1.2)
    second = ask(front.port, "/static/css/site.0123.css", Accept_Encoding="br", Cookie="session=x")
    assert (kept(first), kept(second)) == ("MISS", "HIT")
    assert kept(ask(front.port, "/static/css/site.0123.css")) == "MISS"


# ----------------------------------------------------------------------------- who asks, and for what


def test_a_client_cannot_say_who_they_are(front, odd):
    ask(
        front.port, X_Forwarded_For="198.51.100.1", X_Forwarded_Proto="https", Forwarded="for=1.2.3.4",
        X_Forwarded_Host="evil.example", X_Real_IP="1.2.3.4", X_Request_ID="mine",
    )  # fmt: skip
    headers = odd.asked[0][2]
    assert headers.get_all("X-Forwarded-For") == ["127.0.0.1"]
    assert headers.get_all("X-Forwarded-Proto") == ["http"]
    assert not any(headers.get(name) for name in ("Forwarded", "X-Forwarded-Host", "X-Real-IP"))
    assert headers["X-Request-ID"] != "mine"


def test_each_answer_has_an_id_of_its_own_a_kept_one_too(front, odd):
    odd.headers["X-Request-ID"] = "of-the-site"
    answers = [ask(front.port) for _time in range(3)]
    ids = [answer.headers.get_all("X-Request-ID") for answer in answers]
    assert all(len(each) == 1 and len(each[0]) == 32 for each in ids)
    assert len({each[0] for each in ids}) == 3
    assert odd.asked[0][2]["X-Request-ID"] == ids[0][0]


def test_what_watches_the_site_is_reached_from_this_machine_alone(front, odd):
    for path in ("/metrics", "/readyz"):
        assert ask(front.port, path).status == 404
    assert odd.asked == []
    for path in ("/metrics", "/readyz", "/healthz"):
        assert ask(front.watch_port, path).status == 200
    assert ask(front.watch_port, "/").status == 404
    assert {headers["Host"] for _m, _p, headers in odd.asked} == {"films.example.org"}
    assert {headers["X-Forwarded-Proto"] for _m, _p, headers in odd.asked} == {"https"}


def test_plain_http_is_sent_on(front):
    answer = ask(front.plain_port, "/films/?page=2", Host="films.example.org")
    assert answer.status == 301
    assert answer.headers["Location"] == "https://films.example.org/films/?page=2"


def test_what_is_too_large_is_413_in_words_and_never_reaches_the_site(front, odd):
    limit = 1024 * 1024
    assert ask(front.port, method="POST", body=b"x" * limit).status == 200
    answer = ask(front.port, method="POST", body=b"x" * (limit + 1))
    assert answer.status == 413
    assert b"1 MB at most" in answer.body
    assert len(odd.asked) == 1
    poster = b"x" * (8 * 1024 * 1024 + 4096)
    assert ask(front.port, "/admin/films/film/add/", method="POST", body=poster).status == 200


def test_a_site_that_is_away_is_503_in_words_with_when_to_try_again():
    with servers.nginx(servers.free_port()) as front:
        answer = ask(front.port)
    assert (answer.status, answer.headers["Retry-After"]) == (503, "10")
    assert b"does not answer just now" in answer.body
    assert answer.headers["Cache-Control"] == "no-store"


# -------------------------------------------------------------------------------------- who is slow


def drip(port, words, pause_s=1.0):
    """Send a byte after the other; return after how many seconds the server hung up."""
    started = time.monotonic()
    with socket.create_connection(("127.0.0.1", port), timeout=1) as connection:
        connection.settimeout(pause_s)
        for byte in words:
            try:
                connection.sendall(bytes([byte]))
                if connection.recv(100) == b"":
                    break
            except TimeoutError:
                continue
            except OSError:
                break
    return time.monotonic() - started


@pytest.mark.long
def test_headers_that_drip_are_cut_within_thirty_seconds(front):
    assert drip(front.port, b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"y" * 60) < 30


@pytest.mark.long
def test_a_text_that_stops_is_cut_within_thirty_seconds(front, odd):
    with socket.create_connection(("127.0.0.1", front.port), timeout=40) as connection:
        connection.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nhalf")
        started = time.monotonic()
        with contextlib.suppress(ConnectionResetError):
            assert connection.recv(100) == b""
    assert time.monotonic() - started < 30
    assert odd.asked == []


def test_texts_that_drip_hold_nobody_up_and_an_address_has_a_hundred(front, odd):
    """nginx cannot cut these, but the site never sees them."""
    head = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n"
    slow = [socket.create_connection(("127.0.0.1", front.port)) for _number in range(200)]
    try:
        for connection in slow:
            connection.sendall(head)
        for connection in slow[:90]:
            connection.sendall(b"x")
        time.sleep(0.5)
        refused = 0
        for connection in slow:
            connection.setblocking(False)
            try:
                refused += b"429" in connection.recv(100)
            except BlockingIOError:
                continue
        assert refused == 100
        for connection in slow[:10]:
            connection.close()
        time.sleep(0.5)
        started = time.monotonic()
        assert ask(front.port).status == 200
        assert time.monotonic() - started < 1
        assert len(odd.asked) == 1
    finally:
        for connection in slow:
            connection.close()


# ---------------------------------------------------------------------------------- the site behind it


def test_the_file_as_it_is_shipped_speaks_https(odd):
    with servers.nginx(odd.port, tls=True) as front:
        trust = ssl.create_default_context()
        trust.check_hostname, trust.verify_mode = False, ssl.CERT_NONE
        connection = http.client.HTTPSConnection("127.0.0.1", front.port, context=trust, timeout=30)
        connection.request("GET", "/", headers={"Host": "films.example.org"})
        answer = connection.getresponse()
        assert (answer.status, len(answer.read()) > 100) == (200, True)
        connection.close()
    assert odd.asked[0][2]["X-Forwarded-Proto"] == "https"


@pytest.mark.django_db(transaction=True)
class TestTheSite:
    @pytest.fixture
    def site(self, live_server):
        with servers.nginx(int(live_server.url.rsplit(":", 1)[1])) as front:
            yield front

    @pytest.fixture
    def topic(self):
        return reverse("topic", args=[services.open_topic(title="Lights", by=None).pk])

    def test_a_page_of_the_site_is_kept_for_anybody_and_for_no_member(self, site, topic, client):
        assert [kept(ask(site.port, topic)) for _time in range(2)] == ["MISS", "HIT"]
        client.force_login(User.objects.create_user("Ann", password="lantern-soft-9"))
        cookie = f"session={client.cookies['session'].value}"
        own = ask(site.port, topic, Cookie=cookie)
        assert kept(own) == "BYPASS"
        assert b"Ann" in own.body
        assert kept(anybody := ask(site.port, topic)) == "HIT"
        assert b"Ann" not in anybody.body

    def test_a_form_with_its_cookie_is_never_kept(self, site, topic):
        form = reverse("login")
        answers = [ask(site.port, form) for _time in range(2)]
        assert [kept(answer) for answer in answers] == ["MISS"] * 2
        assert all("csrf=" in answer.headers["Set-Cookie"] for answer in answers)

    def test_a_new_comment_is_seen_after_the_second(self, site, topic, guest):
        ask(site.port, topic)
        services.post_comment(author=guest, topic_id=int(topic.split("/")[2]), body="A new word.")
        time.sleep(2.1)  # nginx counts whole seconds
        assert b"A new word." in ask(site.port, topic).body

    def test_the_site_believes_the_front_server_and_no_client(self, site, settings):
        settings.TRUSTED_PROXIES = [ipaddress.ip_network("127.0.0.0/8")]
        with mock.patch("forum.present.end") as end:
            answer = ask(site.port, "/lobby/", X_Forwarded_For="203.0.113.9", X_Request_ID="mine")
        request = end.call_args[0][0]
        assert request.META["REMOTE_ADDR"] == "127.0.0.1"
        (name,) = answer.headers.get_all("X-Request-ID")
        assert name not in {"", "mine"}

    def test_the_id_in_the_log_of_the_site_is_the_one_that_the_reader_has(self, site, settings):
        settings.TRUSTED_PROXIES = [ipaddress.ip_network("127.0.0.0/8")]
        with mock.patch("forum.present.begin", wraps=present.begin) as begin:
            answer = ask(site.port, "/lobby/")
        assert begin.call_args[0][1] == answer.headers["X-Request-ID"]
