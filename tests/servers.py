"""Real servers for tests and measurements: PostgreSQL, Redis (or Valkey), nginx, found on this machine.

Each stands on a free port of 127.0.0.1 with its files in a temporary folder, under a guard process
that reads its standard input. The guard stops the server and removes the folder when that input
ends: at the end of the `with`, and also when the asking process dies in whatever way. Before that a
word on its input stops the server and starts it again, on the same port with the same files.

By hand: `python -m tests.servers postgresql` prints an address and a process, and
serves until Ctrl-D.
"""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
START_S = 30  # seconds that a server may take to answer
BROWSERS = (  # the first is Chromium without what only a screen needs, and quicker by a third
    "chromium-headless-shell",
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
)
BROWSER_PLACES = (  # where installers put one that is not on PATH
    ".cache/ms-playwright/chromium-*/chrome-linux*/chrome",
    "Library/Caches/ms-playwright/chromium-*/chrome-mac*/Chromium.app/Contents/MacOS/Chromium",
)


class Missing(Exception):
    """A program that is needed is not on this machine, or did not start."""


@dataclass
class Server:
    """A server that a test takes away and brings back; `process` changes with every start."""

    address: str
    process: int
    _guard: subprocess.Popen[str]

    def stop(self) -> None:
        """Stop it as an administrator does, and wait until it has stopped."""
        self._tell("stop")

    def start(self) -> None:
        """Start it again and wait until it answers."""
        self.process = int(self._tell("start"))

    def _tell(self, word: str) -> str:
        assert self._guard.stdin
        assert self._guard.stdout
        print(word, file=self._guard.stdin, flush=True)
        answer = self._guard.stdout.readline().strip()
        if not answer:
            raise Missing(f"the server did not {word}")
        return answer


@contextmanager
def controlled(kind: str, folder: Path | None = None) -> Iterator[Server]:
    """Yield a server of `kind` (the names in _STARTS) that can be stopped and started.

    Its files lie in `folder`, which an ordinary user must be able to enter.
    """
    with _guarded(kind, folder) as server:
        yield server


@contextmanager
def postgresql(*, durable: bool = False) -> Iterator[str]:
    """Yield the address of an empty PostgreSQL database; `durable` waits for the disk as a site does."""
    with _guarded("postgresql-durable" if durable else "postgresql") as server:
        yield server.address


@contextmanager
def redis() -> Iterator[str]:
    """Yield the address of an empty Redis or Valkey."""
    with _guarded("redis") as server:
        yield server.address


@dataclass(frozen=True)
class Front:
    """A front server: its ports for readers, for what watches the site, for plain HTTP that is sent on."""

    port: int
    watch_port: int
    plain_port: int


@contextmanager
def nginx(site_port: int, *, tls: bool = False) -> Iterator[Front]:
    """Yield an nginx with deploy/nginx/foyer.conf before the site on `site_port`, empty of kept pages.

    `tls`: by a certificate of its own, as the file has it; else readers speak plain HTTP to it.
    """
    with _guarded("nginx", None, str(site_port), *(["tls"] if tls else [])) as server:
        yield Front(*map(int, server.address.split()))


def find_postgresql() -> Path | None:
    """Return the folder of PostgreSQL's programs: that on PATH, else Debian's newest."""
    on_path = shutil.which("postgres")
    if on_path and shutil.which("initdb"):
        return Path(on_path).resolve().parent
    folders = Path("/usr/lib/postgresql").glob("*/bin")
    ready = [folder for folder in folders if (folder / "initdb").exists()]
    return max(ready, key=lambda folder: float(folder.parent.name), default=None)


def find_redis() -> str | None:
    return shutil.which("redis-server") or shutil.which("valkey-server")


def find_nginx() -> str | None:
    return shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")


def find_browser() -> str | None:
    """Return $CHROMIUM, else Chromium or Chrome on PATH, else playwright's own."""
    named = [os.environ.get("CHROMIUM"), *(shutil.which(name) for name in BROWSERS)]
    places = [str(path) for place in BROWSER_PLACES for path in sorted(Path.home().glob(place))]
    return next((path for path in [*named, *places] if path and os.access(path, os.X_OK)), None)


