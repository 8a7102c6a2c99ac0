"""What ./run does inside the environment: make everything ready, then serve.

One line a step, then the address. This process ends as gunicorn's master: one process to stop,
which stops the worker beside it too.
"""

import errno
import hashlib
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any, NoReturn

from django.core.exceptions import ImproperlyConfigured
from django.utils import timezone
from gunicorn.app.base import BaseApplication
from gunicorn.glogging import Logger

THREADS = 8
FIRST_WAIT_S, LONGEST_WAIT_S = 1, 60  # before a worker that ended is started again
GRACE_S = 20


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "forum.settings")
    try:
        from forum import env  # reads the environment
    except ImproperlyConfigured as error:
        stop(str(error))
    listener = take_port(env.HOST, env.PORT)
    check_writable(env.DATA_DIR)
    make_ready()
    address = env.SITE_URL or f"http://{env.HOST}:{env.PORT}"
    Server(listener, env.WEB_CONCURRENCY, address, has_worker=env.WORKER_BESIDE).run()


def say(words: str) -> None:
    print(words, flush=True)


def stop(words: str) -> NoReturn:
    """Print one line that says what to do, and end with status 1."""
    print(words, file=sys.stderr, flush=True)
    sys.exit(1)


# Before


def take_port(host: str, port: int) -> socket.socket:
    """Return a socket bound to the address: nobody takes it while the rest is made ready."""
    listener = None
    try:
        family, kind, _proto, _name, address = socket.getaddrinfo(
            host.strip("[]"), port, type=socket.SOCK_STREAM
        )[0]
        listener = socket.socket(family, kind)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
    except OSError as error:
        if listener:
            listener.close()
        if error.errno == errno.EADDRINUSE:
            stop(f"PORT: {port} is taken. Stop what uses it, or choose another: PORT={port + 1}")
        if error.errno == errno.EACCES:
            stop(f"PORT: {port} is kept for the system's own. Choose one above 1023.")
        stop(f"HOST: {host} is not an address of this machine ({error.strerror}).")
    return listener


