"""A site that sends mail, a worker to do what is queued, and a real mail server on loopback."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP
from django.db import connection
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from forum.worker.models import Sign
from forum.worker.work import QUEUES, Worker
from tests.servers import free_port

ROOT = Path(__file__).resolve().parents[2]
LOCAL = "django.core.mail.backends.locmem.EmailBackend"


@pytest.fixture
def mails(settings):
    """The site has EMAIL_URL: letters are queued, and the worker puts them into mail.outbox."""
    settings.MAILS = True
    settings.EMAIL_BACKEND = "forum.worker.backend.EmailBackend"
    settings.MAIL_CARRIER = LOCAL
    settings.SITE_URL = "https://films.example.org"
    return settings


@pytest.fixture
def work():
    """work() -> how many tasks a worker found due, and did."""

    def until_nothing_is_due():
        worker, done = Worker(), 0
        while found := sum(worker.turn(queue) for queue in QUEUES):
            done += found
        return done

    return until_nothing_is_due


class Taker:
    """What the mail server took, and what it does at each word; change the attributes to be unkind."""

    def __init__(self):
        self.taken = []
        self.answers = {}  # "MAIL", "RCPT", "DATA", "QUIT": what is said instead of yes
        self.meeting = 0  # so many letters must be on their way together before any goes on
        self.begun = 0
        self.at = {}  # the same words and "BODY", "TAKEN": what is called when it comes so far

    def hear(self, word):
        if word in self.at:
            self.at.pop(word)()
        return self.answers.get(word)

    async def handle_MAIL(self, server, session, envelope, address, options):
        self.begun += 1
        while self.begun < self.meeting:
            await asyncio.sleep(0.02)
        answer = self.hear("MAIL")
        if answer is None:
            envelope.mail_from = address
        return answer or "250 OK"

    async def handle_RCPT(self, server, session, envelope, address, options):
        answer = self.hear("RCPT")
        if answer is None:
            envelope.rcpt_tos.append(address)
        return answer or "250 OK"

    async def handle_DATA(self, server, session, envelope):
        answer = self.hear("DATA")
        if answer is None:
            self.taken.append((envelope.rcpt_tos, envelope.content.decode()))
            self.hear("TAKEN")
        return answer or "250 taken"

    async def handle_QUIT(self, server, session, envelope):
        return self.hear("QUIT") or "221 Bye"


class Server(SMTP):
    async def smtp_DATA(self, arg):
        if "BODY" in self.event_handler.at:  # let a part of the letter come, and then see
            await self.push("354 go on")
            await self._reader.read(1000)
            self.event_handler.hear("BODY")
            self.transport.abort()  # the end of the letter is never read
            return None
        return await super().smtp_DATA(arg)


class Loopback(Controller):
    def factory(self):
        return Server(self.handler, hostname="mail.test", **self.SMTP_kwargs)


@contextmanager
def serving(**options):
    taker = Taker()
    taker.port = free_port()
    controller = Loopback(taker, hostname="127.0.0.1", port=taker.port, ready_timeout=30, **options)
    controller.start()
    try:
        yield taker
    finally:
        controller.stop()


@pytest.fixture
def server():
    """A mail server that takes everything, until a test says otherwise."""
    with serving() as taker:
        yield taker


@pytest.fixture
def by_smtp(mails, server):
    """The site's letters go to that server."""
    mails.MAIL_CARRIER = "forum.worker.smtp.EmailBackend"
    mails.EMAIL_HOST, mails.EMAIL_PORT = "127.0.0.1", server.port
    mails.EMAIL_USE_TLS = mails.EMAIL_USE_SSL = False
    mails.EMAIL_HOST_USER = mails.EMAIL_HOST_PASSWORD = ""
    return server


def database_url():
    at = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{at['NAME']}"
    host = f"{at['HOST'] or 'localhost'}:{at['PORT'] or 5432}"
    return f"postgresql://{at['USER']}:{at['PASSWORD']}@{host}/{at['NAME']}"


@contextmanager
def worker_process(**environment):
    """A worker as `./run manage worker` starts it, on the database of the test."""
    known = {"DATABASE_URL": database_url(), "SITE_URL": "", "PYTHONUNBUFFERED": "1"}
    process = subprocess.Popen(
        [sys.executable, "manage.py", "worker"],
        cwd=ROOT,
        env=os.environ | known | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
        process.communicate()


def until(true, seconds=60):
    """Wait until `true()`, and return what it gave; fail after `seconds`."""
    end = time.monotonic() + seconds
    while not (found := true()):
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.02)
    return found


def hours_later(hours=1):
    """Make every sign and every try look so much older: nobody waits in a test."""
    ago = timezone.now() - timedelta(hours=hours)
    Sign.objects.update(seen_at=ago)
    DBTaskResult.objects.running().update(started_at=ago)
