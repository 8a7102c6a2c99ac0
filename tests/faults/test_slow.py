"""Clients that send a byte a second, before nginx as a public site has it before gunicorn."""

import contextlib
import select
import shutil
import socket
import subprocess
import time

import pytest

from tests.faults import site as sites
from tests.faults.people import Guest, check_sound, settle
from tests.servers import free_port

pytestmark = pytest.mark.long
CUT_S = 30
CONFIG = """
daemon off;
worker_processes 1;
pid {folder}/pid;
error_log {folder}/error.log;
events {{ worker_connections 1024; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    client_header_timeout 10s;
    client_body_timeout 10s;
    send_timeout 10s;
    client_max_body_size 3m;
    server {{
        listen 127.0.0.1:{port};
        location / {{
            proxy_pass http://127.0.0.1:{site};
            proxy_set_header Host $http_host;
            proxy_set_header X-Forwarded-For $remote_addr;
        }}
    }}
}}
"""


@contextlib.contextmanager
def front_server(folder, site):
    """Yield the port of an nginx that stands before the site."""
    program = shutil.which("nginx") or "/usr/sbin/nginx"
    if not shutil.which(program):
        pytest.skip("nginx is not on this machine")
    folder.mkdir()
    port = free_port()
    config = folder / "nginx.conf"
    config.write_text(CONFIG.format(folder=folder, port=port, site=site.port))
    server = subprocess.Popen([program, "-c", str(config), "-p", str(folder), "-g", "user root;"])
    try:
        sites.wait_until(lambda: Guest(port).ask("/healthz").status == 200, 10)
        yield port
    finally:
        server.terminate()
        server.wait()


class Slow:
    """Connections that each send a byte a second of `words`, and when each was cut."""

    def __init__(self, port, count, at_once, words):
        self.begun = time.monotonic()
        self.left = {}  # socket: what it still has to say
        self.cut_after_s = []
        for _number in range(count):
            connection = socket.create_connection(("127.0.0.1", port))
            connection.sendall(at_once)
            self.left[connection] = words

    def turn(self):
        """Send a byte on each; note which the server has closed."""
        for connection, words in list(self.left.items()):
            try:
                if select.select([connection], [], [], 0)[0] and not connection.recv(65536):
                    raise ConnectionResetError
                connection.sendall(words[:1])
                self.left[connection] = words[1:]
            except OSError:
                self.cut_after_s.append(time.monotonic() - self.begun)
                del self.left[connection]
                connection.close()

    def close(self):
        for connection in self.left:
            connection.close()


HEADERS = b"X-Slow: " + b"a" * 500
POST = (
    b"POST /topics/1/comments/new/ HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 500\r\n"
    b"Content-Type: application/x-www-form-urlencoded\r\n\r\n"
)


def slow_clients(port):
    in_headers = Slow(port, 100, b"GET /lobby/ HTTP/1.1\r\nHost: 127.0.0.1\r\n", HEADERS)
    in_body = Slow(port, 100, POST, b"body=" + b"a" * 495)
    return in_headers, in_body


def test_200_slow_clients_before_nginx_stop_nobody_else(pattern, tmp_path):
    with sites.running(tmp_path / "data", pattern) as site:
        with front_server(tmp_path / "nginx", site) as port:
            in_headers, in_body = slow_clients(port)
            answers, presses, guest = [], [], Guest(port)
            while time.monotonic() - in_headers.begun < CUT_S + 5:
                started = time.monotonic()
                in_headers.turn()
                in_body.turn()
                answers.append(Guest(port).ask("/lobby/"))
                presses.append(guest.say(f"Meanwhile, number {len(presses)}"))
                time.sleep(max(0, started + 1 - time.monotonic()))
            in_body.close()
        print(in_headers.cut_after_s, len(in_headers.left), in_body.cut_after_s, len(in_body.left))
        assert {answer.status for answer in answers} == {200}
        assert {press.answer.status for press in presses} == {302}
        seconds = [answer.seconds for answer in answers]
        seconds += [press.answer.seconds for press in presses]
        assert max(seconds) < 3
        assert len(in_headers.cut_after_s) == 100
        assert max(in_headers.cut_after_s) < CUT_S
        settle(site, presses)
        check_sound(site)