def check_writable(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        stop(f"DATA_DIR: {folder} cannot be written ({error.strerror}). Own it, or name another.")


def make_ready() -> None:
    """Migrate, load the demo, collect static files: each only where it is due."""
    import django
    from django.core.management import CommandError
    from django.db import OperationalError, connections

    django.setup()
    try:
        migrate()
        load_demo()
        collect_static()
    except OperationalError as error:
        stop(f"DATABASE_URL: the database does not answer ({str(error).strip().splitlines()[0]}).")
    except CommandError as error:
        stop(str(error))
    # The server's processes are forked from this one: nothing open may be shared with them.
    connections.close_all()
    for connection in connections.all():
        if close_pool := getattr(connection, "close_pool", None):  # PostgreSQL alone has one
            close_pool()


def migrate() -> None:
    from django.core.management import call_command
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if not plan:
        return
    if connection.vendor == "sqlite":
        copy_aside(Path(connection.settings_dict["NAME"]))
    say(f"Migrating the database ({len(plan)} to run)")
    call_command("migrate", interactive=False, verbosity=0)


def copy_aside(path: Path) -> Path | None:
    """Copy an SQLite file that holds tables beside itself, even in use; return where, or None."""
    with closing(sqlite3.connect(path)) as database:
        if not database.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
            return None
    # The name does not end as a database's does, so that nothing takes the copy for one.
    copy = path.with_name(f"{path.name}.before-{timezone.now():%Y%m%d-%H%M%S}")
    try:
        with closing(sqlite3.connect(path)) as now, closing(sqlite3.connect(copy)) as kept:
            now.backup(kept)
        shutil.copymode(path, copy)
    except (OSError, sqlite3.Error) as error:
        copy.unlink(missing_ok=True)
        stop(f"The database could not be copied aside ({error}); it was not migrated.")
    say(f"Copied the database to {copy}")
    return copy


def load_demo() -> None:
    """Load the demo into a site without films, topics and members."""
    from django.conf import settings
    from django.core.management import call_command

    from films.models import Film
    from forum.accounts.models import User
    from forum.discussions.models import Topic

    if not settings.DEMO or any(model.objects.exists() for model in (Film, Topic, User)):
        return
    say("Loading the demo")
    call_command("load_demo")


def collect_static() -> None:
    """Collect static files if they, the packages that bring some, or the release changed."""
    from django.conf import settings
    from django.core.management import call_command

    release = hashlib.sha256(settings.RELEASE.encode())
    release.update((settings.BASE_DIR / "requirements.txt").read_bytes())
    for path in sorted((settings.BASE_DIR / "static").rglob("*")):
        if path.is_file():
            release.update(str(path).encode() + path.read_bytes())
    stamp = settings.DATA_DIR / "static-release"
    if stamp.exists() and stamp.read_text() == release.hexdigest():
        return
    say("Collecting static files")
    call_command("collectstatic", interactive=False, verbosity=0)
    stamp.write_text(release.hexdigest())


# Serving


class Keeper:
    """Keeps `manage.py worker` running beside the server, in a thread, until it is stopped.

    A worker that ends is started again, after a wait that grows while it ends soon.
    """

    def __init__(self) -> None:
        self.stopped = threading.Event()
        self.lock = threading.Lock()  # held while a child is started, so that stop() knows it
        self.child: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        threading.Thread(target=self._run, name="keeper", daemon=True).start()

    def _run(self) -> None:
        manage = Path(__file__).resolve().parent.parent / "manage.py"
        wait = FIRST_WAIT_S
        while True:
            started = time.monotonic()
            with self.lock:
                if self.stopped.is_set():
                    return
                # In a session of its own: Ctrl-C reaches it through stop(), not as a traceback.
                self.child = subprocess.Popen(
                    [sys.executable, str(manage), "worker", "--beside"],
                    stdout=subprocess.DEVNULL,
                    start_new_session=True,
                )
            self.child.wait()
            if time.monotonic() - started > LONGEST_WAIT_S:
                wait = FIRST_WAIT_S
            if self.stopped.wait(wait):
                return
            wait = min(2 * wait, LONGEST_WAIT_S)

    def stop(self) -> None:
        """End the worker: it finishes what it is doing, but no longer than GRACE_S."""
        with self.lock:
            self.stopped.set()
            child = self.child
        if child is None or child.poll() is not None:
            return
        child.terminate()
        try:
            child.wait(GRACE_S)
        except subprocess.TimeoutExpired:
            child.kill()  # what it was doing is done again by the next
            child.wait()


class Log(Logger):
    """gunicorn's log, told by forum/logs.py: its own lines have the addresses of senders."""

    def setup(self, cfg: Any) -> None:
        super().setup(cfg)
        self.error_log.handlers.clear()
        self.error_log.propagate = True


def finish_first(worker: Any) -> None:
    """Let a worker that is told to end at once (Ctrl-C) end as it does on SIGTERM.

    gunicorn's own handler takes the lock of the thread pool; when the signal comes while the same
    thread holds it, to hand a request on, the worker waits for itself until it is killed.
    """
    for number in (signal.SIGINT, signal.SIGQUIT):
        signal.signal(number, worker.handle_exit)


class Server(BaseApplication):
    """gunicorn on a socket that is bound already, with a worker beside it unless that runs elsewhere."""

    def __init__(
        self, listener: socket.socket, processes: int, address: str, *, has_worker: bool = True
    ) -> None:
        self.address = address
        self.has_worker = has_worker
        self.keeper = Keeper()
        self.at_hangup = signal.getsignal(signal.SIGHUP)  # before gunicorn puts in its own
        self.options = {
            "bind": f"fd://{listener.detach()}",
            "workers": processes,
            "worker_class": "gthread",
            "threads": THREADS,
            "loglevel": "warning",
            "logger_class": Log,
            # Whom to believe is decided by TRUSTED_PROXIES in forum/middleware.py alone.
            "forwarded_allow_ips": "",
            "control_socket_disable": True,
            "post_worker_init": finish_first,
            "when_ready": self.opened,
            "on_exit": self.closed,
        }
        super().__init__()

    def opened(self, _server: Any) -> None:
        # A closed terminal ends the server, as Ctrl-C does, unless nohup said otherwise.
        if self.at_hangup != signal.SIG_IGN:
            self.at_hangup = lambda *_: os.kill(os.getpid(), signal.SIGTERM)
        signal.signal(signal.SIGHUP, self.at_hangup)
        say(f"Foyer is open: {self.address}  (Ctrl-C stops it)")
        if not self.has_worker:
            return
        # A process that gunicorn forks while the keeper starts its child would hold open the pipe
        # by which Popen hears that the child runs, and Popen would wait for ever.
        lock = self.keeper.lock
        os.register_at_fork(
            before=lock.acquire, after_in_parent=lock.release, after_in_child=lock.release
        )
        self.keeper.start()

    def closed(self, _server: Any) -> None:
        self.keeper.stop()
        say("Stopped.")

    def load_config(self) -> None:
        for name, value in self.options.items():
            self.cfg.set(name, value)

    def load(self) -> Callable[..., Any]:
        from forum.wsgi import application

        return application


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        main()
    except KeyboardInterrupt:
        say("Stopped.")
        sys.exit(130)