@contextmanager
def _guarded(kind: str, folder: Path | None = None, *words: str) -> Iterator[Server]:
    guard = subprocess.Popen(
        [sys.executable, "-m", "tests.servers", kind, str(folder or ""), *words],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert guard.stdin
    assert guard.stdout
    try:
        address = guard.stdout.readline().strip()
        if not address:
            raise Missing(f"{kind} did not start; its reason stands above")
        yield Server(address, int(guard.stdout.readline()), guard)
    finally:
        guard.stdin.close()
        guard.wait()
        guard.stdout.close()


# The guard


Launch = Callable[[], subprocess.Popen[bytes]]


def main(kind: str, parent: str = "", *words: str) -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)  # the end of the input is what stops it
    with tempfile.TemporaryDirectory(
        prefix="foyer-", dir=parent or None, ignore_cleanup_errors=True
    ) as folder:
        server = None
        try:
            server, address, launch = _STARTS[kind](Path(folder), *words)
            print(f"{address}\n{server.pid}", flush=True)
            for word in sys.stdin:
                if word.strip() == "start":
                    server = launch()
                    print(server.pid, flush=True)
                elif word.strip() == "stop":
                    _stop(server)
                    print("stopped", flush=True)
        except Missing as error:
            sys.exit(str(error))
        finally:
            if server and server.poll() is None:
                _stop(server)


def _start_postgresql(
    folder: Path, durable: bool = False
) -> tuple[subprocess.Popen[bytes], str, Launch]:
    programs = find_postgresql()
    if not programs:
        raise Missing("PostgreSQL is not on this machine")
    as_user = _unprivileged(folder)
    data = folder / "data"
    _do([programs / "initdb", "-D", data, "-U", "foyer", "-A", "trust", "-E", "UTF8",
         "--locale=C.UTF-8", "--no-sync"], folder, as_user)  # fmt: skip
    port = free_port()
    options = {"port": port, "listen_addresses": "127.0.0.1", "unix_socket_directories": "",
               "max_connections": 200, "shared_buffers": "256MB"}  # fmt: skip
    if not durable:
        options |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
    words = [word for name, value in options.items() for word in ("-c", f"{name}={value}")]
    at = ["-h", "127.0.0.1", "-p", str(port), "-U", "foyer"]
    ready: list[str | Path] = [programs / "pg_isready", "-q", *at, "-d", "postgres"]

    def launch() -> subprocess.Popen[bytes]:
        server = _launch([programs / "postgres", "-D", data, *words], folder, as_user)
        _wait(server, folder, lambda: subprocess.run(ready, check=False).returncode == 0)
        return server

    server = launch()
    _do([programs / "createdb", *at, "foyer"], folder, as_user)
    return server, f"postgresql://foyer@127.0.0.1:{port}/foyer", launch


def _start_redis(folder: Path) -> tuple[subprocess.Popen[bytes], str, Launch]:
    program = find_redis()
    if not program:
        raise Missing("neither Redis nor Valkey is on this machine")
    port = free_port()

    def launch() -> subprocess.Popen[bytes]:
        words = [program, "--port", port, "--bind", "127.0.0.1", "--save", "", "--dir", folder]
        server = _launch(words, folder, {})
        _wait(server, folder, lambda: _answers(port))
        return server

    return launch(), f"redis://127.0.0.1:{port}/0", launch


NGINX = """
daemon off;
worker_processes 2;
pid {folder}/nginx.pid;
error_log stderr warn;
events {{ worker_connections 1024; }}
http {{
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    access_log off;
    include {folder}/foyer.conf;
}}
"""


def _start_nginx(
    folder: Path, site_port: str, tls: str = ""
) -> tuple[subprocess.Popen[bytes], str, Launch]:
    program = find_nginx()
    if not program:
        raise Missing("nginx is not on this machine")
    ports = [free_port() for _number in range(3)]
    as_user = _unprivileged(folder)
    (folder / "nginx.conf").write_text(NGINX.format(folder=folder))
    (folder / "foyer.conf").write_text(nginx_here(folder, site_port, ports, tls=bool(tls)))
    if tls:
        _make_certificate(folder, as_user)
    command = [program, "-p", folder, "-c", folder / "nginx.conf", "-e", "stderr"]

    def launch() -> subprocess.Popen[bytes]:
        server = _launch(command, folder, as_user)
        _wait(server, folder, lambda: _listens(ports[0]))
        return server

    return launch(), " ".join(map(str, ports)), launch


_STARTS: dict[str, Callable[..., tuple[subprocess.Popen[bytes], str, Launch]]] = {
    "postgresql": _start_postgresql,
    "postgresql-durable": lambda folder: _start_postgresql(folder, durable=True),
    "redis": _start_redis,
    "nginx": _start_nginx,
}


def nginx_here(folder: Path, site_port: str, ports: list[int], *, tls: bool) -> str:
    """Return the shipped file with the ports, folders and certificate of this place, else as it is."""
    text = (ROOT / "deploy/nginx/foyer.conf").read_text()
    port, watch_port, plain_port = ports
    changes = {
        "server 127.0.0.1:8000;": f"server 127.0.0.1:{site_port};",
        "/var/cache/nginx/": f"{folder}/",
        "/var/log/nginx/": f"{folder}/",
        "    listen [::]:80;\n": "",
        "    listen [::]:443 ssl http2;\n": "",
        "listen 80;": f"listen 127.0.0.1:{plain_port};",
        "listen 443 ssl http2;": f"listen 127.0.0.1:{port}{' ssl http2' if tls else ''};",
        "listen 127.0.0.1:8081;": f"listen 127.0.0.1:{watch_port};",
        "/etc/letsencrypt/live/films.example.org/": f"{folder}/",
    }
    for here, there in changes.items():
        if here not in text:
            raise Missing(f"deploy/nginx/foyer.conf has no {here.strip()!r} any more")
        text = text.replace(here, there)
    if not tls:
        lines = text.splitlines(keepends=True)
        text = "".join(line for line in lines if not line.strip().startswith("ssl_"))
    return text


def _make_certificate(folder: Path, as_user: dict) -> None:
    _do(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
         "-days", "2", "-subj", "/CN=films.example.org", "-keyout", folder / "privkey.pem",
         "-out", folder / "fullchain.pem"], folder, as_user)  # fmt: skip


def _unprivileged(folder: Path) -> dict[str, object]:
    """Return what makes a program run as an ordinary user; PostgreSQL refuses root."""
    if os.geteuid() != 0:
        return {}
    names = {entry.pw_name: entry for entry in pwd.getpwall()}
    user = names.get("postgres") or names["nobody"]
    os.chown(folder, user.pw_uid, user.pw_gid)
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


def _do(command: list, folder: Path, as_user: dict) -> None:
    words = [str(word) for word in command]
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True, check=False, **as_user)
    if done.returncode:
        raise Missing(f"{words[0]} failed:\n{done.stdout}{done.stderr}")


def _launch(command: list, folder: Path, as_user: dict) -> subprocess.Popen[bytes]:
    # In a session of its own: Ctrl-C in the terminal is not for it.
    with (folder / "log").open("wb") as log:
        return subprocess.Popen([str(word) for word in command], cwd=folder, stdin=subprocess.DEVNULL,
                                stdout=log, stderr=log, start_new_session=True, **as_user)  # fmt: skip


def _wait(server: subprocess.Popen[bytes], folder: Path, is_ready) -> None:
    end = time.monotonic() + START_S
    while not is_ready():
        if server.poll() is not None or time.monotonic() > end:
            _stop(server)
            raise Missing(f"it did not start:\n{(folder / 'log').read_text(errors='replace')}")
        time.sleep(0.05)


def _stop(server: subprocess.Popen[bytes]) -> None:
    server.send_signal(signal.SIGINT)  # PostgreSQL's fast way down, and Redis's
    try:
        server.wait(10)
    except subprocess.TimeoutExpired:
        os.killpg(server.pid, signal.SIGKILL)
        server.wait()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def _answers(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1) as connection:
            connection.sendall(b"PING\r\n")
            return connection.recv(5) == b"+PONG"
    except OSError:
        return False


if __name__ == "__main__":
    main(*sys.argv[1:])
